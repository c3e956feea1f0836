/// signaling-load: a WebSocket signaling load generator (epoll, one thread, loopback only, bounded in time
/// and count). It speaks `join_room`, waits for `room_joined` and `room_ready`, sends offers, answers and
/// candidates, and expects each of them, in order, at the other peer. It prints one JSON line.
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "failure.h"
#include "generator.h"
#include "json_output.h"

struct generator generator;

/// How many messages of one connection can be under way at once.
static uint32_t ring_size(const struct options *options) {
    uint32_t needed = 1024;
    switch (options->mode) {
    case MODE_WINDOW: needed = (uint32_t)options->window * 2; break;
    case MODE_RATE: needed = options->rooms > 2000 ? 1024 : 8192; break;
    case MODE_IDLE: needed = (uint32_t)options->touch * 2 + 1; break;
    case MODE_SETUP:
    case MODE_SESSION:
    case MODE_NONE: break;
    }
    uint32_t size = 1;
    while (size < needed) {
        size <<= 1;
    }
    return size;
}

static void prepare(struct options options) {
    bool has_pattern = options.mode == MODE_WINDOW || options.mode == MODE_RATE || options.mode == MODE_IDLE;
    uint32_t ring = ring_size(&options);
    generator.options = options;
    generator.templates = build_templates(&options);
    generator.poller = epoll_create1(0);
    generator.client_count = options.rooms * 2;
    generator.clients = calloc((size_t)generator.client_count, sizeof *generator.clients);
    generator.session_started_at = calloc((size_t)options.rooms, sizeof *generator.session_started_at);
    generator.ring_mask = ring - 1;
    for (int i = 0; i < generator.client_count; i++) {
        struct client *client = &generator.clients[i];
        client->index = i;
        client->room = i / 2;
        client->peer = &generator.clients[i ^ 1];
        client->pattern_start = (i * 7) % generator.templates.pattern_length;
        if (has_pattern) {
            client->sent_at = malloc(ring * sizeof *client->sent_at);
        }
    }
}

int main(int argc, char **argv) {
    struct options options = parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    raise_descriptor_limit();
    prepare(options);
    json_begin(options.mode_name);
    json_text("label", options.label);
    run_mode();
    json_end();
    return error_count() || generator.bad ? 3 : 0;
}
