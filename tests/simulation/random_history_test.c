/* SPDX-License-Identifier: MIT */

/*
 * What holds in every history of clients and servers (random_life.h), whatever
 * faults the seed draws: messages arrive as a prefix of those sent, every
 * connection ends with one report, clean closes agree, nothing leaks, and the
 * same seed gives the same history again.
 *
 * WSPEER_TEST_SEED=N runs that seed alone, WSPEER_TEST_SEEDS=N that many of
 * each case; WSPEER_TEST_HISTORY=1 prints the history of what fails.
 */

#include "failing_allocator.h"
#include "os_virtual.h"
#include "random_life.h"
#include "random_seeds.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STEPS = 120 };

/* What may go wrong in a life. */
typedef struct dangers {
    unsigned fault_chance; /* of 100 connections */
    bool is_short_of_memory;
} dangers;

/* Longest time that closing everything may take: connect_timeout 10 s, close_timeout ten times 5 s, and what
 * the plan lets come late. */
#define ENDING_SECONDS 200.0

/* Longest time for what is on its way in a calm world: a connection, and the 2 s of random_life.c. */
#define SETTLING_SECONDS 10.0

/* -- what holds in every history ------------------------------------------- */

static void check_end(const life_end *end)
{
    TEST_NOTE("seed %llu, %s %u: code %d, error %s, %zu sent, %zu received", (unsigned long long)life.seed,
              end->is_client ? "client" : "server", end->id, end->code, wsp_result_string(end->error),
              end->sent, end->received);
    CHECK(end->is_over);
    CHECK(end->established <= 1);
    CHECK_SIZE(end->reports, end->has_handlers && !end->ended_itself ? 1 : 0);
    CHECK(end->received <= (end->other != NULL ? end->other->sent : 0));
    const life_end *other = end->other;
    if (end->code != -1) {
        /* Clean: their close frame came, and with it everything in front of it. */
        CHECK_INT(end->error, WSP_OK);
        CHECK(other != NULL);
        /* A side whose memory ran out closes with 1011. */
        if (other->error == WSP_OK || !life.is_short_of_memory)
            CHECK(end->code == other->closed_with || end->code == end->closed_with);
        CHECK_SIZE(end->received, other->sent);
    } else if (end->error == WSP_OK) {
        CHECK(end->ended_itself);
    }
    if (life.is_calm && end->is_client && !end->ended_itself)
        CHECK_INT(end->established, 1);
    if (life.is_calm && end->established == 1 && !end->ended_itself && !other->ended_itself) {
        CHECK_INT(end->error, WSP_OK);
        CHECK(end->code != -1);
        /* Both closed at once: each has the other's code. Else both have the same. */
        if (end->closed_with == LIFE_NOT_CLOSED || other->closed_with == LIFE_NOT_CLOSED)
            CHECK_INT(end->code, other->code);
    }
}

/* -- worlds ---------------------------------------------------------------- */

static void draw_machine(unsigned fault_chance)
{
    const wspi_address addresses[3] = {
        {.family = 4, .bytes = {203, 0, 113, 5}}, /* answers nothing */
        {.family = 4, .bytes = {10, 0, 0, 1}},
        {.family = 6, .bytes = {[0] = 0xfd, [15] = 1}},
    };
    virtual_vary_paths(life_chance(90));
    virtual_set_fault_chance(fault_chance);
    virtual_set_name("game.test", addresses, 3, life.is_calm ? 0.01 : (double)life_below(3));
    virtual_set_name("slow.test", addresses, 2, 0.1);
    if (life.is_calm)
        return;
    virtual_set_accept_shows_reset(life_chance(50));
    if (life_chance(20))
        virtual_set_name_failure("game.test", "Name or service not known", 0.3);
    if (life_chance(20))
        virtual_set_socket_limit(2 + life_below(10));
    if (life_chance(20))
        virtual_fail_calls(VIRTUAL_CALL_RANDOM, life_below(40), 2);
    if (life_chance(20))
        virtual_fail_calls(VIRTUAL_CALL_LOOKUP_START, life_below(3), 1);
    if (life_chance(20))
        virtual_set_backlog(1 + life_below(2));
    if (life_chance(20))
        virtual_set_ipv6(false);
}

static void begin_life(uint64_t seed, dangers of)
{
    static const size_t largest[] = {200, 3000, 3000, LIFE_MAX_MESSAGE};
    virtual_begin(seed);
    memset(&life, 0, sizeof(life));
    life.is_calm = of.fault_chance == 0 && !of.is_short_of_memory;
    life.is_short_of_memory = of.is_short_of_memory;
    life.seed = seed;
    life.random = seed;
    life.next_id = 1;
    life.client_count = 1 + life_below(LIFE_MAX_CLIENTS);
    life.largest = largest[life_below(4)];
    life.is_event_driven = life_chance(40);
    draw_machine(of.fault_chance);
    life.server = wsp_tcp_server_create();
    CHECK_INT(wsp_tcp_server_listen(life.server, LIFE_PORT, "*"), WSP_OK);
    if (life_chance(50))
        CHECK_INT(wsp_tcp_server_set_shared_readiness(life.server, true), WSP_OK);
}

/* One whole life; answers the hash of its history. */
static uint64_t live(uint64_t seed, dangers of)
{
    begin_life(seed, of);
    for (size_t steps = 20 + life_below(MAX_STEPS - 20); steps > 0; steps--)
        life_step();
    if (life.is_calm && life_chance(50))
        life_settle(SETTLING_SECONDS);
    if (!life.is_calm && life_chance(50))
        life_stop_listening();
    life_end_all(ENDING_SECONDS);
    for (size_t i = 0; i < life.count; i++) {
        check_end(&life.ends[i]);
        wsp_peer_destroy(life.ends[i].peer);
    }
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    wsp_tcp_server_destroy(life.server);
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
    return virtual_history_hash();
}

static void show_history(void)
{
    const char *wanted = getenv("WSPEER_TEST_HISTORY");
    if (wanted != NULL && wanted[0] == '1')
        fprintf(stderr, "%s", virtual_history_text());
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static void live_twice(uint64_t seed, dangers of, const wspi_test_failing_allocator *allocator)
{
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    uint64_t first = live(seed, of);
    CHECK_SIZE(allocator->live_blocks, 0);
    uint64_t second = live(seed, of);
    CHECK_SIZE(allocator->live_blocks, 0);
    if (first != second)
        FAIL("the second history of the seed is another one");
}

static void live_seeds(uint64_t from, size_t count, dangers of)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_at_case_end(show_history);
    random_seeds seeds = random_seeds_begin(from, count);
    for (size_t i = 0; i < seeds.count; i++)
        live_twice(seeds.first + i, of, allocator);
}

static void without_faults_everything_arrives_and_closes_cleanly(void)
{
    live_seeds(1, 80, (dangers){.fault_chance = 0});
}

static void with_few_faults_the_rules_hold(void)
{
    live_seeds(1000001, 80, (dangers){.fault_chance = 10});
}

static void with_many_faults_the_rules_hold(void)
{
    live_seeds(2000001, 80, (dangers){.fault_chance = 60});
}

static void with_memory_running_out_the_rules_hold(void)
{
    live_seeds(3000001, 80, (dangers){.fault_chance = 10, .is_short_of_memory = true});
}

static const wspi_test_case cases[] = {
    TEST_CASE(without_faults_everything_arrives_and_closes_cleanly),
    TEST_CASE(with_few_faults_the_rules_hold),
    TEST_CASE(with_many_faults_the_rules_hold),
    TEST_CASE(with_memory_running_out_the_rules_hold),
};

TEST_MAIN(cases)
