#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#include "clock.h"
#include "failure.h"
#include "json_output.h"
#include "pairing.h"

#define EVENTS_PER_TURN 256
#define FINISH_LIMIT_SECONDS 5

static const char usage[] =
    "usage: pairing-load --port P [options]              (loopback only; prints one JSON line)\n"
    "Full pairings over HTTP: each client creates a code, accepts it and checks it, again and again.\n"
    "  --clients N   connections, each with one call in flight (default 32)\n"
    "  --warmup S    seconds before measuring (default 1)     --duration S  seconds of measuring (default "
    "4)\n"
    "  --pid P[,P]   server process(es): CPU from /proc/P/stat\n";

struct load load;

static struct options parse_options(int argc, char **argv) {
    struct options options = {.clients = 32, .warmup = 1, .duration = 4};
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        if (!strcmp(name, "--help") || !strcmp(name, "-h")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (i + 1 == argc) {
            die("%s needs a value\n%s", name, usage);
        }
        char *value = argv[i + 1];
        if (!strcmp(name, "--port")) {
            options.port = atoi(value);
        } else if (!strcmp(name, "--clients")) {
            options.clients = atoi(value);
        } else if (!strcmp(name, "--warmup")) {
            options.warmup = atof(value);
        } else if (!strcmp(name, "--duration")) {
            options.duration = atof(value);
        } else if (!strcmp(name, "--pid")) {
            process_set_parse(&options.server, value);
        } else {
            die("unknown option %s\n%s", name, usage);
        }
    }
    if (options.port < 1 || options.port > 65535 || options.clients < 1 || options.clients > MAX_CLIENTS ||
        options.warmup < 0 || options.warmup > 120 || options.duration <= 0 || options.duration > 600) {
        die("an option is missing or out of bounds\n%s", usage);
    }
    return options;
}

static void poll_until(uint64_t deadline) {
    struct epoll_event events[EVENTS_PER_TURN];
    while (now_ns() < deadline && load.finished < load.options.clients) {
        int count = epoll_wait(load.poller, events, EVENTS_PER_TURN, 10);
        for (int i = 0; i < count; i++) {
            client_read(events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv) {
    load.options = parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    uint32_t run = 0;
    if (getrandom(&run, sizeof run, 0) != sizeof run) {
        die("getrandom failed");
    }
    load.run = run;
    load.poller = epoll_create1(0);
    struct client *clients = calloc((size_t)load.options.clients, sizeof *clients);
    for (int i = 0; i < load.options.clients; i++) {
        clients[i].index = i;
        client_start(&clients[i]);
    }
    poll_until(now_ns() + seconds_to_ns(load.options.warmup));

    struct cpu_seconds server_before = process_set_cpu(&load.options.server);
    double own_before = own_cpu_seconds();
    uint64_t done_before = load.pairings_done, began = now_ns();
    load.measuring = true;
    poll_until(began + seconds_to_ns(load.options.duration));
    load.measuring = false;
    struct cpu_seconds server_after = process_set_cpu(&load.options.server);
    double seconds = (double)(now_ns() - began) / 1e9;
    double pairings = (double)(load.pairings_done - done_before);
    double own = own_cpu_seconds() - own_before;

    load.stopping = true;
    poll_until(now_ns() + FINISH_LIMIT_SECONDS * NANOSECONDS_PER_SECOND);
    if (load.finished < load.options.clients) {
        note_error("%d clients had no answer for %d s", load.options.clients - load.finished,
                   FINISH_LIMIT_SECONDS);
    }
    double server = cpu_total(server_after) - cpu_total(server_before);
    json_begin("pairing");
    json_count("clients", load.options.clients);
    json_count("pairings", (int64_t)pairings);
    json_real("seconds", seconds);
    json_real("pairings_per_s", pairings / seconds);
    json_real("server_cpu_ms_per_pairing", pairings > 0 ? server * 1e3 / pairings : 0);
    json_real("server_cores", server / seconds);
    json_real("generator_cores", own / seconds);
    json_latency("latency_us", &load.pairing_latency);
    json_latency("create_us", &load.call_latency[CALL_CREATE]);
    json_latency("accept_us", &load.call_latency[CALL_ACCEPT]);
    json_latency("check_us", &load.call_latency[CALL_CHECK]);
    json_end();
    return error_count() ? 3 : 0;
}
