/* SPDX-License-Identifier: MIT */
#ifndef SCENARIO_RUNTIME_H
#define SCENARIO_RUNTIME_H

/*
 * What the scenarios need from where they run. runtime_native.c has the stage
 * in its own process; runtime_web.c returns to the browser whenever it waits,
 * and finds the stage by its URL.
 */

#include "wspeer.h"

/* Reads one option of the command line; false: it is none of the runtime's. */
bool runtime_take_option(const char *name, const char *value);

/* Why it cannot run, or NULL. */
const char *runtime_start(void);

/* Around each scenario. The end answers what is wrong with what it left behind, or NULL. */
void runtime_begin_scenario(void);
const char *runtime_end_scenario(void);

/* Last words about the whole run. */
void runtime_finish(void);

/* The network is drawn from a seed and may be slow. */
bool runtime_is_varied(void);

/* The stage's URL without a path; with another host in place of 127.0.0.1, in brackets where needed. */
void runtime_get_url(char *out, size_t capacity, const char *host);

/* What the names of connections are counted from: not from 0 on a stage that others use too. */
unsigned runtime_get_first_key(void);

/* Whether the stage can be reached at [::1]. */
bool runtime_has_ipv6(void);

/* How often a peer is used again; natively 1,000 times. */
unsigned runtime_get_rounds(void);

/* Seconds that anything may take. */
double runtime_get_patience(void);

/* Lets the others act and sleeps until something may have changed for one of the peers, or so long. */
void runtime_sleep(wsp_peer *const *peers, size_t count, double seconds);

#endif
