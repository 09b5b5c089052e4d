/* SPDX-License-Identifier: MIT */

/*
 * How much a session takes (bad-inputs G3-G5, G7, G8, P2, O13; design.md section 3): the message limit judged
 * from heads alone, fragments without number but with bounded memory and time, and reading that stops for
 * want of room and goes on as if it never had. Covers admit_data_frame and what calls it in
 * session_receive.c, and wspi_session_trim, the bound of waiting pongs, and a close frame that finds no
 * memory.
 */

#include "failing_allocator.h"
#include "session_fixture.h"
#include "test.h"

#include <string.h>

#define FOR_EACH_ROLE(role) for (wspi_role role = WSPI_ROLE_CLIENT; role <= WSPI_ROLE_SERVER; role++)

static wspi_role other(wspi_role role)
{
    return role == WSPI_ROLE_SERVER ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
}

static void feed_fill(session_fixture *fixture, unsigned first, size_t size)
{
    wire *payload = wire_create();
    wire_add_fill(payload, 'x', size);
    session_fixture_feed_frame(fixture, first, payload->bytes, size);
}

/* -- the message limit ------------------------------------------------------- */

static void g8_a_message_of_the_limit_passes_and_one_more_byte_is_1009(void)
{
    static const size_t limits[] = {1, 2, 17, 125, 126, 1000, 65535, 65536};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
            TEST_NOTE("role %d, limit %zu", (int)role, limits[i]);
            session_fixture *fixture = session_fixture_create(role, limits[i]);
            CHECK_SIZE(wspi_session_get_message_limit(&fixture->session), limits[i]);
            feed_fill(fixture, 0x81, limits[i]);
            feed_fill(fixture, 0x82, limits[i]);
            feed_fill(fixture, 0x02, limits[i] - 1);
            feed_fill(fixture, 0x00, 1);
            feed_fill(fixture, 0x80, 0);
            CHECK_SIZE(fixture->messages, 3);
            fixture->events->size = 0;
            feed_fill(fixture, 0x82, limits[i] + 1);
            session_fixture_check_failed(fixture, 1009);
        }
    }
}

static void g8_a_limit_of_0_admits_empty_messages_only(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, 0);
    session_fixture_feed_frame(fixture, 0x81, "", 0);
    session_fixture_feed_frame(fixture, 0x89, "p", 1);
    session_fixture_check_events(fixture, "message text\n");
    session_fixture_feed_frame(fixture, 0x81, "x", 1);
    session_fixture_check_events(fixture, "failed 1009\n");
}

static void g3_g7_the_sum_of_the_fragments_counts(void)
{
    FOR_EACH_ROLE(role)
    {
        for (size_t last = 4; last <= 5; last++) {
            session_fixture *fixture = session_fixture_create(role, 10);
            session_fixture_feed_frame(fixture, 0x01, "abc", 3);
            session_fixture_feed_frame(fixture, 0x00, "def", 3);
            session_fixture_feed_frame(fixture, 0x89, "a ping counts for nothing", 25);
            session_fixture_check_events(fixture, "");
            wire *output = wire_create();
            session_fixture_drain(fixture, output, SIZE_MAX);
            session_fixture_feed_frame(fixture, 0x80, "ghijk", last);
            if (last == 4)
                session_fixture_check_events(fixture, "message text \"abcdefghij\"\n");
            else
                session_fixture_check_failed(fixture, 1009);
        }
    }
}

/* The next message starts from nothing. */
static void g8_every_message_has_the_whole_limit(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, 10);
    for (int i = 0; i < 20; i++) {
        feed_fill(fixture, 0x02, 7);
        feed_fill(fixture, 0x80, 3);
    }
    CHECK_SIZE(fixture->messages, 20);
}

/* bad-inputs rule 2: compared by subtraction, so that no sum can wrap; nothing is allocated by announcement.
 */
