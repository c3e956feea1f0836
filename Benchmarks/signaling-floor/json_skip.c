#include "json_skip.h"

#include <stddef.h>
#include <string.h>

#define MAX_DEPTH 16

const uint8_t *skip_space(const uint8_t *p, const uint8_t *end) {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r')) {
        p++;
    }
    return p;
}

/// Whether any of the eight bytes is a quote, a backslash, a control character or not ASCII.
static int has_special_byte(const uint8_t *p) {
    const uint64_t ones = 0x0101010101010101ull, tops = 0x8080808080808080ull;
    uint64_t word;
    memcpy(&word, p, 8);
    uint64_t quotes = word ^ 0x2222222222222222ull, backslashes = word ^ 0x5c5c5c5c5c5c5c5cull;
    uint64_t special = ((quotes - ones) & ~quotes) | ((backslashes - ones) & ~backslashes) |
                       ((word - 0x2020202020202020ull) & ~word) | word;
    return (special & tops) != 0;
}

const uint8_t *skip_string(const uint8_t *p, const uint8_t *end) {
    for (p++; p < end; p++) {
        while (p + 8 <= end && !has_special_byte(p)) {
            p += 8;
        }
        if (p >= end) {
            return NULL;
        }
        if (*p == '"') {
            return p + 1;
        }
        if (*p == '\\') {
            p++;
        } else if (*p < 32) {
            return NULL;
        }
    }
    return NULL;
}

static const uint8_t *skip_object(const uint8_t *p, const uint8_t *end, int depth) {
    p = skip_space(p + 1, end);
    if (p < end && *p == '}') {
        return p + 1;
    }
    for (;;) {
        if (p >= end || *p != '"' || !(p = skip_string(p, end))) {
            return NULL;
        }
        p = skip_space(p, end);
        if (p >= end || *p != ':' || !(p = skip_value(skip_space(p + 1, end), end, depth + 1))) {
            return NULL;
        }
        p = skip_space(p, end);
        if (p < end && *p == '}') {
            return p + 1;
        }
        if (p >= end || *p != ',') {
            return NULL;
        }
        p = skip_space(p + 1, end);
    }
}

static const uint8_t *skip_array(const uint8_t *p, const uint8_t *end, int depth) {
    p = skip_space(p + 1, end);
    if (p < end && *p == ']') {
        return p + 1;
    }
    for (;;) {
        if (!(p = skip_value(p, end, depth + 1))) {
            return NULL;
        }
        p = skip_space(p, end);
        if (p < end && *p == ']') {
            return p + 1;
        }
        if (p >= end || *p != ',') {
            return NULL;
        }
        p = skip_space(p + 1, end);
    }
}

static int is_scalar_byte(uint8_t byte) {
    return byte == '-' || byte == '+' || byte == '.' || (byte >= '0' && byte <= '9') ||
           (byte >= 'a' && byte <= 'z') || byte == 'E';
}

const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, int depth) {
    if (p >= end || depth > MAX_DEPTH) {
        return NULL;
    }
    switch (*p) {
    case '"': return skip_string(p, end);
    case '{': return skip_object(p, end, depth);
    case '[': return skip_array(p, end, depth);
    default: break;
    }
    const uint8_t *start = p;
    while (p < end && is_scalar_byte(*p)) {
        p++;
    }
    return p > start ? p : NULL;
}
