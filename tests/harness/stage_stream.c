/* SPDX-License-Identifier: MIT */
/*
 * A stream over another one whose first bytes were read already: the stage
 * reads a request before it knows whether a peer shall have it.
 */
#include "memory.h"
#include "stage_client.h"

#include <string.h>

typedef struct stage_stream {
    wsp_stream base;
    wsp_stream *inner;
    wspi_byte_buffer prefix;
} stage_stream;

static stage_stream *get_stage_stream(const wsp_stream *stream)
{
    return (stage_stream *)(uintptr_t)stream;
}

static wspi_io handshake(wsp_stream *stream)
{
    return wspi_stream_handshake(get_stage_stream(stream)->inner);
}

static wspi_io read_bytes(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    stage_stream *self = get_stage_stream(stream);
    if (self->prefix.size == 0)
        return wspi_stream_read(self->inner, out, capacity, out_size);
    *out_size = wspi_min(capacity, self->prefix.size);
    memcpy(out, wspi_byte_buffer_bytes(&self->prefix), *out_size);
    wspi_byte_buffer_consume(&self->prefix, *out_size);
    return WSPI_IO_OK;
}

static wspi_io write_bytes(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size)
{
    return wspi_stream_write(get_stage_stream(stream)->inner, pieces, count, out_size);
}

static void shutdown_write(wsp_stream *stream)
{
    wsp_stream *inner = get_stage_stream(stream)->inner;
    inner->functions->shutdown_write(inner);
}

static void destroy(wsp_stream *stream)
{
    stage_stream *self = get_stage_stream(stream);
    self->inner->functions->destroy(self->inner);
    wspi_byte_buffer_release(&self->prefix);
    wspi_free(self, sizeof *self);
}

static bool has_buffered_input(const wsp_stream *stream)
{
    return get_stage_stream(stream)->prefix.size > 0;
}

static wsp_result failure(const wsp_stream *stream, wspi_text *why)
{
    return wspi_stream_failure(get_stage_stream(stream)->inner, why);
}

wsp_stream *stage_stream_create(wspi_socket socket, const void *prefix, size_t size)
{
    static const wspi_stream_functions functions = {
        handshake, read_bytes, write_bytes, shutdown_write, destroy, has_buffered_input, failure};
    stage_stream *self = wspi_allocate_zeroed(sizeof *self);
    wspi_address remote;
    bool is_known = wspi_os_remote_address(socket, &remote);
    if (self != NULL)
        self->inner = wspi_stream_tcp_create(socket, is_known ? &remote : NULL);
    if (self == NULL || self->inner == NULL)
        stage_die("out of memory");
    wspi_byte_buffer_init(&self->prefix, size);
    if (!wspi_byte_buffer_append(&self->prefix, prefix, size))
        stage_die("out of memory");
    self->base.functions = &functions;
    self->base.socket = self->inner->socket;
    self->base.remote = self->inner->remote;
    return &self->base;
}
