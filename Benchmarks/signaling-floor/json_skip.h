/// Just enough JSON to find where a value ends. Each returns the byte after it, or NULL when it is malformed.
#ifndef BENCHMARKS_JSON_SKIP_H
#define BENCHMARKS_JSON_SKIP_H

#include <stdint.h>

const uint8_t *skip_space(const uint8_t *p, const uint8_t *end);

/// `p` is at the opening quote.
const uint8_t *skip_string(const uint8_t *p, const uint8_t *end);

/// Any value, at most 16 levels deep; `depth` is the level `p` is at.
const uint8_t *skip_value(const uint8_t *p, const uint8_t *end, int depth);

#endif
