/* SPDX-License-Identifier: MIT */
/*
 * The public peer API over real sockets: two peers of one process, and a raw socket where a peer would be too
 * polite. Covers peer.c, peer_messages.c, peer_facts.c and peer_turn.c above backend_native.c, link_opening.c
 * and link_bytes.c.
 */
#include "loopback.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double HUGE_TIME = 60;

/* -- opening --------------------------------------------------------------- */

static void a_new_peer_has_neutral_values(void)
{
    loopback *pair = loopback_begin();
    wsp_peer *peer = pair->client;
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(peer), -1);
    CHECK_STRING(wsp_peer_get_close_reason(peer), "");
    CHECK_RESULT(wsp_peer_get_error(peer), WSP_OK);
    CHECK_STRING(wsp_peer_get_error_message(peer), "");
    CHECK_STRING(wsp_peer_get_requested_url(peer), "");
    CHECK_STRING(wsp_peer_get_connected_host(peer), "");
    CHECK_INT(wsp_peer_get_socket(peer), -1);
    CHECK(wsp_peer_get_packet(peer, NULL) == NULL);
    CHECK(wsp_peer_get_poll_delay(peer) < 0);
}

static void a_null_peer_answers_neutral_values(void)
{
    CHECK_INT(wsp_peer_get_ready_state(NULL), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(NULL), -1);
    CHECK_RESULT(wsp_peer_get_error(NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_STRING(wsp_peer_get_error_message(NULL), "");
    CHECK_RESULT(wsp_peer_send(NULL, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_connect_to_url(NULL, "ws://127.0.0.1", NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_close(NULL, 1000, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_BOOL(wsp_peer_poll_wait(NULL, 0), false);
    wsp_peer_poll(NULL);
    wsp_peer_destroy(NULL);
}

static void both_sides_open_and_know_each_other(void)
{
    loopback *pair = loopback_begin();
    const char *offered[] = {"chat", "echo"};
    const char *known[] = {"echo"};
    CHECK_RESULT(wsp_peer_set_supported_protocols(pair->client, offered, 2), WSP_OK);
    CHECK_RESULT(wsp_peer_set_supported_protocols(pair->server, known, 1), WSP_OK);
    loopback_connect(pair, "/room?name=a%20b");
    loopback_poll_until(pair, pair->client, WSP_STATE_OPEN);
    loopback_poll_until(pair, pair->server, WSP_STATE_OPEN);
    CHECK_STRING(wsp_peer_get_selected_protocol(pair->client), "echo");
    CHECK_STRING(wsp_peer_get_selected_protocol(pair->server), "echo");
    CHECK_STRING(wsp_peer_get_connected_host(pair->client), "127.0.0.1");
    CHECK_STRING(wsp_peer_get_connected_host(pair->server), "127.0.0.1");
    CHECK_INT(wsp_peer_get_connected_port(pair->client), wsp_tcp_server_get_local_port(pair->listener));
    CHECK_CONTAINS(wsp_peer_get_requested_url(pair->server), "/room?name=a%20b");
    CHECK_INT(wsp_peer_get_http_status(pair->client), 101);
    CHECK_INT(wsp_peer_get_http_status(pair->server), 101);
    CHECK_STRING(wsp_peer_get_handshake_header(pair->client, "upgrade"), "websocket");
    CHECK(wsp_peer_get_handshake_header(pair->server, "host") != NULL);
    CHECK(wsp_peer_get_handshake_header(pair->server, "x-absent") == NULL);
}

static void connecting_twice_is_refused(void)
{
    loopback *pair = loopback_begin();
    loopback_connect(pair, "/");
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, pair->url, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CONNECTING);
}

static void a_bad_url_says_why_and_leaves_the_peer_closed(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, "http://127.0.0.1", NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "ws://");
}

static void a_refused_connection_names_address_and_cause(void)
{
    loopback *pair = loopback_begin();
    wsp_tcp_server_stop(pair->listener);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, pair->url, NULL), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_CANT_CONNECT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "127.0.0.1");
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "refused");
}

static void close_while_connecting_ends_at_once(void)
{
    loopback *pair = loopback_begin();
    loopback_connect(pair, "/");
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, ""), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->client), -1);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_OK);
}

