/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_SOCKET_WAIT_H
#define EXAMPLE_SOCKET_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Sleeps until one of many sockets has something to do, a deadline passes or the program is told to end: the
 * event loop of a server that keeps its own peers. Each turn names what it waits for again:
 *
 *     socket_wait_begin(wait);
 *     socket_wait_add(wait, wsp_tcp_server_get_socket(server), SOCKET_WAIT_READ, -1);   its index is 0
 *     socket_wait_add(wait, wsp_peer_get_socket(peer), ..., wsp_peer_get_poll_delay(peer));   its index is 1
 *     socket_wait_sleep(wait);
 *     if (socket_wait_is_due(wait, 1)) wsp_peer_poll(peer);
 *
 * socket_wait_native.c does it with poll(2). A browser has no sockets to wait for; in socket_wait_web.c
 * nothing is ever due, and a server ends before it gets there.
 */
typedef struct socket_wait socket_wait;

enum { SOCKET_WAIT_READ = 1, SOCKET_WAIT_WRITE = 2 };

/*
 * From here on SIGINT and SIGTERM end a sleep and not the program: to be called before the program tells that
 * it is there. Returns false when that failed.
 */
bool socket_wait_catch_signals(void);

/* Catches the signals too, unless that was done. Returns NULL when something failed. */
socket_wait *socket_wait_create(void);
void socket_wait_destroy(socket_wait *wait_or_null);

void socket_wait_begin(socket_wait *wait);

/*
 * `delay` is the number of seconds after which the entry is due even if nothing happens on the socket;
 * negative for no such deadline. The socket may be -1, then only the delay counts. Returns false when out of
 * memory.
 */
bool socket_wait_add(socket_wait *wait, intptr_t socket, unsigned interest, double delay);

void socket_wait_sleep(socket_wait *wait);

/* Whether the entry with that index (its number in the order of adding) is to be looked at after the last
 * sleep. */
bool socket_wait_is_due(const socket_wait *wait, size_t index);

/* Whether SIGINT or SIGTERM arrived. A second one ends the program at once. */
bool socket_wait_is_told_to_end(const socket_wait *wait);

#endif
