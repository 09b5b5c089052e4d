/* SPDX-License-Identifier: MIT */
/* stream_tls.c over a pair of streams in memory: the handshake, names, records, ends, and awkward writes. */
#include "certificates.h"
#include "test.h"
#include "tls_pair.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 2000000 };

static void bytes_pass_both_ways(void)
{
    tls_pair_open();
    CHECK(tls_ends[SERVER]->is_secure && tls_ends[CLIENT]->is_secure);
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "from the client", &size), WSPI_IO_OK);
    CHECK_SIZE(size, strlen("from the client"));
    tls_pair_check(SERVER, "from the client");
    CHECK_INT(tls_pair_write(SERVER, "from the server", &size), WSPI_IO_OK);
    tls_pair_check(CLIENT, "from the server");
    uint8_t byte = 0;
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK(!tls_ends[SERVER]->functions->has_buffered_input(tls_ends[SERVER]));
}

/* T12: bytes that OpenSSL has decrypted do not show in the stream below. */
static void bytes_left_inside_are_reported(void)
{
    tls_pair_open();
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "several bytes", &size), WSPI_IO_OK);
    uint8_t byte = 0;
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_OK);
    CHECK_SIZE(memory_stream_get_unread(tls_pair, SERVER), 0);
    CHECK(tls_ends[SERVER]->functions->has_buffered_input(tls_ends[SERVER]));
    tls_pair_check(SERVER, "everal bytes");
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK(!tls_ends[SERVER]->functions->has_buffered_input(tls_ends[SERVER]));
}

/* Half a record is nothing to be read: reporting it would make an event loop spin. */
static void half_a_record_is_no_input(void)
{
    tls_pair_open();
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "torn", &size), WSPI_IO_OK);
    tls_pair->ends[SERVER].max_read = memory_stream_get_unread(tls_pair, SERVER) - 3;
    uint8_t byte = 0;
    uint64_t before = tls_pair->ends[SERVER].bytes_read;
    tls_pair->ends[SERVER].fail_read_at = SIZE_MAX;
    /* One read below takes all but 3 bytes; the next finds none, as if they were still on the way. */
    size_t held = memory_stream_get_unread(tls_pair, SERVER);
    uint8_t rest[3];
    memory_stream *end = &tls_pair->ends[SERVER];
    memcpy(rest, end->incoming + end->incoming_start + held - 3, 3);
    end->incoming_size -= 3;
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK_SIZE(tls_pair->ends[SERVER].bytes_read - before, held - 3);
    CHECK(!tls_ends[SERVER]->functions->has_buffered_input(tls_ends[SERVER]));
}

/* Data and close_notify and the end behind it, all at once: the data comes first, then the end in order. */
static void data_in_front_of_the_end_is_delivered(void)
{
    tls_pair_open();
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "last words", &size), WSPI_IO_OK);
    tls_ends[CLIENT]->functions->shutdown_write(tls_ends[CLIENT]);
    CHECK_SIZE(tls_pair->ends[CLIENT].shutdown_calls, 1);
    tls_pair_check(SERVER, "last words");
    uint8_t byte = 0;
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_END);
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_END);
    /* The other direction still flows. */
    CHECK_INT(tls_pair_write(SERVER, "answer", &size), WSPI_IO_OK);
    tls_pair_check(CLIENT, "answer");
}

/* T7 */
static void an_end_without_close_notify_is_a_loss(void)
{
    tls_pair_open();
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "cut off", &size), WSPI_IO_OK);
    memory_stream_end(tls_pair, SERVER);
    tls_pair_check(SERVER, "cut off");
    uint8_t byte = 0;
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_FAILED);
    tls_pair_check_failure(SERVER, WSP_ERR_CONNECTION_LOST, "close_notify");
}

/* T14: a broken direction must not take away what arrived in the other. */
static void a_failed_write_leaves_the_input_readable(void)
{
    tls_pair_open();
    size_t size = 0;
    CHECK_INT(tls_pair_write(SERVER, "still there", &size), WSPI_IO_OK);
    tls_pair->ends[CLIENT].fail_write_at = 0;
    CHECK_INT(tls_pair_write(CLIENT, "lost", &size), WSPI_IO_FAILED);
    CHECK_INT(tls_pair_write(CLIENT, "lost", &size), WSPI_IO_FAILED);
    tls_pair_check(CLIENT, "still there");
}

