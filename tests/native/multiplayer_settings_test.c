/* SPDX-License-Identifier: MIT */
/* multiplayer_settings.c: what each setter takes and keeps, and what a NULL multiplayer answers. */
#include "test.h"
#include "wspeer.h"

#include <math.h>
#include <stdint.h>

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

static wsp_multiplayer *the_one;

static void destroy_it(void)
{
    wsp_multiplayer_destroy(the_one);
    the_one = NULL;
}

static wsp_multiplayer *begin(void)
{
    the_one = wsp_multiplayer_create();
    CHECK(the_one != NULL);
    wspi_test_at_case_end(destroy_it);
    return the_one;
}

static void defaults_are_those_of_the_header(void)
{
    const wsp_multiplayer *one = begin();
    CHECK_INT(wsp_multiplayer_get_connection_status(one), WSP_CONNECTION_DISCONNECTED);
    CHECK_INT(wsp_multiplayer_get_unique_id(one), 0);
    CHECK_RESULT(wsp_multiplayer_get_error(one), WSP_OK);
    CHECK_STRING(wsp_multiplayer_get_error_message(one), "");
    CHECK(!wsp_multiplayer_get_refuse_new_connections(one));
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_handshake_timeout(one), 3, 3);
    CHECK_SIZE(wsp_multiplayer_get_inbound_buffer_size(one), 1024 * 1024);
    CHECK_SIZE(wsp_multiplayer_get_outbound_buffer_size(one), 1024 * 1024);
    CHECK_SIZE(wsp_multiplayer_get_max_queued_packets(one), 4096);
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_heartbeat_interval(one), 0, 0);
}

static void limits_are_checked_and_kept(void)
{
    wsp_multiplayer *one = begin();
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(one, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_outbound_buffer_size(one, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(one, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_SIZE(wsp_multiplayer_get_inbound_buffer_size(one), 1024 * 1024);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(one, 1), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_outbound_buffer_size(one, 2), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(one, SIZE_MAX), WSP_OK);
    CHECK_SIZE(wsp_multiplayer_get_inbound_buffer_size(one), 1);
    CHECK_SIZE(wsp_multiplayer_get_outbound_buffer_size(one), 2);
    CHECK_SIZE(wsp_multiplayer_get_max_queued_packets(one), SIZE_MAX / 4);
}

static void times_are_checked_and_kept(void)
{
    static const double bad[] = {-1, (double)NAN, (double)INFINITY};
    wsp_multiplayer *one = begin();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(one, bad[i]), WSP_ERR_INVALID_PARAMETER);
        CHECK_RESULT(wsp_multiplayer_set_heartbeat_interval(one, bad[i]), WSP_ERR_INVALID_PARAMETER);
    }
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(one, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_handshake_timeout(one), 3, 3);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(one, 0.5), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_heartbeat_interval(one, 2), WSP_OK);
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_handshake_timeout(one), 0.5, 0.5);
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_heartbeat_interval(one), 2, 2);
    CHECK_RESULT(wsp_multiplayer_set_heartbeat_interval(one, 0), WSP_OK);
}

static void lists_and_the_rest_are_checked(void)
{
    static const char *const twice[] = {"a", "a"};
    static const char *const injected[] = {"A: b\r\nC: d"};
    wsp_multiplayer *one = begin();
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(one, twice, 2), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(one, twice, 1), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(one, NULL, 0), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_handshake_headers(one, injected, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_handshake_headers(one, NULL, 0), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_dialect(one, (wsp_multiplayer_dialect)2), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_dialect(one, WSP_MULTIPLAYER_DIALECT_GODOT3), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_handlers(one, NULL, NULL), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(one, true), WSP_OK);
    CHECK(wsp_multiplayer_get_refuse_new_connections(one));
    CHECK_RESULT(wsp_multiplayer_create_client(one, NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_multiplayer_get_error_message(one), "NULL");
    CHECK_INT(wsp_multiplayer_get_connection_status(one), WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(one, 1, true), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_put_packet(one, "x", 1), WSP_ERR_NOT_OPEN);
    CHECK(!wsp_multiplayer_poll_wait(one, -1));
    wsp_multiplayer_close(one);
    CHECK(wsp_multiplayer_get_peer(one, 1) == NULL);
}

static void null_is_answered_neutrally(void)
{
    size_t size = 9;
    CHECK_RESULT(wsp_multiplayer_set_handlers(NULL, NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_dialect(NULL, WSP_MULTIPLAYER_DIALECT_GODOT3),
                 WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_create_server(NULL, 0, NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_create_client(NULL, "ws://x", NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_put_packet(NULL, "x", 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(NULL, 1, false), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(NULL, true), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_handshake_headers(NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_outbound_buffer_size(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_set_heartbeat_interval(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_get_error(NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_STRING(wsp_multiplayer_get_error_message(NULL), "");
    CHECK_INT(wsp_multiplayer_get_connection_status(NULL), WSP_CONNECTION_DISCONNECTED);
    CHECK_INT(wsp_multiplayer_get_unique_id(NULL), 0);
    CHECK(!wsp_multiplayer_is_server(NULL));
    CHECK_INT(wsp_multiplayer_get_local_port(NULL), 0);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(NULL), 0);
    CHECK_INT(wsp_multiplayer_get_packet_peer(NULL), 0);
    CHECK(wsp_multiplayer_get_packet(NULL, &size) == NULL);
    CHECK_SIZE(size, 0);
    CHECK(wsp_multiplayer_get_peer(NULL, 1) == NULL);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(NULL, NULL, 0), 0);
    CHECK_STRING(wsp_multiplayer_get_peer_address(NULL, 1), "");
    CHECK_INT(wsp_multiplayer_get_peer_port(NULL, 1), 0);
    CHECK(!wsp_multiplayer_get_refuse_new_connections(NULL));
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_handshake_timeout(NULL), 0, 0);
    CHECK_SIZE(wsp_multiplayer_get_inbound_buffer_size(NULL), 0);
    CHECK_SIZE(wsp_multiplayer_get_outbound_buffer_size(NULL), 0);
    CHECK_SIZE(wsp_multiplayer_get_max_queued_packets(NULL), 0);
    CHECK_DOUBLE_BETWEEN(wsp_multiplayer_get_heartbeat_interval(NULL), 0, 0);
    CHECK(!wsp_multiplayer_poll_wait(NULL, -1));
    wsp_multiplayer_poll(NULL);
    wsp_multiplayer_close(NULL);
    wsp_multiplayer_set_target_peer(NULL, 1);
    wsp_multiplayer_destroy(NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(defaults_are_those_of_the_header), TEST_CASE(limits_are_checked_and_kept),
    TEST_CASE(times_are_checked_and_kept),       TEST_CASE(lists_and_the_rest_are_checked),
    TEST_CASE(null_is_answered_neutrally),
};

TEST_MAIN(cases)
