/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_MULTIPLAYER_COMMANDS_H
#define EXAMPLE_MULTIPLAYER_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes the next line the user has entered, without waiting: of standard input natively (commands_native.c),
 * of the page's array globalThis.gameCommands on the web (commands_web.c). A line that does not fit is cut.
 */
bool take_command(char *line, size_t capacity);

#endif