/* T13: OpenSSL judges a call by the queue, which other connections and the program share. */
static void an_error_of_somebody_else_is_no_failure(void)
{
    tls_pair_open();
    uint8_t byte = 0;
    size_t size = 0;
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DECOMPRESSION);
    CHECK_INT(wspi_stream_read(tls_ends[SERVER], &byte, 1, &size), WSPI_IO_WAIT);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DECOMPRESSION);
    CHECK_INT(tls_pair_write(CLIENT, "goes on", &size), WSPI_IO_OK);
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DECOMPRESSION);
    tls_pair_check(SERVER, "goes on");
    tls_pair_clean_up();
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    tls_pair_connect("wss://localhost/");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DECOMPRESSION);
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_WAIT);
    ERR_clear_error();
}

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 31 + (i >> 8));
}

/* Sends from one end to the other through whatever the pair allows. */
static void pump(int from, size_t total)
{
    int to = 1 - from;
    uint8_t *sent = malloc(total), *got = malloc(total + 1);
    fill(sent, total);
    size_t out = 0, in = 0;
    for (int i = 0; i < ROUNDS && in < total; i++) {
        wspi_bytes piece = {sent + out, total - out};
        size_t size = 0;
        if (out < total || tls_ends[from]->wants_write) {
            wspi_io io = wspi_stream_write(tls_ends[from], &piece, out < total ? 1 : 0, &size);
            CHECK(io == WSPI_IO_OK || io == WSPI_IO_WAIT);
            out += io == WSPI_IO_OK ? size : 0;
            CHECK(io != WSPI_IO_WAIT || tls_ends[from]->wants_write);
        }
        if (wspi_stream_read(tls_ends[to], got + in, total + 1 - in, &size) == WSPI_IO_OK)
            in += size;
    }
    CHECK_BYTES(got, in, sent, total);
    CHECK(!tls_ends[from]->wants_write);
    free(sent);
    free(got);
}

/* T11: nothing of OpenSSL's rule to repeat a write with the same bytes can be seen. */
static void one_byte_at_a_time_suffices_for_all_of_it(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    for (int i = 0; i < 2; i++) {
        tls_pair->ends[i].max_write = 1;
        tls_pair->ends[i].max_read = 1;
        tls_pair->ends[i].capacity = 1;
    }
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    pump(CLIENT, 40000);
    pump(SERVER, 40000);
}

static void records_of_every_boundary_pass(void)
{
    tls_pair_open();
    static const size_t sizes[] = {1, 16383, 16384, 16385, 32767, 32768, 32769, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        TEST_NOTE("%zu bytes", sizes[i]);
        pump(CLIENT, sizes[i]);
        pump(SERVER, sizes[i]);
    }
}

/* The bytes that a blocked direction holds go first, then close_notify, then the end. */
static void an_end_waits_for_what_is_held(void)
{
    tls_pair_open();
    tls_pair->ends[SERVER].capacity = 10;
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "a text that does not fit", &size), WSPI_IO_OK);
    CHECK(tls_ends[CLIENT]->wants_write);
    tls_ends[CLIENT]->functions->shutdown_write(tls_ends[CLIENT]);
    CHECK_SIZE(tls_pair->ends[CLIENT].shutdown_calls, 0);
    uint8_t bytes[64];
    size_t got = 0;
    wspi_io io = WSPI_IO_WAIT;
    for (int i = 0; i < 100 && io != WSPI_IO_END; i++) {
        (void)wspi_stream_write(tls_ends[CLIENT], NULL, 0, &size);
        io = wspi_stream_read(tls_ends[SERVER], bytes + got, sizeof bytes - got, &size);
        got += io == WSPI_IO_OK ? size : 0;
    }
    CHECK_INT(io, WSPI_IO_END);
    CHECK_BYTES(bytes, got, "a text that does not fit", strlen("a text that does not fit"));
    CHECK_SIZE(tls_pair->ends[CLIENT].shutdown_calls, 1);
}

/* -- names ----------------------------------------------------------------- */

typedef struct name_case {
    const char *alternative_names;
    const char *url;
    const char *override;
    bool is_accepted;
} name_case;

