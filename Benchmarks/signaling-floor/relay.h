/// The floor: what a relay of the same protocol costs on bare epoll, in one thread, without the checks,
/// limits, timers, logs and counters of a server for the world. It is a yardstick, not a model.
#ifndef BENCHMARKS_RELAY_H
#define BENCHMARKS_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_MESSAGE_BYTES 65536
#define MAX_ROOM_ID 118
#define CLIENT_ID_LENGTH 36

struct room;

struct connection {
    int fd;
    bool is_websocket;
    bool dead;
    /// In the list of connections to flush or free at the end of the turn.
    bool dirty;
    struct connection *next_dirty;
    struct room *room;
    /// Received bytes that do not make a whole frame yet.
    uint8_t *partial;
    uint32_t partial_length, partial_capacity;
    /// Bytes that wait to be sent.
    uint8_t *outbox;
    uint32_t outbox_length, outbox_capacity;
    char id[CLIENT_ID_LENGTH + 1];
};

struct room {
    struct room *next;
    struct connection *members[2];
    int count;
    uint32_t hash;
    char id[MAX_ROOM_ID + 2];
    /// `"roomId":"…",` as each forwarded message carries it.
    char member_text[MAX_ROOM_ID + 16];
    size_t member_text_length;
};

// connection.c

/// Makes room for `length` more bytes in the outbox and returns where they go; the caller then counts them.
uint8_t *outbox_reserve(struct connection *connection, uint32_t length);

/// Writes the header of an unmasked frame; returns its length (2, 4 or 10).
int write_frame_header(uint8_t *out, int opcode, uint32_t length);

/// Queues a text frame.
void queue_text(struct connection *connection, const char *text, size_t length);

/// Sends what the socket takes of the outbox.
void flush_outbox(struct connection *connection);

/// Reads and handles all that has come in.
void connection_read(struct connection *connection);

/// Flushes the connections that this turn wrote to, until one that has to be freed.
void flush_dirty(void);

/// Flushes the rest and frees the dead.
void finish_turn(void);

// rooms.c

/// Finds or creates the room and takes a seat. Queues the answers to both members.
void join_room(struct connection *connection, const char *id, size_t length);

/// Leaves the connection's room, if it is in one, and tells the other member with a message of this type.
void leave_room(struct connection *connection, const char *type);

// messages.c

/// Handles one JSON message.
void handle_message(struct connection *connection, const uint8_t *text, uint32_t length);

#endif
