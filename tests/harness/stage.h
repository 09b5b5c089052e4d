/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_STAGE_H
#define WSPI_TEST_STAGE_H

/*
 * The other side of the scenarios: a server on 127.0.0.1 (and [::1], where
 * there is IPv6) whose behaviour the request's target chooses. It lives in the
 * process of a native test, which polls it, or is a program of its own for
 * programs in a browser.
 *
 * Polite, played by a wsp_peer (stage_peer.c):
 *   /echo            sends every message back with its own type
 *   /push            sends messages, as far as there is room
 *   /collect         only counts what comes
 *   /report?of=KEY   sends what was seen of the connection with that key, one text message a line, when that
 *                    connection is over (now=1: at once); closes with 1000
 *     key=KEY        the name for /report
 *     protocols=a+b  the subprotocols it knows
 *     count=N size=S text=1    /push: N messages of S bytes (payload.h), binary unless text=1
 *     every=MS       /push: one message every so many milliseconds
 *     after=N        pushing and closing begin after N messages from the client
 *     close=CODE reason=TEXT   closes when all is sent; 0: without a code
 *
 * Impolite, bytes on a socket (stage_script.c):
 *   /script?do=STEP,STEP...  what the steps say, in order. Output gathers until a step that waits, so that it
 *                    leaves in one segment.
 *     head           the 101 answer; protocol=P in the query adds the subprotocol
 *     half           the first half of it
 *     http:NAME      another answer, by its name in stage_answers.c
 *     x:HEX          bytes
 *     text:T bin:T close:CODE ping:T pong:T   a frame; close alone: without a code
 *     part:T more:T last:T     first, middle and last frame of a fragmented text
 *     fragments:N:S  a binary message of N bytes in frames of S bytes
 *     data:N:S       N binary messages of S bytes
 *     message, closed    waits for a data or a close frame from the client
 *     touch          waits for the client's first byte behind its request, and leaves the others unread
 *     pieces         from here on one byte at a time
 *     fin            ends the sending direction
 *     reset          closes with bytes unread, which makes it a reset; only before anything was waited for,
 *                    or after touch
 *     freeze         neither reads nor sends any more
 *   Behind the last step it reads and notes what comes until the client ends, then closes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct stage stage;

/* Another socket to wait for. */
typedef struct stage_watch {
    intptr_t socket;
    bool wants_read;
    bool wants_write;
} stage_watch;

/* Listens on that port, 0 for any. A test without a stage cannot go on: trouble ends the process. */
stage *stage_create(int port);

/* Drops all connections. NULL is allowed. */
void stage_destroy(stage *of);

unsigned stage_get_port(const stage *of);

/* Whether it listens on [::1] too. */
bool stage_has_ipv6(const stage *of);

/* One turn of everybody on it. */
void stage_poll(stage *of);

/* Sleeps until the stage or one of the other sockets has something to do, at most so many seconds. */
void stage_wait(stage *of, const stage_watch *others, size_t count, double seconds);

#endif
