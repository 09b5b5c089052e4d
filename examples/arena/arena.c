/* SPDX-License-Identifier: MIT */
/*
 * arena [URL] [--name NAME] [--autoplay] [--screenshot FILE --after SECONDS]: the game in a window, one
 * source for the desktop and for the page. It opens the window and reads keys and mouse; the connection is
 * arena_client.c's, the picture arena_view.c's. With --screenshot it writes one frame as a PPM file, once it
 * has played for so long, and ends.
 */
#include "arena_bot.h"
#include "arena_loop.h"
#include "arena_view.h"
#include "arena_window.h"
#include "console.h"
#include "options.h"

#define GLFW_INCLUDE_ES2
#include <GLFW/glfw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double SHORTEST_FRAME = 1.0 / 125.0; /* where no display paces us */

enum { FIRST_WIDTH = 1280, FIRST_HEIGHT = 720 };

static struct {
    GLFWwindow *window;
    arena_draw *draw;
    arena_client client;
    arena_view view;
    arena_scene scene;
    arena_bot bot;
    bool autoplay;
    const char *screenshot; /* NULL: none wanted */
    double after;
    uint8_t aim;
    double mouse_x;
    double mouse_y;
    arena_client_state said_state;
} game;

static bool is_down(int key, int other_key)
{
    return glfwGetKey(game.window, key) == GLFW_PRESS || glfwGetKey(game.window, other_key) == GLFW_PRESS;
}

