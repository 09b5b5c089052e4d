/* SPDX-License-Identifier: MIT */
/*
 * The side that decides: whose turn it is, what the dice show, and who may do what. It believes no packet
 * more than its sender's id, which the library vouches for.
 */
#include "console.h"
#include "multiplayer/game.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct game_server {
    wsp_multiplayer *multiplayer;
    game_players players;
    int turn; /* index of the player to roll; -1: in the lobby */
    char url[64];
};

/* -- sending --------------------------------------------------------------- */

static void send_line(game_server *server, int32_t target, const char *line)
{
    wsp_multiplayer_set_target_peer(server->multiplayer, target);
    wsp_multiplayer_put_packet(server->multiplayer, line, strlen(line));
}

static void tell_player(game_server *server, int32_t target, const game_player *player)
{
    char line[64];
    snprintf(line, sizeof line, "player %ld %d %s", (long)player->id, player->points, player->name);
    send_line(server, target, line);
}

static void tell_turn(game_server *server, int32_t target)
{
    char line[32];
    snprintf(line, sizeof line, "turn %ld",
             server->turn >= 0 ? (long)server->players.list[server->turn].id : 0L);
    send_line(server, target, line);
}

static void refuse(game_server *server, const game_player *player, const char *why)
{
    char line[96];
    snprintf(line, sizeof line, "refused %s", why);
    send_line(server, player->id, line);
    snprintf(line, sizeof line, "refused %s (", player->name);
    print_untrusted(line, why, strlen(why), ")");
}

/* -- the rules ------------------------------------------------------------- */

static bool is_turn_of(const game_server *server, const game_player *player)
{
    return server->turn >= 0 && &server->players.list[server->turn] == player;
}

static void go_to_lobby(game_server *server)
{
    server->turn = -1;
    tell_turn(server, WSP_TARGET_PEER_BROADCAST);
}

static void start_game(game_server *server, const game_player *player)
{
    if (server->turn >= 0) {
        refuse(server, player, "the game is running");
    } else if (server->players.count < 2) {
        refuse(server, player, "it takes two to play");
    } else {
        for (int i = 0; i < server->players.count; i++) {
            server->players.list[i].points = 0;
            tell_player(server, WSP_TARGET_PEER_BROADCAST, &server->players.list[i]);
        }
        server->turn = 0;
        tell_turn(server, WSP_TARGET_PEER_BROADCAST);
    }
}

static void roll(game_server *server, game_player *player)
{
    char line[64];
    int dice = (int)(wsp_random() % 6) + 1;
    player->points += dice;
    snprintf(line, sizeof line, "rolled %ld %d %d", (long)player->id, dice, player->points);
    send_line(server, WSP_TARGET_PEER_BROADCAST, line);
    print_line("%s rolled %d and has %d", player->name, dice, player->points);
    if (player->points >= GAME_POINTS_TO_WIN) {
        snprintf(line, sizeof line, "wins %ld", (long)player->id);
        send_line(server, WSP_TARGET_PEER_BROADCAST, line);
        print_line("%s wins", player->name);
        go_to_lobby(server);
        return;
    }
    server->turn = (server->turn + 1) % server->players.count;
    tell_turn(server, WSP_TARGET_PEER_BROADCAST);
}

/* Printable, not too long, and nobody else's. */
static bool is_good_name(game_server *server, const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        if (name[i] < ' ' || name[i] > '~') {
            return false;
        }
    }
    for (int i = 0; i < server->players.count; i++) {
        if (strcmp(server->players.list[i].name, name) == 0) {
            return false;
        }
    }
    return size > 0 && size <= GAME_MAX_NAME;
}

static void rename_player(game_server *server, game_player *player, const char *name)
{
    if (!is_good_name(server, name)) {
        refuse(server, player, "that name is taken, too long or not printable");
        return;
    }
    print_line("%s is now %s", player->name, name);
    snprintf(player->name, sizeof player->name, "%s", name);
    tell_player(server, WSP_TARGET_PEER_BROADCAST, player);
}