static void f1_the_largest_limit_cannot_be_wrapped_around(void)
{
    const uint64_t limit = SIZE_MAX / 4;
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        static const uint8_t key[4] = {1, 2, 3, 4};
        for (int too_big = 0; too_big < 2; too_big++) {
            TEST_NOTE("role %d, too big %d", (int)role, too_big);
            uint64_t extra = too_big != 0 ? 1 : 0;
            session_fixture *fixture = session_fixture_create(role, (size_t)limit);
            wire *in = wire_create();
            wire_add_frame(in, other(role), 0x02, "12345", 5);
            wire_add_head(in, 0x80, limit - 5 + extra, 0, role == WSPI_ROLE_SERVER ? key : NULL);
            wire_add_fill(in, 'x', 3000);
            session_fixture_feed(fixture, in->bytes, in->size);
            session_fixture_check_events(fixture, too_big ? "failed 1009\n" : "");

            fixture = session_fixture_create(role, (size_t)limit);
            in->size = 0;
            wire_add_head(in, 0x82, limit + extra, 0, role == WSPI_ROLE_SERVER ? key : NULL);
            wire_add_fill(in, 'x', 3000);
            session_fixture_feed(fixture, in->bytes, in->size);
            session_fixture_check_events(fixture, too_big ? "failed 1009\n" : "");
        }
    }
    CHECK(allocator->peak_bytes < 50000);
}

/* -- fragments --------------------------------------------------------------- */

static void g4_70000_fragments_of_one_byte_are_a_message(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 1u << 20);
        session_fixture_feed_frame(fixture, 0x01, "x", 1);
        for (int i = 0; i < 69998; i++)
            session_fixture_feed_frame(fixture, 0x00, "x", 1);
        session_fixture_feed_frame(fixture, 0x80, "x", 1);
        session_fixture_check_events(fixture, "message text 78*70000\n");
    }
}

/* 65,536 are promised whatever the limit is (design.md section 3). */
static void g5_65536_fragments_are_a_message_even_when_empty(void)
{
    static const size_t limits[] = {1, 1000, 1u << 20};
    for (size_t i = 0; i < 3; i++) {
        TEST_NOTE("limit %zu", limits[i]);
        session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, limits[i]);
        session_fixture_feed_frame(fixture, 0x02, "", 0);
        for (int k = 0; k < 65534; k++)
            session_fixture_feed_frame(fixture, 0x00, "", 0);
        session_fixture_feed_frame(fixture, 0x80, "x", 1);
        session_fixture_check_events(fixture, "message binary \"x\"\n");
        session_fixture_feed_frame(fixture, 0x02, "", 0);
        session_fixture_feed_frame(fixture, 0x80, "", 0);
        session_fixture_check_events(fixture, "message binary\n");
    }
}

static void g5_endless_empty_fragments_are_1008(void)
{
    static const size_t limits[] = {1, 1000, 1u << 20};
    for (size_t i = 0; i < 3; i++) {
        session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, limits[i]);
        session_fixture_feed_frame(fixture, 0x01, "", 0);
        size_t count = 1;
        while (fixture->events->size == 0) {
            session_fixture_feed_frame(fixture, 0x00, "", 0);
            count++;
            CHECK(count <= 65537 + limits[i]);
        }
        TEST_NOTE("limit %zu, refused fragment %zu", limits[i], count);
        CHECK(count > 65536);
        session_fixture_check_failed(fixture, 1008);
    }
}

enum { MEMORY_LIMIT = 50000, SMALL_THINGS = 512 };

typedef struct memory_use {
    size_t at_rest; /* the most between two frames */
    size_t at_most; /* at any moment: while a buffer grows its old block counts too */
} memory_use;

/* A message of the limit in pieces of one size, up to its last, empty frame. */
static memory_use measure_message(wspi_test_failing_allocator *allocator, size_t piece)
{
    memory_use use = {0};
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, MEMORY_LIMIT);
    wspi_test_failing_allocator_fail_at(0);
    for (size_t left = MEMORY_LIMIT; left > 0;) {
        size_t step = wspi_min(left, piece);
        feed_fill(fixture, left == MEMORY_LIMIT ? 0x02 : 0x00, step);
        use.at_rest = allocator->live_bytes > use.at_rest ? allocator->live_bytes : use.at_rest;
        left -= step;
    }
    use.at_most = allocator->peak_bytes;
    feed_fill(fixture, 0x80, 0);
    CHECK_SIZE(fixture->messages, 1);
    session_fixture_destroy(fixture);
    CHECK_SIZE(allocator->live_blocks, 0);
    return use;
}

static const size_t pieces[] = {1, 2, 3, 7, 100, 997, 9999, 16667, 24999, 25001, 49999};

