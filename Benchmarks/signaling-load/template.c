#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"

/// What a browser's description is made of, so that sizes, escapes and bytes are those of real ones.
static const char *const sdp_lines[] = {
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "a=group:BUNDLE 0 1",
    "a=extmap-allow-mixed",
    "a=msid-semantic: WMS stream",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126",
    "c=IN IP4 0.0.0.0",
    "a=rtcp:9 IN IP4 0.0.0.0",
    "a=ice-ufrag:EsAw",
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
    "a=ice-options:trickle renomination",
    "a=fingerprint:sha-256 "
    "2D:A1:F4:5B:0C:83:6B:2E:AA:1F:C1:42:9E:7A:5D:60:33:B8:11:FE:90:27:4C:C5:8D:E2:19:7B:64:0A:"
    "DF:38",
    "a=setup:actpass",
    "a=mid:0",
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "a=sendrecv",
    "a=rtcp-mux",
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 minptime=10;useinbandfec=1",
    "a=rtpmap:63 red/48000/2",
    "a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "a=sctp-port:5000",
    "a=max-message-size:262144",
};
#define SDP_LINES (sizeof sdp_lines / sizeof *sdp_lines)

static const char candidate_text[] =
    "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.0.17 "
    "rport 46154 generation 0 ufrag EsAw";

uint32_t next_random(void) {
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

size_t build_frame(uint8_t *out, int opcode, const void *payload, size_t length) {
    size_t at = 0;
    out[at++] = (uint8_t)(0x80 | opcode);
    if (length < 126) {
        out[at++] = (uint8_t)(0x80 | length);
    } else if (length < 65536) {
        out[at++] = 0x80 | 126;
        out[at++] = (uint8_t)(length >> 8);
        out[at++] = (uint8_t)length;
    } else {
        out[at++] = 0x80 | 127;
        for (int i = 7; i >= 0; i--) {
            out[at++] = (uint8_t)((uint64_t)length >> (8 * i));
        }
    }
    // No byte of the key is zero, so that a server that forgets to unmask is found out.
    uint32_t key = next_random() | 0x01010101u;
    uint8_t *mask = out + at;
    memcpy(mask, &key, 4);
    at += 4;
    for (size_t i = 0; i < length; i++) {
        out[at + i] = ((const uint8_t *)payload)[i] ^ mask[i & 3];
    }
    return at + length;
}

static struct template *new_template(enum message_kind kind, const char *json, size_t length, char *content,
                                     size_t content_length) {
    struct template *template = calloc(1, sizeof *template);
    template->kind = kind;
    template->frame = malloc(length + 14);
    template->frame_length = build_frame(template->frame, 1, json, length);
    template->content = content;
    template->content_length = content_length;
    return template;
}

/// A description message of exactly `size` bytes.
static struct template *new_description(enum message_kind kind, size_t size) {
    char *json = malloc(size + 64), *content = malloc(size + 64);
    const char *type = kind == KIND_ANSWER ? "webrtc_answer" : "webrtc_offer";
    size_t length = (size_t)sprintf(json, "{\"type\":\"%s\",\"sdp\":\"", type), content_length = 0;
    for (size_t i = 0;; i = (i + 1) % SDP_LINES) {
        size_t line = strlen(sdp_lines[i]);
        if (length + line + strlen("\\r\\n\"}") > size) {
            break;
        }
        length += (size_t)sprintf(json + length, "%s\\r\\n", sdp_lines[i]);
        content_length += (size_t)sprintf(content + content_length, "%s\r\n", sdp_lines[i]);
    }
    while (length < size - 2) {
        json[length++] = 'x';
        content[content_length++] = 'x';
    }
    length += (size_t)sprintf(json + length, "\"}");
    struct template *template = new_template(kind, json, length, content, content_length);
    free(json);
    return template;
}

/// A candidate message of `size` bytes, or of its natural size when that is more.
static struct template *new_candidate(size_t size) {
    static const char format[] = "{\"type\":\"ice_candidate\",\"candidate\":{\"candidate\":\"%s\","
                                 "\"sdpMLineIndex\":0,\"sdpMid\":\"0\"}}";
    size_t natural = strlen(format) - strlen("%s") + strlen(candidate_text);
    size_t padding = size > natural ? size - natural : 0;
    char *content = malloc(strlen(candidate_text) + padding + 1), *json = malloc(natural + padding + 1);
    size_t content_length = strlen(candidate_text);
    memcpy(content, candidate_text, content_length);
    for (size_t i = 0; i < padding; i++) {
        content[content_length++] = i == 0 ? ' ' : 'n';
    }
    content[content_length] = 0;
    size_t length = (size_t)sprintf(json, format, content);
    struct template *template = new_template(KIND_CANDIDATE, json, length, content, content_length);
    free(json);
    return template;
}

struct templates build_templates(const struct options *options) {
    struct templates templates = {0};
    const struct template *descriptions[MAX_SDP_SIZES];
    for (int i = 0; i < options->sdp_sizes; i++) {
        descriptions[i] = new_description(i % 2 ? KIND_ANSWER : KIND_OFFER, (size_t)options->sdp_bytes[i]);
    }
    templates.offer = new_description(KIND_OFFER, (size_t)options->sdp_bytes[0]);
    templates.answer = new_description(KIND_ANSWER, (size_t)options->sdp_bytes[0]);
    templates.candidate = new_candidate((size_t)options->candidate_bytes);
    int turns = options->mix_descriptions ? options->sdp_sizes : 1, next = 0;
    for (int turn = 0; turn < turns; turn++) {
        for (int i = 0; i < options->mix_descriptions && templates.pattern_length < MAX_PATTERN; i++) {
            templates.pattern[templates.pattern_length++] = descriptions[next++ % options->sdp_sizes];
        }
        for (int i = 0; i < options->mix_candidates && templates.pattern_length < MAX_PATTERN; i++) {
            templates.pattern[templates.pattern_length++] = templates.candidate;
        }
    }
    return templates;
}
