#include "relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE 65536

static struct room *table[TABLE_SIZE];

/// FNV-1a.
static uint32_t hash_of(const char *text, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    }
    return hash;
}

static struct room *find_room(uint32_t hash, const char *id, size_t length) {
    struct room *room = table[hash % TABLE_SIZE];
    while (room && (room->hash != hash || strlen(room->id) != length || memcmp(room->id, id, length) != 0)) {
        room = room->next;
    }
    return room;
}

static struct room *create_room(uint32_t hash, const char *id, size_t length) {
    struct room *room = calloc(1, sizeof *room);
    room->hash = hash;
    memcpy(room->id, id, length);
    int written = snprintf(room->member_text, sizeof room->member_text, "\"roomId\":\"%s\",", room->id);
    room->member_text_length = (size_t)written;
    room->next = table[hash % TABLE_SIZE];
    table[hash % TABLE_SIZE] = room;
    return room;
}

static void remove_room(struct room *room) {
    struct room **link = &table[room->hash % TABLE_SIZE];
    while (*link != room) {
        link = &(*link)->next;
    }
    *link = room->next;
    free(room);
}

void leave_room(struct connection *connection, const char *type) {
    struct room *room = connection->room;
    if (!room) {
        return;
    }
    connection->room = NULL;
    struct connection *other = room->members[0] == connection ? room->members[1] : room->members[0];
    room->members[0] = other;
    room->members[1] = NULL;
    room->count--;
    if (!other) {
        remove_room(room);
        return;
    }
    char text[128];
    int length =
        snprintf(text, sizeof text, "{\"type\":\"%s\",\"message\":\"Other user left the room\"}", type);
    queue_text(other, text, (size_t)length);
}

void join_room(struct connection *connection, const char *id, size_t id_length) {
    char text[512];
    int length;
    uint32_t hash = hash_of(id, id_length);
    struct room *room = find_room(hash, id, id_length);
    if (room && room->count >= 2) {
        length = snprintf(
            text, sizeof text,
            "{\"type\":\"room_full\",\"error\":\"Room is full (max 2 users)\",\"roomId\":\"%s\"}", room->id);
        queue_text(connection, text, (size_t)length);
        return;
    }
    if (connection->room) {
        leave_room(connection, "peer_left");
        room = find_room(hash, id, id_length);  // The old room may have been this one, and be gone now.
    }
    if (!room) {
        room = create_room(hash, id, id_length);
    }
    room->members[room->count++] = connection;
    connection->room = room;
    length = snprintf(
        text, sizeof text,
        "{\"type\":\"room_joined\",\"roomId\":\"%s\",\"userCount\":%d,\"isInitiator\":%s,\"ready\":%s}",
        room->id, room->count, room->count == 1 ? "true" : "false", room->count == 2 ? "true" : "false");
    queue_text(connection, text, (size_t)length);
    for (int i = 0; room->count == 2 && i < 2; i++) {
        length = snprintf(text, sizeof text,
                          "{\"type\":\"room_ready\",\"roomId\":\"%s\",\"message\":\"Both users connected. "
                          "Ready for WebRTC handshake.\",\"userCount\":2,\"isInitiator\":%s}",
                          room->id, i == 0 ? "true" : "false");
        queue_text(room->members[i], text, (size_t)length);
    }
}
