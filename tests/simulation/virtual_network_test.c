/* SPDX-License-Identifier: MIT */

/* The virtual network: what paths, ends and faults do to bytes and attempts, to the microsecond. */

#include "virtual_fixture.h"

#include <errno.h>

/* -- paths ----------------------------------------------------------------- */

static void a_connection_takes_one_round_trip(void)
{
    virtual_begin(1);
    virtual_set_latency(0.1);
    wspi_socket ends[2];
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    int error = 0;
    double start = wspi_os_now();
    CHECK_INT(wspi_os_connect(&to, &ends[0], &error), WSPI_IO_WAIT);
    CHECK(is_ready_within(ends[0], false, 10));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.2, 0.2000001);
    CHECK_INT(wspi_os_connect_result(ends[0], &error), WSPI_IO_OK);
    CHECK(!is_ready_within(listener, true, 0));
    CHECK(is_ready_within(listener, true, 10));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.3, 0.3000001);
    wspi_address from;
    CHECK_INT(wspi_os_accept(listener, &ends[1], &from, &error), WSPI_IO_OK);
    CHECK(virtual_get_no_delay(ends[1]));
    CHECK(!virtual_get_no_delay(ends[0]));
    wspi_os_close(listener);
    close_both(ends);
}

static void without_latency_everything_is_there_at_once(void)
{
    virtual_begin(1);
    virtual_set_latency(0);
    wspi_socket ends[2];
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    wspi_address from;
    int error = 0;
    double start = wspi_os_now();
    CHECK_INT(wspi_os_connect(&to, &ends[0], &error), WSPI_IO_OK);
    CHECK_INT(wspi_os_accept(listener, &ends[1], &from, &error), WSPI_IO_OK);
    check_sends(ends[0], "now");
    check_gets(ends[1], "now");
    CHECK(wspi_os_now() == start);
    wspi_os_close(listener);
    close_both(ends);
}

static void bandwidth_and_segments_space_bytes_out(void)
{
    virtual_begin(1);
    virtual_path path = virtual_default_path();
    path.latency[VIRTUAL_TO_SERVER] = 0.5;
    path.bandwidth[VIRTUAL_TO_SERVER] = 10;
    path.segment_size = 2;
    virtual_set_path(&path);
    wspi_socket ends[2];
    virtual_socket_pair(ends);
    double start = wspi_os_now();
    check_sends(ends[0], "abcdef");
    static const char *const parts[] = {"ab", "cd", "ef"};
    for (int i = 0; i < 3; i++) {
        CHECK(is_ready_within(ends[1], true, 10));
        CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.699 + 0.2 * i, 0.701 + 0.2 * i);
        check_gets(ends[1], parts[i]);
    }
    close_both(ends);
}

static void jitter_never_reorders(void)
{
    virtual_begin(1);
    virtual_path path = virtual_default_path();
    path.jitter = 1;
    path.segment_size = 1;
    virtual_set_path(&path);
    wspi_socket ends[2];
    virtual_socket_pair(ends);
    check_sends(ends[0], "in this very order");
    wspi_os_shutdown_send(ends[0]);
    char seen[32] = "";
    size_t total = 0;
    int error = 0;
    for (;;) {
        size_t size = 0;
        CHECK(is_ready_within(ends[1], true, 10));
        wspi_io io = wspi_os_receive(ends[1], seen + total, sizeof(seen) - total, &size, &error);
        if (io == WSPI_IO_END)
            break;
        CHECK_INT(io, WSPI_IO_OK);
        total += size;
    }
    CHECK_BYTES(seen, total, "in this very order", 18);
    close_both(ends);
}

static void calls_are_split_as_the_path_says(void)
{
    virtual_begin(1);
    virtual_path path = virtual_default_path();
    path.send_max = 3;
    path.receive_max = 2;
    virtual_set_path(&path);
    wspi_socket ends[2];
    size_t size = 0;
    virtual_socket_pair(ends);
    CHECK_INT(send_text(ends[0], "abcdef", &size), WSPI_IO_OK);
    CHECK_SIZE(size, 3);
    CHECK(is_ready_within(ends[1], true, 1));
    check_gets(ends[1], "ab");
    check_gets(ends[1], "c");
    close_both(ends);
}

