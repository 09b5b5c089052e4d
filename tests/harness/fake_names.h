/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_FAKE_NAMES_H
#define WSPI_TEST_FAKE_NAMES_H

/*
 * Stands in front of getaddrinfo in a test program that calls any of these:
 * names added here are answered by the table, every other name goes to the
 * system. So lookups are fast, slow, many or failing as a test wants it, and
 * no name server is ever asked.
 */

#include <stdbool.h>
#include <stddef.h>

/* Empties the table when the case ends, as soon as no lookup runs any more. Call it first. */
void fake_names_begin(void);

/* A name and its addresses, separated by spaces ("::1 127.0.0.2"); a link-local one may carry %NUMBER. */
void fake_names_add(const char *host, const char *addresses);

/* A name whose addresses AI_ADDRCONFIG hides. */
void fake_names_add_hidden(const char *host, const char *addresses);

/* A name that fails with an EAI_ error, and errno for EAI_SYSTEM. */
void fake_names_add_failure(const char *host, int error, int system_error);

/* From now on a lookup of a name of the table does not return before fake_names_let_go. */
void fake_names_hold(void);
void fake_names_let_go(void);

/* The same in a forked child of a process with held lookups, whose threads the child does not have. */
void fake_names_let_go_in_child(void);

/* Lookups of names of the table: begun in all, running now, most that ran at once. */
size_t fake_names_get_calls(void);
size_t fake_names_get_running(void);
size_t fake_names_get_peak(void);

/* Whether the thread of the latest of them had the signal blocked. */
bool fake_names_last_call_blocked(int signal_number);

/* Waits until `count` lookups run; fails the case after 10 s. */
void fake_names_wait_for_running(size_t count);

#endif
