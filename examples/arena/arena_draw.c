/* SPDX-License-Identifier: MIT */
/*
 * The batch of quads and its one shader. It knows shapes and colours and nothing of the game.
 */
#include "arena_draw.h"

#include "arena_font.h"

#define GLFW_INCLUDE_ES2
#include <GLFW/glfw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_QUADS = 6000,
    FONT_COLUMNS = 16, /* letters in a row of the texture */
    FONT_CELL = 8,     /* texels a letter */
    FONT_TEXTURE_WIDTH = 128,
    FONT_TEXTURE_HEIGHT = 64
};

typedef struct vertex {
    float x;
    float y;
    float u;
    float v;
    float shape;
    float softness; /* half the width of an edge, in parts of the shape */
    uint8_t color[4];
} vertex;

struct arena_draw {
    GLuint program;
    GLuint buffer;
    GLuint texture;
    vertex *vertices; /* 6 a quad */
    size_t quad_count;
    int width;
    int height;
    float camera_x;
    float camera_y;
    float scale;
    bool light;
};

static const char vertex_source[] =
    "attribute vec2 place; attribute vec2 inside; attribute vec2 kind; attribute vec4 color;\n"
    "varying vec2 at; varying vec2 how; varying vec4 tint;\n"
    "void main() { at = inside; how = kind; tint = color; gl_Position = vec4(place, 0.0, 1.0); }\n";

/* `at` is -1..1 in the square of a shape; distances are negative inside. The output has its colour multiplied
 * with its alpha already, so light is a colour with alpha 0. */
static const char fragment_source[] =
    "#ifdef GL_FRAGMENT_PRECISION_HIGH\n"
    "precision highp float;\n"
    "#else\n"
    "precision mediump float;\n"
    "#endif\n"
    "varying vec2 at; varying vec2 how; varying vec4 tint;\n"
    "uniform sampler2D letters;\n"
    "float cover(float distance) { return clamp(0.5 - distance / (2.0 * how.y), 0.0, 1.0); }\n"
    "void main() {\n"
    "    float alpha;\n"
    "    float r = length(at);\n"
    "    if (how.x < 0.5) { float g = max(1.0 - r, 0.0); alpha = g * g * g; }\n"
    "    else if (how.x < 1.5) alpha = cover(r - 1.0 + how.y);\n"
    "    else if (how.x < 2.5) alpha = cover(abs(r - 0.88) - 0.06);\n"
    "    else if (how.x < 3.5) {\n"
    "        vec2 p = vec2(at.x, abs(at.y));\n"
    "        float side = dot(p - vec2(0.95, 0.0), vec2(0.4138, 0.9104));\n"
    "        float back = -p.x - 0.78 + p.y * 0.1 + max(0.0, 0.42 - p.y) * 0.75;\n"
    "        alpha = cover(max(side, back));\n"
    "    } else if (how.x < 4.5) {\n"
    "        vec2 p = abs(at);\n"
    "        float edge = max(p.x * 0.92 + p.y * 0.55, p.y * 0.98) - 0.8;\n"
    "        float facet = at.y < -0.18 ? 1.0 : (at.x * 0.7 + at.y * 0.2 < 0.0 ? 0.82 : 0.62);\n"
    "        alpha = cover(edge) * facet;\n"
    "    } else if (how.x < 5.5) {\n"
    "        vec2 p = abs(at) - vec2(1.0);\n"
    "        alpha = clamp(-max(p.x, p.y) / how.y, 0.0, 1.0);\n"
    "    } else if (how.x < 6.5) alpha = clamp(at.y - abs(at.x), 0.0, 1.0);\n"
    "    else if (how.x < 7.5) alpha = texture2D(letters, at).a;\n"
    "    else alpha = 1.0;\n"
    "    float weight = alpha * abs(tint.a - 0.5) * 2.0;\n"
    "    gl_FragColor = vec4(tint.rgb * weight, tint.a < 0.5 ? 0.0 : weight);\n"
    "}\n";

