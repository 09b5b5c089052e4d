/* SPDX-License-Identifier: MIT */
/**
 * multiplayer.h: wsp_multiplayer, a game session: one server, many clients, ids, targets, packets.
 *
 *     DISCONNECTED --create_server--> CONNECTED (id 1)
 *     DISCONNECTED --create_client--> CONNECTING --poll: the server's id message--> CONNECTED (id 2 or more)
 *       ^                                 |                                            |
 *       +-- poll: connection_failed ------+                                            |
 *       +-- close, poll: peer_disconnected(1) -----------------------------------------+
 *
 * Every member has an id: the server 1, clients 2 to 2^31-1, given by the server and not used twice while in
 * use. A packet goes to a target: one id, everybody (0), or everybody but one (-id). Packets are messages:
 * whole, in order, none lost as long as the connection lasts; who cannot keep up is disconnected.
 *
 * Two dialects, both ends must speak the same; nothing on the wire tells them apart beforehand:
 * GODOT4  What Godot 4's WebSocketMultiplayerPeer speaks. The server's first message is the client's id, four
 *         bytes, the lowest first; all others are bare packets. Clients reach the server only and do not know
 *         each other. Nothing of SceneMultiplayer (RPC, spawning) is in here.
 * GODOT3  What Godot 3 and Pandemonium speak (gd_mp_api). Nine bytes stand before each packet: type, source,
 *         destination. The server tells each client of the others and relays between them.
 *
 * Packets wait in one queue. On a server each client may have inbound_buffer_size bytes and
 * max_queued_packets packets waiting in it; with more its connection is not read, and it has to wait (web: as
 * in peer.h). Packets of clients that have left stay in it, too; once they are as many as one client may
 * have, newcomers wait outside until the program has taken them all, and the log says so. A client that
 * breaks the dialect (a header cut short, the source of another, a target that never was, a message only
 * servers send) is closed with 1008; nobody else notices.
 *
 * Handlers run inside wsp_multiplayer_poll and wsp_multiplayer_poll_wait only. In them any call on any object
 * is legal: a nested poll of the same multiplayer does nothing; close and destroy end its handlers.
 *
 * Not offered of Godot's class: transfer modes and channels (always reliable and in order) and put_var.
 */
#ifndef WSPEER_MULTIPLAYER_H
#define WSPEER_MULTIPLAYER_H

#include "peer.h"
#include "tls.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a multiplayer stands. Godot: MultiplayerPeer.ConnectionStatus. */
typedef enum wsp_connection_status {
    /** Neither server nor client; packets already received can be taken. Zero. */
    WSP_CONNECTION_DISCONNECTED = 0,
    /** A client without its id so far. */
    WSP_CONNECTION_CONNECTING = 1,
    /** A server that listens, or a client with its id. */
    WSP_CONNECTION_CONNECTED = 2
} wsp_connection_status;

/** What is spoken; see the top of this file. */
typedef enum wsp_multiplayer_dialect {
    /** Godot 4's WebSocketMultiplayerPeer. Zero, the default. */
    WSP_MULTIPLAYER_DIALECT_GODOT4 = 0,
    /** Godot 3's and Pandemonium's, with gd_mp_api. */
    WSP_MULTIPLAYER_DIALECT_GODOT3 = 1
} wsp_multiplayer_dialect;

/** Targets with a name, for wsp_multiplayer_set_target_peer. Godot: MultiplayerPeer.TARGET_PEER_. */
enum {
    /** Everybody but the sender. */
    WSP_TARGET_PEER_BROADCAST = 0,
    /** The server. */
    WSP_TARGET_PEER_SERVER = 1
};

/**
 * Functions that poll calls; NULL = not called. See wsp_multiplayer_set_handlers. None of them comes for what
 * the program did itself with wsp_multiplayer_close, wsp_multiplayer_destroy or a forced disconnect_peer.
 */
typedef struct wsp_multiplayer_handlers {
    /** Somebody is in the game: on a server a client, on a client the server (1) and, GODOT3, the others. */
    void (*peer_connected)(wsp_multiplayer *multiplayer, int32_t id, void *user);
    /**
     * Somebody who was in the game is gone. wsp_multiplayer_get_peer(id) still answers in here, with code,
     * reason and error. On a client, 1: the session is over, the status is DISCONNECTED and create_client may
     * be called at once; no call comes for the others.
     */
    void (*peer_disconnected)(wsp_multiplayer *multiplayer, int32_t id, void *user);
    /** create_client did not get into the game; wsp_multiplayer_get_error tells why. Status DISCONNECTED. */
    void (*connection_failed)(wsp_multiplayer *multiplayer, void *user);
} wsp_multiplayer_handlers;

