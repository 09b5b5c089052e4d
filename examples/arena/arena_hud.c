/* SPDX-License-Identifier: MIT */
/*
 * What stands on the screen above the world: the connection and its round-trip time, the scores, the own
 * health, how to play, and why there is no game when there is none.
 */
#include "arena_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const arena_color BRIGHT = {0.9F, 0.94F, 1.0F, 1.0F};
static const arena_color DIM = {0.62F, 0.7F, 0.88F, 0.85F};
static const arena_color PANEL = {0.02F, 0.03F, 0.09F, 0.72F};

enum { SCORE_ROWS = 8 };

typedef struct screen {
    arena_draw *draw;
    const arena_client *client;
    const arena_scene *scene;
    double now;
    float width;
    float height;
    float dot; /* pixels a dot of a letter */
} screen;

static float line_height(const screen *on)
{
    return on->dot * 11.0F;
}

static arena_color state_color(arena_client_state state)
{
    static const arena_color good = {0.3F, 1.0F, 0.6F, 1.0F}, busy = {1.0F, 0.75F, 0.25F, 1.0F},
                             bad = {1.0F, 0.35F, 0.35F, 1.0F};
    return state == ARENA_CLIENT_PLAYING ? good : state == ARENA_CLIENT_REFUSED ? bad : busy;
}

/* A lamp, the state, the round-trip time and the address. */
static void draw_connection(const screen *on)
{
    const arena_client *client = on->client;
    const float dot = on->dot, margin = dot * 8.0F, pad = dot * 6.0F;
    char line[64];
    const char *state = arena_client_state_name(client->state);
    arena_color lamp = state_color(client->state);
    if (client->round_trip >= 0 && client->state == ARENA_CLIENT_PLAYING) {
        snprintf(line, sizeof line, "%s  %.0f ms", state, client->round_trip * 1000.0);
    } else {
        snprintf(line, sizeof line, "%s", state);
    }
    float width =
        fmaxf(arena_draw_text_width(line, dot) + dot * 12.0F, arena_draw_text_width(client->url, dot));
    arena_draw_box(on->draw, margin, margin, width + pad * 2, line_height(on) * 2 + pad * 2 - dot * 4, PANEL);
    float x = margin + pad, y = margin + pad;
    arena_draw_light(on->draw, true);
    arena_draw_shape(on->draw, ARENA_SHAPE_GLOW, x + dot * 3, y + dot * 3.5F, dot * 10.0F, 0, lamp);
    arena_draw_light(on->draw, false);
    arena_draw_shape(on->draw, ARENA_SHAPE_DISC, x + dot * 3, y + dot * 3.5F, dot * 3.0F, 0, lamp);
    arena_draw_text(on->draw, line, x + dot * 12.0F, y, dot, BRIGHT);
    arena_draw_text(on->draw, client->url, x, y + line_height(on), dot, DIM);
}

/* The best first: indices into the scene. Few enough ships to look for each place again. */
static unsigned rank_ships(const arena_scene *scene, unsigned *order)
{
    bool taken[ARENA_MAX_SHIPS] = {false};
    unsigned count = 0;
    while (count < SCORE_ROWS && count < scene->ship_count) {
        unsigned best = ARENA_MAX_SHIPS;
        for (unsigned i = 0; i < scene->ship_count; i++) {
            if (!taken[i] && (best == ARENA_MAX_SHIPS || scene->ships[i].score > scene->ships[best].score)) {
                best = i;
            }
        }
        taken[best] = true;
        order[count++] = best;
    }
    return count;
}

static void draw_scores(const screen *on)
{
    unsigned order[SCORE_ROWS];
    unsigned count = rank_ships(on->scene, order);
    const float dot = on->dot, margin = dot * 8.0F, pad = dot * 6.0F;
    const float width = dot * 6.0F * 19.0F;
    float x = on->width - margin - width - pad, y = margin + pad;
    if (count == 0) {
        return;
    }
    arena_draw_box(on->draw, x - pad, margin, width + pad * 2,
                   line_height(on) * (float)(count + 1) + pad * 2 - dot * 4, PANEL);
    char line[32];
    snprintf(line, sizeof line, "%u players", on->scene->ship_count);
    arena_draw_text(on->draw, line, x, y, dot, DIM);
    for (unsigned i = 0; i < count; i++) {
        const arena_scene_ship *ship = &on->scene->ships[order[i]];
        arena_color color = arena_ship_color(ship->ship);
        y += line_height(on);
        if (ship->ship == on->client->ship) {
            arena_color mark = {color.red, color.green, color.blue, 0.22F};
            arena_draw_box(on->draw, x - pad / 2, y - dot * 2, width + pad, line_height(on), mark);
        }
        arena_draw_text(on->draw, on->client->names.names[ship->ship], x, y, dot, color);
        snprintf(line, sizeof line, "%u", ship->score);
        arena_draw_text(on->draw, line, x + width - arena_draw_text_width(line, dot), y, dot, BRIGHT);
    }
}

