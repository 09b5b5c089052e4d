/* SPDX-License-Identifier: MIT */

/* byte_buffer.h: order, the ceiling, bounded memory and work, and every failing allocation. */

#include "byte_buffer.h"

#include "failing_allocator.h"
#include "test.h"

#include <string.h>

static void an_empty_buffer_owns_nothing(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 100);
    CHECK(wspi_byte_buffer_bytes(&buffer) == NULL);
    CHECK_SIZE(wspi_byte_buffer_writable(&buffer), 0);
    CHECK(wspi_byte_buffer_append(&buffer, NULL, 0));
    wspi_byte_buffer_consume(&buffer, 5);
    wspi_byte_buffer_commit(&buffer, 0);
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->requests, 0);
}

static void bytes_come_out_in_order(void)
{
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 1000);
    CHECK(wspi_byte_buffer_append(&buffer, "hello ", 6));
    CHECK(wspi_byte_buffer_append(&buffer, "world", 5));
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "hello world", 11);
    wspi_byte_buffer_consume(&buffer, 6);
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "world", 5);
    wspi_byte_buffer_consume(&buffer, 100);
    CHECK_SIZE(buffer.size, 0);
    wspi_byte_buffer_release(&buffer);
}

static void the_limit_is_exact(void)
{
    uint8_t bytes[101] = {0};
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 100);
    CHECK(!wspi_byte_buffer_append(&buffer, bytes, 101));
    CHECK(wspi_byte_buffer_bytes(&buffer) == NULL);
    CHECK(wspi_byte_buffer_append(&buffer, bytes, 100));
    CHECK(!wspi_byte_buffer_append(&buffer, bytes, 1));
    CHECK(wspi_byte_buffer_reserve(&buffer, 1) == NULL);
    CHECK(wspi_byte_buffer_reserve(&buffer, SIZE_MAX) == NULL);
    CHECK_SIZE(wspi_byte_buffer_writable(&buffer), 0);
    CHECK_SIZE(buffer.size, 100);
    wspi_byte_buffer_consume(&buffer, 1);
    CHECK(wspi_byte_buffer_append(&buffer, bytes, 1));
    CHECK(!wspi_byte_buffer_append(&buffer, bytes, 1));
    wspi_byte_buffer_release(&buffer);
}

static void a_limit_of_zero_takes_nothing(void)
{
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 0);
    CHECK(!wspi_byte_buffer_append(&buffer, "x", 1));
    CHECK(wspi_byte_buffer_append(&buffer, "x", 0));
    wspi_byte_buffer_release(&buffer);
}

static void limits_are_clamped_so_that_sums_cannot_wrap(void)
{
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, SIZE_MAX);
    CHECK_SIZE(buffer.limit, SIZE_MAX / 4);
    CHECK(wspi_byte_buffer_append(&buffer, "x", 1));
    CHECK(wspi_byte_buffer_reserve(&buffer, SIZE_MAX / 4) == NULL);
    CHECK(wspi_byte_buffer_reserve(&buffer, SIZE_MAX) == NULL);
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "x", 1);
    wspi_byte_buffer_release(&buffer);
}

static void reserved_room_is_at_least_what_was_asked_and_within_the_limit(void)
{
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 70);
    for (size_t size = 0; size <= 70; size++) {
        TEST_NOTE("size %zu", size);
        uint8_t *room = wspi_byte_buffer_reserve(&buffer, size);
        CHECK(room != NULL);
        size_t writable = wspi_byte_buffer_writable(&buffer);
        CHECK(writable >= size && writable <= 70);
        memset(room, 'w', writable);
        wspi_byte_buffer_commit(&buffer, writable);
        CHECK_SIZE(buffer.size, writable);
        wspi_byte_buffer_consume(&buffer, writable);
    }
    wspi_byte_buffer_release(&buffer);
}

static void what_is_reserved_and_not_committed_is_no_content(void)
{
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 100);
    CHECK(wspi_byte_buffer_append(&buffer, "ab", 2));
    memcpy(wspi_byte_buffer_reserve(&buffer, 10), "cdefghijkl", 10);
    wspi_byte_buffer_commit(&buffer, 1);
    CHECK(wspi_byte_buffer_append(&buffer, "z", 1));
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "abcz", 4);
    wspi_byte_buffer_release(&buffer);
}

static void a_released_buffer_serves_again_with_its_limit(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 3);
    CHECK(wspi_byte_buffer_append(&buffer, "abc", 3));
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->live_blocks, 0);
    CHECK_SIZE(buffer.size, 0);
    CHECK(!wspi_byte_buffer_append(&buffer, "abcd", 4));
    CHECK(wspi_byte_buffer_append(&buffer, "xyz", 3));
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "xyz", 3);
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void a_nearly_full_buffer_stays_cheap_and_small(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    uint8_t bytes[1000];
    memset(bytes, 'x', sizeof(bytes));
    wspi_byte_buffer_init(&buffer, 1000);
    CHECK(wspi_byte_buffer_append(&buffer, bytes, 990));
    size_t moves = 0;
    for (int i = 0; i < 100000; i++) {
        wspi_byte_buffer_consume(&buffer, 7);
        size_t start = buffer.start;
        CHECK(wspi_byte_buffer_append(&buffer, bytes, 7));
        moves += buffer.start < start ? 1 : 0;
    }
    CHECK(allocator->requests <= 3);
    CHECK(allocator->peak_bytes <= 2 * 1000 + 1000 + 64);
    CHECK(buffer.capacity <= 2000);
    /* 700,000 bytes went through; each may be moved about once. */
    CHECK(moves * 990 <= 2 * 700000);
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void growing_byte_by_byte_asks_rarely_for_memory(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    wspi_byte_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 1 << 20; i++)
        CHECK(wspi_byte_buffer_append(&buffer, "x", 1));
    CHECK(allocator->requests <= 20);
    CHECK(buffer.capacity <= 2 << 20);
    wspi_byte_buffer_release(&buffer);
}

