/* SPDX-License-Identifier: MIT */
#ifndef WSPI_ORIGIN_H
#define WSPI_ORIGIN_H

/* The list of origins a server lets in (RFC 6454 6.2, RFC 6455 10.2). */

#include "http_token.h"

/* "scheme://host[:port]" each, at most 64: nothing behind it, no white space. */
bool wspi_origins_are_valid(const char *const *origins, size_t count);

/* Whether an Origin field, compared whole and case-insensitively, is in the list. */
bool wspi_origins_have(const wspi_string_list *origins, const char *origin);

#endif
