/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TLS_TRUST_H
#define WSPI_TLS_TRUST_H

/*
 * The authorities that the system trusts, in one store for the whole process.
 * Reading some hundred certificates takes tens of milliseconds, so it happens
 * once, when first wanted, on a thread of its own.
 */

#include "os.h"

#include <openssl/x509.h>

/* Starts reading, unless that was done before. To be called early: the answer is wanted after connecting. */
void wspi_tls_trust_begin(void);

/* OK: *out_store is the process's, for ever; WAIT: still reading; FAILED: there is no trusted certificate. */
wspi_io wspi_tls_trust_get(X509_STORE **out_store);

/* Decodes the certificates of a store to the end. OpenSSL would do that with each when it is first looked at,
 * in the middle of a handshake and while other threads look at it, too; to be called before they can.
 */
void wspi_tls_trust_complete(X509_STORE *store);

#endif
