/* SPDX-License-Identifier: MIT */
#ifndef WSPI_POLLER_H
#define WSPI_POLLER_H

/*
 * The second seam: waiting for readiness. poller_poll.c is the portable form.
 *
 * Guarantees
 * - Level-triggered: what is not dealt with is reported again.
 * - An error or the end of a stream counts as readable and writable.
 * - Descriptors of any number work (no FD_SETSIZE).
 * - A signal ends the wait early; nothing is ready then.
 */

#include "os.h"

/* Room that callers keep for a wait of one peer: the attempts of a connector. */
#define WSPI_POLL_MAX 8

typedef struct wspi_poll_entry {
    wspi_socket socket;
    bool wants_read;
    bool wants_write;
    bool is_ready; /* out: something wanted, or an error, is there */
} wspi_poll_entry;

/*
 * Waits until an entry is ready or `seconds` have passed: 0 only looks,
 * negative waits without a limit. count may be 0 (a plain sleep) and is at
 * most WSPI_POLL_MAX. true when an entry is ready.
 */
bool wspi_poller_wait(wspi_poll_entry *entries, size_t count, double seconds);

#endif
