#include "json_output.h"

#include <stdio.h>

#include "failure.h"

void json_begin(const char *mode) {
    printf("{\"mode\":\"%s\"", mode);
}

void json_text(const char *name, const char *value) {
    printf(",\"%s\":\"%s\"", name, value);
}

void json_count(const char *name, int64_t value) {
    printf(",\"%s\":%ld", name, (long)value);
}

void json_real(const char *name, double value) {
    printf(",\"%s\":%.6g", name, value);
}

void json_latency(const char *name, const struct histogram *histogram) {
    static const struct {
        const char *name;
        double fraction;
    } quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}};
    printf(",\"%s\":{", name);
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        printf("\"%s\":%.1f,", quantiles[i].name, histogram_quantile(histogram, quantiles[i].fraction) / 1e3);
    }
    double mean = histogram->total ? histogram->sum / (double)histogram->total : 0;
    printf("\"max\":%.1f,\"mean\":%.1f}", (double)histogram->max / 1e3, mean / 1e3);
}

void json_end(void) {
    json_count("errors", (int64_t)error_count());
    json_text("first_error", first_error_text());
    printf("}\n");
}
