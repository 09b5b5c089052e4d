/* SPDX-License-Identifier: MIT */
/*
 * The main loop of a native client: take one step, then sleep until the peer has something to do. A program
 * that draws frames would call wsp_peer_poll once per frame instead.
 */
#include "run_loop.h"

/* poll_wait returns as soon as anything happens; this bounds the sleep where nothing ever does. */
static const double LONGEST_SLEEP = 1.0;

int run_loop(wsp_peer *peer, run_loop_step step, void *user)
{
    int status;
    while ((status = step(user)) == RUN_LOOP_AGAIN) {
        wsp_peer_poll_wait(peer, LONGEST_SLEEP);
    }
    return status;
}
