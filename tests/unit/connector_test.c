/* SPDX-License-Identifier: MIT */

/*
 * connector.c: the race over several addresses, its clock and its messages.
 * Names are the table's (fake_names.h), sockets are real and on loopback; time
 * is an argument, so that head starts pass without waiting for them.
 */

#define _DEFAULT_SOURCE

#include "failing_allocator.h"
#include "fake_names.h"
#include "net/connector.h"
#include "net_fixture.h"
#include "test.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SOCKETS 8

/* What a case opens, and what the latest step answered. */
static struct {
    wspi_connector *connector;
    wspi_socket sockets[MAX_SOCKETS];
    size_t socket_count;
    fixture_hole hole;
    wspi_socket connected;
    wspi_address address;
    wsp_result result;
    char why[WSPI_MESSAGE_CAPACITY];
} test;

static void clean_up(void)
{
    wspi_connector_destroy(test.connector);
    test.connector = NULL;
    for (size_t i = 0; i < test.socket_count; i++)
        wspi_os_close(test.sockets[i]);
    test.socket_count = 0;
    fixture_hole_close(&test.hole);
    wspi_os_close(test.connected);
    test.connected = WSPI_NO_SOCKET;
}

static void begin(void)
{
    test.connected = WSPI_NO_SOCKET;
    fake_names_begin();
    wspi_test_at_case_end(clean_up);
}

static uint16_t keep(wspi_socket socket, const wspi_address *at)
{
    test.sockets[test.socket_count++] = socket;
    return at->port;
}

static uint16_t listen_at(unsigned last, uint16_t port)
{
    wspi_address at = fixture_ipv4(last, port);
    return keep(fixture_listen(&at), &at);
}

static uint16_t refuse_at(unsigned last, uint16_t port)
{
    wspi_address at = fixture_ipv4(last, port);
    return keep(fixture_reserve(&at), &at);
}

static wspi_connector *create(const char *host, uint16_t port)
{
    char text[WSPI_HOST_MAX + 32];
    (void)snprintf(text, sizeof(text), "ws://%s:%u/", host, (unsigned)port);
    wspi_text why;
    wspi_text_begin(&why, test.why, sizeof(test.why));
    wspi_url url;
    CHECK_INT(wspi_url_parse(text, &url, &why), WSP_OK);
    wspi_connector *connector = wspi_connector_create(&url);
    /* The connector may not look at the URL any more. */
    wspi_url_release(&url);
    memset(&url, 0xee, sizeof(url));
    return connector;
}

static void start(const char *host, uint16_t port)
{
    test.connector = create(host, port);
    CHECK(test.connector != NULL);
}

static wspi_io step(double now)
{
    wspi_text why;
    wspi_text_begin(&why, test.why, sizeof(test.why));
    return wspi_connector_step(test.connector, now, &test.connected, &test.address, &test.result, &why);
}

/* Steps at one time until the outcome is there, or only attempts without an answer are left. */
static wspi_io run_at(double now)
{
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    wspi_io io;
    while ((io = step(now)) == WSPI_IO_WAIT && wspi_connector_is_resolving(test.connector)) {
        if (wspi_os_now() > end)
            FAIL("a lookup did not end");
        wspi_connector_wait(test.connector, now, 1);
    }
    return io;
}

/* Steps at one time until the outcome is there; sockets may have their news meanwhile. */
static wspi_io finish_at(double now)
{
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    wspi_io io;
    while ((io = run_at(now)) == WSPI_IO_WAIT) {
        if (wspi_os_now() > end)
            FAIL("no outcome");
        wspi_poll_entry entries[WSPI_POLL_MAX];
        size_t count = wspi_connector_get_sockets(test.connector, entries);
        wspi_poller_wait(entries, count, 1);
    }
    return io;
}

static wspi_io run_on_the_real_clock(void)
{
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    wspi_io io;
    while ((io = step(wspi_os_now())) == WSPI_IO_WAIT) {
        if (wspi_os_now() > end)
            FAIL("no outcome");
        wspi_connector_wait(test.connector, wspi_os_now(), -1);
    }
    return io;
}

