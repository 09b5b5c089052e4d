/* SPDX-License-Identifier: MIT */

/*
 * What a session writes (bad-inputs F5, F15, F17, P2, P3, P5, Q3): frames, masking keys, the order of data,
 * control and close frames under any split of writes, and the account of what waits. The closing states are
 * in session_test.c.
 */

#include "failing_allocator.h"
#include "session_fixture.h"
#include "test.h"

#include <string.h>

#define FOR_EACH_ROLE(role) for (wspi_role role = WSPI_ROLE_CLIENT; role <= WSPI_ROLE_SERVER; role++)

static wspi_session *create(wspi_role role)
{
    return &session_fixture_create(role, 100000)->session;
}

static void send(wspi_session *session, const char *text)
{
    CHECK_INT(wspi_session_send(session, text, strlen(text), WSP_WRITE_MODE_TEXT), WSP_OK);
}

static void ping(wspi_session *session, const char *text)
{
    CHECK_INT(wspi_session_send_ping(session, text, strlen(text)), WSP_OK);
}

static void pong(wspi_session *session, const char *text)
{
    CHECK_INT(wspi_session_send_pong(session, text, strlen(text)), WSP_OK);
}

/* The session is its fixture's first member. */
static size_t write(wspi_session *session, wire *to, size_t size)
{
    return session_fixture_write((session_fixture *)session, to, size);
}

static void drain(wspi_session *session, wire *to, size_t step)
{
    session_fixture_drain((session_fixture *)session, to, step);
}

/* The frames of a stream in short: `T` text, `B` binary, `C` close, `P` ping, `O` pong, each with its
 * payload. */
static void check_stream(wire *stream, const char *wanted)
{
    wire *seen = wire_create();
    while (stream->size > 0) {
        wire_frame frame = wire_take_frame(stream);
        const char *letters = "?TB?????CPO?????";
        CHECK(frame.first >= 0x80 && frame.first < 0x90);
        wire_add(seen, seen->size > 0 ? " " : "", seen->size > 0 ? 1 : 0);
        wire_add(seen, letters + frame.first % 16, 1);
        wire_add(seen, frame.payload->bytes, frame.payload->size);
    }
    wire_add(seen, "", 1);
    CHECK_STRING((const char *)seen->bytes, wanted);
}

/* -- frames ------------------------------------------------------------------ */

static void f5_messages_of_every_form_of_length(void)
{
    static const size_t sizes[] = {0, 1, 2, 125, 126, 127, 128, 65534, 65535, 65536, 65537};
    FOR_EACH_ROLE(role)
    {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            for (int is_text = 0; is_text < 2; is_text++) {
                TEST_NOTE("role %d, size %zu, text %d", (int)role, sizes[i], is_text);
                wspi_session *session = create(role);
                wire *payload = wire_create();
                for (size_t at = 0; at < sizes[i]; at++)
                    wire_add_fill(payload, (uint8_t)(at * 7 % 127), 1);
                wsp_write_mode mode = is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
                CHECK_INT(wspi_session_send(session, payload->bytes, sizes[i], mode), WSP_OK);
                wire *output = wire_create();
                drain(session, output, SIZE_MAX);
                wire_frame frame = wire_take_frame(output);
                CHECK_INT(frame.first, is_text ? 0x81 : 0x82);
                CHECK_BOOL(frame.is_masked, role == WSPI_ROLE_CLIENT);
                CHECK_BYTES(frame.payload->bytes, frame.payload->size, payload->bytes, payload->size);
                CHECK_SIZE(output->size, 0);
            }
        }
    }
}

/* RFC 6455 5.7. */
static void a_masked_hello_is_the_one_of_the_rfc(void)
{
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    static const uint8_t wanted[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    session_random_set_key(key);
    send(session, "Hello");
    wire *output = wire_create();
    drain(session, output, SIZE_MAX);
    CHECK_BYTES(output->bytes, output->size, wanted, sizeof(wanted));
}

/* Where nothing was sent there is nothing to write, and it costs no memory. */
static void a_fresh_session_has_no_output(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        wspi_session *session = create(role);
        wspi_bytes pieces[WSPI_SESSION_PIECES];
        CHECK(!wspi_session_has_output(session));
        CHECK_SIZE(wspi_session_get_output(session, pieces), 0);
        wspi_session_output_written(session, 0);
        wspi_session_trim(session);
        wspi_session_drop_output(session);
    }
    CHECK_SIZE(allocator->requests, 0);
}

