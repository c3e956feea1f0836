// What the relay needs of Linux's socket interface and Swift's Glibc module does not have: a header, nothing else.
#pragma once
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

// netinet/udp.h has them; their numbers are the kernel's interface.
enum { DATAGRAM_UDP_SEGMENT = 103, DATAGRAM_UDP_GRO = 104 };

// glibc shows mmsghdr only under _GNU_SOURCE, and the Glibc module is built without it: the same layout by another name.
struct datagram_message {
    struct msghdr header;
    unsigned int byte_count;
};
struct mmsghdr;
int recvmmsg(int, struct mmsghdr *, unsigned int, int, struct timespec *);
int sendmmsg(int, struct mmsghdr *, unsigned int, int);

// Hidden likewise.
int accept4(int, struct sockaddr *restrict, socklen_t *restrict, int);

static inline int datagram_receive(int fd, struct datagram_message *messages, unsigned int count) {
    return recvmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT, 0);
}

static inline int datagram_send(int fd, struct datagram_message *messages, unsigned int count) {
    return sendmmsg(fd, (struct mmsghdr *)messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// A socket address of either family in memory of one layout: sockaddr_in6's, of which sockaddr_in shares the first
// four bytes. All in network byte order but the family.
struct datagram_address {
    uint16_t family;
    uint16_t port;
    uint32_t address4;            // of AF_INET; the flow information of AF_INET6
    uint64_t high, low;           // of AF_INET6
    uint32_t zone;
};
enum { DATAGRAM_ADDRESS_BYTES4 = sizeof(struct sockaddr_in), DATAGRAM_ADDRESS_BYTES6 = sizeof(struct sockaddr_in6) };

// Control messages. Memory for them is aligned as cmsghdr and has room for all that one datagram carries:
// packet information of either family, a segment size, and an error with its offender.
enum { DATAGRAM_CONTROL_BYTES = 192 };

// in6_pktinfo is hidden like mmsghdr.
struct datagram_packet_info6 {
    uint64_t high, low;           // the address, in network byte order
    unsigned int interface;
};
enum { DATAGRAM_PACKET_INFO6_BYTES = 20 };

static inline void *datagram_control_append(struct msghdr *header, void *control, int level, int type, size_t size) {
    struct cmsghdr *entry = (struct cmsghdr *)((char *)control + header->msg_controllen);
    header->msg_control = control;
    header->msg_controllen += CMSG_SPACE(size);
    entry->cmsg_level = level;
    entry->cmsg_type = type;
    entry->cmsg_len = CMSG_LEN(size);
    return memset(CMSG_DATA(entry), 0, CMSG_SPACE(size) - CMSG_LEN(0));
}

static inline void datagram_append_segment(struct msghdr *header, void *control, uint16_t segment) {
    memcpy(datagram_control_append(header, control, IPPROTO_UDP, DATAGRAM_UDP_SEGMENT, sizeof segment), &segment,
           sizeof segment);
}

// The address a datagram leaves from, in network byte order; the interface is left to the routing table.
static inline void datagram_append_source4(struct msghdr *header, void *control, uint32_t address) {
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = address};
    memcpy(datagram_control_append(header, control, IPPROTO_IP, IP_PKTINFO, sizeof info), &info, sizeof info);
}

static inline void datagram_append_source6(struct msghdr *header, void *control, uint64_t high, uint64_t low) {
    struct datagram_packet_info6 info = {.high = high, .low = low};
    memcpy(datagram_control_append(header, control, IPPROTO_IPV6, IPV6_PKTINFO, DATAGRAM_PACKET_INFO6_BYTES), &info,
           DATAGRAM_PACKET_INFO6_BYTES);
}

// A header composed by the functions above has its segment size first.
static inline uint16_t datagram_read_segment(const struct msghdr *header) {
    const struct cmsghdr *entry = CMSG_FIRSTHDR(header);
    uint16_t segment = 0;
    if (entry && entry->cmsg_level == IPPROTO_UDP && entry->cmsg_type == DATAGRAM_UDP_SEGMENT) {
        memcpy(&segment, CMSG_DATA(entry), sizeof segment);
    }
    return segment;
}

static inline void datagram_remove_segment(struct msghdr *header) {
    header->msg_control = (char *)header->msg_control + CMSG_SPACE(sizeof(uint16_t));
    header->msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
}

// What came with a datagram; zero where it did not come.
struct datagram_ancillary {
    int segment;                  // bytes per segment of a coalesced datagram
    int local_family;             // AF_INET, AF_INET6 or 0
    uint32_t local4;              // the address it was sent to, in network byte order
    uint64_t local6_high, local6_low;
};

static inline struct datagram_ancillary datagram_read_ancillary(struct msghdr *header) {
    struct datagram_ancillary found = {0};
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(header); entry; entry = CMSG_NXTHDR(header, entry)) {
        if (entry->cmsg_level == IPPROTO_UDP && entry->cmsg_type == DATAGRAM_UDP_GRO) {
            memcpy(&found.segment, CMSG_DATA(entry), sizeof found.segment);
        } else if (entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(entry), sizeof info);
            found.local_family = AF_INET;
            found.local4 = info.ipi_addr.s_addr;
        } else if (entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_PKTINFO) {
            struct datagram_packet_info6 info;
            memcpy(&info, CMSG_DATA(entry), DATAGRAM_PACKET_INFO6_BYTES);
            found.local_family = AF_INET6;
            found.local6_high = info.high;
            found.local6_low = info.low;
        }
    }
    return found;
}

// An entry of a socket's error queue (ip(7), IP_RECVERR), as linux/errqueue.h lays it out.
struct datagram_error {
    uint32_t number;              // errno
    uint8_t origin;               // 0 none, 1 this host, 2 ICMP, 3 ICMPv6
    uint8_t type;
    uint8_t code;
    uint8_t padding;
    uint32_t information;         // the next hop's MTU where the packet was too big
    uint32_t data;
};

static inline int datagram_read_error(struct msghdr *header, struct datagram_error *error) {
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(header); entry; entry = CMSG_NXTHDR(header, entry)) {
        if ((entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_RECVERR) ||
            (entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_RECVERR)) {
            memcpy(error, CMSG_DATA(entry), sizeof *error);
            return 1;
        }
    }
    return 0;
}

// How much later than asked the kernel may end this thread's sleeps; 50 microseconds unless set.
static inline void datagram_set_timer_slack(unsigned long nanoseconds) { prctl(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0); }

// At most 15 bytes.
static inline void datagram_set_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
