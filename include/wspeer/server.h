/* SPDX-License-Identifier: MIT */
/**
 * server.h: wsp_server, many connections behind one poll: handlers, broadcast, HTTP requests, limits.
 *
 *     wsp_server_create -> set_handlers, settings -> listen -> poll_wait or poll, again and again -> destroy
 *
 * Each client gets an id and a wsp_peer. Handlers run inside wsp_server_poll only, in this order for one
 * client: handshake_request, client_connected, data_received once per message, client_close_request when the
 * client closes first, client_disconnected. Every client_connected is followed by exactly one
 * client_disconnected, except after wsp_server_stop or wsp_server_destroy. Any call on any object is legal
 * inside a handler, stop and destroy included; a nested poll of the same server does nothing.
 *
 * The server polls its peers: wsp_peer_poll and wsp_peer_poll_wait on them do nothing; connect_to_url,
 * accept_stream and set_handlers return WSP_ERR_ALREADY_IN_USE; wsp_peer_destroy acts as close(-1), and the
 * id is reported disconnected. All other calls work: send, close, statistics, settings of one peer. A peer's
 * pointer is valid until client_disconnected(id) has returned, or until stop; in that handler the state is
 * CLOSED and code, reason, error, address and unread packets can be read.
 *
 * Messages  Without data_received they go to each peer's queue: wsp_peer_get_packet. With data_received there
 * is no queue: data points into the receive buffer and is followed by one zero byte that size does not count.
 * wsp_peer_get_packet on that peer, called inside the handler, returns this same message once.
 *
 * Settings of connections (subprotocols, headers, compression, inbound limits) count for those accepted
 * later; outbound size, heartbeat and timeouts at once, also for clients that are there. Lists have no
 * getter.
 *
 * Threads   A server and its peers belong to one thread at a time; other servers may live on others.
 * Web       A page cannot listen. Servers can be made, so that one source compiles and runs; listen and the
 *           settings return WSP_ERR_UNSUPPORTED. WSP_FEATURE_SERVER.
 */
#ifndef WSPEER_SERVER_H
#define WSPEER_SERVER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Functions that wsp_server_poll calls; NULL = not called. See wsp_server_set_handlers. */
typedef struct wsp_server_handlers {
    /** A client is there. protocol: chosen subprotocol or ""; resource: target as sent, path and query. */
    void (*client_connected)(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                             void *user);
    /** The client closes first. code and reason as wsp_peer_get_close_code and _reason. */
    void (*client_close_request)(wsp_server *server, int32_t id, int code, const char *reason, void *user);
    /** It is gone; its peer can be read for the last time. was_clean: wsp_peer_get_close_code() != -1. */
    void (*client_disconnected)(wsp_server *server, int32_t id, bool was_clean, void *user);
    /** One message. data: never NULL, a zero byte behind it, valid until the handler returns. */
    void (*data_received)(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                          void *user);
    /** A valid WebSocket handshake waits for wsp_request_accept or _respond; neither accepts it. */
    void (*handshake_request)(wsp_server *server, wsp_request *request, void *user);
    /** A plain GET or HEAD waits for wsp_request_respond; none is 404. NULL: answered with 426. */
    void (*http_request)(wsp_server *server, wsp_request *request, void *user);
    /** A broadcast found no room for this client. NULL: one warning in the log. */
    void (*broadcast_missed)(wsp_server *server, int32_t id, void *user);
} wsp_server_handlers;

/**
 * Makes a server that does not listen yet, with default settings.
 *
 * Returns   The server, or NULL when memory is out.
 * Ownership The caller's, to be given to wsp_server_destroy.
 * Godot     WebSocketServer.new
 */
WSP_API wsp_server *wsp_server_create(void);

/** Stops as wsp_server_stop does and frees the server with its peers; legal inside its handlers. */
WSP_API void wsp_server_destroy(wsp_server *server_or_null);

/**
 * Chooses the functions that poll calls, at once; default none.
 *
 * handlers_or_null  Copied; NULL removes them.
 * user      Handed to each handler; may be NULL. Not the same pointer as wsp_server_set_user_data's.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server.
 * Web       Works, and none is ever called.
 */
WSP_API wsp_result wsp_server_set_handlers(wsp_server *server, const wsp_server_handlers *handlers_or_null,
                                           void *user);

