/// The messages that are sent: built, masked and framed once, before the run.
#ifndef BENCHMARKS_TEMPLATE_H
#define BENCHMARKS_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum message_kind { KIND_OFFER, KIND_ANSWER, KIND_CANDIDATE };

struct template {
    enum message_kind kind;
    /// The whole frame, ready to send.
    uint8_t *frame;
    size_t frame_length;
    /// The text that must arrive at the other peer once JSON escapes are undone.
    char *content;
    size_t content_length;
};

#define MAX_PATTERN 256

struct templates {
    /// What one direction sends, in order, again and again.
    const struct template *pattern[MAX_PATTERN];
    int pattern_length;
    /// The messages of a session.
    const struct template *offer, *answer, *candidate;
};

/// A pseudo-random number (xorshift32; the same sequence in every run).
uint32_t next_random(void);

/// Writes a masked client frame; returns its length, at most the payload's and 14 more.
size_t build_frame(uint8_t *out, int opcode, const void *payload, size_t length);

struct templates build_templates(const struct options *options);

#endif
