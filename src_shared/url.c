/* SPDX-License-Identifier: MIT */

/*
 * Takes a ws:// or wss:// URL apart (RFC 6455 section 3, RFC 3986 section 3) and refuses with a sentence what
 * browsers would repair, strip or read differently from a resolver. Makes no look-ups. Sentences quote
 * nothing of the URL, which may hold a password in the wrong place. IP literals are in ip_literal.c, path and
 * query in url_target.c.
 */

#include "url.h"

#include "memory.h"
#include "url_target.h"
#include "utf8.h"

#include <string.h>

#define LABEL_MAX 63
#define PORT_MAX  65535

static bool refuse(wspi_text *why, const char *sentence)
{
    wspi_text_set(why, sentence);
    return false;
}

/* What may stand nowhere in a URL, whichever part it is in. */
static bool check_bytes(const char *url, size_t size, wspi_text *why)
{
    if (size == 0)
        return refuse(why, "URL is empty: use ws://host or wss://host");
    if (size > WSPI_URL_MAX)
        return refuse(why, "URL is longer than 8192 bytes");
    if (url[0] == ' ' || url[size - 1] == ' ')
        return refuse(why, "URL begins or ends with a space");
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)url[i] < 0x20 || url[i] == 0x7f)
            return refuse(why, "URL has a line end, tab or other control byte in it");
        if (url[i] == '\\')
            return refuse(why, "URL has a backslash in it: use / between parts, %5C elsewhere");
        if (url[i] == '#')
            return refuse(
                why, "URL has a fragment (#), which WebSocket URLs cannot have: use %23 for the character");
    }
    if (!wspi_utf8_is_valid(url, size))
        return refuse(why, "URL is not valid UTF-8");
    return true;
}

static bool is_letter(char c)
{
    char lower = wspi_text_lower(c);
    return lower >= 'a' && lower <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 3986 3.1. The size of what stands in front of the colon, 0 when that is no scheme. */
static size_t scheme_size(const char *url)
{
    size_t at = 0;
    if (!is_letter(url[0]))
        return 0;
    while (is_letter(url[at]) || is_digit(url[at]) || url[at] == '+' || url[at] == '-' || url[at] == '.')
        at++;
    return url[at] == ':' ? at : 0;
}

/* Answers where the authority begins; 0: refused. */
static size_t read_scheme(const char *url, wspi_url *out, wspi_text *why)
{
    size_t size = scheme_size(url);
    bool has_slashes = size > 0 && url[size + 1] == '/' && url[size + 2] == '/';
    out->is_secure = wspi_text_equal_ignore_case(url, size, "wss", 3);
    if (out->is_secure || wspi_text_equal_ignore_case(url, size, "ws", 2)) {
        if (has_slashes)
            return size + 3;
        refuse(why, "URL lacks the two slashes after its scheme: use ws://host or wss://host");
    } else if (wspi_text_equal_ignore_case(url, size, "http", 4)) {
        refuse(why, "URL scheme is http: use ws:// instead");
    } else if (wspi_text_equal_ignore_case(url, size, "https", 5)) {
        refuse(why, "URL scheme is https: use wss:// instead");
    } else if (has_slashes) {
        refuse(why, "URL scheme is not a WebSocket one: use ws:// or wss://");
    } else {
        refuse(why, "URL has no scheme: use ws:// or wss://");
    }
    return 0;
}

static bool read_port(const char *text, size_t size, wspi_url *out, wspi_text *why)
{
    unsigned default_port = out->is_secure ? 443 : 80;
    unsigned port = 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]))
            return refuse(why, "URL port is not a number");
        port = port * 10 + (unsigned)(text[i] - '0');
        if (port > PORT_MAX)
            return refuse(why, "URL port is above 65535");
    }
    if (size > 0 && port == 0)
        return refuse(why, "URL port is 0: use 1 to 65535");
    out->port = (uint16_t)(size > 0 ? port : default_port);
    out->is_default_port = out->port == default_port;
    return true;
}

static bool read_ipv6_host(const char *host, size_t size, wspi_url *out, wspi_text *why)
{
    if (size > 0 && memchr(host, '%', size) != NULL)
        return refuse(why, "URL has an IPv6 zone id, which browsers refuse: leave it out");
    if (!wspi_parse_ip_literal(host, size, &out->host_kind, out->address) || out->host_kind != WSPI_HOST_IPV6)
        return refuse(why, "URL has something other than an IPv6 address in its brackets");
    wspi_text canonical;
    wspi_text_begin(&canonical, out->host, sizeof(out->host));
    wspi_format_ipv6(out->address, &canonical);
    return true;
}

static bool check_host_bytes(const char *host, size_t size, wspi_text *why)
{
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)host[i] >= 0x80)
            return refuse(why, "URL host has non-ASCII characters: use its punycode form (xn--...)");
        if (host[i] == '%')
            return refuse(why, "URL host is percent-encoded: write it plainly");
        if (!is_letter(host[i]) && !is_digit(host[i]) && strchr("-_.", host[i]) == NULL)
            return refuse(why,
                          "URL host has a character that is not a letter, digit, hyphen, underscore or dot");
    }
    return true;
}

