/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_TLS_PAIR_H
#define WSPI_TEST_TLS_PAIR_H

/*
 * A server and a client of TLS joined by a memory_stream_pair, for the tests of
 * stream_tls.c. One at a time; it goes when its case ends.
 */

#include "certificates.h"
#include "memory_stream.h"
#include "net/stream_tls.h"
#include "wspeer/tls.h"

enum { SERVER = 0, CLIENT = 1 };

extern memory_stream_pair *tls_pair;
extern wsp_stream *tls_ends[2];
extern wsp_tls_options *tls_server_options, *tls_client_options;

/* Client options given; the server has that certificate. */
void tls_pair_begin(const test_certificate *certificate, wsp_tls_options *client);

/* Options of a client that trusts the test authority. */
wsp_tls_options *tls_pair_client(void);

/* Puts TLS on both ends; the client means to reach that URL. */
void tls_pair_connect(const char *text);

/* Both handshakes as far as they go. */
void tls_pair_shake(wspi_io wanted_client, wspi_io wanted_server);

/* All of the above: the test certificate, and both handshakes done. */
void tls_pair_open(void);

/* Writes in two pieces. */
wspi_io tls_pair_write(int end, const char *text, size_t *out_size);

/* Reads once and wants just that. */
void tls_pair_check(int end, const char *text);

void tls_pair_check_failure(int end, wsp_result result, const char *part);

/* Before another pair in the same case. */
void tls_pair_clean_up(void);

#endif
