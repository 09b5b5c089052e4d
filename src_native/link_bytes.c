/* SPDX-License-Identifier: MIT */
/*
 * Bytes between a link's stream and its buffers: reading within the budget of
 * a turn, writing in one gathered call. A write that fails changes nothing
 * else, so that what had already arrived is still read (design.md 3).
 */
#include "link.h"

#include "memory.h"

#include <string.h>

/* Small reads land on the stack, so that an idle peer owns no buffer; a full one means more is waiting. */
enum { FIRST_READ = 4096, BULK_READ = 64 * 1024 };

/* `in` holds at most one bulk read and the unusable rest of the one before. */
enum { INPUT_LIMIT = 256 * 1024 };

/* What a read costs of the turn's budget at least: TLS answers one record at a time, however small it is. */
enum { READ_COST_MIN = 256 };

/* From this size on, copying a message costs more than a system call for it alone. */
enum { IN_PLACE_SIZE = 16 * 1024 };

/* The share's buffer stays where it is: a handler may be looking at it. */
void wspi_link_drop_input(wspi_link *link)
{
    if (link->share != NULL && link->in == &link->share->in) {
        wspi_byte_buffer_consume(link->in, link->in->size);
        return;
    }
    if (link->in != NULL)
        wspi_byte_buffer_release(link->in);
    wspi_free(link->in, sizeof *link->in);
    link->in = NULL;
}

/* Room for `size` more bytes in `in`; NULL when memory is out. */
static uint8_t *reserve_input(wspi_link *link, size_t size)
{
    if (link->in == NULL) {
        link->in = wspi_allocate(sizeof *link->in);
        if (link->in == NULL)
            return NULL;
        wspi_byte_buffer_init(link->in, INPUT_LIMIT);
    }
    return wspi_byte_buffer_reserve(link->in, size);
}

static wspi_io fail_read(wspi_link *link)
{
    wspi_link_set_failure(link, WSP_ERR_OUT_OF_MEMORY, "out of memory while reading");
    return WSPI_IO_FAILED;
}

/* Borrows the share's buffer, with what the last turn left in front. false: the link goes on with its own. */
static bool borrow_input(wspi_link *link)
{
    wspi_link_share *share = link->share;
    if (share->is_lent || !link->is_in_turn || wspi_link_get_input_size(link) > FIRST_READ)
        return false;
    wspi_byte_buffer *own = link->in;
    if (own != NULL && !wspi_byte_buffer_append(&share->in, wspi_byte_buffer_bytes(own), own->size))
        return false;
    if (own != NULL)
        wspi_link_drop_input(link);
    share->is_lent = true;
    link->in = &share->in;
    return true;
}

/* One call for all there is: the buffer is larger than what a socket usually holds. A byte behind it stays
 * free, for the zero that a handler finds behind its message. */
static wspi_io read_shared(wspi_link *link, size_t *out_size)
{
    wspi_byte_buffer *in = link->in;
    uint8_t *to = wspi_byte_buffer_reserve(in, in->limit / 2);
    if (to == NULL)
        return fail_read(link);
    size_t room = wspi_byte_buffer_writable(in) - 1;
    wspi_io io = wspi_stream_read(link->stream, to, wspi_min(room, link->read_budget), out_size);
    if (io == WSPI_IO_OK)
        wspi_byte_buffer_commit(in, *out_size);
    return io;
}

/* Bytes that were read and have no place any more: what follows them could not be understood. */
static void lose_input(wspi_link *link)
{
    wspi_link_set_failure(link, WSP_ERR_OUT_OF_MEMORY, "out of memory while reading");
    wspi_session_stop_receiving(&link->session);
    wspi_session_drop_output(&link->session);
    link->has_write_failed = true;
    link->has_more_input = true;
}

/* A peer that is polled one by one keeps a small empty buffer until a turn in which nothing comes. */
static bool is_worth_keeping(const wspi_link *link)
{
    return wspi_link_is_busy(link) && link->in->capacity <= WSPI_LINK_KEPT_MAX;
}

void wspi_link_return_input(wspi_link *link)
{
    wspi_link_share *share = link->share;
    if (share == NULL || link->in != &share->in) {
        if (link->in != NULL && link->in->size == 0 && !is_worth_keeping(link))
            wspi_link_drop_input(link);
        return;
    }
    link->in = NULL;
    share->is_lent = false;
    size_t left = share->in.size;
    if (left == 0)
        return;
    const uint8_t *bytes = wspi_byte_buffer_bytes(&share->in);
    if (link->stream != NULL) {
        uint8_t *to = reserve_input(link, left + 1);
        if (to != NULL) {
            memcpy(to, bytes, left);
            wspi_byte_buffer_commit(link->in, left);
        } else {
            lose_input(link);
        }
    }
    wspi_byte_buffer_consume(&share->in, left);
}

static wspi_io read_bulk(wspi_link *link, size_t *out_size)
{
    uint8_t *to = reserve_input(link, BULK_READ);
    if (to == NULL)
        return fail_read(link);
    wspi_io io = wspi_stream_read(link->stream, to, wspi_min(BULK_READ, link->read_budget), out_size);
    if (io == WSPI_IO_OK)
        wspi_byte_buffer_commit(link->in, *out_size);
    return io;
}

static wspi_io read_first(wspi_link *link, size_t *out_size)
{
    uint8_t bytes[FIRST_READ];
    wspi_io io = wspi_stream_read(link->stream, bytes, wspi_min(sizeof bytes, link->read_budget), out_size);
    if (io != WSPI_IO_OK)
        return io;
    uint8_t *to = reserve_input(link, *out_size);
    if (to == NULL)
        return fail_read(link);
    memcpy(to, bytes, *out_size);
    wspi_byte_buffer_commit(link->in, *out_size);
    return WSPI_IO_OK;
}

