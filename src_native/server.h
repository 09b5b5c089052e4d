/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SERVER_H
#define WSPI_SERVER_H

/*
 * The server as its own files see it. server.c is its life and what a program asks, server_settings.c what a
 * program sets, server_poll.c what happens inside poll, server_handlers.c how a peer's events become the
 * program's handlers, server_broadcast.c one message to many.
 *
 * A server's peer is a wsp_peer over a native link. All of them point to the server's one handler set, which
 * makes peer.c treat them as owned, and to its one receive buffer.
 */

#include "link.h"
#include "net/listener.h"
#include "peer.h"
#include "server_peers.h"
#include "timer_wheel.h"
#include "wspeer/server.h"

/* What no socket tells of is tried again after this many seconds: a message that was kept, a listener for
 * which the system had no place in the set. */
#define WSPI_SERVER_RETRY_SECONDS 0.05

struct wsp_server {
    wsp_server_handlers handlers;
    void *user;
    void *user_data;

    const wspi_settings *settings; /* its own block, shared with its peers */
    wspi_string_list origins;      /* empty: all */
    char *bind_ip;                 /* NULL: every address */
    wsp_tls_options *tls;          /* a share of them, or NULL */
    size_t max_connections;
    bool reuse_port;
    bool refuses_new;

    wspi_listener listener;
    bool is_listener_watched;
    wspi_readiness *readiness; /* exists while it listens or has peers */
    wspi_link_share share;
    wspi_peer_owner owner; /* what all its peers point to */
    wspi_server_peers peers;
    wspi_timer_wheel wheel;
    size_t open_count; /* peers between client_connected and the end of client_disconnected */

    wsp_result error; /* of the last listen */
    char *error_message;

    double now; /* of this poll */
    double gap; /* since the one before, time slept in poll_wait not counted */
    double last_poll;
    unsigned activity;    /* counts what poll_wait reports */
    uint16_t poll_number; /* wraps: a turn is then put off to the next poll */
    unsigned epoch;       /* counts stops: tells a poll that a handler ended what it was doing */
    unsigned holds;       /* calls of ours that still stand on the object while handlers run */
    bool is_polling;
    bool is_destroyed; /* freed when nobody holds it any more */
    bool has_warned_missed;
    bool is_reporting_missed;
};

/* -- server.c -------------------------------------------------------------- */

/* Keeps a server that a handler destroys alive until the matching unhold, which answers whether it still is.
 */
void wspi_server_hold(wsp_server *server);
bool wspi_server_unhold(wsp_server *server);

/* -- server_settings.c ----------------------------------------------------- */

/* Checked subprotocols, for connections accepted from now on. */
wsp_result wspi_server_set_protocols(wsp_server *server, const char *const *protocols, size_t count);

/* -- server_handlers.c ----------------------------------------------------- */

/* Fills in the handler set of the peers. */
void wspi_server_init_peer_handlers(wsp_server *server);

/* Messages go to a handler or to queues, as the program's handlers say. */
void wspi_server_choose_delivery(wsp_server *server);

/* The index of a peer's slot; the peer is in the table. */
uint32_t wspi_server_index_of(const wsp_server *server, const wsp_peer *peer);

/* A connection has ended: reports it if it was open, and frees it. The server may be stopped or destroyed
 * afterwards. */
void wspi_server_finish_peer(wsp_server *server, uint32_t index);

/* -- server_poll.c --------------------------------------------------------- */

/* After anything that may have changed what a peer waits for: watches its socket for that, keeps its
 * deadline, and lists it when it wants another turn. */
void wspi_server_settle(wsp_server *server, uint32_t index);

/* Writes what waits for a peer, outside its turn. */
void wspi_server_flush_peer(wsp_server *server, uint32_t index);

/* The same for the listener. */
void wspi_server_watch_listener(wsp_server *server, double now);

/* Seconds until the next poll is due without news from a socket; 0 now, negative never. */
double wspi_server_get_delay(const wsp_server *server, double now);

#endif
