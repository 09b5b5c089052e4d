/* SPDX-License-Identifier: MIT */
/*
 * The picture of the world: floor, pillars, gems, shots, ships and sparks. It reads a scene and decides
 * nothing about the game; what stands still on the screen is in arena_hud.c.
 */
#include "arena_view.h"

#include <math.h>
#include <string.h>

static const float TURN = 6.2831853F;
static const float MARGIN = 70.0F; /* seen beyond the walls */
static const float TRAIL_WAIT = 0.014F;

void arena_view_begin(arena_view *view)
{
    memset(view, 0, sizeof *view);
    view->random = 1;
    view->camera_x = ARENA_WIDTH / 2.0F;
    view->camera_y = ARENA_HEIGHT / 2.0F;
    view->drawn_at = -1.0;
}

static arena_color rgba(float red, float green, float blue, float alpha)
{
    arena_color color = {red, green, blue, alpha};
    return color;
}

static arena_color with_alpha(arena_color color, float alpha)
{
    color.alpha = alpha;
    return color;
}

static arena_color towards_white(arena_color color, float part)
{
    return rgba(color.red + (1.0F - color.red) * part, color.green + (1.0F - color.green) * part,
                color.blue + (1.0F - color.blue) * part, color.alpha);
}

arena_color arena_ship_color(uint8_t ship)
{
    /* Steps of the golden ratio round the colour wheel: neighbours in number are far apart in colour. */
    float hue = fmodf((float)ship * 0.618034F + 0.54F, 1.0F) * 6.0F;
    float red = fminf(fmaxf(fabsf(hue - 3.0F) - 1.0F, 0.0F), 1.0F);
    float green = fminf(fmaxf(2.0F - fabsf(hue - 2.0F), 0.0F), 1.0F);
    float blue = fminf(fmaxf(2.0F - fabsf(hue - 4.0F), 0.0F), 1.0F);
    return rgba(0.18F + 0.82F * red, 0.2F + 0.8F * green, 0.24F + 0.76F * blue, 1.0F);
}

/* -1..1 */
static float chance(arena_view *view)
{
    view->random = view->random * 1664525U + 1013904223U;
    return (float)(view->random >> 8) / 8388608.0F - 1.0F;
}

static void add_spark(arena_view *view, arena_spark spark)
{
    view->sparks[view->next_spark] = spark;
    view->next_spark = (view->next_spark + 1) % ARENA_MAX_SPARKS;
}

static void add_sparks(arena_view *view, unsigned count, float x, float y, float speed, float life,
                       arena_color color)
{
    for (unsigned i = 0; i < count; i++) {
        float way = chance(view) * TURN / 2.0F;
        float fast = speed * (0.25F + 0.75F * fabsf(chance(view)));
        arena_spark spark = {x,
                             y,
                             cosf(way) * fast,
                             sinf(way) * fast,
                             5.0F + 4.0F * fabsf(chance(view)),
                             0.0F,
                             life * (0.6F + 0.4F * fabsf(chance(view))),
                             false,
                             color};
        add_spark(view, spark);
    }
}

static void add_wave(arena_view *view, float x, float y, float radius, arena_color color)
{
    arena_spark spark = {x, y, 0.0F, 0.0F, radius, 0.0F, 0.55F, true, color};
    add_spark(view, spark);
}

static const arena_scene_ship *find_ship(const arena_scene *scene, uint8_t ship)
{
    for (unsigned i = 0; i < scene->ship_count; i++) {
        if (scene->ships[i].ship == ship) {
            return &scene->ships[i];
        }
    }
    return NULL;
}

static void notice_ship(arena_view *view, const arena_scene_ship *before, const arena_scene_ship *ship)
{
    arena_color color = arena_ship_color(ship->ship);
    if (before->alive && !ship->alive) {
        add_sparks(view, 70, before->x, before->y, 420.0F, 1.1F, color);
        add_sparks(view, 24, before->x, before->y, 200.0F, 0.7F, rgba(1, 1, 1, 1));
        add_wave(view, before->x, before->y, 150.0F, color);
    } else if (!before->alive && ship->alive) {
        add_wave(view, ship->x, ship->y, 70.0F, color);
    } else if (ship->health < before->health) {
        add_sparks(view, 16, ship->x, ship->y, 260.0F, 0.45F, rgba(1.0F, 0.85F, 0.6F, 1));
        add_wave(view, ship->x, ship->y, 44.0F, color);
    }
}

