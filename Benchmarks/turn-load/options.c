#include "options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

static const char usage[] =
    "usage: turn-load --port P --mode MODE [options]      (loopback only; prints one JSON line)\n"
    "modes\n"
    "  window    closed loop: --window packets are under way in all, so the server is always busy\n"
    "  rate      open loop: --rate packets/s over all sessions and directions\n"
    "  setup     allocate, permit and bind for all sessions, hold them, end\n"
    "options\n"
    "  --host 127.0.0.1   --transport udp|tcp|tls   --user user   --password pass   --label TEXT\n"
    "  --sessions 64      clients, each with an allocation and a peer of its own\n"
    "  --method channel   ChannelData; `send`: Send and Data indications, and no channel is bound\n"
    "  --direction both   or c2p, clients to peers; or p2c, peers to clients\n"
    "  --pairs            the peer of each client is another client's relayed address\n"
    "  --size 200         bytes of payload         --burst 1        packets sent back to back\n"
    "  --window 256       packets under way        --rate 20000     packets a second in all\n"
    "  --warmup 1         seconds                  --duration 4     seconds\n"
    "  --tx-gso           a burst leaves as one message with UDP_SEGMENT, as if a NIC had merged it\n"
    "  --rx-gro           sockets take merged packets (UDP_GRO), as if a NIC would cut them\n"
    "  --unsigned         take answers without MESSAGE-INTEGRITY, as the floor gives them\n"
    "  --sleep            rest for 50 us when nothing arrived: for a generator that shares its core\n"
    "  --in-flight 64     set-ups at once          --hold 1         seconds, in setup mode\n"
    "  --verify 64        check the content of 1 in N packets (0 off)\n"
    "  --pid P[,P]        server process(es): CPU, memory and, where the processor counts them, "
    "instructions\n";

struct choice {
    const char *name;
    int value;
};

static const struct choice modes[] = {
    {"window", MODE_WINDOW}, {"rate", MODE_RATE}, {"setup", MODE_SETUP}, {NULL, 0}};
static const struct choice transports[] = {
    {"udp", TRANSPORT_UDP}, {"tcp", TRANSPORT_TCP}, {"tls", TRANSPORT_TLS}, {NULL, 0}};
enum direction { TO_PEER, TO_CLIENT, BOTH_WAYS };
static const struct choice directions[] = {
    {"c2p", TO_PEER}, {"p2c", TO_CLIENT}, {"both", BOTH_WAYS}, {NULL, 0}};
static const struct choice methods[] = {{"channel", false}, {"send", true}, {NULL, 0}};

static struct options defaults(void) {
    return (struct options){
        .host = "127.0.0.1",
        .user = "user",
        .password = "pass",
        .mode_name = "",
        .sessions = 64,
        .in_flight = 64,
        .size = 200,
        .burst = 1,
        .window = 256,
        .verify_every = 64,
        .to_peer = true,
        .to_client = true,
        .rate = 20000,
        .warmup = 1,
        .duration = 4,
        .hold = 1,
    };
}

static const struct choice *choose(const struct choice *choices, const char *option, const char *name) {
    for (; choices->name; choices++) {
        if (!strcmp(choices->name, name)) {
            return choices;
        }
    }
    die("%s does not know %s\n%s", option, name, usage);
}

static bool set_flag(struct options *options, const char *name) {
    const struct {
        const char *name;
        bool *target;
    } flags[] = {
        {"--pairs", &options->pairs},
        {"--tx-gso", &options->segment_offload},
        {"--rx-gro", &options->receive_offload},
        {"--unsigned", &options->unsigned_answers},
        {"--sleep", &options->sleepy},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (!strcmp(name, flags[i].name)) {
            *flags[i].target = true;
            return true;
        }
    }
    return false;
}

