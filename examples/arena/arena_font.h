/* SPDX-License-Identifier: MIT */
#ifndef ARENA_FONT_H
#define ARENA_FONT_H

#include <stdbool.h>
#include <stdint.h>

/* A small font of dots, for printable ASCII. */
enum {
    ARENA_FONT_WIDTH = 5,
    ARENA_FONT_HEIGHT = 8, /* the last row holds tails only */
    ARENA_FONT_FIRST = 32,
    ARENA_FONT_LETTERS = 95,
    ARENA_FONT_ADVANCE = 6 /* dots from one letter to the next */
};

/* Whether a letter has a dot there; what is no letter of the font looks like '?'. */
bool arena_font_dot(char letter, int column, int row);

#endif
