/// The command line of the TURN load generator.
#ifndef BENCHMARKS_TURN_OPTIONS_H
#define BENCHMARKS_TURN_OPTIONS_H

#include <stdbool.h>

#include "process_usage.h"

#define MAX_SESSIONS 8000
#define MAX_BURST 64
#define MIN_PAYLOAD_BYTES 24
#define MAX_PAYLOAD_BYTES 1400

enum mode { MODE_NONE, MODE_WINDOW, MODE_RATE, MODE_SETUP };
enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

struct options {
    char host[64];
    char user[128];
    char password[128];
    char label[128];
    const char *mode_name;
    enum mode mode;
    enum transport transport;
    int port;
    int sessions;
    /// Set-ups under way at once.
    int in_flight;
    /// Bytes of payload in each packet.
    int size;
    /// Packets sent back to back by one session.
    int burst;
    /// Packets under way in all.
    int window;
    /// Check the whole payload of one packet in so many; 0 for none.
    int verify_every;
    /// Send and Data indications, and no channel, instead of ChannelData.
    bool indications;
    /// Clients to peers, peers to clients.
    bool to_peer, to_client;
    /// The peer of each session is another session's relayed address.
    bool pairs;
    /// Bursts leave as one UDP_SEGMENT message; sockets take merged ones (UDP_GRO). What NICs do for both
    /// ends.
    bool segment_offload, receive_offload;
    /// Answers need no MESSAGE-INTEGRITY: the floor gives none.
    bool unsigned_answers;
    /// Rest for a moment when nothing has arrived, instead of asking the sockets again at once.
    bool sleepy;
    /// Packets a second in all.
    double rate;
    double warmup, duration;
    /// How long a set-up's allocations stay.
    double hold;
    struct process_set server;
};

/// Reads the command line. Ends the process on `--help`, and when something is wrong or out of bounds.
struct options parse_options(int argc, char **argv);

#endif
