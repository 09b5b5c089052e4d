/* SPDX-License-Identifier: MIT */
/*
 * wsp_request natively: what the program reads of a client's request, and the one decision it may take about
 * it. Everything it hands in is checked and copied at once; bytes are made from it afterwards. Strings that
 * the head does not hold ready (joined fields, single subprotocols, a path without its query) are made when
 * asked for.
 */
#include "request.h"

#include "memory.h"
#include "text.h"

#include <string.h>

/* The limits that wspi_check_headers has for a list. */
#define LINES_MAX      64
#define LINES_SIZE_MAX 8192

void wspi_request_init(wsp_request *request, const wspi_http_head *head,
                       const wspi_handshake_verdict *verdict, const wspi_string_list *headers,
                       const char *address, uint16_t port, bool is_secure)
{
    *request = (wsp_request){.head = head,
                             .verdict = verdict,
                             .headers = headers,
                             .address = address,
                             .port = port,
                             .is_secure = is_secure,
                             .kind = WSPI_REQUEST_UPGRADE,
                             .decision = WSPI_REQUEST_UNDECIDED};
}

void wspi_request_init_http(wsp_request *request, const wspi_http_head *head, const char *address,
                            uint16_t port, bool is_secure)
{
    wspi_request_init(request, head, NULL, NULL, address, port, is_secure);
    request->kind = WSPI_REQUEST_HTTP;
}

void wspi_request_release(wsp_request *request)
{
    for (size_t i = 0; i < request->joined_count; i++)
        wspi_string_free(request->joined[i].value);
    wspi_free(request->joined, request->joined_count * sizeof *request->joined);
    wspi_free(request->offered, request->offered_size);
    wspi_string_free(request->path);
    wspi_string_free(request->content_type);
    wspi_free(request->body, request->body_size);
    wspi_free(request->lines, request->lines_capacity);
    *request = (wsp_request){0};
}

const char *wsp_request_get_method(const wsp_request *request)
{
    return request != NULL ? wspi_http_head_string(request->head, request->head->method) : "";
}

static bool split_target(const wsp_request *request, wspi_http_target *out)
{
    return wspi_http_split_target(wspi_http_head_string(request->head, request->head->target), out);
}

const char *wsp_request_get_path(const wsp_request *request)
{
    wspi_http_target target;
    if (request == NULL || !split_target(request, &target))
        return "";
    const char *path = (const char *)target.path.data;
    if (path[target.path.size] == '\0')
        return path;
    /* Caches are filled through the pointer to const that getters take: no request is a constant object. */
    wsp_request *cache = (wsp_request *)request;
    if (cache->path == NULL)
        cache->path = wspi_string_copy(path, target.path.size);
    return cache->path != NULL ? cache->path : "";
}

const char *wsp_request_get_query(const wsp_request *request)
{
    wspi_http_target target;
    return request != NULL && split_target(request, &target) ? (const char *)target.query.data : "";
}

char *wspi_request_make_url(const wsp_request *request)
{
    wspi_http_target target;
    if (request->head == NULL || !split_target(request, &target))
        return NULL;
    const char *host = wspi_http_head_value(request->head, "Host");
    wspi_bytes authority = target.authority;
    if (authority.size == 0 && host != NULL)
        authority = (wspi_bytes){(const uint8_t *)host, strlen(host)};
    const char *scheme = request->is_secure ? "wss://" : "ws://";
    const char *rest = (const char *)target.authority.data + target.authority.size;
    const char *slash = rest[0] == '/' ? "" : "/";
    size_t capacity = strlen(scheme) + authority.size + strlen(slash) + strlen(rest) + 1;
    char *url = wspi_allocate(capacity);
    if (url == NULL)
        return NULL;
    wspi_text text;
    wspi_text_begin(&text, url, capacity);
    wspi_text_add(&text, scheme);
    wspi_text_add_bytes(&text, (const char *)authority.data, authority.size);
    wspi_text_add(&text, slash);
    wspi_text_add(&text, rest);
    return url;
}

static const char *join_fields(wsp_request *request, const char *name, size_t first)
{
    for (size_t i = 0; i < request->joined_count; i++) {
        if (request->joined[i].first == first)
            return request->joined[i].value;
    }
    char *value = wspi_http_head_join(request->head, name);
    if (value == NULL)
        return NULL;
    size_t count = request->joined_count;
    wspi_joined_field *joined =
        wspi_reallocate(request->joined, count * sizeof *joined, (count + 1) * sizeof *joined);
    if (joined == NULL) {
        wspi_string_free(value);
        return NULL;
    }
    joined[count] = (wspi_joined_field){.first = first, .value = value};
    request->joined = joined;
    request->joined_count = count + 1;
    return value;
}