/* However finely a message is cut, there is one buffer and nothing a fragment. */
static void g4_memory_stays_within_twice_the_limit(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t use = measure_message(allocator, pieces[i]).at_rest;
        TEST_NOTE("pieces of %zu: %zu bytes", pieces[i], use);
        CHECK(use <= 2 * MEMORY_LIMIT + SMALL_THINGS);
    }
}

static void g4_memory_stays_within_twice_the_limit_while_a_buffer_grows(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t use = measure_message(allocator, pieces[i]).at_most;
        TEST_NOTE("pieces of %zu: %zu bytes", pieces[i], use);
        CHECK(use <= 2 * MEMORY_LIMIT + SMALL_THINGS);
    }
}

/* The same for one frame that trickles in. */
static void g4_memory_of_a_slow_frame(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    enum { LIMIT = 50000 };
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, LIMIT);
    wire *in = wire_create();
    wire_add_head(in, 0x82, LIMIT, 0, NULL);
    session_fixture_feed(fixture, in->bytes, in->size);
    CHECK_SIZE(allocator->live_bytes, 0);
    for (int i = 0; i < LIMIT - 1; i++) {
        session_fixture_feed(fixture, "x", 1);
        /* It follows what has come, not what was announced. */
        CHECK(allocator->live_bytes <= 2 * ((size_t)i + 1) + 128);
    }
    session_fixture_feed(fixture, "x", 1);
    session_fixture_check_events(fixture, "message binary 78*50000\n");
}

/* -- memory of control frames, and of what was handed over ---------------------- */

/* The other side sends pings and reads nothing: every turn tries to write and gets no byte rid. */
static void p2_pongs_that_nobody_reads_take_bounded_memory(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 1000);
        wire *output = wire_create();
        for (unsigned i = 0; i < 3000; i++) {
            const uint8_t payload[2] = {(uint8_t)(i / 256), (uint8_t)(i % 256)};
            session_fixture_feed_frame(fixture, 0x89, payload, 2);
            CHECK_SIZE(session_fixture_write(fixture, output, i == 0 ? 1 : 0), i == 0 ? 1 : 0);
        }
        CHECK(allocator->live_bytes < 3000);
        session_fixture_drain(fixture, output, SIZE_MAX);
        wire_frame last = wire_take_frame(output);
        while (output->size > 0)
            last = wire_take_frame(output);
        CHECK_BYTES(last.payload->bytes, last.payload->size, "\x0b\xb7", 2);
        session_fixture_destroy(fixture);
    }
}

static void trim_keeps_control_frames_that_wait(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 1000);
        wire *output = wire_create();
        CHECK_INT(wspi_session_send_pong(&fixture->session, "pong", 4), WSP_OK);
        wspi_session_trim(&fixture->session);
        session_fixture_drain(fixture, output, 1);
        session_fixture_check_frame(output, 0x8a, "pong", 4);
        CHECK_INT(wspi_session_send_ping(&fixture->session, "ping", 4), WSP_OK);
        wspi_session_trim(&fixture->session);
        session_fixture_write(fixture, output, 3);
        wspi_session_trim(&fixture->session);
        session_fixture_drain(fixture, output, 1);
        session_fixture_check_frame(output, 0x89, "ping", 4);
    }
}

/* The end of a turn gives a delivered message back, not only the next feed. */
static void trim_gives_a_delivered_message_back(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, 1000);
    uint8_t bytes[] = {0x01, 1, 'a', 0x80, 1, 'b'};
    size_t used;
    wspi_session_event event = {0};
    CHECK_INT(wspi_session_feed(&fixture->session, bytes, sizeof(bytes), &fixture->room, &used, &event),
              WSPI_SESSION_MESSAGE);
    CHECK_SIZE(used, sizeof(bytes));
    CHECK_BYTES(event.data, event.size, "ab", 2);
    CHECK(allocator->live_blocks > 0);
    wspi_session_trim(&fixture->session);
    CHECK_SIZE(allocator->live_blocks, 0);
    session_fixture_feed_frame(fixture, 0x81, "and on", 6);
    session_fixture_check_events(fixture, "message text \"and on\"\n");
}