/* A message may be echoed straight from the event: it is copied. */
static void data_is_copied_before_return(void)
{
    char text[] = "volatile";
    FOR_EACH_ROLE(role)
    {
        wspi_session *session = create(role);
        memcpy(text, "volatile", 8);
        send(session, text);
        ping(session, text);
        pong(session, text);
        memset(text, '?', 8);
        wire *output = wire_create();
        drain(session, output, SIZE_MAX);
        check_stream(output, "Ovolatile Pvolatile Tvolatile");
    }
}

/* -- masking keys (F15) ------------------------------------------------------ */

static void f15_every_frame_has_its_own_key_from_the_generator(void)
{
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    wire *output = wire_create();
    uint8_t next = 1;
    for (int i = 0; i < 300; i++) {
        TEST_NOTE("frame %d", i);
        if (i % 3 == 0)
            send(session, "data");
        else if (i % 3 == 1)
            ping(session, "");
        else
            pong(session, "pong");
        drain(session, output, 3);
        while (output->size > 0) {
            wire_frame frame = wire_take_frame(output);
            const uint8_t wanted[4] = {next, (uint8_t)(next + 1), (uint8_t)(next + 2), (uint8_t)(next + 3)};
            CHECK(frame.is_masked);
            CHECK_BYTES(frame.key, 4, wanted, 4);
            next = (uint8_t)(next + 4);
        }
    }
    /* 300 keys; one call to the system for many of them, and none for keys nobody needs. */
    CHECK_SIZE(session_random_calls(), (300 * 4 + WSPI_KEY_POOL_SIZE - 1) / WSPI_KEY_POOL_SIZE);
    CHECK_SIZE(session_random_bytes(), session_random_calls() * WSPI_KEY_POOL_SIZE);
}

static void f15_a_server_draws_no_key(void)
{
    wspi_session *session = create(WSPI_ROLE_SERVER);
    send(session, "data");
    ping(session, "ping");
    pong(session, "pong");
    CHECK_INT(wspi_session_close(session, 1000, "", 0), WSP_OK);
    wire *output = wire_create();
    drain(session, output, SIZE_MAX);
    CHECK_SIZE(session_random_calls(), 0);
}

/* A key that was used is in no memory of the session any more. */
static void f15_used_keys_are_wiped(void)
{
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    for (unsigned i = 1; i <= 40; i++) {
        send(session, "x");
        size_t used = i % 32 != 0 ? i % 32 * 4 : 128;
        CHECK_SIZE(session->sender.keys->used, used);
        for (size_t k = 0; k < used; k++)
            CHECK_INT(session->sender.keys->bytes[k], 0);
    }
}

