/* SPDX-License-Identifier: MIT */

/*
 * How bytes cross a virtual connection: segments with a latency, a line of
 * limited bandwidth, a bounded buffer whose room comes back when the receiver
 * has read, the end of a direction behind its last byte (RFC 9293 3.6).
 */

#include "virtual_flow.h"

#include <errno.h>
#include <string.h>

/* -- the queue of bytes ---------------------------------------------------- */

static void append(virtual_flow *flow, const uint8_t *bytes, size_t size)
{
    if (flow->start + flow->size + size > flow->capacity) {
        if (flow->size > 0)
            memmove(flow->bytes, flow->bytes + flow->start, flow->size);
        flow->start = 0;
        if (flow->size + size > flow->capacity) {
            flow->capacity = 2 * (flow->size + size);
            flow->bytes = virtual_grow(flow->bytes, flow->capacity);
        }
    }
    memcpy(flow->bytes + flow->start + flow->size, bytes, size);
    flow->size += size;
}

static bool is_ended(const virtual_flow *flow)
{
    return flow->is_end_due && flow->size == flow->arrived;
}

/* -- arrivals -------------------------------------------------------------- */

/* How many of the bytes that arrive now come before the plan's fault. */
static size_t count_until_fault(const virtual_connection *connection, unsigned side, size_t size)
{
    const virtual_fault *fault = &connection->fault;
    uint64_t total = connection->ends[side].in.total;
    if (fault->kind == VIRTUAL_NO_FAULT || fault->after_bytes == 0 || fault->direction != side)
        return SIZE_MAX;
    return total + size >= fault->after_bytes ? fault->after_bytes - (size_t)total : SIZE_MAX;
}

static void segment_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    unsigned side = detail & 1;
    size_t size = detail >> 1;
    virtual_end_point *end = &connection->ends[side];
    virtual_flow *flow = &end->in;
    if (virtual_connection_is_held_up(connection, segment_arrives, side, size)) {
        virtual_connection_leave(connection);
        return;
    }
    if (virtual_now() > flow->lost_from || end->phase == VIRTUAL_DEAD) {
        flow->size -= size;
    } else if (!end->is_held) {
        /* RFC 9293 3.10.7.1: nobody is here any more. */
        flow->size -= size;
        virtual_connection_send_reset(connection, !side);
    } else {
        size_t until_fault = count_until_fault(connection, side, size);
        size_t step = wspi_min(size, until_fault);
        flow->arrived += step;
        flow->total += step;
        if (until_fault != SIZE_MAX) {
            virtual_fault fault = connection->fault;
            connection->fault.kind = VIRTUAL_NO_FAULT;
            virtual_connection_strike(connection, &fault);
        }
        if (step < size)
            virtual_connection_post(connection, virtual_now(), segment_arrives, side, size - step);
    }
    virtual_connection_leave(connection);
}

static void end_arrives(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    unsigned side = detail & 1;
    virtual_end_point *end = &connection->ends[side];
    if (!virtual_connection_is_held_up(connection, end_arrives, side, 0) &&
        virtual_now() <= end->in.lost_from && end->phase != VIRTUAL_DEAD)
        end->in.is_end_due = true;
    virtual_connection_leave(connection);
}

static void room_comes_back(void *subject, size_t detail)
{
    virtual_connection *connection = subject;
    unsigned side = detail & 1;
    if (!virtual_connection_is_held_up(connection, room_comes_back, side, detail >> 1))
        connection->ends[!side].in.used -= detail >> 1;
    virtual_connection_leave(connection);
}

/* -- calls ----------------------------------------------------------------- */

/* Cuts what was sent into segments and lets them leave one after the other. */
static void dispatch(virtual_connection *connection, unsigned to, size_t size)
{
    const virtual_path *path = &connection->path;
    virtual_flow *flow = &connection->ends[to].in;
    while (size > 0) {
        size_t part = wspi_min(size, path->segment_size);
        virtual_time now = virtual_now();
        virtual_time leaves = flow->line_free > now ? flow->line_free : now;
        if (path->bandwidth[to] > 0)
            leaves += virtual_after((double)part / path->bandwidth[to]) - now;
        flow->line_free = leaves;
        virtual_time at = leaves + (virtual_connection_travel(connection, to) - now);
        if (at < flow->latest)
            at = flow->latest;
        flow->latest = at;
        virtual_connection_post(connection, at, segment_arrives, to, part);
        size -= part;
    }
}

