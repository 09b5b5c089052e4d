/* SPDX-License-Identifier: MIT */
/*
 * arena_server [--port N] [--bind ADDR] [--seed N]: the server of the arena. wsp_server has the connections,
 * arena_game.c plays; this file brings the two together.
 */
#include "arena_game.h"
#include "console.h"
#include "options.h"
#include "server_loop.h"
#include "wspeer.h"

static const double HEARTBEAT = 10.0;

enum {
    /* A player who is that far behind is spared snapshots: the newest one will tell it all. */
    SNAPSHOT_BACKLOG = 16 * 1024,
    LARGEST_MESSAGE = 512
};

static struct {
    wsp_server *server;
    arena_game game;
} arena;

static void send_message(void *user, int32_t id, const uint8_t *data, size_t size, bool may_skip)
{
    (void)user;
    wsp_peer *peer = wsp_server_get_peer(arena.server, id);
    if (may_skip && wsp_peer_get_current_outbound_buffered_amount(peer) > SNAPSHOT_BACKLOG) {
        return;
    }
    if (wsp_peer_send(peer, data, size, WSP_WRITE_MODE_BINARY) == WSP_ERR_BUFFER_FULL && !may_skip) {
        wsp_server_disconnect_peer(arena.server, id, -1,
                                   NULL); /* The game cannot go on without this message. */
    }
}

static void print_player(const char *sign, const arena_player *player)
{
    const arena_ship *ship = &arena.game.world.ships[player->ship];
    print_line("%s ship %d, %s, at %.4f %.4f, score %u", sign, player->ship, player->name,
               ship->body.x / (ARENA_UNIT / 16) / 16.0, ship->body.y / (ARENA_UNIT / 16) / 16.0, ship->score);
}

static void on_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                    void *user)
{
    (void)user;
    bool is_new = arena_game_find(&arena.game, id) == NULL;
    int code = is_text ? ARENA_CLOSE_BAD_MESSAGE : arena_game_receive(&arena.game, id, data, size, wsp_now());
    const arena_player *player = arena_game_find(&arena.game, id);
    if (code != 0) {
        wsp_server_disconnect_peer(server, id, code, arena_game_reason(code));
    } else if (is_new && player) {
        print_player("+", player);
    }
}

static void on_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    (void)server;
    (void)was_clean;
    (void)user;
    const arena_player *player = arena_game_find(&arena.game, id);
    if (player) {
        print_player("-", player);
        arena_game_leave(&arena.game, id);
    }
}

static double play(void *user)
{
    return arena_game_advance(user, wsp_now());
}

static wsp_result configure(wsp_server *server, const char *bind_or_null)
{
    const wsp_server_handlers handlers = {.data_received = on_data, .client_disconnected = on_disconnected};
    wsp_result result = wsp_server_set_bind_ip(server, bind_or_null);
    if (result == WSP_OK) {
        result = wsp_server_set_handlers(server, &handlers, NULL);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_inbound_buffer_size(server, LARGEST_MESSAGE);
    }
    if (result == WSP_OK && wsp_has_feature(WSP_FEATURE_HEARTBEAT)) {
        result = wsp_server_set_heartbeat_interval(server, HEARTBEAT);
    }
    return result;
}

int main(int argc, char **argv)
{
    size_t port = 9080;
    size_t seed = wsp_random();
    const char *bind = NULL;
    const option options[] = {{"--port", OPTION_NUMBER, &port, 65535},
                              {"--bind", OPTION_TEXT, &bind, 0},
                              {"--seed", OPTION_NUMBER, &seed, UINT32_MAX}};
    if (!read_options(argc, argv, options, 3, NULL)) {
        return 2;
    }
    arena.server = wsp_server_create();
    wsp_result result = arena.server ? configure(arena.server, bind) : WSP_ERR_OUT_OF_MEMORY;
    if (result != WSP_OK) {
        wsp_server_destroy(arena.server);
        return print_failed(result, NULL);
    }
    arena_game_begin(&arena.game, (uint32_t)seed, wsp_now(), send_message, NULL);
    if (!server_loop_listen(arena.server, port, NULL, 0, false)) {
        wsp_server_destroy(arena.server);
        return 1;
    }
    return server_loop_run(arena.server, play, &arena.game);
}
