/* SPDX-License-Identifier: MIT */
/*
 * arena_bots N [URL] [--seconds S]: N players that play by themselves, each over a connection of its own, as
 * arena does it. With --seconds they play for so long once all have joined, then let go of the keys, wait
 * until nothing moves any more, print where each of them is, whether all of them see the same, and leave.
 */
#include "arena_bot.h"
#include "arena_loop.h"
#include "console.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double STEP = 1.0 / ARENA_TICKS_PER_SECOND;
static const double PATIENCE = 30.0; /* for all to join, and for everything to come to rest */
static const char NOT_COMPARED[] = "not compared";
static const uint32_t STILL_TICKS = ARENA_TICKS_PER_SECOND;

typedef struct bot {
    arena_client client;
    arena_bot mind;
    uint64_t seen;          /* what its newest snapshot shows, in one number */
    uint32_t seen_since;    /* tick */
    unsigned reported_lost; /* connections */
} bot;

typedef struct crowd {
    bot *bots;
    size_t count;
    double seconds; /* to play; negative: until told to end */
    double began_at;
    double ends_at; /* known when all have joined; negative before */
    bool said_ready;
} crowd;

static crowd players;

/* FNV-1a of the ships: two snapshots with the same ships have the same number. */
static uint64_t digest(const arena_snapshot *snapshot)
{
    uint64_t number = 14695981039346656037U;
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        const arena_ship_row *row = &snapshot->ships[i];
        const uint64_t parts[] = {row->ship, row->flags & ARENA_FLAG_ALIVE, row->x, row->y, row->score};
        for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
            number = (number ^ parts[part]) * 1099511628211U;
        }
    }
    return number;
}

static void look(bot *one)
{
    const arena_snapshot *newest = arena_history_newest(&one->client.history);
    if (!newest) {
        one->seen = 0;
        return;
    }
    uint64_t seen = digest(newest);
    if (seen != one->seen || newest->tick < one->seen_since) {
        one->seen = seen;
        one->seen_since = newest->tick;
    }
}

/* Nothing has moved for a second, and the prediction of the own ship is where the server has it. */
static bool is_at_rest(const bot *one, uint64_t seen)
{
    const arena_snapshot *newest = arena_history_newest(&one->client.history);
    return newest && one->client.alive && one->seen == seen &&
           newest->tick - one->seen_since >= STILL_TICKS && one->client.body.x == newest->own.x &&
           one->client.body.y == newest->own.y;
}

static bool are_at_rest(const crowd *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (!is_at_rest(&self->bots[i], self->bots[0].seen)) {
            return false;
        }
    }
    return true;
}

static bool have_joined(const crowd *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->bots[i].client.state != ARENA_CLIENT_PLAYING) {
            return false;
        }
    }
    return true;
}

/* 1/1024 units to what snapshots can say. */
static double shown_place(int32_t place)
{
    return place / (ARENA_UNIT / 16) / 16.0;
}

static void print_summary(const crowd *self, const char *positions)
{
    unsigned lost = 0, joins = 0, known = 0;
    uint64_t snapshots = 0;
    double sum = 0.0;
    char round_trip[32] = "unknown";
    for (size_t i = 0; i < self->count; i++) {
        const arena_client *client = &self->bots[i].client;
        lost += client->lost_connections;
        joins += client->joins;
        snapshots += client->snapshot_count;
        known += client->round_trip >= 0;
        sum += client->round_trip >= 0 ? client->round_trip : 0.0;
    }
    if (known > 0) {
        snprintf(round_trip, sizeof round_trip, "%.0f ms", sum / known * 1000.0);
    }
    print_line("bots %lu, joins %u, lost connections %u, snapshots %llu, round trip %s, positions %s",
               (unsigned long)self->count, joins, lost, (unsigned long long)snapshots, round_trip, positions);
}

static int leave(crowd *self, int status, const char *positions)
{
    print_summary(self, positions);
    for (size_t i = 0; i < self->count; i++) {
        arena_client_end(&self->bots[i].client);
    }
    free(self->bots);
    return status;
}

