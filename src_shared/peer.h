/* SPDX-License-Identifier: MIT */
#ifndef WSPI_PEER_H
#define WSPI_PEER_H

/*
 * The peer as its own files see it. peer.c holds what a program calls, the
 * settings are in peer_settings.c, peer_turn.c is what happens inside poll:
 * events, handlers, deadlines, and peer_owned.c what is different for a peer
 * that a server owns and polls.
 *
 *   CLOSED -> CONNECTING       connect_to_url, accept_stream
 *   CONNECTING -> OPEN         the handshake is done
 *   OPEN -> CLOSING            close(), a close frame, a failure of ours
 *   any -> CLOSED              the end, a deadline, close(-1)
 */

#include "backend.h"
#include "packet_queue.h"

/* The ping whose pong is awaited: payload and time, for round_trip. */
typedef struct wspi_pending_ping {
    double sent_at;
    bool is_sent; /* false: its sending failed */
    uint8_t size;
    uint8_t payload[125];
} wspi_pending_ping;

/* What set_handlers installed. */
typedef struct wspi_handler_set {
    wsp_peer_handlers functions;
    void *user;
} wspi_handler_set;

/* Why a server is told of a peer that its program touched outside the peer's turn. */
typedef enum wspi_attention {
    WSPI_ATTENTION_OUTPUT, /* bytes wait to be sent */
    WSPI_ATTENTION_TURN,   /* the state, a deadline, or the room in a queue changed */
    WSPI_ATTENTION_TIDY    /* memory can be given back, at leisure */
} wspi_attention;

/* The message that a server's handler is looking at. */
typedef struct wspi_message_view {
    wsp_peer *peer; /* NULL: none */
    const uint8_t *data;
    size_t size;
    bool is_text;
    bool is_queued; /* it lies at the front of the peer's queue */
    bool is_taken;  /* get_packet has returned it */
    bool is_kept;   /* it stays with the peer, to be seen again */
} wspi_message_view;

/* What all peers of a server have in common; their `handlers` point to the first member. */
typedef struct wspi_peer_owner {
    wspi_handler_set handlers;
    /* A message, where it lies; the byte behind it is zero. NULL: messages are queued. */
    void (*message_received)(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text, void *user);
    void (*attention)(wsp_peer *peer, wspi_attention what, void *user);
    wspi_message_view view;
} wspi_peer_owner;

/* What a program may ask about a connection, made when there is something to answer. Each may be NULL. */
typedef struct wspi_peer_facts {
    char *requested_url; /* of a client, as given */
    char *protocol;
    char *error_message;
    char *close_reason;
    wspi_pending_ping *ping; /* NULL: none */
    double round_trip;       /* 0: not known yet */
} wspi_peer_facts;

/* A server keeps thousands of these: what an idle peer does not need is made on demand. */
struct wsp_peer {
    wspi_link *link; /* NULL before the first connection; kept after the end for its facts */
    const wspi_settings *settings;
    const wspi_settings *limits; /* the settings as this connection began: its inbound limits */
    wspi_packet_queue *inbound;  /* NULL: empty */
    wspi_handler_set *handlers;  /* NULL: none; of an owned peer part of its owner */
    wspi_peer_facts *facts;      /* NULL: none yet */
    void *user_data;

    uint64_t messages_received, messages_sent, bytes_received, bytes_sent, messages_refused;

    double last_turn;     /* when poll ran last */
    double since;         /* when CONNECTING or closing began; in OPEN the last heartbeat ping, 0: none yet */
    double last_progress; /* of queued data, while closing */
    size_t last_buffered; /* outbound amount at that time */

    unsigned generation; /* counts connections: tells a turn that a handler ended its own */
    unsigned activity;   /* counts what poll_wait reports */
    uint32_t heartbeat_count;
    int32_t id; /* of an owned peer */
    int16_t close_code;
    int8_t error;       /* wsp_result */
    uint8_t state;      /* wsp_state */
    uint8_t write_mode; /* wsp_write_mode */
    uint8_t holds;      /* calls of ours that still stand on the object while handlers run */
    bool is_owned : 1;
    bool hides_packets : 1; /* of a multiplayer's peer: they are the multiplayer's */
    bool was_open : 1;
    bool is_closing : 1; /* the close deadline runs, also for a handshake of ours that is being refused */
    bool was_text : 1;   /* the packet taken last */
    bool is_heartbeat_unanswered : 1;
    bool has_more_work : 1; /* a turn stopped at its budget, or the queue it was full for has room again */
    bool is_in_turn : 1;
    bool is_destroyed : 1; /* freed when nobody holds it any more */
    bool is_receiving : 1; /* of the program's own: a message came since the queue was trimmed */
};

/* The one place where the state changes; asserts that the edge is legal. */
void wspi_peer_set_state(wsp_peer *peer, wsp_state next);

/* The handlers, all NULL where none were set. */
wspi_handler_set wspi_peer_get_handlers(const wsp_peer *peer);

/* Room for facts. NULL when memory is out. */
wspi_peer_facts *wspi_peer_need_facts(wsp_peer *peer);

/* Replaces the string at `*string` by a copy, or by NULL when there is nothing to copy; false when memory is
 * out: then it is NULL too. */
