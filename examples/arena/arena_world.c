/* SPDX-License-Identifier: MIT */
/*
 * The rules of the arena: bolts, hits, gems and where ships appear. How a ship moves is in arena_motion.c,
 * who may steer it in arena_game.c.
 */
#include "arena_world.h"

#include <string.h>

enum {
    FIRE_WAIT = 14,
    BOLT_TICKS = 55,
    SHIELD_TICKS = 90,
    AWAY_TICKS = 120,
    GEMS_ALWAYS = 36,
    GEM_WAIT = 12, /* ticks between two new gems while there are too few */
    RICH_GEM = 3,
    DROPPED_GEMS = 4
};

/* xorshift: any sequence that a player cannot guess from the outside is good enough to place gems. */
static uint32_t next_random(arena_world *world)
{
    uint32_t x = world->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    world->random = x;
    return x;
}

static int32_t random_below(arena_world *world, int32_t count)
{
    return (int32_t)(next_random(world) % (uint32_t)count);
}

/* A place in which a circle of that radius touches nothing. Most of the world is free, so a few tries do. */
static void find_free_place(arena_world *world, int32_t radius, int32_t *x, int32_t *y)
{
    do {
        *x = random_below(world, ARENA_WIDTH) * ARENA_UNIT;
        *y = random_below(world, ARENA_HEIGHT) * ARENA_UNIT;
    } while (arena_is_blocked(*x, *y, radius));
}

static bool are_near(int32_t x1, int32_t y1, int32_t x2, int32_t y2, int32_t units)
{
    int64_t dx = x1 - x2;
    int64_t dy = y1 - y2;
    int64_t reach = (int64_t)units * ARENA_UNIT;
    return dx * dx + dy * dy < reach * reach;
}

void arena_world_begin(arena_world *world, uint32_t seed)
{
    memset(world, 0, sizeof *world);
    world->random = seed ? seed : 1;
    for (int i = 0; i < GEMS_ALWAYS; i++) {
        world->gems[i].value = (uint8_t)(i % 8 == 0 ? RICH_GEM : 1);
        find_free_place(world, ARENA_GEM_RADIUS * 2, &world->gems[i].x, &world->gems[i].y);
    }
}

static void appear(arena_world *world, arena_ship *ship)
{
    arena_body body = {0, 0, 0, 0};
    find_free_place(world, ARENA_SHIP_RADIUS * 4, &body.x, &body.y);
    ship->body = body;
    ship->alive = true;
    ship->health = ARENA_FULL_HEALTH;
    ship->shield = SHIELD_TICKS;
    ship->fire_wait = 0;
}

int arena_world_join(arena_world *world)
{
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        arena_ship *ship = &world->ships[i];
        if (!ship->in_use) {
            memset(ship, 0, sizeof *ship);
            ship->in_use = true;
            appear(world, ship);
            return i;
        }
    }
    return -1;
}

void arena_world_leave(arena_world *world, int ship)
{
    world->ships[ship].in_use = false;
    world->ships[ship].alive = false;
    /* Whoever gets this index next must not own the shots of this player. */
    for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
        if (world->bolts[i].owner == ship) {
            world->bolts[i].ticks_left = 0;
        }
    }
}

static void shoot(arena_world *world, int index)
{
    arena_ship *ship = &world->ships[index];
    for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
        arena_bolt *bolt = &world->bolts[i];
        if (bolt->ticks_left == 0) {
            uint8_t aim = ship->input.aim;
            bolt->ticks_left = BOLT_TICKS;
            bolt->owner = (uint8_t)index;
            bolt->direction = aim;
            bolt->x = ship->body.x + arena_cos(aim) * ARENA_SHIP_RADIUS / 16;
            bolt->y = ship->body.y + arena_sin(aim) * ARENA_SHIP_RADIUS / 16;
            ship->fire_wait = FIRE_WAIT;
            ship->shield = 0;
            return;
        }
    }
}

void arena_world_steer(arena_world *world, int index, arena_input input)
{
    arena_ship *ship = &world->ships[index];
    ship->input = input;
    if (!ship->alive) {
        return;
    }
    arena_body_step(&ship->body, input);
    if ((input.buttons & ARENA_BUTTON_FIRE) && ship->fire_wait == 0) {
        shoot(world, index);
    }
}

