/* SPDX-License-Identifier: MIT */
/*
 * multiplayer_server.c and multiplayer.c over real sockets, both dialects: targets, relaying, members that
 * come and go, and what ends a connection. Limits and hostile clients are in multiplayer_limits_test.c.
 */
#include "certificates.h"
#include "game_table.h"

#include <stdio.h>
#include <string.h>

static const wsp_multiplayer_dialect GODOT4 = WSP_MULTIPLAYER_DIALECT_GODOT4;
static const wsp_multiplayer_dialect GODOT3 = WSP_MULTIPLAYER_DIALECT_GODOT3;

static wsp_result put(wsp_multiplayer *from, int32_t target, const char *text)
{
    wsp_multiplayer_set_target_peer(from, target);
    return wsp_multiplayer_put_packet(from, text, strlen(text));
}

static size_t count_of(const wsp_multiplayer *multiplayer)
{
    return wsp_multiplayer_get_available_packet_count(multiplayer);
}

static void a_server_is_connected_at_once(void)
{
    game_table *table = game_table_begin(GODOT4);
    CHECK_INT(wsp_multiplayer_get_connection_status(table->server), WSP_CONNECTION_CONNECTED);
    CHECK_INT(wsp_multiplayer_get_unique_id(table->server), 1);
    CHECK(wsp_multiplayer_is_server(table->server));
    CHECK(wsp_multiplayer_get_local_port(table->server) > 0);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 0);
    CHECK_RESULT(put(table->server, 0, "nobody hears this"), WSP_OK);
    CHECK_RESULT(put(table->server, -5, "nor this"), WSP_OK);
    CHECK_RESULT(put(table->server, 1, "x"), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(put(table->server, 2, "x"), WSP_ERR_INVALID_PARAMETER);
    CHECK(wsp_multiplayer_get_peer(table->server, 1) == NULL);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, NULL, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_multiplayer_create_client(table->server, table->url, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_multiplayer_set_dialect(table->server, GODOT3), WSP_ERR_ALREADY_IN_USE);
}

static void listening_fails_with_a_reason(void)
{
    game_table *table = game_table_begin(GODOT4);
    wsp_multiplayer *second = wsp_multiplayer_create();
    int port = wsp_multiplayer_get_local_port(table->server);
    wsp_result taken = wsp_multiplayer_create_server(second, port, "127.0.0.1", NULL);
    bool has_text = wsp_multiplayer_get_error_message(second)[0] != '\0';
    wsp_connection_status status = wsp_multiplayer_get_connection_status(second);
    wsp_result kept = wsp_multiplayer_get_error(second);
    wsp_result name = wsp_multiplayer_create_server(second, 0, "localhost", NULL);
    wsp_result range = wsp_multiplayer_create_server(second, 65536, NULL, NULL);
    wsp_result fine = wsp_multiplayer_create_server(second, 0, NULL, NULL);
    wsp_result cleared = wsp_multiplayer_get_error(second);
    wsp_multiplayer_destroy(second);
    CHECK_RESULT(taken, WSP_ERR_ADDRESS_IN_USE);
    CHECK_RESULT(kept, WSP_ERR_ADDRESS_IN_USE);
    CHECK(has_text);
    CHECK_INT(status, WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(name, WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(range, WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(fine, WSP_OK);
    CHECK_RESULT(cleared, WSP_OK);
}

/* Three clients; the same in both dialects, as far as the server sends. */
static game_table *begin_with_three(wsp_multiplayer_dialect dialect)
{
    game_table *table = game_table_begin(dialect);
    for (int i = 0; i < 3; i++)
        game_table_join(table, i);
    game_table_settle(table);
    return table;
}

static void check_server_targets(wsp_multiplayer_dialect dialect)
{
    game_table *table = begin_with_three(dialect);
    CHECK_RESULT(put(table->server, table->ids[1], "to b"), WSP_OK);
    CHECK_RESULT(put(table->server, 0, "to all"), WSP_OK);
    CHECK_RESULT(put(table->server, -table->ids[0], "not to a"), WSP_OK);
    CHECK_RESULT(put(table->server, -1, ""), WSP_OK);
    CHECK_RESULT(put(table->server, INT32_MIN, "also to all"), WSP_OK);
    game_table_check_packet(table, table->clients[0], 1, "to all");
    game_table_check_packet(table, table->clients[0], 1, "");
    game_table_check_packet(table, table->clients[0], 1, "also to all");
    game_table_check_packet(table, table->clients[1], 1, "to b");
    for (int i = 1; i < 3; i++) {
        game_table_check_packet(table, table->clients[i], 1, "to all");
        game_table_check_packet(table, table->clients[i], 1, "not to a");
        game_table_check_packet(table, table->clients[i], 1, "");
        game_table_check_packet(table, table->clients[i], 1, "also to all");
    }
    game_table_settle(table);
    for (int i = 0; i < 3; i++)
        CHECK_SIZE(count_of(table->clients[i]), 0);
}

static void godot4_servers_send_to_targets(void)
{
    check_server_targets(GODOT4);
}

static void godot3_servers_send_to_targets(void)
{
    check_server_targets(GODOT3);
}

static void ids_differ_and_are_listed_in_order(void)
{
    game_table *table = begin_with_three(GODOT4);
    int32_t ids[4] = {0};
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, ids, 2), 3);
    CHECK_INT(ids[2], 0);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, ids, 4), 3);
    CHECK(2 <= ids[0] && ids[0] < ids[1] && ids[1] < ids[2]);
    for (int i = 0; i < 3; i++) {
        CHECK(wsp_multiplayer_get_peer(table->server, ids[i]) != NULL);
        CHECK_STRING(wsp_multiplayer_get_peer_address(table->server, ids[i]), "127.0.0.1");
        CHECK(wsp_multiplayer_get_peer_port(table->server, ids[i]) > 0);
    }
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->clients[0], NULL, 0), 1);
}

