/* SPDX-License-Identifier: MIT */
/* See random_seeds.h. */
#include "random_seeds.h"

#include "wspeer/base.h"

#include <stdlib.h>

static void log_nothing(wsp_log_level level, const char *text, void *user)
{
    (void)level;
    (void)text;
    (void)user;
}

random_seeds random_seeds_begin(uint64_t first, size_t count)
{
    const char *seed = getenv("WSPEER_TEST_SEED");
    const char *seeds = getenv("WSPEER_TEST_SEEDS");
    wsp_set_log_handler(log_nothing, WSP_LOG_DEBUG, NULL);
    if (seed != NULL && seed[0] != '\0')
        return (random_seeds){strtoull(seed, NULL, 0), 1};
    if (seeds != NULL && seeds[0] != '\0')
        count = (size_t)strtoull(seeds, NULL, 0);
    return (random_seeds){first, count};
}
