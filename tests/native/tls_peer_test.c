/* SPDX-License-Identifier: MIT */
/*
 * Peers over TLS on real sockets: backend_native.c and link_opening.c bring wss:// up, stream_tls.c carries
 * it, poll_wait sleeps meanwhile, and what ends a connection is told.
 */
#include "certificates.h"
#include "failing_allocator.h"
#include "loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double PATIENCE_SECONDS = 20;

static wsp_tls_options *server_options, *client_options;

static void clean_up(void)
{
    wsp_tls_options_destroy(server_options);
    wsp_tls_options_destroy(client_options);
    server_options = NULL;
    client_options = NULL;
}

/* The peers are not connected yet. */
static loopback *begin(void)
{
    wspi_test_at_case_end(clean_up);
    const test_certificate *own = test_server_certificate();
    server_options = wsp_tls_options_server(own->key, own->certificate);
    client_options = wsp_tls_options_client(test_authority()->certificate, NULL);
    CHECK(server_options != NULL && client_options != NULL);
    return loopback_begin();
}

static void get_secure_url(const loopback *pair, const char *host, char *out, size_t size)
{
    (void)snprintf(out, size, "wss://%s:%u/", host, wsp_tcp_server_get_local_port(pair->listener));
}

static wsp_stream *take_stream(loopback *pair)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    wsp_stream *stream = NULL;
    while (stream == NULL && wsp_now() < until) {
        (void)wsp_peer_poll_wait(pair->client, 0.001);
        stream = wsp_tcp_server_take_connection(pair->listener);
    }
    CHECK(stream != NULL);
    return stream;
}

static void connect_securely(loopback *pair, const char *host, const wsp_tls_options *options)
{
    char url[64];
    get_secure_url(pair, host, url, sizeof url);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, url, options), WSP_OK);
    wsp_stream *stream = take_stream(pair);
    CHECK_RESULT(wsp_stream_accept_tls(stream, client_options), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_stream_accept_tls(stream, server_options), WSP_OK);
    CHECK_RESULT(wsp_stream_accept_tls(stream, server_options), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_peer_accept_stream(pair->server, stream), WSP_OK);
}

static void open_securely(loopback *pair)
{
    connect_securely(pair, "localhost", client_options);
    loopback_poll_until(pair, pair->client, WSP_STATE_OPEN);
    loopback_poll_until(pair, pair->server, WSP_STATE_OPEN);
}

static void messages_and_the_close_pass_through_tls(void)
{
    loopback *pair = begin();
    open_securely(pair);
    CHECK_CONTAINS(wsp_peer_get_requested_url(pair->server), "wss://localhost:");
    CHECK_RESULT(wsp_peer_send_text(pair->client, "to the server"), WSP_OK);
    loopback_poll_packets(pair, pair->server, 1);
    loopback_check_text(pair->server, "to the server", 13);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "last words"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair->server, 4001, "enough"), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    loopback_check_text(pair->client, "last words", 10);
    CHECK_INT(wsp_peer_get_close_code(pair->client), 4001);
    CHECK_INT(wsp_peer_get_close_code(pair->server), 4001);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_OK);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_OK);
}

static void large_messages_pass_both_ways(void)
{
    loopback *pair = begin();
    enum { SIZE = 5 * 1024 * 1024 };
    wsp_peer *peers[2] = {pair->client, pair->server};
    for (int i = 0; i < 2; i++) {
        CHECK_RESULT(wsp_peer_set_inbound_buffer_size(peers[i], SIZE), WSP_OK);
        CHECK_RESULT(wsp_peer_set_outbound_buffer_size(peers[i], SIZE), WSP_OK);
    }
    open_securely(pair);
    uint8_t *bytes = malloc(SIZE);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 10));
    for (int i = 0; i < 2; i++) {
        CHECK_RESULT(wsp_peer_send(peers[i], bytes, SIZE, WSP_WRITE_MODE_BINARY), WSP_OK);
        loopback_poll_packets(pair, peers[1 - i], 1);
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(peers[1 - i], &size);
        CHECK_BYTES(packet, size, bytes, SIZE);
    }
    free(bytes);
}

static void a_refused_certificate_ends_both_sides_with_its_reason(void)
{
    loopback *pair = begin();
    wsp_tls_options *wrong = wsp_tls_options_client(test_authority()->certificate, "elsewhere.test");
    connect_securely(pair, "localhost", wrong);
    wsp_tls_options_destroy(wrong);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_TLS_CERTIFICATE);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "elsewhere.test");
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_TLS_CERTIFICATE);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->server), "did not accept our certificate");
    CHECK_INT(wsp_peer_get_close_code(pair->client), -1);
}