static void godot4_clients_reach_the_server_only(void)
{
    game_table *table = begin_with_three(GODOT4);
    CHECK_RESULT(put(table->clients[0], table->ids[1], "hi"), WSP_OK);
    CHECK_RESULT(put(table->clients[0], 0, ""), WSP_OK);
    game_table_check_packet(table, table->server, table->ids[0], "hi");
    game_table_check_packet(table, table->server, table->ids[0], "");
    game_table_settle(table);
    CHECK_SIZE(count_of(table->clients[1]), 0);
}

static void godot3_clients_are_relayed(void)
{
    game_table *table = begin_with_three(GODOT3);
    wsp_multiplayer *a = table->clients[0];
    CHECK_RESULT(put(a, table->ids[1], "to b"), WSP_OK);
    CHECK_RESULT(put(a, 0, "to all"), WSP_OK);
    CHECK_RESULT(put(a, -table->ids[1], "not to b"), WSP_OK);
    CHECK_RESULT(put(a, -1, "not to the server"), WSP_OK);
    CHECK_RESULT(put(a, -table->ids[0], ""), WSP_OK);
    CHECK_RESULT(put(a, -INT32_MAX, "not to nobody"), WSP_OK);
    game_table_check_packet(table, table->server, table->ids[0], "to all");
    game_table_check_packet(table, table->server, table->ids[0], "not to b");
    game_table_check_packet(table, table->server, table->ids[0], "");
    game_table_check_packet(table, table->server, table->ids[0], "not to nobody");
    game_table_check_packet(table, table->clients[1], table->ids[0], "to b");
    for (int i = 1; i < 3; i++) {
        game_table_check_packet(table, table->clients[i], table->ids[0], "to all");
        if (i == 2)
            game_table_check_packet(table, table->clients[i], table->ids[0], "not to b");
        game_table_check_packet(table, table->clients[i], table->ids[0], "not to the server");
        game_table_check_packet(table, table->clients[i], table->ids[0], "");
        game_table_check_packet(table, table->clients[i], table->ids[0], "not to nobody");
    }
    game_table_settle(table);
    CHECK_SIZE(count_of(table->server), 0);
    for (int i = 0; i < 3; i++)
        CHECK_SIZE(count_of(table->clients[i]), 0);
}

