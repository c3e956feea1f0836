#include "histogram.h"

// Values below 64 have a bucket each; above, the six bits after the leading one choose the bucket.
#define LINEAR_BITS 6

void histogram_record(struct histogram *histogram, uint64_t nanoseconds) {
    uint64_t value = nanoseconds ? nanoseconds : 1;
    int exponent = 63 - __builtin_clzll(value);
    int index = (int)value;
    if (exponent >= LINEAR_BITS) {
        int within = (int)((value >> (exponent - LINEAR_BITS)) & (HISTOGRAM_BUCKETS_PER_OCTAVE - 1));
        index = (exponent - LINEAR_BITS + 1) * HISTOGRAM_BUCKETS_PER_OCTAVE + within;
    }
    histogram->counts[index]++;
    histogram->total++;
    histogram->sum += (double)value;
    if (value > histogram->max) {
        histogram->max = value;
    }
}

double histogram_quantile(const struct histogram *histogram, double fraction) {
    if (histogram->total == 0) {
        return 0;
    }
    uint64_t rank = (uint64_t)(fraction * (double)histogram->total);
    if (rank >= histogram->total) {
        rank = histogram->total - 1;
    }
    uint64_t seen = 0;
    for (int i = 0; i < HISTOGRAM_OCTAVES * HISTOGRAM_BUCKETS_PER_OCTAVE; i++) {
        seen += histogram->counts[i];
        if (seen <= rank) {
            continue;
        }
        if (i < HISTOGRAM_BUCKETS_PER_OCTAVE) {
            return i;
        }
        int exponent = i / HISTOGRAM_BUCKETS_PER_OCTAVE + LINEAR_BITS - 1;
        uint64_t width = 1ull << (exponent - LINEAR_BITS);
        uint64_t lowest = (1ull << exponent) + (uint64_t)(i % HISTOGRAM_BUCKETS_PER_OCTAVE) * width;
        return (double)lowest + (double)width / 2;
    }
    return (double)histogram->max;
}
