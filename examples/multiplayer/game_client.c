/* SPDX-License-Identifier: MIT */
/*
 * A player's side: shows what the server tells, and asks it for moves. What a packet says is believed because
 * it came from the server (1); a packet of anybody else is not looked at.
 */
#include "console.h"
#include "multiplayer/game.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct game_client {
    wsp_multiplayer *multiplayer;
    game_players players;
    char name[GAME_MAX_NAME + 1];
    int32_t us; /* our id, also when the session is over */
    int32_t turn;
    int games;
    int players_to_start; /* above 0: plays by itself */
    bool has_played;
    const char *end; /* how the session ended; told when its last packet has been */
    bool is_over;
};

/* -- output ---------------------------------------------------------------- */

static void show(const game_client *client, const char *line)
{
    char before[GAME_MAX_NAME + 8];
    snprintf(before, sizeof before, "[%s] ", client->name);
    print_untrusted(before, line, strlen(line), "");
}

/* One line about a player and a number or two. */
static void show_player(game_client *client, int32_t id, const char *what)
{
    char line[160];
    const game_player *player = game_find_player(&client->players, id);
    bool is_us = id == client->us;
    snprintf(line, sizeof line, "%s%s %s", player ? player->name : "somebody", is_us ? " (you)" : "", what);
    show(client, line);
}

static void show_players(game_client *client)
{
    for (int i = 0; i < client->players.count; i++) {
        char what[64];
        const game_player *player = &client->players.list[i];
        snprintf(what, sizeof what, "has %d points%s", player->points,
                 player->id == client->turn ? " and is to roll" : "");
        show_player(client, player->id, what);
    }
}

/* -- moves ----------------------------------------------------------------- */

static void send_line(game_client *client, const char *line)
{
    wsp_multiplayer_set_target_peer(client->multiplayer, WSP_TARGET_PEER_SERVER);
    wsp_result result = wsp_multiplayer_put_packet(client->multiplayer, line, strlen(line));
    if (result != WSP_OK) {
        show(client, wsp_result_text(result));
    }
}

static bool is_our_turn(const game_client *client)
{
    return client->turn != 0 && client->turn == client->us;
}

void game_client_command(game_client *client, const char *command)
{
    if (game_read_word(command, "roll") != NULL && !is_our_turn(client)) {
        show(client, client->turn == 0 ? "nobody is playing; start?" : "it is not your turn (cheat?)");
    } else if (game_read_word(command, "cheat") != NULL) {
        send_line(client, is_our_turn(client) ? "roll 6" : "roll");
    } else if (game_read_word(command, "players") != NULL) {
        show_players(client);
    } else if (game_read_word(command, "quit") != NULL) {
        wsp_multiplayer_disconnect_peer(client->multiplayer, WSP_TARGET_PEER_SERVER, false);
    } else if (game_read_word(command, "name") != NULL || game_read_word(command, "start") != NULL ||
               game_read_word(command, "roll") != NULL) {
        send_line(client, command);
    } else {
        show(client, "commands: name NAME, start, roll, cheat, players, quit");
    }
}

/* Who came first starts the game. */
static void start_by_itself(game_client *client)
{
    int32_t us = client->us;
    bool is_wanted = client->players_to_start > 0 && client->turn == 0;
    if (is_wanted && client->players.count >= client->players_to_start && client->players.list[0].id == us) {
        send_line(client, "start");
    }
}

/* -- what the server tells -------------------------------------------------- */

static void on_player(game_client *client, const char *text)
{
    char *end;
    int32_t id = (int32_t)strtol(text, &end, 10);
    int points = (int)strtol(end, &end, 10);
    game_player *player = game_find_player(&client->players, id);
    bool is_new = player == NULL;
    if (is_new) {
        player = game_add_player(&client->players, id);
    }
    if (!player || end[0] != ' ') {
        return;
    }
    bool is_renamed = strcmp(player->name, end + 1) != 0;
    player->points = points;
    snprintf(player->name, sizeof player->name, "%s", end + 1);
    if (id == client->us && strncmp(player->name, "player ", 7) != 0) {
        snprintf(client->name, sizeof client->name, "%s", player->name);
    }
    if (is_new || is_renamed) {
        show_player(client, id, is_new ? "is at the table" : "has a new name");
    }
    if (is_new) {
        start_by_itself(client);
    }
}