static void a_silent_server_ends_at_the_connect_timeout(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_connect_timeout(pair->client, 0.05), WSP_OK);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, pair->url, NULL), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "HTTP response");
}

static void a_bad_request_is_answered_and_both_sides_end(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n";
    loopback *pair = loopback_begin();
    loopback_connect_raw(pair);
    loopback_raw_send(pair, request, sizeof request - 1);
    char answer[1024];
    size_t size = loopback_raw_read(pair, answer, sizeof answer - 1);
    answer[size] = '\0';
    CHECK_CONTAINS(answer, "HTTP/1.1 400 ");
    CHECK_CONTAINS(answer, "Connection: close\r\n");
    wspi_os_shutdown_send(pair->raw);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_HANDSHAKE_REJECTED);
    CHECK_INT(wsp_peer_get_http_status(pair->server), 400);
}

static void the_client_reads_status_and_body_of_a_refusal(void)
{
    loopback *pair = loopback_begin();
    const char *known[] = {"echo"};
    CHECK_RESULT(wsp_peer_set_supported_protocols(pair->server, known, 1), WSP_OK);
    loopback_connect(pair, "/");
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_HANDSHAKE_REJECTED);
    CHECK_INT(wsp_peer_get_http_status(pair->client), 400);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "400");
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->client), "protocol");
    CHECK(wsp_peer_get_handshake_header(pair->client, "content-length") != NULL);
}

/* -- messages -------------------------------------------------------------- */

static void echo(loopback *pair, wsp_peer *from, wsp_peer *to, const void *data, size_t size,
                 wsp_write_mode mode)
{
    CHECK_RESULT(wsp_peer_send(from, data, size, mode), WSP_OK);
    loopback_poll_packets(pair, to, 1);
    size_t got = 1;
    const uint8_t *packet = wsp_peer_get_packet(to, &got);
    CHECK_BYTES(packet, got, data, size);
    CHECK_BOOL(wsp_peer_was_string_packet(to), mode == WSP_WRITE_MODE_TEXT);
}

static void every_length_class_arrives_both_ways(void)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 1024 * 1024};
    loopback *pair = loopback_begin();
    loopback_open(pair);
    uint8_t *bytes = malloc(1024 * 1024);
    CHECK(bytes != NULL);
    for (size_t i = 0; i < 1024 * 1024; i++)
        bytes[i] = (uint8_t)(i * 7 % 251);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        TEST_NOTE("size %zu", sizes[i]);
        echo(pair, pair->client, pair->server, bytes, sizes[i], WSP_WRITE_MODE_BINARY);
        echo(pair, pair->server, pair->client, bytes, sizes[i], WSP_WRITE_MODE_BINARY);
    }
    free(bytes);
}

static void text_keeps_nul_and_bom(void)
{
    static const char text[] = "\xef\xbb\xbfzero\0inside \xf0\x9f\x98\x80";
    loopback *pair = loopback_begin();
    loopback_open(pair);
    echo(pair, pair->client, pair->server, text, sizeof text - 1, WSP_WRITE_MODE_TEXT);
    echo(pair, pair->server, pair->client, text, sizeof text - 1, WSP_WRITE_MODE_TEXT);
    echo(pair, pair->server, pair->client, NULL, 0, WSP_WRITE_MODE_TEXT);
}

