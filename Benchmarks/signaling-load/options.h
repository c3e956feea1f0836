/// The command line of the signaling load generator.
#ifndef BENCHMARKS_OPTIONS_H
#define BENCHMARKS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "process_usage.h"

#define MAX_SDP_SIZES 16
#define MAX_WINDOW 1024

enum mode { MODE_NONE, MODE_WINDOW, MODE_RATE, MODE_SETUP, MODE_IDLE, MODE_SESSION };

struct options {
    char host[64];
    char path[256];
    char label[128];
    char prefix[64];
    const char *mode_name;
    enum mode mode;
    int port;
    int rooms;
    int window;
    int in_flight;
    int candidates;
    int touch;
    int verify_every;
    int source_addresses;
    int candidate_bytes;
    bool poisson;
    double duration;
    double warmup;
    double rate;
    double hold;
    uint64_t max_messages;
    /// Per direction, so many descriptions and then so many candidates, again and again.
    int mix_descriptions, mix_candidates;
    int sdp_bytes[MAX_SDP_SIZES];
    int sdp_sizes;
    struct process_set server;
};

/// Reads the command line. Ends the process on `--help`, and when something is wrong or out of bounds.
struct options parse_options(int argc, char **argv);

#endif
