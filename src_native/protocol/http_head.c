/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 message as an automaton over its bytes (RFC 9112 2.2, 3, 4, 5): one function per
 * part of the grammar, each looking at one byte once, so the result cannot depend on how the bytes were split
 * and nothing is ever scanned again. It knows the grammar only; what the fields of a WebSocket handshake must
 * say is judged in handshake_client.c and handshake_server.c.
 */
#include "protocol/http_head.h"

#include "http_token.h"
#include "memory.h"
#include "text.h"

#include <string.h>

#define FIRST_FIELDS 16

void wspi_http_head_init(wspi_http_head *head, wspi_http_kind kind)
{
    *head = (wspi_http_head){.kind = kind, .state = WSPI_HTTP_STATE_START_LINE};
    head->part = kind == WSPI_HTTP_REQUEST ? WSPI_HTTP_PART_METHOD : WSPI_HTTP_PART_VERSION;
    wspi_byte_buffer_init(&head->text, WSPI_HTTP_HEAD_MAX);
}

static void free_memory(wspi_http_head *head)
{
    wspi_byte_buffer_release(&head->text);
    wspi_free(head->fields, head->field_capacity * sizeof *head->fields);
    head->fields = NULL;
    head->field_capacity = 0;
    head->field_count = 0;
}

void wspi_http_head_release(wspi_http_head *head)
{
    if (!head->is_borrowed)
        free_memory(head);
    wspi_http_head_init(head, head->kind);
}

/* The text follows the fields. */
struct wspi_http_kept_head {
    uint16_t text_size;
    uint16_t field_count;
    uint16_t method;
    uint16_t target;
    uint16_t reason;
    uint16_t status;
    uint8_t kind;
    wspi_http_field fields[];
};

static size_t get_kept_size(const wspi_http_kept_head *kept)
{
    return sizeof *kept + kept->field_count * sizeof kept->fields[0] + kept->text_size;
}

wspi_http_kept_head *wspi_http_head_keep(wspi_http_head *head)
{
    wspi_http_kept_head shape = {.text_size = (uint16_t)head->text.size,
                                 .field_count = (uint16_t)head->field_count,
                                 .method = head->method,
                                 .target = head->target,
                                 .reason = head->reason,
                                 .status = (uint16_t)head->status,
                                 .kind = (uint8_t)head->kind};
    wspi_http_kept_head *kept = wspi_allocate(get_kept_size(&shape));
    if (kept == NULL)
        return NULL;
    *kept = shape;
    if (head->field_count > 0)
        memcpy(kept->fields, head->fields, head->field_count * sizeof head->fields[0]);
    memcpy(kept->fields + head->field_count, wspi_byte_buffer_bytes(&head->text), head->text.size);
    wspi_http_head_release(head);
    *head = wspi_http_kept_head_view(kept);
    return kept;
}

wspi_http_head wspi_http_kept_head_view(const wspi_http_kept_head *kept)
{
    /* A head whose memory is borrowed is only read. */
    wspi_http_field *fields = (wspi_http_field *)kept->fields;
    return (wspi_http_head){
        .kind = (wspi_http_kind)kept->kind,
        .state = WSPI_HTTP_STATE_DONE,
        .text = {.block = (uint8_t *)(fields + kept->field_count), .size = kept->text_size},
        .fields = fields,
        .field_count = kept->field_count,
        .method = kept->method,
        .target = kept->target,
        .reason = kept->reason,
        .status = kept->status,
        .is_borrowed = true};
}

const char *wspi_http_kept_head_target(const wspi_http_kept_head *kept)
{
    return (const char *)(kept->fields + kept->field_count) + kept->target;
}

void wspi_http_kept_head_free(wspi_http_kept_head *kept)
{
    if (kept != NULL)
        wspi_free(kept, get_kept_size(kept));
}

static void enter_state(wspi_http_head *head, wspi_http_state state)
{
    head->state = state;
}

static bool is_final(const wspi_http_head *head)
{
    return head->state == WSPI_HTTP_STATE_DONE || head->state == WSPI_HTTP_STATE_REFUSED;
}

static void refuse(wspi_http_head *head, wspi_http_fault fault)
{
    enter_state(head, WSPI_HTTP_STATE_REFUSED);
    head->fault = fault;
    free_memory(head);
}

