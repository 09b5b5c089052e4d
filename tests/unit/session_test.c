/* SPDX-License-Identifier: MIT */

/*
 * The closing states of a session (RFC 6455 5.5.1, 7.1; bad-inputs C1-C7, C9), where nothing follows the
 * close frame, and what it does when memory runs out (O13, F17). Covers session.c and the closing half of
 * session_control.c, and the queue that sessions lend each other.
 */

#include "failing_allocator.h"
#include "session_fixture.h"
#include "test.h"

#include <string.h>

enum { LIMIT = 1000 };

#define FOR_EACH_ROLE(role) for (wspi_role role = WSPI_ROLE_CLIENT; role <= WSPI_ROLE_SERVER; role++)

static session_fixture *create(wspi_role role)
{
    return session_fixture_create(role, LIMIT);
}

static void feed_close(session_fixture *fixture, unsigned code, const char *reason)
{
    wire *payload = wire_create();
    const uint8_t code_bytes[2] = {(uint8_t)(code / 256), (uint8_t)(code % 256)};
    wire_add(payload, code_bytes, code != 0 ? 2 : 0);
    wire_add_string(payload, reason);
    session_fixture_feed_frame(fixture, 0x88, payload->bytes, payload->size);
}

static wire *drain(session_fixture *fixture)
{
    wire *output = wire_create();
    session_fixture_drain(fixture, output, SIZE_MAX);
    return output;
}

static void close(session_fixture *fixture, int code, const char *reason)
{
    CHECK_INT(wspi_session_close(&fixture->session, code, reason, strlen(reason)), WSP_OK);
}

static void send(session_fixture *fixture, const char *text)
{
    CHECK_INT(wspi_session_send(&fixture->session, text, strlen(text), WSP_WRITE_MODE_TEXT), WSP_OK);
}

/* -- their close frame ------------------------------------------------------- */

static void c1_an_empty_close_is_1005_and_answered_empty(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        feed_close(fixture, 0, "");
        session_fixture_check_events(fixture, "close 1005\n");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_BOTH);
        wire *output = drain(fixture);
        session_fixture_check_frame(output, 0x88, "", 0);
        CHECK_SIZE(output->size, 0);
    }
}

static void c2_a_close_of_one_byte_is_1002(void)
{
    FOR_EACH_ROLE(role)
    {
        for (unsigned byte = 0; byte < 256; byte++) {
            TEST_NOTE("role %d, byte %02x", (int)role, byte);
            session_fixture *fixture = create(role);
            const uint8_t payload = (uint8_t)byte;
            session_fixture_feed_frame(fixture, 0x88, &payload, 1);
            session_fixture_check_failed(fixture, 1002);
            session_fixture_destroy(fixture);
        }
    }
}

/* Every code there is: those of 7.4.1 and IANA, and the two ranges for programs. */
static void c3_each_code_and_reason_is_answered_by_itself_or_is_1002(void)
{
    for (unsigned code = 0; code < 65536; code++) {
        TEST_NOTE("code %u", code);
        bool is_good = (code >= 3000 && code < 5000) || code == 1000 || code == 1001 || code == 1002 ||
                       code == 1003 || code == 1007 || code == 1008 || code == 1009 || code == 1010 ||
                       code == 1011 || code == 1012 || code == 1013 || code == 1014;
        session_fixture *fixture = create(code % 2 ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT);
        const uint8_t payload[5] = {(uint8_t)(code / 256), (uint8_t)(code % 256), 'b', 'y', 'e'};
        session_fixture_feed_frame(fixture, 0x88, payload, 5);
        if (is_good) {
            CHECK_INT(fixture->session.closing, WSPI_CLOSING_BOTH);
            wire *output = drain(fixture);
            session_fixture_check_frame(output, 0x88, payload, 5);
            output->size = 0;
        } else {
            session_fixture_check_failed(fixture, 1002);
        }
        session_fixture_destroy(fixture);
    }
}

