/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_HANDSHAKE_CLIENT_FIXTURE_H
#define WSPI_TEST_HANDSHAKE_CLIENT_FIXTURE_H

/* Runs responses through a client's handshake: each whole, byte by byte, and in two at each position. */

#include "protocol/handshake_client.h"

#include "pieces.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START      "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ACCEPT     "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define GOOD       START UPGRADE CONNECTION ACCEPT
#define END        "\r\n"

static const uint8_t *const nonce = (const uint8_t *)"the sample nonce";
static char *offer[] = {"chat", "Super.Chat", "v2"};
static const wspi_string_list offers_none = {NULL, 0};
static const wspi_string_list offers_three = {offer, 3};

static inline bool start_to(const char *url_text, const wspi_string_list *protocols,
                            const wspi_string_list *headers, wspi_handshake_client *handshake,
                            wspi_byte_buffer *out)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_url url;
    wspi_text_begin(&why, array, sizeof(array));
    wspi_byte_buffer_init(out, SIZE_MAX);
    if (wspi_url_parse(url_text, &url, &why) != WSP_OK)
        FAIL("%s: %s", url_text, array);
    bool is_started = wspi_handshake_client_start(handshake, &url, protocols, headers, nonce, out);
    wspi_url_release(&url);
    return is_started;
}

static inline void start(wspi_handshake_client *handshake, const wspi_string_list *protocols)
{
    wspi_byte_buffer out;
    CHECK(start_to("ws://example.com/", protocols, &offers_none, handshake, &out));
    wspi_byte_buffer_release(&out);
}

typedef struct outcome {
    wspi_handshake_client_state state; /* when the input ended */
    size_t consumed;
    char message[WSPI_MESSAGE_CAPACITY];
} outcome;

/* Feeds one way to cut; the stream ends behind it unless the handshake is over. */
static inline outcome feed_pieces(wspi_handshake_client *handshake, wspi_pieces *pieces)
{
    outcome seen = {.state = WSPI_HANDSHAKE_CLIENT_HEAD};
    wspi_text why;
    wspi_text_begin(&why, seen.message, sizeof(seen.message));
    const uint8_t *piece;
    size_t size;
    while ((size = wspi_pieces_next(pieces, &piece)) > 0) {
        size_t consumed;
        seen.state = wspi_handshake_client_feed(handshake, piece, size, &consumed, &why);
        seen.consumed += consumed;
        if (seen.state == WSPI_HANDSHAKE_CLIENT_ACCEPTED || seen.state == WSPI_HANDSHAKE_CLIENT_FAILED)
            break;
        CHECK_SIZE(consumed, size);
        CHECK_STRING(seen.message, "");
    }
    if (seen.state == WSPI_HANDSHAKE_CLIENT_ACCEPTED)
        CHECK_STRING(seen.message, "");
    else if (seen.state != WSPI_HANDSHAKE_CLIENT_FAILED)
        wspi_handshake_client_end(handshake, &why);
    return seen;
}

/* `rest` bytes at the end of the response are no part of the handshake. */
static inline void expect_accepted_with(const wspi_string_list *protocols, const char *response, size_t size,
                                        size_t rest, const char *chosen)
{
    wspi_pieces pieces = wspi_pieces_begin(response, size);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_handshake_client handshake;
        start(&handshake, protocols);
        outcome seen = feed_pieces(&handshake, &pieces);
        if (seen.state == WSPI_HANDSHAKE_CLIENT_FAILED)
            FAIL("%s: %s", seen.message, response);
        CHECK_INT(seen.state, WSPI_HANDSHAKE_CLIENT_ACCEPTED);
        CHECK_SIZE(seen.consumed, size - rest);
        CHECK_STRING(handshake.protocol, chosen);
        CHECK_INT(handshake.head.status, 101);
        wspi_handshake_client_release(&handshake);
    }
    wspi_pieces_end(&pieces);
}

static inline void expect_end(const wspi_string_list *protocols, const char *response, size_t size,
                              wspi_handshake_client_state state, wsp_result result, int status,
                              const char *message)
{
    wspi_pieces pieces = wspi_pieces_begin(response, size);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_handshake_client handshake;
        start(&handshake, protocols);
        outcome seen = feed_pieces(&handshake, &pieces);
        CHECK_INT(seen.state, state);
        CHECK_STRING(seen.message, message);
        CHECK_INT(handshake.state, WSPI_HANDSHAKE_CLIENT_FAILED);
        CHECK_INT(handshake.result, result);
        CHECK_INT(handshake.head.status, status);
        wspi_handshake_client_release(&handshake);
    }
    wspi_pieces_end(&pieces);
}

/* Another status. `waits`: the end of the stream completes the message; else it is complete without. */
static inline void expect_refused(const char *response, int status, bool waits, const char *message)
{
    expect_end(&offers_none, response, strlen(response),
               waits ? WSPI_HANDSHAKE_CLIENT_BODY : WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_HANDSHAKE_REJECTED,
               status, message);
}

#endif