static void check_name(const name_case *row)
{
    TEST_NOTE("%s for %s %s", row->alternative_names, row->url, row->override != NULL ? row->override : "");
    test_certificate_wish wish = {.issuer = test_authority(),
                                  .common_name = "here.example.com",
                                  .alternative_names = row->alternative_names};
    test_certificate *certificate = test_certificate_create(&wish);
    tls_pair_begin(certificate, wsp_tls_options_client(test_authority()->certificate, row->override));
    test_certificate_destroy(certificate);
    tls_pair_connect(row->url);
    if (row->is_accepted) {
        tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    } else {
        tls_pair_shake(WSPI_IO_FAILED, WSPI_IO_FAILED);
        tls_pair_check_failure(CLIENT, WSP_ERR_TLS_CERTIFICATE, "mismatch");
        tls_pair_check_failure(SERVER, WSP_ERR_TLS_CERTIFICATE, "did not accept our certificate");
    }
    tls_pair_clean_up();
}

/* T1, T2, T3 */
static void names_and_addresses_are_matched_strictly(void)
{
    static const name_case rows[] = {
        {"DNS:here.example.com", "wss://here.example.com/", NULL, true},
        {"DNS:here.example.com", "wss://here.example.com./", NULL, true},
        {"DNS:here.example.com", "wss://there.example.com/", NULL, false},
        {"DNS:here.example.com", "wss://there.example.com/", "here.example.com", true},
        {"DNS:here.example.com", "wss://here.example.com/", "there.example.com", false},
        {"DNS:*.example.com", "wss://here.example.com/", NULL, true},
        {"DNS:*.example.com", "wss://a.here.example.com/", NULL, false},
        {"DNS:*.example.com", "wss://example.com/", NULL, false},
        {"DNS:h*e.example.com", "wss://here.example.com/", NULL, false},
        {"DNS:*", "wss://here.example.com/", NULL, false},
        {"DNS:there.example.com", "wss://here.example.com/", NULL, false},
        {"IP:10.0.0.1", "wss://here.example.com/", NULL, false},
        {NULL, "wss://here.example.com/", NULL, false},
        {"IP:10.0.0.1", "wss://10.0.0.1/", NULL, true},
        {"IP:10.0.0.1", "wss://10.0.0.2/", NULL, false},
        {"DNS:10.0.0.1", "wss://10.0.0.1/", NULL, false},
        {"IP:fd00::1", "wss://[fd00::1]/", NULL, true},
        {"IP:10.0.0.1", "wss://here.example.com/", "10.0.0.1", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_name(&rows[i]);
}

/* The first bytes of a client for that URL; whether `text` stands in them. */
static bool is_in_hello(const char *url, const char *name, const char *text)
{
    tls_pair_begin(test_server_certificate(), wsp_tls_options_client(test_authority()->certificate, name));
    tls_pair_connect(url);
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_WAIT);
    const memory_stream *server = &tls_pair->ends[SERVER];
    bool is_found = false;
    for (size_t i = 0; i + strlen(text) <= server->incoming_size && !is_found; i++)
        is_found = memcmp(server->incoming + server->incoming_start + i, text, strlen(text)) == 0;
    tls_pair_clean_up();
    return is_found;
}

static void a_client_asks_for_names_and_not_for_addresses(void)
{
    CHECK(is_in_hello("wss://here.example.com/", NULL, "here.example.com"));
    CHECK(!is_in_hello("wss://here.example.com./", NULL, "here.example.com."));
    CHECK(is_in_hello("wss://here.example.com/", "elsewhere.test", "elsewhere.test"));
    CHECK(!is_in_hello("wss://here.example.com/", "elsewhere.test", "here.example.com"));
    CHECK(!is_in_hello("wss://10.0.0.1/", NULL, "10.0.0.1"));
    CHECK(!is_in_hello("wss://here.example.com/", "10.0.0.1", "10.0.0.1"));
    CHECK(is_in_hello("wss://10.0.0.1/", NULL, "\x08http/1.1"));
}

/* -- refusals -------------------------------------------------------------- */

static void check_certificate(const test_certificate_wish *wish, wsp_tls_options *client, const char *part)
{
    test_certificate *certificate = test_certificate_create(wish);
    tls_pair_begin(certificate, client);
    test_certificate_destroy(certificate);
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_FAILED, WSPI_IO_FAILED);
    tls_pair_check_failure(CLIENT, WSP_ERR_TLS_CERTIFICATE, part);
    tls_pair_check_failure(CLIENT, WSP_ERR_TLS_CERTIFICATE, "localhost");
    tls_pair_clean_up();
}