static void a_direction_holds_what_the_path_says(void)
{
    virtual_begin(1);
    virtual_path path = virtual_default_path();
    path.buffer_size = 4;
    path.latency[VIRTUAL_TO_CLIENT] = 0.2;
    virtual_set_path(&path);
    wspi_socket ends[2];
    size_t size = 0;
    virtual_socket_pair(ends);
    CHECK_INT(send_text(ends[0], "abcdef", &size), WSPI_IO_OK);
    CHECK_SIZE(size, 4);
    CHECK(!is_ready_within(ends[0], false, 100));
    CHECK_INT(send_text(ends[0], "ef", &size), WSPI_IO_WAIT);
    check_gets(ends[1], "abcd");
    double start = wspi_os_now();
    CHECK(is_ready_within(ends[0], false, 100));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.2, 0.2000001);
    check_sends(ends[0], "ef");
    close_both(ends);
}

/* -- ends ------------------------------------------------------------------ */

static void closing_with_unread_bytes_resets_the_other_side(void)
{
    wspi_socket ends[2];
    int error = 0;
    virtual_begin(1);
    virtual_socket_pair(ends);
    check_sends(ends[0], "never read");
    virtual_advance(1);
    wspi_os_close(ends[1]);
    CHECK(is_ready_within(ends[0], true, 1));
    CHECK_INT(get_outcome(ends[0], &error), WSPI_IO_FAILED);
    CHECK_INT(error, ECONNRESET);
    wspi_os_close(ends[0]);
    check_end_is_clean();
}

static void bytes_behind_a_close_are_answered_by_a_reset(void)
{
    wspi_socket ends[2];
    int error = 0;
    size_t size = 0;
    virtual_begin(1);
    virtual_socket_pair(ends);
    wspi_os_close(ends[1]);
    virtual_advance(1);
    CHECK_INT(get_outcome(ends[0], &error), WSPI_IO_END);
    check_sends(ends[0], "too late");
    virtual_advance(1);
    CHECK_INT(send_text(ends[0], "x", &size), WSPI_IO_FAILED);
    CHECK_INT(get_outcome(ends[0], &error), WSPI_IO_END);
    wspi_os_close(ends[0]);
    check_end_is_clean();
}

static void a_reset_is_told_once(void)
{
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_socket_pair(ends);
    virtual_close_with_reset(ends[1]);
    virtual_advance(1);
    check_outcome(ends[0], WSPI_IO_FAILED, ECONNRESET);
    check_outcome(ends[0], WSPI_IO_END, 0);
    wspi_os_close(ends[0]);
    check_end_is_clean();
}

/* -- faults ---------------------------------------------------------------- */

static void a_reset_strikes_behind_the_byte(void)
{
    const virtual_fault fault = {.kind = VIRTUAL_RESET, .after_bytes = 5, .direction = VIRTUAL_TO_SERVER};
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_set_fault(&fault);
    virtual_socket_pair(ends);
    check_sends(ends[0], "123");
    check_sends(ends[0], "45678");
    virtual_advance(1);
    check_gets(ends[1], "12345");
    check_outcome(ends[1], WSPI_IO_FAILED, ECONNRESET);
    check_outcome(ends[0], WSPI_IO_FAILED, ECONNRESET);
    close_both(ends);
}

static void a_reset_strikes_at_its_time(void)
{
    const virtual_fault fault = {.kind = VIRTUAL_RESET, .after_seconds = 2};
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_set_fault(&fault);
    virtual_socket_pair(ends);
    virtual_set_fault(NULL);
    double start = wspi_os_now();
    CHECK(is_ready_within(ends[1], true, 100));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 2, 2.000001);
    check_outcome(ends[1], WSPI_IO_FAILED, ECONNRESET);
    close_both(ends);
}

static void after_vanishing_nothing_arrives_until_the_system_gives_up(void)
{
    const virtual_fault fault = {.kind = VIRTUAL_VANISH};
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_socket_pair(ends);
    virtual_strike(ends[0], &fault);
    check_sends(ends[0], "lost");
    wspi_os_shutdown_send(ends[0]);
    CHECK(!is_ready_within(ends[1], true, 900));
    CHECK(!is_ready_within(ends[0], true, 0));
    CHECK(is_ready_within(ends[0], true, 100));
    check_outcome(ends[0], WSPI_IO_FAILED, ETIMEDOUT);
    check_outcome(ends[1], WSPI_IO_WAIT, 0);
    close_both(ends);
}