static void on_packet(game_server *server, game_player *player, const char *packet)
{
    const char *rest;
    if ((rest = game_read_word(packet, "name")) != NULL) {
        rename_player(server, player, rest);
    } else if (game_read_word(packet, "start") != NULL) {
        start_game(server, player);
    } else if ((rest = game_read_word(packet, "roll")) == NULL) {
        refuse(server, player, "there is no such move");
    } else if (rest[0] != '\0') {
        refuse(server, player, "the server has the dice");
    } else if (!is_turn_of(server, player)) {
        refuse(server, player, "it is not your turn");
    } else {
        roll(server, player);
    }
}

/* -- players come and go ---------------------------------------------------- */

static void on_connected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    game_server *server = user;
    game_player *player = game_add_player(&server->players, id);
    if (!player) {
        send_line(server, id, "refused the table is full");
        wsp_multiplayer_disconnect_peer(multiplayer, id, false);
        return;
    }
    print_line("+ %s", player->name);
    for (int i = 0; i < server->players.count - 1; i++) {
        tell_player(server, id, &server->players.list[i]);
    }
    tell_player(server, WSP_TARGET_PEER_BROADCAST, player);
    tell_turn(server, id);
}

static void on_disconnected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    game_server *server = user;
    (void)multiplayer;
    game_player *player = game_find_player(&server->players, id);
    if (!player) {
        return;
    }
    char line[32];
    int index = (int)(player - server->players.list);
    print_line("- %s", player->name);
    game_remove_player(&server->players, id);
    snprintf(line, sizeof line, "gone %ld", (long)id);
    send_line(server, WSP_TARGET_PEER_BROADCAST, line);
    if (server->turn < 0) {
        return;
    }
    if (server->players.count < 2) {
        go_to_lobby(server);
        return;
    }
    /* Who came later moves up; the turn of somebody who left goes to the next. */
    server->turn = (index < server->turn ? server->turn - 1 : server->turn) % server->players.count;
    tell_turn(server, WSP_TARGET_PEER_BROADCAST);
}

/* -- life ------------------------------------------------------------------ */

game_server *game_server_create(size_t port, wsp_multiplayer_dialect dialect)
{
    game_server *server = calloc(1, sizeof *server);
    if (!server) {
        return NULL;
    }
    server->turn = -1;
    server->multiplayer = wsp_multiplayer_create();
    const wsp_multiplayer_handlers handlers = {.peer_connected = on_connected,
                                               .peer_disconnected = on_disconnected};
    wsp_multiplayer_set_handlers(server->multiplayer, &handlers, server);
    wsp_multiplayer_set_dialect(server->multiplayer, dialect);
    wsp_result result = wsp_multiplayer_create_server(server->multiplayer, (int)port, NULL, NULL);
    if (result != WSP_OK) {
        print_failed(result, wsp_multiplayer_get_error_message(server->multiplayer));
        game_server_destroy(server);
        return NULL;
    }
    snprintf(server->url, sizeof server->url, "ws://127.0.0.1:%u",
             (unsigned)wsp_multiplayer_get_local_port(server->multiplayer));
    print_line("listening on %s", server->url);
    return server;
}

void game_server_say_goodbye(game_server *server)
{
    say_goodbye(server->multiplayer);
}

void game_server_destroy(game_server *server)
{
    if (server) {
        wsp_multiplayer_destroy(server->multiplayer);
        free(server);
    }
}

const char *game_server_get_url(const game_server *server)
{
    return server->url;
}

void game_server_poll(game_server *server, double seconds)
{
    const uint8_t *packet;
    wsp_multiplayer_poll_wait(server->multiplayer, seconds);
    for (;;) {
        int32_t sender = wsp_multiplayer_get_packet_peer(server->multiplayer);
        packet = wsp_multiplayer_get_packet(server->multiplayer, NULL);
        if (!packet) {
            return;
        }
        game_player *player = game_find_player(&server->players, sender);
        if (player) {
            on_packet(server, player, (const char *)packet); /* a zero byte stands behind every packet */
        }
    }
}