static void send_refuses_what_it_cannot_take(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_send_text(pair->client, "early"), WSP_ERR_NOT_OPEN);
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(pair->client, 100), WSP_OK);
    loopback_open(pair);
    char big[101] = {0};
    CHECK_RESULT(wsp_peer_send(pair->client, big, 101, WSP_WRITE_MODE_BINARY), WSP_ERR_MESSAGE_TOO_BIG);
    CHECK_RESULT(wsp_peer_send(pair->client, NULL, 1, WSP_WRITE_MODE_BINARY), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_send(pair->client, "\xff", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_send(pair->client, "a", 1, (wsp_write_mode)7), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_send(pair->client, big, 100, WSP_WRITE_MODE_BINARY), WSP_OK);
}

static void ten_thousand_messages_before_one_poll_arrive_in_order(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_max_queued_packets(pair->client, 20000), WSP_OK);
    loopback_open(pair);
    for (uint32_t i = 0; i < 10000; i++)
        CHECK_RESULT(wsp_peer_send(pair->client, &i, sizeof i, WSP_WRITE_MODE_BINARY), WSP_OK);
    for (uint32_t i = 0; i < 10000; i++) {
        loopback_poll_packets(pair, pair->server, 1);
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(pair->server, &size);
        CHECK_BYTES(packet, size, &i, sizeof i);
    }
}

static void a_full_queue_pushes_back_and_loses_nothing(void)
{
    enum { MESSAGES = 400, SIZE = 10000 };
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(pair->server, 5 * SIZE), WSP_OK);
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(pair->client, 4 * SIZE), WSP_OK);
    loopback_open(pair);
    static uint8_t bytes[SIZE];
    unsigned sent = 0, received = 0, refused = 0;
    while (received < MESSAGES) {
        memset(bytes, (int)(sent % 256), sizeof bytes);
        wsp_result result = sent < MESSAGES ? wsp_peer_send(pair->client, bytes, SIZE, WSP_WRITE_MODE_BINARY)
                                            : WSP_ERR_BUFFER_FULL;
        if (result == WSP_OK) {
            sent++;
            continue;
        }
        CHECK_RESULT(result, WSP_ERR_BUFFER_FULL);
        refused++;
        /* The sender is stuck: the receiver's queue is as full as it may become. */
        loopback_poll_packets(pair, pair->server, sent - received < 5 ? sent - received : 5);
        CHECK(wsp_peer_get_available_packet_count(pair->server) <= 5);
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(pair->server, &size);
        CHECK_SIZE(size, SIZE);
        CHECK_INT(packet[0], received % 256);
        received++;
    }
    CHECK(refused > 0);
    wsp_peer_stats stats;
    wsp_peer_get_stats(pair->server, &stats);
    CHECK_SIZE(stats.messages_received, MESSAGES);
    CHECK_SIZE(stats.bytes_received, (size_t)MESSAGES * SIZE);
}

static void a_message_over_the_limit_ends_with_1009(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(pair->server, 1000), WSP_OK);
    loopback_open(pair);
    static char bytes[1001];
    CHECK_RESULT(wsp_peer_send(pair->client, bytes, 1000, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_RESULT(wsp_peer_send(pair->client, bytes, 1001, WSP_WRITE_MODE_BINARY), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->client), 1009);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_MESSAGE_TOO_BIG);
    CHECK_INT(wsp_peer_get_close_code(pair->server), -1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair->server), 1);
}

static void frames_behind_the_request_are_messages(void)
{
    static const char bytes[] =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        "\x81\x82\0\0\0\0hi\x88\x80\0\0\0\0";
    loopback *pair = loopback_begin();
    loopback_connect_raw(pair);
    loopback_raw_send(pair, bytes, sizeof bytes - 1);
    wspi_os_shutdown_send(pair->raw);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    loopback_check_text(pair->server, "hi", 2);
    CHECK_INT(wsp_peer_get_close_code(pair->server), 1005);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_OK);
}

/* -- closing --------------------------------------------------------------- */

static void both_sides_close_cleanly_with_code_and_reason(void)
{
    loopback *pair = loopback_begin();
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_close(pair->client, 4001, "good bye"), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CLOSING);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "late"), WSP_ERR_NOT_OPEN);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->server), 4001);
    CHECK_STRING(wsp_peer_get_close_reason(pair->server), "good bye");
    CHECK_INT(wsp_peer_get_close_code(pair->client), 4001);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_OK);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_OK);
}

