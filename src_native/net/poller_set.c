/* SPDX-License-Identifier: MIT */
/*
 * The portable set of poller.h: an array of sockets that wspi_poller_wait asks
 * about one by one. Where the system can remember a set, poller_epoll.c is
 * linked instead.
 */
#include "memory.h"
#include "poller.h"

#include <string.h>

struct wspi_poller {
    wspi_poll_entry *entries;
    void **tokens; /* of the entries, in the same order */
    size_t count;
    size_t capacity;
    size_t next; /* where collecting goes on, so that no socket starves */
};

wspi_poller *wspi_poller_create(void)
{
    return wspi_allocate_zeroed(sizeof(wspi_poller));
}

static void free_arrays(wspi_poller *poller)
{
    wspi_free(poller->entries, poller->capacity * sizeof *poller->entries);
    wspi_free(poller->tokens, poller->capacity * sizeof *poller->tokens);
}

void wspi_poller_destroy(wspi_poller *poller)
{
    if (poller == NULL)
        return;
    free_arrays(poller);
    wspi_free(poller, sizeof *poller);
}

static bool grow(wspi_poller *poller)
{
    size_t capacity = poller->capacity > 0 ? 2 * poller->capacity : 16;
    wspi_poll_entry *entries = wspi_allocate(capacity * sizeof *entries);
    void **tokens = wspi_allocate(capacity * sizeof *tokens);
    if (entries == NULL || tokens == NULL) {
        wspi_free(entries, capacity * sizeof *entries);
        wspi_free(tokens, capacity * sizeof *tokens);
        return false;
    }
    if (poller->count > 0) {
        memcpy(entries, poller->entries, poller->count * sizeof *entries);
        memcpy(tokens, poller->tokens, poller->count * sizeof *tokens);
    }
    free_arrays(poller);
    poller->entries = entries;
    poller->tokens = tokens;
    poller->capacity = capacity;
    return true;
}

bool wspi_poller_add(wspi_poller *poller, wspi_socket socket, void *token, bool wants_write)
{
    if (poller->count == poller->capacity && !grow(poller))
        return false;
    poller->entries[poller->count] =
        (wspi_poll_entry){.socket = socket, .wants_read = true, .wants_write = wants_write};
    poller->tokens[poller->count++] = token;
    return true;
}

/* Index of a socket; count when it is not there. */
static size_t find(const wspi_poller *poller, wspi_socket socket)
{
    size_t i = 0;
    while (i < poller->count && poller->entries[i].socket != socket)
        i++;
    return i;
}

void wspi_poller_change(wspi_poller *poller, wspi_socket socket, void *token, bool wants_read,
                        bool wants_write)
{
    size_t i = find(poller, socket);
    if (i == poller->count)
        return;
    poller->entries[i].wants_read = wants_read;
    poller->entries[i].wants_write = wants_write;
    poller->tokens[i] = token;
}

void wspi_poller_remove(wspi_poller *poller, wspi_socket socket)
{
    size_t i = find(poller, socket);
    if (i == poller->count)
        return;
    poller->count--;
    poller->entries[i] = poller->entries[poller->count];
    poller->tokens[i] = poller->tokens[poller->count];
}

size_t wspi_poller_collect(wspi_poller *poller, wspi_poller_event *out_events, size_t capacity,
                           double seconds)
{
    size_t found = 0;
    if (!wspi_poller_wait(poller->entries, poller->count, seconds))
        return 0;
    size_t first = poller->next;
    for (size_t i = 0; i < poller->count && found < capacity; i++) {
        size_t at = (first + i) % poller->count;
        const wspi_poll_entry *entry = &poller->entries[at];
        if (!entry->is_ready)
            continue;
        /* poll answers one bit for all that was wanted; trying what is not there costs a call and harms
         * nothing. */
        out_events[found++] = (wspi_poller_event){poller->tokens[at], true, true};
        poller->next = at + 1;
    }
    return found;
}

wspi_socket wspi_poller_get_socket(const wspi_poller *poller)
{
    (void)poller;
    return WSPI_NO_SOCKET;
}