static void f15_without_randomness_nothing_is_sent(void)
{
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    wire *output = wire_create();
    session_random_set_failing(true);
    for (int i = 0; i < 3; i++) {
        CHECK_INT(wspi_session_send(session, "secret", 6, WSP_WRITE_MODE_TEXT), WSP_ERR_FAILED);
        CHECK_SIZE(wspi_session_get_queued_payload(session), 0);
        CHECK_SIZE(wspi_session_get_queued_messages(session), 0);
        CHECK(!wspi_session_has_output(session));
        CHECK_SIZE(write(session, output, SIZE_MAX), 0);
    }
    CHECK_INT(session->closing, WSPI_CLOSING_OPEN);
    session_random_set_failing(false);
    send(session, "public");
    drain(session, output, SIZE_MAX);
    check_stream(output, "Tpublic");

    /* A batch that is not used up still serves. */
    session_random_set_failing(true);
    for (int i = 0; i < 31; i++)
        send(session, "x");
    CHECK_INT(wspi_session_send(session, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_FAILED);
    CHECK_SIZE(wspi_session_get_queued_messages(session), 31);
}

static void f15_a_pong_without_randomness_waits(void)
{
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    wire *output = wire_create();
    session_random_set_failing(true);
    pong(session, "later");
    CHECK_SIZE(write(session, output, SIZE_MAX), 0);
    CHECK_INT(wspi_session_send(session, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_FAILED);
    session_random_set_failing(false);
    drain(session, output, SIZE_MAX);
    check_stream(output, "Olater");
}

static void f15_a_close_without_randomness_waits(void)
{
    wspi_session *session = create(WSPI_ROLE_CLIENT);
    wire *output = wire_create();
    session_random_set_failing(true);
    pong(session, "later");
    CHECK_INT(wspi_session_close(session, 0, "", 0), WSP_OK);
    CHECK_SIZE(write(session, output, SIZE_MAX), 0);
    CHECK(wspi_session_has_output(session));
    session_random_set_failing(false);
    drain(session, output, 1);
    check_stream(output, "Olater C");
}

/* -- order ------------------------------------------------------------------- */

/* P5: control frames go ahead of data that waits, but never into a frame that has begun. */
static void p5_control_frames_go_out_at_the_next_frame_boundary(void)
{
    static const char *const wanted[] = {"Opong Pping Tone T Tthree", "Tone Opong Pping T Tthree",
                                         "Tone T Opong Pping Tthree", "Tone T Tthree Opong Pping"};
    FOR_EACH_ROLE(role)
    {
        size_t head = role == WSPI_ROLE_CLIENT ? 6 : 2;
        size_t ends[] = {0, head + 3, 2 * head + 3, 3 * head + 8};
        for (size_t gone = 0; gone <= ends[3]; gone++) {
            for (size_t step = 1; step < 12; step++) {
                TEST_NOTE("role %d, %zu bytes gone, then %zu a write", (int)role, gone, step);
                wspi_session *session = create(role);
                wire *output = wire_create();
                send(session, "one");
                send(session, "");
                send(session, "three");
                CHECK_SIZE(write(session, output, gone), gone);
                ping(session, "ping");
                pong(session, "pong");
                drain(session, output, step);
                size_t boundary = 0;
                while (ends[boundary] < gone)
                    boundary++;
                check_stream(output, wanted[boundary]);
            }
        }
    }
}

/* A control frame on its way is a frame too: a newer one waits for its end, but not for data that has not
 * begun. */
static void p5_a_control_frame_goes_behind_one_on_its_way_and_ahead_of_data(void)
{
    FOR_EACH_ROLE(role)
    {
        size_t total = 2 * (role == WSPI_ROLE_CLIENT ? 6 : 2) + 8;
        for (size_t gone = 1; gone < total; gone++) {
            for (size_t step = 1; step < 60; step += 3) {
                TEST_NOTE("role %d, %zu bytes gone, then %zu a write", (int)role, gone, step);
                wspi_session *session = create(role);
                wire *output = wire_create();
                send(session, "data");
                send(session, "more");
                ping(session, "pinG");
                pong(session, "ponG");
                CHECK_SIZE(write(session, output, gone), gone);
                ping(session, "PING");
                pong(session, "PONG");
                drain(session, output, step);
                check_stream(output, "OponG PpinG OPONG PPING Tdata Tmore");
            }
        }
    }
}

/* The same, where the order is left open: no frame is cut, none is lost, data keeps its order. */
static void p5_control_frames_do_not_cut_each_other(void)
{
    FOR_EACH_ROLE(role)
    {
        for (size_t step = 1; step < 40; step++) {
            wspi_session *session = create(role);
            wire *output = wire_create();
            size_t controls = 0, data = 0;
            for (int i = 0; i < 30; i++) {
                TEST_NOTE("role %d, %zu bytes a write, round %d", (int)role, step, i);
                const char letter[2] = {(char)('a' + i % 26), 0};
                send(session, letter);
                ping(session, letter);
                pong(session, letter);
                write(session, output, step);
            }
            drain(session, output, step);
            char last_control = 0;
            while (output->size > 0) {
                wire_frame frame = wire_take_frame(output);
                CHECK_SIZE(frame.payload->size, 1);
                if (frame.first == 0x81)
                    CHECK_INT(frame.payload->bytes[0], 'a' + data++ % 26);
                else
                    controls++;
                last_control = frame.first == 0x81 ? last_control : (char)frame.payload->bytes[0];
            }
            CHECK_SIZE(data, 30);
            CHECK(controls >= 2 && controls <= 60);
            CHECK_INT(last_control, 'a' + 29 % 26);
        }
    }
}

/* The pieces cover the output in order, and asking twice changes nothing. */
static void output_is_the_same_until_it_is_written(void)
{
    FOR_EACH_ROLE(role)
    {
        wspi_session *session = create(role);
        wire *output = wire_create();
        send(session, "one");
        send(session, "two");
        write(session, output, 3);
        pong(session, "pong");
        wspi_bytes first[WSPI_SESSION_PIECES], second[WSPI_SESSION_PIECES];
        CHECK_SIZE(wspi_session_get_output(session, first), 3);
        CHECK_SIZE(wspi_session_get_output(session, second), 3);
        for (int i = 0; i < 3; i++)
            CHECK_BYTES(second[i].data, second[i].size, first[i].data, first[i].size);
        wspi_session_output_written(session, 0);
        CHECK_SIZE(wspi_session_get_output(session, second), 3);
        drain(session, output, SIZE_MAX);
        check_stream(output, "Tone Opong Ttwo");
    }
}

/* Pongs that wait keep their order behind one on its way, also those of different sizes. */
static void p2_pongs_wait_in_order_behind_one_on_its_way(void)
{
    FOR_EACH_ROLE(role)
    {
        wspi_session *session = create(role);
        wire *output = wire_create();
        pong(session, "1");
        write(session, output, 1);
        pong(session, "2");
        pong(session, "three");
        drain(session, output, 1);
        check_stream(output, "O1 O2 Othree");
        pong(session, "a longer one than before");
        pong(session, "");
        drain(session, output, SIZE_MAX);
        check_stream(output, "Oa longer one than before O");
    }
}

static void p2_a_newer_ping_of_ours_replaces_the_one_that_waits(void)
{
    wspi_session *session = create(WSPI_ROLE_SERVER);
    wire *output = wire_create();
    ping(session, "1");
    ping(session, "2");
    drain(session, output, SIZE_MAX);
    check_stream(output, "P2");
}

static void p3_control_payloads_of_every_size(void)
{
    uint8_t payload[WSPI_CONTROL_PAYLOAD_MAX];
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 5 + 3);
    FOR_EACH_ROLE(role)
    {
        for (size_t size = 0; size <= sizeof(payload); size++) {
            TEST_NOTE("role %d, %zu bytes", (int)role, size);
            wspi_session *session = create(role);
            wire *output = wire_create();
            CHECK_INT(wspi_session_send_ping(session, payload, size), WSP_OK);
            CHECK_INT(wspi_session_send_pong(session, size > 0 ? payload : NULL, size), WSP_OK);
            drain(session, output, 7);
            CHECK_BOOL(output->bytes[1] >= 128, role == WSPI_ROLE_CLIENT);
            session_fixture_check_frame(output, 0x8a, payload, size);
            CHECK_BOOL(output->bytes[1] >= 128, role == WSPI_ROLE_CLIENT);
            session_fixture_check_frame(output, 0x89, payload, size);
        }
    }
}

/* -- the account of what waits (Q3) ------------------------------------------ */

/* What the counters must read when `gone` bytes of these messages' frames are written. */
static void check_account(const wspi_session *session, const size_t *sizes, size_t count, size_t gone)
{
    size_t payload = 0, messages = 0, at = 0;
    for (size_t i = 0; i < count; i++) {
        size_t head = (session->role == WSPI_ROLE_CLIENT ? 6u : 2u) + (sizes[i] > 125 ? 2u : 0u);
        size_t end = at + head + sizes[i];
        payload += gone <= at + head ? sizes[i] : gone < end ? end - gone : 0;
        messages += gone < end ? 1 : 0;
        at = end;
    }
    CHECK_SIZE(wspi_session_get_queued_payload(session), payload);
    CHECK_SIZE(wspi_session_get_queued_messages(session), messages);
}

static void q3_payload_and_messages_are_counted_under_any_split(void)
{
    static const size_t sizes[] = {5, 0, 1, 125, 126, 0, 200};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    static const char zeros[200];
    FOR_EACH_ROLE(role)
    {
        for (size_t step = 1; step < 500; step += step < 20 ? 1 : 37) {
            wspi_session *session = create(role);
            wire *output = wire_create();
            for (size_t i = 0; i < COUNT; i++) {
                CHECK_INT(wspi_session_send(session, zeros, sizes[i], WSP_WRITE_MODE_BINARY), WSP_OK);
                check_account(session, sizes, i + 1, 0);
            }
            CHECK_INT(wspi_session_close(session, 1000, "not counted", 11), WSP_OK);
            check_account(session, sizes, COUNT, 0);
            for (size_t gone = 0, wrote = 1; wrote > 0; gone += wrote) {
                TEST_NOTE("role %d, steps of %zu, %zu bytes gone", (int)role, step, gone);
                check_account(session, sizes, COUNT, gone);
                wrote = write(session, output, step);
            }
        }
    }
}

/* Control frames are no payload, wherever they stand. */
static void q3_control_frames_are_not_counted(void)
{
    FOR_EACH_ROLE(role)
    {
        wspi_session *session = create(role);
        wire *output = wire_create();
        ping(session, "ping");
        pong(session, "pong");
        CHECK_SIZE(wspi_session_get_queued_payload(session), 0);
        send(session, "12345");
        write(session, output, 2);
        CHECK_SIZE(wspi_session_get_queued_payload(session), 5);
        CHECK_SIZE(wspi_session_get_queued_messages(session), 1);
        write(session, output, 2 * (role == WSPI_ROLE_CLIENT ? 6 : 2) + 8 - 2);
        CHECK_SIZE(wspi_session_get_queued_payload(session), 5);
        drain(session, output, 1);
    }
}

/* -- giving up, and memory --------------------------------------------------- */

/* No half of a dropped frame is left over: neither in the counters nor in front of the next frame. */
static void check_sending_after_drop(wspi_session *session)
{
    if (session->closing != WSPI_CLOSING_OPEN)
        return;
    wire *output = wire_create();
    send(session, "one more");
    send(session, "");
    pong(session, "pong");
    CHECK_SIZE(wspi_session_get_queued_payload(session), 8);
    CHECK_SIZE(wspi_session_get_queued_messages(session), 2);
    drain(session, output, 1);
    check_stream(output, "Opong Tone more T");
}

static void drop_output_forgets_everything_at_any_point(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        for (size_t gone = 0; gone < 30; gone++) {
            TEST_NOTE("role %d, %zu bytes gone", (int)role, gone);
            session_fixture *fixture = session_fixture_create(role, 1000);
            wspi_session *session = &fixture->session;
            wire *output = wire_create();
            send(session, "one");
            send(session, "twenty bytes and more");
            write(session, output, gone);
            ping(session, "ping");
            pong(session, "pong");
            if (gone % 2 == 0)
                write(session, output, 1);
            if (gone % 3 == 0)
                CHECK_INT(wspi_session_close(session, 1000, "", 0), WSP_OK);
            wspi_session_drop_output(session);
            CHECK(!wspi_session_has_output(session));
            CHECK_SIZE(write(session, output, SIZE_MAX), 0);
            CHECK_SIZE(wspi_session_get_queued_payload(session), 0);
            CHECK_SIZE(wspi_session_get_queued_messages(session), 0);
            CHECK(allocator->live_bytes <= sizeof(wspi_key_pool));
            /* Reading goes on: what had arrived is still read (design.md section 3). */
            session_fixture_feed_frame(fixture, 0x81, "still read", 10);
            session_fixture_check_events(fixture, "message text \"still read\"\n");
            check_sending_after_drop(session);
            session_fixture_destroy(fixture);
        }
    }
}

