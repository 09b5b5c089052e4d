/* SPDX-License-Identifier: MIT */
#ifndef WSPI_READINESS_H
#define WSPI_READINESS_H

/*
 * What many streams of one thread know together about which of them has
 * something to read, so that polling an idle one costs no system call
 * (wsp_tcp_server_set_shared_readiness). Counted: it lives as long as the last
 * of its server and streams.
 */

#include "poller.h"

typedef struct wspi_readiness wspi_readiness;

/* One stream's part of it. */
typedef struct wspi_readiness_member {
    wspi_readiness *readiness; /* NULL: the stream is on its own */
    unsigned seen;             /* the refresh that the last turn went by */
    bool is_ready;             /* reading may find something */
} wspi_readiness_member;

/* NULL when memory or descriptors are out. The caller is the first user. */
wspi_readiness *wspi_readiness_create(void);

/* One user fewer; the last frees. NULL is allowed. */
void wspi_readiness_release(wspi_readiness *readiness);

/* Adds a stream's socket, as one more user. false: the stream stays on its own. */
bool wspi_readiness_join(wspi_readiness *readiness, wspi_readiness_member *member, wspi_socket socket);

/* Takes it out, before the socket is closed. A stream on its own is allowed. */
void wspi_readiness_leave(wspi_readiness_member *member, wspi_socket socket);

/* Asks the system once for all members. */
void wspi_readiness_refresh(wspi_readiness *readiness);

/* A member's turn begins: refreshes when it has already had one since the last refresh. */
void wspi_readiness_begin_turn(wspi_readiness_member *member);

#endif
