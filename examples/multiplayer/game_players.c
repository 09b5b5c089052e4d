/* SPDX-License-Identifier: MIT */
/*
 * The list of players, which the server and each client keep.
 */
#include "multiplayer/game.h"

#include <stdio.h>
#include <string.h>

game_player *game_find_player(game_players *players, int32_t id)
{
    for (int i = 0; i < players->count; i++) {
        if (players->list[i].id == id) {
            return &players->list[i];
        }
    }
    return NULL;
}

game_player *game_add_player(game_players *players, int32_t id)
{
    if (players->count == GAME_MAX_PLAYERS) {
        return NULL;
    }
    game_player *player = &players->list[players->count++];
    player->id = id;
    player->points = 0;
    snprintf(player->name, sizeof player->name, "player %ld", (long)id);
    return player;
}

void game_remove_player(game_players *players, int32_t id)
{
    game_player *gone = game_find_player(players, id);
    if (!gone) {
        return;
    }
    game_player *end = players->list + players->count;
    memmove(gone, gone + 1, (size_t)(end - gone - 1) * sizeof *gone);
    players->count--;
}

const char *game_read_word(const char *packet, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(packet, word, size) != 0 || (packet[size] != ' ' && packet[size] != '\0')) {
        return NULL;
    }
    return packet[size] == ' ' ? packet + size + 1 : packet + size;
}
