/* SPDX-License-Identifier: MIT */
/*
 * Steps at regular times with a sleep in between. A step that comes late is not made up for.
 */
#include "arena_loop.h"

#include "socket_wait.h"
#include "wspeer.h"

int arena_loop(double interval, arena_loop_step step, void *user)
{
    socket_wait *wait = socket_wait_create();
    if (!wait) {
        return 1;
    }
    int status;
    double due = wsp_now();
    while ((status = step(socket_wait_is_told_to_end(wait), user)) == ARENA_LOOP_AGAIN) {
        double now = wsp_now();
        due += interval;
        if (due < now) {
            due = now;
        }
        socket_wait_begin(wait);
        if (due > now && socket_wait_add(wait, -1, 0, due - now)) {
            socket_wait_sleep(wait);
        }
    }
    socket_wait_destroy(wait);
    return status;
}
