/* SPDX-License-Identifier: MIT */
#ifndef WSPI_EVENT_COUNTER_H
#define WSPI_EVENT_COUNTER_H

/*
 * Where memory is shared between threads, JavaScript raises one counter with
 * each event of any connection. A poll that finds it unchanged saves the call
 * to the main thread, and a thread can sleep on it. Builds without threads have
 * no counter: there may always be news, and nothing to sleep on.
 */

#include "bytes.h"

/* For wspi_js_connect. NULL: no counter. */
void *wspi_event_counter(void);

/* Whether there may be news since `*seen`, which is brought up to date. To be called before the news are
 * looked at. */
bool wspi_event_counter_has_news(uint32_t *seen);

/*
 * Sleeps until an event after `seen`, at most `seconds` (negative: no limit).
 * false when the time is over; at once on the thread that receives the events.
 */
bool wspi_event_counter_wait(uint32_t seen, double seconds);

#endif