/* Ids are written as letters: a, b, c in the order of joining. */
static void name_all(game_table *table)
{
    for (int i = 0; i < GAME_TABLE_CLIENTS; i++) {
        int32_t id = i + 2;
        game_diary_name(&table->diary, id);
        for (int j = 0; j < GAME_TABLE_CLIENTS; j++)
            game_diary_name(&table->diaries[j], id);
    }
}

static void godot3_members_hear_of_each_other(void)
{
    game_table *table = game_table_begin(GODOT3);
    name_all(table);
    for (int i = 0; i < 3; i++)
        game_table_join(table, i);
    game_table_settle(table);
    CHECK_STRING(table->diary.text, "+a +b +c ");
    CHECK_STRING(table->diaries[0].text, "+1 +b +c ");
    CHECK_STRING(table->diaries[1].text, "+1 +a +c ");
    CHECK_STRING(table->diaries[2].text, "+1 +a +b ");
    wsp_multiplayer_close(table->clients[1]);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 2);
    game_table_settle(table);
    CHECK_STRING(table->diary.text, "+a +b +c -b ");
    CHECK_STRING(table->diaries[0].text, "+1 +b +c -b ");
    CHECK_STRING(table->diaries[1].text, "+1 +a +c ");
    CHECK_STRING(table->diaries[2].text, "+1 +a +b -b ");
    CHECK_INT(table->diary.code, 1000);
}

static void godot4_members_do_not(void)
{
    game_table *table = game_table_begin(GODOT4);
    name_all(table);
    game_table_join(table, 0);
    game_table_join(table, 1);
    game_table_settle(table);
    CHECK_STRING(table->diary.text, "+a +b ");
    CHECK_STRING(table->diaries[0].text, "+1 ");
    CHECK_STRING(table->diaries[1].text, "+1 ");
}

static void disconnecting_with_and_without_force(void)
{
    game_table *table = game_table_begin(GODOT3);
    name_all(table);
    for (int i = 0; i < 3; i++)
        game_table_join(table, i);
    game_table_settle(table);
    CHECK_RESULT(put(table->server, table->ids[0], "go"), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(table->server, table->ids[0], false), WSP_OK);
    CHECK_RESULT(put(table->server, table->ids[0], "x"), WSP_ERR_NOT_OPEN);
    CHECK_RESULT(put(table->server, 0, "to who stays"), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 2);
    CHECK_STRING(table->diary.text, "+a +b +c -a ");
    CHECK_STRING(table->diaries[0].text, "+1 +b +c -1 ");
    CHECK_INT(table->diaries[0].code, 1000);
    game_table_check_packet(table, table->clients[0], 1, "go");
    CHECK_SIZE(count_of(table->clients[0]), 0);
    CHECK_RESULT(wsp_multiplayer_get_error(table->clients[0]), WSP_OK);

    CHECK_RESULT(wsp_multiplayer_disconnect_peer(table->server, table->ids[1], true), WSP_OK);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 1);
    CHECK(wsp_multiplayer_get_peer(table->server, table->ids[1]) == NULL);
    CHECK_RESULT(put(table->server, table->ids[1], "x"), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(table->server, table->ids[1], true),
                 WSP_ERR_INVALID_PARAMETER);
    GAME_TABLE_UNTIL(table,
                     wsp_multiplayer_get_connection_status(table->clients[1]) == WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_get_error(table->clients[1]), WSP_ERR_CONNECTION_LOST);
    game_table_check_packet(table, table->clients[2], 1, "to who stays");
    game_table_settle(table);
    CHECK_STRING(table->diary.text, "+a +b +c -a ");
    CHECK_STRING(table->diaries[2].text, "+1 +a +b -a -b ");
}

