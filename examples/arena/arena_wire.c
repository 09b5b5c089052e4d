/* SPDX-License-Identifier: MIT */
/*
 * Packs and unpacks the messages of arena_wire.h. Pure: bytes in, structures out. What a valid message means
 * for the sender is decided in arena_game.c and arena_client.c.
 */
#include "arena_wire.h"

#include <string.h>

_Static_assert(ARENA_MAX_SHIPS <= 255 && ARENA_MAX_BOLTS <= 255 && ARENA_MAX_GEMS <= 255,
               "counts are one byte");
_Static_assert(ARENA_WIDTH * 16 <= 65535 && ARENA_HEIGHT * 16 <= 65535, "places are two bytes");
_Static_assert(ARENA_MESSAGE_ROOM >= 34 + 11 * ARENA_MAX_SHIPS + 6 * (ARENA_MAX_BOLTS + ARENA_MAX_GEMS),
               "a snapshot fits");

static uint8_t *put_u8(uint8_t *at, unsigned value)
{
    *at = (uint8_t)value;
    return at + 1;
}

static uint8_t *put_u16(uint8_t *at, unsigned value)
{
    return put_u8(put_u8(at, value & 255U), value >> 8);
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    return put_u16(put_u16(at, value & 65535U), value >> 16);
}

static uint8_t *put_name(uint8_t *at, const char *name)
{
    size_t size = strlen(name);
    at = put_u8(at, (unsigned)size);
    memcpy(at, name, size);
    return at + size;
}

/* What is left of a message. Reading past the end gives zeros and is remembered. */
typedef struct reader {
    const uint8_t *at;
    size_t left;
    bool failed;
} reader;

static unsigned get_u8(reader *in)
{
    if (in->left == 0) {
        in->failed = true;
        return 0;
    }
    in->left--;
    return *in->at++;
}

static unsigned get_u16(reader *in)
{
    unsigned low = get_u8(in);
    return low | get_u8(in) << 8;
}

static uint32_t get_u32(reader *in)
{
    uint32_t low = get_u16(in);
    return low | (uint32_t)get_u16(in) << 16;
}

static int32_t get_i32(reader *in)
{
    uint32_t bits = get_u32(in);
    return bits <= INT32_MAX ? (int32_t)bits : -(int32_t)(UINT32_MAX - bits) - 1;
}

/* A number of 0..max; anything else fails the message. */
static uint8_t get_up_to(reader *in, unsigned max)
{
    unsigned value = get_u8(in);
    in->failed = in->failed || value > max;
    return (uint8_t)(in->failed ? 0 : value);
}

static uint16_t get_place(reader *in, unsigned length)
{
    unsigned value = get_u16(in);
    in->failed = in->failed || value > length * 16;
    return (uint16_t)value;
}

static void get_name(reader *in, char *name)
{
    unsigned size = get_up_to(in, ARENA_NAME_ROOM - 1);
    for (unsigned i = 0; i < size; i++) {
        unsigned letter = get_u8(in);
        in->failed = in->failed || letter < 32 || letter > 126;
        name[i] = (char)letter;
    }
    name[size] = '\0';
}

static reader begin(const uint8_t *data, size_t size, arena_kind kind)
{
    reader in = {data, size, false};
    in.failed = get_u8(&in) != (unsigned)kind || in.failed;
    return in;
}

static bool is_whole(const reader *in)
{
    return !in->failed && in->left == 0;
}

arena_kind arena_kind_of(const uint8_t *data, size_t size)
{
    return size > 0 && data[0] >= ARENA_JOIN && data[0] <= ARENA_SNAPSHOT ? (arena_kind)data[0] : ARENA_NONE;
}

size_t arena_write_join(uint8_t *out, const arena_join *join)
{
    uint8_t *at = put_u8(out, ARENA_JOIN);
    at = put_u8(at, join->version);
    return (size_t)(put_name(at, join->name) - out);
}

bool arena_read_join(const uint8_t *data, size_t size, arena_join *out_join)
{
    reader in = begin(data, size, ARENA_JOIN);
    out_join->version = (uint8_t)get_u8(&in);
    get_name(&in, out_join->name);
    return is_whole(&in);
}

size_t arena_write_inputs(uint8_t *out, const arena_inputs *inputs)
{
    uint8_t *at = put_u8(out, ARENA_INPUTS);
    at = put_u32(at, inputs->first_sequence);
    at = put_u32(at, inputs->clock_ms);
    at = put_u8(at, inputs->count);
    for (unsigned i = 0; i < inputs->count; i++) {
        at = put_u8(at, inputs->inputs[i].buttons);
        at = put_u8(at, inputs->inputs[i].aim);
    }
    return (size_t)(at - out);
}

