#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failure.h"
#include "generator.h"

#define READ_BYTES 262144
#define MAX_FRAME_BYTES 524288

static uint8_t input[READ_BYTES + MAX_FRAME_BYTES + 16];

static void *find(const void *bytes, size_t length, const char *text) {
    return memmem(bytes, length, text, strlen(text));
}

/// Whether a value, which runs to its closing quote, begins with the text.
static bool begins(const char *value, const char *text) {
    return !strncmp(value, text, strlen(text));
}

/// Where the value of the string member begins, or NULL. The input is followed by a zero byte.
static const char *string_member(const uint8_t *text, size_t length, const char *quoted_name) {
    const char *p = find(text, length, quoted_name);
    if (!p) {
        return NULL;
    }
    p += strlen(quoted_name);
    p += strspn(p, " :");
    return *p == '"' ? p + 1 : NULL;
}

/// Whether the message carries what was sent: the content, the room, and the id that the sender was given.
static bool content_matches(const struct client *sender, const uint8_t *text, size_t length,
                            const struct template *expected) {
    char room[160];
    snprintf(room, sizeof room, "%s%d\"", generator.options.prefix, sender->room);
    if (!find(text, length, room) || (sender->id[0] && !find(text, length, sender->id))) {
        return false;
    }
    static uint8_t plain[MAX_FRAME_BYTES];
    size_t plain_length = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = text[i];
        if (byte == '\\' && i + 1 < length) {
            byte = text[++i];
            byte = byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte;
        }
        plain[plain_length++] = byte;
    }
    if (!memmem(plain, plain_length, expected->content, expected->content_length)) {
        return false;
    }
    return expected->kind != KIND_CANDIDATE ||
           (find(plain, plain_length, "\"sdpMLineIndex\":") && find(plain, plain_length, "\"sdpMid\":"));
}

/// Checks one forwarded message of the pattern against what the peer sent, and lets the peer send the next.
static void take_pattern_message(struct client *receiver, enum message_kind kind, const uint8_t *text,
                                 size_t length, uint64_t now) {
    const struct templates *templates = &generator.templates;
    struct client *sender = receiver->peer;
    uint64_t number = sender->arrived++;
    uint64_t place = number + (uint64_t)sender->pattern_start;
    const struct template *expected = templates->pattern[place % (uint64_t)templates->pattern_length];
    if (expected->kind != kind) {
        generator.bad++;
        note_error("order: message %lu is of kind %d, not %d", number, kind, expected->kind);
    }
    int every = generator.options.verify_every;
    if (every && generator.forwarded % (uint64_t)every == 0) {
        if (content_matches(sender, text, length, expected)) {
            generator.verified++;
        } else {
            generator.bad++;
            note_error("content: %.*s", (int)(length > 150 ? 150 : length), text);
        }
    }
    if (generator.measuring) {
        histogram_record(&generator.latency, now - sender->sent_at[number & generator.ring_mask]);
    }
    if (generator.options.mode == MODE_WINDOW && !generator.stopping) {
        sender->wanted = sender->arrived + (uint64_t)generator.options.window;
    }
}

static void take_text_in_room(struct client *client, const char *type, const uint8_t *text, size_t length,
                              uint64_t now) {
    enum message_kind kind;
    if (begins(type, "webrtc_offer\"")) {
        kind = KIND_OFFER;
    } else if (begins(type, "webrtc_answer\"")) {
        kind = KIND_ANSWER;
    } else if (begins(type, "ice_candidate\"")) {
        kind = KIND_CANDIDATE;
    } else {
        bool expected =
            begins(type, "peer_") && (generator.stopping || generator.options.mode == MODE_SESSION);
        if (!expected) {
            note_error("unexpected in a room: %.*s", (int)(length > 120 ? 120 : length), text);
        }
        return;
    }
    generator.forwarded++;
    generator.forwarded_bytes += length;
    if (generator.options.mode == MODE_SESSION) {
        session_message(client, kind);
    } else {
        take_pattern_message(client, kind, text, length, now);
    }
}

static void note_joined(struct client *client) {
    client->state = CLIENT_JOINED;
    generator.joined++;
    generator.joining--;
    // In a session the second joins when the first is in, so that the first is the initiator.
    bool first = client->index % 2 == 0;
    if (generator.options.mode == MODE_SESSION && first && client->peer->state == CLIENT_OPEN) {
        client_join(client->peer);
    }
}

static void take_text(struct client *client, const uint8_t *text, size_t length, uint64_t now) {
    const char *type = string_member(text, length, "\"type\"");
    if (!type) {
        note_error("no type: %.*s", (int)(length > 80 ? 80 : length), text);
    } else if (client->state == CLIENT_READY) {
        take_text_in_room(client, type, text, length, now);
    } else if (begins(type, "connected\"")) {
        const char *id = string_member(text, length, "\"clientId\"");
        if (id) {
            snprintf(client->id, sizeof client->id, "%.*s", (int)strcspn(id, "\""), id);
        }
    } else if (begins(type, "room_joined\"") && client->state == CLIENT_JOINING) {
        note_joined(client);
    } else if (begins(type, "room_ready\"") && client->state <= CLIENT_JOINED) {
        if (client->state != CLIENT_JOINED) {
            note_error("room_ready before room_joined");
            note_joined(client);
        }
        client->state = CLIENT_READY;
        generator.ready++;
        if (generator.options.mode == MODE_SESSION) {
            session_ready(client);
        }
    } else if (!begins(type, "peer_")) {
        note_error("unexpected in state %d: %.*s", client->state, (int)(length > 120 ? 120 : length), text);
    }
}

