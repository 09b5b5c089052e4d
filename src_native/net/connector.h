/* SPDX-License-Identifier: MIT */
#ifndef WSPI_CONNECTOR_H
#define WSPI_CONNECTOR_H

/*
 * From a URL to one connected socket: resolves, then races the addresses, a
 * new attempt every 250 ms or as soon as the one before failed (RFC 8305 5);
 * the first to connect wins and the others are closed. Time is an argument;
 * nothing blocks.
 */

#include "poller.h"
#include "url.h"

typedef struct wspi_connector wspi_connector;

/* Starts. The URL is read during the call only. NULL when memory is out. */
wspi_connector *wspi_connector_create(const wspi_url *url);

/* Closes every attempt not handed over, abandons a lookup, frees. NULL is allowed. */
void wspi_connector_destroy(wspi_connector *connector);

/*
 * Goes as far as possible. OK: *out_socket is connected, Nagle off, the
 * caller's; WAIT; FAILED: the result is WSP_ERR_CANT_RESOLVE, WSP_ERR_CANT_CONNECT or
 * WSP_ERR_OUT_OF_MEMORY and `why` names each address tried and why it failed.
 */
wspi_io wspi_connector_step(wspi_connector *connector, double now, wspi_socket *out_socket,
                            wspi_address *out_address, wsp_result *out_result, wspi_text *why);

/* The sockets of running attempts, to wait for writable; none while resolving. At most WSPI_POLL_MAX. */
size_t wspi_connector_get_sockets(const wspi_connector *connector, wspi_poll_entry *out_entries);

/* Seconds until step has something to do without news of the first socket; negative: never. Short while
 * resolving, and while several attempts run. */
double wspi_connector_get_delay(const wspi_connector *connector, double now);

/* Sleeps until a socket, the lookup or the stagger calls for a step, at most `seconds` (negative: no limit).
 */
void wspi_connector_wait(wspi_connector *connector, double now, double seconds);

/* Whether the lookup is still running; for messages about a deadline. */
bool wspi_connector_is_resolving(const wspi_connector *connector);

#endif
