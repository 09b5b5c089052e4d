/* SPDX-License-Identifier: MIT */
/**
 * peer.h: wsp_peer, one WebSocket connection: open it, poll it, take packets, send, close, settings.
 *
 *     CLOSED --connect_to_url, accept_stream--> CONNECTING --poll--> OPEN --close, poll--> CLOSING
 *       ^                                           |                 |                       |
 *       +-- failed, refused, timeout, close --------+                 |                       |
 *       +-- connection lost or failed, close(-1) ---------------------+                       |
 *       +-- both close frames, close_timeout, connection lost, close(-1) ---------------------+
 *
 * A call of the program changes the state at once; what the network, the other side or a clock does changes
 * it only inside poll. So call poll often, as a rule once per frame: nothing arrives and no deadline passes
 * without. When the other side closes first, poll leads from OPEN to CLOSING to CLOSED (web: straight to
 * CLOSED). A peer may be used again after CLOSED.
 *
 * Deadlines run on a monotonic clock and are judged only by a poll that has read everything there was,
 * never in the first poll after a gap longer than the deadline: a game that paused loses no healthy
 * connection.
 *
 * Settings: subprotocols, headers, compression and the inbound limits (inbound_buffer_size and, inbound,
 * max_queued_packets) count from the next connect_to_url or accept_stream, all others at once. Lists have
 * no getter. Fixed: URLs up to 8,192 bytes; a message in at least 65,536 fragments; an HTTP head up to 16
 * KiB, 8 KiB for its first line, 100 fields (web: the browser's own limits for the head).
 *
 * A peer that a wsp_server or wsp_multiplayer handed out is polled by it: wsp_peer_poll and
 * wsp_peer_poll_wait do nothing; connect_to_url, accept_stream and set_handlers return
 * WSP_ERR_ALREADY_IN_USE; destroy acts as close(-1). Its pointer is valid until client_disconnected or
 * peer_disconnected has returned; in there the state is CLOSED and code, reason, error, address and unread
 * packets can be read.
 */
#ifndef WSPEER_PEER_H
#define WSPEER_PEER_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a connection stands. Godot: WebSocketPeer.State. RFC 6455 4, 7. */
typedef enum wsp_state {
    /** Resolving, connecting, TLS and handshake; ends in exactly one of OPEN and CLOSED. Zero. */
    WSP_STATE_CONNECTING = 0,
    /** Messages flow both ways; the only state in which send works. */
    WSP_STATE_OPEN = 1,
    /** A close frame was sent or received. Packets already received can be taken. */
    WSP_STATE_CLOSING = 2,
    /** No connection: a new peer, or one that ended. Packets already received can be taken. */
    WSP_STATE_CLOSED = 3
} wsp_state;

/** Close codes with a name, for wsp_peer_close and wsp_peer_get_close_code. RFC 6455 7.4.1. */
enum {
    /** Done. */
    WSP_CLOSE_NORMAL = 1000,
    /** The server stops or the page was left. */
    WSP_CLOSE_GOING_AWAY = 1001,
    /** The other side broke RFC 6455. */
    WSP_CLOSE_PROTOCOL_ERROR = 1002,
    /** A kind of message that this program does not take. */
    WSP_CLOSE_UNSUPPORTED_DATA = 1003,
    /** The close frame carried no code; only read, never sent. */
    WSP_CLOSE_NO_STATUS = 1005,
    /** Text that is not UTF-8. */
    WSP_CLOSE_INVALID_DATA = 1007,
    /** The other side broke a rule of this program. */
    WSP_CLOSE_POLICY_VIOLATION = 1008,
    /** A message over the receiver's limit. */
    WSP_CLOSE_MESSAGE_TOO_BIG = 1009,
    /** The sender met an unexpected condition. */
    WSP_CLOSE_INTERNAL_ERROR = 1011,
    /** Sent by the web backend when its inbound queue overflows. */
    WSP_CLOSE_INBOUND_OVERFLOW = 4009
};