/* T4 */
static void a_refused_certificate_says_why(void)
{
    test_certificate_wish wish = {
        .issuer = test_authority(), .common_name = "s", .alternative_names = "DNS:localhost"};
    wish.valid_from = -7200;
    wish.valid_until = -3600;
    check_certificate(&wish, tls_pair_client(), "expired");
    check_certificate(&wish, tls_pair_client(), "issuer CN = wspeer test authority");
    wish.valid_from = 3600;
    wish.valid_until = 7200;
    check_certificate(&wish, tls_pair_client(), "not yet valid");
    wish.valid_from = 0;
    wish.valid_until = 0;
    wish.issuer = NULL;
    check_certificate(&wish, tls_pair_client(), "self-signed");
    test_certificate_wish stranger = {.common_name = "stranger", .is_authority = true};
    test_certificate *other = test_certificate_create(&stranger);
    wish.issuer = other;
    check_certificate(&wish, tls_pair_client(), "unable to get local issuer certificate");
    test_certificate_destroy(other);
}

static void client_unsafe_accepts_any_name(void)
{
    test_certificate_wish wish = {.common_name = "somebody", .alternative_names = "DNS:elsewhere.test"};
    test_certificate *certificate = test_certificate_create(&wish);
    tls_pair_begin(certificate, wsp_tls_options_client_unsafe(NULL));
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    tls_pair_clean_up();
    tls_pair_begin(certificate, wsp_tls_options_client_unsafe(certificate->certificate));
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    tls_pair_clean_up();
    tls_pair_begin(certificate, wsp_tls_options_client_unsafe(test_authority()->certificate));
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_FAILED, WSPI_IO_FAILED);
    tls_pair_check_failure(CLIENT, WSP_ERR_TLS_CERTIFICATE, "self-signed");
    test_certificate_destroy(certificate);
}

/* What client_unsafe does not look at is not the reason of what happens later. */
static void an_unverified_certificate_is_no_later_failure(void)
{
    test_certificate_wish wish = {.common_name = "somebody", .alternative_names = "DNS:elsewhere.test"};
    test_certificate *certificate = test_certificate_create(&wish);
    tls_pair_begin(certificate, wsp_tls_options_client_unsafe(NULL));
    test_certificate_destroy(certificate);
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    memory_stream_end(tls_pair, CLIENT);
    uint8_t byte = 0;
    size_t size = 0;
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_FAILED);
    tls_pair_check_failure(CLIENT, WSP_ERR_CONNECTION_LOST, "close_notify");
}

/* T16 */
static void the_other_side_may_not_speak_tls(void)
{
    tls_pair_open();
    tls_pair_clean_up();
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    wspi_bytes answer = {(const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(tls_ends[SERVER], &answer, 1, &size), WSPI_IO_OK);
    wspi_url url;
    CHECK_INT(wspi_url_parse("wss://localhost/", &url, NULL), WSP_OK);
    CHECK(wspi_stream_connect_tls(tls_ends[CLIENT], tls_client_options, &url));
    wspi_url_release(&url);
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_FAILED);
    tls_pair_check_failure(CLIENT, WSP_ERR_TLS_HANDSHAKE, "the server does not speak TLS");
    tls_pair_clean_up();
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], tls_server_options), WSP_OK);
    wspi_bytes request = {(const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18};
    CHECK_INT(wspi_stream_write(tls_ends[CLIENT], &request, 1, &size), WSPI_IO_OK);
    CHECK_INT(wspi_stream_handshake(tls_ends[SERVER]), WSPI_IO_FAILED);
    CHECK_INT(wspi_stream_handshake(tls_ends[SERVER]), WSPI_IO_FAILED);
    tls_pair_check_failure(SERVER, WSP_ERR_TLS_HANDSHAKE, "the client does not speak TLS");
}

