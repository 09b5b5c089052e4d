/* SPDX-License-Identifier: MIT */

/*
 * Peers under faults that a real network does not deliver on order: deadlines
 * to the millisecond, lines that vanish or stall, resets behind every single
 * byte (bad-inputs O and W rows). Random mixtures are random_history_test.c's.
 */

#include "net/poller.h"
#include "os_virtual.h"
#include "test.h"
#include "wspeer.h"

#include <string.h>

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

enum { PORT = 9080, BIG = 1024 * 1024 };

static struct {
    wsp_tcp_server *listener;
    wsp_peer *client;
    wsp_peer *server;
    unsigned reports[2]; /* final ones, of client and server */
} pair;

static void count_error(wsp_peer *peer, void *user)
{
    (void)user;
    pair.reports[peer == pair.server]++;
}

static void count_closed(wsp_peer *peer, bool was_clean, void *user)
{
    CHECK_BOOL(was_clean, wsp_peer_get_close_code(peer) != -1);
    count_error(peer, user);
}

static void begin(void)
{
    const wsp_peer_handlers handlers = {.connection_error = count_error, .connection_closed = count_closed};
    virtual_begin(1);
    memset(&pair, 0, sizeof(pair));
    pair.listener = wsp_tcp_server_create();
    pair.client = wsp_peer_create();
    pair.server = wsp_peer_create();
    wsp_peer_set_handlers(pair.client, &handlers, NULL);
    wsp_peer_set_handlers(pair.server, &handlers, NULL);
    CHECK_RESULT(wsp_tcp_server_listen(pair.listener, PORT, "*"), WSP_OK);
}

static void end(void)
{
    wsp_peer_destroy(pair.client);
    wsp_peer_destroy(pair.server);
    wsp_tcp_server_destroy(pair.listener);
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
}

static void poll_both(void)
{
    if (wsp_peer_get_ready_state(pair.server) == WSP_STATE_CLOSED &&
        wsp_tcp_server_is_connection_available(pair.listener))
        CHECK_RESULT(wsp_peer_accept_stream(pair.server, wsp_tcp_server_take_connection(pair.listener)),
                     WSP_OK);
    wsp_peer_poll(pair.client);
    wsp_peer_poll(pair.server);
}

/* Frames of a game: a poll, then 5 ms of something else. */
static void run(double seconds)
{
    for (double until = wsp_now() + seconds; wsp_now() < until; virtual_advance(0.005))
        poll_both();
    poll_both();
}

/* Answers how long it took. */
static double run_until(const wsp_peer *peer, wsp_state state, double seconds)
{
    double start = wsp_now();
    for (; wsp_peer_get_ready_state(peer) != state; virtual_advance(0.005)) {
        if (wsp_now() > start + seconds)
            FAIL("state %d did not come, it is %d", (int)state, (int)wsp_peer_get_ready_state(peer));
        poll_both();
    }
    return wsp_now() - start;
}

static void connect_to(const char *url)
{
    CHECK_RESULT(wsp_peer_connect_to_url(pair.client, url, NULL), WSP_OK);
}

static void open_pair(void)
{
    begin();
    connect_to("ws://127.0.0.1:9080/");
    run_until(pair.client, WSP_STATE_OPEN, 5);
    run_until(pair.server, WSP_STATE_OPEN, 5);
}

static void strike(virtual_fault_kind kind, double seconds)
{
    const virtual_fault fault = {.kind = kind, .seconds = seconds};
    virtual_strike(wsp_peer_get_socket(pair.client), &fault);
}

/* -- connecting ------------------------------------------------------------ */

static void an_address_without_answer_ends_at_the_connect_timeout(void)
{
    begin();
    connect_to("ws://203.0.113.9/");
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_CLOSED, 60), 9.99, 10.02);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair.client), "TCP connection");
    end();
}

/* bad-inputs O8 */
static void a_lookup_without_answer_ends_at_the_connect_timeout(void)
{
    begin();
    virtual_set_name_failure("hangs.test", "too late", 60);
    wsp_peer_set_connect_timeout(pair.client, 2);
    connect_to("ws://hangs.test/");
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_CLOSED, 60), 1.99, 2.02);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair.client), "name lookup");
    end();
}

