/* SPDX-License-Identifier: MIT */
/**
 * base.h: what every object of wspeer shares: results, features, memory and log hooks, clock, randomness.
 *
 * Rules that hold in all headers unless a docstring says otherwise:
 *
 * Threads   An object belongs to one thread at a time: any thread may call it, never two at once. Different
 *           objects may be used on different threads; there is no global lock. Handlers run only inside a
 *           poll of their object, on the thread that polls.
 * Failure   A function that returns an error has no other effect; it returns WSP_OK otherwise. Every
 *           _create returns NULL only when memory is out, on the web too. Every _destroy accepts NULL.
 * NULL      A NULL object is answered with WSP_ERR_INVALID_PARAMETER or the neutral value: state CLOSED,
 *           close code -1, strings "", counts 0, false, socket -1, poll delay -1. Other pointers may be
 *           NULL only where the name ends in _or_null or the docstring says so. A list may be NULL when its
 *           count is 0.
 * Strings   Text is UTF-8 and ends with a zero byte. What is passed in is copied or used before return.
 *           What is returned is never NULL ("" means none) except by header look-ups, belongs to the
 *           object, and lives until its next connect_to_url or accept_stream or its destruction. Do not
 *           free it.
 * Units     Sizes are payload bytes, times are seconds. A size or count of 0 is WSP_ERR_INVALID_PARAMETER,
 *           SIZE_MAX means no limit (values above SIZE_MAX / 4 count as SIZE_MAX / 4). Times must be finite
 *           and not negative, and may be 0 only where 0 means off. Ports are int, 0 to 65535, checked.
 * Structs   Start handlers and settings from zero, `= {0}` in C and `= {}` in C++: zero is the default or "no
 *           handler". They are copied. New fields are only ever added at the end.
 * Web       A browser cannot do everything: such a call changes nothing and returns WSP_ERR_UNSUPPORTED,
 *           "", 0, NULL or -1, as its "Web" line says. wsp_has_feature tells in advance.
 *
 * A docstring names, where they apply: parameters, Returns, Errors, Lifetime or Ownership, Threads, Web (what
 * differs there), Godot (the member with the same meaning), RFC 6455 (the clause), and Not yet: what this
 * version declares but does not do.
 */
#ifndef WSPEER_BASE_H
#define WSPEER_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Stands before each public function; empty. Define it before the first include for visibility needs. */
#ifndef WSP_API
#define WSP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of these headers; wsp_version_string tells that of the linked library. Minor versions keep source
 *  compatibility, not binary compatibility. */
#define WSP_VERSION_MAJOR 0
#define WSP_VERSION_MINOR 1
#define WSP_VERSION_PATCH 0

/** One WebSocket connection, as client or accepted; see peer.h. Godot: WebSocketPeer, WebSocketClient. */
typedef struct wsp_peer wsp_peer;
/** A connected byte stream; see tcp_server.h. Godot: StreamPeerTCP, StreamPeerTLS. */
typedef struct wsp_stream wsp_stream;
/** A listening socket; see tcp_server.h. Godot: TCPServer. */
typedef struct wsp_tcp_server wsp_tcp_server;
/** Whom to trust, or who we are; see tls.h. Godot: TLSOptions. */
typedef struct wsp_tls_options wsp_tls_options;
/** Many accepted peers behind one poll; see server.h. Godot: WebSocketServer. */
typedef struct wsp_server wsp_server;
/** A client's HTTP request, seen inside a handler; see request.h. */
typedef struct wsp_request wsp_request;
/** A game session: members with ids, targets, packets; see multiplayer.h. Godot: WebSocketMultiplayerPeer. */
typedef struct wsp_multiplayer wsp_multiplayer;

/**
 * The list of all results as X(name, value, text); define X to make tables of your own from it.
 *
 * What they mean where the text leaves a question:
 * INVALID_PARAMETER   the same call can never succeed; the message of the object, if any, names the fault.
 * UNSUPPORTED         never on this backend or in this build; see wsp_has_feature.
 * NOT_OPEN            send, ping: the peer is not OPEN, or the connection is gone and the next poll tells.
 * BUFFER_FULL         passing: poll and try again.
 * MESSAGE_TOO_BIG     lasting: raise the limit. As a connection's error: a message over inbound_buffer_size.
 * UNAVAILABLE         listening: not an address of this machine, no permission, or no descriptor left.
 * HANDSHAKE_REJECTED  an HTTP answer other than 101, or a 101 that breaks the rules.
 * TIMEOUT             connect_timeout, close_timeout or an unanswered heartbeat.
 * PROTOCOL            bad framing, text that is not UTF-8, or a handshake that is not HTTP.
 * INBOUND_OVERFLOW    web only: the page received faster than it polled.
 */
