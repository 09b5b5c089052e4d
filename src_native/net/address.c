/* SPDX-License-Identifier: MIT */

/*
 * Transport addresses as values: made, compared, written as text in the one
 * spelling RFC 5952 recommends. Reading text is ip_literal.c's job.
 */

#include "os.h"
#include "url.h"

#include <string.h>

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

void wspi_address_add_text(const wspi_address *address, wspi_text *out)
{
    if (address->family == 6) {
        wspi_format_ipv6(address->bytes, out);
        if (address->scope != 0) {
            /* RFC 4007 11.2: the number, because an interface's name would take a question to the system. */
            wspi_text_add(out, "%");
            wspi_text_add_number(out, address->scope);
        }
    } else if (address->family == 4) {
        for (size_t i = 0; i < 4; i++) {
            wspi_text_add(out, i > 0 ? "." : "");
            wspi_text_add_number(out, address->bytes[i]);
        }
    }
}
