/* SPDX-License-Identifier: MIT */
/* The wheel of deadlines against a plain list of times. */
#include "timer_wheel.h"

#include "failing_allocator.h"
#include "test.h"

enum { NUMBERS = 50 };

static const double TICK = WSPI_TIMER_TICK_SECONDS;
static const double HORIZON = WSPI_TIMER_TICK_SECONDS * WSPI_TIMER_BUCKETS;

static wspi_timer_wheel wheel;

static void clean_up(void)
{
    wspi_timer_wheel_release(&wheel);
}

static void begin(double now)
{
    wspi_timer_wheel_init(&wheel, now);
    wspi_test_at_case_end(clean_up);
    CHECK(wspi_timer_wheel_reserve(&wheel, NUMBERS));
}

static void expires_a_tick_late_at_most(void)
{
    begin(100);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 100), -1, -1);
    wspi_timer_wheel_arm(&wheel, 7, 100, 1);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 100), 1, 1 + TICK);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 100.999), WSPI_TIMER_NONE);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 101 + TICK), 7);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 200), WSPI_TIMER_NONE);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 200), -1, -1);
}

static void beyond_the_horizon_it_expires_at_the_horizon(void)
{
    begin(0);
    wspi_timer_wheel_arm(&wheel, 3, 0, 1e300);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, HORIZON - 2 * TICK), WSPI_TIMER_NONE);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, HORIZON), 3);
}

static void an_earlier_time_counts_and_a_later_one_does_not(void)
{
    begin(0);
    wspi_timer_wheel_arm(&wheel, 1, 0, 2);
    wspi_timer_wheel_arm(&wheel, 1, 0, 5);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 0), 2, 2 + TICK);
    wspi_timer_wheel_arm(&wheel, 1, 0, 1);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 0), 1, 1 + TICK);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 6), 1);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 6), WSPI_TIMER_NONE);
}

/* Whoever arms again what has expired, with no delay at all, must not get it back in the same round. */
static void arming_again_ends(void)
{
    begin(0);
    wspi_timer_wheel_arm(&wheel, 1, 0, 0);
    int popped = 0;
    while (wspi_timer_wheel_pop(&wheel, 1) == 1) {
        CHECK(++popped < 5);
        wspi_timer_wheel_arm(&wheel, 1, 1, 0);
    }
    CHECK(popped >= 1);
    CHECK_DOUBLE_BETWEEN(wspi_timer_wheel_get_delay(&wheel, 1), 0, TICK);
    /* Also when the wheel is far behind the clock. */
    popped = 0;
    while (wspi_timer_wheel_pop(&wheel, 5000) == 1) {
        CHECK(++popped < 5000);
        wspi_timer_wheel_arm(&wheel, 1, 5000, 0);
    }
    CHECK(popped >= 1);
}

static void disarmed_ones_do_not_expire(void)
{
    begin(0);
    for (uint32_t i = 0; i < 5; i++)
        wspi_timer_wheel_arm(&wheel, i, 0, 1);
    wspi_timer_wheel_disarm(&wheel, 0);
    wspi_timer_wheel_disarm(&wheel, 2);
    wspi_timer_wheel_disarm(&wheel, 4);
    wspi_timer_wheel_disarm(&wheel, 4);
    unsigned seen = 0;
    uint32_t number;
    while ((number = wspi_timer_wheel_pop(&wheel, 2)) != WSPI_TIMER_NONE)
        seen |= 1u << number;
    CHECK_INT(seen, (1u << 1) | (1u << 3));
}

static void random_times_agree_with_a_list(void)
{
    uint64_t random = wspi_test_random_begin();
    double due[NUMBERS];
    double now = 1000;
    begin(now);
    for (int i = 0; i < NUMBERS; i++)
        due[i] = -1;
    for (int round = 0; round < 20000; round++) {
        uint32_t number = (uint32_t)wspi_test_random_below(&random, NUMBERS);
        double delay = (double)wspi_test_random_below(&random, 1000) / 100;
        if (wspi_test_random_below(&random, 8) == 0) {
            wspi_timer_wheel_disarm(&wheel, number);
            due[number] = -1;
        } else {
            wspi_timer_wheel_arm(&wheel, number, now, delay);
            if (due[number] < 0 || now + delay < due[number])
                due[number] = now + delay;
        }
        now += (double)wspi_test_random_below(&random, 100) / 1000;
        while ((number = wspi_timer_wheel_pop(&wheel, now)) != WSPI_TIMER_NONE) {
            CHECK(due[number] >= 0);
            if (due[number] > now) /* The horizon: ask, and arm again. */
                wspi_timer_wheel_arm(&wheel, number, now, due[number] - now);
            else
                due[number] = -1;
        }
        for (int i = 0; i < NUMBERS; i++)
            CHECK(due[i] < 0 || due[i] + 2 * TICK >= now);
    }
}

static void growing_keeps_what_is_in(void)
{
    wspi_test_failing_allocator_install();
    begin(0);
    wspi_timer_wheel_arm(&wheel, 49, 0, 1);
    wspi_test_failing_allocator_fail_at(1);
    CHECK(!wspi_timer_wheel_reserve(&wheel, 1000));
    CHECK(wspi_timer_wheel_reserve(&wheel, 1000));
    wspi_timer_wheel_arm(&wheel, 999, 0, 2);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 3), 49);
    CHECK_SIZE(wspi_timer_wheel_pop(&wheel, 3), 999);
}

static const wspi_test_case cases[] = {
    TEST_CASE(expires_a_tick_late_at_most),
    TEST_CASE(beyond_the_horizon_it_expires_at_the_horizon),
    TEST_CASE(an_earlier_time_counts_and_a_later_one_does_not),
    TEST_CASE(arming_again_ends),
    TEST_CASE(disarmed_ones_do_not_expire),
    TEST_CASE(random_times_agree_with_a_list),
    TEST_CASE(growing_keeps_what_is_in),
};

TEST_MAIN(cases)