static bool set_number(struct options *options, const char *name, const char *value) {
    const struct {
        const char *name;
        int *integer;
        double *real;
    } numbers[] = {
        {"--port", &options->port, NULL},           {"--sessions", &options->sessions, NULL},
        {"--in-flight", &options->in_flight, NULL}, {"--size", &options->size, NULL},
        {"--burst", &options->burst, NULL},         {"--window", &options->window, NULL},
        {"--verify", &options->verify_every, NULL}, {"--rate", NULL, &options->rate},
        {"--warmup", NULL, &options->warmup},       {"--duration", NULL, &options->duration},
        {"--hold", NULL, &options->hold},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!strcmp(name, numbers[i].name)) {
            if (numbers[i].integer) {
                *numbers[i].integer = atoi(value);
            } else {
                *numbers[i].real = atof(value);
            }
            return true;
        }
    }
    return false;
}

static bool set_text(struct options *options, const char *name, const char *value) {
    const struct {
        const char *name;
        char *target;
        size_t size;
    } texts[] = {
        {"--host", options->host, sizeof options->host},
        {"--user", options->user, sizeof options->user},
        {"--password", options->password, sizeof options->password},
        {"--label", options->label, sizeof options->label},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!strcmp(name, texts[i].name)) {
            snprintf(texts[i].target, texts[i].size, "%s", value);
            return true;
        }
    }
    return false;
}

static void set_option(struct options *options, const char *name, char *value) {
    if (set_number(options, name, value) || set_text(options, name, value)) {
        return;
    }
    if (!strcmp(name, "--mode")) {
        const struct choice *choice = choose(modes, name, value);
        options->mode = (enum mode)choice->value;
        options->mode_name = choice->name;
    } else if (!strcmp(name, "--transport")) {
        options->transport = (enum transport)choose(transports, name, value)->value;
    } else if (!strcmp(name, "--direction")) {
        int direction = choose(directions, name, value)->value;
        options->to_peer = direction != TO_CLIENT;
        options->to_client = direction != TO_PEER;
    } else if (!strcmp(name, "--method")) {
        options->indications = choose(methods, name, value)->value;
    } else if (!strcmp(name, "--pid")) {
        process_set_parse(&options->server, value);
    } else {
        die("unknown option %s\n%s", name, usage);
    }
}

static bool within(double value, double low, double high) {
    return value >= low && value <= high;
}

static void check_bounds(const struct options *options) {
    struct in_addr address;
    if (inet_pton(AF_INET, options->host, &address) != 1 || (ntohl(address.s_addr) >> 24) != 127) {
        die("--host must be a loopback address, not %s", options->host);
    }
    if (!within(options->port, 1, 65535) || options->mode == MODE_NONE) {
        die("--port and --mode are required\n%s", usage);
    }
    if (!within(options->sessions, 1, MAX_SESSIONS) || !within(options->in_flight, 1, MAX_SESSIONS) ||
        !within(options->size, MIN_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES) ||
        !within(options->burst, 1, MAX_BURST) || !within(options->window, options->burst, 65536) ||
        !within(options->rate, 1, 1e7) || !within(options->warmup, 0, 60) ||
        !within(options->duration, 0.1, 60) || !within(options->hold, 0, 60)) {
        die("an option is out of bounds\n%s", usage);
    }
    if (options->pairs && options->sessions % 2) {
        die("--pairs wants an even number of sessions");
    }
    if (options->segment_offload && options->burst * (options->size + 40) > 65000) {
        die("a burst with --tx-gso has to fit one UDP message");
    }
    if (options->transport != TRANSPORT_UDP && options->segment_offload && options->to_peer) {
        die("--tx-gso on a stream: only with --direction p2c");
    }
}

struct options parse_options(int argc, char **argv) {
    struct options options = defaults();
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (set_flag(&options, argv[i])) {
            continue;
        }
        if (i + 1 == argc) {
            die("%s needs a value\n%s", argv[i], usage);
        }
        set_option(&options, argv[i], argv[i + 1]);
        i++;
    }
    check_bounds(&options);
    return options;
}
