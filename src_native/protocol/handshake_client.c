/* SPDX-License-Identifier: MIT */
/*
 * The client's opening handshake (RFC 6455 4.1, 4.2.2): writes the request and judges the response. It
 * follows no redirect and answers no 401 by itself, as browsers do not either; the program reads status and
 * fields, and the message tells a person what the server said. Checks of what the program set (protocols,
 * headers) happen before.
 */
#include "protocol/handshake_client.h"

#include "memory.h"
#include "protocol/accept_key.h"
#include "protocol/secrets.h"
#include "utf8.h"

#include <assert.h>
#include <string.h>

#define REASON_QUOTE_MAX   60
#define LOCATION_QUOTE_MAX 150
#define PROTOCOL_QUOTE_MAX 60

static bool append(wspi_byte_buffer *out, const char *string)
{
    return wspi_byte_buffer_append(out, string, strlen(string));
}

static bool has_host_line(const wspi_string_list *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (wspi_text_equal_ignore_case(headers->strings[i], wspi_min(strlen(headers->strings[i]), 5),
                                        "Host:", 5))
            return true;
    }
    return false;
}

static bool append_host(const wspi_url *url, wspi_byte_buffer *out)
{
    char array[WSPI_HOST_MAX + sizeof "[]:65535"];
    wspi_text authority;
    wspi_text_begin(&authority, array, sizeof array);
    wspi_url_add_authority(url, &authority);
    return append(out, "Host: ") && wspi_byte_buffer_append(out, array, authority.size) &&
           append(out, "\r\n");
}

static bool append_protocols(const wspi_string_list *protocols, wspi_byte_buffer *out)
{
    for (size_t i = 0; i < protocols->count; i++) {
        if (!append(out, i == 0 ? "Sec-WebSocket-Protocol: " : ", ") || !append(out, protocols->strings[i]))
            return false;
    }
    return protocols->count == 0 || append(out, "\r\n");
}

static bool append_lines(const wspi_string_list *headers, wspi_byte_buffer *out)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!append(out, headers->strings[i]) || !append(out, "\r\n"))
            return false;
    }
    return true;
}

