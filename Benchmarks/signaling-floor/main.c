#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failure.h"
#include "relay.h"

#define EVENTS_PER_TURN 1024
/// With fewer events than this in a turn each one's output leaves at once; with more, at the end of the turn.
#define BUSY_TURN 64
#define LISTEN_BACKLOG 4096
#define LIFETIME_SECONDS 3600

static int listen_on_loopback(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) || listen(fd, LISTEN_BACKLOG) ||
        getsockname(fd, (struct sockaddr *)&address, &length)) {
        die("signaling-floor: cannot listen on port %d", port);
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_all(int poller, int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *connection = calloc(1, sizeof *connection);
        connection->fd = fd;
        struct epoll_event interest = {.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
                                       .data.ptr = connection};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &interest);
    }
}

static void handle_event(struct connection *connection, uint32_t events) {
    const uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (events & (EPOLLIN | ended)) {
        connection_read(connection);
        while ((events & ended) && !connection->dead) {
            connection_read(connection);
        }
    } else if (connection->outbox_length) {
        flush_outbox(connection);
    }
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        puts("usage: signaling-floor [PORT]\n"
             "A signaling relay on bare epoll, loopback only, for an hour at most.\n"
             "Port 0, the default, is any free one; the first line on stdout names it.");
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    alarm(LIFETIME_SECONDS);
    raise_descriptor_limit();
    int listener = listen_on_loopback(argc > 1 ? atoi(argv[1]) : 0);
    int poller = epoll_create1(0);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &interest);
    static struct epoll_event events[EVENTS_PER_TURN];
    for (;;) {
        int count = epoll_wait(poller, events, EVENTS_PER_TURN, -1);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection) {
                accept_all(poller, listener);
                continue;
            }
            if (connection->dead) {
                continue;
            }
            handle_event(connection, events[i].events);
            if (count < BUSY_TURN && !connection->dead) {
                flush_dirty();
            }
        }
        finish_turn();
    }
}
