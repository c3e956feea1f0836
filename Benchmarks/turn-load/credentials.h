/// The long-term credential mechanism (RFC 8489 section 9.2), with MD5 and HMAC-SHA1.
#ifndef BENCHMARKS_CREDENTIALS_H
#define BENCHMARKS_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stun.h"

#define LONG_TERM_KEY_BYTES 16
#define MAX_REALM_BYTES 256

/// What all sessions share: the server names its realm once.
struct credentials {
    const char *user, *password;
    uint8_t realm[MAX_REALM_BYTES];
    size_t realm_length;
    uint8_t key[LONG_TERM_KEY_BYTES];
    bool complete;
};

/// Takes the realm of the first 401 and derives the key.
void credentials_learn_realm(struct credentials *credentials, const struct stun_attribute *realm);

/// Adds USERNAME, REALM, NONCE and MESSAGE-INTEGRITY: the end of an authenticated request.
void credentials_sign(const struct credentials *credentials, struct stun_writer *writer, const uint8_t *nonce,
                      size_t nonce_length);

/// Whether a message carries a MESSAGE-INTEGRITY that matches.
bool credentials_verify(const struct credentials *credentials, const uint8_t *message, size_t length);

#endif