static void c3_code_and_reason_are_reported(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        feed_close(fixture, 4001, "come back later");
        session_fixture_check_events(fixture, "close 4001 \"come back later\"\n");
        fixture = create(role);
        char longest[124];
        memset(longest, 'r', 123);
        longest[123] = '\0';
        feed_close(fixture, 1000, longest);
        session_fixture_check_events(fixture, "close 1000 72*123\n");
    }
}

static void c5_nothing_behind_their_close_frame_counts(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        feed_close(fixture, 1000, "");
        session_fixture_check_events(fixture, "close 1000\n");
        session_fixture_feed_frame(fixture, 0x81, "late", 4);
        session_fixture_feed_frame(fixture, 0x89, "late", 4);
        session_fixture_feed_frame(fixture, 0x8a, "late", 4);
        feed_close(fixture, 1001, "again");
        session_fixture_feed(fixture, "\xff\xff\xff\xff garbage", 12);
        session_fixture_check_events(fixture, "");
        CHECK_SIZE(fixture->pending->size, 0);
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_BOTH);
        wire *output = drain(fixture);
        session_fixture_check_frame(output, 0x88, "\x03\xe8", 2);
        CHECK_SIZE(output->size, 0);
    }
}

static void c6_data_in_front_of_a_close_is_delivered_first(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wire *in = wire_create();
        wspi_role from = role == WSPI_ROLE_SERVER ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
        wire_add_frame(in, from, 0x81, "one", 3);
        wire_add_frame(in, from, 0x82, "two", 3);
        wire_add_frame(in, from, 0x81, "kicked", 6);
        wire_add_frame(in, from, 0x88,
                       "\x0f\xa0"
                       "bye",
                       5);
        session_fixture_feed(fixture, in->bytes, in->size);
        session_fixture_check_events(fixture,
                                     "message text \"one\"\nmessage binary \"two\"\nmessage text \"kicked\"\n"
                                     "close 4000 \"bye\"\n");
    }
}

/* -- our close frame --------------------------------------------------------- */

