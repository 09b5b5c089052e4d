/* SPDX-License-Identifier: MIT */

/*
 * What a session makes of the frames that arrive: rows F1-F14, G1, G2, G6 and P1-P4 of bad-inputs sections 6
 * to 8. Limits and stalls are in session_limits_test.c, UTF-8 is in session_utf8_test.c, the closing states
 * are in session_test.c.
 */

#include "session_fixture.h"
#include "test.h"

#include <string.h>

enum { LIMIT = 100000 };

static const wspi_role roles[] = {WSPI_ROLE_CLIENT, WSPI_ROLE_SERVER};

#define FOR_EACH_ROLE(role) for (wspi_role role = WSPI_ROLE_CLIENT; role <= WSPI_ROLE_SERVER; role++)

static wspi_role other(wspi_role role)
{
    return role == WSPI_ROLE_SERVER ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
}

static const uint8_t *key_to(wspi_role role)
{
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    return role == WSPI_ROLE_SERVER ? key : NULL;
}

/* The head alone fails the session, fed whole and a byte at a time; what follows is ignored. */
static void check_head_fails(wspi_role role, const wire *head, int code)
{
    for (int is_bytewise = 0; is_bytewise < 2; is_bytewise++) {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        for (size_t i = 0; is_bytewise && i < head->size; i++)
            session_fixture_feed(fixture, head->bytes + i, 1);
        if (!is_bytewise)
            session_fixture_feed(fixture, head->bytes, head->size);
        session_fixture_check_failed(fixture, code);
        session_fixture_feed_frame(fixture, 0x81, "late", 4);
        session_fixture_feed_frame(fixture, 0x89, "late", 4);
        session_fixture_feed_frame(fixture, 0x88, "", 0);
        session_fixture_check_events(fixture, "");
        CHECK(!wspi_session_has_output(&fixture->session));
        session_fixture_destroy(fixture);
    }
}

/* -- heads ------------------------------------------------------------------- */

static void f1_top_bit_of_the_length_is_1002(void)
{
    static const uint64_t lengths[] = {UINT64_C(1) << 63, (UINT64_C(1) << 63) + 5, UINT64_MAX - 13,
                                       UINT64_MAX - 3, UINT64_MAX};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            TEST_NOTE("role %d, row %zu", (int)role, i);
            wire *head = wire_create();
            wire_add_head(head, 0x82, lengths[i], 8, key_to(role));
            check_head_fails(role, head, 1002);
        }
    }
}

static void f1_f2_f3_a_huge_length_is_1009_at_once(void)
{
    static const uint64_t lengths[] = {LIMIT + 1,
                                       (UINT64_C(1) << 31) - 1,
                                       UINT64_C(1) << 31,
                                       UINT64_C(1) << 32,
                                       (UINT64_C(1) << 32) + 5,
                                       UINT64_C(1) << 40,
                                       (UINT64_C(1) << 63) - 1};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            TEST_NOTE("role %d, row %zu", (int)role, i);
            wire *head = wire_create();
            wire_add_head(head, 0x81, lengths[i], 0, key_to(role));
            check_head_fails(role, head, 1009);
        }
    }
}

static void f4_a_length_that_is_not_minimal_is_1002(void)
{
    static const struct {
        uint64_t length;
        unsigned length_bytes;
    } rows[] = {{0, 2}, {5, 2}, {125, 2}, {0, 8}, {5, 8}, {125, 8}, {126, 8}, {65535, 8}};
    static const unsigned firsts[] = {0x81, 0x82, 0x02, 0x89, 0x8a, 0x88};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            for (size_t k = 0; k < sizeof(firsts) / sizeof(firsts[0]); k++) {
                TEST_NOTE("role %d, row %zu, first byte %02x", (int)role, i, firsts[k]);
                wire *head = wire_create();
                wire_add_head(head, firsts[k], rows[i].length, rows[i].length_bytes, key_to(role));
                check_head_fails(role, head, 1002);
            }
        }
    }
}

