/* SPDX-License-Identifier: MIT */

/* stream.c: the public wsp_stream_* functions. */

#define _DEFAULT_SOURCE

#include "failing_allocator.h"
#include "memory_stream.h"
#include "net_fixture.h"
#include "test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* A blocking connection as a program brings it along. */
static void open_foreign_pair(wspi_socket ends[2])
{
    fixture_pair(ends);
    for (int i = 0; i < 2; i++) {
        int flags = fcntl((int)ends[i], F_GETFL);
        CHECK_INT(fcntl((int)ends[i], F_SETFL, flags & ~O_NONBLOCK), 0);
        CHECK_INT(fcntl((int)ends[i], F_SETFD, 0), 0);
    }
    CHECK(wspi_os_set_no_delay(ends[0], false));
}

static void a_foreign_socket_becomes_a_stream(void)
{
    wspi_socket ends[2];
    open_foreign_pair(ends);
    wspi_address remote;
    CHECK(wspi_os_remote_address(ends[0], &remote));
    wsp_stream *stream = wsp_stream_from_socket(ends[0]);
    CHECK(stream != NULL);
    CHECK((fcntl((int)ends[0], F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl((int)ends[0], F_GETFD) & FD_CLOEXEC) != 0);
    int no_delay = 0;
    socklen_t size = sizeof(no_delay);
    CHECK_INT(getsockopt((int)ends[0], IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    CHECK(no_delay != 0);
    CHECK_STRING(wsp_stream_get_connected_host(stream), "127.0.0.1");
    CHECK_INT(wsp_stream_get_connected_port(stream), remote.port);
    wsp_stream_destroy(stream);
    CHECK_INT(fcntl((int)ends[0], F_GETFD), -1);
    wspi_os_close(ends[1]);
}

static void a_socket_without_an_address_becomes_a_stream(void)
{
    int ends[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    wsp_stream *stream = wsp_stream_from_socket(ends[0]);
    CHECK(stream != NULL);
    CHECK_STRING(wsp_stream_get_connected_host(stream), "");
    CHECK_INT(wsp_stream_get_connected_port(stream), 0);
    wsp_stream_destroy(stream);
    close(ends[1]);
}

static void what_is_no_connected_stream_is_refused_and_left_alone(void)
{
    wspi_address at = fixture_ipv4(1, 0);
    int fds[3] = {open("/dev/null", O_RDONLY), socket(AF_INET, SOCK_DGRAM, 0), (int)fixture_listen(&at)};
    CHECK(wsp_stream_from_socket(-1) == NULL);
    CHECK(wsp_stream_from_socket(INTPTR_MAX) == NULL);
    for (int i = 0; i < 3; i++) {
        TEST_NOTE("descriptor %d", i);
        CHECK(wsp_stream_from_socket(fds[i]) == NULL);
        CHECK(fcntl(fds[i], F_GETFD) >= 0);
        close(fds[i]);
    }
}

static void without_memory_a_foreign_socket_is_left_alone(void)
{
    wspi_socket ends[2];
    open_foreign_pair(ends);
    wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(1);
    CHECK(wsp_stream_from_socket(ends[0]) == NULL);
    CHECK((fcntl((int)ends[0], F_GETFL) & O_NONBLOCK) == 0);
    CHECK((fcntl((int)ends[0], F_GETFD) & FD_CLOEXEC) == 0);
    wspi_os_close(ends[0]);
    wspi_os_close(ends[1]);
}

static void no_stream_has_neutral_values(void)
{
    CHECK_STRING(wsp_stream_get_connected_host(NULL), "");
    CHECK_INT(wsp_stream_get_connected_port(NULL), 0);
    wsp_stream_destroy(NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_foreign_socket_becomes_a_stream),
    TEST_CASE(a_socket_without_an_address_becomes_a_stream),
    TEST_CASE(what_is_no_connected_stream_is_refused_and_left_alone),
    TEST_CASE(without_memory_a_foreign_socket_is_left_alone),
    TEST_CASE(no_stream_has_neutral_values),
};

TEST_MAIN(cases)
