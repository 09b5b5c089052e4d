/* SPDX-License-Identifier: MIT */
/* stream_tls.c when the other side sends messages of TLS itself between the data, in part or without end. */
#include "net/tls_options.h"
#include "test.h"
#include "tls_pair.h"

/* Makes a ticket longer than a record of 512 bytes. */
static int add_to_ticket(SSL *ssl, void *user)
{
    static const char filler[2000];
    (void)user;
    return SSL_SESSION_set1_ticket_appdata(SSL_get0_session(ssl), filler, sizeof filler);
}

/* T11: SSL_write wants to read while a message of the handshake has come in part. */
static void half_a_ticket_holds_writes_back(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    SSL_CTX_set_max_send_fragment(tls_server_options->context.ssl, 512);
    SSL_CTX_set_session_ticket_cb(tls_server_options->context.ssl, add_to_ticket, NULL, NULL);
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
    memory_stream *client = &tls_pair->ends[CLIENT];
    const uint8_t *record = client->incoming + client->incoming_start;
    size_t first = 5u + (size_t)record[3] * 256 + record[4];
    size_t rest = client->incoming_size - first;
    CHECK(client->incoming_size > 2000);
    client->incoming_size = first;
    uint8_t byte = 0;
    size_t size = 0;
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK(!tls_ends[CLIENT]->writes_need_input);
    CHECK_INT(tls_pair_write(CLIENT, "held back", &size), WSPI_IO_WAIT);
    CHECK_SIZE(size, 0);
    CHECK(tls_ends[CLIENT]->writes_need_input);
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK(tls_ends[CLIENT]->writes_need_input);
    client->incoming_size += rest;
    CHECK_INT(wspi_stream_read(tls_ends[CLIENT], &byte, 1, &size), WSPI_IO_WAIT);
    CHECK(!tls_ends[CLIENT]->writes_need_input);
    CHECK_INT(tls_pair_write(CLIENT, "held back", &size), WSPI_IO_OK);
    tls_pair_check(SERVER, "held back");
}

static SSL *client_ssl;

static void note_ssl(const SSL *ssl, int where, int answer)
{
    (void)where;
    (void)answer;
    client_ssl = (SSL *)ssl;
}

/* An open pair whose client can be made to say what only OpenSSL says. */
static void open_pair_with_ssl(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    SSL_CTX_set_info_callback(tls_client_options->context.ssl, note_ssl);
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
}

/* The client asks for new keys and sometimes says a byte; how the server's reads end. */
static wspi_io ask_for_keys(size_t requests, size_t says_every)
{
    uint8_t bytes[64];
    size_t size = 0;
    wspi_io io = WSPI_IO_WAIT;
    for (size_t i = 1; i <= requests && io != WSPI_IO_FAILED; i++) {
        CHECK_INT(SSL_key_update(client_ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        CHECK_INT(SSL_do_handshake(client_ssl), 1);
        if (says_every > 0 && i % says_every == 0)
            CHECK_INT(tls_pair_write(CLIENT, "x", &size), WSPI_IO_OK);
        do
            io = wspi_stream_read(tls_ends[SERVER], bytes, sizeof bytes, &size);
        while (io == WSPI_IO_OK);
    }
    return io;
}

/* Each request is answered: whoever asks without reading would have the answers kept without end. */
static void answers_that_nobody_reads_end_the_connection(void)
{
    open_pair_with_ssl();
    tls_pair->ends[CLIENT].capacity = 10;
    CHECK_INT(ask_for_keys(20000, 10), WSPI_IO_FAILED);
    tls_pair_check_failure(SERVER, WSP_ERR_CONNECTION_LOST, "does not read");
}

/* A read goes on until there is data, so that records without any must have an end. */
static void records_without_data_end_the_connection(void)
{
    open_pair_with_ssl();
    CHECK_INT(ask_for_keys(1000, 0), WSPI_IO_WAIT);
    CHECK_INT(ask_for_keys(20000, 0), WSPI_IO_FAILED);
    tls_pair_check_failure(SERVER, WSP_ERR_CONNECTION_LOST, "without data");
    tls_pair_clean_up();
    open_pair_with_ssl();
    CHECK_INT(ask_for_keys(20000, 1000), WSPI_IO_WAIT);
}

static const wspi_test_case cases[] = {
    TEST_CASE(half_a_ticket_holds_writes_back),
    TEST_CASE(answers_that_nobody_reads_end_the_connection),
    TEST_CASE(records_without_data_end_the_connection),
};

TEST_MAIN(cases)