static void queued_data_goes_out_before_the_close_frame(void)
{
    enum { MESSAGES = 20, SIZE = 1024 * 1024 };
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(pair->client, 64 * SIZE), WSP_OK);
    CHECK_RESULT(wsp_peer_set_close_timeout(pair->client, HUGE_TIME), WSP_OK);
    loopback_open(pair);
    uint8_t *bytes = calloc(1, SIZE);
    CHECK(bytes != NULL);
    for (int i = 0; i < MESSAGES; i++)
        CHECK_RESULT(wsp_peer_send(pair->client, bytes, SIZE, WSP_WRITE_MODE_BINARY), WSP_OK);
    free(bytes);
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, ""), WSP_OK);
    CHECK(wsp_peer_get_current_outbound_buffered_amount(pair->client) > 0);
    for (int i = 0; i < MESSAGES; i++) {
        loopback_poll_packets(pair, pair->server, 1);
        size_t size = 0;
        CHECK(wsp_peer_get_packet(pair->server, &size) != NULL);
        CHECK_SIZE(size, SIZE);
    }
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->server), 1000);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_OK);
}

static void packets_stay_readable_after_the_end(void)
{
    loopback *pair = loopback_begin();
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "one"), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "two"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, "done"), WSP_OK);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    loopback_check_text(pair->server, "one", 3);
    loopback_check_text(pair->server, "two", 3);
}

static void illegal_codes_and_reasons_change_nothing(void)
{
    static const int codes[] = {1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 66536};
    loopback *pair = loopback_begin();
    loopback_open(pair);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        TEST_NOTE("code %d", codes[i]);
        CHECK_RESULT(wsp_peer_close(pair->client, codes[i], ""), WSP_ERR_INVALID_PARAMETER);
    }
    char reason[125];
    memset(reason, 'a', 124);
    reason[124] = '\0';
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, reason), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, "\xc3"), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_close(pair->client, 0, "why"), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_OPEN);
    reason[123] = '\0';
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, reason), WSP_OK);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_STRING(wsp_peer_get_close_reason(pair->server), reason);
}

static void a_peer_that_never_answers_a_close_is_dropped(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_close_timeout(pair->server, 0.05), WSP_OK);
    loopback_raw_open(pair);
    CHECK_RESULT(wsp_peer_close(pair->server, 1000, ""), WSP_OK);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_TIMEOUT);
    CHECK_INT(wsp_peer_get_close_code(pair->server), -1);
}

static void an_end_without_a_close_frame_is_a_lost_connection(void)
{
    loopback *pair = loopback_begin();
    loopback_raw_open(pair);
    loopback_raw_send(pair, "\x81\x81\0\0\0\0x", 7);
    wspi_os_close(pair->raw);
    pair->raw = WSPI_NO_SOCKET;
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_CONNECTION_LOST);
    CHECK_INT(wsp_peer_get_close_code(pair->server), -1);
    loopback_check_text(pair->server, "x", 1);
}

/* bad-inputs O11: the other side ended its direction and still reads ours. */
static void half_an_end_is_a_lost_connection_too(void)
{
    loopback *pair = loopback_begin();
    loopback_raw_open(pair);
    loopback_raw_send(pair, "\x81\x81\0\0\0\0x", 7);
    wspi_os_shutdown_send(pair->raw);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_CONNECTION_LOST);
    CHECK_INT(wsp_peer_get_close_code(pair->server), -1);
    loopback_check_text(pair->server, "x", 1);
}

