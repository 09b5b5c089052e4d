/* SPDX-License-Identifier: MIT */

/* text.h: cuts at character boundaries in every capacity, and makes foreign text harmless. */

#include "text.h"

#include "test.h"
#include "utf8.h"

#include <string.h>

static const char euro[] = "\xe2\x82\xac";

static void pieces_join_in_order(void)
{
    char array[64];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof(array));
    CHECK_STRING(array, "");
    wspi_text_add(&text, "port ");
    wspi_text_add_number(&text, 9080);
    wspi_text_add_bytes(&text, " is taken by all", 9);
    wspi_text_add_bytes(&text, NULL, 0);
    CHECK_STRING(array, "port 9080 is taken");
    CHECK_SIZE(text.size, strlen(array));
    CHECK(!text.is_cut);
}

static void numbers_are_written_whole(void)
{
    static const struct {
        uint64_t number;
        const char *wanted;
    } rows[] = {
        {0, "0"}, {9, "9"}, {10, "10"}, {4294967296, "4294967296"}, {UINT64_MAX, "18446744073709551615"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char array[32];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof(array));
        wspi_text_add_number(&text, rows[i].number);
        CHECK_STRING(array, rows[i].wanted);
    }
}

/* Adds pieces of every kind, one of which splits a character in two. */
static void add_pieces(wspi_text *text)
{
    wspi_text_add(text, "a");
    wspi_text_add(text, euro);
    wspi_text_add_number(text, 12);
    wspi_text_add_bytes(text, "\xf0\x9f", 2);
    wspi_text_add_bytes(text, "\x98\x80", 2);
    wspi_text_add_printable(text, "\xc3\xa9\n", 3, 100);
    wspi_text_add(text, "z");
}

static void a_cut_leaves_whole_characters_and_a_prefix(void)
{
    static const char whole[] = "a\xe2\x82\xac"
                                "12\xf0\x9f\x98\x80\xc3\xa9?z";
    for (size_t capacity = 1; capacity <= sizeof(whole) + 2; capacity++) {
        char array[32];
        wspi_text text;
        TEST_NOTE("capacity %zu", capacity);
        memset(array, 0x55, sizeof(array));
        wspi_text_begin(&text, array, capacity);
        add_pieces(&text);
        CHECK(text.size < capacity);
        CHECK_SIZE(strlen(array), text.size);
        CHECK_BYTES(array, text.size, whole, wspi_min(text.size, sizeof(whole) - 1));
        CHECK(wspi_utf8_is_valid(array, text.size));
        CHECK_BOOL(text.is_cut, capacity < sizeof(whole));
        /* A character has at most four bytes, so a cut wastes at most three. */
        CHECK(!text.is_cut || capacity - 1 - text.size <= 3);
        for (size_t i = capacity; i < sizeof(array); i++)
            CHECK_INT(array[i], 0x55);
    }
}

static void nothing_follows_a_cut(void)
{
    char array[5];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof(array));
    wspi_text_add(&text, "ab");
    wspi_text_add(&text, euro);
    wspi_text_add(&text, "c");
    wspi_text_add_number(&text, 1);
    CHECK_STRING(array, "ab");
}

static void bytes_that_are_no_utf8_do_not_confuse_a_cut(void)
{
    char array[8];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof(array));
    wspi_text_add(&text, "\x80\x80\x80\x80\x80\x80\x80\x80\x80");
    CHECK_SIZE(text.size, 7);
    wspi_text_begin(&text, array, 3);
    wspi_text_add(&text, "\x80\x80\x80");
    CHECK_SIZE(text.size, 2);
    CHECK_INT(array[2], 0);
}

static void set_replaces_and_may_be_cut_too(void)
{
    char array[6];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof(array));
    wspi_text_add(&text, "much too long");
    CHECK(text.is_cut);
    wspi_text_set(&text, "new");
    CHECK_STRING(array, "new");
    CHECK(!text.is_cut);
    wspi_text_add(&text, "er");
    CHECK_STRING(array, "newer");
    wspi_text_set(&text, "longer than that");
    CHECK_STRING(array, "longe");
    wspi_text_set(NULL, "ignored");
}

