/* SPDX-License-Identifier: MIT */

/*
 * The life of a virtual TCP connection: the attempt (RFC 9293 3.5), its end in
 * order or by a reset, and the faults of the plan. What carries bytes is in
 * virtual_flow.c; sockets and listeners are in files of their own.
 */

#include "virtual_flow.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Linux: tcp_syn_retries 6 gives an attempt up after 127 s, tcp_retries2 15 a connection after about 924 s.
 */
#define ATTEMPT_SECONDS   127.0
#define GIVING_UP_SECONDS 924.0
#define MAX_ATTEMPTS      7

static virtual_connection *first_connection;

/* -- existence ------------------------------------------------------------- */

static virtual_connection *create(const virtual_fate *fate, const wspi_address *from, const wspi_address *to)
{
    virtual_connection *connection = virtual_allocate(sizeof(*connection));
    *connection = (virtual_connection){.path = fate->path, .fault = fate->fault, .next = first_connection};
    connection->ends[VIRTUAL_TO_CLIENT].address = *from;
    connection->ends[VIRTUAL_TO_SERVER].address = *to;
    for (unsigned side = 0; side < 2; side++) {
        connection->ends[side].socket = WSPI_NO_SOCKET;
        connection->ends[side].in.lost_from = VIRTUAL_NEVER;
    }
    if (first_connection != NULL)
        first_connection->previous = connection;
    first_connection = connection;
    return connection;
}

static void free_connection(virtual_connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        first_connection = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    free(connection->ends[VIRTUAL_TO_CLIENT].in.bytes);
    free(connection->ends[VIRTUAL_TO_SERVER].in.bytes);
    free(connection);
}

static bool is_wanted(const virtual_connection *connection)
{
    return connection->events > 0 || connection->ends[0].is_held || connection->ends[1].is_held;
}

void virtual_connections_end(void)
{
    while (first_connection != NULL) {
        if (!is_wanted(first_connection))
            virtual_misuse("a connection is left that nobody holds");
        free_connection(first_connection);
    }
}

/* -- events ---------------------------------------------------------------- */

void virtual_connection_post(virtual_connection *connection, virtual_time at, virtual_happening *happen,
                             unsigned side, size_t amount)
{
    connection->events++;
    virtual_schedule(at, happen, connection, amount << 1 | side);
}

void virtual_connection_leave(virtual_connection *connection)
{
    connection->events--;
    if (!is_wanted(connection))
        free_connection(connection);
}

bool virtual_connection_is_held_up(virtual_connection *connection, virtual_happening *happen, unsigned side,
                                   size_t amount)
{
    if (connection->is_cut)
        return true;
    if (virtual_now() >= connection->stalled_until)
        return false;
    virtual_connection_post(connection, connection->stalled_until, happen, side, amount);
    return true;
}

virtual_time virtual_connection_travel(const virtual_connection *connection, unsigned to)
{
    const virtual_path *path = &connection->path;
    double jitter = path->jitter > 0 ? virtual_draw_seconds(path->jitter) : 0;
    return virtual_after(path->latency[to] + jitter);
}

/* -- ends ------------------------------------------------------------------ */

static void set_phase(virtual_end_point *end, virtual_phase phase)
{
    assert(phase > end->phase);
    end->phase = phase;
}

static void kill(virtual_connection *connection, unsigned side, int error)
{
    virtual_end_point *end = &connection->ends[side];
    if (end->phase == VIRTUAL_DEAD)
        return;
    if (end->is_held)
        virtual_record("%lld lost: error %d", (long long)end->socket, error);
    set_phase(end, VIRTUAL_DEAD);
    end->error = error;
}

static void reset_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    unsigned side = detail & 1;
    if (!virtual_connection_is_held_up(connection, reset_arrives, side, 0)) {
        virtual_end_point *end = &connection->ends[side];
        /* Linux: behind the other side's end, a reset only says that nobody reads any more. */
        kill(connection, side, end->in.is_end_due ? EPIPE : ECONNRESET);
    }
    virtual_connection_leave(connection);
}