/* RFC 1035 2.3.4. One dot at the end stands for the root and is no empty label. */
static bool check_labels(const char *host, size_t size, wspi_text *why)
{
    size_t begin = 0;
    while (begin < size) {
        const char *dot = memchr(host + begin, '.', size - begin);
        size_t length = dot != NULL ? (size_t)(dot - host) - begin : size - begin;
        if (length == 0)
            return refuse(why, "URL host has an empty part: two dots in a row, or one in front");
        if (length > LABEL_MAX)
            return refuse(why, "URL host has a part of more than 63 characters between dots");
        begin += length + 1;
    }
    return true;
}

/*
 * Whether browsers take the host for an IPv4 address in any spelling (URL standard, "ends in a number"): its
 * last label is digits, or 0x and hexadecimal digits. Labels were checked.
 */
static bool ends_in_number(const char *host, size_t size)
{
    if (host[size - 1] == '.')
        size--;
    size_t begin = size;
    while (begin > 0 && host[begin - 1] != '.')
        begin--;
    const char *digits = "0123456789";
    if (size - begin >= 2 && host[begin] == '0' && wspi_text_lower(host[begin + 1]) == 'x') {
        digits = "0123456789abcdefABCDEF";
        begin += 2;
    }
    for (; begin < size; begin++) {
        if (strchr(digits, host[begin]) == NULL)
            return false;
    }
    return true;
}

static bool read_named_host(const char *host, size_t size, wspi_url *out, wspi_text *why)
{
    if (size == 0)
        return refuse(why, "URL has no host");
    if (!check_host_bytes(host, size, why) || !check_labels(host, size, why))
        return false;
    if (size > WSPI_HOST_MAX)
        return refuse(why, "URL host is longer than 253 characters");
    if (ends_in_number(host, size)) {
        /* Without a colon it cannot be an IPv6 literal. */
        if (!wspi_parse_ip_literal(host, size, &out->host_kind, out->address))
            return refuse(why, "URL host looks like an IPv4 address but is not four numbers from 0 to 255 "
                               "without leading zeros");
    } else {
        out->host_kind = WSPI_HOST_NAME;
    }
    for (size_t i = 0; i < size; i++)
        out->host[i] = wspi_text_lower(host[i]);
    out->host[size] = '\0';
    return true;
}

/* host[:port], RFC 3986 3.2 without user information. The text goes on behind `size` bytes. */
static bool read_authority(const char *text, size_t size, wspi_url *out, wspi_text *why)
{
    if (size > 0 && memchr(text, '@', size) != NULL)
        return refuse(why,
                      "URL has a user name or password in it: send credentials in a header or a message");
    bool has_brackets = text[0] == '[';
    size_t host_size = strcspn(text, has_brackets ? "]/?" : ":/?");
    if (has_brackets && text[host_size++] != ']')
        return refuse(why, "URL has an opening bracket without its closing one");
    bool has_port = host_size < size;
    if (has_port && text[host_size] != ':')
        return refuse(why, "URL has something other than a port behind the brackets");
    const char *port = text + host_size + (has_port ? 1 : 0);
    size_t port_size = has_port ? size - host_size - 1 : 0;
    if (!has_brackets && port_size > 0 && memchr(port, ':', port_size) != NULL)
        return refuse(why,
                      "URL has several colons in its host: put an IPv6 address into brackets, ws://[::1]/");
    bool is_host_read = has_brackets ? read_ipv6_host(text + 1, host_size - 2, out, why)
                                     : read_named_host(text, host_size, out, why);
    return is_host_read && read_port(port, port_size, out, why);
}

/* Everything but the target, whose place it answers; NULL: refused. */
static const char *read_origin(const char *url, wspi_url *out, wspi_text *why)
{
    if (url == NULL) {
        refuse(why, "URL is missing (NULL)");
        return NULL;
    }
    if (!check_bytes(url, strlen(url), why))
        return NULL;
    size_t authority = read_scheme(url, out, why);
    if (authority == 0)
        return NULL;
    size_t size = strcspn(url + authority, "/?");
    return read_authority(url + authority, size, out, why) ? url + authority + size : NULL;
}

wsp_result wspi_url_parse(const char *url, wspi_url *out, wspi_text *why)
{
    *out = (wspi_url){0};
    const char *rest = read_origin(url, out, why);
    wsp_result result = WSP_ERR_INVALID_PARAMETER;
    if (rest != NULL) {
        out->target = wspi_url_make_target(rest, strlen(rest));
        result = out->target != NULL ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
    }
    if (result != WSP_OK)
        *out = (wspi_url){0};
    return result;
}

void wspi_url_release(wspi_url *url)
{
    wspi_string_free(url->target);
    *url = (wspi_url){0};
}

void wspi_url_add_authority(const wspi_url *url, wspi_text *out)
{
    bool is_ipv6 = url->host_kind == WSPI_HOST_IPV6;
    wspi_text_add(out, is_ipv6 ? "[" : "");
    wspi_text_add(out, url->host);
    wspi_text_add(out, is_ipv6 ? "]" : "");
    if (!url->is_default_port) {
        wspi_text_add(out, ":");
        wspi_text_add_number(out, url->port);
    }
}