/* Where the mouse points as seen from the own ship; while it rests, ships look where they fly. */
static void aim(uint8_t buttons, int width, int height)
{
    double x, y;
    int window_width, window_height;
    glfwGetCursorPos(game.window, &x, &y);
    glfwGetWindowSize(game.window, &window_width, &window_height);
    bool pressed = glfwGetMouseButton(game.window, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS;
    if (x != game.mouse_x || y != game.mouse_y || pressed) {
        double scale = height / (double)ARENA_VIEW_HEIGHT;
        double ship_x = (game.client.body.x / (double)ARENA_UNIT - game.view.camera_x) * scale + width / 2.0;
        double ship_y = (game.client.body.y / (double)ARENA_UNIT - game.view.camera_y) * scale + height / 2.0;
        double dx = x * width / (window_width > 0 ? window_width : 1) - ship_x;
        double dy = y * height / (window_height > 0 ? window_height : 1) - ship_y;
        game.aim = dx != 0 || dy != 0 ? arena_direction(dx, dy) : game.aim;
        game.mouse_x = x;
        game.mouse_y = y;
    } else if (buttons & ARENA_BUTTONS_MOVE) {
        int right = (buttons & ARENA_BUTTON_RIGHT ? 1 : 0) - (buttons & ARENA_BUTTON_LEFT ? 1 : 0);
        int down = (buttons & ARENA_BUTTON_DOWN ? 1 : 0) - (buttons & ARENA_BUTTON_UP ? 1 : 0);
        game.aim = right != 0 || down != 0 ? arena_direction(right, down) : game.aim;
    }
}

static arena_input read_keys(int width, int height)
{
    uint8_t buttons = 0;
    buttons |= is_down(GLFW_KEY_W, GLFW_KEY_UP) ? ARENA_BUTTON_UP : 0;
    buttons |= is_down(GLFW_KEY_S, GLFW_KEY_DOWN) ? ARENA_BUTTON_DOWN : 0;
    buttons |= is_down(GLFW_KEY_A, GLFW_KEY_LEFT) ? ARENA_BUTTON_LEFT : 0;
    buttons |= is_down(GLFW_KEY_D, GLFW_KEY_RIGHT) ? ARENA_BUTTON_RIGHT : 0;
    aim(buttons, width, height);
    if (is_down(GLFW_KEY_SPACE, GLFW_KEY_ENTER) ||
        glfwGetMouseButton(game.window, GLFW_MOUSE_BUTTON_LEFT) == GLFW_PRESS) {
        buttons |= ARENA_BUTTON_FIRE;
    }
    arena_input input = {buttons, game.aim};
    return input;
}

/* A line for each change, so that a log tells the story of the connection. */
static void say_state(void)
{
    const arena_client *client = &game.client;
    if (client->state == game.said_state) {
        return;
    }
    game.said_state = client->state;
    if (client->state == ARENA_CLIENT_WAITING || client->state == ARENA_CLIENT_REFUSED) {
        char before[32];
        snprintf(before, sizeof before, "%s: ", arena_client_state_name(client->state));
        print_untrusted(before, client->trouble, strlen(client->trouble), "");
    } else if (client->state == ARENA_CLIENT_PLAYING) {
        print_line("playing as ship %u, join %u", client->ship, client->joins);
    }
}

/* A picture file of the simplest kind: a line of text, then the pixels from the top. */
static bool write_screenshot(const char *name, int width, int height)
{
    size_t row = (size_t)width * 4;
    uint8_t *pixels = malloc(row * (size_t)height);
    FILE *file = pixels ? fopen(name, "wb") : NULL;
    if (!file) {
        print_error("no screenshot", name);
        free(pixels);
        return false;
    }
    glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    fprintf(file, "P6\n%d %d\n255\n", width, height);
    for (int y = height - 1; y >= 0; y--) {
        for (int x = 0; x < width; x++) {
            fwrite(pixels + (size_t)y * row + (size_t)x * 4, 1, 3, file);
        }
    }
    free(pixels);
    return fclose(file) == 0;
}

static int leave(int status)
{
    arena_client_end(&game.client);
    arena_draw_destroy(game.draw);
    glfwTerminate();
    return status;
}

/* The picture is taken of a ship that flies. */
static bool is_time_for_screenshot(double now)
{
    if (!game.screenshot || game.client.state != ARENA_CLIENT_PLAYING ||
        now - game.client.state_since < game.after) {
        return false;
    }
    for (unsigned i = 0; i < game.scene.ship_count; i++) {
        if (game.scene.ships[i].ship == game.client.ship) {
            return game.scene.ships[i].alive;
        }
    }
    return false;
}

static int frame(bool told_to_end, void *user)
{
    int width, height;
    double now = wsp_now();
    (void)user;
    glfwPollEvents();
    arena_window_fit(game.window);
    glfwGetFramebufferSize(game.window, &width, &height);
    arena_input input = read_keys(width, height);
    if (game.autoplay) {
        input = arena_bot_play(&game.bot, &game.client, now);
    }
    arena_client_update(&game.client, now, input);
    say_state();
    if (width > 0 && height > 0) {
        arena_client_scene(&game.client, now, &game.scene);
        arena_draw_begin(game.draw, width, height);
        arena_view_draw(&game.view, game.draw, &game.client, &game.scene, now, width, height);
        arena_hud_draw(game.draw, &game.client, &game.scene, now, width, height);
        arena_draw_end(game.draw);
    }
    if (is_time_for_screenshot(now)) {
        return leave(write_screenshot(game.screenshot, width, height) ? 0 : 1);
    }
    glfwSwapBuffers(game.window);
    return told_to_end || glfwWindowShouldClose(game.window) ? leave(0) : ARENA_LOOP_AGAIN;
}

static bool open_window(void)
{
    if (!glfwInit()) {
        print_error("no window", "GLFW finds no display");
        return false;
    }
    glfwWindowHint(GLFW_CLIENT_API, GLFW_OPENGL_ES_API);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 2);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 0);
    /* Nothing here needs depth, and a canvas without alpha is not blended with its page. */
    glfwWindowHint(GLFW_ALPHA_BITS, 0);
    glfwWindowHint(GLFW_DEPTH_BITS, 0);
    glfwWindowHint(GLFW_STENCIL_BITS, 0);
    game.window = glfwCreateWindow(FIRST_WIDTH, FIRST_HEIGHT, "arena", NULL, NULL);
    if (!game.window) {
        print_error("no window", "there is no OpenGL ES 2 here");
        return false;
    }
    glfwMakeContextCurrent(game.window);
    glfwSwapInterval(1);
    game.draw = arena_draw_create();
    return game.draw != NULL;
}

int main(int argc, char **argv)
{
    const char *url = "ws://127.0.0.1:9080";
    const char *name = "You";
    size_t after = 5;
    const option options[] = {{"--name", OPTION_TEXT, &name, 0},
                              {"--autoplay", OPTION_FLAG, &game.autoplay, 0},
                              {"--screenshot", OPTION_TEXT, &game.screenshot, 0},
                              {"--after", OPTION_NUMBER, &after, 3600}};
    if (!read_options(argc, argv, options, 4, &url)) {
        return 2;
    }
    game.after = (double)after;
    game.said_state = ARENA_CLIENT_CONNECTING;
    arena_view_begin(&game.view);
    arena_bot_begin(&game.bot, 2);
    if (!open_window()) {
        glfwTerminate();
        return 1;
    }
    if (!arena_client_begin(&game.client, url, name)) {
        return print_failed(WSP_ERR_OUT_OF_MEMORY, NULL);
    }
    return arena_loop(SHORTEST_FRAME, frame, &game);
}
