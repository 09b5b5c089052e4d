/* SPDX-License-Identifier: MIT */
#ifndef ARENA_WINDOW_H
#define ARENA_WINDOW_H

struct GLFWwindow;

/*
 * Gives the window the size it should have, before each frame. On the desktop a person does that, and this
 * does nothing; on the web the canvas follows the size that the page gives it, in pixels of the display. Link
 * arena_window_native.c or arena_window_web.c.
 */
void arena_window_fit(struct GLFWwindow *window);

#endif
