/* SPDX-License-Identifier: MIT */

/* arena_history.c: a smooth picture from snapshots that arrive unevenly. */

#include "arena_history.h"

#include "test.h"

#include <string.h>

static arena_history history;
static arena_scene scene;

static arena_snapshot make(uint32_t tick, double x, double y, uint8_t aim)
{
    arena_snapshot snapshot;
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.tick = tick;
    snapshot.ship_count = 1;
    snapshot.ships[0].ship = 4;
    snapshot.ships[0].flags = ARENA_FLAG_ALIVE;
    snapshot.ships[0].aim = aim;
    snapshot.ships[0].x = (uint16_t)(x * 16);
    snapshot.ships[0].y = (uint16_t)(y * 16);
    return snapshot;
}

static void add(arena_snapshot snapshot)
{
    arena_history_add(&history, &snapshot, snapshot.tick / 60.0);
}

static void without_snapshots_there_is_nothing(void)
{
    arena_history_begin(&history);
    CHECK(arena_history_newest(&history) == NULL);
    CHECK_DOUBLE_BETWEEN(arena_history_moment(&history, 5.0), 0, 0);
    arena_history_sample(&history, 3.0, &scene);
    CHECK_SIZE(scene.ship_count, 0);
}

static void between_two_snapshots_ships_are_in_between(void)
{
    arena_history_begin(&history);
    add(make(30, 100, 200, 250));
    add(make(33, 112, 188, 10));
    arena_history_sample(&history, 31.0, &scene);
    CHECK_SIZE(scene.ship_count, 1);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 103.9, 104.1);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].y, 195.9, 196.1);
    /* From 250 over 256 = 0 to 10, not back through the whole circle. */
    CHECK_DOUBLE_BETWEEN(scene.ships[0].angle, 255.2 / 256 * 6.2832, 255.5 / 256 * 6.2832);
}

static void outside_of_them_they_stand(void)
{
    arena_history_begin(&history);
    add(make(30, 100, 200, 0));
    add(make(33, 112, 188, 0));
    arena_history_sample(&history, 5.0, &scene);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 100, 100);
    arena_history_sample(&history, 50.0, &scene);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 112, 112);
}

static void who_burst_or_came_back_did_not_fly(void)
{
    arena_history_begin(&history);
    arena_snapshot gone = make(33, 900, 900, 0);
    gone.ships[0].flags = 0;
    add(make(30, 100, 200, 0));
    add(gone);
    add(make(36, 1800, 900, 0));
    add(make(39, 300, 900, 0));
    arena_history_sample(&history, 31.0, &scene);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 100, 100);
    arena_history_sample(&history, 35.0, &scene);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 1800, 1800);
    arena_history_sample(&history, 37.0, &scene); /* Alive in both, and further apart than anybody flies. */
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 1800, 1800);
}

static void shots_fly_on_until_something_stands_in_their_way(void)
{
    arena_history_begin(&history);
    arena_snapshot snapshot = make(30, 100, 200, 0);
    arena_bolt_row free_way = {1, 0, 600 * 16, 200 * 16}, to_wall = {1, 192, 600 * 16, 10 * 16};
    snapshot.bolt_count = 2;
    snapshot.bolts[0] = free_way;
    snapshot.bolts[1] = to_wall;
    add(snapshot);
    add(make(33, 100, 200, 0));
    arena_history_sample(&history, 32.0, &scene);
    CHECK_SIZE(scene.bolt_count, 1);
    CHECK_DOUBLE_BETWEEN(scene.bolts[0].x, 600 + 2 * ARENA_BOLT_SPEED - 0.01,
                         600 + 2 * ARENA_BOLT_SPEED + 0.01);
}

static void an_older_snapshot_is_ignored(void)
{
    arena_history_begin(&history);
    add(make(33, 100, 200, 0));
    add(make(30, 500, 200, 0));
    add(make(33, 500, 200, 0));
    CHECK_SIZE(arena_history_newest(&history)->tick, 33);
    arena_history_sample(&history, 33.0, &scene);
    CHECK_DOUBLE_BETWEEN(scene.ships[0].x, 100, 100);
}

/* Plays `seconds` of snapshots every 50 ms through a connection that holds everything back for 200 ms now and
 * then, and draws 60 frames a second. Returns in how many of the last 10 s' frames the picture stood. */
static int count_still_frames(double seconds)
{
    uint32_t sent_tick = 0;
    double held_until = 0.0, last = 0.0;
    int still = 0;
    arena_history_begin(&history);
    for (int frame = 0; frame < (int)(seconds * 60); frame++) {
        double now = frame / 60.0;
        if (frame % 150 == 40) {
            held_until = now + 0.2; /* as a lost segment does: what is behind it waits too */
        }
        while (now >= held_until && sent_tick / 60.0 + 0.08 <= now) {
            arena_snapshot snapshot = make(sent_tick, 100 + sent_tick % 1000, 200, 0);
            arena_history_add(&history, &snapshot, now);
            sent_tick += 3;
        }
        double moment = arena_history_moment(&history, now);
        CHECK(moment >= last);
        CHECK(history.count == 0 || moment <= arena_history_newest(&history)->tick);
        still += moment == last && now > seconds - 10.0;
        last = moment;
    }
    return still;
}

static void the_delay_grows_until_stalls_do_not_show(void)
{
    CHECK_INT(count_still_frames(30.0), 0);
    CHECK(history.delay > 0.2 && history.delay < 0.4);
}

static void the_delay_shrinks_when_arrival_is_even(void)
{
    count_still_frames(30.0);
    arena_history uneven = history;
    double now = 30.0;
    uint32_t tick = arena_history_newest(&history)->tick;
    for (int i = 0; i < 20 * 60; i++, now += 0.05) {
        arena_snapshot snapshot = make(tick += 3, 100, 100, 0);
        arena_history_add(&history, &snapshot, tick / 60.0 + 0.08);
        arena_history_moment(&history, now);
    }
    CHECK(history.delay < uneven.delay - 0.05);
    CHECK_DOUBLE_BETWEEN(history.delay, 0.09, 0.15);
}

static const wspi_test_case cases[] = {
    TEST_CASE(without_snapshots_there_is_nothing),
    TEST_CASE(between_two_snapshots_ships_are_in_between),
    TEST_CASE(outside_of_them_they_stand),
    TEST_CASE(who_burst_or_came_back_did_not_fly),
    TEST_CASE(shots_fly_on_until_something_stands_in_their_way),
    TEST_CASE(an_older_snapshot_is_ignored),
    TEST_CASE(the_delay_grows_until_stalls_do_not_show),
    TEST_CASE(the_delay_shrinks_when_arrival_is_even),
};

TEST_MAIN(cases)
