/* SPDX-License-Identifier: MIT */

/*
 * The in-memory pair of streams of memory_stream.h. Each end keeps the bytes
 * that are on their way to it in one growing block.
 */

#include "memory_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static memory_stream *other_end(const memory_stream *end)
{
    memory_stream *ends = end->pair->ends;
    return end == &ends[0] ? &ends[1] : &ends[0];
}

static wspi_io handshake(wsp_stream *stream)
{
    memory_stream *end = (memory_stream *)stream;
    end->handshake_calls++;
    if (end->handshake_waits > 0) {
        end->handshake_waits--;
        return WSPI_IO_WAIT;
    }
    return end->fails_handshake || end->is_lost ? WSPI_IO_FAILED : WSPI_IO_OK;
}

/* What a read answers when no byte may be given. */
static wspi_io answer_without_bytes(const memory_stream *end)
{
    if (end->is_lost || end->bytes_read >= end->fail_read_at)
        return WSPI_IO_FAILED;
    return end->is_incoming_ended ? WSPI_IO_END : WSPI_IO_WAIT;
}

static size_t readable(const memory_stream *end)
{
    if (end->bytes_read >= end->fail_read_at)
        return 0;
    return wspi_min(end->incoming_size, end->fail_read_at - (size_t)end->bytes_read);
}

static wspi_io read_bytes(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    memory_stream *end = (memory_stream *)stream;
    end->read_calls++;
    size_t available = readable(end);
    size_t size = wspi_min(wspi_min(capacity, end->max_read), available);
    if (size == 0)
        return available > 0 ? WSPI_IO_WAIT : answer_without_bytes(end);
    memcpy(out, end->incoming + end->incoming_start, size);
    end->incoming_start += size;
    end->incoming_size -= size;
    end->bytes_read += size;
    *out_size = size;
    return WSPI_IO_OK;
}

static void *or_abort(void *block)
{
    if (block == NULL) {
        fputs("memory_stream: out of memory\n", stderr);
        abort();
    }
    return block;
}

static void deliver(memory_stream *to, const uint8_t *bytes, size_t size)
{
    if (size > to->incoming_room - to->incoming_start - to->incoming_size) {
        if (to->incoming_start > 0)
            memmove(to->incoming, to->incoming + to->incoming_start, to->incoming_size);
        to->incoming_start = 0;
    }
    if (size > to->incoming_room - to->incoming_size) {
        to->incoming_room = 2 * (to->incoming_size + size);
        to->incoming = or_abort(realloc(to->incoming, to->incoming_room));
    }
    memcpy(to->incoming + to->incoming_start + to->incoming_size, bytes, size);
    to->incoming_size += size;
}

/* Bytes that one write may take now. */
static size_t writable(const memory_stream *end)
{
    const memory_stream *to = other_end(end);
    size_t room = to->incoming_size < to->capacity ? to->capacity - to->incoming_size : 0;
    return wspi_min(wspi_min(room, end->max_write), end->fail_write_at - (size_t)end->bytes_written);
}

static wspi_io write_bytes(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size)
{
    memory_stream *end = (memory_stream *)stream;
    memory_stream *to = other_end(end);
    end->write_calls++;
    /* As on a socket: our direction is over, or nobody is left to read. */
    if (end->is_lost || end->shutdown_calls > 0 || to->is_destroyed ||
        end->bytes_written >= end->fail_write_at)
        return WSPI_IO_FAILED;
    size_t room = writable(end);
    if (room == 0)
        return WSPI_IO_WAIT;
    size_t written = 0;
    for (size_t i = 0; i < count && written < room; i++) {
        size_t size = wspi_min(pieces[i].size, room - written);
        if (size > 0)
            deliver(to, pieces[i].data, size);
        written += size;
    }
    end->bytes_written += written;
    *out_size = written;
    return WSPI_IO_OK;
}

static void shutdown_write(wsp_stream *stream)
{
    memory_stream *end = (memory_stream *)stream;
    end->shutdown_calls++;
    other_end(end)->is_incoming_ended = true;
}

static void destroy(wsp_stream *stream)
{
    memory_stream *end = (memory_stream *)stream;
    end->is_destroyed = true;
    other_end(end)->is_incoming_ended = true;
}

/* No socket shows what is here, so whoever waits for one must be told that there is something to read. */
static bool has_buffered_input(const wsp_stream *stream)
{
    const memory_stream *end = (const memory_stream *)stream;
    return readable(end) > 0 || answer_without_bytes(end) != WSPI_IO_WAIT;
}

static wsp_result failure(const wsp_stream *stream, wspi_text *why)
{
    const memory_stream *end = (const memory_stream *)stream;
    wspi_text_set(why, end->failure_reason);
    return end->failure_result;
}

memory_stream_pair *memory_stream_pair_create(void)
{
    static const wspi_stream_functions functions = {
        handshake, read_bytes, write_bytes, shutdown_write, destroy, has_buffered_input, failure};
    memory_stream_pair *pair = or_abort(calloc(1, sizeof(*pair)));
    for (int i = 0; i < 2; i++) {
        memory_stream *end = &pair->ends[i];
        end->base.functions = &functions;
        end->base.socket = WSPI_NO_SOCKET;
        end->pair = pair;
        end->max_read = SIZE_MAX;
        end->max_write = SIZE_MAX;
        end->capacity = SIZE_MAX;
        end->fail_read_at = SIZE_MAX;
        end->fail_write_at = SIZE_MAX;
        end->failure_result = WSP_ERR_CONNECTION_LOST;
        end->failure_reason = "the connection was lost (injected)";
    }
    return pair;
}

void memory_stream_pair_destroy(memory_stream_pair *pair)
{
    if (pair == NULL)
        return;
    free(pair->ends[0].incoming);
    free(pair->ends[1].incoming);
    free(pair);
}

wsp_stream *memory_stream_get(memory_stream_pair *pair, int end)
{
    return &pair->ends[end].base;
}

size_t memory_stream_get_unread(const memory_stream_pair *pair, int end)
{
    return pair->ends[end].incoming_size;
}

void memory_stream_end(memory_stream_pair *pair, int end)
{
    pair->ends[end].is_incoming_ended = true;
}

void memory_stream_lose(memory_stream_pair *pair, int end)
{
    pair->ends[end].is_lost = true;
}
