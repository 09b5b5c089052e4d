/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_FAILING_ALLOCATOR_H
#define WSPI_TEST_FAILING_ALLOCATOR_H

/*
 * An allocator for wsp_set_allocator that fails on request and audits its callers: an old size that is not
 * exact, a block that is not live or freed twice, and bytes written past a block end the process with a
 * message (abort). Every resize moves the block, so that stale pointers show under ASan. Safe to be called
 * from several threads.
 *
 *     wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
 *     for (size_t n = 1;; n++) {
 *         wspi_test_failing_allocator_fail_at(n);
 *         ... run the scenario; it must end in an error or in success ...
 *         CHECK_SIZE(allocator->live_blocks, 0);
 *         if (allocator->failures == 0)
 *             break;
 *     }
 *
 * The C library's allocator comes back when the case ends.
 */

#include <stddef.h>

typedef struct wspi_test_failing_allocator {
    size_t fail_at;  /* the request that fails, counted from 1; 0: none */
    size_t requests; /* new blocks and resizes since the last fail_at; frees never fail and are not counted */
    size_t failures; /* of them refused */
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes; /* highest live_bytes since the last fail_at */
} wspi_test_failing_allocator;

/* Installs it with every counter 0 and no failure planned. One per process; valid for the case. */
wspi_test_failing_allocator *wspi_test_failing_allocator_install(void);

/* Plans the failure of the Nth request from now; 0: none. Resets requests, failures and peak_bytes. */
void wspi_test_failing_allocator_fail_at(size_t n);

/* The same, and every later request fails too. */
void wspi_test_failing_allocator_fail_from(size_t n);

#endif
