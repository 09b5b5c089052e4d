/* SPDX-License-Identifier: MIT */

/*
 * UTF-8 validation (RFC 3629 section 4, RFC 6455 8.1) with an automaton whose state is a shift count: one
 * 64-bit row a byte value holds the next state for each of the nine states, so a step is one load, one shift
 * and one mask. Runs of ASCII are skipped 16 and 8 bytes at a time. Does not decode and does not look at what
 * the characters mean.
 */

#include "utf8.h"

#include <string.h>

/* A state is the position of its 6-bit field in a row. START is 0, so a zeroed validator is a fresh one. */
enum state {
    START = 0,     /* between characters */
    REFUSED = 6,   /* for good */
    NEED_1 = 12,   /* one continuation byte (80-BF) ends the character */
    NEED_2 = 18,   /* two of them */
    NEED_3 = 24,   /* three of them */
    AFTER_E0 = 30, /* A0-BF next: less would be overlong */
    AFTER_ED = 36, /* 80-9F next: more would be a surrogate */
    AFTER_F0 = 42, /* 90-BF next: less would be overlong */
    AFTER_F4 = 48  /* 80-8F next: more would be above U+10FFFF */
};

#define MASK 63u

/*
 * The row of a byte value, from the next states it leads to: as the first byte of a character, as the
 * continuation byte that NEED_1, NEED_2 and NEED_3 wait for, and as the second byte after E0, ED, F0 and F4.
 * This is the table of RFC 3629 section 4, read by columns.
 */
#define ROW(start, need_1, need_2, need_3, e0, ed, f0, f4)                                      \
    ((uint64_t)(start) << START | (uint64_t)REFUSED << REFUSED | (uint64_t)(need_1) << NEED_1 | \
     (uint64_t)(need_2) << NEED_2 | (uint64_t)(need_3) << NEED_3 | (uint64_t)(e0) << AFTER_E0 | \
     (uint64_t)(ed) << AFTER_ED | (uint64_t)(f0) << AFTER_F0 | (uint64_t)(f4) << AFTER_F4)

/* A byte that is legal only as the first of a character, and one that is legal only inside. */
#define FIRST(next)            ROW(next, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED)
#define INSIDE(e0, ed, f0, f4) ROW(REFUSED, START, NEED_1, NEED_2, e0, ed, f0, f4)

#define ASCII   FIRST(START)                             /* 00-7F */
#define CONT_8  INSIDE(REFUSED, NEED_1, REFUSED, NEED_2) /* 80-8F */
#define CONT_9  INSIDE(REFUSED, NEED_1, NEED_2, REFUSED) /* 90-9F */
#define CONT_AB INSIDE(NEED_1, REFUSED, NEED_2, REFUSED) /* A0-BF */
#define NEVER   FIRST(REFUSED)                           /* C0, C1, F5-FF */
#define LEAD_2  FIRST(NEED_1)                            /* C2-DF */
#define LEAD_3  FIRST(NEED_2)                            /* E1-EC, EE, EF */
#define LEAD_4  FIRST(NEED_3)                            /* F1-F3 */

#define TIMES_2(x)  x, x
#define TIMES_3(x)  x, x, x
#define TIMES_4(x)  x, x, x, x
#define TIMES_16(x) TIMES_4(x), TIMES_4(x), TIMES_4(x), TIMES_4(x)
#define TIMES_64(x) TIMES_16(x), TIMES_16(x), TIMES_16(x), TIMES_16(x)

/* clang-format off: one line a lead byte is the point of the table. */
static const uint64_t rows[256] = {
    /* 00 */ TIMES_64(ASCII),  TIMES_64(ASCII),
    /* 80 */ TIMES_16(CONT_8), TIMES_16(CONT_9), TIMES_16(CONT_AB), TIMES_16(CONT_AB),
    /* C0 */ TIMES_2(NEVER),   TIMES_4(LEAD_2),  TIMES_4(LEAD_2),   TIMES_4(LEAD_2),
    TIMES_2(LEAD_2),
    /* D0 */ TIMES_16(LEAD_2),
    /* E0 */ FIRST(AFTER_E0),  TIMES_4(LEAD_3),  TIMES_4(LEAD_3),   TIMES_4(LEAD_3),
    /* ED */ FIRST(AFTER_ED),  TIMES_2(LEAD_3),
    /* F0 */ FIRST(AFTER_F0),  TIMES_3(LEAD_4),  FIRST(AFTER_F4),
    /* F5 */ TIMES_3(NEVER),   TIMES_4(NEVER),   TIMES_4(NEVER),
};
/* clang-format on */

static bool is_ascii_8(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

static size_t ascii_run(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (size - at >= 16 && is_ascii_8(bytes + at) && is_ascii_8(bytes + at + 8))
        at += 16;
    if (size - at >= 8 && is_ascii_8(bytes + at))
        at += 8;
    return at;
}

/* Only the low bits of the shifted row are the state; masking at the shift costs nothing on most machines. */
static uint32_t run_automaton(uint32_t state, const uint8_t *bytes, size_t size)
{
    uint64_t shifted = state;
    for (size_t at = 0; at < size; at++)
        shifted = rows[bytes[at]] >> (shifted & MASK);
    return (uint32_t)(shifted & MASK);
}

bool wspi_utf8_feed(wspi_utf8 *validator, const uint8_t *bytes, size_t size)
{
    uint32_t state = validator->state;
    size_t at = 0;
    while (at < size && state != REFUSED) {
        if (state == START)
            at += ascii_run(bytes + at, size - at);
        /* In text of another script a test for ASCII every few bytes would cost more than it saves. */
        size_t piece = wspi_min(size - at, 32);
        state = run_automaton(state, bytes + at, piece);
        at += piece;
    }
    validator->state = state;
    return state != REFUSED;
}

bool wspi_utf8_is_complete(const wspi_utf8 *validator)
{
    return validator->state == START;
}

bool wspi_utf8_is_valid(const void *bytes, size_t size)
{
    wspi_utf8 validator = {START};
    return wspi_utf8_feed(&validator, bytes, size) && wspi_utf8_is_complete(&validator);
}
