/* SPDX-License-Identifier: MIT */

/*
 * http_head.h: what a head's parts are, at which byte it is refused and why, the limits at their edges, the
 * cost of hostile input, and memory that runs out. Each input whole, byte by byte, and in two at each
 * position. The H and R rows of a whole handshake are in handshake_server_test.c and handshake_client_test.c.
 */

#include "protocol/http_head.h"

#include "failing_allocator.h"
#include "memory.h"
#include "pieces.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Feeds pieces until the head is final or they end; answers how many bytes it took. */
static size_t feed_pieces(wspi_http_head *head, wspi_pieces *pieces)
{
    size_t total = 0;
    const uint8_t *piece;
    size_t size;
    while ((size = wspi_pieces_next(pieces, &piece)) > 0) {
        size_t consumed;
        wspi_http_state state = wspi_http_head_feed(head, piece, size, &consumed);
        total += consumed;
        if (state == WSPI_HTTP_STATE_DONE || state == WSPI_HTTP_STATE_REFUSED)
            break;
        CHECK_SIZE(consumed, size);
    }
    return total;
}

/* The head is refused for `fault` when `consumed` bytes were read, however they come. */
static void expect_fault(wspi_http_kind kind, const void *bytes, size_t size, wspi_http_fault fault,
                         size_t consumed)
{
    wspi_pieces pieces = wspi_pieces_begin(bytes, size);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_http_head head;
        wspi_http_head_init(&head, kind);
        CHECK_SIZE(feed_pieces(&head, &pieces), consumed);
        CHECK_INT(head.state, WSPI_HTTP_STATE_REFUSED);
        CHECK_INT(head.fault, fault);
        CHECK_SIZE(head.field_count, 0);
        CHECK(wspi_http_head_value(&head, "Host") == NULL);
        CHECK_STRING(wspi_http_head_string(&head, head.target), "");
        CHECK(wspi_http_fault_text(head.fault)[0] != '\0');
        size_t more = 1;
        CHECK_INT(wspi_http_head_feed(&head, (const uint8_t *)"\r\n", 2, &more), WSPI_HTTP_STATE_REFUSED);
        CHECK_SIZE(more, 0);
        wspi_http_head_release(&head);
    }
    wspi_pieces_end(&pieces);
}

/* The last byte of the text is the one it is refused for; more input behind it changes nothing. */
static void expect_refused(wspi_http_kind kind, const char *text, size_t size, wspi_http_fault fault)
{
    expect_fault(kind, text, size, fault, size);
    char longer[512];
    CHECK(size + 4 <= sizeof(longer));
    memcpy(longer, text, size);
    memcpy(longer + size, "a\r\n\r", 4);
    expect_fault(kind, longer, size + 4, fault, size);
}

#define REFUSED_REQUEST(text, fault)  expect_refused(WSPI_HTTP_REQUEST, text, sizeof(text) - 1, fault)
#define REFUSED_RESPONSE(text, fault) expect_refused(WSPI_HTTP_RESPONSE, text, sizeof(text) - 1, fault)

static void a_request_is_taken_apart(void)
{
    static const char text[] = "GET /chat?room=%20\xc3\xa9 HTTP/1.1\r\n"
                               "Host: example.com\r\n"
                               "x-empty:\r\n"
                               "X-White: \t a b\t \r\n"
                               "X-TWICE:1\r\n"
                               "x-twice: 2, \xff\r\n"
                               "\r\n"
                               "\x81\x05hello";
    wspi_pieces pieces = wspi_pieces_begin(text, sizeof(text) - 1);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_http_head head;
        wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
        CHECK_SIZE(feed_pieces(&head, &pieces), sizeof(text) - 1 - 7);
        CHECK_INT(head.state, WSPI_HTTP_STATE_DONE);
        CHECK_STRING(wspi_http_head_string(&head, head.method), "GET");
        CHECK_STRING(wspi_http_head_string(&head, head.target), "/chat?room=%20\xc3\xa9");
        CHECK_SIZE(head.field_count, 5);
        CHECK_STRING(wspi_http_head_string(&head, head.fields[3].name), "X-TWICE");
        CHECK_STRING(wspi_http_head_value(&head, "HOST"), "example.com");
        CHECK_STRING(wspi_http_head_value(&head, "X-Empty"), "");
        CHECK_SIZE(head.fields[1].value_size, 0);
        CHECK_STRING(wspi_http_head_value(&head, "x-white"), "a b");
        CHECK_SIZE(head.fields[2].value_size, 3);
        CHECK_STRING(wspi_http_head_value(&head, "X-Twice"), "1");
        CHECK_SIZE(wspi_http_head_count(&head, "X-Twice"), 2);
        CHECK_SIZE(wspi_http_head_find(&head, "X-Twice", 4), 4);
        CHECK_SIZE(wspi_http_head_find(&head, "X-Twice", 5), SIZE_MAX);
        CHECK(wspi_http_head_value(&head, "X-Absent") == NULL);
        CHECK(wspi_http_head_value(&head, "") == NULL);
        wspi_http_head_release(&head);
    }
    wspi_pieces_end(&pieces);
}

