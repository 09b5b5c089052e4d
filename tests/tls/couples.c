/* SPDX-License-Identifier: MIT */
/*
 * Many TLS connections in one process: THREADS threads, each with PAIRS clients and the server's ends of
 * them, and all of them share one wsp_tls_options for clients and one for servers, which are destroyed while
 * the connections go on. Each client sends a message of SIZE bytes and wants it back, three times, and
 * closes. Prints `ok N connections` and exits 0.
 *
 * usage: couples KEY CERTIFICATE AUTHORITIES THREADS PAIRS SIZE
 *        AUTHORITIES -: the clients have no options, and trust whom the system trusts
 */
#define _POSIX_C_SOURCE 200809L

#include "couples.h"
#include "wspeer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 64, ROUNDS = 3 };

static const double PATIENCE_SECONDS = 120;

typedef struct couple {
    wsp_peer *client, *server;
    bool sent;
    unsigned round; /* messages that came back */
} couple;

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *opened; /* all connections of all threads are open */
    const wsp_tls_options *client_options, *server_options;
    size_t pairs, size;
    uint8_t *payload;
    wsp_tcp_server *listener;
    couple *couples;
    size_t accepted;
    const char *failure; /* NULL: all went well */
} worker;

/* -- one turn of everything -------------------------------------------------- */

static wsp_peer *make_peer(const worker *self)
{
    size_t room = self->size + 1024;
    wsp_peer *peer = wsp_peer_create();
    if (peer && wsp_peer_set_inbound_buffer_size(peer, room) == WSP_OK &&
        wsp_peer_set_outbound_buffer_size(peer, room) == WSP_OK &&
        wsp_peer_set_connect_timeout(peer, PATIENCE_SECONDS) == WSP_OK) {
        return peer;
    }
    wsp_peer_destroy(peer);
    return NULL;
}

static bool accept_waiting(worker *self)
{
    wsp_stream *stream;
    while ((stream = wsp_tcp_server_take_connection(self->listener)) != NULL) {
        wsp_peer *peer = self->accepted < self->pairs ? make_peer(self) : NULL;
        if (!peer || wsp_stream_accept_tls(stream, self->server_options) != WSP_OK ||
            wsp_peer_accept_stream(peer, stream) != WSP_OK) {
            wsp_stream_destroy(stream);
            wsp_peer_destroy(peer);
            return false;
        }
        self->couples[self->accepted++].server = peer;
    }
    return true;
}

static void echo(wsp_peer *server)
{
    size_t size;
    const uint8_t *packet = wsp_peer_get_packet(server, &size);
    if (packet) {
        wsp_peer_send(server, packet, size, WSP_WRITE_MODE_BINARY);
    }
}

static bool take_echo(worker *self, couple *one)
{
    size_t size;
    const uint8_t *packet = wsp_peer_get_packet(one->client, &size);
    if (!packet) {
        return true;
    }
    if (size != self->size || memcmp(packet, self->payload, size) != 0) {
        self->failure = "an echo is not what was sent";
        return false;
    }
    one->sent = false;
    one->round++;
    return true;
}

static bool converse(worker *self, couple *one)
{
    if (one->round < ROUNDS && !one->sent) {
        one->sent = wsp_peer_send(one->client, self->payload, self->size, WSP_WRITE_MODE_BINARY) == WSP_OK;
    } else if (one->round == ROUNDS) {
        wsp_peer_close(one->client, WSP_CLOSE_NORMAL, NULL);
    }
    return take_echo(self, one);
}

static bool is_in(const couple *one, wsp_state state)
{
    return wsp_peer_get_ready_state(one->client) == state && one->server &&
           wsp_peer_get_ready_state(one->server) == state;
}

/* Turns until both ends of every couple are in `state`; false when time is over or a connection ended before.
 */
static bool turn_until(worker *self, wsp_state state)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (!self->failure && wsp_now() < until) {
        size_t there = 0;
        if (self->accepted < self->pairs && !accept_waiting(self)) {
            return false;
        }
        for (size_t i = 0; i < self->pairs && !self->failure; i++) {
            couple *one = &self->couples[i];
            wsp_peer_poll(one->client);
            if (one->server) {
                wsp_peer_poll(one->server);
                echo(one->server);
            }
            if (state == WSP_STATE_CLOSED) {
                converse(self, one);
            }
            there += is_in(one, state) ? 1 : 0;
        }
        if (there == self->pairs) {
            return true;
        }
        wsp_peer_poll_wait(self->couples[0].client, 0.001);
    }
    return false;
}

/* -- the life of a thread ----------------------------------------------------- */

