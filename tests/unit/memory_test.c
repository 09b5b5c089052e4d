/* SPDX-License-Identifier: MIT */

/* memory.h and wsp_set_allocator: exact old sizes, refusals, and the way back to the C library. */

#include "memory.h"

#include "failing_allocator.h"
#include "test.h"
#include "wspeer/base.h"

#include <stdlib.h>
#include <string.h>

/* What the hook was last called with. */
static struct {
    int calls;
    void *user;
    void *block;
    size_t old_size;
    size_t new_size;
} seen;

static void *record(void *user, void *block, size_t old_size, size_t new_size)
{
    seen.calls++;
    seen.user = user;
    seen.block = block;
    seen.old_size = old_size;
    seen.new_size = new_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static void restore(void)
{
    wsp_set_allocator(NULL);
}

static int user_object;

static void install_recorder(void)
{
    const wsp_allocator recorder = {record, &user_object};
    memset(&seen, 0, sizeof(seen));
    wspi_test_at_case_end(restore);
    CHECK_INT(wsp_set_allocator(&recorder), WSP_OK);
}

static void the_c_library_serves_by_default(void)
{
    uint8_t *block = wspi_allocate(10);
    CHECK(block != NULL);
    memset(block, 7, 10);
    block = wspi_reallocate(block, 10, 100000);
    CHECK(block != NULL);
    CHECK_INT(block[9], 7);
    wspi_free(block, 100000);
}

static void the_hook_sees_every_call_with_exact_sizes(void)
{
    install_recorder();
    void *block = wspi_allocate(33);
    CHECK_INT(seen.calls, 1);
    CHECK(seen.user == &user_object);
    CHECK(seen.block == NULL);
    CHECK_SIZE(seen.old_size, 0);
    CHECK_SIZE(seen.new_size, 33);
    void *larger = wspi_reallocate(block, 33, 44);
    CHECK_INT(seen.calls, 2);
    CHECK_SIZE(seen.old_size, 33);
    CHECK_SIZE(seen.new_size, 44);
    wspi_free(larger, 44);
    CHECK_INT(seen.calls, 3);
    CHECK(seen.block == larger);
    CHECK_SIZE(seen.old_size, 44);
    CHECK_SIZE(seen.new_size, 0);
}

static void a_hook_without_function_is_refused_and_changes_nothing(void)
{
    install_recorder();
    const wsp_allocator empty = {NULL, NULL};
    CHECK_INT(wsp_set_allocator(&empty), WSP_ERR_INVALID_PARAMETER);
    wspi_free(wspi_allocate(1), 1);
    CHECK_INT(seen.calls, 2);
}

static void null_brings_the_c_library_back(void)
{
    install_recorder();
    CHECK_INT(wsp_set_allocator(NULL), WSP_OK);
    wspi_free(wspi_allocate(1), 1);
    CHECK_INT(seen.calls, 0);
}

static void the_callers_struct_is_not_kept(void)
{
    wsp_allocator recorder = {record, &user_object};
    memset(&seen, 0, sizeof(seen));
    wspi_test_at_case_end(restore);
    CHECK_INT(wsp_set_allocator(&recorder), WSP_OK);
    recorder = (wsp_allocator){NULL, NULL};
    wspi_free(wspi_allocate(1), 1);
    CHECK_INT(seen.calls, 2);
}

static void size_zero_never_reaches_the_hook(void)
{
    install_recorder();
    CHECK(wspi_allocate(0) == NULL);
    CHECK(wspi_allocate_zeroed(0) == NULL);
    CHECK_INT(seen.calls, 0);
    wspi_free(NULL, 0);
    wspi_string_free(NULL);
    CHECK_INT(seen.calls, 0);
}

static void zeroed_memory_is_zero(void)
{
    wspi_test_failing_allocator_install(); /* Fills new blocks with a pattern. */
    uint8_t *block = wspi_allocate_zeroed(64);
    const uint8_t zeros[64] = {0};
    CHECK_BYTES(block, 64, zeros, 64);
    wspi_free(block, 64);
}

static void a_string_copy_is_exact_and_terminated(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    char *copy = wspi_string_copy("ws://host/path", 9);
    CHECK_STRING(copy, "ws://host");
    CHECK_SIZE(allocator->live_bytes, 10);
    wspi_string_free(copy);
    copy = wspi_string_copy(NULL, 0);
    CHECK_STRING(copy, "");
    wspi_string_free(copy);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void a_string_size_that_would_wrap_is_refused(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    CHECK(wspi_string_copy("x", SIZE_MAX) == NULL);
    CHECK_SIZE(allocator->requests, 0);
}

static void failures_answer_null_and_keep_the_old_block(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    char *block = wspi_allocate(4);
    memcpy(block, "abc", 4);
    wspi_test_failing_allocator_fail_from(1);
    CHECK(wspi_allocate(1) == NULL);
    CHECK(wspi_allocate_zeroed(1) == NULL);
    CHECK(wspi_string_copy("x", 1) == NULL);
    CHECK(wspi_reallocate(block, 4, 8) == NULL);
    CHECK_STRING(block, "abc");
    wspi_free(block, 4);
    CHECK_SIZE(allocator->failures, 4);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(the_c_library_serves_by_default),
    TEST_CASE(the_hook_sees_every_call_with_exact_sizes),
    TEST_CASE(a_hook_without_function_is_refused_and_changes_nothing),
    TEST_CASE(null_brings_the_c_library_back),
    TEST_CASE(the_callers_struct_is_not_kept),
    TEST_CASE(size_zero_never_reaches_the_hook),
    TEST_CASE(zeroed_memory_is_zero),
    TEST_CASE(a_string_copy_is_exact_and_terminated),
    TEST_CASE(a_string_size_that_would_wrap_is_refused),
    TEST_CASE(failures_answer_null_and_keep_the_old_block),
};

TEST_MAIN(cases)