/**
 * Functions that poll calls; NULL = not called. See wsp_peer_set_handlers.
 *
 * Each connection ends in exactly one final report: connection_error when it never reached OPEN, else
 * connection_closed. None comes for an error that connect_to_url or accept_stream returned, for a negative
 * close code, or for close() in CONNECTING. Any call on any object is legal inside a handler: a nested poll
 * of the same peer does nothing, and after wsp_peer_destroy no more handlers of that peer run.
 */
typedef struct wsp_peer_handlers {
    /** OPEN is reached. protocol: the chosen subprotocol, "" for none. Godot: WebSocketClient's signal. */
    void (*connection_established)(wsp_peer *peer, const char *protocol, void *user);
    /** The connection never opened; wsp_peer_get_error tells why. Final. Godot: WebSocketClient's signal. */
    void (*connection_error)(wsp_peer *peer, void *user);
    /** The other side, client or server, closes first. code and reason as get_close_code and _reason. */
    void (*server_close_request)(wsp_peer *peer, int code, const char *reason, void *user);
    /** One message was queued; take it with wsp_peer_get_packet now or later. Once per message. */
    void (*data_received)(wsp_peer *peer, void *user);
    /** An open connection has ended. was_clean: get_close_code() != -1. Final. */
    void (*connection_closed)(wsp_peer *peer, bool was_clean, void *user);
    /** Accepted peers: a valid request waits; answer it with request.h; doing nothing accepts. Web: never. */
    void (*handshake_request)(wsp_peer *peer, wsp_request *request, void *user);
} wsp_peer_handlers;

/** What wsp_peer_get_stats fills in; counts are those of the connection running or ended last. */
typedef struct wsp_peer_stats {
    /** Whole messages received. */
    uint64_t messages_received;
    /** Whole messages that send, send_text and put_packet took. */
    uint64_t messages_sent;
    /** Payload bytes of the messages received. */
    uint64_t bytes_received;
    /** Payload bytes of the messages sent. */
    uint64_t bytes_sent;
    /** Messages refused with WSP_ERR_BUFFER_FULL, and broadcasts missed for lack of room. */
    uint64_t messages_refused;
    /** Payload bytes that wait for wsp_peer_get_packet. */
    size_t queued_inbound_bytes;
    /** Messages that wait for wsp_peer_get_packet. */
    size_t queued_inbound_packets;
    /** As wsp_peer_get_current_outbound_buffered_amount. */
    size_t queued_outbound_bytes;
    /** Seconds from the last answered ping (or heartbeat) to its pong; 0 before one, and on the web. */
    double round_trip;
} wsp_peer_stats;

/**
 * Makes a peer, CLOSED and with default settings.
 *
 * Returns   The peer, or NULL when memory is out.
 * Ownership The caller's, to be given to wsp_peer_destroy.
 * Godot     WebSocketPeer.new
 */
WSP_API wsp_peer *wsp_peer_create(void);

/**
 * Drops the connection, without a close frame, and frees the peer with everything it returned.
 *
 * Legal also inside its handlers, which then end. For a polite end close and poll until CLOSED first.
 */
WSP_API void wsp_peer_destroy(wsp_peer *peer_or_null);

/**
 * Starts a client connection; never blocks. The state is CONNECTING at once and poll does the rest.
 *
 * url       ws://host[:port][/path][?query] or wss://. Default ports 80 and 443. host: a name (punycode),
 *           IPv4, or IPv6 in brackets. Refused: other or no scheme, fragment, user info, control bytes.
 * tls_or_null  Client options for wss:// (they may be destroyed after the call); NULL = verify against the
 *           trust of the system.
 * Returns   WSP_OK when started: error, close code and reason, subprotocol and HTTP status are reset, an old
 *           connection in CLOSING and unread packets are dropped without a handler.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, a bad URL, or server options.
 *           WSP_ERR_ALREADY_IN_USE     CONNECTING or OPEN.
 *           WSP_ERR_OUT_OF_MEMORY      nothing started.
 *           WSP_ERR_FAILED             the system gives no random bytes for the handshake's key.
 *           The state stays; in CLOSED get_error and get_error_message tell the reason. No handler runs.
 * Web       tls options have no effect (logged once): the browser always verifies. ws:// from an https page
 *           is mixed content and fails; the error message says so.
 * Godot     WebSocketPeer.connect_to_url
 * RFC 6455  3, 4.1
 */
