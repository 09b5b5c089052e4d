/* SPDX-License-Identifier: MIT */

/*
 * HTTP tokens, field values and comma-separated lists (RFC 9110 5.1, 5.5, 5.6.1, 5.6.2), and the checks of
 * what a program hands in to be sent: subprotocols (RFC 6455 4.1) and handshake headers. Does not parse
 * messages. Error sentences never quote a header's value, which may be a password.
 */

#include "http_token.h"

#include "memory.h"

#include <string.h>

#define MAX_PROTOCOLS     64
#define MAX_PROTOCOL_SIZE 4096 /* of all together */
#define MAX_HEADERS       64
#define MAX_HEADER_SIZE   8192 /* of all together */
#define QUOTED_MAX        64

static bool is_tchar(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    static const char others[15] = {'!', '#', '$', '%', '&', '\'', '*', '+',
                                    '-', '.', '^', '_', '`', '|',  '~'};
    return memchr(others, c, sizeof(others)) != NULL;
}

bool wspi_http_is_token(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!is_tchar(bytes[i]))
            return false;
    }
    return size > 0;
}

bool wspi_http_is_value(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t';
}

wspi_bytes wspi_http_trim(const char *bytes, size_t size)
{
    size_t begin = 0;
    while (begin < size && is_white(bytes[begin]))
        begin++;
    while (size > begin && is_white(bytes[size - 1]))
        size--;
    /* An empty view needs no address, and a NULL pointer must not be added to. */
    if (begin == size)
        return (wspi_bytes){NULL, 0};
    return (wspi_bytes){(const uint8_t *)bytes + begin, size - begin};
}

/* Where the element that begins at `at` ends: a comma outside quoted strings (5.6.4), or the end of the list.
 */
static size_t end_of_element(const char *list, size_t size, size_t at)
{
    bool is_quoted = false;
    for (; at < size; at++) {
        if (list[at] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted && list[at] == '\\' && at + 1 < size)
            at++;
        else if (!is_quoted && list[at] == ',')
            break;
    }
    return at;
}

bool wspi_http_next_element(const char *list, size_t size, size_t *offset, wspi_bytes *out_element)
{
    while (*offset < size) {
        size_t begin = *offset;
        size_t end = end_of_element(list, size, begin);
        *offset = end < size ? end + 1 : size;
        *out_element = wspi_http_trim(list + begin, end - begin);
        if (out_element->size > 0)
            return true;
    }
    return false;
}

bool wspi_http_list_has(const char *list, size_t size, const char *token)
{
    size_t offset = 0;
    wspi_bytes element;
    while (wspi_http_next_element(list, size, &offset, &element)) {
        if (wspi_text_equal_ignore_case((const char *)element.data, element.size, token, strlen(token)))
            return true;
    }
    return false;
}

void wspi_string_list_release(wspi_string_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        wspi_string_free(list->strings[i]);
    wspi_free(list->strings, list->count * sizeof(*list->strings));
    *list = (wspi_string_list){0};
}

wsp_result wspi_string_list_set(wspi_string_list *list, const char *const *strings, size_t count)
{
    wspi_string_list copy = {0};
    if (count > SIZE_MAX / sizeof(*copy.strings))
        return WSP_ERR_OUT_OF_MEMORY;
    if (count > 0) {
        copy.strings = wspi_allocate_zeroed(count * sizeof(*copy.strings));
        if (copy.strings == NULL)
            return WSP_ERR_OUT_OF_MEMORY;
        copy.count = count;
    }
    for (size_t i = 0; i < count; i++) {
        copy.strings[i] = wspi_string_copy(strings[i], strlen(strings[i]));
        if (copy.strings[i] == NULL) {
            wspi_string_list_release(&copy);
            return WSP_ERR_OUT_OF_MEMORY;
        }
    }
    wspi_string_list_release(list);
    *list = copy;
    return WSP_OK;
}

/* Writes "KIND N PROBLEM" and answers false, for the checks below. N counts from 1. */
static bool refuse(wspi_text *why, const char *kind, size_t index, const char *problem)
{
    if (why != NULL) {
        wspi_text_set(why, kind);
        wspi_text_add(why, " ");
        wspi_text_add_number(why, index + 1);
        wspi_text_add(why, problem);
    }
    return false;
}

