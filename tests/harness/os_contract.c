/* SPDX-License-Identifier: MIT */

/* The table of os_contract.h and what its cases share. */

#include "os_contract_case.h"

#include <string.h>

const os_contract_port *contract_port;

/* Whatever a case opens, closed at its end however it ends. */
wspi_socket contract_sockets[CONTRACT_MAX_SOCKETS];

void os_contract_use(const os_contract_port *used)
{
    contract_port = used;
}

static void close_sockets(void)
{
    for (int i = 0; i < CONTRACT_MAX_SOCKETS; i++) {
        wspi_os_close(contract_sockets[i]);
        contract_sockets[i] = WSPI_NO_SOCKET;
    }
}

void contract_begin(void)
{
    for (int i = 0; i < CONTRACT_MAX_SOCKETS; i++)
        contract_sockets[i] = WSPI_NO_SOCKET;
    contract_port->begin();
    wspi_test_at_case_end(close_sockets);
}

/* -- helpers --------------------------------------------------------------- */

wspi_address contract_ipv4(unsigned last, uint16_t to_port)
{
    const uint8_t bytes[4] = {127, 0, 0, (uint8_t)last};
    wspi_address address;
    wspi_address_set(&address, 4, bytes, to_port);
    return address;
}

wspi_address contract_ipv6(uint16_t to_port)
{
    const uint8_t bytes[16] = {[15] = 1};
    wspi_address address;
    wspi_address_set(&address, 6, bytes, to_port);
    return address;
}

wsp_result contract_listen(wspi_listen_address at, wspi_socket *out_socket, uint16_t *out_port)
{
    int error = 0;
    wsp_result result = wspi_os_listen(&at, out_socket, out_port, &error);
    CHECK_BOOL(*out_socket == WSPI_NO_SOCKET, result != WSP_OK);
    CHECK_BOOL(error == 0, result == WSP_OK);
    return result;
}

void contract_open_listener(wspi_address *address, wspi_socket *out_socket)
{
    CHECK_INT(contract_listen((wspi_listen_address){.address = *address}, out_socket, &address->port),
              WSP_OK);
}

bool contract_wait_until_ready(wspi_socket socket, bool wants_read, bool wants_write, double seconds)
{
    wspi_poll_entry entry = {.socket = socket, .wants_read = wants_read, .wants_write = wants_write};
    bool is_ready = wspi_poller_wait(&entry, 1, seconds);
    CHECK_BOOL(entry.is_ready, is_ready);
    return is_ready;
}

void contract_wait_readable(wspi_socket socket)
{
    if (!contract_wait_until_ready(socket, true, false, CONTRACT_PATIENCE_SECONDS))
        FAIL("nothing to read for %.0f s", CONTRACT_PATIENCE_SECONDS);
}

/* Connects and waits for the outcome; WAIT is not one. */
wspi_io contract_connect(const wspi_address *to, wspi_socket *out_socket, int *out_error)
{
    wspi_io io = wspi_os_connect(to, out_socket, out_error);
    CHECK_BOOL(*out_socket == WSPI_NO_SOCKET, io == WSPI_IO_FAILED);
    if (io != WSPI_IO_WAIT)
        return io;
    if (!contract_wait_until_ready(*out_socket, false, true, CONTRACT_PATIENCE_SECONDS))
        FAIL("no outcome of a connect for %.0f s", CONTRACT_PATIENCE_SECONDS);
    return wspi_os_connect_result(*out_socket, out_error);
}

void contract_accept(wspi_socket listener, wspi_socket *out_socket, wspi_address *out_from)
{
    int error = 0;
    contract_wait_readable(listener);
    CHECK_INT(wspi_os_accept(listener, out_socket, out_from, &error), WSPI_IO_OK);
    CHECK(*out_socket != WSPI_NO_SOCKET);
}

/* contract_sockets[0] connected, contract_sockets[1] accepted. */
void contract_open_connection(void)
{
    wspi_address at = contract_ipv4(1, 0);
    wspi_address from;
    int error = 0;
    contract_open_listener(&at, &contract_sockets[2]);
    CHECK_INT(contract_connect(&at, &contract_sockets[0], &error), WSPI_IO_OK);
    contract_accept(contract_sockets[2], &contract_sockets[1], &from);
    wspi_os_close(contract_sockets[2]);
    contract_sockets[2] = WSPI_NO_SOCKET;
}

