/* SPDX-License-Identifier: MIT */
#ifndef WSPI_BYTE_BUFFER_H
#define WSPI_BYTE_BUFFER_H

/*
 * A growable first-in first-out run of bytes with a ceiling. Appending and
 * consuming cost O(1) a byte over its life; the bytes always lie in one piece.
 */

#include "bytes.h"

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
uint8_t *wspi_byte_buffer_bytes(const wspi_byte_buffer *buffer);

/*
 * Room for `size` more bytes behind the unconsumed ones: where to write them,
 * or NULL when the limit would be passed or memory is out (nothing changed).
 * wspi_byte_buffer_commit then adds those really written.
 */
uint8_t *wspi_byte_buffer_reserve(wspi_byte_buffer *buffer, size_t size);

/* Bytes that can be written at the place wspi_byte_buffer_reserve answered, at least the size asked for. */
size_t wspi_byte_buffer_writable(const wspi_byte_buffer *buffer);

void wspi_byte_buffer_commit(wspi_byte_buffer *buffer, size_t size);

/* Reserve, copy and commit. false: nothing changed. */
bool wspi_byte_buffer_append(wspi_byte_buffer *buffer, const void *bytes, size_t size);

/* Gives back what the unconsumed bytes do not need. For bytes that are kept; appending may allocate again. */
void wspi_byte_buffer_shrink(wspi_byte_buffer *buffer);

/* Drops the first `size` bytes, at most all of them. Memory is kept. */
void wspi_byte_buffer_consume(wspi_byte_buffer *buffer, size_t size);

#endif
