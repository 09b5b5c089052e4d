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

/* Before a connection is made, so that its events count: what comes from now on is news to `seen`. */
void wspi_event_counter_start(uint32_t *seen);

/* Whether there may be news since `*seen`, which is brought up to date. To be called before the news are
 * looked at. */
bool wspi_event_counter_has_news(uint32_t *seen);

/*
 * Sleeps until an event after `seen`, at most `seconds` (negative: no limit).
 * false when the time is over; at once on the thread that receives the events.
 */
bool wspi_event_counter_wait(uint32_t seen, double seconds);

#endif