static void f5_lengths_around_each_form_arrive_whole(void)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 128, 65534, 65535, 65536, 65537};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            TEST_NOTE("role %d, size %zu", (int)role, sizes[i]);
            session_fixture *fixture = session_fixture_create(role, LIMIT);
            wire *payload = wire_create();
            for (size_t at = 0; at < sizes[i]; at++)
                wire_add_fill(payload, (uint8_t)(at * 31 + at / 251), 1);
            session_fixture_feed_frame(fixture, 0x82, payload->bytes, payload->size);
            wire *wanted = wire_create();
            wire_add_string(wanted, sizes[i] > 0 ? "message binary " : "message binary");
            wire_add_payload_text(wanted, payload->bytes, payload->size);
            wire_add(wanted, "\n", 2);
            session_fixture_check_events(fixture, (const char *)wanted->bytes);
        }
    }
}

static void f7_an_unmasked_frame_to_a_server_is_1002(void)
{
    static const unsigned firsts[] = {0x80, 0x81, 0x82, 0x01, 0x88, 0x89, 0x8a};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        TEST_NOTE("first byte %02x", firsts[i]);
        wire *head = wire_create();
        wire_add_head(head, firsts[i], 2, 0, NULL);
        check_head_fails(WSPI_ROLE_SERVER, head, 1002);
        wire *empty = wire_create();
        wire_add_head(empty, firsts[i], 0, 0, NULL);
        check_head_fails(WSPI_ROLE_SERVER, empty, 1002);
    }
}

static void f8_a_masked_frame_to_a_client_is_1002(void)
{
    static const uint8_t zeros[4] = {0};
    static const unsigned firsts[] = {0x80, 0x81, 0x82, 0x01, 0x88, 0x89, 0x8a};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        TEST_NOTE("first byte %02x", firsts[i]);
        wire *head = wire_create();
        wire_add_head(head, firsts[i], 2, 0, zeros);
        check_head_fails(WSPI_ROLE_CLIENT, head, 1002);
    }
}

/* Two bytes suffice: nobody waits for the rest of a frame that is already wrong. */
static void f6_two_bytes_are_enough_to_refuse(void)
{
    static const struct {
        wspi_role role;
        uint8_t bytes[2];
    } rows[] = {
        {WSPI_ROLE_SERVER, {0x81, 0x7e}}, {WSPI_ROLE_SERVER, {0x81, 0x7f}}, {WSPI_ROLE_CLIENT, {0x81, 0xff}},
        {WSPI_ROLE_SERVER, {0xc1, 0xfe}}, {WSPI_ROLE_CLIENT, {0x83, 0x7f}}, {WSPI_ROLE_SERVER, {0x89, 0xfe}},
        {WSPI_ROLE_CLIENT, {0x88, 0x7f}}, {WSPI_ROLE_SERVER, {0x80, 0xff}}, {WSPI_ROLE_CLIENT, {0x09, 0x7d}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("row %zu", i);
        wire *head = wire_create();
        wire_add(head, rows[i].bytes, 2);
        check_head_fails(rows[i].role, head, 1002);
    }
}

static void f9_a_reserved_bit_is_1002(void)
{
    static const unsigned opcodes[] = {0, 1, 2, 8, 9, 10};
    FOR_EACH_ROLE(role)
    {
        for (unsigned rsv = 1; rsv < 8; rsv++) {
            for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
                TEST_NOTE("role %d, reserved bits %u, opcode %u", (int)role, rsv, opcodes[i]);
                wire *head = wire_create();
                wire_add_head(head, 0x80 + rsv * 16 + opcodes[i], 1, 0, key_to(role));
                check_head_fails(role, head, 1002);
            }
        }
    }
}

