/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_MULTIPLAYER_GAME_H
#define EXAMPLE_MULTIPLAYER_GAME_H

#include "wspeer.h"

/*
 * A game of dice for a lobby: everybody has a name, somebody starts, players roll in turns, and who reaches
 * 20 points first wins. The server decides everything; a client that rolls out of turn, or brings its own
 * dice, is refused. Players come and go at any time. Each of the two objects is one instance; any number of
 * them live in one process.
 *
 * The packets are lines of text. To the server: `name NAME`, `start`, `roll`. To the clients: `player ID
 * POINTS NAME`, `gone ID`, `turn ID` (0: nobody, we are in the lobby), `rolled ID N POINTS`, `wins ID`,
 * `refused WHY`.
 */

enum { GAME_MAX_PLAYERS = 16, GAME_MAX_NAME = 20, GAME_POINTS_TO_WIN = 20 };

typedef struct game_player {
    int32_t id;
    int points;
    char name[GAME_MAX_NAME + 1];
} game_player;

/* In the order in which they came, which is also the order of turns. */
typedef struct game_players {
    game_player list[GAME_MAX_PLAYERS];
    int count;
} game_players;

game_player *game_find_player(game_players *players, int32_t id);
game_player *game_add_player(game_players *players, int32_t id);
void game_remove_player(game_players *players, int32_t id);

/* The word at the beginning of a packet: answers what follows it and one blank, or NULL for another word. */
const char *game_read_word(const char *packet, const char *word);

/* -- the server ------------------------------------------------------------- */

typedef struct game_server game_server;

/* Listens and prints `listening on URL`; or prints why not and returns NULL. */
game_server *game_server_create(size_t port, wsp_multiplayer_dialect dialect);
void game_server_destroy(game_server *server_or_null);
/* Ends the session politely, which may take a moment. */
void game_server_say_goodbye(game_server *server);
const char *game_server_get_url(const game_server *server);
/* Sleeps up to `seconds` for something to do, then does it. */
void game_server_poll(game_server *server, double seconds);

/* -- a client --------------------------------------------------------------- */

typedef struct game_client game_client;

/* Joins; prints each line of the game with `[NAME] ` in front of it. */
game_client *game_client_create(const char *url, const char *name, wsp_multiplayer_dialect dialect);
void game_client_destroy(game_client *client_or_null);
void game_client_poll(game_client *client, double seconds);

/* `name NAME`, `start`, `roll`, `cheat`, `players`, `quit`. */
void game_client_command(game_client *client, const char *command);

/* Plays by itself: starts when so many players are here, rolls when it is its turn. */
void game_client_set_automatic(game_client *client, int players_to_start);

/* Whether the session is over: left, never joined, or the server is gone. */
bool game_client_is_over(const game_client *client);
/* Whether it was in the game at all. */
bool game_client_has_played(const game_client *client);
/* How many games were won by anybody while this client was there. */
int game_client_get_games(const game_client *client);

#endif
