/* SPDX-License-Identifier: MIT */
#ifndef ARENA_CLIENT_H
#define ARENA_CLIENT_H

#include "arena_history.h"
#include "wspeer.h"

/*
 * A player's connection to the arena: connects, joins, sends the inputs, moves the own ship ahead of the
 * server's answer, keeps the snapshots, and connects again when the connection is lost. It draws nothing;
 * arena (a person's window) and arena_bots use it alike.
 *
 *       CONNECTING --open--> JOINING --welcome--> PLAYING
 *           ^   \               |                   |
 *           |    `-----lost-----+-------lost--------'
 *           |                   v
 *           `----delay----- WAITING           REFUSED: this server will not have us, so nobody tries again
 */
typedef enum arena_client_state {
    ARENA_CLIENT_CONNECTING,
    ARENA_CLIENT_JOINING,
    ARENA_CLIENT_PLAYING,
    ARENA_CLIENT_WAITING,
    ARENA_CLIENT_REFUSED
} arena_client_state;

enum { ARENA_MAX_PENDING = 120 }; /* inputs without an answer; with more the player stands still */

typedef struct arena_client {
    wsp_peer *peer;
    const char *url;
    char name[ARENA_NAME_ROOM];
    arena_client_state state;
    double state_since;
    char trouble[160]; /* why the last connection ended; empty before there was a reason */
    unsigned attempt;
    double retry_at;
    unsigned lost_connections; /* how often PLAYING ended without our doing */
    unsigned joins;
    double updated_at;
    double heard_at;
    double round_trip; /* seconds; negative: not known yet */
    uint64_t snapshot_count;

    uint8_t ship;
    arena_names names;
    arena_history history;

    arena_input pending[ARENA_MAX_PENDING]; /* from first_sequence on, in a ring */
    unsigned pending_start;
    unsigned pending_count;
    unsigned unsent_count; /* the newest of them */
    uint32_t first_sequence;
    double next_input_at;
    bool alive;
    arena_body body;     /* where our own ship is, all pending inputs obeyed */
    arena_body previous; /* one input earlier */
    double error_x;      /* what is still to be hidden of the last correction, in 1/1024 units */
    double error_y;
} arena_client;

/*
 * Starts to connect. `url` stays the caller's and must live as long as the client. Returns false when out of
 * memory.
 */
bool arena_client_begin(arena_client *client, const char *url, const char *name);

/* Leaves the game and frees what the client holds. */
void arena_client_end(arena_client *client);

/* To be called for each frame with what the player holds now. */
void arena_client_update(arena_client *client, double now, arena_input input);

/* The name of a state for the screen. */
const char *arena_client_state_name(arena_client_state state);

/* The game as it is to be shown at `now`; our own ship is where its player has steered it. */
void arena_client_scene(arena_client *client, double now, arena_scene *out_scene);

#endif
