/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SECONDS_H
#define WSPI_SECONDS_H

/* Arithmetic on times and waits without the mathematics library, which C programs do not link by default. */

static inline double wspi_earlier(double a, double b)
{
    return a < b ? a : b;
}

static inline double wspi_later(double a, double b)
{
    return a > b ? a : b;
}

/* The shorter of two waits; negative means without a limit. */
static inline double wspi_shorter_wait(double a, double b)
{
    if (a < 0)
        return b;
    return b < 0 ? a : wspi_earlier(a, b);
}

#endif