static void check_connected_to(unsigned last, uint16_t port)
{
    wspi_address wanted = fixture_ipv4(last, port);
    CHECK(wspi_address_equal(&test.address, &wanted));
    wspi_address remote;
    CHECK(wspi_os_remote_address(test.connected, &remote));
    CHECK(wspi_address_equal(&remote, &wanted));
    /* bad-inputs O14 */
    int no_delay = 0;
    socklen_t size = sizeof(no_delay);
    CHECK_INT(getsockopt((int)test.connected, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    CHECK(no_delay != 0);
}

static size_t count_sockets(void)
{
    wspi_poll_entry entries[WSPI_POLL_MAX];
    size_t count = wspi_connector_get_sockets(test.connector, entries);
    for (size_t i = 0; i < count; i++) {
        CHECK(entries[i].wants_write);
        CHECK(entries[i].socket != WSPI_NO_SOCKET);
    }
    return count;
}

enum { HOLE_COUNT = WSPI_POLL_MAX + 1 };
static fixture_hole holes[HOLE_COUNT];
static uint16_t hole_port;

static void close_holes(void)
{
    for (size_t i = 0; i < HOLE_COUNT; i++)
        fixture_hole_close(&holes[i]);
}

/* -- outcomes -------------------------------------------------------------- */

static void connects_to_a_literal_without_a_lookup(void)
{
    begin();
    uint16_t port = listen_at(1, 0);
    start("127.0.0.1", port);
    CHECK(!wspi_connector_is_resolving(test.connector));
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 5), 0, 0);
    CHECK_INT(run_on_the_real_clock(), WSPI_IO_OK);
    check_connected_to(1, port);
}

/* bad-inputs O7: localhost is ::1 first, and the server listens on 127.0.0.1 only. */
static void localhost_reaches_a_server_on_ipv4_only(void)
{
    begin();
    uint16_t port = listen_at(1, 0);
    start("localhost", port);
    CHECK(!wspi_connector_is_resolving(test.connector));
    CHECK_INT(finish_at(1), WSPI_IO_OK);
    check_connected_to(1, port);
}

/* bad-inputs O6 */
static void goes_on_at_once_when_an_address_refuses(void)
{
    begin();
    uint16_t port = listen_at(1, 0);
    refuse_at(2, port);
    refuse_at(3, port);
    fake_names_add("three.test", "127.0.0.2 127.0.0.3 127.0.0.1");
    start("three.test", port);
    CHECK(wspi_connector_is_resolving(test.connector));
    /* The time never changes, so no head start can have passed. */
    CHECK_INT(finish_at(1), WSPI_IO_OK);
    check_connected_to(1, port);
}

/* bad-inputs O6 */
static void names_every_address_when_all_refuse(void)
{
    begin();
    uint16_t port = refuse_at(1, 0);
    refuse_at(2, port);
    fake_names_add("two.test", "127.0.0.1 127.0.0.2");
    start("two.test", port);
    CHECK_INT(run_on_the_real_clock(), WSPI_IO_FAILED);
    CHECK_INT(test.result, WSP_ERR_CANT_CONNECT);
    char wanted[WSPI_MESSAGE_CAPACITY];
    const char *reason = strerror(ECONNREFUSED);
    (void)snprintf(wanted, sizeof(wanted),
                   "could not connect to 127.0.0.1 port %u (%s); 127.0.0.2 port %u (%s)", (unsigned)port,
                   reason, (unsigned)port, reason);
    CHECK_STRING(test.why, wanted);
    CHECK_SIZE(count_sockets(), 0);
}

static void a_name_that_does_not_resolve_fails(void)
{
    begin();
    fake_names_add_failure("no-such-host.invalid", EAI_NONAME, 0);
    start("no-such-host.invalid", 9080);
    CHECK_INT(run_on_the_real_clock(), WSPI_IO_FAILED);
    CHECK_INT(test.result, WSP_ERR_CANT_RESOLVE);
    char wanted[WSPI_MESSAGE_CAPACITY];
    (void)snprintf(wanted, sizeof(wanted), "could not resolve no-such-host.invalid: %s",
                   gai_strerror(EAI_NONAME));
    CHECK_STRING(test.why, wanted);
}

