/* SPDX-License-Identifier: MIT */

/*
 * wsp_tcp_server: the rules of listening, and the connection that waits to be
 * taken. It accepts ahead by one, so that "available" means that taking
 * succeeds; what a stream does afterwards is not its business.
 */

#include "log.h"
#include "memory.h"
#include "stream.h"
#include "url.h"

#include <string.h>

/* Descriptors do not come back in microseconds, and the listener stays readable: retrying at once would spin.
 */
#define ACCEPT_PAUSE_SECONDS 0.1

/* At most one warning in this time, however often descriptors run out. */
#define WARNING_PAUSE_SECONDS 60.0

struct wsp_tcp_server {
    wspi_socket listener; /* WSPI_NO_SOCKET while not listening */
    wspi_socket accepted; /* the connection to take next, or WSPI_NO_SOCKET */
    wspi_address accepted_from;
    wspi_readiness *readiness; /* shared with the streams taken from now on, or NULL */
    uint16_t port;
    double accept_after;
    double warn_after;
};

wsp_tcp_server *wsp_tcp_server_create(void)
{
    wsp_tcp_server *server = wspi_allocate_zeroed(sizeof(*server));
    if (server == NULL)
        return NULL;
    server->listener = WSPI_NO_SOCKET;
    server->accepted = WSPI_NO_SOCKET;
    return server;
}

void wsp_tcp_server_destroy(wsp_tcp_server *server_or_null)
{
    if (server_or_null == NULL)
        return;
    wsp_tcp_server_stop(server_or_null);
    wspi_readiness_release(server_or_null->readiness);
    wspi_free(server_or_null, sizeof(*server_or_null));
}

/* NULL and "*" are every address, which os.h calls family 0. false: no IP literal. */
static bool read_bind_address(const char *text, wspi_address *out)
{
    *out = (wspi_address){0};
    if (text == NULL || strcmp(text, "*") == 0)
        return true;
    wspi_host_kind kind = WSPI_HOST_NAME;
    uint8_t bytes[16];
    if (!wspi_parse_ip_literal(text, strlen(text), &kind, bytes))
        return false;
    wspi_address_set(out, kind == WSPI_HOST_IPV4 ? 4 : 6, bytes, 0);
    return true;
}

/* The result alone does not tell a foreign address from a missing permission. */
static void log_listen_failure(const wspi_address *address, int error)
{
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_text_add(&text, "could not listen on ");
    if (address->family == 0)
        wspi_text_add(&text, "*");
    wspi_address_add_text(address, &text);
    wspi_text_add(&text, " port ");
    wspi_text_add_number(&text, address->port);
    wspi_text_add(&text, ": ");
    wspi_os_error_text(error, &text);
    wspi_log(WSP_LOG_INFO, room);
}

wsp_result wsp_tcp_server_listen(wsp_tcp_server *server, int port, const char *bind_address_or_null)
{
    wspi_listen_address at = {0};
    if (server == NULL || port < 0 || port > UINT16_MAX ||
        !read_bind_address(bind_address_or_null, &at.address))
        return WSP_ERR_INVALID_PARAMETER;
    if (wsp_tcp_server_is_listening(server))
        return WSP_ERR_ALREADY_IN_USE;
    at.address.port = (uint16_t)port;
    int error = 0;
    wsp_result result = wspi_os_listen(&at, &server->listener, &server->port, &error);
    if (result != WSP_OK)
        log_listen_failure(&at.address, error);
    return result;
}

bool wsp_tcp_server_is_listening(const wsp_tcp_server *server)
{
    return server != NULL && server->listener != WSPI_NO_SOCKET;
}

uint16_t wsp_tcp_server_get_local_port(const wsp_tcp_server *server)
{
    return wsp_tcp_server_is_listening(server) ? server->port : 0;
}

/* The connection still waits in the system's queue, and the listener still works: only a pause is needed. */
static void pause_accepting(wsp_tcp_server *server, double now, int error)
{
    server->accept_after = now + ACCEPT_PAUSE_SECONDS;
    if (now < server->warn_after)
        return;
    server->warn_after = now + WARNING_PAUSE_SECONDS;
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_text_add(&text, "could not accept a connection, trying again every 100 ms: ");
    wspi_os_error_text(error, &text);
    wspi_log(WSP_LOG_WARNING, room);
}

/* Accepts ahead by one. */
static bool accept_next(wsp_tcp_server *server)
{
    if (!wsp_tcp_server_is_listening(server))
        return false;
    if (server->accepted != WSPI_NO_SOCKET)
        return true;
    double now = wspi_os_now();
    if (now < server->accept_after)
        return false;
    int error = 0;
    wspi_io io = wspi_os_accept(server->listener, &server->accepted, &server->accepted_from, &error);
    if (io == WSPI_IO_FAILED)
        pause_accepting(server, now, error);
    return io == WSPI_IO_OK;
}

bool wsp_tcp_server_is_connection_available(wsp_tcp_server *server)
{
    if (server != NULL && server->readiness != NULL)
        wspi_readiness_refresh(server->readiness);
    return accept_next(server);
}

wsp_stream *wsp_tcp_server_take_connection(wsp_tcp_server *server)
{
    if (!accept_next(server))
        return NULL;
    /* Without memory the connection stays, to be taken when there is some. */
    wsp_stream *stream = wspi_stream_tcp_create(server->accepted, &server->accepted_from);
    if (stream == NULL)
        return NULL;
    /* A stream that cannot join works all the same, at a system call a poll. */
    if (server->readiness != NULL)
        (void)wspi_readiness_join(server->readiness, &stream->readiness, server->accepted);
    server->accepted = WSPI_NO_SOCKET;
    return stream;
}

void wsp_tcp_server_stop(wsp_tcp_server *server)
{
    if (server == NULL)
        return;
    wspi_os_close(server->accepted);
    wspi_os_close(server->listener);
    server->accepted = WSPI_NO_SOCKET;
    server->listener = WSPI_NO_SOCKET;
    server->accept_after = 0;
    server->warn_after = 0;
}

wsp_result wsp_tcp_server_set_shared_readiness(wsp_tcp_server *server, bool enabled)
{
    if (server == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    if (!enabled) {
        wspi_readiness_release(server->readiness);
        server->readiness = NULL;
    } else if (server->readiness == NULL) {
        server->readiness = wspi_readiness_create();
        if (server->readiness == NULL)
            return WSP_ERR_OUT_OF_MEMORY;
    }
    return WSP_OK;
}

intptr_t wsp_tcp_server_get_socket(const wsp_tcp_server *server)
{
    return server != NULL ? server->listener : -1;
}
