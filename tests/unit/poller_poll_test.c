/* SPDX-License-Identifier: MIT */

/* poller_poll.c: the guarantees of poller.h over poll(2), with real sockets. */

#define _DEFAULT_SOURCE

#include "net/poller.h"
#include "net_fixture.h"
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

static wspi_socket sockets[2];

static void close_sockets(void)
{
    for (int i = 0; i < 2; i++) {
        wspi_os_close(sockets[i]);
        sockets[i] = WSPI_NO_SOCKET;
    }
}

static void open_pair(void)
{
    fixture_pair(sockets);
    wspi_test_at_case_end(close_sockets);
}

static void send_byte(wspi_socket socket)
{
    const wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(socket, &piece, 1, &size, &error), WSPI_IO_OK);
}

static void zero_seconds_only_looks(void)
{
    open_pair();
    wspi_poll_entry entry = {.socket = sockets[0], .wants_read = true, .is_ready = true};
    double start = wspi_os_now();
    CHECK(!wspi_poller_wait(&entry, 1, 0));
    CHECK(!entry.is_ready);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0, 1);
}

/* Rounded down to milliseconds, none of these would sleep at all, or not long enough. */
static void sleeps_at_least_as_long_as_asked(void)
{
    static const double waits[] = {0.0003, 0.0009, 0.0011, 0.0205};
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        TEST_NOTE("%g s", waits[i]);
        double start = wspi_os_now();
        CHECK(!wspi_poller_wait(NULL, 0, waits[i]));
        CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, waits[i], 5);
    }
}

static void a_time_that_is_no_number_does_not_sleep(void)
{
    double zero = 0;
    CHECK(!wspi_poller_wait(NULL, 0, zero / zero));
}

static void reports_readable_only_when_wanted(void)
{
    open_pair();
    send_byte(sockets[1]);
    fixture_wait_readable(sockets[0]);
    wspi_poll_entry entry = {.socket = sockets[0]};
    CHECK(!wspi_poller_wait(&entry, 1, 0));
    entry.wants_read = true;
    CHECK(wspi_poller_wait(&entry, 1, -1));
    CHECK(entry.is_ready);
}

static void reports_again_what_is_not_dealt_with(void)
{
    open_pair();
    send_byte(sockets[1]);
    wspi_poll_entry entry = {.socket = sockets[0], .wants_read = true};
    for (int i = 0; i < 3; i++)
        CHECK(wspi_poller_wait(&entry, 1, FIXTURE_DEADLINE_SECONDS));
}

static void marks_the_ready_ones_among_many(void)
{
    open_pair();
    send_byte(sockets[1]);
    fixture_wait_readable(sockets[0]);
    wspi_poll_entry entries[WSPI_POLL_MAX];
    for (size_t i = 0; i < WSPI_POLL_MAX; i++)
        entries[i] = (wspi_poll_entry){.socket = WSPI_NO_SOCKET, .wants_read = true, .wants_write = true};
    entries[3] = (wspi_poll_entry){.socket = sockets[1], .wants_read = true};
    entries[7] = (wspi_poll_entry){.socket = sockets[0], .wants_read = true};
    CHECK(wspi_poller_wait(entries, WSPI_POLL_MAX, 0));
    for (size_t i = 0; i < WSPI_POLL_MAX; i++)
        CHECK_BOOL(entries[i].is_ready, i == 7);
}

static void an_end_counts_as_readable(void)
{
    open_pair();
    wspi_os_shutdown_send(sockets[1]);
    wspi_poll_entry entry = {.socket = sockets[0], .wants_read = true};
    CHECK(wspi_poller_wait(&entry, 1, FIXTURE_DEADLINE_SECONDS));
    CHECK(entry.is_ready);
}

static void an_error_is_reported_whatever_is_wanted(void)
{
    open_pair();
    fixture_reset(sockets[1]);
    sockets[1] = WSPI_NO_SOCKET;
    fixture_wait_readable(sockets[0]);
    wspi_poll_entry entry = {.socket = sockets[0]};
    CHECK(wspi_poller_wait(&entry, 1, 0));
    CHECK(entry.is_ready);
}

static void works_above_fd_setsize(void)
{
    open_pair();
    wspi_socket high = fixture_duplicate_above_fd_setsize(sockets[0]);
    wspi_os_close(sockets[0]);
    sockets[0] = high;
    wspi_poll_entry entry = {.socket = high, .wants_read = true};
    CHECK(!wspi_poller_wait(&entry, 1, 0));
    send_byte(sockets[1]);
    CHECK(wspi_poller_wait(&entry, 1, FIXTURE_DEADLINE_SECONDS));
    CHECK(entry.is_ready);
}

static void ignore_alarm(int number)
{
    (void)number;
}

static void a_signal_ends_the_wait(void)
{
    open_pair();
    struct sigaction action;
    struct sigaction before;
    memset(&action, 0, sizeof(action));
    action.sa_handler = ignore_alarm;
    action.sa_flags = SA_RESTART;
    CHECK_INT(sigaction(SIGALRM, &action, &before), 0);
    /* Repeated, because the first one may come before the wait has begun. */
    const struct itimerval often = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}};
    const struct itimerval never = {.it_value = {0}};
    setitimer(ITIMER_REAL, &often, NULL);
    wspi_poll_entry entry = {.socket = sockets[0], .wants_read = true, .is_ready = true};
    bool is_ready = wspi_poller_wait(&entry, 1, -1);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    CHECK(!is_ready);
    CHECK(!entry.is_ready);
}

static const wspi_test_case cases[] = {
    TEST_CASE(zero_seconds_only_looks),
    TEST_CASE(sleeps_at_least_as_long_as_asked),
    TEST_CASE(a_time_that_is_no_number_does_not_sleep),
    TEST_CASE(reports_readable_only_when_wanted),
    TEST_CASE(reports_again_what_is_not_dealt_with),
    TEST_CASE(marks_the_ready_ones_among_many),
    TEST_CASE(an_end_counts_as_readable),
    TEST_CASE(an_error_is_reported_whatever_is_wanted),
    TEST_CASE(works_above_fd_setsize),
    TEST_CASE(a_signal_ends_the_wait),
};

TEST_MAIN(cases)
