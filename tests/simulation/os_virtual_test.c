/* SPDX-License-Identifier: MIT */

/*
 * The virtual port: the contract of os.h and poller.h (os_contract.h), then
 * what os_virtual.h adds to it: time, paths, faults, the plan.
 */

/* fork */
#define _POSIX_C_SOURCE 200809L

#include "net/poller.h"
#include "os_contract.h"
#include "os_virtual.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CONTRACT_CASES 64

static const virtual_fault no_fault = {.kind = VIRTUAL_NO_FAULT};

/* -- the contract ---------------------------------------------------------- */

static void begin(void)
{
    virtual_begin(1);
}

static wspi_address get_refusing(void)
{
    return (wspi_address){.family = 4, .bytes = {127, 0, 0, 1}, .port = 9};
}

static wspi_address get_silent(void)
{
    return (wspi_address){.family = 4, .bytes = {203, 0, 113, 7}, .port = 80};
}

static void deny_sockets(void)
{
    virtual_set_socket_limit(virtual_count_sockets());
}

static void allow_sockets(void)
{
    virtual_set_socket_limit(SIZE_MAX);
}

static void start_signals(void)
{
    virtual_interrupt_after(0.02);
}

static void do_nothing(void)
{
}

static void name_hosts(void)
{
    const wspi_address known[3] = {
        {.family = 4, .bytes = {127, 0, 0, 2}},
        {.family = 6, .bytes = {[15] = 1}},
        {.family = 4, .bytes = {127, 0, 0, 3}},
    };
    virtual_set_name(OS_CONTRACT_KNOWN_NAME, known, 3, 0.5);
    virtual_set_name_failure(OS_CONTRACT_FAILING_NAME, "No such host", 0.5);
}

static const os_contract_port contract_of_virtual = {
    .begin = begin,
    .get_refusing = get_refusing,
    .get_silent = get_silent,
    .open_pair = virtual_socket_pair,
    .reset = virtual_close_with_reset,
    .deny_sockets = deny_sockets,
    .allow_sockets = allow_sockets,
    .start_signals = start_signals,
    .stop_signals = do_nothing,
    .hold_lookups = name_hosts,
    .let_lookups_go = do_nothing,
    .has_ipv6 = true,
};

/* -- helpers --------------------------------------------------------------- */

static wspi_address loopback_port(uint16_t port)
{
    return (wspi_address){.family = 4, .bytes = {127, 0, 0, 1}, .port = port};
}

static wspi_socket listen_at(uint16_t port)
{
    wspi_listen_address at = {.address = loopback_port(port)};
    wspi_socket listener = WSPI_NO_SOCKET;
    uint16_t bound = 0;
    int error = 0;
    CHECK_INT(wspi_os_listen(&at, &listener, &bound, &error), WSP_OK);
    CHECK_INT(bound, port);
    return listener;
}

static bool is_ready_within(wspi_socket socket, bool wants_read, double seconds)
{
    wspi_poll_entry entry = {.socket = socket, .wants_read = wants_read, .wants_write = !wants_read};
    return wspi_poller_wait(&entry, 1, seconds);
}

static wspi_io send_text(wspi_socket socket, const char *text, size_t *out_size)
{
    const wspi_bytes piece = {(const uint8_t *)text, strlen(text)};
    int error = 0;
    return wspi_os_send(socket, &piece, 1, out_size, &error);
}

static void check_sends(wspi_socket socket, const char *text)
{
    size_t size = 0;
    CHECK_INT(send_text(socket, text, &size), WSPI_IO_OK);
    CHECK_SIZE(size, strlen(text));
}

static void check_gets(wspi_socket socket, const char *text)
{
    char seen[64];
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_receive(socket, seen, sizeof(seen), &size, &error), WSPI_IO_OK);
    CHECK_BYTES(seen, size, text, strlen(text));
}

/* What a receive answers that finds no byte, and the error of a failure. */
static wspi_io get_outcome(wspi_socket socket, int *out_error)
{
    uint8_t byte;
    size_t size = 0;
    *out_error = 0;
    return wspi_os_receive(socket, &byte, 1, &size, out_error);
}

static void check_outcome(wspi_socket socket, wspi_io wanted, int wanted_error)
{
    int error = 0;
    CHECK_INT(get_outcome(socket, &error), wanted);
    CHECK_INT(error, wanted_error);
}

static void check_end_is_clean(void)
{
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
}

static void close_both(const wspi_socket ends[2])
{
    wspi_os_close(ends[0]);
    wspi_os_close(ends[1]);
    check_end_is_clean();
}

/* -- time ------------------------------------------------------------------ */

