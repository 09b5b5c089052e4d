/* SPDX-License-Identifier: MIT */
/*
 * The table of server_peers.h: an array of slots with a list of free ones, and a hash of ids beside it. A
 * free slot may still stand in a list; whoever takes it out there sees that it is free, or finds the
 * connection that took its place, which then gets a turn it did not need.
 */
#include "server_peers.h"

#include "memory.h"

#include <assert.h>
#include <string.h>

enum { SMALLEST_CAPACITY = 16, FIRST_ID = 2 /* 1 is the server itself in Godot's numbering */ };

void wspi_server_peers_init(wspi_server_peers *peers)
{
    *peers = (wspi_server_peers){.last_id = FIRST_ID - 1, .first_free = WSPI_NO_SLOT};
    for (int i = 0; i < WSPI_SLOT_LISTS; i++)
        peers->first[i] = peers->last[i] = WSPI_NO_SLOT;
}

void wspi_server_peers_release(wspi_server_peers *peers)
{
    int32_t last_id = peers->last_id;
    wspi_free(peers->slots, peers->capacity * sizeof *peers->slots);
    wspi_free(peers->index_of, peers->index_size * sizeof *peers->index_of);
    wspi_server_peers_init(peers);
    peers->last_id = last_id;
}

/* Ids are given in turn, so their low bits spread them best. */
static size_t get_home(const wspi_server_peers *peers, int32_t id)
{
    return (size_t)(uint32_t)id & (peers->index_size - 1);
}

static void put_index(wspi_server_peers *peers, uint32_t index)
{
    size_t at = get_home(peers, peers->slots[index].id);
    while (peers->index_of[at] != 0)
        at = (at + 1) & (peers->index_size - 1);
    peers->index_of[at] = index + 1;
}

/* Where an id stands in the hash, or the empty place where its search ends. */
static size_t find_place(const wspi_server_peers *peers, int32_t id)
{
    size_t at = get_home(peers, id);
    while (peers->index_of[at] != 0 && peers->slots[peers->index_of[at] - 1].id != id)
        at = (at + 1) & (peers->index_size - 1);
    return at;
}

/* Takes a place out and closes the gap, so that every search still ends at its own id. */
static void remove_place(wspi_server_peers *peers, size_t at)
{
    size_t mask = peers->index_size - 1;
    size_t next = at;
    for (;;) {
        next = (next + 1) & mask;
        if (peers->index_of[next] == 0)
            break;
        size_t home = get_home(peers, peers->slots[peers->index_of[next] - 1].id);
        /* Only an entry whose search passes the gap may move into it. */
        if (((next - home) & mask) >= ((next - at) & mask)) {
            peers->index_of[at] = peers->index_of[next];
            at = next;
        }
    }
    peers->index_of[at] = 0;
}

static bool grow_hash(wspi_server_peers *peers, size_t capacity)
{
    size_t size = peers->index_size > 0 ? peers->index_size : 2 * SMALLEST_CAPACITY;
    while (size < capacity + capacity / 3)
        size *= 2;
    if (size == peers->index_size)
        return true;
    uint32_t *index_of = wspi_allocate_zeroed(size * sizeof *index_of);
    if (index_of == NULL)
        return false;
    wspi_free(peers->index_of, peers->index_size * sizeof *index_of);
    peers->index_of = index_of;
    peers->index_size = size;
    for (uint32_t i = 0; i < peers->end; i++) {
        if (peers->slots[i].peer != NULL)
            put_index(peers, i);
    }
    return true;
}