/**
 * Starts listening at the address of wsp_server_set_bind_ip.
 *
 * port      0 to 65535; 0 = any free port, see wsp_server_get_local_port.
 * protocols, count  Subprotocols to support: HTTP tokens, none twice, at most 64; copied. The first of the
 *           client's list that is here is chosen. None in common, or a client that offers none when there is
 *           a list, is refused with 400. Without a list none is chosen, and a client that offered some, as
 *           browsers do, then fails the connection itself.
 * Returns   WSP_OK when listening.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, a port out of range, another list.
 *           WSP_ERR_ALREADY_IN_USE     it listens already, and goes on.
 *           WSP_ERR_ADDRESS_IN_USE     the port is taken at this address.
 *           WSP_ERR_UNAVAILABLE        not an address of this machine, no permission, no descriptor left.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory, or the last descriptor went to the listener itself.
 *           WSP_ERR_FAILED             the system computes no SHA-1, which every handshake needs.
 *           WSP_ERR_UNSUPPORTED        on the web; natively: set_reuse_port where the system cannot share.
 *           Except after ALREADY_IN_USE the server does not listen and may try again; get_error_message says
 *           more.
 * Web       Never works.
 * Godot     WebSocketServer.listen
 */
WSP_API wsp_result wsp_server_listen(wsp_server *server, int port, const char *const *protocols,
                                     size_t count);

/** Tells whether the server listens. Web: false. Godot: WebSocketServer.is_listening. */
WSP_API bool wsp_server_is_listening(const wsp_server *server);

/** Tells the port it listens on, after listen with port 0 the one chosen; 0 when it does not. Web: 0. */
WSP_API uint16_t wsp_server_get_local_port(const wsp_server *server);

/**
 * Stops listening, sends each client close code 1001 with as much of its queue as goes without waiting, and
 * drops all of them; no handler is called, no pointer to a peer stays valid. May listen again.
 *
 * For a graceful end: wsp_server_set_refuse_new_connections, wsp_server_disconnect_peer for each id, poll
 * until wsp_server_get_peer_count is 0, stop.
 *
 * Godot     WebSocketServer.stop (sends 1000)
 */
WSP_API void wsp_server_stop(wsp_server *server);

/**
 * Does what can be done without waiting: accepts, reads, calls handlers, judges deadlines, writes. Never
 * blocks. What handlers send leaves before it returns, in one write per client where possible.
 *
 * Godot     WebSocketServer.poll
 */
WSP_API void wsp_server_poll(wsp_server *server);

/**
 * Polls, sleeping until there is something to do. What a dedicated server calls in its loop.
 *
 * seconds   Longest sleep; 0 does not sleep, negative = no limit. While it does not listen it sleeps so long,
 *           and not at all without a limit.
 * Returns   true when a client came, went, or sent something, or a handler ran; false when the time is over
 *           or a signal arrived.
 * Web       false at once.
 */
WSP_API bool wsp_server_poll_wait(wsp_server *server, double seconds);

/**
 * Tells why the last listen failed; WSP_OK after one that worked. A query: it has no errors of its own.
 *
 * Errors    What wsp_server_listen returned, but for WSP_ERR_ALREADY_IN_USE.
 */
WSP_API wsp_result wsp_server_get_error(const wsp_server *server);

/** Tells the same in one sentence with the system's reason; "" while that is WSP_OK. Until the next listen.
 */
WSP_API const char *wsp_server_get_error_message(const wsp_server *server);

/**
 * Returns the peer of a client.
 *
 * Returns   The peer, or NULL when no client has this id.
 * Ownership The server's; see the top of this file for how long it lives.
 * Godot     WebSocketServer.get_peer
 */
WSP_API wsp_peer *wsp_server_get_peer(wsp_server *server, int32_t id);

/** Tells whether a client has this id, from client_connected to the end of client_disconnected. */
WSP_API bool wsp_server_has_peer(const wsp_server *server, int32_t id);

/** Tells how many clients are connected; those in their handshake do not count. */
WSP_API size_t wsp_server_get_peer_count(const wsp_server *server);

/**
 * Lists the ids of all clients, in no order. An id is positive and is not given out again while there are
 * others left.
 *
 * out_ids, capacity  Room for the ids; NULL with capacity 0 only counts.
 * Returns   How many clients there are; of those at most capacity ids were written.
 */
WSP_API size_t wsp_server_get_peer_ids(const wsp_server *server, int32_t *out_ids, size_t capacity);

/**
 * Tells the numeric address of a client: behind a proxy the proxy's. "" for an unknown id.
 *
 * Lifetime  As the peer.
 * Godot     WebSocketServer.get_peer_address
 */
WSP_API const char *wsp_server_get_peer_address(const wsp_server *server, int32_t id);

