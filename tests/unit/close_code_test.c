/* SPDX-License-Identifier: MIT */

/* close_code.h against the lists of RFC 6455 7.4 and design.md; rows A7, A8, A9 and C3 of the bad inputs. */

#include "close_code.h"

#include "test.h"

#include <limits.h>
#include <string.h>

static bool is_listed(long code)
{
    static const long single[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        if (code == single[i])
            return true;
    }
    return code >= 3000 && code < 5000;
}

static void every_code_on_the_wire_is_judged(void)
{
    for (unsigned code = 0; code <= 65535; code++) {
        TEST_NOTE("code %u", code);
        CHECK_BOOL(wspi_close_code_is_receivable(code), is_listed((long)code));
    }
    CHECK(!wspi_close_code_is_receivable(65536 + 1000));
}

static void every_code_of_a_program_is_judged(void)
{
    for (int code = -70000; code <= 140000; code++) {
        TEST_NOTE("code %d", code);
        CHECK_BOOL(wspi_close_code_is_sendable(code), is_listed(code));
    }
    CHECK(!wspi_close_code_is_sendable(INT_MIN));
    CHECK(!wspi_close_code_is_sendable(INT_MAX));
}

/* Fills the array with whole characters, then ASCII up to the size. */
static void fill(char *reason, size_t size, const char *character)
{
    size_t length = strlen(character);
    size_t at = 0;
    for (; at + length <= size; at += length)
        memcpy(reason + at, character, length);
    memset(reason + at, 'x', size - at);
}

static void reasons_end_at_123_bytes_not_characters(void)
{
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    char reason[256];
    for (size_t i = 0; i < 4; i++) {
        for (size_t size = 0; size < sizeof(reason); size++) {
            TEST_NOTE("%zu bytes of %s", size, characters[i]);
            fill(reason, size, characters[i]);
            CHECK_BOOL(wspi_close_reason_is_valid(reason, size), size <= 123);
        }
    }
}

static void reasons_must_be_whole_utf8(void)
{
    CHECK(wspi_close_reason_is_valid(NULL, 0));
    CHECK(wspi_close_reason_is_valid("a\0b", 3));
    CHECK(wspi_close_reason_is_valid("\xef\xbb\xbf", 3));
    CHECK(!wspi_close_reason_is_valid("\xe2\x82", 2));
    CHECK(!wspi_close_reason_is_valid("bye \xff", 5));
    CHECK(!wspi_close_reason_is_valid("\xed\xa0\x80", 3));
}

static const wspi_test_case cases[] = {
    TEST_CASE(every_code_on_the_wire_is_judged),
    TEST_CASE(every_code_of_a_program_is_judged),
    TEST_CASE(reasons_end_at_123_bytes_not_characters),
    TEST_CASE(reasons_must_be_whole_utf8),
};

TEST_MAIN(cases)
