/* SPDX-License-Identifier: MIT */
/* See certificates.h. */
#include "certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600 };

static void require(bool is_done)
{
    if (is_done)
        return;
    (void)fputs("certificates: OpenSSL could not make one\n", stderr);
    abort();
}

static char *take_text(BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    char *text = calloc(1, (size_t)size + 1);
    require(text != NULL && size > 0);
    memcpy(text, data, (size_t)size);
    BIO_free(bio);
    return text;
}

static void add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    require(extension != NULL && X509_add_ext(x509, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *x509, X509 *issuer, const test_certificate_wish *wish)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    add_extension(x509, &context, NID_basic_constraints,
                  wish->is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(x509, &context, NID_subject_key_identifier, "hash");
    add_extension(x509, &context, NID_authority_key_identifier, "keyid:always");
    if (wish->alternative_names != NULL)
        add_extension(x509, &context, NID_subject_alt_name, wish->alternative_names);
}

static X509 *make_x509(const test_certificate_wish *wish, EVP_PKEY *key)
{
    static long serial = 1;
    X509 *x509 = X509_new();
    require(x509 != NULL);
    X509 *issuer = wish->issuer != NULL ? wish->issuer->x509 : x509;
    bool has_dates = wish->valid_from != 0 || wish->valid_until != 0;
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x509), has_dates ? wish->valid_from : -HOUR);
    X509_gmtime_adj(X509_getm_notAfter(x509), has_dates ? wish->valid_until : HOUR);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)wish->common_name, -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(issuer));
    add_extensions(x509, issuer, wish);
    require(X509_sign(x509, wish->issuer != NULL ? wish->issuer->pkey : key, EVP_sha256()) > 0);
    return x509;
}

static char *write_key(EVP_PKEY *key, const EVP_CIPHER *cipher, const char *password)
{
    BIO *bio = BIO_new(BIO_s_mem());
    require(bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, password, (int)strlen(password),
                                                         NULL, NULL) == 1);
    return take_text(bio);
}

test_certificate *test_certificate_create(const test_certificate_wish *wish)
{
    test_certificate *made = calloc(1, sizeof *made);
    require(made != NULL);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    require(key != NULL);
    X509 *x509 = make_x509(wish, key);
    BIO *bio = BIO_new(BIO_s_mem());
    require(bio != NULL && PEM_write_bio_X509(bio, x509) == 1);
    made->certificate = take_text(bio);
    made->key = write_key(key, NULL, "");
    made->x509 = x509;
    made->pkey = key;
    return made;
}

void test_certificate_destroy(test_certificate *certificate)
{
    if (certificate == NULL)
        return;
    free(certificate->key);
    free(certificate->certificate);
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->pkey);
    free(certificate);
}

char *test_certificate_encrypt_key(const test_certificate *certificate)
{
    return write_key(certificate->pkey, EVP_aes_128_cbc(), "a password");
}

const test_certificate *test_authority(void)
{
    static test_certificate *authority;
    if (authority == NULL) {
        test_certificate_wish wish = {.common_name = "wspeer test authority", .is_authority = true};
        authority = test_certificate_create(&wish);
    }
    return authority;
}

const test_certificate *test_server_certificate(void)
{
    static test_certificate *server;
    if (server == NULL) {
        test_certificate_wish wish = {.issuer = test_authority(),
                                      .common_name = "wspeer test server",
                                      .alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1"};
        server = test_certificate_create(&wish);
    }
    return server;
}