/* What arrives until then stands before the reset; everything else is lost. */
static void post_reset(virtual_connection *connection, unsigned to, virtual_time at)
{
    virtual_flow *flow = &connection->ends[to].in;
    if (at < flow->lost_from)
        flow->lost_from = at;
    virtual_connection_post(connection, at, reset_arrives, to, 0);
}

void virtual_connection_send_reset(virtual_connection *connection, unsigned to)
{
    post_reset(connection, to, virtual_connection_travel(connection, to));
}

int virtual_connection_take_error(virtual_connection *connection, unsigned side)
{
    int error = connection->ends[side].error;
    connection->ends[side].error = 0;
    return error;
}

static void let_go(virtual_connection *connection, unsigned side)
{
    connection->ends[side].is_held = false;
    connection->ends[side].socket = WSPI_NO_SOCKET;
    if (!is_wanted(connection))
        free_connection(connection);
}

void virtual_connection_abort(virtual_connection *connection, unsigned side)
{
    if (connection->ends[side].phase == VIRTUAL_ESTABLISHED) {
        virtual_connection_send_reset(connection, !side);
        set_phase(&connection->ends[side], VIRTUAL_DEAD);
    }
    let_go(connection, side);
}

void virtual_connection_close(virtual_connection *connection, unsigned side)
{
    virtual_end_point *end = &connection->ends[side];
    /* RFC 1122 4.2.2.13: data that nobody will read is answered by a reset. */
    if (end->in.arrived > 0) {
        virtual_connection_abort(connection, side);
        return;
    }
    virtual_connection_shutdown(connection, side);
    let_go(connection, side);
}

/* -- the attempt ----------------------------------------------------------- */

static void handshake_done(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    if (!virtual_connection_is_held_up(connection, handshake_done, detail & 1, 0))
        connection->is_acceptable = true;
    virtual_connection_leave(connection);
}

static void fault_is_due(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    (void)detail;
    virtual_fault fault = connection->fault;
    connection->fault.kind = VIRTUAL_NO_FAULT;
    if (fault.kind != VIRTUAL_NO_FAULT)
        virtual_connection_strike(connection, &fault);
    virtual_connection_leave(connection);
}

static void establish_client(virtual_connection *connection)
{
    virtual_end_point *end = &connection->ends[VIRTUAL_TO_CLIENT];
    virtual_record("%lld connected", (long long)end->socket);
    set_phase(end, VIRTUAL_ESTABLISHED);
    if (connection->fault.kind != VIRTUAL_NO_FAULT && connection->fault.after_bytes == 0)
        virtual_connection_post(connection, virtual_after(connection->fault.after_seconds), fault_is_due, 0,
                                0);
}

static void answer_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    (void)detail;
    const virtual_end_point *end = &connection->ends[VIRTUAL_TO_CLIENT];
    if (!end->is_held) {
        virtual_connection_send_reset(connection, VIRTUAL_TO_SERVER);
    } else if (end->phase == VIRTUAL_CONNECTING) {
        establish_client(connection);
        virtual_time at = virtual_connection_travel(connection, VIRTUAL_TO_SERVER);
        connection->ends[VIRTUAL_TO_SERVER].in.latest = at;
        virtual_connection_post(connection, at, handshake_done, VIRTUAL_TO_SERVER, 0);
    }
    virtual_connection_leave(connection);
}

static void refusal_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    (void)detail;
    kill(connection, VIRTUAL_TO_CLIENT, ECONNREFUSED);
    virtual_connection_leave(connection);
}

static void attempt_is_over(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    (void)detail;
    if (connection->ends[VIRTUAL_TO_CLIENT].phase == VIRTUAL_CONNECTING)
        kill(connection, VIRTUAL_TO_CLIENT, ETIMEDOUT);
    virtual_connection_leave(connection);
}

