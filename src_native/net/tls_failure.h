/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TLS_FAILURE_H
#define WSPI_TLS_FAILURE_H

/*
 * Why TLS failed, in a sentence for a player's log. The first reason counts:
 * what follows it are its consequences.
 */

#include "text.h"
#include "wspeer/base.h"

#include <openssl/x509.h>

typedef struct wspi_tls_failure {
    char *text; /* NULL: none yet, or memory was out for it */
    wsp_result result;
} wspi_tls_failure;

/* What is known of the connection when it fails. */
typedef struct wspi_tls_circumstances {
    const char *name;     /* that a client asked for; NULL on a server */
    bool is_handshake;    /* inside the handshake, not behind it */
    uint8_t first_byte;   /* of the other side, */
    bool has_first_byte;  /* once there was one */
    const char *lost_why; /* the stream below failed: its reason, or NULL */
    bool is_ended;        /* the stream below ended */
} wspi_tls_circumstances;

void wspi_tls_failure_set(wspi_tls_failure *failure, wsp_result result, const char *text);

/* The server's certificate was refused by us, with an X509_V_ERR_ number. */
void wspi_tls_failure_set_certificate(wspi_tls_failure *failure, long error, X509 *certificate,
                                      const char *name);

/* From what is in OpenSSL's error queue, which is emptied. */
void wspi_tls_failure_set_openssl(wspi_tls_failure *failure, const wspi_tls_circumstances *circumstances);

void wspi_tls_failure_release(wspi_tls_failure *failure);

#endif
