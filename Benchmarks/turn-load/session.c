#define _GNU_SOURCE
#include <arpa/inet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"

#define MAX_TRIES 8
#define PROTOCOL_UDP (17u << 24)
#define UNAUTHORIZED 401
#define STALE_NONCE 438

void session_fail(struct session *session, const char *why) {
    if (session->state == SESSION_FAILED) {
        return;
    }
    note_error("session %d, state %d: %s", session->index, session->state, why);
    session->state = SESSION_FAILED;
    generator.failed++;
}

static struct session *partner(const struct session *session) {
    return &generator.sessions[session->index ^ 1];
}

static void transmit(struct session *session) {
    struct transaction *transaction = &session->transaction;
    transaction->sent_at = now_ns();
    transaction->tries++;
    if (session->stream) {
        stream_send(session, transaction->request, transaction->length);
    } else {
        // What gets lost is sent again later.
        (void)!send(session->client, transaction->request, transaction->length, MSG_DONTWAIT);
    }
}

static void begin_request(struct session *session, struct stun_writer *writer, uint16_t type) {
    static uint64_t serial;
    struct transaction *transaction = &session->transaction;
    if (serial == 0) {
        (void)!getrandom(&serial, sizeof serial, 0);
    }
    serial++;
    memset(transaction, 0, sizeof *transaction);
    memcpy(transaction->id, &serial, sizeof serial);
    stun_begin(writer, transaction->request, type, transaction->id);
}

static void send_request(struct session *session, struct stun_writer *writer) {
    if (session->nonce_length) {
        credentials_sign(&generator.credentials, writer, session->nonce, session->nonce_length);
    }
    session->transaction.length = writer->length;
    transmit(session);
}

/// Sends the request of the session's state.
static void request(struct session *session) {
    struct stun_writer writer;
    switch (session->state) {
    case SESSION_ALLOCATING:
        begin_request(session, &writer, STUN_ALLOCATE_REQUEST);
        stun_add_word(&writer, STUN_REQUESTED_TRANSPORT, PROTOCOL_UDP);
        break;
    case SESSION_PERMITTING:
        begin_request(session, &writer, STUN_CREATE_PERMISSION_REQUEST);
        stun_add_address(&writer, STUN_XOR_PEER_ADDRESS, &session->peer_address);
        break;
    case SESSION_BINDING:
        begin_request(session, &writer, STUN_CHANNEL_BIND_REQUEST);
        stun_add_word(&writer, STUN_CHANNEL_NUMBER, (uint32_t)session->channel << 16);
        stun_add_address(&writer, STUN_XOR_PEER_ADDRESS, &session->peer_address);
        break;
    case SESSION_ENDING:
        begin_request(session, &writer, STUN_REFRESH_REQUEST);
        stun_add_word(&writer, STUN_LIFETIME, 0);
        break;
    default: return;
    }
    send_request(session, &writer);
}

static void enter(struct session *session, enum session_state state) {
    session->state = state;
    request(session);
}

void session_connected(struct session *session) {
    enter(session, SESSION_ALLOCATING);
}

void session_start(struct session *session) {
    session->started_at = now_ns();
    if (generator.options.transport != TRANSPORT_UDP) {
        session->state = SESSION_CONNECTING;
        stream_open(session);
        return;
    }
    session->client = open_datagram_socket();
    if (connect(session->client, (struct sockaddr *)&generator.server, sizeof generator.server)) {
        session_fail(session, "connect");
        return;
    }
    watch(session->client, client_tag(session), EPOLLIN);
    session_connected(session);
}

void session_retransmit(struct session *session, uint64_t now) {
    bool waits = session->state == SESSION_ALLOCATING || session->state == SESSION_PERMITTING ||
                 session->state == SESSION_BINDING;
    if (!waits || session->stream || now - session->transaction.sent_at < NANOSECONDS_PER_SECOND / 2) {
        return;
    }
    if (session->transaction.tries == MAX_TRIES) {
        session_fail(session, "no answer");
        return;
    }
    transmit(session);
}

void session_end(struct session *session) {
    if (session->state == SESSION_READY) {
        enter(session, SESSION_ENDING);
    }
}

/// The relayed address is known; goes on as soon as the peer is known as well.
static void allocated(struct session *session, const uint8_t *message, size_t length) {
    struct stun_attribute relayed;
    if (!stun_find(message, length, STUN_XOR_RELAYED_ADDRESS, &relayed) ||
        !stun_read_address(&relayed, &session->relayed_address) ||
        ntohl(session->relayed_address.sin_addr.s_addr) >> 24 != 127) {
        session_fail(session, "no relayed address on loopback");
        return;
    }
    session->state = SESSION_ALLOCATED;
    if (!generator.options.pairs) {
        if (session->peer >= 0) {
            connect_peer(session);
        }
        enter(session, SESSION_PERMITTING);
        return;
    }
    struct session *other = partner(session);
    if (other->state == SESSION_ALLOCATED) {
        session->peer_address = other->relayed_address;
        other->peer_address = session->relayed_address;
        enter(session, SESSION_PERMITTING);
        enter(other, SESSION_PERMITTING);
    }
}

static void become_ready(struct session *session) {
    session->state = SESSION_READY;
    prepare_header(session);
    histogram_record(&generator.setup_time, now_ns() - session->started_at);
    generator.ready++;
}

static void succeeded(struct session *session, const uint8_t *message, size_t length) {
    if (!generator.options.unsigned_answers && !credentials_verify(&generator.credentials, message, length)) {
        session_fail(session, "the answer's integrity does not match");
        return;
    }
    switch (session->state) {
    case SESSION_ALLOCATING: allocated(session, message, length); break;
    case SESSION_PERMITTING:
        if (generator.options.indications) {
            become_ready(session);
        } else {
            enter(session, SESSION_BINDING);
        }
        break;
    case SESSION_BINDING: become_ready(session); break;
    case SESSION_ENDING:
        session->state = SESSION_UNUSED;
        generator.ended++;
        break;
    default: break;
    }
}

static void refused(struct session *session, const uint8_t *message, size_t length) {
    struct stun_attribute error, realm, nonce;
    int code = 0;
    if (stun_find(message, length, STUN_ERROR_CODE, &error) && error.length >= 4) {
        code = error.value[2] * 100 + error.value[3];
    }
    bool asks_again = code == STALE_NONCE || (code == UNAUTHORIZED && session->nonce_length == 0);
    if (!asks_again || !stun_find(message, length, STUN_NONCE, &nonce) || nonce.length > MAX_NONCE_BYTES) {
        char text[32] = "refused with ";
        text[13] = (char)('0' + code / 100 % 10);
        text[14] = (char)('0' + code / 10 % 10);
        text[15] = (char)('0' + code % 10);
        session_fail(session, text);
        return;
    }
    memcpy(session->nonce, nonce.value, nonce.length);
    session->nonce_length = nonce.length;
    if (stun_find(message, length, STUN_REALM, &realm)) {
        credentials_learn_realm(&generator.credentials, &realm);
    }
    request(session);
}

void session_receive(struct session *session, const uint8_t *message, size_t length) {
    if (length < STUN_HEADER_BYTES ||
        memcmp(message + 8, session->transaction.id, STUN_TRANSACTION_ID_BYTES) != 0) {
        return;
    }
    switch (read_u16(message) & STUN_CLASS_MASK) {
    case STUN_CLASS_SUCCESS: succeeded(session, message, length); break;
    case STUN_CLASS_ERROR: refused(session, message, length); break;
    default: break;
    }
}
