/* SPDX-License-Identifier: MIT */
#ifndef WSPI_VIRTUAL_WORLD_H
#define WSPI_VIRTUAL_WORLD_H

/* What the files of the virtual port share: clock and events, chance, history, the plan. For nobody else. */

#include "os_virtual.h"

/* -- virtual_clock.c ------------------------------------------------------- */

/* Nanoseconds. Whole numbers, so that sums are exact and equal in every build. */
typedef uint64_t virtual_time;
#define VIRTUAL_NEVER UINT64_MAX

typedef void virtual_happening(void *subject, size_t detail);

void virtual_clock_begin(void);

/* Forgets what was still to happen. */
void virtual_clock_end(void);

virtual_time virtual_now(void);

/* The time so many seconds from now, rounded up. */
virtual_time virtual_after(double seconds);

/* Calls happen(subject, detail) at that time, not before anything scheduled for it earlier. */
void virtual_schedule(virtual_time at, virtual_happening *happen, void *subject, size_t detail);

/* Lets happen what is due now; for calls that may have had an effect at once. */
void virtual_run_due(void);

/* A call found nothing to do. */
void virtual_tick(void);

/* A call did something, so that readings of the clock are not in a row. */
void virtual_touch(void);

/*
 * Moves the clock until is_ready(subject), the time is over or a signal came;
 * as wspi_poller_wait. true: it is ready.
 */
bool virtual_wait(bool (*is_ready)(void *subject), void *subject, double seconds);

/* -- chance (virtual_clock.c) ---------------------------------------------- */

/* The seed feeds two streams, so that the program's entropy and the network's chance do not disturb each
 * other. */
void virtual_chance_begin(uint64_t seed);
size_t virtual_draw_below(size_t count);
bool virtual_draw_percent(unsigned percent);
double virtual_draw_seconds(double most);
void virtual_draw_entropy(uint8_t *out, size_t size);

/* -- virtual_history.c ----------------------------------------------------- */

#if defined(__GNUC__)
#define VIRTUAL_PRINTF   __attribute__((format(printf, 1, 2)))
#define VIRTUAL_NORETURN __attribute__((noreturn))
#else
#define VIRTUAL_PRINTF
#define VIRTUAL_NORETURN
#endif

void virtual_history_begin(void);

/* A line of the history, without its end. */
VIRTUAL_PRINTF void virtual_record(const char *format, ...);

/* The program under test, or the test, broke a rule that no port could forgive. */
VIRTUAL_NORETURN VIRTUAL_PRINTF void virtual_misuse(const char *format, ...);

/* A short hash of bytes, for a line of the history. `start` is 0 or the hash of the bytes before. */
uint32_t virtual_hash(uint32_t start, const uint8_t *bytes, size_t size);

/* The address as text with its port, in a static array that the next two calls leave alone. */
const char *virtual_address_text(const wspi_address *address);

/* malloc and realloc that end the process when memory is out. */
void *virtual_allocate(size_t size);
void *virtual_grow(void *block, size_t size);

/* -- virtual_plan.c -------------------------------------------------------- */

void virtual_plan_begin(void);

/* Whether this call is one that the plan lets fail. */
bool virtual_is_call_failing(virtual_call call);

/* Whether `open` sockets are all that the plan allows. */
bool virtual_is_socket_limit_reached(size_t open);

/* What a new connection is like. */
typedef struct virtual_fate {
    virtual_path path;
    virtual_fault fault;
    virtual_answer answer;
    double delay; /* of the attempt's way there */
} virtual_fate;

virtual_fate virtual_draw_fate(const wspi_address *to);

size_t virtual_get_backlog(void);
bool virtual_is_reset_shown(void);
bool virtual_has_ipv6(void);

/* How much of `size` the next send (or receive) of a connection may move; at least 1. */
size_t virtual_split(const virtual_path *path, size_t max, size_t size);

/* -- virtual_lookup.c ------------------------------------------------------ */

void virtual_lookups_begin(void);

/* Ends the resolver; answers how many lookups were not released. */
size_t virtual_lookups_end(void);

/* -- virtual_sockets.c ----------------------------------------------------- */

void virtual_sockets_begin(void);

/* Ends the network; answers how many sockets were not closed. */
size_t virtual_sockets_end(void);

/* Level-triggered readiness as poll(2) has it. */
bool virtual_is_socket_ready(wspi_socket socket, bool wants_read, bool wants_write);

/* Begins a first world if there is none; every function of os.h and poller.h starts with it. */
void virtual_enter(void);

#endif
