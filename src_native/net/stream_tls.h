/* SPDX-License-Identifier: MIT */
#ifndef WSPI_STREAM_TLS_H
#define WSPI_STREAM_TLS_H

/*
 * What the rest of the native backend sees of TLS: how to put it on a stream
 * as client, and the shares of options meanwhile. wsp_stream_accept_tls is the
 * server's half. The stream stays the same object; what it was before (TCP, a
 * test's memory) carries the encrypted bytes.
 */

#include "stream.h"
#include "url.h"

/* One more user. */
wsp_tls_options *wspi_tls_options_share(const wsp_tls_options *options);

/* One user fewer; the last frees. NULL is allowed. */
void wspi_tls_options_release(wsp_tls_options *options);

bool wspi_tls_options_are_server(const wsp_tls_options *options);

/*
 * The options of a client that is about to connect: a share of these, or of
 * new ones with the defaults where they are NULL. What takes time (the
 * system's authorities) starts now. NULL: `why` says it.
 */
wsp_tls_options *wspi_tls_options_prepare(const wsp_tls_options *options_or_null, wspi_text *why);

/*
 * Starts TLS as client, for the host of the URL; the handshake runs in the
 * stream's own function. The options and the URL are read, the options shared.
 * false when memory is out: the stream is unchanged.
 */
bool wspi_stream_connect_tls(wsp_stream *stream, wsp_tls_options *options, const wspi_url *url);

#endif
