/* SPDX-License-Identifier: MIT */

/* os_posix.c: listening and accepting, with real sockets on loopback. */

#define _DEFAULT_SOURCE

#include "net_fixture.h"
#include "test.h"

#include <errno.h>

static wsp_result listen_at(wspi_listen_address at, wspi_socket *out_socket, uint16_t *out_port)
{
    int error = 0;
    wsp_result result = wspi_os_listen(&at, out_socket, out_port, &error);
    CHECK_BOOL(result == WSP_OK, error == 0);
    CHECK_BOOL(result == WSP_OK, *out_socket != WSPI_NO_SOCKET);
    return result;
}

static void a_taken_port_is_address_in_use(void)
{
    fixture_begin();
    uint16_t port = 0;
    CHECK_INT(listen_at((wspi_listen_address){.address = fixture_ipv4(1, 0)}, &fixture_sockets[0], &port),
              WSP_OK);
    uint16_t unused = 0;
    CHECK_INT(
        listen_at((wspi_listen_address){.address = fixture_ipv4(1, port)}, &fixture_sockets[1], &unused),
        WSP_ERR_ADDRESS_IN_USE);
    /* Every address includes the taken one, also through the dual-stack socket. */
    CHECK_INT(listen_at((wspi_listen_address){.address = {.port = port}}, &fixture_sockets[1], &unused),
              WSP_ERR_ADDRESS_IN_USE);
}

static void a_foreign_address_is_unavailable(void)
{
    fixture_begin();
    static const uint8_t documentation[4] = {203, 0, 113, 1}; /* RFC 5737; binding sends nothing */
    wspi_listen_address at = {0};
    wspi_address_set(&at.address, 4, documentation, 0);
    uint16_t port = 0;
    CHECK_INT(listen_at(at, &fixture_sockets[0], &port), WSP_ERR_UNAVAILABLE);
}

static void no_descriptor_left_is_unavailable(void)
{
    fixture_begin();
    fixture_deny_descriptors();
    wspi_listen_address at = {.address = fixture_ipv4(1, 0)};
    uint16_t port = 0;
    int errors[2] = {0};
    CHECK_INT(wspi_os_listen(&at, &fixture_sockets[0], &port, &errors[0]), WSP_ERR_UNAVAILABLE);
    CHECK_INT(errors[0], EMFILE);
    CHECK_INT(wspi_os_connect(&at.address, &fixture_sockets[1], &errors[1]), WSPI_IO_FAILED);
    CHECK_INT(errors[1], EMFILE);
}

static void a_dual_stack_listener_reads_ipv4_as_plain_ipv4(void)
{
    fixture_begin();
    uint16_t port = 0;
    CHECK_INT(listen_at((wspi_listen_address){.reuse_port = false}, &fixture_sockets[0], &port), WSP_OK);
    int error = 0;
    wspi_address at = fixture_ipv4(1, port);
    wspi_address from;
    fixture_sockets[1] = fixture_connect(&at, &error);
    fixture_sockets[2] = fixture_accept(fixture_sockets[0], &from);
    CHECK_INT(from.family, 4);
    CHECK_BYTES(from.bytes, 4, at.bytes, 4);
    if (!fixture_has_ipv6())
        SKIP("no ::1 here");
    at = fixture_ipv6(port);
    fixture_sockets[3] = fixture_connect(&at, &error);
    fixture_sockets[4] = fixture_accept(fixture_sockets[0], &from);
    CHECK_INT(from.family, 6);
}

static void listeners_share_a_port_when_all_want_to(void)
{
    fixture_begin();
    uint16_t port = 0;
    wspi_listen_address at = {.address = fixture_ipv4(1, 0), .reuse_port = true};
    if (listen_at(at, &fixture_sockets[0], &port) == WSP_ERR_UNSUPPORTED)
        SKIP("no load-sharing SO_REUSEPORT here");
    at.address.port = port;
    uint16_t same = 0;
    CHECK_INT(listen_at(at, &fixture_sockets[1], &same), WSP_OK);
    CHECK_INT(same, port);
    at.reuse_port = false;
    CHECK_INT(listen_at(at, &fixture_sockets[2], &same), WSP_ERR_ADDRESS_IN_USE);
}

static void accept_waits_when_nobody_comes(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    fixture_sockets[0] = fixture_listen(&at);
    wspi_address from;
    int error = 0;
    CHECK_INT(wspi_os_accept(fixture_sockets[0], &fixture_sockets[1], &from, &error), WSPI_IO_WAIT);
    CHECK_INT(fixture_sockets[1], WSPI_NO_SOCKET);
}

/* Systems differ in whether such a connection shows at all; the listener must work afterwards. (bad-inputs
 * O5) */
static void a_connection_reset_before_accept_does_no_harm(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    fixture_sockets[0] = fixture_listen(&at);
    int error = 0;
    wspi_socket gone = fixture_connect(&at, &error);
    fixture_wait_readable(fixture_sockets[0]);
    fixture_reset(gone);
    fixture_sockets[1] = fixture_connect(&at, &error);
    CHECK(fixture_sockets[1] != WSPI_NO_SOCKET);
    wspi_address from;
    wspi_io io = wspi_os_accept(fixture_sockets[0], &fixture_sockets[2], &from, &error);
    CHECK_INT(io, WSPI_IO_OK);
    uint8_t byte;
    size_t size = 0;
    io = wspi_os_receive(fixture_sockets[2], &byte, 1, &size, &error);
    CHECK(io == WSPI_IO_FAILED || io == WSPI_IO_WAIT);
    if (io == WSPI_IO_FAILED)
        CHECK_INT(wspi_os_accept(fixture_sockets[0], &fixture_sockets[3], &from, &error), WSPI_IO_OK);
}

static void accept_without_descriptors_fails_and_recovers(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    fixture_sockets[0] = fixture_listen(&at);
    int error = 0;
    fixture_sockets[1] = fixture_connect(&at, &error);
    fixture_wait_readable(fixture_sockets[0]);
    fixture_deny_descriptors();
    wspi_address from;
    CHECK_INT(wspi_os_accept(fixture_sockets[0], &fixture_sockets[2], &from, &error), WSPI_IO_FAILED);
    CHECK_INT(error, EMFILE);
    fixture_allow_descriptors();
    CHECK_INT(wspi_os_accept(fixture_sockets[0], &fixture_sockets[2], &from, &error), WSPI_IO_OK);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_taken_port_is_address_in_use),
    TEST_CASE(a_foreign_address_is_unavailable),
    TEST_CASE(no_descriptor_left_is_unavailable),
    TEST_CASE(a_dual_stack_listener_reads_ipv4_as_plain_ipv4),
    TEST_CASE(listeners_share_a_port_when_all_want_to),
    TEST_CASE(accept_waits_when_nobody_comes),
    TEST_CASE(a_connection_reset_before_accept_does_no_harm),
    TEST_CASE(accept_without_descriptors_fails_and_recovers),
};

TEST_MAIN(cases)
