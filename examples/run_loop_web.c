/* SPDX-License-Identifier: MIT */
/*
 * The main loop of a web client: one step per animation frame in a page, a timer where there are no frames
 * (Node, a worker, a hidden tab). It uses the plain browser calls of emscripten/html5.h;
 * emscripten_set_main_loop would do the same and bring 9 KB of JavaScript with it.
 */
#include "run_loop.h"

#include <emscripten.h>
#include <emscripten/html5.h>

/* Milliseconds. Browsers stretch the second one to a second while the tab is hidden, when it counts. */
static const double STEP_WITHOUT_FRAMES = 1.0;
static const double LOOK_FOR_STOPPED_FRAMES = 250.0;

static struct {
    run_loop_poll poll;
    void *object;
    run_loop_step step;
    void *user;
    int status;
    long timer;
    double timer_interval;
    unsigned frames;
    unsigned frames_at_last_timer;
} loop;

/* clang-format off */
EM_JS(int, run_loop_has_animation_frames, (void), {
    return typeof requestAnimationFrame == 'function' ? 1 : 0;
})
/* clang-format on */

/* Ends the program. A timer calls it, because Emscripten catches its own "exit" exception there, not in a
 * frame. */
static void leave(void *user)
{
    (void)user;
    emscripten_force_exit(loop.status);
}

static bool turn(void)
{
    loop.poll(loop.object, 0);
    loop.status = loop.step(loop.user);
    if (loop.status == RUN_LOOP_AGAIN) {
        return true;
    }
    emscripten_clear_timeout(loop.timer);
    emscripten_set_timeout(leave, 0, NULL);
    return false;
}

static EM_BOOL on_frame(double time, void *user)
{
    (void)time;
    (void)user;
    loop.frames++;
    return loop.status == RUN_LOOP_AGAIN && turn();
}

/* Takes a step only when no frame came since the last time: there are none here, or the tab is hidden. */
static void on_timer(void *user)
{
    bool frames_run = loop.frames != loop.frames_at_last_timer;
    loop.frames_at_last_timer = loop.frames;
    loop.timer = emscripten_set_timeout(on_timer, loop.timer_interval, user);
    if (!frames_run) {
        turn();
    }
}

int run_loop_polled(run_loop_poll poll, void *object, run_loop_step step, void *user)
{
    bool has_frames = run_loop_has_animation_frames();
    loop.poll = poll;
    loop.object = object;
    loop.step = step;
    loop.user = user;
    loop.status = RUN_LOOP_AGAIN;
    loop.timer_interval = has_frames ? LOOK_FOR_STOPPED_FRAMES : STEP_WITHOUT_FRAMES;
    loop.timer = emscripten_set_timeout(on_timer, loop.timer_interval, NULL);
    if (has_frames) {
        emscripten_request_animation_frame_loop(on_frame, NULL);
    }
    return 0;
}

static void poll_peer(void *peer, double seconds)
{
    (void)seconds;
    wsp_peer_poll(peer);
}

int run_loop(wsp_peer *peer, run_loop_step step, void *user)
{
    return run_loop_polled(poll_peer, peer, step, user);
}
