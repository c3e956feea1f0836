#define _GNU_SOURCE
#include <string.h>
#include <sys/epoll.h>

#include "failure.h"
#include "floor.h"

#define UNAUTHORIZED_VALUE "\0\0\4\1Unauthorized"
#define LIFETIME_SECONDS 600

static unsigned place_of(const struct sockaddr_in *client) {
    uint64_t key = (uint64_t)client->sin_addr.s_addr << 16 | client->sin_port;
    return (unsigned)(key * 0x9E3779B97F4A7C15ull >> 40) % (MAX_ALLOCATIONS * 2);
}

struct allocation *find_allocation(const struct loop *loop, const struct sockaddr_in *client) {
    for (unsigned place = place_of(client); loop->places[place] >= 0;
         place = (place + 1) % (MAX_ALLOCATIONS * 2)) {
        struct allocation *allocation = &loop->allocations[loop->places[place]];
        if (same_address(&allocation->client, client)) {
            return allocation;
        }
    }
    return NULL;
}

static struct allocation *allocate(struct loop *loop, const struct sockaddr_in *client) {
    if (loop->allocation_count == MAX_ALLOCATIONS) {
        die("turn-floor: more than %d allocations", MAX_ALLOCATIONS);
    }
    int index = loop->allocation_count++;
    struct allocation *allocation = &loop->allocations[index];
    *allocation =
        (struct allocation){.relay = open_datagram_socket(0, false), .client = *client, .first_slot = -1};
    socklen_t length = sizeof allocation->relayed;
    getsockname(allocation->relay, (struct sockaddr *)&allocation->relayed, &length);
    unsigned place = place_of(client);
    while (loop->places[place] >= 0) {
        place = (place + 1) % (MAX_ALLOCATIONS * 2);
    }
    loop->places[place] = index;
    struct epoll_event interest = {.events = EPOLLIN, .data.ptr = allocation};
    epoll_ctl(loop->poller, EPOLL_CTL_ADD, allocation->relay, &interest);
    return allocation;
}

/// Adds the peer, or gives a channel to one that is known.
static void bind_peer(struct allocation *allocation, const uint8_t *message, size_t length) {
    struct stun_attribute attribute;
    struct sockaddr_in peer;
    if (!stun_find(message, length, STUN_XOR_PEER_ADDRESS, &attribute) ||
        !stun_read_address(&attribute, &peer)) {
        return;
    }
    int index = 0;
    while (index < allocation->binding_count && !same_address(&allocation->bindings[index].peer, &peer)) {
        index++;
    }
    if (index == MAX_BINDINGS) {
        return;
    }
    if (index == allocation->binding_count) {
        allocation->bindings[allocation->binding_count++] = (struct binding){.peer = peer};
    }
    if (stun_find(message, length, STUN_CHANNEL_NUMBER, &attribute) && attribute.length >= 2) {
        allocation->bindings[index].channel = read_u16(attribute.value);
    }
}

static void reply(const struct loop *loop, const struct stun_writer *writer,
                  const struct sockaddr_in *client) {
    sendto(loop->listener, writer->bytes, writer->length, MSG_DONTWAIT, (const struct sockaddr *)client,
           sizeof *client);
}

static void challenge(const struct loop *loop, const uint8_t *message, const struct sockaddr_in *client) {
    uint8_t memory[256];
    struct stun_writer writer;
    stun_begin(&writer, memory, read_u16(message) | STUN_CLASS_ERROR, message + 8);
    stun_add(&writer, STUN_ERROR_CODE, UNAUTHORIZED_VALUE, sizeof UNAUTHORIZED_VALUE - 1);
    stun_add(&writer, STUN_REALM, "floor", 5);
    stun_add(&writer, STUN_NONCE, "0123456789abcdef", 16);
    reply(loop, &writer, client);
}

void handle_request(struct loop *loop, const uint8_t *message, size_t length,
                    const struct sockaddr_in *client) {
    uint8_t memory[256];
    struct stun_writer writer;
    struct stun_attribute user;
    uint16_t type = read_u16(message);
    struct allocation *allocation = find_allocation(loop, client);
    if (!stun_find(message, length, STUN_USERNAME, &user)) {
        challenge(loop, message, client);
        return;
    }
    stun_begin(&writer, memory, type | STUN_CLASS_SUCCESS, message + 8);
    if (type == STUN_ALLOCATE_REQUEST) {
        allocation = allocation ? allocation : allocate(loop, client);
        allocation->binding_count = 0;
        stun_add_address(&writer, STUN_XOR_RELAYED_ADDRESS, &allocation->relayed);
        stun_add_address(&writer, STUN_XOR_MAPPED_ADDRESS, client);
        stun_add_word(&writer, STUN_LIFETIME, LIFETIME_SECONDS);
    } else if (allocation && type != STUN_REFRESH_REQUEST) {
        bind_peer(allocation, message, length);
    }
    reply(loop, &writer, client);
}
