/* SPDX-License-Identifier: MIT */
/* See tls_pair.h. */
#include "tls_pair.h"

#include "test.h"
#include "url.h"

#include <string.h>

enum { ROUNDS = 2000000 };

memory_stream_pair *tls_pair;
wsp_stream *tls_ends[2];
wsp_tls_options *tls_server_options, *tls_client_options;

void tls_pair_clean_up(void)
{
    for (int i = 0; i < 2; i++) {
        wsp_stream_destroy(tls_ends[i]);
        tls_ends[i] = NULL;
    }
    memory_stream_pair_destroy(tls_pair);
    tls_pair = NULL;
    wsp_tls_options_destroy(tls_server_options);
    wsp_tls_options_destroy(tls_client_options);
    tls_server_options = NULL;
    tls_client_options = NULL;
}

static bool is_registered;

static void end_case(void)
{
    tls_pair_clean_up();
    is_registered = false;
}

static void clean_up_in_the_end(void)
{
    if (!is_registered)
        wspi_test_at_case_end(end_case);
    is_registered = true;
}

void tls_pair_begin(const test_certificate *certificate, wsp_tls_options *client)
{
    clean_up_in_the_end();
    CHECK(client != NULL);
    tls_client_options = client;
    tls_server_options = wsp_tls_options_server(certificate->key, certificate->certificate);
    CHECK(tls_server_options != NULL);
    tls_pair = memory_stream_pair_create();
    tls_ends[SERVER] = memory_stream_get(tls_pair, SERVER);
    tls_ends[CLIENT] = memory_stream_get(tls_pair, CLIENT);
}

void tls_pair_connect(const char *text)
{
    wspi_url url;
    CHECK_INT(wspi_url_parse(text, &url, NULL), WSP_OK);
    CHECK_INT(wsp_stream_accept_tls(tls_ends[SERVER], tls_server_options), WSP_OK);
    CHECK(wspi_stream_connect_tls(tls_ends[CLIENT], tls_client_options, &url));
    wspi_url_release(&url);
}

void tls_pair_shake(wspi_io wanted_client, wspi_io wanted_server)
{
    wspi_io client = WSPI_IO_WAIT, server = WSPI_IO_WAIT;
    for (int i = 0; i < ROUNDS && (client == WSPI_IO_WAIT || server == WSPI_IO_WAIT); i++) {
        client = wspi_stream_handshake(tls_ends[CLIENT]);
        server = wspi_stream_handshake(tls_ends[SERVER]);
        if (i > 20 && tls_pair->ends[0].max_write > 1)
            break;
    }
    CHECK_INT(client, wanted_client);
    CHECK_INT(server, wanted_server);
}

wsp_tls_options *tls_pair_client(void)
{
    return wsp_tls_options_client(test_authority()->certificate, NULL);
}

void tls_pair_open(void)
{
    tls_pair_begin(test_server_certificate(), tls_pair_client());
    tls_pair_connect("wss://localhost/");
    tls_pair_shake(WSPI_IO_OK, WSPI_IO_OK);
}

wspi_io tls_pair_write(int end, const char *text, size_t *out_size)
{
    wspi_bytes pieces[2] = {{(const uint8_t *)text, 1}, {(const uint8_t *)text + 1, strlen(text) - 1}};
    return wspi_stream_write(tls_ends[end], pieces, 2, out_size);
}

void tls_pair_check(int end, const char *text)
{
    uint8_t bytes[256];
    size_t size = 0;
    CHECK_INT(wspi_stream_read(tls_ends[end], bytes, sizeof bytes, &size), WSPI_IO_OK);
    CHECK_BYTES(bytes, size, text, strlen(text));
}

void tls_pair_check_failure(int end, wsp_result result, const char *part)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    CHECK_STRING(wsp_result_string(wspi_stream_failure(tls_ends[end], &why)), wsp_result_string(result));
    CHECK_CONTAINS(array, part);
}
