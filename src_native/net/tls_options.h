/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TLS_OPTIONS_H
#define WSPI_TLS_OPTIONS_H

/*
 * wsp_tls_options as the TLS files see them: what every connection made with
 * the same options shares. Counted under a lock, because peers of several
 * threads may hold a share and the last one to let go frees.
 */

#include "stream_tls.h"
#include "tls_context.h"
#include "tls_sessions.h"
#include "wspeer/tls.h"

struct wsp_tls_options {
    wspi_tls_context context;
    wspi_tls_sessions sessions; /* a client's, for the next connection to the same place */
    char *name;                 /* verified and asked for in place of the URL's host, or NULL */
    wspi_tls_lock *lock;        /* guards what follows, and the sessions */
    unsigned users;
    bool has_warned;
};

#endif