static void f9_a_reserved_bit_on_a_continuation_is_1002(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x01, "a", 1);
        session_fixture_feed_frame(fixture, 0xc0, "b", 1);
        session_fixture_check_failed(fixture, 1002);
    }
}

static void f10_unknown_opcodes_are_1002(void)
{
    static const unsigned opcodes[] = {3, 4, 5, 6, 7, 11, 12, 13, 14, 15};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
            for (unsigned final = 0; final < 2; final++) {
                TEST_NOTE("role %d, opcode %u, FIN %u", (int)role, opcodes[i], final);
                wire *head = wire_create();
                wire_add_head(head, 0x80 * final + opcodes[i], 1, 0, key_to(role));
                check_head_fails(role, head, 1002);
            }
        }
    }
}

static void f11_several_frames_in_one_read(void)
{
    FOR_EACH_ROLE(role)
    {
        TEST_NOTE("role %d", (int)role);
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        wire *in = wire_create();
        wire_add_frame(in, other(role), 0x81, "one", 3);
        wire_add_frame(in, other(role), 0x82, "\x01\x02", 2);
        wire_add_frame(in, other(role), 0x81, "", 0);
        wire_add_frame(in, other(role), 0x8a, "pong", 4);
        wire_add_frame(in, other(role), 0x82, "", 0);
        wire_add_frame(in, other(role), 0x01, "fo", 2);
        wire_add_frame(in, other(role), 0x80, "ur", 2);
        wire_add_frame(in, other(role), 0x81, "five", 4);
        session_fixture_feed(fixture, in->bytes, in->size);
        session_fixture_check_events(
            fixture, "message text \"one\"\nmessage binary 01 02\nmessage text\npong \"pong\"\n"
                     "message binary\nmessage text \"four\"\nmessage text \"five\"\n");
        CHECK_SIZE(fixture->pending->size, 0);
    }
}

/* The same stream, cut at every one position, and then at every pair of positions. */
static void f13_any_split_gives_the_same_events(void)
{
    FOR_EACH_ROLE(role)
    {
        wire *in = wire_create();
        wire_add_frame(in, other(role), 0x01, "Hel", 3);
        wire_add_frame(in, other(role), 0x89, "ping", 4);
        wire_add_frame(in, other(role), 0x00, "", 0);
        wire_add_frame(in, other(role), 0x80, "lo w\xc3\xb6rld", 9);
        wire_add_frame(in, other(role), 0x82, "\x00\xff\x7f\x80\x01", 5);
        wire_add_frame(in, other(role), 0x8a, "x", 1);
        wire_add_frame(in, other(role), 0x88,
                       "\x03\xe8"
                       "bye",
                       5);
        for (size_t a = 0; a <= in->size; a++) {
            for (size_t b = a; b <= in->size; b++) {
                TEST_NOTE("role %d, cut at %zu and %zu", (int)role, a, b);
                session_fixture *fixture = session_fixture_create(role, LIMIT);
                session_fixture_feed(fixture, in->bytes, a);
                session_fixture_feed(fixture, in->bytes + a, b - a);
                session_fixture_feed(fixture, in->bytes + b, in->size - b);
                session_fixture_check_events(
                    fixture, "message text 48 65 6C 6C 6F 20 77 C3 B6 72 6C 64\n"
                             "message binary 00 FF 7F 80 01\npong \"x\"\nclose 1000 \"bye\"\n");
                wire *output = wire_create();
                session_fixture_drain(fixture, output, SIZE_MAX);
                session_fixture_check_frame(output, 0x8a, "ping", 4);
                session_fixture_check_frame(output, 0x88,
                                            "\x03\xe8"
                                            "bye",
                                            5);
                output->size = 0;
                session_fixture_destroy(fixture);
            }
        }
    }
}

