/* SPDX-License-Identifier: MIT */

/*
 * handshake_server.h: each H row of bad requests with the status and words it gets, through http_head and the
 * judge. Each request whole, byte by byte, and in two at each position. Rows H34 and the waiting of H35 are
 * deadlines, and tested where the clock is.
 */

#include "protocol/handshake_server.h"

#include "pieces.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GET        "GET /chat HTTP/1.1\r\n"
#define HOST       "Host: example.com\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEY        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION    "Sec-WebSocket-Version: 13\r\n"
#define REST       HOST UPGRADE CONNECTION KEY VERSION
#define GOOD       GET REST
#define END        "\r\n"

static const wspi_string_list no_protocols = {NULL, 0};

/* Feeds one way to cut; answers how many bytes the head took. The head is to be released. */
static size_t read_head(wspi_http_head *head, wspi_pieces *pieces)
{
    size_t total = 0;
    const uint8_t *piece;
    size_t size;
    wspi_http_head_init(head, WSPI_HTTP_REQUEST);
    while (head->state != WSPI_HTTP_STATE_DONE && head->state != WSPI_HTTP_STATE_REFUSED &&
           (size = wspi_pieces_next(pieces, &piece)) > 0) {
        size_t consumed;
        wspi_http_head_feed(head, piece, size, &consumed);
        total += consumed;
    }
    return total;
}

static void judge(const wspi_http_head *head, const wspi_string_list *protocols,
                  wspi_handshake_verdict *out_verdict)
{
    if (head->state == WSPI_HTTP_STATE_REFUSED)
        wspi_handshake_server_judge_fault(head->fault, out_verdict);
    else if (head->state == WSPI_HTTP_STATE_DONE)
        wspi_handshake_server_judge(head, protocols, out_verdict);
    else
        FAIL("the request is neither whole nor refused");
}

static void expect_with(const wspi_string_list *protocols, const char *request, size_t size, int status,
                        const char *text, const char *headers)
{
    wspi_pieces pieces = wspi_pieces_begin(request, size);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_http_head head;
        wspi_handshake_verdict verdict;
        read_head(&head, &pieces);
        judge(&head, protocols, &verdict);
        if (verdict.status != status)
            FAIL("status %d (%s), wanted %d, for %.*s", verdict.status, verdict.text, status, (int)size,
                 request);
        CHECK_CONTAINS(verdict.text, text);
        CHECK_STRING(verdict.headers, headers);
        CHECK_STRING(verdict.protocol, "");
        wspi_http_head_release(&head);
    }
    wspi_pieces_end(&pieces);
}

