#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

#define SOCKET_BUFFER_BYTES (4 << 20)
#define SLOTS 64
#define SLOT_BYTES 2048
/// With UDP_GRO one message may hold many packets.
#define MERGED_SLOTS 8
#define MERGED_SLOT_BYTES 65536
#define CONTROL_BYTES 64

static struct {
    struct mmsghdr messages[SLOTS];
    struct iovec vectors[SLOTS];
    char control[SLOTS][CONTROL_BYTES];
    uint8_t *memory;
    int slots;
} received;

int open_datagram_socket(void) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int bytes = SOCKET_BUFFER_BYTES, one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address)) {
        die("cannot open a UDP socket: %s", strerror(errno));
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (generator.options.receive_offload) {
        setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
    }
    return descriptor;
}

void connect_peer(struct session *session) {
    const struct sockaddr_in *relayed = &session->relayed_address;
    if (connect(session->peer, (const struct sockaddr *)relayed, sizeof *relayed)) {
        session_fail(session, "cannot connect the peer");
    }
}

static void prepare_receiving(void) {
    bool merged = generator.options.receive_offload;
    size_t slot_bytes = merged ? MERGED_SLOT_BYTES : SLOT_BYTES;
    received.slots = merged ? MERGED_SLOTS : SLOTS;
    received.memory = malloc((size_t)received.slots * slot_bytes);
    for (int i = 0; i < received.slots; i++) {
        received.vectors[i] = (struct iovec){received.memory + (size_t)i * slot_bytes, slot_bytes};
        received.messages[i].msg_hdr = (struct msghdr){.msg_iov = &received.vectors[i], .msg_iovlen = 1};
    }
}

static int receive(int descriptor) {
    if (!received.memory) {
        prepare_receiving();
    }
    if (generator.options.receive_offload) {
        for (int i = 0; i < received.slots; i++) {
            received.messages[i].msg_hdr.msg_control = received.control[i];
            received.messages[i].msg_hdr.msg_controllen = CONTROL_BYTES;
        }
    }
    return recvmmsg(descriptor, received.messages, (unsigned)received.slots, MSG_DONTWAIT, NULL);
}

/// The size of the packets that a message is made of: its own, unless the kernel merged some.
static size_t packet_size(struct mmsghdr *message) {
    struct msghdr *header = &message->msg_hdr;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(control), sizeof size);
            return size > 0 ? (size_t)size : message->msg_len;
        }
    }
    return message->msg_len;
}

typedef void packet_handler(struct session *session, const uint8_t *packet, size_t length, uint64_t now);

static void receive_all(struct session *session, int descriptor, packet_handler *handle) {
    int count;
    do {
        count = receive(descriptor);
        uint64_t now = now_ns();
        for (int i = 0; i < count; i++) {
            const uint8_t *bytes = received.vectors[i].iov_base;
            size_t length = received.messages[i].msg_len, size = packet_size(&received.messages[i]);
            for (size_t offset = 0; offset < length; offset += size) {
                handle(session, bytes + offset, offset + size > length ? length - offset : size, now);
            }
        }
    } while (count == received.slots);
}

void client_datagrams_readable(struct session *session) {
    receive_all(session, session->client, client_packet_arrived);
}

void peer_datagrams_readable(struct session *session) {
    receive_all(session, session->peer, peer_packet_arrived);
}

/// All packets of a burst as one message that the kernel, or whoever receives it, cuts again.
static int send_merged(int descriptor, struct iovec *packets, int count) {
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr alignment;
    } control = {0};
    struct msghdr message = {.msg_iov = packets,
                             .msg_iovlen = (size_t)count,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *segment = CMSG_FIRSTHDR(&message);
    uint16_t size = (uint16_t)packets[0].iov_len;
    segment->cmsg_level = IPPROTO_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(segment), &size, sizeof size);
    return sendmsg(descriptor, &message, MSG_DONTWAIT) < 0 ? 0 : count;
}

static int send_packets(int descriptor, struct iovec *packets, int count) {
    if (count == 1) {
        return send(descriptor, packets[0].iov_base, packets[0].iov_len, MSG_DONTWAIT) < 0 ? 0 : 1;
    }
    if (generator.options.segment_offload) {
        return send_merged(descriptor, packets, count);
    }
    struct mmsghdr messages[MAX_BURST];
    memset(messages, 0, sizeof *messages * (size_t)count);
    for (int i = 0; i < count; i++) {
        messages[i].msg_hdr.msg_iov = &packets[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT);
    return sent < 0 ? 0 : sent;
}

int send_client_datagrams(struct session *session, int count, uint64_t now) {
    struct iovec packets[MAX_BURST];
    for (int i = 0; i < count; i++) {
        packets[i] = (struct iovec){client_packet(session, i, now), client_packet_bytes()};
    }
    return send_packets(session->client, packets, count);
}

int send_peer_datagrams(struct session *session, int count, uint64_t now) {
    struct iovec packets[MAX_BURST];
    for (int i = 0; i < count; i++) {
        packets[i] = (struct iovec){peer_packet(session, i, now), (size_t)generator.options.size};
    }
    return send_packets(session->peer, packets, count);
}
