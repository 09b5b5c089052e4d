/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* The command lines of the examples: long options in any order, and at most one plain word (a URL). */

typedef enum option_kind {
    OPTION_TEXT,     /* target: const char * */
    OPTION_NUMBER,   /* target: size_t, at most `max` */
    OPTION_LIST,     /* target: option_list; the option may be repeated */
    OPTION_FLAG,     /* target: bool; the option takes no value */
    OPTION_NOT_BUILT /* known, but the feature behind it is not in this build */
} option_kind;

typedef struct option {
    const char *name;
    option_kind kind;
    void *target;
    size_t max;
} option;

/* The values of a repeated option, in order. `items` comes from malloc; the strings belong to argv. */
typedef struct option_list {
    const char **items;
    size_t count;
} option_list;

/*
 * Reads argv into the targets of `options`, which hold the defaults before. `out_plain` receives the plain
 * word; NULL when the program takes none. Returns false after one line on standard error when something is
 * wrong; the program then ends with exit status 2.
 */
bool read_options(int argc, char **argv, const option *options, size_t count, const char **out_plain);

#endif
