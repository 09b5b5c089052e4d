/* SPDX-License-Identifier: MIT */

/* The cases of os_contract.h about listening and accepting. */

#include "os_contract_case.h"

/* -- listening ------------------------------------------------------------- */

void contract_a_taken_port_is_address_in_use(void)
{
    uint16_t taken = 0;
    uint16_t unused = 0;
    contract_begin();
    CHECK_INT(
        contract_listen((wspi_listen_address){.address = contract_ipv4(1, 0)}, &contract_sockets[0], &taken),
        WSP_OK);
    CHECK_INT(contract_listen((wspi_listen_address){.address = contract_ipv4(1, taken)}, &contract_sockets[1],
                              &unused),
              WSP_ERR_ADDRESS_IN_USE);
    CHECK_INT(
        contract_listen((wspi_listen_address){.address = {.port = taken}}, &contract_sockets[1], &unused),
        WSP_ERR_ADDRESS_IN_USE);
    CHECK_INT(contract_listen((wspi_listen_address){.address = contract_ipv4(2, taken)}, &contract_sockets[1],
                              &unused),
              WSP_OK);
    CHECK_INT(unused, taken);
    wspi_os_close(contract_sockets[0]);
    contract_sockets[0] = WSPI_NO_SOCKET;
    CHECK_INT(contract_listen((wspi_listen_address){.address = contract_ipv4(1, taken)}, &contract_sockets[0],
                              &unused),
              WSP_OK);
}

void contract_a_foreign_address_is_unavailable(void)
{
    static const uint8_t documentation[4] = {203, 0, 113, 1}; /* RFC 5737; binding sends nothing */
    wspi_listen_address at = {.reuse_port = false};
    uint16_t unused = 0;
    contract_begin();
    wspi_address_set(&at.address, 4, documentation, 0);
    CHECK_INT(contract_listen(at, &contract_sockets[0], &unused), WSP_ERR_UNAVAILABLE);
}

void contract_every_address_is_dual_stack(void)
{
    wspi_address from;
    uint16_t bound = 0;
    int error = 0;
    contract_begin();
    CHECK_INT(contract_listen((wspi_listen_address){.reuse_port = false}, &contract_sockets[0], &bound),
              WSP_OK);
    wspi_address to = contract_ipv4(1, bound);
    CHECK_INT(contract_connect(&to, &contract_sockets[1], &error), WSPI_IO_OK);
    contract_accept(contract_sockets[0], &contract_sockets[2], &from);
    CHECK_INT(from.family, 4);
    CHECK_BYTES(from.bytes, 4, to.bytes, 4);
    if (!contract_port->has_ipv6)
        SKIP("no ::1 here");
    to = contract_ipv6(bound);
    CHECK_INT(contract_connect(&to, &contract_sockets[3], &error), WSPI_IO_OK);
    contract_accept(contract_sockets[0], &contract_sockets[4], &from);
    CHECK_INT(from.family, 6);
}

void contract_one_family_only_where_one_is_named(void)
{
    uint16_t bound = 0;
    uint16_t same = 0;
    int error = 0;
    contract_begin();
    if (!contract_port->has_ipv6)
        SKIP("no ::1 here");
    CHECK_INT(contract_listen((wspi_listen_address){.address = {.family = 6}}, &contract_sockets[0], &bound),
              WSP_OK);
    wspi_address to = contract_ipv4(1, bound);
    CHECK_INT(contract_connect(&to, &contract_sockets[1], &error), WSPI_IO_FAILED);
    CHECK_INT(contract_listen((wspi_listen_address){.address = {.family = 4, .port = bound}},
                              &contract_sockets[2], &same),
              WSP_OK);
    CHECK_INT(contract_connect(&to, &contract_sockets[3], &error), WSPI_IO_OK);
}

void contract_listeners_share_a_port_when_all_want_to(void)
{
    uint16_t bound = 0;
    uint16_t same = 0;
    wspi_listen_address at = {.address = contract_ipv4(1, 0), .reuse_port = true};
    contract_begin();
    if (contract_listen(at, &contract_sockets[0], &bound) == WSP_ERR_UNSUPPORTED)
        SKIP("no load-sharing listeners here");
    at.address.port = bound;
    CHECK_INT(contract_listen(at, &contract_sockets[1], &same), WSP_OK);
    CHECK_INT(same, bound);
    at.reuse_port = false;
    CHECK_INT(contract_listen(at, &contract_sockets[2], &same), WSP_ERR_ADDRESS_IN_USE);
}

