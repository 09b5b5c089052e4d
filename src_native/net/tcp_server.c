/* SPDX-License-Identifier: MIT */

/*
 * wsp_tcp_server: the rules of listening, and the connection that waits to be
 * taken. It accepts ahead by one, so that "available" means that taking
 * succeeds; what a stream does afterwards is not its business.
 */

#include "listener.h"
#include "log.h"
#include "memory.h"
#include "stream.h"

struct wsp_tcp_server {
    wspi_listener listener;
    wspi_socket accepted; /* the connection to take next, or WSPI_NO_SOCKET */
    wspi_address accepted_from;
    wspi_readiness *readiness; /* shared with the streams taken from now on, or NULL */
};

wsp_tcp_server *wsp_tcp_server_create(void)
{
    wsp_tcp_server *server = wspi_allocate_zeroed(sizeof(*server));
    if (server == NULL)
        return NULL;
    server->listener = WSPI_LISTENER_CLOSED;
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

wsp_result wsp_tcp_server_listen(wsp_tcp_server *server, int port, const char *bind_address_or_null)
{
    wspi_listen_address at = {0};
    if (server == NULL || port < 0 || port > UINT16_MAX ||
        !wspi_listener_read_address(bind_address_or_null, &at.address))
        return WSP_ERR_INVALID_PARAMETER;
    if (wsp_tcp_server_is_listening(server))
        return WSP_ERR_ALREADY_IN_USE;
    at.address.port = (uint16_t)port;
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, room, sizeof room);
    wsp_result result = wspi_listener_open(&server->listener, &at, &why);
    if (result != WSP_OK)
        wspi_log(WSP_LOG_INFO, room);
    return result;
}

bool wsp_tcp_server_is_listening(const wsp_tcp_server *server)
{
    return server != NULL && server->listener.socket != WSPI_NO_SOCKET;
}

uint16_t wsp_tcp_server_get_local_port(const wsp_tcp_server *server)
{
    return wsp_tcp_server_is_listening(server) ? server->listener.port : 0;
}

/* Accepts ahead by one. */
static bool accept_next(wsp_tcp_server *server)
{
    if (!wsp_tcp_server_is_listening(server))
        return false;
    if (server->accepted != WSPI_NO_SOCKET)
        return true;
    return wspi_listener_accept(&server->listener, wspi_os_now(), &server->accepted,
                                &server->accepted_from) == WSPI_IO_OK;
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
    wspi_listener_close(&server->listener);
    server->accepted = WSPI_NO_SOCKET;
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
    return server != NULL ? server->listener.socket : -1;
}
