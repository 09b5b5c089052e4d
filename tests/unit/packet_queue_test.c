/* SPDX-License-Identifier: MIT */

/* packet_queue.h: order, limits, lifetimes, bounded memory, every failing allocation, and a naive model. */

#include "packet_queue.h"

#include "failing_allocator.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

#define LARGE 65536

static void push(wspi_packet_queue *queue, const char *text)
{
    CHECK(wspi_packet_queue_push(queue, text, strlen(text), true));
}

static void check_take(wspi_packet_queue *queue, const void *wanted, size_t wanted_size, bool is_text)
{
    size_t size = 12345;
    bool was_text = !is_text;
    const uint8_t *packet = wspi_packet_queue_take(queue, &size, &was_text);
    CHECK(packet != NULL);
    CHECK_BYTES(packet, size, wanted, wanted_size);
    CHECK_INT(packet[size], 0);
    CHECK_BOOL(was_text, is_text);
    CHECK_SIZE((uintptr_t)packet % 8, 0);
}

static void packets_come_out_whole_and_in_order(void)
{
    wspi_packet_queue queue;
    wspi_packet_queue_init(&queue, 1000, 10);
    push(&queue, "first");
    CHECK(wspi_packet_queue_push(&queue, "a\0b", 3, false));
    CHECK(wspi_packet_queue_push(&queue, NULL, 0, true));
    push(&queue, "last");
    CHECK_SIZE(queue.count, 4);
    CHECK_SIZE(queue.payload_size, 12);
    check_take(&queue, "first", 5, true);
    check_take(&queue, "a\0b", 3, false);
    check_take(&queue, "", 0, true);
    check_take(&queue, "last", 4, true);
    CHECK_SIZE(queue.count, 0);
    CHECK_SIZE(queue.payload_size, 0);
    wspi_packet_queue_clear(&queue);
}

static void an_empty_queue_gives_null_and_writes_nothing(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    wspi_packet_queue_init(&queue, 10, 10);
    size_t size = 77;
    bool is_text = true;
    CHECK(wspi_packet_queue_take(&queue, &size, &is_text) == NULL);
    CHECK_SIZE(size, 77);
    CHECK(is_text);
    wspi_packet_queue_trim(&queue);
    wspi_packet_queue_clear(&queue);
    CHECK_SIZE(allocator->requests, 0);
}

static void both_limits_are_exact(void)
{
    wspi_packet_queue queue;
    wspi_packet_queue_init(&queue, 10, 3);
    CHECK_SIZE(wspi_packet_queue_room(&queue), 10);
    CHECK(wspi_packet_queue_fits(&queue, 10));
    CHECK(!wspi_packet_queue_fits(&queue, 11));
    CHECK(!wspi_packet_queue_fits(&queue, SIZE_MAX));
    push(&queue, "12345678");
    CHECK_SIZE(wspi_packet_queue_room(&queue), 2);
    CHECK(wspi_packet_queue_fits(&queue, 2));
    CHECK(!wspi_packet_queue_fits(&queue, 3));
    push(&queue, "90");
    CHECK_SIZE(wspi_packet_queue_room(&queue), 0);
    CHECK(wspi_packet_queue_fits(&queue, 0));
    push(&queue, "");
    CHECK(!wspi_packet_queue_fits(&queue, 0));
    check_take(&queue, "12345678", 8, true);
    CHECK_SIZE(wspi_packet_queue_room(&queue), 8);
    push(&queue, "x");
    CHECK_SIZE(wspi_packet_queue_room(&queue), 0);
    wspi_packet_queue_clear(&queue);
    CHECK_SIZE(wspi_packet_queue_room(&queue), 10);
}

static uint8_t *make_payload(size_t size)
{
    uint8_t *payload = malloc(size + 1);
    CHECK(payload != NULL);
    for (size_t i = 0; i < size; i++)
        payload[i] = (uint8_t)(i * 7 + size);
    return payload;
}