/**
 * Makes a multiplayer, DISCONNECTED and with default settings.
 *
 * Returns   The multiplayer, or NULL when memory is out.
 * Ownership The caller's, to be given to wsp_multiplayer_destroy.
 * Godot     WebSocketMultiplayerPeer.new
 */
WSP_API wsp_multiplayer *wsp_multiplayer_create(void);

/** Ends as wsp_multiplayer_close does, and frees everything it returned. Legal inside its handlers. */
WSP_API void wsp_multiplayer_destroy(wsp_multiplayer *multiplayer_or_null);

/**
 * Chooses the functions that poll calls, at once; default none.
 *
 * handlers_or_null  Copied; NULL removes them.
 * user      Handed to each handler; may be NULL.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer.
 */
WSP_API wsp_result wsp_multiplayer_set_handlers(wsp_multiplayer *multiplayer,
                                                const wsp_multiplayer_handlers *handlers_or_null, void *user);

/**
 * Chooses what is spoken; default WSP_MULTIPLAYER_DIALECT_GODOT4. A client that meets a server of the other
 * dialect fails with WSP_ERR_PROTOCOL, and the message says so.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, an unknown dialect.
 *           WSP_ERR_ALREADY_IN_USE     not DISCONNECTED.
 */
WSP_API wsp_result wsp_multiplayer_set_dialect(wsp_multiplayer *multiplayer, wsp_multiplayer_dialect dialect);

/**
 * Becomes the server: listens, is CONNECTED with id 1 at once, and poll lets clients in. Drops packets not
 * yet taken.
 *
 * port, bind_address_or_null  As in wsp_tcp_server_listen.
 * tls_or_null  Server options for wss:// (they may be destroyed after the call); NULL = ws://.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, a port out of range, an address that is no IP
 *           literal, client options.
 *           WSP_ERR_ALREADY_IN_USE     not DISCONNECTED.
 *           WSP_ERR_ADDRESS_IN_USE     the port is taken at this address.
 *           WSP_ERR_UNAVAILABLE        not an address of this machine, no permission, no descriptor left.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           WSP_ERR_UNSUPPORTED        on the web.
 *           When DISCONNECTED, get_error and get_error_message tell the reason as well.
 * Web       Never works; WSP_FEATURE_SERVER.
 * Godot     WebSocketMultiplayerPeer.create_server
 */
WSP_API wsp_result wsp_multiplayer_create_server(wsp_multiplayer *multiplayer, int port,
                                                 const char *bind_address_or_null,
                                                 const wsp_tls_options *tls_or_null);

/**
 * Starts to join a server; never blocks. CONNECTING at once; poll leads to peer_connected(1), CONNECTED, or
 * to connection_failed, DISCONNECTED, within handshake_timeout. Drops packets not yet taken.
 *
 * url, tls_or_null  As in wsp_peer_connect_to_url.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, a bad URL, server options.
 *           WSP_ERR_ALREADY_IN_USE     not DISCONNECTED.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           and what else wsp_peer_connect_to_url returns. Then no handler runs, and get_error and
 *           get_error_message tell the reason as well when DISCONNECTED.
 * Web       As wsp_peer_connect_to_url.
 * Godot     WebSocketMultiplayerPeer.create_client
 */
WSP_API wsp_result wsp_multiplayer_create_client(wsp_multiplayer *multiplayer, const char *url,
                                                 const wsp_tls_options *tls_or_null);

/**
 * Carries all connections as far as they go without waiting, queues packets and calls handlers; never blocks.
 * Does nothing when DISCONNECTED and inside a poll of the same multiplayer.
 *
 * Godot     MultiplayerPeer.poll
 */
WSP_API void wsp_multiplayer_poll(wsp_multiplayer *multiplayer);

