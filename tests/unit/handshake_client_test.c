/* SPDX-License-Identifier: MIT */

/*
 * handshake_client.h: the bytes of the request, each R row of bad responses with its result and message, and
 * memory that runs out. Each response whole, byte by byte, and in two at each position.
 */

#include "protocol/handshake_client.h"

#include "failing_allocator.h"
#include "handshake_client_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_request(const char *url, const wspi_string_list *protocols,
                           const wspi_string_list *headers, const char *wanted)
{
    wspi_handshake_client handshake;
    wspi_byte_buffer out;
    CHECK(start_to(url, protocols, headers, &handshake, &out));
    CHECK_BYTES(wspi_byte_buffer_bytes(&out), out.size, wanted, strlen(wanted));
    wspi_byte_buffer_release(&out);
    wspi_handshake_client_release(&handshake);
}

#define SENT_UPGRADE                                                                               \
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n"

static void rfc6455_4_1_the_request_has_the_required_fields(void)
{
    expect_request("ws://Example.com", &offers_none, &offers_none,
                   "GET / HTTP/1.1\r\nHost: example.com\r\n" SENT_UPGRADE "\r\n");
    expect_request("ws://example.com:9080/a/b?c=d", &offers_three, &offers_none,
                   "GET /a/b?c=d HTTP/1.1\r\nHost: example.com:9080\r\n" SENT_UPGRADE
                   "Sec-WebSocket-Protocol: chat, Super.Chat, v2\r\n\r\n");
    expect_request("wss://[2001:DB8::1]:8443/", &offers_none, &offers_none,
                   "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n" SENT_UPGRADE "\r\n");
    expect_request("wss://127.0.0.1:443/", &offers_none, &offers_none,
                   "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" SENT_UPGRADE "\r\n");
}

static void A3_header_lines_are_sent_and_host_replaces_the_default(void)
{
    char *lines[] = {"Authorization: Bearer x", "hOsT:other:80", "X-Host: no"};
    const wspi_string_list all = {lines, 3};
    expect_request("ws://example.com/", &offers_none, &all,
                   "GET / HTTP/1.1\r\n" SENT_UPGRADE
                   "Authorization: Bearer x\r\nhOsT:other:80\r\nX-Host: no\r\n\r\n");
    char *few[] = {"X-Host: no", "Hos: t", "Ho"};
    const wspi_string_list other = {few, 2};
    expect_request("ws://example.com/", &offers_none, &other,
                   "GET / HTTP/1.1\r\nHost: example.com\r\n" SENT_UPGRADE "X-Host: no\r\nHos: t\r\n\r\n");
}

static void the_longest_host_fits(void)
{
    char url[300] = "ws://";
    char wanted[700] = "GET / HTTP/1.1\r\nHost: ";
    for (int i = 0; i < 126; i++)
        memcpy(url + 5 + 2 * i, "a.", 3);
    memcpy(url + 5 + 252, "a:65535/", 9);
    size_t size = strlen(wanted);
    size = size + (size_t)snprintf(wanted + size, sizeof(wanted) - size, "%.*s", 253 + 6, url + 5);
    snprintf(wanted + size, sizeof(wanted) - size, "\r\n%s\r\n", SENT_UPGRADE);
    expect_request(url, &offers_none, &offers_none, wanted);
}

static void expect_accepted(const char *response)
{
    expect_accepted_with(&offers_none, response, strlen(response), 0, "");
}

/* Fails by itself, with a 101 that breaks the rules. */
static void expect_rejected_with(const wspi_string_list *protocols, const char *response, const char *message)
{
    expect_end(protocols, response, strlen(response), WSPI_HANDSHAKE_CLIENT_FAILED,
               WSP_ERR_HANDSHAKE_REJECTED, 101, message);
}

static void expect_rejected(const char *response, const char *message)
{
    expect_rejected_with(&offers_none, response, message);
}

#define NOT_HTTP(response, why)                                                                              \
    expect_end(&offers_none, response, sizeof(response) - 1, WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, \
               0, "the server's answer is not valid HTTP: " why)

