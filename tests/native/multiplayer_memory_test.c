/* SPDX-License-Identifier: MIT */
/*
 * multiplayer_client.c and multiplayer_server.c when memory runs out at any point: an error or an ended
 * connection, and no block is left.
 */
#include "failing_allocator.h"
#include "game_table.h"
#include "loopback.h"

#include <stdio.h>

static const wsp_multiplayer_dialect GODOT3 = WSP_MULTIPLAYER_DIALECT_GODOT3;

static const uint8_t GODOT3_ID_7[] = {3, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0};
static const uint8_t GODOT3_ADD_5[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0};

/* What the server does in the case below; every call may fail. */
static void serve_what_is_possible(loopback *pair, bool *was_served)
{
    static const uint8_t from_5[] = {0, 5, 0, 0, 0, 0, 0, 0, 0, 'h', 'i'};
    wsp_peer *server = pair->server;
    wsp_stream *stream = wsp_tcp_server_take_connection(pair->listener);
    if (stream != NULL && wsp_peer_accept_stream(server, stream) != WSP_OK)
        wsp_stream_destroy(stream);
    loopback_poll(pair);
    if (*was_served || wsp_peer_get_ready_state(server) != WSP_STATE_OPEN)
        return;
    (void)wsp_peer_put_packet(server, GODOT3_ID_7, sizeof GODOT3_ID_7);
    (void)wsp_peer_put_packet(server, GODOT3_ADD_5, sizeof GODOT3_ADD_5);
    (void)wsp_peer_put_packet(server, from_5, sizeof from_5);
    (void)wsp_peer_close(server, 1000, NULL);
    *was_served = true;
}

typedef struct reports {
    int joined;
    int left;
    int failed;
} reports;

static void count_joined(wsp_multiplayer *client, int32_t id, void *user)
{
    (void)client;
    ((reports *)user)->joined += id == WSP_TARGET_PEER_SERVER;
}

static void count_left(wsp_multiplayer *client, int32_t id, void *user)
{
    (void)client;
    ((reports *)user)->left += id == WSP_TARGET_PEER_SERVER;
}

static void count_failed(wsp_multiplayer *client, void *user)
{
    (void)client;
    ((reports *)user)->failed++;
}

/* A whole session in which one allocation after the other fails: an error or success, which is reported as
 * what it is, and no block is left. */
static void a_client_may_run_out_of_memory_at_any_point(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    bool is_through = false;
    loopback *pair = loopback_begin();
    for (size_t n = 1; n < 1000 && !is_through; n++) {
        bool was_served = false;
        reports seen = {0};
        TEST_NOTE("allocation %zu", n);
        wspi_test_failing_allocator_fail_at(n);
        wsp_multiplayer *client = wsp_multiplayer_create();
        (void)wsp_multiplayer_set_dialect(client, GODOT3);
        (void)wsp_multiplayer_set_handlers(
            client, &(wsp_multiplayer_handlers){count_joined, count_left, count_failed}, &seen);
        bool is_started = wsp_multiplayer_create_client(client, pair->url, NULL) == WSP_OK;
        for (int turn = 0;
             turn < 400 && wsp_multiplayer_get_connection_status(client) != WSP_CONNECTION_DISCONNECTED;
             turn++) {
            serve_what_is_possible(pair, &was_served);
            wsp_multiplayer_poll(client);
            (void)wsp_multiplayer_put_packet(client, "x", 1);
            if (turn == 200) /* the server may have had no memory for its close frame */
                (void)wsp_peer_close(pair->server, -1, NULL);
        }
        CHECK_INT(wsp_multiplayer_get_connection_status(client), WSP_CONNECTION_DISCONNECTED);
        CHECK_INT(seen.left, seen.joined);
        CHECK_INT(seen.left + seen.failed, is_started ? 1 : 0);
        is_through = allocator->failures == 0;
        wsp_multiplayer_destroy(client);
        (void)wsp_peer_close(pair->server, -1, NULL);
        wspi_test_failing_allocator_fail_at(0);
        wsp_stream_destroy(wsp_tcp_server_take_connection(pair->listener));
    }
    CHECK(is_through);
    wsp_peer_destroy(pair->server);
    wsp_peer_destroy(pair->client);
    wsp_tcp_server_destroy(pair->listener);
    pair->server = pair->client = NULL;
    pair->listener = NULL;
    CHECK_SIZE(allocator->live_blocks, 0);
}