/**
 * Sleeps until there is something to do, then polls; for programs without frames.
 *
 * seconds   The longest sleep: 0 does not sleep, negative has no limit. A signal ends it early. When
 *           DISCONNECTED it sleeps so long, and not at all without a limit.
 * Returns   true when the status or the queue changed, a handler ran, or waiting data moved on.
 * Web       As wsp_peer_poll_wait.
 */
WSP_API bool wsp_multiplayer_poll_wait(wsp_multiplayer *multiplayer, double seconds);

/**
 * Ends the session at once, without a handler: DISCONNECTED. Close frames (a server's 1001, a client's 1000)
 * leave as far as that needs no waiting. Packets received before can still be taken. For an end that waits
 * for queued packets call wsp_multiplayer_disconnect_peer without force and poll.
 *
 * Godot     MultiplayerPeer.close (which sends no close frames)
 */
WSP_API void wsp_multiplayer_close(wsp_multiplayer *multiplayer);

/**
 * Tells where it stands; WSP_CONNECTION_DISCONNECTED for NULL.
 *
 * Godot     MultiplayerPeer.get_connection_status
 */
WSP_API wsp_connection_status wsp_multiplayer_get_connection_status(const wsp_multiplayer *multiplayer);

/**
 * Tells the own id: 1 on a server, 2 or more on a client, 0 while not CONNECTED.
 *
 * Godot     MultiplayerPeer.get_unique_id
 */
WSP_API int32_t wsp_multiplayer_get_unique_id(const wsp_multiplayer *multiplayer);

/** Tells whether this is a server, one that listens. Web: false. Godot: MultiplayerPeer._is_server. */
WSP_API bool wsp_multiplayer_is_server(const wsp_multiplayer *multiplayer);

/** Tells the port a server listens on, after create_server with port 0 the one chosen; 0 otherwise. */
WSP_API uint16_t wsp_multiplayer_get_local_port(const wsp_multiplayer *multiplayer);

/**
 * Tells why the last create failed or the session ended; kept until the next create. A query: it has no
 * errors of its own.
 *
 * Returns   WSP_OK while all is well, and after a session that a close frame or the program itself ended.
 * Errors    WSP_ERR_PROTOCOL           the server broke the dialect, or speaks the other one.
 *           WSP_ERR_TIMEOUT            handshake_timeout passed.
 *           WSP_ERR_FAILED             either side closed the connection before the server gave an id.
 *           and those of wsp_peer_get_error for a client's connection, of create_server for a server.
 */
WSP_API wsp_result wsp_multiplayer_get_error(const wsp_multiplayer *multiplayer);

/**
 * Tells the same as wsp_multiplayer_get_error in one sentence for a log; "" when there is nothing to tell. Of
 * a session that the server closed it names code and reason, although the error is WSP_OK.
 *
 * Lifetime  Until the next create, the next poll, or destroy.
 */
WSP_API const char *wsp_multiplayer_get_error_message(const wsp_multiplayer *multiplayer);

/**
 * Chooses where put_packet sends, until it is chosen anew; default WSP_TARGET_PEER_BROADCAST.
 *
 * id        0: everybody; 1: the server; n: that client; -n: everybody but n (on a server -1 is everybody).
 *           Looked at by put_packet, not here.
 * Godot     MultiplayerPeer.set_target_peer
 */
WSP_API void wsp_multiplayer_set_target_peer(wsp_multiplayer *multiplayer, int32_t id);

/**
 * Sends one packet to the target, whole or not at all. A GODOT4 client reaches the server only, whatever the
 * target. Packets to everybody go to those who are in the game now; when there is nobody that is WSP_OK.
 *
 * Of several targets, one that has no room for the packet is disconnected with 1013, because a reliable
 * channel may not skip a packet: what is queued for it goes out first, so peer_disconnected comes when it has
 * answered or close_timeout passed. The same holds for what a GODOT3 server relays.
 *
 * data, size  Copied; may be the packet just taken. NULL with size 0 sends an empty packet.
 * Returns   WSP_OK once the packet is taken.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, NULL data with size > 0, a target who is not there.
 *           WSP_ERR_NOT_OPEN         not CONNECTED, or the only target is leaving.
 *           WSP_ERR_MESSAGE_TOO_BIG  larger than outbound_buffer_size (GODOT3: with 9 bytes of header).
 *           WSP_ERR_BUFFER_FULL      the only target has no room now: poll, try again.
 *           WSP_ERR_OUT_OF_MEMORY    out of memory.
 *           WSP_ERR_FAILED           as in wsp_peer_send.
 *           In every case nothing was sent.
 * Godot     PacketPeer.put_packet
 */
