/* SPDX-License-Identifier: MIT */

/*
 * The response to a client's handshake (handshake_client.c, handshake_response.c): however it is cut, it ends
 * the same, with the same sentence, and what is behind it is left alone.
 */

#include "fuzz.h"
#include "protocol/handshake_client.h"
#include "utf8.h"

#include <string.h>

const size_t fuzz_input_count = 60000;

enum { ACCEPTED, REJECTED, NOT_HTTP, CUT_OFF };
const char *const fuzz_outcomes[] = {"an accepted handshake", "a rejected one", "no HTTP",
                                     "a stream that ended", NULL};

static char *offers[] = {"chat", "Super.Chat"};
static const wspi_string_list protocols = {offers, 2};
static const wspi_string_list headers = {NULL, 0};

#define GOOD                                                                            \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

void fuzz_add_seeds(void)
{
    FUZZ_SEED(GOOD "\r\n");
    FUZZ_SEED(GOOD "Sec-WebSocket-Protocol: chat\r\nServer: x\r\n\r\n\x81\x02hi");
    FUZZ_SEED("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" GOOD "\r\n");
    FUZZ_SEED(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    FUZZ_SEED("HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nnot for you\n");
    FUZZ_SEED("HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\n\r\nb;x=y\r\ntry again\xff!\r\n0\r\n\r\n");
    FUZZ_SEED("HTTP/1.1 302 Found\r\nLocation: wss://example.com/\r\nContent-Length: 0\r\n\r\n");
    FUZZ_SEED("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n<html>\r\n\t<body>who?");
    FUZZ_SEED("HTTP/1.1 204 No Content\r\n\r\n");
    FUZZ_SEED("HTTP/1.0 200 OK\r\n\r\nhello");
    FUZZ_SEED("SSH-2.0-OpenSSH_9.2\r\n");
    FUZZ_SEED("\x15\x03\x01\0\x02\x02\x46");
}

static void begin(wspi_handshake_client *handshake)
{
    wspi_url url;
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    FUZZ_CHECK(wspi_url_parse("ws://example.com/", &url, NULL) == WSP_OK);
    FUZZ_CHECK(wspi_handshake_client_start(handshake, &url, &protocols, &headers,
                                           (const uint8_t *)"the sample nonce", &out));
    wspi_url_release(&url);
    wspi_byte_buffer_release(&out);
}

static void judge(const wspi_handshake_client *handshake, const char *message, bool has_ended)
{
    bool is_accepted = handshake->state == WSPI_HANDSHAKE_CLIENT_ACCEPTED;
    FUZZ_CHECK(is_accepted || handshake->state == WSPI_HANDSHAKE_CLIENT_FAILED);
    FUZZ_CHECK(is_accepted == (message[0] == '\0'));
    FUZZ_CHECK(wspi_utf8_is_valid(message, strlen(message)));
    for (const char *at = message; *at != '\0'; at++)
        FUZZ_CHECK((unsigned char)*at >= 0x20 && *at != 0x7f);
    if (is_accepted) {
        FUZZ_CHECK(handshake->head.status == 101);
        const char *chosen = handshake->protocol;
        FUZZ_CHECK(chosen[0] == '\0' || chosen == offers[0] || chosen == offers[1]);
        fuzz_reach(ACCEPTED);
        return;
    }
    FUZZ_CHECK(handshake->result == WSP_ERR_PROTOCOL || handshake->result == WSP_ERR_HANDSHAKE_REJECTED ||
               handshake->result == WSP_ERR_CONNECTION_LOST);
    fuzz_reach(has_ended ? CUT_OFF : handshake->result == WSP_ERR_HANDSHAKE_REJECTED ? REJECTED : NOT_HTTP);
}

static void read_response(fuzz_cut *cut, fuzz_log *log)
{
    wspi_handshake_client handshake;
    char message[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, message, sizeof(message));
    begin(&handshake);
    size_t total = 0, size;
    uint8_t *piece;
    while (handshake.state < WSPI_HANDSHAKE_CLIENT_ACCEPTED && (piece = fuzz_cut_next(cut, &size)) != NULL) {
        size_t consumed = SIZE_MAX;
        (void)wspi_handshake_client_feed(&handshake, piece, size, &consumed, &why);
        FUZZ_CHECK(consumed <= size);
        FUZZ_CHECK(consumed == size || handshake.state >= WSPI_HANDSHAKE_CLIENT_ACCEPTED);
        total += consumed;
    }
    bool has_ended = handshake.state < WSPI_HANDSHAKE_CLIENT_ACCEPTED;
    if (has_ended)
        wspi_handshake_client_end(&handshake, &why);
    judge(&handshake, message, has_ended);
    fuzz_log_add(log, "state %d result %d status %d protocol %s\n%s\n", (int)handshake.state,
                 (int)handshake.result, handshake.head.status, handshake.protocol, message);
    if (handshake.state == WSPI_HANDSHAKE_CLIENT_ACCEPTED)
        fuzz_log_add(log, "total %zu\n", total);
    wspi_handshake_client_release(&handshake);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_cuts(bytes, size, read_response);
    return 0;
}