static void code_and_reason_are_readable_and_packets_stay(void)
{
    game_table *table = game_table_begin(GODOT4);
    int32_t id = game_table_join_raw(table);
    game_diary_name(&table->diary, id);
    CHECK_RESULT(wsp_peer_send_text(table->raw, "last words"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(table->raw, 4007, "tired"), WSP_OK);
    GAME_TABLE_UNTIL(table, table->diary.code != 0);
    CHECK_STRING(table->diary.text, "+2 -a ");
    CHECK_INT(table->diary.code, 4007);
    CHECK_STRING(table->diary.reason, "tired");
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 0);
    wsp_multiplayer_close(table->server);
    CHECK_INT(wsp_multiplayer_get_connection_status(table->server), WSP_CONNECTION_DISCONNECTED);
    game_table_check_packet(table, table->server, id, "last words");
}

static void closing_the_server_tells_the_clients(void)
{
    game_table *table = begin_with_three(GODOT4);
    CHECK_RESULT(put(table->clients[0], 1, "unread"), WSP_OK);
    GAME_TABLE_UNTIL(table, count_of(table->server) == 1);
    size_t written = strlen(table->diary.text);
    wsp_multiplayer_close(table->server);
    CHECK_INT(wsp_multiplayer_get_unique_id(table->server), 0);
    CHECK(!wsp_multiplayer_is_server(table->server));
    CHECK_INT(wsp_multiplayer_get_local_port(table->server), 0);
    for (int i = 0; i < 3; i++) {
        GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(table->clients[i]) ==
                                    WSP_CONNECTION_DISCONNECTED);
        CHECK_STRING(table->diaries[i].text, "+1 -1 ");
        CHECK_INT(table->diaries[i].code, 1001);
    }
    CHECK_SIZE(strlen(table->diary.text), written);
    game_table_check_packet(table, table->server, table->ids[0], "unread");
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, NULL, NULL), WSP_OK);
}

static void refused_clients_wait_until_they_are_not(void)
{
    game_table *table = game_table_begin(GODOT4);
    game_table_join(table, 0);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, true), WSP_OK);
    CHECK(wsp_multiplayer_get_refuse_new_connections(table->server));
    wsp_multiplayer_close(table->clients[0]); /* who leaves does not open the door */
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 0);
    wsp_multiplayer *late = wsp_multiplayer_create();
    table->clients[1] = late;
    game_diary_keep(&table->diaries[1], late);
    CHECK_RESULT(wsp_multiplayer_create_client(late, table->url, NULL), WSP_OK);
    for (int i = 0; i < 50; i++)
        game_table_step(table);
    CHECK_INT(wsp_multiplayer_get_connection_status(late), WSP_CONNECTION_CONNECTING);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 0);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, false), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(late) == WSP_CONNECTION_CONNECTED);
    CHECK_STRING(table->diaries[1].text, "+1 ");
}

static void subprotocols_and_headers_are_passed_on(void)
{
    static const char *const ludus[] = {"ludus"};
    static const char *const both[] = {"other", "ludus"};
    static const char *const header[] = {"X-Game: dice"};
    game_table *table = game_table_begin(GODOT4);
    wsp_multiplayer_close(table->server);
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(table->server, ludus, 1), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_handshake_headers(table->server, header, 1), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, "127.0.0.1", NULL), WSP_OK);
    wsp_multiplayer *client = wsp_multiplayer_create();
    table->clients[0] = client;
    char url[64];
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u", wsp_multiplayer_get_local_port(table->server));
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(client, both, 2), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(client, url, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(client) == WSP_CONNECTION_CONNECTED);
    wsp_peer *peer = wsp_multiplayer_get_peer(client, 1);
    CHECK_STRING(wsp_peer_get_selected_protocol(peer), "ludus");
    CHECK_STRING(wsp_peer_get_handshake_header(peer, "X-Game"), "dice");
    wsp_multiplayer_close(client);
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(client, NULL, 0), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(client, url, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(client) == WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_get_error(client), WSP_ERR_HANDSHAKE_REJECTED);
}