static void server_options_are_none_for_a_client(void)
{
    loopback *pair = begin();
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, "wss://localhost/", server_options),
                 WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "server");
}

static void tls_and_plain_are_told_apart(void)
{
    loopback *pair = begin();
    char url[64];
    get_secure_url(pair, "127.0.0.1", url, sizeof url);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, url, client_options), WSP_OK);
    CHECK_RESULT(wsp_peer_accept_stream(pair->server, take_stream(pair)), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_TLS_HANDSHAKE);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "does not speak TLS");
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->server), "TLS");
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, pair->url, NULL), WSP_OK);
    wsp_stream *stream = take_stream(pair);
    CHECK_RESULT(wsp_stream_accept_tls(stream, server_options), WSP_OK);
    CHECK_RESULT(wsp_peer_accept_stream(pair->server, stream), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->server), "the client does not speak TLS");
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_HANDSHAKE_REJECTED);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "This port speaks TLS: use wss:// or https:");
}

/* The socket of a client whose hello is sent is writable all the time: waiting for that would not sleep. */
static void waiting_inside_the_handshake_sleeps_and_the_deadline_ends_it(void)
{
    loopback *pair = begin();
    char url[64];
    get_secure_url(pair, "localhost", url, sizeof url);
    CHECK_RESULT(wsp_peer_set_connect_timeout(pair->client, 0.3), WSP_OK);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, url, client_options), WSP_OK);
    wsp_stream *silent = take_stream(pair);
    CHECK(!wsp_peer_wants_write(pair->client));
    double before = wsp_now();
    (void)wsp_peer_poll_wait(pair->client, 0.1);
    CHECK_DOUBLE_BETWEEN(wsp_now() - before, 0.09, 10);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CONNECTING);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    wsp_stream_destroy(silent);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "the TLS handshake");
}

/* One connection from the first allocation to the last; false when it ended in an error. */
static bool live_once(loopback *pair)
{
    char url[64];
    get_secure_url(pair, "localhost", url, sizeof url);
    wsp_peer *client = wsp_peer_create(), *server = wsp_peer_create();
    wsp_tls_options *own = wsp_tls_options_client(test_authority()->certificate, "localhost");
    bool is_started = client != NULL && server != NULL && own != NULL &&
                      wsp_peer_connect_to_url(client, url, own) == WSP_OK;
    wsp_tls_options_destroy(own);
    double until = wsp_now() + PATIENCE_SECONDS;
    bool is_accepted = false, is_open = false;
    while (is_started && !is_open && wsp_now() < until &&
           wsp_peer_get_ready_state(client) != WSP_STATE_CLOSED) {
        wsp_stream *stream = wsp_tcp_server_take_connection(pair->listener);
        if (stream != NULL) {
            is_accepted = wsp_stream_accept_tls(stream, server_options) == WSP_OK &&
                          wsp_peer_accept_stream(server, stream) == WSP_OK;
            if (!is_accepted)
                wsp_stream_destroy(stream);
        }
        (void)wsp_peer_poll_wait(client, 0.001);
        wsp_peer_poll(server);
        is_open = wsp_peer_get_ready_state(client) == WSP_STATE_OPEN &&
                  wsp_peer_get_ready_state(server) == WSP_STATE_OPEN;
        if (is_accepted && wsp_peer_get_ready_state(server) == WSP_STATE_CLOSED)
            break;
    }
    wsp_peer_destroy(client);
    wsp_peer_destroy(server);
    return is_open;
}

/* A connection that was not taken for want of memory would be the next one's. */
static void drain(loopback *pair)
{
    wsp_stream *stream = NULL;
    while ((stream = wsp_tcp_server_take_connection(pair->listener)) != NULL)
        wsp_stream_destroy(stream);
}

static void every_allocation_may_fail(void)
{
    loopback *pair = begin();
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    bool has_failed = true;
    for (size_t n = 1; has_failed; n++) {
        TEST_NOTE("allocation %zu", n);
        wspi_test_failing_allocator_fail_at(n);
        bool is_open = live_once(pair);
        has_failed = allocator->failures > 0;
        CHECK(has_failed || is_open);
        wspi_test_failing_allocator_fail_at(0);
        drain(pair);
        CHECK_SIZE(allocator->live_blocks, 0);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(messages_and_the_close_pass_through_tls),
    TEST_CASE(large_messages_pass_both_ways),
    TEST_CASE(a_refused_certificate_ends_both_sides_with_its_reason),
    TEST_CASE(server_options_are_none_for_a_client),
    TEST_CASE(tls_and_plain_are_told_apart),
    TEST_CASE(waiting_inside_the_handshake_sleeps_and_the_deadline_ends_it),
    TEST_CASE(every_allocation_may_fail),
};

TEST_MAIN(cases)
