/* SPDX-License-Identifier: MIT */
/*
 * See listener.h. Accepting fails when descriptors or memory run out: the connection then still waits in the
 * system's queue and the listener stays readable, so only a pause is needed (bad-inputs O4).
 */
#include "listener.h"

#include "log.h"
#include "url.h"

#include <string.h>

/* Descriptors do not come back in microseconds, and the listener stays readable: retrying at once would spin.
 */
#define ACCEPT_PAUSE_SECONDS 0.1

/* At most one warning in this time, however often descriptors run out. */
#define WARNING_PAUSE_SECONDS 60.0

bool wspi_listener_read_address(const char *text_or_null, wspi_address *out)
{
    *out = (wspi_address){0};
    if (text_or_null == NULL || strcmp(text_or_null, "*") == 0)
        return true;
    wspi_host_kind kind = WSPI_HOST_NAME;
    uint8_t bytes[16];
    if (!wspi_parse_ip_literal(text_or_null, strlen(text_or_null), &kind, bytes))
        return false;
    wspi_address_set(out, kind == WSPI_HOST_IPV4 ? 4 : 6, bytes, 0);
    return true;
}

wsp_result wspi_listener_open(wspi_listener *listener, const wspi_listen_address *at, wspi_text *why)
{
    int error = 0;
    wsp_result result = wspi_os_listen(at, &listener->socket, &listener->port, &error);
    if (result == WSP_OK)
        return WSP_OK;
    listener->socket = WSPI_NO_SOCKET;
    /* The result alone does not tell a foreign address from a missing permission. */
    wspi_text_set(why, "could not listen on ");
    if (at->address.family == 0)
        wspi_text_add(why, "*");
    wspi_address_add_text(&at->address, why);
    wspi_text_add(why, " port ");
    wspi_text_add_number(why, at->address.port);
    wspi_text_add(why, ": ");
    if (error != 0)
        wspi_os_error_text(error, why);
    else
        wspi_text_add(why, wsp_result_text(result));
    return result;
}

void wspi_listener_close(wspi_listener *listener)
{
    wspi_os_close(listener->socket);
    *listener = WSPI_LISTENER_CLOSED;
}

static void pause_accepting(wspi_listener *listener, double now, int error)
{
    listener->accept_after = now + ACCEPT_PAUSE_SECONDS;
    if (now < listener->warn_after)
        return;
    listener->warn_after = now + WARNING_PAUSE_SECONDS;
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof room);
    wspi_text_add(&text, "could not accept a connection, trying again every 100 ms: ");
    wspi_os_error_text(error, &text);
    wspi_log(WSP_LOG_WARNING, room);
}

wspi_io wspi_listener_accept(wspi_listener *listener, double now, wspi_socket *out_socket,
                             wspi_address *out_from)
{
    if (listener->socket == WSPI_NO_SOCKET || now < listener->accept_after)
        return WSPI_IO_WAIT;
    listener->accept_after = 0;
    int error = 0;
    wspi_io io = wspi_os_accept(listener->socket, out_socket, out_from, &error);
    if (io == WSPI_IO_FAILED)
        pause_accepting(listener, now, error);
    return io;
}

double wspi_listener_get_delay(const wspi_listener *listener, double now)
{
    if (listener->socket == WSPI_NO_SOCKET || listener->accept_after == 0)
        return -1;
    return listener->accept_after > now ? listener->accept_after - now : 0;
}
