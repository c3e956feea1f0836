#include "clock.h"
#include "generator.h"

/// A window that has been still for so long is opened again: its packets are lost.
#define STALL_NANOSECONDS (200 * NANOSECONDS_PER_MILLISECOND)
/// A rate makes up for no more than so much of a delay.
#define MAX_ARREARS_SECONDS 0.02
#define SENDS_PER_TURN 64
/// A generator that shares its core looks so often. It is not woken: what that costs would be the server's to
/// pay.
#define LOOK_NANOSECONDS 50000
#define DRAIN_QUIET_NANOSECONDS (300 * NANOSECONDS_PER_MILLISECOND)

/// Whose turn it is: each session in order, and within a session each direction.
static struct {
    int session;
    enum flow_direction direction;
} turn;

/// When the rate began, and how many packets it has sent or skipped since.
static struct {
    uint64_t began;
    double done;
} schedule;

static void next_turn(void) {
    const struct options *options = &generator.options;
    if (options->to_peer && options->to_client && turn.direction == FLOW_TO_PEER) {
        turn.direction = FLOW_TO_CLIENT;
        return;
    }
    turn.direction = options->to_peer ? FLOW_TO_PEER : FLOW_TO_CLIENT;
    turn.session = turn.session + 1 < options->sessions ? turn.session + 1 : 0;
}

/// Sends one burst of the session whose turn it is; false when not all of it could be sent.
static bool send_burst(uint64_t now) {
    struct session *session = &generator.sessions[turn.session];
    int burst = generator.options.burst, sent;
    if (turn.direction == FLOW_TO_CLIENT) {
        sent = send_peer_datagrams(session, burst, now);
    } else if (session->stream) {
        sent = send_client_frames(session, burst, now);
    } else {
        sent = send_client_datagrams(session, burst, now);
    }
    note_sent(session, turn.direction, sent);
    generator.counters.refused += (uint64_t)(burst - sent);
    next_turn();
    return sent == burst;
}

static uint64_t packets_under_way(void) {
    uint64_t settled = generator.counters.received + generator.given_up;
    return generator.counters.sent > settled ? generator.counters.sent - settled : 0;
}

static void fill_window(uint64_t now) {
    uint64_t burst = (uint64_t)generator.options.burst;
    while (packets_under_way() + burst <= (uint64_t)generator.options.window) {
        if (!send_burst(now_ns())) {
            return;
        }
    }
    if (now - generator.last_arrival > STALL_NANOSECONDS) {
        generator.given_up += packets_under_way();
        generator.last_arrival = now;
    }
}

/// Sends what is due. Returns how long there is nothing to send.
static uint64_t keep_rate(uint64_t now) {
    double rate = generator.options.rate, burst = generator.options.burst;
    double due = (double)(now - schedule.began) / 1e9 * rate;
    double arrears = due - schedule.done - rate * MAX_ARREARS_SECONDS - 2 * burst;
    if (arrears > 0) {
        generator.counters.skipped += (uint64_t)arrears;
        schedule.done += arrears;
    }
    for (int i = 0; i < SENDS_PER_TURN && schedule.done + burst <= due; i++) {
        send_burst(now_ns());
        schedule.done += burst;
    }
    double missing = schedule.done + burst - due;
    return missing > 0 ? (uint64_t)(missing / rate * 1e9) : 0;
}

static void rest(uint64_t nanoseconds) {
    uint64_t length = nanoseconds < LOOK_NANOSECONDS ? nanoseconds : LOOK_NANOSECONDS;
    struct timespec time = {0, (long)length};
    nanosleep(&time, NULL);
}

void run_traffic(uint64_t nanoseconds) {
    uint64_t began = now_ns(), now = began;
    if (schedule.began == 0) {
        schedule.began = generator.last_arrival = began;
        turn.direction = generator.options.to_peer ? FLOW_TO_PEER : FLOW_TO_CLIENT;
    }
    while (now - began < nanoseconds) {
        uint64_t received = generator.counters.received, idle = LOOK_NANOSECONDS;
        poll_events(0);
        now = now_ns();
        if (generator.options.mode == MODE_WINDOW) {
            fill_window(now);
        } else {
            idle = keep_rate(now);
        }
        if (generator.options.sleepy && generator.counters.received == received) {
            rest(idle);
        }
    }
}

void drain(void) {
    uint64_t began = now_ns();
    while (generator.counters.received < generator.counters.sent) {
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
        uint64_t latest = generator.last_arrival > began ? generator.last_arrival : began;
        if (now_ns() - latest > DRAIN_QUIET_NANOSECONDS) {
            return;
        }
    }
}
