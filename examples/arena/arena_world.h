/* SPDX-License-Identifier: MIT */
#ifndef ARENA_WORLD_H
#define ARENA_WORLD_H

#include "arena_motion.h"

/*
 * The rules of the game, as the server plays them. Ships collect gems and shoot at each other; three hits
 * burst a ship, which drops gems and comes back elsewhere a moment later. The world knows no network and no
 * clock: the same seed and the same calls give the same world.
 */
enum {
    ARENA_MAX_SHIPS = 64,
    ARENA_MAX_BOLTS = 192,
    ARENA_MAX_GEMS = 96,
    ARENA_FULL_HEALTH = 3,
    ARENA_BOLT_RADIUS = 4,
    ARENA_BOLT_SPEED = 11, /* units per tick */
    ARENA_GEM_RADIUS = 11,
    ARENA_HIT_SCORE = 5 /* for the shot that bursts a ship */
};

typedef struct arena_ship {
    bool in_use;
    bool alive;
    arena_body body;
    arena_input input; /* the one of the last step */
    uint8_t health;
    uint16_t score;
    uint16_t fire_wait; /* ticks until it may shoot again */
    uint16_t shield;    /* ticks for which nothing hurts it */
    uint16_t away;      /* ticks until a burst ship comes back */
} arena_ship;

typedef struct arena_bolt {
    uint8_t ticks_left; /* 0: free */
    uint8_t owner;
    uint8_t direction;
    int32_t x;
    int32_t y;
} arena_bolt;

typedef struct arena_gem {
    uint8_t value; /* 0: free */
    int32_t x;
    int32_t y;
} arena_gem;

typedef struct arena_world {
    uint32_t tick;
    uint32_t random;
    arena_ship ships[ARENA_MAX_SHIPS];
    arena_bolt bolts[ARENA_MAX_BOLTS];
    arena_gem gems[ARENA_MAX_GEMS];
} arena_world;

void arena_world_begin(arena_world *world, uint32_t seed);

/* A new ship; its index, or -1 when all are taken. It is removed with leave. */
int arena_world_join(arena_world *world);
void arena_world_leave(arena_world *world, int ship);

/* Moves one ship by one tick of its player's input, and lets it shoot. A burst ship does nothing. */
void arena_world_steer(arena_world *world, int ship, arena_input input);

/* One tick of everything that no player steers: bolts, hits, gems, ships that come back. */
void arena_world_tick(arena_world *world);

#endif