static void reading_the_clock_does_not_move_it(void)
{
    begin();
    double start = wspi_os_now();
    for (int i = 0; i < 50; i++)
        CHECK(wspi_os_now() == start);
    virtual_advance(3600);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 3600, 3600.000001);
}

static void a_program_that_only_watches_the_clock_gets_on(void)
{
    begin();
    double until = wspi_os_now() + 0.1;
    for (size_t readings = 0; wspi_os_now() < until; readings++)
        CHECK(readings < 2 * 1000 * 1000);
}

static void a_program_that_spins_on_polls_gets_on(void)
{
    wspi_socket ends[2];
    begin();
    virtual_set_latency(0.05);
    virtual_socket_pair(ends);
    check_sends(ends[0], "late");
    int error = 0;
    size_t calls = 0;
    while (!is_ready_within(ends[1], true, 0))
        CHECK(++calls < 10000);
    check_gets(ends[1], "late");
    check_sends(ends[0], "late");
    for (calls = 0; get_outcome(ends[1], &error) == WSPI_IO_WAIT;)
        CHECK(++calls < 10000);
    CHECK(calls > 1000);
    close_both(ends);
}

static void a_wait_ends_at_the_moment_of_the_event(void)
{
    wspi_socket ends[2];
    begin();
    virtual_set_latency(0.25);
    virtual_socket_pair(ends);
    check_sends(ends[0], "x");
    double start = wspi_os_now();
    CHECK(is_ready_within(ends[1], true, 100));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.25, 0.2500001);
    close_both(ends);
}

/* -- paths ----------------------------------------------------------------- */

static void a_connection_takes_one_round_trip(void)
{
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    wspi_socket ends[2];
    begin();
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
    begin();
    wspi_address to = loopback_port(80);
    wspi_address foreign = get_silent();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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
    begin();
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

/* -- the machine ----------------------------------------------------------- */

static void calls_fail_when_the_plan_says(void)
{
    begin();
    uint8_t bytes[4];
    virtual_fail_calls(VIRTUAL_CALL_RANDOM, 1, 2);
    CHECK(wspi_os_random(bytes, sizeof(bytes)));
    CHECK(!wspi_os_random(bytes, sizeof(bytes)));
    CHECK(!wspi_os_random(bytes, sizeof(bytes)));
    CHECK(wspi_os_random(bytes, sizeof(bytes)));
    virtual_fail_calls(VIRTUAL_CALL_LOOKUP_START, 0, SIZE_MAX);
    for (int i = 0; i < 3; i++)
        CHECK(wspi_os_lookup_start("a.test") == NULL);
    wspi_address to = loopback_port(80);
    virtual_fail_calls(VIRTUAL_CALL_CONNECT, 0, 1);
    CHECK_INT(get_connect_error(&to, 0), EMFILE);
    CHECK_INT(get_connect_error(&to, 0.002), ECONNREFUSED);
}

static void eight_lookups_run_at_a_time(void)
{
    enum { COUNT = 20 };
    wspi_lookup *lookups[COUNT];
    wspi_address found[4];
    size_t count = 0;
    begin();
    const wspi_address address = loopback_port(77);
    virtual_set_name("slow.test", &address, 1, 1);
    double start = wspi_os_now();
    for (int i = 0; i < COUNT; i++)
        lookups[i] = wspi_os_lookup_start("slow.test");
    /* Given up, the first one holds its place to its end, and the ninth never runs. */
    wspi_os_lookup_release(lookups[0]);
    wspi_os_lookup_release(lookups[8]);
    wspi_os_lookup_wait(lookups[COUNT - 1], -1);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 3, 3.001);
    CHECK_INT(wspi_os_lookup_result(lookups[COUNT - 1], found, 4, &count, NULL), WSPI_IO_OK);
    CHECK_SIZE(count, 1);
    CHECK_INT(found[0].port, 0);
    for (int i = 1; i < COUNT; i++) {
        if (i != 8)
            wspi_os_lookup_release(lookups[i]);
    }
    check_end_is_clean();
}

static void an_unknown_name_fails(void)
{
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_address found;
    size_t count = 0;
    begin();
    wspi_text_begin(&why, room, sizeof(room));
    wspi_lookup *lookup = wspi_os_lookup_start("unknown.test");
    wspi_os_lookup_wait(lookup, -1);
    CHECK_INT(wspi_os_lookup_result(lookup, &found, 1, &count, &why), WSPI_IO_FAILED);
    CHECK_STRING(room, "Name or service not known");
    wspi_os_lookup_release(lookup);
    check_end_is_clean();
}