/* Half a message is not idle. */
static void trim_keeps_a_message_that_is_not_whole(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, 1000);
    session_fixture_feed_frame(fixture, 0x01, "first, ", 7);
    wspi_session_trim(&fixture->session);
    session_fixture_feed_frame(fixture, 0x80, "second", 6);
    session_fixture_check_events(fixture, "message text \"first, second\"\n");
}

/* -- stalls ------------------------------------------------------------------ */

static void a_frame_that_does_not_fit_stalls_at_its_head(void)
{
    FOR_EACH_ROLE(role)
    {
        TEST_NOTE("role %d", (int)role);
        session_fixture *fixture = session_fixture_create(role, 1000);
        wire *in = wire_create();
        wire_add_frame(in, other(role), 0x81, "12345", 5);
        fixture->room = (wspi_session_room){4, 100};
        session_fixture_feed(fixture, in->bytes, in->size);
        session_fixture_check_events(fixture, "stalled\n");
        CHECK_SIZE(fixture->pending->size, in->size);
        fixture->room = (wspi_session_room){5, 0};
        session_fixture_feed(fixture, NULL, 0);
        session_fixture_check_events(fixture, "stalled\n");
        CHECK_SIZE(fixture->pending->size, in->size);
        fixture->room = (wspi_session_room){5, 1};
        session_fixture_feed(fixture, NULL, 0);
        session_fixture_check_events(fixture, "message text \"12345\"\n");
    }
}

/* As soon as its head is whole, before any payload is there; a head that is not whole asks for more. */
static void a_stall_needs_the_head_alone(void)
{
    static const uint8_t key[4] = {9, 8, 7, 6};
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, 100000);
    fixture->room = (wspi_session_room){0, 0};
    wire *in = wire_create();
    wire_add_head(in, 0x82, 70000, 0, key);
    for (size_t i = 0; i + 1 < in->size; i++) {
        session_fixture_feed(fixture, in->bytes + i, 1);
        CHECK(!fixture->is_stalled);
    }
    session_fixture_feed(fixture, in->bytes + in->size - 1, 1);
    CHECK(fixture->is_stalled);
    CHECK_SIZE(fixture->pending->size, in->size);
}

static void an_empty_message_needs_a_packet_but_no_bytes(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, 1000);
    fixture->room = (wspi_session_room){100, 0};
    session_fixture_feed_frame(fixture, 0x81, "", 0);
    session_fixture_check_events(fixture, "stalled\n");
    fixture->room = (wspi_session_room){0, 1};
    session_fixture_feed(fixture, NULL, 0);
    session_fixture_check_events(fixture, "message text\n");
}

/* Control frames in front of the frame that stalls are handled, those behind it wait (design.md section 3).
 */
static void control_frames_wait_behind_a_stall_only(void)
{
    FOR_EACH_ROLE(role)
    {
        TEST_NOTE("role %d", (int)role);
        session_fixture *fixture = session_fixture_create(role, 1000);
        fixture->room = (wspi_session_room){3, 1};
        wire *in = wire_create();
        wire_add_frame(in, other(role), 0x89, "one", 3);
        wire_add_frame(in, other(role), 0x8a, "in front", 8);
        wire_add_frame(in, other(role), 0x82, "1234", 4);
        wire_add_frame(in, other(role), 0x8a, "behind", 6);
        wire_add_frame(in, other(role), 0x89, "two", 3);
        wire_add_frame(in, other(role), 0x88, "\x03\xe8", 2);
        session_fixture_feed(fixture, in->bytes, in->size);
        session_fixture_check_events(fixture, "pong \"in front\"\nstalled\n");
        wire *output = wire_create();
        session_fixture_drain(fixture, output, SIZE_MAX);
        session_fixture_check_frame(output, 0x8a, "one", 3);
        CHECK_SIZE(output->size, 0);

        fixture->room.bytes = 4;
        session_fixture_feed(fixture, NULL, 0);
        session_fixture_check_events(fixture, "message binary \"1234\"\npong \"behind\"\nclose 1000\n");
        session_fixture_drain(fixture, output, SIZE_MAX);
        session_fixture_check_frame(output, 0x8a, "two", 3);
        session_fixture_check_frame(output, 0x88, "\x03\xe8", 2);
        CHECK_SIZE(output->size, 0);
    }
}

