#include "stun.h"

#include <arpa/inet.h>
#include <string.h>

#define ADDRESS_BYTES 8
#define FAMILY_IPV4 1

void stun_set_length(uint8_t *message, size_t attribute_bytes) {
    write_u16(message + 2, attribute_bytes);
}

void stun_begin(struct stun_writer *writer, uint8_t *memory, uint16_t type, const uint8_t *transaction_id) {
    uint32_t cookie = htonl(STUN_MAGIC_COOKIE);
    writer->bytes = memory;
    writer->length = STUN_HEADER_BYTES;
    write_u16(memory, type);
    stun_set_length(memory, 0);
    memcpy(memory + 4, &cookie, sizeof cookie);
    memcpy(memory + 8, transaction_id, STUN_TRANSACTION_ID_BYTES);
}

void stun_add(struct stun_writer *writer, uint16_t type, const void *value, size_t length) {
    uint8_t *attribute = writer->bytes + writer->length;
    write_u16(attribute, type);
    write_u16(attribute + 2, length);
    memcpy(attribute + STUN_ATTRIBUTE_HEADER_BYTES, value, length);
    memset(attribute + STUN_ATTRIBUTE_HEADER_BYTES + length, 0, padded(length) - length);
    writer->length += STUN_ATTRIBUTE_HEADER_BYTES + padded(length);
    stun_set_length(writer->bytes, writer->length - STUN_HEADER_BYTES);
}

void stun_add_word(struct stun_writer *writer, uint16_t type, uint32_t value) {
    uint32_t word = htonl(value);
    stun_add(writer, type, &word, sizeof word);
}

void stun_add_address(struct stun_writer *writer, uint16_t type, const struct sockaddr_in *address) {
    uint8_t value[ADDRESS_BYTES] = {0, FAMILY_IPV4};
    uint32_t host = address->sin_addr.s_addr ^ htonl(STUN_MAGIC_COOKIE);
    write_u16(value + 2, ntohs(address->sin_port) ^ (STUN_MAGIC_COOKIE >> 16));
    memcpy(value + 4, &host, sizeof host);
    stun_add(writer, type, value, sizeof value);
}

bool stun_next(const uint8_t *message, size_t length, size_t *offset, struct stun_attribute *attribute) {
    if (*offset + STUN_ATTRIBUTE_HEADER_BYTES > length) {
        return false;
    }
    const uint8_t *bytes = message + *offset;
    attribute->type = read_u16(bytes);
    attribute->length = read_u16(bytes + 2);
    attribute->value = bytes + STUN_ATTRIBUTE_HEADER_BYTES;
    *offset += STUN_ATTRIBUTE_HEADER_BYTES + padded(attribute->length);
    return attribute->value + attribute->length <= message + length;
}

bool stun_find(const uint8_t *message, size_t length, uint16_t type, struct stun_attribute *attribute) {
    size_t offset = STUN_HEADER_BYTES;
    while (stun_next(message, length, &offset, attribute)) {
        if (attribute->type == type) {
            return true;
        }
    }
    return false;
}

bool stun_read_address(const struct stun_attribute *attribute, struct sockaddr_in *address) {
    if (attribute->length < ADDRESS_BYTES || attribute->value[1] != FAMILY_IPV4) {
        return false;
    }
    uint32_t host;
    memcpy(&host, attribute->value + 4, sizeof host);
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_port = htons(read_u16(attribute->value + 2) ^ (STUN_MAGIC_COOKIE >> 16));
    address->sin_addr.s_addr = host ^ htonl(STUN_MAGIC_COOKIE);
    return true;
}