static void the_end_tells_what_was_not_given_back(void)
{
    begin();
    wspi_socket ends[2];
    virtual_socket_pair(ends);
    listen_at(80);
    CHECK(wspi_os_lookup_start("a.test") != NULL);
    wspi_os_lookup_release(wspi_os_lookup_start("b.test"));
    wspi_os_close(ends[0]);
    CHECK_SIZE(virtual_count_sockets(), 2);
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 2);
    CHECK_SIZE(leaks.lookups, 1);
}

static void close_twice(void)
{
    wspi_socket ends[2];
    virtual_socket_pair(ends);
    wspi_os_close(ends[0]);
    wspi_os_close(ends[0]);
}

static void wait_for_ever(void)
{
    wspi_poller_wait(NULL, 0, -1);
}

static void check_aborts(void (*misuse)(void))
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        begin();
        if (freopen("/dev/null", "w", stderr) != NULL)
            misuse();
        _exit(0);
    }
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void misuse_ends_the_process(void)
{
    check_aborts(close_twice);
    check_aborts(wait_for_ever);
}

/* -- history --------------------------------------------------------------- */

/* A little of everything that chance has a hand in; answers the hash. */
static uint64_t live(uint64_t seed)
{
    uint8_t bytes[32];
    wspi_socket ends[2];
    virtual_begin(seed);
    virtual_vary_paths(true);
    virtual_set_fault_chance(50);
    for (int i = 0; i < 20; i++) {
        virtual_socket_pair(ends);
        CHECK(wspi_os_random(bytes, sizeof(bytes)));
        const wspi_bytes piece = {bytes, sizeof(bytes)};
        size_t size = 0;
        int error = 0;
        (void)wspi_os_send(ends[0], &piece, 1, &size, &error);
        (void)is_ready_within(ends[1], true, 0.5);
        (void)wspi_os_receive(ends[1], bytes, sizeof(bytes), &size, &error);
        virtual_history_note("round %d", i);
        wspi_os_close(ends[0]);
        wspi_os_close(ends[1]);
    }
    check_end_is_clean();
    return virtual_history_hash();
}

static void one_seed_gives_one_history(void)
{
    uint64_t first = live(7);
    char *text = malloc(strlen(virtual_history_text()) + 1);
    CHECK(text != NULL);
    memcpy(text, virtual_history_text(), strlen(virtual_history_text()) + 1);
    uint64_t second = live(7);
    bool is_same_text = strcmp(text, virtual_history_text()) == 0;
    free(text);
    CHECK(first == second);
    CHECK(is_same_text);
    CHECK(live(8) != first);
}

static void the_history_names_calls_with_times_and_sizes(void)
{
    wspi_socket ends[2];
    begin();
    virtual_socket_pair(ends);
    check_sends(ends[0], "abc");
    virtual_advance(0.5);
    check_gets(ends[1], "abc");
    virtual_history_note("test of %s", "notes");
    close_both(ends);
    CHECK_CONTAINS(virtual_history_text(), "1000.000000000 5000 send 3 of 3 ");
    CHECK_CONTAINS(virtual_history_text(), "1000.500000000 5001 receive 3 ");
    CHECK_CONTAINS(virtual_history_text(), "test of notes\n");
    CHECK_CONTAINS(virtual_history_text(), "5001 close\n");
}

static const wspi_test_case our_cases[] = {
    TEST_CASE(reading_the_clock_does_not_move_it),
    TEST_CASE(a_program_that_only_watches_the_clock_gets_on),
    TEST_CASE(a_program_that_spins_on_polls_gets_on),
    TEST_CASE(a_wait_ends_at_the_moment_of_the_event),
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
    TEST_CASE(calls_fail_when_the_plan_says),
    TEST_CASE(eight_lookups_run_at_a_time),
    TEST_CASE(an_unknown_name_fails),
    TEST_CASE(the_end_tells_what_was_not_given_back),
    TEST_CASE(misuse_ends_the_process),
    TEST_CASE(one_seed_gives_one_history),
    TEST_CASE(the_history_names_calls_with_times_and_sizes),
};

int main(int argc, char **argv)
{
    enum { OUR_COUNT = sizeof(our_cases) / sizeof(our_cases[0]) };
    wspi_test_case cases[OUR_COUNT + MAX_CONTRACT_CASES];
    memcpy(cases, our_cases, sizeof(our_cases));
    if (os_contract_case_count > MAX_CONTRACT_CASES)
        return EXIT_FAILURE;
    memcpy(cases + OUR_COUNT, os_contract_cases, os_contract_case_count * sizeof(cases[0]));
    os_contract_use(&contract_of_virtual);
    return wspi_test_main(cases, OUR_COUNT + os_contract_case_count, argc, argv);
}
