// zlib as Debian's zlib1g-dev has it, and a function for what it offers as a macro only.
#pragma once
#include <zlib.h>

static inline int czlib_deflate_begin(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
