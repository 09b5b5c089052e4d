/* SPDX-License-Identifier: MIT */

/* http_token.h: the grammar byte by byte, lists, and rows A1-A5 and H25 of the bad inputs. */

#include "http_token.h"

#include "failing_allocator.h"
#include "guarded_bytes.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void every_byte_is_judged_as_token_and_as_value(void)
{
    static const char tchars[] =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int byte = 0; byte < 256; byte++) {
        const char text[3] = {'x', (char)byte, 'x'};
        TEST_NOTE("byte %02x", (unsigned)byte);
        CHECK_BOOL(wspi_http_is_token(text + 1, 1), byte != 0 && strchr(tchars, byte) != NULL);
        CHECK_BOOL(wspi_http_is_token(text, 3), byte != 0 && strchr(tchars, byte) != NULL);
        CHECK_BOOL(wspi_http_is_value(text, 3), byte == '\t' || (byte >= 0x20 && byte != 0x7f));
    }
    CHECK(!wspi_http_is_token("", 0));
    CHECK(!wspi_http_is_token(NULL, 0));
    CHECK(wspi_http_is_value(NULL, 0));
}

static void check_trim(const char *text, const char *wanted)
{
    wspi_bytes seen = wspi_http_trim(text, strlen(text));
    CHECK_BYTES(seen.data, seen.size, wanted, strlen(wanted));
}

static void trim_cuts_spaces_and_tabs_at_both_ends(void)
{
    check_trim("plain", "plain");
    check_trim(" \t a b\t \t", "a b");
    check_trim("\r\n", "\r\n");
    check_trim(" \t ", "");
    check_trim("", "");
    CHECK_SIZE(wspi_http_trim(NULL, 0).size, 0);
}

/* Joins the elements with '|', reading the list at the end of readable memory. */
static void check_elements(const char *list, size_t size, const char *wanted)
{
    char joined[128] = "";
    wspi_text text;
    wspi_text_begin(&text, joined, sizeof(joined));
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make(list, size);
    size_t offset = 0;
    wspi_bytes element;
    while (wspi_http_next_element((const char *)guarded.data, size, &offset, &element)) {
        wspi_text_add(&text, text.size > 0 ? "|" : "");
        wspi_text_add_bytes(&text, (const char *)element.data, element.size);
    }
    CHECK_SIZE(offset, size);
    CHECK(!wspi_http_next_element((const char *)guarded.data, size, &offset, &element));
    wspi_guarded_bytes_release(&guarded);
    CHECK_STRING(joined, wanted);
}

#define CHECK_ELEMENTS(list, wanted) check_elements(list, sizeof(list) - 1, wanted)

static void lists_are_split_at_commas_and_trimmed(void)
{
    CHECK_ELEMENTS("chat, superchat", "chat|superchat");
    CHECK_ELEMENTS("one", "one");
    CHECK_ELEMENTS("a;b=1 , c ; d", "a;b=1|c ; d");
    CHECK_ELEMENTS("\ta\t,\tb\t", "a|b");
}

static void empty_elements_are_skipped(void)
{
    CHECK_ELEMENTS("", "");
    CHECK_ELEMENTS(",", "");
    CHECK_ELEMENTS(" , ,\t, ", "");
    CHECK_ELEMENTS(",a,, ,b,", "a|b");
}

static void commas_in_quoted_strings_end_nothing(void)
{
    CHECK_ELEMENTS("a=\"1,2\", b", "a=\"1,2\"|b");
    CHECK_ELEMENTS("a=\"\\\",x\", b", "a=\"\\\",x\"|b");
    CHECK_ELEMENTS("a=\"\\\\\", b", "a=\"\\\\\"|b");
    CHECK_ELEMENTS("a\\,b", "a\\|b");
}