static bool start(worker *self)
{
    char url[64];
    self->listener = wsp_tcp_server_create();
    self->couples = calloc(self->pairs, sizeof *self->couples);
    if (!self->couples || !self->listener ||
        wsp_tcp_server_listen(self->listener, 0, "127.0.0.1") != WSP_OK) {
        return false;
    }
    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%u/", wsp_tcp_server_get_local_port(self->listener));
    for (size_t i = 0; i < self->pairs; i++) {
        couple *one = &self->couples[i];
        one->client = make_peer(self);
        if (!one->client || wsp_peer_connect_to_url(one->client, url, self->client_options) != WSP_OK) {
            return false;
        }
        /* A listener's queue is shorter than all of them. */
        if (i % 64 == 63 && !accept_waiting(self)) {
            return false;
        }
    }
    return true;
}

static void check_ends(worker *self)
{
    for (size_t i = 0; i < self->pairs; i++) {
        const couple *one = &self->couples[i];
        if (one->round != ROUNDS || wsp_peer_get_close_code(one->client) != WSP_CLOSE_NORMAL ||
            wsp_peer_get_close_code(one->server) != WSP_CLOSE_NORMAL) {
            self->failure = "a connection did not end as it should";
        }
    }
}

static void tell_first_error(worker *self)
{
    for (size_t i = 0; self->couples && i < self->pairs; i++) {
        const wsp_peer *client = self->couples[i].client;
        if (wsp_peer_get_error(client) != WSP_OK) {
            printf("client %zu: %s\n", i, wsp_peer_get_error_message(client));
            break;
        }
    }
}

static void clean_up(worker *self)
{
    for (size_t i = 0; self->couples && i < self->pairs; i++) {
        wsp_peer_destroy(self->couples[i].client);
        wsp_peer_destroy(self->couples[i].server);
    }
    free(self->couples);
    wsp_tcp_server_destroy(self->listener);
}

static void *work(void *user)
{
    worker *self = user;
    if (!start(self)) {
        self->failure = "the connections could not be started";
    } else if (!turn_until(self, WSP_STATE_OPEN)) {
        self->failure = "the connections did not open";
    }
    pthread_barrier_wait(self->opened); /* Now main destroys the options... */
    pthread_barrier_wait(self->opened); /* ...and has. */
    if (!self->failure && !turn_until(self, WSP_STATE_CLOSED) && !self->failure) {
        self->failure = "the connections did not close";
    }
    if (self->failure) {
        tell_first_error(self);
    } else {
        check_ends(self);
    }
    clean_up(self);
    return NULL;
}

/* -- main -------------------------------------------------------------------- */

static int run(worker *pattern, unsigned threads, wsp_tls_options *client, wsp_tls_options *server)
{
    static worker workers[MOST_THREADS];
    pthread_barrier_t opened;
    int status = 0;
    /* Without threads of its own the program can run on the virtual network, which knows one thread only. */
    pthread_barrier_init(&opened, NULL, threads == 1 ? 1 : threads + 1);
    pattern->opened = &opened;
    pattern->client_options = client;
    pattern->server_options = server;
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = *pattern;
        if (threads > 1 && pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            return 1;
        }
    }
    if (threads == 1) {
        work(&workers[0]);
    } else {
        pthread_barrier_wait(&opened);
        wsp_tls_options_destroy(client);
        wsp_tls_options_destroy(server);
        pthread_barrier_wait(&opened);
    }
    for (unsigned i = 0; i < threads; i++) {
        if (threads > 1) {
            pthread_join(workers[i].thread, NULL);
        }
        if (workers[i].failure) {
            printf("thread %u: %s\n", i, workers[i].failure);
            status = 1;
        }
    }
    if (threads == 1) {
        wsp_tls_options_destroy(client);
        wsp_tls_options_destroy(server);
    }
    pthread_barrier_destroy(&opened);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: couples KEY CERTIFICATE AUTHORITIES THREADS PAIRS SIZE\n");
        return 2;
    }
    unsigned threads = (unsigned)strtoul(argv[4], NULL, 10);
    worker pattern = {.pairs = strtoul(argv[5], NULL, 10), .size = strtoul(argv[6], NULL, 10)};
    couples_prepare_network();
    bool has_options = strcmp(argv[3], "-") != 0;
    wsp_tls_options *client = has_options ? wsp_tls_options_client_from_files(argv[3], NULL) : NULL;
    wsp_tls_options *server =
        client || !has_options ? wsp_tls_options_server_from_files(argv[1], argv[2]) : NULL;
    if (!server) {
        printf("no options: %s\n", wsp_tls_last_error());
        wsp_tls_options_destroy(client);
        return 1;
    }
    pattern.payload = malloc(pattern.size);
    if (!pattern.payload || threads < 1 || threads > MOST_THREADS) {
        return 2;
    }
    for (size_t i = 0; i < pattern.size; i++) {
        pattern.payload[i] = (uint8_t)(i * 31 + i / 251);
    }
    int status = run(&pattern, threads, client, server);
    free(pattern.payload);
    if (status == 0) {
        printf("ok %zu connections\n", threads * pattern.pairs);
    }
    return status;
}
