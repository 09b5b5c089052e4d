/* SPDX-License-Identifier: MIT */

/*
 * The plain TCP kind of stream.h: the socket calls of os.h, plus a memory of
 * how each direction ended, because a system reports a reset once and answers
 * differently afterwards.
 */

#include "memory.h"
#include "stream.h"

static wspi_io handshake(wsp_stream *stream)
{
    (void)stream;
    return WSPI_IO_OK;
}

static void remember_failure(wsp_stream *stream, uint8_t *direction, int error)
{
    /* The first one is the cause; what follows (EPIPE) only says that there was one. */
    if (stream->input != WSPI_IO_FAILED && stream->output != WSPI_IO_FAILED)
        stream->error = error;
    *direction = WSPI_IO_FAILED;
}

static wspi_io read_socket(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    if (stream->input != WSPI_IO_OK)
        return (wspi_io)stream->input;
    wspi_readiness_member *member = &stream->readiness;
    if (member->readiness != NULL && !member->is_ready)
        return WSPI_IO_WAIT;
    int error = 0;
    wspi_io io = wspi_os_receive(stream->socket, out, capacity, out_size, &error);
    /* Less than there was room for: the set, or the next turn, will tell when more comes. */
    if (io == WSPI_IO_WAIT || (io == WSPI_IO_OK && *out_size < capacity)) {
        member->is_ready = false;
        stream->is_drained = true;
    } else if (io == WSPI_IO_FAILED)
        remember_failure(stream, &stream->input, error);
    else if (io == WSPI_IO_END)
        stream->input = WSPI_IO_END;
    return io;
}

static wspi_io write_socket(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size)
{
    if (stream->output != WSPI_IO_OK)
        return (wspi_io)stream->output;
    int error = 0;
    wspi_io io = wspi_os_send(stream->socket, pieces, wspi_min(count, WSPI_SEND_MAX), out_size, &error);
    if (io == WSPI_IO_FAILED)
        remember_failure(stream, &stream->output, error);
    return io;
}

static void shutdown_write(wsp_stream *stream)
{
    wspi_os_shutdown_send(stream->socket);
}

static void destroy(wsp_stream *stream)
{
    wspi_readiness_leave(&stream->readiness, stream->socket);
    wspi_os_close(stream->socket);
    wspi_free(stream, sizeof *stream);
}

static bool has_buffered_input(const wsp_stream *stream)
{
    (void)stream;
    return false;
}

static wsp_result failure(const wsp_stream *stream, wspi_text *why)
{
    wspi_text_set(why, "the connection was lost (");
    wspi_os_error_text(stream->error, why);
    wspi_text_add(why, ")");
    return WSP_ERR_CONNECTION_LOST;
}

wsp_stream *wspi_stream_tcp_create(wspi_socket socket, const wspi_address *remote)
{
    static const wspi_stream_functions functions = {
        handshake, read_socket, write_socket, shutdown_write, destroy, has_buffered_input, failure};
    wsp_stream *stream = wspi_allocate_zeroed(sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->functions = &functions;
    stream->socket = socket;
    if (remote != NULL)
        stream->remote = *remote;
    stream->input = WSPI_IO_OK;
    stream->output = WSPI_IO_OK;
    return stream;
}
