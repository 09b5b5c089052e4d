/* SPDX-License-Identifier: MIT */

/*
 * UTF-8 in text messages and close reasons (RFC 6455 8.1, bad-inputs section 10), seen through
 * session_receive.c: every split over frames and reads, refused at the first byte that cannot be right. The
 * wanted answer comes from a decoder of this file that computes code points.
 */

#include "session_fixture.h"
#include "test.h"

#include <string.h>

enum { LIMIT = 1000 };

typedef struct sequence {
    uint8_t bytes[8];
    size_t size;
} sequence;

static const sequence bad[] = {
    {{0x80}, 1},
    {{0xbf}, 1},
    {{0xc0, 0x80}, 2},
    {{0xc1, 0xbf}, 2},
    {{0xe0, 0x80, 0x80}, 3},
    {{0xe0, 0x9f, 0xbf}, 3},
    {{0xed, 0xa0, 0x80}, 3},
    {{0xed, 0xbf, 0xbf}, 3},
    {{0xf0, 0x80, 0x80, 0x80}, 4},
    {{0xf0, 0x8f, 0xbf, 0xbf}, 4},
    {{0xf4, 0x90, 0x80, 0x80}, 4},
    {{0xf5}, 1},
    {{0xf8}, 1},
    {{0xfc}, 1},
    {{0xfe}, 1},
    {{0xff}, 1},
    {{0xc2, 0x41}, 2},
    {{0xe2, 0x82, 0x41}, 3},
    {{0xf0, 0x9f, 0x98, 0x41}, 4},
    {{0xf0, 0x9f, 0xc2, 0x80}, 4},
    {{0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80}, 6},
};

/* Good as far as they go. */
static const sequence cut[] = {
    {{0xc2}, 1},       {{0xdf}, 1},       {{0xe0}, 1},
    {{0xe0, 0xa0}, 2}, {{0xed, 0x9f}, 2}, {{0xef, 0xbf}, 2},
    {{0xf0}, 1},       {{0xf0, 0x90}, 2}, {{0xf0, 0x90, 0x80}, 3},
    {{0xf4, 0x8f}, 2}, {{0xf4}, 1},       {{0xf4, 0x8f, 0xbf}, 3},
};

static const sequence good[] = {
    {{0x00}, 1},
    {{0x7f}, 1},
    {{0xc2, 0x80}, 2},
    {{0xdf, 0xbf}, 2},
    {{0xe0, 0xa0, 0x80}, 3},
    {{0xed, 0x9f, 0xbf}, 3},
    {{0xee, 0x80, 0x80}, 3},
    {{0xef, 0xbf, 0xbe}, 3},
    {{0xef, 0xbf, 0xbf}, 3},
    {{0xef, 0xbb, 0xbf}, 3},
    {{0xf0, 0x90, 0x80, 0x80}, 4},
    {{0xf4, 0x8f, 0xbf, 0xbf}, 4},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* How many bytes may be read before it is clear that this is no UTF-8; SIZE_MAX when it never is. */
static size_t first_fault(const uint8_t *bytes, size_t size)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t at = 0; at < size;) {
        uint8_t lead = bytes[at];
        size_t length = lead < 0x80   ? 1
                        : lead < 0xc0 ? 0
                        : lead < 0xe0 ? 2
                        : lead < 0xf0 ? 3
                        : lead < 0xf8 ? 4
                                      : 0;
        if (length == 0)
            return at;
        uint32_t point = length == 1 ? lead : lead & (0x7fu >> length);
        for (size_t i = 0; i < length; i++) {
            if (at + i == size)
                return SIZE_MAX;
            if (i > 0 && (bytes[at + i] & 0xc0) != 0x80)
                return at + i;
            if (i > 0)
                point = point * 64 + (bytes[at + i] & 0x3f);
            /* The range of code points that these bytes can still become. */
            uint32_t scale = 1u << (6 * (length - 1 - i));
            uint32_t from = point * scale, to = (point + 1) * scale - 1;
            if (to < lowest[length] || from > 0x10ffff || (from >= 0xd800 && to <= 0xdfff))
                return at + i;
        }
        at += length;
    }
    return SIZE_MAX;
}

