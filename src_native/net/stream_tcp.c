/* SPDX-License-Identifier: MIT */

/*
 * The plain TCP kind of stream.h: the socket calls of os.h, plus a memory of
 * how each direction ended, because a system reports a reset once and answers
 * differently afterwards.
 */

#include "memory.h"
#include "stream.h"

typedef struct stream_tcp {
    wsp_stream base;
    wspi_io input;  /* OK while it flows, then END or FAILED for good */
    wspi_io output; /* OK while it flows, then FAILED for good */
    int error;      /* the system's number for the first FAILED */
} stream_tcp;

static wspi_io handshake(wsp_stream *stream)
{
    (void)stream;
    return WSPI_IO_OK;
}

static void remember_failure(stream_tcp *tcp, wspi_io *direction, int error)
{
    /* The first one is the cause; what follows (EPIPE) only says that there was one. */
    if (tcp->input != WSPI_IO_FAILED && tcp->output != WSPI_IO_FAILED)
        tcp->error = error;
    *direction = WSPI_IO_FAILED;
}

static wspi_io read_socket(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    if (tcp->input != WSPI_IO_OK)
        return tcp->input;
    wspi_readiness_member *member = &stream->readiness;
    if (member->readiness != NULL && !member->is_ready)
        return WSPI_IO_WAIT;
    int error = 0;
    wspi_io io = wspi_os_receive(stream->socket, out, capacity, out_size, &error);
    if (io == WSPI_IO_WAIT)
        member->is_ready = false;
    else if (io == WSPI_IO_FAILED)
        remember_failure(tcp, &tcp->input, error);
    else if (io == WSPI_IO_END)
        tcp->input = WSPI_IO_END;
    return io;
}

static wspi_io write_socket(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    if (tcp->output != WSPI_IO_OK)
        return tcp->output;
    int error = 0;
    wspi_io io = wspi_os_send(stream->socket, pieces, wspi_min(count, WSPI_SEND_MAX), out_size, &error);
    if (io == WSPI_IO_FAILED)
        remember_failure(tcp, &tcp->output, error);
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
    wspi_free(stream, sizeof(stream_tcp));
}

static bool has_buffered_input(const wsp_stream *stream)
{
    (void)stream;
    return false;
}

static wsp_result failure(const wsp_stream *stream, wspi_text *why)
{
    const stream_tcp *tcp = (const stream_tcp *)stream;
    wspi_text_set(why, "the connection was lost (");
    wspi_os_error_text(tcp->error, why);
    wspi_text_add(why, ")");
    return WSP_ERR_CONNECTION_LOST;
}

wsp_stream *wspi_stream_tcp_create(wspi_socket socket, const wspi_address *remote)
{
    static const wspi_stream_functions functions = {
        handshake, read_socket, write_socket, shutdown_write, destroy, has_buffered_input, failure};
    stream_tcp *tcp = wspi_allocate_zeroed(sizeof(*tcp));
    if (tcp == NULL)
        return NULL;
    tcp->base.functions = &functions;
    tcp->base.socket = socket;
    if (remote != NULL)
        tcp->base.remote = *remote;
    tcp->input = WSPI_IO_OK;
    tcp->output = WSPI_IO_OK;
    return &tcp->base;
}
