/* SPDX-License-Identifier: MIT */
/* A listening socket and its pauses: what the tests of wsp_tcp_server and wsp_server do not reach through
 * them. */
#define _POSIX_C_SOURCE 200809L

#include "net/listener.h"

#include "net/poller.h"
#include "net_fixture.h"
#include "test.h"

#include <sys/resource.h>

static wspi_listener listener;
static struct rlimit files;

static void clean_up(void)
{
    wspi_listener_close(&listener);
    if (files.rlim_cur != 0)
        (void)setrlimit(RLIMIT_NOFILE, &files);
}

static void begin(void)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    listener = WSPI_LISTENER_CLOSED;
    wspi_test_at_case_end(clean_up);
    wspi_text_begin(&why, array, sizeof array);
    wspi_listen_address at = {.address = fixture_ipv4(1, 0)};
    CHECK_INT(wspi_listener_open(&listener, &at, &why), WSP_OK);
    CHECK(listener.port != 0);
}

static void reads_addresses(void)
{
    wspi_address address;
    CHECK(wspi_listener_read_address(NULL, &address));
    CHECK_INT(address.family, 0);
    CHECK(wspi_listener_read_address("*", &address));
    CHECK_INT(address.family, 0);
    CHECK(wspi_listener_read_address("0.0.0.0", &address));
    CHECK_INT(address.family, 4);
    CHECK(wspi_listener_read_address("::1", &address));
    CHECK_INT(address.family, 6);
    CHECK(!wspi_listener_read_address("", &address));
    CHECK(!wspi_listener_read_address("localhost", &address));
}

static void says_why_it_cannot_listen(void)
{
    begin();
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_listener second = WSPI_LISTENER_CLOSED;
    wspi_listen_address at = {.address = fixture_ipv4(1, listener.port)};
    wspi_text_begin(&why, array, sizeof array);
    CHECK_INT(wspi_listener_open(&second, &at, &why), WSP_ERR_ADDRESS_IN_USE);
    CHECK_CONTAINS(array, "127.0.0.1 port ");
    CHECK(second.socket == WSPI_NO_SOCKET);
    wspi_listener_close(&second);
}

/* bad-inputs O4: without descriptors it pauses, and the waiting connection comes when there are some. */
static void pauses_while_descriptors_are_out(void)
{
    begin();
    wspi_address to = fixture_ipv4(1, listener.port);
    wspi_socket client = WSPI_NO_SOCKET;
    wspi_socket taken = WSPI_NO_SOCKET;
    wspi_address from;
    int error = 0;
    CHECK(wspi_os_connect(&to, &client, &error) != WSPI_IO_FAILED);
    wspi_poll_entry entry = {.socket = listener.socket, .wants_read = true};
    CHECK(wspi_poller_wait(&entry, 1, FIXTURE_DEADLINE_SECONDS));
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &files), 0);
    struct rlimit few = {.rlim_cur = 0, .rlim_max = files.rlim_max};
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_INT(wspi_listener_accept(&listener, 100, &taken, &from), WSPI_IO_FAILED);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &files), 0);
    CHECK_DOUBLE_BETWEEN(wspi_listener_get_delay(&listener, 100), 0.099, 0.101);
    CHECK_INT(wspi_listener_accept(&listener, 100.05, &taken, &from), WSPI_IO_WAIT);
    CHECK_INT(wspi_listener_accept(&listener, 100.2, &taken, &from), WSPI_IO_OK);
    CHECK_DOUBLE_BETWEEN(wspi_listener_get_delay(&listener, 100.2), -1, -1);
    wspi_os_close(taken);
    wspi_os_close(client);
}

static const wspi_test_case cases[] = {
    TEST_CASE(reads_addresses),
    TEST_CASE(says_why_it_cannot_listen),
    TEST_CASE(pauses_while_descriptors_are_out),
};

TEST_MAIN(cases)
