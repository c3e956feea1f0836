#include <string.h>

#include "failure.h"
#include "generator.h"

#define STAMP_MAGIC 0x5B0A7D01u
#define PACKET_BYTES 2048

/// The first bytes of every payload. The rest is the same in all of them.
struct stamp {
    uint32_t magic;
    uint32_t session;
    uint64_t number;
    uint64_t sent_at;
};

_Static_assert(sizeof(struct stamp) == MIN_PAYLOAD_BYTES, "the smallest payload is a stamp");

static uint8_t filling[PACKET_BYTES];
static uint8_t client_packets[MAX_BURST][PACKET_BYTES];
static uint8_t peer_packets[MAX_BURST][PACKET_BYTES];

static size_t header_bytes;
static size_t packet_bytes;

size_t client_header_bytes(void) {
    return header_bytes;
}

size_t client_packet_bytes(void) {
    return packet_bytes;
}

void prepare_packets(void) {
    const struct options *options = &generator.options;
    size_t size = (size_t)options->size;
    bool is_padded = options->indications || options->transport != TRANSPORT_UDP;
    header_bytes = options->indications ? SEND_HEADER_BYTES : CHANNEL_DATA_HEADER_BYTES;
    packet_bytes = header_bytes + (is_padded ? padded(size) : size);
    for (size_t i = 0; i < sizeof filling; i++) {
        filling[i] = (uint8_t)(i * 31 + 7);
    }
    for (int i = 0; i < MAX_BURST; i++) {
        memcpy(client_packets[i] + header_bytes, filling, size);
        memcpy(peer_packets[i], filling, size);
    }
}

void prepare_header(struct session *session) {
    size_t size = (size_t)generator.options.size;
    if (!generator.options.indications) {
        write_u16(session->header, session->channel);
        write_u16(session->header + 2, size);
        return;
    }
    static const uint8_t id[STUN_TRANSACTION_ID_BYTES] = "indication";
    struct stun_writer writer;
    stun_begin(&writer, session->header, STUN_SEND_INDICATION, id);
    stun_add_address(&writer, STUN_XOR_PEER_ADDRESS, &session->peer_address);
    write_u16(session->header + writer.length, STUN_DATA);
    write_u16(session->header + writer.length + 2, size);
    stun_set_length(session->header, SEND_HEADER_BYTES - STUN_HEADER_BYTES + padded(size));
}

static void write_stamp(uint8_t *payload, const struct session *session, enum flow_direction direction,
                        int slot, uint64_t now) {
    struct stamp stamp = {STAMP_MAGIC, (uint32_t)session->index,
                          session->flows[direction].sent + (uint64_t)slot, now};
    memcpy(payload, &stamp, sizeof stamp);
}

uint8_t *client_packet(struct session *session, int slot, uint64_t now) {
    uint8_t *packet = client_packets[slot];
    memcpy(packet, session->header, header_bytes);
    write_stamp(packet + header_bytes, session, FLOW_TO_PEER, slot, now);
    return packet;
}

uint8_t *peer_packet(struct session *session, int slot, uint64_t now) {
    write_stamp(peer_packets[slot], session, FLOW_TO_CLIENT, slot, now);
    return peer_packets[slot];
}

void note_sent(struct session *session, enum flow_direction direction, int count) {
    session->flows[direction].sent += (uint64_t)count;
    generator.counters.sent += (uint64_t)count;
}

/// Keeps the flow's account: what is missing before this packet is taken as lost until it comes after all.
static void count_arrival(struct flow *flow, uint64_t number) {
    generator.counters.received++;
    flow->received++;
    if (number >= flow->expected) {
        generator.given_up += number - flow->expected;
        flow->expected = number + 1;
        return;
    }
    generator.counters.reordered++;
    if (generator.given_up > 0) {
        generator.given_up--;
    }
}

static void payload_arrived(struct session *sender, enum flow_direction direction, const uint8_t *payload,
                            size_t length, uint64_t now) {
    const struct options *options = &generator.options;
    struct stamp stamp;
    if (length != (size_t)options->size) {
        note_error("a payload of %zu bytes instead of %d", length, options->size);
        return;
    }
    memcpy(&stamp, payload, sizeof stamp);
    if (stamp.magic != STAMP_MAGIC || stamp.session != (uint32_t)sender->index ||
        stamp.number >= sender->flows[direction].sent) {
        note_error("a packet of session %u reached session %d", stamp.session, sender->index);
        return;
    }
    if (options->verify_every && stamp.number % (uint64_t)options->verify_every == 0 &&
        memcmp(payload + sizeof stamp, filling + sizeof stamp, length - sizeof stamp) != 0) {
        note_error("a packet of session %d arrived changed", sender->index);
    }
    count_arrival(&sender->flows[direction], stamp.number);
    generator.last_arrival = now;
    if (generator.measuring) {
        histogram_record(&generator.latency, now - stamp.sent_at);
    }
}

void peer_packet_arrived(struct session *session, const uint8_t *payload, size_t length, uint64_t now) {
    payload_arrived(session, FLOW_TO_PEER, payload, length, now);
}

/// A payload that came through the server to a client: from its peer, or from the client at the other end.
static void relayed_payload_arrived(struct session *session, const uint8_t *payload, size_t length,
                                    uint64_t now) {
    if (generator.options.pairs) {
        payload_arrived(&generator.sessions[session->index ^ 1], FLOW_TO_PEER, payload, length, now);
    } else {
        payload_arrived(session, FLOW_TO_CLIENT, payload, length, now);
    }
}

void client_packet_arrived(struct session *session, const uint8_t *packet, size_t length, uint64_t now) {
    if (length < CHANNEL_DATA_HEADER_BYTES) {
        note_error("a message of %zu bytes", length);
        return;
    }
    if (is_channel_data(packet)) {
        size_t payload = read_u16(packet + 2);
        if (read_u16(packet) != session->channel || CHANNEL_DATA_HEADER_BYTES + payload > length) {
            note_error("ChannelData that does not belong to session %d", session->index);
            return;
        }
        relayed_payload_arrived(session, packet + CHANNEL_DATA_HEADER_BYTES, payload, now);
        return;
    }
    struct stun_attribute data;
    if (read_u16(packet) != STUN_DATA_INDICATION) {
        session_receive(session, packet, length);
    } else if (stun_find(packet, length, STUN_DATA, &data)) {
        relayed_payload_arrived(session, data.value, data.length, now);
    } else {
        note_error("a Data indication without data");
    }
}
