#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "failure.h"
#include "generator.h"

/// What may wait for a socket that takes no more; then packets are refused.
#define OUTBOX_BYTES (128 << 10)
#define READ_BYTES (64 << 10)
/// The longest message there is: what is left over from a read is always shorter.
#define MAX_MESSAGE_BYTES 4096

struct stream {
    /// NULL on plain TCP.
    SSL *tls;
    uint8_t *outbox;
    size_t outbox_length;
    /// The beginning of a message whose end has not come.
    uint8_t rest[MAX_MESSAGE_BYTES];
    size_t rest_length;
};

static SSL_CTX *tls_context;

void prepare_streams(void) {
    if (generator.options.transport != TRANSPORT_TLS) {
        return;
    }
    // The server's certificate is self-made: it is not checked.
    tls_context = SSL_CTX_new(TLS_client_method());
    if (!tls_context) {
        die("OpenSSL gives no context");
    }
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(tls_context, 1);
}

static void set_interest(const struct session *session, uint32_t events) {
    struct epoll_event interest = {.events = events, .data.u64 = client_tag(session)};
    epoll_ctl(generator.poller, EPOLL_CTL_MOD, session->client, &interest);
}

void stream_open(struct session *session) {
    struct stream *stream = calloc(1, sizeof *stream);
    int one = 1;
    stream->outbox = malloc(OUTBOX_BYTES);
    session->stream = stream;
    session->client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(session->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int result = connect(session->client, (struct sockaddr *)&generator.server, sizeof generator.server);
    if (result < 0 && errno != EINPROGRESS) {
        session_fail(session, "connect");
        return;
    }
    watch(session->client, client_tag(session), EPOLLIN | EPOLLOUT);
    if (tls_context) {
        stream->tls = SSL_new(tls_context);
        SSL_set_fd(stream->tls, session->client);
        SSL_set_connect_state(stream->tls);
    }
}

/// Whether OpenSSL only waits for the socket.
static bool waits(const struct stream *stream, int result) {
    int error = SSL_get_error(stream->tls, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/// Bytes written: fewer than asked, or none, when the socket takes no more. The session fails on an error.
static size_t write_some(struct session *session, const uint8_t *bytes, size_t length) {
    struct stream *stream = session->stream;
    if (!stream->tls) {
        ssize_t written = send(session->client, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0 && errno != EAGAIN) {
            session_fail(session, strerror(errno));
        }
        return written < 0 ? 0 : (size_t)written;
    }
    size_t written = 0;
    if (!SSL_write_ex(stream->tls, bytes, length, &written) && !waits(stream, 0)) {
        session_fail(session, "TLS write");
    }
    return written;
}

bool stream_send(struct session *session, const uint8_t *bytes, size_t length) {
    struct stream *stream = session->stream;
    size_t written = 0;
    if (session->state == SESSION_FAILED || stream->outbox_length + length > OUTBOX_BYTES) {
        return false;
    }
    if (stream->outbox_length == 0) {
        written = write_some(session, bytes, length);
        if (written == length) {
            return true;
        }
        set_interest(session, EPOLLIN | EPOLLOUT);
    }
    memcpy(stream->outbox + stream->outbox_length, bytes + written, length - written);
    stream->outbox_length += length - written;
    return true;
}

static void flush_outbox(struct session *session) {
    struct stream *stream = session->stream;
    size_t written = stream->outbox_length ? write_some(session, stream->outbox, stream->outbox_length) : 0;
    stream->outbox_length -= written;
    memmove(stream->outbox, stream->outbox + written, stream->outbox_length);
    if (stream->outbox_length == 0) {
        set_interest(session, EPOLLIN);
    }
}

int send_client_frames(struct session *session, int count, uint64_t now) {
    for (int i = 0; i < count; i++) {
        if (!stream_send(session, client_packet(session, i, now), client_packet_bytes())) {
            return i;
        }
    }
    return count;
}

/// The length of the message that begins here, with its padding; more than `length` while it is not known.
static size_t message_length(const uint8_t *bytes, size_t length) {
    if (length < CHANNEL_DATA_HEADER_BYTES) {
        return CHANNEL_DATA_HEADER_BYTES;
    }
    size_t following = read_u16(bytes + 2);
    return is_channel_data(bytes) ? CHANNEL_DATA_HEADER_BYTES + padded(following)
                                  : STUN_HEADER_BYTES + following;
}

/// Hands on each whole message; returns how many bytes they were.
static size_t take_messages(struct session *session, const uint8_t *bytes, size_t length, uint64_t now) {
    size_t offset = 0;
    for (;;) {
        size_t next = message_length(bytes + offset, length - offset);
        if (next > MAX_MESSAGE_BYTES) {
            session_fail(session, "the stream holds something else than messages");
            return length;
        }
        if (length - offset < CHANNEL_DATA_HEADER_BYTES || next > length - offset) {
            return offset;
        }
        client_packet_arrived(session, bytes + offset, next, now);
        offset += next;
    }
}

static size_t read_some(struct session *session, uint8_t *bytes, size_t length) {
    struct stream *stream = session->stream;
    if (!stream->tls) {
        ssize_t count = recv(session->client, bytes, length, MSG_DONTWAIT);
        if (count == 0 || (count < 0 && errno != EAGAIN)) {
            session_fail(session, "the server closed the connection");
        }
        return count < 0 ? 0 : (size_t)count;
    }
    size_t count = 0;
    if (!SSL_read_ex(stream->tls, bytes, length, &count) && !waits(stream, 0)) {
        session_fail(session, "the server closed the TLS connection");
    }
    return count;
}

static void read_messages(struct session *session) {
    static uint8_t buffer[MAX_MESSAGE_BYTES + READ_BYTES];
    struct stream *stream = session->stream;
    while (session->state != SESSION_FAILED) {
        memcpy(buffer, stream->rest, stream->rest_length);
        size_t count = read_some(session, buffer + stream->rest_length, READ_BYTES);
        if (count == 0) {
            return;
        }
        size_t length = stream->rest_length + count;
        size_t taken = take_messages(session, buffer, length, now_ns());
        stream->rest_length = length - taken;
        memcpy(stream->rest, buffer + taken, stream->rest_length);
        if (!stream->tls && count < READ_BYTES) {
            return;
        }
    }
}

static void handshake(struct session *session) {
    int result = SSL_do_handshake(session->stream->tls);
    if (result == 1) {
        set_interest(session, EPOLLIN);
        session_connected(session);
    } else if (!waits(session->stream, result)) {
        session_fail(session, "TLS handshake");
    } else {
        set_interest(session, SSL_want_write(session->stream->tls) ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

void stream_event(struct session *session, uint32_t events) {
    switch (session->state) {
    case SESSION_FAILED:
        // Level-triggered: what nobody reads would be reported for ever.
        close(session->client);
        session->client = -1;
        break;
    case SESSION_CONNECTING:
        if (events & (EPOLLERR | EPOLLHUP)) {
            session_fail(session, "cannot connect");
        } else if (session->stream->tls) {
            session->state = SESSION_HANDSHAKING;
            handshake(session);
        } else {
            set_interest(session, EPOLLIN);
            session_connected(session);
        }
        break;
    case SESSION_HANDSHAKING: handshake(session); break;
    default:
        if (events & EPOLLOUT) {
            flush_outbox(session);
        }
        if (events & ~(uint32_t)EPOLLOUT) {
            read_messages(session);
        }
    }
}
