/* SPDX-License-Identifier: MIT */

/* arena_motion.c and arena_world.c: the same calls give the same world, and the rules of the game hold. */

#include "arena_world.h"

#include "test.h"

#include <string.h>

static arena_world world;

static const arena_input nothing = {0, 0};

/* Ship 0 at (x, y), looking right; ship 1 far away; no gems. */
static void begin_duel(int32_t x, int32_t y)
{
    arena_world_begin(&world, 3);
    memset(world.gems, 0, sizeof world.gems);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(arena_world_join(&world), i);
        world.ships[i].shield = 0;
        world.ships[i].body.vx = world.ships[i].body.vy = 0;
    }
    world.ships[0].body.x = x * ARENA_UNIT;
    world.ships[0].body.y = y * ARENA_UNIT;
    world.ships[1].body.x = 100 * ARENA_UNIT;
    world.ships[1].body.y = 100 * ARENA_UNIT;
}

static void same_seed_and_inputs_give_the_same_world(void)
{
    static arena_world first;
    for (int round = 0; round < 2; round++) {
        uint64_t random = 99;
        arena_world_begin(&world, 1234);
        for (int i = 0; i < 20; i++) {
            CHECK_INT(arena_world_join(&world), i);
        }
        for (int tick = 0; tick < 1500; tick++) {
            for (int i = 0; i < 20; i++) {
                uint64_t number = wspi_test_random(&random);
                arena_input input = {(uint8_t)(number & ARENA_BUTTONS_ALL), (uint8_t)(number >> 8)};
                arena_world_steer(&world, i, input);
            }
            arena_world_tick(&world);
        }
        if (round == 0) {
            first = world;
        }
    }
    CHECK_INT(memcmp(&first, &world, sizeof world), 0);
    uint32_t score = 0;
    for (int i = 0; i < 20; i++) {
        score += world.ships[i].score;
    }
    CHECK(score > 20);
}

/* The numbers are those of the first build; another machine or compiler must come to the same ones. */
static void a_known_flight_ends_at_a_known_place(void)
{
    arena_body body = {300 * ARENA_UNIT, 500 * ARENA_UNIT, 0, 0};
    for (int tick = 0; tick < 600; tick++) {
        static const uint8_t buttons[] = {ARENA_BUTTON_RIGHT, ARENA_BUTTON_RIGHT | ARENA_BUTTON_DOWN,
                                          ARENA_BUTTON_UP, ARENA_BUTTON_LEFT | ARENA_BUTTON_UP, 0};
        arena_input input = {buttons[tick / 60 % 5], 0};
        arena_body_step(&body, input);
    }
    CHECK_INT(body.x, 942569);
    CHECK_INT(body.y, 16718);
}

static void a_ship_never_enters_walls_or_pillars(void)
{
    uint64_t random = wspi_test_random_begin();
    arena_body body = {200 * ARENA_UNIT, 200 * ARENA_UNIT, 0, 0};
    arena_input input = nothing;
    for (int tick = 0; tick < 60000; tick++) {
        if (tick % 40 == 0) {
            input.buttons = (uint8_t)(wspi_test_random(&random) & ARENA_BUTTONS_MOVE);
        }
        arena_body_step(&body, input);
        /* Dividing rounds, so the edge of a pillar is not hit to the last 1/1024. */
        if (arena_is_blocked(body.x, body.y, ARENA_SHIP_RADIUS - 1)) {
            FAIL("tick %d: blocked at %d %d", tick, (int)(body.x / ARENA_UNIT), (int)(body.y / ARENA_UNIT));
        }
    }
}

