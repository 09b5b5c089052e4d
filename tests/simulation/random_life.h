/* SPDX-License-Identifier: MIT */
#ifndef WSPI_RANDOM_LIFE_H
#define WSPI_RANDOM_LIFE_H

/*
 * Random lives of clients and servers in a virtual world, through the public
 * API alone: connecting, sending, pinging, closing, dropping, reconnecting, from
 * outside and inside handlers, polled and waited for in every way. What must
 * hold in each life is random_history_test.c's business; what arrives is checked
 * here, as it arrives.
 */

#include "wspeer.h"

enum { LIFE_MAX_CLIENTS = 4, LIFE_MAX_ENDPOINTS = 256, LIFE_MAX_MESSAGE = 150 * 1000, LIFE_PORT = 9080 };

/* No close() in OPEN yet. */
#define LIFE_NOT_CLOSED (-1)

/* One peer's part of one connection; kept after the peer is gone. */
typedef struct life_end {
    wsp_peer *peer; /* NULL once it belongs to a later connection or is destroyed */
    struct life_end *other;
    unsigned id; /* of the connection, 0 while a server does not know it */
    bool is_client;
    bool has_handlers;
    bool takes_in_handler;
    bool ended_itself; /* by a call that promises no report */
    size_t sent;
    size_t received;
    size_t sent_bytes;
    size_t received_bytes;
    unsigned established;
    unsigned reports;
    int closed_with; /* the code of our close() in OPEN */
    bool is_over;
    int code;
    wsp_result error;
} life_end;

typedef struct life_world {
    bool is_calm; /* nothing goes wrong, and nobody drops a connection */
    bool is_short_of_memory;
    bool is_event_driven; /* polls only who asks for it, as a foreign event loop does */
    bool is_ending;       /* nobody starts anything any more */
    uint64_t random;
    uint64_t seed;
    size_t largest; /* message */
    wsp_tcp_server *server;
    life_end *clients[LIFE_MAX_CLIENTS]; /* the latest of each */
    size_t client_count;
    life_end ends[LIFE_MAX_ENDPOINTS];
    size_t count;
    unsigned next_id;
    uint8_t bytes[LIFE_MAX_MESSAGE + 8];
} life_world;

/* One at a time. */
extern life_world life;

size_t life_below(size_t count);
bool life_chance(unsigned percent);

/* Somebody does something, time passes, everybody is polled. */
void life_step(void);

/* The server stops while connections wait for it. */
void life_stop_listening(void);

/* Lets time pass in a world where nobody acts, until every message has arrived; fails the case when they do
 * not within the time. For calm worlds. */
void life_settle(double seconds);

/* Closes everything and lets time pass until it is over; fails the case when it is not within the time. */
void life_end_all(double seconds);

#endif
