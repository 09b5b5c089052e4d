/* SPDX-License-Identifier: MIT */
/* The server's table of connections: slots, ids, lists. The peers are addresses and nothing more. */
#include "server_peers.h"

#include "failing_allocator.h"
#include "test.h"

static wspi_server_peers peers;
static char places[2000];

static void clean_up(void)
{
    wspi_server_peers_release(&peers);
}

static void begin(void)
{
    wspi_server_peers_init(&peers);
    wspi_test_at_case_end(clean_up);
}

static wsp_peer *peer_at(size_t i)
{
    return (wsp_peer *)(void *)&places[i];
}

static uint32_t add(size_t i)
{
    CHECK(wspi_server_peers_reserve(&peers));
    int32_t id = wspi_server_peers_next_id(&peers);
    return wspi_server_peers_add(&peers, peer_at(i), id);
}

static void slots_are_used_again_and_ids_are_not(void)
{
    begin();
    uint32_t first = add(0);
    int32_t id = peers.slots[first].id;
    CHECK(id > 0);
    CHECK(wspi_server_peers_holds(&peers, first, id));
    wspi_server_peers_remove(&peers, first);
    CHECK(!wspi_server_peers_holds(&peers, first, id));
    CHECK_SIZE(wspi_server_peers_find(&peers, id), WSPI_NO_SLOT);
    uint32_t second = add(1);
    CHECK_SIZE(second, first);
    CHECK(peers.slots[second].id != id);
}

static void a_hundred_thousand_ids_are_unique(void)
{
    begin();
    int32_t last = 0;
    for (int i = 0; i < 100000; i++) {
        uint32_t index = add(0);
        CHECK(peers.slots[index].id > last);
        last = peers.slots[index].id;
        wspi_server_peers_remove(&peers, index);
    }
    CHECK(peers.capacity < 100);
}

static void ids_wrap_and_skip_those_in_use(void)
{
    begin();
    uint32_t index = add(0);
    int32_t first = peers.slots[index].id;
    peers.last_id = INT32_MAX - 1;
    CHECK_INT(wspi_server_peers_next_id(&peers), INT32_MAX);
    CHECK_INT(wspi_server_peers_next_id(&peers), first + 1);
}

static void nonsense_ids_are_not_found(void)
{
    static const int32_t ids[] = {0, -1, INT32_MIN, INT32_MAX, 1};
    begin();
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        CHECK_SIZE(wspi_server_peers_find(&peers, ids[i]), WSPI_NO_SLOT);
    (void)add(0);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        CHECK_SIZE(wspi_server_peers_find(&peers, ids[i]), WSPI_NO_SLOT);
}

/* Adding, removing and looking up at random agrees with an array of ids. */
static void random_traffic_agrees_with_a_model(void)
{
    static int32_t ids[sizeof places];
    uint64_t random = wspi_test_random_begin();
    begin();
    size_t count = 0;
    for (size_t i = 0; i < sizeof places; i++)
        ids[i] = 0;
    for (int round = 0; round < 50000; round++) {
        size_t i = wspi_test_random_below(&random, sizeof places);
        if (ids[i] == 0) {
            uint32_t index = add(i);
            ids[i] = peers.slots[index].id;
            count++;
        } else if (wspi_test_random_below(&random, 2) == 0) {
            uint32_t index = wspi_server_peers_find(&peers, ids[i]);
            CHECK(index != WSPI_NO_SLOT && peers.slots[index].peer == peer_at(i));
            wspi_server_peers_remove(&peers, index);
            CHECK_SIZE(wspi_server_peers_find(&peers, ids[i]), WSPI_NO_SLOT);
            ids[i] = 0;
            count--;
        }
        CHECK_SIZE(peers.count, count);
    }
    for (size_t i = 0; i < sizeof places; i++) {
        if (ids[i] != 0)
            CHECK(peers.slots[wspi_server_peers_find(&peers, ids[i])].peer == peer_at(i));
    }
}

static void lists_keep_their_order(void)
{
    begin();
    uint32_t a = add(0);
    uint32_t b = add(1);
    uint32_t c = add(2);
    wspi_server_peers_push(&peers, WSPI_SLOTS_TURN, b);
    wspi_server_peers_push(&peers, WSPI_SLOTS_TURN, a);
    wspi_server_peers_push(&peers, WSPI_SLOTS_TURN, b);
    wspi_server_peers_push(&peers, WSPI_SLOTS_FLUSH, a);
    CHECK_SIZE(peers.urgent_count, 0);
    wspi_server_peers_call(&peers, c);
    wspi_server_peers_call(&peers, a);
    wspi_server_peers_call(&peers, a);
    CHECK_SIZE(peers.urgent_count, 2);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_TURN), b);
    CHECK_SIZE(peers.urgent_count, 2);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_TURN), a);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_TURN), c);
    CHECK_SIZE(peers.urgent_count, 0);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_TURN), WSPI_NO_SLOT);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_FLUSH), a);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_FLUSH), WSPI_NO_SLOT);
}

/* A slot that leaves while it stands in a list is not used again before it left that too. */
static void removed_slots_leave_their_lists_first(void)
{
    begin();
    uint32_t a = add(0);
    wspi_server_peers_call(&peers, a);
    wspi_server_peers_push(&peers, WSPI_SLOTS_FLUSH, a);
    wspi_server_peers_remove(&peers, a);
    uint32_t b = add(1);
    CHECK(b != a);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_TURN), a);
    CHECK(peers.slots[a].peer == NULL);
    CHECK(add(2) != a);
    CHECK_SIZE(wspi_server_peers_pop(&peers, WSPI_SLOTS_FLUSH), a);
    CHECK_SIZE(add(3), a);
    CHECK_SIZE(peers.urgent_count, 0);
}

static void without_memory_nothing_changes(void)
{
    wspi_test_failing_allocator_install();
    begin();
    for (size_t i = 0; i < 200; i++) {
        for (size_t n = 1; n <= 2; n++) {
            wspi_test_failing_allocator_fail_at(n);
            (void)wspi_server_peers_reserve(&peers);
        }
        wspi_test_failing_allocator_fail_at(0);
        (void)add(i);
    }
    CHECK_SIZE(peers.count, 200);
    for (uint32_t i = 0; i < 200; i++)
        CHECK_SIZE(wspi_server_peers_find(&peers, peers.slots[i].id), i);
}

static const wspi_test_case cases[] = {
    TEST_CASE(slots_are_used_again_and_ids_are_not),  TEST_CASE(a_hundred_thousand_ids_are_unique),
    TEST_CASE(ids_wrap_and_skip_those_in_use),        TEST_CASE(nonsense_ids_are_not_found),
    TEST_CASE(random_traffic_agrees_with_a_model),    TEST_CASE(lists_keep_their_order),
    TEST_CASE(removed_slots_leave_their_lists_first), TEST_CASE(without_memory_nothing_changes),
};

TEST_MAIN(cases)
