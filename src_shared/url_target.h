/* SPDX-License-Identifier: MIT */
#ifndef WSPI_URL_TARGET_H
#define WSPI_URL_TARGET_H

/* The request target of a URL: what a browser would write into the request line (URL standard, special
 * schemes). */

#include "bytes.h"

/*
 * Path and query as they are sent: dot segments removed, what may not stand in a request line
 * percent-encoded, percent-encoded bytes kept as they are, at least "/". `text` is what follows the authority
 * in the URL: empty, or starting with '/' or '?'; UTF-8 without control bytes, backslash and '#'. The answer
 * is NUL-terminated and to be freed with wspi_string_free; NULL when memory is out.
 */
char *wspi_url_make_target(const char *text, size_t size);

#endif
