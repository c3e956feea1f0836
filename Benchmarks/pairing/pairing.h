/// The pairing load generator: N clients on kept-alive HTTP connections, each making one full pairing
/// (create, accept, check) after another with codes of its own, and checking every answer.
#ifndef BENCHMARKS_PAIRING_H
#define BENCHMARKS_PAIRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "process_usage.h"

#define MAX_CLIENTS 4096
#define MAX_RESPONSE_BYTES 8192
#define ROOM_ID_LENGTH 48

/// The three calls of a pairing, in order.
enum call { CALL_CREATE, CALL_ACCEPT, CALL_CHECK, CALL_COUNT };

struct options {
    int port;
    int clients;
    double warmup;
    double duration;
    struct process_set server;
};

struct client {
    int fd;
    int index;
    enum call call;
    /// The pairing's number; its codes and devices are named after it.
    uint64_t pairing;
    uint64_t pairing_began, call_began;
    char response[MAX_RESPONSE_BYTES];
    size_t response_length;
    /// As accept answered it; check must answer the same.
    char room_id[ROOM_ID_LENGTH + 1];
    bool finished;
};

struct load {
    struct options options;
    int poller;
    /// Distinguishes this run's codes from those of a run before on the same database.
    uint64_t run;
    uint64_t pairings_begun, pairings_done;
    bool measuring, stopping;
    int finished;
    struct histogram pairing_latency;
    struct histogram call_latency[CALL_COUNT];
};

extern struct load load;

/// One HTTP response.
struct response {
    int status;
    const char *body;
    size_t body_length;
    /// Head and body together.
    size_t total_length;
};

enum parse_result { RESPONSE_INCOMPLETE, RESPONSE_COMPLETE, RESPONSE_MALFORMED };

// http.c

/// Parses a response with a Content-Length, or with a status that has no body.
enum parse_result parse_response(const char *bytes, size_t length, struct response *response);

// client.c

/// Connects and begins the first pairing. Blocks until the connection is there.
void client_start(struct client *client);

/// Reads what has come in; checks a complete answer and makes the next call.
void client_read(struct client *client);

#endif