static GLuint compile(GLenum kind, const char *source)
{
    char log[512] = "";
    GLint done = 0;
    GLuint shader = glCreateShader(kind);
    glShaderSource(shader, 1, &source, NULL);
    glCompileShader(shader);
    glGetShaderiv(shader, GL_COMPILE_STATUS, &done);
    if (!done) {
        glGetShaderInfoLog(shader, sizeof log, NULL, log);
        fprintf(stderr, "shader: %s\n", log);
        glDeleteShader(shader);
        return 0;
    }
    return shader;
}

static GLuint link_program(void)
{
    static const char *const names[] = {"place", "inside", "kind", "color"};
    GLuint vertex_shader = compile(GL_VERTEX_SHADER, vertex_source);
    GLuint fragment_shader = compile(GL_FRAGMENT_SHADER, fragment_source);
    GLuint program = glCreateProgram();
    GLint done = 0;
    if (vertex_shader && fragment_shader) {
        glAttachShader(program, vertex_shader);
        glAttachShader(program, fragment_shader);
        for (GLuint i = 0; i < 4; i++) {
            glBindAttribLocation(program, i, names[i]);
        }
        glLinkProgram(program);
        glGetProgramiv(program, GL_LINK_STATUS, &done);
    }
    glDeleteShader(vertex_shader); /* They live on in the program; 0 is ignored. */
    glDeleteShader(fragment_shader);
    if (!done) {
        glDeleteProgram(program);
        return 0;
    }
    return program;
}

static GLuint make_font_texture(void)
{
    static uint8_t texels[FONT_TEXTURE_HEIGHT][FONT_TEXTURE_WIDTH];
    for (int i = 0; i < ARENA_FONT_LETTERS; i++) {
        for (int row = 0; row < ARENA_FONT_HEIGHT; row++) {
            for (int column = 0; column < ARENA_FONT_WIDTH; column++) {
                texels[i / FONT_COLUMNS * FONT_CELL + row][i % FONT_COLUMNS * FONT_CELL + column] =
                    arena_font_dot((char)(ARENA_FONT_FIRST + i), column, row) ? 255 : 0;
            }
        }
    }
    GLuint texture = 0;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_ALPHA, FONT_TEXTURE_WIDTH, FONT_TEXTURE_HEIGHT, 0, GL_ALPHA,
                 GL_UNSIGNED_BYTE, texels);
    return texture;
}

arena_draw *arena_draw_create(void)
{
    arena_draw *draw = calloc(1, sizeof *draw);
    if (!draw) {
        return NULL;
    }
    draw->vertices = calloc((size_t)MAX_QUADS * 6, sizeof *draw->vertices);
    draw->program = draw->vertices ? link_program() : 0;
    if (!draw->program) {
        arena_draw_destroy(draw);
        return NULL;
    }
    draw->texture = make_font_texture();
    glGenBuffers(1, &draw->buffer);
    return draw;
}

void arena_draw_destroy(arena_draw *draw_or_null)
{
    if (draw_or_null) {
        glDeleteProgram(draw_or_null->program);
        glDeleteBuffers(1, &draw_or_null->buffer);
        glDeleteTextures(1, &draw_or_null->texture);
        free(draw_or_null->vertices);
        free(draw_or_null);
    }
}

void arena_draw_begin(arena_draw *draw, int width, int height)
{
    draw->quad_count = 0;
    draw->width = width;
    draw->height = height;
    draw->light = false;
    arena_draw_screen(draw);
}

void arena_draw_camera(arena_draw *draw, float x, float y, float scale)
{
    draw->camera_x = x;
    draw->camera_y = y;
    draw->scale = scale;
}

void arena_draw_screen(arena_draw *draw)
{
    arena_draw_camera(draw, (float)draw->width / 2.0F, (float)draw->height / 2.0F, 1.0F);
}

void arena_draw_light(arena_draw *draw, bool enabled)
{
    draw->light = enabled;
}