const char *wsp_request_get_header(const wsp_request *request, const char *name)
{
    if (request == NULL || name == NULL)
        return NULL;
    const wspi_http_head *head = request->head;
    size_t first = wspi_http_head_find(head, name, 0);
    if (first == SIZE_MAX || wspi_http_head_find(head, name, first + 1) == SIZE_MAX)
        return wspi_http_head_value(head, name);
    return join_fields((wsp_request *)request, name, first);
}

size_t wsp_request_get_header_count(const wsp_request *request)
{
    return request != NULL ? request->head->field_count : 0;
}

bool wsp_request_get_header_at(const wsp_request *request, size_t index, const char **out_name,
                               const char **out_value)
{
    if (index >= wsp_request_get_header_count(request) || out_name == NULL || out_value == NULL)
        return false;
    const wspi_http_head *head = request->head;
    *out_name = wspi_http_head_string(head, head->fields[index].name);
    *out_value = wspi_http_head_string(head, head->fields[index].value);
    return true;
}

static size_t count_offered(const wsp_request *request, size_t *out_size)
{
    size_t field = 0;
    size_t offset = 0;
    size_t count = 0;
    wspi_bytes protocol;
    *out_size = 0;
    while (wspi_handshake_next_protocol(request->head, &field, &offset, &protocol)) {
        *out_size += protocol.size + 1;
        count++;
    }
    return count;
}

/* NULL when memory is out or nothing is offered. */
static char **make_offered(wsp_request *request)
{
    if (request->offered != NULL)
        return request->offered;
    size_t strings_size;
    size_t array_size = count_offered(request, &strings_size) * sizeof(char *);
    char **offered = wspi_allocate(array_size + strings_size);
    if (offered == NULL)
        return NULL;
    char *string = (char *)offered + array_size;
    size_t field = 0;
    size_t offset = 0;
    wspi_bytes protocol;
    for (size_t i = 0; wspi_handshake_next_protocol(request->head, &field, &offset, &protocol); i++) {
        memcpy(string, protocol.data, protocol.size);
        string[protocol.size] = '\0';
        offered[i] = string;
        string += protocol.size + 1;
    }
    request->offered = offered;
    request->offered_size = array_size + strings_size;
    return offered;
}

size_t wsp_request_get_protocol_count(const wsp_request *request)
{
    size_t size;
    return request != NULL ? count_offered(request, &size) : 0;
}

const char *wsp_request_get_protocol_at(const wsp_request *request, size_t index)
{
    if (index >= wsp_request_get_protocol_count(request))
        return "";
    char **offered = make_offered((wsp_request *)request);
    return offered != NULL ? offered[index] : "";
}

const char *wsp_request_get_address(const wsp_request *request)
{
    return request != NULL ? request->address : "";
}

uint16_t wsp_request_get_port(const wsp_request *request)
{
    return request != NULL ? request->port : 0;
}

bool wsp_request_is_secure(const wsp_request *request)
{
    return request != NULL && request->is_secure;
}

/* The one place where the decision changes; it is taken once. */
static void decide(wsp_request *request, wspi_request_decision decision)
{
    request->decision = decision;
}

/* Room for a line of `size` bytes with CRLF and NUL behind the lines; NULL when memory is out. */
static char *make_room_for_line(wsp_request *request, size_t size)
{
    size_t wanted = request->lines_size + size + 3;
    if (wanted > request->lines_capacity) {
        char *lines = wspi_reallocate(request->lines, request->lines_capacity, wanted);
        if (lines == NULL)
            return NULL;
        request->lines = lines;
        request->lines_capacity = wanted;
    }
    return request->lines + request->lines_size;
}

/* Appends "name: value" CRLF if it fits and the line is one that a program may send. */
static wsp_result append_line(wsp_request *request, const char *name, const char *value)
{
    size_t name_size = strlen(name);
    size_t value_size = strlen(value);
    size_t room = wspi_left(LINES_SIZE_MAX, request->lines_size);
    if (request->line_count == LINES_MAX || room < 4 || name_size > room - 4 ||
        value_size > room - 4 - name_size)
        return WSP_ERR_INVALID_PARAMETER;
    size_t size = name_size + 2 + value_size;
    char *line = make_room_for_line(request, size);
    if (line == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    memcpy(line, name, name_size);
    memcpy(line + name_size, ": ", 2);
    memcpy(line + name_size + 2, value, value_size + 1);

    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    const char *lines[] = {line};
    if (!wspi_check_headers(lines, 1, &why)) {
        line[0] = '\0';
        return WSP_ERR_INVALID_PARAMETER;
    }
    memcpy(line + size, "\r\n", 3);
    request->lines_size += size + 2;
    request->line_count++;
    return WSP_OK;
}

wsp_result wsp_request_add_header(wsp_request *request, const char *name, const char *value)
{
    /* A name with a colon in it would pass as a shorter one. */
    if (request == NULL || name == NULL || value == NULL || !wspi_http_is_token(name, strlen(name)))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result = append_line(request, name, value);
    if (result == WSP_OK && wspi_text_equal_ignore_case(name, strlen(name), "Location", 8))
        request->has_location = true;
    return result;
}

/* The request's own copy of an offered subprotocol of that name. */
static wsp_result find_offered(wsp_request *request, const char *protocol, const char **out)
{
    size_t count = wsp_request_get_protocol_count(request);
    if (count == 0)
        return WSP_ERR_INVALID_PARAMETER;
    char **offered = make_offered(request);
    if (offered == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(offered[i], protocol) == 0) {
            *out = offered[i];
            return WSP_OK;
        }
    }
    return WSP_ERR_INVALID_PARAMETER;
}

