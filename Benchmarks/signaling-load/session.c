#include "failure.h"
#include "generator.h"

// A session is what a call costs a server: two connections, two joins, an offer, an answer, the candidates of
// both, and both connections closed. A slot runs one after the other.

void session_start(struct client *first, uint64_t now) {
    struct client *second = first->peer;
    first->room = second->room = (int)generator.sessions_started++;
    generator.session_started_at[first->index / 2] = now;
    client_start(first);
    client_start(second);
}

void session_ready(struct client *client) {
    if (client->peer->state == CLIENT_READY) {
        client_send(client->index % 2 ? client->peer : client, generator.templates.offer);
    }
}

static void send_candidates(struct client *client) {
    for (int i = 0; i < generator.options.candidates; i++) {
        client_send(client, generator.templates.candidate);
    }
}

static bool has_everything(const struct client *client) {
    return client->described && client->candidates_received == generator.options.candidates;
}

void session_message(struct client *receiver, enum message_kind kind) {
    switch (kind) {
    case KIND_OFFER:
        client_send(receiver, generator.templates.answer);
        send_candidates(receiver);
        receiver->described = true;
        break;
    case KIND_ANSWER:
        send_candidates(receiver);
        receiver->described = true;
        break;
    case KIND_CANDIDATE: receiver->candidates_received++; break;
    }
    if (has_everything(receiver) && has_everything(receiver->peer)) {
        client_close(receiver);
        client_close(receiver->peer);
    }
}

void session_closed(struct client *client, uint64_t now) {
    struct client *first = client->index % 2 ? client->peer : client;
    if (client->peer->state != CLIENT_CLOSED) {
        return;
    }
    if (has_everything(client) && has_everything(client->peer)) {
        generator.sessions_completed++;
        if (generator.measuring) {
            histogram_record(&generator.latency, now - generator.session_started_at[first->index / 2]);
        }
    } else if (!generator.stopping) {
        note_error("a session was cut short");
    }
    if (generator.stopping) {
        generator.slots_finished++;
    } else {
        session_start(first, now);
    }
}