static void unfinished_quotes_end_with_the_list(void)
{
    CHECK_ELEMENTS("a=\"1,2", "a=\"1,2");
    CHECK_ELEMENTS("a, \"", "a|\"");
    CHECK_ELEMENTS("\"\\", "\"\\");
}

static void a_long_list_is_read_in_linear_time(void)
{
    enum { SIZE = 1 << 20 };
    char *list = malloc(SIZE);
    CHECK(list != NULL);
    memset(list, ' ', SIZE);
    memcpy(list, "b", 1);
    list[SIZE - 1] = 'x';
    size_t offset = 0;
    wspi_bytes element;
    CHECK(wspi_http_next_element(list, SIZE, &offset, &element));
    CHECK_SIZE(element.size, SIZE);
    memset(list, ',', SIZE - 1);
    offset = 0;
    CHECK(wspi_http_next_element(list, SIZE, &offset, &element));
    CHECK_BYTES(element.data, element.size, "x", 1);
    free(list);
}

static bool list_has(const char *list, const char *token)
{
    return wspi_http_list_has(list, strlen(list), token);
}

static void a_list_is_searched_for_whole_tokens_in_any_case(void)
{
    CHECK(list_has("keep-alive, Upgrade", "upgrade"));
    CHECK(list_has("UPGRADE", "upgrade"));
    CHECK(list_has("foo , WebSocket", "websocket"));
    CHECK(!list_has("websockets, xwebsocket, web socket", "websocket"));
    CHECK(!list_has("", "upgrade"));
    CHECK(!list_has("\"upgrade\"", "upgrade"));
    CHECK(!wspi_http_list_has(NULL, 0, "upgrade"));
}

static void a_string_list_owns_copies(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    char first[] = "one";
    const char *strings[] = {first, "", "three"};
    wspi_string_list list = {0};
    CHECK_INT(wspi_string_list_set(&list, strings, 3), WSP_OK);
    first[0] = 'X';
    strings[2] = NULL;
    CHECK_SIZE(list.count, 3);
    CHECK_STRING(list.strings[0], "one");
    CHECK_STRING(list.strings[1], "");
    CHECK_STRING(list.strings[2], "three");
    CHECK_INT(wspi_string_list_set(&list, NULL, 0), WSP_OK);
    CHECK_SIZE(list.count, 0);
    CHECK(list.strings == NULL);
    wspi_string_list_release(&list);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void a_string_list_survives_every_failing_allocation(void)
{
    static const char *const before[] = {"old"};
    static const char *const after[] = {"new", "newer", "newest"};
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_string_list list = {0};
    for (size_t n = 1; n <= 5; n++) {
        TEST_NOTE("allocation %zu", n);
        CHECK_INT(wspi_string_list_set(&list, before, 1), WSP_OK);
        size_t live = allocator->live_blocks;
        wspi_test_failing_allocator_fail_at(n);
        wsp_result result = wspi_string_list_set(&list, after, 3);
        CHECK_INT(result, n <= 4 ? WSP_ERR_OUT_OF_MEMORY : WSP_OK);
        wspi_test_failing_allocator_fail_at(0);
        CHECK_STRING(list.strings[0], n <= 4 ? "old" : "new");
        CHECK(n == 5 || allocator->live_blocks == live);
    }
    CHECK_INT(wspi_string_list_set(&list, after, SIZE_MAX / 2), WSP_ERR_OUT_OF_MEMORY);
    wspi_string_list_release(&list);
    CHECK_SIZE(allocator->live_blocks, 0);
}

/* NULL: accepted. Otherwise the sentence contains these words. */
typedef struct row {
    const char *strings[4];
    size_t count;
    const char *words;
} row;

typedef bool check_function(const char *const *strings, size_t count, wspi_text *why);

static void check_rows(check_function *check, const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char array[WSPI_MESSAGE_CAPACITY];
        wspi_text why;
        wspi_text_begin(&why, array, sizeof(array));
        TEST_NOTE("row %zu: %s", i,
                  rows[i].count > 0 && rows[i].strings[0] != NULL ? rows[i].strings[0] : "");
        CHECK_BOOL(check(rows[i].strings, rows[i].count, &why), rows[i].words == NULL);
        CHECK_CONTAINS(array, rows[i].words != NULL ? rows[i].words : "");
        CHECK_BOOL(array[0] == '\0', rows[i].words == NULL);
        CHECK_BOOL(check(rows[i].strings, rows[i].count, NULL), rows[i].words == NULL);
    }
}

