/* SPDX-License-Identifier: MIT */
/* secrets.c: what of an answer may be quoted; and through handshake_client.c, that no more is. */

#include "handshake_client_fixture.h"
#include "protocol/secrets.h"

#define TARGET "/play?user=eve&mode=ready&token=s3cr3t;id=0123456789abcdef&x=&plainquery"

static char *lines[] = {"Authorization: Bearer abcdefgh.ijkl", "Cookie: theme=dark; session=0a1b2c3d4e",
                        "X-Empty:"};
static const wspi_string_list headers = {lines, 3};

static void expect_shown(const char *text, const char *shown)
{
    size_t at = wspi_find_secret(text, strlen(text), TARGET, &headers);
    CHECK_BYTES(text, at, shown, strlen(shown));
}

static void values_of_the_query_and_the_headers_are_found(void)
{
    expect_shown("bad token s3cr3t!", "bad token ");
    expect_shown("GET " TARGET " not found", "GET /play?user=eve&mode=ready&token=");
    expect_shown("0123456789abcdef", "");
    expect_shown("no plainquery", "no ");
    expect_shown("token abcdefgh.ijkl expired, s3cr3t too", "token ");
    expect_shown("session 0a1b2c3d4e is over", "session ");
}

static void words_of_any_text_are_not(void)
{
    expect_shown("", "");
    expect_shown("eve may not play, not ready: bearer token wanted",
                 "eve may not play, not ready: bearer token wanted");
    expect_shown("Bearer, theme dark, user, x", "Bearer, theme dark, user, x");
    CHECK_SIZE(wspi_find_secret("abcd", 4, "/", &offers_none), 4);
    CHECK_SIZE(wspi_find_secret("abcd", 4, "/?", &offers_none), 4);
    CHECK_SIZE(wspi_find_secret("abcd", 4, "/?&&=;", &offers_none), 4);
}

/* A quote of so many bytes may end inside one. */
static void one_that_is_cut_off_is_found(void)
{
    expect_shown("your id is 0123456", "your id is ");
    expect_shown("your id is 012345", "your id is ");
    expect_shown("your id is 01234", "your id is 01234");
    expect_shown("you are abcdefgh", "you are ");
}

static void a_refusal_does_not_quote_them(void)
{
    static const char response[] =
        "HTTP/1.1 403 token s3cr3t\r\nContent-Length: 24\r\n\r\nexpired: abcdefgh.ijkl !";
    wspi_handshake_client handshake;
    wspi_byte_buffer out;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    size_t consumed;
    wspi_text_begin(&why, array, sizeof(array));
    CHECK(start_to("ws://example.com" TARGET, &offers_none, &headers, &handshake, &out));
    wspi_byte_buffer_release(&out);
    CHECK_INT(wspi_handshake_client_feed(&handshake, (const uint8_t *)response, sizeof(response) - 1,
                                         &consumed, &why),
              WSPI_HANDSHAKE_CLIENT_FAILED);
    CHECK_STRING(array, "the server answered 403 token ...: expired: ...");
    wspi_handshake_client_release(&handshake);
}

static const wspi_test_case cases[] = {
    TEST_CASE(values_of_the_query_and_the_headers_are_found),
    TEST_CASE(words_of_any_text_are_not),
    TEST_CASE(one_that_is_cut_off_is_found),
    TEST_CASE(a_refusal_does_not_quote_them),
};

TEST_MAIN(cases)
