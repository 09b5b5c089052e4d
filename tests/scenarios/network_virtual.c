/* SPDX-License-Identifier: MIT */
/*
 * The virtual network. With `--vary N` each scenario's world draws its paths
 * from a seed; a trace must not show it. Prints a hash of all histories last:
 * the same seed must give the same one.
 */
#include "network.h"

#include "../simulation/os_virtual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    uint64_t seed;
    uint64_t worlds;
    uint64_t history;
    bool is_varied;
} network = {.seed = 1};

bool network_take_option(const char *name, const char *value)
{
    if (strcmp(name, "seed") != 0 && strcmp(name, "vary") != 0)
        return false;
    network.seed = strtoull(value, NULL, 10);
    network.is_varied = strcmp(name, "vary") == 0;
    return true;
}

bool network_is_varied(void)
{
    return network.is_varied;
}

/* Virtual seconds cost nothing, and a drawn path may be as slow as a bad line. */
double network_get_patience(void)
{
    return network.is_varied ? 3600 : 20;
}

void network_begin(void)
{
    virtual_begin(network.seed + network.worlds++);
    virtual_vary_paths(network.is_varied);
}

const char *network_end(void)
{
    virtual_leaks leaks = virtual_end();
    network.history = network.history * 31 + virtual_history_hash();
    if (leaks.sockets > 0)
        return "a socket was not closed";
    return leaks.lookups > 0 ? "a lookup was not released" : NULL;
}

void network_finish(void)
{
    (void)printf("history %016llx\n", (unsigned long long)network.history);
}