static int compare_and_leave(crowd *self)
{
    bool agree = are_at_rest(self);
    for (size_t i = 0; i < self->count; i++) {
        const arena_client *client = &self->bots[i].client;
        print_line("ship %u at %.4f %.4f", client->ship, shown_place(client->body.x),
                   shown_place(client->body.y));
    }
    return leave(self, agree ? 0 : 1, agree ? "agree" : "differ");
}

static void report_lost(bot *one, size_t index)
{
    if (one->client.lost_connections != one->reported_lost) {
        char before[48];
        one->reported_lost = one->client.lost_connections;
        snprintf(before, sizeof before, "bot %zu lost its connection: ", index + 1);
        print_untrusted(before, one->client.trouble, strlen(one->client.trouble), "");
    }
}

static int step(bool told_to_end, void *user)
{
    crowd *self = user;
    double now = wsp_now();
    bool is_over = self->ends_at >= 0 && now >= self->ends_at;
    for (size_t i = 0; i < self->count; i++) {
        bot *one = &self->bots[i];
        arena_input input = arena_bot_play(&one->mind, &one->client, now);
        input.buttons = is_over ? 0 : input.buttons;
        arena_client_update(&one->client, now, input);
        look(one);
        report_lost(one, i);
        if (one->client.state == ARENA_CLIENT_REFUSED) {
            print_untrusted("refused: ", one->client.trouble, strlen(one->client.trouble), "");
            return leave(self, 1, NOT_COMPARED);
        }
    }
    if (!self->said_ready && have_joined(self)) {
        self->said_ready = true;
        self->ends_at = self->seconds >= 0 ? now + self->seconds : -1.0;
        print_line("%lu bots are playing", (unsigned long)self->count);
    }
    if (told_to_end) {
        return leave(self, 0, NOT_COMPARED);
    }
    if (is_over && (are_at_rest(self) || now > self->ends_at + PATIENCE)) {
        return compare_and_leave(self);
    }
    if (self->seconds >= 0 && !self->said_ready && now > self->began_at + self->seconds + PATIENCE) {
        print_error("arena_bots", "not all bots could join");
        return leave(self, 1, NOT_COMPARED);
    }
    return ARENA_LOOP_AGAIN;
}

static bool begin(crowd *self, size_t count, const char *url)
{
    static const char *const names[] = {"Ada",     "Brahe",   "Curie", "Dirac", "Euler",  "Fermi",
                                        "Gauss",   "Hopper",  "Ising", "Joule", "Kepler", "Lamarr",
                                        "Maxwell", "Noether", "Ohm",   "Planck"};
    const size_t name_count = sizeof names / sizeof names[0];
    self->bots = calloc(count, sizeof *self->bots);
    for (size_t i = 0; i < count && self->bots; i++) {
        char name[ARENA_NAME_ROOM];
        size_t round = i / name_count;
        snprintf(name, sizeof name, round > 0 ? "%s %u" : "%s", names[i % name_count],
                 (unsigned)(round + 1) % 100U);
        if (!arena_client_begin(&self->bots[i].client, url, name)) {
            return false;
        }
        arena_bot_begin(&self->bots[i].mind, (uint32_t)(i + 1));
        self->count++;
    }
    return self->bots != NULL;
}

int main(int argc, char **argv)
{
    const char *url = "ws://127.0.0.1:9080";
    size_t count = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 0;
    size_t seconds = SIZE_MAX;
    const option options[] = {{"--seconds", OPTION_NUMBER, &seconds, 86400}};
    if (count < 1 || count > 1000) {
        print_error("usage", "arena_bots N [URL] [--seconds S], with N from 1 to 1000");
        return 2;
    }
    if (!read_options(argc - 1, argv + 1, options, 1, &url)) {
        return 2;
    }
    players.seconds = seconds == SIZE_MAX ? -1.0 : (double)seconds;
    players.began_at = wsp_now();
    players.ends_at = -1.0;
    if (!begin(&players, count, url)) {
        return print_failed(WSP_ERR_OUT_OF_MEMORY, NULL);
    }
    return arena_loop(STEP, step, &players);
}