/* RFC 8305 5: the next address gets its turn after 250 ms, or as soon as the one before has failed. */
static void the_next_address_is_tried_in_time(void)
{
    const wspi_address silent[2] = {{.family = 4, .bytes = {203, 0, 113, 9}},
                                    {.family = 4, .bytes = {10, 0, 0, 1}}};
    begin();
    virtual_set_name("game.test", silent, 2, 0);
    connect_to("ws://game.test:9080/");
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_OPEN, 60), 0.25, 0.3);
    CHECK_STRING(wsp_peer_get_connected_host(pair.client), "10.0.0.1");
    end();
    begin();
    virtual_set_name("game.test", silent, 2, 0);
    virtual_set_answer(&silent[0], VIRTUAL_ANSWER_REFUSED, 0);
    connect_to("ws://game.test:9080/");
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_OPEN, 60), 0, 0.05);
    end();
}

static void every_failed_address_is_named(void)
{
    const wspi_address addresses[2] = {{.family = 4, .bytes = {203, 0, 113, 9}},
                                       {.family = 4, .bytes = {10, 0, 0, 1}}};
    begin();
    virtual_set_name("game.test", addresses, 2, 0);
    virtual_set_answer(&addresses[0], VIRTUAL_ANSWER_UNREACHABLE, 0);
    connect_to("ws://game.test:7/");
    run_until(pair.client, WSP_STATE_CLOSED, 60);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_CANT_CONNECT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair.client), "203.0.113.9 port 7 (Network is unreachable)");
    CHECK_CONTAINS(wsp_peer_get_error_message(pair.client), "10.0.0.1 port 7 (Connection refused)");
    end();
}

static void accepting_goes_on_when_descriptors_are_back(void)
{
    begin();
    connect_to("ws://127.0.0.1:9080/");
    wsp_peer_poll(pair.client);
    virtual_set_socket_limit(virtual_count_sockets());
    run(3);
    CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_CLOSED);
    virtual_set_socket_limit(SIZE_MAX);
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_OPEN, 60), 0, 0.2);
    end();
}

static void without_entropy_nothing_is_sent_unmasked(void)
{
    begin();
    virtual_fail_calls(VIRTUAL_CALL_RANDOM, 0, 1);
    CHECK(wsp_peer_connect_to_url(pair.client, "ws://127.0.0.1:9080/", NULL) != WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_CLOSED);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair.client), "random");
    connect_to("ws://127.0.0.1:9080/");
    run_until(pair.client, WSP_STATE_OPEN, 5);
    virtual_fail_calls(VIRTUAL_CALL_RANDOM, 0, 1);
    CHECK(wsp_peer_send_text(pair.client, "never") != WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair.client, "sent"), WSP_OK);
    run(1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair.server), 1);
    CHECK_STRING((const char *)wsp_peer_get_packet(pair.server, NULL), "sent");
    end();
}

/* -- lines that fail ------------------------------------------------------- */

static void a_heartbeat_notices_a_vanished_line(void)
{
    open_pair();
    wsp_peer_set_heartbeat_interval(pair.server, 2);
    run(20);
    CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_OPEN);
    strike(VIRTUAL_VANISH, 0);
    CHECK_DOUBLE_BETWEEN(run_until(pair.server, WSP_STATE_CLOSED, 60), 2, 4.1);
    CHECK_RESULT(wsp_peer_get_error(pair.server), WSP_ERR_TIMEOUT);
    /* Without one nobody can know. */
    run(500);
    CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_OPEN);
    end();
}

static void a_stall_shorter_than_the_heartbeat_loses_nothing(void)
{
    open_pair();
    wsp_peer_set_heartbeat_interval(pair.server, 2);
    wsp_peer_set_heartbeat_interval(pair.client, 2);
    CHECK_RESULT(wsp_peer_send_text(pair.client, "before"), WSP_OK);
    strike(VIRTUAL_STALL, 1.9);
    CHECK_RESULT(wsp_peer_send_text(pair.client, "during"), WSP_OK);
    run(30);
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair.server), 2);
    CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_OPEN);
    CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_OPEN);
    end();
}

static void a_game_that_paused_loses_no_connection(void)
{
    open_pair();
    wsp_peer_set_heartbeat_interval(pair.server, 1);
    wsp_peer_set_heartbeat_interval(pair.client, 1);
    for (int i = 0; i < 20; i++) {
        virtual_advance(100 + i);
        run(0.5 * i);
        CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_OPEN);
        CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_OPEN);
    }
    end();
}