static uint8_t byte_of(float part)
{
    float value = part * 255.0F + 0.5F;
    return (uint8_t)(value < 0.0F ? 0.0F : value > 255.0F ? 255.0F : value);
}

/* The alpha byte says two things: below the middle it is light, above it covers; the distance is the
 * strength. */
static void set_color(const arena_draw *draw, vertex *to, arena_color color)
{
    to->color[0] = byte_of(color.red);
    to->color[1] = byte_of(color.green);
    to->color[2] = byte_of(color.blue);
    to->color[3] = byte_of(draw->light ? 0.5F - color.alpha / 2.0F : 0.5F + color.alpha / 2.0F);
}

typedef struct quad {
    float x; /* the middle */
    float y;
    float half_width;
    float half_height;
    float angle;
    float left; /* what `at` is at the edges */
    float top;
    float right;
    float bottom;
    float softness;
    arena_shape shape;
} quad;

/* The corners of the two triangles of a quad; bit 0: right, bit 1: lower. */
static const int corner_order[6] = {0, 1, 2, 2, 1, 3};

static void add_quad(arena_draw *draw, const quad *what, arena_color color)
{
    float sine = sinf(what->angle), cosine = cosf(what->angle);
    if (draw->quad_count == MAX_QUADS) {
        return; /* More than a screen ever holds. */
    }
    vertex *to = &draw->vertices[draw->quad_count++ * 6];
    for (int i = 0; i < 6; i++) {
        bool right = corner_order[i] & 1, bottom = corner_order[i] & 2;
        float dx = right ? what->half_width : -what->half_width;
        float dy = bottom ? what->half_height : -what->half_height;
        float x = (what->x + dx * cosine - dy * sine - draw->camera_x) * draw->scale;
        float y = (what->y + dx * sine + dy * cosine - draw->camera_y) * draw->scale;
        to[i].x = x * 2.0F / (float)draw->width;
        to[i].y = -y * 2.0F / (float)draw->height;
        to[i].u = right ? what->right : what->left;
        to[i].v = bottom ? what->bottom : what->top;
        to[i].shape = (float)what->shape;
        to[i].softness = what->softness;
        set_color(draw, &to[i], color);
    }
}

void arena_draw_shape(arena_draw *draw, arena_shape shape, float x, float y, float radius, float angle,
                      arena_color color)
{
    float pixel = 1.0F / (radius * draw->scale);
    quad what = {x, y, radius, radius, angle, -1, -1, 1, 1, pixel, shape};
    add_quad(draw, &what, color);
}

void arena_draw_streak(arena_draw *draw, float x, float y, float half_length, float half_width, float angle,
                       arena_color color)
{
    quad what = {x, y, half_length, half_width, angle, -1, -1, 1, 1, 0.1F, ARENA_SHAPE_GLOW};
    add_quad(draw, &what, color);
}

void arena_draw_box(arena_draw *draw, float x, float y, float width, float height, arena_color color)
{
    quad what = {x + width / 2, y + height / 2, width / 2, height / 2, 0, -1, -1, 1, 1,
                 0.001F,        ARENA_SHAPE_BOX};
    add_quad(draw, &what, color);
}

void arena_draw_patch(arena_draw *draw, float x, float y, float width, float height,
                      const arena_color corners[4])
{
    quad what = {x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 0, 0, 0, 1, ARENA_SHAPE_PATCH};
    size_t before = draw->quad_count;
    add_quad(draw, &what, corners[0]);
    for (size_t i = 0; i < 6 && draw->quad_count > before; i++) {
        set_color(draw, &draw->vertices[before * 6 + i], corners[corner_order[i]]);
    }
}

/* A strip just wide enough for a soft line. Across, `at.x` counts pixels; `at.y` says how wide the line is.
 */
