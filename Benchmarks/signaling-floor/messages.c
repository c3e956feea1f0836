#include <stdlib.h>
#include <string.h>

#include "json_skip.h"
#include "relay.h"

/// A range of the message.
struct slice {
    const uint8_t *start, *end;
};

/// Where the members that matter are; an absent one has a NULL start.
struct members {
    struct slice type, room_id, payload;
    /// The payload's name with quotes and colon.
    const char *payload_key;
};

static bool is(const uint8_t *text, size_t length, const char *wanted) {
    return length == strlen(wanted) && !memcmp(text, wanted, length);
}

static size_t length_of(struct slice slice) {
    return (size_t)(slice.end - slice.start);
}

static void note_member(struct members *members, const uint8_t *key, size_t key_length, struct slice value) {
    if (is(key, key_length, "type")) {
        members->type = value;
    } else if (is(key, key_length, "sdp")) {
        members->payload = value;
        members->payload_key = "\"sdp\":";
    } else if (is(key, key_length, "candidate")) {
        members->payload = value;
        members->payload_key = "\"candidate\":";
    } else if (is(key, key_length, "roomId")) {
        members->room_id = value;
    }
}

/// Whether the text is one object with a `type`; fills `members`.
static bool scan(const uint8_t *p, const uint8_t *end, struct members *members) {
    p = skip_space(p, end);
    if (p >= end || *p != '{') {
        return false;
    }
    p = skip_space(p + 1, end);
    while (p < end && *p == '"') {
        const uint8_t *key = p + 1;
        if (!(p = skip_string(p, end))) {
            return false;
        }
        size_t key_length = (size_t)(p - 1 - key);
        p = skip_space(p, end);
        if (p >= end || *p != ':') {
            return false;
        }
        struct slice value = {skip_space(p + 1, end), NULL};
        if (!(p = value.end = skip_value(value.start, end, 0))) {
            return false;
        }
        note_member(members, key, key_length, value);
        p = skip_space(p, end);
        if (p >= end || *p != ',') {
            break;
        }
        p = skip_space(p + 1, end);
    }
    if (p >= end || *p != '}' || skip_space(p + 1, end) != end) {
        return false;
    }
    return members->type.start && length_of(members->type) >= 2;
}

static uint8_t *append(uint8_t *out, const void *bytes, size_t length) {
    memcpy(out, bytes, length);
    return out + length;
}

/// Splices `{"type":…,"from":…,"roomId":…,"sdp":` + the payload as it came + `}` into the peer's outbox.
static void forward(struct connection *from, const uint8_t *type, size_t type_length,
                    const struct members *members) {
    static const char refusal[] =
        "{\"type\":\"error\",\"error\":\"Room must have exactly 2 users for WebRTC\"}";
    struct room *room = from->room;
    if (!room || room->count != 2 || !members->payload.start) {
        queue_text(from, refusal, strlen(refusal));
        return;
    }
    struct connection *peer = room->members[0] == from ? room->members[1] : room->members[0];
    size_t key_length = strlen(members->payload_key), payload_length = length_of(members->payload);
    size_t value_length =
        type_length + CLIENT_ID_LENGTH + room->member_text_length + key_length + payload_length;
    size_t total = value_length + strlen("{\"type\":\""
                                         "\",\"from\":\""
                                         "\","
                                         "}");
    uint8_t *frame = outbox_reserve(peer, (uint32_t)total + 10);
    int header_length = write_frame_header(frame, 1, (uint32_t)total);
    uint8_t *text = frame + header_length, *p = text;
    p = append(p, "{\"type\":\"", 9);
    p = append(p, type, type_length);
    p = append(p, "\",\"from\":\"", 10);
    p = append(p, from->id, CLIENT_ID_LENGTH);
    p = append(p, "\",", 2);
    p = append(p, room->member_text, room->member_text_length);
    p = append(p, members->payload_key, key_length);
    p = append(p, members->payload.start, payload_length);
    *p++ = '}';
    if ((size_t)(p - text) != total) {
        abort();
    }
    peer->outbox_length += (uint32_t)header_length + (uint32_t)total;
}

static void join(struct connection *connection, struct slice room_id) {
    static const char refusal[] = "{\"type\":\"error\",\"error\":\"Invalid roomId\"}";
    if (!room_id.start || *room_id.start != '"' || length_of(room_id) < 3 ||
        length_of(room_id) > MAX_ROOM_ID + 2) {
        queue_text(connection, refusal, strlen(refusal));
        return;
    }
    join_room(connection, (const char *)room_id.start + 1, length_of(room_id) - 2);
}

void handle_message(struct connection *connection, const uint8_t *text, uint32_t length) {
    static const char pong[] = "{\"type\":\"pong\"}";
    static const char invalid[] = "{\"type\":\"error\",\"error\":\"Invalid JSON format\"}";
    struct members members = {0};
    if (!scan(text, text + length, &members)) {
        queue_text(connection, invalid, strlen(invalid));
        return;
    }
    const uint8_t *type = members.type.start + 1;
    size_t type_length = length_of(members.type) - 2;
    if (is(type, type_length, "webrtc_offer") || is(type, type_length, "webrtc_answer") ||
        is(type, type_length, "ice_candidate")) {
        forward(connection, type, type_length, &members);
    } else if (is(type, type_length, "join_room")) {
        join(connection, members.room_id);
    } else if (is(type, type_length, "ping")) {
        queue_text(connection, pong, strlen(pong));
    } else {
        queue_text(connection, invalid, strlen(invalid));
    }
}
