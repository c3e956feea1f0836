#define _GNU_SOURCE
#include <string.h>

#include "floor.h"

#define MAX_READS_PER_TURN 4

/// Where the payload of a client's packet lies, and to whom it goes.
struct outbound {
    const struct binding *binding;
    uint8_t *payload;
    size_t length;
};

static const struct binding *binding_of_channel(const struct allocation *allocation, uint16_t channel) {
    for (int i = 0; i < allocation->binding_count; i++) {
        if (allocation->bindings[i].channel == channel) {
            return &allocation->bindings[i];
        }
    }
    return NULL;
}

static const struct binding *binding_of_peer(const struct allocation *allocation,
                                             const struct sockaddr_in *peer) {
    for (int i = 0; i < allocation->binding_count; i++) {
        if (same_address(&allocation->bindings[i].peer, peer)) {
            return &allocation->bindings[i];
        }
    }
    return NULL;
}

static bool parse_channel_data(const struct allocation *allocation, uint8_t *packet, size_t length,
                               struct outbound *outbound) {
    outbound->binding = binding_of_channel(allocation, read_u16(packet));
    outbound->payload = packet + CHANNEL_DATA_HEADER_BYTES;
    outbound->length = read_u16(packet + 2);
    return outbound->binding && CHANNEL_DATA_HEADER_BYTES + outbound->length <= length;
}

static bool parse_send(const struct allocation *allocation, uint8_t *packet, size_t length,
                       struct outbound *outbound) {
    struct stun_attribute attribute;
    struct sockaddr_in peer;
    size_t offset = STUN_HEADER_BYTES;
    outbound->binding = NULL;
    outbound->payload = NULL;
    while (stun_next(packet, length, &offset, &attribute)) {
        if (attribute.type == STUN_XOR_PEER_ADDRESS && stun_read_address(&attribute, &peer)) {
            outbound->binding = binding_of_peer(allocation, &peer);
        } else if (attribute.type == STUN_DATA) {
            outbound->payload = (uint8_t *)attribute.value;
            outbound->length = attribute.length;
        }
    }
    return outbound->binding && outbound->payload;
}

/// Sends the payload of each packet in a slot.
static void relay_slot(struct loop *loop, const struct allocation *allocation, int slot) {
    uint8_t *bytes = incoming_bytes(&loop->from_clients, slot);
    size_t length = loop->from_clients.messages[slot].msg_len;
    size_t size = incoming_packet_size(&loop->from_clients, slot);
    for (size_t offset = 0; offset < length; offset += size) {
        struct outbound outbound;
        uint8_t *packet = bytes + offset;
        size_t packet_length = offset + size > length ? length - offset : size;
        bool known = is_channel_data(packet)
                         ? parse_channel_data(allocation, packet, packet_length, &outbound)
                         : parse_send(allocation, packet, packet_length, &outbound);
        if (!known) {
            continue;
        }
        if (outgoing_is_full(&loop->to_peers)) {
            outgoing_flush(&loop->to_peers, allocation->relay);
        }
        outgoing_add(&loop->to_peers, &outbound.binding->peer, NULL, 0, outbound.payload, outbound.length);
    }
}

/// Sends what a batch holds for one allocation.
static void relay_chain(struct loop *loop, struct allocation *allocation) {
    for (int slot = allocation->first_slot; slot >= 0; slot = loop->next_slot[slot]) {
        relay_slot(loop, allocation, slot);
    }
    allocation->first_slot = -1;
    outgoing_flush(&loop->to_peers, allocation->relay);
}

static bool is_request(const uint8_t *packet) {
    return !is_channel_data(packet) && read_u16(packet) != STUN_SEND_INDICATION;
}