static void c7_the_close_frame_comes_behind_queued_data(void)
{
    FOR_EACH_ROLE(role)
    {
        for (size_t step = 1; step < 40; step++) {
            session_fixture *fixture = create(role);
            send(fixture, "one");
            send(fixture, "two");
            close(fixture, 1001, "moving");
            CHECK_INT(fixture->session.closing, WSPI_CLOSING_SENT);
            CHECK_INT(wspi_session_send(&fixture->session, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
            /* Only the first counts. */
            close(fixture, 4000, "again");
            CHECK_SIZE(wspi_session_get_queued_messages(&fixture->session), 2);
            wire *output = wire_create();
            session_fixture_drain(fixture, output, step);
            session_fixture_check_frame(output, 0x81, "one", 3);
            session_fixture_check_frame(output, 0x81, "two", 3);
            session_fixture_check_frame(output, 0x88, "\x03\xe9moving", 8);
            CHECK_SIZE(output->size, 0);
        }
    }
}

static void c7_close_frames_of_every_size(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        close(fixture, 0, "");
        wire *output = drain(fixture);
        CHECK_BOOL(output->bytes[1] >= 128, role == WSPI_ROLE_CLIENT);
        session_fixture_check_frame(output, 0x88, "", 0);
        for (size_t size = 0; size <= WSPI_CLOSE_REASON_MAX; size++) {
            TEST_NOTE("role %d, a reason of %zu bytes", (int)role, size);
            char payload[2 + WSPI_CLOSE_REASON_MAX] = {0x0b, (char)0xb8};
            memset(payload + 2, 'r', size);
            fixture = create(role);
            CHECK_INT(wspi_session_close(&fixture->session, 3000, payload + 2, size), WSP_OK);
            output = drain(fixture);
            session_fixture_check_frame(output, 0x88, payload, 2 + size);
        }
    }
}

/* 5.5.1: after its first byte nothing else may be written, whatever arrives or is asked for. */
static void c7_nothing_follows_the_close_frame(void)
{
    FOR_EACH_ROLE(role)
    {
        size_t total = (role == WSPI_ROLE_CLIENT ? 6 : 2) + 5;
        for (size_t gone = 0; gone <= total; gone++) {
            TEST_NOTE("role %d, %zu bytes gone", (int)role, gone);
            session_fixture *fixture = create(role);
            wspi_session *session = &fixture->session;
            close(fixture, 1000, "bye");
            wire *output = wire_create();
            CHECK_SIZE(session_fixture_write(fixture, output, gone), gone);
            wsp_result wanted = gone == 0 ? WSP_OK : WSP_ERR_NOT_OPEN;
            CHECK_INT(wspi_session_send_ping(session, "ping", 4), wanted);
            CHECK_INT(wspi_session_send_pong(session, "pong", 4), wanted);
            session_fixture_feed_frame(fixture, 0x89, "ping", 4);
            CHECK_INT(wspi_session_send(session, "x", 1, WSP_WRITE_MODE_BINARY), WSP_ERR_NOT_OPEN);
            session_fixture_drain(fixture, output, 1);
            CHECK_INT(wspi_session_send_ping(session, "ping", 4), WSP_ERR_NOT_OPEN);
            session_fixture_feed_frame(fixture, 0x89, "ping", 4);
            session_fixture_check_events(fixture, "");
            CHECK(!wspi_session_has_output(session));
            if (gone == 0) {
                session_fixture_check_frame(output, 0x8a, "pong", 4);
                session_fixture_check_frame(output, 0x8a, "ping", 4);
                session_fixture_check_frame(output, 0x89, "ping", 4);
            }
            session_fixture_check_frame(output, 0x88,
                                        "\x03\xe8"
                                        "bye",
                                        5);
            CHECK_SIZE(output->size, 0);
        }
    }
}

/* A pong that came too late for the boundary in front of the close frame is dropped, not written behind it.
 */
static void c7_a_control_frame_that_waits_dies_with_the_close_frame(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wspi_session *session = &fixture->session;
        /* So much is on its way that a newer pong is kept back, until one write takes all and the close
         * frame. */
        char longest[WSPI_CONTROL_PAYLOAD_MAX] = {0};
        for (int i = 0; i < 11; i++)
            CHECK_INT(wspi_session_send_pong(session, longest, sizeof(longest)), WSP_OK);
        close(fixture, 1000, "");
        wire *output = wire_create();
        session_fixture_write(fixture, output, 1);
        CHECK_INT(wspi_session_send_pong(session, "two", 3), WSP_OK);
        CHECK_INT(wspi_session_send_ping(session, "two", 3), WSP_OK);
        session_fixture_drain(fixture, output, SIZE_MAX);
        for (int i = 0; i < (role == WSPI_ROLE_CLIENT ? 8 : 9); i++)
            session_fixture_check_frame(output, 0x8a, longest, sizeof(longest));
        CHECK_INT(wire_take_frame(output).first, 0x88);
        CHECK_SIZE(output->size, 0);
    }
}

/* Messages and pings still count between our close frame and theirs. */
static void messages_arrive_until_their_close_frame(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        close(fixture, 1000, "");
        session_fixture_feed_frame(fixture, 0x81, "late", 4);
        session_fixture_feed_frame(fixture, 0x89, "too", 3);
        wire *output = drain(fixture);
        session_fixture_check_frame(output, 0x8a, "too", 3);
        session_fixture_check_frame(output, 0x88, "\x03\xe8", 2);
        session_fixture_feed_frame(fixture, 0x82, "later", 5);
        feed_close(fixture, 1000, "");
        session_fixture_check_events(fixture,
                                     "message text \"late\"\nmessage binary \"later\"\nclose 1000\n");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_BOTH);
        CHECK(!wspi_session_has_output(&fixture->session));
    }
}

