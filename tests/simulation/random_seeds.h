/* SPDX-License-Identifier: MIT */
#ifndef WSPI_RANDOM_SEEDS_H
#define WSPI_RANDOM_SEEDS_H

/* Which seeds a case of random lives runs, and what all such cases do alike. */

#include <stddef.h>
#include <stdint.h>

typedef struct random_seeds {
    uint64_t first;
    size_t count;
} random_seeds;

/* `count` seeds from `first` on; with WSPEER_TEST_SEED=N in the environment that one alone, with
 * WSPEER_TEST_SEEDS=N so many from `first` on. The library's log is silent from now on: such lives are full
 * of what it warns of.
 */
random_seeds random_seeds_begin(uint64_t first, size_t count);

#endif
