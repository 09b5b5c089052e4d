/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SECRETS_H
#define WSPI_SECRETS_H

/*
 * What a program gave for the server's eyes only: values of the URL's query and of its own header lines. A
 * server that refuses them may repeat them in its answer, which is quoted in messages that end up in logs.
 */

#include "http_token.h"

/* Where the first of them begins in a text, also one that the text's end cuts off; `size` when there is none.
 * `target` is a URL's path and query. Values of a few bytes are none: they are words of any text.
 */
size_t wspi_find_secret(const char *text, size_t size, const char *target, const wspi_string_list *headers);

#endif
