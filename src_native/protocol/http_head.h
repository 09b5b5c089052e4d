/* SPDX-License-Identifier: MIT */
#ifndef WSPI_HTTP_HEAD_H
#define WSPI_HTTP_HEAD_H

/*
 * Reads the head of an HTTP/1.1 request or response (RFC 9112 2-5) in pieces
 * of any size, strictly: CRLF only, no folded lines, no space before a colon.
 * Pure: bytes in, fields out. Work per byte is O(1); memory is bounded by the
 * limits below and not allocated before the first byte.
 */

#include "byte_buffer.h"
#include "bytes.h"

#define WSPI_HTTP_LINE_MAX   8192  /* request or status line */
#define WSPI_HTTP_HEAD_MAX   16384 /* everything up to the empty line */
#define WSPI_HTTP_FIELDS_MAX 100

typedef enum wspi_http_kind { WSPI_HTTP_REQUEST, WSPI_HTTP_RESPONSE } wspi_http_kind;

/* Why a head is refused; the server turns each into a status, the client into a sentence. */
typedef enum wspi_http_fault {
    WSPI_HTTP_FAULT_NONE,
    WSPI_HTTP_FAULT_NOT_HTTP, /* the first bytes cannot begin this kind of head */
    WSPI_HTTP_FAULT_TLS,      /* they begin a TLS record */
    WSPI_HTTP_FAULT_HTTP2,    /* they are the HTTP/2 preface */
    WSPI_HTTP_FAULT_SSH,      /* they begin an SSH banner; told apart in a request only */
    WSPI_HTTP_FAULT_BAD_START_LINE,
    WSPI_HTTP_FAULT_BAD_VERSION,  /* HTTP/1.0 of a request, HTTP/0.9, lower case */
    WSPI_HTTP_FAULT_OTHER_MAJOR,  /* HTTP/2.0, HTTP/3.0 */
    WSPI_HTTP_FAULT_BAD_LINE_END, /* LF without CR, CR without LF */
    WSPI_HTTP_FAULT_BAD_FIELD,    /* no colon, bad name, control byte in a value, space before the colon */
    WSPI_HTTP_FAULT_FOLDED,       /* a line that begins with white space */
    WSPI_HTTP_FAULT_LINE_TOO_LONG,
    WSPI_HTTP_FAULT_HEAD_TOO_LONG,
    WSPI_HTTP_FAULT_TOO_MANY_FIELDS,
    WSPI_HTTP_FAULT_OUT_OF_MEMORY
} wspi_http_fault;

/* Offsets into the head's text. */
typedef struct wspi_http_field {
    uint16_t name;
    uint16_t name_size;
    uint16_t value;
    uint16_t value_size; /* white space around the value is cut */
} wspi_http_field;

typedef enum wspi_http_state {
    WSPI_HTTP_STATE_START_LINE,
    WSPI_HTTP_STATE_FIELDS,
    WSPI_HTTP_STATE_DONE,
    WSPI_HTTP_STATE_REFUSED
} wspi_http_state;

/*
 * What the next byte belongs to. START_LINE goes through METHOD TARGET VERSION (request) or VERSION STATUS
 * REASON (response) to START_LINE_END; FIELDS through FIELD NAME VALUE FIELD_END for each field, and from
 * FIELD to HEAD_END at the empty line. The three _END parts want the LF of a CRLF.
 */
typedef enum wspi_http_part {
    WSPI_HTTP_PART_METHOD,
    WSPI_HTTP_PART_TARGET,
    WSPI_HTTP_PART_VERSION,
    WSPI_HTTP_PART_STATUS,
    WSPI_HTTP_PART_REASON,
    WSPI_HTTP_PART_START_LINE_END,
    WSPI_HTTP_PART_FIELD,
    WSPI_HTTP_PART_NAME,
    WSPI_HTTP_PART_VALUE,
    WSPI_HTTP_PART_FIELD_END,
    WSPI_HTTP_PART_HEAD_END
} wspi_http_part;

typedef struct wspi_http_head {
    wspi_http_kind kind;
    wspi_http_state state;
    wspi_http_part part;
    wspi_http_fault fault;
    wspi_byte_buffer text; /* the head; names, values, method, target, reason end with a NUL written over
                              their delimiter */
    size_t part_start;     /* offset of the unfinished part */
    wspi_http_field *fields;
    size_t field_count;
    size_t field_capacity;
    uint16_t method; /* request: offsets of NUL-terminated strings */
    uint16_t target;
    uint16_t reason;     /* response; may be "" */
    int status;          /* response */
    bool is_other_minor; /* response: another HTTP/1.x than 1.1, such as 1.0 */
    bool is_borrowed;    /* text and fields belong to a kept head */
} wspi_http_head;

/* A finished head in one block of its exact size, for as long as its strings may be asked for. */
typedef struct wspi_http_kept_head wspi_http_kept_head;

void wspi_http_head_init(wspi_http_head *head, wspi_http_kind kind);
void wspi_http_head_release(wspi_http_head *head);

/* A compact copy of a DONE head, whose memory is then released: the head goes on as a view of the copy. NULL
 * when memory is out: the head is as it was. */
wspi_http_kept_head *wspi_http_head_keep(wspi_http_head *head);

/* A DONE head for look-ups. It lives as long as the kept one and needs no release. */
wspi_http_head wspi_http_kept_head_view(const wspi_http_kept_head *kept);

/* The target of a request. */
const char *wspi_http_kept_head_target(const wspi_http_kept_head *kept);

/* NULL is allowed. */
void wspi_http_kept_head_free(wspi_http_kept_head *kept);

/*
 * Reads up to the end of the head and no byte further; *out_consumed says how
 * many of the bytes belong to it, up to and with the one it is refused for. A head is
 * refused at the first byte that cannot be right, however the bytes are split. DONE and REFUSED are final;
 * a refused head holds no memory. The look-ups below find nothing before DONE.
 */
wspi_http_state wspi_http_head_feed(wspi_http_head *head, const uint8_t *bytes, size_t size,
                                    size_t *out_consumed);

/* A NUL-terminated string of the head by offset (method, target, reason, a field's name or value). "" before
 * DONE. */
const char *wspi_http_head_string(const wspi_http_head *head, uint16_t offset);

/* The first field of that name from index `from` on: its index, or SIZE_MAX. Case-insensitive. */
size_t wspi_http_head_find(const wspi_http_head *head, const char *name, size_t from);

/* How many fields have that name. */
size_t wspi_http_head_count(const wspi_http_head *head, const char *name);

/* Value of the only or first field of that name, NULL when absent. */
const char *wspi_http_head_value(const wspi_http_head *head, const char *name);

/*
 * The values of all fields of that name joined with ", ", to be freed with wspi_string_free. NULL when absent
 * or memory is out. Needed only when wspi_http_head_count is above 1: else wspi_http_head_value costs
 * nothing.
 */
char *wspi_http_head_join(const wspi_http_head *head, const char *name);

/* Whether any field of that name holds the token in its comma-separated list. */
bool wspi_http_head_has_token(const wspi_http_head *head, const char *name, const char *token);

/* What is wrong with the head, as a clause without a full stop; it can follow "...: ". */
const char *wspi_http_fault_text(wspi_http_fault fault);

#endif
