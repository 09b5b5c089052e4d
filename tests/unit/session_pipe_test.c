/* SPDX-License-Identifier: MIT */

/*
 * A client and a server session joined by a pipe that splits, merges and stops at random, checked against a
 * model: the same messages in the same order, pongs for pings, and a clean end, for thousands of messages
 * (style-anchors section 10). The seed is printed; WSPEER_TEST_SEED repeats a run.
 */

#include "session_fixture.h"
#include "test.h"

#include <string.h>

enum { LIMIT = 70000, MESSAGES = 3000, QUEUED_MOST = 150000, PIPE_MOST = 100000 };

/* What fills control frames that mean nothing; no UTF-8, fewer than the 8 bytes of a number. */
#define NOISE "\xffnoise"

/* Of this case; the keys of the client come from it too. */
static uint64_t chance;

static size_t below(size_t count)
{
    return wspi_test_random_below(&chance, count);
}

static bool random_key(void *out, size_t size)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(wspi_test_random(&chance) >> 32);
    return true;
}

/* -- messages that both ends can make up -------------------------------------- */

typedef struct message {
    wire *payload;
    bool is_text;
} message;

static size_t random_size(uint64_t *state)
{
    static const size_t most[] = {1, 6, 20, 20, 130, 130, 130, 400, 5000, LIMIT};
    size_t kind = wspi_test_random_below(state, 10);
    /* One in a hundred is large. */
    if (kind == 9 && wspi_test_random_below(state, 10) != 0)
        kind = 2;
    return wspi_test_random_below(state, most[kind] + 1);
}

