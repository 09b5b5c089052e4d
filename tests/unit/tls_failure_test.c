/* SPDX-License-Identifier: MIT */
/* tls_failure.c: from what OpenSSL says to a sentence and a result (bad-inputs T4, T16). */
#include "certificates.h"
#include "net/tls_failure.h"
#include "test.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

static wspi_tls_failure failure;

static void begin(void)
{
    wspi_tls_failure_release(&failure);
    failure = (wspi_tls_failure){0};
    CHECK_INT(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL), 1);
    ERR_clear_error();
}

static void check(wsp_result result, const char *part)
{
    CHECK_STRING(wsp_result_string(failure.result), wsp_result_string(result));
    CHECK_CONTAINS(failure.text, part);
    CHECK(ERR_peek_error() == 0);
    begin();
}

static void fail_with(int reason, const wspi_tls_circumstances *at)
{
    if (reason != 0)
        ERR_raise(ERR_LIB_SSL, reason);
    wspi_tls_failure_set_openssl(&failure, at);
}

static const wspi_tls_circumstances client_shakes = {
    .name = "h", .is_handshake = true, .first_byte = 22, .has_first_byte = true};
static const wspi_tls_circumstances server_shakes = {
    .is_handshake = true, .first_byte = 22, .has_first_byte = true};
static const wspi_tls_circumstances client_flows = {.name = "h", .first_byte = 22, .has_first_byte = true};

static void alerts_are_named(void)
{
    begin();
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_HANDSHAKE_FAILURE, &client_shakes);
    check(WSP_ERR_TLS_HANDSHAKE, "the server refused the TLS handshake (alert: handshake failure)");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_PROTOCOL_VERSION, &client_shakes);
    check(WSP_ERR_TLS_HANDSHAKE, "at least TLS 1.2 is needed");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL, &client_shakes);
    check(WSP_ERR_TLS_HANDSHAKE, "only http/1.1 is spoken here");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_UNRECOGNIZED_NAME, &client_shakes);
    check(WSP_ERR_TLS_HANDSHAKE, "host name");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_CA, &server_shakes);
    check(WSP_ERR_TLS_CERTIFICATE, "the client did not accept our certificate (alert: unknown CA)");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_CERTIFICATE_EXPIRED, &server_shakes);
    check(WSP_ERR_TLS_CERTIFICATE, "certificate expired");
    fail_with(SSL_AD_REASON_OFFSET + SSL_AD_BAD_CERTIFICATE, &client_flows);
    check(WSP_ERR_CONNECTION_LOST, "the server ended TLS (alert: bad certificate)");
}

static void the_end_of_the_stream_is_no_word_of_openssl_s(void)
{
    begin();
    wspi_tls_circumstances at = client_shakes;
    at.is_ended = true;
    fail_with(SSL_R_UNEXPECTED_EOF_WHILE_READING, &at);
    check(WSP_ERR_TLS_HANDSHAKE, "the server ended the connection inside the TLS handshake");
    at.has_first_byte = false;
    fail_with(SSL_R_UNEXPECTED_EOF_WHILE_READING, &at);
    check(WSP_ERR_TLS_HANDSHAKE, "perhaps it does not speak TLS");
    at.lost_why = "the connection was lost (reset)";
    fail_with(0, &at);
    check(WSP_ERR_TLS_HANDSHAKE, "inside the TLS handshake the connection was lost (reset)");
    at.is_handshake = false;
    fail_with(0, &at);
    check(WSP_ERR_CONNECTION_LOST, "the connection was lost (reset)");
    at.lost_why = NULL;
    fail_with(SSL_R_UNEXPECTED_EOF_WHILE_READING, &at);
    check(WSP_ERR_CONNECTION_LOST, "without a TLS close_notify");
}

static void other_errors_keep_openssl_s_words(void)
{
    begin();
    fail_with(SSL_R_NO_SHARED_CIPHER, &server_shakes);
    check(WSP_ERR_TLS_HANDSHAKE, "the TLS handshake failed: no shared cipher");
    fail_with(SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, &client_flows);
    check(WSP_ERR_CONNECTION_LOST, "bad record mac");
    wspi_tls_circumstances at = server_shakes;
    at.first_byte = 'G';
    fail_with(SSL_R_HTTP_REQUEST, &at);
    check(WSP_ERR_TLS_HANDSHAKE, "the client does not speak TLS");
    at.name = "h";
    fail_with(SSL_R_WRONG_VERSION_NUMBER, &at);
    check(WSP_ERR_TLS_HANDSHAKE, "the server does not speak TLS");
}

static void a_certificate_is_named_with_its_issuer(void)
{
    begin();
    wspi_tls_failure_set_certificate(&failure, X509_V_ERR_CERT_HAS_EXPIRED, test_server_certificate()->x509,
                                     "example.com\n");
    CHECK_STRING(failure.text, "the certificate of example.com? was not accepted: certificate has expired "
                               "(subject CN = wspeer test server, issuer CN = wspeer test authority)");
    check(WSP_ERR_TLS_CERTIFICATE, "example.com?");
    wspi_tls_failure_set_certificate(&failure, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, NULL, "h");
    check(WSP_ERR_TLS_CERTIFICATE, "unable to get issuer certificate");
}

/* A certificate is the other side's word: it may hold anything, of any length. */
static void strange_names_are_cut_and_made_printable(void)
{
    begin();
    char name[65];
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = i % 2 == 0 ? '\n' : 'x';
    name[sizeof name - 1] = '\0';
    test_certificate_wish wish = {.common_name = name};
    test_certificate *certificate = test_certificate_create(&wish);
    wspi_tls_failure_set_certificate(&failure, X509_V_ERR_CERT_HAS_EXPIRED, certificate->x509, "h");
    test_certificate_destroy(certificate);
    for (const char *c = failure.text; *c != '\0'; c++)
        CHECK(*c >= ' ' && *c < 0x7f);
    check(WSP_ERR_TLS_CERTIFICATE, "expired");
}

static void the_first_reason_counts(void)
{
    begin();
    wspi_tls_failure_set(&failure, WSP_ERR_TLS_CERTIFICATE, "the cause");
    wspi_tls_failure_set(&failure, WSP_ERR_CONNECTION_LOST, "a consequence");
    fail_with(SSL_R_NO_SHARED_CIPHER, &server_shakes);
    check(WSP_ERR_TLS_CERTIFICATE, "the cause");
}

static const wspi_test_case cases[] = {
    TEST_CASE(alerts_are_named),
    TEST_CASE(the_end_of_the_stream_is_no_word_of_openssl_s),
    TEST_CASE(other_errors_keep_openssl_s_words),
    TEST_CASE(a_certificate_is_named_with_its_issuer),
    TEST_CASE(strange_names_are_cut_and_made_printable),
    TEST_CASE(the_first_reason_counts),
};

TEST_MAIN(cases)
