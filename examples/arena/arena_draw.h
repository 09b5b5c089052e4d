/* SPDX-License-Identifier: MIT */
#ifndef ARENA_DRAW_H
#define ARENA_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Draws soft shapes and text with OpenGL ES 2: everything of a frame is gathered in one array of quads and
 * drawn with one call. Shapes are computed in the shader from the distance to their edge, so they are smooth
 * in every size. Colours are added to what is there ("light") or cover it.
 */
typedef struct arena_color {
    float red; /* 0..1 */
    float green;
    float blue;
    float alpha;
} arena_color;

typedef enum arena_shape {
    ARENA_SHAPE_GLOW = 0, /* bright in the middle, nothing at the edge */
    ARENA_SHAPE_DISC = 1,
    ARENA_SHAPE_RING = 2,
    ARENA_SHAPE_DART = 3, /* a ship that looks along +x */
    ARENA_SHAPE_GEM = 4,
    ARENA_SHAPE_BOX = 5,  /* with rounded corners */
    ARENA_SHAPE_GRID = 6, /* a line of the floor */
    ARENA_SHAPE_LETTER = 7,
    ARENA_SHAPE_PATCH = 8 /* all of the quad */
} arena_shape;

typedef struct arena_draw arena_draw;

/* Needs a current OpenGL ES 2 context. NULL when that cannot be used; the reason is on standard error. */
arena_draw *arena_draw_create(void);
void arena_draw_destroy(arena_draw *draw_or_null);

/* A frame of that many pixels. Until camera is called, one unit is one pixel from the upper left corner. */
void arena_draw_begin(arena_draw *draw, int width, int height);

/* From here on coordinates are those of the world: (x, y) is the middle of the screen, `scale` pixels a unit.
 */
void arena_draw_camera(arena_draw *draw, float x, float y, float scale);

/* Back to pixels. */
void arena_draw_screen(arena_draw *draw);

/* From here on colours are light, or cover. */
void arena_draw_light(arena_draw *draw, bool enabled);

/* A shape in a square of 2 x radius, turned by `angle` radians. */
void arena_draw_shape(arena_draw *draw, arena_shape shape, float x, float y, float radius, float angle,
                      arena_color color);

/* A line with soft ends: a glow that is stretched. */
void arena_draw_streak(arena_draw *draw, float x, float y, float half_length, float half_width, float angle,
                       arena_color color);

/* A rectangle with rounded corners; x, y is its upper left corner. */
void arena_draw_box(arena_draw *draw, float x, float y, float width, float height, arena_color color);

/* A rectangle whose colour runs from corner to corner: upper left, upper right, lower left, lower right. */
void arena_draw_patch(arena_draw *draw, float x, float y, float width, float height,
                      const arena_color corners[4]);

/* A grid of fine lines from (0, 0) to (width, height); every fourth one is stronger. */
void arena_draw_grid(arena_draw *draw, float width, float height, float spacing, arena_color color);

/* One line of text, `dot` units a dot; x, y is its upper left corner. arena_draw_text_width tells its width.
 */
void arena_draw_text(arena_draw *draw, const char *text, float x, float y, float dot, arena_color color);
float arena_draw_text_width(const char *text, float dot);

/* Draws what was gathered. */
void arena_draw_end(arena_draw *draw);

#endif