static bool has_gem(const arena_scene *scene, const arena_gem_row *gem)
{
    for (unsigned i = 0; i < scene->gem_count; i++) {
        const arena_gem_row *other = &scene->gems[i];
        if (other->gem == gem->gem && other->x == gem->x && other->y == gem->y) {
            return true;
        }
    }
    return false;
}

static arena_color gem_color(unsigned value)
{
    return value > 1 ? rgba(1.0F, 0.78F, 0.25F, 1.0F) : rgba(0.3F, 1.0F, 0.78F, 1.0F);
}

/* Sparks for what is different from the scene before. */
static void notice_events(arena_view *view, const arena_scene *scene)
{
    for (unsigned i = 0; i < scene->ship_count; i++) {
        const arena_scene_ship *before = find_ship(&view->last, scene->ships[i].ship);
        if (before) {
            notice_ship(view, before, &scene->ships[i]);
        }
    }
    for (unsigned i = 0; i < view->last.gem_count; i++) {
        const arena_gem_row *gem = &view->last.gems[i];
        if (scene->ship_count > 0 && !has_gem(scene, gem)) {
            add_sparks(view, 10, gem->x / 16.0F, gem->y / 16.0F, 130.0F, 0.5F, gem_color(gem->value));
        }
    }
}

/* A spark behind the ship for each TRAIL_WAIT of its way, however many frames that took. */
static void add_trail(arena_view *view, const arena_scene_ship *from, const arena_scene_ship *to,
                      float seconds, unsigned count)
{
    float vx = (to->x - from->x) / seconds, vy = (to->y - from->y) / seconds;
    float speed = hypotf(vx, vy);
    if (speed < 40.0F || speed > 900.0F) {
        return; /* It stands, or it did not fly here. */
    }
    for (unsigned i = 0; i < count; i++) {
        float part = (float)i / (float)count - 13.0F / speed / seconds;
        arena_spark spark = {from->x + vx * seconds * part + chance(view) * 1.5F,
                             from->y + vy * seconds * part + chance(view) * 1.5F,
                             chance(view) * 8.0F - vx * 0.08F,
                             chance(view) * 8.0F - vy * 0.08F,
                             11.0F,
                             0.0F,
                             0.7F,
                             false,
                             with_alpha(arena_ship_color(to->ship), 0.55F)};
        add_spark(view, spark);
    }
}

static void add_trails(arena_view *view, const arena_scene *scene, float seconds)
{
    if (seconds <= 0.0F) {
        return;
    }
    view->trail_wait += seconds;
    unsigned count = (unsigned)(view->trail_wait / TRAIL_WAIT);
    view->trail_wait -= (float)count * TRAIL_WAIT;
    for (unsigned i = 0; i < scene->ship_count; i++) {
        const arena_scene_ship *ship = &scene->ships[i];
        const arena_scene_ship *before = find_ship(&view->last, ship->ship);
        if (ship->alive && ship->thrust && before && before->alive) {
            add_trail(view, before, ship, seconds, count);
        }
    }
}

static void move_sparks(arena_view *view, float seconds)
{
    float left = expf(-2.4F * seconds);
    for (unsigned i = 0; i < ARENA_MAX_SPARKS; i++) {
        arena_spark *spark = &view->sparks[i];
        spark->age += seconds;
        spark->x += spark->vx * seconds;
        spark->y += spark->vy * seconds;
        spark->vx *= left;
        spark->vy *= left;
    }
}

