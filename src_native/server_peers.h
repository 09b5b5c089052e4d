/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SERVER_PEERS_H
#define WSPI_SERVER_PEERS_H

/*
 * The connections of a server: a table of slots, found by index or by id. An index is used again at once, an
 * id only after all others were: together they name one connection and never a later one. Slots move when the
 * table grows, so nobody keeps a pointer to one while a handler runs.
 */

#include "bytes.h"
#include "wspeer/base.h"

#define WSPI_NO_SLOT UINT32_MAX

/* A list of slots, linked through one of their `next`. */
typedef enum wspi_slot_list {
    WSPI_SLOTS_TURN,  /* to be given a turn */
    WSPI_SLOTS_FLUSH, /* to be flushed at the end of the poll */
    WSPI_SLOT_LISTS
} wspi_slot_list;

typedef struct wspi_server_slot {
    wsp_peer *peer; /* NULL: free */
    int32_t id;
    uint32_t next[WSPI_SLOT_LISTS]; /* a free slot that is in no list: the next free one, in next[0] */
    uint16_t turn_number;           /* of the poll that gave it its last turn */
    uint8_t listed;                 /* a bit for each list it is in */
    bool is_urgent;                 /* in TURN, and not to wait for news from a socket */
} wspi_server_slot;

typedef struct wspi_server_peers {
    wspi_server_slot *slots;
    size_t capacity;
    size_t end; /* slots ever used: those from here on are untouched */
    size_t count;
    uint32_t *index_of; /* hash of ids, open addressing: a slot's index + 1, or 0 */
    size_t index_size;  /* a power of two, a third more than slots at least */
    int32_t last_id;
    uint32_t first_free;
    uint32_t first[WSPI_SLOT_LISTS];
    uint32_t last[WSPI_SLOT_LISTS];
    size_t urgent_count;
} wspi_server_peers;

void wspi_server_peers_init(wspi_server_peers *peers);

/* The peers in it stay the caller's. */
void wspi_server_peers_release(wspi_server_peers *peers);

/* Makes sure that the next add succeeds. false when memory is out: nothing changed. */
bool wspi_server_peers_reserve(wspi_server_peers *peers);

/* The id that the next add gives: positive, in use by nobody. */
int32_t wspi_server_peers_next_id(wspi_server_peers *peers);

/* Adds a peer under that id and answers its slot's index. Room was reserved. */
uint32_t wspi_server_peers_add(wspi_server_peers *peers, wsp_peer *peer, int32_t id);

void wspi_server_peers_remove(wspi_server_peers *peers, uint32_t index);

/* Index of the slot, or WSPI_NO_SLOT. */
uint32_t wspi_server_peers_find(const wspi_server_peers *peers, int32_t id);

/* Whether a slot still holds what had this id. */
static inline bool wspi_server_peers_holds(const wspi_server_peers *peers, uint32_t index, int32_t id)
{
    return index < peers->end && peers->slots[index].peer != NULL && peers->slots[index].id == id;
}

/* Appends a slot to a list; one that is in it stays where it is. */
void wspi_server_peers_push(wspi_server_peers *peers, wspi_slot_list list, uint32_t index);

/* Puts a slot into TURN and does not let it wait. */
void wspi_server_peers_call(wspi_server_peers *peers, uint32_t index);

/* Takes the first of a list, which may be free by now; WSPI_NO_SLOT when it is empty. */
uint32_t wspi_server_peers_pop(wspi_server_peers *peers, wspi_slot_list list);

#endif
