/* SPDX-License-Identifier: MIT */

/* address.c: numeric addresses, their comparison and their text (RFC 5952). */

#include "net/os.h"
#include "test.h"

#include <string.h>

static void check_ipv6_text(const uint16_t groups[8], uint32_t scope, const char *wanted)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < 8; i++)
        wspi_store_u16(bytes + 2 * i, groups[i]);
    wspi_address address;
    wspi_address_set(&address, 6, bytes, 80);
    address.scope = scope;
    char room[WSPI_ADDRESS_TEXT_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_address_add_text(&address, &text);
    CHECK_STRING(room, wanted);
    CHECK_SIZE(text.size, strlen(wanted));
}

static void writes_ipv4_with_dots(void)
{
    static const uint8_t bytes[4] = {192, 0, 2, 255};
    wspi_address address;
    wspi_address_set(&address, 4, bytes, 80);
    char room[WSPI_ADDRESS_TEXT_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_address_add_text(&address, &text);
    CHECK_STRING(room, "192.0.2.255");
    CHECK_INT(address.port, 80);
}

static void writes_ipv6_as_rfc_5952_recommends(void)
{
    static const struct {
        uint16_t groups[8];
        const char *wanted;
    } rows[] = {
        {{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
        {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
        {{1, 0, 0, 0, 0, 0, 0, 0}, "1::"},
        /* 4.1: leading zeros are left out; 4.3: lower case. */
        {{0x2001, 0xdb8, 0xa, 0xbc, 0xdef, 0xfedc, 0x10, 0x100}, "2001:db8:a:bc:def:fedc:10:100"},
        /* 4.2.1: shortened as far as possible. */
        {{0x2001, 0xdb8, 0, 0, 0, 0, 2, 1}, "2001:db8::2:1"},
        /* 4.2.2: a single zero group stays. */
        {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "2001:db8:0:1:1:1:1:1"},
        {{0, 1, 2, 3, 4, 5, 6, 7}, "0:1:2:3:4:5:6:7"},
        {{1, 2, 3, 4, 5, 6, 7, 0}, "1:2:3:4:5:6:7:0"},
        /* 4.2.3: the longest run, the first of equals. */
        {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "2001:0:0:1::1"},
        {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "2001:db8::1:0:0:1"},
        {{0, 0, 1, 2, 3, 4, 0, 0}, "::1:2:3:4:0:0"},
        {{1, 2, 3, 4, 5, 6, 0, 0}, "1:2:3:4:5:6::"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("row %zu", i);
        check_ipv6_text(rows[i].groups, 0, rows[i].wanted);
    }
}

static void writes_the_scope_of_a_link_local_address(void)
{
    static const uint16_t groups[8] = {0xfe80, 0, 0, 0, 0, 0, 0, 1};
    check_ipv6_text(groups, 3, "fe80::1%3");
}

static void has_room_for_the_longest_text(void)
{
    static const uint16_t groups[8] = {0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff};
    check_ipv6_text(groups, UINT32_MAX, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295");
}

static void writes_nothing_for_no_address(void)
{
    const wspi_address none = {0};
    char room[WSPI_ADDRESS_TEXT_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_address_add_text(&none, &text);
    CHECK_STRING(room, "");
}

static void stores_mapped_ipv6_as_plain_ipv4(void)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 9};
    static const uint8_t plain[4] = {127, 0, 0, 9};
    wspi_address from_mapped;
    wspi_address from_plain;
    wspi_address_set(&from_mapped, 6, mapped, 7);
    wspi_address_set(&from_plain, 4, plain, 7);
    CHECK_INT(from_mapped.family, 4);
    CHECK(wspi_address_equal(&from_mapped, &from_plain));
}

static void compares_every_part(void)
{
    static const uint8_t bytes[16] = {0xfe, 0x80, [15] = 1};
    wspi_address a;
    wspi_address_set(&a, 6, bytes, 7);
    a.scope = 2;
    wspi_address b = a;
    CHECK(wspi_address_equal(&a, &b));
    b.port = 8;
    CHECK(!wspi_address_equal(&a, &b));
    b = a;
    b.scope = 3;
    CHECK(!wspi_address_equal(&a, &b));
    b = a;
    b.bytes[15] = 2;
    CHECK(!wspi_address_equal(&a, &b));
    b = a;
    b.family = 4;
    CHECK(!wspi_address_equal(&a, &b));
}

static const wspi_test_case cases[] = {
    TEST_CASE(writes_ipv4_with_dots),
    TEST_CASE(writes_ipv6_as_rfc_5952_recommends),
    TEST_CASE(writes_the_scope_of_a_link_local_address),
    TEST_CASE(has_room_for_the_longest_text),
    TEST_CASE(writes_nothing_for_no_address),
    TEST_CASE(stores_mapped_ipv6_as_plain_ipv4),
    TEST_CASE(compares_every_part),
};

TEST_MAIN(cases)