WSP_API wsp_result wsp_peer_connect_to_url(wsp_peer *peer, const char *url,
                                           const wsp_tls_options *tls_or_null);

/**
 * Becomes the server's side of a connection: reads the request and answers it inside poll, within
 * connect_timeout, which also covers the stream's TLS handshake. The state is CONNECTING at once. A request
 * that is no valid handshake gets an HTTP error as answer, and the peer fails with
 * WSP_ERR_HANDSHAKE_REJECTED.
 *
 * stream    From wsp_tcp_server_take_connection or wsp_stream_from_socket, TLS put on or not.
 * Returns   WSP_OK when started; resets and drops the same as wsp_peer_connect_to_url.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer or stream.
 *           WSP_ERR_ALREADY_IN_USE     CONNECTING or OPEN.
 *           WSP_ERR_OUT_OF_MEMORY      nothing started.
 *           WSP_ERR_UNSUPPORTED        on the web.
 *           The state stays; in CLOSED get_error and get_error_message tell the reason. No handler runs.
 * Ownership The peer owns the stream on WSP_OK, and only then; otherwise destroy it yourself.
 * Web       Never works.
 * Godot     WebSocketPeer.accept_stream
 * RFC 6455  4.2
 */
WSP_API wsp_result wsp_peer_accept_stream(wsp_peer *peer, wsp_stream *stream);

/**
 * Carries the connection as far as it goes without waiting, and calls handlers; never blocks.
 *
 * Stops when nothing is left to do or the packet queue is full; with data_received set, also after 1 MiB or
 * 4,096 messages. Does nothing in CLOSED and inside a poll of the same peer.
 *
 * Natively a full queue pushes back: the next message stays in the socket, the sender has to wait, nothing is
 * lost, and no heartbeat deadline runs meanwhile.
 * Web       Cannot push back: messages wait in JavaScript within the same limits; one that does not fit
 *           fails the connection with WSP_ERR_INBOUND_OVERFLOW (close code 4009 to the server); queued ones
 *           stay readable.
 * Godot     WebSocketPeer.poll
 */
WSP_API void wsp_peer_poll(wsp_peer *peer);

/**
 * Sleeps until there is something to do, then polls; for programs without frames.
 *
 * seconds   The longest sleep: 0 does not sleep, negative has no limit. A signal ends it early. In CLOSED,
 *           where nothing can come, it sleeps so long, and not at all without a limit.
 * Returns   true when the state, the queue or the outbound amount changed or a handler ran.
 * Web       Polls without sleeping (on a pthread: waits for an event). Never loop over it on a browser's main
 *           thread: return to the browser and poll once per frame.
 */
WSP_API bool wsp_peer_poll_wait(wsp_peer *peer, double seconds);

/**
 * Tells where the connection stands; CLOSED for NULL.
 *
 * Godot     WebSocketPeer.get_ready_state
 */
WSP_API wsp_state wsp_peer_get_ready_state(const wsp_peer *peer);

