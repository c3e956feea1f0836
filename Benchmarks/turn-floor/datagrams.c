#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"
#include "floor.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

#define LISTENER_BUFFER_BYTES (4 << 20)
#define RELAY_BUFFER_BYTES (256 << 10)
#define MAX_SEGMENTS 64
#define MAX_MERGED_BYTES 60000

int open_datagram_socket(int port, bool shared) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), one = 1, reuse = shared;
    int bytes = port ? LISTENER_BUFFER_BYTES : RELAY_BUFFER_BYTES;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &reuse, sizeof reuse);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address)) {
        die("turn-floor: cannot bind port %d: %s", port, strerror(errno));
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &one, sizeof one);
    return descriptor;
}

void incoming_prepare(struct incoming *incoming) {
    incoming->memory = aligned_alloc(4096, (size_t)BATCH * SLOT_BYTES);
    for (int i = 0; i < BATCH; i++) {
        incoming->vectors[i] = (struct iovec){incoming_bytes(incoming, i), SLOT_BYTES - HEADROOM};
        incoming->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &incoming->sources[i], .msg_iov = &incoming->vectors[i], .msg_iovlen = 1};
    }
}

uint8_t *incoming_bytes(const struct incoming *incoming, int slot) {
    return incoming->memory + (size_t)slot * SLOT_BYTES + HEADROOM;
}

int incoming_receive(struct incoming *incoming, int descriptor, int first, int count) {
    for (int i = first; i < first + count; i++) {
        struct msghdr *header = &incoming->messages[i].msg_hdr;
        header->msg_namelen = sizeof incoming->sources[i];
        header->msg_control = incoming->control[i];
        header->msg_controllen = CONTROL_BYTES;
    }
    int received = recvmmsg(descriptor, incoming->messages + first, (unsigned)count, MSG_DONTWAIT, NULL);
    return received < 0 ? 0 : received;
}

size_t incoming_packet_size(struct incoming *incoming, int slot) {
    struct msghdr *header = &incoming->messages[slot].msg_hdr;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
            int size;
            memcpy(&size, CMSG_DATA(control), sizeof size);
            return (size_t)size;
        }
    }
    return incoming->messages[slot].msg_len;
}

static bool joins_last(const struct outgoing *outgoing, const struct sockaddr_in *destination, size_t size) {
    return outgoing->message_count > 0 && outgoing->latest == outgoing->segment &&
           size <= outgoing->segment && outgoing->segments < MAX_SEGMENTS &&
           outgoing->total + size < MAX_MERGED_BYTES &&
           same_address(&outgoing->destinations[outgoing->message_count - 1], destination);
}

static void begin_message(struct outgoing *outgoing, const struct sockaddr_in *destination, size_t size) {
    int index = outgoing->message_count++;
    outgoing->destinations[index] = *destination;
    outgoing->messages[index].msg_hdr = (struct msghdr){
        .msg_name = &outgoing->destinations[index],
        .msg_namelen = sizeof *destination,
        .msg_iov = &outgoing->vectors[outgoing->vector_count],
    };
    outgoing->segment = size;
    outgoing->total = 0;
    outgoing->segments = 0;
}

/// Tells the kernel to cut the last message into packets of the first one's size.
static void announce_segments(struct outgoing *outgoing) {
    struct msghdr *header = &outgoing->messages[outgoing->message_count - 1].msg_hdr;
    uint16_t size = (uint16_t)outgoing->segment;
    header->msg_control = outgoing->control[outgoing->message_count - 1];
    header->msg_controllen = CMSG_SPACE(sizeof size);
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(control), &size, sizeof size);
}

static void add_vector(struct outgoing *outgoing, void *bytes, size_t length) {
    outgoing->vectors[outgoing->vector_count++] = (struct iovec){bytes, length};
    outgoing->messages[outgoing->message_count - 1].msg_hdr.msg_iovlen++;
}

bool outgoing_is_full(const struct outgoing *outgoing) {
    return outgoing->message_count == BATCH || outgoing->header_count == BATCH * 4 ||
           outgoing->vector_count + 2 > BATCH * 8;
}

void outgoing_add(struct outgoing *outgoing, const struct sockaddr_in *destination, const uint8_t *header,
                  size_t header_length, uint8_t *bytes, size_t length) {
    size_t size = header_length + length;
    if (!joins_last(outgoing, destination, size)) {
        begin_message(outgoing, destination, size);
    }
    if (header_length) {
        uint8_t *copy = outgoing->headers[outgoing->header_count++];
        memcpy(copy, header, header_length);
        add_vector(outgoing, copy, header_length);
    }
    add_vector(outgoing, bytes, length);
    outgoing->latest = size;
    outgoing->total += size;
    if (++outgoing->segments == 2) {
        announce_segments(outgoing);
    }
}

void outgoing_flush(struct outgoing *outgoing, int descriptor) {
    for (int sent = 0; sent < outgoing->message_count;) {
        unsigned left = (unsigned)(outgoing->message_count - sent);
        int count = sendmmsg(descriptor, outgoing->messages + sent, left, MSG_DONTWAIT);
        // What a socket does not take is lost.
        sent += count > 0 ? count : 1;
    }
    outgoing->message_count = outgoing->vector_count = outgoing->header_count = 0;
}
