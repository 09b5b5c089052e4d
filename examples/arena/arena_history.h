/* SPDX-License-Identifier: MIT */
#ifndef ARENA_HISTORY_H
#define ARENA_HISTORY_H

#include "arena_wire.h"

/*
 * What a player's program keeps of the snapshots: the last few of them, and which moment to show. The picture
 * is shown a little late, so that there is a snapshot on either side of the moment and everything between
 * them can be drawn where it really was. How late follows from how unevenly the snapshots arrive.
 */
enum { ARENA_HISTORY_ROOM = 16 };

typedef struct arena_history {
    arena_snapshot snapshots[ARENA_HISTORY_ROOM];
    unsigned start;
    unsigned count;
    double earliest; /* arrival time minus the time in the game, of the fastest snapshots */
    double unevenness;
    double delay;
    double shown_at; /* when arena_history_moment was asked last, and its answer */
    double shown;
} arena_history;

/* One moment of the game in units and radians, ready to draw. */
typedef struct arena_scene_ship {
    uint8_t ship;
    bool alive;
    bool shield;
    bool thrust;
    uint8_t health;
    uint16_t score;
    float x;
    float y;
    float angle;
} arena_scene_ship;

typedef struct arena_scene_bolt {
    uint8_t owner;
    float x;
    float y;
    float angle;
} arena_scene_bolt;

typedef struct arena_scene {
    unsigned ship_count;
    unsigned bolt_count;
    unsigned gem_count;
    arena_scene_ship ships[ARENA_MAX_SHIPS];
    arena_scene_bolt bolts[ARENA_MAX_BOLTS];
    arena_gem_row gems[ARENA_MAX_GEMS];
} arena_scene;

void arena_history_begin(arena_history *history);

/* A snapshot arrived at `now`. One that is not newer than the newest is ignored. */
void arena_history_add(arena_history *history, const arena_snapshot *snapshot, double now);

/* NULL when there is none yet. */
const arena_snapshot *arena_history_newest(const arena_history *history);

/* The moment to show at `now`, in ticks. It never goes back. */
double arena_history_moment(arena_history *history, double now);

/* The game at a moment. Before the oldest and after the newest snapshot things stand where those have them.
 */
void arena_history_sample(const arena_history *history, double moment, arena_scene *out_scene);

#endif