#define CHECK_ROWS(check, rows) check_rows(check, rows, sizeof(rows) / sizeof((rows)[0]))

static void subprotocols_are_distinct_tokens(void)
{
    static const row rows[] = {
        {{NULL}, 0, NULL},
        {{"chat"}, 1, NULL},
        {{"chat", "v2.game_x-y", "Chat"}, 3, NULL},
        {{""}, 1, "subprotocol 1 is not a token"},
        {{"ok", "has space"}, 2, "subprotocol 2 is not a token"},
        {{"a,b"}, 1, "not a token"},
        {{"a\r\nX: y"}, 1, "not a token"},
        {{"caf\xc3\xa9"}, 1, "not a token"},
        {{"a/b"}, 1, "not a token"},
        {{"a", "b", "a"}, 3, "subprotocol 3 is listed twice"},
        {{"a", NULL}, 2, "subprotocol 2 is NULL"},
    };
    CHECK_ROWS(wspi_check_protocols, rows);
    CHECK(!wspi_check_protocols(NULL, 1, NULL));
    CHECK(wspi_check_protocols(NULL, 0, NULL));
}

static void headers_are_name_colon_value(void)
{
    static const row rows[] = {
        {{NULL}, 0, NULL},
        {{"X-Token: abc", "X-Empty:", "x:y"}, 3, NULL},
        {{"X-Latin: caf\xe9", "X-Tab: a\tb", "X-Twice: 1", "X-Twice: 2"}, 4, NULL},
        {{"User-Agent: game/1.0", "Origin: https://game.example", "Cookie: a=b"}, 3, NULL},
        {{"Host: other.example", "Authorization: Bearer x:y"}, 2, NULL},
        {{"no colon"}, 1, "header 1 has no colon"},
        {{""}, 1, "has no colon"},
        {{": value"}, 1, "no valid name"},
        {{"X-A: ok", "Bad Name: x"}, 2, "header 2 has no valid name"},
        {{"X-A : x"}, 1, "no valid name"},
        {{" X-A: x"}, 1, "no valid name"},
        {{"X-A\r\nX-B: x"}, 1, "no valid name"},
        {{"X-A: x\r\nX-B: y"}, 1, "line end"},
        {{"X-A: x\n"}, 1, "line end"},
        {{"X-A: \x1b[0m"}, 1, "control byte"},
        {{"X-A: \x7f"}, 1, "control byte"},
        {{"a: b", NULL}, 2, "header 2 is NULL"},
    };
    CHECK_ROWS(wspi_check_headers, rows);
    CHECK(!wspi_check_headers(NULL, 1, NULL));
    CHECK(wspi_check_headers(NULL, 0, NULL));
}

static void fields_of_the_handshake_itself_are_refused(void)
{
    static const row rows[] = {
        {{"Connection: close"}, 1, "cannot be set: Connection"},
        {{"uPGRADE: h2c"}, 1, "cannot be set: uPGRADE"},
        {{"Content-Length: 5"}, 1, "written by the library"},
        {{"Transfer-Encoding: chunked"}, 1, "written by the library"},
        {{"Sec-WebSocket-Key: x"}, 1, "written by the library"},
        {{"sec-websocket-protocol: chat"}, 1, "written by the library"},
        {{"Sec-WebSocket-Anything-New: 1"}, 1, "written by the library"},
        {{"Sec-WebSocket-: 1"}, 1, "written by the library"},
        {{"Sec-WebSocket: 1", "Sec-WebSocketX: 1", "Connections: 2", "Proxy-Connection: x"}, 4, NULL},
    };
    CHECK_ROWS(wspi_check_headers, rows);
}

