/* SPDX-License-Identifier: MIT */
/*
 * Puts OpenSSL's errors into words (bad-inputs T4, T16): what was wrong with a
 * certificate and whose it was, which alert the other side sent, and that one
 * side does not speak TLS at all.
 */
#include "tls_failure.h"

#include "memory.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <string.h>

void wspi_tls_failure_set(wspi_tls_failure *failure, wsp_result result, const char *text)
{
    if (failure->result != WSP_OK)
        return;
    failure->result = result;
    failure->text = wspi_string_copy(text, strlen(text));
}

void wspi_tls_failure_release(wspi_tls_failure *failure)
{
    wspi_string_free(failure->text);
    failure->text = NULL;
}

/* -- certificates ---------------------------------------------------------- */

static void add_name(wspi_text *text, const char *intro, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL)
        return;
    char *printed = NULL;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    long size = BIO_get_mem_data(bio, &printed);
    wspi_text_add(text, intro);
    wspi_text_add_printable(text, printed, size > 0 ? (size_t)size : 0, 100);
    BIO_free(bio);
}

void wspi_tls_failure_set_certificate(wspi_tls_failure *failure, long error, X509 *certificate,
                                      const char *name)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add(&text, "the certificate of ");
    wspi_text_add_printable(&text, name, strlen(name), 100);
    wspi_text_add(&text, " was not accepted: ");
    wspi_text_add(&text, X509_verify_cert_error_string(error));
    if (certificate != NULL) {
        add_name(&text, " (subject ", X509_get_subject_name(certificate));
        add_name(&text, ", issuer ", X509_get_issuer_name(certificate));
        wspi_text_add(&text, ")");
    }
    wspi_tls_failure_set(failure, WSP_ERR_TLS_CERTIFICATE, array);
}

/* -- alerts ---------------------------------------------------------------- */

/* The alert that the other side sent, or -1: OpenSSL's reason for a received alert is its number plus 1000.
 */
static int get_alert(unsigned long error)
{
    int reason = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
    return ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= 0 && reason <= 255 ? reason : -1;
}

static bool is_about_certificate(int alert)
{
    switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA: return true;
    default: return false;
    }
}

/* What an alert's name alone does not say. */
static const char *get_hint(int alert, bool is_client)
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION: return "; at least TLS 1.2 is needed";
    case SSL_AD_NO_APPLICATION_PROTOCOL: return "; only http/1.1 is spoken here";
    case SSL_AD_UNRECOGNIZED_NAME: return is_client ? "; it does not know this host name" : "";
    default: return "";
    }
}

static void set_alert(wspi_tls_failure *failure, int alert, const wspi_tls_circumstances *at)
{
    bool is_client = at->name != NULL;
    bool is_certificate = at->is_handshake && is_about_certificate(alert);
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add(&text, is_client ? "the server " : "the client ");
    if (is_certificate)
        wspi_text_add(&text, "did not accept our certificate (alert: ");
    else
        wspi_text_add(&text, at->is_handshake ? "refused the TLS handshake (alert: " : "ended TLS (alert: ");
    wspi_text_add(&text, SSL_alert_desc_string_long(alert));
    wspi_text_add(&text, get_hint(alert, is_client));
    wspi_text_add(&text, ")");
    wsp_result result = at->is_handshake ? WSP_ERR_TLS_HANDSHAKE : WSP_ERR_CONNECTION_LOST;
    wspi_tls_failure_set(failure, is_certificate ? WSP_ERR_TLS_CERTIFICATE : result, array);
}

/* -- everything else ------------------------------------------------------- */

/* RFC 8446 5.1: a record begins with a content type of 20 to 23. */
static bool speaks_tls(const wspi_tls_circumstances *at)
{
    return !at->has_first_byte ||
           (at->first_byte >= SSL3_RT_CHANGE_CIPHER_SPEC && at->first_byte <= SSL3_RT_APPLICATION_DATA);
}

/* What a plain server does that does not understand our hello. */
static void add_silence(wspi_text *text, const wspi_tls_circumstances *at)
{
    if (at->name != NULL && !at->has_first_byte)
        wspi_text_add(text, " before it said anything; perhaps it does not speak TLS");
}

static void add_handshake_problem(wspi_text *text, const wspi_tls_circumstances *at, unsigned long error)
{
    bool is_client = at->name != NULL;
    const char *reason = ERR_reason_error_string(error);
    if (!speaks_tls(at)) {
        wspi_text_add(text, is_client ? "the server does not speak TLS; its address may be one for ws://"
                                      : "the client does not speak TLS; it may have used a ws:// address");
    } else if (error != 0 && ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        wspi_text_add(text, "the TLS handshake failed: ");
        wspi_text_add(text, reason != NULL ? reason : "unknown error");
    } else if (at->lost_why != NULL) {
        wspi_text_add(text, "inside the TLS handshake ");
        wspi_text_add(text, at->lost_why);
        add_silence(text, at);
    } else {
        wspi_text_add(text, is_client ? "the server ended the connection inside the TLS handshake"
                                      : "the client ended the connection inside the TLS handshake");
        add_silence(text, at);
    }
}

static void add_later_problem(wspi_text *text, const wspi_tls_circumstances *at, unsigned long error)
{
    const char *reason = ERR_reason_error_string(error);
    if (at->lost_why != NULL) {
        wspi_text_add(text, at->lost_why);
    } else if (at->is_ended) {
        wspi_text_add(text, "the other side ended the connection without a TLS close_notify");
    } else {
        wspi_text_add(text, "the connection was lost (TLS: ");
        wspi_text_add(text, reason != NULL ? reason : "unknown error");
        wspi_text_add(text, ")");
    }
}

void wspi_tls_failure_set_openssl(wspi_tls_failure *failure, const wspi_tls_circumstances *circumstances)
{
    unsigned long error = ERR_peek_error();
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    if (get_alert(error) >= 0) {
        set_alert(failure, get_alert(error), circumstances);
    } else if (circumstances->is_handshake) {
        add_handshake_problem(&text, circumstances, error);
        wspi_tls_failure_set(failure, WSP_ERR_TLS_HANDSHAKE, array);
    } else {
        add_later_problem(&text, circumstances, error);
        wspi_tls_failure_set(failure, WSP_ERR_CONNECTION_LOST, array);
    }
    ERR_clear_error();
}