static void add_character(wire *to, uint64_t *state)
{
    static const char *const characters[] = {
        "a", "z", "\x7f", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"};
    const char *character = characters[wspi_test_random_below(state, 7)];
    wire_add(to, character, strlen(character));
}

static void make_message(message *out, uint64_t *state)
{
    out->payload->size = 0;
    out->is_text = wspi_test_random_below(state, 2) != 0;
    size_t size = random_size(state);
    if (!out->is_text)
        wire_add_fill(out->payload, 0, size);
    for (size_t i = 0; !out->is_text && i < size; i++)
        out->payload->bytes[i] = (uint8_t)(wspi_test_random(state) >> 17);
    while (out->is_text && out->payload->size + 4 <= size)
        add_character(out->payload, state);
}

/* -- two sides ---------------------------------------------------------------- */

typedef struct side {
    session_fixture *fixture; /* for its release; fed by this file */
    wspi_session *session;
    wire *arrived; /* fed again until it is used */
    wire *pipe;    /* written by the other side, not arrived yet */
    message scratch;
    uint64_t says;   /* makes up what this side sends */
    uint64_t awaits; /* the same of the other side */
    size_t sent, received;
    uint64_t pings, last_pong;
    bool has_close_event;
    size_t noises; /* pongs that nobody asked for */
} side;

static void begin_side(side *out, wspi_role role, uint64_t says, uint64_t awaits)
{
    session_fixture *fixture = session_fixture_create(role, LIMIT);
    fixture->session.random = random_key;
    *out = (side){.fixture = fixture,
                  .session = &fixture->session,
                  .arrived = wire_create(),
                  .pipe = wire_create(),
                  .scratch = {wire_create(), false},
                  .says = says,
                  .awaits = awaits};
}

static void check_message(side *self, const wspi_session_event *event)
{
    make_message(&self->scratch, &self->awaits);
    TEST_NOTE("message %zu", self->received);
    CHECK_BOOL(event->is_text, self->scratch.is_text);
    CHECK_BYTES(event->data, event->size, self->scratch.payload->bytes, self->scratch.payload->size);
    self->received++;
}

/* 5.5.3: a pong answers the latest ping, so some are skipped and none comes twice. */
static void check_pong(side *self, const wspi_session_event *event)
{
    uint64_t number;
    if (self->noises > 0) {
        self->noises--;
        CHECK_BYTES(event->data, event->size, NOISE, event->size);
        return;
    }
    CHECK_SIZE(event->size, sizeof(number));
    memcpy(&number, event->data, sizeof(number));
    CHECK(number > self->last_pong && number <= self->pings);
    self->last_pong = number;
}

static void feed(side *self, wspi_session_room room)
{
    wspi_session_event_type type;
    do {
        wspi_session_event event = {0};
        size_t used = SIZE_MAX;
        type =
            wspi_session_feed(self->session, self->arrived->bytes, self->arrived->size, &room, &used, &event);
        CHECK(used <= self->arrived->size);
        if (type == WSPI_SESSION_MESSAGE)
            check_message(self, &event);
        else if (type == WSPI_SESSION_PONG)
            check_pong(self, &event);
        else if (type == WSPI_SESSION_CLOSE)
            self->has_close_event = true;
        else if (type == WSPI_SESSION_FAILED)
            FAIL("failed with %d: %s", event.code, event.text);
        wire_consume(self->arrived, used);
    } while (type != WSPI_SESSION_MORE && type != WSPI_SESSION_STALLED);
}

static void receive_some(side *self, bool is_patient)
{
    static const size_t most[] = {2, 15, 300, 20000};
    size_t size = wspi_min(self->pipe->size, is_patient ? below(most[below(4)]) : SIZE_MAX);
    wire_add(self->arrived, self->pipe->bytes, size);
    wire_consume(self->pipe, size);
    wspi_session_room room = {LIMIT, 1};
    if (is_patient && below(3) == 0)
        room = (wspi_session_room){below(LIMIT), below(2)};
    feed(self, room);
}

static void write_some(side *self, side *other, bool is_patient)
{
    static const size_t most[] = {2, 15, 300, 20000};
    if (other->pipe->size >= PIPE_MOST)
        return;
    size_t limit = is_patient ? below(most[below(4)]) : SIZE_MAX;
    session_fixture_write(self->fixture, other->pipe, limit);
}

static void say_something(side *self)
{
    if (self->session->closing != WSPI_CLOSING_OPEN ||
        wspi_session_get_queued_payload(self->session) > QUEUED_MOST)
        return;
    if (below(8) == 0) {
        uint64_t number = ++self->pings;
        CHECK_INT(wspi_session_send_ping(self->session, &number, sizeof(number)), WSP_OK);
    }
    if (self->sent == MESSAGES)
        return;
    make_message(&self->scratch, &self->says);
    wsp_write_mode mode = self->scratch.is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
    CHECK_INT(
        wspi_session_send(self->session, self->scratch.payload->bytes, self->scratch.payload->size, mode),
        WSP_OK);
    self->sent++;
}

static void step(side *self, side *other)
{
    switch (below(8)) {
    case 0:
    case 1: say_something(self); break;
    case 2:
    case 3:
    case 4: write_some(self, other, true); break;
    case 5:
    case 6: receive_some(self, true); break;
    default: wspi_session_trim(self->session); break;
    }
}

static bool is_quiet(const side *self)
{
    return !wspi_session_has_output(self->session) && self->pipe->size == 0 && self->arrived->size == 0;
}

static void settle(side sides[2])
{
    for (int rounds = 0; !is_quiet(&sides[0]) || !is_quiet(&sides[1]); rounds++) {
        CHECK(rounds < 10000);
        for (int i = 0; i < 2; i++) {
            write_some(&sides[i], &sides[1 - i], false);
            receive_some(&sides[i], false);
        }
    }
}

static void begin(side sides[2])
{
    chance = wspi_test_random_begin();
    uint64_t a = wspi_test_random(&chance), b = wspi_test_random(&chance);
    begin_side(&sides[0], WSPI_ROLE_CLIENT, a, b);
    begin_side(&sides[1], WSPI_ROLE_SERVER, b, a);
}

static void check_end(const side sides[2])
{
    for (int i = 0; i < 2; i++) {
        CHECK_INT(sides[i].session->closing, WSPI_CLOSING_BOTH);
        CHECK(sides[i].has_close_event);
        CHECK_SIZE(sides[i].received, sides[1 - i].sent);
        CHECK_SIZE(wspi_session_get_queued_payload(sides[i].session), 0);
        CHECK_SIZE(wspi_session_get_queued_messages(sides[i].session), 0);
    }
}

/* -- cases -------------------------------------------------------------------- */

static void both_sides_get_what_the_other_sent(void)
{
    side sides[2];
    begin(sides);
    while (sides[0].received < MESSAGES || sides[1].received < MESSAGES) {
        size_t i = below(2);
        step(&sides[i], &sides[1 - i]);
    }
    settle(sides);
    for (int i = 0; i < 2; i++) {
        CHECK_SIZE(sides[i].received, MESSAGES);
        CHECK(sides[i].pings > 0);
        CHECK_SIZE(sides[i].last_pong, sides[i].pings);
    }
    CHECK_INT(wspi_session_close(sides[0].session, 1000, "", 0), WSP_OK);
    settle(sides);
    check_end(sides);
}

/* One side, or both, closes at any moment: all that was accepted before arrives. */
static void a_close_at_any_moment_loses_nothing_that_was_accepted(void)
{
    side sides[2];
    begin(sides);
    uint64_t next = chance;
    for (int round = 0; round < 150; round++) {
        chance = next;
        uint64_t a = wspi_test_random(&chance), b = wspi_test_random(&chance);
        begin_side(&sides[0], WSPI_ROLE_CLIENT, a, b);
        begin_side(&sides[1], WSPI_ROLE_SERVER, b, a);
        size_t steps = below(400);
        for (size_t k = 0; k < steps; k++) {
            size_t i = below(2);
            step(&sides[i], &sides[1 - i]);
        }
        size_t who = below(3);
        for (size_t i = 0; i < 2; i++) {
            if (who == i || who == 2)
                CHECK_INT(wspi_session_close(sides[i].session, 1000, "bye", 3), WSP_OK);
        }
        for (size_t k = 0; k < steps; k++) {
            size_t i = below(2);
            step(&sides[i], &sides[1 - i]);
        }
        settle(sides);
        check_end(sides);
        next = wspi_test_random(&chance);
        for (int i = 0; i < 2; i++)
            session_fixture_destroy(sides[i].fixture);
    }
}

/* Slowest of all: every read and write moves one byte. */
static void a_byte_at_a_time(void)
{
    side sides[2];
    begin(sides);
    for (int k = 0; k < 60; k++) {
        say_something(&sides[0]);
        say_something(&sides[1]);
    }
    wspi_session_room room = {LIMIT, 1};
    while (sides[0].received < sides[1].sent || sides[1].received < sides[0].sent) {
        for (int i = 0; i < 2; i++) {
            session_fixture_write(sides[i].fixture, sides[1 - i].arrived, 1);
            feed(&sides[i], room);
        }
    }
    settle(sides);
    for (int i = 0; i < 2; i++) {
        CHECK(sides[i].sent > 40);
        CHECK_SIZE(sides[i].received, sides[1 - i].sent);
        CHECK_SIZE(sides[i].last_pong, sides[i].pings);
    }
}

/* A session never fragments, but others do: messages cut anywhere, control frames and empty fragments in
 * between. */
static void add_fragmented(side *to, wspi_role from, const message *whole)
{
    size_t at = 0;
    unsigned opcode = whole->is_text ? 1 : 2;
    for (bool is_final = false; !is_final; opcode = 0) {
        size_t left = whole->payload->size - at;
        size_t size = wspi_min(left, below(3) == 0 ? below(3) : below(left + 1));
        is_final = size == left && below(2) == 0;
        wire_add_frame(to->pipe, from, (is_final ? 0x80u : 0) + opcode, whole->payload->bytes + at, size);
        at += size;
        if (below(4) == 0)
            wire_add_frame(to->pipe, from, 0x89, NOISE, below(7));
        if (below(4) == 0) {
            wire_add_frame(to->pipe, from, 0x8a, NOISE, below(7));
            to->noises++;
        }
    }
}

static void fragmented_messages_arrive_whole(void)
{
    chance = wspi_test_random_begin();
    for (int i = 0; i < 2; i++) {
        wspi_role role = i == 0 ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
        wspi_role from = i == 0 ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT;
        uint64_t seed = wspi_test_random(&chance);
        side self;
        begin_side(&self, role, 0, seed);
        message whole = {wire_create(), false};
        for (int k = 0; k < MESSAGES; k++) {
            make_message(&whole, &seed);
            add_fragmented(&self, from, &whole);
            while (self.pipe->size > 2000)
                receive_some(&self, true);
        }
        receive_some(&self, false);
        CHECK_SIZE(self.received, MESSAGES);
        CHECK_SIZE(self.noises, 0);
        /* Of the pongs for all of those pings a bounded number waits. */
        wire *output = wire_create();
        session_fixture_drain(self.fixture, output, SIZE_MAX);
        CHECK(output->size > 1000 && output->size < 1200);
        while (output->size > 0)
            CHECK_INT(wire_take_frame(output).first, 0x8a);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(both_sides_get_what_the_other_sent),
    TEST_CASE(a_close_at_any_moment_loses_nothing_that_was_accepted),
    TEST_CASE(a_byte_at_a_time),
    TEST_CASE(fragmented_messages_arrive_whole),
};

TEST_MAIN(cases)