static void draw_sparks(const arena_view *view, arena_draw *draw)
{
    for (unsigned i = 0; i < ARENA_MAX_SPARKS; i++) {
        const arena_spark *spark = &view->sparks[i];
        if (spark->age >= spark->life) {
            continue;
        }
        float part = spark->age / spark->life;
        float fade = (1.0F - part) * (1.0F - part) * spark->color.alpha;
        if (spark->is_wave) {
            float grown = 1.0F - (1.0F - part) * (1.0F - part);
            arena_draw_shape(draw, ARENA_SHAPE_RING, spark->x, spark->y, spark->radius * grown + 1.0F, 0,
                             with_alpha(spark->color, fade * 0.7F));
        } else {
            arena_draw_shape(draw, ARENA_SHAPE_GLOW, spark->x, spark->y, spark->radius * (1.3F - part), 0,
                             with_alpha(spark->color, fade));
        }
    }
}

/* The colour of the floor at a place: dark, with a few soft clouds of light. */
static arena_color floor_color(float x, float y)
{
    static const struct {
        float x; /* parts of the arena */
        float y;
        float radius; /* units */
        float red;
        float green;
        float blue;
    } clouds[] = {{0.18F, 0.2F, 950, 0.19F, 0.06F, 0.39F},
                  {0.84F, 0.82F, 1000, 0.012F, 0.22F, 0.36F},
                  {0.8F, 0.1F, 700, 0.25F, 0.03F, 0.18F},
                  {0.12F, 0.95F, 700, 0.01F, 0.16F, 0.16F}};
    arena_color color = {0.036F, 0.046F, 0.115F, 1.0F};
    for (size_t i = 0; i < sizeof clouds / sizeof clouds[0]; i++) {
        float dx = x - clouds[i].x * ARENA_WIDTH, dy = y - clouds[i].y * ARENA_HEIGHT;
        float near = fmaxf(1.0F - hypotf(dx, dy) / clouds[i].radius, 0.0F);
        float part = near * near * near;
        color.red += clouds[i].red * part;
        color.green += clouds[i].green * part;
        color.blue += clouds[i].blue * part;
    }
    return color;
}

/* One layer of patches: full-screen lights on top of each other are what a weak graphics chip is slow at. */
static void draw_floor(arena_draw *draw)
{
    const float step = 64.0F;
    for (float y = 0; y < ARENA_HEIGHT; y += step) {
        for (float x = 0; x < ARENA_WIDTH; x += step) {
            const arena_color corners[4] = {floor_color(x, y), floor_color(x + step, y),
                                            floor_color(x, y + step), floor_color(x + step, y + step)};
            arena_draw_patch(draw, x, y, step, step, corners);
        }
    }
    arena_draw_light(draw, true);
    arena_draw_grid(draw, ARENA_WIDTH, ARENA_HEIGHT, step, rgba(0.28F, 0.45F, 0.9F, 0.32F));
}

static void draw_wall(arena_draw *draw, float x, float y, float half_length, float angle)
{
    const arena_color color = {0.35F, 0.6F, 1.0F, 1.0F};
    arena_draw_light(draw, true);
    arena_draw_streak(draw, x, y, half_length * 1.25F, 34, angle, with_alpha(color, 0.35F));
    arena_draw_light(draw, false);
    float across = angle == 0.0F ? 0.0F : 1.0F;
    float width = across == 0.0F ? half_length : 1.5F, height = across == 0.0F ? 1.5F : half_length;
    arena_draw_box(draw, x - width, y - height, width * 2, height * 2, with_alpha(color, 0.9F));
}

static void draw_walls(arena_draw *draw)
{
    const float w = ARENA_WIDTH, h = ARENA_HEIGHT;
    draw_wall(draw, w / 2, 0, w / 2, 0);
    draw_wall(draw, w / 2, h, w / 2, 0);
    draw_wall(draw, 0, h / 2, h / 2, TURN / 4);
    draw_wall(draw, w, h / 2, h / 2, TURN / 4);
}