static wspi_http_fault begin_part(wspi_http_head *head, wspi_http_part part, size_t start)
{
    head->part = part;
    head->part_start = start;
    return WSPI_HTTP_FAULT_NONE;
}

static char *text_at(const wspi_http_head *head, size_t offset)
{
    return (char *)wspi_byte_buffer_bytes(&head->text) + offset;
}

static bool is_tchar(uint8_t byte)
{
    return wspi_http_is_token((const char *)&byte, 1);
}

/* VCHAR, obs-text, SP, HTAB: what values and reason phrases consist of (RFC 9110 5.5). */
static bool is_text(uint8_t byte)
{
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

/* The content types of TLS records (RFC 8446 5.1). HTTP cannot begin with any of them. */
static bool is_tls_record(uint8_t byte)
{
    return byte >= 0x14 && byte <= 0x17;
}

static wspi_http_fault read_method(wspi_http_head *head, size_t at, uint8_t byte)
{
    if (byte == ' ' && at > 0) {
        *text_at(head, at) = '\0';
        head->method = 0;
        return begin_part(head, WSPI_HTTP_PART_TARGET, at + 1);
    }
    if (at == 0 && is_tls_record(byte))
        return WSPI_HTTP_FAULT_TLS;
    /* RFC 4253 4.2. It would pass as a method, and then be answered in a language its sender does not speak.
     */
    if (at == 3 && memcmp(text_at(head, 0), "SSH-", 4) == 0)
        return WSPI_HTTP_FAULT_SSH;
    if (is_tchar(byte))
        return WSPI_HTTP_FAULT_NONE;
    /* Printable bytes come from a program that tries to speak HTTP, and can be told so. */
    return byte == '\r' || (byte >= 0x20 && byte < 0x7f) ? WSPI_HTTP_FAULT_BAD_START_LINE
                                                         : WSPI_HTTP_FAULT_NOT_HTTP;
}

static wspi_http_fault read_target(wspi_http_head *head, size_t at, uint8_t byte)
{
    if (byte == ' ' && at > head->part_start) {
        *text_at(head, at) = '\0';
        head->target = (uint16_t)head->part_start;
        return begin_part(head, WSPI_HTTP_PART_VERSION, at + 1);
    }
    if (byte == '\r') /* HTTP/0.9 names no version. */
        return WSPI_HTTP_FAULT_BAD_VERSION;
    return byte <= ' ' || byte == 0x7f || byte == '#' ? WSPI_HTTP_FAULT_BAD_START_LINE : WSPI_HTTP_FAULT_NONE;
}

static bool is_http2_preface(const wspi_http_head *head)
{
    return head->kind == WSPI_HTTP_REQUEST && strcmp(text_at(head, head->method), "PRI") == 0 &&
           strcmp(text_at(head, head->target), "*") == 0;
}

/* Why a byte is not the one of "HTTP/1.1" at that index. */
static wspi_http_fault find_version_fault(const wspi_http_head *head, size_t index, uint8_t byte, char wanted)
{
    bool is_digit = byte >= '0' && byte <= '9';
    if (index == 5 && is_digit && byte != '0')
        return is_http2_preface(head) ? WSPI_HTTP_FAULT_HTTP2 : WSPI_HTTP_FAULT_OTHER_MAJOR;
    if (index >= 5 && is_digit)
        return WSPI_HTTP_FAULT_BAD_VERSION;
    if (wspi_text_lower((char)byte) == wspi_text_lower(wanted))
        return WSPI_HTTP_FAULT_BAD_VERSION;
    if (head->kind == WSPI_HTTP_REQUEST)
        return byte == '\r' ? WSPI_HTTP_FAULT_BAD_VERSION : WSPI_HTTP_FAULT_BAD_START_LINE;
    if (index == 0 && is_tls_record(byte))
        return WSPI_HTTP_FAULT_TLS;
    return index < 5 ? WSPI_HTTP_FAULT_NOT_HTTP : WSPI_HTTP_FAULT_BAD_START_LINE;
}

static wspi_http_fault read_version(wspi_http_head *head, size_t at, uint8_t byte)
{
    static const char wanted[] = "HTTP/1.1";
    size_t index = at - head->part_start;
    /* A server that refuses may do so in HTTP/1.0 (RFC 9110 2.5); its status still counts. */
    if (head->kind == WSPI_HTTP_RESPONSE && index == sizeof wanted - 2 && byte >= '0' && byte <= '9') {
        head->is_other_minor = byte != '1';
        return WSPI_HTTP_FAULT_NONE;
    }
    if (index < sizeof wanted - 1)
        return byte == (uint8_t)wanted[index] ? WSPI_HTTP_FAULT_NONE
                                              : find_version_fault(head, index, byte, wanted[index]);
    if (head->kind == WSPI_HTTP_REQUEST && byte == '\r')
        return begin_part(head, WSPI_HTTP_PART_START_LINE_END, at + 1);
    if (head->kind == WSPI_HTTP_RESPONSE && byte == ' ')
        return begin_part(head, WSPI_HTTP_PART_STATUS, at + 1);
    return WSPI_HTTP_FAULT_BAD_START_LINE;
}

static wspi_http_fault end_reason(wspi_http_head *head, size_t start, size_t end)
{
    *text_at(head, end) = '\0';
    head->reason = (uint16_t)start;
    return begin_part(head, WSPI_HTTP_PART_START_LINE_END, end + 1);
}

static wspi_http_fault read_status(wspi_http_head *head, size_t at, uint8_t byte)
{
    size_t index = at - head->part_start;
    if (index < 3) {
        if (byte < (index == 0 ? '1' : '0') || byte > '9')
            return WSPI_HTTP_FAULT_BAD_START_LINE;
        head->status = head->status * 10 + (byte - '0');
        return WSPI_HTTP_FAULT_NONE;
    }
    if (byte == ' ')
        return begin_part(head, WSPI_HTTP_PART_REASON, at + 1);
    /* RFC 9112 4 wants a space even in front of no reason phrase; enough servers leave it out. */
    return byte == '\r' ? end_reason(head, at, at) : WSPI_HTTP_FAULT_BAD_START_LINE;
}

static wspi_http_fault read_reason(wspi_http_head *head, size_t at, uint8_t byte)
{
    if (byte == '\r')
        return end_reason(head, head->part_start, at);
    return is_text(byte) ? WSPI_HTTP_FAULT_NONE : WSPI_HTTP_FAULT_BAD_START_LINE;
}

/* The first byte of a line behind the start line. */
static wspi_http_fault read_field(wspi_http_head *head, size_t at, uint8_t byte)
{
    if (byte == '\r')
        return begin_part(head, WSPI_HTTP_PART_HEAD_END, at + 1);
    /* RFC 9112 5.2: folding is obsolete, and readers that disagree about it can be played against each other.
     */
    if (byte == ' ' || byte == '\t')
        return WSPI_HTTP_FAULT_FOLDED;
    if (!is_tchar(byte))
        return WSPI_HTTP_FAULT_BAD_FIELD;
    return head->field_count < WSPI_HTTP_FIELDS_MAX ? begin_part(head, WSPI_HTTP_PART_NAME, at)
                                                    : WSPI_HTTP_FAULT_TOO_MANY_FIELDS;
}

static bool make_room_for_field(wspi_http_head *head)
{
    if (head->field_count < head->field_capacity)
        return true;
    size_t capacity = head->field_capacity == 0 ? FIRST_FIELDS : head->field_capacity * 2;
    capacity = wspi_min(capacity, WSPI_HTTP_FIELDS_MAX);
    wspi_http_field *fields =
        wspi_reallocate(head->fields, head->field_capacity * sizeof *fields, capacity * sizeof *fields);
    if (fields == NULL)
        return false;
    head->fields = fields;
    head->field_capacity = capacity;
    return true;
}

static wspi_http_fault read_name(wspi_http_head *head, size_t at, uint8_t byte)
{
    /* RFC 9112 5.1: a space in front of the colon must be refused, not cut. */
    if (byte != ':')
        return is_tchar(byte) ? WSPI_HTTP_FAULT_NONE : WSPI_HTTP_FAULT_BAD_FIELD;
    if (!make_room_for_field(head))
        return WSPI_HTTP_FAULT_OUT_OF_MEMORY;
    *text_at(head, at) = '\0';
    /* Not counted before its value is known. */
    head->fields[head->field_count] =
        (wspi_http_field){.name = (uint16_t)head->part_start, .name_size = (uint16_t)(at - head->part_start)};
    return begin_part(head, WSPI_HTTP_PART_VALUE, at + 1);
}

static wspi_http_fault read_value(wspi_http_head *head, size_t at, uint8_t byte)
{
    if (byte != '\r')
        return is_text(byte) ? WSPI_HTTP_FAULT_NONE : WSPI_HTTP_FAULT_BAD_FIELD;
    const char *raw = text_at(head, head->part_start);
    size_t raw_size = at - head->part_start;
    wspi_bytes value = wspi_http_trim(raw, raw_size);
    size_t start = value.size == 0 ? at : head->part_start + (size_t)((const char *)value.data - raw);
    wspi_http_field *field = &head->fields[head->field_count++];
    field->value = (uint16_t)start;
    field->value_size = (uint16_t)value.size;
    *text_at(head, start + value.size) = '\0';
    return begin_part(head, WSPI_HTTP_PART_FIELD_END, at + 1);
}

/* The LF of a CRLF. */
static wspi_http_fault end_line(wspi_http_head *head, size_t at)
{
    if (head->part == WSPI_HTTP_PART_HEAD_END)
        enter_state(head, WSPI_HTTP_STATE_DONE);
    else if (head->part == WSPI_HTTP_PART_START_LINE_END)
        enter_state(head, WSPI_HTTP_STATE_FIELDS);
    return begin_part(head, WSPI_HTTP_PART_FIELD, at + 1);
}

static wspi_http_fault read_byte(wspi_http_head *head, size_t at, uint8_t byte)
{
    bool wants_line_feed = head->part == WSPI_HTTP_PART_START_LINE_END ||
                           head->part == WSPI_HTTP_PART_FIELD_END || head->part == WSPI_HTTP_PART_HEAD_END;
    if (wants_line_feed != (byte == '\n'))
        return WSPI_HTTP_FAULT_BAD_LINE_END;
    if (wants_line_feed)
        return end_line(head, at);
    if (head->state == WSPI_HTTP_STATE_START_LINE && at >= WSPI_HTTP_LINE_MAX && byte != '\r')
        return WSPI_HTTP_FAULT_LINE_TOO_LONG;
    switch (head->part) {
    case WSPI_HTTP_PART_METHOD: return read_method(head, at, byte);
    case WSPI_HTTP_PART_TARGET: return read_target(head, at, byte);
    case WSPI_HTTP_PART_VERSION: return read_version(head, at, byte);
    case WSPI_HTTP_PART_STATUS: return read_status(head, at, byte);
    case WSPI_HTTP_PART_REASON: return read_reason(head, at, byte);
    case WSPI_HTTP_PART_FIELD: return read_field(head, at, byte);
    case WSPI_HTTP_PART_NAME: return read_name(head, at, byte);
    default: return read_value(head, at, byte);
    }
}

/* Reads bytes already appended to the text from `start` on; answers how many were read: all, unless refused.
 */
static size_t read_span(wspi_http_head *head, size_t start, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        wspi_http_fault fault = read_byte(head, start + i, *(const uint8_t *)text_at(head, start + i));
        if (fault != WSPI_HTTP_FAULT_NONE) {
            refuse(head, fault);
            return i + 1;
        }
    }
    return size;
}

