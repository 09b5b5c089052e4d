/* SPDX-License-Identifier: MIT */
/**
 * tls.h: wsp_tls_options, whom a client trusts or who a server is.
 *
 * Options do not change once made. Any number of peers and streams on any threads may use the same ones, and
 * they may be destroyed at any time: what still uses them keeps its own share. TLS 1.2 is the minimum, there
 * is no renegotiation, and HTTP/1.1 is the one protocol offered (ALPN).
 *
 * A client's options also keep the TLS sessions of its last connections (at most 16, by host and port), so a
 * game that reconnects with the same options saves part of the handshake.
 *
 * Texts and files are PEM. Bad material (unreadable, not PEM, an encrypted key, a key that does not fit its
 * certificate) is found when the options are made: the constructor returns NULL and wsp_tls_last_error says
 * why.
 *
 * Web: the browser does TLS by itself and always verifies. Constructors return an object that only knows
 * whether it is for clients or servers, and look at nothing else. So NULL never means "not on this backend",
 * and one source runs on both.
 */
#ifndef WSPEER_TLS_H
#define WSPEER_TLS_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes options for a client that verifies the server's certificate chain and its name.
 *
 * trusted_chain_pem_or_null  The certificates to trust, and no others: authorities, or the server's own.
 *           NULL = the system's (OpenSSL's paths, SSL_CERT_FILE, SSL_CERT_DIR), read once for the process,
 *           on a thread of its own; where there are none, connections fail rather than go unverified.
 * common_name_override_or_null  The name to verify and to ask for (SNI) in place of the URL's host. NULL or
 *           "" = the URL's host; an IP literal is matched against the certificate's IP addresses. A name must
 *           stand in the certificate's alternative names; `*` stands for one whole leftmost label.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       Accepted by wsp_peer_connect_to_url and without effect; logged once.
 * Godot     TLSOptions.client
 */
WSP_API wsp_tls_options *wsp_tls_options_client(const char *trusted_chain_pem_or_null,
                                                const char *common_name_override_or_null);

/**
 * Makes the same as wsp_tls_options_client, with the authorities read from a file during the call.
 *
 * trusted_chain_path_or_null  Path of a PEM file; NULL = the system's authorities.
 * common_name_override_or_null  As in wsp_tls_options_client.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       The file is not read.
 */
WSP_API wsp_tls_options *wsp_tls_options_client_from_files(const char *trusted_chain_path_or_null,
                                                           const char *common_name_override_or_null);

/**
 * Makes options for a client that does not check the server's name: for tests and private networks only.
 *
 * The traffic is encrypted, but whoever sits in between can read and change it when nothing is verified. The
 * first connection made with them is logged as a warning.
 *
 * trusted_chain_pem_or_null  The certificate must still lead to these authorities; NULL = nothing is
 *           verified.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       Without effect: the browser verifies all the same.
 * Godot     TLSOptions.client_unsafe
 */
WSP_API wsp_tls_options *wsp_tls_options_client_unsafe(const char *trusted_chain_pem_or_null);

/**
 * Makes the same as wsp_tls_options_client_unsafe, with the authorities read from a file during the call.
 *
 * trusted_chain_path_or_null  Path of a PEM file; NULL = nothing is verified.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       The file is not read.
 */
WSP_API wsp_tls_options *wsp_tls_options_client_unsafe_from_files(const char *trusted_chain_path_or_null);

/**
 * Makes options for a server: wsp_server_set_tls_options, wsp_multiplayer_create_server,
 * wsp_stream_accept_tls. Clients are not asked for certificates.
 *
 * private_key_pem  The key, not encrypted; copied. Not NULL.
 * certificate_pem  The server's certificate, then the intermediate ones in order; copied. Not NULL.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       Of no use there.
 * Godot     TLSOptions.server
 */
WSP_API wsp_tls_options *wsp_tls_options_server(const char *private_key_pem, const char *certificate_pem);

/**
 * Makes the same as wsp_tls_options_server, with both read from files during the call.
 *
 * private_key_path, certificate_path  Paths of PEM files. Not NULL.
 * Returns   The options, or NULL with the reason in wsp_tls_last_error.
 * Ownership The caller's, to be given to wsp_tls_options_destroy.
 * Web       The files are not read.
 */
WSP_API wsp_tls_options *wsp_tls_options_server_from_files(const char *private_key_path,
                                                           const char *certificate_path);

/** Gives the caller's options back; peers and streams that use them are not affected. */
WSP_API void wsp_tls_options_destroy(wsp_tls_options *options_or_null);

/**
 * Tells why the last wsp_tls_options_ constructor called on this thread returned NULL.
 *
 * Returns   One sentence; "" after a success and before the first call.
 * Lifetime  Until the next wsp_tls_options_ constructor on this thread.
 * Threads   Each thread has its own; the one text of the library that does not belong to an object.
 */
WSP_API const char *wsp_tls_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
