/* SPDX-License-Identifier: MIT */

/* request.h and wspeer/request.h natively: what a handler reads, the decision it takes, and the bytes that
 * follow. */

#include "request.h"

#include "failing_allocator.h"
#include "memory.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define FIELDS                                                                \
    "Host: example.com:9080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define UPGRADE_REQUEST                                                                        \
    "GET /game/7?token=a%20b HTTP/1.1\r\n" FIELDS "Cookie: a=1\r\nX-Empty:\r\ncookie: b=2\r\n" \
    "Sec-WebSocket-Protocol: a, chat\r\nSec-WebSocket-Protocol: v2,, chat\r\n\r\n"
#define ANSWER_101                                                                      \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static char *served[] = {"v2", "chat"};
static const wspi_string_list served_two = {served, 2};
static const wspi_string_list nothing = {NULL, 0};
static char *setting_lines[] = {"Server: s"};
static const wspi_string_list settings = {setting_lines, 1};

/* A request in a handler's hands. */
static struct {
    wspi_http_head head;
    wspi_handshake_verdict verdict;
    wsp_request request;
} given;

static void release_given(void)
{
    wspi_request_release(&given.request);
    wspi_http_head_release(&given.head);
}

static void read_head(const char *text)
{
    size_t consumed;
    wspi_http_head_init(&given.head, WSPI_HTTP_REQUEST);
    CHECK_INT(wspi_http_head_feed(&given.head, (const uint8_t *)text, strlen(text), &consumed),
              WSPI_HTTP_STATE_DONE);
}

static wsp_request *give_upgrade_with(const char *text, const wspi_string_list *protocols,
                                      const wspi_string_list *headers)
{
    read_head(text);
    wspi_handshake_server_judge(&given.head, protocols, &given.verdict);
    CHECK_INT(given.verdict.status, 101);
    wspi_request_init(&given.request, &given.head, &given.verdict, headers, "192.0.2.7", 65535, true);
    return &given.request;
}

static wsp_request *give_upgrade(void)
{
    return give_upgrade_with(UPGRADE_REQUEST, &served_two, &nothing);
}

static wsp_request *give_http(const char *text)
{
    read_head(text);
    wspi_request_init_http(&given.request, &given.head, "::1", 80, false);
    return &given.request;
}

/* Writes the answer, compares it, and takes the request back. */
static void expect_answer(int status, const char *protocol, const char *wanted)
{
    wspi_byte_buffer out;
    wspi_byte_buffer_init(&out, SIZE_MAX);
    CHECK_INT(wspi_request_get_status(&given.request), status);
    CHECK_STRING(wspi_request_get_chosen_protocol(&given.request), protocol);
    CHECK(wspi_request_write_answer(&given.request, &out));
    CHECK_BYTES(wspi_byte_buffer_bytes(&out), out.size, wanted, strlen(wanted));
    wspi_byte_buffer_release(&out);
    release_given();
}

