/* SPDX-License-Identifier: MIT */
/*
 * The canvas as large as its place in the page. Emscripten's GLFW knows sizes only from glfwSetWindowSize.
 */
#include "arena_window.h"

#include <emscripten/html5.h>
#include <GLFW/glfw3.h>

void arena_window_fit(struct GLFWwindow *window)
{
    double css_width = 0, css_height = 0;
    int width, height;
    double ratio = emscripten_get_device_pixel_ratio();
    if (emscripten_get_element_css_size("#canvas", &css_width, &css_height) != EMSCRIPTEN_RESULT_SUCCESS) {
        return;
    }
    glfwGetWindowSize(window, &width, &height);
    int wanted_width = (int)(css_width * ratio), wanted_height = (int)(css_height * ratio);
    if (wanted_width > 0 && wanted_height > 0 && (wanted_width != width || wanted_height != height)) {
        glfwSetWindowSize(window, wanted_width, wanted_height);
    }
}
