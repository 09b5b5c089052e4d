/* SPDX-License-Identifier: MIT */
#ifndef ARENA_VIEW_H
#define ARENA_VIEW_H

#include "arena_client.h"
#include "arena_draw.h"

/* Draws the arena: a scene of arena_client as a picture, with the sparks that belong to what happened in it.
 */
enum {
    ARENA_MAX_SPARKS = 1800,
    ARENA_VIEW_HEIGHT = 800 /* units that fit on the screen from top to bottom */
};

typedef struct arena_spark {
    float x;
    float y;
    float vx; /* units a second */
    float vy;
    float radius;
    float age; /* seconds */
    float life;
    bool is_wave; /* a ring that grows */
    arena_color color;
} arena_spark;

typedef struct arena_view {
    arena_spark sparks[ARENA_MAX_SPARKS];
    unsigned next_spark;
    uint32_t random;
    arena_scene last; /* the scene drawn before this one: the difference is what happened */
    float trail_wait;
    float camera_x;
    float camera_y;
    double drawn_at; /* negative before the first frame */
} arena_view;

void arena_view_begin(arena_view *view);

/* Draws one frame of the world; arena_hud_draw adds what stands on the screen. */
void arena_view_draw(arena_view *view, arena_draw *draw, const arena_client *client, const arena_scene *scene,
                     double now, int width, int height);

/* The colour of a ship, everywhere. */
arena_color arena_ship_color(uint8_t ship);

/* Connection, scores, help and, when there is no game, why. */
void arena_hud_draw(arena_draw *draw, const arena_client *client, const arena_scene *scene, double now,
                    int width, int height);

#endif
