/* SPDX-License-Identifier: MIT */
/*
 * What a handler of a server was given stays in place until it returns, whatever the handler does: messages,
 * requests and peers whose connection, client or server it ends while it looks at them. And what it answered
 * arrives.
 */
#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- messages -------------------------------------------------------------- */

static struct {
    bool stops_server;
    uint8_t data[3000];
    size_t calls;
} seen;

/* Keeps the first message once, so that what came behind it waits with the connection; then ends everything
 * inside the second, and looks at it afterwards. */
static void on_message(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                       void *user)
{
    (void)is_text;
    (void)user;
    if (seen.calls++ == 0) {
        CHECK_RESULT(wsp_server_keep_packet(server), WSP_OK);
        return;
    }
    if (seen.calls != 3)
        return;
    if (seen.stops_server)
        wsp_server_stop(server);
    else
        CHECK_RESULT(wsp_server_disconnect_peer(server, id, -1, NULL), WSP_OK);
    CHECK_BYTES(data, size, seen.data, sizeof seen.data);
    CHECK_INT(data[size], 0);
}

static void look_at_message_that_waited(bool stops_server)
{
    const wsp_server_handlers handlers = {.data_received = on_message};
    memset(&seen, 0, sizeof seen);
    memset(seen.data, 'x', sizeof seen.data);
    seen.stops_server = stops_server;
    server_fixture *f = server_fixture_begin(&handlers);
    wsp_peer *client = server_fixture_open(f, "/");
    for (int i = 0; i < 2; i++)
        CHECK_RESULT(wsp_peer_send(client, seen.data, sizeof seen.data, WSP_WRITE_MODE_BINARY), WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_SIZE(seen.calls, 3);
}

static void a_message_that_waited_outlives_its_connection(void)
{
    look_at_message_that_waited(false);
}

static void a_message_that_waited_outlives_its_server(void)
{
    look_at_message_that_waited(true);
}

/* -- requests -------------------------------------------------------------- */

static bool destroys_server;

static void end_server_and_answer(server_fixture *f, wsp_request *request)
{
    if (destroys_server)
        wsp_server_destroy(f->server);
    else
        wsp_server_stop(f->server);
    if (destroys_server)
        f->server = NULL;
    CHECK_STRING(wsp_request_get_path(request), "/quit");
    CHECK_STRING(wsp_request_get_query(request), "now");
    CHECK_STRING(wsp_request_get_header(request, "host"), "h");
    CHECK_STRING(wsp_request_get_address(request), "127.0.0.1");
    CHECK_RESULT(wsp_request_add_header(request, "X-A", "b"), WSP_OK);
    CHECK_RESULT(wsp_request_respond(request, 503, "text/plain", "bye", 3), WSP_OK);
}

/* A page that ends the server. */
static void a_request_outlives_its_server(void)
{
    static const char plain[] = "GET /quit?now HTTP/1.1\r\nHost: h\r\n\r\n";
    static const char upgrade[] = "GET /quit?now HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    for (int i = 0; i < 4; i++) {
        TEST_NOTE("%s, %s", i % 2 == 0 ? "page" : "upgrade", i < 2 ? "stop" : "destroy");
        destroys_server = i >= 2;
        server_fixture *f = server_fixture_begin(NULL);
        f->request_hook = end_server_and_answer;
        CHECK_STRING(server_fixture_answer(f, i % 2 == 0 ? plain : upgrade), "");
        CHECK_CONTAINS(f->log, i % 2 == 0 ? "http GET /quit" : "handshake /quit");
        wspi_os_close(f->raws[0]);
        f->raw_count = 0;
        wsp_server_destroy(f->server);
        f->server = NULL;
    }
}

/* -- peers ----------------------------------------------------------------- */

static void look_at_peer_after_stop(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "gone", 4) != 0)
        return;
    wsp_peer *peer = wsp_server_get_peer(f->server, id);
    CHECK(peer != NULL);
    if (destroys_server) {
        wsp_server_destroy(f->server);
        f->server = NULL;
    } else {
        wsp_server_stop(f->server);
    }
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(peer), 4001);
    CHECK_STRING(wsp_peer_get_close_reason(peer), "why");
    CHECK_STRING(wsp_peer_get_connected_host(peer), "127.0.0.1");
    f->calls++;
}