static void on_rolled(game_client *client, const char *text)
{
    char *end;
    char what[64];
    int32_t id = (int32_t)strtol(text, &end, 10);
    int dice = (int)strtol(end, &end, 10);
    int points = (int)strtol(end, NULL, 10);
    game_player *player = game_find_player(&client->players, id);
    if (player) {
        player->points = points;
    }
    snprintf(what, sizeof what, "rolled %d and has %d", dice, points);
    show_player(client, id, what);
}

static void on_turn(game_client *client, const char *text)
{
    client->turn = (int32_t)strtol(text, NULL, 10);
    if (client->turn == 0) {
        show(client, "in the lobby");
        start_by_itself(client);
        return;
    }
    show_player(client, client->turn, "is to roll");
    if (client->players_to_start > 0 && is_our_turn(client)) {
        send_line(client, "roll");
    }
}

static void on_packet(game_client *client, const char *packet)
{
    const char *rest;
    if ((rest = game_read_word(packet, "player")) != NULL) {
        on_player(client, rest);
    } else if ((rest = game_read_word(packet, "gone")) != NULL) {
        int32_t id = (int32_t)strtol(rest, NULL, 10);
        show_player(client, id, "left");
        game_remove_player(&client->players, id);
    } else if ((rest = game_read_word(packet, "turn")) != NULL) {
        on_turn(client, rest);
    } else if ((rest = game_read_word(packet, "rolled")) != NULL) {
        on_rolled(client, rest);
    } else if ((rest = game_read_word(packet, "wins")) != NULL) {
        client->games++;
        show_player(client, (int32_t)strtol(rest, NULL, 10), "wins");
    } else if (game_read_word(packet, "refused") != NULL) {
        show(client, packet);
    }
}

/* -- the session ------------------------------------------------------------ */

static void on_connected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    game_client *client = user;
    char line[GAME_MAX_NAME + 8];
    if (id == WSP_TARGET_PEER_SERVER) {
        client->us = wsp_multiplayer_get_unique_id(multiplayer);
        client->has_played = true;
        show(client, "joined");
        snprintf(line, sizeof line, "name %s", client->name);
        send_line(client, line);
    }
}

/* Packets that came before the end are still in the queue when the handlers run. */
static void tell_end(game_client *client)
{
    char line[640];
    const char *why = wsp_multiplayer_get_error_message(client->multiplayer);
    snprintf(line, sizeof line, "%s: %s", client->end, why);
    show(client, line);
    client->is_over = true;
}

static void on_disconnected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    (void)multiplayer;
    if (id == WSP_TARGET_PEER_SERVER) {
        ((game_client *)user)->end = "the session is over";
    }
}

static void on_failed(wsp_multiplayer *multiplayer, void *user)
{
    (void)multiplayer;
    ((game_client *)user)->end = "could not join";
}

game_client *game_client_create(const char *url, const char *name, wsp_multiplayer_dialect dialect)
{
    game_client *client = calloc(1, sizeof *client);
    if (!client) {
        return NULL;
    }
    snprintf(client->name, sizeof client->name, "%s", name);
    client->multiplayer = wsp_multiplayer_create();
    const wsp_multiplayer_handlers handlers = {
        .peer_connected = on_connected, .peer_disconnected = on_disconnected, .connection_failed = on_failed};
    wsp_multiplayer_set_handlers(client->multiplayer, &handlers, client);
    wsp_multiplayer_set_dialect(client->multiplayer, dialect);
    if (wsp_multiplayer_create_client(client->multiplayer, url, NULL) != WSP_OK) {
        client->end = "could not join";
        tell_end(client);
    }
    return client;
}

void game_client_destroy(game_client *client)
{
    if (client) {
        wsp_multiplayer_destroy(client->multiplayer);
        free(client);
    }
}

void game_client_poll(game_client *client, double seconds)
{
    wsp_multiplayer_poll_wait(client->multiplayer, seconds);
    for (;;) {
        int32_t sender = wsp_multiplayer_get_packet_peer(client->multiplayer);
        const uint8_t *packet = wsp_multiplayer_get_packet(client->multiplayer, NULL);
        if (!packet) {
            break;
        }
        if (sender == WSP_TARGET_PEER_SERVER) {
            on_packet(client, (const char *)packet); /* a zero byte stands behind every packet */
        }
    }
    if (client->end && !client->is_over) {
        tell_end(client);
    }
}

void game_client_set_automatic(game_client *client, int players_to_start)
{
    client->players_to_start = players_to_start;
}

bool game_client_is_over(const game_client *client)
{
    return client->is_over;
}

bool game_client_has_played(const game_client *client)
{
    return client->has_played;
}

int game_client_get_games(const game_client *client)
{
    return client->games;
}
