/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_SERVE_LOOP_H
#define EXAMPLE_SERVE_LOOP_H

#include "wspeer.h"

/*
 * What run_loop is for a client: the main loop of a server that keeps its own peers, built with
 * wsp_tcp_server and wsp_peer alone. serve_loop.c shows how a connection becomes a peer, and how many of them
 * share one sleep.
 */
typedef struct serve_handlers {
    /* A connection came in and `peer` is about to take it: the place for limits and protocols. false turns it
     * away. */
    bool (*prepare)(wsp_peer *peer, void *user);
    /*
     * The peer was polled: look at its state, take its packets. Returns true when packets were left in its
     * queue because what they would cause to be sent has no room; the peer is then not read from until there
     * is some.
     */
    bool (*polled)(wsp_peer *peer, void *user);
    /* The peer is CLOSED; it is destroyed when this returns. */
    void (*closed)(wsp_peer *peer, void *user);
} serve_handlers;

/*
 * Starts to listen and prints `listening on ws://HOST:PORT`, or `failed WSP_ERR_NAME message` and returns
 * NULL. Port 0 lets the system choose; `bind_or_null` NULL or "*" is every address. `is_secure` makes it
 * wss:// in that line.
 */
wsp_tcp_server *serve_listen(size_t port, const char *bind_or_null, bool is_secure);

/* Prints `listening on SCHEME://HOST:PORT`; `host` is the bind address, for "every address" the loopback one.
 */
void serve_print_listening(const char *scheme, const char *host, unsigned port);

/*
 * Serves until SIGINT or SIGTERM, then closes every connection with code 1001 and destroys the server. With
 * `tls_or_null` every connection speaks TLS first. Returns the exit status for main.
 */
int serve_loop(wsp_tcp_server *server, const wsp_tls_options *tls_or_null, const serve_handlers *handlers,
               void *user);

#endif
