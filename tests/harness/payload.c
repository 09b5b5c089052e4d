/* SPDX-License-Identifier: MIT */
/* See payload.h. */
#include "payload.h"

#include <stdio.h>

enum { SHOWN_MAX = 48 };

void payload_fill(uint8_t *bytes, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((number * 31u + i * 7u + (i >> 8)) & 0xff);
}

uint32_t payload_hash(uint32_t start, const void *bytes, size_t size)
{
    uint32_t hash = start != 0 ? start : 2166136261u;
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

void payload_describe(char out[PAYLOAD_TEXT_CAPACITY], const void *bytes, size_t size)
{
    if (bytes == NULL && size > 0) {
        (void)snprintf(out, PAYLOAD_TEXT_CAPACITY, "%lu NULL", (unsigned long)size);
        return;
    }
    if (size > SHOWN_MAX) {
        (void)snprintf(out, PAYLOAD_TEXT_CAPACITY, "%lu #%08lx", (unsigned long)size,
                       (unsigned long)payload_hash(0, bytes, size));
        return;
    }
    char *to = out + snprintf(out, PAYLOAD_TEXT_CAPACITY, "%lu \"", (unsigned long)size);
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        int is_plain = from[i] >= 0x20 && from[i] < 0x7f && from[i] != '"' && from[i] != '\\';
        to += snprintf(to, 5, is_plain ? "%c" : "\\x%02x", (unsigned)from[i]);
    }
    (void)snprintf(to, 2, "\"");
}