/* The bytes of a message that waits for its next fragment count: it needs room for both. */
static void a_fragmented_message_stalls_at_the_fragment_that_does_not_fit(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 1000);
        fixture->room = (wspi_session_room){5, 1};
        session_fixture_feed_frame(fixture, 0x01, "abc", 3);
        session_fixture_feed_frame(fixture, 0x00, "de", 2);
        session_fixture_check_events(fixture, "");
        session_fixture_feed_frame(fixture, 0x80, "f", 1);
        session_fixture_check_events(fixture, "stalled\n");
        fixture->room.bytes = 6;
        session_fixture_feed(fixture, NULL, 0);
        session_fixture_check_events(fixture, "message text \"abcdef\"\n");
    }
}

/* What can never be is refused at once: a lack of room must not hide it. */
static void a_fault_is_no_stall(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, 10);
    fixture->room = (wspi_session_room){0, 0};
    feed_fill(fixture, 0x82, 11);
    session_fixture_check_failed(fixture, 1009);
    fixture = session_fixture_create(WSPI_ROLE_CLIENT, 10);
    fixture->room = (wspi_session_room){0, 0};
    feed_fill(fixture, 0x80, 1);
    session_fixture_check_failed(fixture, 1002);
}

/* One stream under random room: the events are those of the run that never stalled, stalls aside. */
static void stalls_change_nothing_but_the_time(void)
{
    uint64_t random = wspi_test_random_begin();
    for (int round = 0; round < 200; round++) {
        wspi_role role = wspi_test_random_below(&random, 2) ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT;
        wire *in = wire_create();
        for (int i = 0; i < 12; i++) {
            static const unsigned runs[][3] = {{0x81, 0, 0},       {0x82, 0, 0}, {0x01, 0x80, 0},
                                               {0x02, 0x00, 0x80}, {0x8a, 0, 0}, {0x01, 0x8a, 0x80}};
            const unsigned *run = runs[wspi_test_random_below(&random, 6)];
            for (int k = 0; k < 3 && (k == 0 || run[k] != 0 || run[k - 1] == 0x02); k++)
                wire_add_frame(in, other(role), run[k], "abcdefghijklmnop",
                               wspi_test_random_below(&random, 17));
        }
        wire_add_frame(in, other(role), 0x88, "\x03\xe8", 2);
        session_fixture *free_run = session_fixture_create(role, 1000);
        session_fixture_feed(free_run, in->bytes, in->size);
        CHECK(free_run->session.closing == WSPI_CLOSING_BOTH);
        wire_add(free_run->events, "", 1);

        session_fixture *stalling = session_fixture_create(role, 1000);
        for (size_t at = 0; at < in->size || stalling->pending->size > 0;) {
            size_t step = wspi_min(in->size - at, wspi_test_random_below(&random, 20));
            stalling->room =
                (wspi_session_room){wspi_test_random_below(&random, 70), wspi_test_random_below(&random, 2)};
            size_t before = stalling->events->size;
            session_fixture_feed(stalling, in->bytes + at, step);
            at += step;
            if (stalling->is_stalled)
                stalling->events->size -= strlen("stalled\n");
            CHECK(stalling->events->size >= before);
        }
        session_fixture_check_events(stalling, (const char *)free_run->events->bytes);
        session_fixture_destroy(free_run);
        session_fixture_destroy(stalling);
    }
}

/* Each ping has its pong, in order, until about a KiB of them waits; from there on only the newest counts. */
static void p2_of_a_flood_of_pings_the_first_and_the_newest_are_answered(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 1000);
        size_t answered = role == WSPI_ROLE_CLIENT ? 1024 / 8 : 1024 / 4;
        uint8_t payload[2] = {0, 0};
        for (int round = 0; round < 5000; round++) {
            wspi_store_u16(payload, (uint16_t)round);
            session_fixture_feed_frame(fixture, 0x89, payload, 2);
        }
        CHECK(allocator->live_bytes < 3000);
        wire *output = wire_create();
        session_fixture_drain(fixture, output, SIZE_MAX);
        for (size_t round = 0; round < answered; round++) {
            TEST_NOTE("role %d, pong %zu", (int)role, round);
            wspi_store_u16(payload, (uint16_t)round);
            session_fixture_check_frame(output, 0x8a, payload, 2);
        }
        session_fixture_check_frame(output, 0x8a, "\x13\x87", 2); /* 4999 */
        CHECK_SIZE(output->size, 0);
        /* It is a backlog, not an allowance: what was written makes room again. */
        session_fixture_feed_frame(fixture, 0x89, "one", 3);
        session_fixture_feed_frame(fixture, 0x89, "two", 3);
        session_fixture_drain(fixture, output, 1);
        session_fixture_check_frame(output, 0x8a, "one", 3);
        session_fixture_check_frame(output, 0x8a, "two", 3);
        CHECK_SIZE(output->size, 0);
        session_fixture_destroy(fixture);
    }
}

