/* SPDX-License-Identifier: MIT */
/*
 * The main loop of a native client: take one step, then sleep until the peer has something to do. A program
 * that draws frames would call wsp_peer_poll once per frame instead.
 */
#include "run_loop.h"

/* poll_wait returns as soon as anything happens; this bounds the sleep where nothing ever does. */
static const double LONGEST_SLEEP = 1.0;

int run_loop_polled(run_loop_poll poll, void *object, run_loop_step step, void *user)
{
    int status;
    while ((status = step(user)) == RUN_LOOP_AGAIN) {
        poll(object, LONGEST_SLEEP);
    }
    return status;
}

static void poll_peer(void *peer, double seconds)
{
    wsp_peer_poll_wait(peer, seconds);
}

int run_loop(wsp_peer *peer, run_loop_step step, void *user)
{
    return run_loop_polled(poll_peer, peer, step, user);
}
