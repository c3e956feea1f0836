/// The TURN floor: what relaying costs when nearly nothing is checked. One struct loop a thread shares
/// nothing.
#ifndef BENCHMARKS_TURN_FLOOR_H
#define BENCHMARKS_TURN_FLOOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "stun.h"

#define MAX_ALLOCATIONS 8192
#define MAX_BINDINGS 4
#define BATCH 64
/// Messages of peers wait for the end of the turn, from many sockets.
#define PEER_BATCH 64
#define READS_PER_SOCKET 16
/// With UDP_GRO a slot may take a message of many packets; header room in front of it.
#define SLOT_BYTES (66 << 10)
#define HEADROOM 64
#define CONTROL_BYTES 64
#define DATA_HEADER_BYTES 36

/// A peer that may be reached. Channel 0: by Send and Data indications only.
struct binding {
    uint16_t channel;
    struct sockaddr_in peer;
};

struct allocation {
    int relay;
    struct sockaddr_in client, relayed;
    struct binding bindings[MAX_BINDINGS];
    int binding_count;
    /// Its messages within a batch of the listener: a chain of slots.
    int first_slot, last_slot;
};

/// Received messages in fixed memory.
struct incoming {
    uint8_t *memory;
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_in sources[BATCH];
    char control[BATCH][CONTROL_BYTES];
};

/// Messages that will leave through one socket. Neighbours of equal size and destination become one
/// (UDP_SEGMENT).
struct outgoing {
    struct mmsghdr messages[BATCH];
    struct iovec vectors[BATCH * 8];
    struct sockaddr_in destinations[BATCH];
    char control[BATCH][CONTROL_BYTES];
    uint8_t headers[BATCH * 4][DATA_HEADER_BYTES];
    int message_count, vector_count, header_count;
    /// The last message: bytes of its first and its latest packet, of all, and their number.
    size_t segment, latest, total;
    int segments;
};

struct loop {
    int listener, poller;
    struct incoming from_clients, from_peers;
    struct outgoing to_peers, to_clients;
    int peer_slots;
    struct allocation *allocations;
    int allocation_count;
    /// Client address to allocation: open addressing, twice as many places as allocations; -1 is free.
    int places[MAX_ALLOCATIONS * 2];
    /// Where a message of the present batch continues: the next slot of the same allocation, or -1.
    int next_slot[BATCH];
};

// datagrams.c

int open_datagram_socket(int port, bool shared);
void incoming_prepare(struct incoming *incoming);
/// Fills `count` slots from `first` on; returns how many.
int incoming_receive(struct incoming *incoming, int descriptor, int first, int count);
uint8_t *incoming_bytes(const struct incoming *incoming, int slot);
/// The size of each packet in a slot but the last, which may be shorter.
size_t incoming_packet_size(struct incoming *incoming, int slot);
/// Adds a packet, with a header in front that need not lie beside it. Flush before it is full.
void outgoing_add(struct outgoing *outgoing, const struct sockaddr_in *destination, const uint8_t *header,
                  size_t header_length, uint8_t *bytes, size_t length);
bool outgoing_is_full(const struct outgoing *outgoing);
void outgoing_flush(struct outgoing *outgoing, int descriptor);

// control.c

/// Answers a request as if it had been checked.
void handle_request(struct loop *loop, const uint8_t *message, size_t length,
                    const struct sockaddr_in *client);
struct allocation *find_allocation(const struct loop *loop, const struct sockaddr_in *client);

// relay.c

void clients_readable(struct loop *loop);
void peers_readable(struct loop *loop, struct allocation *allocation);
void end_turn(struct loop *loop);

static inline bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b) {
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

#endif
