/* SPDX-License-Identifier: MIT */
/*
 * On the desktop the size of the window is the business of its user.
 */
#include "arena_window.h"

void arena_window_fit(struct GLFWwindow *window)
{
    (void)window;
}