static void after_a_stall_everything_comes_in_order(void)
{
    const virtual_fault fault = {.kind = VIRTUAL_STALL, .seconds = 30};
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_socket_pair(ends);
    check_sends(ends[0], "before ");
    virtual_strike(ends[1], &fault);
    check_sends(ends[0], "during ");
    virtual_advance(20);
    check_sends(ends[0], "end");
    wspi_os_shutdown_send(ends[0]);
    CHECK(!is_ready_within(ends[1], true, 9.9));
    virtual_advance(1);
    check_gets(ends[1], "before during end");
    check_outcome(ends[1], WSPI_IO_END, 0);
    close_both(ends);
}

static void no_fault_is_no_fault(void)
{
    const virtual_fault no_fault = {.kind = VIRTUAL_NO_FAULT};
    wspi_socket ends[2];
    virtual_begin(1);
    virtual_set_fault(&no_fault);
    virtual_socket_pair(ends);
    check_sends(ends[0], "fine");
    virtual_advance(1000);
    check_gets(ends[1], "fine");
    close_both(ends);
}

/* -- connecting ------------------------------------------------------------ */

/* Connects and answers the error of the failure, which comes after `seconds`. */
static int get_connect_error(const wspi_address *to, double seconds)
{
    wspi_socket socket;
    int error = 0;
    double start = wspi_os_now();
    wspi_io io = wspi_os_connect(to, &socket, &error);
    if (io == WSPI_IO_WAIT) {
        CHECK(is_ready_within(socket, false, 1000));
        io = wspi_os_connect_result(socket, &error);
        wspi_os_close(socket);
    }
    CHECK_INT(io, WSPI_IO_FAILED);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, seconds, seconds + 0.0001);
    return error;
}

static void attempts_end_as_the_plan_says(void)
{
    virtual_begin(1);
    wspi_address to = loopback_port(80);
    wspi_address foreign = (wspi_address){.family = 4, .bytes = {203, 0, 113, 7}, .port = 80};
    wspi_address every = {0};
    wspi_socket listener = listen_at(80);
    CHECK_INT(get_connect_error(&foreign, 127), ETIMEDOUT);
    virtual_set_answer(&to, VIRTUAL_ANSWER_REFUSED, 3);
    CHECK_INT(get_connect_error(&to, 3.002), ECONNREFUSED);
    virtual_set_answer(&every, VIRTUAL_ANSWER_UNREACHABLE, 0);
    CHECK_INT(get_connect_error(&foreign, 0), ENETUNREACH);
    virtual_set_answer(&to, VIRTUAL_ANSWER_NONE, 0);
    CHECK_INT(get_connect_error(&to, 127), ETIMEDOUT);
    virtual_set_answer(&to, VIRTUAL_ANSWER_NORMAL, 0);
    wspi_os_close(listener);
    CHECK_INT(get_connect_error(&to, 0.002), ECONNREFUSED);
    check_end_is_clean();
}

static void a_full_backlog_makes_attempts_wait(void)
{
    virtual_begin(1);
    virtual_set_backlog(1);
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    wspi_address from;
    wspi_socket ends[3];
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &ends[0], &error), WSPI_IO_WAIT);
    CHECK(is_ready_within(ends[0], false, 1));
    double start = wspi_os_now();
    CHECK_INT(wspi_os_connect(&to, &ends[1], &error), WSPI_IO_WAIT);
    CHECK(!is_ready_within(ends[1], false, 0.5));
    CHECK_INT(wspi_os_accept(listener, &ends[2], &from, &error), WSPI_IO_OK);
    CHECK(is_ready_within(ends[1], false, 100));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 1, 1.1);
    CHECK_INT(wspi_os_connect_result(ends[1], &error), WSPI_IO_OK);
    for (int i = 0; i < 3; i++)
        wspi_os_close(ends[i]);
    wspi_os_close(listener);
    check_end_is_clean();
}