wspi_http_state wspi_http_head_feed(wspi_http_head *head, const uint8_t *bytes, size_t size,
                                    size_t *out_consumed)
{
    size_t consumed = 0;
    while (consumed < size && !is_final(head)) {
        /* The head can only end at a LF, so what is appended up to one never includes a byte behind the head.
         */
        size_t start = head->text.size;
        size_t span = wspi_min(size - consumed, wspi_left(WSPI_HTTP_HEAD_MAX, start));
        const uint8_t *line_feed = memchr(bytes + consumed, '\n', span);
        if (line_feed != NULL)
            span = (size_t)(line_feed - (bytes + consumed)) + 1;
        if (!wspi_byte_buffer_append(&head->text, bytes + consumed, span)) {
            refuse(head, WSPI_HTTP_FAULT_OUT_OF_MEMORY);
            break;
        }
        consumed += read_span(head, start, span);
        if (!is_final(head) && head->text.size == WSPI_HTTP_HEAD_MAX)
            refuse(head, WSPI_HTTP_FAULT_HEAD_TOO_LONG);
    }
    *out_consumed = consumed;
    return head->state;
}

const char *wspi_http_head_string(const wspi_http_head *head, uint16_t offset)
{
    return head->state == WSPI_HTTP_STATE_DONE ? text_at(head, offset) : "";
}

