/* SPDX-License-Identifier: MIT */
/*
 * The server's opening handshake (RFC 6455 4.2): what a request that http_head let pass must say to become a
 * WebSocket, and the bytes of the answers. Faults are judged in the order that helps most: a client that
 * speaks plain HTTP reads that this is no place for it before it reads about a missing key.
 */
#include "protocol/handshake_server.h"

#include "protocol/accept_key.h"
#include "protocol/extension_list.h"
#include "text.h"

#include <string.h>

static const char protocol_field[] = "Sec-WebSocket-Protocol";

/* RFC 9110 7.8: a 426 names what to upgrade to, and an Upgrade field is an option of the connection. */
#define UPGRADE_LINES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION_LINE  "Sec-WebSocket-Version: 13\r\n"

static bool equals(const char *value, const char *wanted)
{
    return value != NULL && strcmp(value, wanted) == 0;
}

/* unreserved, sub-delims and the percent sign (RFC 3986 3.2.2). */
static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~!$&'()*+,;=%", c) != NULL);
}

static bool is_address_byte(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

/* uri-host [ ":" port ] (RFC 9110 7.2), a host that is not empty. */
static bool is_authority(const char *text, size_t size)
{
    bool has_bracket = size > 0 && text[0] == '[';
    size_t at = has_bracket ? 1 : 0;
    size_t host_start = at;
    while (at < size && (has_bracket ? is_address_byte(text[at]) : is_name_byte(text[at])))
        at++;
    if (at == host_start)
        return false;
    if (has_bracket && (at == size || text[at++] != ']'))
        return false;
    if (at == size)
        return true;
    if (text[at++] != ':' || size - at > 5)
        return false;
    for (; at < size; at++) {
        if (text[at] < '0' || text[at] > '9')
            return false;
    }
    return true;
}

/* The size of "scheme://" of an absolute-form target; 0 when it does not begin so. */
static size_t find_scheme_size(const char *target, size_t size)
{
    static const char *const schemes[] = {"http://", "https://", "ws://", "wss://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t scheme_size = strlen(schemes[i]);
        if (wspi_text_equal_ignore_case(target, wspi_min(size, scheme_size), schemes[i], scheme_size))
            return scheme_size;
    }
    return 0;
}

bool wspi_http_split_target(const char *target, wspi_http_target *out)
{
    const uint8_t *bytes = (const uint8_t *)target;
    size_t size = strlen(target);
    size_t authority = 0;
    size_t path = 0;
    if (target[0] != '/') {
        authority = find_scheme_size(target, size);
        path = authority + strcspn(target + authority, "/?");
        if (authority == 0 || !is_authority(target + authority, path - authority))
            return false;
    }
    size_t end = path + strcspn(target + path, "?");
    size_t query = wspi_min(end + 1, size);
    out->authority = (wspi_bytes){bytes + authority, path - authority};
    out->path = end > path ? (wspi_bytes){bytes + path, end - path} : (wspi_bytes){(const uint8_t *)"/", 1};
    out->query = (wspi_bytes){bytes + query, size - query};
    return true;
}

bool wspi_handshake_next_protocol(const wspi_http_head *head, size_t *inout_field, size_t *inout_offset,
                                  wspi_bytes *out_protocol)
{
    for (;;) {
        size_t i = wspi_http_head_find(head, protocol_field, *inout_field);
        if (i == SIZE_MAX)
            return false;
        const char *list = wspi_http_head_string(head, head->fields[i].value);
        *inout_field = i;
        if (wspi_http_next_element(list, head->fields[i].value_size, inout_offset, out_protocol))
            return true;
        *inout_field = i + 1;
        *inout_offset = 0;
    }
}

static void refuse(wspi_handshake_verdict *verdict, int status, const char *headers, const char *text)
{
    verdict->status = status;
    verdict->headers = headers;
    verdict->text = text;
}

static const char *find_supported(const wspi_string_list *protocols, wspi_bytes offered)
{
    for (size_t i = 0; i < protocols->count; i++) {
        const char *supported = protocols->strings[i];
        if (strlen(supported) == offered.size && memcmp(supported, offered.data, offered.size) == 0)
            return supported;
    }
    return NULL;
}

/* The default choice: the first of the client's that the server has. */
static void choose_protocol(const wspi_http_head *head, const wspi_string_list *protocols,
                            wspi_handshake_verdict *verdict)
{
    const char *chosen = NULL;
    bool has_offer = false;
    size_t field = 0;
    size_t offset = 0;
    wspi_bytes offered;
    while (wspi_handshake_next_protocol(head, &field, &offset, &offered)) {
        has_offer = true;
        if (!wspi_http_is_token((const char *)offered.data, offered.size)) {
            refuse(verdict, 400, "", "a name in Sec-WebSocket-Protocol is not a token");
            return;
        }
        if (chosen == NULL)
            chosen = find_supported(protocols, offered);
    }
    if (chosen != NULL)
        verdict->protocol = chosen;
    else if (protocols->count > 0)
        refuse(verdict, 400, "",
               has_offer ? "this server supports none of the subprotocols in Sec-WebSocket-Protocol"
                         : "this server wants a subprotocol, but the request has no Sec-WebSocket-Protocol");
}

/* A body would be read as frames (RFC 6455 1.7 has none in the request). */
static bool has_body(const wspi_http_head *head)
{
    static const char name[] = "Content-Length";
    if (wspi_http_head_value(head, "Transfer-Encoding") != NULL)
        return true;
    for (size_t i = wspi_http_head_find(head, name, 0); i != SIZE_MAX;
         i = wspi_http_head_find(head, name, i + 1)) {
        const char *length = wspi_http_head_string(head, head->fields[i].value);
        if (length[0] == '\0' || length[strspn(length, "0")] != '\0')
            return true;
    }
    return false;
}

static bool is_single(const wspi_http_head *head, const char *name)
{
    return wspi_http_head_count(head, name) == 1;
}

/* RFC 9112 3.2: exactly one, which may be empty. */
static bool is_host_sane(const wspi_http_head *head)
{
    const char *host = wspi_http_head_value(head, "Host");
    return is_single(head, "Host") && (host[0] == '\0' || is_authority(host, strlen(host)));
}

/* RFC 6455 9.1: what is offered may be declined, but a list that is malformed fails the handshake. */
static bool are_extensions_sane(const wspi_http_head *head)
{
    static const char name[] = "Sec-WebSocket-Extensions";
    for (size_t i = wspi_http_head_find(head, name, 0); i != SIZE_MAX;
         i = wspi_http_head_find(head, name, i + 1)) {
        const wspi_http_field *field = &head->fields[i];
        if (!wspi_extension_list_is_valid(wspi_http_head_string(head, field->value), field->value_size))
            return false;
    }
    return true;
}

void wspi_handshake_server_judge_page(const wspi_http_head *head, wspi_handshake_verdict *out_verdict)
{
    wspi_http_target target;
    *out_verdict = (wspi_handshake_verdict){.status = 101, .text = "", .headers = "", .protocol = ""};
    if (!is_host_sane(head))
        refuse(out_verdict, 400, "", "the request needs exactly one Host field with the name of a host");
    else if (!wspi_http_split_target(wspi_http_head_string(head, head->target), &target))
        refuse(out_verdict, 400, "", "the request target is neither a path nor an absolute URL");
}

/* The rest of what a request must say that asks for a WebSocket of our version. */
static void judge_upgrade(const wspi_http_head *head, const wspi_string_list *protocols,
                          wspi_handshake_verdict *verdict)
{
    const char *key = wspi_http_head_value(head, "Sec-WebSocket-Key");
    wspi_handshake_server_judge_page(head, verdict);
    if (verdict->status != 101)
        return;
    if (!is_single(head, "Sec-WebSocket-Key") || !wspi_key_is_valid(key, strlen(key)))
        refuse(verdict, 400, "", "the request needs exactly one Sec-WebSocket-Key, 16 bytes in base64");
    else if (has_body(head))
        refuse(verdict, 400, "", "a WebSocket handshake has no body");
    else if (!are_extensions_sane(head))
        refuse(verdict, 400, "", "Sec-WebSocket-Extensions is malformed");
    else if (!wspi_key_accept(key, verdict->accept))
        refuse(verdict, 500, "", "the server could not compute Sec-WebSocket-Accept");
    else
        choose_protocol(head, protocols, verdict);
}

void wspi_handshake_server_judge(const wspi_http_head *head, const wspi_string_list *protocols,
                                 wspi_handshake_verdict *out_verdict)
{
    const char *method = wspi_http_head_string(head, head->method);
    bool wants_upgrade = wspi_http_head_has_token(head, "Upgrade", "websocket");
    *out_verdict = (wspi_handshake_verdict){.status = 101, .text = "", .headers = "", .protocol = ""};
    /* A HEAD request for a page hears what the GET for it would hear: RFC 9110 9.3.2. */
    if (!equals(method, "GET") && (wants_upgrade || !equals(method, "HEAD")))
        refuse(out_verdict, 405, "Allow: GET\r\n", "a WebSocket handshake is a GET request");
    else if (!wants_upgrade || !wspi_http_head_has_token(head, "Connection", "upgrade"))
        refuse(out_verdict, 426, UPGRADE_LINES,
               "this is a WebSocket server: the request needs Upgrade: websocket and Connection: Upgrade");
    else if (!is_single(head, "Sec-WebSocket-Version") ||
             !equals(wspi_http_head_value(head, "Sec-WebSocket-Version"), "13"))
        refuse(
            out_verdict, 426, UPGRADE_LINES VERSION_LINE,
            "this server speaks version 13 of WebSocket: the request needs Sec-WebSocket-Version: 13, once");
    else
        judge_upgrade(head, protocols, out_verdict);
}

void wspi_handshake_server_judge_fault(wspi_http_fault fault, wspi_handshake_verdict *out_verdict)
{
    *out_verdict =
        (wspi_handshake_verdict){.headers = "", .protocol = "", .text = wspi_http_fault_text(fault)};
    switch (fault) {
    case WSPI_HTTP_FAULT_NOT_HTTP:
    case WSPI_HTTP_FAULT_TLS:
    case WSPI_HTTP_FAULT_HTTP2:
    case WSPI_HTTP_FAULT_SSH: out_verdict->status = 0; break;
    case WSPI_HTTP_FAULT_BAD_START_LINE:
    case WSPI_HTTP_FAULT_BAD_VERSION:
    case WSPI_HTTP_FAULT_BAD_LINE_END:
    case WSPI_HTTP_FAULT_BAD_FIELD:
    case WSPI_HTTP_FAULT_FOLDED: out_verdict->status = 400; break;
    case WSPI_HTTP_FAULT_LINE_TOO_LONG: out_verdict->status = 414; break;
    case WSPI_HTTP_FAULT_HEAD_TOO_LONG:
    case WSPI_HTTP_FAULT_TOO_MANY_FIELDS: out_verdict->status = 431; break;
    case WSPI_HTTP_FAULT_OTHER_MAJOR: out_verdict->status = 505; break;
    case WSPI_HTTP_FAULT_NONE:
    case WSPI_HTTP_FAULT_OUT_OF_MEMORY: out_verdict->status = 500; break;
    }
}
