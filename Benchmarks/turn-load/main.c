/// turn-load: a TURN load generator (epoll, one thread, loopback only, bounded in time and count). Its
/// clients allocate, permit and bind as browsers do, over UDP, TCP or TLS; then packets go from clients to
/// their peers, back, or both. Each packet is numbered and stamped, so that loss, order and one-way latency
/// are known. It prints one JSON line.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "failure.h"
#include "generator.h"
#include "instructions.h"
#include "json_output.h"

struct generator generator;

static struct sockaddr_in address_of(int descriptor) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length)) {
        die("getsockname: %s", strerror(errno));
    }
    return address;
}

/// Each session gets a peer of its own, unless nothing will be sent or its peer is another session.
static void prepare_sessions(void) {
    const struct options *options = &generator.options;
    generator.sessions = calloc((size_t)options->sessions, sizeof *generator.sessions);
    bool has_peers = options->mode != MODE_SETUP && !options->pairs;
    int shared_peer = has_peers ? -1 : open_datagram_socket();
    for (int i = 0; i < options->sessions; i++) {
        struct session *session = &generator.sessions[i];
        session->index = i;
        session->client = -1;
        session->channel = FIRST_CHANNEL;
        session->peer = has_peers ? open_datagram_socket() : -1;
        session->peer_address = address_of(has_peers ? session->peer : shared_peer);
        if (has_peers) {
            watch(session->peer, peer_tag(session), EPOLLIN);
        }
    }
}

static void prepare(struct options options) {
    if (options.pairs) {
        options.to_client = false;
    }
    generator.options = options;
    generator.credentials.user = generator.options.user;
    generator.credentials.password = generator.options.password;
    generator.server.sin_family = AF_INET;
    generator.server.sin_port = htons((uint16_t)options.port);
    inet_pton(AF_INET, options.host, &generator.server.sin_addr);
    generator.poller = epoll_create1(0);
    prepare_packets();
    prepare_streams();
    prepare_sessions();
    instructions_watch(&options.server);
}

int main(int argc, char **argv) {
    struct options options = parse_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    raise_descriptor_limit();
    prepare(options);
    json_begin(options.mode_name);
    json_text("label", options.label);
    run_mode();
    json_end();
    return error_count() ? 3 : 0;
}
