#include "options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"

static const char usage[] =
    "usage: signaling-load --port P --mode MODE [options]      (loopback only; prints one JSON line)\n"
    "modes\n"
    "  window    closed loop: each direction of each room keeps --window messages in flight\n"
    "  rate      open loop: --rate messages/s over all rooms; latency counts from the scheduled time\n"
    "  setup     opens --rooms x 2 connections as fast as possible (--conc in flight), joins, closes\n"
    "  idle      opens --rooms x 2 connections, joins, holds --hold s; the server's memory per connection\n"
    "  session   whole call set-ups (2 connects, joins, offer, answer, --cands each way, close), --conc at "
    "once\n"
    "options\n"
    "  --host 127.0.0.1   --path /   --rooms 100   --duration 10   --warmup 2   --window 1   --rate 1000\n"
    "  --mix S:C    S session descriptions then C candidates, repeated per direction (default 1:8)\n"
    "  --sdp a,b,.. description sizes in bytes, used in turn (default 2048,3072,4096,6144)\n"
    "  --cand N     candidate message size in bytes (default 200)\n"
    "  --conc C     handshakes (or sessions) in flight (default 64)\n"
    "  --hold S     seconds to hold in idle mode (default 5)\n"
    "  --touch N    in idle mode, messages each connection sends and receives before holding (default 0)\n"
    "  --cands N    candidates each way in session mode (default 8)\n"
    "  --max-msgs N stop after N messages     --verify N  check the content of 1 in N messages (default 64, "
    "0 off)\n"
    "  --pid P[,P]  server process(es): CPU from /proc/P/stat, memory from /proc/P/status\n"
    "  --src-ips K  spread client addresses over 127.0.0.1..K (default 1)   --label TEXT   --poisson\n"
    "  --prefix TEXT  room name prefix (default r-<pid>-)\n";

static const struct {
    const char *name;
    enum mode mode;
} modes[] = {
    {"window", MODE_WINDOW}, {"rate", MODE_RATE},       {"setup", MODE_SETUP},
    {"idle", MODE_IDLE},     {"session", MODE_SESSION},
};

static struct options defaults(void) {
    struct options options = {
        .host = "127.0.0.1",
        .path = "/",
        .mode_name = "",
        .rooms = 100,
        .window = 1,
        .in_flight = 64,
        .candidates = 8,
        .verify_every = 64,
        .source_addresses = 1,
        .candidate_bytes = 200,
        .duration = 10,
        .warmup = 2,
        .rate = 1000,
        .hold = 5,
        .mix_descriptions = 1,
        .mix_candidates = 8,
        .sdp_bytes = {2048, 3072, 4096, 6144},
        .sdp_sizes = 4,
    };
    snprintf(options.prefix, sizeof options.prefix, "r-%d-", getpid());
    return options;
}

static void parse_mode(struct options *options, const char *value) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!strcmp(value, modes[i].name)) {
            options->mode = modes[i].mode;
            options->mode_name = modes[i].name;
            return;
        }
    }
    die("unknown mode %s\n%s", value, usage);
}

static void parse_sdp_sizes(struct options *options, char *value) {
    options->sdp_sizes = 0;
    for (char *item = strtok(value, ","); item && options->sdp_sizes < MAX_SDP_SIZES;
         item = strtok(NULL, ",")) {
        options->sdp_bytes[options->sdp_sizes++] = atoi(item);
    }
}

static void set_option(struct options *options, const char *name, char *value) {
    const struct {
        const char *name;
        int *target;
    } integers[] = {
        {"--port", &options->port},
        {"--rooms", &options->rooms},
        {"--window", &options->window},
        {"--conc", &options->in_flight},
        {"--cands", &options->candidates},
        {"--touch", &options->touch},
        {"--verify", &options->verify_every},
        {"--src-ips", &options->source_addresses},
        {"--cand", &options->candidate_bytes},
    };
    const struct {
        const char *name;
        double *target;
    } numbers[] = {
        {"--duration", &options->duration},
        {"--warmup", &options->warmup},
        {"--rate", &options->rate},
        {"--hold", &options->hold},
    };
    const struct {
        const char *name;
        char *target;
        size_t size;
    } texts[] = {
        {"--host", options->host, sizeof options->host},
        {"--path", options->path, sizeof options->path},
        {"--label", options->label, sizeof options->label},
        {"--prefix", options->prefix, sizeof options->prefix},
    };
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        if (!strcmp(name, integers[i].name)) {
            *integers[i].target = atoi(value);
            return;
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!strcmp(name, numbers[i].name)) {
            *numbers[i].target = atof(value);
            return;
        }
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!strcmp(name, texts[i].name)) {
            snprintf(texts[i].target, texts[i].size, "%s", value);
            return;
        }
    }
    if (!strcmp(name, "--mode")) {
        parse_mode(options, value);
    } else if (!strcmp(name, "--max-msgs")) {
        options->max_messages = strtoull(value, NULL, 10);
    } else if (!strcmp(name, "--mix")) {
        if (sscanf(value, "%d:%d", &options->mix_descriptions, &options->mix_candidates) != 2) {
            die("--mix wants S:C, not %s", value);
        }
    } else if (!strcmp(name, "--sdp")) {
        parse_sdp_sizes(options, value);
    } else if (!strcmp(name, "--pid")) {
        process_set_parse(&options->server, value);
    } else {
        die("unknown option %s\n%s", name, usage);
    }
}

static void check_bounds(const struct options *options) {
    struct in_addr address;
    if (inet_pton(AF_INET, options->host, &address) != 1 || (ntohl(address.s_addr) >> 24) != 127) {
        die("--host must be a loopback address, not %s", options->host);
    }
    if (options->port < 1 || options->port > 65535 || options->mode == MODE_NONE) {
        die("--port and --mode are required\n%s", usage);
    }
    if (options->duration > 600 || options->hold > 600 || options->warmup > 120 || options->rooms < 1 ||
        options->rooms > 50000 || options->window < 1 || options->window > MAX_WINDOW ||
        options->in_flight < 1 || options->in_flight > 10000 || options->touch > 1000 ||
        options->source_addresses < 1 || options->source_addresses > 254 || options->candidates < 0 ||
        options->candidates > 1000 || options->rate <= 0 || options->candidate_bytes < 1 ||
        options->candidate_bytes > 65000) {
        die("an option is out of bounds\n%s", usage);
    }
    for (int i = 0; i < options->sdp_sizes; i++) {
        if (options->sdp_bytes[i] < 64 || options->sdp_bytes[i] > 65000) {
            die("--sdp wants sizes from 64 to 65000");
        }
    }
    if (options->sdp_sizes == 0 || options->mix_descriptions < 0 || options->mix_candidates < 0 ||
        options->mix_descriptions + options->mix_candidates == 0) {
        die("the mix is empty");
    }
}

struct options parse_options(int argc, char **argv) {
    struct options options = defaults();
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            fputs(usage, stdout);
            exit(0);
        }
        if (!strcmp(argv[i], "--poisson")) {
            options.poisson = true;
            continue;
        }
        if (i + 1 == argc) {
            die("%s needs a value\n%s", argv[i], usage);
        }
        set_option(&options, argv[i], argv[i + 1]);
        i++;
    }
    if (options.mode == MODE_SESSION) {
        options.rooms = options.in_flight;
        if (options.source_addresses < 2) {
            // Every session takes two ports that then rest in TIME_WAIT: one address would run out of them.
            options.source_addresses = 16;
        }
    }
    check_bounds(&options);
    return options;
}
