// Finds what is special within a JSON string, sixteen bytes at a time: Swift has no way to ask a vector which of its
// bytes passed a comparison. A header, nothing else.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define SCAN_INLINE static inline __attribute__((always_inline))

/// Whether a byte ends the plain characters of a JSON string (RFC 8259 §7): a quote, a backslash, a control character
/// below 0x20, or a byte of a character beyond ASCII.
SCAN_INLINE _Bool scan_is_special(uint8_t byte) {
    // As signed numbers, those from 0x80 on are below 0x20, too.
    return byte == '"' || byte == '\\' || (int8_t)byte < 0x20;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
// The compiler's own vectors: SSE2 on x86-64, NEON on arm64, plain words where there is neither.
typedef uint8_t scan_bytes __attribute__((vector_size(16)));
typedef int8_t scan_signed_bytes __attribute__((vector_size(16)));
typedef uint16_t scan_words __attribute__((vector_size(16)));
typedef uint8_t scan_half __attribute__((vector_size(8)));

// How many bits of `scan_marks` stand for one byte.
#if defined(__SSE2__)
enum { SCAN_BITS = 1 };
#else
enum { SCAN_BITS = 4 };
#endif

/// `SCAN_BITS` bits for each of sixteen bytes, the first byte's lowest: set where the byte is special.
SCAN_INLINE uint64_t scan_marks(const uint8_t *bytes) {
    scan_bytes block;
    __builtin_memcpy(&block, bytes, sizeof block);
    scan_bytes special =
        (scan_bytes)(block == '"') | (scan_bytes)(block == '\\') | (scan_bytes)((scan_signed_bytes)block < 0x20);
#if defined(__SSE2__)
    typedef char signs __attribute__((vector_size(16)));
    return (uint16_t)__builtin_ia32_pmovmskb128((signs)special);
#else
    // Of each two bytes the middle eight bits: NEON does this in one instruction.
    scan_half narrow = __builtin_convertvector((scan_words)special >> 4, scan_half);
    uint64_t marks;
    __builtin_memcpy(&marks, &narrow, sizeof marks);
    return marks;
#endif
}
#endif

/// The first offset at or after `start` of a byte that is special; `count` where there is none.
///
/// Nothing is read but the `count` bytes at `bytes`. `start` must not be negative; one beyond `count` is given back.
SCAN_INLINE ptrdiff_t scan_plain_end(const uint8_t *bytes, ptrdiff_t start, ptrdiff_t count) {
    ptrdiff_t index = start;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    while (count - index >= 16) {
        uint64_t marks = scan_marks(bytes + index);
        if (marks) return index + __builtin_ctzll(marks) / SCAN_BITS;
        index += 16;
    }
    if (count >= 16 && index < count) {
        // The last sixteen bytes, without the marks of those that stand before `index`.
        uint64_t marks = scan_marks(bytes + count - 16) >> (index - (count - 16)) * SCAN_BITS;
        return marks ? index + __builtin_ctzll(marks) / SCAN_BITS : count;
    }
#endif
    while (index < count && !scan_is_special(bytes[index])) index++;
    return index;
}