/* clang-format off */
#define WSP_RESULT_LIST(X)                                                           \
    X(WSP_OK,                        0, "success")                                   \
    X(WSP_ERR_INVALID_PARAMETER,    -1, "an argument is outside its documented range") \
    X(WSP_ERR_OUT_OF_MEMORY,        -2, "out of memory")                             \
    X(WSP_ERR_UNSUPPORTED,          -3, "this backend or build can never do that")   \
    X(WSP_ERR_ALREADY_IN_USE,       -4, "the object is already connected or listening") \
    X(WSP_ERR_NOT_OPEN,             -5, "the connection is not open")                \
    X(WSP_ERR_BUFFER_FULL,          -6, "a queue or buffer limit is reached")        \
    X(WSP_ERR_MESSAGE_TOO_BIG,      -7, "a message is larger than a limit")          \
    X(WSP_ERR_UNAVAILABLE,          -8, "not available now")                         \
    X(WSP_ERR_CANT_RESOLVE,         -9, "the host name does not resolve")            \
    X(WSP_ERR_CANT_CONNECT,        -10, "no address accepted the connection")        \
    X(WSP_ERR_ADDRESS_IN_USE,      -11, "the address or port is taken")              \
    X(WSP_ERR_TLS_HANDSHAKE,       -12, "the TLS handshake failed")                  \
    X(WSP_ERR_TLS_CERTIFICATE,     -13, "the certificate was not accepted")          \
    X(WSP_ERR_HANDSHAKE_REJECTED,  -14, "the WebSocket handshake was refused")       \
    X(WSP_ERR_TIMEOUT,             -15, "a deadline passed")                         \
    X(WSP_ERR_PROTOCOL,            -16, "the other side broke the protocol")         \
    X(WSP_ERR_CONNECTION_LOST,     -17, "the connection ended without a close frame") \
    X(WSP_ERR_INBOUND_OVERFLOW,    -18, "more arrived than the inbound limits allow") \
    X(WSP_ERR_FAILED,              -19, "failed")
/* clang-format on */

/** How a call or a connection ended: WSP_OK is 0, every error is negative. Godot: @GlobalScope.Error. */
typedef enum wsp_result {
/* clang-format off */
#define WSP_RESULT_ENUM(name, value, text) name = (value),
    WSP_RESULT_LIST(WSP_RESULT_ENUM)
#undef WSP_RESULT_ENUM
    /* clang-format on */
    /** Never returned; gives the enum the size of an int. */
    WSP_RESULT_FORCE_INT = 0x7fffffff
} wsp_result;

/** What a backend or build may lack; the table in wspeer.h says which has what. Zero is ACCEPT_STREAM. */
typedef enum wsp_feature {
    /** wsp_peer_accept_stream. */
    WSP_FEATURE_ACCEPT_STREAM,
    /** wsp_peer_set_handshake_headers, wsp_peer_get_handshake_header, wsp_peer_get_http_status. */
    WSP_FEATURE_HANDSHAKE_HEADERS,
    /** wsp_peer_get_connected_host, wsp_peer_get_connected_port. */
    WSP_FEATURE_CONNECTED_HOST,
    /** wsp_peer_set_no_delay. */
    WSP_FEATURE_NO_DELAY,
    /** TLS options have an effect. Without it wss:// still works on the web. */
    WSP_FEATURE_TLS_OPTIONS,
    /** wsp_peer_set_heartbeat_interval, wsp_peer_ping. */
    WSP_FEATURE_HEARTBEAT,
    /** wsp_peer_set_compression. False in a native build without zlib. Not yet: native too is false. */
    WSP_FEATURE_COMPRESSION,
    /** Listening for connections: wsp_tcp_server_listen and whatever builds on it. */
    WSP_FEATURE_SERVER,
    /** wsp_peer_get_socket, wsp_tcp_server_get_socket, and poll_wait that sleeps. */
    WSP_FEATURE_SOCKET,
    /** Sending the close codes 1001-1003 and 1007-1014 as they are. */
    WSP_FEATURE_CLOSE_CODES
} wsp_feature;

/** Kind of a message. Godot: WebSocketPeer.WriteMode. RFC 6455 5.6. */
typedef enum wsp_write_mode {
    /** UTF-8 text; zero. */
    WSP_WRITE_MODE_TEXT = 0,
    /** Any bytes; the default of wsp_peer_put_packet. */
    WSP_WRITE_MODE_BINARY = 1
} wsp_write_mode;

/** Settings of permessage-deflate (RFC 7692) for wsp_peer_set_compression; all zero is a good default. */
typedef struct wsp_compression {
    /** 1 (fast) to 9 (small); 0 = 6. */
    int level;
    /** Window of what the server compresses, 9 to 15 bits; 0 = 15. */
    int server_max_window_bits;
    /** Window of what the client compresses, 9 to 15 bits; 0 = 15. */
    int client_max_window_bits;
    /** true: the server forgets between messages, which saves memory and compresses less; false = keeps. */
    bool server_no_context_takeover;
    /** The same for what the client compresses; false = keeps. */
    bool client_no_context_takeover;
    /** Messages shorter than this many bytes are sent uncompressed; 0 = 64. */
    size_t min_size;
} wsp_compression;