static void a_peer_outlives_its_server_inside_client_disconnected(void)
{
    for (int i = 0; i < 2; i++) {
        destroys_server = i == 1;
        server_fixture *f = server_fixture_begin(NULL);
        f->hook = look_at_peer_after_stop;
        wsp_peer *client = server_fixture_open(f, "/");
        CHECK_RESULT(wsp_peer_close(client, 4001, "why"), WSP_OK);
        SERVER_UNTIL(f, f->calls == 1);
        wsp_peer_destroy(client);
        wsp_server_destroy(f->server);
        f->client_count = 0;
        f->server = NULL;
    }
}

/* -- pages ----------------------------------------------------------------- */

static uint8_t *page;

enum { PAGE_SIZE = 16 * 1024 * 1024 };

static void free_page(void)
{
    free(page);
    page = NULL;
}

static void send_page(server_fixture *f, wsp_request *request)
{
    (void)f;
    CHECK_RESULT(wsp_request_respond(request, 200, "text/plain", page, PAGE_SIZE), WSP_OK);
}

/* close_timeout is for clients that do nothing: one that takes a page slowly gets all of it. */
static void a_slow_client_gets_a_whole_page(void)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    static char bytes[64 * 1024];
    server_fixture *f = server_fixture_begin(NULL);
    wspi_test_at_case_end(free_page);
    page = calloc(1, PAGE_SIZE);
    CHECK(page != NULL);
    f->request_hook = send_page;
    CHECK_RESULT(wsp_server_set_close_timeout(f->server, 0.25), WSP_OK);
    wspi_socket raw = server_fixture_raw(f);
    server_fixture_send(f, raw, text, sizeof text - 1);
    SERVER_UNTIL(f, server_fixture_has(f, "http GET /"));
    size_t size = 0;
    double began = wsp_now();
    for (wspi_io io = WSPI_IO_WAIT; io != WSPI_IO_END;) {
        size_t got = 0;
        int error = 0;
        CHECK(wsp_now() < began + 10);
        server_fixture_step(f);
        /* In no time less than four close_timeouts. */
        if ((double)size <= (wsp_now() - began) * PAGE_SIZE) {
            io = wspi_os_receive(raw, bytes, sizeof bytes, &got, &error);
            CHECK(io != WSPI_IO_FAILED);
            size += io == WSPI_IO_OK ? got : 0;
        }
    }
    CHECK(size > PAGE_SIZE);
}

/* -- polls ----------------------------------------------------------------- */

static void poll_inside_missed(server_fixture *f, const char *line, int32_t id)
{
    (void)id;
    if (strncmp(line, "missed", 6) != 0)
        return;
    f->calls = 1;
    wsp_server_poll(f->server);
    CHECK(!wsp_server_poll_wait(f->server, 0.05));
    f->calls = 2;
}

/* Outside of poll a broadcast calls a handler too. */
static void a_poll_inside_broadcast_missed_does_nothing(void)
{
    static const uint8_t large[2000];
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = poll_inside_missed;
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(f->server, 1000), WSP_OK);
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_peer_send_text(client, "waiting"), WSP_OK);
    CHECK_SIZE(wsp_server_broadcast(f->server, large, sizeof large, WSP_WRITE_MODE_BINARY, 0), 0);
    CHECK_INT(f->calls, 2);
    CHECK_SIZE(server_fixture_count(f, "data 2 t waiting"), 0);
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t waiting"));
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_message_that_waited_outlives_its_connection),
    TEST_CASE(a_message_that_waited_outlives_its_server),
    TEST_CASE(a_request_outlives_its_server),
    TEST_CASE(a_peer_outlives_its_server_inside_client_disconnected),
    TEST_CASE(a_slow_client_gets_a_whole_page),
    TEST_CASE(a_poll_inside_broadcast_missed_does_nothing),
};

TEST_MAIN(cases)
