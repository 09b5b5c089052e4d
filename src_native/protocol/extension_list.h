/* SPDX-License-Identifier: MIT */
#ifndef WSPI_EXTENSION_LIST_H
#define WSPI_EXTENSION_LIST_H

#include "bytes.h"

/*
 * Whether the value of a Sec-WebSocket-Extensions field is made as RFC 6455 9.1 says:
 *
 *   extension *( "," extension )       extension = token *( ";" token [ "=" ( token | quoted token ) ] )
 *
 * Empty elements of the list, and so an empty list, pass: they name nothing (RFC 9110 5.6.1.2).
 */
bool wspi_extension_list_is_valid(const char *list, size_t size);

#endif
