#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"
#include "instructions.h"
#include "json_output.h"

/// Memory is read so long after the last set-up: whatever a server does at once is done.
#define SETTLE_MICROSECONDS 50000

/// What has been used and done up to a moment.
struct snapshot {
    uint64_t at;
    struct cpu_seconds server;
    double server_run;
    double own;
    uint64_t instructions;
    struct counters counters;
};

static struct snapshot take_snapshot(void) {
    const struct process_set *server = &generator.options.server;
    return (struct snapshot){
        .at = now_ns(),
        .server = process_set_cpu(server),
        .server_run = process_set_run_seconds(server),
        .own = own_cpu_seconds(),
        .instructions = instructions_count(),
        .counters = generator.counters,
    };
}

static double seconds_between(const struct snapshot *from, const struct snapshot *to) {
    return (double)(to->at - from->at) / 1e9;
}

static void report_set_up(const struct snapshot *from, const struct snapshot *to, long kib_before) {
    double allocations = generator.ready ? generator.ready : 1;
    usleep(SETTLE_MICROSECONDS);
    long kib = process_set_resident_kib(&generator.options.server);
    json_count("sessions", generator.options.sessions);
    json_count("ready", generator.ready);
    json_count("failed", generator.failed);
    json_real("setup_seconds", seconds_between(from, to));
    json_real("server_cpu_us_per_allocation", (to->server_run - from->server_run) * 1e6 / allocations);
    json_real("bytes_per_allocation", (double)(kib - kib_before) * 1024 / allocations);
    json_count("server_resident_kib", kib);
    json_latency("setup_us", &generator.setup_time);
}

static void report_traffic(const struct snapshot *from, const struct snapshot *to) {
    double seconds = seconds_between(from, to);
    double received = (double)(to->counters.received - from->counters.received);
    double relayed = received > 0 ? received : 1;
    double cpu = to->server_run - from->server_run;
    double user = to->server.user - from->server.user;
    json_real("seconds", seconds);
    json_real("offered_per_s", (double)(to->counters.sent - from->counters.sent) / seconds);
    json_real("packets_per_s", received / seconds);
    json_real("server_cpu_us_per_packet", cpu * 1e6 / relayed);
    json_real("server_user_us_per_packet", user * 1e6 / relayed);
    json_real("server_busy", cpu / seconds);
    json_real("generator_busy", (to->own - from->own) / seconds);
    if (to->instructions > from->instructions) {
        json_real("server_instructions_per_packet",
                  (double)(to->instructions - from->instructions) / relayed);
    }
    json_latency("latency_us", &generator.latency);
}

static void report_loss(void) {
    const struct counters *counters = &generator.counters;
    double lost = (double)counters->sent - (double)counters->received;
    json_count("sent", (int64_t)counters->sent);
    json_count("received", (int64_t)counters->received);
    json_real("loss_percent", counters->sent ? lost * 100 / (double)counters->sent : 0);
    json_count("reordered", (int64_t)counters->reordered);
    json_count("refused", (int64_t)counters->refused);
    json_count("skipped", (int64_t)counters->skipped);
}

static void measure_traffic(void) {
    run_traffic(seconds_to_ns(generator.options.warmup));
    struct snapshot from = take_snapshot();
    generator.measuring = true;
    run_traffic(seconds_to_ns(generator.options.duration));
    generator.measuring = false;
    struct snapshot to = take_snapshot();
    drain();
    report_traffic(&from, &to);
    report_loss();
}

void run_mode(void) {
    long kib_before = process_set_resident_kib(&generator.options.server);
    struct snapshot from = take_snapshot();
    set_up_all();
    struct snapshot to = take_snapshot();
    report_set_up(&from, &to, kib_before);
    if (generator.failed) {
        return;
    }
    if (generator.options.mode == MODE_SETUP) {
        usleep((useconds_t)(generator.options.hold * 1e6));
    } else {
        measure_traffic();
    }
    end_all();
}
