/* SPDX-License-Identifier: MIT */
/* What peers own while they are idle, and what happens when memory runs out at any point (bad-inputs O13). */
#include "failing_allocator.h"
#include "loopback.h"

#include <stdio.h>
#include <string.h>

static void pump(loopback *pair, int turns)
{
    for (int i = 0; i < turns; i++)
        loopback_poll(pair);
}

/* What the blocks cost at most with the bookkeeping of a usual malloc: 8 bytes each, rounded up to 16. */
static size_t get_cost(const wspi_test_failing_allocator *memory)
{
    return memory->live_bytes + memory->live_blocks * 16;
}

/* An idle plain peer of either role, its connection and the head of its handshake together: hundreds of bytes
 * (design.md 3). */
static void an_idle_peer_owns_hundreds_of_bytes(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    loopback_open(pair);
    pump(pair, 3);
    wsp_tcp_server_destroy(pair->listener);
    pair->listener = NULL;
    size_t both = get_cost(memory);
    wsp_peer_destroy(pair->client);
    pair->client = NULL;
    size_t server = get_cost(memory);
    fprintf(stderr, "an idle client's peer owns %zu bytes, an idle server's %zu\n", both - server, server);
    CHECK(both - server < 750);
    CHECK(server < 750);
    wsp_peer_destroy(pair->server);
    pair->server = NULL;
    CHECK_SIZE(memory->live_blocks, 0);
}

static void what_a_large_message_needed_is_given_back(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    loopback_open(pair);
    pump(pair, 3);
    size_t idle = memory->live_bytes;
    static uint8_t bytes[300000];
    CHECK_RESULT(wsp_peer_send(pair->client, bytes, sizeof bytes, WSP_WRITE_MODE_BINARY), WSP_OK);
    loopback_poll_packets(pair, pair->server, 1);
    CHECK(memory->live_bytes > idle + sizeof bytes);
    size_t size = 0;
    CHECK(wsp_peer_get_packet(pair->server, &size) != NULL);
    pump(pair, 3);
    /* The client's pool of masking keys is what a first message leaves behind. */
    CHECK(memory->live_bytes <= idle + 256);
}

/* The close frame finds no memory at first: it follows by itself, and the end is clean. */
static void a_close_frame_without_memory_follows_later(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    loopback_open(pair);
    pump(pair, 3);
    wspi_test_failing_allocator_fail_at(1);
    CHECK_RESULT(wsp_peer_close(pair->server, 1000, "enough"), WSP_OK);
    CHECK_SIZE(memory->failures, 1);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(pair->client), 1000);
    CHECK_STRING(wsp_peer_get_close_reason(pair->client), "enough");
    CHECK_INT(wsp_peer_get_close_code(pair->server), 1000);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_OK);
}

/* Not even the memory to remember it: an error at once, what was sent before arrives, nobody hangs. */
static void a_close_frame_that_cannot_be_kept_fails_the_connection(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    loopback_open(pair);
    pump(pair, 3);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "before"), WSP_OK);
    pump(pair, 3);
    wspi_test_failing_allocator_fail_from(1);
    CHECK_RESULT(wsp_peer_close(pair->server, 1000, "enough"), WSP_OK);
    CHECK(memory->failures > 1);
    wspi_test_failing_allocator_fail_at(0);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_OUT_OF_MEMORY);
    CHECK_INT(wsp_peer_get_ready_state(pair->server), WSP_STATE_CLOSING);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    loopback_check_text(pair->client, "before", 6);
    CHECK_RESULT(wsp_peer_get_error(pair->client), WSP_ERR_CONNECTION_LOST);
    CHECK_RESULT(wsp_peer_get_error(pair->server), WSP_ERR_OUT_OF_MEMORY);
    CHECK_INT(wsp_peer_get_close_code(pair->server), -1);
}

/* No memory for the reason in the other side's close frame: this side fails the connection, and says so from
 * there on. */
static void a_close_reason_without_memory_is_no_clean_end(void)
{
    (void)wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    bool has_failed = false;
    for (size_t n = 1; n < 20; n++) {
        TEST_NOTE("allocation %zu", n);
        loopback_open(pair);
        pump(pair, 3);
        CHECK_RESULT(wsp_peer_close(pair->server, 3000, "enough"), WSP_OK);
        wspi_test_failing_allocator_fail_at(n);
        double until = wsp_now() + 10;
        while (wsp_peer_get_ready_state(pair->client) != WSP_STATE_CLOSED && wsp_now() < until) {
            wsp_peer_poll(pair->server);
            wsp_peer_poll(pair->client);
            if (wsp_peer_get_error(pair->client) == WSP_OK)
                continue;
            has_failed = true;
            CHECK_INT(wsp_peer_get_close_code(pair->client), -1);
            CHECK_STRING(wsp_peer_get_close_reason(pair->client), "");
        }
        wspi_test_failing_allocator_fail_at(0);
        loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
        loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
    }
    CHECK(has_failed);
}

/* One whole life; true when everything in it worked. Any failure must be an error code or an ended
 * connection. */
