/* SPDX-License-Identifier: MIT */
#ifndef WSPI_BYTE_BUFFER_H
#define WSPI_BYTE_BUFFER_H

/*
 * A growable first-in first-out run of bytes with a ceiling. Appending and
 * consuming cost O(1) a byte over its life; the bytes always lie in one piece.
 */

#include "bytes.h"

#include <assert.h>

typedef struct wspi_byte_buffer {
    uint8_t *block;
    size_t capacity;
    size_t start; /* of the unconsumed bytes in block */
    size_t size;  /* unconsumed bytes */
    size_t limit; /* ceiling of `size` */
} wspi_byte_buffer;

/* An empty buffer that owns no memory. `limit` may be SIZE_MAX / 4 at most; larger values are clamped. */
void wspi_byte_buffer_init(wspi_byte_buffer *buffer, size_t limit);

/* Frees the memory; the buffer is empty and usable again with the same limit. */
void wspi_byte_buffer_release(wspi_byte_buffer *buffer);

/* The unconsumed bytes. Valid until the next reserve, append, release; NULL while no memory is owned. */
static inline uint8_t *wspi_byte_buffer_bytes(const wspi_byte_buffer *buffer)
{
    return buffer->block != NULL ? buffer->block + buffer->start : NULL;
}

/* Makes room by moving the bytes or into a larger block. For wspi_byte_buffer_reserve. */
uint8_t *wspi_byte_buffer_make_room(wspi_byte_buffer *buffer, size_t size);

/*
 * Room for `size` more bytes behind the unconsumed ones: where to write them,
 * or NULL when the limit would be passed or memory is out (nothing changed).
 * wspi_byte_buffer_commit then adds those really written.
 */
static inline uint8_t *wspi_byte_buffer_reserve(wspi_byte_buffer *buffer, size_t size)
{
    if (size > wspi_left(buffer->limit, buffer->size))
        return NULL;
    if (buffer->block == NULL || size > buffer->capacity - buffer->start - buffer->size)
        return wspi_byte_buffer_make_room(buffer, size);
    return buffer->block + buffer->start + buffer->size;
}

/* Bytes that can be written at the place wspi_byte_buffer_reserve answered, at least the size asked for. */
static inline size_t wspi_byte_buffer_writable(const wspi_byte_buffer *buffer)
{
    return wspi_min(buffer->capacity - buffer->start - buffer->size, wspi_left(buffer->limit, buffer->size));
}

static inline void wspi_byte_buffer_commit(wspi_byte_buffer *buffer, size_t size)
{
    assert(size <= wspi_byte_buffer_writable(buffer));
    buffer->size += size;
}

/* Reserve, copy and commit. false: nothing changed. */
bool wspi_byte_buffer_append(wspi_byte_buffer *buffer, const void *bytes, size_t size);

/* Gives back what the unconsumed bytes do not need. For bytes that are kept; appending may allocate again. */
void wspi_byte_buffer_shrink(wspi_byte_buffer *buffer);

/* Drops the first `size` bytes, at most all of them. Memory is kept. */
static inline void wspi_byte_buffer_consume(wspi_byte_buffer *buffer, size_t size)
{
    size_t consumed = wspi_min(size, buffer->size);
    buffer->size -= consumed;
    buffer->start = buffer->size > 0 ? buffer->start + consumed : 0;
}

#endif