bool arena_read_inputs(const uint8_t *data, size_t size, arena_inputs *out_inputs)
{
    reader in = begin(data, size, ARENA_INPUTS);
    out_inputs->first_sequence = get_u32(&in);
    out_inputs->clock_ms = get_u32(&in);
    out_inputs->count = get_up_to(&in, ARENA_MAX_INPUTS);
    for (unsigned i = 0; i < out_inputs->count; i++) {
        out_inputs->inputs[i].buttons = get_up_to(&in, ARENA_BUTTONS_ALL);
        out_inputs->inputs[i].aim = (uint8_t)get_u8(&in);
    }
    return is_whole(&in) && out_inputs->count > 0;
}

size_t arena_write_welcome(uint8_t *out, const arena_welcome *welcome)
{
    uint8_t *at = put_u8(out, ARENA_WELCOME);
    at = put_u8(at, welcome->version);
    return (size_t)(put_u8(at, welcome->ship) - out);
}

bool arena_read_welcome(const uint8_t *data, size_t size, arena_welcome *out_welcome)
{
    reader in = begin(data, size, ARENA_WELCOME);
    out_welcome->version = (uint8_t)get_u8(&in);
    out_welcome->ship = get_up_to(&in, ARENA_MAX_SHIPS - 1);
    return is_whole(&in);
}

size_t arena_write_names(uint8_t *out, const arena_names *names)
{
    unsigned count = 0;
    uint8_t *at = put_u8(put_u8(out, ARENA_NAMES), 0);
    for (unsigned i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (names->names[i][0] != '\0') {
            at = put_name(put_u8(at, i), names->names[i]);
            count++;
        }
    }
    put_u8(out + 1, count);
    return (size_t)(at - out);
}

bool arena_read_names(const uint8_t *data, size_t size, arena_names *out_names)
{
    reader in = begin(data, size, ARENA_NAMES);
    memset(out_names, 0, sizeof *out_names);
    unsigned count = get_up_to(&in, ARENA_MAX_SHIPS);
    for (unsigned i = 0; i < count; i++) {
        unsigned ship = get_up_to(&in, ARENA_MAX_SHIPS - 1);
        get_name(&in, out_names->names[ship]);
    }
    return is_whole(&in);
}

static uint8_t *put_body(uint8_t *at, const arena_body *body)
{
    at = put_u32(at, (uint32_t)body->x);
    at = put_u32(at, (uint32_t)body->y);
    at = put_u32(at, (uint32_t)body->vx);
    return put_u32(at, (uint32_t)body->vy);
}

/* A body is what the receiver goes on calculating with, so it must be one that a step can leave behind. */
static void get_body(reader *in, arena_body *body)
{
    const int32_t fastest = 32 * ARENA_UNIT;
    body->x = get_i32(in);
    body->y = get_i32(in);
    body->vx = get_i32(in);
    body->vy = get_i32(in);
    in->failed = in->failed || body->x < 0 || body->x > ARENA_WIDTH * ARENA_UNIT || body->y < 0 ||
                 body->y > ARENA_HEIGHT * ARENA_UNIT || body->vx < -fastest || body->vx > fastest ||
                 body->vy < -fastest || body->vy > fastest;
}

size_t arena_write_snapshot(uint8_t *out, const arena_snapshot *snapshot)
{
    uint8_t *at = put_u8(out, ARENA_SNAPSHOT);
    at = put_u32(at, snapshot->tick);
    at = put_u32(at, snapshot->sequence);
    at = put_u32(at, snapshot->clock_ms);
    at = put_u16(at, snapshot->held_ms);
    at = put_body(at, &snapshot->own);
    at = put_u8(at, snapshot->ship_count);
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        const arena_ship_row *row = &snapshot->ships[i];
        at = put_u8(put_u8(put_u8(at, row->ship), row->flags), row->buttons);
        at = put_u8(put_u8(at, row->aim), row->health);
        at = put_u16(put_u16(put_u16(at, row->score), row->x), row->y);
    }
    at = put_u8(at, snapshot->bolt_count);
    for (unsigned i = 0; i < snapshot->bolt_count; i++) {
        const arena_bolt_row *row = &snapshot->bolts[i];
        at = put_u16(put_u16(put_u8(put_u8(at, row->owner), row->direction), row->x), row->y);
    }
    at = put_u8(at, snapshot->gem_count);
    for (unsigned i = 0; i < snapshot->gem_count; i++) {
        const arena_gem_row *row = &snapshot->gems[i];
        at = put_u16(put_u16(put_u8(put_u8(at, row->gem), row->value), row->x), row->y);
    }
    return (size_t)(at - out);
}

