/* SPDX-License-Identifier: MIT */
/*
 * Players, their inputs and what they are told. The rules of the game are in arena_world.c, the layout of the
 * messages in arena_wire.c; sockets are nowhere here.
 */
#include "arena_game.h"

#include <stdio.h>
#include <string.h>

static const double TICK = 1.0 / ARENA_TICKS_PER_SECOND;

/* A server that was stopped for longer than this does not play the lost time. */
static const double LONGEST_GAP = 0.5;

enum {
    HURRY_FROM = 6,     /* with so many inputs waiting, two are obeyed in a tick */
    EXTRA_INPUT_IN = 32 /* ticks; a player's clock may be so much faster than ours */
};

void arena_game_begin(arena_game *game, uint32_t seed, double now, arena_send send, void *user)
{
    memset(game, 0, sizeof *game);
    arena_world_begin(&game->world, seed);
    game->next_tick_at = now;
    game->send = send;
    game->user = user;
}

static arena_player *find_player(arena_game *game, int32_t id)
{
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (game->players[i].id == id) {
            return &game->players[i];
        }
    }
    return NULL;
}

const arena_player *arena_game_find(const arena_game *game, int32_t id)
{
    for (int i = 0; i < ARENA_MAX_SHIPS && id != 0; i++) {
        if (game->players[i].id == id) {
            return &game->players[i];
        }
    }
    return NULL;
}

const char *arena_game_reason(int close_code)
{
    switch (close_code) {
    case ARENA_CLOSE_FULL: return "the arena is full";
    case ARENA_CLOSE_VERSION: return "this server plays another version";
    default: return "that is no message of this game";
    }
}

static int join(arena_game *game, int32_t id, const uint8_t *data, size_t size, double now)
{
    arena_join wanted;
    /* The version comes first: another version may have another layout behind it. */
    if (size >= 2 && data[1] != ARENA_VERSION) {
        return ARENA_CLOSE_VERSION;
    }
    if (!arena_read_join(data, size, &wanted)) {
        return ARENA_CLOSE_BAD_MESSAGE;
    }
    int ship = arena_world_join(&game->world);
    if (ship < 0) {
        return ARENA_CLOSE_FULL;
    }
    if (game->player_count == 0) {
        game->next_tick_at = now;
    }
    arena_player *player = &game->players[ship];
    memset(player, 0, sizeof *player);
    player->id = id;
    player->ship = ship;
    player->clock_at = -1.0;
    memcpy(player->name, wanted.name, sizeof player->name);
    if (player->name[0] == '\0') {
        snprintf(player->name, sizeof player->name, "ship %u", (unsigned)(ship + 1) % 100U);
    }
    game->player_count++;
    game->names_changed = true;
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_welcome welcome = {ARENA_VERSION, (uint8_t)ship};
    game->send(game->user, id, message, arena_write_welcome(message, &welcome), false);
    return 0;
}

static int take_inputs(arena_player *player, const uint8_t *data, size_t size, double now)
{
    arena_inputs inputs;
    /* Connections lose nothing and keep the order, so there is only one sequence number that is right. */
    if (!arena_read_inputs(data, size, &inputs) || inputs.first_sequence != player->next_sequence ||
        player->queue_count + inputs.count > ARENA_INPUT_ROOM) {
        return ARENA_CLOSE_BAD_MESSAGE;
    }
    for (unsigned i = 0; i < inputs.count; i++) {
        player->queue[(player->queue_start + player->queue_count++) % ARENA_INPUT_ROOM] = inputs.inputs[i];
    }
    player->next_sequence += inputs.count;
    player->clock_ms = inputs.clock_ms;
    player->clock_at = now;
    return 0;
}

int arena_game_receive(arena_game *game, int32_t id, const uint8_t *data, size_t size, double now)
{
    arena_player *player = find_player(game, id);
    arena_kind kind = arena_kind_of(data, size);
    if (kind == ARENA_JOIN && !player) {
        return join(game, id, data, size, now);
    }
    return kind == ARENA_INPUTS && player ? take_inputs(player, data, size, now) : ARENA_CLOSE_BAD_MESSAGE;
}

void arena_game_leave(arena_game *game, int32_t id)
{
    arena_player *player = find_player(game, id);
    if (player) {
        arena_world_leave(&game->world, player->ship);
        player->id = 0;
        game->player_count--;
        game->names_changed = true;
    }
}

static void steer(arena_game *game, arena_player *player)
{
    player->allowance += game->world.tick % EXTRA_INPUT_IN == 0 ? 2 : 1;
    if (player->allowance > ARENA_ALLOWANCE) {
        player->allowance = ARENA_ALLOWANCE;
    }
    unsigned steps = player->queue_count > HURRY_FROM ? 2 : 1;
    while (steps-- > 0 && player->queue_count > 0 && player->allowance > 0) {
        arena_world_steer(&game->world, player->ship, player->queue[player->queue_start]);
        player->queue_start = (player->queue_start + 1) % ARENA_INPUT_ROOM;
        player->queue_count--;
        player->allowance--;
    }
}

static void send_names(arena_game *game)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_names names;
    memset(&names, 0, sizeof names);
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (game->players[i].id != 0) {
            memcpy(names.names[i], game->players[i].name, ARENA_NAME_ROOM);
        }
    }
    size_t size = arena_write_names(message, &names);
    game->names_changed = false; /* First: sending may end with a player who is gone. */
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (game->players[i].id != 0) {
            game->send(game->user, game->players[i].id, message, size, false);
        }
    }
}

static uint16_t held_ms(const arena_player *player, double now)
{
    double held = (now - player->clock_at) * 1000.0;
    return (uint16_t)(player->clock_at < 0 || held >= UINT16_MAX ? UINT16_MAX : held < 0 ? 0 : held);
}

static void send_snapshots(arena_game *game, double now)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_snapshot snapshot;
    arena_snapshot_of(&game->world, &snapshot);
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        const arena_player *player = &game->players[i];
        if (player->id != 0) {
            snapshot.own = game->world.ships[player->ship].body;
            snapshot.sequence = player->next_sequence - player->queue_count;
            snapshot.clock_ms = player->clock_ms;
            snapshot.held_ms = held_ms(player, now);
            game->send(game->user, player->id, message, arena_write_snapshot(message, &snapshot), true);
        }
    }
}

static void play_tick(arena_game *game, double now)
{
    for (int i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (game->players[i].id != 0) {
            steer(game, &game->players[i]);
        }
    }
    arena_world_tick(&game->world);
    if (game->names_changed) {
        send_names(game);
    }
    if (game->world.tick % ARENA_TICKS_PER_SNAPSHOT == 0) {
        send_snapshots(game, now);
    }
}

double arena_game_advance(arena_game *game, double now)
{
    if (game->player_count == 0) {
        return -1.0;
    }
    if (now - game->next_tick_at > LONGEST_GAP) {
        game->next_tick_at = now;
    }
    while (game->next_tick_at <= now) {
        play_tick(game, now);
        game->next_tick_at += TICK;
    }
    return game->next_tick_at - now;
}
