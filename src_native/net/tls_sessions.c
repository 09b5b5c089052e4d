/* SPDX-License-Identifier: MIT */
/* See tls_sessions.h. A short array in the order of age: looked through once a connection. */
#include "tls_sessions.h"

#include "memory.h"

#include <string.h>

/* The entry at `at` leaves the array; what it held stays the caller's. */
static void close_gap(wspi_tls_sessions *sessions, size_t at)
{
    sessions->count--;
    memmove(&sessions->entries[at], &sessions->entries[at + 1],
            (sessions->count - at) * sizeof sessions->entries[0]);
}

static size_t find(const wspi_tls_sessions *sessions, const char *host, uint16_t port)
{
    size_t at = 0;
    while (at < sessions->count &&
           (sessions->entries[at].port != port || strcmp(sessions->entries[at].host, host) != 0))
        at++;
    return at;
}

static void drop(wspi_tls_sessions *sessions, size_t at)
{
    wspi_string_free(sessions->entries[at].host);
    SSL_SESSION_free(sessions->entries[at].session);
    close_gap(sessions, at);
}

bool wspi_tls_sessions_put(wspi_tls_sessions *sessions, const char *host, uint16_t port, SSL_SESSION *session)
{
    if (sessions->entries == NULL)
        sessions->entries = wspi_allocate(WSPI_TLS_SESSIONS_MAX * sizeof sessions->entries[0]);
    char *copy = wspi_string_copy(host, strlen(host));
    if (sessions->entries == NULL || copy == NULL) {
        wspi_string_free(copy);
        return false;
    }
    size_t at = find(sessions, host, port);
    if (at < sessions->count)
        drop(sessions, at);
    else if (sessions->count == WSPI_TLS_SESSIONS_MAX)
        drop(sessions, 0);
    sessions->entries[sessions->count++] = (wspi_tls_session){copy, session, port};
    return true;
}

SSL_SESSION *wspi_tls_sessions_take(wspi_tls_sessions *sessions, const char *host, uint16_t port)
{
    size_t at = find(sessions, host, port);
    if (at == sessions->count)
        return NULL;
    SSL_SESSION *session = sessions->entries[at].session;
    wspi_string_free(sessions->entries[at].host);
    close_gap(sessions, at);
    return session;
}

void wspi_tls_sessions_release(wspi_tls_sessions *sessions)
{
    while (sessions->count > 0)
        drop(sessions, sessions->count - 1);
    wspi_free(sessions->entries, WSPI_TLS_SESSIONS_MAX * sizeof sessions->entries[0]);
    sessions->entries = NULL;
}