static void draw_centered(const screen *on, const char *text, float y, float dot, arena_color color)
{
    arena_draw_text(on->draw, text, floorf((on->width - arena_draw_text_width(text, dot)) / 2.0F), floorf(y),
                    dot, color);
}

static void draw_help(const screen *on)
{
    static const char help[] = "WASD or arrows move   mouse aims   click or space shoots";
    arena_color color = DIM;
    float width = arena_draw_text_width(help, on->dot), pad = on->dot * 6.0F;
    float y = on->height - on->dot * 20.0F;
    if (width + pad * 4 < on->width) {
        arena_draw_box(on->draw, (on->width - width) / 2 - pad, y - pad * 0.8F, width + pad * 2,
                       on->dot * 17.0F, PANEL);
        draw_centered(on, help, y, on->dot, color);
    }
}

static const arena_scene_ship *own_ship(const screen *on)
{
    for (unsigned i = 0; i < on->scene->ship_count; i++) {
        if (on->scene->ships[i].ship == on->client->ship) {
            return &on->scene->ships[i];
        }
    }
    return NULL;
}

/* As much of a text as fits on the screen; what was cut ends with dots. */
static void fit(const screen *on, const char *text, char *out, size_t room)
{
    size_t letters = (size_t)fmaxf(on->width / (on->dot * 6.0F) - 8.0F, 4.0F);
    snprintf(out, room, "%s", text);
    if (letters < room && strlen(out) > letters) {
        memcpy(out + letters - 3, "...", 4);
    }
}

/* A title and one or two lines below it, in the middle of the screen. */
static void draw_notice(const screen *on, const char *title, const char *first, const char *second,
                        arena_color color)
{
    const float dot = on->dot, big = dot * 2.0F, middle = on->height / 2.0F;
    char line[200];
    fit(on, second, line, sizeof line);
    float width = fmaxf(fmaxf(arena_draw_text_width(title, big), arena_draw_text_width(first, dot)),
                        arena_draw_text_width(line, dot)) +
                  dot * 28.0F;
    float height = dot * (line[0] ? 60.0F : 46.0F);
    arena_draw_box(on->draw, floorf((on->width - width) / 2.0F), middle - dot * 24.0F, width, height, PANEL);
    draw_centered(on, title, middle - dot * 15.0F, big, color);
    draw_centered(on, first, middle + dot * 6.0F, dot, BRIGHT);
    draw_centered(on, line, middle + dot * 20.0F, dot, DIM);
}

static void draw_state(const screen *on)
{
    const arena_client *client = on->client;
    char line[64];
    arena_color color = state_color(client->state);
    switch (client->state) {
    case ARENA_CLIENT_CONNECTING:
    case ARENA_CLIENT_JOINING: draw_notice(on, "connecting", client->url, client->trouble, color); break;
    case ARENA_CLIENT_WAITING:
        snprintf(line, sizeof line, "next attempt in %.1f s", fmax(client->retry_at - on->now, 0.0));
        draw_notice(on, client->joins > 0 ? "connection lost" : "no connection", line, client->trouble,
                    color);
        break;
    case ARENA_CLIENT_REFUSED: draw_notice(on, "refused", client->url, client->trouble, color); break;
    default: {
        const arena_scene_ship *own = own_ship(on);
        if (own && !own->alive) {
            draw_notice(on, "burst!", "a new ship is on its way", "", arena_ship_color(own->ship));
        }
    }
    }
}

void arena_hud_draw(arena_draw *draw, const arena_client *client, const arena_scene *scene, double now,
                    int width, int height)
{
    float dot = fmaxf(1.0F, roundf((float)(height < width ? height : width) / 360.0F));
    screen on = {draw, client, scene, now, (float)width, (float)height, dot};
    draw_connection(&on);
    draw_scores(&on);
    draw_help(&on);
    draw_state(&on);
}