/* Counts and sizes of a list from the program: none missing, not too many, not too long in all. */
static bool check_list(const char *kind, const char *const *strings, size_t count, size_t max_count,
                       size_t max_size, wspi_text *why)
{
    if (count > max_count)
        return refuse(why, kind, max_count, " is one too many");
    if (count > 0 && strings == NULL)
        return refuse(why, kind, 0, " is missing: the array is NULL");
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (strings[i] == NULL)
            return refuse(why, kind, i, " is NULL");
        size_t length = strlen(strings[i]);
        if (length > max_size - size)
            return refuse(why, kind, i, " makes the list too long");
        size += length;
    }
    return true;
}

bool wspi_check_protocols(const char *const *protocols, size_t count, wspi_text *why)
{
    static const char kind[] = "subprotocol";
    if (!check_list(kind, protocols, count, MAX_PROTOCOLS, MAX_PROTOCOL_SIZE, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!wspi_http_is_token(protocols[i], strlen(protocols[i])))
            return refuse(why, kind, i,
                          " is not a token: use letters, digits and - . _ only, no space or comma");
        for (size_t j = 0; j < i; j++) {
            if (strcmp(protocols[i], protocols[j]) == 0)
                return refuse(why, kind, i, " is listed twice");
        }
    }
    return true;
}

static bool is_name(const char *name, size_t size, const char *wanted)
{
    return wspi_text_equal_ignore_case(name, size, wanted, strlen(wanted));
}

static bool is_one_of(const char *name, size_t size, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_name(name, size, names[i]))
            return true;
    }
    return false;
}

/* Fields of the handshake and of message framing, which the library answers for. */
static bool is_written_by_library(const char *name, size_t size)
{
    static const char prefix[] = "Sec-WebSocket-";
    static const char *const names[] = {"Connection", "Upgrade", "Content-Length", "Transfer-Encoding"};
    if (size >= sizeof(prefix) - 1 && is_name(name, sizeof(prefix) - 1, prefix))
        return true;
    return is_one_of(name, size, names, sizeof(names) / sizeof(names[0]));
}

/* Fields that replace a default. Two of them would make a request that servers read differently or refuse. */
static bool is_single(const char *name, size_t size)
{
    static const char *const names[] = {"Host", "Origin", "User-Agent", "Cookie", "Authorization"};
    return is_one_of(name, size, names, sizeof(names) / sizeof(names[0]));
}

static size_t name_size(const char *line)
{
    return strcspn(line, ":");
}

static bool check_header(const char *const *headers, size_t i, wspi_text *why)
{
    static const char kind[] = "header";
    const char *line = headers[i];
    size_t size = name_size(line);
    if (line[size] != ':')
        return refuse(why, kind, i, " has no colon: write it as \"Name: value\"");
    if (!wspi_http_is_token(line, size))
        return refuse(why, kind, i, " has no valid name in front of the colon");
    if (!wspi_http_is_value(line + size + 1, strlen(line + size + 1)))
        return refuse(why, kind, i, " has a line end or another control byte in its value");
    if (is_written_by_library(line, size)) {
        refuse(why, kind, i, " is written by the library and cannot be set: ");
        if (why != NULL)
            wspi_text_add_printable(why, line, size, QUOTED_MAX);
        return false;
    }
    if (is_single(line, size)) {
        for (size_t j = 0; j < i; j++) {
            if (wspi_text_equal_ignore_case(line, size, headers[j], name_size(headers[j])))
                return refuse(why, kind, i, " names a field that may appear only once");
        }
    }
    return true;
}

bool wspi_check_headers(const char *const *headers, size_t count, wspi_text *why)
{
    if (!check_list("header", headers, count, MAX_HEADERS, MAX_HEADER_SIZE, why))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!check_header(headers, i, why))
            return false;
    }
    return true;
}

wsp_result wspi_string_list_copy(wspi_string_list *list, const wspi_string_list *from)
{
    return wspi_string_list_set(list, (const char *const *)from->strings, from->count);
}