static void take_frame(struct client *client, int opcode, uint8_t *payload, size_t length, uint64_t now) {
    // What string functions search ends here, not in the next frame.
    uint8_t after = payload[length];
    payload[length] = 0;
    switch (opcode) {
    case 1:
    case 2: take_text(client, payload, length, now); break;
    case 8:
        if (!client->close_sent) {
            if (!generator.stopping) {
                note_error("the server closed with %d", length >= 2 ? payload[0] << 8 | payload[1] : 0);
            }
            client_close(client);
        }
        break;
    case 9: client_send_frame(client, 10, payload, length); break;
    default: break;
    }
    payload[length] = after;
}

/// Handles one frame; returns its length, or 0 when it is not complete.
static uint32_t read_frame(struct client *client, uint8_t *bytes, uint32_t available, uint64_t now) {
    if (available < 2) {
        return 0;
    }
    uint32_t header = 2;
    uint64_t length = bytes[1] & 127;
    if ((bytes[1] & 128) || !(bytes[0] & 128)) {
        die("the server sent a masked or fragmented frame");
    }
    int length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (length_bytes) {
        header += (uint32_t)length_bytes;
        if (available < header) {
            return 0;
        }
        length = 0;
        for (int i = 0; i < length_bytes; i++) {
            length = length << 8 | bytes[2 + i];
        }
    }
    if (length > MAX_FRAME_BYTES) {
        die("a frame of %lu bytes", length);
    }
    if (available < header + length) {
        return 0;
    }
    take_frame(client, bytes[0] & 15, bytes + header, length, now);
    return header + (uint32_t)length;
}

/// Checks the answer to the upgrade request; returns its length, or 0 when it is not complete.
static uint32_t read_upgrade_response(struct client *client, uint32_t available) {
    uint8_t *end = find(input, available, "\r\n\r\n");
    if (!end) {
        return 0;
    }
    *end = 0;
    if (!begins((char *)input, "HTTP/1.1 101")) {
        die("upgrade refused: %.200s", input);
    }
    if (!strstr((char *)input, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
        die("wrong Sec-WebSocket-Accept: %.300s", input);
    }
    generator.opened++;
    client->state = CLIENT_OPEN;
    bool first = client->index % 2 == 0;
    bool peer_is_in = client->peer->state == CLIENT_JOINED || client->peer->state == CLIENT_READY;
    if (generator.options.mode != MODE_SESSION || first || peer_is_in) {
        client_join(client);
    }
    return (uint32_t)(end + 4 - input);
}

static void keep_partial(struct client *client, const uint8_t *bytes, uint32_t length) {
    if (client->partial_capacity < length) {
        client->partial_capacity = length + 1024;
        client->partial = realloc(client->partial, client->partial_capacity);
    }
    if (length) {
        memcpy(client->partial, bytes, length);
    }
    client->partial_length = length;
}

static void note_end(struct client *client, const char *reason, uint64_t now) {
    if (!generator.stopping && !client->close_sent) {
        note_error("connection ended in state %d: %s", client->state, reason);
    }
    close(client->fd);
    client->state = CLIENT_CLOSED;
    generator.closed++;
    if (generator.options.mode == MODE_SESSION) {
        session_closed(client, now);
    }
}

void client_read(struct client *client, uint64_t now) {
    for (;;) {
        uint32_t available = client->partial_length, consumed = 0;
        if (available) {
            memcpy(input, client->partial, available);
        }
        ssize_t received = recv(client->fd, input + available, READ_BYTES, 0);
        if (received < 0 && errno == EAGAIN) {
            return;
        }
        if (received <= 0) {
            note_end(client, received == 0 ? "closed by the server" : strerror(errno), now);
            return;
        }
        available += (uint32_t)received;
        if (client->state == CLIENT_UPGRADING) {
            consumed = read_upgrade_response(client, available);
        }
        if (client->state != CLIENT_UPGRADING) {
            uint32_t length;
            while ((length = read_frame(client, input + consumed, available - consumed, now)) > 0) {
                consumed += length;
            }
        }
        keep_partial(client, input + consumed, available - consumed);
        struct client *peer = client->peer;
        if (generator.options.mode == MODE_WINDOW && peer->state == CLIENT_READY &&
            peer->sent < peer->wanted) {
            client_pump(peer, now);
        }
        // A short read has emptied the socket, unless the end of the stream is to come.
        if (received < READ_BYTES && !client->close_sent && !client->ending) {
            return;
        }
    }
}