static void sessions_run_over_tls(void)
{
    const test_certificate *certificate = test_server_certificate();
    wsp_tls_options *server_tls = wsp_tls_options_server(certificate->key, certificate->certificate);
    wsp_tls_options *client_tls = wsp_tls_options_client(test_authority()->certificate, NULL);
    CHECK(server_tls != NULL && client_tls != NULL);
    game_table *table = game_table_begin(GODOT4);
    wsp_multiplayer_close(table->server);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, "127.0.0.1", client_tls),
                 WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, "127.0.0.1", server_tls), WSP_OK);
    wsp_multiplayer *client = table->clients[0] = wsp_multiplayer_create();
    char url[64];
    (void)snprintf(url, sizeof url, "wss://127.0.0.1:%u", wsp_multiplayer_get_local_port(table->server));
    CHECK_RESULT(wsp_multiplayer_create_client(client, url, server_tls), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_create_client(client, url, client_tls), WSP_OK);
    wsp_tls_options_destroy(server_tls);
    wsp_tls_options_destroy(client_tls);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(client) == WSP_CONNECTION_CONNECTED);
    CHECK_RESULT(put(client, 1, "secret"), WSP_OK);
    game_table_check_packet(table, table->server, wsp_multiplayer_get_unique_id(client), "secret");
    CHECK_RESULT(put(table->server, 0, "whisper"), WSP_OK);
    game_table_check_packet(table, client, 1, "whisper");
}

/* -- inside handlers ------------------------------------------------------- */

static void close_it(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    (void)id;
    diary->then = NULL;
    wsp_multiplayer_close(multiplayer);
    CHECK_RESULT(wsp_multiplayer_create_server(multiplayer, 0, NULL, NULL), WSP_OK);
}

static void destroy_it(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    (void)id;
    diary->then = NULL;
    wsp_multiplayer_destroy(multiplayer);
}

static void kick_it(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    diary->then = NULL;
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(multiplayer, id, true), WSP_OK);
}

static void start_joining(game_table *table, int index)
{
    table->clients[index] = wsp_multiplayer_create();
    game_diary_keep(&table->diaries[index], table->clients[index]);
    CHECK_RESULT(wsp_multiplayer_set_dialect(table->clients[index], table->dialect), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(table->clients[index], table->url, NULL), WSP_OK);
}

static bool is_over(const game_table *table, int index)
{
    return wsp_multiplayer_get_connection_status(table->clients[index]) == WSP_CONNECTION_DISCONNECTED;
}

static void a_server_may_be_closed_and_started_inside_a_handler(void)
{
    game_table *table = game_table_begin(GODOT3);
    table->diary.then = close_it;
    start_joining(table, 0);
    GAME_TABLE_UNTIL(table, is_over(table, 0));
    CHECK_STRING(table->diary.text, "+2 ");
    CHECK(wsp_multiplayer_is_server(table->server));
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 0);
}

static void a_client_may_be_removed_inside_its_own_handler(void)
{
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 1);
    table->diary.then = kick_it;
    start_joining(table, 0);
    GAME_TABLE_UNTIL(table, is_over(table, 0));
    game_table_settle(table);
    CHECK_STRING(table->diary.text, "+2 +3 ");
    CHECK_STRING(table->diaries[1].text, "+1 +3 -3 ");
}

/* Its end is being reported: the others have been told, once. */
static void a_client_that_left_is_announced_once(void)
{
    static const uint8_t types[] = {1, 1, 2, 0}; /* ADD server, ADD the other, DEL the other, the packet */
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 0);
    (void)game_table_join_raw(table);
    table->diary.then = kick_it;
    wsp_multiplayer_close(table->clients[0]);
    GAME_TABLE_UNTIL(table, table->diary.then == NULL);
    CHECK_RESULT(put(table->server, 0, "last"), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_peer_get_available_packet_count(table->raw) >= sizeof types);
    for (size_t i = 0; i < sizeof types; i++)
        CHECK_INT(wsp_peer_get_packet(table->raw, NULL)[0], types[i]);
}

static void a_server_may_be_destroyed_inside_a_handler(void)
{
    game_table *table = game_table_begin(GODOT4);
    game_table_join(table, 0);
    table->diary.then = destroy_it;
    start_joining(table, 1);
    double until = wsp_now() + 10;
    wsp_multiplayer *server = table->server;
    table->server = NULL;
    while (table->diary.then != NULL && wsp_now() < until) {
        wsp_multiplayer_poll_wait(server, 0.001);
        wsp_multiplayer_poll(table->clients[1]);
    }
    CHECK(table->diary.then == NULL);
    GAME_TABLE_UNTIL(table, is_over(table, 0) && is_over(table, 1));
    CHECK_STRING(table->diaries[0].text, "+1 -1 ");
}

