/* SPDX-License-Identifier: MIT */
#ifndef ARENA_LOOP_H
#define ARENA_LOOP_H

#include <stdbool.h>

/*
 * The main loop of a program that does something at regular times: draws frames, plays bots. Natively it
 * sleeps between two steps, on the web the browser calls the steps, one per animation frame, fewer in a
 * hidden tab. Link arena_loop_native.c or arena_loop_web.c.
 */
enum { ARENA_LOOP_AGAIN = -1 };

/*
 * One step. `told_to_end` is true once SIGINT or SIGTERM arrived. Returns ARENA_LOOP_AGAIN, or the exit
 * status of the program after it has destroyed what it owns.
 */
typedef int (*arena_loop_step)(bool told_to_end, void *user);

/*
 * Takes a step every `interval` seconds, natively, until one answers an exit status, and returns that. On the
 * web it returns 0 at once while the program lives on, so `user` must not point at a local variable of main.
 * To be used as main's last statement.
 */
int arena_loop(double interval, arena_loop_step step, void *user);

#endif