static void attempt_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    (void)detail;
    virtual_end_point *server = &connection->ends[VIRTUAL_TO_SERVER];
    virtual_admission admission = virtual_admit(connection);
    if (admission == VIRTUAL_ADMITTED) {
        server->is_held = true;
        set_phase(server, VIRTUAL_ESTABLISHED);
        virtual_time at = virtual_connection_travel(connection, VIRTUAL_TO_CLIENT);
        connection->ends[VIRTUAL_TO_CLIENT].in.latest = at;
        virtual_connection_post(connection, at, answer_arrives, VIRTUAL_TO_CLIENT, 0);
    } else if (admission == VIRTUAL_NO_LISTENER) {
        virtual_connection_post(connection, virtual_connection_travel(connection, VIRTUAL_TO_CLIENT),
                                refusal_arrives, VIRTUAL_TO_CLIENT, 0);
    } else if (++connection->attempt < MAX_ATTEMPTS && connection->ends[VIRTUAL_TO_CLIENT].is_held) {
        double pause = (double)(1u << (connection->attempt - 1));
        virtual_connection_post(connection, virtual_after(pause), attempt_arrives, VIRTUAL_TO_SERVER, 0);
    }
    virtual_connection_leave(connection);
}

virtual_connection *virtual_connection_start(const virtual_fate *fate, const wspi_address *from,
                                             const wspi_address *to, wspi_socket socket)
{
    virtual_connection *connection = create(fate, from, to);
    virtual_end_point *client = &connection->ends[VIRTUAL_TO_CLIENT];
    client->is_held = true;
    client->socket = socket;
    double way = fate->path.latency[VIRTUAL_TO_SERVER] + fate->delay;
    if (fate->answer == VIRTUAL_ANSWER_NORMAL)
        virtual_connection_post(connection, virtual_after(way), attempt_arrives, VIRTUAL_TO_SERVER, 0);
    else if (fate->answer == VIRTUAL_ANSWER_REFUSED)
        virtual_connection_post(connection, virtual_after(way + fate->path.latency[VIRTUAL_TO_CLIENT]),
                                refusal_arrives, VIRTUAL_TO_CLIENT, 0);
    virtual_connection_post(connection, virtual_after(ATTEMPT_SECONDS), attempt_is_over, VIRTUAL_TO_CLIENT,
                            0);
    return connection;
}

virtual_connection *virtual_connection_pair(const virtual_fate *fate, const wspi_address *from,
                                            const wspi_address *to, const wspi_socket sockets[2])
{
    virtual_connection *connection = create(fate, from, to);
    for (unsigned side = 0; side < 2; side++) {
        connection->ends[side].is_held = true;
        connection->ends[side].socket = sockets[side];
    }
    set_phase(&connection->ends[VIRTUAL_TO_SERVER], VIRTUAL_ESTABLISHED);
    establish_client(connection);
    return connection;
}

/* -- faults ---------------------------------------------------------------- */

static void give_up(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    kill(connection, detail & 1, ETIMEDOUT);
    virtual_connection_leave(connection);
}

void virtual_connection_note_unanswered(virtual_connection *connection, unsigned from)
{
    virtual_end_point *end = &connection->ends[from];
    const virtual_flow *flow = &connection->ends[!from].in;
    if (!connection->is_cut || end->is_giving_up || flow->size == flow->arrived)
        return;
    end->is_giving_up = true;
    virtual_connection_post(connection, virtual_after(GIVING_UP_SECONDS), give_up, from, 0);
}

void virtual_connection_strike(virtual_connection *connection, const virtual_fault *fault)
{
    static const char *const names[] = {"nothing", "reset", "vanish", "stall"};
    virtual_record("%s strikes %s", names[fault->kind],
                   virtual_address_text(&connection->ends[VIRTUAL_TO_CLIENT].address));
    switch (fault->kind) {
    case VIRTUAL_NO_FAULT: break;
    case VIRTUAL_RESET:
        post_reset(connection, VIRTUAL_TO_CLIENT, virtual_now());
        post_reset(connection, VIRTUAL_TO_SERVER, virtual_now());
        break;
    case VIRTUAL_VANISH:
        connection->is_cut = true;
        virtual_connection_note_unanswered(connection, VIRTUAL_TO_CLIENT);
        virtual_connection_note_unanswered(connection, VIRTUAL_TO_SERVER);
        break;
    case VIRTUAL_STALL: connection->stalled_until = virtual_after(fault->seconds); break;
    }
}
