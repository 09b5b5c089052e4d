/* SPDX-License-Identifier: MIT */
/*
 * A server when memory runs out at any point of its life: an error or an ended connection, everybody else is
 * still served, nobody comes in who is not allowed to, and no block is left (bad-inputs.md, row O13).
 */
#include "failing_allocator.h"
#include "net/os.h"
#include "net/poller.h"
#include "test.h"
#include "wspeer.h"

#include <stdio.h>
#include <string.h>

enum { CLIENTS = 2, MOST_ALLOCATIONS = 3000 };

static const char *const protocols[] = {"game"};
static const char *const headers[] = {"X-Server: yes"};
static const char *const origins[] = {"https://good.com"};

static struct {
    wsp_server *server;
    wsp_peer *clients[CLIENTS];
    int connected, gone, kept, asked, pages;
    bool is_through;
} life;

static void on_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                         void *user)
{
    (void)user;
    (void)resource;
    CHECK_STRING(protocol, "game");
    (void)wsp_server_get_peer_address(server, id);
    life.connected++;
}

static void on_gone(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    (void)user;
    (void)was_clean;
    CHECK(wsp_server_has_peer(server, id));
    life.gone++;
}

/* Keeps each second message once, echoes, and tells everybody. */
static void on_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                    void *user)
{
    (void)user;
    CHECK_INT(data[size], 0);
    if (life.kept++ % 2 == 0 && wsp_server_keep_packet(server) == WSP_OK)
        return;
    (void)wsp_peer_send(wsp_server_get_peer(server, id), data, size,
                        is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    (void)wsp_server_broadcast(server, "all", 3, WSP_WRITE_MODE_TEXT, 0);
}

static void on_handshake(wsp_server *server, wsp_request *request, void *user)
{
    (void)server;
    (void)user;
    life.asked++;
    (void)wsp_request_get_path(request);
    (void)wsp_request_add_header(request, "X-A", "b");
    (void)wsp_request_accept(request, "game");
}

static void on_http(wsp_server *server, wsp_request *request, void *user)
{
    (void)server;
    (void)user;
    life.pages++;
    (void)wsp_request_respond(request, 200, "text/plain", "hello", 5);
}

static bool begin_server(char *url, size_t capacity)
{
    const wsp_server_handlers handlers = {.client_connected = on_connected,
                                          .client_disconnected = on_gone,
                                          .data_received = on_data,
                                          .handshake_request = on_handshake,
                                          .http_request = on_http};
    wsp_server *server = life.server = wsp_server_create();
    if (server == NULL)
        return false;
    CHECK_INT(wsp_server_set_handlers(server, &handlers, NULL), WSP_OK);
    bool is_set = wsp_server_set_bind_ip(server, "127.0.0.1") == WSP_OK &&
                  wsp_server_set_extra_headers(server, headers, 1) == WSP_OK &&
                  wsp_server_set_allowed_origins(server, origins, 1) == WSP_OK &&
                  wsp_server_set_handshake_timeout(server, 0.2) == WSP_OK &&
                  wsp_server_set_close_timeout(server, 0.2) == WSP_OK;
    if (!is_set)
        return false;
    wsp_result result = wsp_server_listen(server, 0, protocols, 1);
    CHECK_INT(wsp_server_is_listening(server), result == WSP_OK);
    CHECK_INT(wsp_server_get_error(server), result);
    CHECK_INT(wsp_server_get_error_message(server)[0] != '\0', result != WSP_OK);
    (void)snprintf(url, capacity, "ws://127.0.0.1:%u/path?x", wsp_server_get_local_port(server));
    return result == WSP_OK;
}

static void step(void)
{
    (void)wsp_server_poll_wait(life.server, 0.0005);
    for (int i = 0; i < CLIENTS; i++)
        wsp_peer_poll(life.clients[i]);
}

static bool is_open(const wsp_peer *client)
{
    return wsp_peer_get_ready_state(client) == WSP_STATE_OPEN;
}

/* A request in plain bytes; the status of the answer, 0 when none came. */
static int ask(const char *request)
{
    wspi_address to = {.family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_server_get_local_port(life.server)};
    wspi_socket raw = WSPI_NO_SOCKET;
    int error = 0;
    int status = 0;
    char answer[1024];
    size_t size = 0;
    CHECK(wspi_os_connect(&to, &raw, &error) != WSPI_IO_FAILED);
    wspi_poll_entry entry = {.socket = raw, .wants_write = true};
    CHECK(wspi_poller_wait(&entry, 1, 5));
    wspi_bytes piece = {(const uint8_t *)request, strlen(request)};
    size_t sent = 0;
    CHECK_INT(wspi_os_send(raw, &piece, 1, &sent, &error), WSPI_IO_OK);
    double until = wsp_now() + 5;
    wspi_io io = WSPI_IO_WAIT;
    while (io == WSPI_IO_WAIT || io == WSPI_IO_OK) {
        CHECK(wsp_now() < until);
        size_t got = 0;
        step();
        io = wspi_os_receive(raw, answer + size, sizeof answer - 1 - size, &got, &error);
        size += io == WSPI_IO_OK ? got : 0;
    }
    wspi_os_close(raw);
    answer[size] = '\0';
    (void)sscanf(answer, "HTTP/1.1 %d", &status);
    return status;
}

static void ask_for_what_is_refused(void)
{
    static const char *const fields[] = {"Origin: https://evil.com\r\n",
                                         "Origin: https://good.com\r\nOrigin: https://evil.com\r\n"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char request[512];
        (void)snprintf(request, sizeof request,
                       "GET / HTTP/1.1\r\nHost: h\r\n%sUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Protocol: game\r\n\r\n\x88\x80\x01\x01\x01\x01",
                       fields[i]);
        int asked = life.asked;
        int status = ask(request);
        CHECK_INT(life.asked, asked);
        CHECK(status == 403 || status == 500 || status == 0);
        life.is_through = life.is_through && status == 403;
    }
    int status = ask("GET /page HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(status == 200 || status == 404 || status == 500 || status == 0);
    life.is_through = life.is_through && status == 200;
}

static void open_clients(const char *url)
{
    double until = wsp_now() + 2;
    for (int i = 0; i < CLIENTS; i++)
        (void)wsp_peer_connect_to_url(life.clients[i], url, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        while (wsp_peer_get_ready_state(life.clients[i]) == WSP_STATE_CONNECTING) {
            CHECK(wsp_now() < until);
            step();
        }
    }
}

/* Two messages in two pieces, the second behind one that is kept. */
static void talk(const wspi_test_failing_allocator *memory)
{
    static const char text[] = "a text that is longer than any header of a frame";
    double until = wsp_now() + 5;
    for (int i = 0; i < CLIENTS; i++) {
        (void)wsp_peer_send(life.clients[i], text, sizeof text - 1, WSP_WRITE_MODE_TEXT);
        (void)wsp_peer_send(life.clients[i], text, 5, WSP_WRITE_MODE_BINARY);
    }
    size_t got[CLIENTS] = {0};
    for (int i = 0; i < CLIENTS; i++)
        life.is_through = life.is_through && is_open(life.clients[i]);
    for (int i = 0; i < CLIENTS; i++) {
        /* Two echoes and four broadcasts, less what was lost for lack of memory. */
        double quiet = wsp_now() + 0.03;
        while (is_open(life.clients[i]) && got[i] < 6 &&
               wsp_now() < (memory->failures == 0 ? until : quiet)) {
            step();
            while (wsp_peer_get_packet(life.clients[i], NULL) != NULL)
                got[i]++;
        }
        life.is_through = life.is_through && got[i] == 6;
    }
    for (int i = 0; i < CLIENTS; i++)
        (void)wsp_peer_close(life.clients[i], 4000, "a reason");
    until = wsp_now() + 5;
    while (wsp_server_get_peer_count(life.server) > 0) {
        CHECK(wsp_now() < until);
        step();
    }
    CHECK_INT(life.gone, life.connected);
    for (int i = 0; i < CLIENTS; i++)
        life.is_through = life.is_through && wsp_peer_get_close_code(life.clients[i]) == 4000;
}

static void end_life(void)
{
    for (int i = 0; i < CLIENTS; i++)
        wsp_peer_destroy(life.clients[i]);
    wsp_server_destroy(life.server);
    memset(&life, 0, sizeof life);
}

/* `failing`: which allocation fails. true: none did. */
static bool live(wspi_test_failing_allocator *memory, size_t failing)
{
    char url[64];
    for (int i = 0; i < CLIENTS; i++) {
        life.clients[i] = wsp_peer_create();
        CHECK_INT(wsp_peer_set_supported_protocols(life.clients[i], protocols, 1), WSP_OK);
        CHECK_INT(wsp_peer_set_connect_timeout(life.clients[i], 0.2), WSP_OK);
        CHECK_INT(wsp_peer_set_close_timeout(life.clients[i], 0.2), WSP_OK);
    }
    life.is_through = true;
    wspi_test_failing_allocator_fail_at(failing);
    if (!begin_server(url, sizeof url)) {
        CHECK(memory->failures > 0);
        return false;
    }
    open_clients(url);
    talk(memory);
    ask_for_what_is_refused();
    bool has_failed = memory->failures > 0;
    wspi_test_failing_allocator_fail_at(0);
    /* Whatever happened before, the server serves. */
    CHECK_INT(ask("GET /page HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
    if (!has_failed)
        CHECK(life.is_through);
    return !has_failed;
}

static void memory_may_run_out_at_any_point_of_a_server(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    wspi_test_at_case_end(end_life);
    wsp_set_log_handler(NULL, WSP_LOG_ERROR, NULL);
    for (size_t n = 1; n < MOST_ALLOCATIONS; n++) {
        TEST_NOTE("allocation %zu fails", n);
        bool is_whole = live(memory, n);
        end_life();
        CHECK_SIZE(memory->live_blocks, 0);
        if (is_whole)
            return;
    }
    FAIL("no life ran without a failure");
}

static const wspi_test_case cases[] = {
    TEST_CASE(memory_may_run_out_at_any_point_of_a_server),
};

TEST_MAIN(cases)
