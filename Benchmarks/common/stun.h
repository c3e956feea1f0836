/// STUN and TURN messages, as far as the benchmarks write and read them (RFC 8489 section 5, RFC 8656).
#ifndef BENCHMARKS_STUN_H
#define BENCHMARKS_STUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_HEADER_BYTES 20
#define STUN_TRANSACTION_ID_BYTES 12
#define STUN_ATTRIBUTE_HEADER_BYTES 4
#define STUN_MAGIC_COOKIE 0x2112A442u
#define STUN_INTEGRITY_BYTES 20
#define CHANNEL_DATA_HEADER_BYTES 4
#define FIRST_CHANNEL 0x4000

/// Methods with their class, as on the wire.
enum stun_type {
    STUN_BINDING_REQUEST = 0x0001,
    STUN_ALLOCATE_REQUEST = 0x0003,
    STUN_REFRESH_REQUEST = 0x0004,
    STUN_CREATE_PERMISSION_REQUEST = 0x0008,
    STUN_CHANNEL_BIND_REQUEST = 0x0009,
    STUN_SEND_INDICATION = 0x0016,
    STUN_DATA_INDICATION = 0x0017,
    STUN_CLASS_MASK = 0x0110,
    STUN_CLASS_SUCCESS = 0x0100,
    STUN_CLASS_ERROR = 0x0110,
};

enum stun_attribute_type {
    STUN_USERNAME = 0x0006,
    STUN_MESSAGE_INTEGRITY = 0x0008,
    STUN_ERROR_CODE = 0x0009,
    STUN_CHANNEL_NUMBER = 0x000C,
    STUN_LIFETIME = 0x000D,
    STUN_XOR_PEER_ADDRESS = 0x0012,
    STUN_DATA = 0x0013,
    STUN_REALM = 0x0014,
    STUN_NONCE = 0x0015,
    STUN_XOR_RELAYED_ADDRESS = 0x0016,
    STUN_REQUESTED_TRANSPORT = 0x0019,
    STUN_XOR_MAPPED_ADDRESS = 0x0020,
};

/// A message under construction in memory that the caller provides and knows to suffice.
struct stun_writer {
    uint8_t *bytes;
    size_t length;
};

/// Begins a message: the header, with a length of no attributes.
void stun_begin(struct stun_writer *writer, uint8_t *memory, uint16_t type, const uint8_t *transaction_id);

/// Adds an attribute with its padding, and keeps the header's length right.
void stun_add(struct stun_writer *writer, uint16_t type, const void *value, size_t length);
void stun_add_word(struct stun_writer *writer, uint16_t type, uint32_t value);
void stun_add_address(struct stun_writer *writer, uint16_t type, const struct sockaddr_in *address);

/// Writes the header's length field: the bytes of attributes.
void stun_set_length(uint8_t *message, size_t attribute_bytes);

/// One attribute of a message that was received.
struct stun_attribute {
    uint16_t type;
    uint16_t length;
    const uint8_t *value;
};

/// The attribute at `*offset`, which starts as STUN_HEADER_BYTES and moves on; false at the end or when
/// malformed.
bool stun_next(const uint8_t *message, size_t length, size_t *offset, struct stun_attribute *attribute);

/// Finds the first attribute of a type.
bool stun_find(const uint8_t *message, size_t length, uint16_t type, struct stun_attribute *attribute);

/// Reads an IPv4 XOR address; false when it is something else.
bool stun_read_address(const struct stun_attribute *attribute, struct sockaddr_in *address);

static inline uint16_t read_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void write_u16(uint8_t *bytes, size_t value) {
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

/// A ChannelData message rather than a STUN message, by its first two bits (RFC 8656 section 12).
static inline bool is_channel_data(const uint8_t *bytes) {
    return (bytes[0] & 0xC0) == 0x40;
}

/// What follows on a stream starts at a multiple of four (RFC 8656 section 12.5).
static inline size_t padded(size_t length) {
    return (length + 3) & ~(size_t)3;
}

#endif