static void a_protocol_error_is_answered_by_1002(void)
{
    loopback *pair = loopback_begin();
    loopback_raw_open(pair);
    loopback_raw_send(pair, "\x81\x01x", 3); /* not masked */
    uint8_t frame[4] = {0};
    CHECK_SIZE(loopback_raw_read(pair, frame, 4), 4);
    CHECK_INT(frame[0], 0x88);
    CHECK_INT(frame[2] << 8 | frame[3], 1002);
    CHECK_INT(wsp_peer_get_ready_state(pair->server), WSP_STATE_CLOSING);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_PROTOCOL);
    wspi_os_shutdown_send(pair->raw);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->server), "masking");
}

static void a_peer_is_reusable_after_its_end(void)
{
    loopback *pair = loopback_begin();
    for (int i = 0; i < 20; i++) {
        loopback_open(pair);
        CHECK_RESULT(wsp_peer_send_text(pair->client, "again"), WSP_OK);
        loopback_poll_packets(pair, pair->server, 1);
        loopback_check_text(pair->server, "again", 5);
        CHECK_RESULT(wsp_peer_close(pair->server, 1000, ""), WSP_OK);
        loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
        loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    }
}

/* -- heartbeat, waiting ---------------------------------------------------- */

static void a_heartbeat_measures_the_round_trip(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_heartbeat_interval(pair->client, 0.02), WSP_OK);
    loopback_open(pair);
    wsp_peer_stats stats = {0};
    double until = wsp_now() + 10;
    while (stats.round_trip == 0 && wsp_now() < until) {
        loopback_poll(pair);
        wsp_peer_get_stats(pair->client, &stats);
    }
    CHECK(stats.round_trip > 0 && stats.round_trip < 10);
}

static void a_silent_peer_is_dropped_by_the_heartbeat(void)
{
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_heartbeat_interval(pair->server, 0.05), WSP_OK);
    loopback_raw_open(pair);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_peer_get_error_message(pair->server), "heartbeat");
}

static void a_ping_is_answered_between_fragments(void)
{
    loopback *pair = loopback_begin();
    loopback_raw_open(pair);
    loopback_raw_send(pair, "\x01\x82\0\0\0\0AA\x89\x84\0\0\0\0PING\x80\x82\0\0\0\0BB", 26);
    char pong[6];
    CHECK_SIZE(loopback_raw_read(pair, pong, 6), 6);
    CHECK_BYTES(pong, 6, "\x8a\x04PING", 6);
    loopback_poll_packets(pair, pair->server, 1);
    loopback_check_text(pair->server, "AABB", 4);
}

static void poll_wait_sleeps_until_something_happens(void)
{
    loopback *pair = loopback_begin();
    loopback_open(pair);
    loopback_poll(pair);
    CHECK_BOOL(wsp_peer_poll_wait(pair->client, 0), false);
    double before = wsp_now();
    CHECK_BOOL(wsp_peer_poll_wait(pair->client, 0.02), false);
    CHECK(wsp_now() - before >= 0.019);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "wake"), WSP_OK);
    CHECK_BOOL(wsp_peer_poll_wait(pair->client, -1), true);
    loopback_check_text(pair->client, "wake", 4);
    CHECK_BOOL(wsp_peer_poll_wait(pair->client, 0), false);
}

/* A program that waits to connect again comes round once per call and does not spin. */
static void poll_wait_sleeps_where_nothing_can_come(void)
{
    wsp_peer *peer = wsp_peer_create();
    wsp_server *server = wsp_server_create();
    wsp_multiplayer *multiplayer = wsp_multiplayer_create();
    double before = wsp_now();
    CHECK_BOOL(wsp_peer_poll_wait(peer, 0.02), false);
    CHECK_BOOL(wsp_server_poll_wait(server, 0.02), false);
    CHECK_BOOL(wsp_multiplayer_poll_wait(multiplayer, 0.02), false);
    CHECK(wsp_now() - before >= 0.06);
    static const double no_sleep[] = {0, -1, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof no_sleep / sizeof no_sleep[0]; i++) {
        CHECK_BOOL(wsp_peer_poll_wait(peer, no_sleep[i]), false);
        CHECK_BOOL(wsp_server_poll_wait(server, no_sleep[i]), false);
        CHECK_BOOL(wsp_multiplayer_poll_wait(multiplayer, no_sleep[i]), false);
    }
    wsp_peer_destroy(peer);
    wsp_server_destroy(server);
    wsp_multiplayer_destroy(multiplayer);
}