static void a_proper_101_is_accepted(void)
{
    expect_accepted(GOOD END);
}

static void R1_no_reason_phrase_is_fine(void)
{
    expect_accepted("HTTP/1.1 101\r\n" UPGRADE CONNECTION ACCEPT END);
    expect_accepted("HTTP/1.1 101 \r\n" UPGRADE CONNECTION ACCEPT END);
}

static void R2_http_1_0_fails(void)
{
    expect_rejected("HTTP/1.0 101 Switching Protocols\r\n" UPGRADE CONNECTION ACCEPT END,
                    "the server answered 101 in another version than HTTP/1.1");
    expect_rejected("HTTP/1.2 101 Switching Protocols\r\n" UPGRADE CONNECTION ACCEPT END,
                    "the server answered 101 in another version than HTTP/1.1");
    NOT_HTTP("HTTP/2 101\r\n" UPGRADE CONNECTION ACCEPT END, "the major version of HTTP is not 1");
}

static void R6_missing_or_wrong_accept_fails(void)
{
    expect_rejected(START UPGRADE CONNECTION END, "the server answered 101 without Sec-WebSocket-Accept");
    static const char *const wrong[] = {
        "",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=x",
        "dGhlIHNhbXBsZSBub25jZQ==",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char response[300];
        snprintf(response, sizeof(response), START UPGRADE CONNECTION "Sec-WebSocket-Accept: %s\r\n" END,
                 wrong[i]);
        expect_rejected(response, "the server's Sec-WebSocket-Accept is wrong");
    }
    expect_rejected(GOOD ACCEPT END, "the server's Sec-WebSocket-Accept is wrong");
}

static void R7_missing_or_other_upgrade_or_connection_fails(void)
{
    static const char no_upgrade[] = "the server answered 101 without Upgrade: websocket";
    expect_rejected(START CONNECTION ACCEPT END, no_upgrade);
    expect_rejected(START "Upgrade: h2c\r\n" CONNECTION ACCEPT END, no_upgrade);
    expect_rejected(START "Upgrade: websocket2\r\n" CONNECTION ACCEPT END, no_upgrade);
    expect_rejected(START "Upgrade:\r\n" CONNECTION ACCEPT END, no_upgrade);
    expect_rejected(START UPGRADE UPGRADE CONNECTION ACCEPT END, no_upgrade);
    expect_accepted(START "Upgrade: WebSocket\r\n" CONNECTION ACCEPT END);
    static const char no_connection[] = "the server answered 101 without Connection: Upgrade";
    expect_rejected(START UPGRADE ACCEPT END, no_connection);
    expect_rejected(START UPGRADE "Connection: close\r\n" ACCEPT END, no_connection);
    expect_rejected(START UPGRADE "Connection: Upgrade2, Up, grade\r\n" ACCEPT END, no_connection);
}

static void R8_connection_is_a_list(void)
{
    expect_accepted(START UPGRADE "Connection: keep-alive, Upgrade\r\n" ACCEPT END);
    expect_accepted(START UPGRADE "Connection: keep-alive\r\nConnection: upgrade\r\n" ACCEPT END);
}

static void R9_names_in_any_case(void)
{
    expect_accepted(START "upgrade: websocket\r\nCONNECTION: upgrade\r\n"
                          "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Empty:\r\n" END);
}

static void R10_a_subprotocol_never_offered_fails(void)
{
    expect_rejected(GOOD "Sec-WebSocket-Protocol: chat\r\n" END,
                    "the server chose a subprotocol, but none was offered");
    expect_rejected(GOOD "Sec-WebSocket-Protocol:\r\n" END,
                    "the server chose a subprotocol, but none was offered");
    expect_rejected_with(&offers_three, GOOD "Sec-WebSocket-Protocol: other\x80\r\n" END,
                         "the server chose a subprotocol that was not offered: other?");
}

static void R11_no_subprotocol_chosen_fails(void)
{
    expect_rejected_with(&offers_three, GOOD END, "the server chose none of the offered subprotocols");
    expect_rejected_with(&offers_three, GOOD "Sec-WebSocket-Protocol:\r\n" END,
                         "the server chose a subprotocol that was not offered: ");
}

