/// Prints the one JSON object that a tool's run ends with, member after member, on stdout.
#ifndef BENCHMARKS_JSON_OUTPUT_H
#define BENCHMARKS_JSON_OUTPUT_H

#include <stdint.h>

#include "histogram.h"

/// `{"mode":"…"`: every other member follows this one. The text must not need escapes.
void json_begin(const char *mode);

void json_text(const char *name, const char *value);
void json_count(const char *name, int64_t value);
void json_real(const char *name, double value);

/// `"name":{"p50":…,"p90":…,"p99":…,"p999":…,"max":…,"mean":…}` in microseconds.
void json_latency(const char *name, const struct histogram *histogram);

/// The number of errors and the first one's text, and the end of the object.
void json_end(void);

#endif
