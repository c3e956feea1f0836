#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"
#include "relay.h"

#define READ_BYTES 262144
#define KEPT_OUTBOX_BYTES 65536

enum opcode { OPCODE_TEXT = 1, OPCODE_BINARY = 2, OPCODE_CLOSE = 8, OPCODE_PING = 9, OPCODE_PONG = 10 };

/// One read's bytes, after what was left of the read before.
static uint8_t input[READ_BYTES + MAX_MESSAGE_BYTES * 2];

static struct connection *dirty_list;

static void mark_dirty(struct connection *connection) {
    if (!connection->dirty) {
        connection->dirty = true;
        connection->next_dirty = dirty_list;
        dirty_list = connection;
    }
}

uint8_t *outbox_reserve(struct connection *connection, uint32_t length) {
    if (connection->outbox_capacity < connection->outbox_length + length) {
        connection->outbox_capacity = (connection->outbox_length + length) * 2;
        connection->outbox = realloc(connection->outbox, connection->outbox_capacity);
    }
    mark_dirty(connection);
    return connection->outbox + connection->outbox_length;
}

int write_frame_header(uint8_t *out, int opcode, uint32_t length) {
    out[0] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        out[1] = (uint8_t)length;
        return 2;
    }
    if (length < 65536) {
        out[1] = 126;
        out[2] = (uint8_t)(length >> 8);
        out[3] = (uint8_t)length;
        return 4;
    }
    out[1] = 127;
    for (int i = 0; i < 8; i++) {
        out[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
    }
    return 10;
}

static void queue_frame(struct connection *connection, int opcode, const void *payload, uint32_t length) {
    uint8_t *frame = outbox_reserve(connection, length + 10);
    int header_length = write_frame_header(frame, opcode, length);
    memcpy(frame + header_length, payload, length);
    connection->outbox_length += (uint32_t)header_length + length;
}

void queue_text(struct connection *connection, const char *text, size_t length) {
    queue_frame(connection, OPCODE_TEXT, text, (uint32_t)length);
}

void flush_outbox(struct connection *connection) {
    uint32_t sent = 0;
    while (sent < connection->outbox_length) {
        ssize_t result =
            send(connection->fd, connection->outbox + sent, connection->outbox_length - sent, MSG_NOSIGNAL);
        if (result < 0) {
            if (errno != EAGAIN) {
                connection->outbox_length = sent = 0;
            }
            break;
        }
        sent += (uint32_t)result;
    }
    if (sent) {
        memmove(connection->outbox, connection->outbox + sent, connection->outbox_length - sent);
        connection->outbox_length -= sent;
    }
    if (!connection->outbox_length && connection->outbox_capacity > KEPT_OUTBOX_BYTES) {
        free(connection->outbox);
        connection->outbox = NULL;
        connection->outbox_capacity = 0;
    }
}

static void close_connection(struct connection *connection) {
    if (connection->dead) {
        return;
    }
    leave_room(connection, "peer_disconnected");
    connection->dead = true;
    close(connection->fd);
    mark_dirty(connection);
}

static void assign_id(struct connection *connection) {
    uint8_t r[16] = {0};
    if (getrandom(r, sizeof r, 0) != sizeof r) {
        abort();
    }
    snprintf(connection->id, sizeof connection->id,
             "%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3],
             r[4], r[5], r[6] & 15, r[7], r[8] & 15, r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
}

/// Answers the request at the start of `input`; returns how many bytes it took, 0 when it is not complete.
static uint32_t handle_http(struct connection *connection, uint32_t available) {
    static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static const char key_header[] = "sec-websocket-key:";
    uint8_t *end = memmem(input, available, "\r\n\r\n", 4);
    if (!end) {
        return 0;
    }
    *end = 0;
    uint32_t consumed = (uint32_t)(end + 4 - input);
    char *key = strcasestr((char *)input, key_header);
    if (!key) {
        memcpy(outbox_reserve(connection, sizeof page), page, strlen(page));
        connection->outbox_length += (uint32_t)strlen(page);
        return consumed;
    }
    key += strlen(key_header);
    key += strspn(key, " ");
    size_t key_length = strcspn(key, "\r\n");
    if (key_length > MAX_KEY_LENGTH) {
        close_connection(connection);
        return consumed;
    }
    char text[MAX_HANDSHAKE_RESPONSE];
    int length = handshake_response(key, key_length, text);
    memcpy(outbox_reserve(connection, (uint32_t)length), text, (size_t)length);
    connection->outbox_length += (uint32_t)length;
    connection->is_websocket = true;
    assign_id(connection);
    length =
        snprintf(text, sizeof text,
                 "{\"type\":\"connected\",\"clientId\":\"%s\",\"server\":\"WebRTC P2P Signaling Server\"}",
                 connection->id);
    queue_text(connection, text, (size_t)length);
    return consumed;
}

static void unmask(uint8_t *payload, uint64_t length, const uint8_t *key) {
    uint32_t key32;
    memcpy(&key32, key, 4);
    uint64_t key64 = (uint64_t)key32 << 32 | key32, i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t word;
        memcpy(&word, payload + i, 8);
        word ^= key64;
        memcpy(payload + i, &word, 8);
    }
    for (; i < length; i++) {
        payload[i] ^= key[i & 3];
    }
}

