/* SPDX-License-Identifier: MIT */
#ifndef WSPI_BYTES_H
#define WSPI_BYTES_H

/*
 * Views of bytes, big-endian loads and stores (RFC 6455 sends every integer in
 * network byte order) and size arithmetic that cannot wrap. Wire data is read
 * with shifts, never by casting a pointer.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes somebody else owns. size 0 leaves data undefined, NULL included. */
typedef struct wspi_bytes {
    const uint8_t *data;
    size_t size;
} wspi_bytes;

static inline uint16_t wspi_load_u16(const uint8_t *from)
{
    return (uint16_t)((unsigned)from[0] << 8 | (unsigned)from[1]);
}

static inline uint64_t wspi_load_u64(const uint8_t *from)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | from[i];
    return value;
}

static inline void wspi_store_u16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)(value & 0xff);
}

static inline void wspi_store_u64(uint8_t *to, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        to[i] = (uint8_t)(value & 0xff);
}

static inline size_t wspi_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t wspi_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Room left under a limit; 0 when `used` is already at or above it. */
static inline size_t wspi_left(size_t limit, size_t used)
{
    return used < limit ? limit - used : 0;
}

#endif