static void get_ships(reader *in, arena_snapshot *snapshot)
{
    snapshot->ship_count = get_up_to(in, ARENA_MAX_SHIPS);
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        arena_ship_row *row = &snapshot->ships[i];
        row->ship = get_up_to(in, ARENA_MAX_SHIPS - 1);
        row->flags = get_up_to(in, ARENA_FLAGS_ALL);
        row->buttons = get_up_to(in, ARENA_BUTTONS_ALL);
        row->aim = (uint8_t)get_u8(in);
        row->health = get_up_to(in, ARENA_FULL_HEALTH);
        row->score = (uint16_t)get_u16(in);
        row->x = get_place(in, ARENA_WIDTH);
        row->y = get_place(in, ARENA_HEIGHT);
        /* In the order of their numbers, so none is there twice. */
        in->failed = in->failed || (i > 0 && row->ship <= row[-1].ship);
    }
}

static void get_bolts(reader *in, arena_snapshot *snapshot)
{
    snapshot->bolt_count = get_up_to(in, ARENA_MAX_BOLTS);
    for (unsigned i = 0; i < snapshot->bolt_count; i++) {
        arena_bolt_row *row = &snapshot->bolts[i];
        row->owner = get_up_to(in, ARENA_MAX_SHIPS - 1);
        row->direction = (uint8_t)get_u8(in);
        row->x = get_place(in, ARENA_WIDTH);
        row->y = get_place(in, ARENA_HEIGHT);
    }
}

static void get_gems(reader *in, arena_snapshot *snapshot)
{
    snapshot->gem_count = get_up_to(in, ARENA_MAX_GEMS);
    for (unsigned i = 0; i < snapshot->gem_count; i++) {
        arena_gem_row *row = &snapshot->gems[i];
        row->gem = get_up_to(in, ARENA_MAX_GEMS - 1);
        row->value = (uint8_t)get_u8(in);
        row->x = get_place(in, ARENA_WIDTH);
        row->y = get_place(in, ARENA_HEIGHT);
        in->failed = in->failed || (i > 0 && row->gem <= row[-1].gem);
    }
}

bool arena_read_snapshot(const uint8_t *data, size_t size, arena_snapshot *out_snapshot)
{
    reader in = begin(data, size, ARENA_SNAPSHOT);
    out_snapshot->tick = get_u32(&in);
    out_snapshot->sequence = get_u32(&in);
    out_snapshot->clock_ms = get_u32(&in);
    out_snapshot->held_ms = (uint16_t)get_u16(&in);
    get_body(&in, &out_snapshot->own);
    get_ships(&in, out_snapshot);
    get_bolts(&in, out_snapshot);
    get_gems(&in, out_snapshot);
    return is_whole(&in);
}

/* 1/1024 of a unit to 1/16. */
static uint16_t place_row(int32_t place)
{
    return (uint16_t)(place / (ARENA_UNIT / 16));
}

static void add_ship(arena_snapshot *snapshot, const arena_ship *ship, unsigned index)
{
    arena_ship_row *row = &snapshot->ships[snapshot->ship_count++];
    row->ship = (uint8_t)index;
    row->flags = (uint8_t)((ship->alive ? ARENA_FLAG_ALIVE : 0) | (ship->shield > 0 ? ARENA_FLAG_SHIELD : 0));
    row->buttons = ship->input.buttons;
    row->aim = ship->input.aim;
    row->health = ship->health;
    row->score = ship->score;
    row->x = place_row(ship->body.x);
    row->y = place_row(ship->body.y);
}

void arena_snapshot_of(const arena_world *world, arena_snapshot *out_snapshot)
{
    memset(out_snapshot, 0, sizeof *out_snapshot);
    out_snapshot->tick = world->tick;
    for (unsigned i = 0; i < ARENA_MAX_SHIPS; i++) {
        if (world->ships[i].in_use) {
            add_ship(out_snapshot, &world->ships[i], i);
        }
    }
    for (unsigned i = 0; i < ARENA_MAX_BOLTS; i++) {
        const arena_bolt *bolt = &world->bolts[i];
        if (bolt->ticks_left > 0) {
            arena_bolt_row row = {bolt->owner, bolt->direction, place_row(bolt->x), place_row(bolt->y)};
            out_snapshot->bolts[out_snapshot->bolt_count++] = row;
        }
    }
    for (unsigned i = 0; i < ARENA_MAX_GEMS; i++) {
        const arena_gem *gem = &world->gems[i];
        if (gem->value > 0) {
            arena_gem_row row = {(uint8_t)i, gem->value, place_row(gem->x), place_row(gem->y)};
            out_snapshot->gems[out_snapshot->gem_count++] = row;
        }
    }
}