static void c9_both_close_at_once(void)
{
    FOR_EACH_ROLE(role)
    {
        for (int is_written = 0; is_written < 2; is_written++) {
            session_fixture *fixture = create(role);
            close(fixture, 4001, "ours");
            wire *output = is_written ? drain(fixture) : wire_create();
            feed_close(fixture, 4002, "theirs");
            session_fixture_check_events(fixture, "close 4002 \"theirs\"\n");
            CHECK_INT(fixture->session.closing, WSPI_CLOSING_BOTH);
            session_fixture_drain(fixture, output, SIZE_MAX);
            session_fixture_check_frame(output, 0x88, "\x0f\xa1ours", 6);
            CHECK_SIZE(output->size, 0);
        }
    }
}

/* -- failures ---------------------------------------------------------------- */

/* 7.1.7: the close frame tells why, unless one is on its way already. */
static void a_fault_behind_our_close_frame_sends_nothing_more(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        close(fixture, 1000, "");
        session_fixture_feed_frame(fixture, 0x83, "", 0);
        session_fixture_check_events(fixture, "failed 1002\n");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
        wire *output = drain(fixture);
        session_fixture_check_frame(output, 0x88, "\x03\xe8", 2);
        CHECK_SIZE(output->size, 0);
        feed_close(fixture, 1000, "");
        session_fixture_check_events(fixture, "");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
    }
}

static void a_failure_lets_queued_data_out_first(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wspi_session *session = &fixture->session;
        send(fixture, "queued");
        CHECK_INT(wspi_session_send_ping(session, "queued", 6), WSP_OK);
        session_fixture_feed_frame(fixture, 0x83, "", 0);
        session_fixture_check_events(fixture, "failed 1002\n");
        CHECK_INT(wspi_session_send(session, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
        CHECK_INT(wspi_session_send_ping(session, "x", 1), WSP_ERR_NOT_OPEN);
        CHECK_INT(wspi_session_send_pong(session, "x", 1), WSP_ERR_NOT_OPEN);
        CHECK_INT(wspi_session_close(session, 1000, "", 0), WSP_OK);
        wire *output = drain(fixture);
        session_fixture_check_frame(output, 0x89, "queued", 6);
        session_fixture_check_frame(output, 0x81, "queued", 6);
        wire_frame last = wire_take_frame(output);
        CHECK_INT(last.first, 0x88);
        CHECK_BYTES(last.payload->bytes, 2, "\x03\xea", 2);
        CHECK_SIZE(output->size, 0);
    }
}

/* The caller may fail a connection too; session.h promises that reading stops. */
static void a_failure_by_the_caller_stops_reading(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wspi_session_fail(&fixture->session, 1011, "the program gave up");
        session_fixture_feed_frame(fixture, 0x81, "late", 4);
        session_fixture_check_events(fixture, "");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
    }
}

/* 7.1.7: their close frame, an honest answer to ours, is ignored and changes no state. */
static void a_close_frame_behind_a_failure_by_the_caller_is_ignored(void)
{
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wspi_session_fail(&fixture->session, 1011, "the program gave up");
        /* Checked first: otherwise the close frame runs into an assertion, which ends the whole program. */
        CHECK_INT(fixture->session.receiver.state, WSPI_RECEIVE_DONE);
        feed_close(fixture, 1011, "");
        session_fixture_check_events(fixture, "");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
    }
}

static void a_long_text_of_a_failure_is_cut_to_a_reason(void)
{
    session_fixture *fixture = create(WSPI_ROLE_SERVER);
    char text[300];
    memset(text, 'w', sizeof(text));
    text[299] = '\0';
    wspi_session_fail(&fixture->session, 1011, text);
    wire *output = drain(fixture);
    wire_frame frame = wire_take_frame(output);
    CHECK_SIZE(frame.payload->size, 2 + WSPI_CLOSE_REASON_MAX);
}

/* -- out of memory ----------------------------------------------------------- */

