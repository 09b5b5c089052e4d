/* SPDX-License-Identifier: MIT */
#ifndef WSPI_STREAM_H
#define WSPI_STREAM_H

/*
 * The third seam: an ordered run of bytes both ways. TCP, TLS and the tests'
 * in-memory pair coexist at run time, so a stream is a table of functions.
 * wsp_stream of tcp_server.h is this object.
 *
 * Guarantees of every stream
 * - No function blocks or calls back.
 * - read answers OK with at least one byte, or WAIT, END, FAILED. Bytes that
 *   arrived before an end or a failure are always delivered first.
 * - write takes a prefix of the pieces, possibly all. After FAILED, reads may
 *   still succeed until what had arrived is used up. A stream that wants_write
 *   also takes none: it then sends what it holds, and OK means that all is gone.
 * - After END or FAILED the same answer is given again.
 */

#include "os.h"
#include "poller.h"
#include "readiness.h"
#include "wspeer/tcp_server.h"

typedef struct wspi_stream_functions {
    /* Advances a security handshake: OK when bytes may flow, which for TCP is at once. */
    wspi_io (*handshake)(wsp_stream *stream);
    wspi_io (*read)(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size);
    wspi_io (*write)(wsp_stream *stream, const wspi_bytes *pieces, size_t count, size_t *out_size);
    /* Ends our direction; in order (close_notify, FIN), without waiting. */
    void (*shutdown_write)(wsp_stream *stream);
    /* Closes and frees. */
    void (*destroy)(wsp_stream *stream);
    /* Whether read would answer bytes that the socket below no longer shows. */
    bool (*has_buffered_input)(const wsp_stream *stream);
    /* Why the last FAILED happened: one sentence, and the result to report. */
    wsp_result (*failure)(const wsp_stream *stream, wspi_text *why);
} wspi_stream_functions;

struct wspi_tls;

/* First member of every kind of stream. */
struct wsp_stream {
    const wspi_stream_functions *functions;
    struct wspi_tls *tls; /* once TLS was put on it, which replaces the functions (stream_tls.c); else NULL */
    wspi_socket socket;   /* for readiness; WSPI_NO_SOCKET for an in-memory stream */
    char *host_text;      /* remote as text, made when asked for */
    wspi_readiness_member readiness;
    wspi_address remote; /* family 0: unknown */
    int error;           /* TCP: the system's number for the first FAILED */
    uint8_t input;       /* TCP: a wspi_io, OK while it flows, then END or FAILED for good */
    uint8_t output;      /* TCP: the same, FAILED for good */
    bool is_secure : 1;
    bool wants_write : 1; /* it holds bytes that wait for the socket: write, also of nothing, sends them */
    bool is_drained : 1;  /* TCP: the last read of this turn found less than it had room for */
    bool writes_need_input : 1; /* a write answered WAIT, and will until more has been read */
    bool waits_for_thread : 1;  /* its handshake goes on without news from the socket: look again soon */
};

/* A TCP stream that owns `socket`. NULL when memory is out: the socket is still the caller's. `remote` may be
 * NULL. */
wsp_stream *wspi_stream_tcp_create(wspi_socket socket, const wspi_address *remote);

/* A turn of the stream's owner begins: what is ready is looked up anew. */
static inline void wspi_stream_begin_turn(wsp_stream *stream)
{
    stream->is_drained = false;
    if (stream->readiness.readiness != NULL)
        wspi_readiness_begin_turn(&stream->readiness);
}

/* Whether a further read of this turn would find nothing but what came since the last one. */
static inline bool wspi_stream_is_known_dry(const wsp_stream *stream)
{
    return stream->is_drained && stream->tls == NULL;
}

static inline wspi_io wspi_stream_handshake(wsp_stream *stream)
{
    return stream->functions->handshake(stream);
}

static inline wspi_io wspi_stream_read(wsp_stream *stream, uint8_t *out, size_t capacity, size_t *out_size)
{
    return stream->functions->read(stream, out, capacity, out_size);
}

static inline wspi_io wspi_stream_write(wsp_stream *stream, const wspi_bytes *pieces, size_t count,
                                        size_t *out_size)
{
    return stream->functions->write(stream, pieces, count, out_size);
}

/* Closes and frees. */
void wspi_stream_destroy(wsp_stream *stream);

static inline wsp_result wspi_stream_failure(const wsp_stream *stream, wspi_text *why)
{
    return stream->functions->failure(stream, why);
}

#endif
