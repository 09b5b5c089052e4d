/* SPDX-License-Identifier: MIT */

/* handshake_response.c: the bytes of the 101 and of other answers, read back by the parser (rows H32, H33).
 */

#include "protocol/handshake_server.h"

#include "failing_allocator.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static const wspi_string_list no_lines = {NULL, 0};

static void expect_bytes(wspi_byte_buffer *out, const char *wanted)
{
    CHECK_BYTES(wspi_byte_buffer_bytes(out), out->size, wanted, strlen(wanted));
    wspi_byte_buffer_release(out);
}

static void rfc6455_4_2_2_the_101(void)
{
    const wspi_handshake_verdict verdict = {.status = 101, .accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
    char *lines[] = {"Set-Cookie: a=b", "X:y"};
    const wspi_string_list headers = {lines, 2};
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    CHECK(wspi_handshake_server_accept(&verdict, "", &no_lines, &out));
    expect_bytes(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    CHECK(wspi_handshake_server_accept(&verdict, "chat", &headers, &out));
    expect_bytes(&out,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
                 "Set-Cookie: a=b\r\nX:y\r\n\r\n");
    CHECK(wspi_handshake_server_accept_with(&verdict, "", &headers, "Z: 1\r\n", &out));
    expect_bytes(&out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                       "Set-Cookie: a=b\r\nX:y\r\nZ: 1\r\n\r\n");
}

static void complete_answers(void)
{
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    CHECK(wspi_handshake_server_respond(404, "", "text/plain", "no", 2, false, &out));
    expect_bytes(&out, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
                       "Connection: close\r\n\r\nno");
    CHECK(wspi_handshake_server_respond(200, "A: b\r\n", NULL, "a\0b", 3, true, &out));
    expect_bytes(&out, "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    CHECK(wspi_handshake_server_respond(599, "", NULL, NULL, 0, false, &out));
    expect_bytes(&out, "HTTP/1.1 599 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK(wspi_handshake_server_respond(204, "", "a/b", "x", 1, false, &out));
    expect_bytes(&out, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(wspi_handshake_server_respond(304, "", "a/b", "x", 1, false, &out));
    expect_bytes(&out, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
}

static void expect_parseable(const wspi_handshake_verdict *verdict, bool is_head)
{
    wspi_byte_buffer out;
    wspi_http_head head;
    size_t consumed;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    CHECK(wspi_handshake_server_refuse(verdict, is_head, &out));
    wspi_http_head_init(&head, WSPI_HTTP_RESPONSE);
    CHECK_INT(wspi_http_head_feed(&head, wspi_byte_buffer_bytes(&out), out.size, &consumed),
              WSPI_HTTP_STATE_DONE);
    CHECK_INT(head.status, verdict->status);
    CHECK_STRING(wspi_http_head_string(&head, head.reason), wspi_http_reason(verdict->status));
    CHECK(wspi_http_head_has_token(&head, "Connection", "close"));
    CHECK_STRING(wspi_http_head_value(&head, "Content-Type"), "text/plain; charset=utf-8");
    CHECK_SIZE(strtoul(wspi_http_head_value(&head, "Content-Length"), NULL, 10), strlen(verdict->text));
    const char *body = is_head ? "" : verdict->text;
    CHECK_BYTES(wspi_byte_buffer_bytes(&out) + consumed, out.size - consumed, body, strlen(body));
    wspi_http_head_release(&head);
    wspi_byte_buffer_release(&out);
}

static void H32_H33_every_refusal_can_be_parsed_has_a_length_and_closes(void)
{
    for (int fault = WSPI_HTTP_FAULT_BAD_START_LINE; fault <= WSPI_HTTP_FAULT_OUT_OF_MEMORY; fault++) {
        wspi_handshake_verdict verdict;
        wspi_handshake_server_judge_fault((wspi_http_fault)fault, &verdict);
        TEST_NOTE("fault %d", fault);
        expect_parseable(&verdict, false);
        expect_parseable(&verdict, true);
    }
    const wspi_handshake_verdict upgrade = {426, "upgrade", "Upgrade: websocket\r\nConnection: Upgrade\r\n",
                                            "", ""};
    expect_parseable(&upgrade, false);
}

static void H14_what_speaks_another_protocol_gets_no_bytes(void)
{
    wspi_handshake_verdict verdict;
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    wspi_handshake_server_judge_fault(WSPI_HTTP_FAULT_TLS, &verdict);
    CHECK(wspi_handshake_server_refuse(&verdict, false, &out));
    CHECK_SIZE(out.size, 0);
    wspi_byte_buffer_release(&out);
}

static void reason_phrases(void)
{
    CHECK_STRING(wspi_http_reason(426), "Upgrade Required");
    CHECK_STRING(wspi_http_reason(505), "HTTP Version Not Supported");
    CHECK_STRING(wspi_http_reason(418), "");
    CHECK_STRING(wspi_http_reason(0), "");
    CHECK_STRING(wspi_http_reason(-1), "");
}

static void every_allocation_may_fail(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    const wspi_handshake_verdict verdict = {101, "", "", "", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="};
    char *lines[] = {"X-Long: a value that is long enough to make the buffer grow once more, after it grew",
                     "X-Long: a value that is long enough to make the buffer grow once more, after it grew"};
    const wspi_string_list headers = {lines, 2};
    for (int kind = 0; kind < 2; kind++) {
        for (size_t n = 1;; n++) {
            wspi_byte_buffer out;
            wspi_byte_buffer_init(&out, SIZE_MAX);
            wspi_test_failing_allocator_fail_at(n);
            bool is_written =
                kind == 0 ? wspi_handshake_server_accept_with(&verdict, "chat", &headers, "A: b\r\n", &out)
                          : wspi_handshake_server_respond(400, "A: b\r\n", "text/plain", lines[0],
                                                          strlen(lines[0]), false, &out);
            CHECK(is_written == (allocator->failures == 0));
            wspi_byte_buffer_release(&out);
            CHECK_SIZE(allocator->live_blocks, 0);
            if (is_written)
                break;
            CHECK(n < 100);
        }
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(rfc6455_4_2_2_the_101),
    TEST_CASE(complete_answers),
    TEST_CASE(H32_H33_every_refusal_can_be_parsed_has_a_length_and_closes),
    TEST_CASE(H14_what_speaks_another_protocol_gets_no_bytes),
    TEST_CASE(reason_phrases),
    TEST_CASE(every_allocation_may_fail),
};

TEST_MAIN(cases)
