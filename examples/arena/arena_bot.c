/* SPDX-License-Identifier: MIT */
/*
 * The mind of a bot. It thinks a few times a second, as a person would, and is a little careless, so that
 * people can win.
 */
#include "arena_bot.h"

#include <math.h>

static const double THINK = 0.12;
static const double SIGHT = 420.0; /* units */
static const double BERTH = 46.0;  /* kept from the edge of a pillar */

typedef struct vector {
    double x;
    double y;
} vector;

void arena_bot_begin(arena_bot *bot, uint32_t seed)
{
    bot->random = seed * 2654435761U + 1U;
    bot->look_at = 0.0;
    bot->input.buttons = 0;
    bot->input.aim = 0;
}

/* 0 up to 1. */
static double chance(arena_bot *bot)
{
    bot->random = bot->random * 1664525U + 1013904223U;
    return (bot->random >> 8) / 16777216.0;
}

/* The way to the best gem: near, and rich ones from further away. Without a gem, to the middle. */
static vector way_to_gem(const arena_snapshot *snapshot, vector place, uint8_t ship)
{
    vector best = {ARENA_WIDTH / 2.0 - place.x, ARENA_HEIGHT / 3.0 - place.y};
    double best_cost = 1e9;
    for (unsigned i = 0; i < snapshot->gem_count; i++) {
        const arena_gem_row *gem = &snapshot->gems[i];
        vector way = {gem->x / 16.0 - place.x, gem->y / 16.0 - place.y};
        /* Bots that stand together like different gems, or they would all run to the same one. */
        double taste = 0.75 + 0.5 * ((ship * 37U + gem->gem * 11U) % 16U) / 16.0;
        double cost = hypot(way.x, way.y) * taste / (gem->value > 1 ? 2.0 : 1.0);
        if (cost < best_cost) {
            best_cost = cost;
            best = way;
        }
    }
    return best;
}

/* Turns the way aside where a pillar stands in it. */
static vector around_pillars(vector place, vector way)
{
    double length = hypot(way.x, way.y) + 0.001;
    for (int i = 0; i < ARENA_PILLARS; i++) {
        vector to = {arena_pillars[i].x - place.x, arena_pillars[i].y - place.y};
        double reach = arena_pillars[i].radius + ARENA_SHIP_RADIUS + BERTH;
        double ahead = (to.x * way.x + to.y * way.y) / length;
        double aside = (to.x * way.y - to.y * way.x) / length;
        if (ahead > 0 && ahead < reach + 60.0 && ahead < length && fabs(aside) < reach) {
            double side = aside > 0 ? 1.0 : -1.0;
            vector turned = {-to.y * -side, to.x * -side};
            return turned;
        }
    }
    return way;
}

static uint8_t buttons_for(vector way)
{
    double length = hypot(way.x, way.y);
    uint8_t buttons = 0;
    if (length > 8.0) {
        buttons |= way.x > length * 0.38    ? ARENA_BUTTON_RIGHT
                   : way.x < -length * 0.38 ? ARENA_BUTTON_LEFT
                                            : 0;
        buttons |= way.y > length * 0.38 ? ARENA_BUTTON_DOWN : way.y < -length * 0.38 ? ARENA_BUTTON_UP : 0;
    }
    return buttons;
}

/* Aims at the nearest other ship in sight; returns false when there is none. */
static bool aim_at_ship(arena_bot *bot, const arena_client *client, const arena_snapshot *snapshot,
                        vector place)
{
    double nearest = SIGHT;
    vector way = {0, 0};
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        const arena_ship_row *ship = &snapshot->ships[i];
        vector to = {ship->x / 16.0 - place.x, ship->y / 16.0 - place.y};
        double distance = hypot(to.x, to.y);
        if (ship->ship != client->ship && ship->flags == ARENA_FLAG_ALIVE && distance < nearest) {
            nearest = distance;
            way = to;
        }
    }
    if (nearest >= SIGHT) {
        return false;
    }
    bot->input.aim = (uint8_t)(arena_direction(way.x, way.y) + (unsigned)(chance(bot) * 17.0) - 8U);
    return true;
}

static void think(arena_bot *bot, const arena_client *client, const arena_snapshot *snapshot)
{
    vector place = {client->body.x / (double)ARENA_UNIT, client->body.y / (double)ARENA_UNIT};
    vector way = around_pillars(place, way_to_gem(snapshot, place, client->ship));
    bot->input.buttons = buttons_for(way);
    if (aim_at_ship(bot, client, snapshot, place)) {
        bot->input.buttons |= chance(bot) < 0.3 ? ARENA_BUTTON_FIRE : 0;
    } else if (bot->input.buttons != 0) {
        bot->input.aim = arena_direction(way.x, way.y);
    }
}

arena_input arena_bot_play(arena_bot *bot, const arena_client *client, double now)
{
    const arena_snapshot *snapshot = arena_history_newest(&client->history);
    if (snapshot && now >= bot->look_at) {
        bot->look_at = now + THINK * (0.75 + 0.5 * chance(bot));
        think(bot, client, snapshot);
    }
    return bot->input;
}
