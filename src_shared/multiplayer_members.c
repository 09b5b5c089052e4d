/* SPDX-License-Identifier: MIT */
/*
 * The sorted list of multiplayer_members.h. It knows ids and counts, no connections. Memory follows the
 * number of members up, and is given back when nobody is left.
 */
#include "multiplayer_members.h"

#include "memory.h"

#include <string.h>

enum { SMALLEST_CAPACITY = 8 };

void wspi_members_release(wspi_members *members)
{
    wspi_free(members->list, members->capacity * sizeof *members->list);
    *members = (wspi_members){0};
}

/* Where the id is, or would have to be put. */
static size_t locate(const wspi_members *members, int32_t id)
{
    size_t low = 0;
    size_t high = members->count;
    if (high > 0 && members->list[high - 1].id < id)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (members->list[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

wspi_member *wspi_members_find(const wspi_members *members, int32_t id)
{
    size_t at = locate(members, id);
    return at < members->count && members->list[at].id == id ? &members->list[at] : NULL;
}

static bool make_room(wspi_members *members)
{
    if (members->count < members->capacity)
        return true;
    size_t capacity = members->capacity > 0 ? 2 * members->capacity : SMALLEST_CAPACITY;
    wspi_member *list =
        wspi_reallocate(members->list, members->capacity * sizeof *list, capacity * sizeof *list);
    if (list == NULL)
        return false;
    members->list = list;
    members->capacity = capacity;
    return true;
}

wspi_member *wspi_members_add(wspi_members *members, int32_t id)
{
    if (!make_room(members))
        return NULL;
    size_t at = locate(members, id);
    wspi_member *place = &members->list[at];
    memmove(place + 1, place, (members->count - at) * sizeof *place);
    *place = (wspi_member){.id = id};
    members->count++;
    return place;
}

void wspi_members_remove(wspi_members *members, int32_t id)
{
    wspi_member *gone = wspi_members_find(members, id);
    if (gone == NULL)
        return;
    size_t behind = members->count - (size_t)(gone - members->list) - 1;
    memmove(gone, gone + 1, behind * sizeof *gone);
    members->count--;
    if (members->count == 0)
        wspi_members_release(members);
}