static void failed_allocations_change_nothing(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    uint8_t bytes[500];
    memset(bytes, 'n', sizeof(bytes));
    wspi_byte_buffer_init(&buffer, 4000);
    wspi_test_failing_allocator_fail_at(1);
    CHECK(!wspi_byte_buffer_append(&buffer, "abc", 3));
    CHECK(wspi_byte_buffer_bytes(&buffer) == NULL);
    CHECK(wspi_byte_buffer_append(&buffer, "abc", 3));
    wspi_test_failing_allocator_fail_at(1);
    CHECK(!wspi_byte_buffer_append(&buffer, bytes, sizeof(bytes))); /* by resizing */
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "abc", 3);
    wspi_byte_buffer_consume(&buffer, 1);
    wspi_test_failing_allocator_fail_at(1);
    CHECK(wspi_byte_buffer_reserve(&buffer, sizeof(bytes)) == NULL); /* by a new block */
    CHECK_SIZE(allocator->failures, 1);
    CHECK_BYTES(wspi_byte_buffer_bytes(&buffer), buffer.size, "bc", 2);
    CHECK(wspi_byte_buffer_append(&buffer, bytes, sizeof(bytes)));
    CHECK_SIZE(buffer.size, 502);
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->live_blocks, 0);
}

/* The model is a stream position: byte number n has the value n * 31. */
typedef struct stream_model {
    size_t written;
    size_t consumed;
    size_t over_limit; /* refusals of each kind, to see that the test met them */
    size_t out_of_memory;
} stream_model;

#define MODEL_LIMIT 3000

static void random_write(wspi_byte_buffer *buffer, stream_model *model, uint64_t *random,
                         wspi_test_failing_allocator *allocator)
{
    size_t size = wspi_test_random_below(random, (size_t)1 << wspi_test_random_below(random, 12));
    bool is_over_limit = model->written - model->consumed + size > MODEL_LIMIT;
    wspi_test_failing_allocator_fail_at(wspi_test_random_below(random, 3));
    uint8_t *room = wspi_byte_buffer_reserve(buffer, size);
    CHECK_BOOL(room == NULL, allocator->failures > 0 || is_over_limit);
    model->over_limit += is_over_limit ? 1 : 0;
    model->out_of_memory += allocator->failures;
    if (room == NULL)
        return;
    for (size_t i = 0; i < size; i++)
        room[i] = (uint8_t)(model->written++ * 31);
    wspi_byte_buffer_commit(buffer, size);
}

static void check_stream(const wspi_byte_buffer *buffer, const stream_model *model)
{
    CHECK_SIZE(buffer->size, model->written - model->consumed);
    CHECK(buffer->capacity <= 2 * MODEL_LIMIT);
    const uint8_t *bytes = wspi_byte_buffer_bytes(buffer);
    for (size_t i = 0; i < buffer->size; i++) {
        if (bytes[i] != (uint8_t)((model->consumed + i) * 31))
            FAIL("byte %zu of %zu differs", i, buffer->size);
    }
}

static void random_traffic_agrees_with_a_model(void)
{
    uint64_t random = wspi_test_random_begin();
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_byte_buffer buffer;
    stream_model model = {0};
    wspi_byte_buffer_init(&buffer, MODEL_LIMIT);
    for (int step = 0; step < 50000; step++) {
        /* Stretches of filling and of draining, so that the buffer is found in every shape. */
        size_t writes = step / 100 % 2 == 0 ? 80 : 40;
        size_t choice = wspi_test_random_below(&random, 100);
        if (choice < writes) {
            random_write(&buffer, &model, &random, allocator);
        } else if (choice < 99) {
            size_t size = wspi_test_random_below(&random, 1000);
            wspi_byte_buffer_consume(&buffer, size);
            model.consumed += wspi_min(size, model.written - model.consumed);
        } else {
            wspi_byte_buffer_release(&buffer);
            model.consumed = model.written;
        }
        check_stream(&buffer, &model);
    }
    CHECK(model.over_limit > 100);
    CHECK(model.out_of_memory > 100);
    wspi_byte_buffer_release(&buffer);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(an_empty_buffer_owns_nothing),
    TEST_CASE(bytes_come_out_in_order),
    TEST_CASE(the_limit_is_exact),
    TEST_CASE(a_limit_of_zero_takes_nothing),
    TEST_CASE(limits_are_clamped_so_that_sums_cannot_wrap),
    TEST_CASE(reserved_room_is_at_least_what_was_asked_and_within_the_limit),
    TEST_CASE(what_is_reserved_and_not_committed_is_no_content),
    TEST_CASE(a_released_buffer_serves_again_with_its_limit),
    TEST_CASE(a_nearly_full_buffer_stays_cheap_and_small),
    TEST_CASE(growing_byte_by_byte_asks_rarely_for_memory),
    TEST_CASE(failed_allocations_change_nothing),
    TEST_CASE(random_traffic_agrees_with_a_model),
};

TEST_MAIN(cases)