static void fields_that_replace_a_default_appear_once(void)
{
    static const row rows[] = {
        {{"Host: a", "X: y", "host: b"}, 3, "header 3 names a field that may appear only once"},
        {{"Cookie: a=1", "Cookie: b=2"}, 2, "only once"},
        {{"Authorization: a", "AUTHORIZATION: a"}, 2, "only once"},
        {{"Origin: a", "Origin: b"}, 2, "only once"},
        {{"User-Agent: a", "User-Agent: b"}, 2, "only once"},
        {{"Host: a", "Hosts: b"}, 2, NULL},
    };
    CHECK_ROWS(wspi_check_headers, rows);
}

static void sentences_quote_no_values(void)
{
    static const char *const headers[] = {"Authorization: hunter2\r\n"};
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof(array));
    CHECK(!wspi_check_headers(headers, 1, &why));
    CHECK(strstr(array, "hunter2") == NULL);
}

/* `count` strings of `size` bytes, distinct as tokens and as header lines. */
static void check_amount(check_function *check, size_t count, size_t size, bool wanted)
{
    static char storage[65][8200];
    const char *strings[65];
    for (size_t i = 0; i < count; i++) {
        memset(storage[i], 'v', size);
        storage[i][0] = (char)('a' + i % 26);
        storage[i][1] = (char)('a' + i / 26);
        if (check == wspi_check_headers)
            storage[i][2] = ':';
        storage[i][size] = '\0';
        strings[i] = storage[i];
    }
    TEST_NOTE("%zu strings of %zu bytes", count, size);
    CHECK_BOOL(check(strings, count, NULL), wanted);
}

static void counts_and_total_sizes_are_limited_exactly(void)
{
    check_amount(wspi_check_protocols, 64, 3, true);
    check_amount(wspi_check_protocols, 65, 3, false);
    check_amount(wspi_check_protocols, 64, 64, true);
    check_amount(wspi_check_protocols, 64, 65, false);
    check_amount(wspi_check_protocols, 1, 4096, true);
    check_amount(wspi_check_protocols, 1, 4097, false);
    check_amount(wspi_check_headers, 64, 128, true);
    check_amount(wspi_check_headers, 65, 4, false);
    check_amount(wspi_check_headers, 64, 129, false);
    check_amount(wspi_check_headers, 1, 8192, true);
    check_amount(wspi_check_headers, 1, 8193, false);
    CHECK(!wspi_check_headers(NULL, SIZE_MAX, NULL));
}

static const wspi_test_case cases[] = {
    TEST_CASE(every_byte_is_judged_as_token_and_as_value),
    TEST_CASE(trim_cuts_spaces_and_tabs_at_both_ends),
    TEST_CASE(lists_are_split_at_commas_and_trimmed),
    TEST_CASE(empty_elements_are_skipped),
    TEST_CASE(commas_in_quoted_strings_end_nothing),
    TEST_CASE(unfinished_quotes_end_with_the_list),
    TEST_CASE(a_long_list_is_read_in_linear_time),
    TEST_CASE(a_list_is_searched_for_whole_tokens_in_any_case),
    TEST_CASE(a_string_list_owns_copies),
    TEST_CASE(a_string_list_survives_every_failing_allocation),
    TEST_CASE(subprotocols_are_distinct_tokens),
    TEST_CASE(headers_are_name_colon_value),
    TEST_CASE(fields_of_the_handshake_itself_are_refused),
    TEST_CASE(fields_that_replace_a_default_appear_once),
    TEST_CASE(sentences_quote_no_values),
    TEST_CASE(counts_and_total_sizes_are_limited_exactly),
};

TEST_MAIN(cases)
