/* SPDX-License-Identifier: MIT */
/*
 * The demo of a lobby and a game in turns, Godot's websocket_multiplayer in C: a server, a client for the
 * console or a page, or several of them in one process. game.h tells the rules.
 *
 * usage: multiplayer server|client|combo ... (see --help)
 */
#include "console.h"
#include "multiplayer/commands.h"
#include "multiplayer/game.h"
#include "options.h"
#include "run_loop.h"
#include "session.h"
#include "socket_wait.h"

#include <stdio.h>
#include <string.h>

/* Keys are looked for this often; the network wakes us by itself. */
static const double LONGEST_SLEEP = 0.05;

static const char help[] =
    "multiplayer server [--port N] [--dialect godot3]\n"
    "multiplayer client [URL] [--name NAME] [--auto PLAYERS] [--dialect godot3]\n"
    "    commands: name NAME, start, roll, cheat, players, quit\n"
    "    --auto PLAYERS: plays by itself and starts when so many are at the table\n"
    "multiplayer combo [--players N] [--dialect godot3]\n"
    "    a server and N clients (2 to 16, default 4) in one process play one game by themselves; one cheats";

typedef struct settings {
    size_t port;
    size_t players;
    size_t automatic;
    const char *name;
    const char *url;
    wsp_multiplayer_dialect dialect;
} settings;

/* -- server ---------------------------------------------------------------- */

static int serve(const settings *chosen)
{
    socket_wait *signals = socket_wait_create(); /* SIGINT and SIGTERM end the loop and not the program */
    game_server *server = signals ? game_server_create(chosen->port, chosen->dialect) : NULL;
    while (server && !socket_wait_is_told_to_end(signals)) {
        game_server_poll(server, LONGEST_SLEEP);
    }
    if (server) {
        game_server_say_goodbye(server);
    }
    int status = server ? 0 : 1;
    game_server_destroy(server);
    socket_wait_destroy(signals);
    return status;
}

/* -- client ---------------------------------------------------------------- */

static void poll_client(void *client, double seconds)
{
    game_client_poll(client, seconds < LONGEST_SLEEP ? seconds : LONGEST_SLEEP);
}

static int step_client(void *user)
{
    game_client *client = user;
    char command[128];
    while (take_command(command, sizeof command)) {
        game_client_command(client, command);
    }
    if (!game_client_is_over(client)) {
        return RUN_LOOP_AGAIN;
    }
    int status = game_client_has_played(client) ? 0 : 1;
    game_client_destroy(client);
    return status;
}

static int play(const settings *chosen)
{
    game_client *client = game_client_create(chosen->url, chosen->name, chosen->dialect);
    if (!client) {
        return 1;
    }
    game_client_set_automatic(client, (int)chosen->automatic);
    return run_loop_polled(poll_client, client, step_client, client);
}

/* -- several instances in one process --------------------------------------- */

typedef struct combo {
    game_server *server;
    game_client *clients[GAME_MAX_PLAYERS];
    int count;
    bool has_cheated;
} combo;

static void poll_combo(void *user, double seconds)
{
    combo *self = user;
    (void)seconds;
    game_server_poll(self->server, 0.001);
    for (int i = 0; i < self->count; i++) {
        game_client_poll(self->clients[i], 0);
    }
}

static bool is_won_everywhere(const combo *self)
{
    for (int i = 0; i < self->count; i++) {
        if (game_client_get_games(self->clients[i]) == 0) {
            return false;
        }
    }
    return true;
}

static int step_combo(void *user)
{
    combo *self = user;
    if (!self->has_cheated && game_client_has_played(self->clients[self->count - 1])) {
        game_client_command(self->clients[self->count - 1], "cheat");
        self->has_cheated = true;
    }
    if (!is_won_everywhere(self)) {
        return RUN_LOOP_AGAIN;
    }
    /* The first game ends the demo: the server goes first, and everybody notices. */
    game_server_destroy(self->server);
    int status = 0;
    for (int i = 0; i < self->count; i++) {
        while (!game_client_is_over(self->clients[i])) {
            game_client_poll(self->clients[i], 1.0);
        }
        game_client_destroy(self->clients[i]);
    }
    return status;
}

static int play_combo(const settings *chosen)
{
    static combo self; /* Not a local variable: on the web it outlives main. */
    self.server = game_server_create(chosen->port, chosen->dialect);
    if (!self.server) {
        return 1;
    }
    for (self.count = 0; self.count < (int)chosen->players; self.count++) {
        char name[GAME_MAX_NAME];
        snprintf(name, sizeof name, "bot %d", self.count + 1);
        self.clients[self.count] =
            game_client_create(game_server_get_url(self.server), name, chosen->dialect);
        if (!self.clients[self.count]) {
            return 1;
        }
        game_client_set_automatic(self.clients[self.count], (int)chosen->players);
    }
    return run_loop_polled(poll_combo, &self, step_combo, &self);
}

/* -- the command line ------------------------------------------------------- */

int main(int argc, char **argv)
{
    settings chosen = {8080, 4, 0, "guest", "ws://127.0.0.1:8080", WSP_MULTIPLAYER_DIALECT_GODOT4};
    const char *dialect = "godot4";
    const option options[] = {
        {"--port", OPTION_NUMBER, &chosen.port, 65535},
        {"--players", OPTION_NUMBER, &chosen.players, GAME_MAX_PLAYERS},
        {"--auto", OPTION_NUMBER, &chosen.automatic, GAME_MAX_PLAYERS},
        {"--name", OPTION_TEXT, &chosen.name, 0},
        {"--dialect", OPTION_TEXT, &dialect, 0},
    };
    const char *mode = argc > 1 ? argv[1] : "--help";
    bool is_client = strcmp(mode, "client") == 0;
    if (!is_client && strcmp(mode, "server") != 0 && strcmp(mode, "combo") != 0) {
        print_line("%s", help);
        return strcmp(mode, "--help") == 0 ? 0 : 2;
    }
    if (!read_options(argc - 1, argv + 1, options, sizeof options / sizeof options[0],
                      is_client ? &chosen.url : NULL) ||
        !read_dialect(dialect, &chosen.dialect)) {
        return 2;
    }
    if (is_client) {
        return play(&chosen);
    }
    if (strcmp(mode, "server") == 0) {
        return serve(&chosen);
    }
    chosen.port = 0;
    chosen.players = chosen.players < 2 ? 2 : chosen.players;
    return play_combo(&chosen);
}
