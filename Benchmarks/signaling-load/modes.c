#include <math.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"
#include "json_output.h"

/// A rate run catches up with at most so many due messages before it looks for arrivals again.
#define MAX_CATCH_UP 256
/// Waits shorter than this are spent polling.
#define SHORTEST_SLEEP_NS 2000

/// Counters at one moment, so that a span can be reported as a difference.
struct snapshot {
    uint64_t time, sent, forwarded, forwarded_bytes, sessions;
    struct cpu_seconds server;
    double own;
};

static struct snapshot take_snapshot(void) {
    return (struct snapshot){
        .time = now_ns(),
        .sent = generator.sent,
        .forwarded = generator.forwarded,
        .forwarded_bytes = generator.forwarded_bytes,
        .sessions = generator.sessions_completed,
        .server = process_set_cpu(&generator.options.server),
        .own = own_cpu_seconds(),
    };
}

/// What happened between two snapshots.
struct span {
    double seconds, server_cpu, system_share, own_cpu;
    uint64_t sent, forwarded, forwarded_bytes, sessions;
};

static struct span span_between(struct snapshot a, struct snapshot b) {
    struct span span = {
        .seconds = (double)(b.time - a.time) / 1e9,
        .server_cpu = cpu_total(b.server) - cpu_total(a.server),
        .own_cpu = b.own - a.own,
        .sent = b.sent - a.sent,
        .forwarded = b.forwarded - a.forwarded,
        .forwarded_bytes = b.forwarded_bytes - a.forwarded_bytes,
        .sessions = b.sessions - a.sessions,
    };
    span.system_share = span.server_cpu > 0 ? (b.server.system - a.server.system) / span.server_cpu : 0;
    return span;
}

static double per(double amount, double count) {
    return count > 0 ? amount / count : 0;
}

static void print_span(struct span span) {
    json_real("seconds", span.seconds);
    json_real("server_cpu_seconds", span.server_cpu);
    json_real("server_cores", span.server_cpu / span.seconds);
    json_real("server_system_share", span.system_share);
    json_real("generator_cores", span.own_cpu / span.seconds);
}

static long server_resident_kib(void) {
    return process_set_resident_kib(&generator.options.server);
}

static void poll_until(uint64_t deadline) {
    while (now_ns() < deadline) {
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
    }
}

static void run_sessions(void) {
    const struct options *options = &generator.options;
    uint64_t start = now_ns();
    for (int slot = 0; slot < options->rooms; slot++) {
        session_start(&generator.clients[2 * slot], start);
    }
    poll_until(start + seconds_to_ns(options->warmup));
    struct snapshot before = take_snapshot();
    generator.measuring = true;
    poll_until(before.time + seconds_to_ns(options->duration));
    generator.measuring = false;
    struct span span = span_between(before, take_snapshot());
    generator.stopping = true;
    uint64_t deadline = now_ns() + 3 * NANOSECONDS_PER_SECOND;
    while (generator.slots_finished < options->rooms && now_ns() < deadline) {
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
    }
    double sessions = (double)span.sessions;
    json_count("sessions", (int64_t)span.sessions);
    json_real("sessions_per_s", sessions / span.seconds);
    json_count("messages", (int64_t)span.forwarded);
    json_real("server_cpu_ms_per_session", per(span.server_cpu * 1e3, sessions));
    print_span(span);
    json_latency("latency_us", &generator.latency);
}

static void run_setup(void) {
    struct snapshot before = take_snapshot();
    close_all();
    double seconds = (double)(now_ns() - before.time) / 1e9;
    usleep(200000);  // The server's part of closing may come a little later.
    struct span span = span_between(before, take_snapshot());
    json_real("close_seconds", seconds);
    json_count("closed", (int64_t)generator.closed);
    json_real("server_cpu_us_per_close", per(span.server_cpu * 1e6, generator.client_count));
}

/// Lets every connection send `touch` messages, and checks that each one's peer has received them all.
static void touch_all(void) {
    const struct options *options = &generator.options;
    for (int i = 0; i < generator.client_count; i++) {
        struct client *client = &generator.clients[i];
        client->wanted = (uint64_t)options->touch;
        client_pump(client, now_ns());
        if (i % 64 == 63) {
            poll_events(0);
        }
    }
    drain();
    generator.stopping = false;
    int touched = 0;
    for (int i = 0; i < generator.client_count; i++) {
        const struct client *client = &generator.clients[i];
        bool complete = client->arrived == (uint64_t)options->touch;
        touched += complete && client->peer->arrived == (uint64_t)options->touch;
    }
    if (touched != generator.client_count) {
        note_error("only %d of %d connections have sent and received %d messages", touched,
                   generator.client_count, options->touch);
    }
    json_count("touched", touched);
    json_count("touch_messages", (int64_t)generator.forwarded);
    json_count("verified", (int64_t)generator.verified);
}

