/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_RUN_LOOP_H
#define EXAMPLE_RUN_LOOP_H

#include "wspeer.h"

/*
 * The one thing in which a native and a web program differ is who owns the main loop: a native program sleeps
 * in its own, a web program must return to the browser between two steps. run_loop hides that, so that a
 * client's main() is the same source for both. Link run_loop_native.c or run_loop_web.c; a game that has a
 * main loop already polls its peers there and needs neither.
 */

/* What a step answers when it wants to be called again; any other value is the exit status of the program. */
enum { RUN_LOOP_AGAIN = -1 };

/*
 * One turn of the program: look at the peer, which was polled before, and act. The call that ends the program
 * returns its exit status, 0 or more, after it has destroyed what it owns, the peer included.
 */
typedef int (*run_loop_step)(void *user);

/*
 * Calls step and polls the peer in turns until step answers an exit status. To be used as main's last
 * statement, `return run_loop(peer, step, user);`, one loop per program.
 *
 * Native: returns the exit status. Between two steps the program sleeps until the peer has something to do.
 *
 * Web: returns 0 at once, while the program lives on; so `user` must not point at a local variable of main.
 * In a page there is one step per animation frame, and four per second while the tab is hidden, when browsers
 * stop animation frames (they may slow that down to one per second; messages wait in the queue meanwhile).
 * Under Node there is one step per millisecond or two. The exit status becomes Node's, and in a page the
 * argument of Module.onExit; link with -sEXIT_RUNTIME=1 for that.
 */
int run_loop(wsp_peer *peer, run_loop_step step, void *user);

/* Polls what a program is about, after sleeping up to `seconds` for it to have something to do (0 on the
 * web). */
typedef void (*run_loop_poll)(void *object, double seconds);

/* The same for a program that is not about one wsp_peer. */
int run_loop_polled(run_loop_poll poll, void *object, run_loop_step step, void *user);

#endif