/** Tells the port of a client; 0 for an unknown id. */
WSP_API uint16_t wsp_server_get_peer_port(const wsp_server *server, int32_t id);

/**
 * Closes a client's connection as wsp_peer_close does; client_disconnected follows in a later poll.
 *
 * code, reason_or_null  As in wsp_peer_close; a negative code drops at once.
 * Errors    WSP_ERR_INVALID_PARAMETER  unknown id, or a code or reason that wsp_peer_close refuses.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Godot     WebSocketServer.disconnect_peer
 */
WSP_API wsp_result wsp_server_disconnect_peer(wsp_server *server, int32_t id, int code,
                                              const char *reason_or_null);

/**
 * Sends one message to all clients, built once and shared.
 *
 * data, size, mode  As in wsp_peer_send.
 * except_id  This client does not get it; 0 = nobody is left out.
 * Returns   How many took it. Peers that are not OPEN are skipped. One without room does not get it: its
 *           stats.messages_refused counts and broadcast_missed is called; what becomes of it is the program's
 *           choice. 0 when the message is none that wsp_peer_send takes, and on the web.
 */
WSP_API size_t wsp_server_broadcast(wsp_server *server, const void *data, size_t size, wsp_write_mode mode,
                                    int32_t except_id);

/**
 * Leaves the message of this data_received call with its connection: nothing more is read from that client,
 * and a later poll calls data_received with the same message again. How an echo or relay whose receiver has
 * no room pushes back. Polls come at least every 50 ms of wsp_server_poll_wait while a message is kept.
 *
 * Errors    WSP_ERR_UNAVAILABLE        not inside data_received.
 *           WSP_ERR_OUT_OF_MEMORY      the message is not kept; it is still valid until the handler returns.
 *           WSP_ERR_INVALID_PARAMETER  NULL server.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_keep_packet(wsp_server *server);

/**
 * Returns a descriptor for a foreign event loop: wait until it is readable, at most
 * wsp_server_get_poll_delay seconds, then poll.
 *
 * Returns   The descriptor, or -1 when not listening and without clients, on the web, and where the system
 *           has no descriptor for a set of sockets (then poll often, or use wsp_server_poll_wait).
 * Ownership The server's; do not read, write or close it.
 */
WSP_API intptr_t wsp_server_get_socket(const wsp_server *server);

/**
 * Tells how long poll may be put off if that descriptor stays silent.
 *
 * Returns   Seconds; 0 when work is pending inside; negative when there is no deadline.
 */
WSP_API double wsp_server_get_poll_delay(const wsp_server *server);

/**
 * Chooses the address that listen binds; default every address.
 *
 * address_or_null  An IP literal. NULL or "*" = every address, dual stack (IPv4 only where IPv6 is missing);
 *           "0.0.0.0" = IPv4 only; "::" = IPv6 only. Copied.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, or no IP literal.
 *           WSP_ERR_ALREADY_IN_USE     while listening.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory. In every case the old address stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Godot     WebSocketServer.bind_ip
 */
WSP_API wsp_result wsp_server_set_bind_ip(wsp_server *server, const char *address_or_null);

/** Tells the address as set; "*" by default. Godot: WebSocketServer.bind_ip. */
WSP_API const char *wsp_server_get_bind_ip(const wsp_server *server);

/**
 * Puts TLS on every connection, with this key and certificate; default none.
 *
 * options_or_null  From wsp_tls_options_server or wsp_tls_options_server_from_files; may be destroyed
 *           afterwards. NULL = no TLS.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, or client options.
 *           WSP_ERR_ALREADY_IN_USE     while listening.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_tls_options(wsp_server *server, const wsp_tls_options *options_or_null);

/**
 * Lets several servers, as a rule one per process and core, listen on the same port and share the
 * connections; default false.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server.
 *           WSP_ERR_ALREADY_IN_USE     while listening.
 *           WSP_ERR_UNSUPPORTED        on the web. Elsewhere, where the system cannot, listen says it.
 */
WSP_API wsp_result wsp_server_set_reuse_port(wsp_server *server, bool enabled);

/**
 * Limits TLS and request of each connection, counted from its arrival; default 3 s. Past it the connection is
 * dropped.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server; 0, negative, NaN, infinite. The old value stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Godot     WebSocketServer.handshake_timeout
 */
WSP_API wsp_result wsp_server_set_handshake_timeout(wsp_server *server, double seconds);

/** Tells the limit of a handshake in seconds; default 3. */
WSP_API double wsp_server_get_handshake_timeout(const wsp_server *server);

