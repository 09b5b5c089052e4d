/* SPDX-License-Identifier: MIT */
/* Shared readiness over real sockets: who is ready is known to all members after one question to the system.
 */
#include "loopback.h"

#include "net/stream.h"

#include <string.h>

enum { PEERS = 100 };

static wsp_tcp_server *listener;
static wspi_socket others[PEERS];
static wsp_stream *streams[PEERS];

static void clean_up(void)
{
    for (int i = 0; i < PEERS; i++) {
        wsp_stream_destroy(streams[i]);
        wspi_os_close(others[i]);
        streams[i] = NULL;
        others[i] = WSPI_NO_SOCKET;
    }
    wsp_tcp_server_destroy(listener);
    listener = NULL;
}

static void begin(int count)
{
    for (int i = 0; i < PEERS; i++)
        others[i] = WSPI_NO_SOCKET;
    wspi_test_at_case_end(clean_up);
    listener = wsp_tcp_server_create();
    CHECK(listener != NULL);
    CHECK_RESULT(wsp_tcp_server_set_shared_readiness(listener, true), WSP_OK);
    CHECK_RESULT(wsp_tcp_server_listen(listener, 0, "127.0.0.1"), WSP_OK);
    wspi_address to = {.family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_tcp_server_get_local_port(listener)};
    for (int i = 0; i < count; i++) {
        int error = 0;
        CHECK(wspi_os_connect(&to, &others[i], &error) != WSPI_IO_FAILED);
        wspi_poll_entry entry = {.socket = wsp_tcp_server_get_socket(listener), .wants_read = true};
        CHECK(wspi_poller_wait(&entry, 1, 10));
        streams[i] = wsp_tcp_server_take_connection(listener);
        CHECK(streams[i] != NULL);
    }
}

static void send_byte(int i)
{
    wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t sent = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(others[i], &piece, 1, &sent, &error), WSPI_IO_OK);
    wspi_poll_entry entry = {.socket = streams[i]->socket, .wants_read = true};
    CHECK(wspi_poller_wait(&entry, 1, 10));
}

static wspi_io read_one(int i)
{
    uint8_t byte;
    size_t size = 0;
    return wspi_stream_read(streams[i], &byte, 1, &size);
}

static void every_ready_stream_is_found_by_one_refresh(void)
{
    begin(PEERS);
    for (int i = 0; i < PEERS; i++)
        CHECK_INT(read_one(i), WSPI_IO_WAIT);
    for (int i = 0; i < PEERS; i += 3)
        send_byte(i);
    (void)wsp_tcp_server_is_connection_available(listener);
    for (int i = 0; i < PEERS; i++)
        CHECK_INT(read_one(i), i % 3 == 0 ? WSPI_IO_OK : WSPI_IO_WAIT);
}

static void a_stream_known_to_be_idle_is_not_read(void)
{
    begin(1);
    CHECK_INT(read_one(0), WSPI_IO_WAIT);
    send_byte(0);
    /* The byte is in the socket, but nobody has asked the system yet. */
    CHECK_INT(read_one(0), WSPI_IO_WAIT);
    wspi_stream_begin_turn(streams[0]);
    wspi_stream_begin_turn(streams[0]);
    CHECK_INT(read_one(0), WSPI_IO_OK);
}

static void a_stream_polled_twice_refreshes_by_itself(void)
{
    begin(2);
    wspi_stream_begin_turn(streams[0]);
    CHECK_INT(read_one(0), WSPI_IO_WAIT);
    send_byte(0);
    wspi_stream_begin_turn(streams[0]);
    CHECK_INT(read_one(0), WSPI_IO_OK);
}

static void what_is_left_unread_is_found_again(void)
{
    begin(1);
    CHECK_INT(read_one(0), WSPI_IO_WAIT);
    send_byte(0);
    send_byte(0);
    for (int i = 0; i < 2; i++) {
        (void)wsp_tcp_server_is_connection_available(listener);
        CHECK_INT(read_one(0), WSPI_IO_OK);
    }
    CHECK_INT(read_one(0), WSPI_IO_WAIT);
}

static void the_set_outlives_its_server(void)
{
    begin(2);
    wsp_tcp_server_destroy(listener);
    listener = NULL;
    CHECK_INT(read_one(1), WSPI_IO_WAIT);
    send_byte(1);
    wspi_stream_begin_turn(streams[1]);
    wspi_stream_begin_turn(streams[1]);
    CHECK_INT(read_one(1), WSPI_IO_OK);
}

static void turning_it_off_counts_for_connections_taken_later(void)
{
    begin(1);
    CHECK_RESULT(wsp_tcp_server_set_shared_readiness(listener, false), WSP_OK);
    CHECK(streams[0]->readiness.readiness != NULL);
    CHECK_RESULT(wsp_tcp_server_set_shared_readiness(NULL, true), WSP_ERR_INVALID_PARAMETER);
}

static const wspi_test_case cases[] = {
    TEST_CASE(every_ready_stream_is_found_by_one_refresh),
    TEST_CASE(a_stream_known_to_be_idle_is_not_read),
    TEST_CASE(a_stream_polled_twice_refreshes_by_itself),
    TEST_CASE(what_is_left_unread_is_found_again),
    TEST_CASE(the_set_outlives_its_server),
    TEST_CASE(turning_it_off_counts_for_connections_taken_later),
};

TEST_MAIN(cases)
