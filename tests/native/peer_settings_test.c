/* SPDX-License-Identifier: MIT */
/* The setters of a peer (peer_settings.c): what they refuse, what they keep, and when a change counts. */
#include "loopback.h"

#include <string.h>

static void setters_keep_what_they_accept(void)
{
    wsp_peer *peer = loopback_begin()->client;
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(peer, 100), WSP_OK);
    CHECK_SIZE(wsp_peer_get_inbound_buffer_size(peer), 100);
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(peer, 200), WSP_OK);
    CHECK_SIZE(wsp_peer_get_outbound_buffer_size(peer), 200);
    CHECK_RESULT(wsp_peer_set_max_queued_packets(peer, 3), WSP_OK);
    CHECK_SIZE(wsp_peer_get_max_queued_packets(peer), 3);
    CHECK_RESULT(wsp_peer_set_heartbeat_interval(peer, 1.5), WSP_OK);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_heartbeat_interval(peer), 1.5, 1.5);
    CHECK_RESULT(wsp_peer_set_connect_timeout(peer, 2.5), WSP_OK);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_connect_timeout(peer), 2.5, 2.5);
    CHECK_RESULT(wsp_peer_set_close_timeout(peer, 3.5), WSP_OK);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_close_timeout(peer), 3.5, 3.5);
    CHECK_RESULT(wsp_peer_set_no_delay(peer, false), WSP_OK);
    wsp_peer_set_write_mode(peer, WSP_WRITE_MODE_TEXT);
    CHECK_INT(wsp_peer_get_write_mode(peer), WSP_WRITE_MODE_TEXT);
    wsp_peer_set_write_mode(peer, (wsp_write_mode)9);
    CHECK_INT(wsp_peer_get_write_mode(peer), WSP_WRITE_MODE_TEXT);
    int thing = 0;
    wsp_peer_set_user_data(peer, &thing);
    CHECK(wsp_peer_get_user_data(peer) == &thing);
}

static void setters_refuse_what_makes_no_sense(void)
{
    wsp_peer *peer = loopback_begin()->client;
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(peer, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(peer, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_max_queued_packets(peer, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_heartbeat_interval(peer, -1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_connect_timeout(peer, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_close_timeout(peer, -0.5), WSP_ERR_INVALID_PARAMETER);
    const char *bad_protocols[] = {"a,b", "", "a b"};
    for (int i = 0; i < 3; i++)
        CHECK_RESULT(wsp_peer_set_supported_protocols(peer, &bad_protocols[i], 1), WSP_ERR_INVALID_PARAMETER);
    const char *twice[] = {"a", "a"};
    CHECK_RESULT(wsp_peer_set_supported_protocols(peer, twice, 2), WSP_ERR_INVALID_PARAMETER);
    const char *bad_headers[] = {"no colon", "Upgrade: x", "X: a\r\nY: b", ": empty", "Sec-WebSocket-Key: x"};
    for (int i = 0; i < 5; i++)
        CHECK_RESULT(wsp_peer_set_handshake_headers(peer, &bad_headers[i], 1), WSP_ERR_INVALID_PARAMETER);
    wsp_compression compression = {0};
    CHECK_RESULT(wsp_peer_set_compression(peer, &compression), WSP_ERR_UNSUPPORTED);
    CHECK_RESULT(wsp_peer_set_compression(peer, NULL), WSP_OK);
}

static void a_null_peer_is_an_invalid_parameter(void)
{
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_handlers(NULL, NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_no_delay(NULL, true), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_peer_set_supported_protocols(NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_SIZE(wsp_peer_get_inbound_buffer_size(NULL), 0);
    CHECK(wsp_peer_get_user_data(NULL) == NULL);
    CHECK_INT(wsp_peer_get_write_mode(NULL), WSP_WRITE_MODE_BINARY);
}

static void headers_reach_the_other_side(void)
{
    loopback *pair = loopback_begin();
    const char *ours[] = {"X-Game: chess", "Cookie: a=b"};
    const char *theirs[] = {"X-Answer: yes", "X-Answer: again"};
    CHECK_RESULT(wsp_peer_set_handshake_headers(pair->client, ours, 2), WSP_OK);
    CHECK_RESULT(wsp_peer_set_handshake_headers(pair->server, theirs, 2), WSP_OK);
    loopback_open(pair);
    CHECK_STRING(wsp_peer_get_handshake_header(pair->server, "x-game"), "chess");
    CHECK_STRING(wsp_peer_get_handshake_header(pair->server, "COOKIE"), "a=b");
    CHECK_STRING(wsp_peer_get_handshake_header(pair->client, "x-answer"), "yes, again");
}

static void inbound_limits_count_from_the_next_connection(void)
{
    loopback *pair = loopback_begin();
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(pair->server, 10), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "longer than ten bytes"), WSP_OK);
    loopback_poll_packets(pair, pair->server, 1);
    CHECK_RESULT(wsp_peer_close(pair->client, 1000, ""), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "longer than ten bytes"), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->client), 1009);
}

static void the_outbound_limit_counts_at_once(void)
{
    loopback *pair = loopback_begin();
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(pair->client, 3), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "four"), WSP_ERR_MESSAGE_TOO_BIG);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "two"), WSP_OK);
}

/* What platform_native.c says of itself. */
static void the_backend_knows_its_features(void)
{
    CHECK_STRING(wsp_backend_name(), "native");
    CHECK_BOOL(wsp_has_feature(WSP_FEATURE_ACCEPT_STREAM), true);
    CHECK_BOOL(wsp_has_feature(WSP_FEATURE_HEARTBEAT), true);
    CHECK_BOOL(wsp_has_feature(WSP_FEATURE_TLS_OPTIONS), true);
    CHECK_BOOL(wsp_has_feature(WSP_FEATURE_COMPRESSION), false);
    CHECK_BOOL(wsp_has_feature((wsp_feature)999), false);
    double before = wsp_now();
    CHECK(wsp_now() >= before);
    uint32_t all = 0;
    for (int i = 0; i < 100; i++)
        all |= wsp_random();
    CHECK_SIZE(all, UINT32_MAX);
}

static const wspi_test_case cases[] = {
    TEST_CASE(setters_keep_what_they_accept),
    TEST_CASE(setters_refuse_what_makes_no_sense),
    TEST_CASE(a_null_peer_is_an_invalid_parameter),
    TEST_CASE(headers_reach_the_other_side),
    TEST_CASE(inbound_limits_count_from_the_next_connection),
    TEST_CASE(the_outbound_limit_counts_at_once),
    TEST_CASE(the_backend_knows_its_features),
};

TEST_MAIN(cases)