static void expect_accepted_with(const wspi_string_list *protocols, const char *request, size_t size,
                                 size_t rest, const char *protocol)
{
    wspi_pieces pieces = wspi_pieces_begin(request, size);
    while (wspi_pieces_next_cut(&pieces)) {
        wspi_http_head head;
        wspi_handshake_verdict verdict;
        CHECK_SIZE(read_head(&head, &pieces), size - rest);
        judge(&head, protocols, &verdict);
        if (verdict.status != 101)
            FAIL("refused with %d (%s): %.*s", verdict.status, verdict.text, (int)size, request);
        CHECK_STRING(verdict.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        CHECK_STRING(verdict.protocol, protocol);
        wspi_http_head_release(&head);
    }
    wspi_pieces_end(&pieces);
}

#define ACCEPTED(request) expect_accepted_with(&no_protocols, request, sizeof(request) - 1, 0, "")
#define REFUSED(request, status, text) \
    expect_with(&no_protocols, request, sizeof(request) - 1, status, text, "")
#define UPGRADE_LINES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define NEEDS_UPGRADE(request) \
    expect_with(&no_protocols, request, sizeof(request) - 1, 426, "needs Upgrade: websocket", UPGRADE_LINES)
#define NEEDS_13(request)                                                                            \
    expect_with(&no_protocols, request, sizeof(request) - 1, 426, "needs Sec-WebSocket-Version: 13", \
                UPGRADE_LINES VERSION)

static void a_proper_request_is_accepted(void)
{
    ACCEPTED(GOOD END);
}

static void H1_LF_only_is_400(void)
{
    REFUSED("GET /chat HTTP/1.1\nHost: a\n\n", 400, "a line does not end with CR LF");
    REFUSED(GOOD "X-A: b\n", 400, "a line does not end with CR LF");
    REFUSED(GOOD "\n", 400, "a line does not end with CR LF");
}

static void H2_CR_without_LF_and_NUL_are_400(void)
{
    REFUSED(GOOD "X-A: b\rc\r\n" END, 400, "a line does not end with CR LF");
    REFUSED(GOOD "X-A: b\0c\r\n" END, 400, "a header field is malformed");
    REFUSED(GOOD "X-A: b\x01\r\n" END, 400, "a header field is malformed");
    REFUSED(GOOD "X-A: b\x7f\r\n" END, 400, "a header field is malformed");
}

static void H3_folded_line_is_400(void)
{
    REFUSED(GOOD "X-A: b\r\n c\r\n" END, 400, "folded");
    REFUSED(GOOD "\tc\r\n" END, 400, "folded");
}

static void H4_space_before_colon_is_400(void)
{
    REFUSED(GOOD "X-A : b\r\n" END, 400, "a header field is malformed");
}

static void H5_no_colon_no_name_or_no_token_is_400(void)
{
    REFUSED(GOOD "nonsense\r\n" END, 400, "a header field is malformed");
    REFUSED(GOOD ": b\r\n" END, 400, "a header field is malformed");
    REFUSED(GOOD "X(A): b\r\n" END, 400, "a header field is malformed");
    REFUSED(GOOD "X\xc3\xa4: b\r\n" END, 400, "a header field is malformed");
}

static void H6_empty_value_is_legal(void)
{
    ACCEPTED(GOOD "X-Empty:\r\nX-White: \t \r\n" END);
}

/* GOOD, then a field with a value of that size; to be freed. */
static char *make_with_value(const char *name, char filler, size_t value_size)
{
    size_t capacity = sizeof(GOOD) + strlen(name) + value_size + 8;
    char *text = malloc(capacity);
    CHECK(text != NULL);
    int size = snprintf(text, capacity, GOOD "%s: ", name);
    memset(text + size, filler, value_size);
    memcpy(text + (size_t)size + value_size, "\r\n\r\n", 5);
    return text;
}

static void H7_a_field_of_7_KB_is_accepted_and_over_the_limit_431(void)
{
    char *text = make_with_value("Cookie", 'a', 7 * 1024);
    expect_accepted_with(&no_protocols, text, strlen(text), 0, "");
    free(text);
    text = make_with_value("Cookie", 'a', 16 * 1024);
    expect_with(&no_protocols, text, strlen(text), 431, "the head is longer than 16384 bytes", "");
    free(text);
}

static void H8_a_start_line_of_64_KB_is_414_and_a_head_431(void)
{
    char *text = malloc(65537);
    CHECK(text != NULL);
    memset(text, 'a', 65536);
    memcpy(text, "GET /", 5);
    text[65536] = '\0';
    expect_with(&no_protocols, text, 65536, 414, "the first line is longer than 8192 bytes", "");
    memcpy(text, GOOD, sizeof(GOOD) - 1);
    expect_with(&no_protocols, text, 65536, 431, "the head is longer than 16384 bytes", "");
    free(text);
}

/* `count` small fields in front of the others; to be freed. */
static char *make_with_fields(size_t count)
{
    size_t size = sizeof(GET) - 1;
    char *text = malloc(size + count * 6 + sizeof(REST END));
    CHECK(text != NULL);
    memcpy(text, GET, size);
    for (size_t i = 0; i < count; i++, size += 6)
        memcpy(text + size, "A: b\r\n", 6);
    memcpy(text + size, REST END, sizeof(REST END));
    return text;
}

static void H9_required_fields_behind_95_others_are_found_and_150_are_431(void)
{
    static const size_t too_many[] = {96, 150, 2000};
    char *text = make_with_fields(95);
    expect_accepted_with(&no_protocols, text, strlen(text), 0, "");
    free(text);
    for (size_t i = 0; i < 3; i++) {
        text = make_with_fields(too_many[i]);
        expect_with(&no_protocols, text, strlen(text), 431, "more than 100 fields", "");
        free(text);
    }
}

static void H12_other_methods_are_405(void)
{
    static const char *const methods[] = {"POST", "HEAD", "OPTIONS", "CONNECT", "get", "GETS", "GE", "PRI"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        char request[300];
        int size = snprintf(request, sizeof(request), "%s /chat HTTP/1.1\r\n" REST END, methods[i]);
        expect_with(&no_protocols, request, (size_t)size, 405, "GET", "Allow: GET\r\n");
    }
}

static void H13_other_versions_are_400_or_505(void)
{
    REFUSED("GET /chat HTTP/1.0\r\n" REST END, 400, "the version is not HTTP/1.1");
    REFUSED("GET /chat HTTP/0.9\r\n" REST END, 400, "the version is not HTTP/1.1");
    REFUSED("GET /chat\r\n", 400, "the version is not HTTP/1.1");
    REFUSED("GET /chat http/1.1\r\n" REST END, 400, "the version is not HTTP/1.1");
    REFUSED("GET /chat HTTP/2.0\r\n" REST END, 505, "the major version of HTTP is not 1");
    REFUSED("GET /chat HTTP/3\r\n" REST END, 505, "the major version of HTTP is not 1");
}

static void H14_other_protocols_get_no_answer_but_words_for_the_log(void)
{
    REFUSED("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0, "TLS");
    REFUSED("\x16", 0, "TLS");
    REFUSED("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, "HTTP/2");
    REFUSED("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0, "SSH");
    REFUSED("\x80\x2e\x01\x03\x01", 0, "not HTTP");
    REFUSED("\0\0\0\0", 0, "not HTTP");
}

#define WITH_HOST(host) GET host UPGRADE CONNECTION KEY VERSION END

static void H15_there_is_one_host_and_it_is_sane(void)
{
    static const char text[] = "exactly one Host";
    REFUSED(WITH_HOST(""), 400, text);
    REFUSED(WITH_HOST(HOST HOST), 400, text);
    REFUSED(WITH_HOST(HOST "host: other\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: a b\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: a/b\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: me@a\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: a:b\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: a:80:80\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: a:123456\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: :80\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: \xc3\xa4\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: ::1\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: [::1\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: [::1]x\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: []\r\n"), 400, text);
    REFUSED(WITH_HOST("Host: [\r\n"), 400, text);
    ACCEPTED(WITH_HOST("Host:\r\n"));
    ACCEPTED(WITH_HOST("Host: a\r\n"));
    ACCEPTED(WITH_HOST("Host: A-b_c.example:65535\r\n"));
    ACCEPTED(WITH_HOST("Host: 127.0.0.1:\r\n"));
    ACCEPTED(WITH_HOST("Host: [2001:db8::1]:80\r\n"));
    ACCEPTED(WITH_HOST("Host: [::ffff:1.2.3.4]\r\n"));
}

static void H16_no_or_another_upgrade_is_426(void)
{
    NEEDS_UPGRADE(GET HOST CONNECTION KEY VERSION END);
    NEEDS_UPGRADE(GET HOST "Upgrade: h2c\r\n" CONNECTION KEY VERSION END);
    NEEDS_UPGRADE(GET HOST "Upgrade: websockets\r\n" CONNECTION KEY VERSION END);
    NEEDS_UPGRADE(GET HOST "Upgrade:\r\n" CONNECTION KEY VERSION END);
    NEEDS_UPGRADE(GET END);
}

static void H17_upgrade_is_a_list_in_any_case(void)
{
    ACCEPTED(GET HOST "Upgrade: foo, WebSocket\r\n" CONNECTION KEY VERSION END);
    ACCEPTED(GET HOST "Upgrade: foo/1\r\nUpgrade: WEBSOCKET\r\n" CONNECTION KEY VERSION END);
}

static void H18_no_or_another_connection_is_426(void)
{
    NEEDS_UPGRADE(GET HOST UPGRADE KEY VERSION END);
    NEEDS_UPGRADE(GET HOST UPGRADE "Connection: close\r\n" KEY VERSION END);
    NEEDS_UPGRADE(GET HOST UPGRADE "Connection:\r\n" KEY VERSION END);
}

static void H19_connection_is_a_list_in_any_case(void)
{
    ACCEPTED(GET HOST UPGRADE "Connection: keep-alive, Upgrade\r\n" KEY VERSION END);
    ACCEPTED(GET HOST UPGRADE "Connection: upgrade\r\n" KEY VERSION END);
    ACCEPTED(GET HOST UPGRADE "Connection: ,,close,UPGRADE\r\n" KEY VERSION END);
}

static void H20_names_in_any_case(void)
{
    ACCEPTED(GET "hOST: a\r\nupgrade: websocket\r\nCONNECTION: Upgrade\r\n"
                 "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION: 13\r\n" END);
}

#define WITH_KEY(key) GET HOST UPGRADE CONNECTION key VERSION END

static void H21_the_key_is_16_bytes_in_base64(void)
{
    static const char text[] = "exactly one Sec-WebSocket-Key";
    REFUSED(WITH_KEY(""), 400, text);
    REFUSED(WITH_KEY("Sec-WebSocket-Key:\r\n"), 400, text);
    REFUSED(WITH_KEY("Sec-WebSocket-Key: abc\r\n"), 400, text);
    REFUSED(WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"), 400, text);
    REFUSED(WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZVE=\r\n"), 400, text);
}

static void H22_two_keys_are_400(void)
{
    REFUSED(WITH_KEY(KEY KEY), 400, "exactly one Sec-WebSocket-Key");
    REFUSED(WITH_KEY(KEY "Sec-WebSocket-Key:\r\n"), 400, "exactly one Sec-WebSocket-Key");
}

static void H23_the_version_is_13_once_or_426(void)
{
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 8\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 14\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 13abc\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 013\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version: 13, 8\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY "Sec-WebSocket-Version:\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY VERSION "Sec-WebSocket-Version: 8\r\n" END);
    NEEDS_13(GET HOST UPGRADE CONNECTION KEY VERSION VERSION END);
}

static char *chat_and_v2[] = {"chat", "v2"};
static const wspi_string_list two_protocols = {chat_and_v2, 2};

#define OFFER(list) GOOD "Sec-WebSocket-Protocol: " list "\r\n" END
#define CHOSEN(request, protocol) \
    expect_accepted_with(&two_protocols, request, sizeof(request) - 1, 0, protocol)
#define UNCHOSEN(request, text) expect_with(&two_protocols, request, sizeof(request) - 1, 400, text, "")

static void H24_one_of_the_offered_subprotocols_is_chosen(void)
{
    CHOSEN(OFFER("chat"), "chat");
    CHOSEN(OFFER("a, v2, chat"), "v2"); /* The client's order decides. */
    CHOSEN(OFFER("a,b ,\t,chat"), "chat");
    CHOSEN(GOOD "Sec-WebSocket-Protocol: a\r\nX: y\r\nsec-websocket-protocol: b, v2\r\n" END, "v2");
    CHOSEN(GOOD "Sec-WebSocket-Protocol:\r\nSec-WebSocket-Protocol: v2\r\n" END, "v2");
}

static void H25_odd_lists_cost_linear_time(void)
{
    static const char *const fillings[] = {" ", ",", "a,", "\"", "\\", "\",\"", "chat2,"};
    static const char around[] = GOOD "Sec-WebSocket-Protocol: b";
    for (size_t i = 0; i < sizeof(fillings) / sizeof(fillings[0]); i++) {
        char *text = malloc(WSPI_HTTP_HEAD_MAX + 1);
        CHECK(text != NULL);
        size_t size = sizeof(around) - 1;
        memcpy(text, around, size);
        for (size_t j = 0; size < WSPI_HTTP_HEAD_MAX - 5; j++)
            text[size++] = fillings[i][j % strlen(fillings[i])];
        memcpy(text + size, "x\r\n\r\n", 6);
        clock_t start = clock();
        wspi_http_head head;
        size_t consumed;
        wspi_http_head_init(&head, WSPI_HTTP_REQUEST);
        CHECK_INT(wspi_http_head_feed(&head, (const uint8_t *)text, size + 5, &consumed),
                  WSPI_HTTP_STATE_DONE);
        for (int repeat = 0; repeat < 20; repeat++) {
            wspi_handshake_verdict verdict;
            wspi_handshake_server_judge(&head, &two_protocols, &verdict);
            CHECK_INT(verdict.status, 400);
        }
        wspi_http_head_release(&head);
        free(text);
        /* 20 times 16 KiB take some 10 ms with sanitizers; squared they would be 5,000,000,000 steps. */
        CHECK_DOUBLE_BETWEEN((double)(clock() - start) / CLOCKS_PER_SEC, 0, 2.0);
    }
}

static void H26_a_name_that_is_no_token_is_400_and_a_repeated_one_harmless(void)
{
    UNCHOSEN(OFFER("chat, a b"), "not a token");
    UNCHOSEN(OFFER("a/b, chat"), "not a token");
    UNCHOSEN(OFFER("\"chat\""), "not a token");
    UNCHOSEN(OFFER("chat;x=1"), "not a token");
    UNCHOSEN(OFFER("ch\xc3\xa4t"), "not a token");
    REFUSED(OFFER("a b"), 400, "not a token");
    CHOSEN(OFFER("chat, chat, chat"), "chat");
}

static void H27_subprotocols_that_do_not_meet(void)
{
    UNCHOSEN(OFFER("Chat"), "supports none");
    UNCHOSEN(OFFER("cha, chatt, v"), "supports none");
    UNCHOSEN(GOOD END, "has no Sec-WebSocket-Protocol");
    UNCHOSEN(OFFER(""), "has no Sec-WebSocket-Protocol");
    UNCHOSEN(OFFER(" , ,"), "has no Sec-WebSocket-Protocol");
    ACCEPTED(OFFER("chat"));
}

static void H28_a_body_is_400(void)
{
    REFUSED(GOOD "Content-Length: 1\r\n" END "x", 400, "no body");
    REFUSED(GOOD "Content-Length: 00010\r\n" END, 400, "no body");
    REFUSED(GOOD "Content-Length:\r\n" END, 400, "no body");
    REFUSED(GOOD "Content-Length: x\r\n" END, 400, "no body");
    REFUSED(GOOD "Content-Length: -0\r\n" END, 400, "no body");
    REFUSED(GOOD "Content-Length: 0, 5\r\n" END, 400, "no body");
    REFUSED(GOOD "Content-Length: 0\r\nContent-Length: 5\r\n" END, 400, "no body");
    REFUSED(GOOD "Transfer-Encoding: chunked\r\n" END, 400, "no body");
    REFUSED(GOOD "Transfer-Encoding:\r\n" END, 400, "no body");
    ACCEPTED(GOOD "Content-Length: 0\r\n" END);
    ACCEPTED(GOOD "Content-Length: 000\r\nContent-Length: 0\r\n" END);
}

static void H29_H30_targets(void)
{
    static const struct {
        const char *target;
        const char *authority;
        const char *path;
        const char *query;
    } good[] = {
        {"/", "", "/", ""},
        {"/a/../b%00", "", "/a/../b%00", ""},
        {"/\xc3\xa4?\xff", "", "/\xc3\xa4", "\xff"},
        {"//evil/x", "", "//evil/x", ""},
        {"/a?b=c?d/e", "", "/a", "b=c?d/e"},
        {"/?", "", "/", ""},
        {"http://h/p", "h", "/p", ""},
        {"http://h", "h", "/", ""},
        {"HTTPS://h:8080?q", "h:8080", "/", "q"},
        {"ws://[::1]:80/a?b", "[::1]:80", "/a", "b"},
        {"wss://h/", "h", "/", ""},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char request[300];
        wspi_http_target target;
        int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" REST END, good[i].target);
        expect_accepted_with(&no_protocols, request, (size_t)size, 0, "");
        CHECK(wspi_http_split_target(good[i].target, &target));
        CHECK_BYTES(target.authority.data, target.authority.size, good[i].authority,
                    strlen(good[i].authority));
        CHECK_BYTES(target.path.data, target.path.size, good[i].path, strlen(good[i].path));
        CHECK_STRING((const char *)target.query.data, good[i].query);
        CHECK_SIZE(target.query.size, strlen(good[i].query));
    }
    static const char *const bad[] = {"*",       "chat",        "example.com:80", "http:/h",
                                      "http://", "http:///p",   "http://?q",      "ftp://h/",
                                      "ws:",     "http://u@h/", "http://h:p/",    "http://h\\p/",
                                      "?q",      "w",           "http://[::1/"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char request[300];
        int size = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n" REST END, bad[i]);
        expect_with(&no_protocols, request, (size_t)size, 400, "neither a path nor an absolute URL", "");
    }
}

static void H30_a_target_with_space_control_or_fragment_is_400(void)
{
    REFUSED("GET /a b HTTP/1.1\r\n" REST END, 400, "the first line is malformed");
    REFUSED("GET /a\x01 HTTP/1.1\r\n" REST END, 400, "the first line is malformed");
    REFUSED("GET /a#b HTTP/1.1\r\n" REST END, 400, "the first line is malformed");
    REFUSED("GET  HTTP/1.1\r\n" REST END, 400, "the first line is malformed");
}

static void H31_frames_behind_the_head_are_left_for_the_session(void)
{
    static const char request[] = GOOD END "\x81\x80\0\0\0\0";
    expect_accepted_with(&no_protocols, request, sizeof(request) - 1, 6, "");
}

static void extensions_are_declined_but_must_be_well_formed(void)
{
    ACCEPTED(GOOD "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" END);
    ACCEPTED(GOOD "Sec-WebSocket-Extensions: a, b; c=\"d\"\r\nSec-WebSocket-Extensions:\r\n" END);
    REFUSED(GOOD "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b;\r\n" END, 400,
            "Sec-WebSocket-Extensions is malformed");
}

static void the_most_helpful_fault_is_told_first(void)
{
    expect_with(&no_protocols, "POST * HTTP/1.1\r\n\r\n", 19, 405, "GET", "Allow: GET\r\n");
    NEEDS_UPGRADE("GET * HTTP/1.1\r\nSec-WebSocket-Version: 8\r\n\r\n");
    NEEDS_13(GET UPGRADE CONNECTION END);
    REFUSED(GET UPGRADE CONNECTION VERSION END, 400, "exactly one Host");
}

static void each_fault_has_a_status_and_a_text(void)
{
    for (int fault = WSPI_HTTP_FAULT_NOT_HTTP; fault <= WSPI_HTTP_FAULT_OUT_OF_MEMORY; fault++) {
        wspi_handshake_verdict verdict;
        wspi_handshake_server_judge_fault((wspi_http_fault)fault, &verdict);
        TEST_NOTE("fault %d", fault);
        CHECK(verdict.status == 0 || (verdict.status >= 400 && verdict.status <= 599));
        CHECK(verdict.text[0] != '\0');
        CHECK_STRING(verdict.headers, "");
        CHECK_STRING(verdict.protocol, "");
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_proper_request_is_accepted),
    TEST_CASE(H1_LF_only_is_400),
    TEST_CASE(H2_CR_without_LF_and_NUL_are_400),
    TEST_CASE(H3_folded_line_is_400),
    TEST_CASE(H4_space_before_colon_is_400),
    TEST_CASE(H5_no_colon_no_name_or_no_token_is_400),
    TEST_CASE(H6_empty_value_is_legal),
    TEST_CASE(H7_a_field_of_7_KB_is_accepted_and_over_the_limit_431),
    TEST_CASE(H8_a_start_line_of_64_KB_is_414_and_a_head_431),
    TEST_CASE(H9_required_fields_behind_95_others_are_found_and_150_are_431),
    TEST_CASE(H12_other_methods_are_405),
    TEST_CASE(H13_other_versions_are_400_or_505),
    TEST_CASE(H14_other_protocols_get_no_answer_but_words_for_the_log),
    TEST_CASE(H15_there_is_one_host_and_it_is_sane),
    TEST_CASE(H16_no_or_another_upgrade_is_426),
    TEST_CASE(H17_upgrade_is_a_list_in_any_case),
    TEST_CASE(H18_no_or_another_connection_is_426),
    TEST_CASE(H19_connection_is_a_list_in_any_case),
    TEST_CASE(H20_names_in_any_case),
    TEST_CASE(H21_the_key_is_16_bytes_in_base64),
    TEST_CASE(H22_two_keys_are_400),
    TEST_CASE(H23_the_version_is_13_once_or_426),
    TEST_CASE(H24_one_of_the_offered_subprotocols_is_chosen),
    TEST_CASE(H25_odd_lists_cost_linear_time),
    TEST_CASE(H26_a_name_that_is_no_token_is_400_and_a_repeated_one_harmless),
    TEST_CASE(H27_subprotocols_that_do_not_meet),
    TEST_CASE(H28_a_body_is_400),
    TEST_CASE(H29_H30_targets),
    TEST_CASE(H30_a_target_with_space_control_or_fragment_is_400),
    TEST_CASE(H31_frames_behind_the_head_are_left_for_the_session),
    TEST_CASE(extensions_are_declined_but_must_be_well_formed),
    TEST_CASE(the_most_helpful_fault_is_told_first),
    TEST_CASE(each_fault_has_a_status_and_a_text),
};

TEST_MAIN(cases)
