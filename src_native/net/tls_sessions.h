/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TLS_SESSIONS_H
#define WSPI_TLS_SESSIONS_H

/*
 * The TLS sessions a client may resume, by host and port; a bounded number,
 * the oldest goes first. Resuming saves a reconnecting game a round of
 * certificates. Not locked: the owner does that.
 */

#include "bytes.h"

#include <openssl/ssl.h>

enum { WSPI_TLS_SESSIONS_MAX = 16 };

typedef struct wspi_tls_session {
    char *host;
    SSL_SESSION *session;
    uint16_t port;
} wspi_tls_session;

/* The newest comes last. */
typedef struct wspi_tls_sessions {
    wspi_tls_session *entries; /* WSPI_TLS_SESSIONS_MAX of them, made with the first */
    size_t count;
} wspi_tls_sessions;

/* Keeps the session in place of an older one of the same host and port. false, and still the caller's, when
 * memory is out. */
bool wspi_tls_sessions_put(wspi_tls_sessions *sessions, const char *host, uint16_t port,
                           SSL_SESSION *session);

/* Takes the session out, as TLS 1.3 wants tickets used once (RFC 8446 C.4). NULL when there is none. */
SSL_SESSION *wspi_tls_sessions_take(wspi_tls_sessions *sessions, const char *host, uint16_t port);

void wspi_tls_sessions_release(wspi_tls_sessions *sessions);

#endif
