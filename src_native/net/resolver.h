/* SPDX-License-Identifier: MIT */
#ifndef WSPI_RESOLVER_H
#define WSPI_RESOLVER_H

/*
 * From a host to a list of addresses to try. IP literals and localhost are
 * answered at once, without a thread (RFC 6761 6.3: localhost is loopback);
 * other names go through a lookup of os.h.
 */

#include "os.h"
#include "url.h"

/* Addresses used of a long answer (bad-inputs O8). */
#define WSPI_RESOLVER_MAX_ADDRESSES 16

typedef struct wspi_resolver {
    wspi_address addresses[WSPI_RESOLVER_MAX_ADDRESSES]; /* families interleaved, IPv6 first (RFC 8305 4) */
    size_t count;
    wspi_lookup *lookup;          /* while one runs */
    char host[WSPI_HOST_MAX + 1]; /* the name asked for, for the message of a failure */
} wspi_resolver;

/* Starts. OK: the addresses are there; WAIT: ask step; FAILED: memory or threads are out. `why` then gets a
 * sentence. */
wspi_io wspi_resolver_start(wspi_resolver *resolver, const wspi_url *url, wspi_text *why);

/* The answer so far, as start. FAILED: the name does not resolve. The addresses get `port`. */
wspi_io wspi_resolver_step(wspi_resolver *resolver, uint16_t port, wspi_text *why);

/* Abandons a running lookup. Safe at any time, also on a zero-initialised resolver. */
void wspi_resolver_cancel(wspi_resolver *resolver);

#endif
