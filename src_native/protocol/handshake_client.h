/* SPDX-License-Identifier: MIT */
#ifndef WSPI_HANDSHAKE_CLIENT_H
#define WSPI_HANDSHAKE_CLIENT_H

/*
 * The client's half of the opening handshake (RFC 6455 4.1) as bytes in, bytes
 * out: builds the request, reads the response, skips interim 1xx answers, checks the 101,
 * gathers the beginning of a refusal's body for the error message.
 */

#include "byte_buffer.h"
#include "http_head.h"
#include "http_token.h"
#include "text.h"
#include "url.h"

/* Of a refusal's body, this much is quoted. */
#define WSPI_BODY_QUOTE_MAX 200

typedef enum wspi_handshake_client_state {
    WSPI_HANDSHAKE_CLIENT_HEAD,
    WSPI_HANDSHAKE_CLIENT_BODY, /* refused: the message waits for the body's beginning */
    WSPI_HANDSHAKE_CLIENT_ACCEPTED,
    WSPI_HANDSHAKE_CLIENT_FAILED
} wspi_handshake_client_state;

typedef struct wspi_handshake_client {
    wspi_handshake_client_state state;
    wspi_http_head head; /* of the last response read; moved out by whoever wants to keep it */
    size_t interim_size; /* bytes of 1xx heads skipped, under the head limit together with the last */
    char accept[29];     /* what Sec-WebSocket-Accept must be */
    const wspi_string_list *protocols; /* offered; borrowed */
    const wspi_string_list *headers;   /* of the program; borrowed */
    char *target;                      /* of the request */
    const char *protocol;              /* chosen: one of the offered strings, or "" */
    wsp_result result;                 /* FAILED: WSP_ERR_PROTOCOL (not HTTP), WSP_ERR_HANDSHAKE_REJECTED,
                                          WSP_ERR_CONNECTION_LOST (the stream ended first) or WSP_ERR_OUT_OF_MEMORY */
    char body[WSPI_BODY_QUOTE_MAX];
    size_t body_size;
    size_t body_wanted;   /* stop quoting here */
    bool body_is_chunked; /* body holds the size line of the first chunk, not data yet */
} wspi_handshake_client;

/*
 * Appends the request to `out`: request line, Host, Upgrade, Connection,
 * Sec-WebSocket-Key, Sec-WebSocket-Version, Sec-WebSocket-Protocol when any,
 * then the program's header lines (Host, Origin, User-Agent ... of theirs replace a default).
 * `protocols` and `headers` are borrowed until the handshake is released. false when memory is out or the
 * digest fails: `out` may then end in a part of the request.
 */
bool wspi_handshake_client_start(wspi_handshake_client *handshake, const wspi_url *url,
                                 const wspi_string_list *protocols, const wspi_string_list *headers,
                                 const uint8_t nonce[16], wspi_byte_buffer *out);

void wspi_handshake_client_release(wspi_handshake_client *handshake);

/*
 * Reads response bytes. After ACCEPTED the rest of the bytes are frames: *out_consumed ends before them.
 * `why` gets one sentence on FAILED. ACCEPTED and FAILED are final. head.status is the HTTP status, 0 before
 * one was read.
 */
wspi_handshake_client_state wspi_handshake_client_feed(wspi_handshake_client *handshake, const uint8_t *bytes,
                                                       size_t size, size_t *out_consumed, wspi_text *why);

/*
 * The stream ended or a deadline for the body passed: HEAD and BODY become FAILED; why says what was missing,
 * or quotes what is there.
 */
void wspi_handshake_client_end(wspi_handshake_client *handshake, wspi_text *why);

#endif