wspi_io virtual_connection_send(virtual_connection *connection, unsigned side, const wspi_bytes *pieces,
                                size_t count, size_t *out_size, int *out_error)
{
    virtual_end_point *end = &connection->ends[side];
    virtual_flow *flow = &connection->ends[!side].in;
    if (end->phase == VIRTUAL_DEAD || flow->is_end_sent) {
        int error = virtual_connection_take_error(connection, side);
        *out_error = error != 0 ? error : EPIPE;
        virtual_record("%lld send failed: error %d", (long long)end->socket, *out_error);
        return WSPI_IO_FAILED;
    }
    size_t room = wspi_left(connection->path.buffer_size, flow->used);
    if (end->phase == VIRTUAL_CONNECTING || room == 0)
        return WSPI_IO_WAIT;
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += pieces[i].size;
    if (total == 0)
        virtual_misuse("nothing to send on socket %lld", (long long)end->socket);
    size_t left = wspi_min(room, virtual_split(&connection->path, connection->path.send_max, total));
    *out_size = left;
    uint32_t hash = 0;
    for (size_t i = 0; i < count && left > 0; i++) {
        size_t part = wspi_min(pieces[i].size, left);
        if (part == 0)
            continue;
        hash = virtual_hash(hash, pieces[i].data, part);
        append(flow, pieces[i].data, part);
        left -= part;
    }
    flow->used += *out_size;
    virtual_record("%lld send %zu of %zu %08lx", (long long)end->socket, *out_size, total,
                   (unsigned long)hash);
    dispatch(connection, !side, *out_size);
    virtual_connection_note_unanswered(connection, side);
    return WSPI_IO_OK;
}

static size_t take(virtual_connection *connection, unsigned side, uint8_t *out, size_t size)
{
    virtual_end_point *end = &connection->ends[side];
    virtual_flow *flow = &end->in;
    size_t step = wspi_min(size, flow->arrived);
    step = virtual_split(&connection->path, connection->path.receive_max, step);
    memcpy(out, flow->bytes + flow->start, step);
    flow->start += step;
    flow->size -= step;
    flow->arrived -= step;
    virtual_record("%lld receive %zu %08lx", (long long)end->socket, step,
                   (unsigned long)virtual_hash(0, out, step));
    virtual_connection_post(connection, virtual_connection_travel(connection, !side), room_comes_back, !side,
                            step);
    return step;
}

wspi_io virtual_connection_receive(virtual_connection *connection, unsigned side, uint8_t *out, size_t size,
                                   size_t *out_size, int *out_error)
{
    virtual_end_point *end = &connection->ends[side];
    if (end->in.arrived > 0) {
        *out_size = take(connection, side, out, size);
        return WSPI_IO_OK;
    }
    if (is_ended(&end->in)) {
        virtual_record("%lld receive end", (long long)end->socket);
        return WSPI_IO_END;
    }
    if (end->phase != VIRTUAL_DEAD)
        return WSPI_IO_WAIT;
    *out_error = virtual_connection_take_error(connection, side);
    virtual_record("%lld receive failed: error %d", (long long)end->socket, *out_error);
    return *out_error != 0 ? WSPI_IO_FAILED : WSPI_IO_END;
}

void virtual_connection_shutdown(virtual_connection *connection, unsigned side)
{
    virtual_flow *flow = &connection->ends[!side].in;
    if (connection->ends[side].phase != VIRTUAL_ESTABLISHED || flow->is_end_sent)
        return;
    flow->is_end_sent = true;
    virtual_time now = virtual_now();
    virtual_time leaves = flow->line_free > now ? flow->line_free : now;
    virtual_time at = leaves + (virtual_connection_travel(connection, !side) - now);
    if (at < flow->latest)
        at = flow->latest;
    flow->latest = at;
    virtual_connection_post(connection, at, end_arrives, !side, 0);
}

bool virtual_connection_is_ready(const virtual_connection *connection, unsigned side, bool wants_read,
                                 bool wants_write)
{
    const virtual_end_point *end = &connection->ends[side];
    const virtual_flow *out = &connection->ends[!side].in;
    if (end->phase == VIRTUAL_DEAD || (is_ended(&end->in) && out->is_end_sent))
        return true;
    if (end->phase == VIRTUAL_CONNECTING)
        return false;
    bool is_readable = end->in.arrived > 0 || is_ended(&end->in);
    bool is_writable = out->used < connection->path.buffer_size || out->is_end_sent;
    return (wants_read && is_readable) || (wants_write && is_writable);
}