/* poll(2) answers at once for a socket that was reset, whatever is wanted of it. */
static void poll_wait_sleeps_while_a_full_queue_hides_the_end(void)
{
    enum { MESSAGES = 3 };
    loopback *pair = loopback_begin();
    CHECK_RESULT(wsp_peer_set_max_queued_packets(pair->server, 1), WSP_OK);
    loopback_open(pair);
    for (int i = 0; i < MESSAGES; i++)
        CHECK_RESULT(wsp_peer_send_text(pair->client, "one"), WSP_OK);
    loopback_poll_packets(pair, pair->server, 1);
    /* Bytes the client did not read turn its end into a reset. */
    CHECK_RESULT(wsp_peer_send_text(pair->server, "unread"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair->client, -1, NULL), WSP_OK);
    clock_t start = clock();
    CHECK_BOOL(wsp_peer_poll_wait(pair->server, 0.3), false);
    CHECK((double)(clock() - start) / CLOCKS_PER_SEC < 0.02);
    CHECK_INT(wsp_peer_get_ready_state(pair->server), WSP_STATE_OPEN);
    for (int i = 0; i < MESSAGES; i++) {
        loopback_poll_packets(pair, pair->server, 1);
        loopback_check_text(pair->server, "one", 3);
    }
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_CONNECTION_LOST);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_new_peer_has_neutral_values),
    TEST_CASE(a_null_peer_answers_neutral_values),
    TEST_CASE(both_sides_open_and_know_each_other),
    TEST_CASE(connecting_twice_is_refused),
    TEST_CASE(a_bad_url_says_why_and_leaves_the_peer_closed),
    TEST_CASE(a_refused_connection_names_address_and_cause),
    TEST_CASE(close_while_connecting_ends_at_once),
    TEST_CASE(a_silent_server_ends_at_the_connect_timeout),
    TEST_CASE(a_bad_request_is_answered_and_both_sides_end),
    TEST_CASE(the_client_reads_status_and_body_of_a_refusal),
    TEST_CASE(every_length_class_arrives_both_ways),
    TEST_CASE(text_keeps_nul_and_bom),
    TEST_CASE(send_refuses_what_it_cannot_take),
    TEST_CASE(ten_thousand_messages_before_one_poll_arrive_in_order),
    TEST_CASE(a_full_queue_pushes_back_and_loses_nothing),
    TEST_CASE(a_message_over_the_limit_ends_with_1009),
    TEST_CASE(frames_behind_the_request_are_messages),
    TEST_CASE(both_sides_close_cleanly_with_code_and_reason),
    TEST_CASE(queued_data_goes_out_before_the_close_frame),
    TEST_CASE(packets_stay_readable_after_the_end),
    TEST_CASE(illegal_codes_and_reasons_change_nothing),
    TEST_CASE(a_peer_that_never_answers_a_close_is_dropped),
    TEST_CASE(an_end_without_a_close_frame_is_a_lost_connection),
    TEST_CASE(half_an_end_is_a_lost_connection_too),
    TEST_CASE(a_protocol_error_is_answered_by_1002),
    TEST_CASE(a_peer_is_reusable_after_its_end),
    TEST_CASE(a_heartbeat_measures_the_round_trip),
    TEST_CASE(a_silent_peer_is_dropped_by_the_heartbeat),
    TEST_CASE(a_ping_is_answered_between_fragments),
    TEST_CASE(poll_wait_sleeps_until_something_happens),
    TEST_CASE(poll_wait_sleeps_where_nothing_can_come),
    TEST_CASE(poll_wait_sleeps_while_a_full_queue_hides_the_end),
};

TEST_MAIN(cases)
