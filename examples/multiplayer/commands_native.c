/* SPDX-License-Identifier: MIT */
/*
 * Lines of standard input for a program that must not wait for them.
 */
#define _POSIX_C_SOURCE 200809L

#include "multiplayer/commands.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

static struct {
    char bytes[512];
    size_t size;
    bool is_at_end;
} input;

static void read_more(void)
{
    struct pollfd entry = {.fd = STDIN_FILENO, .events = POLLIN};
    if (input.is_at_end || input.size == sizeof input.bytes || poll(&entry, 1, 0) <= 0) {
        return;
    }
    ssize_t got = read(STDIN_FILENO, input.bytes + input.size, sizeof input.bytes - input.size);
    input.is_at_end = got <= 0;
    input.size += got > 0 ? (size_t)got : 0;
}

bool take_command(char *line, size_t capacity)
{
    read_more();
    char *end = memchr(input.bytes, '\n', input.size);
    if (!end && input.size < sizeof input.bytes) {
        return false;
    }
    size_t used = end ? (size_t)(end - input.bytes) : input.size;
    size_t size = used < capacity ? used : capacity - 1;
    memcpy(line, input.bytes, size);
    line[size] = '\0';
    used += end ? 1 : 0;
    input.size -= used;
    memmove(input.bytes, input.bytes + used, input.size);
    return true;
}
