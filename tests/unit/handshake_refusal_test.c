/* SPDX-License-Identifier: MIT */

/* handshake_client.h: answers other than 101, their message, and how long a client waits for it (rows R3 to
 * R5). */

#include "handshake_client_fixture.h"

static void R3_refusals_carry_status_and_the_beginning_of_the_body(void)
{
    expect_refused("HTTP/1.1 404 Not Found\r\nContent-Length: 17\r\n\r\nno such room here", 404, false,
                   "the server answered 404 Not Found: no such room here");
    expect_refused("HTTP/1.1 200 OK\r\n\r\n<html>\r\n  <b>hi</b>\t\n</html>\n", 200, true,
                   "the server answered 200 OK: <html> <b>hi</b> </html>");
    expect_refused("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 400, false,
                   "the server answered 400 Bad Request");
    expect_refused("HTTP/1.1 403\r\nContent-Length: 2\r\n\r\nno more", 403, false,
                   "the server answered 403: no");
    expect_refused("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 4\r\n\r\nwait", 426, false,
                   "the server answered 426 Upgrade Required: wait");
    expect_refused("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9\r\nContent-Length: 3\r\n\r\n \r\n", 429,
                   false, "the server answered 429 Too Many Requests");
    expect_refused("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 99\r\n\r\nback at 5", 503, true,
                   "the server answered 503 Service Unavailable: back at 5");
    expect_refused("HTTP/1.1 204 No Content\r\n\r\n", 204, false, "the server answered 204 No Content");
    expect_refused("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, false,
                   "the server answered 304 Not Modified");
}

static void R3_a_length_without_sense_counts_as_none(void)
{
    expect_refused("HTTP/1.1 404 N\r\nContent-Length: 2x\r\n\r\nabcd", 404, true,
                   "the server answered 404 N: abcd");
    expect_refused("HTTP/1.1 404 N\r\nContent-Length: -1\r\n\r\nabcd", 404, true,
                   "the server answered 404 N: abcd");
    expect_refused("HTTP/1.1 404 N\r\nContent-Length:\r\n\r\nabcd", 404, true,
                   "the server answered 404 N: abcd");
    expect_refused("HTTP/1.1 404 N\r\nContent-Length: 99999999999999999999999999\r\n\r\nabcd", 404, true,
                   "the server answered 404 N: abcd");
}

static void R3_the_first_chunk_of_a_chunked_body_is_quoted(void)
{
#define CHUNKED "HTTP/1.1 404 N\r\nTransfer-Encoding: chunked\r\n\r\n"
    expect_refused(CHUNKED "5\r\nhello\r\n3\r\nxyz\r\n0\r\n\r\n", 404, false,
                   "the server answered 404 N: hello");
    expect_refused(CHUNKED "00A;x=y\r\nhello you!\r\n", 404, false, "the server answered 404 N: hello you!");
    expect_refused(CHUNKED "fF\r\nhello", 404, true, "the server answered 404 N: hello");
    expect_refused(CHUNKED "0\r\n\r\n", 404, false, "the server answered 404 N");
    expect_refused(CHUNKED "nonsense\r\nhello", 404, false, "the server answered 404 N");
    expect_refused(CHUNKED "ffffffffffffffffffff1\r\nhello", 404, true, "the server answered 404 N: hello");
    expect_refused(CHUNKED "5", 404, true, "the server answered 404 N");
    expect_refused(CHUNKED, 404, true, "the server answered 404 N");
    expect_refused(CHUNKED "14\r\ntwenty bytes of text\r\n0\r\n\r\n", 404, false,
                   "the server answered 404 N: twenty bytes of text");
    expect_refused("HTTP/1.1 404 N\r\nContent-Length: 3\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
                   "4;x=y\r\nfour\r\n",
                   404, false, "the server answered 404 N: four");
    expect_refused("HTTP/1.1 404 N\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n",
                   404, false, "the server answered 404 N: no");
    expect_refused("HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n", 204, false,
                   "the server answered 204 N");
    char endless[400] = CHUNKED "5;";
    memset(endless + strlen(endless), 'x', sizeof(endless) - 1 - strlen(endless));
    expect_refused(endless, 404, false, "the server answered 404 N");
#undef CHUNKED
}

