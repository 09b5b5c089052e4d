/* SPDX-License-Identifier: MIT */
#ifndef WSPI_READINESS_H
#define WSPI_READINESS_H

/*
 * What many streams of one thread know together about which of them has
 * something to read, so that polling an idle one costs no system call
 * (wsp_tcp_server_set_shared_readiness). Counted: it lives as long as the last
 * of its server and streams.
 *
 * A driven one belongs to a wsp_server, which collects what is ready itself, tells the members, and says what
 * each waits for.
 */

#include "poller.h"

typedef struct wspi_readiness wspi_readiness;

/* One stream's part of it. */
typedef struct wspi_readiness_member {
    wspi_readiness *readiness; /* NULL: the stream is on its own */
    unsigned seen;             /* the refresh that the last turn went by */
    bool is_ready;             /* reading may find something */
    bool is_watched;           /* driven: in the set, for reading and writing as follows */
    bool wants_read;
    bool wants_write;
} wspi_readiness_member;

/* NULL when memory or descriptors are out. The caller is the first user. */
wspi_readiness *wspi_readiness_create(void);

/* One user fewer; the last frees. NULL is allowed. */
void wspi_readiness_release(wspi_readiness *readiness);

/* Adds a stream's socket, as one more user. false: the stream stays on its own. */
bool wspi_readiness_join(wspi_readiness *readiness, wspi_readiness_member *member, wspi_socket socket);

/* Takes it out, before the socket is closed. A stream on its own is allowed. */
void wspi_readiness_leave(wspi_readiness_member *member, wspi_socket socket);

/* -- driven ---------------------------------------------------------------- */

/* As wspi_readiness_create. */
wspi_readiness *wspi_readiness_create_driven(void);

/* Adds a stream, as one more user; nothing is watched yet. */
void wspi_readiness_attach(wspi_readiness *readiness, wspi_readiness_member *member);

/* What to watch an attached stream's socket for from now on, perhaps nothing: then the system reports not
 * even its end. false when it could not be put into the set. */
bool wspi_readiness_update(wspi_readiness_member *member, wspi_socket socket, void *token, bool wants_read,
                           bool wants_write);

/* Watches a socket that is no stream's for reading, or stops. */
bool wspi_readiness_watch(wspi_readiness *readiness, wspi_socket socket, void *token);
void wspi_readiness_unwatch(wspi_readiness *readiness, wspi_socket socket);

/* As wspi_poller_collect and wspi_poller_get_socket. */
size_t wspi_readiness_collect(wspi_readiness *readiness, wspi_poller_event *out_events, size_t capacity,
                              double seconds);
wspi_socket wspi_readiness_get_socket(const wspi_readiness *readiness);

/* -- shared by peers that are polled one by one ---------------------------- */

/* Asks the system once for all members. */
void wspi_readiness_refresh(wspi_readiness *readiness);

/* A member's turn begins: refreshes when it has already had one since the last refresh. */
void wspi_readiness_begin_turn(wspi_readiness_member *member);

#endif