static void f13_random_splits_of_a_long_message(void)
{
    uint64_t random = wspi_test_random_begin();
    for (int round = 0; round < 60; round++) {
        wspi_role role = roles[wspi_test_random_below(&random, 2)];
        wire *payload = wire_create();
        size_t size = wspi_test_random_below(&random, 70000);
        for (size_t i = 0; i < size; i++)
            wire_add_fill(payload, (uint8_t)wspi_test_random(&random), 1);
        wire *in = wire_create();
        wire_add_frame(in, other(role), 0x82, payload->bytes, size);
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        for (size_t at = 0; at < in->size;) {
            size_t step = wspi_min(in->size - at, wspi_test_random_below(&random, 9000));
            session_fixture_feed(fixture, in->bytes + at, step);
            at += step;
        }
        wire *wanted = wire_create();
        wire_add_string(wanted, size > 0 ? "message binary " : "message binary");
        wire_add_payload_text(wanted, payload->bytes, size);
        wire_add(wanted, "\n", 2);
        session_fixture_check_events(fixture, (const char *)wanted->bytes);
        session_fixture_destroy(fixture);
    }
}

/* Hixie and draft-76 framing: 0x00 text 0xff. */
static void f14_old_framing_is_1002(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed(fixture,
                             "\x00"
                             "hello\xff",
                             7);
        session_fixture_check_failed(fixture, 1002);
        fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed(fixture, "\xff\x00", 2);
        session_fixture_check_failed(fixture, 1002);
        fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed(fixture, "\x80\x81\x82\x83", 4);
        session_fixture_check_failed(fixture, 1002);
    }
}

/* The native backend feeds an empty buffer, which owns no memory: NULL and 0. */
static void p1b_nothing_to_read_is_nothing(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        wspi_session_event event = {0};
        size_t consumed = 1;
        CHECK_INT(wspi_session_feed(&fixture->session, NULL, 0, &fixture->room, &consumed, &event),
                  WSPI_SESSION_MORE);
        CHECK_SIZE(consumed, 0);
        session_fixture_feed(fixture, "", 0);
        session_fixture_feed_frame(fixture, 0x01, "a", 1);
        session_fixture_feed(fixture, "", 0);
        consumed = 1;
        CHECK_INT(wspi_session_feed(&fixture->session, NULL, 0, &fixture->room, &consumed, &event),
                  WSPI_SESSION_MORE);
        CHECK_SIZE(consumed, 0);
        session_fixture_feed_frame(fixture, 0x80, "", 0);
        session_fixture_check_events(fixture, "message text \"a\"\n");
    }
}

/* -- fragments --------------------------------------------------------------- */

static void g1_a_continuation_of_nothing_is_1002(void)
{
    FOR_EACH_ROLE(role)
    {
        for (unsigned final = 0; final < 2; final++) {
            TEST_NOTE("role %d, FIN %u", (int)role, final);
            wire *head = wire_create();
            wire_add_head(head, 0x80 * final, 1, 0, key_to(role));
            check_head_fails(role, head, 1002);
        }
        /* Behind whole messages, and behind a message that was fragmented, too. */
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x81, "a", 1);
        session_fixture_feed_frame(fixture, 0x01, "b", 1);
        session_fixture_feed_frame(fixture, 0x80, "c", 1);
        session_fixture_check_events(fixture, "message text \"a\"\nmessage text \"bc\"\n");
        session_fixture_feed_frame(fixture, 0x80, "d", 1);
        session_fixture_check_failed(fixture, 1002);
    }
}

static void g2_a_new_message_inside_a_fragmented_one_is_1002(void)
{
    static const unsigned firsts[] = {0x01, 0x02, 0x81, 0x82};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < 4; i++) {
            for (unsigned begin = 1; begin < 3; begin++) {
                for (size_t size = 0; size < 2; size++) {
                    TEST_NOTE("role %d, %02x behind %02x, %zu bytes", (int)role, firsts[i], begin, size);
                    session_fixture *fixture = session_fixture_create(role, LIMIT);
                    session_fixture_feed_frame(fixture, begin, "a", size);
                    session_fixture_feed_frame(fixture, firsts[i], "b", size);
                    session_fixture_check_failed(fixture, 1002);
                }
            }
        }
    }
}

