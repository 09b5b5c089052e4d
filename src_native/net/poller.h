/* SPDX-License-Identifier: MIT */
#ifndef WSPI_POLLER_H
#define WSPI_POLLER_H

/*
 * The second seam: waiting for readiness. poller_poll.c is the portable form.
 *
 * Guarantees
 * - Level-triggered: what is not dealt with is reported again.
 * - An error counts as readable and writable, the end of a stream as readable.
 * - Descriptors of any number work (no FD_SETSIZE).
 * - A signal ends the wait early; nothing is ready then.
 */

#include "os.h"

/* Room that callers keep for a wait of one peer: the attempts of a connector. */
#define WSPI_POLL_MAX 8

typedef struct wspi_poll_entry {
    wspi_socket socket;
    bool wants_read;
    bool wants_write;
    bool is_ready; /* out: something wanted, or an error, is there */
} wspi_poll_entry;

/*
 * Waits until an entry is ready or `seconds` have passed: 0 only looks,
 * negative waits without a limit. count may be 0 (a plain sleep). true when an
 * entry is ready; with memory out and more than WSPI_POLL_MAX entries, true with all of them marked ready.
 */
bool wspi_poller_wait(wspi_poll_entry *entries, size_t count, double seconds);

/*
 * A set of sockets watched together: one question for all of them, however
 * many there are. poller_epoll.c asks the system to remember the set;
 * poller_set.c is the portable form over wspi_poller_wait.
 */
typedef struct wspi_poller wspi_poller;

typedef struct wspi_poller_event {
    void *token; /* of the socket that is ready */
    bool can_read;
    bool can_write;
} wspi_poller_event;

/* NULL when memory or descriptors are out. */
wspi_poller *wspi_poller_create(void);

/* The sockets stay open and the caller's. NULL is allowed. */
void wspi_poller_destroy(wspi_poller *poller);

/* Watches a socket for reading, and for writing when asked. false when memory or the system's limits are out.
 */
bool wspi_poller_add(wspi_poller *poller, wspi_socket socket, void *token, bool wants_write);

/* Changes what is wanted of a socket in the set. */
void wspi_poller_change(wspi_poller *poller, wspi_socket socket, void *token, bool wants_read,
                        bool wants_write);

/* Takes a socket out, before it is closed. */
void wspi_poller_remove(wspi_poller *poller, wspi_socket socket);

/* Waits as wspi_poller_wait does and answers up to `capacity` sockets that are ready. The others are answered
 * next time. */
size_t wspi_poller_collect(wspi_poller *poller, wspi_poller_event *out_events, size_t capacity,
                           double seconds);

/* A descriptor that is readable while a socket of the set is ready, or WSPI_NO_SOCKET where there is no such
 * thing. */
wspi_socket wspi_poller_get_socket(const wspi_poller *poller);

#endif