/* A close frame that finds no memory the first time follows when there is some, behind what was queued. */
static void o13_a_close_frame_is_tried_again(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        for (int is_answer = 0; is_answer < 2; is_answer++) {
            TEST_NOTE("role %d, answer %d", (int)role, is_answer);
            session_fixture *fixture = session_fixture_create(role, 1000);
            wspi_session *session = &fixture->session;
            uint8_t close[2 + WSPI_CLOSE_REASON_MAX] = {0x03, 0xe8};
            memset(close + 2, 'r', WSPI_CLOSE_REASON_MAX);
            CHECK_INT(wspi_session_send(session, "first", 5, WSP_WRITE_MODE_TEXT), WSP_OK);
            wspi_test_failing_allocator_fail_at(1);
            if (is_answer)
                session_fixture_feed_frame(fixture, 0x88, close, sizeof close);
            else
                CHECK_INT(wspi_session_close(session, 1000, (char *)close + 2, WSPI_CLOSE_REASON_MAX),
                          WSP_OK);
            CHECK_SIZE(allocator->failures, 1);
            CHECK_INT(wspi_session_send(session, "late", 4, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
            wire *output = wire_create();
            wspi_test_failing_allocator_fail_from(1);
            session_fixture_write(fixture, output, SIZE_MAX);
            session_fixture_check_frame(output, 0x81, "first", 5);
            CHECK_SIZE(output->size, 0);
            CHECK(wspi_session_has_output(session));
            wspi_session_trim(session);
            wspi_test_failing_allocator_fail_at(0);
            session_fixture_drain(fixture, output, 3);
            session_fixture_check_frame(output, 0x88, close, sizeof close);
            CHECK_SIZE(output->size, 0);
            CHECK(!wspi_session_has_output(session));
        }
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(g8_a_message_of_the_limit_passes_and_one_more_byte_is_1009),
    TEST_CASE(g8_a_limit_of_0_admits_empty_messages_only),
    TEST_CASE(g3_g7_the_sum_of_the_fragments_counts),
    TEST_CASE(g8_every_message_has_the_whole_limit),
    TEST_CASE(f1_the_largest_limit_cannot_be_wrapped_around),
    TEST_CASE(g4_70000_fragments_of_one_byte_are_a_message),
    TEST_CASE(g5_65536_fragments_are_a_message_even_when_empty),
    TEST_CASE(g5_endless_empty_fragments_are_1008),
    TEST_CASE(g4_memory_stays_within_twice_the_limit),
    TEST_CASE(g4_memory_stays_within_twice_the_limit_while_a_buffer_grows),
    TEST_CASE(g4_memory_of_a_slow_frame),
    TEST_CASE(p2_pongs_that_nobody_reads_take_bounded_memory),
    TEST_CASE(p2_of_a_flood_of_pings_the_first_and_the_newest_are_answered),
    TEST_CASE(o13_a_close_frame_is_tried_again),
    TEST_CASE(trim_keeps_control_frames_that_wait),
    TEST_CASE(trim_gives_a_delivered_message_back),
    TEST_CASE(trim_keeps_a_message_that_is_not_whole),
    TEST_CASE(a_frame_that_does_not_fit_stalls_at_its_head),
    TEST_CASE(a_stall_needs_the_head_alone),
    TEST_CASE(an_empty_message_needs_a_packet_but_no_bytes),
    TEST_CASE(control_frames_wait_behind_a_stall_only),
    TEST_CASE(a_fragmented_message_stalls_at_the_fragment_that_does_not_fit),
    TEST_CASE(a_fault_is_no_stall),
    TEST_CASE(stalls_change_nothing_but_the_time),
};

TEST_MAIN(cases)