static void g6_control_frames_between_fragments_leave_the_message_alone(void)
{
    FOR_EACH_ROLE(role)
    {
        TEST_NOTE("role %d", (int)role);
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x01, "hello ", 6);
        session_fixture_feed_frame(fixture, 0x89, "PING", 4);
        session_fixture_feed_frame(fixture, 0x8a, "PONG", 4);
        session_fixture_feed_frame(fixture, 0x00, "wor", 3);
        session_fixture_feed_frame(fixture, 0x89, "", 0);
        session_fixture_feed_frame(fixture, 0x80, "ld", 2);
        session_fixture_check_events(fixture, "pong \"PONG\"\nmessage text \"hello world\"\n");
    }
}

/* The validator's state belongs to the text, whatever the payload of a ping inside it is. */
static void g6_a_ping_inside_a_character_is_no_text(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x01, "\xe2\x82", 2);
        session_fixture_feed_frame(fixture, 0x89, "\xff\xfe\x80", 3);
        session_fixture_feed_frame(fixture, 0x8a, "\xff", 1);
        session_fixture_feed_frame(fixture, 0x80, "\xac", 1);
        session_fixture_check_events(fixture, "pong FF\nmessage text E2 82 AC\n");
    }
}

static void g6_a_close_between_fragments_drops_the_message(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x01, "hello ", 6);
        session_fixture_feed_frame(fixture, 0x88, "\x03\xe9", 2);
        session_fixture_feed_frame(fixture, 0x80, "world", 5);
        session_fixture_check_events(fixture, "close 1001\n");
    }
}

static void a_message_of_empty_fragments_is_empty(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x02, "", 0);
        session_fixture_feed_frame(fixture, 0x00, "", 0);
        session_fixture_feed_frame(fixture, 0x80, "", 0);
        session_fixture_feed_frame(fixture, 0x01, "", 0);
        session_fixture_feed_frame(fixture, 0x80, "x", 1);
        session_fixture_feed_frame(fixture, 0x01, "y", 1);
        session_fixture_feed_frame(fixture, 0x80, "", 0);
        session_fixture_check_events(fixture, "message binary\nmessage text \"x\"\nmessage text \"y\"\n");
    }
}

/* A type is the first fragment's, and a message's own. */
static void the_type_of_a_message_is_its_first_frames(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x02, "\xff", 1);
        session_fixture_feed_frame(fixture, 0x80, "\xff", 1);
        session_fixture_feed_frame(fixture, 0x01, "a", 1);
        session_fixture_feed_frame(fixture, 0x80, "b", 1);
        session_fixture_feed_frame(fixture, 0x82, "\xfe", 1);
        session_fixture_check_events(fixture,
                                     "message binary FF FF\nmessage text \"ab\"\nmessage binary FE\n");
    }
}

/* -- control frames ---------------------------------------------------------- */

static void p1_control_frames_over_125_bytes_are_1002(void)
{
    static const unsigned firsts[] = {0x88, 0x89, 0x8a};
    static const uint64_t lengths[] = {126, 127, 65535, 65536, UINT64_C(1) << 40, UINT64_MAX};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < 3; i++) {
            for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
                TEST_NOTE("role %d, first byte %02x, row %zu", (int)role, firsts[i], k);
                wire *head = wire_create();
                wire_add_head(head, firsts[i], lengths[k], 0, key_to(role));
                check_head_fails(role, head, 1002);
            }
        }
    }
}