static void trim_gives_idle_buffers_back(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    FOR_EACH_ROLE(role)
    {
        session_fixture *fixture = session_fixture_create(role, 100000);
        wspi_session *session = &fixture->session;
        wire *payload = wire_create();
        wire_add_fill(payload, 'x', 60000);
        wire *output = wire_create();
        CHECK_INT(wspi_session_send(session, payload->bytes, payload->size, WSP_WRITE_MODE_TEXT), WSP_OK);
        pong(session, "pong");
        write(session, output, 20);
        wspi_session_trim(session);
        drain(session, output, SIZE_MAX);
        session_fixture_feed_frame(fixture, 0x01, payload->bytes, 50000);
        session_fixture_feed_frame(fixture, 0x80, payload->bytes, 10000);
        wspi_session_trim(session);
        CHECK(allocator->live_bytes <= (role == WSPI_ROLE_CLIENT ? sizeof(wspi_key_pool) : 0));
        CHECK_SIZE(fixture->messages, 1);
        output->size = 0;
        send(session, "and on");
        drain(session, output, 1);
        check_stream(output, "Tand on");
        session_fixture_destroy(fixture);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(f5_messages_of_every_form_of_length),
    TEST_CASE(a_masked_hello_is_the_one_of_the_rfc),
    TEST_CASE(a_fresh_session_has_no_output),
    TEST_CASE(data_is_copied_before_return),
    TEST_CASE(f15_every_frame_has_its_own_key_from_the_generator),
    TEST_CASE(f15_a_server_draws_no_key),
    TEST_CASE(f15_used_keys_are_wiped),
    TEST_CASE(f15_without_randomness_nothing_is_sent),
    TEST_CASE(f15_a_pong_without_randomness_waits),
    TEST_CASE(f15_a_close_without_randomness_waits),
    TEST_CASE(p5_control_frames_go_out_at_the_next_frame_boundary),
    TEST_CASE(p5_a_control_frame_goes_behind_one_on_its_way_and_ahead_of_data),
    TEST_CASE(p5_control_frames_do_not_cut_each_other),
    TEST_CASE(output_is_the_same_until_it_is_written),
    TEST_CASE(p2_pongs_wait_in_order_behind_one_on_its_way),
    TEST_CASE(p2_a_newer_ping_of_ours_replaces_the_one_that_waits),
    TEST_CASE(p3_control_payloads_of_every_size),
    TEST_CASE(q3_payload_and_messages_are_counted_under_any_split),
    TEST_CASE(q3_control_frames_are_not_counted),
    TEST_CASE(drop_output_forgets_everything_at_any_point),
    TEST_CASE(trim_gives_idle_buffers_back),
};

TEST_MAIN(cases)
