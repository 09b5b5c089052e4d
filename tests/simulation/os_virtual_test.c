/* SPDX-License-Identifier: MIT */

/*
 * The virtual port: the contract of os.h and poller.h (os_contract.h), then
 * what os_virtual.h adds to it: time, the machine, the history. The network is
 * virtual_network_test.c's.
 */

/* fork */
#define _POSIX_C_SOURCE 200809L

#include "os_contract.h"
#include "virtual_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CONTRACT_CASES 64

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
    wspi_socket socket;
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &socket, &error), WSPI_IO_FAILED);
    CHECK_INT(error, EMFILE);
    CHECK_INT(wspi_os_connect(&to, &socket, &error), WSPI_IO_WAIT);
    wspi_os_close(socket);
    check_end_is_clean();
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