static bool live_once(loopback *pair)
{
    char url[sizeof pair->url + 16];
    (void)snprintf(url, sizeof url, "%s/path?query", pair->url);
    if (wsp_peer_connect_to_url(pair->client, url, NULL) != WSP_OK)
        return false;
    bool has_server = false, was_sent = false, was_closed = false;
    for (int turn = 0; turn < 400; turn++) {
        if (!has_server && wsp_tcp_server_is_connection_available(pair->listener)) {
            wsp_stream *stream = wsp_tcp_server_take_connection(pair->listener);
            if (stream != NULL && wsp_peer_accept_stream(pair->server, stream) != WSP_OK)
                wsp_stream_destroy(stream);
            else
                has_server = stream != NULL;
        }
        loopback_poll(pair);
        wsp_state client = wsp_peer_get_ready_state(pair->client);
        if (client == WSP_STATE_OPEN && !was_sent)
            was_sent = wsp_peer_send_text(pair->client, "a text that is longer than any header of a frame") ==
                       WSP_OK;
        if (wsp_peer_get_packet(pair->server, NULL) != NULL)
            was_closed = wsp_peer_close(pair->server, 1000, "enough") == WSP_OK;
        if (client == WSP_STATE_CLOSED)
            break;
        /* Not an end in itself, but nothing will come any more when the other side is gone for lack of
         * memory. */
        if (has_server && wsp_peer_get_ready_state(pair->server) == WSP_STATE_CLOSED && turn > 50)
            break;
    }
    return was_closed && wsp_peer_get_close_code(pair->client) == 1000;
}

static void memory_that_runs_out_at_any_point_ends_in_an_error(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    wsp_set_log_handler(NULL, WSP_LOG_ERROR, NULL);
    for (size_t n = 1; n < 1000; n++) {
        TEST_NOTE("allocation %zu fails", n);
        wsp_peer_destroy(pair->client);
        wsp_peer_destroy(pair->server);
        pair->client = wsp_peer_create();
        pair->server = wsp_peer_create();
        CHECK_RESULT(wsp_peer_set_close_timeout(pair->client, 0.2), WSP_OK);
        CHECK_RESULT(wsp_peer_set_close_timeout(pair->server, 0.2), WSP_OK);
        CHECK_RESULT(wsp_peer_set_connect_timeout(pair->client, 0.2), WSP_OK);
        CHECK_RESULT(wsp_peer_set_connect_timeout(pair->server, 0.2), WSP_OK);
        wspi_test_failing_allocator_fail_at(n);
        bool is_whole = live_once(pair);
        if (memory->failures == 0) {
            CHECK(is_whole);
            return;
        }
        wspi_test_failing_allocator_fail_at(0);
        wsp_stream_destroy(wsp_tcp_server_take_connection(pair->listener));
    }
    FAIL("the scenario never ran without a failure");
}

static void everything_is_given_back(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    CHECK(live_once(pair));
    wsp_peer_destroy(pair->client);
    wsp_peer_destroy(pair->server);
    wsp_tcp_server_destroy(pair->listener);
    pair->client = pair->server = NULL;
    pair->listener = NULL;
    CHECK_SIZE(memory->live_blocks, 0);
    CHECK_SIZE(memory->live_bytes, 0);
}

/* A busy peer keeps small empty buffers; a turn without news ends that. */
static void what_traffic_needed_is_given_back_when_it_pauses(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    loopback *pair = loopback_begin();
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_send_text(pair->client, "masking keys are drawn"), WSP_OK);
    loopback_poll_packets(pair, pair->server, 1);
    CHECK(wsp_peer_get_packet(pair->server, NULL) != NULL);
    pump(pair, 3);
    size_t idle = memory->live_bytes;
    for (int i = 0; i < 20; i++) {
        CHECK_RESULT(wsp_peer_send_text(pair->client, "there"), WSP_OK);
        loopback_poll_packets(pair, pair->server, 1);
        CHECK(wsp_peer_get_packet(pair->server, NULL) != NULL);
        CHECK_RESULT(wsp_peer_send_text(pair->server, "and back"), WSP_OK);
        loopback_poll_packets(pair, pair->client, 1);
        CHECK(wsp_peer_get_packet(pair->client, NULL) != NULL);
        CHECK(memory->live_bytes <= idle + 4096);
    }
    pump(pair, 3);
    CHECK_SIZE(memory->live_bytes, idle);
}

static const wspi_test_case cases[] = {
    TEST_CASE(what_traffic_needed_is_given_back_when_it_pauses),
    TEST_CASE(an_idle_peer_owns_hundreds_of_bytes),
    TEST_CASE(what_a_large_message_needed_is_given_back),
    TEST_CASE(a_close_frame_without_memory_follows_later),
    TEST_CASE(a_close_frame_that_cannot_be_kept_fails_the_connection),
    TEST_CASE(a_close_reason_without_memory_is_no_clean_end),
    TEST_CASE(memory_that_runs_out_at_any_point_ends_in_an_error),
    TEST_CASE(everything_is_given_back),
};

TEST_MAIN(cases)
