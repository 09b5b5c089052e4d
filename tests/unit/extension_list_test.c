/* SPDX-License-Identifier: MIT */

/* extension_list.h: each clause of RFC 6455 9.1's grammar, and each way to break it. */

#include "protocol/extension_list.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

static bool is_valid(const char *list)
{
    wspi_guarded_bytes copy = wspi_guarded_bytes_make(list, strlen(list));
    bool valid = wspi_extension_list_is_valid((const char *)copy.data, copy.size);
    wspi_guarded_bytes_release(&copy);
    return valid;
}

static void well_formed_lists(void)
{
    static const char *const lists[] = {
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate;server_max_window_bits=10;client_max_window_bits",
        "foo, bar; baz=2",
        "foo ; a = b ; c",
        "foo; a=\"b\"",
        "foo; a=\"\\b\\c\"",
        "foo; a=\"b\", bar",
        ",, foo,,",
        " \t",
        "",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        TEST_NOTE("%s", lists[i]);
        CHECK(is_valid(lists[i]));
    }
}

static void malformed_lists(void)
{
    static const char *const lists[] = {
        "foo;",
        ";",
        "; a",
        "foo bar",
        "foo; a b",
        "foo;; a",
        "foo; =1",
        "foo; =",
        "foo; a=",
        "foo; a=b=c",
        "foo; a=b c",
        "=",
        "\"foo\"",
        "foo/1",
        "foo; a=\"",
        "foo; a=\"\"",
        "foo; a=\"b",
        "foo; a=b\"",
        "foo; a=\"b c\"",
        "foo; a=\"b;c\"",
        "foo; a=\"b\\\"",
        "foo; a=\"b\"c",
        "foo; a=\"b,c\"",
        "foo, bar;",
        "f\xc3\xa4",
        "foo, \"",
        "foo; a=\"\\\"\"",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        TEST_NOTE("%s", lists[i]);
        CHECK(!is_valid(lists[i]));
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(well_formed_lists),
    TEST_CASE(malformed_lists),
};

TEST_MAIN(cases)
