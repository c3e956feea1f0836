#include "handshake.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define SHA1_BLOCK 64
#define SHA1_DIGEST 20
#define MAX_SHA1_INPUT 128

static uint32_t rotate_left(uint32_t value, int bits) {
    return value << bits | value >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t *block) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (int i = 16; i < 80; i++) {
        w[i] = rotate_left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f, k;
        if (i < 20) {
            f = (b & c) | (~b & d), k = 0x5A827999;
        } else if (i < 40) {
            f = b ^ c ^ d, k = 0x6ED9EBA1;
        } else if (i < 60) {
            f = (b & c) | (b & d) | (c & d), k = 0x8F1BBCDC;
        } else {
            f = b ^ c ^ d, k = 0xCA62C1D6;
        }
        uint32_t next = rotate_left(a, 5) + f + e + k + w[i];
        e = d, d = c, c = rotate_left(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void sha1(const uint8_t *message, size_t length, uint8_t digest[SHA1_DIGEST]) {
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[MAX_SHA1_INPUT + SHA1_BLOCK] = {0};
    memcpy(padded, message, length);
    padded[length] = 0x80;
    size_t total = (length + 9 + SHA1_BLOCK - 1) / SHA1_BLOCK * SHA1_BLOCK;
    uint64_t bits = (uint64_t)length * 8;
    for (int i = 0; i < 8; i++) {
        padded[total - 1 - (size_t)i] = (uint8_t)(bits >> (8 * i));
    }
    for (size_t offset = 0; offset < total; offset += SHA1_BLOCK) {
        sha1_block(state, padded + offset);
    }
    for (int i = 0; i < SHA1_DIGEST; i++) {
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static void base64(const uint8_t *in, int length, char *out) {
    static const char table[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (; length > 0; length -= 3, in += 3) {
        uint32_t group =
            (uint32_t)in[0] << 16 | (uint32_t)(length > 1 ? in[1] : 0) << 8 | (length > 2 ? in[2] : 0);
        *out++ = table[group >> 18];
        *out++ = table[group >> 12 & 63];
        *out++ = length > 1 ? table[group >> 6 & 63] : '=';
        *out++ = length > 2 ? table[group & 63] : '=';
    }
    *out = 0;
}

int handshake_response(const char *key, size_t key_length, char out[MAX_HANDSHAKE_RESPONSE]) {
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t input[MAX_SHA1_INPUT];
    memcpy(input, key, key_length);
    memcpy(input + key_length, guid, strlen(guid));
    uint8_t digest[SHA1_DIGEST];
    sha1(input, key_length + strlen(guid), digest);
    char accept[32];
    base64(digest, SHA1_DIGEST, accept);
    return snprintf(out, MAX_HANDSHAKE_RESPONSE,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: %s\r\n\r\n",
                    accept);
}
