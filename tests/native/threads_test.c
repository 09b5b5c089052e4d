/* SPDX-License-Identifier: MIT */
/*
 * Different peers and servers on different threads at the same time, with no lock between them. Says little
 * by itself: it is built once more with ThreadSanitizer (tests/native/tsan.test.mjs), which sees any state
 * they share.
 */
#define _POSIX_C_SOURCE 200809L

#include "certificates.h"
#include "fake_names.h"
#include "test.h"
#include "wspeer.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 5, MESSAGES = 50 };

typedef struct worker {
    pthread_t thread;
    const char *failure; /* NULL: everything went well */
} worker;

static const double PATIENCE_SECONDS = 30;

/* A server and a client of this thread's own. */
typedef struct couple {
    wsp_tcp_server *listener;
    wsp_peer *client, *server;
} couple;

/* The same for all threads. */
static wsp_tls_options *client_options, *server_options;

static bool accept_stream(couple *pair, wsp_stream *stream)
{
    if (server_options != NULL && wsp_stream_accept_tls(stream, server_options) != WSP_OK)
        return false;
    return wsp_peer_accept_stream(pair->server, stream) == WSP_OK;
}

static bool poll_until_open(couple *pair)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (wsp_now() < until) {
        wsp_stream *stream = wsp_tcp_server_take_connection(pair->listener);
        if (stream != NULL && !accept_stream(pair, stream))
            return false;
        wsp_peer_poll(pair->server);
        (void)wsp_peer_poll_wait(pair->client, 0.001);
        if (wsp_peer_get_ready_state(pair->client) == WSP_STATE_OPEN &&
            wsp_peer_get_ready_state(pair->server) == WSP_STATE_OPEN)
            return true;
    }
    return false;
}

static bool echo_once(couple *pair, int number)
{
    char text[32];
    (void)snprintf(text, sizeof text, "message %d", number);
    if (wsp_peer_send_text(pair->client, text) != WSP_OK)
        return false;
    double until = wsp_now() + PATIENCE_SECONDS;
    while (wsp_peer_get_available_packet_count(pair->server) == 0 && wsp_now() < until)
        (void)wsp_peer_poll_wait(pair->server, 0.01);
    size_t size = 0;
    const uint8_t *packet = wsp_peer_get_packet(pair->server, &size);
    return packet != NULL && size == strlen(text) && memcmp(packet, text, size) == 0;
}

static bool poll_until_closed(couple *pair)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (wsp_now() < until && (wsp_peer_get_ready_state(pair->client) != WSP_STATE_CLOSED ||
                                 wsp_peer_get_ready_state(pair->server) != WSP_STATE_CLOSED)) {
        wsp_peer_poll(pair->server);
        (void)wsp_peer_poll_wait(pair->client, 0.001);
    }
    return wsp_peer_get_close_code(pair->client) == 1000 && wsp_peer_get_close_code(pair->server) == 1000;
}

static const char *run_round(couple *pair, const char *host)
{
    char url[64];
    (void)snprintf(url, sizeof url, "%s://%s:%u/", client_options != NULL ? "wss" : "ws", host,
                   wsp_tcp_server_get_local_port(pair->listener));
    if (wsp_peer_connect_to_url(pair->client, url, client_options) != WSP_OK || !poll_until_open(pair))
        return "the pair did not open";
    for (int i = 0; i < MESSAGES; i++) {
        if (!echo_once(pair, i))
            return "a message was lost";
    }
    if (wsp_peer_close(pair->client, 1000, "done") != WSP_OK || !poll_until_closed(pair))
        return "the pair did not close";
    return NULL;
}

static void *work(void *user)
{
    worker *self = user;
    couple pair = {wsp_tcp_server_create(), wsp_peer_create(), wsp_peer_create()};
    if (wsp_tcp_server_listen(pair.listener, 0, "127.0.0.1") != WSP_OK)
        self->failure = "no listener";
    /* A name takes the way through the lookup threads, a literal does not. */
    for (int round = 0; round < ROUNDS && self->failure == NULL; round++)
        self->failure = run_round(&pair, round % 2 == 0 ? "127.0.0.1" : "somewhere.test");
    wsp_peer_destroy(pair.client);
    wsp_peer_destroy(pair.server);
    wsp_tcp_server_destroy(pair.listener);
    return NULL;
}

static void echo(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text, void *user)
{
    (void)is_text;
    (void)user;
    (void)wsp_peer_send(wsp_server_get_peer(server, id), data, size, WSP_WRITE_MODE_BINARY);
    (void)wsp_server_broadcast(server, data, size, WSP_WRITE_MODE_BINARY, id);
}