/** Where the library takes its memory from; see wsp_set_allocator. */
typedef struct wsp_allocator {
    /**
     * As C's realloc, with sizes. block NULL and old_size 0: a new block. new_size 0: free, the result is not
     * used. old_size is exactly what was asked for. Returns NULL when memory is out; the old block then stays
     * valid. Runs on the threads that call the library, so on several at once if the program has several.
     */
    void *(*reallocate)(void *user, void *block, size_t old_size, size_t new_size);
    /** Handed to reallocate; may be NULL. */
    void *user;
} wsp_allocator;

/** How important a log message is; smaller is more important. */
typedef enum wsp_log_level {
    /** Something failed that no result could report; zero. */
    WSP_LOG_ERROR,
    /** Something the program should know, such as a setting without effect. */
    WSP_LOG_WARNING,
    /** Course of connections. */
    WSP_LOG_INFO,
    /** Detail for finding faults. */
    WSP_LOG_DEBUG
} wsp_log_level;

/**
 * Receives one log message.
 *
 * level     How important it is.
 * message   One sentence without a line end, never NULL.
 * user      The pointer given to wsp_set_log_handler.
 * Lifetime  message is valid during the call.
 * Threads   Runs on the thread whose call logs, as a rule the one that polls. It must not call wspeer.
 */
typedef void (*wsp_log_handler)(wsp_log_level level, const char *message, void *user);

/**
 * Tells the version of the linked library.
 *
 * Returns   "MAJOR.MINOR.PATCH".
 * Lifetime  As long as the program.
 * Threads   Any, at any time.
 */
WSP_API const char *wsp_version_string(void);

/**
 * Tells which backend is linked.
 *
 * Returns   "native" or "web".
 * Lifetime  As long as the program.
 * Threads   Any, at any time.
 */
WSP_API const char *wsp_backend_name(void);

/**
 * Tells whether this backend and build can do something.
 *
 * Returns   true when it can; false when it cannot, and for unknown values.
 * Threads   Any, at any time.
 * Not yet   Natively false for WSP_FEATURE_COMPRESSION.
 */
WSP_API bool wsp_has_feature(wsp_feature feature);

/**
 * Names a result, for logs and tests.
 *
 * Returns   The constant's name, such as "WSP_ERR_TIMEOUT"; a fixed text for unknown values, never NULL.
 * Lifetime  As long as the program.
 * Threads   Any, at any time.
 */
WSP_API const char *wsp_result_string(wsp_result result);

/**
 * Describes a result in words, for people.
 *
 * Returns   The text of WSP_RESULT_LIST, such as "a deadline passed"; a fixed text for unknown values. What
 *           happened to one connection in particular is told by wsp_peer_get_error_message.
 * Lifetime  As long as the program.
 * Threads   Any, at any time.
 */
WSP_API const char *wsp_result_text(wsp_result result);

/**
 * Chooses where the library's memory comes from, zlib's included; not that of OpenSSL and of name lookups.
 *
 * allocator_or_null  Copied. NULL = the C library's allocator, the default.
 * Returns   WSP_OK.
 * Errors    WSP_ERR_INVALID_PARAMETER  reallocate is NULL; the allocator before stays.
 * Threads   Call it before the first object is made and before other threads use the library: blocks made
 *           before would be freed by the wrong allocator.
 */
WSP_API wsp_result wsp_set_allocator(const wsp_allocator *allocator_or_null);

/**
 * Chooses who receives log messages.
 *
 * handler_or_null  NULL = the default: warnings and errors to standard error. An empty one silences.
 * most_detailed  The last level the handler still gets; WSP_LOG_DEBUG = all. Not used when it is NULL.
 * user      Handed to the handler; may be NULL.
 * Threads   Call it before other threads use the library.
 * Web       The default writes to the browser's console.
 */
WSP_API void wsp_set_log_handler(wsp_log_handler handler_or_null, wsp_log_level most_detailed, void *user);

/**
 * Computes how long to wait before connecting again, growing with each failed attempt and scattered, so that
 * the clients of a restarted server do not all return at once.
 *
 * attempt   Failed attempts so far, from 0; any value, nothing overflows.
 * base      Seconds for attempt 0, before scattering.
 * cap       The most that base * 2^attempt may grow to, seconds.
 * random    A fresh number from wsp_random() (C's rand may have as few as 15 bits: no scattering).
 * Returns   With top = min(cap, base * 2^attempt): top / 2 + top / 2 * random / 2^32. 0 when base or cap is
 *           0, negative or NaN.
 * Threads   Any, at any time.
 */
WSP_API double wsp_backoff_delay(unsigned attempt, double base, double cap, uint32_t random);

/**
 * Draws 32 random bits from the generator of the operating system.
 *
 * Returns   Any value, each equally likely.
 * Threads   Any, at any time.
 * Web       From crypto.getRandomValues.
 */
WSP_API uint32_t wsp_random(void);

/**
 * Reads a clock that never goes back and does not follow the calendar; all deadlines use it.
 *
 * Returns   Seconds since an unspecified start; only differences mean something.
 * Threads   Any, at any time.
 */
WSP_API double wsp_now(void);

#ifdef __cplusplus
}
#endif

#endif