void clients_readable(struct loop *loop) {
    int count = BATCH;
    for (int i = 0; i < MAX_READS_PER_TURN && count == BATCH; i++) {
        struct allocation *touched[BATCH];
        int touched_count = 0;
        count = incoming_receive(&loop->from_clients, loop->listener, 0, BATCH);
        for (int slot = 0; slot < count; slot++) {
            uint8_t *packet = incoming_bytes(&loop->from_clients, slot);
            size_t length = loop->from_clients.messages[slot].msg_len;
            const struct sockaddr_in *client = &loop->from_clients.sources[slot];
            if (length < CHANNEL_DATA_HEADER_BYTES) {
                continue;
            }
            if (is_request(packet)) {
                handle_request(loop, packet, length, client);
                continue;
            }
            struct allocation *allocation = find_allocation(loop, client);
            if (!allocation) {
                continue;
            }
            loop->next_slot[slot] = -1;
            if (allocation->first_slot < 0) {
                allocation->first_slot = slot;
                touched[touched_count++] = allocation;
            } else {
                loop->next_slot[allocation->last_slot] = slot;
            }
            allocation->last_slot = slot;
        }
        for (int t = 0; t < touched_count; t++) {
            relay_chain(loop, touched[t]);
        }
    }
}

/// ChannelData's header, or a Data indication's up to its payload. Returns its length.
static size_t write_header(uint8_t *header, const struct binding *binding, size_t length) {
    if (binding->channel) {
        write_u16(header, binding->channel);
        write_u16(header + 2, length);
        return CHANNEL_DATA_HEADER_BYTES;
    }
    static const uint8_t id[STUN_TRANSACTION_ID_BYTES];
    struct stun_writer writer;
    stun_begin(&writer, header, STUN_DATA_INDICATION, id);
    stun_add_address(&writer, STUN_XOR_PEER_ADDRESS, &binding->peer);
    write_u16(header + writer.length, STUN_DATA);
    write_u16(header + writer.length + 2, length);
    stun_set_length(header, DATA_HEADER_BYTES - STUN_HEADER_BYTES + padded(length));
    return DATA_HEADER_BYTES;
}

static void relay_to_client(struct loop *loop, const struct allocation *allocation, int slot) {
    const struct binding *binding = binding_of_peer(allocation, &loop->from_peers.sources[slot]);
    uint8_t *bytes = incoming_bytes(&loop->from_peers, slot);
    size_t length = loop->from_peers.messages[slot].msg_len;
    size_t size = incoming_packet_size(&loop->from_peers, slot);
    if (!binding) {
        return;
    }
    for (size_t offset = 0; offset < length; offset += size) {
        uint8_t header[DATA_HEADER_BYTES];
        size_t payload = offset + size > length ? length - offset : size;
        size_t header_length = write_header(header, binding, payload);
        size_t sent = binding->channel ? payload : padded(payload);
        if (outgoing_is_full(&loop->to_clients)) {
            outgoing_flush(&loop->to_clients, loop->listener);
        }
        if (size >= length) {
            memcpy(bytes - header_length, header, header_length);
            outgoing_add(&loop->to_clients, &allocation->client, NULL, 0, bytes - header_length,
                         header_length + sent);
        } else {
            outgoing_add(&loop->to_clients, &allocation->client, header, header_length, bytes + offset, sent);
        }
    }
}

void peers_readable(struct loop *loop, struct allocation *allocation) {
    int count = READS_PER_SOCKET;
    for (int i = 0; i < MAX_READS_PER_TURN && count == READS_PER_SOCKET; i++) {
        if (loop->peer_slots + READS_PER_SOCKET > PEER_BATCH) {
            end_turn(loop);
        }
        int first = loop->peer_slots;
        count = incoming_receive(&loop->from_peers, allocation->relay, first, READS_PER_SOCKET);
        loop->peer_slots += count;
        for (int slot = first; slot < first + count; slot++) {
            relay_to_client(loop, allocation, slot);
        }
    }
}

void end_turn(struct loop *loop) {
    outgoing_flush(&loop->to_clients, loop->listener);
    loop->peer_slots = 0;
}
