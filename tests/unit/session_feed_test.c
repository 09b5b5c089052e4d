/* SPDX-License-Identifier: MIT */
/*
 * wspi_session_feed against wspi_session_receive: whole messages taken in one go mean what they mean frame by
 * frame, and everything else is left alone.
 */
#include "protocol/session.h"
#include "test.h"

#include <string.h>

enum { LIMIT = 140, ROUNDS = 200000 };

static bool draw(void *out, size_t size)
{
    memset(out, 0x5a, size);
    return true;
}

typedef wspi_session_event_type reader(wspi_session *session, uint8_t *bytes, size_t size,
                                       const wspi_session_room *room, size_t *out_consumed,
                                       wspi_session_event *out_event);

typedef struct outcome {
    wspi_session session;
    uint8_t bytes[512];
    size_t consumed;
    wspi_session_event event;
    wspi_session_event_type type;
} outcome;

static void run(outcome *self, reader *read, wspi_role role, const uint8_t *bytes, size_t size,
                const wspi_session_room *room)
{
    memset(self, 0, sizeof *self);
    memcpy(self->bytes, bytes, size);
    wspi_session_init(&self->session, role, LIMIT, draw);
    self->type = read(&self->session, self->bytes, size, room, &self->consumed, &self->event);
}

static void check_same(const outcome *a, const outcome *b)
{
    CHECK_INT(a->type, b->type);
    /* After a failure whatever is left is ignored. */
    if (a->type != WSPI_SESSION_FAILED)
        CHECK_SIZE(a->consumed, b->consumed);
    CHECK_INT(a->event.code, b->event.code);
    CHECK_INT(a->event.result, b->event.result);
    CHECK_STRING(a->event.text != NULL ? a->event.text : "", b->event.text != NULL ? b->event.text : "");
    if (a->type != WSPI_SESSION_MESSAGE)
        return;
    CHECK_BOOL(a->event.is_text, b->event.is_text);
    CHECK_BYTES(a->event.data, a->event.size, b->event.data, b->event.size);
}

/* Mostly right, so that every check of the short cut is passed often and failed often. */
static size_t make_frame(uint64_t *random, wspi_role role, uint8_t *out)
{
    static const uint8_t firsts[] = {0x81, 0x82, 0x81, 0x82, 0x01, 0x80, 0x89, 0x8a, 0xc1, 0x83};
    static const char *const texts[] = {"plain",     "h\xc3\xa9", "cut \xc3",
                                        "bad \xff!", "",          "\xf0\x9f\x98\x80"};
    const char *text = texts[wspi_test_random_below(random, 6)];
    size_t repeats = wspi_test_random_below(random, 30);
    bool is_masked = (role == WSPI_ROLE_SERVER) == (wspi_test_random_below(random, 20) != 0);
    size_t size = 0;
    uint8_t payload[256];
    for (size_t i = 0; i < repeats; i++) {
        memcpy(payload + size, "seven..", 7);
        size += 7;
    }
    memcpy(payload + size, text, strlen(text));
    size += strlen(text);
    uint8_t key[4];
    for (int i = 0; i < 4; i++)
        key[i] = (uint8_t)wspi_test_random_below(random, 256);
    size_t head = wspi_frame_encode(out, true, WSPI_OPCODE_TEXT, size, is_masked ? key : NULL);
    out[0] = firsts[wspi_test_random_below(random, sizeof firsts)];
    for (size_t i = 0; i < size; i++)
        out[head + i] = is_masked ? (uint8_t)(payload[i] ^ key[i % 4]) : payload[i];
    return head + size;
}

static void whole_messages_are_the_same_frame_by_frame(void)
{
    uint64_t random = wspi_test_random_begin();
    static outcome one, other;
    size_t taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        TEST_NOTE("round %d", round);
        wspi_role role = round % 2 == 0 ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT;
        uint8_t bytes[512];
        size_t size = make_frame(&random, role, bytes);
        if (wspi_test_random_below(&random, 4) == 0)
            size = wspi_test_random_below(&random, (uint32_t)size + 1);
        else if (size < 200 && wspi_test_random_below(&random, 2) == 0)
            size += make_frame(&random, role, bytes + size);
        wspi_session_room room = {wspi_test_random_below(&random, 5) == 0 ? 20 : 4096,
                                  wspi_test_random_below(&random, 20) != 0};
        run(&one, wspi_session_feed, role, bytes, size, &room);
        run(&other, wspi_session_receive, role, bytes, size, &room);
        check_same(&one, &other);
        taken += one.type == WSPI_SESSION_MESSAGE;
        wspi_session_release(&one.session);
        wspi_session_release(&other.session);
    }
    CHECK(taken > ROUNDS / 20);
}

static const wspi_test_case cases[] = {
    TEST_CASE(whole_messages_are_the_same_frame_by_frame),
};

TEST_MAIN(cases)