static void a_ship_without_input_comes_to_rest_and_stays(void)
{
    begin_duel(700, 300);
    for (int tick = 0; tick < 30; tick++) {
        const arena_input right_up = {ARENA_BUTTON_RIGHT | ARENA_BUTTON_UP, 0};
        arena_world_steer(&world, 0, right_up);
    }
    CHECK(world.ships[0].body.vx > 2 * ARENA_UNIT);
    for (int tick = 0; tick < 120; tick++) {
        arena_world_steer(&world, 0, nothing);
    }
    arena_body rested = world.ships[0].body;
    CHECK_INT(rested.vx, 0);
    CHECK_INT(rested.vy, 0);
    arena_world_steer(&world, 0, nothing);
    CHECK_INT(world.ships[0].body.x, rested.x);
    CHECK_INT(world.ships[0].body.y, rested.y);
}

static void opposite_keys_cancel_and_diagonals_are_not_faster(void)
{
    arena_body straight = {300 * ARENA_UNIT, 576 * ARENA_UNIT, 0, 0}, slanted = straight, stuck = straight;
    for (int tick = 0; tick < 60; tick++) {
        const arena_input right = {ARENA_BUTTON_RIGHT, 0}, both = {ARENA_BUTTON_RIGHT | ARENA_BUTTON_DOWN, 0},
                          against = {ARENA_BUTTON_RIGHT | ARENA_BUTTON_LEFT, 0};
        arena_body_step(&straight, right);
        arena_body_step(&slanted, both);
        arena_body_step(&stuck, against);
    }
    int64_t fast = straight.vx;
    int64_t square = (int64_t)slanted.vx * slanted.vx + (int64_t)slanted.vy * slanted.vy;
    CHECK(square <= fast * fast * 102 / 100 && square >= fast * fast * 94 / 100);
    CHECK_INT(stuck.x, 300 * ARENA_UNIT);
}

/* Ship 0 shoots at ship 1, which stands 200 units to its right; returns the ticks until `health` is reached.
 */
static int shoot_until(uint8_t health)
{
    const arena_input fire = {ARENA_BUTTON_FIRE, 0};
    for (int tick = 1; tick < 300; tick++) {
        arena_world_steer(&world, 0, fire);
        arena_world_tick(&world);
        if (world.ships[1].health == health) {
            return tick;
        }
    }
    FAIL("health %d was never reached", (int)health);
}

static void begin_shooting(void)
{
    begin_duel(600, 700);
    world.ships[1].body = world.ships[0].body;
    world.ships[1].body.x += 200 * ARENA_UNIT;
}

static void three_hits_burst_a_ship_that_comes_back(void)
{
    begin_shooting();
    CHECK(shoot_until(ARENA_FULL_HEALTH - 1) < 25);
    CHECK(world.ships[1].alive);
    shoot_until(0);
    CHECK(!world.ships[1].alive);
    CHECK_INT(world.ships[0].score, ARENA_HIT_SCORE);
    int dropped = 0;
    for (int i = 0; i < ARENA_MAX_GEMS; i++) {
        dropped += world.gems[i].value > 0;
    }
    CHECK(dropped >= 3);
    for (int tick = 0; tick < 130; tick++) {
        arena_world_tick(&world);
    }
    CHECK(world.ships[1].alive);
    CHECK_INT(world.ships[1].health, ARENA_FULL_HEALTH);
    CHECK(world.ships[1].shield > 0);
}

static void a_shield_keeps_shots_off(void)
{
    begin_shooting();
    world.ships[1].shield = 1000;
    for (int tick = 0; tick < 60; tick++) {
        const arena_input fire = {ARENA_BUTTON_FIRE, 0};
        arena_world_steer(&world, 0, fire);
        arena_world_tick(&world);
    }
    CHECK_INT(world.ships[1].health, ARENA_FULL_HEALTH);
    CHECK_INT(world.ships[0].health, ARENA_FULL_HEALTH);
}

static void shots_have_a_rate_and_end(void)
{
    begin_duel(600, 700);
    int most = 0, shots = 0, before = 0;
    for (int tick = 0; tick < 200; tick++) {
        const arena_input fire = {ARENA_BUTTON_FIRE, 64};
        int flying = 0;
        arena_world_steer(&world, 0, fire);
        arena_world_tick(&world);
        for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
            flying += world.bolts[i].ticks_left > 0;
        }
        shots += flying > before;
        before = flying;
        most = flying > most ? flying : most;
    }
    CHECK(most >= 2 && most <= 5);
    CHECK(shots >= 10 && shots <= 15);
    for (int tick = 0; tick < 60; tick++) {
        arena_world_tick(&world);
    }
    for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
        CHECK_INT(world.bolts[i].ticks_left, 0);
    }
}

