#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"

#define EVENTS_PER_TURN 512
#define SET_UP_LIMIT_SECONDS 60
#define END_LIMIT_SECONDS 3
#define PEER_TAG (1ull << 32)

uint64_t client_tag(const struct session *session) {
    return (uint64_t)session->index;
}

uint64_t peer_tag(const struct session *session) {
    return PEER_TAG | (uint64_t)session->index;
}

void watch(int descriptor, uint64_t tag, uint32_t events) {
    struct epoll_event interest = {.events = events, .data.u64 = tag};
    if (epoll_ctl(generator.poller, EPOLL_CTL_ADD, descriptor, &interest)) {
        die("epoll: %s", strerror(errno));
    }
}

void poll_events(uint64_t nanoseconds) {
    struct epoll_event events[EVENTS_PER_TURN];
    struct timespec wait = {(time_t)(nanoseconds / NANOSECONDS_PER_SECOND),
                            (long)(nanoseconds % NANOSECONDS_PER_SECOND)};
    int count = epoll_pwait2(generator.poller, events, EVENTS_PER_TURN, &wait, NULL);
    if (count < 0 && errno != EINTR) {
        die("epoll: %s", strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        struct session *session = &generator.sessions[(uint32_t)events[i].data.u64];
        if (events[i].data.u64 & PEER_TAG) {
            peer_datagrams_readable(session);
        } else if (session->stream) {
            stream_event(session, events[i].events);
        } else {
            client_datagrams_readable(session);
        }
    }
}

static void retransmit_all(void) {
    uint64_t now = now_ns();
    for (int i = 0; i < generator.started; i++) {
        session_retransmit(&generator.sessions[i], now);
    }
}

void set_up_all(void) {
    uint64_t began = now_ns(), scanned = began;
    int wanted = generator.options.sessions;
    while (generator.ready + generator.failed < wanted) {
        while (generator.started < wanted &&
               generator.started - generator.ready - generator.failed < generator.options.in_flight) {
            session_start(&generator.sessions[generator.started++]);
        }
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
        uint64_t now = now_ns();
        if (now - scanned > 50 * NANOSECONDS_PER_MILLISECOND) {
            retransmit_all();
            scanned = now;
        }
        if (now - began > SET_UP_LIMIT_SECONDS * NANOSECONDS_PER_SECOND) {
            die("set-up timed out: %d of %d sessions ready, %d failed", generator.ready, wanted,
                generator.failed);
        }
    }
}

void end_all(void) {
    uint64_t deadline = now_ns() + END_LIMIT_SECONDS * NANOSECONDS_PER_SECOND;
    for (int i = 0; i < generator.started; i++) {
        session_end(&generator.sessions[i]);
        if (i % 64 == 63) {
            poll_events(0);
        }
    }
    while (generator.ended < generator.ready && now_ns() < deadline) {
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
    }
}
