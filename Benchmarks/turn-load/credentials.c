#include "credentials.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "failure.h"

/// A message up to its MESSAGE-INTEGRITY, with a length that already counts that (RFC 8489 section 14.5).
static void integrity(const struct credentials *credentials, const uint8_t *message, size_t length,
                      uint8_t mac[STUN_INTEGRITY_BYTES]) {
    uint8_t copy[2048];
    if (length > sizeof copy) {
        die("a message of %zu bytes is no answer", length);
    }
    memcpy(copy, message, length);
    stun_set_length(copy, length - STUN_HEADER_BYTES + STUN_ATTRIBUTE_HEADER_BYTES + STUN_INTEGRITY_BYTES);
    HMAC(EVP_sha1(), credentials->key, LONG_TERM_KEY_BYTES, copy, length, mac, NULL);
}

void credentials_learn_realm(struct credentials *credentials, const struct stun_attribute *realm) {
    if (credentials->complete || realm->length > MAX_REALM_BYTES) {
        return;
    }
    char text[1024];
    int length = snprintf(text, sizeof text, "%s:%.*s:%s", credentials->user, realm->length,
                          (const char *)realm->value, credentials->password);
    EVP_Digest(text, (size_t)length, credentials->key, NULL, EVP_md5(), NULL);
    memcpy(credentials->realm, realm->value, realm->length);
    credentials->realm_length = realm->length;
    credentials->complete = true;
}

void credentials_sign(const struct credentials *credentials, struct stun_writer *writer, const uint8_t *nonce,
                      size_t nonce_length) {
    uint8_t mac[STUN_INTEGRITY_BYTES];
    stun_add(writer, STUN_USERNAME, credentials->user, strlen(credentials->user));
    stun_add(writer, STUN_REALM, credentials->realm, credentials->realm_length);
    stun_add(writer, STUN_NONCE, nonce, nonce_length);
    integrity(credentials, writer->bytes, writer->length, mac);
    stun_add(writer, STUN_MESSAGE_INTEGRITY, mac, sizeof mac);
}

bool credentials_verify(const struct credentials *credentials, const uint8_t *message, size_t length) {
    struct stun_attribute found;
    if (!stun_find(message, length, STUN_MESSAGE_INTEGRITY, &found) || found.length != STUN_INTEGRITY_BYTES) {
        return false;
    }
    uint8_t mac[STUN_INTEGRITY_BYTES];
    size_t before = (size_t)(found.value - STUN_ATTRIBUTE_HEADER_BYTES - message);
    integrity(credentials, message, before, mac);
    return memcmp(mac, found.value, sizeof mac) == 0;
}
