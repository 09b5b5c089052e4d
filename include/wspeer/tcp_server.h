/* SPDX-License-Identifier: MIT */
/**
 * tcp_server.h: wsp_tcp_server listens and hands out connections; wsp_stream is one of them.
 *
 * The way of a connection: wsp_tcp_server_take_connection, if wished wsp_stream_accept_tls, then
 * wsp_peer_accept_stream, and poll the peer. For many clients behind one poll use wsp_server of server.h.
 * A server and a stream taken from it may live on different threads (see
 * wsp_tcp_server_set_shared_readiness).
 *
 * Web: a page cannot listen. Servers can be made, so that one source compiles and runs; listen returns
 * WSP_ERR_UNSUPPORTED and there are no streams.
 */
#ifndef WSPEER_TCP_SERVER_H
#define WSPEER_TCP_SERVER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes a server that does not listen yet.
 *
 * Returns   The server, or NULL when memory is out.
 * Ownership The caller's, to be given to wsp_tcp_server_destroy.
 * Godot     TCPServer.new
 */
WSP_API wsp_tcp_server *wsp_tcp_server_create(void);

/** Stops as wsp_tcp_server_stop does, and frees the server. Streams taken from it live on. */
WSP_API void wsp_tcp_server_destroy(wsp_tcp_server *server_or_null);

/**
 * Starts listening; the system then accepts connections by itself and keeps them waiting.
 *
 * port      0 to 65535; 0 = any free port, see wsp_tcp_server_get_local_port.
 * bind_address_or_null  An IP literal. NULL or "*" = every address, dual stack (IPv4 only where IPv6 is
 *           missing); "0.0.0.0" = IPv4 only; "::" = IPv6 only.
 * Returns   WSP_OK when listening.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, a port out of range, an address that is no IP literal.
 *           WSP_ERR_ALREADY_IN_USE     this server listens already, and goes on.
 *           WSP_ERR_ADDRESS_IN_USE     the port is taken at this address.
 *           WSP_ERR_UNAVAILABLE        not an address of this machine, no permission, no descriptor left.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           WSP_ERR_UNSUPPORTED        on the web.
 *           Except after ALREADY_IN_USE the server does not listen and may try again.
 * Web       Never works; WSP_FEATURE_SERVER.
 * Godot     TCPServer.listen
 */
WSP_API wsp_result wsp_tcp_server_listen(wsp_tcp_server *server, int port, const char *bind_address_or_null);

/**
 * Tells whether the server listens. Web: false.
 *
 * Godot     TCPServer.is_listening
 */
WSP_API bool wsp_tcp_server_is_listening(const wsp_tcp_server *server);

/**
 * Tells the port it listens on, after listen with port 0 the one chosen; 0 when it does not. Web: 0.
 *
 * Godot     TCPServer.get_local_port
 */
WSP_API uint16_t wsp_tcp_server_get_local_port(const wsp_tcp_server *server);

/**
 * Tells whether wsp_tcp_server_take_connection has something to take; never blocks.
 *
 * Returns   true when a connection waits; false when none does, when not listening, and on the web.
 * Godot     TCPServer.is_connection_available
 */
WSP_API bool wsp_tcp_server_is_connection_available(wsp_tcp_server *server);

/**
 * Takes the connection that waits longest; never blocks. Call it until it returns NULL, not once per frame.
 *
 * Returns   A connected stream, or NULL when none waits, when not listening, on the web, or when
 *           descriptors or memory are out: the connection then waits on, and the server goes on listening.
 * Ownership The caller's, until wsp_peer_accept_stream returns WSP_OK; else give it to wsp_stream_destroy.
 * Godot     TCPServer.take_connection
 */
WSP_API wsp_stream *wsp_tcp_server_take_connection(wsp_tcp_server *server);

/**
 * Stops listening and closes the connections not yet taken; streams already taken live on. May listen again.
 *
 * Godot     TCPServer.stop
 */
WSP_API void wsp_tcp_server_stop(wsp_tcp_server *server);

/**
 * Lets the server and the streams and peers taken from it share one readiness set; default false. Counts for
 * connections taken from now on.
 *
 * The poll of an idle peer then costs no system call: wsp_tcp_server_is_connection_available refreshes the
 * set, and so does the poll of a peer that was already polled since the last refresh.
 *
 * Returns   WSP_OK.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server.
 *           WSP_ERR_OUT_OF_MEMORY      memory or descriptors are out; the server stays as it was.
 *           WSP_ERR_UNSUPPORTED        on the web; nothing changes.
 * Threads   While it is on, the server and everything taken from it stay on one thread.
 * Lifetime  The set is kept alive by all who use it and may outlive the server.
 * Web       Never works.
 */
WSP_API wsp_result wsp_tcp_server_set_shared_readiness(wsp_tcp_server *server, bool enabled);

/**
 * Returns the listening socket for a foreign event loop: when it becomes readable, take connections. When it
 * is readable and none is available, descriptors are out: do not wait for it for 100 ms, it stays readable.
 *
 * Returns   The descriptor, or -1 when not listening and on the web.
 * Ownership The server's; do not accept on it or close it.
 */
WSP_API intptr_t wsp_tcp_server_get_socket(const wsp_tcp_server *server);

/**
 * Makes a stream from a socket that the program connected or accepted itself.
 *
 * connected_socket  A connected stream socket (a descriptor, on Windows a SOCKET). It is made non-blocking.
 * Returns   The stream, or NULL when it is no such socket or memory is out.
 * Ownership The stream owns the socket when it is not NULL; otherwise the socket is still the caller's. The
 *           stream is the caller's as in wsp_tcp_server_take_connection.
 * Web       NULL.
 */
WSP_API wsp_stream *wsp_stream_from_socket(intptr_t connected_socket);

/**
 * Puts TLS on a stream, as server; once, before wsp_peer_accept_stream. Never blocks: the handshake runs
 * inside the poll of the peer and within its connect_timeout, and a failure is the peer's error.
 *
 * server_options  From wsp_tls_options_server or wsp_tls_options_server_from_files; may be destroyed
 *           afterwards.
 * Returns   WSP_OK.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL stream or options, or client options.
 *           WSP_ERR_ALREADY_IN_USE     the stream has TLS already.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           WSP_ERR_UNSUPPORTED        on the web.
 *           In every case the stream is unchanged and still the caller's.
 * Web       Never works.
 * Godot     StreamPeerTLS.accept_stream
 */
WSP_API wsp_result wsp_stream_accept_tls(wsp_stream *stream, const wsp_tls_options *server_options);

/**
 * Tells the other side's numeric address; an IPv4 client of a dual-stack listener reads as plain IPv4.
 *
 * Returns   The address, or "" when it is not known.
 * Lifetime  Until a peer takes the stream over or it is destroyed.
 * Godot     StreamPeerTCP.get_connected_host
 */
WSP_API const char *wsp_stream_get_connected_host(const wsp_stream *stream);

/**
 * Tells the other side's port; 0 when it is not known.
 *
 * Godot     StreamPeerTCP.get_connected_port
 */
WSP_API uint16_t wsp_stream_get_connected_port(const wsp_stream *stream);

/** Closes the connection and frees the stream. Not for a stream that a peer owns. */
WSP_API void wsp_stream_destroy(wsp_stream *stream_or_null);

#ifdef __cplusplus
}
#endif

#endif
