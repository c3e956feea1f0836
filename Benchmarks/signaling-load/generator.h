/// The load generator's connections and counters: one thread, one epoll instance.
#ifndef BENCHMARKS_GENERATOR_H
#define BENCHMARKS_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"
#include "options.h"
#include "template.h"

enum client_state {
    /// Not opened yet.
    CLIENT_UNUSED,
    CLIENT_CONNECTING,
    /// The upgrade request is sent.
    CLIENT_UPGRADING,
    CLIENT_OPEN,
    CLIENT_JOINING,
    CLIENT_JOINED,
    /// Both are in the room.
    CLIENT_READY,
    CLIENT_CLOSED,
};

struct client {
    int fd;
    /// Clients 2n and 2n + 1 are each other's peers.
    int index;
    int room;
    enum client_state state;
    struct client *peer;
    bool close_sent;
    /// The last event said that the server has closed or the connection failed.
    bool ending;
    char id[48];

    // What this client sends. Messages are numbered from 0; `wanted` of them may go out, `sent` have gone
    // whole, `offset` bytes of the next, and `arrived` have reached the peer.
    uint64_t wanted, sent, arrived;
    uint32_t offset;
    int pattern_start;
    /// When the last messages were sent (or due), by number modulo the ring's size.
    uint64_t *sent_at;

    // What has come in and is no whole frame yet.
    uint8_t *partial;
    uint32_t partial_length, partial_capacity;

    // In a session.
    bool described;
    int candidates_received;
};

struct generator {
    struct options options;
    struct templates templates;
    int poller;
    struct client *clients;
    int client_count;
    /// The send-time ring's size less one.
    uint32_t ring_mask;

    /// Clients that were started, and those among them that have not joined yet.
    int started, joining;
    bool measuring;
    /// The run is over: what ends now is no error.
    bool stopping;
    struct histogram latency;

    uint64_t opened, joined, ready, closed;
    uint64_t sent, forwarded, forwarded_bytes;
    uint64_t verified, bad;
    /// Messages not sent in rate mode because too many were under way already.
    uint64_t overrun;

    uint64_t sessions_started, sessions_completed;
    int slots_finished;
    /// When each slot's present session began.
    uint64_t *session_started_at;
};

extern struct generator generator;

// client.c

/// Opens the connection and starts the handshake.
void client_start(struct client *client);

/// Sends the upgrade request; the connection is there.
void client_upgrade(struct client *client);

/// Sends `join_room`.
void client_join(struct client *client);

/// Sends as many of the wanted messages as the socket takes. `now` is noted as their time of sending, unless
/// 0.
void client_pump(struct client *client, uint64_t now);

/// Sends one message outside the pattern.
void client_send(struct client *client, const struct template *message);

/// Sends a control frame or one with a short text.
void client_send_frame(struct client *client, int opcode, const void *payload, size_t length);

/// Sends a close frame with 1000, once.
void client_close(struct client *client);

// receive.c

/// Reads and handles what has come in. `now` is the time of arrival.
void client_read(struct client *client, uint64_t now);

// loop.c

/// Waits at most `nanoseconds` for events and handles them.
void poll_events(uint64_t nanoseconds);

/// Opens all connections and waits until all rooms are ready; two minutes at most.
void open_all(void);

/// Waits until every message that was sent has arrived; three seconds at most.
void drain(void);

/// Closes all connections; five seconds at most.
void close_all(void);

// session.c

/// Begins a session in the slot of this pair.
void session_start(struct client *first, uint64_t now);

/// Both are in the room: the first makes its offer.
void session_ready(struct client *client);

/// A forwarded message has arrived.
void session_message(struct client *receiver, enum message_kind kind);

/// One of the pair's connections is closed.
void session_closed(struct client *client, uint64_t now);

// modes.c

/// Runs the mode and prints its figures.
void run_mode(void);

#endif
