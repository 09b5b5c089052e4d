/* SPDX-License-Identifier: MIT */
/*
 * Builds OpenSSL contexts: TLS 1.2 at least, no renegotiation, no compression,
 * HTTP/1.1 alone in ALPN (RFC 7301, bad-inputs T10), the checks of the PEM
 * material, and how names are verified. What else one connection needs is in
 * stream_tls.c.
 */
#include "tls_context.h"

#include "os.h"
#include "tls_trust.h"
#include "url.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

/* No private key, chain or bundle of authorities comes near this. */
enum { MAX_MATERIAL_SIZE = 16 * 1024 * 1024 };

static const unsigned char http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/* -- messages -------------------------------------------------------------- */

static bool say(wspi_text *why, const wspi_tls_material *material, const char *problem)
{
    wspi_text_set(why, material->what);
    if (material->is_path) {
        wspi_text_add(why, " in ");
        wspi_text_add_printable(why, material->text, strlen(material->text), 200);
    }
    wspi_text_add(why, problem);
    ERR_clear_error();
    return false;
}

/* The oldest error of the queue is the cause; those after it only say through whom it went. */
static bool say_openssl(wspi_text *why, const wspi_tls_material *material, const char *problem)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    say(why, material, problem);
    wspi_text_add(why, ": ");
    if (ERR_SYSTEM_ERROR(error))
        wspi_os_error_text(ERR_GET_REASON(error), why);
    else
        wspi_text_add(why, reason != NULL ? reason : "unknown error");
    return false;
}

static bool is_out_of_memory(wspi_text *why)
{
    wspi_text_set(why, "out of memory for TLS options");
    ERR_clear_error();
    return false;
}

/* -- PEM ------------------------------------------------------------------- */

/* Called for encrypted PEM: notes that it was and gives no password, where OpenSSL would ask at a terminal.
 */
static int refuse_password(char *out, int size, int is_writing, void *user)
{
    (void)is_writing;
    *(bool *)user = true;
    if (size > 0)
        out[0] = '\0';
    return -1;
}

/* A whole file, so that every later error is one of its contents. */
static BIO *read_file(const wspi_tls_material *material, wspi_text *why)
{
    BIO *file = BIO_new_file(material->text, "rb");
    if (file == NULL) {
        say_openssl(why, material, " could not be opened");
        return NULL;
    }
    BIO *memory = BIO_new(BIO_s_mem());
    char block[4096];
    size_t size = 0;
    size_t total = 0;
    bool is_kept = memory != NULL;
    while (is_kept && total <= MAX_MATERIAL_SIZE && BIO_read_ex(file, block, sizeof block, &size) == 1) {
        total += size;
        is_kept = BIO_write(memory, block, (int)size) == (int)size;
    }
    bool is_read = ERR_peek_error() == 0;
    if (!is_kept)
        is_out_of_memory(why);
    else if (total > MAX_MATERIAL_SIZE)
        say(why, material, " is larger than 16 MiB");
    else if (!is_read)
        say_openssl(why, material, " could not be read");
    BIO_free(file);
    if (is_kept && is_read && total <= MAX_MATERIAL_SIZE)
        return memory;
    BIO_free(memory);
    return NULL;
}

static BIO *open_material(const wspi_tls_material *material, wspi_text *why)
{
    ERR_clear_error();
    if (material->is_path)
        return read_file(material, why);
    size_t size = strlen(material->text);
    if (size > MAX_MATERIAL_SIZE) {
        say(why, material, " is larger than 16 MiB");
        return NULL;
    }
    BIO *memory = BIO_new_mem_buf(material->text, (int)size);
    if (memory == NULL)
        is_out_of_memory(why);
    return memory;
}

/* Whether reading stopped because there is no further object, which is no error. */
static bool is_end_of_pem(void)
{
    unsigned long error = ERR_peek_last_error();
    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* Every certificate of the material, in order. NULL, with the reason, when there is none or one is broken. */
static STACK_OF(X509) * read_certificates(const wspi_tls_material *material, wspi_text *why)
{
    BIO *bio = open_material(material, why);
    if (bio == NULL)
        return NULL;
    STACK_OF(X509) *certificates = sk_X509_new_null();
    bool has_memory = certificates != NULL;
    bool is_encrypted = false;
    X509 *certificate = NULL;
    while (has_memory &&
           (certificate = PEM_read_bio_X509_AUX(bio, NULL, refuse_password, &is_encrypted)) != NULL) {
        has_memory = sk_X509_push(certificates, certificate) > 0;
        if (!has_memory)
            X509_free(certificate);
    }
    BIO_free(bio);
    if (!has_memory)
        is_out_of_memory(why);
    else if (!is_end_of_pem())
        say_openssl(why, material, " holds a broken certificate");
    else if (sk_X509_num(certificates) == 0)
        say(why, material, " holds no certificate in PEM form");
    else {
        ERR_clear_error();
        return certificates;
    }
    sk_X509_pop_free(certificates, X509_free);
    return NULL;
}

static EVP_PKEY *read_key(const wspi_tls_material *material, wspi_text *why)
{
    BIO *bio = open_material(material, why);
    if (bio == NULL)
        return NULL;
    bool is_encrypted = false;
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, refuse_password, &is_encrypted);
    BIO_free(bio);
    if (key != NULL)
        ERR_clear_error();
    else if (is_encrypted)
        say(why, material, " is encrypted; it must be given without a password");
    else if (is_end_of_pem() || ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_OSSL_DECODER)
        say(why, material, " holds no private key in PEM form");
    else
        say_openssl(why, material, " could not be read");
    return key;
}