static const char *run_server_round(wsp_server *server, wsp_peer *client)
{
    char url[64];
    size_t echoes = 0;
    double until = wsp_now() + PATIENCE_SECONDS;
    (void)snprintf(url, sizeof url, "%s://127.0.0.1:%u/", client_options != NULL ? "wss" : "ws",
                   wsp_server_get_local_port(server));
    if (wsp_peer_connect_to_url(client, url, client_options) != WSP_OK)
        return "no connection";
    for (bool was_open = false; wsp_peer_get_ready_state(client) != WSP_STATE_CLOSED;) {
        if (wsp_now() > until)
            return "the client did not come to its end";
        (void)wsp_server_poll_wait(server, 0.001);
        wsp_peer_poll(client);
        if (!was_open && wsp_peer_get_ready_state(client) == WSP_STATE_OPEN) {
            was_open = true;
            for (int i = 0; i < MESSAGES; i++)
                (void)wsp_peer_send_text(client, "hello");
        }
        while (wsp_peer_get_packet(client, NULL) != NULL)
            echoes++;
        if (echoes == MESSAGES)
            (void)wsp_peer_close(client, 1000, "done");
    }
    return wsp_peer_get_close_code(client) == 1000 ? NULL : "the client did not close";
}

/* A wsp_server of this thread's own. */
static void *serve(void *user)
{
    static const wsp_server_handlers handlers = {.data_received = echo};
    worker *self = user;
    wsp_server *server = wsp_server_create();
    wsp_peer *client = wsp_peer_create();
    if (wsp_server_set_tls_options(server, server_options) != WSP_OK ||
        wsp_server_set_handlers(server, &handlers, NULL) != WSP_OK ||
        wsp_server_set_bind_ip(server, "127.0.0.1") != WSP_OK ||
        wsp_server_listen(server, 0, NULL, 0) != WSP_OK)
        self->failure = "no server";
    for (int round = 0; round < ROUNDS && self->failure == NULL; round++)
        self->failure = run_server_round(server, client);
    wsp_peer_destroy(client);
    wsp_server_destroy(server);
    return NULL;
}

static void run_workers(void *(*job)(void *worker))
{
    fake_names_begin();
    fake_names_add("somewhere.test", "127.0.0.1");
    static worker workers[THREADS];
    memset(workers, 0, sizeof workers);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&workers[i].thread, NULL, job, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        TEST_NOTE("thread %d: %s", i, workers[i].failure != NULL ? workers[i].failure : "");
        CHECK(workers[i].failure == NULL);
    }
}

static void peers_on_different_threads_do_not_disturb_each_other(void)
{
    run_workers(work);
}

static void servers_on_different_threads_do_not_disturb_each_other(void)
{
    run_workers(serve);
}

static void destroy_options(void)
{
    wsp_tls_options_destroy(client_options);
    wsp_tls_options_destroy(server_options);
    client_options = NULL;
    server_options = NULL;
}

/* Sessions that one thread keeps are resumed by another. */
static void threads_share_tls_options(void)
{
    wspi_test_at_case_end(destroy_options);
    test_certificate_wish wish = {.issuer = test_authority(),
                                  .common_name = "for all threads",
                                  .alternative_names = "DNS:somewhere.test,IP:127.0.0.1"};
    test_certificate *own = test_certificate_create(&wish);
    client_options = wsp_tls_options_client(test_authority()->certificate, NULL);
    server_options = wsp_tls_options_server(own->key, own->certificate);
    test_certificate_destroy(own);
    CHECK(client_options != NULL && server_options != NULL);
    run_workers(work);
    run_workers(serve);
}

static void *fail_lookups(void *user)
{
    worker *self = user;
    wsp_peer *peer = wsp_peer_create();
    for (int i = 0; i < 10 && self->failure == NULL; i++) {
        if (wsp_peer_connect_to_url(peer, "ws://nowhere.test/", NULL) != WSP_OK)
            self->failure = "the lookup did not start";
        /* Every other one is abandoned while it may be running. */
        while (i % 2 == 0 && wsp_peer_get_ready_state(peer) == WSP_STATE_CONNECTING)
            (void)wsp_peer_poll_wait(peer, 0.1);
        (void)wsp_peer_close(peer, -1, NULL);
    }
    wsp_peer_destroy(peer);
    return NULL;
}

static void lookups_of_many_threads_share_the_pool_safely(void)
{
    fake_names_begin();
    fake_names_add_failure("nowhere.test", EAI_NONAME, 0);
    static worker workers[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&workers[i].thread, NULL, fail_lookups, &workers[i]), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(workers[i].failure == NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(peers_on_different_threads_do_not_disturb_each_other),
    TEST_CASE(servers_on_different_threads_do_not_disturb_each_other),
    TEST_CASE(threads_share_tls_options),
    TEST_CASE(lookups_of_many_threads_share_the_pool_safely),
};

TEST_MAIN(cases)