static void a_response_is_taken_apart(void)
{
    static const struct {
        const char *text;
        int status;
        const char *reason;
    } rows[] = {
        {"HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, "Switching Protocols"},
        {"HTTP/1.1 404 \xc3\x9c\tber\r\nA: b\r\n\r\n", 404, "\xc3\x9c\tber"},
        {"HTTP/1.1 101 \r\n\r\n", 101, ""},
        {"HTTP/1.1 101\r\n\r\n", 101, ""},
        {"HTTP/1.1 999 ?\r\n\r\n", 999, "?"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wspi_pieces pieces = wspi_pieces_begin(rows[i].text, strlen(rows[i].text));
        while (wspi_pieces_next_cut(&pieces)) {
            wspi_http_head head;
            wspi_http_head_init(&head, WSPI_HTTP_RESPONSE);
            CHECK_SIZE(feed_pieces(&head, &pieces), strlen(rows[i].text));
            CHECK_INT(head.state, WSPI_HTTP_STATE_DONE);
            CHECK_INT(head.status, rows[i].status);
            CHECK_STRING(wspi_http_head_string(&head, head.reason), rows[i].reason);
            wspi_http_head_release(&head);
        }
        wspi_pieces_end(&pieces);
    }
}

static void read_whole(wspi_http_head *head, const char *text)
{
    size_t consumed;
    wspi_http_head_init(head, WSPI_HTTP_REQUEST);
    CHECK_INT(wspi_http_head_feed(head, (const uint8_t *)text, strlen(text), &consumed),
              WSPI_HTTP_STATE_DONE);
}

static void repeated_fields_are_joined_in_order(void)
{
    wspi_http_head head;
    read_whole(&head, "GET / HTTP/1.1\r\nA:\r\nB: 1\r\na: x, y\r\nA: \r\n\r\n");
    char *joined = wspi_http_head_join(&head, "A");
    CHECK_STRING(joined, ", x, y, ");
    wspi_string_free(joined);
    joined = wspi_http_head_join(&head, "b");
    CHECK_STRING(joined, "1");
    wspi_string_free(joined);
    CHECK(wspi_http_head_join(&head, "C") == NULL);
    wspi_http_head_release(&head);
}

static void H17_H19_tokens_are_found_in_all_lists_of_a_name(void)
{
    wspi_http_head head;
    read_whole(&head,
               "GET / HTTP/1.1\r\nConnection: keep-alive\r\nX: upgrade\r\nCONNECTION: a ,, UpGrade\r\n\r\n");
    CHECK(wspi_http_head_has_token(&head, "Connection", "upgrade"));
    CHECK(wspi_http_head_has_token(&head, "Connection", "Keep-Alive"));
    CHECK(!wspi_http_head_has_token(&head, "Connection", "keep"));
    CHECK(!wspi_http_head_has_token(&head, "Connection", "upgrade2"));
    CHECK(!wspi_http_head_has_token(&head, "Upgrade", "upgrade"));
    wspi_http_head_release(&head);
}

static void H1_H2_R19_line_ends_are_CRLF_or_refused_at_once(void)
{
    REFUSED_REQUEST("GET / HTTP/1.1\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\r", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\rG", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET /\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\rc", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\r\r", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\r\n\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\r\n\ra", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_RESPONSE("HTTP/1.1 101 Switching\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_RESPONSE("HTTP/1.1 101\n", WSPI_HTTP_FAULT_BAD_LINE_END);
    REFUSED_RESPONSE("HTTP/1.1 101 x\r\nA: b\n", WSPI_HTTP_FAULT_BAD_LINE_END);
}

static void H2_H4_H5_fields_that_are_none_are_refused(void)
{
    static const char controls[] = "\x00\x01\x08\x0b\x0c\x1b\x1f\x7f";
    for (size_t i = 0; i < sizeof(controls) - 1; i++) {
        char text[] = "GET / HTTP/1.1\r\nA: b?";
        text[sizeof(text) - 2] = controls[i];
        expect_refused(WSPI_HTTP_REQUEST, text, sizeof(text) - 1, WSPI_HTTP_FAULT_BAD_FIELD);
    }
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA ", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA\t", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nNoColon\r", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\n:", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA(", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA\x80", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA\0", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_REQUEST("GET / HTTP/1.1\r\n\0", WSPI_HTTP_FAULT_BAD_FIELD);
    REFUSED_RESPONSE("HTTP/1.1 200 OK\r\nA ", WSPI_HTTP_FAULT_BAD_FIELD);
}

static void H3_R18_folded_lines_are_refused_in_both_roles(void)
{
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\r\n ", WSPI_HTTP_FAULT_FOLDED);
    REFUSED_REQUEST("GET / HTTP/1.1\r\nA: b\r\n\t", WSPI_HTTP_FAULT_FOLDED);
    REFUSED_REQUEST("GET / HTTP/1.1\r\n ", WSPI_HTTP_FAULT_FOLDED);
    REFUSED_RESPONSE("HTTP/1.1 101 x\r\nA: b\r\n ", WSPI_HTTP_FAULT_FOLDED);
}

static void H13_R2_other_versions_are_refused(void)
{
    REFUSED_REQUEST("GET / HTTP/1.0", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTP/1.2", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTP/0", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET /\r", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / \r", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTP/1.\r", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / h", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTp", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTP/2", WSPI_HTTP_FAULT_OTHER_MAJOR);
    REFUSED_REQUEST("GET / HTTP/3", WSPI_HTTP_FAULT_OTHER_MAJOR);
    REFUSED_REQUEST("GET / HTTP/11", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_REQUEST("GET / HTTP/1.1 ", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET / HTTP/1.11", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET / HTTQ", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.x", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.00", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/0", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_RESPONSE("h", WSPI_HTTP_FAULT_BAD_VERSION);
    REFUSED_RESPONSE("HTTP/2", WSPI_HTTP_FAULT_OTHER_MAJOR);
}

static void H14_other_protocols_are_told_apart_by_their_first_bytes(void)
{
    REFUSED_REQUEST("\x16", WSPI_HTTP_FAULT_TLS); /* ... 03 01: a ClientHello */
    REFUSED_REQUEST("\x15", WSPI_HTTP_FAULT_TLS);
    REFUSED_REQUEST("PRI * HTTP/2", WSPI_HTTP_FAULT_HTTP2);
    REFUSED_REQUEST("SSH-", WSPI_HTTP_FAULT_SSH);
    REFUSED_REQUEST("\x80", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("\0", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("\x03", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("GE\xff", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("G\x16", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("GET * HTTP/2", WSPI_HTTP_FAULT_OTHER_MAJOR);
    REFUSED_REQUEST("PRI / HTTP/2", WSPI_HTTP_FAULT_OTHER_MAJOR);
}

static void H30_start_lines_of_requests_that_are_malformed(void)
{
    REFUSED_REQUEST(" ", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("\r", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET\r", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("{", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("G\"", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET  ", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET\t", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_REQUEST("GET /a b", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET /a#", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET /a\0", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET /a\x7f", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_REQUEST("GET /a\t", WSPI_HTTP_FAULT_BAD_START_LINE);
}

static void R20_responses_are_refused_at_the_first_impossible_byte(void)
{
    REFUSED_RESPONSE("\x15", WSPI_HTTP_FAULT_TLS); /* an alert */
    REFUSED_RESPONSE("\x16", WSPI_HTTP_FAULT_TLS);
    REFUSED_RESPONSE("S", WSPI_HTTP_FAULT_NOT_HTTP); /* SSH-2.0, 220 SMTP, an HTTP/2 SETTINGS frame */
    REFUSED_RESPONSE("2", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_RESPONSE("\0", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_RESPONSE("\r", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_RESPONSE("HTTPS", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_RESPONSE("HTTP\x16", WSPI_HTTP_FAULT_NOT_HTTP);
    REFUSED_RESPONSE("HTTP/x", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1\r", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1  ", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1 0", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1 1a", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1 10\r", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1 1011", WSPI_HTTP_FAULT_BAD_START_LINE);
    REFUSED_RESPONSE("HTTP/1.1 101 a\x01", WSPI_HTTP_FAULT_BAD_START_LINE);
}

/* prefix, then filler up to `total` bytes with the suffix, then the suffix. To be freed. */
static char *fill(const char *prefix, char filler, const char *suffix, size_t total)
{
    char *text = malloc(total + 1);
    CHECK(text != NULL);
    size_t prefix_size = strlen(prefix);
    size_t suffix_size = strlen(suffix);
    memcpy(text, prefix, prefix_size);
    memset(text + prefix_size, filler, total - prefix_size - suffix_size);
    memcpy(text + total - suffix_size, suffix, suffix_size + 1);
    return text;
}

static void expect_done(wspi_http_kind kind, const char *text)
{
    wspi_pieces pieces = wspi_pieces_begin(text, strlen(text));
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_http_head head;
        wspi_http_head_init(&head, kind);
        CHECK_SIZE(feed_pieces(&head, &pieces), strlen(text));
        CHECK_INT(head.state, WSPI_HTTP_STATE_DONE);
        wspi_http_head_release(&head);
    }
    wspi_pieces_end(&pieces);
}

static void H7_H8_a_start_line_has_8192_bytes_at_most(void)
{
    char *text = fill("GET /", 'a', " HTTP/1.1\r\n\r\n", WSPI_HTTP_LINE_MAX + 4);
    expect_done(WSPI_HTTP_REQUEST, text);
    free(text);
    text = fill("GET /", 'a', " HTTP/1.1\r\n\r\n", WSPI_HTTP_LINE_MAX + 5);
    expect_fault(WSPI_HTTP_REQUEST, text, strlen(text), WSPI_HTTP_FAULT_LINE_TOO_LONG,
                 WSPI_HTTP_LINE_MAX + 1);
    free(text);
    text = fill("HTTP/1.1 200 ", 'a', "\r\n\r\n", WSPI_HTTP_LINE_MAX + 4);
    expect_done(WSPI_HTTP_RESPONSE, text);
    free(text);
    text = fill("HTTP/1.1 200 ", 'a', "\r\n\r\n", WSPI_HTTP_LINE_MAX + 5);
    expect_fault(WSPI_HTTP_RESPONSE, text, strlen(text), WSPI_HTTP_FAULT_LINE_TOO_LONG,
                 WSPI_HTTP_LINE_MAX + 1);
    free(text);
    text = fill("", 'G', "", WSPI_HTTP_LINE_MAX + 1);
    expect_fault(WSPI_HTTP_REQUEST, text, strlen(text), WSPI_HTTP_FAULT_LINE_TOO_LONG,
                 WSPI_HTTP_LINE_MAX + 1);
    free(text);
}

static void H7_H8_R17_a_head_has_16384_bytes_at_most(void)
{
    char *text = fill("GET / HTTP/1.1\r\nCookie: ", 'a', "\r\n\r\n", WSPI_HTTP_HEAD_MAX);
    expect_done(WSPI_HTTP_REQUEST, text);
    free(text);
    text = fill("GET / HTTP/1.1\r\nCookie: ", 'a', "\r\n\r\n", WSPI_HTTP_HEAD_MAX + 1);
    expect_fault(WSPI_HTTP_REQUEST, text, strlen(text), WSPI_HTTP_FAULT_HEAD_TOO_LONG, WSPI_HTTP_HEAD_MAX);
    free(text);
    text = fill("HTTP/1.1 101 x\r\nX: ", ' ', "\r\n\r\n", WSPI_HTTP_HEAD_MAX);
    expect_done(WSPI_HTTP_RESPONSE, text);
    free(text);
    text = fill("HTTP/1.1 101 x\r\n", 'n', "", 64 * 1024);
    expect_fault(WSPI_HTTP_RESPONSE, text, strlen(text), WSPI_HTTP_FAULT_HEAD_TOO_LONG, WSPI_HTTP_HEAD_MAX);
    free(text);
}

/* A head of `count` fields; the last one is the only Key. To be freed. */
static char *make_fields(size_t count)
{
    char *text = malloc(64 + count * 8);
    CHECK(text != NULL);
    size_t size = 0;
    memcpy(text, "GET / HTTP/1.1\r\n", 16);
    size += 16;
    for (size_t i = 0; i + 1 < count; i++, size += 6)
        memcpy(text + size, "A: b\r\n", 6);
    memcpy(text + size, "Key: k\r\n\r\n", 11);
    return text;
}

static void H9_R17_a_head_has_100_fields_at_most_and_the_last_is_found(void)
{
    char *text = make_fields(100);
    expect_done(WSPI_HTTP_REQUEST, text);
    wspi_http_head head;
    read_whole(&head, text);
    CHECK_SIZE(head.field_count, 100);
    CHECK_STRING(wspi_http_head_value(&head, "key"), "k");
    CHECK_SIZE(wspi_http_head_count(&head, "a"), 99);
    wspi_http_head_release(&head);
    free(text);
    text = make_fields(101);
    expect_fault(WSPI_HTTP_REQUEST, text, strlen(text), WSPI_HTTP_FAULT_TOO_MANY_FIELDS, 16 + 100 * 6 + 1);
    free(text);
}

static double measure_bytewise(const char *text)
{
    double best = 1e9;
    for (int round = 0; round < 7; round++) {
        clock_t start = clock();
        for (int repeat = 0; repeat < 8; repeat++) {
            wspi_http_head head;
            wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
            for (size_t i = 0; text[i] != '\0'; i++) {
                size_t consumed;
                wspi_http_head_feed(&head, (const uint8_t *)text + i, 1, &consumed);
            }
            CHECK_INT(head.state, WSPI_HTTP_STATE_DONE);
            wspi_http_head_release(&head);
        }
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        best = seconds < best ? seconds : best;
    }
    return best;
}

static void H8_H10_time_grows_with_the_size_and_not_its_square(void)
{
    static const char fillers[] = {'a', ' ', ':', ','};
    for (size_t i = 0; i < sizeof(fillers); i++) {
        char *shorter = fill("GET / HTTP/1.1\r\nCookie: ", fillers[i], "\r\n\r\n", WSPI_HTTP_HEAD_MAX / 16);
        char *longer = fill("GET / HTTP/1.1\r\nCookie: ", fillers[i], "\r\n\r\n", WSPI_HTTP_HEAD_MAX);
        double shorter_time = measure_bytewise(shorter);
        double longer_time = measure_bytewise(longer);
        free(shorter);
        free(longer);
        /* 16 times the bytes: 16 times the work, or 256 times if each byte cost a look at those before it. */
        CHECK_DOUBLE_BETWEEN(longer_time, 0, shorter_time * 64 + 0.001);
    }
}

static void H35_memory_starts_with_the_first_byte_and_ends_with_a_refusal(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_http_head head;
    size_t consumed;
    wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
    wspi_http_head_feed(&head, NULL, 0, &consumed);
    CHECK_SIZE(allocator->requests, 0);
    char *text = fill("GET / HTTP/1.1\r\nCookie: ", 'a', "", WSPI_HTTP_HEAD_MAX - 1);
    for (size_t i = 0; text[i] != '\0'; i++)
        wspi_http_head_feed(&head, (const uint8_t *)text + i, 1, &consumed);
    free(text);
    CHECK_SIZE(head.text.size, WSPI_HTTP_HEAD_MAX - 1);
    CHECK(allocator->peak_bytes < 6 * WSPI_HTTP_HEAD_MAX);
    CHECK(allocator->requests < 24);
    wspi_http_head_feed(&head, (const uint8_t *)"a", 1, &consumed);
    CHECK_INT(head.fault, WSPI_HTTP_FAULT_HEAD_TOO_LONG);
    CHECK_SIZE(allocator->live_blocks, 0);
    wspi_http_head_release(&head);
}

static void every_allocation_may_fail(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    char *text = make_fields(100);
    for (size_t n = 1;; n++) {
        wspi_test_failing_allocator_fail_at(n);
        wspi_http_head head;
        wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
        for (size_t i = 0; text[i] != '\0'; i++) {
            size_t consumed;
            wspi_http_head_feed(&head, (const uint8_t *)text + i, 1, &consumed);
        }
        bool has_failed = allocator->failures > 0;
        CHECK_INT(head.state, has_failed ? WSPI_HTTP_STATE_REFUSED : WSPI_HTTP_STATE_DONE);
        CHECK_INT(head.fault, has_failed ? WSPI_HTTP_FAULT_OUT_OF_MEMORY : WSPI_HTTP_FAULT_NONE);
        CHECK(!has_failed || allocator->live_blocks == 0);
        if (!has_failed) {
            char *joined = wspi_http_head_join(&head, "A");
            bool is_joined = joined != NULL;
            wspi_string_free(joined);
            has_failed = allocator->failures > 0;
            CHECK(is_joined != has_failed);
        }
        wspi_http_head_release(&head);
        CHECK_SIZE(allocator->live_blocks, 0);
        if (!has_failed)
            break;
        CHECK(n < 100);
    }
    free(text);
}

static void a_kept_head_answers_as_before_from_one_block(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_http_head head;
    static const char text[] =
        "HTTP/1.1 302 Found it\r\nA: 1\r\nLocation: ws://x/\r\na:\t2 \r\nEmpty:\r\n\r\n";
    size_t consumed = 0;
    wspi_http_head_init(&head, WSPI_HTTP_RESPONSE);
    CHECK_INT(wspi_http_head_feed(&head, (const uint8_t *)text, sizeof text - 1, &consumed),
              WSPI_HTTP_STATE_DONE);
    wspi_test_failing_allocator_fail_at(1);
    CHECK(wspi_http_head_keep(&head) == NULL);
    CHECK_STRING(wspi_http_head_value(&head, "Location"), "ws://x/");
    wspi_test_failing_allocator_fail_at(0);
    wspi_http_kept_head *kept = wspi_http_head_keep(&head);
    CHECK(kept != NULL);
    CHECK_SIZE(allocator->live_blocks, 1);
    wspi_http_head view = wspi_http_kept_head_view(kept);
    const wspi_http_head *heads[] = {&head, &view};
    for (int i = 0; i < 2; i++) {
        CHECK_INT(heads[i]->kind, WSPI_HTTP_RESPONSE);
        CHECK_INT(heads[i]->state, WSPI_HTTP_STATE_DONE);
        CHECK_INT(heads[i]->status, 302);
        CHECK_STRING(wspi_http_head_string(heads[i], heads[i]->reason), "Found it");
        CHECK_SIZE(wspi_http_head_count(heads[i], "A"), 2);
        CHECK_STRING(wspi_http_head_value(heads[i], "empty"), "");
        CHECK(wspi_http_head_value(heads[i], "Absent") == NULL);
        char *joined = wspi_http_head_join(heads[i], "a");
        CHECK_STRING(joined, "1, 2");
        wspi_string_free(joined);
    }
    const char *location = wspi_http_head_value(&head, "Location");
    wspi_http_head_release(&head);
    CHECK_INT(head.state, WSPI_HTTP_STATE_START_LINE);
    CHECK(wspi_http_head_value(&view, "Location") == location);
    wspi_http_kept_head_free(kept);
    wspi_http_kept_head_free(NULL);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_kept_head_answers_as_before_from_one_block),
    TEST_CASE(a_request_is_taken_apart),
    TEST_CASE(a_response_is_taken_apart),
    TEST_CASE(repeated_fields_are_joined_in_order),
    TEST_CASE(H17_H19_tokens_are_found_in_all_lists_of_a_name),
    TEST_CASE(H1_H2_R19_line_ends_are_CRLF_or_refused_at_once),
    TEST_CASE(H2_H4_H5_fields_that_are_none_are_refused),
    TEST_CASE(H3_R18_folded_lines_are_refused_in_both_roles),
    TEST_CASE(H13_R2_other_versions_are_refused),
    TEST_CASE(H14_other_protocols_are_told_apart_by_their_first_bytes),
    TEST_CASE(H30_start_lines_of_requests_that_are_malformed),
    TEST_CASE(R20_responses_are_refused_at_the_first_impossible_byte),
    TEST_CASE(H7_H8_a_start_line_has_8192_bytes_at_most),
    TEST_CASE(H7_H8_R17_a_head_has_16384_bytes_at_most),
    TEST_CASE(H9_R17_a_head_has_100_fields_at_most_and_the_last_is_found),
    TEST_CASE(H8_H10_time_grows_with_the_size_and_not_its_square),
    TEST_CASE(H35_memory_starts_with_the_first_byte_and_ends_with_a_refusal),
    TEST_CASE(every_allocation_may_fail),
};

TEST_MAIN(cases)