static void sizes_around_the_large_threshold_arrive_unchanged(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (size_t size = LARGE - 9; size <= LARGE + 9; size++) {
        uint8_t *payload = make_payload(size);
        TEST_NOTE("size %zu", size);
        CHECK(wspi_packet_queue_push(&queue, payload, size, size % 2 == 0));
        CHECK_SIZE(queue.payload_size, size);
        check_take(&queue, payload, size, size % 2 == 0);
        free(payload);
    }
    wspi_packet_queue_clear(&queue);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void a_large_packet_keeps_its_block_from_push_to_take(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    uint8_t *payload = make_payload(LARGE);
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    CHECK(wspi_packet_queue_push(&queue, payload, LARGE, false));
    size_t requests = allocator->requests;
    check_take(&queue, payload, LARGE, false);
    CHECK_SIZE(allocator->requests, requests);
    /* The run holds a reference, not the payload. */
    CHECK(queue.capacity < 1000);
    wspi_packet_queue_clear(&queue);
    free(payload);
}

/* The packet taken last is readable until one of these; ASan and the allocator's pattern watch. */
static void the_packet_taken_last_outlives_questions_but_not_trim(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    const size_t sizes[] = {5, LARGE};
    for (size_t i = 0; i < 2; i++) {
        wspi_packet_queue queue;
        uint8_t *payload = make_payload(sizes[i]);
        wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
        CHECK(wspi_packet_queue_push(&queue, payload, sizes[i], false));
        size_t size;
        bool is_text;
        const uint8_t *packet = wspi_packet_queue_take(&queue, &size, &is_text);
        (void)wspi_packet_queue_room(&queue);
        (void)wspi_packet_queue_fits(&queue, 1);
        CHECK_BYTES(packet, size, payload, sizes[i]);
        wspi_packet_queue_trim(&queue);
        CHECK_SIZE(allocator->live_blocks, 0);
        free(payload);
    }
}

static void each_way_to_end_a_taken_packet_frees_it_once(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    uint8_t *payload = make_payload(LARGE);
    for (int way = 0; way < 4; way++) {
        wspi_packet_queue queue;
        TEST_NOTE("way %d", way);
        wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
        CHECK(wspi_packet_queue_push(&queue, payload, LARGE, false));
        CHECK(wspi_packet_queue_push(&queue, "x", 1, false));
        check_take(&queue, payload, LARGE, false);
        CHECK(allocator->live_bytes > LARGE);
        if (way == 0)
            check_take(&queue, "x", 1, false);
        if (way == 1)
            push(&queue, "y");
        if (way == 2)
            wspi_packet_queue_trim(&queue);
        if (way == 3)
            wspi_packet_queue_clear(&queue);
        CHECK(allocator->live_bytes < 1000);
        wspi_packet_queue_clear(&queue);
        CHECK_SIZE(allocator->live_blocks, 0);
    }
    free(payload);
}

static void clear_frees_waiting_packets_of_every_size(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    uint8_t *payload = make_payload(100000);
    wspi_packet_queue_init(&queue, 500000, 10);
    for (int i = 0; i < 3; i++) {
        push(&queue, "small");
        CHECK(wspi_packet_queue_push(&queue, payload, 100000, false));
    }
    check_take(&queue, "small", 5, true);
    check_take(&queue, payload, 100000, false);
    wspi_packet_queue_clear(&queue);
    CHECK_SIZE(allocator->live_blocks, 0);
    CHECK_SIZE(queue.count, 0);
    CHECK_SIZE(queue.payload_size, 0);
    push(&queue, "again");
    check_take(&queue, "again", 5, true);
    wspi_packet_queue_clear(&queue);
    free(payload);
}

static void a_steady_flow_costs_no_memory_and_few_moves(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    uint8_t payload[100] = {1};
    size_t moves = 0;
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (int i = 0; i < 10; i++)
        CHECK(wspi_packet_queue_push(&queue, payload, sizeof(payload), false));
    for (int i = 0; i < 100000; i++) {
        check_take(&queue, payload, sizeof(payload), false);
        size_t start = queue.start;
        CHECK(wspi_packet_queue_push(&queue, payload, sizeof(payload), false));
        moves += queue.start < start ? 1 : 0;
    }
    CHECK(allocator->requests < 10);
    CHECK(allocator->peak_bytes < 10000);
    /* Ten packets wait, so each move may carry ten: one for every ten that pass is a constant cost. */
    CHECK(moves > 0 && moves <= 100000 / 9);
    wspi_packet_queue_clear(&queue);
}

static void trim_gives_memory_back_after_a_burst(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    uint8_t payload[1000] = {2};
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        CHECK(wspi_packet_queue_push(&queue, payload, sizeof(payload), false));
    CHECK(allocator->live_bytes > 1000000);
    for (int i = 0; i < 999; i++)
        check_take(&queue, payload, sizeof(payload), false);
    wspi_packet_queue_trim(&queue);
    CHECK(allocator->live_bytes < 5000);
    check_take(&queue, payload, sizeof(payload), false);
    wspi_packet_queue_trim(&queue);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void trim_without_memory_keeps_the_packets(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    uint8_t payload[1000] = {3};
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    for (int i = 0; i < 100; i++)
        CHECK(wspi_packet_queue_push(&queue, payload, sizeof(payload), false));
    for (int i = 0; i < 99; i++)
        check_take(&queue, payload, sizeof(payload), false);
    wspi_test_failing_allocator_fail_at(1);
    wspi_packet_queue_trim(&queue);
    CHECK_SIZE(allocator->failures, 1);
    check_take(&queue, payload, sizeof(payload), false);
    wspi_packet_queue_clear(&queue);
}

static void every_failing_allocation_leaves_the_queue_as_it_was(void)
{
    static const size_t sizes[] = {10, 300, LARGE, 2000, 0, LARGE + 5, 40000, 7};
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t n = 1;; n++) {
        wspi_packet_queue queue;
        wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
        wspi_test_failing_allocator_fail_at(n);
        for (size_t i = 0; i < 8; i++) {
            uint8_t *payload = make_payload(sizes[i]);
            TEST_NOTE("allocation %zu, packet %zu", n, i);
            size_t count = queue.count;
            size_t bytes = queue.payload_size;
            if (!wspi_packet_queue_push(&queue, payload, sizes[i], i % 2 == 0)) {
                CHECK_SIZE(allocator->failures, 1);
                CHECK_SIZE(queue.count, count);
                CHECK_SIZE(queue.payload_size, bytes);
                CHECK(wspi_packet_queue_push(&queue, payload, sizes[i], i % 2 == 0));
            }
            free(payload);
        }
        for (size_t i = 0; i < 8; i++) {
            uint8_t *payload = make_payload(sizes[i]);
            check_take(&queue, payload, sizes[i], i % 2 == 0);
            free(payload);
        }
        wspi_packet_queue_clear(&queue);
        CHECK_SIZE(allocator->live_blocks, 0);
        if (allocator->failures == 0) {
            CHECK(n > 5);
            return;
        }
    }
}

static void a_size_that_would_wrap_is_refused(void)
{
    wspi_packet_queue queue;
    wspi_packet_queue_init(&queue, SIZE_MAX, SIZE_MAX);
    CHECK(!wspi_packet_queue_push(&queue, "x", SIZE_MAX, false));
    CHECK_SIZE(queue.count, 0);
    wspi_packet_queue_clear(&queue);
}

/* The model: an array of copies. */
#define MODEL_MAX 64

typedef struct model {
    struct {
        uint8_t *payload;
        size_t size;
        bool is_text;
    } packets[MODEL_MAX];
    size_t count;
    size_t payload_size;
} model;

static void model_drop_first(model *wanted)
{
    free(wanted->packets[0].payload);
    wanted->payload_size -= wanted->packets[0].size;
    wanted->count--;
    memmove(&wanted->packets[0], &wanted->packets[1], wanted->count * sizeof(wanted->packets[0]));
}

static size_t random_size(uint64_t *random)
{
    switch (wspi_test_random_below(random, 20)) {
    case 0: return LARGE - 1 + wspi_test_random_below(random, 3);
    case 1: return wspi_test_random_below(random, 100000);
    case 2: return 0;
    case 3:
    case 4: return wspi_test_random_below(random, 3000);
    default: return wspi_test_random_below(random, 50);
    }
}

static void random_push(wspi_packet_queue *queue, model *wanted, wspi_test_failing_allocator *allocator,
                        uint64_t *random)
{
    size_t size = random_size(random);
    if (wanted->count == MODEL_MAX)
        return;
    uint8_t *payload = make_payload(size);
    bool is_text = wspi_test_random_below(random, 2) == 0;
    wspi_test_failing_allocator_fail_at(wspi_test_random_below(random, 8));
    bool is_pushed = wspi_packet_queue_push(queue, payload, size, is_text);
    CHECK_BOOL(is_pushed, allocator->failures == 0);
    if (!is_pushed) {
        free(payload);
        return;
    }
    wanted->packets[wanted->count].payload = payload;
    wanted->packets[wanted->count].size = size;
    wanted->packets[wanted->count++].is_text = is_text;
    wanted->payload_size += size;
}

static void random_take(wspi_packet_queue *queue, model *wanted)
{
    size_t size;
    bool is_text;
    if (wanted->count == 0) {
        CHECK(wspi_packet_queue_take(queue, &size, &is_text) == NULL);
        return;
    }
    check_take(queue, wanted->packets[0].payload, wanted->packets[0].size, wanted->packets[0].is_text);
    model_drop_first(wanted);
}

static void check_against_model(const wspi_packet_queue *queue, const model *wanted, size_t max_bytes,
                                size_t max_packets)
{
    size_t room = max_bytes > wanted->payload_size ? max_bytes - wanted->payload_size : 0;
    CHECK_SIZE(queue->count, wanted->count);
    CHECK_SIZE(queue->payload_size, wanted->payload_size);
    CHECK_SIZE(wspi_packet_queue_room(queue), wanted->count < max_packets ? room : 0);
    CHECK_BOOL(wspi_packet_queue_fits(queue, room), wanted->count < max_packets);
    CHECK(!wspi_packet_queue_fits(queue, room + 1));
}

static void random_traffic_agrees_with_a_model(void)
{
    uint64_t random = wspi_test_random_begin();
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_packet_queue queue;
    static model wanted;
    size_t max_bytes = 100000;
    size_t max_packets = 20;
    wanted = (model){.count = 0};
    wspi_packet_queue_init(&queue, max_bytes, max_packets);
    for (int step = 0; step < 50000; step++) {
        /* Stretches of filling and of draining, so that the queue is found in every shape. */
        size_t pushes = step / 100 % 2 == 0 ? 6 : 4;
        size_t choice = wspi_test_random_below(&random, 11);
        if (choice < pushes) {
            random_push(&queue, &wanted, allocator, &random);
        } else if (choice < 10) {
            random_take(&queue, &wanted);
        } else if (wspi_test_random_below(&random, 4) != 0) {
            wspi_packet_queue_trim(&queue);
        } else {
            wspi_packet_queue_clear(&queue);
            max_bytes = wspi_test_random_below(&random, 200000);
            max_packets = wspi_test_random_below(&random, MODEL_MAX);
            wspi_packet_queue_init(&queue, max_bytes, max_packets);
            while (wanted.count > 0)
                model_drop_first(&wanted);
            CHECK_SIZE(allocator->live_blocks, 0);
        }
        check_against_model(&queue, &wanted, max_bytes, max_packets);
    }
    while (wanted.count > 0)
        random_take(&queue, &wanted);
    wspi_packet_queue_trim(&queue);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(packets_come_out_whole_and_in_order),
    TEST_CASE(an_empty_queue_gives_null_and_writes_nothing),
    TEST_CASE(both_limits_are_exact),
    TEST_CASE(sizes_around_the_large_threshold_arrive_unchanged),
    TEST_CASE(a_large_packet_keeps_its_block_from_push_to_take),
    TEST_CASE(the_packet_taken_last_outlives_questions_but_not_trim),
    TEST_CASE(each_way_to_end_a_taken_packet_frees_it_once),
    TEST_CASE(clear_frees_waiting_packets_of_every_size),
    TEST_CASE(a_steady_flow_costs_no_memory_and_few_moves),
    TEST_CASE(trim_gives_memory_back_after_a_burst),
    TEST_CASE(trim_without_memory_keeps_the_packets),
    TEST_CASE(every_failing_allocation_leaves_the_queue_as_it_was),
    TEST_CASE(a_size_that_would_wrap_is_refused),
    TEST_CASE(random_traffic_agrees_with_a_model),
};

TEST_MAIN(cases)
