/* SPDX-License-Identifier: MIT */
/*
 * See runtime.h: whoever waits returns to the browser meanwhile (ASYNCIFY),
 * and the stage is a program of its own, tests/scenarios/scenario_stage.c.
 *
 * --url URL        where the stage listens
 * --ipv6 1         it listens on [::1] too
 * --rounds N       how often a peer is used again
 * --above-2gib 1   takes 2 GiB first, so that all memory after it lies above them
 */
#include "runtime.h"

#include <emscripten.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned port;
static bool has_ipv6;
static bool is_above_2gib;
static unsigned rounds = 50; /* a round takes a browser three timers */

bool runtime_take_option(const char *name, const char *value)
{
    const char *colon = strrchr(value, ':');
    if (strcmp(name, "url") == 0)
        port = colon != NULL ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
    else if (strcmp(name, "ipv6") == 0)
        has_ipv6 = value[0] == '1';
    else if (strcmp(name, "rounds") == 0)
        rounds = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "above-2gib") == 0)
        is_above_2gib = value[0] == '1';
    else
        return false;
    return true;
}

/* Small blocks would still fit into holes below: those are filled first. */
static const char *move_above_2gib(void)
{
    const size_t two_gib = (size_t)1 << 31;
    if (malloc(two_gib) == NULL)
        return "no 2 GiB of memory";
    for (size_t size = 64 * 1024; size >= 16; size /= 2)
        for (char *block = malloc(size); block != NULL; block = malloc(size))
            if ((uintptr_t)block > two_gib)
                break;
    return (uintptr_t)malloc(16) > two_gib ? NULL : "memory is still below 2 GiB";
}

const char *runtime_start(void)
{
    if (port == 0)
        return "no --url of a stage";
    return is_above_2gib ? move_above_2gib() : NULL;
}

void runtime_begin_scenario(void)
{
}

const char *runtime_end_scenario(void)
{
    return NULL;
}

void runtime_finish(void)
{
}

bool runtime_is_varied(void)
{
    return false;
}

void runtime_get_url(char *out, size_t capacity, const char *host)
{
    (void)snprintf(out, capacity, "ws://%s:%u", host, port);
}

unsigned runtime_get_first_key(void)
{
    return wsp_random() / 2;
}

unsigned runtime_get_rounds(void)
{
    return rounds;
}

bool runtime_has_ipv6(void)
{
    return has_ipv6;
}

double runtime_get_patience(void)
{
    return 20;
}

void runtime_sleep(wsp_peer *const *peers, size_t count, double seconds)
{
    (void)peers;
    double longest = count > 0 ? 0.001 : seconds;
    emscripten_sleep((unsigned)((seconds < longest ? seconds : longest) * 1000));
}
