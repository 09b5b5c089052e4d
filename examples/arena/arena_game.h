/* SPDX-License-Identifier: MIT */
#ifndef ARENA_GAME_H
#define ARENA_GAME_H

#include "arena_wire.h"

/*
 * The server's side of the game without its network: who plays which ship, the inputs that wait for their
 * tick, and what is sent to whom. It knows players by the id of their connection; a program that has
 * connections hands it their messages and sends what it says (arena_server.c).
 *
 * A ship moves by exactly one step for each input of its player, in order, so the player's own prediction is
 * right. Inputs that come late are made up for faster; more than one a tick in the long run is a player who
 * cheats with the clock, and is not obeyed.
 */
enum { ARENA_INPUT_ROOM = 128, ARENA_ALLOWANCE = 120 };

typedef struct arena_player {
    int32_t id; /* 0: nobody */
    int ship;
    char name[ARENA_NAME_ROOM];
    arena_input queue[ARENA_INPUT_ROOM];
    unsigned queue_start;
    unsigned queue_count;
    uint32_t
        next_sequence;  /* of the next input that arrives; what is acknowledged ends queue_count before it */
    unsigned allowance; /* how many inputs may be obeyed now; one more with each tick */
    uint32_t clock_ms;
    double clock_at; /* negative: it never said */
} arena_player;

/* Sends a message. A snapshot is worthless when it is late: with `may_skip` it may be left out instead. */
typedef void (*arena_send)(void *user, int32_t id, const uint8_t *data, size_t size, bool may_skip);

typedef struct arena_game {
    arena_world world;
    arena_player players[ARENA_MAX_SHIPS];
    unsigned player_count;
    double next_tick_at;
    bool names_changed;
    arena_send send;
    void *user;
} arena_game;

/* `now` is wsp_now() here and below. */
void arena_game_begin(arena_game *game, uint32_t seed, double now, arena_send send, void *user);

/* A message of connection `id`, which is not 0. Returns 0, or the code with which it is to be closed. */
int arena_game_receive(arena_game *game, int32_t id, const uint8_t *data, size_t size, double now);

/* The words that belong to such a code. */
const char *arena_game_reason(int close_code);

/* The player behind a connection; NULL before its JOIN and after leave. */
const arena_player *arena_game_find(const arena_game *game, int32_t id);

void arena_game_leave(arena_game *game, int32_t id);

/*
 * Plays the ticks that are due and sends what follows from them. Returns the seconds until the next one;
 * without players time stands still, and the answer is negative.
 */
double arena_game_advance(arena_game *game, double now);

#endif