/* Feeds `prefix` ASCII bytes and the sequence as one text message, cut into two frames and two reads. */
static void check_bad(wspi_role role, const sequence *text, size_t prefix, size_t frame_cut, bool is_bytewise)
{
    wspi_role from = role == WSPI_ROLE_SERVER ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
    wire *payload = wire_create();
    wire_add_fill(payload, 'x', prefix);
    wire_add(payload, text->bytes, text->size);
    session_fixture *fixture = session_fixture_create(role, LIMIT);
    wire *in = wire_create();
    wire_add_frame(in, from, 0x01, payload->bytes, frame_cut);
    wire_add_frame(in, from, 0x80, payload->bytes + frame_cut, payload->size - frame_cut);
    for (size_t i = 0; is_bytewise && i < in->size; i++)
        session_fixture_feed(fixture, in->bytes + i, 1);
    if (!is_bytewise)
        session_fixture_feed(fixture, in->bytes, in->size);
    session_fixture_check_failed(fixture, 1007);
    session_fixture_destroy(fixture);
}

static void each_bad_sequence_is_1007_in_every_split(void)
{
    static const size_t prefixes[] = {0, 1, 7, 8, 15, 16, 17, 40};
    for (size_t i = 0; i < COUNT(bad); i++) {
        for (size_t k = 0; k < COUNT(prefixes); k++) {
            for (size_t at = 0; at <= prefixes[k] + bad[i].size; at++) {
                TEST_NOTE("sequence %zu, %zu bytes in front, cut at %zu", i, prefixes[k], at);
                check_bad(WSPI_ROLE_SERVER, &bad[i], prefixes[k], at, (at + k) % 2 == 0);
                check_bad(WSPI_ROLE_CLIENT, &bad[i], prefixes[k], at, (at + k) % 2 != 0);
            }
        }
    }
}

static void each_cut_sequence_is_1007_at_the_end(void)
{
    for (size_t i = 0; i < COUNT(cut); i++) {
        for (size_t at = 0; at <= cut[i].size; at++) {
            TEST_NOTE("sequence %zu, cut at %zu", i, at);
            check_bad(WSPI_ROLE_SERVER, &cut[i], 3, 3 + at, at % 2 == 0);
            check_bad(WSPI_ROLE_CLIENT, &cut[i], 0, at, at % 2 != 0);
        }
        /* In one frame, whose last bytes come in a read of their own. */
        session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, LIMIT);
        session_fixture_feed_frame(fixture, 0x81, cut[i].bytes, cut[i].size);
        session_fixture_check_failed(fixture, 1007);
    }
}

static void each_good_sequence_passes_in_every_split(void)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        wire *wanted = wire_create();
        wire_add_string(wanted, "message text ");
        wire_add_payload_text(wanted, good[i].bytes, good[i].size);
        wire_add(wanted, "\n", 2);
        for (size_t at = 0; at <= good[i].size; at++) {
            TEST_NOTE("sequence %zu, cut at %zu", i, at);
            session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, LIMIT);
            session_fixture_feed_frame(fixture, 0x01, good[i].bytes, at);
            session_fixture_feed_frame(fixture, 0x80, good[i].bytes + at, good[i].size - at);
            session_fixture_check_events(fixture, (const char *)wanted->bytes);
            session_fixture_feed_frame(fixture, 0x81, good[i].bytes, good[i].size);
            session_fixture_check_events(fixture, (const char *)wanted->bytes);
        }
    }
}

/* The failure comes with the byte that makes it certain, neither before nor after. */
static void a_fault_is_seen_at_its_first_byte(void)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        TEST_NOTE("sequence %zu", i);
        size_t fault = first_fault(bad[i].bytes, bad[i].size);
        CHECK(fault < bad[i].size);
        session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, LIMIT);
        wire *in = wire_create();
        /* More is announced than comes, so nothing but the bytes themselves can be judged. */
        wire_add_head(in, 0x01, 50, 0, NULL);
        wire_add_string(in, "text");
        wire_add(in, bad[i].bytes, fault);
        session_fixture_feed(fixture, in->bytes, in->size);
        session_fixture_check_events(fixture, "");
        session_fixture_feed(fixture, bad[i].bytes + fault, 1);
        session_fixture_check_failed(fixture, 1007);
    }
}

/* Every pair of bytes, and every three that start as a character of three or four: the byte at which each is
 * refused. */
