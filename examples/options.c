/* SPDX-License-Identifier: MIT */
/*
 * Reads command lines for the examples. Nothing here is about WebSockets.
 */
#include "options.h"

#include "console.h"

#include <stdlib.h>
#include <string.h>

static bool read_number(const char *text, size_t max, size_t *out_number)
{
    size_t number = 0;
    if (text[0] == '\0') {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        size_t digit = (size_t)(*text - '0');
        if (digit > max || number > (max - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *out_number = number;
    return true;
}

/* A list can never be longer than the command line, so its memory is taken once. */
static bool append(option_list *list, const char *value, int argc)
{
    if (!list->items) {
        list->items = malloc((size_t)argc * sizeof *list->items);
    }
    if (!list->items) {
        return false;
    }
    list->items[list->count++] = value;
    return true;
}

static bool store(const option *found, const char *value, int argc)
{
    switch (found->kind) {
    case OPTION_TEXT: *(const char **)found->target = value; return true;
    case OPTION_NUMBER: return read_number(value, found->max, found->target);
    case OPTION_LIST: return append(found->target, value, argc);
    default: return false;
    }
}

static const option *find(const option *options, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static bool refuse(const char *why, const char *detail)
{
    print_error(why, detail);
    return false;
}

bool read_options(int argc, char **argv, const option *options, size_t count, const char **out_plain)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (!out_plain) {
                return refuse("unexpected argument", argv[i]);
            }
            *out_plain = argv[i];
            out_plain = NULL;
            continue;
        }
        const option *found = find(options, count, argv[i]);
        if (!found) {
            return refuse("unknown option", argv[i]);
        }
        if (found->kind == OPTION_NOT_BUILT) {
            return refuse("not in this build yet", argv[i]);
        }
        if (found->kind == OPTION_FLAG) {
            *(bool *)found->target = true;
            continue;
        }
        if (i + 1 == argc) {
            return refuse("option without its value", argv[i]);
        }
        i++;
        if (!store(found, argv[i], argc)) {
            return refuse("not a value for this option", argv[i]);
        }
    }
    return true;
}