size_t wspi_http_head_find(const wspi_http_head *head, const char *name, size_t from)
{
    size_t name_size = strlen(name);
    size_t count = head->state == WSPI_HTTP_STATE_DONE ? head->field_count : 0;
    for (size_t i = from; i < count; i++) {
        const wspi_http_field *field = &head->fields[i];
        if (wspi_text_equal_ignore_case(text_at(head, field->name), field->name_size, name, name_size))
            return i;
    }
    return SIZE_MAX;
}

size_t wspi_http_head_count(const wspi_http_head *head, const char *name)
{
    size_t count = 0;
    for (size_t i = wspi_http_head_find(head, name, 0); i != SIZE_MAX;
         i = wspi_http_head_find(head, name, i + 1))
        count++;
    return count;
}

const char *wspi_http_head_value(const wspi_http_head *head, const char *name)
{
    size_t i = wspi_http_head_find(head, name, 0);
    return i != SIZE_MAX ? text_at(head, head->fields[i].value) : NULL;
}

char *wspi_http_head_join(const wspi_http_head *head, const char *name)
{
    size_t size = 0;
    size_t first = wspi_http_head_find(head, name, 0);
    for (size_t i = first; i != SIZE_MAX; i = wspi_http_head_find(head, name, i + 1))
        size += (i != first ? 2U : 0U) + head->fields[i].value_size;
    char *joined = first != SIZE_MAX ? wspi_allocate(size + 1) : NULL;
    if (joined == NULL)
        return NULL;
    wspi_text text;
    wspi_text_begin(&text, joined, size + 1);
    for (size_t i = first; i != SIZE_MAX; i = wspi_http_head_find(head, name, i + 1)) {
        wspi_text_add(&text, i != first ? ", " : "");
        wspi_text_add_bytes(&text, text_at(head, head->fields[i].value), head->fields[i].value_size);
    }
    return joined;
}