static void without_descriptors_it_fails_and_says_so(void)
{
    begin();
    uint16_t port = listen_at(1, 0);
    start("127.0.0.1", port);
    fixture_deny_descriptors();
    CHECK_INT(step(1), WSPI_IO_FAILED);
    fixture_allow_descriptors();
    CHECK_INT(test.result, WSP_ERR_CANT_CONNECT);
    CHECK_CONTAINS(test.why, strerror(EMFILE));
}

/* In a child of its own, because the limit cannot be lifted again; before any thread, as ThreadSanitizer
 * wants it. */
static void without_threads_it_is_out_of_memory(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(2);
        if (setrlimit(RLIMIT_NPROC, &none) != 0)
            _exit(3);
        fake_names_add("some.test", "127.0.0.1");
        start("some.test", 9080);
        if (wspi_connector_is_resolving(test.connector) || wspi_connector_get_delay(test.connector, 1) != 0)
            _exit(4);
        wspi_connector_wait(test.connector, 1, -1); /* there is something to do, so it does not sleep */
        if (step(1) != WSPI_IO_FAILED || test.result != WSP_ERR_OUT_OF_MEMORY)
            _exit(5);
        _exit(strcmp(test.why, "could not resolve some.test: memory or threads are out") == 0 ? 0 : 6);
    }
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
}

static void without_memory_there_is_no_connector(void)
{
    begin();
    wspi_url url = {.host_kind = WSPI_HOST_IPV4, .port = 9080, .address = {127, 0, 0, 1}};
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(1);
    CHECK(wspi_connector_create(&url) == NULL);
    CHECK_SIZE(allocator->failures, 1);
    CHECK_SIZE(allocator->live_blocks, 0);
}

/* -- the race -------------------------------------------------------------- */

static void gives_each_address_a_head_start_of_250_ms(void)
{
    begin();
    wspi_address hole = fixture_ipv4(2, 0);
    fixture_hole_open(&test.hole, &hole);
    uint16_t port = listen_at(1, hole.port);
    fake_names_add("two.test", "127.0.0.2 127.0.0.1");
    start("two.test", port);
    size_t open_before = fixture_count_descriptors();
    CHECK_INT(run_at(100), WSPI_IO_WAIT);
    CHECK_SIZE(count_sockets(), 1);
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 100), 0.2499, 0.2501);
    CHECK_INT(step(100.2), WSPI_IO_WAIT);
    CHECK_SIZE(count_sockets(), 1);
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 100.2), 0.0499, 0.0501);
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 100.3), 0, 0);
    CHECK_INT(finish_at(100.25), WSPI_IO_OK);
    check_connected_to(1, port);
    /* The loser is closed: of the sockets the race opened only the winner is left. */
    CHECK_SIZE(count_sockets(), 0);
    CHECK_SIZE(fixture_count_descriptors(), open_before + 1);
}

/* On the real clock: the wait ends by itself when the head start is over. */
static void a_wait_ends_with_the_head_start(void)
{
    begin();
    wspi_address hole = fixture_ipv4(2, 0);
    fixture_hole_open(&test.hole, &hole);
    uint16_t port = listen_at(1, hole.port);
    fake_names_add("two.test", "127.0.0.2 127.0.0.1");
    double before = wspi_os_now();
    start("two.test", port);
    CHECK_INT(run_on_the_real_clock(), WSPI_IO_OK);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, 0.25, FIXTURE_DEADLINE_SECONDS);
    check_connected_to(1, port);
}

static void a_wait_ends_after_the_time_asked_for(void)
{
    begin();
    wspi_address hole = fixture_ipv4(2, 0);
    fixture_hole_open(&test.hole, &hole);
    start("127.0.0.2", hole.port);
    CHECK_INT(step(100), WSPI_IO_WAIT);
    /* Nothing is left to be started, so nothing but the socket's news calls for a step. */
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 100), -1, -1);
    double before = wspi_os_now();
    wspi_connector_wait(test.connector, 100, 0.03);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, 0.03, FIXTURE_DEADLINE_SECONDS);
}