/* -- contexts -------------------------------------------------------------- */

static bool create_context(wspi_tls_context *context, wspi_tls_kind kind, wspi_text *why)
{
    *context = (wspi_tls_context){.kind = kind};
    ERR_clear_error();
    SSL_CTX *ssl = SSL_CTX_new(kind == WSPI_TLS_SERVER ? TLS_server_method() : TLS_client_method());
    if (ssl == NULL)
        return is_out_of_memory(why);
    context->ssl = ssl;
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) == 1)
        return true;
    wspi_text_set(why, "OpenSSL has no TLS 1.2");
    return false;
}

/* Each certificate of the chain is trusted as it stands, whether it is a root or not. */
static bool trust_chain(wspi_tls_context *context, const wspi_tls_material *chain, wspi_text *why)
{
    STACK_OF(X509) *certificates = read_certificates(chain, why);
    if (certificates == NULL)
        return false;
    X509_STORE *store = X509_STORE_new();
    bool is_done = store != NULL && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
    for (int i = 0; is_done && i < sk_X509_num(certificates); i++) {
        is_done = X509_STORE_add_cert(store, sk_X509_value(certificates, i)) == 1;
    }
    sk_X509_pop_free(certificates, X509_free);
    if (!is_done) {
        X509_STORE_free(store);
        return is_out_of_memory(why);
    }
    wspi_tls_trust_complete(store);
    SSL_CTX_set_cert_store(context->ssl, store);
    return true;
}

bool wspi_tls_context_init_client(wspi_tls_context *context, wspi_tls_kind kind,
                                  const wspi_tls_material *chain, wspi_text *why)
{
    if (!create_context(context, kind, why))
        return false;
    context->uses_system_trust = kind == WSPI_TLS_CLIENT && chain == NULL;
    /* The sessions are kept by the options, which know host and port. */
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    bool is_verified = kind == WSPI_TLS_CLIENT || chain != NULL;
    SSL_CTX_set_verify(context->ssl, is_verified ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    /* Zero means success, of this function alone. */
    if (SSL_CTX_set_alpn_protos(context->ssl, http11, sizeof http11) != 0)
        return is_out_of_memory(why);
    return chain == NULL || trust_chain(context, chain, why);
}

/* A client that offers protocols must offer ours; one that offers none means HTTP/1.1 anyway. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                           const unsigned char *offer, unsigned offer_size, void *user)
{
    (void)ssl;
    (void)user;
    for (unsigned at = 0; at < offer_size; at += 1u + offer[at]) {
        if (offer_size - at >= sizeof http11 && memcmp(offer + at, http11, sizeof http11) == 0) {
            *out = offer + at + 1;
            *out_size = offer[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* The leaf comes first; what follows is sent with it. */
static bool use_certificates(SSL_CTX *ssl, STACK_OF(X509) * certificates,
                             const wspi_tls_material *certificate, wspi_text *why)
{
    if (SSL_CTX_use_certificate(ssl, sk_X509_value(certificates, 0)) != 1)
        return say_openssl(why, certificate, " cannot be used");
    for (int i = 1; i < sk_X509_num(certificates); i++) {
        if (SSL_CTX_add1_chain_cert(ssl, sk_X509_value(certificates, i)) != 1)
            return say_openssl(why, certificate, " cannot be used");
    }
    return true;
}

static bool use_key(SSL_CTX *ssl, EVP_PKEY *key, const wspi_tls_material *material, X509 *leaf,
                    wspi_text *why)
{
    if (X509_check_private_key(leaf, key) != 1)
        return say(why, material, " does not belong to the certificate");
    return SSL_CTX_use_PrivateKey(ssl, key) == 1 || say_openssl(why, material, " cannot be used");
}

bool wspi_tls_context_init_server(wspi_tls_context *context, const wspi_tls_material *key,
                                  const wspi_tls_material *certificate, wspi_text *why)
{
    if (!create_context(context, WSPI_TLS_SERVER, why))
        return false;
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_protocol, NULL);
    STACK_OF(X509) *certificates = read_certificates(certificate, why);
    EVP_PKEY *pkey = certificates != NULL ? read_key(key, why) : NULL;
    bool is_done = pkey != NULL && use_certificates(context->ssl, certificates, certificate, why) &&
                   use_key(context->ssl, pkey, key, sk_X509_value(certificates, 0), why);
    EVP_PKEY_free(pkey);
    sk_X509_pop_free(certificates, X509_free);
    return is_done;
}

void wspi_tls_context_release(wspi_tls_context *context)
{
    SSL_CTX_free(context->ssl);
    BIO_meth_free(context->bio);
    *context = (wspi_tls_context){0};
}

/* -- names ----------------------------------------------------------------- */

bool wspi_tls_verify_name(SSL *ssl, const char *name)
{
    wspi_host_kind kind = WSPI_HOST_NAME;
    uint8_t address[16];
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (wspi_parse_ip_literal(name, strlen(name), &kind, address))
        return X509_VERIFY_PARAM_set1_ip(parameters, address, kind == WSPI_HOST_IPV4 ? 4 : 16) == 1;
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                                    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(parameters, name, 0) == 1;
}

bool wspi_tls_ask_for_name(SSL *ssl, const char *name)
{
    wspi_host_kind kind = WSPI_HOST_NAME;
    uint8_t address[16];
    return wspi_parse_ip_literal(name, strlen(name), &kind, address) ||
           SSL_set_tlsext_host_name(ssl, name) == 1;
}
