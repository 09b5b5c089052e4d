/* SPDX-License-Identifier: MIT */
/*
 * The browser owns the loop: run_loop_web.c, without a peer of its own to poll. Pages are closed and not told
 * to end.
 */
#include "arena_loop.h"

#include "run_loop.h"

_Static_assert((int)ARENA_LOOP_AGAIN == (int)RUN_LOOP_AGAIN, "a step's answer passes through");

static struct {
    arena_loop_step step;
    void *user;
} loop;

static int take_step(void *user)
{
    (void)user;
    return loop.step(false, loop.user);
}

int arena_loop(double interval, arena_loop_step step, void *user)
{
    (void)interval;
    loop.step = step;
    loop.user = user;
    return run_loop(NULL, take_step, NULL);
}
