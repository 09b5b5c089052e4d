/* SPDX-License-Identifier: MIT */
#ifndef ARENA_MOTION_H
#define ARENA_MOTION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How a ship moves. The server and the player's own program both run this, so that a player sees the answer
 * to a key at once and the server's word agrees with it. It is whole-number arithmetic: the same input gives
 * the same place on every machine, to the last digit.
 *
 * Places are in 1/1024 of a unit; x grows to the right, y downwards. A direction is one of 256: 0 is right,
 * 64 is down.
 */
enum {
    ARENA_UNIT = 1024,
    ARENA_WIDTH = 2048, /* units */
    ARENA_HEIGHT = 1152,
    ARENA_TICKS_PER_SECOND = 60,
    ARENA_SHIP_RADIUS = 16,
    ARENA_PILLARS = 7
};

enum {
    ARENA_BUTTON_UP = 1,
    ARENA_BUTTON_DOWN = 2,
    ARENA_BUTTON_LEFT = 4,
    ARENA_BUTTON_RIGHT = 8,
    ARENA_BUTTON_FIRE = 16,
    ARENA_BUTTONS_MOVE = 15,
    ARENA_BUTTONS_ALL = 31
};

/* What a player holds during one tick. */
typedef struct arena_input {
    uint8_t buttons;
    uint8_t aim;
} arena_input;

typedef struct arena_body {
    int32_t x;
    int32_t y;
    int32_t vx; /* per tick */
    int32_t vy;
} arena_body;

/* A round obstacle, in units. */
typedef struct arena_pillar {
    int32_t x;
    int32_t y;
    int32_t radius;
} arena_pillar;

extern const arena_pillar arena_pillars[ARENA_PILLARS];

/* Cosine and sine of a direction, times 16384. */
int32_t arena_cos(uint8_t direction);
int32_t arena_sin(uint8_t direction);

/* The direction of a vector that is not zero. */
uint8_t arena_direction(double dx, double dy);

/* Whether a circle around a place (1/1024 units) touches a wall or a pillar; the radius is in units. */
bool arena_is_blocked(int32_t x, int32_t y, int32_t radius);

/* One tick of a ship: thrust, drag, walls and pillars. */
void arena_body_step(arena_body *body, arena_input input);

#endif
