/* SPDX-License-Identifier: MIT */

/*
 * The virtual clock: a heap of things to happen, the ways in which time passes,
 * and the wait of poller.h. Also the two streams of chance. It knows neither
 * sockets nor lookups.
 */

#include "virtual_world.h"

#include "net/poller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NANOSECONDS  1e9
#define TICK         ((virtual_time)10 * 1000)
#define CLOCK_START  ((virtual_time)1000 * 1000 * 1000 * 1000)
#define LONGEST_WAIT 1e8 /* seconds; three years */

/* Readings of the clock in a row that cost one tick: only a program that spins on the clock makes so many. */
enum { READINGS_PER_TICK = 100 };

typedef struct event {
    virtual_time at;
    uint64_t order; /* tells apart what happens at the same time */
    virtual_happening *happen;
    void *subject;
    size_t detail;
} event;

static struct {
    virtual_time now;
    event *heap; /* the next one first */
    size_t count;
    size_t capacity;
    uint64_t order;
    unsigned readings;
    bool is_interrupted;
} virtual_clock;

/* -- the heap -------------------------------------------------------------- */

static bool is_before(const event *a, const event *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(size_t a, size_t b)
{
    event held = virtual_clock.heap[a];
    virtual_clock.heap[a] = virtual_clock.heap[b];
    virtual_clock.heap[b] = held;
}

static void push(event added)
{
    if (virtual_clock.count == virtual_clock.capacity) {
        virtual_clock.capacity = virtual_clock.capacity * 2 + 64;
        virtual_clock.heap = virtual_grow(virtual_clock.heap, virtual_clock.capacity * sizeof(event));
    }
    size_t at = virtual_clock.count++;
    virtual_clock.heap[at] = added;
    while (at > 0 && is_before(&virtual_clock.heap[at], &virtual_clock.heap[(at - 1) / 2])) {
        swap(at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static event pop(void)
{
    event first = virtual_clock.heap[0];
    virtual_clock.heap[0] = virtual_clock.heap[--virtual_clock.count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < virtual_clock.count &&
                is_before(&virtual_clock.heap[child], &virtual_clock.heap[least]))
                least = child;
        }
        if (least == at)
            return first;
        swap(at, least);
        at = least;
    }
}

/* -- time ------------------------------------------------------------------ */

static double to_seconds(virtual_time time)
{
    return (double)time / NANOSECONDS;
}

void virtual_clock_begin(void)
{
    virtual_clock_end();
    virtual_clock.now = CLOCK_START;
    virtual_clock.order = 0;
    virtual_clock.readings = 0;
}

void virtual_clock_end(void)
{
    free(virtual_clock.heap);
    virtual_clock.heap = NULL;
    virtual_clock.count = 0;
    virtual_clock.capacity = 0;
}

virtual_time virtual_now(void)
{
    return virtual_clock.now;
}

/*
 * A sleeper compares doubles: what it reads afterwards must not be less than what it read before plus the
 * seconds, and their difference not less than the seconds, in spite of the rounding of each.
 */
virtual_time virtual_after(double seconds)
{
    if (!(seconds > 0))
        return virtual_clock.now;
    if (seconds > LONGEST_WAIT)
        seconds = LONGEST_WAIT;
    double before = to_seconds(virtual_clock.now);
    virtual_time at = virtual_clock.now + (virtual_time)(seconds * NANOSECONDS);
    while (to_seconds(at) < before + seconds || to_seconds(at) - before < seconds)
        at++;
    return at;
}

void virtual_schedule(virtual_time at, virtual_happening *happen, void *subject, size_t detail)
{
    if (at < virtual_clock.now)
        at = virtual_clock.now;
    push((event){at, virtual_clock.order++, happen, subject, detail});
}

static void run_next(void)
{
    event next = pop();
    assert(next.at >= virtual_clock.now);
    virtual_clock.now = next.at;
    next.happen(next.subject, next.detail);
}

static void advance_to(virtual_time until)
{
    while (virtual_clock.count > 0 && virtual_clock.heap[0].at <= until)
        run_next();
    virtual_clock.now = until;
}

void virtual_run_due(void)
{
    advance_to(virtual_clock.now);
}

void virtual_touch(void)
{
    virtual_clock.readings = 0;
}

void virtual_tick(void)
{
    virtual_touch();
    advance_to(virtual_clock.now + TICK);
}

void virtual_advance(double seconds)
{
    virtual_enter();
    advance_to(virtual_after(seconds));
}

double wspi_os_now(void)
{
    virtual_enter();
    if (++virtual_clock.readings == READINGS_PER_TICK)
        virtual_tick();
    return to_seconds(virtual_clock.now);
}

/* -- waiting --------------------------------------------------------------- */

static void interrupt(void *subject, size_t detail)
{
    (void)subject;
    (void)detail;
    virtual_record("signal");
    virtual_clock.is_interrupted = true;
}

void virtual_interrupt_after(double seconds)
{
    virtual_enter();
    virtual_schedule(virtual_after(seconds), interrupt, NULL, 0);
}

bool virtual_wait(bool (*is_ready)(void *subject), void *subject, double seconds)
{
    bool is_done = is_ready(subject);
    if (is_done || !(seconds > 0 || seconds < 0)) {
        virtual_tick();
        return is_done;
    }
    virtual_touch();
    virtual_time until = seconds < 0 ? VIRTUAL_NEVER : virtual_after(seconds);
    virtual_clock.is_interrupted = false;
    while (virtual_clock.count > 0 && virtual_clock.heap[0].at <= until) {
        run_next();
        if (virtual_clock.is_interrupted)
            return false;
        if (is_ready(subject))
            return true;
    }
    if (until == VIRTUAL_NEVER)
        virtual_misuse("a wait without a limit, and nothing is left that could end it");
    virtual_clock.now = until;
    return false;
}

typedef struct poll_wait {
    wspi_poll_entry *entries;
    size_t count;
} poll_wait;

static bool is_any_ready(void *subject)
{
    const poll_wait *wait = subject;
    bool is_any = false;
    for (size_t i = 0; i < wait->count; i++) {
        wspi_poll_entry *entry = &wait->entries[i];
        entry->is_ready = virtual_is_socket_ready(entry->socket, entry->wants_read, entry->wants_write);
        is_any = is_any || entry->is_ready;
    }
    return is_any;
}

bool wspi_poller_wait(wspi_poll_entry *entries, size_t count, double seconds)
{
    virtual_enter();
    poll_wait wait = {entries, count};
    bool is_ready = virtual_wait(is_any_ready, &wait, seconds);
    for (size_t i = 0; i < count && !is_ready; i++)
        entries[i].is_ready = false;
    return is_ready;
}

/* -- chance ---------------------------------------------------------------- */

static struct {
    uint64_t network;
    uint64_t entropy;
} chance;

/* splitmix64 */
static uint64_t draw(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void virtual_chance_begin(uint64_t seed)
{
    uint64_t start = seed;
    chance.network = draw(&start);
    chance.entropy = draw(&start);
}

size_t virtual_draw_below(size_t count)
{
    return (size_t)(draw(&chance.network) % count);
}

bool virtual_draw_percent(unsigned percent)
{
    return virtual_draw_below(100) < percent;
}

double virtual_draw_seconds(double most)
{
    return most * (double)virtual_draw_below(1000 * 1000 + 1) / 1e6;
}

void virtual_draw_entropy(uint8_t *out, size_t size)
{
    for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
        uint64_t number = draw(&chance.entropy);
        for (size_t i = done; i < size && i < done + sizeof(number); i++, number >>= 8)
            out[i] = (uint8_t)(number & 0xff);
    }
}