static void check_printable(const char *bytes, size_t size, size_t max, const char *wanted)
{
    char array[128];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof(array));
    wspi_text_add_printable(&text, bytes, size, max);
    CHECK_STRING(array, wanted);
}

#define CHECK_PRINTABLE(bytes, max, wanted) check_printable(bytes, sizeof(bytes) - 1, max, wanted)

static void foreign_text_loses_what_terminals_obey(void)
{
    CHECK_PRINTABLE("HTTP/1.1 \x1b[31mred\r\n\x7f", 100, "HTTP/1.1 ?[31mred???");
    CHECK_PRINTABLE("a\0b\tc", 100, "a?b?c");
    CHECK_PRINTABLE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", 100, "???\xc2\xa0");
    CHECK_PRINTABLE("\xe2\x82\xac \xf0\x9f\x98\x80", 100, "\xe2\x82\xac \xf0\x9f\x98\x80");
    check_printable(NULL, 0, 100, "");
}

static void foreign_text_loses_bytes_that_are_no_utf8(void)
{
    CHECK_PRINTABLE("\xff\xfe", 100, "??");
    CHECK_PRINTABLE("\xe2\x82", 100, "??");
    CHECK_PRINTABLE("\xe2\x82z", 100, "??z");
    CHECK_PRINTABLE("\xc0\xaf", 100, "??");
    CHECK_PRINTABLE("\xed\xa0\x80x", 100, "???x");
    CHECK_PRINTABLE("\xf4\x90\x80\x80", 100, "????");
    CHECK_PRINTABLE("caf\xe9", 100, "caf?");
}

static void foreign_text_ends_at_the_maximum_between_characters(void)
{
    CHECK_PRINTABLE("abcdef", 0, "");
    CHECK_PRINTABLE("abcdef", 4, "abcd");
    CHECK_PRINTABLE("ab\xe2\x82\xac", 5, "ab\xe2\x82\xac");
    CHECK_PRINTABLE("ab\xe2\x82\xac", 4, "ab");
    CHECK_PRINTABLE("ab\xe2\x82\xac", 3, "ab");
    CHECK_PRINTABLE("\xff\xff\xff", 2, "??");
}

static void letter_case_is_ignored_in_ascii_only(void)
{
    CHECK(wspi_text_equal_ignore_case("WebSocket", 9, "wEBsOCKET", 9));
    CHECK(!wspi_text_equal_ignore_case("websocket", 9, "websocke", 8));
    CHECK(!wspi_text_equal_ignore_case("@[`{", 4, "`{@[", 4));
    CHECK(!wspi_text_equal_ignore_case("\xc3\x89", 2, "\xc3\xa9", 2));
    CHECK(wspi_text_equal_ignore_case(NULL, 0, "", 0));
    for (int c = -128; c < 128; c++) {
        TEST_NOTE("byte %d", c);
        char wanted = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        CHECK_INT(wspi_text_lower((char)c), wanted);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(pieces_join_in_order),
    TEST_CASE(numbers_are_written_whole),
    TEST_CASE(a_cut_leaves_whole_characters_and_a_prefix),
    TEST_CASE(nothing_follows_a_cut),
    TEST_CASE(bytes_that_are_no_utf8_do_not_confuse_a_cut),
    TEST_CASE(set_replaces_and_may_be_cut_too),
    TEST_CASE(foreign_text_loses_what_terminals_obey),
    TEST_CASE(foreign_text_loses_bytes_that_are_no_utf8),
    TEST_CASE(foreign_text_ends_at_the_maximum_between_characters),
    TEST_CASE(letter_case_is_ignored_in_ascii_only),
};

TEST_MAIN(cases)
