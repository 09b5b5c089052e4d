/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TLS_CONTEXT_H
#define WSPI_TLS_CONTEXT_H

/*
 * OpenSSL's SSL_CTX, configured as this library wants it (bad-inputs T1-T11),
 * and the reading of PEM material into it. Material that cannot work is found
 * here, with a sentence that says why, and never asks anybody for a password.
 */

#include "text.h"

#include <openssl/ssl.h>

typedef enum wspi_tls_kind { WSPI_TLS_CLIENT, WSPI_TLS_CLIENT_UNSAFE, WSPI_TLS_SERVER } wspi_tls_kind;

typedef struct wspi_tls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio; /* of the streams made with it; filled in by stream_tls.c */
    wspi_tls_kind kind;
    bool uses_system_trust;
} wspi_tls_context;

/* Where PEM comes from: the text itself, or the path of a file that is read during the call. */
typedef struct wspi_tls_material {
    const char *text;
    bool is_path;
    const char *what; /* for messages: "the private key" */
} wspi_tls_material;

/* A client's context; `chain` NULL: the system's authorities (or, unsafe, nobody's). false: `why` says it. */
bool wspi_tls_context_init_client(wspi_tls_context *context, wspi_tls_kind kind,
                                  const wspi_tls_material *chain, wspi_text *why);

/* A server's. false: `why` says it. */
bool wspi_tls_context_init_server(wspi_tls_context *context, const wspi_tls_material *key,
                                  const wspi_tls_material *certificate, wspi_text *why);

/* Safe on a zeroed context. */
void wspi_tls_context_release(wspi_tls_context *context);

/* RFC 9525: the name, or the address, must stand in the certificate's alternative names; its subject does not
 * count. */
bool wspi_tls_verify_name(SSL *ssl, const char *name);

/* RFC 6066 3: server_name is for names, not for addresses. */
bool wspi_tls_ask_for_name(SSL *ssl, const char *name);

/* OpenSSL's lock, so that this library needs no second kind of thread support. */
typedef CRYPTO_RWLOCK wspi_tls_lock;

#endif