/* Sends everything once. Each call changes all or nothing (F17), and works when tried again. */
static void send_everything(session_fixture *fixture, wspi_test_failing_allocator *allocator)
{
    wspi_session *session = &fixture->session;
    for (int i = 0; i < 4; i++) {
        static const char payload[300];
        const size_t sizes[] = {3, 0, 300, 100};
        size_t messages = wspi_session_get_queued_messages(session);
        size_t bytes = wspi_session_get_queued_payload(session);
        wsp_result result = wspi_session_send(session, payload, sizes[i], WSP_WRITE_MODE_BINARY);
        if (result != WSP_OK) {
            CHECK_INT(result, WSP_ERR_OUT_OF_MEMORY);
            CHECK(allocator->failures > 0);
            CHECK_SIZE(wspi_session_get_queued_messages(session), messages);
            CHECK_SIZE(wspi_session_get_queued_payload(session), bytes);
            CHECK_INT(wspi_session_send(session, payload, sizes[i], WSP_WRITE_MODE_BINARY), WSP_OK);
        }
    }
    wsp_result result = wspi_session_send_ping(session, "ping", 4);
    if (result == WSP_ERR_OUT_OF_MEMORY)
        result = wspi_session_send_ping(session, "ping", 4);
    CHECK_INT(result, WSP_OK);
    result = wspi_session_send_pong(session, "pong", 4);
    if (result == WSP_ERR_OUT_OF_MEMORY)
        result = wspi_session_send_pong(session, "pong", 4);
    CHECK_INT(result, WSP_OK);
}

static void o13_sending_without_memory_at_every_point(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        size_t n = 1;
        for (size_t failures = 1; failures > 0; n++) {
            TEST_NOTE("role %d, request %zu", (int)role, n);
            session_fixture *fixture = create(role);
            wspi_test_failing_allocator_fail_at(n);
            send_everything(fixture, allocator);
            wire *output = wire_create();
            /* Where a control frame found no memory the first time, output is asked for again. */
            for (int i = 0; i < 3; i++)
                while (session_fixture_write(fixture, output, 100) > 0) {}
            session_fixture_drain(fixture, output, 100);
            size_t frames = 0;
            for (; output->size > 0; frames++)
                wire_take_frame(output);
            CHECK_SIZE(frames, 6);
            failures = allocator->failures;
            session_fixture_destroy(fixture);
            CHECK_SIZE(allocator->live_blocks, 0);
        }
        CHECK(n > 5);
    }
}

static void o13_receiving_without_memory_at_every_point(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        size_t n = 1;
        for (size_t failures = 1; failures > 0; n++) {
            TEST_NOTE("role %d, request %zu", (int)role, n);
            session_fixture *fixture = create(role);
            wspi_test_failing_allocator_fail_at(n);
            wire *filler = wire_create();
            wire_add_fill(filler, 'x', 500);
            session_fixture_feed_frame(fixture, 0x81, "whole", 5);
            session_fixture_feed_frame(fixture, 0x01, "a", 1);
            session_fixture_feed_frame(fixture, 0x89, "ping", 4);
            session_fixture_feed_frame(fixture, 0x00, filler->bytes, filler->size);
            session_fixture_feed_frame(fixture, 0x80, "b", 1);
            failures = allocator->failures;
            if (failures > 0)
                session_fixture_check_events(fixture, "message text \"whole\"\nfailed 1011\n");
            else
                CHECK_SIZE(fixture->messages, 2);
            feed_close(fixture, 1000, "");
            wire *output = wire_create();
            session_fixture_drain(fixture, output, 10);
            while (output->size > 0)
                wire_take_frame(output);
            session_fixture_destroy(fixture);
            CHECK_SIZE(allocator->live_blocks, 0);
        }
        CHECK(n > 3);
    }
}

/* Closing without any memory: an error, no output, and nothing is read any more. */
static void o13_closing_without_memory(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        wspi_test_failing_allocator_fail_from(1);
        CHECK_INT(wspi_session_close(&fixture->session, 1000, "bye", 3), WSP_ERR_OUT_OF_MEMORY);
        CHECK(!wspi_session_has_output(&fixture->session));
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
        feed_close(fixture, 1001, "theirs");
        session_fixture_check_events(fixture, "");

        fixture = create(role);
        feed_close(fixture, 1001, "theirs");
        session_fixture_check_events(fixture, "failed 1011\n");
        CHECK_INT(fixture->result, WSP_ERR_OUT_OF_MEMORY);
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
        CHECK(!wspi_session_has_output(&fixture->session));

        fixture = create(role);
        session_fixture_feed_frame(fixture, 0x83, "", 0);
        session_fixture_check_events(fixture, "failed 1002\n");
        CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
        CHECK(allocator->failures >= 3);
        wspi_test_failing_allocator_fail_at(0);
    }
}