WSP_API wsp_result wsp_multiplayer_put_packet(wsp_multiplayer *multiplayer, const void *data, size_t size);

/**
 * Tells how many packets wait for wsp_multiplayer_get_packet, in any status.
 *
 * Godot     PacketPeer.get_available_packet_count
 */
WSP_API size_t wsp_multiplayer_get_available_packet_count(const wsp_multiplayer *multiplayer);

/**
 * Tells who sent the next packet: call it before wsp_multiplayer_get_packet. 0 when none waits.
 *
 * Godot     MultiplayerPeer.get_packet_peer
 */
WSP_API int32_t wsp_multiplayer_get_packet_peer(const wsp_multiplayer *multiplayer);

/**
 * Takes the oldest packet, from whomever; works in any status until none is left.
 *
 * size_or_null  Gets the packet's size, 0 when there is none.
 * Returns   The packet followed by one zero byte that size does not count; not NULL even when it is empty.
 *           NULL when no packet waits.
 * Lifetime  Until the next get_packet, poll, poll_wait, close, create or destroy. put_packet does not end it.
 * Godot     PacketPeer.get_packet
 */
WSP_API const uint8_t *wsp_multiplayer_get_packet(wsp_multiplayer *multiplayer, size_t *size_or_null);

/**
 * Returns the connection to a member, for its address, stats, code and reason: on a server a client's, on a
 * client the server's (1), also while CONNECTING. The multiplayer polls it and takes its packets; its own
 * queue is always empty. See the top of peer.h for what it refuses.
 *
 * Returns   The peer, or NULL when there is no connection to this id.
 * Lifetime  Until peer_disconnected(id) or connection_failed has returned, a forced disconnect_peer, or
 *           close.
 * Ownership The multiplayer's.
 * Godot     WebSocketMultiplayerPeer.get_peer
 */
WSP_API wsp_peer *wsp_multiplayer_get_peer(wsp_multiplayer *multiplayer, int32_t id);

/**
 * Lists who is in the game, without oneself, in rising order: a server's clients; on a client 1 and, GODOT3,
 * the others.
 *
 * out_ids, capacity  Gets up to that many ids; may be NULL when capacity is 0.
 * Returns   How many there are, which may be more than capacity.
 */
WSP_API size_t wsp_multiplayer_get_peer_ids(const wsp_multiplayer *multiplayer, int32_t *out_ids,
                                            size_t capacity);

/**
 * Tells a member's numeric address as wsp_peer_get_connected_host does; "" when there is no connection to it.
 *
 * Godot     WebSocketMultiplayerPeer.get_peer_address
 */
WSP_API const char *wsp_multiplayer_get_peer_address(const wsp_multiplayer *multiplayer, int32_t id);

/**
 * Tells a member's port as wsp_peer_get_connected_port does; 0 when there is no connection to it.
 *
 * Godot     WebSocketMultiplayerPeer.get_peer_port
 */
WSP_API uint16_t wsp_multiplayer_get_peer_port(const wsp_multiplayer *multiplayer, int32_t id);

/**
 * Ends the connection to a client, or on a client (id 1) to the server.
 *
 * force     false: queued packets go out, then close code 1000; packets that still arrive are delivered;
 *           peer_disconnected(id) comes when the other side has answered or close_timeout passed. true: the
 *           connection is dropped at once and no handler is called for it (GODOT3: the others are told); on a
 *           client that is the end of the session.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, no connection to this id.
 * Godot     MultiplayerPeer.disconnect_peer
 */
WSP_API wsp_result wsp_multiplayer_disconnect_peer(wsp_multiplayer *multiplayer, int32_t id, bool force);

/**
 * Lets no new clients in, at once; default false. They wait, unanswered, until it is false again; one that is
 * in the middle of its handshake is refused with 503. No effect on a client.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 * Godot     MultiplayerPeer.refuse_new_connections
 */
WSP_API wsp_result wsp_multiplayer_set_refuse_new_connections(wsp_multiplayer *multiplayer, bool refuse);

