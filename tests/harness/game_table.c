/* SPDX-License-Identifier: MIT */
/* See game_table.h. */
#include "game_table.h"

#include <stdio.h>
#include <string.h>

static game_table the_table;

static void clean_up(void)
{
    for (int i = 0; i < GAME_TABLE_CLIENTS; i++)
        wsp_multiplayer_destroy(the_table.clients[i]);
    wsp_multiplayer_destroy(the_table.server);
    wsp_peer_destroy(the_table.raw);
    memset(&the_table, 0, sizeof the_table);
}

void game_table_restart(game_table *table, wsp_multiplayer_dialect dialect)
{
    clean_up();
    table->dialect = dialect;
    table->server = wsp_multiplayer_create();
    CHECK(table->server != NULL);
    game_diary_keep(&table->diary, table->server);
    CHECK_RESULT(wsp_multiplayer_set_dialect(table->server, dialect), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, "127.0.0.1", NULL), WSP_OK);
    (void)snprintf(table->url, sizeof table->url, "ws://127.0.0.1:%u",
                   wsp_multiplayer_get_local_port(table->server));
}

game_table *game_table_begin(wsp_multiplayer_dialect dialect)
{
    wspi_test_at_case_end(clean_up);
    game_table_restart(&the_table, dialect);
    return &the_table;
}

void game_table_step(game_table *table)
{
    wsp_multiplayer_poll_wait(table->server, 0.001);
    for (int i = 0; i < GAME_TABLE_CLIENTS; i++)
        wsp_multiplayer_poll(table->clients[i]);
    wsp_peer_poll(table->raw);
}

void game_table_join(game_table *table, int index)
{
    wsp_multiplayer *client = wsp_multiplayer_create();
    CHECK(client != NULL);
    table->clients[index] = client;
    game_diary_keep(&table->diaries[index], client);
    CHECK_RESULT(wsp_multiplayer_set_dialect(client, table->dialect), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(client, table->url, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_connection_status(client) == WSP_CONNECTION_CONNECTED);
    table->ids[index] = wsp_multiplayer_get_unique_id(client);
}

int32_t game_table_join_raw(game_table *table)
{
    if (table->raw == NULL)
        table->raw = wsp_peer_create();
    CHECK_RESULT(wsp_peer_connect_to_url(table->raw, table->url, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_peer_get_available_packet_count(table->raw) > 0);
    size_t size = 0;
    const uint8_t *id = wsp_peer_get_packet(table->raw, &size);
    CHECK_SIZE(size, table->dialect == WSP_MULTIPLAYER_DIALECT_GODOT3 ? 13 : 4);
    id += size - 4;
    return (int32_t)((uint32_t)id[0] | (uint32_t)id[1] << 8 | (uint32_t)id[2] << 16 | (uint32_t)id[3] << 24);
}

void game_table_check_packet(game_table *table, wsp_multiplayer *from, int32_t sender, const char *text)
{
    size_t size = 0;
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_available_packet_count(from) > 0);
    CHECK_INT(wsp_multiplayer_get_packet_peer(from), sender);
    const uint8_t *packet = wsp_multiplayer_get_packet(from, &size);
    CHECK_BYTES(packet, size, text, strlen(text));
}

void game_table_settle(game_table *table)
{
    for (int i = 0; i < GAME_TABLE_CLIENTS; i++) {
        wsp_multiplayer *client = table->clients[i];
        if (wsp_multiplayer_get_connection_status(client) != WSP_CONNECTION_CONNECTED)
            continue;
        wsp_multiplayer_set_target_peer(client, WSP_TARGET_PEER_SERVER);
        CHECK_RESULT(wsp_multiplayer_put_packet(client, "settle", 6), WSP_OK);
        game_table_check_packet(table, table->server, table->ids[i], "settle");
        wsp_multiplayer_set_target_peer(table->server, table->ids[i]);
        CHECK_RESULT(wsp_multiplayer_put_packet(table->server, "settled", 7), WSP_OK);
        game_table_check_packet(table, client, 1, "settled");
    }
}
