/* SPDX-License-Identifier: MIT */
/* See readiness.h. Level-triggered: a member that was not read empty is reported again by the next refresh.
 */
#include "readiness.h"

#include "memory.h"

/* Members reported by one question to the system; it is asked until fewer come. */
enum { BATCH = 64 };

struct wspi_readiness {
    wspi_poller *poller;
    size_t users;
    size_t members;
    unsigned refreshes;
    bool is_driven;
};

wspi_readiness *wspi_readiness_create(void)
{
    wspi_readiness *readiness = wspi_allocate_zeroed(sizeof *readiness);
    if (readiness == NULL)
        return NULL;
    readiness->poller = wspi_poller_create();
    readiness->users = 1;
    if (readiness->poller != NULL)
        return readiness;
    wspi_free(readiness, sizeof *readiness);
    return NULL;
}

void wspi_readiness_release(wspi_readiness *readiness)
{
    if (readiness == NULL || --readiness->users > 0)
        return;
    wspi_poller_destroy(readiness->poller);
    wspi_free(readiness, sizeof *readiness);
}

bool wspi_readiness_join(wspi_readiness *readiness, wspi_readiness_member *member, wspi_socket socket)
{
    if (!wspi_poller_add(readiness->poller, socket, member, false))
        return false;
    readiness->users++;
    readiness->members++;
    /* Bytes may have come before the socket joined. */
    *member =
        (wspi_readiness_member){.readiness = readiness, .seen = readiness->refreshes - 1, .is_ready = true};
    return true;
}

void wspi_readiness_leave(wspi_readiness_member *member, wspi_socket socket)
{
    wspi_readiness *readiness = member->readiness;
    if (readiness == NULL)
        return;
    member->readiness = NULL;
    if (!readiness->is_driven || member->is_watched)
        wspi_poller_remove(readiness->poller, socket);
    readiness->members--;
    wspi_readiness_release(readiness);
}

wspi_readiness *wspi_readiness_create_driven(void)
{
    wspi_readiness *readiness = wspi_readiness_create();
    if (readiness != NULL)
        readiness->is_driven = true;
    return readiness;
}

void wspi_readiness_attach(wspi_readiness *readiness, wspi_readiness_member *member)
{
    *member = (wspi_readiness_member){.readiness = readiness};
    readiness->users++;
    readiness->members++;
}

bool wspi_readiness_update(wspi_readiness_member *member, wspi_socket socket, void *token, bool wants_read,
                           bool wants_write)
{
    wspi_poller *poller = member->readiness->poller;
    bool is_wanted = wants_read || wants_write;
    if (!is_wanted && !member->is_watched)
        return true;
    if (is_wanted && member->is_watched && member->wants_read == wants_read &&
        member->wants_write == wants_write)
        return true;
    if (!is_wanted) {
        wspi_poller_remove(poller, socket);
        member->is_watched = false;
        return true;
    }
    bool was_watched = member->is_watched;
    if (!was_watched && !wspi_poller_add(poller, socket, token, wants_write))
        return false;
    if (was_watched || !wants_read)
        wspi_poller_change(poller, socket, token, wants_read, wants_write);
    member->is_watched = true;
    member->wants_read = wants_read;
    member->wants_write = wants_write;
    return true;
}

bool wspi_readiness_watch(wspi_readiness *readiness, wspi_socket socket, void *token)
{
    return wspi_poller_add(readiness->poller, socket, token, false);
}

void wspi_readiness_unwatch(wspi_readiness *readiness, wspi_socket socket)
{
    wspi_poller_remove(readiness->poller, socket);
}

size_t wspi_readiness_collect(wspi_readiness *readiness, wspi_poller_event *out_events, size_t capacity,
                              double seconds)
{
    return wspi_poller_collect(readiness->poller, out_events, capacity, seconds);
}

wspi_socket wspi_readiness_get_socket(const wspi_readiness *readiness)
{
    return wspi_poller_get_socket(readiness->poller);
}

void wspi_readiness_refresh(wspi_readiness *readiness)
{
    wspi_poller_event events[BATCH];
    readiness->refreshes++;
    size_t count = BATCH;
    /* A set answers its ready sockets in turn, so this many questions reach each of them. */
    for (size_t asked = 0; count == BATCH && asked <= readiness->members; asked += BATCH) {
        count = wspi_poller_collect(readiness->poller, events, BATCH, 0);
        for (size_t i = 0; i < count; i++)
            ((wspi_readiness_member *)events[i].token)->is_ready = true;
    }
}

void wspi_readiness_begin_turn(wspi_readiness_member *member)
{
    if (member->readiness == NULL || member->readiness->is_driven)
        return;
    if (member->seen == member->readiness->refreshes)
        wspi_readiness_refresh(member->readiness);
    member->seen = member->readiness->refreshes;
}
