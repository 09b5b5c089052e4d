/* SPDX-License-Identifier: MIT */
/*
 * What a server lets in, and what it answers: listening, subprotocols, origins, requests, limits, deadlines,
 * settings and broadcast. Covers server_settings.c, server_broadcast.c and server_peers.c through the public
 * API.
 */
#include "server_fixture.h"

#include "certificates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UPGRADE                                                                  \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static uint8_t block[100000];

/* -- listening ------------------------------------------------------------- */

static void errors_of_listen(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    wsp_server *server = f->server;
    static const char *const bad[] = {"no token"};
    CHECK_RESULT(wsp_server_listen(NULL, 0, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_listen(server, -1, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_server_get_error_message(server), "port");
    CHECK_RESULT(wsp_server_listen(server, 65616, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_listen(server, 0, bad, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_server_get_error_message(server), "token");
    CHECK_RESULT(wsp_server_listen(server, 0, NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_get_error(server), WSP_ERR_INVALID_PARAMETER);
    CHECK(!wsp_server_is_listening(server));
    CHECK_INT(wsp_server_get_local_port(server), 0);

    server_fixture_listen(f, NULL, 0);
    CHECK_RESULT(wsp_server_get_error(server), WSP_OK);
    CHECK_STRING(wsp_server_get_error_message(server), "");
    CHECK_RESULT(wsp_server_listen(server, 0, NULL, 0), WSP_ERR_ALREADY_IN_USE);
    CHECK(wsp_server_is_listening(server));
    CHECK_RESULT(wsp_server_set_bind_ip(server, "::1"), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_server_set_reuse_port(server, true), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_server_set_tls_options(server, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_STRING(wsp_server_get_bind_ip(server), "127.0.0.1");

    wsp_server *other = wsp_server_create();
    CHECK(other != NULL);
    CHECK_STRING(wsp_server_get_bind_ip(other), "*");
    CHECK_RESULT(wsp_server_set_bind_ip(other, "no address"), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_bind_ip(other, "127.0.0.1"), WSP_OK);
    wsp_result taken = wsp_server_listen(other, wsp_server_get_local_port(server), NULL, 0);
    char message[512];
    (void)snprintf(message, sizeof message, "%s", wsp_server_get_error_message(other));
    CHECK_RESULT(wsp_server_set_bind_ip(other, "192.0.2.1"), WSP_OK);
    wsp_result foreign = wsp_server_listen(other, 0, NULL, 0);
    wsp_server_destroy(other);
    CHECK_RESULT(taken, WSP_ERR_ADDRESS_IN_USE);
    CHECK_CONTAINS(message, "127.0.0.1");
    CHECK_RESULT(foreign, WSP_ERR_UNAVAILABLE);
}

static void two_servers_share_a_port(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    wsp_server *other = wsp_server_create();
    CHECK_RESULT(wsp_server_set_reuse_port(f->server, true), WSP_OK);
    CHECK_RESULT(wsp_server_set_reuse_port(other, true), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    CHECK_RESULT(wsp_server_set_bind_ip(other, "127.0.0.1"), WSP_OK);
    wsp_result result = wsp_server_listen(other, wsp_server_get_local_port(f->server), NULL, 0);
    wsp_server_destroy(other);
    CHECK_RESULT(result, WSP_OK);
}

static void neutral_values_of_null(void)
{
    static const uint8_t byte = 0;
    CHECK(!wsp_server_is_listening(NULL));
    CHECK_INT(wsp_server_get_socket(NULL), -1);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_poll_delay(NULL), -1, -1);
    CHECK(wsp_server_get_peer(NULL, 2) == NULL);
    CHECK_SIZE(wsp_server_get_peer_ids(NULL, NULL, 0), 0);
    CHECK_STRING(wsp_server_get_peer_address(NULL, 2), "");
    CHECK_INT(wsp_server_get_peer_port(NULL, 2), 0);
    CHECK_RESULT(wsp_server_disconnect_peer(NULL, 2, 1000, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_SIZE(wsp_server_broadcast(NULL, &byte, 1, WSP_WRITE_MODE_BINARY, 0), 0);
    CHECK_RESULT(wsp_server_get_error(NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_STRING(wsp_server_get_error_message(NULL), "");
    CHECK_RESULT(wsp_server_set_handlers(NULL, NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK(!wsp_server_poll_wait(NULL, 1));
    wsp_server_poll(NULL);
    wsp_server_stop(NULL);
    wsp_server_destroy(NULL);
}

static void settings_are_checked_and_kept(void)
{
    wsp_server *server = server_fixture_prepare(NULL)->server;
    CHECK_DOUBLE_BETWEEN(wsp_server_get_handshake_timeout(server), 3, 3);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_close_timeout(server), 5, 5);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_heartbeat_interval(server), 0, 0);
    CHECK_SIZE(wsp_server_get_max_connections(server), SIZE_MAX);
    CHECK_SIZE(wsp_server_get_inbound_buffer_size(server), 1024 * 1024);
    CHECK_SIZE(wsp_server_get_outbound_buffer_size(server), 1024 * 1024);
    CHECK_SIZE(wsp_server_get_max_queued_packets(server), 4096);
    static const double bad[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_RESULT(wsp_server_set_handshake_timeout(server, bad[i]), WSP_ERR_INVALID_PARAMETER);
        CHECK_RESULT(wsp_server_set_close_timeout(server, bad[i]), WSP_ERR_INVALID_PARAMETER);
        if (i > 0)
            CHECK_RESULT(wsp_server_set_heartbeat_interval(server, bad[i]), WSP_ERR_INVALID_PARAMETER);
    }
    CHECK_RESULT(wsp_server_set_max_connections(server, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_inbound_buffer_size(server, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(server, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_max_queued_packets(server, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_extra_headers(server, (const char *const[]){"no colon"}, 1),
                 WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_allowed_origins(server, (const char *const[]){"null"}, 1),
                 WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_set_compression(server, NULL), WSP_OK);
    CHECK_RESULT(wsp_server_set_handshake_timeout(server, 1.5), WSP_OK);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_handshake_timeout(server), 1.5, 1.5);
    CHECK(!wsp_server_get_refuse_new_connections(server));
    wsp_server_set_user_data(server, server);
    CHECK(wsp_server_get_user_data(server) == server);
    /* Not listening: nothing could happen. */
    CHECK(!wsp_server_poll_wait(server, -1));
}

/* -- who comes in ---------------------------------------------------------- */

static void subprotocols(void)
{
    static const char *const supported[] = {"chat", "game"};
    server_fixture *f = server_fixture_prepare(NULL);
    server_fixture_listen(f, supported, 2);
    static const char *const offered[] = {"other", "game", "chat"};
    wsp_peer *good = server_fixture_connect(f, "/");
    CHECK_RESULT(wsp_peer_close(good, -1, NULL), WSP_OK);
    CHECK_RESULT(wsp_peer_set_supported_protocols(good, offered, 3), WSP_OK);
    CHECK_RESULT(wsp_peer_connect_to_url(good, f->url, NULL), WSP_OK);
    wsp_peer *bad = server_fixture_connect(f, "/");
    SERVER_UNTIL(f, wsp_peer_get_ready_state(good) == WSP_STATE_OPEN);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(bad) == WSP_STATE_CLOSED);
    CHECK_STRING(wsp_peer_get_selected_protocol(good), "game");
    CHECK_CONTAINS(f->log, " game /\n");
    CHECK_INT(wsp_peer_get_http_status(bad), 400);
}

static void expect_status(server_fixture *f, const char *request, int status)
{
    char start[32];
    (void)snprintf(start, sizeof start, "HTTP/1.1 %d ", status);
    TEST_NOTE("%.60s", request);
    const char *answer = server_fixture_answer(f, request);
    if (strncmp(answer, start, strlen(start)) != 0)
        FAIL("the answer to %s is %s", request, answer);
    CHECK_CONTAINS(answer, "Content-Length: ");
    CHECK_CONTAINS(answer, "Connection: ");
}

static void origins(void)
{
    static const char *const list[] = {"https://good.com", "http://localhost:8000"};
    static const char *const others[] = {"https://good.com.evil.com", "null", "http://good.com",
                                         "https://good.com:443"};
    server_fixture *f = server_fixture_prepare(NULL);
    CHECK_RESULT(wsp_server_set_allowed_origins(f->server, list, 2), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char request[512];
        (void)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE "Origin: %s\r\n\r\n",
                       others[i]);
        expect_status(f, request, 403);
    }
    expect_status(f,
                  "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE
                  "Origin: https://good.com\r\nOrigin: https://e.com\r\n\r\n",
                  403);
    CHECK(!server_fixture_has(f, "handshake /"));
    (void)server_fixture_open(f, "/no-origin");
    wsp_peer *page = server_fixture_connect(f, "/");
    CHECK_RESULT(wsp_peer_close(page, -1, NULL), WSP_OK);
    static const char *const origin[] = {"Origin: HTTPS://good.com"};
    CHECK_RESULT(wsp_peer_set_handshake_headers(page, origin, 1), WSP_OK);
    CHECK_RESULT(wsp_peer_connect_to_url(page, f->url, NULL), WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(page) == WSP_STATE_OPEN);
}

static void answer_requests(server_fixture *f, wsp_request *request)
{
    const char *path = wsp_request_get_path(request);
    f->calls++;
    CHECK_STRING(wsp_request_get_address(request), "127.0.0.1");
    if (strcmp(path, "/health") == 0) {
        CHECK_RESULT(wsp_request_accept(request, NULL), WSP_ERR_INVALID_PARAMETER);
        CHECK_RESULT(wsp_request_respond(request, 200, "text/plain", "fine", 4), WSP_OK);
        CHECK_RESULT(wsp_request_respond(request, 500, NULL, NULL, 0), WSP_ERR_ALREADY_IN_USE);
    } else if (strcmp(path, "/moved") == 0) {
        CHECK_RESULT(wsp_request_add_header(request, "Location", "/elsewhere"), WSP_OK);
        CHECK_RESULT(wsp_request_respond(request, 302, NULL, NULL, 0), WSP_OK);
    }
}

static void http_requests(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->request_hook = answer_requests;
    expect_status(f, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    CHECK_CONTAINS(server_fixture_answer(f, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"), "\r\n\r\nfine");
    const char *head = server_fixture_answer(f, "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_CONTAINS(head, "Content-Length: 4\r\n");
    CHECK(strstr(head, "fine") == NULL);
    CHECK_CONTAINS(server_fixture_answer(f, "GET /moved HTTP/1.1\r\nHost: a\r\n\r\n"),
                   "Location: /elsewhere\r\n");
    int calls = f->calls;
    expect_status(f, "GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404);
    expect_status(f, "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405);
    CHECK_INT(f->calls, calls + 1);
    CHECK(server_fixture_has(f, "http HEAD /health"));
    /* Nobody was ever connected. */
    CHECK(strstr(f->log, "connected") == NULL && strstr(f->log, "gone") == NULL);
}

/* RFC 9112 3.2: who it is for must be clear, before the program is asked. */
static void a_page_needs_a_host_and_a_path(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->request_hook = answer_requests;
    expect_status(f, "GET /health HTTP/1.1\r\n\r\n", 400);
    expect_status(f, "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    expect_status(f, "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400);
    CHECK(!server_fixture_has(f, "http GET"));
}

static void without_http_request_it_is_426(void)
{
    wsp_server_handlers handlers = server_fixture_handlers;
    handlers.http_request = NULL;
    server_fixture *f = server_fixture_begin(&handlers);
    expect_status(f, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426);
    expect_status(f, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 426);
    expect_status(f, "POST / HTTP/1.1\r\nHost: a\r\n\r\n", 405);
}

static void decide(server_fixture *f, wsp_request *request)
{
    if (strcmp(wsp_request_get_query(request), "full") == 0)
        CHECK_RESULT(wsp_request_respond(request, 503, "text/plain", "the room is full", 16), WSP_OK);
    else
        CHECK_RESULT(wsp_request_add_header(request, "X-Room", "7"), WSP_OK);
    f->calls++;
}

static void handshake_request_decides(void)
{
    static const char *const extra[] = {"X-Server: mine"};
    server_fixture *f = server_fixture_prepare(NULL);
    f->request_hook = decide;
    CHECK_RESULT(wsp_server_set_extra_headers(f->server, extra, 1), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    wsp_peer *in = server_fixture_open(f, "/game");
    wsp_peer *out = server_fixture_connect(f, "/game?full");
    SERVER_UNTIL(f, wsp_peer_get_ready_state(out) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_http_status(out), 503);
    CHECK_CONTAINS(wsp_peer_get_error_message(out), "the room is full");
    CHECK_STRING(wsp_peer_get_handshake_header(in, "x-server"), "mine");
    CHECK_STRING(wsp_peer_get_handshake_header(in, "x-room"), "7");
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 1);
    CHECK(strstr(f->log, "gone") == NULL);
}

static void tls(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    const test_certificate *own = test_server_certificate();
    wsp_tls_options *server_options = wsp_tls_options_server(own->key, own->certificate);
    wsp_tls_options *client_options = wsp_tls_options_client(test_authority()->certificate, NULL);
    CHECK(server_options != NULL && client_options != NULL);
    wsp_result wrong = wsp_server_set_tls_options(f->server, client_options);
    wsp_result right = wsp_server_set_tls_options(f->server, server_options);
    wsp_tls_options_destroy(server_options);
    server_fixture_listen(f, NULL, 0);
    char url[64];
    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%u/safe", wsp_server_get_local_port(f->server));
    f->clients[f->client_count++] = wsp_peer_create();
    wsp_result connected = wsp_peer_connect_to_url(f->clients[0], url, client_options);
    wsp_tls_options_destroy(client_options);
    CHECK_RESULT(wrong, WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(right, WSP_OK);
    CHECK_RESULT(connected, WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(f->clients[0]) == WSP_STATE_OPEN);
    CHECK_RESULT(wsp_peer_send_text(f->clients[0], "secret"), WSP_OK);
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t secret"));
    /* Outside of poll it leaves at once, though it takes several records. */
    CHECK_SIZE(wsp_server_broadcast(f->server, block, 60000, WSP_WRITE_MODE_BINARY, 0), 1);
    for (int i = 0; i < 100 && wsp_peer_get_available_packet_count(f->clients[0]) == 0; i++)
        (void)wsp_peer_poll_wait(f->clients[0], 0.02);
    CHECK_SIZE(wsp_peer_get_available_packet_count(f->clients[0]), 1);
    /* One that speaks no TLS is dropped, and nobody hears of it. */
    (void)server_fixture_answer(f, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_RESULT(wsp_peer_close(f->clients[0], 1000, NULL), WSP_OK);
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 clean"));
    CHECK_STRING(f->log,
                 "handshake /safe\nconnected 2  /safe\ndata 2 t secret\nclose 2 1000 \ngone 2 clean\n");
}

/* -- limits ---------------------------------------------------------------- */

static size_t count_open(const server_fixture *f)
{
    size_t open = 0;
    for (size_t i = 0; i < f->client_count; i++)
        open += wsp_peer_get_ready_state(f->clients[i]) == WSP_STATE_OPEN;
    return open;
}

static void max_connections_leaves_the_others_waiting(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    CHECK_RESULT(wsp_server_set_max_connections(f->server, 2), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    for (int i = 0; i < 4; i++)
        (void)server_fixture_connect(f, "/");
    SERVER_UNTIL(f, count_open(f) == 2);
    for (int i = 0; i < 50; i++)
        server_fixture_step(f);
    CHECK_SIZE(count_open(f), 2);
    for (size_t i = 0; i < f->client_count; i++) {
        if (wsp_peer_get_ready_state(f->clients[i]) == WSP_STATE_OPEN)
            CHECK_RESULT(wsp_peer_close(f->clients[i], 1000, NULL), WSP_OK);
    }
    SERVER_UNTIL(f, count_open(f) == 2);
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 2);
    /* Silent ones count too. */
    CHECK_RESULT(wsp_server_set_max_connections(f->server, 3), WSP_OK);
    (void)server_fixture_raw(f);
    for (int i = 0; i < 20; i++)
        server_fixture_step(f);
    wsp_peer *last = server_fixture_connect(f, "/");
    for (int i = 0; i < 50; i++)
        server_fixture_step(f);
    CHECK_INT(wsp_peer_get_ready_state(last), WSP_STATE_CONNECTING);
}

static void refused_connections_wait(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    CHECK_RESULT(wsp_server_set_refuse_new_connections(f->server, true), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    wsp_peer *client = server_fixture_connect(f, "/");
    for (int i = 0; i < 50; i++)
        server_fixture_step(f);
    CHECK_INT(wsp_peer_get_ready_state(client), WSP_STATE_CONNECTING);
    CHECK(wsp_server_get_refuse_new_connections(f->server));
    CHECK_RESULT(wsp_server_set_refuse_new_connections(f->server, false), WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_OPEN);
}

static void a_silent_connection_ends_at_the_handshake_deadline(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    CHECK_RESULT(wsp_server_set_handshake_timeout(f->server, 0.2), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    double begin = wsp_now();
    /* Some bytes do not put the deadline off. */
    CHECK_STRING(server_fixture_answer(f, "GET / HTTP/1.1\r\nHost:"), "");
    CHECK_DOUBLE_BETWEEN(wsp_now() - begin, 0.19, 5);
    CHECK_STRING(f->log, "");
    CHECK_DOUBLE_BETWEEN(wsp_server_get_poll_delay(f->server), -1, -1);
}

static void heartbeat_ends_a_dead_client(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE "\r\n";
    server_fixture *f = server_fixture_begin(NULL);
    wspi_socket raw = server_fixture_raw(f);
    server_fixture_send(f, raw, request, sizeof request - 1);
    SERVER_UNTIL(f, wsp_server_get_peer_count(f->server) == 1);
    wsp_peer *alive = server_fixture_open(f, "/");
    CHECK_DOUBLE_BETWEEN(wsp_server_get_poll_delay(f->server), -1, 10);
    /* Set while they are there. */
    CHECK_RESULT(wsp_server_set_heartbeat_interval(f->server, 0.1), WSP_OK);
    SERVER_UNTIL(f, strstr(f->log, "gone") != NULL);
    CHECK(server_fixture_has(f, "gone 2 unclean"));
    for (double until = wsp_now() + 0.5; wsp_now() < until;)
        server_fixture_step(f);
    CHECK_INT(wsp_peer_get_ready_state(alive), WSP_STATE_OPEN);
}

static void settings_reach_clients_that_are_there(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    (void)server_fixture_open(f, "/");
    (void)server_fixture_open(f, "/");
    wsp_peer *first = wsp_server_get_peer(f->server, 2);
    wsp_peer *own = wsp_server_get_peer(f->server, 3);
    CHECK_RESULT(wsp_peer_set_heartbeat_interval(own, 50), WSP_OK);
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(f->server, 10), WSP_OK);
    CHECK_RESULT(wsp_server_set_close_timeout(f->server, 7), WSP_OK);
    CHECK_SIZE(wsp_peer_get_outbound_buffer_size(first), 10);
    CHECK_SIZE(wsp_peer_get_outbound_buffer_size(own), 10);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_close_timeout(own), 7, 7);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_heartbeat_interval(own), 50, 50);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_heartbeat_interval(first), 0, 0);
    CHECK_RESULT(wsp_peer_send_text(first, "more than ten bytes"), WSP_ERR_MESSAGE_TOO_BIG);
    CHECK_RESULT(wsp_peer_send_text(own, "more than ten bytes"), WSP_ERR_MESSAGE_TOO_BIG);
}

static void a_message_over_the_limit_is_1009(void)
{
    server_fixture *f = server_fixture_prepare(NULL);
    CHECK_RESULT(wsp_server_set_inbound_buffer_size(f->server, 10), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_peer_send_text(client, "0123456789"), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(client, "0123456789a"), WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(client), 1009);
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 unclean"));
    CHECK(server_fixture_has(f, "data 2 t 0123456789"));
}

/* -- ids ------------------------------------------------------------------- */

static void ids_of_many_clients(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    for (int i = 0; i < 40; i++)
        (void)server_fixture_connect(f, "/");
    SERVER_UNTIL(f, wsp_server_get_peer_count(f->server) == 40);
    int32_t ids[40] = {0};
    CHECK_SIZE(wsp_server_get_peer_ids(f->server, NULL, 0), 40);
    CHECK_SIZE(wsp_server_get_peer_ids(f->server, ids, 3), 40);
    CHECK_INT(ids[3], 0);
    CHECK_SIZE(wsp_server_get_peer_ids(f->server, ids, 40), 40);
    for (size_t i = 0; i < 40; i++) {
        CHECK(ids[i] > 0 && wsp_server_has_peer(f->server, ids[i]));
        for (size_t j = 0; j < i; j++)
            CHECK(ids[i] != ids[j]);
    }
    CHECK_RESULT(wsp_server_disconnect_peer(f->server, 99999, 1000, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_server_disconnect_peer(f->server, ids[0], 1005, NULL), WSP_ERR_INVALID_PARAMETER);
}

/* -- broadcast ------------------------------------------------------------- */

static size_t take_all(server_fixture *f, const char *text)
{
    size_t found = 0;
    for (size_t i = 0; i < f->client_count; i++) {
        const uint8_t *packet = wsp_peer_get_packet(f->clients[i], NULL);
        if (packet == NULL)
            continue;
        CHECK_STRING((const char *)packet, text);
        CHECK(wsp_peer_was_string_packet(f->clients[i]));
        found++;
    }
    return found;
}

static void broadcast_reaches_all_but_one(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    for (int i = 0; i < 5; i++)
        (void)server_fixture_open(f, "/");
    CHECK_SIZE(wsp_server_broadcast(f->server, "news", 4, WSP_WRITE_MODE_TEXT, 0), 5);
    size_t found = 0;
    SERVER_UNTIL(f, (found += take_all(f, "news")) == 5);
    CHECK_SIZE(wsp_server_broadcast(f->server, "more", 4, WSP_WRITE_MODE_TEXT, 4), 4);
    SERVER_UNTIL(f, (found += take_all(f, "more")) == 9);
    for (int i = 0; i < 20; i++)
        server_fixture_step(f);
    CHECK_SIZE(take_all(f, ""), 0);
    wsp_peer_stats stats;
    wsp_peer_get_stats(wsp_server_get_peer(f->server, 2), &stats);
    CHECK_SIZE(stats.messages_sent, 2);
    CHECK_SIZE(stats.bytes_sent, 8);
    CHECK_SIZE(wsp_server_broadcast(f->server, "\xff", 1, WSP_WRITE_MODE_TEXT, 0), 0);
    CHECK_SIZE(wsp_server_broadcast(f->server, NULL, 1, WSP_WRITE_MODE_BINARY, 0), 0);
    CHECK_SIZE(wsp_server_broadcast(f->server, "x", 1, (wsp_write_mode)7, 0), 0);
    CHECK_RESULT(wsp_server_disconnect_peer(f->server, 3, 1000, NULL), WSP_OK);
    CHECK_SIZE(wsp_server_broadcast(f->server, NULL, 0, WSP_WRITE_MODE_BINARY, 0), 4);
}

static void pass_on(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "data", 4) == 0)
        CHECK_SIZE(wsp_server_broadcast(f->server, "from a handler", 14, WSP_WRITE_MODE_TEXT, id), 2);
}

static void broadcast_inside_a_handler_leaves_with_the_poll(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    for (int i = 0; i < 3; i++)
        (void)server_fixture_open(f, "/");
    f->hook = pass_on;
    CHECK_RESULT(wsp_peer_send_text(f->clients[1], "x"), WSP_OK);
    size_t found = 0;
    SERVER_UNTIL(f, (found += take_all(f, "from a handler")) == 2);
    CHECK_SIZE(wsp_peer_get_available_packet_count(f->clients[1]), 0);
}

static void missed(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "missed", 6) != 0)
        return;
    CHECK_INT(id, 2);
    f->calls++;
    /* Telling the others may miss it again: nobody hears of that. */
    CHECK_SIZE(wsp_server_broadcast(f->server, block, sizeof block, WSP_WRITE_MODE_BINARY, 0), 2);
}

/* One client does not read: it misses what has no room, the others get everything. */
static void a_slow_client_misses_broadcasts(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n" UPGRADE "\r\n";
    server_fixture *f = server_fixture_begin(NULL);
    wspi_socket raw = server_fixture_raw(f);
    server_fixture_send(f, raw, request, sizeof request - 1);
    SERVER_UNTIL(f, wsp_server_get_peer_count(f->server) == 1);
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(f->server, 300000), WSP_OK);
    (void)server_fixture_open(f, "/");
    (void)server_fixture_open(f, "/");
    f->hook = missed;
    size_t sent = 0;
    size_t received = 0;
    while (f->calls == 0) {
        CHECK(++sent < 1000);
        size_t taken = wsp_server_broadcast(f->server, block, sizeof block, WSP_WRITE_MODE_BINARY, 0);
        CHECK_SIZE(taken, f->calls == 0 ? 3 : 2);
        size_t wanted = 2 * (sent + (size_t)(f->calls > 0));
        double until = wsp_now() + 10;
        while (received < wanted && wsp_now() < until) {
            for (size_t i = 0; i < f->client_count; i++)
                received += wsp_peer_get_packet(f->clients[i], NULL) != NULL;
            server_fixture_step(f);
        }
        CHECK_SIZE(received, wanted);
    }
    CHECK_INT(f->calls, 1);
    wsp_peer_stats stats;
    wsp_peer_get_stats(wsp_server_get_peer(f->server, 2), &stats);
    CHECK(stats.messages_refused >= 1 && stats.queued_outbound_bytes <= 300000);
    CHECK_SIZE(server_fixture_count(f, "missed 2"), 1);
}

static void stop_when_missed(server_fixture *f, const char *line, int32_t id)
{
    (void)id;
    if (strncmp(line, "missed", 6) != 0)
        return;
    wsp_server_destroy(f->server);
    f->server = NULL;
}

static void destroy_inside_broadcast_missed(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    for (int i = 0; i < 3; i++)
        (void)server_fixture_open(f, "/");
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(f->server, 3), WSP_OK);
    f->hook = stop_when_missed;
    CHECK_SIZE(wsp_server_broadcast(f->server, "four", 4, WSP_WRITE_MODE_TEXT, 0), 0);
    CHECK(f->server == NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(errors_of_listen),
    TEST_CASE(two_servers_share_a_port),
    TEST_CASE(neutral_values_of_null),
    TEST_CASE(settings_are_checked_and_kept),
    TEST_CASE(subprotocols),
    TEST_CASE(origins),
    TEST_CASE(http_requests),
    TEST_CASE(a_page_needs_a_host_and_a_path),
    TEST_CASE(without_http_request_it_is_426),
    TEST_CASE(handshake_request_decides),
    TEST_CASE(tls),
    TEST_CASE(max_connections_leaves_the_others_waiting),
    TEST_CASE(refused_connections_wait),
    TEST_CASE(a_silent_connection_ends_at_the_handshake_deadline),
    TEST_CASE(heartbeat_ends_a_dead_client),
    TEST_CASE(settings_reach_clients_that_are_there),
    TEST_CASE(a_message_over_the_limit_is_1009),
    TEST_CASE(ids_of_many_clients),
    TEST_CASE(broadcast_reaches_all_but_one),
    TEST_CASE(broadcast_inside_a_handler_leaves_with_the_poll),
    TEST_CASE(a_slow_client_misses_broadcasts),
    TEST_CASE(destroy_inside_broadcast_missed),
};

TEST_MAIN(cases)
