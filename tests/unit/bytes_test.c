/* SPDX-License-Identifier: MIT */

/* bytes.h: byte order, and room under a limit without wrapping. */

#include "bytes.h"

#include "test.h"

#include <string.h>

static void loads_are_big_endian(void)
{
    const uint8_t bytes[9] = {0xff, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    CHECK_SIZE(wspi_load_u16(bytes), 0xff01);
    CHECK_SIZE(wspi_load_u16(bytes + 1), 0x0102);
    CHECK_SIZE(wspi_load_u64(bytes), UINT64_C(0xff01020304050607));
    CHECK_SIZE(wspi_load_u64(bytes + 1), UINT64_C(0x0102030405060708));
}

static void stores_are_big_endian_and_touch_nothing_else(void)
{
    uint8_t bytes[10];
    memset(bytes, 0xcc, sizeof(bytes));
    wspi_store_u16(bytes + 1, 0xfe80);
    const uint8_t two[4] = {0xcc, 0xfe, 0x80, 0xcc};
    CHECK_BYTES(bytes, 4, two, 4);
    wspi_store_u64(bytes + 1, UINT64_C(0x8001020304050607));
    const uint8_t eight[10] = {0xcc, 0x80, 1, 2, 3, 4, 5, 6, 7, 0xcc};
    CHECK_BYTES(bytes, 10, eight, 10);
}

static void a_load_reads_back_what_was_stored(void)
{
    uint64_t random = wspi_test_random_begin();
    for (int i = 0; i < 1000; i++) {
        uint8_t bytes[8];
        uint64_t value = wspi_test_random(&random);
        wspi_store_u64(bytes, value);
        CHECK_SIZE(wspi_load_u64(bytes), value);
        wspi_store_u16(bytes, (uint16_t)value);
        CHECK_SIZE(wspi_load_u16(bytes), value & 0xffff);
    }
}

static void the_smaller_of_two(void)
{
    CHECK_SIZE(wspi_min(0, SIZE_MAX), 0);
    CHECK_SIZE(wspi_min(SIZE_MAX, 7), 7);
    CHECK_SIZE(wspi_min(3, 3), 3);
}

static void room_never_wraps(void)
{
    CHECK_SIZE(wspi_left(10, 0), 10);
    CHECK_SIZE(wspi_left(10, 9), 1);
    CHECK_SIZE(wspi_left(10, 10), 0);
    CHECK_SIZE(wspi_left(10, 11), 0);
    CHECK_SIZE(wspi_left(0, SIZE_MAX), 0);
    CHECK_SIZE(wspi_left(SIZE_MAX, SIZE_MAX - 1), 1);
}

static const wspi_test_case cases[] = {
    TEST_CASE(loads_are_big_endian),
    TEST_CASE(stores_are_big_endian_and_touch_nothing_else),
    TEST_CASE(a_load_reads_back_what_was_stored),
    TEST_CASE(the_smaller_of_two),
    TEST_CASE(room_never_wraps),
};

TEST_MAIN(cases)
