/* SPDX-License-Identifier: MIT */
/*
 * The loop of a server that keeps its own peers: take connections, poll the peers that have something to do,
 * sleep in between. It costs nothing while nothing happens; a few hundred connections are its size.
 */
#include "serve_loop.h"

#include "console.h"
#include "socket_wait.h"

#include <stdlib.h>
#include <string.h>

static const double PAUSE_WHEN_OUT_OF_FILES = 0.1;
static const double PATIENCE_AT_THE_END = 2.0;

typedef struct served {
    wsp_peer *peer;
    bool due;     /* poll it in this turn */
    bool blocked; /* packets wait for room to send */
} served;

typedef struct serve_state {
    wsp_tcp_server *server;
    const wsp_tls_options *tls;
    const serve_handlers *handlers;
    void *user;
    socket_wait *wait;
    served *peers;
    size_t count;
    size_t capacity;
    bool listener_due; /* a connection waits at the listener */
    bool out_of_files;
} serve_state;

void serve_print_listening(const char *scheme, const char *host, unsigned port)
{
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0) {
        host = "127.0.0.1";
    } else if (strcmp(host, "::") == 0) {
        host = "::1";
    }
    bool ipv6 = strchr(host, ':') != NULL;
    print_line(ipv6 ? "listening on %s://[%s]:%u" : "listening on %s://%s:%u", scheme, host, port);
}

wsp_tcp_server *serve_listen(size_t port, const char *bind_or_null, bool is_secure)
{
    const char *host = bind_or_null ? bind_or_null : "*";
    wsp_tcp_server *server = wsp_tcp_server_create();
    wsp_result result = server ? wsp_tcp_server_listen(server, (int)port, host) : WSP_ERR_OUT_OF_MEMORY;
    if (result == WSP_OK && !socket_wait_catch_signals()) {
        result = WSP_ERR_FAILED;
    }
    if (result != WSP_OK) {
        print_failed(result, NULL);
        wsp_tcp_server_destroy(server);
        return NULL;
    }
    serve_print_listening(is_secure ? "wss" : "ws", host, wsp_tcp_server_get_local_port(server));
    return server;
}

static bool make_room(serve_state *state)
{
    if (state->count < state->capacity) {
        return true;
    }
    size_t capacity = state->capacity ? state->capacity * 2 : 16;
    served *peers = realloc(state->peers, capacity * sizeof *peers);
    if (!peers) {
        return false;
    }
    state->peers = peers;
    state->capacity = capacity;
    return true;
}

/* Makes a peer of a connection. accept_stream owns the stream only when it returns WSP_OK. */
static void accept_peer(serve_state *state, wsp_stream *stream)
{
    wsp_peer *peer = wsp_peer_create();
    bool ready = !state->tls || wsp_stream_accept_tls(stream, state->tls) == WSP_OK;
    if (!ready || !peer || !make_room(state) || !state->handlers->prepare(peer, state->user)) {
        wsp_stream_destroy(stream);
        wsp_peer_destroy(peer);
        return;
    }
    served fresh = {peer, true, false};
    state->peers[state->count++] = fresh;
    if (wsp_peer_accept_stream(peer, stream) != WSP_OK) {
        wsp_stream_destroy(stream); /* The peer is CLOSED and leaves with the next turn. */
    }
}

static void accept_peers(serve_state *state)
{
    /* A listener that is readable and yields nothing has no descriptor left for the connection that waits. */
    state->out_of_files = state->listener_due;
    while (wsp_tcp_server_is_connection_available(state->server)) {
        state->out_of_files = false;
        wsp_stream *stream = wsp_tcp_server_take_connection(state->server);
        if (!stream) {
            /* The system lets us have no more of them now. Waiting for the listener would only spin. */
            state->out_of_files = true;
            return;
        }
        accept_peer(state, stream);
    }
}

/* Sleeps until the listener or a peer has something to do; the listener is entry 0, peer i is entry i + 1. */
static void sleep_until_due(serve_state *state)
{
    socket_wait_begin(state->wait);
    bool added = state->out_of_files ? socket_wait_add(state->wait, -1, 0, PAUSE_WHEN_OUT_OF_FILES)
                                     : socket_wait_add(state->wait, wsp_tcp_server_get_socket(state->server),
                                                       SOCKET_WAIT_READ, -1);
    for (size_t i = 0; i < state->count && added; i++) {
        served *one = &state->peers[i];
        /* A blocked peer may have a full queue; its socket then stays readable without anything to do about
         * it. */
        unsigned interest = one->blocked ? 0 : SOCKET_WAIT_READ;
        if (wsp_peer_wants_write(one->peer)) {
            interest |= SOCKET_WAIT_WRITE;
        }
        added = socket_wait_add(state->wait, wsp_peer_get_socket(one->peer), interest,
                                wsp_peer_get_poll_delay(one->peer));
    }
    if (!added) {
        return; /* Out of memory: no sleep, and the next turn tries again. */
    }
    socket_wait_sleep(state->wait);
    state->listener_due = !state->out_of_files && socket_wait_is_due(state->wait, 0);
    for (size_t i = 0; i < state->count; i++) {
        state->peers[i].due = socket_wait_is_due(state->wait, i + 1);
    }
}

static void remove_peer(serve_state *state, size_t index)
{
    state->handlers->closed(state->peers[index].peer, state->user);
    wsp_peer_destroy(state->peers[index].peer);
    state->peers[index] = state->peers[--state->count];
}

static void poll_peers(serve_state *state)
{
    for (size_t i = 0; i < state->count;) {
        served *one = &state->peers[i];
        if (one->due) {
            wsp_peer_poll(one->peer);
            one->blocked = state->handlers->polled(one->peer, state->user);
        }
        if (wsp_peer_get_ready_state(one->peer) == WSP_STATE_CLOSED) {
            remove_peer(state, i);
        } else {
            i++;
        }
    }
}

/* Sends every peer a close frame and gives them a moment to answer; who does not is cut off. */
static void say_goodbye(serve_state *state)
{
    double until = wsp_now() + PATIENCE_AT_THE_END;
    wsp_tcp_server_stop(state->server);
    for (size_t i = 0; i < state->count; i++) {
        wsp_peer_set_close_timeout(state->peers[i].peer, PATIENCE_AT_THE_END / 2);
        wsp_peer_close(state->peers[i].peer, WSP_CLOSE_GOING_AWAY, NULL);
        state->peers[i].due = true;
    }
    poll_peers(state);
    while (state->count > 0 && wsp_now() < until) {
        sleep_until_due(state);
        poll_peers(state);
    }
    while (state->count > 0) {
        wsp_peer_close(state->peers[state->count - 1].peer, -1, NULL);
        remove_peer(state, state->count - 1);
    }
}

int serve_loop(wsp_tcp_server *server, const wsp_tls_options *tls_or_null, const serve_handlers *handlers,
               void *user)
{
    serve_state state = {server, tls_or_null, handlers, user, socket_wait_create(), NULL, 0, 0, false, false};
    bool ready = state.wait != NULL;
    while (ready && !socket_wait_is_told_to_end(state.wait)) {
        sleep_until_due(&state);
        accept_peers(&state);
        poll_peers(&state);
    }
    say_goodbye(&state);
    free(state.peers);
    socket_wait_destroy(state.wait);
    wsp_tcp_server_destroy(server);
    return ready ? 0 : 1;
}
