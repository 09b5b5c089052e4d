/* SPDX-License-Identifier: MIT */
/*
 * The wheel of timer_wheel.h: a ring of buckets, one a tick, each a doubly linked list of numbers. Ticks are
 * counted from the start. Knows no clock: times are arguments.
 */
#include "timer_wheel.h"

#include "memory.h"

#include <string.h>

void wspi_timer_wheel_init(wspi_timer_wheel *wheel, double now)
{
    *wheel = (wspi_timer_wheel){.start = now};
    for (size_t i = 0; i < WSPI_TIMER_BUCKETS; i++)
        wheel->buckets[i] = WSPI_TIMER_NONE;
}

void wspi_timer_wheel_release(wspi_timer_wheel *wheel)
{
    wspi_free(wheel->entries, wheel->capacity * sizeof *wheel->entries);
    wspi_timer_wheel_init(wheel, wheel->start);
}

bool wspi_timer_wheel_reserve(wspi_timer_wheel *wheel, size_t capacity)
{
    if (capacity <= wheel->capacity)
        return true;
    wspi_timer_entry *entries =
        wspi_reallocate(wheel->entries, wheel->capacity * sizeof *entries, capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    memset(entries + wheel->capacity, 0, (capacity - wheel->capacity) * sizeof *entries);
    wheel->entries = entries;
    wheel->capacity = capacity;
    return true;
}

/* The last tick that has passed. */
static uint64_t get_tick(const wspi_timer_wheel *wheel, double now)
{
    double ticks = (now - wheel->start) / WSPI_TIMER_TICK_SECONDS;
    if (!(ticks > 0))
        return 0;
    /* What lies beyond 2^53 is beyond the horizon too. */
    return ticks < 9007199254740992.0 ? (uint64_t)ticks : (uint64_t)1 << 53;
}

static uint16_t get_bucket(uint64_t tick)
{
    return (uint16_t)(tick % WSPI_TIMER_BUCKETS);
}

/* Ticks until a bucket is reached; all that is in the wheel lies within one round of its tick. */
static unsigned get_distance(const wspi_timer_wheel *wheel, uint16_t bucket)
{
    return ((unsigned)bucket + WSPI_TIMER_BUCKETS - get_bucket(wheel->tick)) % WSPI_TIMER_BUCKETS;
}

/* After an entry left: the soonest bucket may be empty now. Looks at each bucket once at most, and mostly at
 * one. */
static void find_soonest(wspi_timer_wheel *wheel)
{
    while (wheel->count > 0 && wheel->buckets[get_bucket(wheel->soonest)] == WSPI_TIMER_NONE)
        wheel->soonest++;
}

void wspi_timer_wheel_disarm(wspi_timer_wheel *wheel, uint32_t number)
{
    wspi_timer_entry *entry = &wheel->entries[number];
    if (!entry->is_in)
        return;
    if (entry->previous != WSPI_TIMER_NONE)
        wheel->entries[entry->previous].next = entry->next;
    else
        wheel->buckets[entry->bucket] = entry->next;
    if (entry->next != WSPI_TIMER_NONE)
        wheel->entries[entry->next].previous = entry->previous;
    entry->is_in = false;
    wheel->count--;
    find_soonest(wheel);
}

static void put_in(wspi_timer_wheel *wheel, uint32_t number, uint64_t due)
{
    uint16_t bucket = get_bucket(due);
    uint32_t first = wheel->buckets[bucket];
    wheel->entries[number] =
        (wspi_timer_entry){.previous = WSPI_TIMER_NONE, .next = first, .bucket = bucket, .is_in = true};
    if (first != WSPI_TIMER_NONE)
        wheel->entries[first].previous = number;
    wheel->buckets[bucket] = number;
    if (wheel->count == 0 || due < wheel->soonest)
        wheel->soonest = due;
    wheel->count++;
}

void wspi_timer_wheel_arm(wspi_timer_wheel *wheel, uint32_t number, double now, double delay)
{
    uint64_t current = get_tick(wheel, now);
    /* An empty wheel has nothing to catch up with. */
    if (wheel->count == 0)
        wheel->tick = current;
    /* Never in the tick that expires now, or whoever takes what expired would never come to an end. */
    uint64_t first = (current > wheel->tick ? current : wheel->tick) + 1;
    uint64_t last = wheel->tick + WSPI_TIMER_BUCKETS - 1;
    uint64_t due = get_tick(wheel, now + delay) + 1;
    due = due < first ? first : due;
    due = due > last ? last : due;
    const wspi_timer_entry *entry = &wheel->entries[number];
    if (entry->is_in && get_distance(wheel, entry->bucket) <= due - wheel->tick)
        return;
    wspi_timer_wheel_disarm(wheel, number);
    put_in(wheel, number, due);
}

uint32_t wspi_timer_wheel_pop(wspi_timer_wheel *wheel, double now)
{
    if (wheel->count == 0)
        return WSPI_TIMER_NONE;
    uint64_t current = get_tick(wheel, now);
    uint64_t reached = current < wheel->soonest ? current : wheel->soonest;
    if (reached > wheel->tick)
        wheel->tick = reached;
    if (wheel->soonest > current)
        return WSPI_TIMER_NONE;
    uint32_t number = wheel->buckets[get_bucket(wheel->soonest)];
    wspi_timer_wheel_disarm(wheel, number);
    return number;
}

double wspi_timer_wheel_get_delay(const wspi_timer_wheel *wheel, double now)
{
    if (wheel->count == 0)
        return -1;
    double delay = wheel->start + (double)wheel->soonest * WSPI_TIMER_TICK_SECONDS - now;
    return delay > 0 ? delay : 0;
}
