/* SPDX-License-Identifier: MIT */
/*
 * The syntax of Sec-WebSocket-Extensions (RFC 6455 9.1), which has to be right even where no extension is
 * wanted: a list that is not fails the handshake. Knows no extension and negotiates none.
 */
#include "protocol/extension_list.h"

#include "http_token.h"

#include <string.h>

/* A quoted string whose content, without the escapes, is a token (RFC 9110 5.6.4). */
static bool is_quoted_token(wspi_bytes value)
{
    const char *bytes = (const char *)value.data;
    if (value.size < 3 || bytes[0] != '"' || bytes[value.size - 1] != '"')
        return false;
    size_t end = value.size - 1;
    for (size_t i = 1; i < end; i++) {
        if (bytes[i] == '\\' && ++i == end)
            return false;
        if (!wspi_http_is_token(bytes + i, 1))
            return false;
    }
    return true;
}

static bool is_token(wspi_bytes text)
{
    return wspi_http_is_token((const char *)text.data, text.size);
}

/* token [ "=" ( token | quoted-string ) ] */
static bool is_parameter(const char *bytes, size_t size)
{
    const char *equals = size > 0 ? memchr(bytes, '=', size) : NULL;
    if (equals == NULL)
        return is_token(wspi_http_trim(bytes, size));
    size_t name_size = (size_t)(equals - bytes);
    wspi_bytes value = wspi_http_trim(equals + 1, size - name_size - 1);
    return is_token(wspi_http_trim(bytes, name_size)) && (is_token(value) || is_quoted_token(value));
}

/* token *( ";" parameter ). A semicolon is no token character, so a quoted one is as wrong as it looks here.
 */
static bool is_extension(const char *bytes, size_t size)
{
    const char *semicolon = memchr(bytes, ';', size);
    size_t name_size = semicolon != NULL ? (size_t)(semicolon - bytes) : size;
    if (!is_token(wspi_http_trim(bytes, name_size)))
        return false;
    for (size_t at = name_size; at < size;) {
        size_t start = at + 1;
        semicolon = start < size ? memchr(bytes + start, ';', size - start) : NULL;
        at = semicolon != NULL ? (size_t)(semicolon - bytes) : size;
        if (!is_parameter(bytes + start, at - start))
            return false;
    }
    return true;
}

bool wspi_extension_list_is_valid(const char *list, size_t size)
{
    size_t offset = 0;
    wspi_bytes extension;
    while (wspi_http_next_element(list, size, &offset, &extension)) {
        if (!is_extension((const char *)extension.data, extension.size))
            return false;
    }
    return true;
}
