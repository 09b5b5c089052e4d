/* SPDX-License-Identifier: MIT */
/* multiplayer_members.c: the sorted list of who is in the game. */
#include "multiplayer_members.h"

#include "failing_allocator.h"
#include "test.h"

enum { MOST = 400 };

static void nobody_is_found_in_an_empty_list(void)
{
    wspi_members members = {0};
    CHECK(wspi_members_find(&members, 1) == NULL);
    wspi_members_remove(&members, 1);
    CHECK_SIZE(members.count, 0);
    wspi_members_release(&members);
}

static void check_sorted(const wspi_members *members)
{
    for (size_t i = 1; i < members->count; i++)
        CHECK(members->list[i - 1].id < members->list[i].id);
}

/* Against a plain set of flags. */
static void random_comings_and_goings(void)
{
    uint64_t random = wspi_test_random_begin();
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    bool is_there[MOST] = {false};
    wspi_members members = {0};
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        size_t id = wspi_test_random_below(&random, MOST);
        wspi_member *found = wspi_members_find(&members, (int32_t)id);
        CHECK_BOOL(found != NULL, is_there[id]);
        if (found == NULL) {
            found = wspi_members_add(&members, (int32_t)id);
            CHECK(found != NULL);
            CHECK_SIZE(found->queued_bytes, 0);
            CHECK_BOOL(found->is_expelled, false);
            found->queued_bytes = id;
            count++;
        } else {
            CHECK_SIZE(found->queued_bytes, id);
            wspi_members_remove(&members, (int32_t)id);
            count--;
        }
        is_there[id] = !is_there[id];
        CHECK_SIZE(members.count, count);
        check_sorted(&members);
    }
    for (int32_t id = 0; id < MOST; id++)
        wspi_members_remove(&members, id);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void growing_ids_and_the_ends_of_the_range(void)
{
    static const int32_t ids[] = {1, 2, 3, INT32_MAX, INT32_MAX - 1};
    wspi_members members = {0};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        CHECK_INT(wspi_members_add(&members, ids[i])->id, ids[i]);
    check_sorted(&members);
    CHECK_INT(members.list[4].id, INT32_MAX);
    wspi_members_release(&members);
    CHECK_SIZE(members.count, 0);
}

static void without_memory_nothing_changes(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_members members = {0};
    for (int32_t id = 1; id <= 8; id++)
        CHECK(wspi_members_add(&members, id) != NULL);
    wspi_test_failing_allocator_fail_from(1);
    CHECK(wspi_members_add(&members, 9) == NULL);
    CHECK_SIZE(members.count, 8);
    CHECK(wspi_members_find(&members, 8) != NULL);
    wspi_test_failing_allocator_fail_at(0);
    CHECK(wspi_members_add(&members, 9) != NULL);
    wspi_members_release(&members);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(nobody_is_found_in_an_empty_list),
    TEST_CASE(random_comings_and_goings),
    TEST_CASE(growing_ids_and_the_ends_of_the_range),
    TEST_CASE(without_memory_nothing_changes),
};

TEST_MAIN(cases)