static void draw_pillars(arena_draw *draw, double now)
{
    for (int i = 0; i < ARENA_PILLARS; i++) {
        const float x = (float)arena_pillars[i].x, y = (float)arena_pillars[i].y;
        const float radius = (float)arena_pillars[i].radius;
        const arena_color color = {0.45F, 0.55F, 1.0F, 1.0F};
        float beat = 0.85F + 0.15F * sinf((float)fmod(now, 1000.0) * 1.3F + (float)i);
        arena_draw_light(draw, true);
        arena_draw_shape(draw, ARENA_SHAPE_GLOW, x, y, radius * 2.1F, 0, with_alpha(color, 0.5F * beat));
        arena_draw_light(draw, false);
        arena_draw_shape(draw, ARENA_SHAPE_DISC, x, y, radius, 0, rgba(0.035F, 0.045F, 0.12F, 1));
        arena_draw_shape(draw, ARENA_SHAPE_RING, x, y, radius * 1.06F, 0, with_alpha(color, 0.85F * beat));
        arena_draw_shape(draw, ARENA_SHAPE_RING, x, y, radius * 0.72F, 0, with_alpha(color, 0.22F));
        arena_draw_light(draw, true);
        arena_draw_shape(draw, ARENA_SHAPE_GLOW, x, y, radius * 0.8F, 0, with_alpha(color, 0.35F * beat));
        arena_draw_light(draw, false);
    }
}

static void draw_gems(arena_draw *draw, const arena_scene *scene, double now)
{
    for (unsigned i = 0; i < scene->gem_count; i++) {
        const arena_gem_row *gem = &scene->gems[i];
        float phase = (float)fmod(now, 1000.0) * 2.2F + (float)gem->gem * 1.7F;
        float x = gem->x / 16.0F, y = gem->y / 16.0F + sinf(phase) * 2.5F;
        float radius = gem->value > 1 ? 15.0F : 10.5F;
        arena_color color = gem_color(gem->value);
        arena_draw_light(draw, true);
        arena_draw_shape(draw, ARENA_SHAPE_GLOW, x, y, radius * 4.2F, 0,
                         with_alpha(color, 0.42F + 0.1F * sinf(phase * 1.4F)));
        arena_draw_light(draw, false);
        arena_draw_shape(draw, ARENA_SHAPE_GEM, x, y, radius, 0.16F * sinf(phase * 0.7F), color);
        arena_draw_shape(draw, ARENA_SHAPE_GEM, x, y, radius * 0.5F, 0.16F * sinf(phase * 0.7F),
                         with_alpha(towards_white(color, 0.75F), 0.8F));
    }
}

static void draw_bolts(arena_draw *draw, const arena_scene *scene)
{
    arena_draw_light(draw, true);
    for (unsigned i = 0; i < scene->bolt_count; i++) {
        const arena_scene_bolt *bolt = &scene->bolts[i];
        arena_color color = arena_ship_color(bolt->owner);
        float x = bolt->x - cosf(bolt->angle) * 12.0F, y = bolt->y - sinf(bolt->angle) * 12.0F;
        arena_draw_shape(draw, ARENA_SHAPE_GLOW, bolt->x, bolt->y, 30, 0, with_alpha(color, 0.5F));
        arena_draw_streak(draw, x, y, 30, 7, bolt->angle, with_alpha(color, 1.0F));
        arena_draw_streak(draw, x + cosf(bolt->angle) * 7, y + sinf(bolt->angle) * 7, 18, 4, bolt->angle,
                          rgba(1, 1, 1, 1.0F));
    }
    arena_draw_light(draw, false);
}

static void draw_ship(arena_draw *draw, const arena_scene_ship *ship, bool is_own, double now)
{
    const float size = ARENA_SHIP_RADIUS * 1.5F;
    arena_color color = arena_ship_color(ship->ship);
    float beat = sinf((float)fmod(now, 1000.0) * 7.0F);
    arena_draw_light(draw, true);
    arena_draw_shape(draw, ARENA_SHAPE_GLOW, ship->x, ship->y, is_own ? 105.0F : 82.0F, 0,
                     with_alpha(color, 0.5F));
    if (ship->thrust) {
        float back = size * 0.95F;
        arena_draw_streak(draw, ship->x - cosf(ship->angle) * back, ship->y - sinf(ship->angle) * back,
                          16.0F + 3.0F * beat, 9, ship->angle, with_alpha(towards_white(color, 0.4F), 0.9F));
    }
    arena_draw_light(draw, false);
    arena_draw_shape(draw, ARENA_SHAPE_DART, ship->x, ship->y, size * 1.16F, ship->angle,
                     rgba(0.01F, 0.015F, 0.05F, 0.9F));
    arena_draw_shape(draw, ARENA_SHAPE_DART, ship->x, ship->y, size, ship->angle, color);
    arena_draw_shape(draw, ARENA_SHAPE_DART, ship->x, ship->y, size * 0.5F, ship->angle,
                     with_alpha(towards_white(color, 0.8F), 0.9F));
    if (ship->shield) {
        arena_draw_light(draw, true);
        arena_draw_shape(draw, ARENA_SHAPE_RING, ship->x, ship->y, size * 1.6F, 0,
                         with_alpha(towards_white(color, 0.3F), 0.5F + 0.2F * beat));
        arena_draw_light(draw, false);
    }
}