/// Handles the frame at `start`; returns its length, 0 when it is not complete (or the connection was
/// closed).
static uint32_t handle_frame(struct connection *connection, uint8_t *start, uint32_t available) {
    uint32_t header = 2;
    uint64_t length = start[1] & 127;
    bool masked = start[1] & 128;
    if (length == 126) {
        if (available < 8) {
            return 0;
        }
        length = (uint64_t)start[2] << 8 | start[3];
        header = 4;
    }
    if (!masked || length == 127 || length > MAX_MESSAGE_BYTES) {
        close_connection(connection);
        return 0;
    }
    if (available < header + 4 + length) {
        return 0;
    }
    uint8_t *payload = start + header + 4;
    unmask(payload, length, start + header);
    switch (start[0] & 15) {
    case OPCODE_TEXT:
    case OPCODE_BINARY: handle_message(connection, payload, (uint32_t)length); break;
    case OPCODE_PING: queue_frame(connection, OPCODE_PONG, payload, (uint32_t)length); break;
    case OPCODE_CLOSE:
        queue_frame(connection, OPCODE_CLOSE, payload, length >= 2 ? 2 : 0);
        flush_outbox(connection);
        close_connection(connection);
        return 0;
    default: break;
    }
    return header + 4 + (uint32_t)length;
}

static void keep_partial(struct connection *connection, const uint8_t *bytes, uint32_t length) {
    if (length == 0 && connection->partial_capacity) {
        free(connection->partial);
        connection->partial = NULL;
        connection->partial_capacity = 0;
    } else if (length > 0) {
        if (connection->partial_capacity < length) {
            connection->partial_capacity = length + 1024;
            free(connection->partial);
            connection->partial = malloc(connection->partial_capacity);
        }
        memcpy(connection->partial, bytes, length);
    }
    connection->partial_length = length;
}

void connection_read(struct connection *connection) {
    ssize_t received;
    do {
        uint32_t available = connection->partial_length;
        if (available) {
            memcpy(input, connection->partial, available);
        }
        received = recv(connection->fd, input + available, READ_BYTES, 0);
        if (received <= 0) {
            if (received == 0 || errno != EAGAIN) {
                close_connection(connection);
            }
            return;
        }
        available += (uint32_t)received;
        uint32_t consumed = connection->is_websocket ? 0 : handle_http(connection, available);
        while (connection->is_websocket && !connection->dead && available - consumed >= 6) {
            uint32_t length = handle_frame(connection, input + consumed, available - consumed);
            if (length == 0) {
                break;
            }
            consumed += length;
        }
        if (connection->dead) {
            return;
        }
        if (available - consumed > MAX_MESSAGE_BYTES * 2) {
            close_connection(connection);
            return;
        }
        keep_partial(connection, input + consumed, available - consumed);
    } while (received == READ_BYTES);
}

void flush_dirty(void) {
    while (dirty_list && !dirty_list->dead) {
        struct connection *connection = dirty_list;
        dirty_list = connection->next_dirty;
        connection->dirty = false;
        flush_outbox(connection);
    }
}

void finish_turn(void) {
    struct connection *connection = dirty_list;
    dirty_list = NULL;
    while (connection) {
        struct connection *next = connection->next_dirty;
        connection->dirty = false;
        if (connection->dead) {
            free(connection->partial);
            free(connection->outbox);
            free(connection);
        } else {
            flush_outbox(connection);
        }
        connection = next;
    }
}
