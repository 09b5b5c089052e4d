/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_CONSOLE_H
#define EXAMPLE_CONSOLE_H

#include "wspeer.h"

/*
 * Output for the examples: whole lines, flushed at once, so that a program that reads them from a pipe sees
 * each one when it happens.
 */

/* printf for one line; the newline is added. For text the program itself knows. */
void print_line(const char *format, ...);

/*
 * One line made of three parts. `text` comes from the other side of a connection: each control byte in it, a
 * zero byte included, is printed as '?', so that nobody can move the cursor of our terminal or forge a line
 * of ours.
 */
void print_untrusted(const char *before, const void *text, size_t size, const char *after);

/* Prints `failed WSP_ERR_NAME message`; without a message the result's own sentence. Returns 1. */
int print_failed(wsp_result result, const char *message_or_null);

/* Prints `what: detail` to standard error, the detail cleaned as above. */
void print_error(const char *what, const char *detail);

#endif