/* Name and health above a ship. */
static void draw_label(arena_draw *draw, const arena_client *client, const arena_scene_ship *ship, float dot)
{
    const char *name = client->names.names[ship->ship];
    arena_color color = towards_white(arena_ship_color(ship->ship), 0.55F);
    float width = arena_draw_text_width(name, dot);
    float x = ship->x - width / 2, y = ship->y - 46.0F;
    arena_draw_text(draw, name, x + dot / 2, y + dot / 2, dot, rgba(0, 0, 0.03F, 0.8F));
    arena_draw_text(draw, name, x, y, dot, with_alpha(color, 0.95F));
    for (int i = 0; i < ARENA_FULL_HEALTH; i++) {
        float left = ship->x - 19.0F + (float)i * 13.0F;
        bool is_full = i < ship->health;
        arena_draw_box(draw, left, ship->y + 29.0F, 11, 3,
                       is_full ? with_alpha(color, 0.9F) : rgba(1, 1, 1, 0.16F));
    }
}

static float clamp_camera(float wanted, float half_seen, float length)
{
    float low = half_seen - MARGIN, high = length - half_seen + MARGIN;
    return low > high ? length / 2.0F : fminf(fmaxf(wanted, low), high);
}

static void move_camera(arena_view *view, const arena_client *client, const arena_scene *scene,
                        float half_width, float seconds)
{
    const arena_scene_ship *own = find_ship(scene, client->ship);
    if (own) {
        float part = 1.0F - expf(-9.0F * seconds);
        view->camera_x += (own->x - view->camera_x) * part;
        view->camera_y += (own->y - view->camera_y) * part;
    }
    view->camera_x = clamp_camera(view->camera_x, half_width, ARENA_WIDTH);
    view->camera_y = clamp_camera(view->camera_y, (float)ARENA_VIEW_HEIGHT / 2.0F, ARENA_HEIGHT);
}

void arena_view_draw(arena_view *view, arena_draw *draw, const arena_client *client, const arena_scene *scene,
                     double now, int width, int height)
{
    float seconds = view->drawn_at < 0 ? 0.0F : (float)fmin(now - view->drawn_at, 0.1);
    float scale = (float)height / (float)ARENA_VIEW_HEIGHT;
    view->drawn_at = now;
    notice_events(view, scene);
    add_trails(view, scene, seconds);
    move_sparks(view, seconds);
    move_camera(view, client, scene, (float)width / scale / 2.0F, seconds);
    view->last = *scene;

    arena_draw_camera(draw, view->camera_x, view->camera_y, scale);
    draw_floor(draw);
    draw_walls(draw);
    draw_gems(draw, scene, now);
    draw_pillars(draw, now);
    draw_bolts(draw, scene);
    for (unsigned i = 0; i < scene->ship_count; i++) {
        if (scene->ships[i].alive) {
            draw_ship(draw, &scene->ships[i], scene->ships[i].ship == client->ship, now);
        }
    }
    arena_draw_light(draw, true);
    draw_sparks(view, draw);
    arena_draw_light(draw, false);
    float dot = fmaxf(1.0F, roundf(scale * 2.0F)) / scale; /* whole pixels, or letters would blur */
    for (unsigned i = 0; i < scene->ship_count; i++) {
        if (scene->ships[i].alive) {
            draw_label(draw, client, &scene->ships[i], dot);
        }
    }
    arena_draw_screen(draw);
}