wspi_io contract_send(wspi_socket socket, const void *bytes, size_t size, size_t *out_size, int *out_error)
{
    const wspi_bytes piece = {bytes, size};
    return wspi_os_send(socket, &piece, 1, out_size, out_error);
}

void contract_send_all(wspi_socket socket, const char *text)
{
    size_t size = strlen(text);
    for (size_t done = 0; done < size;) {
        size_t sent = 0;
        int error = 0;
        CHECK_INT(contract_send(socket, text + done, size - done, &sent, &error), WSPI_IO_OK);
        CHECK(sent > 0);
        done += sent;
    }
}

/* Receives up to `capacity` bytes; ends early at an end or a failure, which *out_io then tells. */
size_t contract_receive_all(wspi_socket socket, uint8_t *out, size_t capacity, wspi_io *out_io)
{
    size_t total = 0;
    *out_io = WSPI_IO_OK;
    while (total < capacity) {
        size_t size = 0;
        int error = 0;
        *out_io = wspi_os_receive(socket, out + total, capacity - total, &size, &error);
        if (*out_io == WSPI_IO_WAIT) {
            contract_wait_readable(socket);
            continue;
        }
        if (*out_io != WSPI_IO_OK)
            break;
        CHECK(size > 0);
        total += size;
    }
    return total;
}

void contract_check_receives(wspi_socket socket, const char *text)
{
    uint8_t seen[64];
    wspi_io io;
    size_t size = contract_receive_all(socket, seen, strlen(text), &io);
    CHECK_BYTES(seen, size, text, strlen(text));
}

/* What comes next is no byte. */
wspi_io contract_receive_outcome(wspi_socket socket, int *out_error)
{
    uint8_t byte;
    size_t size = 0;
    wspi_io io = wspi_os_receive(socket, &byte, 1, &size, out_error);
    if (io == WSPI_IO_WAIT) {
        contract_wait_readable(socket);
        io = wspi_os_receive(socket, &byte, 1, &size, out_error);
    }
    return io;
}

const wspi_test_case os_contract_cases[] = {
    TEST_CASE(contract_clock_does_not_go_back_and_follows_a_sleep),
    TEST_CASE(contract_random_fills_and_differs),
    TEST_CASE(contract_error_text_is_appended),
    TEST_CASE(contract_connects_over_ipv4),
    TEST_CASE(contract_connects_over_ipv6),
    TEST_CASE(contract_a_refused_connection_says_so),
    TEST_CASE(contract_an_attempt_under_way_waits),
    TEST_CASE(contract_adopts_only_connected_stream_sockets),
    TEST_CASE(contract_pieces_go_out_in_order),
    TEST_CASE(contract_receive_waits_when_nothing_is_there),
    TEST_CASE(contract_a_full_connection_takes_a_part_and_then_waits),
    TEST_CASE(contract_an_end_comes_behind_the_bytes_and_stays),
    TEST_CASE(contract_closing_ends_in_order),
    TEST_CASE(contract_a_reset_keeps_what_arrived_readable),
    TEST_CASE(contract_sending_after_a_reset_fails_and_stays_failed),
    TEST_CASE(contract_a_taken_port_is_address_in_use),
    TEST_CASE(contract_a_foreign_address_is_unavailable),
    TEST_CASE(contract_every_address_is_dual_stack),
    TEST_CASE(contract_one_family_only_where_one_is_named),
    TEST_CASE(contract_listeners_share_a_port_when_all_want_to),
    TEST_CASE(contract_accept_waits_when_nobody_comes),
    TEST_CASE(contract_accept_takes_one_at_a_time),
    TEST_CASE(contract_a_connection_reset_before_accept_does_no_harm),
    TEST_CASE(contract_without_descriptors_calls_fail_and_recover),
    TEST_CASE(contract_zero_seconds_and_no_number_only_look),
    TEST_CASE(contract_readable_only_when_wanted_and_until_read),
    TEST_CASE(contract_marks_the_ready_ones_among_many),
    TEST_CASE(contract_an_error_is_ready_whatever_is_wanted),
    TEST_CASE(contract_a_signal_ends_a_wait_with_nothing_ready),
    TEST_CASE(contract_a_set_answers_the_tokens_of_ready_sockets),
    TEST_CASE(contract_a_lookup_waits_and_answers_in_order),
    TEST_CASE(contract_a_failed_lookup_says_why),
    TEST_CASE(contract_lookups_are_given_up_at_any_time),
};

const size_t os_contract_case_count = sizeof(os_contract_cases) / sizeof(os_contract_cases[0]);
