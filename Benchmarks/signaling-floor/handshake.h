/// The server's half of the WebSocket opening handshake (RFC 6455 §4.2.2).
#ifndef BENCHMARKS_HANDSHAKE_H
#define BENCHMARKS_HANDSHAKE_H

#include <stddef.h>

#define MAX_KEY_LENGTH 60
#define MAX_HANDSHAKE_RESPONSE 256

/// Writes the 101 response for the client's Sec-WebSocket-Key (at most MAX_KEY_LENGTH bytes); returns its
/// length.
int handshake_response(const char *key, size_t key_length, char out[MAX_HANDSHAKE_RESPONSE]);

#endif
