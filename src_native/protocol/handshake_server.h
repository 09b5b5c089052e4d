/* SPDX-License-Identifier: MIT */
#ifndef WSPI_HANDSHAKE_SERVER_H
#define WSPI_HANDSHAKE_SERVER_H

/*
 * The server's half of the opening handshake (RFC 6455 4.2): judges a request
 * that http_head has read, and builds the response to it. Pure.
 */

#include "byte_buffer.h"
#include "http_head.h"
#include "http_token.h"

/* What a request amounts to. status 101: a proper upgrade. Else the refusal to send. */
typedef struct wspi_handshake_verdict {
    int status;
    const char *text;     /* refusal: one plain sentence, sent as the body and used in messages; static */
    const char *headers;  /* refusal: extra field lines with CRLF (Allow, Upgrade, Sec-WebSocket-Version), or
                             ""; static */
    const char *protocol; /* 101: the default choice, one of the server's list, or "" for none */
    char accept[29];      /* 101: Sec-WebSocket-Accept */
} wspi_handshake_verdict;

/* Judges a head in state DONE, with the default protocol choice of api.md. */
void wspi_handshake_server_judge(const wspi_http_head *head, const wspi_string_list *protocols,
                                 wspi_handshake_verdict *out_verdict);

/* Judges a head in state DONE of which nothing more is asked than that it names a host and a path (RFC
 * 9112 3.2); 101 stands for yes. */
void wspi_handshake_server_judge_page(const wspi_http_head *head, wspi_handshake_verdict *out_verdict);

/*
 * Judges a head in state REFUSED: 400, 414, 431, 500, 505. Faults TLS, HTTP2, SSH and NOT_HTTP get status 0:
 * nothing sensible can be answered, the text is for the log.
 */
void wspi_handshake_server_judge_fault(wspi_http_fault fault, wspi_handshake_verdict *out_verdict);

/*
 * Appends the 101 response. `protocol` "" leaves the field out; `headers` are checked lines.
 * false when memory is out: `out` may then end in a part of the response.
 */
bool wspi_handshake_server_accept(const wspi_handshake_verdict *verdict, const char *protocol,
                                  const wspi_string_list *headers, wspi_byte_buffer *out);

/* The same with more field lines, which end with CRLF; "" for none. */
bool wspi_handshake_server_accept_with(const wspi_handshake_verdict *verdict, const char *protocol,
                                       const wspi_string_list *headers, const char *more_lines,
                                       wspi_byte_buffer *out);

/* Appends the refusal that a verdict asks for whose status is not 101; nothing for status 0. false as above.
 */
bool wspi_handshake_server_refuse(const wspi_handshake_verdict *verdict, bool is_head, wspi_byte_buffer *out);

/*
 * Appends a refusal or another complete answer: status line, `headers` (lines with CRLF),
 * Content-Type when a body type is given, Content-Length, Connection: close, body unless is_head. 204 and 304
 * have neither body nor length (RFC 9110 6.4.1, 8.6). false as above.
 */
bool wspi_handshake_server_respond(int status, const char *headers, const char *content_type_or_null,
                                   const void *body, size_t body_size, bool is_head, wspi_byte_buffer *out);

/* The standard reason phrase of a status, "" for unknown ones. */
const char *wspi_http_reason(int status);

/* A request target taken apart, as sent. */
typedef struct wspi_http_target {
    wspi_bytes authority; /* of absolute-form, where it counts instead of Host (RFC 9112 3.2.2); else empty */
    wspi_bytes path;      /* at least "/", which lies outside the target when that names none */
    wspi_bytes query;     /* without its "?"; reaches to the end of the target */
} wspi_http_target;

/* Takes origin-form and absolute-form; false for anything else. */
bool wspi_http_split_target(const char *target, wspi_http_target *out);

/*
 * The subprotocols a client offers, as written: both positions start at 0. Walks all Sec-WebSocket-Protocol
 * fields in order and skips empty elements. false at the end. In a request judged 101 each is a token.
 */
bool wspi_handshake_next_protocol(const wspi_http_head *head, size_t *inout_field, size_t *inout_offset,
                                  wspi_bytes *out_protocol);

#endif