/**
 * Sends one message, whole or not at all. It leaves at once when it can, else in a later poll; inside a
 * handler at the end of that poll, in one write with the others.
 *
 * data, size  Payload, copied; may be the packet just taken from this peer. NULL with size 0 sends an empty
 *           message. Text must be UTF-8; embedded zero bytes and a leading BOM pass unchanged.
 * Returns   WSP_OK once the message is taken. Never changes the state, never calls a handler.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, NULL data with size > 0, bad UTF-8, an unknown mode.
 *           WSP_ERR_NOT_OPEN         not OPEN, or still OPEN but gone, as the next poll tells.
 *           WSP_ERR_MESSAGE_TOO_BIG  size > outbound_buffer_size: trying again is pointless.
 *           WSP_ERR_BUFFER_FULL      no room now (bytes; natively also messages): poll, try again.
 *           WSP_ERR_OUT_OF_MEMORY    out of memory.
 *           WSP_ERR_FAILED           a client's masking key needs random bytes and the system gives none.
 *           In every case nothing was queued and the connection goes on as before.
 * Web       Room is measured against the browser's live bufferedAmount; it does not count messages.
 * Godot     WebSocketPeer.send
 * RFC 6455  5.6, 6.1
 */
WSP_API wsp_result wsp_peer_send(wsp_peer *peer, const void *data, size_t size, wsp_write_mode mode);

/**
 * Sends a zero-terminated string as one text message, without its terminator.
 *
 * text      UTF-8, not NULL.
 * Errors    As wsp_peer_send.
 * Godot     WebSocketPeer.send_text
 */
WSP_API wsp_result wsp_peer_send_text(wsp_peer *peer, const char *text);

/**
 * Sends one message in the mode chosen by wsp_peer_set_write_mode, binary by default; else as wsp_peer_send.
 *
 * Errors    As wsp_peer_send.
 * Godot     PacketPeer.put_packet
 */
WSP_API wsp_result wsp_peer_put_packet(wsp_peer *peer, const void *data, size_t size);

/** Chooses what put_packet sends, at once; default WSP_WRITE_MODE_BINARY. An unknown mode is ignored. */
WSP_API void wsp_peer_set_write_mode(wsp_peer *peer, wsp_write_mode mode);

/** Tells what wsp_peer_put_packet sends; WSP_WRITE_MODE_BINARY for NULL. */
WSP_API wsp_write_mode wsp_peer_get_write_mode(const wsp_peer *peer);

/**
 * Sends a ping ahead of waiting data; its pong sets round_trip in the stats when the payload matches.
 *
 * data, size  Payload, copied; at most 125 bytes. NULL with size 0 sends an empty ping.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, NULL data with size > 0, size > 125.
 *           WSP_ERR_NOT_OPEN       not OPEN, or the connection is gone and the next poll tells.
 *           WSP_ERR_BUFFER_FULL    too much waits to be written.
 *           WSP_ERR_OUT_OF_MEMORY  out of memory.
 *           WSP_ERR_UNSUPPORTED    on the web.
 *           In every case nothing was sent.
 * Web       Never works; WSP_FEATURE_HEARTBEAT.
 * RFC 6455  5.5.2, 5.5.3
 */
WSP_API wsp_result wsp_peer_ping(wsp_peer *peer, const void *data, size_t size);

/**
 * Tells how many messages wait for wsp_peer_get_packet, in any state.
 *
 * Godot     PacketPeer.get_available_packet_count
 */
WSP_API size_t wsp_peer_get_available_packet_count(const wsp_peer *peer);

/**
 * Takes the oldest message; works in CLOSING and CLOSED until none is left. Every message received before the
 * close can be read after it.
 *
 * size_or_null  Gets the payload's size, 0 when there is no message.
 * Returns   The payload followed by one zero byte that size does not count; not NULL even when it is empty.
 *           NULL when no message waits.
 * Lifetime  Until the next get_packet, poll, poll_wait, connect_to_url, accept_stream or destroy of this
 *           peer, or the poll of the server or multiplayer that owns it. send and close do not.
 * Godot     PacketPeer.get_packet
 *
 * To forward messages without losing one that cannot be sent: take a message only while
 * wsp_peer_get_current_outbound_buffered_amount of the receiver is 0 and inbound limit <= its outbound limit.
 */
