/* SPDX-License-Identifier: MIT */

/*
 * Numeric addresses as text, in the one spelling RFC 5952 recommends, so that
 * a program can compare and log them. Reading them is url.c's job.
 */

#include "os.h"

#include <string.h>

enum { GROUP_COUNT = 8 };

void wspi_address_set(wspi_address *out, unsigned family, const uint8_t *bytes, uint16_t port)
{
    /* RFC 4291 2.5.5.2. Kept apart, one IPv4 host would have two addresses and two texts. */
    static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};
    if (family == 6 && memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
        family = 4;
        bytes += sizeof(mapped_prefix);
    }
    *out = (wspi_address){.family = (uint8_t)family, .port = port};
    memcpy(out->bytes, bytes, family == 6 ? 16 : 4);
}

bool wspi_address_equal(const wspi_address *a, const wspi_address *b)
{
    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* RFC 5952 4.1, 4.3: no leading zeros, lower case. */
static void add_group(unsigned group, wspi_text *out)
{
    static const char digits[] = "0123456789abcdef";
    char text[4];
    size_t size = 0;
    for (int shift = 12; shift >= 0; shift -= 4) {
        unsigned digit = group >> shift & 0xf;
        if (digit != 0 || size > 0 || shift == 0)
            text[size++] = digits[digit];
    }
    wspi_text_add_bytes(out, text, size);
}

/* RFC 5952 4.2: the run of zero groups to shorten is the longest, the first of equals, and never a single
 * one. */
static size_t find_zero_run(const unsigned groups[GROUP_COUNT], size_t *out_length)
{
    size_t best = GROUP_COUNT;
    *out_length = 1;
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        size_t length = 0;
        while (i + length < GROUP_COUNT && groups[i + length] == 0)
            length++;
        if (length > *out_length) {
            best = i;
            *out_length = length;
        }
    }
    return best;
}

static void add_ipv6(const wspi_address *address, wspi_text *out)
{
    unsigned groups[GROUP_COUNT];
    for (size_t i = 0; i < GROUP_COUNT; i++)
        groups[i] = wspi_load_u16(address->bytes + 2 * i);
    size_t run_length = 0;
    size_t run = find_zero_run(groups, &run_length);
    for (size_t i = 0; i < GROUP_COUNT;) {
        if (i == run) {
            wspi_text_add(out, "::");
            i += run_length;
            continue;
        }
        if (i > 0 && i != run + run_length)
            wspi_text_add(out, ":");
        add_group(groups[i++], out);
    }
    if (address->scope != 0) {
        /* RFC 4007 11.2: the number, because an interface's name would take a question to the system. */
        wspi_text_add(out, "%");
        wspi_text_add_number(out, address->scope);
    }
}

void wspi_address_add_text(const wspi_address *address, wspi_text *out)
{
    if (address->family == 6) {
        add_ipv6(address, out);
    } else if (address->family == 4) {
        for (size_t i = 0; i < 4; i++) {
            wspi_text_add(out, i > 0 ? "." : "");
            wspi_text_add_number(out, address->bytes[i]);
        }
    }
}