void contract_accept_waits_when_nobody_comes(void)
{
    wspi_address at = contract_ipv4(1, 0);
    wspi_address from;
    int error = 0;
    contract_begin();
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK_INT(wspi_os_accept(contract_sockets[0], &contract_sockets[1], &from, &error), WSPI_IO_WAIT);
    CHECK_INT(contract_sockets[1], WSPI_NO_SOCKET);
    CHECK(!contract_wait_until_ready(contract_sockets[0], true, true, 0));
}

void contract_accept_takes_one_at_a_time(void)
{
    wspi_address at = contract_ipv4(1, 0);
    wspi_address from[2];
    int error = 0;
    contract_begin();
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK_INT(contract_connect(&at, &contract_sockets[1], &error), WSPI_IO_OK);
    CHECK_INT(contract_connect(&at, &contract_sockets[2], &error), WSPI_IO_OK);
    contract_send_all(contract_sockets[1], "first");
    contract_send_all(contract_sockets[2], "second");
    contract_accept(contract_sockets[0], &contract_sockets[3], &from[0]);
    contract_accept(contract_sockets[0], &contract_sockets[4], &from[1]);
    CHECK(!wspi_address_equal(&from[0], &from[1]));
    contract_check_receives(contract_sockets[3], "first");
    contract_check_receives(contract_sockets[4], "second");
}

/* Systems differ in whether such a connection shows at all; the listener must work afterwards. */
void contract_a_connection_reset_before_accept_does_no_harm(void)
{
    wspi_address at = contract_ipv4(1, 0);
    wspi_address from;
    int error = 0;
    contract_begin();
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK_INT(contract_connect(&at, &contract_sockets[1], &error), WSPI_IO_OK);
    contract_wait_readable(contract_sockets[0]);
    contract_port->reset(contract_sockets[1]);
    contract_sockets[1] = WSPI_NO_SOCKET;
    CHECK_INT(contract_connect(&at, &contract_sockets[1], &error), WSPI_IO_OK);
    contract_send_all(contract_sockets[1], "here");
    contract_accept(contract_sockets[0], &contract_sockets[2], &from);
    uint8_t seen[4];
    wspi_io io;
    if (contract_receive_all(contract_sockets[2], seen, 4, &io) == 0) {
        CHECK_INT(io, WSPI_IO_FAILED);
        contract_accept(contract_sockets[0], &contract_sockets[3], &from);
        CHECK_SIZE(contract_receive_all(contract_sockets[3], seen, 4, &io), 4);
    }
    CHECK_BYTES(seen, 4, "here", 4);
}

void contract_without_descriptors_calls_fail_and_recover(void)
{
    wspi_address at = contract_ipv4(1, 0);
    wspi_address from;
    uint16_t unused = 0;
    int errors[3] = {0};
    contract_begin();
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK_INT(contract_connect(&at, &contract_sockets[1], &errors[0]), WSPI_IO_OK);
    contract_wait_readable(contract_sockets[0]);
    contract_port->deny_sockets();
    CHECK_INT(wspi_os_accept(contract_sockets[0], &contract_sockets[2], &from, &errors[0]), WSPI_IO_FAILED);
    CHECK_INT(wspi_os_connect(&at, &contract_sockets[2], &errors[1]), WSPI_IO_FAILED);
    CHECK_INT(contract_sockets[2], WSPI_NO_SOCKET);
    wsp_result result =
        contract_listen((wspi_listen_address){.address = contract_ipv4(1, 0)}, &contract_sockets[3], &unused);
    /* Still readable: the connection was not lost. */
    CHECK(contract_wait_until_ready(contract_sockets[0], true, false, 0));
    contract_port->allow_sockets();
    CHECK_INT(result, WSP_ERR_UNAVAILABLE);
    CHECK(errors[0] != 0 && errors[0] == errors[1]);
    CHECK_INT(wspi_os_accept(contract_sockets[0], &contract_sockets[2], &from, &errors[0]), WSPI_IO_OK);
}