static void R3_long_and_odd_bodies(void)
{
    char response[400] = "HTTP/1.1 500 \xc3\xa4\xff\r\n\r\n";
    char wanted[400] = "the server answered 500 \xc3\xa4?: ";
    memset(response + strlen(response), 'a', 199);
    memset(wanted + strlen(wanted), 'a', 199);
    size_t size = strlen(response);
    memcpy(response + size, "\xc3\xa4zzz", 6);
    expect_refused(response, 500, false, wanted); /* The 200th byte begins a character, which is cut. */
    memcpy(response + size, "bzzz", 5);
    wanted[strlen(wanted) + 1] = '\0';
    wanted[strlen(wanted)] = 'b';
    expect_refused(response, 500, false, wanted);
    static const char odd[] = "HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\na\0\x1b[2J\x7f\xffz";
    expect_end(&offers_none, odd, sizeof(odd) - 1, WSPI_HANDSHAKE_CLIENT_FAILED, WSP_ERR_HANDSHAKE_REJECTED,
               500, "the server answered 500 x: a??[2J??z");
}

static void R3_the_longest_message_fits(void)
{
    char *response = malloc(4000);
    CHECK(response != NULL);
    char filler[1001];
    memset(filler, 'x', 1000);
    filler[1000] = '\0';
    snprintf(response, 4000, "HTTP/1.1 302 %s\r\nLocation: /%s\r\n\r\n%s", filler, filler, filler);
    char wanted[WSPI_MESSAGE_CAPACITY];
    snprintf(wanted, sizeof(wanted), "the server answered 302 %.60s (Location: /%.149s): %.200s", filler,
             filler, filler);
    expect_refused(response, 302, false, wanted);
    free(response);
}

static void R4_redirects_are_told_and_not_followed(void)
{
    expect_refused("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", 302, false,
                   "the server answered 302 Found (Location: /elsewhere)");
    expect_refused("HTTP/1.1 307 T\r\nLocation: wss://b/\r\nContent-Length: 4\r\n\r\nmove", 307, false,
                   "the server answered 307 T (Location: wss://b/): move");
    /* The query of our URL comes back in it. */
    expect_refused("HTTP/1.1 301 M\r\nLocation: https://b/c?token=secret\r\nContent-Length: 0\r\n\r\n", 301,
                   false, "the server answered 301 M (Location: https://b/c...)");
    expect_refused("HTTP/1.1 301 M\r\nLocation: /c#secret\r\nContent-Length: 0\r\n\r\n", 301, false,
                   "the server answered 301 M (Location: /c...)");
    expect_refused("HTTP/1.1 301 M\r\nContent-Length: 0\r\n\r\n", 301, false, "the server answered 301 M");
    expect_refused("HTTP/1.1 201 C\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 201, false,
                   "the server answered 201 C");
}

static void R5_a_401_ends_it_and_its_fields_stay_readable(void)
{
    static const char response[] =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
    expect_refused(response, 401, false, "the server answered 401 Unauthorized");
    wspi_handshake_client handshake;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    size_t consumed;
    start(&handshake, &offers_none);
    wspi_text_begin(&why, array, sizeof(array));
    wspi_handshake_client_feed(&handshake, (const uint8_t *)response, sizeof(response) - 1, &consumed, &why);
    CHECK_STRING(wspi_http_head_value(&handshake.head, "www-authenticate"), "Basic");
    wspi_handshake_client_release(&handshake);
}

static const wspi_test_case cases[] = {
    TEST_CASE(R3_refusals_carry_status_and_the_beginning_of_the_body),
    TEST_CASE(R3_a_length_without_sense_counts_as_none),
    TEST_CASE(R3_the_first_chunk_of_a_chunked_body_is_quoted),
    TEST_CASE(R3_long_and_odd_bodies),
    TEST_CASE(R3_the_longest_message_fits),
    TEST_CASE(R4_redirects_are_told_and_not_followed),
    TEST_CASE(R5_a_401_ends_it_and_its_fields_stay_readable),
};

TEST_MAIN(cases)