WSP_API const uint8_t *wsp_peer_get_packet(wsp_peer *peer, size_t *size_or_null);

/**
 * Tells whether the message taken last was text; false before the first.
 *
 * Godot     WebSocketPeer.was_string_packet
 */
WSP_API bool wsp_peer_was_string_packet(const wsp_peer *peer);

/**
 * Starts the end of the connection. OPEN becomes CLOSING at once: queued data goes out, then the close frame,
 * and poll waits for the other side's within close_timeout. CONNECTING becomes CLOSED at once, without a
 * handler. In CLOSING and CLOSED it has no effect.
 *
 * code      1000-1003, 1007-1014 or 3000-4999; 0 with no reason: a close frame without a body. Negative: the
 *           connection is dropped without a close frame, CLOSED at once, also in CLOSING, without a handler.
 * reason_or_null  Up to 123 bytes of UTF-8; NULL = "".
 * Returns   WSP_OK.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, another code, a bad or too long reason, a reason with
 *           code 0; in every state, and the state stays.
 * Web       1001-1003 and 1007-1014 are sent as 1000, and logged (WSP_FEATURE_CLOSE_CODES). Messages that
 *           arrive after close are not delivered; natively they are, until the other side's close frame.
 * Godot     WebSocketPeer.close
 * RFC 6455  5.5.1, 7.1.2, 7.4
 */
WSP_API wsp_result wsp_peer_close(wsp_peer *peer, int code, const char *reason_or_null);

/**
 * Tells the code of the other side's close frame.
 *
 * Returns   The code, 1005 when the frame carried none, -1 when there was no frame (yet) or when this side
 *           failed the connection (get_error is not WSP_OK), even if the other side answered. So -1 after
 *           the end means "not clean".
 * Godot     WebSocketPeer.get_close_code
 * RFC 6455  7.1.5
 */
WSP_API int wsp_peer_get_close_code(const wsp_peer *peer);

/**
 * Tells the reason of the other side's close frame; "" when get_close_code is -1 or there was none.
 *
 * A reason that holds a zero byte reads as cut there.
 * Godot     WebSocketPeer.get_close_reason
 * RFC 6455  7.1.6
 */
WSP_API const char *wsp_peer_get_close_reason(const wsp_peer *peer);

/**
 * Tells why the connection failed, or why the last start was refused. A query: it has no errors of its own.
 *
 * Returns   WSP_OK while all is well and after a clean close, whatever the code.
 * Errors    WSP_ERR_CANT_RESOLVE, WSP_ERR_CANT_CONNECT           never reached the other side.
 *           WSP_ERR_TLS_HANDSHAKE, WSP_ERR_TLS_CERTIFICATE       TLS failed.
 *           WSP_ERR_HANDSHAKE_REJECTED  HTTP answer other than 101, a 101 that breaks the rules, our refusal.
 *           WSP_ERR_TIMEOUT             a deadline passed: connecting, closing or the heartbeat.
 *           WSP_ERR_PROTOCOL            bad framing, bad UTF-8, or a handshake that is no HTTP.
 *           WSP_ERR_MESSAGE_TOO_BIG     a message over inbound_buffer_size came (close code 1009 sent).
 *           WSP_ERR_CONNECTION_LOST     ended without a close frame.
 *           WSP_ERR_INBOUND_OVERFLOW    web: the queue or one message went over the limit (4009 sent).
 *           WSP_ERR_OUT_OF_MEMORY       memory ran out during the connection.
 *           and what wsp_peer_connect_to_url and wsp_peer_accept_stream return.
 * Web       A connection that never opened: WSP_ERR_CANT_CONNECT or WSP_ERR_TIMEOUT; browsers hide the cause.
 */
WSP_API wsp_result wsp_peer_get_error(const wsp_peer *peer);

