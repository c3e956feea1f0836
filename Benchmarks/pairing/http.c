#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pairing.h"

/// The value of Content-Length in the head, or -1.
static long content_length(const char *head, const char *end) {
    static const char name[] = "content-length:";
    for (const char *line = head; line && line < end; line = memmem(line, (size_t)(end - line), "\r\n", 2)) {
        line += *line == '\r' ? 2 : 0;
        if (end - line > (long)strlen(name) && !strncasecmp(line, name, strlen(name))) {
            return strtol(line + strlen(name), NULL, 10);
        }
    }
    return -1;
}

enum parse_result parse_response(const char *bytes, size_t length, struct response *response) {
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) {
        return length < MAX_RESPONSE_BYTES - 1 ? RESPONSE_INCOMPLETE : RESPONSE_MALFORMED;
    }
    if (sscanf(bytes, "HTTP/1.1 %3d", &response->status) != 1) {
        return RESPONSE_MALFORMED;
    }
    size_t head = (size_t)(end + 4 - bytes);
    long body = response->status == 204 ? 0 : content_length(bytes, end + 2);
    if (body < 0 || head + (size_t)body > MAX_RESPONSE_BYTES - 1) {
        return RESPONSE_MALFORMED;
    }
    response->body = bytes + head;
    response->body_length = (size_t)body;
    response->total_length = head + (size_t)body;
    return response->total_length <= length ? RESPONSE_COMPLETE : RESPONSE_INCOMPLETE;
}
