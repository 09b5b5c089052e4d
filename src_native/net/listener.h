/* SPDX-License-Identifier: MIT */
#ifndef WSPI_LISTENER_H
#define WSPI_LISTENER_H

/*
 * A listening socket and the rules of accepting on it: what wsp_tcp_server and wsp_server have in common.
 * When descriptors run out it pauses instead of spinning, and warns once a minute at most.
 */

#include "os.h"

typedef struct wspi_listener {
    wspi_socket socket; /* WSPI_NO_SOCKET while not listening */
    uint16_t port;
    double accept_after; /* pausing until then */
    double warn_after;
} wspi_listener;

/* An initialised listener that does not listen. */
#define WSPI_LISTENER_CLOSED ((wspi_listener){.socket = WSPI_NO_SOCKET})

/* Reads an IP literal; NULL and "*" are every address, which os.h calls family 0. false: no IP literal. */
bool wspi_listener_read_address(const char *text_or_null, wspi_address *out);

/* Results as wspi_os_listen; when it fails, `why` gets one sentence with the system's reason. */
wsp_result wspi_listener_open(wspi_listener *listener, const wspi_listen_address *at, wspi_text *why);

/* Closing twice is allowed. */
void wspi_listener_close(wspi_listener *listener);

/* Takes one waiting connection, as wspi_os_accept; WAIT also while it pauses. */
wspi_io wspi_listener_accept(wspi_listener *listener, double now, wspi_socket *out_socket,
                             wspi_address *out_from);

/* Seconds until a pause is over, 0 when it is; negative when there is none. */
double wspi_listener_get_delay(const wspi_listener *listener, double now);

#endif
