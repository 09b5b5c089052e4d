/* SPDX-License-Identifier: MIT */

/*
 * Reads IPv4 and IPv6 literals in the forms that resolvers and browsers agree on (RFC 3986 3.2.2, RFC 4291
 * 2.2): four decimal numbers without leading zeros, or groups of one to four hexadecimal digits. No short,
 * octal or hexadecimal IPv4 forms, no zone ids, no brackets. Writes IPv6 as browsers do (RFC 5952,
 * hexadecimal throughout).
 */

#include "url.h"

#include <string.h>

#define GROUPS 8
#define NO_GAP (GROUPS + 1)

static bool parse_ipv4(const char *text, size_t size, uint8_t out[4])
{
    size_t at = 0;
    for (int part = 0; part < 4; part++) {
        if (part > 0 && (at == size || text[at++] != '.'))
            return false;
        size_t begin = at;
        unsigned value = 0;
        for (; at < size && at - begin < 3 && text[at] >= '0' && text[at] <= '9'; at++)
            value = value * 10 + (unsigned)(text[at] - '0');
        bool has_leading_zero = at - begin > 1 && text[begin] == '0';
        if (at == begin || has_leading_zero || value > 255)
            return false;
        out[part] = (uint8_t)value;
    }
    return at == size;
}

/* 0-15, or 16 for a byte that is no hexadecimal digit. */
static unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    char lower = wspi_text_lower(c);
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a' + 10) : 16;
}

static bool parse_group(const char *text, size_t size, uint16_t *out)
{
    if (size < 1 || size > 4)
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned digit = hex_value(text[i]);
        if (digit > 15)
            return false;
        value = value << 4 | digit;
    }
    *out = (uint16_t)value;
    return true;
}

/* The groups as written, and before which of them `::` stands. */
typedef struct ipv6_text {
    uint16_t groups[GROUPS];
    size_t count;
    size_t gap;
} ipv6_text;

/* Reads what stands between two colons; the last place may hold an IPv4 address, which counts as two groups.
 */
static bool read_piece(ipv6_text *ipv6, const char *piece, size_t size, bool is_last)
{
    uint8_t ipv4[4];
    if (is_last && ipv6->count <= GROUPS - 2 && parse_ipv4(piece, size, ipv4)) {
        ipv6->groups[ipv6->count++] = wspi_load_u16(ipv4);
        ipv6->groups[ipv6->count++] = wspi_load_u16(ipv4 + 2);
        return true;
    }
    return ipv6->count < GROUPS && parse_group(piece, size, &ipv6->groups[ipv6->count++]);
}

static bool read_ipv6(ipv6_text *ipv6, const char *text, size_t size)
{
    size_t at = 0;
    if (size >= 2 && text[0] == ':' && text[1] == ':') {
        ipv6->gap = 0;
        at = 2;
    }
    while (at < size) {
        const char *colon = memchr(text + at, ':', size - at);
        size_t end = colon != NULL ? (size_t)(colon - text) : size;
        if (!read_piece(ipv6, text + at, end - at, end == size))
            return false;
        at = end;
        if (at == size)
            break;
        at++;
        if (at == size)
            return false; /* One colon at the end. */
        if (text[at] == ':') {
            if (ipv6->gap != NO_GAP)
                return false;
            ipv6->gap = ipv6->count;
            at++;
        }
    }
    return ipv6->gap == NO_GAP ? ipv6->count == GROUPS : ipv6->count < GROUPS;
}

static bool parse_ipv6(const char *text, size_t size, uint8_t out[16])
{
    ipv6_text ipv6 = {.gap = NO_GAP};
    if (!read_ipv6(&ipv6, text, size))
        return false;
    size_t missing = GROUPS - ipv6.count;
    memset(out, 0, 16);
    for (size_t i = 0; i < ipv6.count; i++)
        wspi_store_u16(out + 2 * (i < ipv6.gap ? i : i + missing), ipv6.groups[i]);
    return true;
}

bool wspi_parse_ip_literal(const char *text, size_t size, wspi_host_kind *out_kind, uint8_t out_address[16])
{
    uint8_t address[16];
    if (parse_ipv4(text, size, address)) {
        *out_kind = WSPI_HOST_IPV4;
        memcpy(out_address, address, 4);
        return true;
    }
    if (parse_ipv6(text, size, address)) {
        *out_kind = WSPI_HOST_IPV6;
        memcpy(out_address, address, 16);
        return true;
    }
    return false;
}

static void add_hex(wspi_text *out, unsigned value)
{
    static const char digits[] = "0123456789abcdef";
    for (int shift = 12; shift >= 0; shift -= 4) {
        if (value >> shift != 0 || shift == 0)
            wspi_text_add_bytes(out, &digits[value >> shift & 15], 1);
    }
}

/* Zero groups from `from` on. */
static size_t zero_run(const uint8_t address[16], size_t from)
{
    size_t length = 0;
    while (from + length < GROUPS && wspi_load_u16(address + 2 * (from + length)) == 0)
        length++;
    return length;
}

void wspi_format_ipv6(const uint8_t address[16], wspi_text *out)
{
    /* RFC 5952 4.2: the longest run of at least two zero groups is left out, the first of equals. */
    size_t gap = NO_GAP;
    size_t gap_length = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        if (zero_run(address, i) > gap_length) {
            gap = i;
            gap_length = zero_run(address, i);
        }
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (i == gap) {
            wspi_text_add(out, "::");
            i += gap_length - 1;
            continue;
        }
        if (i > 0 && (gap == NO_GAP || i != gap + gap_length))
            wspi_text_add(out, ":");
        add_hex(out, wspi_load_u16(address + 2 * i));
    }
}
