/* SPDX-License-Identifier: MIT */
#ifndef SCENARIO_NETWORK_H
#define SCENARIO_NETWORK_H

/* What differs natively between real sockets (network_real.c) and the virtual network (network_virtual.c). */

#include <stdbool.h>

/* As runtime_take_option. */
bool network_take_option(const char *name, const char *value);

bool network_is_varied(void);
double network_get_patience(void);

/* A scenario begins: a new world. */
void network_begin(void);

/* It is over, everything is closed. What was not given back, or NULL. */
const char *network_end(void);

/* Last words about the whole run. */
void network_finish(void);

#endif
