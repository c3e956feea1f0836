/// turn-floor: relays TURN over UDP on bare epoll with the kernel's batching (recvmmsg, sendmmsg,
/// UDP_SEGMENT, UDP_GRO), and believes every request: no integrity, no lifetimes, no policy, no counters.
/// Loopback only.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "failure.h"
#include "floor.h"

#define EVENTS_PER_TURN 256
#define MAX_LOOPS 16
#define MAX_HOLD_MICROSECONDS 1000
#define LIFETIME_SECONDS 3600

static struct {
    int port, loops, hold;
} options = {.loops = 1};

static struct loop *open_loop(int port) {
    struct loop *loop = calloc(1, sizeof *loop);
    loop->allocations = calloc(MAX_ALLOCATIONS, sizeof *loop->allocations);
    memset(loop->places, -1, sizeof loop->places);
    incoming_prepare(&loop->from_clients);
    incoming_prepare(&loop->from_peers);
    loop->listener = open_datagram_socket(port, true);
    loop->poller = epoll_create1(0);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(loop->poller, EPOLL_CTL_ADD, loop->listener, &interest);
    return loop;
}

static void *run_loop(void *argument) {
    struct loop *loop = argument;
    struct timespec hold = {0, options.hold * 1000};
    for (;;) {
        struct epoll_event events[EVENTS_PER_TURN];
        int count = epoll_wait(loop->poller, events, EVENTS_PER_TURN, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr) {
                peers_readable(loop, events[i].data.ptr);
            } else {
                clients_readable(loop);
            }
        }
        end_turn(loop);
        if (options.hold) {
            nanosleep(&hold, NULL);
        }
    }
    return NULL;
}

static void parse_options(int argc, char **argv) {
    static const char usage[] =
        "usage: turn-floor --port PORT [--loops N] [--hold MICROSECONDS]\n"
        "Loopback only, for an hour at most. --hold sleeps after each turn of a loop.\n";
    for (int i = 1; i + 1 < argc; i += 2) {
        int value = atoi(argv[i + 1]);
        if (!strcmp(argv[i], "--port")) {
            options.port = value;
        } else if (!strcmp(argv[i], "--loops")) {
            options.loops = value;
        } else if (!strcmp(argv[i], "--hold")) {
            options.hold = value;
        } else {
            die("%s", usage);
        }
    }
    if (options.port < 1 || options.port > 65535 || options.loops < 1 || options.loops > MAX_LOOPS ||
        options.hold < 0 || options.hold > MAX_HOLD_MICROSECONDS) {
        die("%s", usage);
    }
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFETIME_SECONDS);
    prctl(PR_SET_TIMERSLACK, 1);
    raise_descriptor_limit();
    struct loop *loops[MAX_LOOPS];
    for (int i = 0; i < options.loops; i++) {
        loops[i] = open_loop(options.port);
    }
    printf("listening on 127.0.0.1:%d\n", options.port);
    fflush(stdout);
    for (int i = 1; i < options.loops; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run_loop, loops[i]);
    }
    run_loop(loops[0]);
}
