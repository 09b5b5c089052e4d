/* SPDX-License-Identifier: MIT */
/*
 * See origin.h. What a program lists is compared as it is: a suffix, another port or "null" never matches,
 * and what no browser can send as an origin is refused when it is set, because it would lock everybody out.
 */
#include "origin.h"

#include <string.h>

enum { MAX_ORIGINS = 64, MAX_ORIGIN_SIZE = 1024 };

/* scheme (RFC 3986 3.1) up to "://"; 0 when there is none. */
static size_t measure_scheme(const char *origin)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t size = strspn(origin, allowed);
    bool is_letter = (origin[0] >= 'a' && origin[0] <= 'z') || (origin[0] >= 'A' && origin[0] <= 'Z');
    return is_letter && strncmp(origin + size, "://", 3) == 0 ? size + 3 : 0;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits >= 1 && digits <= 5 && text[digits] == '\0';
}

static bool is_origin(const char *origin)
{
    size_t scheme_size = measure_scheme(origin);
    if (scheme_size == 0 || strlen(origin) > MAX_ORIGIN_SIZE)
        return false;
    const char *host = origin + scheme_size;
    size_t size;
    if (host[0] == '[') {
        size = 1 + strspn(host + 1, "0123456789abcdefABCDEF:.");
        if (size == 1 || host[size++] != ']')
            return false;
    } else {
        size = strcspn(host, "/?#@:[]\\ \t\r\n,\"");
        if (size == 0 || !wspi_http_is_value(host, size))
            return false;
    }
    return host[size] == '\0' || (host[size] == ':' && is_port(host + size + 1));
}

bool wspi_origins_are_valid(const char *const *origins, size_t count)
{
    if (count > MAX_ORIGINS || (origins == NULL && count > 0))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (origins[i] == NULL || !is_origin(origins[i]))
            return false;
    }
    return true;
}

bool wspi_origins_have(const wspi_string_list *origins, const char *origin)
{
    size_t size = strlen(origin);
    for (size_t i = 0; i < origins->count; i++) {
        if (wspi_text_equal_ignore_case(origins->strings[i], strlen(origins->strings[i]), origin, size))
            return true;
    }
    return false;
}
