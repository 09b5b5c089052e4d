/* SPDX-License-Identifier: MIT */
/*
 * The motion of ships in whole numbers. No floating point takes part in a step, because compilers and
 * machines may round it differently, and the prediction of a player would then drift away from the server.
 */
#include "arena_motion.h"

#include <math.h>

enum {
    THRUST = 352, /* per tick and tick; with the drag this makes a top speed of about 320 units a second */
    THRUST_DIAGONAL = 249,
    DRAG = 16, /* the 16th part of the speed is lost in a tick */
    STILL = 48 /* without thrust, slower than this is standing */
};

const arena_pillar arena_pillars[ARENA_PILLARS] = {
    {1024, 576, 84}, {430, 300, 52},  {1618, 852, 52},  {430, 852, 40},
    {1618, 300, 40}, {1024, 150, 30}, {1024, 1002, 30},
};

static const int16_t quarter_sine[65] = {
    0,     402,   804,   1205,  1606,  2006,  2404,  2801,  3196,  3590,  3981,  4370,  4756,
    5139,  5520,  5897,  6270,  6639,  7005,  7366,  7723,  8076,  8423,  8765,  9102,  9434,
    9760,  10080, 10394, 10702, 11003, 11297, 11585, 11866, 12140, 12406, 12665, 12916, 13160,
    13395, 13623, 13842, 14053, 14256, 14449, 14635, 14811, 14978, 15137, 15286, 15426, 15557,
    15679, 15791, 15893, 15986, 16069, 16143, 16207, 16261, 16305, 16340, 16364, 16379, 16384};

int32_t arena_sin(uint8_t direction)
{
    unsigned part = direction & 63U;
    switch (direction >> 6) {
    case 0: return quarter_sine[part];
    case 1: return quarter_sine[64 - part];
    case 2: return -quarter_sine[part];
    default: return -quarter_sine[64 - part];
    }
}

int32_t arena_cos(uint8_t direction)
{
    return arena_sin((uint8_t)(direction + 64U));
}

uint8_t arena_direction(double dx, double dy)
{
    double turns = atan2(dy, dx) / 6.283185307179586;
    return (uint8_t)((int)floor(turns * 256.0 + 0.5) & 255);
}

/* The whole part of the square root, digit by digit. */
static int64_t square_root(int64_t square)
{
    int64_t root = 0;
    for (int64_t bit = (int64_t)1 << 30; bit > 0; bit >>= 1) {
        int64_t next = root + bit;
        if (next * next <= square) {
            root = next;
        }
    }
    return root;
}

static int64_t squared_distance(const arena_pillar *pillar, int32_t x, int32_t y)
{
    int64_t dx = x - pillar->x * ARENA_UNIT;
    int64_t dy = y - pillar->y * ARENA_UNIT;
    return dx * dx + dy * dy;
}

bool arena_is_blocked(int32_t x, int32_t y, int32_t radius)
{
    int32_t margin = radius * ARENA_UNIT;
    if (x < margin || y < margin || x > ARENA_WIDTH * ARENA_UNIT - margin ||
        y > ARENA_HEIGHT * ARENA_UNIT - margin) {
        return true;
    }
    for (int i = 0; i < ARENA_PILLARS; i++) {
        int64_t reach = (int64_t)(arena_pillars[i].radius + radius) * ARENA_UNIT;
        if (squared_distance(&arena_pillars[i], x, y) < reach * reach) {
            return true;
        }
    }
    return false;
}

static void keep_between_walls(int32_t *place, int32_t *speed, int32_t length)
{
    int32_t low = ARENA_SHIP_RADIUS * ARENA_UNIT;
    int32_t high = (length - ARENA_SHIP_RADIUS) * ARENA_UNIT;
    if (*place < low || *place > high) {
        *place = *place < low ? low : high;
        *speed = -*speed / 2;
    }
}

/* Puts the ship onto the pillar's edge and takes away the part of its speed that points inwards. */
static void keep_out_of(const arena_pillar *pillar, arena_body *body)
{
    int64_t reach = (int64_t)(pillar->radius + ARENA_SHIP_RADIUS) * ARENA_UNIT;
    int64_t square = squared_distance(pillar, body->x, body->y);
    if (square >= reach * reach) {
        return;
    }
    int64_t distance = square_root(square);
    int64_t dx = body->x - pillar->x * ARENA_UNIT;
    int64_t dy = body->y - pillar->y * ARENA_UNIT;
    if (distance == 0) {
        distance = 1;
        dx = 1;
    }
    body->x = (int32_t)(pillar->x * ARENA_UNIT + dx * reach / distance);
    body->y = (int32_t)(pillar->y * ARENA_UNIT + dy * reach / distance);
    int64_t outwards = (body->vx * dx + body->vy * dy) / distance;
    if (outwards < 0) {
        body->vx -= (int32_t)(outwards * dx / distance);
        body->vy -= (int32_t)(outwards * dy / distance);
    }
}

static int32_t slowed(int32_t speed, int32_t thrust)
{
    speed += thrust;
    speed -= speed / DRAG;
    return thrust == 0 && speed < STILL && speed > -STILL ? 0 : speed;
}

void arena_body_step(arena_body *body, arena_input input)
{
    int right = (input.buttons & ARENA_BUTTON_RIGHT ? 1 : 0) - (input.buttons & ARENA_BUTTON_LEFT ? 1 : 0);
    int down = (input.buttons & ARENA_BUTTON_DOWN ? 1 : 0) - (input.buttons & ARENA_BUTTON_UP ? 1 : 0);
    int32_t thrust = right != 0 && down != 0 ? THRUST_DIAGONAL : THRUST;
    body->vx = slowed(body->vx, right * thrust);
    body->vy = slowed(body->vy, down * thrust);
    body->x += body->vx;
    body->y += body->vy;
    for (int i = 0; i < ARENA_PILLARS; i++) {
        keep_out_of(&arena_pillars[i], body);
    }
    keep_between_walls(&body->x, &body->vx, ARENA_WIDTH);
    keep_between_walls(&body->y, &body->vy, ARENA_HEIGHT);
}
