/* SPDX-License-Identifier: MIT */
#ifndef SCENARIO_RUN_H
#define SCENARIO_RUN_H

/* Between scenario.c and scenario_main.c. */

#include "scenario.h"

typedef struct scenario_outcome {
    char failure[512];       /* "" when it has not failed */
    const char *skip_reason; /* NULL when it counts */
} scenario_outcome;

void scenario_run(const scenario_entry *entry, scenario_outcome *out_outcome);

#endif
