/* SPDX-License-Identifier: MIT */
/*
 * The buffer between uneven arrival and an even picture: an estimate of the server's clock, the delay that
 * covers the unevenness, and the interpolation between two snapshots.
 */
#include "arena_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TICKS = ARENA_TICKS_PER_SECOND;
static const double SHORTEST_DELAY = 0.1; /* two snapshots */
static const double LONGEST_DELAY = 0.5;
static const double SPARE_DELAY = 0.06;   /* one snapshot and a frame on top of the unevenness seen */
static const double FORGET = 0.995;       /* of the unevenness with each snapshot: halved in 7 s */
static const double CLOCK_DRIFT = 0.0002; /* seconds per snapshot by which the fastest arrival may age */
static const double DELAY_CHANGE = 0.08;  /* seconds per second: the picture runs 8 % faster or slower */
static const int LONGEST_FLIGHT = 4096;   /* 1/16 units; who is further away did not fly there */
static const double RADIANS = 6.283185307179586 / 256.0;

void arena_history_begin(arena_history *history)
{
    memset(history, 0, sizeof *history);
    history->delay = SHORTEST_DELAY;
}

static const arena_snapshot *at(const arena_history *history, unsigned index)
{
    return &history->snapshots[(history->start + index) % ARENA_HISTORY_ROOM];
}

const arena_snapshot *arena_history_newest(const arena_history *history)
{
    return history->count > 0 ? at(history, history->count - 1) : NULL;
}

static void learn_arrival(arena_history *history, double late)
{
    if (history->count == 0 || late < history->earliest) {
        history->earliest = late;
    } else {
        history->earliest += CLOCK_DRIFT;
    }
    double uneven = late - history->earliest;
    history->unevenness *= FORGET;
    if (uneven > history->unevenness) {
        history->unevenness = uneven;
    }
}

void arena_history_add(arena_history *history, const arena_snapshot *snapshot, double now)
{
    const arena_snapshot *newest = arena_history_newest(history);
    if (newest && snapshot->tick <= newest->tick) {
        return;
    }
    learn_arrival(history, now - snapshot->tick / TICKS);
    if (history->count == ARENA_HISTORY_ROOM) {
        history->start = (history->start + 1) % ARENA_HISTORY_ROOM;
        history->count--;
    }
    history->snapshots[(history->start + history->count++) % ARENA_HISTORY_ROOM] = *snapshot;
}

double arena_history_moment(arena_history *history, double now)
{
    if (history->count == 0) {
        return 0.0;
    }
    double wanted = fmin(fmax(history->unevenness + SPARE_DELAY, SHORTEST_DELAY), LONGEST_DELAY);
    double change = DELAY_CHANGE * fmin(fmax(now - history->shown_at, 0.0), 1.0);
    history->delay += fmin(fmax(wanted - history->delay, -change), change);
    double moment = (now - history->earliest - history->delay) * TICKS;
    moment = fmin(moment, (double)arena_history_newest(history)->tick);
    history->shown = fmax(moment, history->shown);
    history->shown_at = now;
    return history->shown;
}

static const arena_ship_row *find_row(const arena_snapshot *snapshot, uint8_t ship)
{
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        if (snapshot->ships[i].ship == ship) {
            return &snapshot->ships[i];
        }
    }
    return NULL;
}

static float between(double from, double to, double part)
{
    return (float)((from + (to - from) * part) / 16.0);
}

static arena_scene_ship sample_ship(const arena_ship_row *from, const arena_ship_row *to, double part)
{
    const arena_ship_row *row = part < 0.5 ? from : to;
    bool flew = (from->flags & to->flags & ARENA_FLAG_ALIVE) && abs(from->x - to->x) < LONGEST_FLIGHT &&
                abs(from->y - to->y) < LONGEST_FLIGHT;
    if (!flew) {
        from = row;
        to = row;
    }
    arena_scene_ship ship;
    ship.ship = row->ship;
    ship.alive = (row->flags & ARENA_FLAG_ALIVE) != 0;
    ship.shield = (row->flags & ARENA_FLAG_SHIELD) != 0;
    ship.thrust = (row->buttons & ARENA_BUTTONS_MOVE) != 0;
    ship.health = row->health;
    ship.score = row->score;
    ship.x = between(from->x, to->x, part);
    ship.y = between(from->y, to->y, part);
    /* The short way round. */
    int turn = (to->aim - from->aim + 384) % 256 - 128;
    ship.angle = (float)((from->aim + turn * part) * RADIANS);
    return ship;
}

static void sample_bolts(const arena_snapshot *snapshot, double ticks, arena_scene *scene)
{
    scene->bolt_count = 0;
    for (unsigned i = 0; i < snapshot->bolt_count; i++) {
        const arena_bolt_row *row = &snapshot->bolts[i];
        double angle = row->direction * RADIANS;
        double x = row->x / 16.0 + cos(angle) * ARENA_BOLT_SPEED * ticks;
        double y = row->y / 16.0 + sin(angle) * ARENA_BOLT_SPEED * ticks;
        if (!arena_is_blocked((int32_t)(x * ARENA_UNIT), (int32_t)(y * ARENA_UNIT), ARENA_BOLT_RADIUS)) {
            arena_scene_bolt bolt = {row->owner, (float)x, (float)y, (float)angle};
            scene->bolts[scene->bolt_count++] = bolt;
        }
    }
}

void arena_history_sample(const arena_history *history, double moment, arena_scene *out_scene)
{
    memset(out_scene, 0, sizeof *out_scene);
    if (history->count == 0) {
        return;
    }
    unsigned first = history->count - 1;
    while (first > 0 && at(history, first)->tick > moment) {
        first--;
    }
    const arena_snapshot *from = at(history, first);
    const arena_snapshot *to = first + 1 < history->count ? at(history, first + 1) : from;
    double span = to == from ? 1.0 : (double)(to->tick - from->tick);
    double part = fmin(fmax((moment - from->tick) / span, 0.0), 1.0);
    for (unsigned i = 0; i < from->ship_count; i++) {
        const arena_ship_row *row = find_row(to, from->ships[i].ship);
        if (row) {
            out_scene->ships[out_scene->ship_count++] = sample_ship(&from->ships[i], row, part);
        }
    }
    sample_bolts(from, part * span, out_scene);
    out_scene->gem_count = from->gem_count;
    memcpy(out_scene->gems, from->gems, sizeof out_scene->gems);
}
