/* SPDX-License-Identifier: MIT */
#ifndef ARENA_BOT_H
#define ARENA_BOT_H

#include "arena_client.h"

/*
 * A simple player: goes for gems, walks round pillars, shoots at whoever is near. It sees what a person sees,
 * the newest snapshot, and plays by the same inputs.
 */
typedef struct arena_bot {
    uint32_t random;
    double look_at; /* when it thinks again */
    arena_input input;
} arena_bot;

void arena_bot_begin(arena_bot *bot, uint32_t seed);

/* What the bot holds at `now`. */
arena_input arena_bot_play(arena_bot *bot, const arena_client *client, double now);

#endif