static void a_full_queue_is_no_silence(void)
{
    open_pair();
    CHECK_RESULT(wsp_peer_close(pair.client, -1, NULL), WSP_OK);
    run_until(pair.server, WSP_STATE_CLOSED, 5);
    wsp_peer_set_max_queued_packets(pair.server, 1);
    wsp_peer_set_heartbeat_interval(pair.server, 1);
    connect_to("ws://127.0.0.1:9080/");
    run_until(pair.client, WSP_STATE_OPEN, 5);
    for (int i = 0; i < 10; i++)
        CHECK_RESULT(wsp_peer_send(pair.client, &i, sizeof(i), WSP_WRITE_MODE_BINARY), WSP_OK);
    run(600);
    for (int i = 0; i < 10; i++) {
        CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_OPEN);
        CHECK_SIZE(wsp_peer_get_available_packet_count(pair.server), 1);
        CHECK_BYTES(wsp_peer_get_packet(pair.server, NULL), sizeof(i), &i, sizeof(i));
        run(5);
    }
    CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_OPEN);
    end();
}

static void what_arrived_before_a_reset_is_read_after_a_failed_send(void)
{
    open_pair();
    CHECK_RESULT(wsp_peer_send_text(pair.server, "one"), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair.server, "two"), WSP_OK);
    virtual_advance(1);
    strike(VIRTUAL_RESET, 0);
    CHECK_RESULT(wsp_peer_send_text(pair.client, "lost"), WSP_ERR_NOT_OPEN);
    CHECK_INT(wsp_peer_get_ready_state(pair.client), WSP_STATE_OPEN);
    run_until(pair.client, WSP_STATE_CLOSED, 1);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_CONNECTION_LOST);
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair.client), 2);
    CHECK_STRING((const char *)wsp_peer_get_packet(pair.client, NULL), "one");
    CHECK_STRING((const char *)wsp_peer_get_packet(pair.client, NULL), "two");
    end();
}

/* -- closing --------------------------------------------------------------- */

static void a_close_without_answer_ends_at_the_close_timeout(void)
{
    open_pair();
    strike(VIRTUAL_VANISH, 0);
    CHECK_RESULT(wsp_peer_close(pair.client, 1000, "bye"), WSP_OK);
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_CLOSED, 60), 4.99, 5.02);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_TIMEOUT);
    CHECK_INT(wsp_peer_get_close_code(pair.client), -1);
    end();
}

/* A line of 10 KB/s, with little of it out of sight. */
static void open_slow_pair(void)
{
    begin();
    virtual_path path = virtual_default_path();
    path.bandwidth[VIRTUAL_TO_SERVER] = 10e3;
    path.segment_size = 500;
    path.buffer_size = 2000;
    virtual_set_path(&path);
    connect_to("ws://127.0.0.1:9080/");
    run_until(pair.client, WSP_STATE_OPEN, 5);
    wsp_peer_set_close_timeout(pair.client, 2);
}

static void progress_extends_the_close_timeout_up_to_ten_times(void)
{
    static uint8_t bytes[BIG];
    open_slow_pair();
    CHECK_RESULT(wsp_peer_send(pair.client, bytes, 100 * 1000, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair.client, 1000, ""), WSP_OK);
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_CLOSED, 60), 9.9, 11);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_OK);
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair.server), 1);
    end();
    open_slow_pair();
    CHECK_RESULT(wsp_peer_send(pair.client, bytes, 400 * 1000, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair.client, 1000, ""), WSP_OK);
    CHECK_DOUBLE_BETWEEN(run_until(pair.client, WSP_STATE_CLOSED, 60), 19.99, 20.02);
    CHECK_RESULT(wsp_peer_get_error(pair.client), WSP_ERR_TIMEOUT);
    end();
}

/* -- every byte ------------------------------------------------------------ */

/* One short life with one fault, after which both peers must end: connect, a message each way, close. Answers
 * how the client's end was. */
static wsp_result live_with(const virtual_fault *fault)
{
    begin();
    virtual_set_fault(fault);
    wsp_peer_set_connect_timeout(pair.client, 0.05);
    wsp_peer_set_connect_timeout(pair.server, 0.05);
    wsp_peer_set_close_timeout(pair.client, 1);
    wsp_peer_set_close_timeout(pair.server, 1);
    wsp_peer_set_heartbeat_interval(pair.server, 1);
    connect_to("ws://127.0.0.1:9080/");
    run(0.1);
    (void)wsp_peer_send_text(pair.client, "from the client");
    (void)wsp_peer_send_text(pair.server, "from the server");
    run(0.1);
    (void)wsp_peer_close(pair.client, 1000, "done");
    run_until(pair.client, WSP_STATE_CLOSED, 12);
    run(3);
    CHECK_INT(wsp_peer_get_ready_state(pair.server), WSP_STATE_CLOSED);
    CHECK_INT(pair.reports[0], 1);
    CHECK(pair.reports[1] <= 1);
    if (wsp_peer_get_close_code(pair.client) != -1)
        CHECK_SIZE(wsp_peer_get_available_packet_count(pair.client), 1);
    if (wsp_peer_get_close_code(pair.server) != -1)
        CHECK_SIZE(wsp_peer_get_available_packet_count(pair.server), 1);
    wsp_result error = wsp_peer_get_error(pair.client);
    end();
    return error;
}