bool wspi_peer_set_fact(char **string, const char *text, size_t size);

/* Remembers the first error of a connection. `text` is copied; without memory the result's own text serves.
 */
void wspi_peer_set_error(wsp_peer *peer, wsp_result result, const char *text);

/* Starts the close deadline. */
void wspi_peer_start_closing(wsp_peer *peer, double now);

/* Drops the connection without a report: what is queued stays readable. */
void wspi_peer_drop(wsp_peer *peer);

/* Everything the network and the clock cause. `gap`: seconds since the program polled last. The peer may be
 * gone afterwards. */
void wspi_peer_run_turn(wsp_peer *peer, double now, double gap);

/* What wsp_peer_poll does before a turn: gives memory back that no waiting packet needs. */
void wspi_peer_trim(wsp_peer *peer);

/* Drops the connection and frees, as wsp_peer_destroy does with a peer of the program's own. */
void wspi_peer_destroy(wsp_peer *peer);

/* Takes a stream as wsp_peer_accept_stream does, the checks of the peer's state left out. */
wsp_result wspi_peer_start_accepted(wsp_peer *peer, wsp_stream *stream, wspi_text *why);

/* Whether a message of that size could be sent now. WSP_ERR_BUFFER_FULL is counted as a refusal. */
wsp_result wspi_peer_check_room(wsp_peer *peer, size_t size);

/* Counts a message that was sent. */
void wspi_peer_note_sent(wsp_peer *peer, size_t size);

/* Queues a message that arrived. false when memory is out. */
bool wspi_peer_queue_message(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text);

/* Seconds until a deadline of peer.c wants a turn; negative: never. */
double wspi_peer_get_deadline_delay(const wsp_peer *peer, double now);

/* Queues a ping and remembers it for round_trip. */
wsp_result wspi_peer_send_ping(wsp_peer *peer, const void *data, size_t size, double now);

/* -- peer_owned.c ---------------------------------------------------------- */

/* A peer that is polled by its owner, which outlives it. NULL when memory is out. */
wsp_peer *wspi_peer_create_owned(const wspi_settings *settings, wspi_peer_owner *owner, int32_t id);

/* NULL for a peer of the program's own, and for that of a multiplayer. */
static inline wspi_peer_owner *wspi_peer_get_owner(const wsp_peer *peer)
{
    return peer->is_owned ? (wspi_peer_owner *)peer->handlers : NULL;
}

/*
 * A multiplayer's peer, which has no handlers and is polled and destroyed like any other by the multiplayer
 * alone: it sets this off for that time. Meanwhile the peer refuses what would take it away.
 */
void wspi_peer_set_owned(wsp_peer *peer, bool is_owned);

/* From here on the program sees no packets in this peer's queue; wspi_peer_take_hidden still takes them, as
 * wsp_peer_get_packet does. */
void wspi_peer_hide_packets(wsp_peer *peer);
const uint8_t *wspi_peer_take_hidden(wsp_peer *peer, size_t *out_size);

/*
 * For who empties a peer's queue after every poll and keeps the messages: how much the next poll may queue.
 * Without memory to note it, what was said before stands.
 */
void wspi_peer_set_room(wsp_peer *peer, size_t bytes, size_t packets);

/* Tells the owner, if there is one and the peer is not in its turn, whose end looks after everything. */
void wspi_peer_call_attention(wsp_peer *peer, wspi_attention what);

/* Lets what was sent leave: at the end of the turn, when the owner says so, or else now. false when the
 * connection is known to be gone. */
bool wspi_peer_let_output_leave(wsp_peer *peer);

/* Whether messages go to the owner's handler and not to the queue. */
static inline bool wspi_peer_is_direct(const wsp_peer *peer)
{
    const wspi_peer_owner *owner = wspi_peer_get_owner(peer);
    return owner != NULL && owner->message_received != NULL;
}

/* Shows a message to the owner's handler. data: the byte behind it may be written. */
void wspi_peer_show_message(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text);

/* Shows what waits in the queue, until it is empty or a message is kept. */
void wspi_peer_show_queue(wsp_peer *peer);

/* Whether a kept message waits to be shown again. */
static inline bool wspi_peer_is_keeping(const wsp_peer *peer)
{
    return peer->inbound != NULL && peer->inbound->count > 0 && wspi_peer_is_direct(peer);
}

/* wsp_server_keep_packet. */
wsp_result wspi_peer_keep_message(wspi_peer_owner *owner);

/* The message of this peer that a handler is looking at, which is all that get_packet knows of then; or NULL.
 */
wspi_message_view *wspi_peer_get_view(const wsp_peer *peer);

/* Keeps a peer that a handler destroys alive until the matching unhold. */
static inline void wspi_peer_hold(wsp_peer *peer)
{
    peer->holds++;
}

/* For wspi_peer_unhold: frees a peer that was destroyed while it was held. */
void wspi_peer_free(wsp_peer *peer);

static inline void wspi_peer_unhold(wsp_peer *peer)
{
    if (--peer->holds == 0 && peer->is_destroyed)
        wspi_peer_free(peer);
}

#endif
