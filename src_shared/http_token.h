/* SPDX-License-Identifier: MIT */
#ifndef WSPI_HTTP_TOKEN_H
#define WSPI_HTTP_TOKEN_H

/*
 * The HTTP grammar shared by both backends (RFC 9110 5.1, 5.5, 5.6.2): tokens,
 * field names and values, and the lists of them that a program hands in.
 */

#include "bytes.h"
#include "text.h"
#include "wspeer/base.h"

/* token: at least one byte, all of them tchar. */
bool wspi_http_is_token(const char *bytes, size_t size);

/* A field value may hold any byte but control bytes other than TAB; 0x80-0xFF pass. */
bool wspi_http_is_value(const char *bytes, size_t size);

/* Cuts spaces and tabs at both ends. */
wspi_bytes wspi_http_trim(const char *bytes, size_t size);

/*
 * The next element of a comma-separated list (RFC 9110 5.6.1): skips empty
 * ones, cuts white space. `*offset` starts at 0; false at the end. O(size) over
 * a whole list. Commas inside quoted strings are not elements' ends.
 */
bool wspi_http_next_element(const char *list, size_t size, size_t *offset, wspi_bytes *out_element);

/* Whether a comma-separated list holds `token`, compared case-insensitively. */
bool wspi_http_list_has(const char *list, size_t size, const char *token);

/*
 * Owned copies of the strings a program set (subprotocols, header lines).
 * Zero-initialised: empty.
 */
typedef struct wspi_string_list {
    char **strings;
    size_t count;
} wspi_string_list;

void wspi_string_list_release(wspi_string_list *list);

/* Replaces the list by copies. WSP_ERR_OUT_OF_MEMORY leaves it as it was. */
wsp_result wspi_string_list_set(wspi_string_list *list, const char *const *strings, size_t count);

/* The same from another list. */
wsp_result wspi_string_list_copy(wspi_string_list *list, const wspi_string_list *from);

/*
 * RFC 6455 4.1: subprotocols are tokens, none twice. A count above 0 with a NULL array or element,
 * more than 64 entries or over 4,096 bytes in all: refused. `why` (may be NULL) gets one sentence.
 */
bool wspi_check_protocols(const char *const *protocols, size_t count, wspi_text *why);

/*
 * "Name: value" lines to be sent in a handshake: a token, a colon, a value without control bytes. Refused:
 * fields that the library itself writes (Connection, Upgrade, Sec-WebSocket-*, Content-Length,
 * Transfer-Encoding), more than 64 lines, over 8,192 bytes in all. Host, Origin, User-Agent, Cookie,
 * Authorization replace a default and may be named once each. `why` (may be NULL) gets one sentence, which
 * never quotes a value.
 */
bool wspi_check_headers(const char *const *headers, size_t count, wspi_text *why);

#endif