static void run_idle(long resident_before, long resident_open) {
    const struct options *options = &generator.options;
    if (options->touch) {
        touch_all();
    }
    struct snapshot before = take_snapshot();
    poll_until(before.time + seconds_to_ns(options->hold));
    struct span span = span_between(before, take_snapshot());
    long resident_held = server_resident_kib();
    double bytes = (double)(resident_held - resident_before) * 1024;
    json_count("resident_kib_before", resident_before);
    json_count("resident_kib_open", resident_open);
    json_count("resident_kib_held", resident_held);
    json_real("bytes_per_connection", per(bytes, generator.client_count));
    json_real("held_server_cpu_seconds", span.server_cpu);
    json_real("held_seconds", options->hold);
    close_all();
    usleep(500000);
    json_count("resident_kib_after_close", server_resident_kib());
}

static void start_windows(void) {
    for (int i = 0; i < generator.client_count; i++) {
        generator.clients[i].wanted = (uint64_t)generator.options.window;
        client_pump(&generator.clients[i], now_ns());
        if (i % 64 == 63) {
            poll_events(0);
        }
    }
}

/// The open loop's schedule: connection after connection, one message each.
struct schedule {
    double next_due;
    int next_client;
};

static double interval_ns(void) {
    double mean = 1e9 / generator.options.rate;
    if (!generator.options.poisson) {
        return mean;
    }
    return -mean * log(((double)next_random() + 1) / 4294967297.0);
}

/// Sends what is due. Latency counts from the due time, so that a stall of the generator is not hidden.
static void send_due(struct schedule *schedule, uint64_t now) {
    for (int burst = 0; schedule->next_due <= (double)now && burst < MAX_CATCH_UP; burst++) {
        struct client *client = &generator.clients[schedule->next_client];
        schedule->next_client = (schedule->next_client + 1) % generator.client_count;
        if (client->wanted - client->arrived > generator.ring_mask) {
            generator.overrun++;
        } else {
            client->sent_at[client->wanted & generator.ring_mask] = (uint64_t)schedule->next_due;
            client->wanted++;
            client_pump(client, 0);
        }
        schedule->next_due += interval_ns();
    }
}

static void print_stream(struct span span, long resident_before, long resident_after) {
    double messages = (double)span.forwarded, bytes = (double)span.forwarded_bytes;
    json_count("messages", (int64_t)span.forwarded);
    json_count("sent", (int64_t)span.sent);
    json_real("messages_per_s", messages / span.seconds);
    json_real("megabytes_per_s", bytes / span.seconds / 1e6);
    json_real("average_bytes", per(bytes, messages));
    json_real("server_cpu_s_per_million", per(span.server_cpu * 1e6, messages));
    json_real("generator_cpu_s_per_million", per(span.own_cpu * 1e6, messages));
    print_span(span);
    json_latency("latency_us", &generator.latency);
    json_count("resident_kib_before", resident_before);
    json_count("resident_kib_after", resident_after);
    json_count("lost", (int64_t)(generator.sent - generator.forwarded));
    json_count("overrun", (int64_t)generator.overrun);
    json_count("verified", (int64_t)generator.verified);
    json_count("bad", (int64_t)generator.bad);
}

static void run_stream(long resident_before) {
    const struct options *options = &generator.options;
    bool rate = options->mode == MODE_RATE;
    uint64_t start = now_ns(), measure_from = start + seconds_to_ns(options->warmup);
    uint64_t end = measure_from + seconds_to_ns(options->duration);
    struct schedule schedule = {.next_due = (double)start};
    struct snapshot before = {0};
    if (!rate) {
        start_windows();
    }
    for (;;) {
        uint64_t now = now_ns();
        if (!generator.measuring && now >= measure_from) {
            before = take_snapshot();
            generator.measuring = true;
        }
        if (now >= end || (options->max_messages && generator.forwarded >= options->max_messages)) {
            break;
        }
        if (rate) {
            send_due(&schedule, now);
            double wait = schedule.next_due - (double)now_ns();
            poll_events(wait > SHORTEST_SLEEP_NS ? (uint64_t)wait : 0);
        } else {
            poll_events(100 * NANOSECONDS_PER_MILLISECOND);
        }
    }
    struct span span = span_between(before, take_snapshot());
    long resident_after = server_resident_kib();
    generator.measuring = false;
    drain();
    if (generator.forwarded < generator.sent) {
        note_error("%lu messages were lost", generator.sent - generator.forwarded);
    }
    if (generator.overrun) {
        note_error("%lu messages could not be sent in time", generator.overrun);
    }
    print_stream(span, resident_before, resident_after);
    close_all();
}

void run_mode(void) {
    enum mode mode = generator.options.mode;
    if (mode == MODE_SESSION) {
        run_sessions();
        return;
    }
    long resident_before = server_resident_kib();
    struct snapshot before = take_snapshot();
    open_all();
    struct span span = span_between(before, take_snapshot());
    long resident_open = server_resident_kib();
    double count = generator.client_count;
    json_count("connections", generator.client_count);
    json_real("open_seconds", span.seconds);
    json_real("connections_per_s", count / span.seconds);
    json_real("server_cpu_us_per_open", per(span.server_cpu * 1e6, count));
    json_real("generator_cpu_us_per_open", per(span.own_cpu * 1e6, count));
    if (mode == MODE_SETUP) {
        run_setup();
    } else if (mode == MODE_IDLE) {
        run_idle(resident_before, resident_open);
    } else {
        run_stream(resident_before);
    }
}