static void an_end_inside_the_handshake_is_told(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    tls_pair_connect("wss://localhost/");
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_WAIT);
    memory_stream_end(tls_pair, CLIENT);
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_FAILED);
    tls_pair_check_failure(CLIENT, WSP_ERR_TLS_HANDSHAKE, "ended the connection inside the TLS handshake");
    tls_pair_clean_up();
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    tls_pair_connect("wss://localhost/");
    CHECK_INT(wspi_stream_handshake(tls_ends[CLIENT]), WSPI_IO_WAIT);
    memory_stream_lose(tls_pair, SERVER);
    CHECK_INT(wspi_stream_handshake(tls_ends[SERVER]), WSPI_IO_FAILED);
    tls_pair_check_failure(SERVER, WSP_ERR_TLS_HANDSHAKE, "injected");
}

/* -- accept_tls, sessions -------------------------------------------------- */

static void tls_is_put_on_once_and_by_a_server(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    CHECK_INT(wsp_stream_accept_tls(NULL, tls_server_options), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], tls_client_options), WSP_ERR_INVALID_PARAMETER);
    CHECK(tls_ends[SERVER]->tls == NULL && !tls_ends[SERVER]->is_secure);
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], tls_server_options), WSP_OK);
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], tls_server_options), WSP_ERR_ALREADY_IN_USE);
}

/* Handshakes again with the same options; answers how many bytes the server wrote for it. */
static size_t reconnect(const char *url)
{
    for (int i = 0; i < 2; i++) {
        wsp_stream_destroy(tls_ends[i]);
        tls_ends[i] = NULL;
    }
    memory_stream_pair_destroy(tls_pair);
    tls_pair = memory_stream_pair_create();
    tls_ends[SERVER] = memory_stream_get(tls_pair, SERVER);
    tls_ends[CLIENT] = memory_stream_get(tls_pair, CLIENT);
    tls_pair_connect(url);
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    uint8_t byte = 0;
    size_t size = 0;
    /* Tickets come behind the handshake. */
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_WAIT);
    return (size_t)tls_pair->ends[SERVER].bytes_written;
}

/* A resumed handshake sends no certificate, which shows in its size. */
static void a_session_is_resumed_at_the_same_place_only(void)
{
    tls_pair_open();
    uint8_t byte = 0;
    size_t size = 0;
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_WAIT);
    size_t full = (size_t)tls_pair->ends[SERVER].bytes_written;
    size_t resumed = reconnect("wss://localhost/other/path");
    CHECK(resumed + 200 < full);
    CHECK(reconnect("wss://localhost/") + 200 < full);
    CHECK(reconnect("wss://localhost:444/") + 100 > full);
    CHECK(reconnect("wss://127.0.0.1/") + 100 > full);
}

static void options_may_be_destroyed_first(void)
{
    tls_pair_open();
    wsp_tls_options_destroy(tls_server_options);
    wsp_tls_options_destroy(tls_client_options);
    tls_server_options = NULL;
    tls_client_options = NULL;
    size_t size = 0;
    CHECK_INT(tls_pair_write(CLIENT, "still works", &size), WSPI_IO_OK);
    tls_pair_check(SERVER, "still works");
}

static const wspi_test_case cases[] = {
    TEST_CASE(bytes_pass_both_ways),
    TEST_CASE(bytes_left_inside_are_reported),
    TEST_CASE(half_a_record_is_no_input),
    TEST_CASE(data_in_front_of_the_end_is_delivered),
    TEST_CASE(an_end_without_close_notify_is_a_loss),
    TEST_CASE(a_failed_write_leaves_the_input_readable),
    TEST_CASE(an_error_of_somebody_else_is_no_failure),
    TEST_CASE(one_byte_at_a_time_suffices_for_all_of_it),
    TEST_CASE(records_of_every_boundary_pass),
    TEST_CASE(an_end_waits_for_what_is_held),
    TEST_CASE(names_and_addresses_are_matched_strictly),
    TEST_CASE(a_client_asks_for_names_and_not_for_addresses),
    TEST_CASE(a_refused_certificate_says_why),
    TEST_CASE(client_unsafe_accepts_any_name),
    TEST_CASE(an_unverified_certificate_is_no_later_failure),
    TEST_CASE(the_other_side_may_not_speak_tls),
    TEST_CASE(an_end_inside_the_handshake_is_told),
    TEST_CASE(tls_is_put_on_once_and_by_a_server),
    TEST_CASE(a_session_is_resumed_at_the_same_place_only),
    TEST_CASE(options_may_be_destroyed_first),
};

TEST_MAIN(cases)
