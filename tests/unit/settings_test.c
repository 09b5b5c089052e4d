/* SPDX-License-Identifier: MIT */
/* settings.c: defaults, checks, and blocks that are shared until somebody writes. */
#include "failing_allocator.h"
#include "settings.h"
#include "test.h"

#include <math.h>

static void defaults_are_those_of_the_manual(void)
{
    const wspi_settings *settings = &wspi_settings_defaults;
    CHECK_SIZE(settings->inbound_buffer_size, 1024 * 1024);
    CHECK_SIZE(settings->outbound_buffer_size, 1024 * 1024);
    CHECK_SIZE(settings->max_queued_packets, 4096);
    CHECK_DOUBLE_BETWEEN(settings->heartbeat_interval, 0, 0);
    CHECK_DOUBLE_BETWEEN(settings->connect_timeout, 10, 10);
    CHECK_DOUBLE_BETWEEN(settings->close_timeout, 5, 5);
    CHECK_BOOL(settings->no_delay, true);
}

static void a_block_is_shared_until_somebody_writes(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    const wspi_settings *server = wspi_settings_share(&wspi_settings_defaults);
    CHECK_SIZE(memory->live_blocks, 0);
    const char *protocols[] = {"chat"};
    CHECK_INT(wspi_string_list_set(&wspi_settings_write(&server)->protocols, protocols, 1), WSP_OK);
    CHECK_SIZE(wspi_settings_defaults.protocols.count, 0);

    const wspi_settings *peer = wspi_settings_share(server);
    CHECK(peer == server);
    wspi_settings_write(&peer)->close_timeout = 1;
    CHECK(peer != server);
    CHECK_DOUBLE_BETWEEN(server->close_timeout, 5, 5);
    CHECK_STRING(peer->protocols.strings[0], "chat");
    CHECK(peer->protocols.strings[0] != server->protocols.strings[0]);

    const wspi_settings *before = peer;
    wspi_settings_write(&peer)->close_timeout = 2;
    CHECK(peer == before);
    wspi_settings_release(server);
    wspi_settings_release(peer);
    CHECK_SIZE(memory->live_blocks, 0);
}

static void writing_without_memory_changes_nothing(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    const wspi_settings *first = &wspi_settings_defaults;
    const char *lines[] = {"X-A: b", "X-C: d"};
    CHECK_INT(wspi_string_list_set(&wspi_settings_write(&first)->headers, lines, 2), WSP_OK);
    for (size_t n = 1;; n++) {
        const wspi_settings *second = wspi_settings_share(first);
        wspi_test_failing_allocator_fail_at(n);
        wspi_settings *written = wspi_settings_write(&second);
        bool has_failed = memory->failures > 0;
        wspi_test_failing_allocator_fail_at(0);
        CHECK_BOOL(written == NULL, has_failed);
        CHECK_BOOL(second == first, has_failed);
        wspi_settings_release(second);
        if (!has_failed)
            break;
    }
    wspi_settings_release(first);
    CHECK_SIZE(memory->live_blocks, 0);
}

static void limits_are_above_zero_and_clamped(void)
{
    size_t setting = 7;
    CHECK_INT(wspi_set_limit(&setting, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_SIZE(setting, 7);
    CHECK_INT(wspi_set_limit(&setting, 1), WSP_OK);
    CHECK_SIZE(setting, 1);
    CHECK_INT(wspi_set_limit(&setting, SIZE_MAX), WSP_OK);
    CHECK_SIZE(setting, SIZE_MAX / 4);
}

static void timeouts_are_finite_and_above_zero(void)
{
    const double bad[] = {0, -1, (double)NAN, (double)INFINITY, -(double)INFINITY};
    double setting = 3;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(wspi_set_timeout(&setting, bad[i]), WSP_ERR_INVALID_PARAMETER);
    for (size_t i = 1; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_INT(wspi_set_interval(&setting, bad[i]), WSP_ERR_INVALID_PARAMETER);
    CHECK_DOUBLE_BETWEEN(setting, 3, 3);
    CHECK_INT(wspi_set_interval(&setting, 0), WSP_OK);
    CHECK_INT(wspi_set_timeout(&setting, 0.001), WSP_OK);
    CHECK_DOUBLE_BETWEEN(setting, 0.001, 0.001);
}

static const wspi_test_case cases[] = {
    TEST_CASE(defaults_are_those_of_the_manual),       TEST_CASE(a_block_is_shared_until_somebody_writes),
    TEST_CASE(writing_without_memory_changes_nothing), TEST_CASE(limits_are_above_zero_and_clamped),
    TEST_CASE(timeouts_are_finite_and_above_zero),
};

TEST_MAIN(cases)