/**
 * Tells the same as wsp_peer_get_error in one sentence for a log, with addresses, status or clause as
 * known; "" while that is WSP_OK. A refused handshake quotes the first 200 printable bytes of the answer's
 * body, up to where it repeats a value of the URL's query or of the program's headers: no secret is told.
 */
WSP_API const char *wsp_peer_get_error_message(const wsp_peer *peer);

/**
 * Tells the HTTP status of the handshake's answer: received by a client, sent by an accepted peer.
 *
 * Returns   101 also where that answer breaks the rules, another status when it was refused, 0 before.
 * Web       0; WSP_FEATURE_HANDSHAKE_HEADERS.
 */
WSP_API int wsp_peer_get_http_status(const wsp_peer *peer);

/**
 * Looks up a header field of the other side's handshake, also after a refused one (Location, Retry-After).
 *
 * name      Compared case-insensitively.
 * Returns   The value, may be ""; repeated fields joined with ", ". NULL when absent.
 * Lifetime  As all strings of a peer; a peer owned by a wsp_server only until client_connected returns,
 *           then NULL.
 * Web       NULL; WSP_FEATURE_HANDSHAKE_HEADERS.
 */
WSP_API const char *wsp_peer_get_handshake_header(const wsp_peer *peer, const char *name);

/**
 * Tells the other side's numeric address, "" until connected; still readable after CLOSED.
 *
 * An IPv4 client of a dual-stack listener reads as plain IPv4.
 * Web       ""; WSP_FEATURE_CONNECTED_HOST.
 * Godot     WebSocketPeer.get_connected_host
 */
WSP_API const char *wsp_peer_get_connected_host(const wsp_peer *peer);

/**
 * Tells the other side's port, 0 until connected; still readable after CLOSED.
 *
 * Web       0; WSP_FEATURE_CONNECTED_HOST.
 * Godot     WebSocketPeer.get_connected_port
 */
WSP_API uint16_t wsp_peer_get_connected_port(const wsp_peer *peer);

/**
 * Tells how many payload bytes send took that the system or browser does not have yet, also in CLOSING; 0 in
 * CONNECTING and CLOSED.
 *
 * Godot     WebSocketPeer.get_current_outbound_buffered_amount
 */
WSP_API size_t wsp_peer_get_current_outbound_buffered_amount(const wsp_peer *peer);

/**
 * Tells the URL: as given to connect_to_url; of an accepted peer ws[s]://Host/target, once read.
 *
 * Godot     WebSocketPeer.get_requested_url
 */
WSP_API const char *wsp_peer_get_requested_url(const wsp_peer *peer);

/**
 * Tells the subprotocol agreed on; "" for none and before OPEN.
 *
 * Godot     WebSocketPeer.get_selected_protocol
 */
WSP_API const char *wsp_peer_get_selected_protocol(const wsp_peer *peer);

/** Fills *out_stats; all zero when peer is NULL. */
WSP_API void wsp_peer_get_stats(const wsp_peer *peer, wsp_peer_stats *out_stats);

/**
 * Sends small writes at once (true, the default) or lets the system gather them; at once.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer.
 *           WSP_ERR_UNSUPPORTED        on the web, no effect.
 * Web       Never works; WSP_FEATURE_NO_DELAY.
 * Godot     WebSocketPeer.set_no_delay
 */
WSP_API wsp_result wsp_peer_set_no_delay(wsp_peer *peer, bool enabled);

/**
 * Chooses the subprotocols a client offers, in order of preference, or an accepted peer allows; default none.
 * From the next connection on.
 *
 * protocols, count  HTTP tokens, none twice, at most 64 and 4,096 bytes in all; copied.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, or another list.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory. In both cases the old list stays.
 * Client    An answer without one of the offered, or with another, fails: WSP_ERR_HANDSHAKE_REJECTED.
 * Accepted  The first of the client's list that is allowed is chosen. None in common, or a client that
 *           offers none when there is a list, is refused with 400. Without a list none is chosen, and a
 *           client that offered some, as browsers do, then fails the connection itself.
 * Godot     WebSocketPeer.supported_protocols
 * RFC 6455  1.9, 4.1, 4.2.2
 */