static void a_null_request_has_neutral_values(void)
{
    const char *name = "unchanged";
    const char *value = "unchanged";
    CHECK_STRING(wsp_request_get_method(NULL), "");
    CHECK_STRING(wsp_request_get_path(NULL), "");
    CHECK_STRING(wsp_request_get_query(NULL), "");
    CHECK(wsp_request_get_header(NULL, "Host") == NULL);
    CHECK_SIZE(wsp_request_get_header_count(NULL), 0);
    CHECK(!wsp_request_get_header_at(NULL, 0, &name, &value));
    CHECK_STRING(name, "unchanged");
    CHECK_SIZE(wsp_request_get_protocol_count(NULL), 0);
    CHECK_STRING(wsp_request_get_protocol_at(NULL, 0), "");
    CHECK_STRING(wsp_request_get_address(NULL), "");
    CHECK_SIZE(wsp_request_get_port(NULL), 0);
    CHECK(!wsp_request_is_secure(NULL));
    CHECK_INT(wsp_request_add_header(NULL, "A", "b"), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_accept(NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(NULL, 403, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
}

static void the_facts_of_a_request(void)
{
    wsp_request *request = give_upgrade();
    CHECK_STRING(wsp_request_get_method(request), "GET");
    CHECK_STRING(wsp_request_get_path(request), "/game/7");
    CHECK_STRING(wsp_request_get_query(request), "token=a%20b");
    CHECK_STRING(wsp_request_get_address(request), "192.0.2.7");
    CHECK_SIZE(wsp_request_get_port(request), 65535);
    CHECK(wsp_request_is_secure(request));
    CHECK(wsp_request_get_path(request) == wsp_request_get_path(request));
    release_given();
    request = give_http("HEAD / HTTP/1.1\r\n\r\n");
    CHECK_STRING(wsp_request_get_method(request), "HEAD");
    CHECK_SIZE(wsp_request_get_header_count(request), 0);
    CHECK(!wsp_request_is_secure(request));
    release_given();
}

static void H29_paths_queries_and_urls_of_each_form(void)
{
    static const struct {
        const char *target;
        const char *path;
        const char *query;
        const char *url;
    } rows[] = {
        {"/", "/", "", "wss://example.com:9080/"},
        {"/a/%2e%2e/b", "/a/%2e%2e/b", "", "wss://example.com:9080/a/%2e%2e/b"},
        {"/a?", "/a", "", "wss://example.com:9080/a?"},
        {"/a?b?c", "/a", "b?c", "wss://example.com:9080/a?b?c"},
        {"http://other/p?q", "/p", "q", "wss://other/p?q"},
        {"http://other:81", "/", "", "wss://other:81/"},
        {"ws://other?q", "/", "q", "wss://other/?q"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[400];
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" FIELDS "\r\n", rows[i].target);
        wsp_request *request = give_upgrade_with(text, &nothing, &nothing);
        TEST_NOTE("%s", rows[i].target);
        CHECK_STRING(wsp_request_get_path(request), rows[i].path);
        CHECK_STRING(wsp_request_get_query(request), rows[i].query);
        char *url = wspi_request_make_url(request);
        CHECK_STRING(url, rows[i].url);
        wspi_string_free(url);
        release_given();
    }
    CHECK(wspi_request_make_url(&(wsp_request){0}) == NULL);
    wsp_request *request = give_http("GET * HTTP/1.1\r\n\r\n");
    CHECK_STRING(wsp_request_get_path(request), "");
    CHECK_STRING(wsp_request_get_query(request), "");
    release_given();
}

static void header_look_ups_join_repeated_fields(void)
{
    wsp_request *request = give_upgrade();
    const char *joined = wsp_request_get_header(request, "COOKIE");
    CHECK_STRING(joined, "a=1, b=2");
    CHECK_STRING(wsp_request_get_header(request, "Sec-WebSocket-Protocol"), "a, chat, v2,, chat");
    CHECK(wsp_request_get_header(request, "cookie") == joined);
    CHECK_STRING(joined, "a=1, b=2");
    CHECK_STRING(wsp_request_get_header(request, "host"), "example.com:9080");
    CHECK_STRING(wsp_request_get_header(request, "x-empty"), "");
    CHECK(wsp_request_get_header(request, "Origin") == NULL);
    CHECK(wsp_request_get_header(request, "") == NULL);
    CHECK(wsp_request_get_header(request, NULL) == NULL);
    release_given();
}

static void headers_can_be_walked(void)
{
    wsp_request *request = give_upgrade();
    const char *name = NULL;
    const char *value = NULL;
    CHECK_SIZE(wsp_request_get_header_count(request), 10);
    CHECK(wsp_request_get_header_at(request, 0, &name, &value));
    CHECK_STRING(name, "Host");
    CHECK_STRING(value, "example.com:9080");
    CHECK(wsp_request_get_header_at(request, 7, &name, &value));
    CHECK_STRING(name, "cookie");
    CHECK_STRING(value, "b=2");
    CHECK(!wsp_request_get_header_at(request, 10, &name, &value));
    CHECK(!wsp_request_get_header_at(request, SIZE_MAX, &name, &value));
    CHECK_STRING(name, "cookie");
    CHECK(!wsp_request_get_header_at(request, 0, NULL, &value));
    CHECK(!wsp_request_get_header_at(request, 0, &name, NULL));
    release_given();
}

static void offered_subprotocols_can_be_walked(void)
{
    static const char *const offered[] = {"a", "chat", "v2", "chat"};
    wsp_request *request = give_upgrade();
    CHECK_SIZE(wsp_request_get_protocol_count(request), 4);
    for (size_t i = 0; i < 4; i++)
        CHECK_STRING(wsp_request_get_protocol_at(request, i), offered[i]);
    CHECK_STRING(wsp_request_get_protocol_at(request, 4), "");
    CHECK_STRING(wsp_request_get_protocol_at(request, SIZE_MAX), "");
    release_given();
    request = give_http("GET / HTTP/1.1\r\n\r\n");
    CHECK_SIZE(wsp_request_get_protocol_count(request), 0);
    CHECK_STRING(wsp_request_get_protocol_at(request, 0), "");
    release_given();
}

static void no_decision_is_the_default_choice(void)
{
    give_upgrade();
    expect_answer(101, "chat", ANSWER_101 "Sec-WebSocket-Protocol: chat\r\n\r\n");
    give_upgrade_with(UPGRADE_REQUEST, &nothing, &settings);
    expect_answer(101, "", ANSWER_101 "Server: s\r\n\r\n");
    give_http("GET /x HTTP/1.1\r\n\r\n");
    expect_answer(
        404, "",
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 29\r\n"
        "Connection: close\r\n\r\nthere is nothing at this path");
}

static void accept_chooses_what_the_client_offers(void)
{
    CHECK_INT(wsp_request_accept(give_upgrade(), NULL), WSP_OK);
    expect_answer(101, "chat", ANSWER_101 "Sec-WebSocket-Protocol: chat\r\n\r\n");
    CHECK_INT(wsp_request_accept(give_upgrade(), ""), WSP_OK);
    expect_answer(101, "", ANSWER_101 "\r\n");
    CHECK_INT(wsp_request_accept(give_upgrade(), "v2"), WSP_OK);
    expect_answer(101, "v2", ANSWER_101 "Sec-WebSocket-Protocol: v2\r\n\r\n");
    char own[] = "a"; /* Offered, and not in the server's list. */
    wsp_request *request = give_upgrade();
    CHECK_INT(wsp_request_accept(request, own), WSP_OK);
    own[0] = 'x';
    expect_answer(101, "a", ANSWER_101 "Sec-WebSocket-Protocol: a\r\n\r\n");
}

static void A6_accept_refuses_what_was_not_offered(void)
{
    static const char *const others[] = {"Chat", "cha", "chats", "a, chat", "v2,", " v2", "b"};
    wsp_request *request = give_upgrade();
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CHECK_INT(wsp_request_accept(request, others[i]), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_accept(request, "v2"), WSP_OK);
    expect_answer(101, "v2", ANSWER_101 "Sec-WebSocket-Protocol: v2\r\n\r\n");
    request = give_upgrade_with("GET / HTTP/1.1\r\n" FIELDS "\r\n", &nothing, &nothing);
    CHECK_INT(wsp_request_accept(request, "v2"), WSP_ERR_INVALID_PARAMETER);
    expect_answer(101, "", ANSWER_101 "\r\n");
}

static void a_second_answer_is_refused_and_the_first_stands(void)
{
    wsp_request *request = give_upgrade();
    CHECK_INT(wsp_request_accept(request, "v2"), WSP_OK);
    CHECK_INT(wsp_request_accept(request, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_INT(wsp_request_accept(request, "a"), WSP_ERR_ALREADY_IN_USE);
    CHECK_INT(wsp_request_respond(request, 403, NULL, NULL, 0), WSP_ERR_ALREADY_IN_USE);
    expect_answer(101, "v2", ANSWER_101 "Sec-WebSocket-Protocol: v2\r\n\r\n");
    request = give_upgrade();
    CHECK_INT(wsp_request_respond(request, 403, "text/plain", "no", 2), WSP_OK);
    CHECK_INT(wsp_request_respond(request, 500, "a/b", "other", 5), WSP_ERR_ALREADY_IN_USE);
    CHECK_INT(wsp_request_accept(request, NULL), WSP_ERR_ALREADY_IN_USE);
    expect_answer(403, "",
                  "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
                  "Connection: close\r\n\r\nno");
}

static void respond_copies_and_may_have_any_body(void)
{
    char type[] = "application/json";
    char body[] = "{\"why\": 1}";
    wsp_request *request = give_upgrade_with(UPGRADE_REQUEST, &served_two, &settings);
    CHECK_INT(wsp_request_respond(request, 401, type, body, 10), WSP_OK);
    memset(type, 'x', 4);
    memset(body, 'x', 4);
    /* The settings' lines are for the 101 only. */
    expect_answer(401, "",
                  "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 10\r\n"
                  "Connection: close\r\n\r\n{\"why\": 1}");
    CHECK_INT(wsp_request_respond(give_upgrade(), 503, NULL, NULL, 0), WSP_OK);
    expect_answer(503, "",
                  "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void respond_refuses_what_is_no_refusal(void)
{
    static const int statuses[] = {-1, 0, 99, 100, 101, 200, 204, 299, 300, 302, 399, 600, 1000};
    wsp_request *request = give_upgrade();
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        TEST_NOTE("status %d", statuses[i]);
        CHECK_INT(wsp_request_respond(request, statuses[i], NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    }
    CHECK_INT(wsp_request_respond(request, 400, NULL, NULL, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 400, "", NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 400, "a/b\r\nX: y", NULL, 0), WSP_ERR_INVALID_PARAMETER);
    expect_answer(101, "chat", ANSWER_101 "Sec-WebSocket-Protocol: chat\r\n\r\n");
}

static void a_redirect_needs_a_location(void)
{
    wsp_request *request = give_upgrade();
    CHECK_INT(wsp_request_add_header(request, "X-Location", "/y"), WSP_OK);
    CHECK_INT(wsp_request_respond(request, 307, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_add_header(request, "location", "/x"), WSP_OK);
    CHECK_INT(wsp_request_respond(request, 101, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 307, NULL, NULL, 0), WSP_OK);
    expect_answer(307, "",
                  "HTTP/1.1 307 Temporary Redirect\r\nX-Location: /y\r\nlocation: /x\r\nContent-Length: 0\r\n"
                  "Connection: close\r\n\r\n");
}

static void plain_requests_are_served_and_not_accepted(void)
{
    wsp_request *request = give_http("GET /page?x HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(wsp_request_accept(request, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 302, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 101, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 199, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 204, NULL, "x", 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(request, 200, "text/html", "<p>", 3), WSP_OK);
    CHECK_INT(wsp_request_accept(request, NULL), WSP_ERR_INVALID_PARAMETER);
    expect_answer(
        200, "",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
        "<p>");
    request = give_http("HEAD /page HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK_INT(wsp_request_respond(request, 200, "text/html", "<p>", 3), WSP_OK);
    expect_answer(
        200, "",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
    request = give_http("GET / HTTP/1.1\r\n\r\n");
    CHECK_INT(wsp_request_respond(request, 204, NULL, NULL, 0), WSP_OK);
    expect_answer(204, "", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

static void added_headers_go_into_whichever_answer(void)
{
    char name[] = "X-One";
    char value[] = "1 \xc3\xa4";
    wsp_request *request = give_upgrade_with(UPGRADE_REQUEST, &served_two, &settings);
    CHECK_INT(wsp_request_add_header(request, name, value), WSP_OK);
    memset(name, 'y', 3);
    memset(value, 'y', 3);
    CHECK_INT(wsp_request_accept(request, NULL), WSP_OK);
    CHECK_INT(wsp_request_add_header(request, "X-Two", ""), WSP_OK);
    expect_answer(101, "chat",
                  ANSWER_101 "Sec-WebSocket-Protocol: chat\r\nServer: s\r\nX-One: 1 \xc3\xa4\r\n"
                             "X-Two: \r\n\r\n");
    request = give_upgrade();
    CHECK_INT(wsp_request_add_header(request, "Retry-After", "9"), WSP_OK);
    CHECK_INT(wsp_request_respond(request, 503, NULL, NULL, 0), WSP_OK);
    CHECK_INT(wsp_request_add_header(request, "X", "y"), WSP_OK);
    expect_answer(503, "",
                  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9\r\nX: y\r\nContent-Length: 0\r\n"
                  "Connection: close\r\n\r\n");
    request = give_http("GET / HTTP/1.1\r\n\r\n");
    CHECK_INT(wsp_request_add_header(request, "X", "y"), WSP_OK);
    expect_answer(404, "",
                  "HTTP/1.1 404 Not Found\r\nX: y\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 29\r\nConnection: close\r\n\r\nthere is nothing at this path");
}

static void A1_A2_A3_bad_headers_change_nothing(void)
{
    static const struct {
        const char *name;
        const char *value;
    } rows[] = {
        {NULL, "b"},
        {"A", NULL},
        {"", "b"},
        {"A B", "b"},
        {"A:", "b"},
        {"A: x\r\nB", "b"},
        {"\xc3\xa4", "b"},
        {"A", "b\r\nC: d"},
        {"A", "b\n"},
        {"A", "\x7f"},
        {"connection", "x"},
        {"Upgrade", "x"},
        {"Content-Length", "0"},
        {"Transfer-Encoding", "chunked"},
        {"sec-websocket-accept", "x"},
        {"Sec-WebSocket-", "x"},
    };
    wsp_request *request = give_upgrade();
    CHECK_INT(wsp_request_add_header(request, "Good", "1"), WSP_OK);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("row %zu", i);
        CHECK_INT(wsp_request_add_header(request, rows[i].name, rows[i].value), WSP_ERR_INVALID_PARAMETER);
    }
    CHECK_INT(wsp_request_add_header(request, "Good", "2"), WSP_OK);
    CHECK_INT(wsp_request_add_header(request, "Upgrade", "x"), WSP_ERR_INVALID_PARAMETER);
    expect_answer(101, "chat", ANSWER_101 "Sec-WebSocket-Protocol: chat\r\nGood: 1\r\nGood: 2\r\n\r\n");
}

static void added_headers_have_limits(void)
{
    char value[8200];
    memset(value, 'a', sizeof(value));
    value[8188] = '\0'; /* "A: ", the value and CRLF are one byte over 8192. */
    wsp_request *request = give_upgrade();
    CHECK_INT(wsp_request_add_header(request, "A", value), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_add_header(request, value, "A"), WSP_ERR_INVALID_PARAMETER);
    value[8188] = 'a';
    value[8199] = '\0';
    CHECK_INT(wsp_request_add_header(request, value, "A"), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_add_header(request, "A", value), WSP_ERR_INVALID_PARAMETER);
    value[8187] = '\0';
    CHECK_INT(wsp_request_add_header(request, "A", value), WSP_OK);
    CHECK_INT(wsp_request_add_header(request, "B", ""), WSP_ERR_INVALID_PARAMETER);
    release_given();
    request = give_upgrade();
    value[8000] = '\0';
    CHECK_INT(wsp_request_add_header(request, "A", value), WSP_OK);
    value[300] = '\0';
    CHECK_INT(wsp_request_add_header(request, value, "b"), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_add_header(request, "B", value), WSP_ERR_INVALID_PARAMETER);
    release_given();
    request = give_upgrade();
    for (int i = 0; i < 64; i++)
        CHECK_INT(wsp_request_add_header(request, "A", "b"), WSP_OK);
    CHECK_INT(wsp_request_add_header(request, "A", "b"), WSP_ERR_INVALID_PARAMETER);
    release_given();
}

/* Uses everything that allocates; what fails must be undecided or neutral, and works when tried again. */
static void use_all(wsp_request *request, const wspi_test_failing_allocator *allocator, bool refuses)
{
    const char *path = wsp_request_get_path(request);
    CHECK(strcmp(path, "/game/7") == 0 || (path[0] == '\0' && allocator->failures == 1));
    CHECK_STRING(wsp_request_get_path(request), "/game/7");
    const char *cookie = wsp_request_get_header(request, "Cookie");
    CHECK(cookie != NULL || allocator->failures == 1);
    CHECK_STRING(wsp_request_get_header(request, "Cookie"), "a=1, b=2");
    const char *first = wsp_request_get_protocol_at(request, 0);
    CHECK(strcmp(first, "a") == 0 || (first[0] == '\0' && allocator->failures == 1));
    char *url = wspi_request_make_url(request);
    CHECK(url != NULL || allocator->failures == 1);
    wspi_string_free(url);
    wsp_result result = wsp_request_add_header(request, "A", "b");
    CHECK(result == WSP_OK || (result == WSP_ERR_OUT_OF_MEMORY && allocator->failures == 1));
    if (result != WSP_OK)
        CHECK_INT(wsp_request_add_header(request, "A", "b"), WSP_OK);
    result = refuses ? wsp_request_respond(request, 403, "text/plain", "no", 2)
                     : wsp_request_accept(request, "v2");
    CHECK(result == WSP_OK || (result == WSP_ERR_OUT_OF_MEMORY && allocator->failures == 1));
    if (result != WSP_OK && refuses)
        CHECK_INT(wsp_request_respond(request, 403, "text/plain", "no", 2), WSP_OK);
    else if (result != WSP_OK)
        CHECK_INT(wsp_request_accept(request, "v2"), WSP_OK);
    CHECK_INT(wspi_request_get_status(request), refuses ? 403 : 101);
}

static void every_allocation_may_fail(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (int refuses = 0; refuses < 2; refuses++) {
        for (size_t n = 1;; n++) {
            wspi_test_failing_allocator_fail_at(0);
            wsp_request *request = give_upgrade();
            wspi_test_failing_allocator_fail_at(n);
            use_all(request, allocator, refuses == 1);
            wspi_byte_buffer out;
            wspi_byte_buffer_init(&out, SIZE_MAX);
            size_t failures = allocator->failures;
            bool is_written = wspi_request_write_answer(request, &out);
            CHECK(is_written == (allocator->failures == failures));
            wspi_byte_buffer_release(&out);
            release_given();
            CHECK_SIZE(allocator->live_blocks, 0);
            if (allocator->failures == 0)
                break;
            CHECK(n < 100);
        }
    }
}

/* A choice of an offered subprotocol is the first thing that needs the list here. */
static void accept_without_memory_stays_undecided(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wsp_request *request = give_upgrade();
    wspi_test_failing_allocator_fail_at(1);
    CHECK_INT(wsp_request_accept(request, "v2"), WSP_ERR_OUT_OF_MEMORY);
    CHECK_SIZE(allocator->failures, 1);
    CHECK_INT(wsp_request_respond(request, 403, NULL, NULL, 0), WSP_OK);
    CHECK_INT(wspi_request_get_status(request), 403);
    release_given();
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_null_request_has_neutral_values),
    TEST_CASE(the_facts_of_a_request),
    TEST_CASE(H29_paths_queries_and_urls_of_each_form),
    TEST_CASE(header_look_ups_join_repeated_fields),
    TEST_CASE(headers_can_be_walked),
    TEST_CASE(offered_subprotocols_can_be_walked),
    TEST_CASE(no_decision_is_the_default_choice),
    TEST_CASE(accept_chooses_what_the_client_offers),
    TEST_CASE(A6_accept_refuses_what_was_not_offered),
    TEST_CASE(a_second_answer_is_refused_and_the_first_stands),
    TEST_CASE(respond_copies_and_may_have_any_body),
    TEST_CASE(respond_refuses_what_is_no_refusal),
    TEST_CASE(a_redirect_needs_a_location),
    TEST_CASE(plain_requests_are_served_and_not_accepted),
    TEST_CASE(added_headers_go_into_whichever_answer),
    TEST_CASE(A1_A2_A3_bad_headers_change_nothing),
    TEST_CASE(added_headers_have_limits),
    TEST_CASE(every_allocation_may_fail),
    TEST_CASE(accept_without_memory_stays_undecided),
};

TEST_MAIN(cases)
