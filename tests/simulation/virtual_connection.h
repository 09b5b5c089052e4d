/* SPDX-License-Identifier: MIT */
#ifndef WSPI_VIRTUAL_CONNECTION_H
#define WSPI_VIRTUAL_CONNECTION_H

/*
 * One virtual TCP connection: two ends and the bytes between them. The side of
 * an end is also the direction of the bytes it receives: VIRTUAL_TO_CLIENT 0,
 * VIRTUAL_TO_SERVER 1.
 *
 *   client's end   CONNECTING -> ESTABLISHED -> DEAD
 *   server's end   CONNECTING (not known to a listener) -> ESTABLISHED -> DEAD
 *
 * DEAD: a reset came or the system gave up. Whether an end was closed by the
 * program is a thing apart: its bytes go on to the other side.
 */

#include "virtual_world.h"

typedef enum virtual_phase { VIRTUAL_CONNECTING, VIRTUAL_ESTABLISHED, VIRTUAL_DEAD } virtual_phase;

/* The bytes on their way to one end. */
typedef struct virtual_flow {
    uint8_t *bytes; /* from start: those that arrived and were not read, then those on their way */
    size_t capacity;
    size_t start;
    size_t size;
    size_t arrived;
    size_t used;            /* of the path's buffer_size, as the sender knows it */
    uint64_t total;         /* that ever arrived */
    virtual_time line_free; /* when the last byte will have left */
    virtual_time latest;    /* arrival of what was sent last; nothing overtakes it */
    virtual_time lost_from; /* what would arrive later than this is lost */
    bool is_end_sent;
    bool is_end_due; /* it has come; it counts once nothing is on its way */
} virtual_flow;

typedef struct virtual_end_point {
    virtual_phase phase;
    wspi_address address;
    wspi_socket socket; /* for the history; WSPI_NO_SOCKET before accept and after close */
    int error;          /* why it is DEAD; told once */
    bool is_held;       /* by the program or by a listener's queue */
    bool has_no_delay;
    bool is_giving_up; /* what it sent is not acknowledged and a timer runs */
    virtual_flow in;
} virtual_end_point;

typedef struct virtual_connection virtual_connection;
struct virtual_connection {
    virtual_connection *previous;
    virtual_connection *next;
    virtual_end_point ends[2];
    virtual_path path;
    virtual_fault fault;
    size_t events;      /* scheduled for it */
    unsigned attempt;   /* of the client's to reach a listener */
    bool is_acceptable; /* the handshake is whole */
    bool is_cut;        /* nothing arrives any more */
    virtual_time stalled_until;
};

/* What became of an attempt that reached the server's machine. */
typedef enum virtual_admission {
    VIRTUAL_ADMITTED,
    VIRTUAL_NO_LISTENER,
    VIRTUAL_QUEUE_FULL
} virtual_admission;

/* virtual_listen.c: queues the connection at the listener of its server's address. */
virtual_admission virtual_admit(virtual_connection *connection);

/* Starts an attempt; the client's end is held by `socket`. */
virtual_connection *virtual_connection_start(const virtual_fate *fate, const wspi_address *from,
                                             const wspi_address *to, wspi_socket socket);

/* An established connection without an attempt; both ends are held. */
virtual_connection *virtual_connection_pair(const virtual_fate *fate, const wspi_address *from,
                                            const wspi_address *to, const wspi_socket sockets[2]);

/* os.h's calls on one end. */
wspi_io virtual_connection_receive(virtual_connection *connection, unsigned side, uint8_t *out, size_t size,
                                   size_t *out_size, int *out_error);
wspi_io virtual_connection_send(virtual_connection *connection, unsigned side, const wspi_bytes *pieces,
                                size_t count, size_t *out_size, int *out_error);
void virtual_connection_shutdown(virtual_connection *connection, unsigned side);
bool virtual_connection_is_ready(const virtual_connection *connection, unsigned side, bool wants_read,
                                 bool wants_write);

/* Takes the error that waits to be told; 0: none. */
int virtual_connection_take_error(virtual_connection *connection, unsigned side);

/* The holder gives an end up: in order, or with a reset. May free the connection. */
void virtual_connection_close(virtual_connection *connection, unsigned side);
void virtual_connection_abort(virtual_connection *connection, unsigned side);

/* Lets a fault happen now. */
void virtual_connection_strike(virtual_connection *connection, const virtual_fault *fault);

/* Frees every connection; ends the process if one is left that nobody holds and nothing waits for. */
void virtual_connections_end(void);

#endif
