/* SPDX-License-Identifier: MIT */

/* arena_wire.c: messages come back as they went, and nothing but a whole valid message is taken. */

#include "arena_wire.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

static uint8_t message[ARENA_MESSAGE_ROOM];

typedef union any_message {
    arena_join join;
    arena_inputs inputs;
    arena_welcome welcome;
    arena_names names;
    arena_snapshot snapshot;
} any_message;

static bool read_any(const uint8_t *data, size_t size, any_message *out)
{
    switch (arena_kind_of(data, size)) {
    case ARENA_JOIN: return arena_read_join(data, size, &out->join);
    case ARENA_INPUTS: return arena_read_inputs(data, size, &out->inputs);
    case ARENA_WELCOME: return arena_read_welcome(data, size, &out->welcome);
    case ARENA_NAMES: return arena_read_names(data, size, &out->names);
    case ARENA_SNAPSHOT: return arena_read_snapshot(data, size, &out->snapshot);
    default: return false;
    }
}

/* A world in which something happens, as ship 1 sees it. */
static void make_snapshot(arena_snapshot *snapshot)
{
    static arena_world world;
    const arena_input input = {ARENA_BUTTON_RIGHT | ARENA_BUTTON_FIRE, 200};
    arena_world_begin(&world, 5);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(arena_world_join(&world), i);
    }
    for (int tick = 0; tick < 40; tick++) {
        for (int ship = 0; ship < 3; ship++) {
            arena_world_steer(&world, ship, input);
        }
        arena_world_tick(&world);
    }
    arena_snapshot_of(&world, snapshot);
    snapshot->sequence = 4000000000U;
    snapshot->clock_ms = 123456789U;
    snapshot->held_ms = 65535U;
    snapshot->own = world.ships[1].body;
    CHECK(snapshot->bolt_count > 0 && snapshot->gem_count > 0);
}

static size_t write_samples(size_t which)
{
    const arena_join join = {ARENA_VERSION, "Ada ~"};
    const arena_inputs inputs = {70000, 4294967295U, 2, {{31, 255}, {0, 7}}};
    const arena_welcome welcome = {ARENA_VERSION, 63};
    static arena_names names;
    static arena_snapshot snapshot;
    switch (which) {
    case 0: return arena_write_join(message, &join);
    case 1: return arena_write_inputs(message, &inputs);
    case 2: return arena_write_welcome(message, &welcome);
    case 3:
        memcpy(names.names[0], "first", 6);
        memcpy(names.names[63], "twelve chars", 13);
        return arena_write_names(message, &names);
    default: make_snapshot(&snapshot); return arena_write_snapshot(message, &snapshot);
    }
}

static void join_has_its_documented_bytes(void)
{
    static const uint8_t wanted[] = {1, 1, 3, 'A', 'd', 'a'};
    const arena_join join = {ARENA_VERSION, "Ada"};
    CHECK_BYTES(message, arena_write_join(message, &join), wanted, sizeof wanted);
}

static void inputs_have_their_documented_bytes(void)
{
    static const uint8_t wanted[] = {2, 4, 3, 2, 1, 0x0d, 0x0c, 0x0b, 0x0a, 1, 17, 128};
    const arena_inputs inputs = {0x01020304, 0x0a0b0c0d, 1, {{17, 128}}};
    CHECK_BYTES(message, arena_write_inputs(message, &inputs), wanted, sizeof wanted);
}

static void every_message_comes_back_as_it_went(void)
{
    static uint8_t again[ARENA_MESSAGE_ROOM];
    for (size_t which = 0; which < 5; which++) {
        any_message seen;
        size_t size = write_samples(which);
        TEST_NOTE("message %zu", which);
        CHECK(read_any(message, size, &seen));
        size_t size_again = which == 0   ? arena_write_join(again, &seen.join)
                            : which == 1 ? arena_write_inputs(again, &seen.inputs)
                            : which == 2 ? arena_write_welcome(again, &seen.welcome)
                            : which == 3 ? arena_write_names(again, &seen.names)
                                         : arena_write_snapshot(again, &seen.snapshot);
        CHECK_BYTES(again, size_again, message, size);
    }
}

static void snapshot_keeps_negative_numbers(void)
{
    static arena_snapshot snapshot, seen;
    make_snapshot(&snapshot);
    snapshot.own.vx = -1;
    snapshot.own.vy = -32 * ARENA_UNIT;
    CHECK(arena_read_snapshot(message, arena_write_snapshot(message, &snapshot), &seen));
    CHECK_INT(seen.own.vx, -1);
    CHECK_INT(seen.own.vy, -32 * ARENA_UNIT);
}

static void the_largest_snapshot_fits(void)
{
    static arena_snapshot snapshot, seen;
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.ship_count = ARENA_MAX_SHIPS;
    snapshot.bolt_count = ARENA_MAX_BOLTS;
    snapshot.gem_count = ARENA_MAX_GEMS;
    for (unsigned i = 0; i < ARENA_MAX_GEMS; i++) {
        snapshot.gems[i].gem = (uint8_t)i;
        snapshot.ships[i % ARENA_MAX_SHIPS].ship = (uint8_t)(i % ARENA_MAX_SHIPS);
    }
    size_t size = arena_write_snapshot(message, &snapshot);
    CHECK(size <= ARENA_MESSAGE_ROOM);
    CHECK(arena_read_snapshot(message, size, &seen));
}

