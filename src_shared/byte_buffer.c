/* SPDX-License-Identifier: MIT */

/*
 * The growable FIFO of bytes. Unconsumed bytes move only when at least as many were consumed since the last
 * move, or into a block that then has room for as many again: either way the cost per byte is constant. The
 * block never exceeds twice the limit. Not a ring: parsers want their bytes in one piece.
 */

#include "byte_buffer.h"

#include "memory.h"

#include <string.h>

#define SMALLEST_CAPACITY 64

void wspi_byte_buffer_init(wspi_byte_buffer *buffer, size_t limit)
{
    *buffer = (wspi_byte_buffer){.limit = wspi_min(limit, SIZE_MAX / 4)};
}

void wspi_byte_buffer_release(wspi_byte_buffer *buffer)
{
    wspi_free(buffer->block, buffer->capacity);
    wspi_byte_buffer_init(buffer, buffer->limit);
}

static void move_to_front(wspi_byte_buffer *buffer)
{
    if (buffer->size > 0)
        memmove(buffer->block, buffer->block + buffer->start, buffer->size);
    buffer->start = 0;
}

static bool grow(wspi_byte_buffer *buffer, size_t size)
{
    /* Cannot wrap: both terms are within the limit, which is at most SIZE_MAX / 4. */
    size_t capacity = 2 * buffer->size + size;
    if (capacity < SMALLEST_CAPACITY)
        capacity = SMALLEST_CAPACITY;
    /* A buffer that is filled before it is emptied never needs more than its limit. */
    if (buffer->start == 0 && capacity > buffer->limit && buffer->limit > 0)
        capacity = buffer->limit;
    uint8_t *block;
    if (buffer->start == 0) {
        block = wspi_reallocate(buffer->block, buffer->capacity, capacity);
        if (block == NULL)
            return false;
    } else {
        block = wspi_allocate(capacity);
        if (block == NULL)
            return false;
        memcpy(block, buffer->block + buffer->start, buffer->size);
        wspi_free(buffer->block, buffer->capacity);
    }
    buffer->block = block;
    buffer->capacity = capacity;
    buffer->start = 0;
    return true;
}

void wspi_byte_buffer_shrink(wspi_byte_buffer *buffer)
{
    if (buffer->size == 0) {
        wspi_byte_buffer_release(buffer);
        return;
    }
    move_to_front(buffer);
    uint8_t *block = wspi_reallocate(buffer->block, buffer->capacity, buffer->size);
    if (block == NULL)
        return;
    buffer->block = block;
    buffer->capacity = buffer->size;
}

uint8_t *wspi_byte_buffer_make_room(wspi_byte_buffer *buffer, size_t size)
{
    bool is_cheap_to_move = buffer->block != NULL && buffer->start >= buffer->size;
    if (is_cheap_to_move && size <= buffer->capacity - buffer->size)
        move_to_front(buffer);
    else if (!grow(buffer, size))
        return NULL;
    return buffer->block + buffer->start + buffer->size;
}

bool wspi_byte_buffer_append(wspi_byte_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0)
        return true;
    uint8_t *to = wspi_byte_buffer_reserve(buffer, size);
    if (to == NULL)
        return false;
    memcpy(to, bytes, size);
    wspi_byte_buffer_commit(buffer, size);
    return true;
}