bool wspi_server_peers_reserve(wspi_server_peers *peers)
{
    if (peers->first_free != WSPI_NO_SLOT || peers->end < peers->capacity)
        return true;
    size_t capacity = peers->capacity > 0 ? peers->capacity + peers->capacity / 2 : (size_t)SMALLEST_CAPACITY;
    if (capacity >= WSPI_NO_SLOT / 4 || !grow_hash(peers, capacity))
        return false;
    wspi_server_slot *slots =
        wspi_reallocate(peers->slots, peers->capacity * sizeof *slots, capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    peers->slots = slots;
    peers->capacity = capacity;
    return true;
}

int32_t wspi_server_peers_next_id(wspi_server_peers *peers)
{
    do
        peers->last_id = peers->last_id < INT32_MAX ? peers->last_id + 1 : FIRST_ID;
    while (wspi_server_peers_find(peers, peers->last_id) != WSPI_NO_SLOT);
    return peers->last_id;
}

static uint32_t take_free_slot(wspi_server_peers *peers)
{
    uint32_t index = peers->first_free;
    if (index != WSPI_NO_SLOT) {
        peers->first_free = peers->slots[index].next[0];
        return index;
    }
    index = (uint32_t)peers->end++;
    peers->slots[index] = (wspi_server_slot){0};
    return index;
}

uint32_t wspi_server_peers_add(wspi_server_peers *peers, wsp_peer *peer, int32_t id)
{
    uint32_t index = take_free_slot(peers);
    peers->slots[index].peer = peer;
    peers->slots[index].id = id;
    put_index(peers, index);
    peers->count++;
    return index;
}

static bool is_in_a_list(const wspi_server_slot *slot)
{
    return slot->listed != 0;
}

static void give_back(wspi_server_peers *peers, uint32_t index)
{
    peers->slots[index].next[0] = peers->first_free;
    peers->first_free = index;
}

void wspi_server_peers_remove(wspi_server_peers *peers, uint32_t index)
{
    wspi_server_slot *slot = &peers->slots[index];
    assert(slot->peer != NULL);
    remove_place(peers, find_place(peers, slot->id));
    slot->peer = NULL;
    slot->id = 0;
    peers->count--;
    /* Its links are in use while it stands in a list; then leaving that list gives it back. */
    if (!is_in_a_list(slot))
        give_back(peers, index);
}

uint32_t wspi_server_peers_find(const wspi_server_peers *peers, int32_t id)
{
    if (peers->count == 0 || id <= 0)
        return WSPI_NO_SLOT;
    uint32_t found = peers->index_of[find_place(peers, id)];
    return found != 0 ? found - 1 : WSPI_NO_SLOT;
}

void wspi_server_peers_push(wspi_server_peers *peers, wspi_slot_list list, uint32_t index)
{
    wspi_server_slot *slot = &peers->slots[index];
    if ((slot->listed & (1u << list)) != 0)
        return;
    slot->listed = (uint8_t)(slot->listed | (1u << list));
    slot->next[list] = WSPI_NO_SLOT;
    if (peers->last[list] != WSPI_NO_SLOT)
        peers->slots[peers->last[list]].next[list] = index;
    else
        peers->first[list] = index;
    peers->last[list] = index;
}

void wspi_server_peers_call(wspi_server_peers *peers, uint32_t index)
{
    wspi_server_peers_push(peers, WSPI_SLOTS_TURN, index);
    wspi_server_slot *slot = &peers->slots[index];
    peers->urgent_count += !slot->is_urgent;
    slot->is_urgent = true;
}

uint32_t wspi_server_peers_pop(wspi_server_peers *peers, wspi_slot_list list)
{
    uint32_t index = peers->first[list];
    if (index == WSPI_NO_SLOT)
        return index;
    wspi_server_slot *slot = &peers->slots[index];
    peers->first[list] = slot->next[list];
    if (peers->first[list] == WSPI_NO_SLOT)
        peers->last[list] = WSPI_NO_SLOT;
    slot->listed = (uint8_t)(slot->listed & ~(1u << list));
    if (list == WSPI_SLOTS_TURN) {
        peers->urgent_count -= slot->is_urgent;
        slot->is_urgent = false;
    }
    if (slot->peer == NULL && !is_in_a_list(slot))
        give_back(peers, index);
    return index;
}
