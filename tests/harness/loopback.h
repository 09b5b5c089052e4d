/* SPDX-License-Identifier: MIT */
#ifndef WSPI_LOOPBACK_H
#define WSPI_LOOPBACK_H

/*
 * Two real peers over a real socket of 127.0.0.1 in one process, polled in
 * turn, and a raw socket for what a peer would never send. Every wait has a
 * limit; passing it fails the case. Everything is closed when the case ends.
 */

#include "net/os.h"
#include "test.h"
#include "wspeer.h"

typedef struct loopback {
    wsp_tcp_server *listener;
    wsp_peer *client;
    wsp_peer *server;
    wspi_socket raw; /* instead of client */
    char url[64];
} loopback;

/* A listener and two peers that are not connected yet. */
loopback *loopback_begin(void);

/* Connects the client and accepts the stream on the other side: both are CONNECTING. */
void loopback_connect(loopback *pair, const char *path);

/* Connects until both are OPEN. */
void loopback_open(loopback *pair);

/* Connects a raw socket whose other end the server peer accepts. */
void loopback_connect_raw(loopback *pair);

/* Sends all bytes on the raw socket. */
void loopback_raw_send(loopback *pair, const void *bytes, size_t size);

/* Sends a proper upgrade request and polls until the server is OPEN; the response is read and dropped. */
void loopback_raw_open(loopback *pair);

/* Polls the server while reading the raw socket until `size` bytes are there or the other side ended. Returns
 * how many came. */
size_t loopback_raw_read(loopback *pair, void *out, size_t size);

/* Polls everything once, sleeping a moment at most when nothing is ready. */
void loopback_poll(loopback *pair);

/* Polls until the peer has the state. */
void loopback_poll_until(loopback *pair, wsp_peer *peer, wsp_state state);

/* Polls until the peer has at least that many packets. */
void loopback_poll_packets(loopback *pair, wsp_peer *peer, size_t count);

/* Takes a packet and compares it. */
void loopback_check_text(wsp_peer *peer, const char *text, size_t size);

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

#endif
