/* SPDX-License-Identifier: MIT */

/* The cases of os_contract.h about clock, entropy, connecting and moving bytes. */

#include "os_contract_case.h"

#include <stdlib.h>
#include <string.h>

/* -- clock, entropy, errors ------------------------------------------------ */

void contract_clock_does_not_go_back_and_follows_a_sleep(void)
{
    static const double waits[] = {0.0003, 0.0011, 0.0205};
    contract_begin();
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        TEST_NOTE("%g s", waits[i]);
        double before = wspi_os_now();
        CHECK(wspi_os_now() >= before);
        before = wspi_os_now();
        CHECK(!wspi_poller_wait(NULL, 0, waits[i]));
        CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, waits[i], 5);
    }
}

void contract_random_fills_and_differs(void)
{
    uint8_t a[300];
    uint8_t b[300];
    bool was_set[300] = {false};
    contract_begin();
    for (int round = 0; round < 16; round++) {
        memset(a, 0, sizeof(a));
        CHECK(wspi_os_random(a, sizeof(a)));
        for (size_t i = 0; i < sizeof(a); i++)
            was_set[i] = was_set[i] || a[i] != 0;
    }
    for (size_t i = 0; i < sizeof(a); i++) {
        TEST_NOTE("byte %zu", i);
        CHECK(was_set[i]);
    }
    CHECK(wspi_os_random(b, sizeof(b)));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK(wspi_os_random(b, 0));
}

void contract_error_text_is_appended(void)
{
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    contract_begin();
    wspi_text_begin(&text, room, sizeof(room));
    wspi_text_add(&text, "why: ");
    wspi_os_error_text(123456, &text);
    CHECK_CONTAINS(room, "why: ");
    CHECK(text.size > 5);
}

/* -- connecting ------------------------------------------------------------ */

static void check_connects(wspi_address at)
{
    wspi_address from;
    wspi_address remote;
    int error = 0;
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK(at.port != 0);
    CHECK_INT(contract_connect(&at, &contract_sockets[1], &error), WSPI_IO_OK);
    CHECK_INT(wspi_os_connect_result(contract_sockets[1], &error), WSPI_IO_OK);
    contract_accept(contract_sockets[0], &contract_sockets[2], &from);
    CHECK(wspi_os_remote_address(contract_sockets[1], &remote));
    CHECK(wspi_address_equal(&remote, &at));
    CHECK(wspi_os_remote_address(contract_sockets[2], &remote));
    CHECK(wspi_address_equal(&remote, &from));
    CHECK_INT(from.family, at.family);
    CHECK(wspi_os_set_no_delay(contract_sockets[1], false));
    CHECK(wspi_os_set_no_delay(contract_sockets[1], true));
}

void contract_connects_over_ipv4(void)
{
    contract_begin();
    check_connects(contract_ipv4(1, 0));
}

void contract_connects_over_ipv6(void)
{
    contract_begin();
    if (!contract_port->has_ipv6)
        SKIP("no ::1 here");
    check_connects(contract_ipv6(0));
}

void contract_a_refused_connection_says_so(void)
{
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    int error = 0;
    contract_begin();
    wspi_address to = contract_port->get_refusing();
    CHECK_INT(contract_connect(&to, &contract_sockets[0], &error), WSPI_IO_FAILED);
    wspi_text_begin(&text, room, sizeof(room));
    wspi_os_error_text(error, &text);
    CHECK_CONTAINS(room, "refused");
}

void contract_an_attempt_under_way_waits(void)
{
    int error = 0;
    wspi_address remote;
    contract_begin();
    wspi_address to = contract_port->get_silent();
    CHECK_INT(wspi_os_connect(&to, &contract_sockets[0], &error), WSPI_IO_WAIT);
    CHECK_INT(wspi_os_connect_result(contract_sockets[0], &error), WSPI_IO_WAIT);
    CHECK(!contract_wait_until_ready(contract_sockets[0], false, true, 0.05));
    CHECK_INT(wspi_os_connect_result(contract_sockets[0], &error), WSPI_IO_WAIT);
    CHECK(!wspi_os_remote_address(contract_sockets[0], &remote));
    CHECK_INT(remote.family, 0);
}

void contract_adopts_only_connected_stream_sockets(void)
{
    wspi_address at = contract_ipv4(1, 0);
    int error = 0;
    contract_begin();
    CHECK(!wspi_os_adopt(WSPI_NO_SOCKET));
    CHECK(!wspi_os_adopt(1000000));
    CHECK(!wspi_os_adopt((wspi_socket)INTPTR_MAX));
    contract_open_listener(&at, &contract_sockets[0]);
    CHECK(!wspi_os_adopt(contract_sockets[0]));
    wspi_address silent = contract_port->get_silent();
    CHECK_INT(wspi_os_connect(&silent, &contract_sockets[1], &error), WSPI_IO_WAIT);
    CHECK(!wspi_os_adopt(contract_sockets[1]));
    contract_port->open_pair(&contract_sockets[2]);
    CHECK(wspi_os_adopt(contract_sockets[2]));
    CHECK(wspi_os_adopt(contract_sockets[3]));
    CHECK(!contract_wait_until_ready(contract_sockets[3], true, false, 0));
    contract_send_all(contract_sockets[2], "adopted");
    contract_check_receives(contract_sockets[3], "adopted");
}

/* -- moving bytes ---------------------------------------------------------- */

