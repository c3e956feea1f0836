/// The state of the TURN load generator: one thread, one epoll, sessions with an allocation each.
#ifndef BENCHMARKS_TURN_GENERATOR_H
#define BENCHMARKS_TURN_GENERATOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "credentials.h"
#include "histogram.h"
#include "options.h"
#include "stun.h"

#define MAX_REQUEST_BYTES 640
#define MAX_NONCE_BYTES 256
/// A Send indication's bytes in front of the payload: header, XOR-PEER-ADDRESS, and the header of DATA.
#define SEND_HEADER_BYTES 36

enum session_state {
    SESSION_UNUSED,
    SESSION_CONNECTING,
    SESSION_HANDSHAKING,
    SESSION_ALLOCATING,
    /// Waits for the other session of its pair to have a relayed address as well.
    SESSION_ALLOCATED,
    SESSION_PERMITTING,
    SESSION_BINDING,
    SESSION_READY,
    SESSION_ENDING,
    SESSION_FAILED,
};

/// The two ways of a session's packets.
enum flow_direction { FLOW_TO_PEER, FLOW_TO_CLIENT };

/// Packets of one session in one direction: numbered from 0, expected in order.
struct flow {
    uint64_t sent;
    uint64_t received;
    /// The number that should come next.
    uint64_t expected;
};

/// The request that waits for its answer.
struct transaction {
    uint8_t id[STUN_TRANSACTION_ID_BYTES];
    uint8_t request[MAX_REQUEST_BYTES];
    size_t length;
    uint64_t sent_at;
    int tries;
};

struct stream;

struct session {
    int index;
    enum session_state state;
    /// The client's socket, and what lies above it unless the transport is UDP.
    int client;
    struct stream *stream;
    /// The peer's socket, connected to the relayed address; -1 when the peer is another session.
    int peer;
    struct sockaddr_in peer_address;
    struct sockaddr_in relayed_address;
    uint16_t channel;
    struct transaction transaction;
    uint8_t nonce[MAX_NONCE_BYTES];
    size_t nonce_length;
    uint64_t started_at;
    /// What stands in front of a payload on its way to the server.
    uint8_t header[SEND_HEADER_BYTES];
    struct flow flows[2];
};

struct counters {
    uint64_t sent, received;
    /// Packets that came after a later one of their flow.
    uint64_t reordered;
    /// Packets that the own socket had no room for: not sent, so not lost.
    uint64_t refused;
    /// Packets that a rate asked for while the generator was behind by too much to make up for it.
    uint64_t skipped;
};

struct generator {
    struct options options;
    struct sockaddr_in server;
    struct credentials credentials;
    struct session *sessions;
    int poller;
    int started, ready, failed, ended;
    struct counters counters;
    /// Packets missing so far, with those that may still come.
    uint64_t given_up;
    uint64_t last_arrival;
    /// One-way latency and set-up time.
    struct histogram latency, setup_time;
    bool measuring;
};

extern struct generator generator;

// session.c: the client's side of TURN.

/// Begins a session: opens its sockets and sends, or will send once connected, the first Allocate.
void session_start(struct session *session);
/// The connection stands: sends the first Allocate.
void session_connected(struct session *session);
/// Takes a STUN message that came from the server and is no Data indication.
void session_receive(struct session *session, const uint8_t *message, size_t length);
/// Sends the request again that has waited too long; gives up after a few times.
void session_retransmit(struct session *session, uint64_t now);
/// Deletes the allocation (Refresh with a lifetime of 0).
void session_end(struct session *session);
void session_fail(struct session *session, const char *why);

// datagrams.c: UDP, the clients' and the peers'.

int open_datagram_socket(void);
void connect_peer(struct session *session);
void client_datagrams_readable(struct session *session);
void peer_datagrams_readable(struct session *session);
/// Sends a burst; returns how many packets the kernel took.
int send_client_datagrams(struct session *session, int count, uint64_t now);
int send_peer_datagrams(struct session *session, int count, uint64_t now);

// stream.c: TCP and TLS clients.

void prepare_streams(void);
void stream_open(struct session *session);
void stream_event(struct session *session, uint32_t events);
/// Writes or keeps the bytes; false, and nothing is taken, when too much waits already.
bool stream_send(struct session *session, const uint8_t *bytes, size_t length);
int send_client_frames(struct session *session, int count, uint64_t now);

// packets.c: what a packet holds, and what is known of it when it arrives.

/// Fills in what all packets share. Needs the options.
void prepare_packets(void);
/// Bytes of a packet on its way from client to server, and of what stands in front of its payload.
size_t client_packet_bytes(void);
size_t client_header_bytes(void);
void prepare_header(struct session *session);
/// The packet of `slot` (0 ..< MAX_BURST) with header and stamp.
uint8_t *client_packet(struct session *session, int slot, uint64_t now);
uint8_t *peer_packet(struct session *session, int slot, uint64_t now);
/// Notes that the first `count` packets of the burst have left.
void note_sent(struct session *session, enum flow_direction direction, int count);
/// A packet or control message from the server, at a client.
void client_packet_arrived(struct session *session, const uint8_t *packet, size_t length, uint64_t now);
/// A payload, at a session's peer.
void peer_packet_arrived(struct session *session, const uint8_t *payload, size_t length, uint64_t now);

// loop.c

void watch(int descriptor, uint64_t tag, uint32_t events);
uint64_t client_tag(const struct session *session);
uint64_t peer_tag(const struct session *session);
/// Serves what is ready, waiting for at most so long.
void poll_events(uint64_t nanoseconds);
void set_up_all(void);
void end_all(void);

// traffic.c

/// Sends for so long as the mode asks.
void run_traffic(uint64_t nanoseconds);
/// Waits until all has arrived or nothing arrives any more.
void drain(void);

// measure.c

void run_mode(void);

#endif
