#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "failure.h"
#include "generator.h"

/// At most so many messages leave in one system call.
#define MAX_GATHERED 32

static void send_now(struct client *client, const void *bytes, size_t length) {
    ssize_t sent = send(client->fd, bytes, length, MSG_NOSIGNAL);
    if (sent != (ssize_t)length) {
        note_error("short send: %zd of %zu, errno %d", sent, length, errno);
    }
}

static void bind_to_next_address(int fd) {
    static int turn;
    int one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + (uint32_t)(turn++ % generator.options.source_addresses));
    if (bind(fd, (struct sockaddr *)&address, sizeof address)) {
        die("bind: %s", strerror(errno));
    }
}

/// Back to how it was before its first connection, except for its seat in the room and its buffers.
static void reset(struct client *client, int fd) {
    client->fd = fd;
    client->state = CLIENT_CONNECTING;
    client->close_sent = client->ending = client->described = false;
    client->id[0] = 0;
    client->wanted = client->sent = client->arrived = 0;
    client->offset = client->partial_length = 0;
    client->candidates_received = 0;
}

void client_start(struct client *client) {
    const struct options *options = &generator.options;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
    if (fd < 0) {
        die("socket: %s", strerror(errno));
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (options->source_addresses > 1) {
        bind_to_next_address(fd);
    }
    reset(client, fd);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    inet_pton(AF_INET, options->host, &server.sin_addr);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        die("connect: %s", strerror(errno));
    }
    struct epoll_event interest = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
    if (epoll_ctl(generator.poller, EPOLL_CTL_ADD, fd, &interest)) {
        die("epoll_ctl: %s", strerror(errno));
    }
}

void client_upgrade(struct client *client) {
    const struct options *options = &generator.options;
    char request[512];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          options->path, options->host, options->port);
    send_now(client, request, (size_t)length);
    client->state = CLIENT_UPGRADING;
}

void client_send_frame(struct client *client, int opcode, const void *payload, size_t length) {
    uint8_t frame[512];
    if (length > sizeof frame - 14) {
        die("a frame of %zu bytes is not a short one", length);
    }
    send_now(client, frame, build_frame(frame, opcode, payload, length));
}

void client_join(struct client *client) {
    char text[256];
    int length = snprintf(text, sizeof text, "{\"type\":\"join_room\",\"roomId\":\"%s%d\"}",
                          generator.options.prefix, client->room);
    client_send_frame(client, 1, text, (size_t)length);
    client->state = CLIENT_JOINING;
}

void client_send(struct client *client, const struct template *message) {
    send_now(client, message->frame, message->frame_length);
    generator.sent++;
}

void client_close(struct client *client) {
    static const uint8_t normal_closure[] = {1000 >> 8, 1000 & 255};
    if (!client->close_sent) {
        client_send_frame(client, 8, normal_closure, sizeof normal_closure);
        client->close_sent = true;
    }
}

/// Counts the messages of a gathered write that went out whole, and how far the next one got.
static void count_sent(struct client *client, const struct iovec *parts, int count, size_t sent) {
    for (int i = 0; i < count && sent > 0; i++) {
        if (sent < parts[i].iov_len) {
            client->offset += (uint32_t)sent;
            return;
        }
        sent -= parts[i].iov_len;
        client->offset = 0;
        client->sent++;
        generator.sent++;
    }
}

void client_pump(struct client *client, uint64_t now) {
    const struct templates *templates = &generator.templates;
    while (client->sent < client->wanted) {
        struct iovec parts[MAX_GATHERED];
        int count = 0;
        for (uint64_t number = client->sent; number < client->wanted && count < MAX_GATHERED;
             number++, count++) {
            uint64_t place = number + (uint64_t)client->pattern_start;
            const struct template *message = templates->pattern[place % (uint64_t)templates->pattern_length];
            uint32_t offset = number == client->sent ? client->offset : 0;
            parts[count].iov_base = message->frame + offset;
            parts[count].iov_len = message->frame_length - offset;
            if (now && offset == 0) {
                client->sent_at[number & generator.ring_mask] = now;
            }
        }
        struct msghdr header = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t sent = sendmsg(client->fd, &header, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) {
                note_error("send: %s", strerror(errno));
                client->wanted = client->sent;
            }
            return;
        }
        count_sent(client, parts, count, (size_t)sent);
        if (client->offset) {
            return;
        }
    }
}
