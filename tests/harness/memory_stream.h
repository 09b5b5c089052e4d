/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_MEMORY_STREAM_H
#define WSPI_TEST_MEMORY_STREAM_H

/*
 * Two wsp_streams joined in memory, with every awkward thing a network does
 * within reach of a test. Same table as TCP and TLS (net/stream.h), no system
 * call, no time: what one end writes, the other can read at once.
 *
 *     memory_stream_pair *pair = memory_stream_pair_create();
 *     pair->ends[0].max_read = 1;
 *     wsp_peer_accept_stream(peer, memory_stream_get(pair, 0));
 *     ...
 *     memory_stream_pair_destroy(pair);
 *
 * The pair outlives its streams: wsp_stream_destroy on an end only marks it, so
 * a test can still look at the counts. Its memory comes from malloc and does
 * not show in an installed allocator.
 */

#include "net/stream.h"

typedef struct memory_stream_pair memory_stream_pair;

typedef struct memory_stream {
    wsp_stream base; /* remote and is_secure may be set by the test */
    memory_stream_pair *pair;

    /* To be set by the test, at any time. */
    size_t max_read;            /* most bytes of one read; SIZE_MAX at first */
    size_t max_write;           /* most bytes of one write; SIZE_MAX at first */
    size_t capacity;            /* most unread bytes on the way to this end: more pushes the writer back */
    size_t handshake_waits;     /* handshakes that answer WAIT before one answers OK */
    bool fails_handshake;       /* FAILED once no handshake waits */
    size_t fail_read_at;        /* bytes read after which reads answer FAILED; SIZE_MAX at first */
    size_t fail_write_at;       /* bytes written after which writes answer FAILED; SIZE_MAX at first */
    wsp_result failure_result;  /* what failure answers; WSP_ERR_CONNECTION_LOST at first */
    const char *failure_reason; /* "the connection was lost (injected)" at first */

    /* To be looked at. */
    size_t handshake_calls;
    size_t read_calls;
    size_t write_calls;
    size_t shutdown_calls;
    uint64_t bytes_read;
    uint64_t bytes_written;
    bool is_destroyed;

    /* Private: the bytes on the way to this end. */
    uint8_t *incoming;
    size_t incoming_start;
    size_t incoming_size;
    size_t incoming_room;
    bool is_incoming_ended; /* nothing more will come: END behind the last byte */
    bool is_lost;           /* as after a reset: FAILED behind the last byte, writes FAILED */
} memory_stream;

struct memory_stream_pair {
    memory_stream ends[2];
};

/* Never NULL: a test without memory ends. */
memory_stream_pair *memory_stream_pair_create(void);

/* Frees the pair; no stream of it may be in use. NULL is allowed. */
void memory_stream_pair_destroy(memory_stream_pair *pair);

/* End 0 or 1, to be handed to whoever reads and writes there. */
wsp_stream *memory_stream_get(memory_stream_pair *pair, int end);

/* Bytes on the way to this end that it has not read. */
size_t memory_stream_get_unread(const memory_stream_pair *pair, int end);

/* Ends what comes to this end, as if the other had shut its direction down. */
void memory_stream_end(memory_stream_pair *pair, int end);

/* Loses the connection for this end: what has arrived stays readable, then reads and writes answer FAILED. */
void memory_stream_lose(memory_stream_pair *pair, int end);

#endif
