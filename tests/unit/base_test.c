/* SPDX-License-Identifier: MIT */

/* The version and the delays of wsp_backoff_delay. */

#include "wspeer/base.h"

#include "test.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

static void the_version_string_is_that_of_the_macros(void)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "%d.%d.%d", WSP_VERSION_MAJOR, WSP_VERSION_MINOR, WSP_VERSION_PATCH);
    CHECK_STRING(wsp_version_string(), wanted);
}

static void delays_double_from_the_base(void)
{
    double top = 0.5;
    for (unsigned attempt = 0; attempt < 10; attempt++, top *= 2) {
        TEST_NOTE("attempt %u", attempt);
        CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(attempt, 0.5, 1e9, 0), top / 2, top / 2);
        CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(attempt, 0.5, 1e9, UINT32_C(0x80000000)), top * 0.75,
                             top * 0.75);
    }
}

static void the_whole_jitter_stays_below_the_top(void)
{
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(0, 1, 30, 0), 0.5, 0.5);
    double highest = wsp_backoff_delay(0, 1, 30, UINT32_MAX);
    CHECK_DOUBLE_BETWEEN(highest, 0.9999, 1);
    CHECK(highest < 1);
}

static void the_cap_holds(void)
{
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(4, 1, 30, 0), 8, 8);
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(5, 1, 30, 0), 15, 15);
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(0, 100, 30, 0), 15, 15);
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(UINT_MAX, 1, 30, 0), 15, 15);
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(UINT_MAX, 1, 30, UINT32_MAX), 29.99, 30);
}

static void nothing_overflows(void)
{
    const double bases[] = {DBL_TRUE_MIN, DBL_MIN, 1, DBL_MAX / 2, DBL_MAX, INFINITY};
    const double caps[] = {DBL_TRUE_MIN, 1, DBL_MAX, INFINITY};
    const unsigned attempts[] = {0, 1, 2, 1023, 1024, 5000, UINT_MAX};
    for (size_t b = 0; b < 6; b++) {
        for (size_t c = 0; c < 4; c++) {
            for (size_t a = 0; a < 7; a++) {
                TEST_NOTE("attempt %u, base %g, cap %g", attempts[a], bases[b], caps[c]);
                double delay = wsp_backoff_delay(attempts[a], bases[b], caps[c], UINT32_MAX);
                CHECK_DOUBLE_BETWEEN(delay, 0, fmin(caps[c], DBL_MAX));
            }
        }
    }
    CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(UINT_MAX, 1, INFINITY, 0), DBL_MAX / 2, DBL_MAX / 2);
}

static void senseless_arguments_mean_no_delay(void)
{
    const double senseless[] = {0, -0.0, -1, -INFINITY, NAN};
    for (size_t i = 0; i < 5; i++) {
        TEST_NOTE("%g", senseless[i]);
        CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(3, senseless[i], 30, 7), 0, 0);
        CHECK_DOUBLE_BETWEEN(wsp_backoff_delay(3, 1, senseless[i], 7), 0, 0);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(the_version_string_is_that_of_the_macros),
    TEST_CASE(delays_double_from_the_base),
    TEST_CASE(the_whole_jitter_stays_below_the_top),
    TEST_CASE(the_cap_holds),
    TEST_CASE(nothing_overflows),
    TEST_CASE(senseless_arguments_mean_no_delay),
};

TEST_MAIN(cases)