/* The server has not read yet that its client is gone, and learns it while writing. */
static void a_packet_to_all_is_no_failure_when_the_last_one_is_gone(void)
{
    game_table *table = game_table_begin(WSP_MULTIPLAYER_DIALECT_GODOT4);
    for (int dialect = 0; dialect < 2; dialect++) {
        game_table_restart(table, (wsp_multiplayer_dialect)dialect);
        game_table_join(table, 0);
        wsp_multiplayer_destroy(table->clients[0]);
        table->clients[0] = NULL;
        wsp_multiplayer_set_target_peer(table->server, WSP_TARGET_PEER_BROADCAST);
        wsp_peer *gone = wsp_multiplayer_get_peer(table->server, table->ids[0]);
        double until = wsp_now() + 10;
        while (wsp_peer_send(gone, NULL, 0, WSP_WRITE_MODE_BINARY) == WSP_OK)
            CHECK(wsp_now() < until);
        CHECK_INT(wsp_peer_get_ready_state(gone), WSP_STATE_OPEN);
        CHECK_RESULT(wsp_multiplayer_put_packet(table->server, "to all", 6), WSP_OK);
    }
}

/* -- waiting --------------------------------------------------------------- */

/* There is nothing to sleep for: an end that the program itself caused is told at once. */
static void check_end_is_told_at_once(game_table *table, const char *report)
{
    double before = wsp_now();
    CHECK(wsp_multiplayer_poll_wait(table->clients[0], 10));
    CHECK(wsp_now() - before < 5);
    CHECK_INT(wsp_multiplayer_get_connection_status(table->clients[0]), WSP_CONNECTION_DISCONNECTED);
    CHECK_CONTAINS(table->diaries[0].text, report);
}

static void poll_wait_does_not_sleep_when_the_program_ends_the_session(void)
{
    game_table *table = game_table_begin(WSP_MULTIPLAYER_DIALECT_GODOT4);
    game_table_join(table, 0);
    wsp_multiplayer *client = table->clients[0];
    CHECK_RESULT(wsp_peer_close(wsp_multiplayer_get_peer(client, 1), -1, NULL), WSP_OK);
    check_end_is_told_at_once(table, "-1 ");
    /* Nor when it gives up joining. */
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(client, 60), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(client, table->url, NULL), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(client, 1, false), WSP_OK);
    check_end_is_told_at_once(table, "failed");
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_server_is_connected_at_once),
    TEST_CASE(listening_fails_with_a_reason),
    TEST_CASE(godot4_servers_send_to_targets),
    TEST_CASE(godot3_servers_send_to_targets),
    TEST_CASE(ids_differ_and_are_listed_in_order),
    TEST_CASE(godot4_clients_reach_the_server_only),
    TEST_CASE(godot3_clients_are_relayed),
    TEST_CASE(godot3_members_hear_of_each_other),
    TEST_CASE(godot4_members_do_not),
    TEST_CASE(disconnecting_with_and_without_force),
    TEST_CASE(code_and_reason_are_readable_and_packets_stay),
    TEST_CASE(closing_the_server_tells_the_clients),
    TEST_CASE(refused_clients_wait_until_they_are_not),
    TEST_CASE(subprotocols_and_headers_are_passed_on),
    TEST_CASE(sessions_run_over_tls),
    TEST_CASE(a_server_may_be_closed_and_started_inside_a_handler),
    TEST_CASE(a_client_may_be_removed_inside_its_own_handler),
    TEST_CASE(a_client_that_left_is_announced_once),
    TEST_CASE(a_server_may_be_destroyed_inside_a_handler),
    TEST_CASE(a_packet_to_all_is_no_failure_when_the_last_one_is_gone),
    TEST_CASE(poll_wait_does_not_sleep_when_the_program_ends_the_session),
};

TEST_MAIN(cases)