WSP_API wsp_result wsp_peer_set_supported_protocols(wsp_peer *peer, const char *const *protocols,
                                                    size_t count);

/**
 * Adds header fields to the request of a client or the 101 answer of an accepted peer; default none. From the
 * next connection on.
 *
 * headers, count  "Name: value" lines, at most 64 and 8,192 bytes in all; copied. No control characters;
 *           bytes from 0x80 pass. Host, Origin, User-Agent, Cookie, Authorization replace a default.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, a line of another form, or Connection, Upgrade,
 *           Sec-WebSocket-*, Content-Length, Transfer-Encoding.
 *           WSP_ERR_OUT_OF_MEMORY  out of memory.
 *           WSP_ERR_UNSUPPORTED    on the web. In every case the old list stays.
 * Web       Never works; WSP_FEATURE_HANDSHAKE_HEADERS. Use the URL or the first message.
 * Godot     WebSocketPeer.handshake_headers
 */
WSP_API wsp_result wsp_peer_set_handshake_headers(wsp_peer *peer, const char *const *headers, size_t count);

/**
 * Limits the received payload bytes that wait for get_packet, and the size of one message; default 1 MiB.
 * From the next connection on. A larger message ends it with WSP_ERR_MESSAGE_TOO_BIG, close code 1009.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer or size 0; the old limit stays.
 * Web       A larger message: WSP_ERR_INBOUND_OVERFLOW, close code 4009.
 * Godot     WebSocketPeer.inbound_buffer_size (65,535 there)
 */
WSP_API wsp_result wsp_peer_set_inbound_buffer_size(wsp_peer *peer, size_t size);

/** Tells the inbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_peer_get_inbound_buffer_size(const wsp_peer *peer);

/**
 * Limits the payload bytes that wait to be written, and so the size of one message; default 1 MiB. At once;
 * see wsp_peer_send for what is refused. Memory grows with need up to the limit.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer or size 0; the old limit stays.
 * Godot     WebSocketPeer.outbound_buffer_size (65,535 there)
 */
WSP_API wsp_result wsp_peer_set_outbound_buffer_size(wsp_peer *peer, size_t size);

/** Tells the outbound limit in bytes; default 1 MiB. */
WSP_API size_t wsp_peer_get_outbound_buffer_size(const wsp_peer *peer);

/**
 * Limits the messages that wait, in each direction; default 4,096. Outbound at once, inbound from the next
 * connection on.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer or count 0; the old limit stays.
 * Web       Inbound only: a browser does not count the others.
 * Godot     WebSocketPeer.max_queued_packets
 */
WSP_API wsp_result wsp_peer_set_max_queued_packets(wsp_peer *peer, size_t count);

/** Tells the limit in messages; default 4,096. */
WSP_API size_t wsp_peer_get_max_queued_packets(const wsp_peer *peer);

/**
 * Pings the other side every so many seconds while OPEN; when nothing at all came since a ping and the next
 * is due, the connection ends with WSP_ERR_TIMEOUT. Default 0 = off. At once. The only way to notice a pulled
 * cable.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer; negative, NaN, infinite. The old value stays.
 *           WSP_ERR_UNSUPPORTED        on the web, no effect.
 * Web       Never works; WSP_FEATURE_HEARTBEAT. Let the server ping: browsers answer by themselves.
 * Godot     WebSocketPeer.heartbeat_interval
 * RFC 6455  5.5.2
 */
WSP_API wsp_result wsp_peer_set_heartbeat_interval(wsp_peer *peer, double seconds);

/** Tells the heartbeat's interval in seconds; 0 = off, the default. Web: 0. */
WSP_API double wsp_peer_get_heartbeat_interval(const wsp_peer *peer);