/* Released in the middle of everything, and twice. */
static void release_gives_everything_back(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = create(role);
        send_everything(fixture, allocator);
        wire *output = wire_create();
        session_fixture_write(fixture, output, 5);
        CHECK_INT(wspi_session_send_pong(&fixture->session, "pong", 4), WSP_OK);
        session_fixture_feed_frame(fixture, 0x01, "half a message", 14);
        CHECK(allocator->live_blocks > 0);
        wspi_session_release(&fixture->session);
        CHECK_SIZE(allocator->live_blocks, 0);
        wspi_session_release(&fixture->session);
    }
}

/* -- the lent queue ----------------------------------------------------------- */

static void a_lent_queue_comes_back_when_it_is_empty(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    session_fixture *fixture = session_fixture_create(WSPI_ROLE_SERVER, 1000);
    wspi_session *session = &fixture->session;
    wspi_bytes pieces[WSPI_SESSION_PIECES];
    wspi_data_queue *spare = NULL;
    CHECK_INT(wspi_session_send(session, "hello", 5, WSP_WRITE_MODE_BINARY), WSP_OK);
    wspi_session_take_queue(session, &spare, 4096);
    CHECK(spare == NULL);
    wspi_session_output_written(session, 7);
    wspi_session_take_queue(session, &spare, 8);
    CHECK(spare == NULL);
    wspi_session_take_queue(session, &spare, 4096);
    CHECK(spare != NULL && session->sender.data == NULL);
    size_t count = allocator->live_blocks;
    wspi_session_lend_queue(session, &spare);
    CHECK(spare == NULL);
    CHECK_INT(wspi_session_send(session, "again", 5, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_SIZE(allocator->live_blocks, count);
    CHECK_SIZE(wspi_session_get_output(session, pieces), 1);
    CHECK_BYTES(pieces[0].data, pieces[0].size,
                "\x82\x05"
                "again",
                7);
    CHECK_SIZE(wspi_session_get_queued_messages(session), 1);
    session_fixture_destroy(fixture);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_lent_queue_comes_back_when_it_is_empty),
    TEST_CASE(c1_an_empty_close_is_1005_and_answered_empty),
    TEST_CASE(c2_a_close_of_one_byte_is_1002),
    TEST_CASE(c3_each_code_and_reason_is_answered_by_itself_or_is_1002),
    TEST_CASE(c3_code_and_reason_are_reported),
    TEST_CASE(c5_nothing_behind_their_close_frame_counts),
    TEST_CASE(c6_data_in_front_of_a_close_is_delivered_first),
    TEST_CASE(c7_the_close_frame_comes_behind_queued_data),
    TEST_CASE(c7_close_frames_of_every_size),
    TEST_CASE(c7_nothing_follows_the_close_frame),
    TEST_CASE(c7_a_control_frame_that_waits_dies_with_the_close_frame),
    TEST_CASE(messages_arrive_until_their_close_frame),
    TEST_CASE(c9_both_close_at_once),
    TEST_CASE(a_fault_behind_our_close_frame_sends_nothing_more),
    TEST_CASE(a_failure_lets_queued_data_out_first),
    TEST_CASE(a_failure_by_the_caller_stops_reading),
    TEST_CASE(a_close_frame_behind_a_failure_by_the_caller_is_ignored),
    TEST_CASE(a_long_text_of_a_failure_is_cut_to_a_reason),
    TEST_CASE(o13_sending_without_memory_at_every_point),
    TEST_CASE(o13_receiving_without_memory_at_every_point),
    TEST_CASE(o13_closing_without_memory),
    TEST_CASE(release_gives_everything_back),
};

TEST_MAIN(cases)