/** Tells whether new clients are kept out; default false. */
WSP_API bool wsp_multiplayer_get_refuse_new_connections(const wsp_multiplayer *multiplayer);

/**
 * Limits joining: on a client from create_client to the id, on a server from the connection to the end of the
 * handshake; default 3 s. For connections from now on.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer; 0, negative, NaN, infinite. The old value stays.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 * Godot     WebSocketMultiplayerPeer.handshake_timeout
 */
WSP_API wsp_result wsp_multiplayer_set_handshake_timeout(wsp_multiplayer *multiplayer, double seconds);

/** Tells the limit of joining in seconds; default 3. */
WSP_API double wsp_multiplayer_get_handshake_timeout(const wsp_multiplayer *multiplayer);

/**
 * Chooses the subprotocols a client offers or a server allows; default none. From the next create on.
 *
 * protocols, count  As in wsp_peer_set_supported_protocols.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, or another list.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory. In both cases the old list stays.
 * Godot     WebSocketMultiplayerPeer.supported_protocols
 */
WSP_API wsp_result wsp_multiplayer_set_supported_protocols(wsp_multiplayer *multiplayer,
                                                           const char *const *protocols, size_t count);

/**
 * Adds header fields to a client's request or a server's answers; default none. For
 * connections from now on.
 *
 * headers, count  As in wsp_peer_set_handshake_headers.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer, or another list.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           WSP_ERR_UNSUPPORTED        on the web. In every case the old list stays.
 * Web       Never works; WSP_FEATURE_HANDSHAKE_HEADERS.
 * Godot     WebSocketMultiplayerPeer.handshake_headers
 */
WSP_API wsp_result wsp_multiplayer_set_handshake_headers(wsp_multiplayer *multiplayer,
                                                         const char *const *headers, size_t count);

/**
 * Limits the bytes of a connection's packets that wait for get_packet, and the size of one; default 1 MiB.
 * For connections from now on. A larger one ends its connection, see wsp_peer_set_inbound_buffer_size.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer or size 0; the old limit stays.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 * Godot     WebSocketMultiplayerPeer.inbound_buffer_size (65,535 there)
 */
WSP_API wsp_result wsp_multiplayer_set_inbound_buffer_size(wsp_multiplayer *multiplayer, size_t size);

/** Tells the inbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_multiplayer_get_inbound_buffer_size(const wsp_multiplayer *multiplayer);

/**
 * Limits the bytes that wait to be written to a connection, and the size of one packet; default 1 MiB. At
 * once.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer or size 0; the old limit stays.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 * Godot     WebSocketMultiplayerPeer.outbound_buffer_size (65,535 there)
 */
WSP_API wsp_result wsp_multiplayer_set_outbound_buffer_size(wsp_multiplayer *multiplayer, size_t size);

/** Tells the outbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_multiplayer_get_outbound_buffer_size(const wsp_multiplayer *multiplayer);

/**
 * Limits the packets of a connection that wait, in each direction; default 4,096. Outbound at once, inbound
 * for connections from now on. A GODOT3 server sends a newcomer one message for each client, so it cannot
 * have more clients than this.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer or count 0; the old limit stays.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 * Web       Inbound only: a browser does not count the others.
 * Godot     WebSocketMultiplayerPeer.max_queued_packets
 */
WSP_API wsp_result wsp_multiplayer_set_max_queued_packets(wsp_multiplayer *multiplayer, size_t count);

/** Tells the limit in packets; default 4,096. */
WSP_API size_t wsp_multiplayer_get_max_queued_packets(const wsp_multiplayer *multiplayer);

/**
 * Pings every so many seconds, see wsp_peer_set_heartbeat_interval; default 0 = off. At once. Godot's class
 * lacks it.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL multiplayer; negative, NaN, infinite. The old value stays.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           WSP_ERR_UNSUPPORTED        on the web, no effect.
 * Web       Never works; WSP_FEATURE_HEARTBEAT. Let the server ping.
 */
WSP_API wsp_result wsp_multiplayer_set_heartbeat_interval(wsp_multiplayer *multiplayer, double seconds);

/** Tells the heartbeat's interval in seconds; 0 = off, the default. Web: 0. */
WSP_API double wsp_multiplayer_get_heartbeat_interval(const wsp_multiplayer *multiplayer);

#ifdef __cplusplus
}
#endif

#endif
