/* SPDX-License-Identifier: MIT */

/*
 * The history of a virtual world: one line for what happened, with the virtual
 * time in front. The hash covers every line; the text is for a person who looks
 * for the first difference. Also the small services of the other files.
 */

#include "virtual_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 8 * 1024 * 1024, LINE_LIMIT = 512, TAIL_SIZE = 4096 };

#define HASH_START UINT64_C(0xcbf29ce484222325)
#define HASH_PRIME UINT64_C(0x100000001b3)

static struct {
    char *text;
    size_t size;
    size_t capacity;
    uint64_t hash;
} history = {.hash = HASH_START};

void virtual_history_begin(void)
{
    free(history.text);
    history.text = NULL;
    history.size = 0;
    history.capacity = 0;
    history.hash = HASH_START;
}

uint64_t virtual_history_hash(void)
{
    return history.hash;
}

const char *virtual_history_text(void)
{
    return history.text != NULL ? history.text : "";
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * HASH_PRIME;
    return hash;
}

static void keep_text(const char *line, size_t size)
{
    if (history.size + size + 1 > TEXT_LIMIT)
        return;
    if (history.size + size + 1 > history.capacity) {
        history.capacity = 2 * (history.size + size + 1);
        history.text = virtual_grow(history.text, history.capacity);
    }
    memcpy(history.text + history.size, line, size);
    history.size += size;
    history.text[history.size] = '\0';
}

static size_t clamp_length(int length, size_t room)
{
    size_t size = length > 0 ? (size_t)length : 0;
    return size < room ? size : room - 1;
}

static void record(const char *format, va_list arguments)
{
    char line[LINE_LIMIT];
    virtual_time now = virtual_now();
    const virtual_time second = 1000 * 1000 * 1000;
    size_t size =
        clamp_length(snprintf(line, sizeof(line), "%llu.%09llu ", (unsigned long long)(now / second),
                              (unsigned long long)(now % second)),
                     sizeof(line));
    size += clamp_length(vsnprintf(line + size, sizeof(line) - size - 1, format, arguments),
                         sizeof(line) - size - 1);
    line[size++] = '\n';
    history.hash = hash_bytes(history.hash, line, size);
    keep_text(line, size);
}

void virtual_record(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    record(format, arguments);
    va_end(arguments);
}

void virtual_history_note(const char *format, ...)
{
    virtual_enter();
    va_list arguments;
    va_start(arguments, format);
    record(format, arguments);
    va_end(arguments);
}

void virtual_misuse(const char *format, ...)
{
    size_t tail = history.size > TAIL_SIZE ? history.size - TAIL_SIZE : 0;
    fprintf(stderr, "%s\nvirtual world: ", virtual_history_text() + tail);
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (the history above ends here)\n");
    abort();
}

uint32_t virtual_hash(uint32_t start, const uint8_t *bytes, size_t size)
{
    uint64_t hash = hash_bytes(HASH_START ^ start, bytes, size);
    return (uint32_t)(hash ^ hash >> 32);
}

const char *virtual_address_text(const wspi_address *address)
{
    static char rooms[3][WSPI_ADDRESS_TEXT_CAPACITY + 16];
    static unsigned next;
    char *room = rooms[next++ % 3];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(rooms[0]));
    wspi_text_add(&text, address->family == 6 ? "[" : address->family == 0 ? "*" : "");
    wspi_address_add_text(address, &text);
    wspi_text_add(&text, address->family == 6 ? "]:" : ":");
    wspi_text_add_number(&text, address->port);
    return room;
}

void *virtual_allocate(size_t size)
{
    return virtual_grow(NULL, size);
}

void *virtual_grow(void *block, size_t size)
{
    void *grown = realloc(block, size);
    if (grown == NULL)
        virtual_misuse("no memory for %zu bytes", size);
    return grown;
}
