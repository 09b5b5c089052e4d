/* SPDX-License-Identifier: MIT */

/* IPv4 and IPv6 literals: what is read, what is refused, and how IPv6 is written back. */

#include "url.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

/* Parses a copy at the end of readable memory. */
static bool parse(const char *text, wspi_host_kind *out_kind, uint8_t out_address[16])
{
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make(text, strlen(text));
    bool is_literal = wspi_parse_ip_literal((const char *)guarded.data, guarded.size, out_kind, out_address);
    wspi_guarded_bytes_release(&guarded);
    return is_literal;
}

static void ipv4_is_four_plain_numbers(void)
{
    static const struct {
        const char *text;
        uint8_t address[4];
    } rows[] = {
        {"0.0.0.0", {0, 0, 0, 0}},
        {"127.0.0.1", {127, 0, 0, 1}},
        {"255.255.255.255", {255, 255, 255, 255}},
        {"1.20.100.9", {1, 20, 100, 9}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wspi_host_kind kind = WSPI_HOST_NAME;
        uint8_t address[16];
        TEST_NOTE("%s", rows[i].text);
        CHECK(parse(rows[i].text, &kind, address));
        CHECK_INT(kind, WSPI_HOST_IPV4);
        CHECK_BYTES(address, 4, rows[i].address, 4);
    }
}

static void other_spellings_of_ipv4_are_refused(void)
{
    static const char *const rows[] = {
        "",           "1",          "1.2.3",      "1.2.3.",     "1.2.3.4.",         "1.2.3.4.5", ".1.2.3",
        "1..2.3",     "256.1.1.1",  "1.1.1.256",  "1.1.1.999",  "01.2.3.4",         "1.2.3.04",  "1.2.3.00",
        "0x7f.0.0.1", "127.1",      "2130706433", "1.2.3.4 ",   " 1.2.3.4",         "1.2.3.-4",  "+1.2.3.4",
        "1.2.3.4a",   "1.2.3.1000", "1,2,3,4",    "1.2.3.4/24", "4294967296.1.1.1",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wspi_host_kind kind = WSPI_HOST_NAME;
        uint8_t address[16] = {0};
        TEST_NOTE("\"%s\"", rows[i]);
        CHECK(!parse(rows[i], &kind, address));
        CHECK_INT(kind, WSPI_HOST_NAME);
    }
}

static const struct ipv6_row {
    const char *text;
    const char *canonical;
    uint8_t address[16];
} ipv6_rows[] = {
    {"::", "::", {0}},
    {"::1", "::1", {[15] = 1}},
    {"1::", "1::", {[1] = 1}},
    {"0:0:0:0:0:0:0:0", "::", {0}},
    {"0000:0000:0000:0000:0000:0000:0000:0001", "::1", {[15] = 1}},
    {"FE80::ABCD:ef01",
     "fe80::abcd:ef01",
     {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xab, 0xcd, 0xef, 0x01}},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0}},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3", {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3}},
    {"1:0:0:2:0:0:3:4", "1::2:0:0:3:4", {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4}},
    {"2001:db8:0:1:1:1:1:1",
     "2001:db8:0:1:1:1:1:1",
     {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
    {"::ffff:127.0.0.1", "::ffff:7f00:1", {[10] = 0xff, 0xff, 127, 0, 0, 1}},
    {"::1.2.3.4", "::102:304", {[12] = 1, 2, 3, 4}},
    {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 7, 8, 9, 10}},
    {"0:0:1::", "0:0:1::", {[5] = 1}},
};

static void ipv6_is_read_in_every_legal_shape(void)
{
    for (size_t i = 0; i < sizeof(ipv6_rows) / sizeof(ipv6_rows[0]); i++) {
        wspi_host_kind kind = WSPI_HOST_NAME;
        uint8_t address[16];
        TEST_NOTE("%s", ipv6_rows[i].text);
        CHECK(parse(ipv6_rows[i].text, &kind, address));
        CHECK_INT(kind, WSPI_HOST_IPV6);
        CHECK_BYTES(address, 16, ipv6_rows[i].address, 16);
    }
}

static void ipv6_is_written_as_browsers_write_it(void)
{
    for (size_t i = 0; i < sizeof(ipv6_rows) / sizeof(ipv6_rows[0]); i++) {
        char array[40];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof(array));
        wspi_format_ipv6(ipv6_rows[i].address, &text);
        CHECK_STRING(array, ipv6_rows[i].canonical);
    }
}

static void broken_ipv6_is_refused(void)
{
    static const char *const rows[] = {
        ":",
        ":::",
        "1",
        "1:2",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::8",
        "1::2::3",
        "1:::2",
        ":1:2:3:4:5:6:7",
        ":1::2",
        "1:2:3:4:5:6:7:",
        "::1:",
        "12345::",
        "::00001",
        "::g",
        "::-1",
        ":: 1",
        " ::1",
        "[::1]",
        "fe80::1%eth0",
        "fe80::1%251",
        "::1/64",
        "::1.2.3",
        "::1.2.3.4.5",
        "::01.2.3.4",
        "::256.2.3.4",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:1.2.3.4",
        "::2:3:4:5:6:7:1.2.3.4",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wspi_host_kind kind = WSPI_HOST_NAME;
        uint8_t address[16] = {0};
        TEST_NOTE("\"%s\"", rows[i]);
        CHECK(!parse(rows[i], &kind, address));
        CHECK_INT(kind, WSPI_HOST_NAME);
    }
}

static void random_addresses_survive_writing_and_reading(void)
{
    uint64_t random = wspi_test_random_begin();
    for (int round = 0; round < 20000; round++) {
        uint8_t address[16];
        for (int i = 0; i < 16; i += 2) {
            /* Many zero groups, and many with leading zeros. */
            size_t bits = wspi_test_random_below(&random, 4) * 4 + wspi_test_random_below(&random, 2) * 4;
            wspi_store_u16(address + i, (uint16_t)(wspi_test_random(&random) & ((1u << bits) - 1)));
        }
        char array[40];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof(array));
        wspi_format_ipv6(address, &text);
        CHECK(!text.is_cut);
        wspi_host_kind kind;
        uint8_t again[16];
        CHECK(wspi_parse_ip_literal(array, text.size, &kind, again));
        CHECK_BYTES(again, 16, address, 16);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(ipv4_is_four_plain_numbers),
    TEST_CASE(other_spellings_of_ipv4_are_refused),
    TEST_CASE(ipv6_is_read_in_every_legal_shape),
    TEST_CASE(ipv6_is_written_as_browsers_write_it),
    TEST_CASE(broken_ipv6_is_refused),
    TEST_CASE(random_addresses_survive_writing_and_reading),
};

TEST_MAIN(cases)
