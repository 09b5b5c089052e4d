/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_COUNTING_SERVER_H
#define WSPI_TEST_COUNTING_SERVER_H

/*
 * A wsp_server on 127.0.0.1 that echoes, pushes back on who does not read, and counts what its handlers tell.
 * One at a time; it is destroyed when the case ends.
 */

#include "client_process.h"
#include "wspeer.h"

typedef struct counting_server {
    wsp_server *server;
    uint16_t port;
    size_t connected;
    size_t gone;
    size_t gone_twice; /* reported without being there */
    size_t messages;
    size_t kept; /* calls of keep_packet */
    size_t missed;
    size_t most_buffered; /* bytes that waited for one client */
    int32_t last_id;      /* of client_connected */
    int32_t last_missed_id;
    size_t descriptors; /* while nobody is connected */
    int32_t *ids;       /* of each client_connected while there is room, or NULL */
    size_t ids_capacity;
} counting_server;

/* With this much room for what waits for one client. */
counting_server *counting_server_begin(size_t outbound_buffer_size);

/* Polls until a client process has told a number, which is returned, or is over: -1. */
int counting_server_hear(counting_server *s, client_process *process);

/* Polls until it is over, and answers its status. */
int counting_server_finish(counting_server *s, client_process *process);

/* Polls until nobody is connected and as many descriptors are open as in the beginning; both within
 * `seconds`. */
void counting_server_expect_empty(counting_server *s, double seconds);

/* Polls for half a second in which nothing is to be done: that takes next to no processor time. */
void counting_server_expect_calm(counting_server *s);

/* A hundredth of a second of work, or sleep. */
void counting_server_step(counting_server *s);

#endif