static void drop_gem(arena_world *world, uint8_t value, int32_t x, int32_t y)
{
    for (int i = 0; i < ARENA_MAX_GEMS; i++) {
        arena_gem *gem = &world->gems[i];
        if (gem->value == 0) {
            gem->value = value;
            gem->x = x;
            gem->y = y;
            return;
        }
    }
}

static void add_score(arena_ship *ship, int points)
{
    ship->score = (uint16_t)(ship->score > UINT16_MAX - points ? UINT16_MAX : ship->score + points);
}

static void burst(arena_world *world, arena_ship *ship)
{
    ship->alive = false;
    ship->away = AWAY_TICKS;
    ship->body.vx = 0;
    ship->body.vy = 0;
    for (int i = 0; i < DROPPED_GEMS; i++) {
        uint8_t around = (uint8_t)random_below(world, 256);
        int32_t x = ship->body.x + arena_cos(around) * 2;
        int32_t y = ship->body.y + arena_sin(around) * 2;
        if (!arena_is_blocked(x, y, ARENA_GEM_RADIUS)) {
            drop_gem(world, 1, x, y);
        }
    }
}

/* The ship that a bolt hits, or NULL. */
static arena_ship *find_target(arena_world *world, const arena_bolt *bolt)
{
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        arena_ship *ship = &world->ships[i];
        if (ship->alive && i != bolt->owner &&
            are_near(ship->body.x, ship->body.y, bolt->x, bolt->y, ARENA_SHIP_RADIUS + ARENA_BOLT_RADIUS)) {
            return ship;
        }
    }
    return NULL;
}

static void move_bolt(arena_world *world, arena_bolt *bolt)
{
    bolt->ticks_left--;
    bolt->x += arena_cos(bolt->direction) * ARENA_BOLT_SPEED / 16;
    bolt->y += arena_sin(bolt->direction) * ARENA_BOLT_SPEED / 16;
    if (arena_is_blocked(bolt->x, bolt->y, ARENA_BOLT_RADIUS)) {
        bolt->ticks_left = 0;
        return;
    }
    arena_ship *target = find_target(world, bolt);
    if (!target) {
        return;
    }
    bolt->ticks_left = 0;
    if (target->shield > 0) {
        return;
    }
    target->health--;
    if (target->health == 0) {
        add_score(&world->ships[bolt->owner], ARENA_HIT_SCORE);
        burst(world, target);
    }
}

static void collect_gems(arena_world *world, arena_ship *ship)
{
    for (int i = 0; i < ARENA_MAX_GEMS; i++) {
        arena_gem *gem = &world->gems[i];
        if (gem->value > 0 &&
            are_near(ship->body.x, ship->body.y, gem->x, gem->y, ARENA_SHIP_RADIUS + ARENA_GEM_RADIUS)) {
            add_score(ship, gem->value);
            gem->value = 0;
        }
    }
}

static void tick_ship(arena_world *world, arena_ship *ship)
{
    ship->fire_wait = (uint16_t)(ship->fire_wait > 0 ? ship->fire_wait - 1 : 0);
    ship->shield = (uint16_t)(ship->shield > 0 ? ship->shield - 1 : 0);
    if (ship->alive) {
        collect_gems(world, ship);
    } else if (--ship->away == 0) {
        appear(world, ship);
    }
}

static void grow_gems(arena_world *world)
{
    int count = 0;
    for (int i = 0; i < ARENA_MAX_GEMS; i++) {
        count += world->gems[i].value > 0;
    }
    if (count < GEMS_ALWAYS && world->tick % GEM_WAIT == 0) {
        int32_t x, y;
        find_free_place(world, ARENA_GEM_RADIUS * 2, &x, &y);
        drop_gem(world, (uint8_t)(random_below(world, 8) == 0 ? RICH_GEM : 1), x, y);
    }
}

void arena_world_tick(arena_world *world)
{
    world->tick++;
    for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
        if (world->bolts[i].ticks_left > 0) {
            move_bolt(world, &world->bolts[i]);
        }
    }
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (world->ships[i].in_use) {
            tick_ship(world, &world->ships[i]);
        }
    }
    grow_gems(world);
}