static void check_accept_of_a_reset_connection(bool is_shown)
{
    virtual_begin(1);
    virtual_set_accept_shows_reset(is_shown);
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    wspi_address from;
    wspi_socket ends[2];
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &ends[0], &error), WSPI_IO_WAIT);
    CHECK(is_ready_within(listener, true, 1));
    virtual_close_with_reset(ends[0]);
    virtual_advance(1);
    CHECK_BOOL(is_ready_within(listener, true, 0), is_shown);
    CHECK_INT(wspi_os_accept(listener, &ends[1], &from, &error), is_shown ? WSPI_IO_OK : WSPI_IO_WAIT);
    if (is_shown)
        check_outcome(ends[1], WSPI_IO_FAILED, ECONNRESET);
    wspi_os_close(ends[1]);
    wspi_os_close(listener);
    check_end_is_clean();
}

static void accept_skips_a_reset_connection_or_shows_it(void)
{
    check_accept_of_a_reset_connection(false);
    check_accept_of_a_reset_connection(true);
}

static void an_attempt_given_up_leaves_no_connection_to_accept(void)
{
    virtual_begin(1);
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    wspi_socket end;
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &end, &error), WSPI_IO_WAIT);
    wspi_os_close(end);
    CHECK(!is_ready_within(listener, true, 10));
    wspi_os_close(listener);
    check_end_is_clean();
}

static void closing_a_listener_resets_what_waits(void)
{
    virtual_begin(1);
    wspi_socket listener = listen_at(80);
    wspi_address to = loopback_port(80);
    wspi_socket end;
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &end, &error), WSPI_IO_WAIT);
    virtual_advance(1);
    CHECK_INT(wspi_os_connect_result(end, &error), WSPI_IO_OK);
    wspi_os_close(listener);
    virtual_advance(1);
    check_outcome(end, WSPI_IO_FAILED, ECONNRESET);
    wspi_os_close(end);
    check_end_is_clean();
}

static void without_ipv6_every_address_is_ipv4(void)
{
    virtual_begin(1);
    virtual_set_ipv6(false);
    wspi_listen_address at = {.address = {.port = 80}};
    wspi_address to = {.family = 6, .bytes = {[15] = 1}, .port = 80};
    wspi_address to4 = loopback_port(80);
    wspi_socket listener;
    wspi_socket end;
    uint16_t port = 0;
    int error = 0;
    CHECK_INT(wspi_os_listen(&at, &listener, &port, &error), WSP_OK);
    CHECK_INT(get_connect_error(&to, 0), EAFNOSUPPORT);
    CHECK_INT(wspi_os_connect(&to4, &end, &error), WSPI_IO_WAIT);
    CHECK(is_ready_within(listener, true, 1));
    wspi_os_close(end);
    wspi_os_close(listener);
    at.address = to;
    CHECK_INT(wspi_os_listen(&at, &listener, &port, &error), WSP_ERR_UNAVAILABLE);
    check_end_is_clean();
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_connection_takes_one_round_trip),
    TEST_CASE(without_latency_everything_is_there_at_once),
    TEST_CASE(bandwidth_and_segments_space_bytes_out),
    TEST_CASE(jitter_never_reorders),
    TEST_CASE(calls_are_split_as_the_path_says),
    TEST_CASE(a_direction_holds_what_the_path_says),
    TEST_CASE(closing_with_unread_bytes_resets_the_other_side),
    TEST_CASE(bytes_behind_a_close_are_answered_by_a_reset),
    TEST_CASE(a_reset_is_told_once),
    TEST_CASE(a_reset_strikes_behind_the_byte),
    TEST_CASE(a_reset_strikes_at_its_time),
    TEST_CASE(after_vanishing_nothing_arrives_until_the_system_gives_up),
    TEST_CASE(after_a_stall_everything_comes_in_order),
    TEST_CASE(no_fault_is_no_fault),
    TEST_CASE(attempts_end_as_the_plan_says),
    TEST_CASE(a_full_backlog_makes_attempts_wait),
    TEST_CASE(accept_skips_a_reset_connection_or_shows_it),
    TEST_CASE(an_attempt_given_up_leaves_no_connection_to_accept),
    TEST_CASE(closing_a_listener_resets_what_waits),
    TEST_CASE(without_ipv6_every_address_is_ipv4),
};

TEST_MAIN(cases)