wspi_io wspi_link_read(wspi_link *link)
{
    if (link->read_budget == 0) {
        link->has_more_input = true;
        return WSPI_IO_WAIT;
    }
    if (link->phase == WSPI_LINK_OPEN && wspi_stream_is_known_dry(link->stream)) {
        link->is_read_dry = true;
        return WSPI_IO_WAIT;
    }
    size_t size = 0;
    wspi_io io;
    wspi_link_share *share = link->share;
    if (share != NULL && (link->in == &share->in || borrow_input(link)))
        io = read_shared(link, &size);
    else
        io = link->is_reading_bulk ? read_bulk(link, &size) : read_first(link, &size);
    if (io == WSPI_IO_OK) {
        link->is_reading_bulk = size >= FIRST_READ;
        link->has_heard = true;
        link->read_budget -= (uint32_t)wspi_min(wspi_max(size, READ_COST_MIN), link->read_budget);
    } else if (io == WSPI_IO_WAIT) {
        link->is_read_dry = true;
    }
    return io;
}

/* The handshake's bytes come before any frame. */
static size_t gather_output(wspi_link *link, wspi_bytes pieces[1 + WSPI_SESSION_PIECES])
{
    size_t count = 0;
    if (link->opening != NULL && link->opening->out.size > 0)
        pieces[count++] = (wspi_bytes){wspi_byte_buffer_bytes(&link->opening->out), link->opening->out.size};
    return count + wspi_session_get_output(&link->session, pieces + count);
}

static void note_written(wspi_link *link, size_t size)
{
    if (link->opening != NULL) {
        size_t step = wspi_min(size, link->opening->out.size);
        wspi_byte_buffer_consume(&link->opening->out, step);
        size -= step;
    }
    wspi_session_output_written(&link->session, size);
}

/* One gathered write. OK: what remains may go too. */
static wspi_io write_output(wspi_link *link)
{
    wspi_bytes pieces[1 + WSPI_SESSION_PIECES];
    size_t count = link->phase > WSPI_LINK_SECURING ? gather_output(link, pieces) : 0;
    size_t written = 0;
    /* Nothing to gather although something waits: memory is out; a later flush tries again. */
    if (count == 0 && !link->stream->wants_write)
        return WSPI_IO_WAIT;
    wspi_io io = wspi_stream_write(link->stream, pieces, count, &written);
    if (io == WSPI_IO_OK) {
        note_written(link, written);
    } else if (io != WSPI_IO_WAIT) {
        link->has_write_failed = true;
        wspi_session_drop_output(&link->session);
    }
    return io;
}

bool wspi_link_flush(wspi_link *link)
{
    while (wspi_link_has_output(link) && write_output(link) == WSPI_IO_OK)
        continue;
    return !link->has_write_failed;
}

bool wspi_link_write_now(wspi_link *link, const wspi_bytes *pieces, size_t count, size_t *out_written)
{
    wspi_io io = wspi_stream_write(link->stream, pieces, count, out_written);
    if (io == WSPI_IO_WAIT)
        *out_written = 0;
    link->has_write_failed = io != WSPI_IO_OK && io != WSPI_IO_WAIT;
    return !link->has_write_failed;
}

/* A server's large message goes out from where it lies; what the socket does not take now is queued. */
static wsp_result send_in_place(wspi_link *link, const void *data, size_t size, wsp_write_mode mode)
{
    uint8_t head[WSPI_FRAME_HEAD_MAX];
    wspi_opcode opcode = mode == WSP_WRITE_MODE_TEXT ? WSPI_OPCODE_TEXT : WSPI_OPCODE_BINARY;
    size_t head_size = wspi_frame_encode(head, true, opcode, size, NULL);
    const wspi_bytes pieces[2] = {{head, head_size}, {data, size}};
    size_t written = 0;
    if (!wspi_link_write_now(link, pieces, 2, &written))
        return WSP_ERR_NOT_OPEN;
    if (written == head_size + size)
        return WSP_OK;
    wsp_result result = wspi_session_send(&link->session, data, size, mode);
    if (result == WSP_OK)
        wspi_session_output_written(&link->session, written);
    else
        /* Half a frame is out and the other half has no place: nothing can follow it. */
        link->has_write_failed = written > 0;
    return link->has_write_failed ? WSP_ERR_NOT_OPEN : result;
}

wsp_result wspi_link_send(wspi_link *link, const void *data, size_t size, wsp_write_mode mode)
{
    if (link->has_write_failed)
        return WSP_ERR_NOT_OPEN;
    if (size >= IN_PLACE_SIZE && link->role == WSPI_ROLE_SERVER && wspi_session_can_send(&link->session) &&
        !link->is_secure && !wspi_link_has_output(link))
        return send_in_place(link, data, size, mode);
    return wspi_session_send(&link->session, data, size, mode);
}

wspi_step wspi_link_end_lost(wspi_link *link, wspi_io how, wspi_event_type *out_type, wspi_event *out_event)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    wsp_result result = WSP_ERR_CONNECTION_LOST;
    if (how == WSPI_IO_FAILED)
        result = wspi_stream_failure(link->stream, &why);
    else
        wspi_text_set(&why, "the other side ended the connection without a close frame");
    return wspi_link_end(link, result, array, out_type, out_event);
}
