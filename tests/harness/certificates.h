/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_CERTIFICATES_H
#define WSPI_TEST_CERTIFICATES_H

/*
 * Certificates made with OpenSSL's functions while a test runs: nothing in the
 * repository expires. All are on P-256, which takes well under a millisecond.
 */

#include <stdbool.h>

typedef struct test_certificate {
    char *key;         /* PEM */
    char *certificate; /* PEM */
    void *x509;
    void *pkey;
} test_certificate;

typedef struct test_certificate_wish {
    const test_certificate *issuer; /* NULL: signed by itself */
    const char *common_name;
    const char *alternative_names; /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
    bool is_authority;
    long valid_from; /* seconds from now; 0 and 0: from an hour ago to an hour ahead */
    long valid_until;
} test_certificate_wish;

/* Never NULL: a test without memory ends. */
test_certificate *test_certificate_create(const test_certificate_wish *wish);

/* NULL is allowed. */
void test_certificate_destroy(test_certificate *certificate);

/* The key once more, encrypted with a password. To be freed with free. */
char *test_certificate_encrypt_key(const test_certificate *certificate);

/* The authority, and the certificate for localhost, 127.0.0.1 and ::1 that it signed, of the whole process.
 */
const test_certificate *test_authority(void);
const test_certificate *test_server_certificate(void);

#endif
