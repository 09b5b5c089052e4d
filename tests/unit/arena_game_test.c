/* SPDX-License-Identifier: MIT */

/* arena_game.c: who is let in, which inputs are obeyed when, and what players are told. */

#include "arena_game.h"

#include "test.h"

#include <string.h>

static arena_game game;
static double now;

/* What was sent, by connection. */
static struct {
    int count[8];
    int snapshots;
    arena_snapshot snapshot; /* the last one to connection 1 */
    arena_welcome welcome;
    arena_names names;
} sent;

static void on_send(void *user, int32_t id, const uint8_t *data, size_t size, bool may_skip)
{
    arena_kind kind = arena_kind_of(data, size);
    CHECK(user == &sent);
    CHECK_BOOL(may_skip, kind == ARENA_SNAPSHOT);
    sent.count[id % 8]++;
    if (kind == ARENA_WELCOME) {
        CHECK(arena_read_welcome(data, size, &sent.welcome));
    } else if (kind == ARENA_NAMES) {
        CHECK(arena_read_names(data, size, &sent.names));
    } else {
        CHECK_INT(kind, ARENA_SNAPSHOT);
        if (id == 1) {
            sent.snapshots++;
            CHECK(arena_read_snapshot(data, size, &sent.snapshot));
        }
    }
}

static void begin(void)
{
    now = 1000.0;
    memset(&sent, 0, sizeof sent);
    arena_game_begin(&game, 11, now, on_send, &sent);
}

static int join(int32_t id, uint8_t version, const char *name)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_join wanted = {version, ""};
    memcpy(wanted.name, name, strlen(name) + 1);
    return arena_game_receive(&game, id, message, arena_write_join(message, &wanted), now);
}

static int send_inputs(int32_t id, uint32_t first, unsigned count, uint8_t buttons)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_inputs inputs;
    memset(&inputs, 0, sizeof inputs);
    inputs.first_sequence = first;
    inputs.clock_ms = (uint32_t)(now * 1000.0);
    inputs.count = (uint8_t)count;
    for (unsigned i = 0; i < count; i++) {
        inputs.inputs[i].buttons = buttons;
    }
    return arena_game_receive(&game, id, message, arena_write_inputs(message, &inputs), now);
}

/* That many ticks, one at a time, as a server that is not late. */
static void play(int ticks)
{
    for (int i = 0; i < ticks; i++) {
        now += 1.0 / ARENA_TICKS_PER_SECOND;
        arena_game_advance(&game, now);
    }
}

static void a_player_is_welcomed_named_and_shown_the_game(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    CHECK_INT(sent.welcome.version, ARENA_VERSION);
    CHECK_STRING(arena_game_find(&game, 1)->name, "Ada");
    play(60);
    CHECK_STRING(sent.names.names[sent.welcome.ship], "Ada");
    CHECK(sent.snapshots >= 19 && sent.snapshots <= 21);
    CHECK_INT(sent.snapshot.ship_count, 1);
    CHECK_INT(sent.snapshot.ships[0].ship, sent.welcome.ship);
    CHECK_INT(sent.snapshot.held_ms, 65535);
}

static void a_player_without_a_name_gets_one(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, ""), 0);
    CHECK_STRING(arena_game_find(&game, 1)->name, "ship 1");
}

static void everybody_learns_who_comes_and_goes(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    CHECK_INT(join(2, ARENA_VERSION, "Bo"), 0);
    int ship = sent.welcome.ship;
    play(3);
    CHECK_STRING(sent.names.names[ship], "Bo");
    arena_game_leave(&game, 2);
    CHECK(arena_game_find(&game, 2) == NULL);
    play(3);
    CHECK_STRING(sent.names.names[ship], "");
    CHECK_INT(sent.snapshot.ship_count, 1);
    arena_game_leave(&game, 2); /* Nobody: nothing happens. */
    arena_game_leave(&game, 1);
    CHECK(arena_game_advance(&game, now + 1.0) < 0);
}

