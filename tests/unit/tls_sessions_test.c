/* SPDX-License-Identifier: MIT */
/* tls_sessions.c: one session a host and port, taken once, and never more than a few. */
#include "failing_allocator.h"
#include "net/tls_sessions.h"
#include "test.h"

#include <stdio.h>

static wspi_tls_sessions sessions;

static void clean_up(void)
{
    wspi_tls_sessions_release(&sessions);
    sessions = (wspi_tls_sessions){0};
}

static SSL_SESSION *put(const char *host, uint16_t port)
{
    SSL_SESSION *session = SSL_SESSION_new();
    CHECK(wspi_tls_sessions_put(&sessions, host, port, session));
    return session;
}

static void a_session_is_found_by_host_and_port_and_taken_once(void)
{
    wspi_test_at_case_end(clean_up);
    CHECK(wspi_tls_sessions_take(&sessions, "a", 1) == NULL);
    SSL_SESSION *a1 = put("a", 1);
    put("a", 2);
    put("b", 1);
    CHECK(wspi_tls_sessions_take(&sessions, "b", 2) == NULL);
    CHECK(wspi_tls_sessions_take(&sessions, "a", 1) == a1);
    SSL_SESSION_free(a1);
    CHECK(wspi_tls_sessions_take(&sessions, "a", 1) == NULL);
    CHECK_SIZE(sessions.count, 2);
}

static void a_newer_session_replaces_the_older(void)
{
    wspi_test_at_case_end(clean_up);
    put("a", 1);
    SSL_SESSION *second = put("a", 1);
    CHECK_SIZE(sessions.count, 1);
    CHECK(wspi_tls_sessions_take(&sessions, "a", 1) == second);
    SSL_SESSION_free(second);
}

static void the_oldest_goes_when_there_are_too_many(void)
{
    wspi_test_at_case_end(clean_up);
    for (uint16_t port = 0; port <= WSPI_TLS_SESSIONS_MAX; port++)
        put("host", port);
    CHECK_SIZE(sessions.count, WSPI_TLS_SESSIONS_MAX);
    CHECK(wspi_tls_sessions_take(&sessions, "host", 0) == NULL);
    SSL_SESSION *last = wspi_tls_sessions_take(&sessions, "host", WSPI_TLS_SESSIONS_MAX);
    CHECK(last != NULL);
    SSL_SESSION_free(last);
}

static void without_memory_nothing_is_kept(void)
{
    wspi_test_at_case_end(clean_up);
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    SSL_SESSION *session = SSL_SESSION_new();
    for (size_t n = 1; n <= 2; n++) {
        wspi_test_failing_allocator_fail_at(n);
        CHECK(!wspi_tls_sessions_put(&sessions, "host", 1, session));
        CHECK_SIZE(allocator->failures, 1);
        CHECK_SIZE(sessions.count, 0);
        clean_up();
        CHECK_SIZE(allocator->live_blocks, 0);
    }
    SSL_SESSION_free(session);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_session_is_found_by_host_and_port_and_taken_once),
    TEST_CASE(a_newer_session_replaces_the_older),
    TEST_CASE(the_oldest_goes_when_there_are_too_many),
    TEST_CASE(without_memory_nothing_is_kept),
};

TEST_MAIN(cases)
