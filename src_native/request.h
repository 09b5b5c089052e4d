/* SPDX-License-Identifier: MIT */
#ifndef WSPI_REQUEST_H
#define WSPI_REQUEST_H

/*
 * What handshake_request and http_request see: a view of a head that was read, and the one answer the program
 * may give to it. Lives for one call of a handler; whoever calls the handler then writes the answer.
 *
 *     wspi_request_init -> handler: wsp_request_* -> wspi_request_write_answer -> wspi_request_release
 */

#include "byte_buffer.h"
#include "http_token.h"
#include "protocol/handshake_server.h"
#include "protocol/http_head.h"
#include "wspeer/request.h"

/* What the program is asked: a proper WebSocket upgrade, or a plain GET or HEAD. */
typedef enum wspi_request_kind { WSPI_REQUEST_UPGRADE, WSPI_REQUEST_HTTP } wspi_request_kind;

typedef enum wspi_request_decision {
    WSPI_REQUEST_UNDECIDED, /* becomes the default choice, or 404 */
    WSPI_REQUEST_ACCEPTED,
    WSPI_REQUEST_ANSWERED
} wspi_request_decision;

/* A look-up of several fields of one name, kept because the caller may hold the string. */
typedef struct wspi_joined_field {
    size_t first; /* index of the first of them */
    char *value;
} wspi_joined_field;

struct wsp_request {
    /* Borrowed, and in place until the request is released. */
    const wspi_http_head *head;            /* in state DONE */
    const wspi_handshake_verdict *verdict; /* UPGRADE: of status 101; HTTP: NULL, like the next */
    const wspi_string_list *headers;       /* checked lines of the settings, for the 101 */
    const char *address;                   /* of the other side, numeric */
    uint16_t port;
    bool is_secure;
    wspi_request_kind kind;
    wspi_request_decision decision;

    const char *protocol; /* ACCEPTED */
    int status;           /* ANSWERED */
    char *content_type;   /* or NULL */
    uint8_t *body;
    size_t body_size;

    char *lines; /* fields the program added, each with CRLF, and a NUL; NULL for none */
    size_t lines_size;
    size_t lines_capacity;
    size_t line_count;
    bool has_location;

    /* Made when first asked for. */
    char *path;          /* a copy, when a query stands behind it */
    char **offered;      /* one block: an array of strings and the strings */
    size_t offered_size; /* of the block */
    wspi_joined_field *joined;
    size_t joined_count;
};

/* For handshake_request. */
void wspi_request_init(wsp_request *request, const wspi_http_head *head,
                       const wspi_handshake_verdict *verdict, const wspi_string_list *headers,
                       const char *address, uint16_t port, bool is_secure);

/* For http_request. */
void wspi_request_init_http(wsp_request *request, const wspi_http_head *head, const char *address,
                            uint16_t port, bool is_secure);

/* Frees what the request made. A zeroed request is allowed. */
void wspi_request_release(wsp_request *request);

/* The URL asked for, as ws[s]://host[:port]/path[?query]; owned by the caller. NULL when memory is out or the
 * request is zeroed. */
char *wspi_request_make_url(const wsp_request *request);

/* Appends the bytes of the answer: the 101, or a complete other answer. false when memory is out. */
bool wspi_request_write_answer(const wsp_request *request, wspi_byte_buffer *out);

/* The status of that answer, and the subprotocol of a 101 ("" for none, and for other answers). */
int wspi_request_get_status(const wsp_request *request);
const char *wspi_request_get_chosen_protocol(const wsp_request *request);

#endif
