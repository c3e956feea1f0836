/// A latency histogram: 64 buckets an octave, so that a quantile is within 1.6 % of the truth.
#ifndef BENCHMARKS_HISTOGRAM_H
#define BENCHMARKS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_OCTAVES 64
#define HISTOGRAM_BUCKETS_PER_OCTAVE 64

struct histogram {
    uint64_t counts[HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS_PER_OCTAVE];
    uint64_t total;
    uint64_t max;
    double sum;
};

/// Adds one value (nanoseconds; 0 counts as 1).
void histogram_record(struct histogram *histogram, uint64_t nanoseconds);

/// The value below which `fraction` of the records lie, in nanoseconds; 0 when there are none.
double histogram_quantile(const struct histogram *histogram, double fraction);

#endif