bool wspi_http_head_has_token(const wspi_http_head *head, const char *name, const char *token)
{
    for (size_t i = wspi_http_head_find(head, name, 0); i != SIZE_MAX;
         i = wspi_http_head_find(head, name, i + 1)) {
        if (wspi_http_list_has(text_at(head, head->fields[i].value), head->fields[i].value_size, token))
            return true;
    }
    return false;
}

const char *wspi_http_fault_text(wspi_http_fault fault)
{
    switch (fault) {
    case WSPI_HTTP_FAULT_NONE: break;
    case WSPI_HTTP_FAULT_NOT_HTTP: return "the bytes are not HTTP";
    case WSPI_HTTP_FAULT_TLS: return "the other side speaks TLS, but this connection is plain ws://";
    case WSPI_HTTP_FAULT_HTTP2: return "the other side speaks HTTP/2, but this port wants HTTP/1.1";
    case WSPI_HTTP_FAULT_SSH: return "the other side speaks SSH, but this port wants HTTP/1.1";
    case WSPI_HTTP_FAULT_BAD_START_LINE: return "the first line is malformed";
    case WSPI_HTTP_FAULT_BAD_VERSION: return "the version is not HTTP/1.1";
    case WSPI_HTTP_FAULT_OTHER_MAJOR: return "the major version of HTTP is not 1";
    case WSPI_HTTP_FAULT_BAD_LINE_END: return "a line does not end with CR LF";
    case WSPI_HTTP_FAULT_BAD_FIELD: return "a header field is malformed";
    case WSPI_HTTP_FAULT_FOLDED: return "a header field is folded over several lines";
    case WSPI_HTTP_FAULT_LINE_TOO_LONG: return "the first line is longer than 8192 bytes";
    case WSPI_HTTP_FAULT_HEAD_TOO_LONG: return "the head is longer than 16384 bytes";
    case WSPI_HTTP_FAULT_TOO_MANY_FIELDS: return "the head has more than 100 fields";
    case WSPI_HTTP_FAULT_OUT_OF_MEMORY: return "out of memory";
    }
    return "";
}
