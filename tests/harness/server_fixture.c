/* SPDX-License-Identifier: MIT */
/* See server_fixture.h. One fixture at a time, so that the end of a case can clean up without an argument. */
#include "server_fixture.h"

#include "net/poller.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double PATIENCE_SECONDS = 10;

static server_fixture fixture_of_case;

static void clean_up(void)
{
    server_fixture *f = &fixture_of_case;
    for (size_t i = 0; i < f->client_count; i++)
        wsp_peer_destroy(f->clients[i]);
    for (size_t i = 0; i < f->raw_count; i++)
        wspi_os_close(f->raws[i]);
    wsp_server_destroy(f->server);
    *f = (server_fixture){0};
}

/* -- the log --------------------------------------------------------------- */

static void note(server_fixture *f, int32_t id, const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int size = snprintf(f->log + f->log_size, sizeof f->log - f->log_size, "%s\n", line);
    if (size > 0 && (size_t)size < sizeof f->log - f->log_size)
        f->log_size += (size_t)size;
    if (f->hook != NULL)
        f->hook(f, line, id);
}

size_t server_fixture_count(const server_fixture *f, const char *line)
{
    size_t found = 0;
    size_t size = strlen(line);
    for (const char *at = f->log; *at != '\0'; at = strchr(at, '\n') + 1)
        found += strncmp(at, line, size) == 0 && at[size] == '\n';
    return found;
}

bool server_fixture_has(const server_fixture *f, const char *line)
{
    return server_fixture_count(f, line) > 0;
}

static void on_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                         void *user)
{
    (void)server;
    note(user, id, "connected %d %s %s", (int)id, protocol, resource);
}

static void on_close_request(wsp_server *server, int32_t id, int code, const char *reason, void *user)
{
    (void)server;
    note(user, id, "close %d %d %s", (int)id, code, reason);
}

static void on_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    (void)server;
    note(user, id, "gone %d %s", (int)id, was_clean ? "clean" : "unclean");
}

static void on_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                    void *user)
{
    (void)server;
    CHECK(data != NULL);
    CHECK_INT(data[size], 0);
    note(user, id, "data %d %c %.100s", (int)id, is_text ? 't' : 'b', (const char *)data);
}

static void on_handshake(wsp_server *server, wsp_request *request, void *user)
{
    server_fixture *f = user;
    (void)server;
    note(f, 0, "handshake %s", wsp_request_get_path(request));
    if (f->request_hook != NULL)
        f->request_hook(f, request);
}

static void on_http(wsp_server *server, wsp_request *request, void *user)
{
    server_fixture *f = user;
    (void)server;
    note(f, 0, "http %s %s", wsp_request_get_method(request), wsp_request_get_path(request));
    if (f->request_hook != NULL)
        f->request_hook(f, request);
}

static void on_missed(wsp_server *server, int32_t id, void *user)
{
    (void)server;
    note(user, id, "missed %d", (int)id);
}

const wsp_server_handlers server_fixture_handlers = {on_connected, on_close_request, on_disconnected, on_data,
                                                     on_handshake, on_http,          on_missed};

/* -- the server ------------------------------------------------------------ */

server_fixture *server_fixture_prepare(const wsp_server_handlers *handlers)
{
    server_fixture *f = &fixture_of_case;
    *f = (server_fixture){0};
    wspi_test_at_case_end(clean_up);
    f->server = wsp_server_create();
    CHECK(f->server != NULL);
    CHECK_RESULT(wsp_server_set_bind_ip(f->server, "127.0.0.1"), WSP_OK);
    CHECK_RESULT(
        wsp_server_set_handlers(f->server, handlers != NULL ? handlers : &server_fixture_handlers, f),
        WSP_OK);
    return f;
}

void server_fixture_listen(server_fixture *f, const char *const *protocols, size_t count)
{
    CHECK_RESULT(wsp_server_listen(f->server, 0, protocols, count), WSP_OK);
    (void)snprintf(f->url, sizeof f->url, "ws://127.0.0.1:%u", wsp_server_get_local_port(f->server));
}

server_fixture *server_fixture_begin(const wsp_server_handlers *handlers)
{
    server_fixture *f = server_fixture_prepare(handlers);
    server_fixture_listen(f, NULL, 0);
    return f;
}

void server_fixture_step(server_fixture *f)
{
    if (f->server != NULL)
        (void)wsp_server_poll_wait(f->server, 0.002);
    for (size_t i = 0; i < f->client_count; i++)
        wsp_peer_poll(f->clients[i]);
}

/* -- clients --------------------------------------------------------------- */

wsp_peer *server_fixture_connect(server_fixture *f, const char *path)
{
    CHECK(f->client_count < SERVER_FIXTURE_CLIENTS);
    wsp_peer *client = wsp_peer_create();
    CHECK(client != NULL);
    f->clients[f->client_count++] = client;
    char url[4096];
    (void)snprintf(url, sizeof url, "%s%s", f->url, path);
    CHECK_RESULT(wsp_peer_connect_to_url(client, url, NULL), WSP_OK);
    return client;
}

wsp_peer *server_fixture_open(server_fixture *f, const char *path)
{
    size_t before = wsp_server_get_peer_count(f->server);
    wsp_peer *client = server_fixture_connect(f, path);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_OPEN);
    SERVER_UNTIL(f, wsp_server_get_peer_count(f->server) > before);
    return client;
}

wspi_socket server_fixture_raw(server_fixture *f)
{
    wspi_address to = {.family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_server_get_local_port(f->server)};
    int error = 0;
    CHECK(f->raw_count < SERVER_FIXTURE_RAWS);
    wspi_socket *raw = &f->raws[f->raw_count++];
    *raw = WSPI_NO_SOCKET;
    CHECK(wspi_os_connect(&to, raw, &error) != WSPI_IO_FAILED);
    wspi_poll_entry entry = {.socket = *raw, .wants_write = true};
    CHECK(wspi_poller_wait(&entry, 1, PATIENCE_SECONDS));
    return *raw;
}

void server_fixture_send(server_fixture *f, wspi_socket raw, const void *bytes, size_t size)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    for (size_t done = 0; done < size;) {
        wspi_bytes piece = {(const uint8_t *)bytes + done, size - done};
        size_t sent = 0;
        int error = 0;
        if (wspi_os_send(raw, &piece, 1, &sent, &error) == WSPI_IO_OK)
            done += sent;
        else
            server_fixture_step(f);
        if (wsp_now() > until)
            FAIL("the raw bytes could not be sent");
    }
}

const char *server_fixture_answer(server_fixture *f, const char *request)
{
    static char answer[8192];
    wspi_socket raw = server_fixture_raw(f);
    double until = wsp_now() + PATIENCE_SECONDS;
    size_t size = 0;
    server_fixture_send(f, raw, request, strlen(request));
    while (size < sizeof answer - 1) {
        size_t got = 0;
        int error = 0;
        wspi_io io = wspi_os_receive(raw, answer + size, sizeof answer - 1 - size, &got, &error);
        if (io == WSPI_IO_END || io == WSPI_IO_FAILED)
            break;
        if (io == WSPI_IO_OK)
            size += got;
        else
            server_fixture_step(f);
        if (wsp_now() > until)
            FAIL("no end of the answer came");
    }
    answer[size] = '\0';
    return answer;
}