/* Answers how many of the lives ended otherwise than in order. */
static size_t sweep(virtual_fault_kind kind, double seconds)
{
    size_t failures = 0;
    for (unsigned direction = VIRTUAL_TO_CLIENT; direction <= VIRTUAL_TO_SERVER; direction++) {
        for (size_t bytes = 1; bytes < 300; bytes++) {
            const virtual_fault fault = {
                .kind = kind, .after_bytes = bytes, .direction = direction, .seconds = seconds};
            TEST_NOTE("after %zu bytes to the %s", bytes,
                      direction == VIRTUAL_TO_CLIENT ? "client" : "server");
            failures += live_with(&fault) != WSP_OK;
        }
    }
    return failures;
}

static void a_reset_behind_any_byte_ends_both_sides(void)
{
    CHECK(sweep(VIRTUAL_RESET, 0) > 300);
}

static void vanishing_behind_any_byte_ends_both_sides(void)
{
    CHECK(sweep(VIRTUAL_VANISH, 0) > 300);
}

static void a_stall_behind_any_byte_does_no_harm(void)
{
    CHECK_SIZE(sweep(VIRTUAL_STALL, 0.02), 0);
}

/* Nothing is lost between two bytes, whatever the segments and the sizes of calls. (bad-inputs O3) */
static void one_byte_at_a_time_is_enough(void)
{
    begin();
    virtual_path path = virtual_default_path();
    path.segment_size = 1;
    path.send_max = 1;
    path.receive_max = 1;
    path.buffer_size = 3;
    virtual_set_path(&path);
    connect_to("ws://127.0.0.1:9080/");
    run_until(pair.client, WSP_STATE_OPEN, 9);
    CHECK_RESULT(wsp_peer_send_text(pair.client, "h\xc3\xa9llo"), WSP_OK);
    run(1);
    CHECK_STRING((const char *)wsp_peer_get_packet(pair.server, NULL), "h\xc3\xa9llo");
    CHECK_RESULT(wsp_peer_close(pair.server, 3001, "bit by bit"), WSP_OK);
    run_until(pair.client, WSP_STATE_CLOSED, 5);
    run_until(pair.server, WSP_STATE_CLOSED, 5);
    CHECK_INT(wsp_peer_get_close_code(pair.client), 3001);
    CHECK_STRING(wsp_peer_get_close_reason(pair.client), "bit by bit");
    CHECK_INT(wsp_peer_get_close_code(pair.server), 3001);
    end();
}

static const wspi_test_case cases[] = {
    TEST_CASE(an_address_without_answer_ends_at_the_connect_timeout),
    TEST_CASE(a_lookup_without_answer_ends_at_the_connect_timeout),
    TEST_CASE(the_next_address_is_tried_in_time),
    TEST_CASE(every_failed_address_is_named),
    TEST_CASE(accepting_goes_on_when_descriptors_are_back),
    TEST_CASE(without_entropy_nothing_is_sent_unmasked),
    TEST_CASE(a_heartbeat_notices_a_vanished_line),
    TEST_CASE(a_stall_shorter_than_the_heartbeat_loses_nothing),
    TEST_CASE(a_game_that_paused_loses_no_connection),
    TEST_CASE(a_full_queue_is_no_silence),
    TEST_CASE(what_arrived_before_a_reset_is_read_after_a_failed_send),
    TEST_CASE(a_close_without_answer_ends_at_the_close_timeout),
    TEST_CASE(progress_extends_the_close_timeout_up_to_ten_times),
    TEST_CASE(a_reset_behind_any_byte_ends_both_sides),
    TEST_CASE(vanishing_behind_any_byte_ends_both_sides),
    TEST_CASE(a_stall_behind_any_byte_does_no_harm),
    TEST_CASE(one_byte_at_a_time_is_enough),
};

TEST_MAIN(cases)
