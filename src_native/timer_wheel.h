/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TIMER_WHEEL_H
#define WSPI_TIMER_WHEEL_H

/*
 * Deadlines of many numbered objects, each in the wheel at most once, at O(1) for arming and expiry. It is
 * coarse on purpose: an entry expires up to a tick after its time, and one beyond the horizon at the horizon.
 * Whoever takes an expired one asks the object itself and arms it again if it was too early, so that a
 * deadline which moves with every message costs nothing until it might be due.
 */

#include "bytes.h"

#define WSPI_TIMER_NONE         UINT32_MAX
#define WSPI_TIMER_TICK_SECONDS (1.0 / 64)
#define WSPI_TIMER_BUCKETS      512 /* a horizon of 8 seconds */

/* What an object costs. */
typedef struct wspi_timer_entry {
    uint32_t previous; /* in its bucket */
    uint32_t next;
    uint16_t bucket;
    bool is_in; /* the wheel */
} wspi_timer_entry;

typedef struct wspi_timer_wheel {
    wspi_timer_entry *entries; /* one for each number */
    size_t capacity;
    size_t count;                         /* entries in the wheel */
    double start;                         /* the time of tick 0 */
    uint64_t tick;                        /* expired up to here */
    uint64_t soonest;                     /* the tick of the first that expires, when there is one */
    uint32_t buckets[WSPI_TIMER_BUCKETS]; /* the first of each, or NONE */
} wspi_timer_wheel;

void wspi_timer_wheel_init(wspi_timer_wheel *wheel, double now);
void wspi_timer_wheel_release(wspi_timer_wheel *wheel);

/* Allows the numbers below `capacity`. false when memory is out: nothing changed. */
bool wspi_timer_wheel_reserve(wspi_timer_wheel *wheel, size_t capacity);

/* Puts a number in, to expire in `delay` seconds. One that is in already and expires no later stays as it is:
 * its owner is asked then. */
void wspi_timer_wheel_arm(wspi_timer_wheel *wheel, uint32_t number, double now, double delay);

/* Takes a number out; one that is not in is allowed. */
void wspi_timer_wheel_disarm(wspi_timer_wheel *wheel, uint32_t number);

/* Takes one out that has expired, or answers NONE. */
uint32_t wspi_timer_wheel_pop(wspi_timer_wheel *wheel, double now);

/* Seconds until the next one expires, 0 when it has; negative when none is in. */
double wspi_timer_wheel_get_delay(const wspi_timer_wheel *wheel, double now);

#endif
