/* SPDX-License-Identifier: MIT */
/*
 * couples.c on the system's own sockets.
 */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE

#include "couples.h"

#include <sys/resource.h>

/* A thousand peers are more files than many systems allow by default. */
void couples_prepare_network(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}