/**
 * Limits CLOSING of each client as wsp_peer_set_close_timeout does; default 5 s.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server; 0, negative, NaN, infinite. The old value stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_close_timeout(wsp_server *server, double seconds);

/** Tells the limit of CLOSING in seconds; default 5. */
WSP_API double wsp_server_get_close_timeout(const wsp_server *server);

/**
 * Pings each client every so many seconds as wsp_peer_set_heartbeat_interval does; default 0 = off. The only
 * way to notice a pulled cable, and a limit for clients that went silent.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server; negative, NaN, infinite. The old value stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * RFC 6455  5.5.2
 */
WSP_API wsp_result wsp_server_set_heartbeat_interval(wsp_server *server, double seconds);

/** Tells the heartbeat's interval in seconds; 0 = off, the default. */
WSP_API double wsp_server_get_heartbeat_interval(const wsp_server *server);

/**
 * Adds header fields to every 101 answer; default none.
 *
 * headers, count  "Name: value" lines as in wsp_peer_set_handshake_headers; copied.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, or lines that wsp_peer_set_handshake_headers refuses.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory. In both cases the old list stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Godot     WebSocketServer.set_extra_headers
 */
WSP_API wsp_result wsp_server_set_extra_headers(wsp_server *server, const char *const *headers, size_t count);

/**
 * Lets in browsers only from pages of these origins; default all. Keeps a foreign page from using a player's
 * cookies (RFC 6455 10.2).
 *
 * origins, count  "scheme://host" or "scheme://host:port", as a browser writes it: no path, no default port.
 *           Compared whole and case-insensitively; at most 64; copied. An empty list lets all in.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, or an origin of another form.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory. In both cases the old list stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Refused   Other origins, "null" among them, get 403 before handshake_request. A request without an Origin
 *           field comes from no browser and passes.
 */
WSP_API wsp_result wsp_server_set_allowed_origins(wsp_server *server, const char *const *origins,
                                                  size_t count);

/**
 * Limits connections, those in their handshake included; default no limit (SIZE_MAX). Further ones wait in
 * the system's queue.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server or count 0; the old limit stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_max_connections(wsp_server *server, size_t count);

/** Tells the limit of connections; SIZE_MAX = none, the default. */
WSP_API size_t wsp_server_get_max_connections(const wsp_server *server);

/**
 * Leaves new connections in the system's queue (true) or takes them (false, the default).
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server.
 *           WSP_ERR_UNSUPPORTED        on the web.
 * Godot     MultiplayerPeer.refuse_new_connections
 */
WSP_API wsp_result wsp_server_set_refuse_new_connections(wsp_server *server, bool refuse);

/** Tells whether new connections are left waiting; default false. */
WSP_API bool wsp_server_get_refuse_new_connections(const wsp_server *server);

/**
 * Agrees to permessage-deflate as wsp_peer_set_compression does; default off.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server, or a setting out of range.
 *           WSP_ERR_UNSUPPORTED        on the web, and in a build without zlib; no effect.
 * Not yet   Anything but NULL: WSP_ERR_UNSUPPORTED.
 */
WSP_API wsp_result wsp_server_set_compression(wsp_server *server, const wsp_compression *compression_or_null);

/**
 * Limits one message, and the received bytes that wait for wsp_peer_get_packet; default 1 MiB for each
 * client. A larger message ends its connection with close code 1009.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server or size 0; the old limit stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_inbound_buffer_size(wsp_server *server, size_t size);

/** Tells the inbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_server_get_inbound_buffer_size(const wsp_server *server);

/**
 * Limits the bytes that wait to be written to each client, and so the size of one message; default 1 MiB.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server or size 0; the old limit stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_outbound_buffer_size(wsp_server *server, size_t size);

/** Tells the outbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_server_get_outbound_buffer_size(const wsp_server *server);

/**
 * Limits the messages that wait, in each direction and for each client; default 4,096. Outbound at once.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL server or count 0; the old limit stays.
 *           WSP_ERR_UNSUPPORTED        on the web.
 */
WSP_API wsp_result wsp_server_set_max_queued_packets(wsp_server *server, size_t count);

/** Tells the limit in messages; default 4,096. */
WSP_API size_t wsp_server_get_max_queued_packets(const wsp_server *server);

/** Keeps a pointer of the program with the server; the library never follows or frees it. Default NULL. */
WSP_API void wsp_server_set_user_data(wsp_server *server, void *user_data);

/** Returns the pointer kept by wsp_server_set_user_data, or NULL. */
WSP_API void *wsp_server_get_user_data(const wsp_server *server);

#ifdef __cplusplus
}
#endif

#endif