static void add_grid_line(arena_draw *draw, float place, float length, bool is_upright, bool is_strong,
                          arena_color color)
{
    const float pixels = 2.5F;
    float half = length / 2, width = is_strong ? 1.4F : 1.0F;
    quad what = {is_upright ? place : half,
                 is_upright ? half : place,
                 half,
                 pixels / draw->scale,
                 is_upright ? 1.5707963F : 0.0F,
                 0,
                 -pixels,
                 0,
                 pixels,
                 1,
                 ARENA_SHAPE_GRID};
    color.alpha *= is_strong ? 1.0F : 0.42F;
    size_t before = draw->quad_count;
    add_quad(draw, &what, color);
    for (size_t i = 0; i < 6 && draw->quad_count > before; i++) {
        vertex *to = &draw->vertices[before * 6 + i];
        to->u = to->v;
        to->v = width;
    }
}

void arena_draw_grid(arena_draw *draw, float width, float height, float spacing, arena_color color)
{
    for (int i = 0; (float)i * spacing <= width; i++) {
        add_grid_line(draw, (float)i * spacing, height, true, i % 4 == 0, color);
    }
    for (int i = 0; (float)i * spacing <= height; i++) {
        add_grid_line(draw, (float)i * spacing, width, false, i % 4 == 0, color);
    }
}

float arena_draw_text_width(const char *text, float dot)
{
    return text[0] == '\0' ? 0.0F : ((float)strlen(text) * ARENA_FONT_ADVANCE - 1.0F) * dot;
}

void arena_draw_text(arena_draw *draw, const char *text, float x, float y, float dot, arena_color color)
{
    const float width = ARENA_FONT_WIDTH * dot, height = ARENA_FONT_HEIGHT * dot;
    for (; *text; text++, x += ARENA_FONT_ADVANCE * dot) {
        int index = *text - ARENA_FONT_FIRST;
        index = index < 0 || index >= ARENA_FONT_LETTERS ? '?' - ARENA_FONT_FIRST : index;
        float left = (float)(index % FONT_COLUMNS * FONT_CELL) / FONT_TEXTURE_WIDTH;
        float top = (float)(index / FONT_COLUMNS * FONT_CELL) / FONT_TEXTURE_HEIGHT;
        quad what = {x + width / 2,
                     y + height / 2,
                     width / 2,
                     height / 2,
                     0,
                     left,
                     top,
                     left + (float)ARENA_FONT_WIDTH / FONT_TEXTURE_WIDTH,
                     top + (float)ARENA_FONT_HEIGHT / FONT_TEXTURE_HEIGHT,
                     0.1F,
                     ARENA_SHAPE_LETTER};
        if (*text != ' ') {
            add_quad(draw, &what, color);
        }
    }
}

static void set_attribute(GLuint index, GLint size, GLenum type, GLboolean normalized, size_t offset)
{
    glEnableVertexAttribArray(index);
    glVertexAttribPointer(index, size, type, normalized, (GLsizei)sizeof(vertex), (const void *)offset);
}

void arena_draw_end(arena_draw *draw)
{
    glViewport(0, 0, draw->width, draw->height);
    glClearColor(0.016F, 0.02F, 0.05F, 1.0F);
    glClear(GL_COLOR_BUFFER_BIT);
    glEnable(GL_BLEND);
    glBlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    glUseProgram(draw->program);
    glBindTexture(GL_TEXTURE_2D, draw->texture);
    glBindBuffer(GL_ARRAY_BUFFER, draw->buffer);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(draw->quad_count * 6 * sizeof(vertex)), draw->vertices,
                 GL_STREAM_DRAW);
    set_attribute(0, 2, GL_FLOAT, GL_FALSE, offsetof(vertex, x));
    set_attribute(1, 2, GL_FLOAT, GL_FALSE, offsetof(vertex, u));
    set_attribute(2, 2, GL_FLOAT, GL_FALSE, offsetof(vertex, shape));
    set_attribute(3, 4, GL_UNSIGNED_BYTE, GL_TRUE, offsetof(vertex, color));
    glDrawArrays(GL_TRIANGLES, 0, (GLsizei)(draw->quad_count * 6));
}
