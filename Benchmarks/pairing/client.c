#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "pairing.h"

static void finish(struct client *client) {
    if (!client->finished) {
        client->finished = true;
        close(client->fd);
        load.finished++;
    }
}

static void send_call(struct client *client) {
    static const char *const paths[CALL_COUNT] = {"/api/rooms", "/api/rooms/accept", "/api/rooms/check"};
    char body[256], request[512];
    char code[64];
    snprintf(code, sizeof code, "%08lx-%lx", load.run, client->pairing);
    int length = 0;
    switch (client->call) {
    case CALL_CREATE:
        length = snprintf(body, sizeof body,
                          "{\"joinid\":\"%s\",\"client1\":\"host-%s\",\"expiresInSeconds\":600}", code, code);
        break;
    case CALL_ACCEPT:
        length = snprintf(body, sizeof body, "{\"joinid\":\"%s\",\"client2\":\"guest-%s\"}", code, code);
        break;
    case CALL_CHECK:
    case CALL_COUNT:
        length = snprintf(body, sizeof body, "{\"joinid\":\"%s\",\"client1\":\"host-%s\"}", code, code);
        break;
    }
    int total = snprintf(request, sizeof request,
                         "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                         "Content-Length: %d\r\n\r\n%s",
                         paths[client->call], load.options.port, length, body);
    client->response_length = 0;
    client->call_began = now_ns();
    if (send(client->fd, request, (size_t)total, MSG_NOSIGNAL) != total) {
        note_error("send: %s", strerror(errno));
        finish(client);
    }
}

static void begin_pairing(struct client *client) {
    client->pairing = load.pairings_begun++;
    client->call = CALL_CREATE;
    client->pairing_began = now_ns();
    send_call(client);
}

/// Takes `{"roomid":"<48 lowercase hexadecimal digits>"}`; false when it is not there.
static bool read_room_id(const struct response *response, char out[ROOM_ID_LENGTH + 1]) {
    static const char name[] = "\"roomid\":\"";
    const char *value = memmem(response->body, response->body_length, name, strlen(name));
    if (!value) {
        return false;
    }
    value += strlen(name);
    const char *end = response->body + response->body_length;
    if (end - value <= ROOM_ID_LENGTH || value[ROOM_ID_LENGTH] != '"') {
        return false;
    }
    memcpy(out, value, ROOM_ID_LENGTH);
    out[ROOM_ID_LENGTH] = 0;
    return strspn(out, "0123456789abcdef") == ROOM_ID_LENGTH;
}

/// Whether the answer is the one that the contract promises.
static bool is_expected(struct client *client, const struct response *response) {
    char room_id[ROOM_ID_LENGTH + 1];
    switch (client->call) {
    case CALL_CREATE:
        return response->status == 201 && memmem(response->body, response->body_length, "\"ok\":true", 9) &&
               memmem(response->body, response->body_length, "\"exp\":\"", 7);
    case CALL_ACCEPT: return response->status == 200 && read_room_id(response, client->room_id);
    case CALL_CHECK:
        return response->status == 200 && read_room_id(response, room_id) &&
               !strcmp(room_id, client->room_id);
    case CALL_COUNT: break;
    }
    return false;
}

static void take_response(struct client *client, const struct response *response) {
    static const char *const names[CALL_COUNT] = {"create", "accept", "check"};
    uint64_t now = now_ns();
    bool expected = is_expected(client, response);
    if (!expected) {
        note_error("%s answered %d %.*s", names[client->call], response->status,
                   (int)(response->body_length > 120 ? 120 : response->body_length), response->body);
    }
    if (load.measuring) {
        histogram_record(&load.call_latency[client->call], now - client->call_began);
    }
    if (expected && client->call != CALL_CHECK) {
        client->call++;
        send_call(client);
        return;
    }
    if (expected) {
        load.pairings_done++;
        if (load.measuring) {
            histogram_record(&load.pairing_latency, now - client->pairing_began);
        }
    }
    if (load.stopping) {
        finish(client);
    } else {
        begin_pairing(client);
    }
}

void client_read(struct client *client) {
    if (client->finished) {
        return;
    }
    size_t space = sizeof client->response - 1 - client->response_length;
    ssize_t received = recv(client->fd, client->response + client->response_length, space, 0);
    if (received < 0 && errno == EAGAIN) {
        return;
    }
    if (received <= 0) {
        note_error("connection ended: %s", received ? strerror(errno) : "closed by the server");
        finish(client);
        return;
    }
    client->response_length += (size_t)received;
    client->response[client->response_length] = 0;
    struct response response;
    switch (parse_response(client->response, client->response_length, &response)) {
    case RESPONSE_INCOMPLETE: return;
    case RESPONSE_MALFORMED:
        note_error("malformed response: %.100s", client->response);
        finish(client);
        return;
    case RESPONSE_COMPLETE: break;
    }
    if (response.total_length < client->response_length) {
        note_error("%zu bytes after the response", client->response_length - response.total_length);
    }
    take_response(client, &response);
}

void client_start(struct client *client) {
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load.options.port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&server, sizeof server)) {
        die("connect: %s", strerror(errno));
    }
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(load.poller, EPOLL_CTL_ADD, client->fd, &interest);
    begin_pairing(client);
}