static void check_bytewise(const uint8_t *bytes, size_t size)
{
    size_t fault = first_fault(bytes, size);
    wspi_session session;
    wspi_session_init(&session, WSPI_ROLE_CLIENT, LIMIT, session_random);
    const wspi_session_room room = {SIZE_MAX, SIZE_MAX};
    uint8_t head[2] = {0x81, 100};
    size_t consumed;
    wspi_session_event event;
    CHECK_INT(wspi_session_feed(&session, head, 2, &room, &consumed, &event), WSPI_SESSION_MORE);
    for (size_t i = 0; i < size && (fault == SIZE_MAX || i <= fault); i++) {
        uint8_t byte = bytes[i];
        wspi_session_event_type type = wspi_session_feed(&session, &byte, 1, &room, &consumed, &event);
        if (type != (i == fault ? WSPI_SESSION_FAILED : WSPI_SESSION_MORE))
            FAIL("%02x %02x %02x at byte %zu answers %d", bytes[0], bytes[1], size > 2 ? bytes[2] : 0, i,
                 (int)type);
    }
    wspi_session_release(&session);
}

static void every_pair_of_bytes(void)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        const uint8_t bytes[2] = {(uint8_t)(pair / 256), (uint8_t)(pair % 256)};
        check_bytewise(bytes, 2);
    }
}

static void the_edges_of_longer_characters(void)
{
    static const uint8_t edges[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (unsigned lead = 0xdf; lead < 0x100; lead++) {
        for (size_t a = 0; a < COUNT(edges); a++) {
            for (size_t b = 0; b < COUNT(edges); b++) {
                for (size_t c = 0; c < COUNT(edges); c++) {
                    const uint8_t bytes[4] = {(uint8_t)lead, edges[a], edges[b], edges[c]};
                    check_bytewise(bytes, 4);
                }
            }
        }
    }
}

static void a_messages_state_does_not_reach_the_next(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, LIMIT);
    /* A binary message that ends inside a character, then text. */
    session_fixture_feed_frame(fixture, 0x82, "\xe2\x82", 2);
    session_fixture_feed_frame(fixture, 0x81, "ok", 2);
    session_fixture_feed_frame(fixture, 0x02, "\xe2", 1);
    session_fixture_feed_frame(fixture, 0x80, "\x82", 1);
    session_fixture_feed_frame(fixture, 0x01, "\xc3", 1);
    session_fixture_feed_frame(fixture, 0x80, "\xa4", 1);
    session_fixture_check_events(fixture, "message binary E2 82\nmessage text \"ok\"\nmessage binary E2 82\n"
                                          "message text C3 A4\n");
}

static void text_may_hold_nul_and_a_byte_order_mark(void)
{
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_CLIENT, LIMIT);
    session_fixture_feed_frame(fixture, 0x81,
                               "\xef\xbb\xbf"
                               "a\0b",
                               6);
    session_fixture_check_events(fixture, "message text EF BB BF 61 00 62\n");
}

static void c4_a_reason_that_is_not_utf8_is_1007(void)
{
    for (size_t i = 0; i < COUNT(bad) + COUNT(cut); i++) {
        TEST_NOTE("sequence %zu", i);
        const sequence *text = i < COUNT(bad) ? &bad[i] : &cut[i - COUNT(bad)];
        session_fixture *fixture = session_fixture_create(i % 2 ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT, LIMIT);
        wire *payload = wire_create();
        wire_add(payload,
                 "\x03\xe8"
                 "bye",
                 5);
        wire_add(payload, text->bytes, text->size);
        session_fixture_feed_frame(fixture, 0x88, payload->bytes, payload->size);
        session_fixture_check_failed(fixture, 1007);
    }
}

static void c4_a_reason_of_good_utf8_is_reported(void)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        TEST_NOTE("sequence %zu", i);
        session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, LIMIT);
        wire *payload = wire_create();
        wire_add(payload, "\x0f\xa1", 2);
        wire_add(payload, good[i].bytes, good[i].size);
        wire *wanted = wire_create();
        wire_add_string(wanted, "close 4001 ");
        wire_add_payload_text(wanted, good[i].bytes, good[i].size);
        wire_add(wanted, "\n", 2);
        session_fixture_feed_frame(fixture, 0x88, payload->bytes, payload->size);
        session_fixture_check_events(fixture, (const char *)wanted->bytes);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(each_bad_sequence_is_1007_in_every_split),
    TEST_CASE(each_cut_sequence_is_1007_at_the_end),
    TEST_CASE(each_good_sequence_passes_in_every_split),
    TEST_CASE(a_fault_is_seen_at_its_first_byte),
    TEST_CASE(every_pair_of_bytes),
    TEST_CASE(the_edges_of_longer_characters),
    TEST_CASE(a_messages_state_does_not_reach_the_next),
    TEST_CASE(text_may_hold_nul_and_a_byte_order_mark),
    TEST_CASE(c4_a_reason_that_is_not_utf8_is_1007),
    TEST_CASE(c4_a_reason_of_good_utf8_is_reported),
};

TEST_MAIN(cases)
