/* SPDX-License-Identifier: MIT */
#ifndef ARENA_WIRE_H
#define ARENA_WIRE_H

#include "arena_world.h"

#include <stddef.h>

/*
 * The messages between arena and arena_server: binary, little-endian, one message each.
 *
 *   to the server    JOIN      1, version, name
 *                    INPUTS    2, first sequence number u32, sender's clock u32, count u8, count x (buttons,
 * aim) to the player    WELCOME   3, version, ship u8 NAMES     4, count u8, count x (ship u8, name) SNAPSHOT
 * 5, tick u32, first sequence number not obeyed u32, echoed clock u32, held ms u16, own body 4 x i32, ships,
 * bolts, gems: each a count u8 and its rows name             size u8, that many bytes of printable ASCII
 *
 * Readers believe nothing: sizes, counts, flags and places are checked, and a message that is too short, too
 * long or holds a value outside its range is refused as a whole.
 */
enum {
    ARENA_VERSION = 1,
    ARENA_NAME_ROOM = 13, /* with the zero at its end */
    ARENA_MAX_INPUTS = 32,
    ARENA_TICKS_PER_SNAPSHOT = 3,
    ARENA_MESSAGE_ROOM = 4096 /* more than the largest message */
};

/* Close codes of this game. */
enum { ARENA_CLOSE_FULL = 4000, ARENA_CLOSE_VERSION = 4001, ARENA_CLOSE_BAD_MESSAGE = 4002 };

typedef enum arena_kind {
    ARENA_NONE = 0, /* not a message of this game */
    ARENA_JOIN = 1,
    ARENA_INPUTS = 2,
    ARENA_WELCOME = 3,
    ARENA_NAMES = 4,
    ARENA_SNAPSHOT = 5
} arena_kind;

typedef struct arena_join {
    uint8_t version;
    char name[ARENA_NAME_ROOM];
} arena_join;

typedef struct arena_inputs {
    uint32_t first_sequence;
    uint32_t clock_ms;
    uint8_t count;
    arena_input inputs[ARENA_MAX_INPUTS];
} arena_inputs;

typedef struct arena_welcome {
    uint8_t version;
    uint8_t ship;
} arena_welcome;

/* Names by ship; an empty one: nobody is there. */
typedef struct arena_names {
    char names[ARENA_MAX_SHIPS][ARENA_NAME_ROOM];
} arena_names;

enum { ARENA_FLAG_ALIVE = 1, ARENA_FLAG_SHIELD = 2, ARENA_FLAGS_ALL = 3 };

/* What everybody may know about a ship; places in 1/16 of a unit. */
typedef struct arena_ship_row {
    uint8_t ship;
    uint8_t flags;
    uint8_t buttons;
    uint8_t aim;
    uint8_t health;
    uint16_t score;
    uint16_t x;
    uint16_t y;
} arena_ship_row;

typedef struct arena_bolt_row {
    uint8_t owner;
    uint8_t direction;
    uint16_t x;
    uint16_t y;
} arena_bolt_row;

typedef struct arena_gem_row {
    uint8_t gem;
    uint8_t value;
    uint16_t x;
    uint16_t y;
} arena_gem_row;

typedef struct arena_snapshot {
    uint32_t tick;
    uint32_t sequence; /* the receiver's first input that is not in here yet */
    uint32_t clock_ms; /* the receiver's clock as its last INPUTS said it */
    uint16_t held_ms;  /* how long ago that arrived; 65535 when that long or never */
    arena_body own;
    uint8_t ship_count;
    uint8_t bolt_count;
    uint8_t gem_count;
    arena_ship_row ships[ARENA_MAX_SHIPS];
    arena_bolt_row bolts[ARENA_MAX_BOLTS];
    arena_gem_row gems[ARENA_MAX_GEMS];
} arena_snapshot;

/* Fills the part of a snapshot that is the same for everybody. */
void arena_snapshot_of(const arena_world *world, arena_snapshot *out_snapshot);

/* The kind of a message by its first byte. */
arena_kind arena_kind_of(const uint8_t *data, size_t size);

/* Each writes a message into `out`, which has ARENA_MESSAGE_ROOM bytes, and returns its size. */
size_t arena_write_join(uint8_t *out, const arena_join *join);
size_t arena_write_inputs(uint8_t *out, const arena_inputs *inputs);
size_t arena_write_welcome(uint8_t *out, const arena_welcome *welcome);
size_t arena_write_names(uint8_t *out, const arena_names *names);
size_t arena_write_snapshot(uint8_t *out, const arena_snapshot *snapshot);

/* Each reads a whole message; false when it is not a valid one, and then the result is not to be used. */
bool arena_read_join(const uint8_t *data, size_t size, arena_join *out_join);
bool arena_read_inputs(const uint8_t *data, size_t size, arena_inputs *out_inputs);
bool arena_read_welcome(const uint8_t *data, size_t size, arena_welcome *out_welcome);
bool arena_read_names(const uint8_t *data, size_t size, arena_names *out_names);
bool arena_read_snapshot(const uint8_t *data, size_t size, arena_snapshot *out_snapshot);

#endif