void contract_pieces_go_out_in_order(void)
{
    const wspi_bytes pieces[WSPI_SEND_MAX] = {
        {(const uint8_t *)"Frame", 5},
        {NULL, 0},
        {(const uint8_t *)" head, ", 7},
        {(const uint8_t *)"pay", 3},
        {NULL, 0},
        {(const uint8_t *)"lo", 2},
        {(const uint8_t *)"a", 1},
        {(const uint8_t *)"d", 1},
    };
    size_t size = 0;
    int error = 0;
    contract_begin();
    contract_open_connection();
    CHECK_INT(wspi_os_send(contract_sockets[0], pieces, WSPI_SEND_MAX, &size, &error), WSPI_IO_OK);
    CHECK_SIZE(size, 19);
    contract_check_receives(contract_sockets[1], "Frame head, payload");
}

void contract_receive_waits_when_nothing_is_there(void)
{
    uint8_t byte;
    size_t size = 0;
    int error = 0;
    contract_begin();
    contract_open_connection();
    CHECK_INT(wspi_os_receive(contract_sockets[0], &byte, 1, &size, &error), WSPI_IO_WAIT);
    CHECK(!contract_wait_until_ready(contract_sockets[0], true, false, 0));
    CHECK(contract_wait_until_ready(contract_sockets[0], false, true, 0));
}

/* Writes until the connection takes no more, then some: what the system had on its way may make room. */
static size_t fill(wspi_socket socket, const uint8_t *bytes, size_t size, bool *out_was_partial)
{
    size_t total = 0;
    do {
        size_t sent = 0;
        int error = 0;
        wspi_io io = contract_send(socket, bytes, size, &sent, &error);
        if (io == WSPI_IO_WAIT)
            continue;
        CHECK_INT(io, WSPI_IO_OK);
        CHECK(sent > 0 && sent <= size);
        *out_was_partial = *out_was_partial || sent < size;
        total += sent;
    } while (contract_wait_until_ready(socket, false, true, 0.1));
    return total;
}

void contract_a_full_connection_takes_a_part_and_then_waits(void)
{
    enum { SIZE = 8 * 1024 * 1024 };
    bool was_partial = false;
    wspi_io io;
    contract_begin();
    contract_open_connection();
    uint8_t *bytes = calloc(1, SIZE);
    CHECK(bytes != NULL);
    size_t sent = fill(contract_sockets[0], bytes, SIZE, &was_partial);
    size_t received = contract_receive_all(contract_sockets[1], bytes, wspi_min(sent, SIZE), &io);
    bool has_room_again =
        contract_wait_until_ready(contract_sockets[0], false, true, CONTRACT_PATIENCE_SECONDS);
    wspi_os_shutdown_send(contract_sockets[0]);
    while (io == WSPI_IO_OK)
        received += contract_receive_all(contract_sockets[1], bytes, SIZE, &io);
    free(bytes);
    CHECK(was_partial);
    CHECK(has_room_again);
    CHECK_INT(io, WSPI_IO_END);
    CHECK_SIZE(received, sent);
}

void contract_an_end_comes_behind_the_bytes_and_stays(void)
{
    int error = 0;
    size_t size = 0;
    contract_begin();
    contract_open_connection();
    contract_send_all(contract_sockets[1], "bye");
    wspi_os_shutdown_send(contract_sockets[1]);
    contract_check_receives(contract_sockets[0], "bye");
    CHECK_INT(contract_receive_outcome(contract_sockets[0], &error), WSPI_IO_END);
    CHECK(contract_wait_until_ready(contract_sockets[0], true, false, 0));
    CHECK_INT(contract_receive_outcome(contract_sockets[0], &error), WSPI_IO_END);
    /* The other direction is still open: a half-closed connection. */
    contract_send_all(contract_sockets[0], "wait");
    contract_check_receives(contract_sockets[1], "wait");
    CHECK_INT(contract_send(contract_sockets[1], "x", 1, &size, &error), WSPI_IO_FAILED);
    CHECK(error != 0);
}

void contract_closing_ends_in_order(void)
{
    int error = 0;
    contract_begin();
    contract_open_connection();
    contract_send_all(contract_sockets[1], "bye");
    wspi_os_close(contract_sockets[1]);
    contract_sockets[1] = WSPI_NO_SOCKET;
    contract_check_receives(contract_sockets[0], "bye");
    CHECK_INT(contract_receive_outcome(contract_sockets[0], &error), WSPI_IO_END);
}

void contract_a_reset_keeps_what_arrived_readable(void)
{
    int error = 0;
    contract_begin();
    contract_open_connection();
    contract_send_all(contract_sockets[1], "close frame");
    contract_wait_readable(contract_sockets[0]);
    contract_port->reset(contract_sockets[1]);
    contract_sockets[1] = WSPI_NO_SOCKET;
    contract_check_receives(contract_sockets[0], "close frame");
    CHECK_INT(contract_receive_outcome(contract_sockets[0], &error), WSPI_IO_FAILED);
    CHECK(error != 0);
}

void contract_sending_after_a_reset_fails_and_stays_failed(void)
{
    int error = 0;
    size_t size = 0;
    wspi_address remote;
    contract_begin();
    contract_open_connection();
    contract_port->reset(contract_sockets[1]);
    contract_sockets[1] = WSPI_NO_SOCKET;
    contract_wait_readable(contract_sockets[0]);
    for (int i = 0; i < 2; i++) {
        error = 0;
        CHECK_INT(contract_send(contract_sockets[0], "x", 1, &size, &error), WSPI_IO_FAILED);
        CHECK(error != 0);
    }
    CHECK(!wspi_os_remote_address(contract_sockets[0], &remote));
}
