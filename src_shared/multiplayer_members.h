/* SPDX-License-Identifier: MIT */
#ifndef WSPI_MULTIPLAYER_MEMBERS_H
#define WSPI_MULTIPLAYER_MEMBERS_H

/*
 * Who is in the game, sorted by id: found in O(log n), listed in order. Ids mostly grow, so that a newcomer
 * goes to the end without moving anybody.
 */

#include "bytes.h"

typedef struct wspi_member {
    int32_t id;
    bool is_expelled;      /* broke the dialect: what still arrives is not looked at */
    bool is_reported;      /* its end is: the others know */
    size_t queued_bytes;   /* its packets that wait for the program */
    size_t queued_packets; /* their number */
} wspi_member;

/* Zero-initialised: nobody. */
typedef struct wspi_members {
    wspi_member *list;
    size_t count;
    size_t capacity;
} wspi_members;

void wspi_members_release(wspi_members *members);

/* NULL when nobody has this id. Valid until the next add or remove. */
wspi_member *wspi_members_find(const wspi_members *members, int32_t id);

/* Adds somebody who is not in it. NULL when memory is out. */
wspi_member *wspi_members_add(wspi_members *members, int32_t id);

/* Nothing happens when nobody has this id. */
void wspi_members_remove(wspi_members *members, int32_t id);

#endif