static void p1_a_fragmented_control_frame_is_1002(void)
{
    static const unsigned firsts[] = {0x08, 0x09, 0x0a};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < 3; i++) {
            TEST_NOTE("role %d, first byte %02x", (int)role, firsts[i]);
            wire *head = wire_create();
            wire_add_head(head, firsts[i], 2, 0, key_to(role));
            check_head_fails(role, head, 1002);
            session_fixture *fixture = session_fixture_create(role, LIMIT);
            session_fixture_feed_frame(fixture, 0x01, "a", 1);
            session_fixture_feed_frame(fixture, firsts[i], "", 0);
            session_fixture_check_failed(fixture, 1002);
        }
    }
}

static void p3_a_pong_carries_the_pings_payload_exactly(void)
{
    FOR_EACH_ROLE(role)
    {
        for (size_t size = 0; size <= 125; size++) {
            TEST_NOTE("role %d, %zu bytes", (int)role, size);
            session_fixture *fixture = session_fixture_create(role, LIMIT);
            uint8_t payload[125];
            for (size_t i = 0; i < size; i++)
                payload[i] = (uint8_t)(0xff - i * size);
            session_fixture_feed_frame(fixture, 0x89, payload, size);
            session_fixture_check_events(fixture, "");
            wire *output = wire_create();
            session_fixture_drain(fixture, output, SIZE_MAX);
            CHECK_BOOL(output->bytes[1] >= 128, role == WSPI_ROLE_CLIENT);
            session_fixture_check_frame(output, 0x8a, payload, size);
            CHECK_SIZE(output->size, 0);
        }
    }
}

static void p4_every_pong_is_reported_and_answered_by_nothing(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, LIMIT);
        session_fixture_feed_frame(fixture, 0x8a, "", 0);
        session_fixture_feed_frame(fixture, 0x8a, "never asked", 11);
        session_fixture_check_events(fixture, "pong\npong \"never asked\"\n");
        uint8_t payload[125];
        memset(payload, 0xc3, sizeof(payload));
        session_fixture_feed_frame(fixture, 0x8a, payload, sizeof(payload));
        session_fixture_check_events(fixture, "pong C3*125\n");
        CHECK(!wspi_session_has_output(&fixture->session));
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(f1_top_bit_of_the_length_is_1002),
    TEST_CASE(f1_f2_f3_a_huge_length_is_1009_at_once),
    TEST_CASE(f4_a_length_that_is_not_minimal_is_1002),
    TEST_CASE(f5_lengths_around_each_form_arrive_whole),
    TEST_CASE(f6_two_bytes_are_enough_to_refuse),
    TEST_CASE(f7_an_unmasked_frame_to_a_server_is_1002),
    TEST_CASE(f8_a_masked_frame_to_a_client_is_1002),
    TEST_CASE(f9_a_reserved_bit_is_1002),
    TEST_CASE(f9_a_reserved_bit_on_a_continuation_is_1002),
    TEST_CASE(f10_unknown_opcodes_are_1002),
    TEST_CASE(f11_several_frames_in_one_read),
    TEST_CASE(f13_any_split_gives_the_same_events),
    TEST_CASE(f13_random_splits_of_a_long_message),
    TEST_CASE(f14_old_framing_is_1002),
    TEST_CASE(p1b_nothing_to_read_is_nothing),
    TEST_CASE(g1_a_continuation_of_nothing_is_1002),
    TEST_CASE(g2_a_new_message_inside_a_fragmented_one_is_1002),
    TEST_CASE(g6_control_frames_between_fragments_leave_the_message_alone),
    TEST_CASE(g6_a_ping_inside_a_character_is_no_text),
    TEST_CASE(g6_a_close_between_fragments_drops_the_message),
    TEST_CASE(a_message_of_empty_fragments_is_empty),
    TEST_CASE(the_type_of_a_message_is_its_first_frames),
    TEST_CASE(p1_control_frames_over_125_bytes_are_1002),
    TEST_CASE(p1_a_fragmented_control_frame_is_1002),
    TEST_CASE(p3_a_pong_carries_the_pings_payload_exactly),
    TEST_CASE(p4_every_pong_is_reported_and_answered_by_nothing),
};

TEST_MAIN(cases)