wsp_result wsp_request_accept(wsp_request *request, const char *protocol_or_null)
{
    if (request == NULL || request->kind != WSPI_REQUEST_UPGRADE)
        return WSP_ERR_INVALID_PARAMETER;
    if (request->decision != WSPI_REQUEST_UNDECIDED)
        return WSP_ERR_ALREADY_IN_USE;
    const char *protocol = "";
    if (protocol_or_null == NULL)
        protocol = request->verdict->protocol;
    else if (protocol_or_null[0] != '\0') {
        wsp_result result = find_offered(request, protocol_or_null, &protocol);
        if (result != WSP_OK)
            return result;
    }
    request->protocol = protocol;
    decide(request, WSPI_REQUEST_ACCEPTED);
    return WSP_OK;
}

/* A plain request may also be served, and not only refused or sent elsewhere. */
static bool is_status_allowed(const wsp_request *request, int status)
{
    if (status >= 300 && status <= 399)
        return request->has_location;
    return status >= (request->kind == WSPI_REQUEST_HTTP ? 200 : 400) && status <= 599;
}

static bool are_answer_arguments_valid(const wsp_request *request, int status, const char *content_type,
                                       const void *body, size_t size)
{
    if (!is_status_allowed(request, status) || (body == NULL && size > 0))
        return false;
    if (size > 0 && (status == 204 || status == 304)) /* They have no body (RFC 9110 6.4.1). */
        return false;
    return content_type == NULL ||
           (content_type[0] != '\0' && wspi_http_is_value(content_type, strlen(content_type)));
}

wsp_result wsp_request_respond(wsp_request *request, int status, const char *content_type_or_null,
                               const void *body, size_t size)
{
    if (request == NULL || !are_answer_arguments_valid(request, status, content_type_or_null, body, size))
        return WSP_ERR_INVALID_PARAMETER;
    if (request->decision != WSPI_REQUEST_UNDECIDED)
        return WSP_ERR_ALREADY_IN_USE;
    char *content_type = NULL;
    uint8_t *copy = NULL;
    if (content_type_or_null != NULL) {
        content_type = wspi_string_copy(content_type_or_null, strlen(content_type_or_null));
        if (content_type == NULL)
            return WSP_ERR_OUT_OF_MEMORY;
    }
    if (size > 0) {
        copy = wspi_allocate(size);
        if (copy == NULL) {
            wspi_string_free(content_type);
            return WSP_ERR_OUT_OF_MEMORY;
        }
        memcpy(copy, body, size);
    }
    request->status = status;
    request->content_type = content_type;
    request->body = copy;
    request->body_size = size;
    decide(request, WSPI_REQUEST_ANSWERED);
    return WSP_OK;
}

int wspi_request_get_status(const wsp_request *request)
{
    if (request->decision == WSPI_REQUEST_ANSWERED)
        return request->status;
    return request->kind == WSPI_REQUEST_UPGRADE ? 101 : 404;
}

const char *wspi_request_get_chosen_protocol(const wsp_request *request)
{
    if (request->decision == WSPI_REQUEST_ACCEPTED)
        return request->protocol;
    bool is_default = request->decision == WSPI_REQUEST_UNDECIDED && request->kind == WSPI_REQUEST_UPGRADE;
    return is_default ? request->verdict->protocol : "";
}

bool wspi_request_write_answer(const wsp_request *request, wspi_byte_buffer *out)
{
    static const char not_found[] = "there is nothing at this path";
    const char *lines = request->lines != NULL ? request->lines : "";
    int status = wspi_request_get_status(request);
    bool is_head = strcmp(wsp_request_get_method(request), "HEAD") == 0;
    if (status == 101)
        return wspi_handshake_server_accept_with(request->verdict, wspi_request_get_chosen_protocol(request),
                                                 request->headers, lines, out);
    if (request->decision == WSPI_REQUEST_UNDECIDED)
        return wspi_handshake_server_respond(status, lines, "text/plain; charset=utf-8", not_found,
                                             sizeof not_found - 1, is_head, out);
    return wspi_handshake_server_respond(status, lines, request->content_type, request->body,
                                         request->body_size, is_head, out);
}
