/* SPDX-License-Identifier: MIT */
/* The list of origins: what may be listed, and what matches (bad-inputs S1). */
#include "origin.h"

#include "test.h"

static void lists_hold_origins_only(void)
{
    static const char *const good[] = {"https://good.com",      "http://localhost:8000",
                                       "HTTPS://Good.COM:8443", "https://xn--bcher-kva.example",
                                       "http://[::1]:8080",     "capacitor://localhost",
                                       "http://127.0.0.1"};
    static const char *const bad[] = {"",
                                      "null",
                                      "*",
                                      "good.com",
                                      "https:",
                                      "https://",
                                      "//good.com",
                                      "https://good.com/",
                                      "https://good.com/x",
                                      "https://good.com:",
                                      "https://good.com:x",
                                      "https://good.com:123456",
                                      "https://a@good.com",
                                      "https://good.com?x",
                                      "https://good.com#x",
                                      "https:/good.com",
                                      "https://good com",
                                      "https://good.com, https://b.com",
                                      "https://[::1",
                                      "http://[]:1",
                                      "https://good.com\r\n",
                                      "1https://good.com"};
    CHECK(wspi_origins_are_valid(good, sizeof good / sizeof good[0]));
    CHECK(wspi_origins_are_valid(NULL, 0));
    CHECK(!wspi_origins_are_valid(NULL, 1));
    CHECK(!wspi_origins_are_valid((const char *const[]){NULL}, 1));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        TEST_NOTE("%s", bad[i]);
        CHECK(!wspi_origins_are_valid(&bad[i], 1));
    }
    const char *many[65];
    for (size_t i = 0; i < 65; i++)
        many[i] = "https://good.com";
    CHECK(wspi_origins_are_valid(many, 64));
    CHECK(!wspi_origins_are_valid(many, 65));
}

static void only_the_whole_origin_matches(void)
{
    char *strings[] = {"https://good.com", "http://localhost:8000"};
    const wspi_string_list list = {strings, 2};
    static const char *const other[] = {"https://good.com.evil.com",
                                        "https://evil-good.com",
                                        "https://good.co",
                                        "http://good.com",
                                        "https://good.com:443",
                                        "https://good.com:8443",
                                        "https://sub.good.com",
                                        "null",
                                        "",
                                        "https://good.com/",
                                        "http://localhost",
                                        "https://good.com, null"};
    CHECK(wspi_origins_have(&list, "https://good.com"));
    CHECK(wspi_origins_have(&list, "HTTPS://GOOD.com"));
    CHECK(wspi_origins_have(&list, "http://localhost:8000"));
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        TEST_NOTE("%s", other[i]);
        CHECK(!wspi_origins_have(&list, other[i]));
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(lists_hold_origins_only),
    TEST_CASE(only_the_whole_origin_matches),
};

TEST_MAIN(cases)