/**
 * Limits CONNECTING as a whole: name lookup, connecting, TLS and handshake; default 10 s. At once. Past it
 * the connection fails with WSP_ERR_TIMEOUT, and the message names the phase.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer; 0, negative, NaN, infinite. The old value stays.
 */
WSP_API wsp_result wsp_peer_set_connect_timeout(wsp_peer *peer, double seconds);

/** Tells the limit of CONNECTING in seconds; default 10. */
WSP_API double wsp_peer_get_connect_timeout(const wsp_peer *peer);

/**
 * Limits CLOSING, counted from the last progress of queued data, at most ten times as long in all; default
 * 5 s. At once. Past it the connection is dropped with WSP_ERR_TIMEOUT.
 *
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer; 0, negative, NaN, infinite. The old value stays.
 */
WSP_API wsp_result wsp_peer_set_close_timeout(wsp_peer *peer, double seconds);

/** Tells the limit of CLOSING in seconds; default 5. */
WSP_API double wsp_peer_get_close_timeout(const wsp_peer *peer);

/**
 * Offers permessage-deflate, or agrees to it as accepted peer. From the next connection on.
 *
 * compression_or_null  Settings, copied; zero fields are defaults. NULL = off, the default.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer, level not 0-9, bits not 0 or 9-15; the old setting stays.
 *           WSP_ERR_UNSUPPORTED  on the web, and in a build without zlib; no effect.
 * Web       Never works; the browser negotiates compression by itself. WSP_FEATURE_COMPRESSION.
 * Not yet   Anything but NULL: WSP_ERR_UNSUPPORTED.
 */
WSP_API wsp_result wsp_peer_set_compression(wsp_peer *peer, const wsp_compression *compression_or_null);

/**
 * Chooses the functions that poll calls, at once; default none. All else works without.
 *
 * handlers_or_null  Copied; NULL removes them.
 * user      Handed to each handler; may be NULL. Not the same pointer as wsp_peer_set_user_data's.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL peer.
 *           WSP_ERR_ALREADY_IN_USE     a wsp_server or wsp_multiplayer owns the peer; nothing changes.
 */
WSP_API wsp_result wsp_peer_set_handlers(wsp_peer *peer, const wsp_peer_handlers *handlers_or_null,
                                         void *user);

/** Keeps a pointer of the program with the peer; the library never follows or frees it. Default NULL. */
WSP_API void wsp_peer_set_user_data(wsp_peer *peer, void *user_data);

/** Returns the pointer kept by wsp_peer_set_user_data, or NULL. */
WSP_API void *wsp_peer_get_user_data(const wsp_peer *peer);

/**
 * Returns the socket for a foreign event loop, to wait on and for nothing else: wait until it is readable, or
 * writable when wsp_peer_wants_write, at most wsp_peer_get_poll_delay seconds, then poll. A full inbound
 * queue is not read into and leaves the socket readable: until a packet was taken, wait for the delay only,
 * and for writable when that is wanted, or the loop spins. epoll shows a connection that was reset whatever
 * is asked of it: take the socket out of its set meanwhile.
 *
 * Returns   The descriptor, or -1 while there is none (resolving, CLOSED). It may change while CONNECTING:
 *           ask in each round.
 * Ownership The peer's; do not read, write or close it.
 * Web       -1; WSP_FEATURE_SOCKET.
 */
WSP_API intptr_t wsp_peer_get_socket(const wsp_peer *peer);

/** Tells whether the peer waits for its socket to become writable. Web: false. */
WSP_API bool wsp_peer_wants_write(const wsp_peer *peer);

/**
 * Tells how long poll may be put off if the socket stays silent.
 *
 * Returns   Seconds; 0 when work is pending inside (TLS bytes, an exhausted budget): poll now; negative
 *           when there is no deadline. Short while resolving.
 * Web       Of no use: poll once per frame.
 */
WSP_API double wsp_peer_get_poll_delay(const wsp_peer *peer);

#ifdef __cplusplus
}
#endif

#endif
