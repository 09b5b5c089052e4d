/* SPDX-License-Identifier: MIT */
#ifndef WSPI_VIRTUAL_LISTEN_H
#define WSPI_VIRTUAL_LISTEN_H

/* Listeners and the addresses of the virtual machine. virtual_admit of virtual_connection.h is here too. */

#include "virtual_connection.h"

typedef struct virtual_listener virtual_listener;

void virtual_listeners_begin(void);

/* Whether the machine owns the address; all others are foreign. */
bool virtual_is_local(const wspi_address *address);

/* The address, with a port of its own, from which the machine connects to another. */
wspi_address virtual_choose_source(const wspi_address *to);

/* The result of wspi_os_listen; on WSP_OK the listener and the address with its port. */
wsp_result virtual_listener_open(const wspi_listen_address *at, virtual_listener **out_listener,
                                 wspi_address *out_address, int *out_error);

/* Connections that wait are reset. */
void virtual_listener_close(virtual_listener *listener);

/* Whether take would answer one. */
bool virtual_listener_is_ready(const virtual_listener *listener);

/* The connection that waits longest, or NULL. The caller then holds the server's end. */
virtual_connection *virtual_listener_take(virtual_listener *listener);

#endif