static void a_gem_is_worth_its_value_once(void)
{
    begin_duel(600, 700);
    arena_gem gem = {3, 610 * ARENA_UNIT, 705 * ARENA_UNIT};
    world.gems[7] = gem;
    arena_world_tick(&world);
    arena_world_tick(&world);
    CHECK_INT(world.ships[0].score, 3);
    CHECK_INT(world.gems[7].value, 0);
}

static void gems_grow_until_there_are_enough(void)
{
    begin_duel(600, 700);
    int count = 0;
    for (int tick = 0; tick < 1000; tick++) {
        arena_world_tick(&world);
    }
    for (int i = 0; i < ARENA_MAX_GEMS; i++) {
        count += world.gems[i].value > 0;
        CHECK(world.gems[i].value == 0 ||
              !arena_is_blocked(world.gems[i].x, world.gems[i].y, ARENA_GEM_RADIUS));
    }
    CHECK(count >= 30 && count <= 40);
}

static void a_score_stops_at_its_highest_number(void)
{
    begin_duel(600, 700);
    arena_gem gem = {3, 600 * ARENA_UNIT, 700 * ARENA_UNIT};
    world.gems[0] = gem;
    world.ships[0].score = 65534;
    arena_world_tick(&world);
    CHECK_INT(world.ships[0].score, 65535);
}

static void the_arena_has_a_last_place(void)
{
    arena_world_begin(&world, 8);
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        CHECK_INT(arena_world_join(&world), i);
    }
    CHECK_INT(arena_world_join(&world), -1);
    arena_world_leave(&world, 17);
    CHECK_INT(arena_world_join(&world), 17);
}

static void shots_leave_with_their_player(void)
{
    begin_shooting();
    const arena_input fire = {ARENA_BUTTON_FIRE, 0};
    arena_world_steer(&world, 0, fire);
    arena_world_leave(&world, 0);
    for (int i = 0; i < ARENA_MAX_BOLTS; i++) {
        CHECK_INT(world.bolts[i].ticks_left, 0);
    }
}

static void directions_are_those_of_the_circle(void)
{
    CHECK_INT(arena_direction(1, 0), 0);
    CHECK_INT(arena_direction(0, 1), 64);
    CHECK_INT(arena_direction(-1, 0), 128);
    CHECK_INT(arena_direction(0, -1), 192);
    for (int i = 0; i < 256; i++) {
        uint8_t direction = (uint8_t)i;
        int64_t c = arena_cos(direction), s = arena_sin(direction);
        CHECK(c * c + s * s > 268000000 && c * c + s * s < 268900000);
        CHECK_INT(arena_direction((double)c, (double)s), i);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(same_seed_and_inputs_give_the_same_world),
    TEST_CASE(a_known_flight_ends_at_a_known_place),
    TEST_CASE(a_ship_never_enters_walls_or_pillars),
    TEST_CASE(a_ship_without_input_comes_to_rest_and_stays),
    TEST_CASE(opposite_keys_cancel_and_diagonals_are_not_faster),
    TEST_CASE(three_hits_burst_a_ship_that_comes_back),
    TEST_CASE(a_shield_keeps_shots_off),
    TEST_CASE(shots_have_a_rate_and_end),
    TEST_CASE(a_gem_is_worth_its_value_once),
    TEST_CASE(gems_grow_until_there_are_enough),
    TEST_CASE(a_score_stops_at_its_highest_number),
    TEST_CASE(the_arena_has_a_last_place),
    TEST_CASE(shots_leave_with_their_player),
    TEST_CASE(directions_are_those_of_the_circle),
};

TEST_MAIN(cases)