static void every_shorter_or_longer_message_is_refused(void)
{
    any_message seen;
    for (size_t which = 0; which < 5; which++) {
        size_t size = write_samples(which);
        for (size_t part = 0; part < size; part++) {
            wspi_guarded_bytes guarded = wspi_guarded_bytes_make(message, part);
            TEST_NOTE("message %zu, %zu bytes of %zu", which, part, size);
            CHECK(!read_any(guarded.data, part, &seen));
            wspi_guarded_bytes_release(&guarded);
        }
        message[size] = 0;
        CHECK(!read_any(message, size + 1, &seen));
    }
}

static void values_outside_their_range_are_refused(void)
{
    static const struct {
        size_t which;
        size_t at;
        uint8_t value;
    } rows[] = {
        {0, 2, 13},    /* name too long */
        {0, 3, 10},    /* a control character in it */
        {0, 3, 127},   /* another */
        {0, 3, 200},   /* no ASCII */
        {1, 9, 0},     /* no input at all */
        {1, 9, 33},    /* too many */
        {1, 10, 32},   /* a button that does not exist */
        {2, 2, 64},    /* a ship that does not exist */
        {3, 1, 65},    /* more names than ships */
        {3, 2, 64},    /* a name for a ship that does not exist */
        {4, 18, 0x7f}, /* own place outside */
        {4, 26, 0x7f}, /* own speed too high */
        {4, 31, 65},   /* more ships than there may be */
        {4, 32, 64},   /* a ship that does not exist */
        {4, 33, 4},    /* a flag that does not exist */
        {4, 34, 32},   /* a button that does not exist */
        {4, 36, 4},    /* more health than there is */
        {4, 40, 255},  /* a place outside */
        {4, 43, 0},    /* a ship that is there twice */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        any_message seen;
        size_t size = write_samples(rows[i].which);
        TEST_NOTE("message %zu, byte %zu", rows[i].which, rows[i].at);
        message[rows[i].at] = rows[i].value;
        CHECK(!read_any(message, size, &seen));
    }
}

/* What a reader lets through may be drawn and calculated with: every index and place is inside. */
static void check_ranges(const arena_snapshot *seen)
{
    CHECK(seen->ship_count <= ARENA_MAX_SHIPS && seen->bolt_count <= ARENA_MAX_BOLTS &&
          seen->gem_count <= ARENA_MAX_GEMS);
    for (unsigned i = 0; i < seen->ship_count; i++) {
        CHECK(seen->ships[i].ship < ARENA_MAX_SHIPS && seen->ships[i].x <= ARENA_WIDTH * 16 &&
              seen->ships[i].y <= ARENA_HEIGHT * 16);
    }
    for (unsigned i = 0; i < seen->bolt_count; i++) {
        CHECK(seen->bolts[i].owner < ARENA_MAX_SHIPS && seen->bolts[i].x <= ARENA_WIDTH * 16);
    }
    for (unsigned i = 0; i < seen->gem_count; i++) {
        CHECK(seen->gems[i].gem < ARENA_MAX_GEMS && seen->gems[i].y <= ARENA_HEIGHT * 16);
    }
}

static void damaged_messages_are_refused_or_still_in_range(void)
{
    uint64_t random = wspi_test_random_begin();
    size_t taken = 0;
    for (int round = 0; round < 20000; round++) {
        any_message seen;
        size_t size = write_samples(wspi_test_random_below(&random, 5));
        for (size_t changes = 1 + wspi_test_random_below(&random, 4); changes > 0; changes--) {
            message[wspi_test_random_below(&random, size)] = (uint8_t)wspi_test_random(&random);
        }
        bool is_valid = read_any(message, size, &seen);
        taken += is_valid;
        if (is_valid && message[0] == ARENA_SNAPSHOT) {
            check_ranges(&seen.snapshot);
        }
    }
    CHECK(taken > 0);
}

static void only_known_kinds_are_messages(void)
{
    static const uint8_t kinds[] = {0, 6, 255};
    for (size_t i = 0; i < sizeof kinds; i++) {
        CHECK_INT(arena_kind_of(&kinds[i], 1), ARENA_NONE);
    }
    CHECK_INT(arena_kind_of(kinds, 0), ARENA_NONE);
}

static const wspi_test_case cases[] = {
    TEST_CASE(join_has_its_documented_bytes),
    TEST_CASE(inputs_have_their_documented_bytes),
    TEST_CASE(every_message_comes_back_as_it_went),
    TEST_CASE(snapshot_keeps_negative_numbers),
    TEST_CASE(the_largest_snapshot_fits),
    TEST_CASE(every_shorter_or_longer_message_is_refused),
    TEST_CASE(values_outside_their_range_are_refused),
    TEST_CASE(damaged_messages_are_refused_or_still_in_range),
    TEST_CASE(only_known_kinds_are_messages),
};

TEST_MAIN(cases)
