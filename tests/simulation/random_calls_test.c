/* SPDX-License-Identifier: MIT */

/*
 * Random lives of a whole program (random_calls.h) over a virtual network that breaks, with memory, sockets
 * and TLS options that come and go: what is promised holds after each call, everything comes to an end, and
 * nothing is left. Multiplayers are random_games_test.c's business.
 *
 * WSPEER_TEST_SEED=N runs that seed alone, WSPEER_TEST_SEEDS=N that many of each case. What TLS draws is
 * OpenSSL's own, so a life with TLS may differ a little the next time.
 */

#include "failing_allocator.h"
#include "os_virtual.h"
#include "random_calls.h"
#include "random_seeds.h"
#include "test.h"

#include <string.h>

/* -- lives ----------------------------------------------------------------- */

static void draw_memory(void)
{
    if (!calls.is_short_of_memory)
        return;
    if (calls_chance(10))
        wspi_test_failing_allocator_fail_at(1 + calls_below(30));
    if (calls_chance(2))
        wspi_test_failing_allocator_fail_from(1 + calls_below(30));
    if (calls_chance(20))
        wspi_test_failing_allocator_fail_at(0);
}

static void poll_all(void)
{
    for (size_t i = 0; i < CALLS_CLIENTS; i++) {
        if (calls.clients[i].peer != NULL)
            calls_poll_hand(&calls.clients[i]);
    }
    for (size_t i = 0; i < CALLS_ACCEPTED; i++) {
        if (calls.accepted[i].peer != NULL)
            calls_poll_hand(&calls.accepted[i]);
    }
    for (size_t i = 0; i < CALLS_SERVERS; i++) {
        if (calls.tables[i].server != NULL)
            calls_poll_table(&calls.tables[i]);
    }
    for (size_t i = 0; i < CALLS_SERVERS; i++) {
        calls_table *at = &calls.tables[i];
        for (size_t j = 0; at->server != NULL && j < at->count; j++)
            calls_take_seat(at, &at->seats[j]);
    }
}

static bool is_over(void)
{
    for (size_t i = 0; i < CALLS_CLIENTS + CALLS_ACCEPTED; i++) {
        calls_hand *of = i < CALLS_CLIENTS ? &calls.clients[i] : &calls.accepted[i - CALLS_CLIENTS];
        if (of->peer == NULL)
            continue;
        calls_take(of, SIZE_MAX);
        if (of->state == WSP_STATE_OPEN)
            calls_close_hand(of);
        if (of->state != WSP_STATE_CLOSED)
            return false;
    }
    for (size_t i = 0; i < CALLS_SERVERS; i++) {
        if (calls.tables[i].server != NULL && calls.tables[i].count > 0)
            return false;
    }
    return true;
}

static void end_all(void)
{
    calls.is_ending = true;
    calls.depth = 3;
    wspi_test_failing_allocator_fail_at(0);
    double until = wsp_now() + 400;
    for (unsigned round = 0; !is_over(); round++) {
        CHECK(wsp_now() < until);
        poll_all();
        virtual_advance(0.05);
        for (size_t i = 0; round == 100 && i < CALLS_SERVERS; i++) {
            calls_table *at = &calls.tables[i];
            for (size_t j = 0; at->server != NULL && j < at->count; j++)
                CHECK_INT(wsp_server_disconnect_peer(at->server, at->seats[j].id, 1000, "end"), WSP_OK);
        }
    }
    for (size_t i = 0; i < CALLS_CLIENTS; i++)
        calls_destroy_hand(&calls.clients[i]);
    for (size_t i = 0; i < CALLS_ACCEPTED; i++)
        calls_destroy_hand(&calls.accepted[i]);
    for (size_t i = 0; i < CALLS_SERVERS; i++)
        wsp_server_destroy(calls.tables[i].server);
    wsp_stream_destroy(calls.stream);
    wsp_tcp_server_destroy(calls.listener);
    for (size_t i = 0; i < CALLS_TLS_COUNT; i++)
        wsp_tls_options_destroy(calls.trust[i]);
    wsp_tls_options_destroy(calls.identity);
}

static void live(uint64_t seed, unsigned fault_chance, bool is_short_of_memory)
{
    virtual_begin(seed);
    memset(&calls, 0, sizeof(calls));
    calls.seed = seed;
    calls.random = seed;
    calls.is_short_of_memory = is_short_of_memory;
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    const wspi_address here = {.family = 4, .bytes = {10, 0, 0, 1}};
    virtual_set_name("game.test", &here, 1, 0.1);
    virtual_vary_paths(calls_chance(80));
    virtual_set_fault_chance(fault_chance);
    calls.is_short_of_sockets = calls_chance(20);
    if (calls.is_short_of_sockets)
        virtual_set_socket_limit(4 + calls_below(20));
    calls_act_on_tls();
    calls_listen_anew();
    calls_open_table(&calls.tables[0]);
    calls_open_table(&calls.tables[1]);
    for (size_t steps = 100 + calls_below(900); steps > 0; steps--) {
        draw_memory();
        calls_act();
        if (calls_chance(20))
            poll_all();
        if (calls_chance(15))
            virtual_advance((double)calls_below(100) / 1000);
        if (calls_chance(1))
            virtual_advance((double)calls_below(12));
    }
    end_all();
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
}

static void live_seeds(uint64_t from, size_t count, unsigned fault_chance, bool is_short_of_memory)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    random_seeds seeds = random_seeds_begin(from, count);
    size_t opened = 0;
    size_t delivered = 0;
    for (size_t i = 0; i < seeds.count; i++) {
        live(seeds.first + i, fault_chance, is_short_of_memory);
        opened += calls.opened;
        delivered += calls.delivered;
        CHECK_SIZE(allocator->live_blocks, 0);
    }
    CHECK(seeds.count < 10 || (opened > 2 * seeds.count && delivered > 20 * seeds.count));
}

static void on_a_sound_network_the_promises_hold(void)
{
    live_seeds(1, 25, 0, false);
}

static void on_a_broken_network_the_promises_hold(void)
{
    live_seeds(1000001, 25, 25, false);
}

static void with_memory_running_out_the_promises_hold(void)
{
    live_seeds(2000001, 25, 10, true);
}

static const wspi_test_case cases[] = {
    TEST_CASE(on_a_sound_network_the_promises_hold),
    TEST_CASE(on_a_broken_network_the_promises_hold),
    TEST_CASE(with_memory_running_out_the_promises_hold),
};

TEST_MAIN(cases)