static void the_failure_of_a_late_attempt_starts_the_next_at_once(void)
{
    begin();
    wspi_address hole = fixture_ipv4(2, 0);
    fixture_hole_open(&test.hole, &hole);
    uint16_t port = listen_at(1, hole.port);
    refuse_at(3, port);
    fake_names_add("three.test", "127.0.0.2 127.0.0.3 127.0.0.1");
    start("three.test", port);
    CHECK_INT(run_at(100), WSPI_IO_WAIT);
    CHECK_SIZE(count_sockets(), 1);
    CHECK_INT(finish_at(100.25), WSPI_IO_OK);
    check_connected_to(1, port);
}

static void runs_no_more_attempts_than_a_wait_can_watch(void)
{
    begin();
    wspi_test_at_case_end(close_holes);
    for (unsigned i = 0; i < HOLE_COUNT; i++) {
        wspi_address at = fixture_ipv4(2 + i, i == 0 ? 0 : hole_port);
        fixture_hole_open(&holes[i], &at);
        hole_port = at.port;
    }
    fake_names_add("nine.test",
                   "127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9 "
                   "127.0.0.10");
    start("nine.test", hole_port);
    CHECK_INT(run_at(100), WSPI_IO_WAIT);
    for (size_t running = 1; running < WSPI_POLL_MAX; running++) {
        CHECK_SIZE(count_sockets(), running);
        CHECK_INT(step(100 + 0.25 * (double)running), WSPI_IO_WAIT);
    }
    CHECK_SIZE(count_sockets(), WSPI_POLL_MAX);
    /* No further attempt, but a foreign event loop watches only one of these: it looks again soon. */
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 102), 0.001, 0.1);
    CHECK_INT(step(200), WSPI_IO_WAIT);
    CHECK_SIZE(count_sockets(), WSPI_POLL_MAX);
}

/* -- giving up ------------------------------------------------------------- */

static void can_be_destroyed_while_resolving(void)
{
    begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    start("slow.test", 9080);
    CHECK_INT(step(1), WSPI_IO_WAIT);
    CHECK(wspi_connector_is_resolving(test.connector));
    CHECK_SIZE(count_sockets(), 0);
    CHECK_DOUBLE_BETWEEN(wspi_connector_get_delay(test.connector, 1), 0.001, 0.1);
    double before = wspi_os_now();
    wspi_connector_wait(test.connector, 1, 0.02);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, 0.02, FIXTURE_DEADLINE_SECONDS);
    fake_names_wait_for_running(1);
    wspi_connector_destroy(test.connector);
    test.connector = NULL;
}

static void can_be_destroyed_while_racing(void)
{
    begin();
    wspi_address hole = fixture_ipv4(2, 0);
    fixture_hole_open(&test.hole, &hole);
    size_t open_before = fixture_count_descriptors();
    start("127.0.0.2", hole.port);
    CHECK_INT(step(1), WSPI_IO_WAIT);
    CHECK_SIZE(fixture_count_descriptors(), open_before + 1);
    wspi_connector_destroy(test.connector);
    test.connector = NULL;
    CHECK_SIZE(fixture_count_descriptors(), open_before);
}

static void destroying_nothing_is_allowed(void)
{
    wspi_connector_destroy(NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(without_threads_it_is_out_of_memory),
    TEST_CASE(connects_to_a_literal_without_a_lookup),
    TEST_CASE(localhost_reaches_a_server_on_ipv4_only),
    TEST_CASE(goes_on_at_once_when_an_address_refuses),
    TEST_CASE(names_every_address_when_all_refuse),
    TEST_CASE(a_name_that_does_not_resolve_fails),
    TEST_CASE(without_descriptors_it_fails_and_says_so),
    TEST_CASE(without_memory_there_is_no_connector),
    TEST_CASE(gives_each_address_a_head_start_of_250_ms),
    TEST_CASE(a_wait_ends_with_the_head_start),
    TEST_CASE(a_wait_ends_after_the_time_asked_for),
    TEST_CASE(the_failure_of_a_late_attempt_starts_the_next_at_once),
    TEST_CASE(runs_no_more_attempts_than_a_wait_can_watch),
    TEST_CASE(can_be_destroyed_while_resolving),
    TEST_CASE(can_be_destroyed_while_racing),
    TEST_CASE(destroying_nothing_is_allowed),
};

TEST_MAIN(cases)