bool wspi_handshake_client_start(wspi_handshake_client *handshake, const wspi_url *url,
                                 const wspi_string_list *protocols, const wspi_string_list *headers,
                                 const uint8_t nonce[16], wspi_byte_buffer *out)
{
    *handshake = (wspi_handshake_client){.state = WSPI_HANDSHAKE_CLIENT_HEAD,
                                         .protocols = protocols,
                                         .protocol = "",
                                         .headers = headers,
                                         .target = wspi_string_copy(url->target, strlen(url->target))};
    wspi_http_head_init(&handshake->head, WSPI_HTTP_RESPONSE);
    char key[WSPI_KEY_SIZE + 1];
    wspi_key_encode(nonce, key);
    return handshake->target != NULL && wspi_key_accept(key, handshake->accept) && append(out, "GET ") &&
           append(out, url->target) && append(out, " HTTP/1.1\r\n") &&
           (has_host_line(headers) || append_host(url, out)) &&
           append(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ") &&
           append(out, key) && append(out, "\r\nSec-WebSocket-Version: 13\r\n") &&
           append_protocols(protocols, out) && append_lines(headers, out) && append(out, "\r\n");
}

void wspi_handshake_client_release(wspi_handshake_client *handshake)
{
    wspi_string_free(handshake->target);
    wspi_http_head_release(&handshake->head);
}

static void enter_state(wspi_handshake_client *handshake, wspi_handshake_client_state state)
{
    assert(handshake->state == WSPI_HANDSHAKE_CLIENT_HEAD ||
           (handshake->state == WSPI_HANDSHAKE_CLIENT_BODY && state == WSPI_HANDSHAKE_CLIENT_FAILED));
    handshake->state = state;
}

static void fail(wspi_handshake_client *handshake, wsp_result result)
{
    enter_state(handshake, WSPI_HANDSHAKE_CLIENT_FAILED);
    handshake->result = result;
}

static void fail_by_fault(wspi_handshake_client *handshake, wspi_http_fault fault, wspi_text *why)
{
    bool is_memory = fault == WSPI_HTTP_FAULT_OUT_OF_MEMORY;
    wspi_text_set(why, is_memory ? "" : "the server's answer is not valid HTTP: ");
    wspi_text_add(why, wspi_http_fault_text(fault));
    fail(handshake, is_memory ? WSP_ERR_OUT_OF_MEMORY : WSP_ERR_PROTOCOL);
}

static bool is_offered(wspi_handshake_client *handshake, const char *protocol)
{
    for (size_t i = 0; i < handshake->protocols->count; i++) {
        if (strcmp(handshake->protocols->strings[i], protocol) == 0) {
            handshake->protocol = handshake->protocols->strings[i];
            return true;
        }
    }
    return false;
}

/* RFC 6455 4.1, step 6 of the response. One who offers and gets no choice fails as well: browsers do. */
static bool check_protocol(wspi_handshake_client *handshake, wspi_text *why)
{
    size_t count = wspi_http_head_count(&handshake->head, "Sec-WebSocket-Protocol");
    bool has_offered = handshake->protocols->count > 0;
    if (count == 0 && !has_offered)
        return true;
    if (count == 0)
        wspi_text_set(why, "the server chose none of the offered subprotocols");
    else if (!has_offered)
        wspi_text_set(why, "the server chose a subprotocol, but none was offered");
    else if (count > 1)
        wspi_text_set(why, "the server sent Sec-WebSocket-Protocol more than once");
    else {
        const char *chosen = wspi_http_head_value(&handshake->head, "Sec-WebSocket-Protocol");
        if (is_offered(handshake, chosen))
            return true;
        wspi_text_set(why, "the server chose a subprotocol that was not offered: ");
        wspi_text_add_printable(why, chosen, strlen(chosen), PROTOCOL_QUOTE_MAX);
    }
    return false;
}

static bool has_extensions(const wspi_http_head *head)
{
    static const char name[] = "Sec-WebSocket-Extensions";
    for (size_t i = wspi_http_head_find(head, name, 0); i != SIZE_MAX;
         i = wspi_http_head_find(head, name, i + 1)) {
        if (head->fields[i].value_size > 0)
            return true;
    }
    return false;
}

/* The only field of that name has that value. */
static bool is_single_value(const wspi_http_head *head, const char *name, const char *wanted,
                            bool ignore_case)
{
    const char *value = wspi_http_head_value(head, name);
    if (value == NULL || wspi_http_head_count(head, name) != 1)
        return false;
    return ignore_case ? wspi_text_equal_ignore_case(value, strlen(value), wanted, strlen(wanted))
                       : strcmp(value, wanted) == 0;
}

/* RFC 6455 4.1, the version and steps 2 to 6 of the response. false: `why` says what is wrong. */
static bool check_upgrade(wspi_handshake_client *handshake, wspi_text *why)
{
    const wspi_http_head *head = &handshake->head;
    if (head->is_other_minor)
        wspi_text_set(why, "the server answered 101 in another version than HTTP/1.1");
    else if (!is_single_value(head, "Upgrade", "websocket", true))
        wspi_text_set(why, "the server answered 101 without Upgrade: websocket");
    else if (!wspi_http_head_has_token(head, "Connection", "upgrade"))
        wspi_text_set(why, "the server answered 101 without Connection: Upgrade");
    else if (wspi_http_head_value(head, "Sec-WebSocket-Accept") == NULL)
        wspi_text_set(why, "the server answered 101 without Sec-WebSocket-Accept");
    else if (!is_single_value(head, "Sec-WebSocket-Accept", handshake->accept, false))
        wspi_text_set(why, "the server's Sec-WebSocket-Accept is wrong");
    else if (has_extensions(head))
        wspi_text_set(why, "the server chose an extension, but none was offered");
    else
        return check_protocol(handshake, why);
    return false;
}

/* Turns runs of white space into one space, cuts them at the ends, and cuts a character that the limit split.
 */
static void tidy_body(wspi_handshake_client *handshake)
{
    char *body = handshake->body;
    size_t size = 0;
    for (size_t i = 0; i < handshake->body_size; i++) {
        bool is_space = body[i] == ' ' || (body[i] >= '\t' && body[i] <= '\r');
        if (is_space && (size == 0 || body[size - 1] == ' '))
            continue;
        body[size++] = is_space ? ' ' : body[i];
    }
    if (size > 0 && body[size - 1] == ' ')
        size--;
    wspi_utf8 validator = {0};
    if (wspi_utf8_feed(&validator, (const uint8_t *)body, size) && !wspi_utf8_is_complete(&validator)) {
        while (((uint8_t)body[--size] & 0xc0) == 0x80) {}
    }
    handshake->body_size = size;
}

/* A quote ends in front of what the program told the server alone. */
static void quote(const wspi_handshake_client *handshake, const char *text, size_t size, size_t max,
                  wspi_text *why)
{
    size_t seen = wspi_min(size, max);
    size_t shown = wspi_find_secret(text, seen, handshake->target, handshake->headers);
    wspi_text_add_printable(why, text, shown < seen ? shown : size, max);
    if (shown < seen)
        wspi_text_add(why, "...");
}

/* "the server answered 302 Found (Location: /elsewhere): it moved". A redirection as a rule repeats the query
 * of our URL, where secrets stand: it is left out. The whole field stays readable. */
static void fail_by_refusal(wspi_handshake_client *handshake, wspi_text *why)
{
    const wspi_http_head *head = &handshake->head;
    const char *reason = wspi_http_head_string(head, head->reason);
    const char *location = head->status / 100 == 3 ? wspi_http_head_value(head, "Location") : NULL;
    wspi_text_set(why, "the server answered ");
    wspi_text_add_number(why, (uint64_t)head->status);
    if (reason[0] != '\0') {
        wspi_text_add(why, " ");
        quote(handshake, reason, strlen(reason), REASON_QUOTE_MAX, why);
    }
    if (location != NULL) {
        wspi_text_add(why, " (Location: ");
        size_t shown = strcspn(location, "?#");
        wspi_text_add_printable(why, location, shown, LOCATION_QUOTE_MAX);
        wspi_text_add(why, location[shown] != '\0' ? "...)" : ")");
    }
    if (handshake->body_is_chunked) /* What there is, is a part of the size line. */
        handshake->body_size = 0;
    tidy_body(handshake);
    if (handshake->body_size > 0) {
        wspi_text_add(why, ": ");
        quote(handshake, handshake->body, handshake->body_size, handshake->body_size, why);
    }
    fail(handshake, WSP_ERR_HANDSHAKE_REJECTED);
}

/* How much of a body with this Content-Length to wait for. A length that makes no sense counts as none. */
static size_t find_body_wanted(const char *length)
{
    if (length == NULL || length[0] == '\0')
        return WSPI_BODY_QUOTE_MAX;
    size_t wanted = 0;
    for (; *length >= '0' && *length <= '9'; length++)
        wanted = wspi_min(wanted * 10 + (size_t)(*length - '0'), WSPI_BODY_QUOTE_MAX);
    return *length == '\0' ? wanted : WSPI_BODY_QUOTE_MAX;
}

/* RFC 9112 6.3: which statuses have no body, and that chunks go before a length. */
static void begin_body(wspi_handshake_client *handshake, wspi_text *why)
{
    const wspi_http_head *head = &handshake->head;
    bool has_body = head->status != 204 && head->status != 304;
    handshake->body_is_chunked = has_body && wspi_http_head_has_token(head, "Transfer-Encoding", "chunked");
    handshake->body_wanted = has_body ? WSPI_BODY_QUOTE_MAX : 0;
    if (has_body && !handshake->body_is_chunked)
        handshake->body_wanted = find_body_wanted(wspi_http_head_value(head, "Content-Length"));
    if (handshake->body_wanted == 0)
        fail_by_refusal(handshake, why);
    else
        enter_state(handshake, WSPI_HANDSHAKE_CLIENT_BODY);
}

/* An interim answer (RFC 9110 15.2) says nothing about the outcome: forget it, and remember its size. */
static void skip_interim(wspi_handshake_client *handshake)
{
    handshake->interim_size += handshake->head.text.size;
    wspi_http_head_release(&handshake->head);
}

static void judge(wspi_handshake_client *handshake, wspi_text *why)
{
    int status = handshake->head.status;
    if (status == 101) {
        if (check_upgrade(handshake, why))
            enter_state(handshake, WSPI_HANDSHAKE_CLIENT_ACCEPTED);
        else
            fail(handshake, WSP_ERR_HANDSHAKE_REJECTED);
    } else if (status < 200) {
        skip_interim(handshake);
    } else {
        begin_body(handshake, why);
    }
}

static size_t feed_head(wspi_handshake_client *handshake, const uint8_t *bytes, size_t size, wspi_text *why)
{
    wspi_http_head *head = &handshake->head;
    size_t consumed;
    /* All heads together have the limit of one, or interim answers could go on for ever. */
    size_t room = wspi_left(WSPI_HTTP_HEAD_MAX, handshake->interim_size + head->text.size);
    wspi_http_state state = wspi_http_head_feed(head, bytes, wspi_min(size, room), &consumed);
    if (state == WSPI_HTTP_STATE_DONE)
        judge(handshake, why);
    else if (state == WSPI_HTTP_STATE_REFUSED)
        fail_by_fault(handshake, head->fault, why);
    if (handshake->state == WSPI_HANDSHAKE_CLIENT_HEAD && consumed == room)
        fail_by_fault(handshake, WSPI_HTTP_FAULT_HEAD_TOO_LONG, why);
    return consumed;
}

/* The size a chunk's first line states (RFC 9112 7.1), at most the quote's. */
static size_t parse_chunk_size(const char *line, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t value = 0;
    for (size_t i = 0; i < size; i++) {
        const char *digit = line[i] != '\0' ? strchr(digits, wspi_text_lower(line[i])) : NULL;
        if (digit == NULL)
            break;
        value = wspi_min(value * 16 + (size_t)(digit - digits), WSPI_BODY_QUOTE_MAX);
    }
    return value;
}

/* One byte of the body. Only the first chunk of a chunked one is quoted: servers send a short text in one. */
static void feed_body_byte(wspi_handshake_client *handshake, char byte)
{
    handshake->body[handshake->body_size++] = byte;
    if (handshake->body_is_chunked && byte == '\n') {
        handshake->body_wanted = parse_chunk_size(handshake->body, handshake->body_size);
        handshake->body_size = 0;
        handshake->body_is_chunked = false;
    }
}

static size_t feed_body(wspi_handshake_client *handshake, const uint8_t *bytes, size_t size, wspi_text *why)
{
    size_t consumed = 0;
    while (consumed < size && handshake->body_size < handshake->body_wanted)
        feed_body_byte(handshake, (char)bytes[consumed++]);
    if (handshake->body_size == handshake->body_wanted)
        fail_by_refusal(handshake, why);
    return consumed;
}

wspi_handshake_client_state wspi_handshake_client_feed(wspi_handshake_client *handshake, const uint8_t *bytes,
                                                       size_t size, size_t *out_consumed, wspi_text *why)
{
    size_t consumed = 0;
    while (consumed < size) {
        const uint8_t *rest = bytes + consumed;
        if (handshake->state == WSPI_HANDSHAKE_CLIENT_HEAD)
            consumed += feed_head(handshake, rest, size - consumed, why);
        else if (handshake->state == WSPI_HANDSHAKE_CLIENT_BODY)
            consumed += feed_body(handshake, rest, size - consumed, why);
        else
            break;
    }
    *out_consumed = consumed;
    return handshake->state;
}

void wspi_handshake_client_end(wspi_handshake_client *handshake, wspi_text *why)
{
    if (handshake->state == WSPI_HANDSHAKE_CLIENT_BODY) {
        fail_by_refusal(handshake, why);
    } else if (handshake->state == WSPI_HANDSHAKE_CLIENT_HEAD) {
        bool is_silent = handshake->interim_size + handshake->head.text.size == 0;
        wspi_text_set(why, is_silent
                               ? "the connection closed during the handshake, before any answer"
                               : "the connection closed during the handshake, in the middle of the answer");
        fail(handshake, WSP_ERR_CONNECTION_LOST);
    }
}