/* A session in which one allocation after the other fails: connections may end, and no block is left. */
static void a_server_may_run_out_of_memory_at_any_point(void)
{
    static const uint8_t from_2[] = {0, 2, 0, 0, 0, 0, 0, 0, 0, 'x'};
    static const uint8_t from_3[] = {0, 3, 0, 0, 0, 0, 0, 0, 0, 'x'};
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    bool is_through = false;
    for (size_t n = 1; n < 2000 && !is_through; n++) {
        TEST_NOTE("allocation %zu", n);
        wspi_test_failing_allocator_fail_at(0);
        wsp_peer *clients[2] = {wsp_peer_create(), wsp_peer_create()};
        char url[64];
        wspi_test_failing_allocator_fail_at(n);
        wsp_multiplayer *server = wsp_multiplayer_create();
        (void)wsp_multiplayer_set_dialect(server, GODOT3);
        bool is_listening = wsp_multiplayer_create_server(server, 0, "127.0.0.1", NULL) == WSP_OK;
        (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u", wsp_multiplayer_get_local_port(server));
        for (int i = 0; i < 2 && is_listening; i++)
            (void)wsp_peer_connect_to_url(clients[i], url, NULL);
        for (int turn = 0; turn < 24 && is_listening; turn++) {
            wsp_multiplayer_poll_wait(server, 0.0005);
            for (int i = 0; i < 2; i++) {
                wsp_peer_poll(clients[i]);
                if (turn % 4 == 0)
                    (void)wsp_peer_send(clients[i], i == 0 ? from_2 : from_3, sizeof from_2,
                                        WSP_WRITE_MODE_BINARY);
                if (turn == 16)
                    (void)wsp_peer_close(clients[i], 1000, NULL);
            }
            wsp_multiplayer_set_target_peer(server, -3);
            (void)wsp_multiplayer_put_packet(server, "x", 1);
            if (turn % 6 == 0)
                (void)wsp_multiplayer_get_packet(server, NULL);
        }
        is_through = allocator->failures == 0;
        wsp_multiplayer_destroy(server);
        wsp_peer_destroy(clients[0]);
        wsp_peer_destroy(clients[1]);
        CHECK_SIZE(allocator->live_blocks, 0);
    }
    CHECK(is_through);
}

/* A packet to all for which memory runs out is sent to everybody, or to nobody, and says so. */
static void a_packet_to_all_is_not_lost_without_a_word(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    game_table *table = game_table_begin(GODOT3);
    for (int dialect = 0; dialect < 2; dialect++) {
        game_table_restart(table, (wsp_multiplayer_dialect)dialect);
        game_table_join(table, 0);
        game_table_join(table, 1);
        game_table_settle(table);
        wsp_multiplayer_set_target_peer(table->server, 0);
        size_t sent = 0;
        bool is_through = false;
        for (size_t n = 1; n < 20 && !is_through; n++) {
            TEST_NOTE("dialect %d, allocation %zu", dialect, n);
            wspi_test_failing_allocator_fail_at(n);
            wsp_result result = wsp_multiplayer_put_packet(table->server, "to all", 6);
            is_through = allocator->failures == 0;
            wspi_test_failing_allocator_fail_at(0);
            if (result != WSP_OK)
                CHECK_RESULT(result, WSP_ERR_OUT_OF_MEMORY);
            sent += result == WSP_OK;
        }
        CHECK(is_through);
        for (int i = 0; i < 2; i++) {
            for (size_t left = sent; left > 0; left--)
                game_table_check_packet(table, table->clients[i], 1, "to all");
            CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->clients[i]), 0);
        }
    }
}

/* What a server passes on nobody can send again: who cannot get it leaves the game. */
static void a_relayed_packet_is_not_lost_without_a_word(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    game_table *table = game_table_begin(GODOT3);
    bool is_through = false;
    for (size_t n = 1; n < 100 && !is_through; n++) {
        TEST_NOTE("allocation %zu", n);
        game_table_restart(table, GODOT3);
        game_table_join(table, 0);
        game_table_join(table, 1);
        game_table_settle(table);
        wsp_multiplayer_set_target_peer(table->clients[0], 0);
        CHECK_RESULT(wsp_multiplayer_put_packet(table->clients[0], "to all", 6), WSP_OK);
        wsp_peer *sender = wsp_multiplayer_get_peer(table->server, table->ids[0]);
        wsp_peer_stats stats;
        wsp_peer_get_stats(sender, &stats);
        uint64_t before = stats.messages_received;
        wspi_test_failing_allocator_fail_at(n);
        double until = wsp_now() + 10;
        do {
            wsp_multiplayer_poll(table->server);
            wsp_peer_get_stats(sender, &stats);
        } while (stats.messages_received == before && wsp_peer_get_ready_state(sender) == WSP_STATE_OPEN &&
                 wsp_now() < until);
        is_through = allocator->failures == 0;
        wspi_test_failing_allocator_fail_at(0);
        wsp_multiplayer *receiver = table->clients[1];
        GAME_TABLE_UNTIL(table, wsp_multiplayer_get_available_packet_count(receiver) > 0 ||
                                    wsp_multiplayer_get_peer_ids(table->server, NULL, 0) < 2);
    }
    CHECK(is_through);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_client_may_run_out_of_memory_at_any_point),
    TEST_CASE(a_server_may_run_out_of_memory_at_any_point),
    TEST_CASE(a_packet_to_all_is_not_lost_without_a_word),
    TEST_CASE(a_relayed_packet_is_not_lost_without_a_word),
};

TEST_MAIN(cases)