static void wrong_messages_have_their_close_codes(void)
{
    static const uint8_t noise[] = {9, 9, 9}, own_kind[] = {3, 1, 0}, bad_join[] = {1, 1, 5, 'A'};
    begin();
    CHECK_INT(join(1, ARENA_VERSION + 1, "Ada"), ARENA_CLOSE_VERSION);
    CHECK_INT(arena_game_receive(&game, 1, noise, sizeof noise, now), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_INT(arena_game_receive(&game, 1, noise, 0, now), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_INT(arena_game_receive(&game, 1, own_kind, sizeof own_kind, now), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_INT(arena_game_receive(&game, 1, bad_join, sizeof bad_join, now), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_INT(send_inputs(1, 0, 1, 0), ARENA_CLOSE_BAD_MESSAGE); /* before JOIN */
    CHECK(arena_game_find(&game, 1) == NULL);
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_STRING(arena_game_reason(ARENA_CLOSE_FULL), "the arena is full");
    CHECK(arena_game_find(&game, 0) == NULL);
}

static void a_full_arena_refuses(void)
{
    begin();
    for (int32_t id = 1; id <= ARENA_MAX_SHIPS; id++) {
        CHECK_INT(join(id, ARENA_VERSION, "x"), 0);
    }
    CHECK_INT(join(1000, ARENA_VERSION, "x"), ARENA_CLOSE_FULL);
    arena_game_leave(&game, 5);
    CHECK_INT(join(1000, ARENA_VERSION, "x"), 0);
}

static void inputs_out_of_sequence_or_too_many_are_refused(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    CHECK_INT(send_inputs(1, 0, 2, 0), 0);
    CHECK_INT(send_inputs(1, 1, 1, 0), ARENA_CLOSE_BAD_MESSAGE);
    CHECK_INT(send_inputs(1, 3, 1, 0), ARENA_CLOSE_BAD_MESSAGE);
    for (uint32_t first = 2; first + 32 <= ARENA_INPUT_ROOM; first += 32) {
        CHECK_INT(send_inputs(1, first, 32, 0), 0);
    }
    CHECK_INT(send_inputs(1, 98, 32, 0), ARENA_CLOSE_BAD_MESSAGE);
}

static void the_sender_can_predict_its_ship_exactly(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    arena_body mine = game.world.ships[sent.welcome.ship].body;
    uint32_t sequence = 0;
    uint64_t random = 5;
    for (int i = 0; i < 200; i++) {
        arena_input input = {(uint8_t)(wspi_test_random(&random) & ARENA_BUTTONS_MOVE), 0};
        unsigned count = 1 + (unsigned)wspi_test_random_below(&random, 3);
        CHECK_INT(send_inputs(1, sequence, count, input.buttons), 0);
        sequence += count;
        for (unsigned k = 0; k < count; k++) {
            arena_body_step(&mine, input);
        }
        play((int)count);
    }
    play(60);
    CHECK_SIZE(sent.snapshot.sequence, sequence);
    CHECK_INT(sent.snapshot.own.x, mine.x);
    CHECK_INT(sent.snapshot.own.y, mine.y);
    CHECK_INT(sent.snapshot.own.vx, mine.vx);
}

static void late_inputs_are_made_up_for(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    play(60); /* nothing arrives for a second */
    CHECK_INT(send_inputs(1, 0, 32, 0), 0);
    CHECK_INT(send_inputs(1, 32, 28, 0), 0);
    play(36);
    CHECK_SIZE(sent.snapshot.sequence, 60);
}

static void nobody_is_faster_than_the_clock(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    uint32_t sequence = 0;
    for (int second = 0; second < 20; second++) {
        for (int tick = 0; tick < 60; tick++) { /* two inputs a tick, as long as they are taken */
            if (sequence + 2 - (sent.snapshot.sequence) < ARENA_INPUT_ROOM &&
                send_inputs(1, sequence, 2, 0) == 0) {
                sequence += 2;
            }
            play(1);
        }
    }
    CHECK(sent.snapshot.sequence >= 1200);
    CHECK(sent.snapshot.sequence <= 1200 + 1200 / 32 + 1);
}

static void the_echoed_clock_says_how_long_it_was_held(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    play(3);
    CHECK_INT(send_inputs(1, 0, 1, 0), 0);
    uint32_t clock = (uint32_t)(now * 1000.0);
    play(30);
    CHECK_SIZE(sent.snapshot.clock_ms, clock);
    CHECK(sent.snapshot.held_ms >= 440 && sent.snapshot.held_ms <= 510);
}

static void a_server_that_paused_does_not_play_the_lost_time(void)
{
    begin();
    CHECK_INT(join(1, ARENA_VERSION, "Ada"), 0);
    play(30);
    uint32_t before = game.world.tick;
    now += 100.0;
    double delay = arena_game_advance(&game, now);
    CHECK(game.world.tick - before <= 2);
    CHECK(delay > 0 && delay <= 1.0 / ARENA_TICKS_PER_SECOND);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_player_is_welcomed_named_and_shown_the_game),
    TEST_CASE(a_player_without_a_name_gets_one),
    TEST_CASE(everybody_learns_who_comes_and_goes),
    TEST_CASE(wrong_messages_have_their_close_codes),
    TEST_CASE(a_full_arena_refuses),
    TEST_CASE(inputs_out_of_sequence_or_too_many_are_refused),
    TEST_CASE(the_sender_can_predict_its_ship_exactly),
    TEST_CASE(late_inputs_are_made_up_for),
    TEST_CASE(nobody_is_faster_than_the_clock),
    TEST_CASE(the_echoed_clock_says_how_long_it_was_held),
    TEST_CASE(a_server_that_paused_does_not_play_the_lost_time),
};

TEST_MAIN(cases)
