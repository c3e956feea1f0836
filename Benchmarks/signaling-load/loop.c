#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"

#define EVENTS_PER_TURN 512
#define OPEN_LIMIT_SECONDS 120
#define DRAIN_LIMIT_SECONDS 3
#define CLOSE_LIMIT_SECONDS 5

static void handle_event(struct client *client, uint32_t events, uint64_t now) {
    const uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (client->state == CLIENT_CONNECTING) {
        if (events & (EPOLLERR | EPOLLHUP)) {
            int error = 0;
            socklen_t length = sizeof error;
            getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &length);
            die("connect: %s", strerror(error));
        }
        if (events & EPOLLOUT) {
            client_upgrade(client);
        }
        return;
    }
    if (events & (EPOLLIN | ended)) {
        client->ending = (events & ended) != 0;
        client_read(client, now);
    }
    if ((events & EPOLLOUT) && client->state == CLIENT_READY && client->sent < client->wanted) {
        // In rate mode the due time was noted when it came; it stays.
        client_pump(client, generator.options.mode == MODE_RATE ? 0 : now);
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
        struct client *client = events[i].data.ptr;
        if (client->state != CLIENT_CLOSED && client->state != CLIENT_UNUSED) {
            handle_event(client, events[i].events, now_ns());
        }
    }
}

void open_all(void) {
    uint64_t deadline = now_ns() + OPEN_LIMIT_SECONDS * NANOSECONDS_PER_SECOND;
    while (generator.ready < (uint64_t)generator.client_count) {
        while (generator.started < generator.client_count &&
               generator.joining < generator.options.in_flight) {
            client_start(&generator.clients[generator.started++]);
            generator.joining++;
        }
        poll_events(100 * NANOSECONDS_PER_MILLISECOND);
        if (now_ns() > deadline) {
            die("set-up timed out: %lu opened, %lu joined, %lu ready, %lu errors", generator.opened,
                generator.joined, generator.ready, error_count());
        }
    }
}

void drain(void) {
    uint64_t deadline = now_ns() + DRAIN_LIMIT_SECONDS * NANOSECONDS_PER_SECOND;
    generator.stopping = true;
    while (generator.forwarded < generator.sent && now_ns() < deadline) {
        poll_events(10 * NANOSECONDS_PER_MILLISECOND);
    }
}

void close_all(void) {
    generator.stopping = true;
    for (int i = 0; i < generator.client_count; i++) {
        enum client_state state = generator.clients[i].state;
        if (state >= CLIENT_OPEN && state < CLIENT_CLOSED) {
            client_close(&generator.clients[i]);
        }
        if (i % 256 == 255) {
            poll_events(0);
        }
    }
    uint64_t deadline = now_ns() + CLOSE_LIMIT_SECONDS * NANOSECONDS_PER_SECOND;
    while (generator.closed < (uint64_t)generator.client_count && now_ns() < deadline) {
        poll_events(50 * NANOSECONDS_PER_MILLISECOND);
    }
    if (generator.closed < (uint64_t)generator.client_count) {
        note_error("%lu of %d connections closed in %d s", generator.closed, generator.client_count,
                   CLOSE_LIMIT_SECONDS);
    }
}