static void R12_the_subprotocol_must_be_one_and_exact(void)
{
    static const char start_of_message[] = "the server chose a subprotocol that was not offered: ";
    char message[200];
    static const char *const wrong[] = {"Chat", "super.chat", "chat, v2", "chat,", "v", "v22"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char response[300];
        snprintf(response, sizeof(response), GOOD "Sec-WebSocket-Protocol: %s\r\n" END, wrong[i]);
        snprintf(message, sizeof(message), "%s%s", start_of_message, wrong[i]);
        expect_rejected_with(&offers_three, response, message);
    }
    expect_rejected_with(&offers_three,
                         GOOD "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n" END,
                         "the server sent Sec-WebSocket-Protocol more than once");
    for (size_t i = 0; i < offers_three.count; i++) {
        char response[300];
        snprintf(response, sizeof(response), GOOD "sec-websocket-protocol: %s \r\n" END, offer[i]);
        expect_accepted_with(&offers_three, response, strlen(response), 0, offer[i]);
    }
}

static void R13_R14_an_extension_fails_because_none_is_offered(void)
{
    static const char message[] = "the server chose an extension, but none was offered";
    expect_rejected(GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n" END, message);
    expect_rejected(GOOD "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n" END,
                    message);
    expect_rejected(GOOD "Sec-WebSocket-Extensions: =\r\n" END, message);
    expect_rejected(GOOD "Sec-WebSocket-Extensions:\r\nSec-WebSocket-Extensions: x\r\n" END, message);
    expect_accepted(GOOD "Sec-WebSocket-Extensions:\r\n" END);
}

static void R15_bytes_behind_the_head_are_left_for_the_session(void)
{
    static const char response[] = GOOD END "\x81\x05hello";
    expect_accepted_with(&offers_none, response, sizeof(response) - 1, 7, "");
}

/* Simple file servers and old proxies answer so. */
static void R3_a_refusal_in_http_1_0_is_read(void)
{
    expect_refused("HTTP/1.0 404 N\r\nContent-Length: 1\r\n\r\n!", 404, false,
                   "the server answered 404 N: !");
}

static void R16_interim_answers_are_skipped_within_the_head_limit(void)
{
    expect_accepted("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" GOOD END);
    expect_refused("HTTP/1.1 102\r\n\r\nHTTP/1.1 404 N\r\nContent-Length: 1\r\n\r\n!", 404, false,
                   "the server answered 404 N: !");
    static const char interim[] = "HTTP/1.1 100 go on, there is more\r\n\r\n";
    size_t size = sizeof(interim) - 1;
    char *endless = malloc(17000 + size);
    CHECK(endless != NULL);
    size_t total = 0;
    for (; total < 17000; total += size)
        memcpy(endless + total, interim, size);
    expect_end(&offers_none, endless, total, WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, 100,
               "the server's answer is not valid HTTP: the head is longer than 16384 bytes");
    free(endless);
}

/* Interim answers and the 101 together have exactly `total` bytes. */
static char *make_interim_and_good(size_t total)
{
    char *text = malloc(total + 1);
    CHECK(text != NULL);
    size_t good = strlen(GOOD END);
    memset(text, 'x', total);
    memcpy(text, "HTTP/1.1 100 ", 13);
    memcpy(text + total - good - 4, "\r\n\r\n", 4);
    memcpy(text + total - good, GOOD END, good + 1);
    memcpy(text + 100, "\r\nA: ", 5);
    return text;
}

static void R16_R17_the_head_limit_is_exact_across_interim_answers(void)
{
    char *text = make_interim_and_good(WSPI_HTTP_HEAD_MAX);
    expect_accepted(text);
    free(text);
    text = make_interim_and_good(WSPI_HTTP_HEAD_MAX + 1);
    expect_end(&offers_none, text, strlen(text), WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, 101,
               "the server's answer is not valid HTTP: the head is longer than 16384 bytes");
    free(text);
}

static void R17_too_long_or_too_many_fields_fail(void)
{
    char *text = malloc(70000);
    CHECK(text != NULL);
    memset(text, 'x', 65536);
    memcpy(text, START "X: ", strlen(START) + 3);
    expect_end(&offers_none, text, 65536, WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, 101,
               "the server's answer is not valid HTTP: the head is longer than 16384 bytes");
    size_t size = strlen(START);
    for (int i = 0; i < 200; i++, size += 6)
        memcpy(text + size, "A: b\r\n", 6);
    memcpy(text + size, END, 2);
    expect_end(&offers_none, text, size + 2, WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, 101,
               "the server's answer is not valid HTTP: the head has more than 100 fields");
    free(text);
}

static void R18_R19_folded_and_LF_only_lines_fail(void)
{
    expect_end(&offers_none, GOOD " folded\r\n" END, strlen(GOOD " folded\r\n" END),
               WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_PROTOCOL, 101,
               "the server's answer is not valid HTTP: a header field is folded over several lines");
    expect_end(&offers_none, "HTTP/1.1 101 x\nUpgrade: websocket\n", 33, WSPI_HANDSHAKE_CLIENT_FAILED,
               WSP_ERR_PROTOCOL, 101,
               "the server's answer is not valid HTTP: a line does not end with CR LF");
}

static void R20_what_is_no_http_fails_at_once(void)
{
    NOT_HTTP("\x15\x03\x01\x00\x02\x02\x46", "the other side speaks TLS, but this connection is plain ws://");
    NOT_HTTP("\x15", "the other side speaks TLS, but this connection is plain ws://");
    NOT_HTTP("SSH-2.0-OpenSSH_9.2\r\n", "the bytes are not HTTP");
    NOT_HTTP("S", "the bytes are not HTTP");
    NOT_HTTP("\0\0\x12\x04\0\0\0\0\0", "the bytes are not HTTP");
    NOT_HTTP("HTTP/1.1 abc", "the first line is malformed");
}

static void R21_lengths_on_a_101_are_ignored(void)
{
    static const char response[] =
        GOOD "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n" END "\x81\x05hello";
    expect_accepted_with(&offers_none, response, sizeof(response) - 1, 7, "");
}

static void R23_the_end_of_the_stream_inside_the_head(void)
{
    static const char response[] = GOOD;
    expect_end(&offers_none, response, sizeof(response) - 1, WSPI_HANDSHAKE_CLIENT_HEAD,
               WSP_ERR_CONNECTION_LOST, 101,
               "the connection closed during the handshake, in the middle of the answer");
    expect_end(&offers_none, "H", 1, WSPI_HANDSHAKE_CLIENT_HEAD, WSP_ERR_CONNECTION_LOST, 0,
               "the connection closed during the handshake, in the middle of the answer");
    expect_end(&offers_none, "HTTP/1.1 100\r\n\r\n", 16, WSPI_HANDSHAKE_CLIENT_HEAD, WSP_ERR_CONNECTION_LOST,
               0, "the connection closed during the handshake, in the middle of the answer");
    expect_end(&offers_none, "", 0, WSPI_HANDSHAKE_CLIENT_HEAD, WSP_ERR_CONNECTION_LOST, 0,
               "the connection closed during the handshake, before any answer");
}

static void an_end_after_the_end_changes_nothing(void)
{
    wspi_handshake_client handshake;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    size_t consumed;
    start(&handshake, &offers_none);
    wspi_text_begin(&why, array, sizeof(array));
    CHECK_INT(wspi_handshake_client_feed(&handshake, (const uint8_t *)"X", 1, &consumed, &why),
              WSPI_HANDSHAKE_CLIENT_FAILED);
    CHECK_INT(wspi_handshake_client_feed(&handshake, (const uint8_t *)GOOD END, 4, &consumed, &why),
              WSPI_HANDSHAKE_CLIENT_FAILED);
    CHECK_SIZE(consumed, 0);
    wspi_handshake_client_end(&handshake, &why);
    CHECK_INT(handshake.result, WSP_ERR_PROTOCOL);
    CHECK_STRING(array, "the server's answer is not valid HTTP: the bytes are not HTTP");
    wspi_handshake_client_release(&handshake);
}

static void every_allocation_may_fail(void)
{
    static const char response[] = "HTTP/1.1 100\r\n\r\n" GOOD "Sec-WebSocket-Protocol: v2\r\n" END;
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_url url;
    CHECK_INT(wspi_url_parse("ws://example.com/", &url, NULL), WSP_OK);
    size_t before = allocator->live_blocks;
    char *lines[] = {"Authorization: Bearer of a value that makes the buffer grow again"};
    const wspi_string_list headers = {lines, 1};
    for (size_t n = 1;; n++) {
        wspi_handshake_client handshake;
        wspi_byte_buffer out;
        char array[WSPI_MESSAGE_CAPACITY];
        wspi_text why;
        wspi_text_begin(&why, array, sizeof(array));
        wspi_byte_buffer_init(&out, SIZE_MAX);
        wspi_test_failing_allocator_fail_at(n);
        bool is_started = wspi_handshake_client_start(&handshake, &url, &offers_three, &headers, nonce, &out);
        CHECK(is_started == (allocator->failures == 0));
        wspi_handshake_client_state state = handshake.state;
        for (size_t i = 0; is_started && i + 1 < sizeof(response) && state == WSPI_HANDSHAKE_CLIENT_HEAD;
             i++) {
            size_t consumed;
            state = wspi_handshake_client_feed(&handshake, (const uint8_t *)response + i, 1, &consumed, &why);
        }
        if (is_started && allocator->failures > 0) {
            CHECK_INT(state, WSPI_HANDSHAKE_CLIENT_FAILED);
            CHECK_INT(handshake.result, WSP_ERR_OUT_OF_MEMORY);
            CHECK_STRING(array, "out of memory");
        }
        wspi_handshake_client_release(&handshake);
        wspi_byte_buffer_release(&out);
        CHECK_SIZE(allocator->live_blocks, before);
        if (allocator->failures == 0) {
            CHECK_INT(state, WSPI_HANDSHAKE_CLIENT_ACCEPTED);
            break;
        }
        CHECK(n < 100);
    }
    wspi_url_release(&url);
}

static const wspi_test_case cases[] = {
    TEST_CASE(rfc6455_4_1_the_request_has_the_required_fields),
    TEST_CASE(A3_header_lines_are_sent_and_host_replaces_the_default),
    TEST_CASE(the_longest_host_fits),
    TEST_CASE(a_proper_101_is_accepted),
    TEST_CASE(R1_no_reason_phrase_is_fine),
    TEST_CASE(R2_http_1_0_fails),
    TEST_CASE(R6_missing_or_wrong_accept_fails),
    TEST_CASE(R7_missing_or_other_upgrade_or_connection_fails),
    TEST_CASE(R8_connection_is_a_list),
    TEST_CASE(R9_names_in_any_case),
    TEST_CASE(R10_a_subprotocol_never_offered_fails),
    TEST_CASE(R11_no_subprotocol_chosen_fails),
    TEST_CASE(R12_the_subprotocol_must_be_one_and_exact),
    TEST_CASE(R13_R14_an_extension_fails_because_none_is_offered),
    TEST_CASE(R15_bytes_behind_the_head_are_left_for_the_session),
    TEST_CASE(R3_a_refusal_in_http_1_0_is_read),
    TEST_CASE(R16_interim_answers_are_skipped_within_the_head_limit),
    TEST_CASE(R16_R17_the_head_limit_is_exact_across_interim_answers),
    TEST_CASE(R17_too_long_or_too_many_fields_fail),
    TEST_CASE(R18_R19_folded_and_LF_only_lines_fail),
    TEST_CASE(R20_what_is_no_http_fails_at_once),
    TEST_CASE(R21_lengths_on_a_101_are_ignored),
    TEST_CASE(R23_the_end_of_the_stream_inside_the_head),
    TEST_CASE(an_end_after_the_end_changes_nothing),
    TEST_CASE(every_allocation_may_fail),
};

TEST_MAIN(cases)
