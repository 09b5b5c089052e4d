/* SPDX-License-Identifier: MIT */
#ifndef WSPI_BACKEND_H
#define WSPI_BACKEND_H

/*
 * The contract between the public semantics (peer.c) and the two backends.
 * Which backend is compiled in is decided by the files that are linked:
 * src_native/backend_native.c or src_web/backend_web.c.
 *
 * A link is one connection of one peer, from the attempt to its end. The
 * backend only moves bytes and reports what happened; it knows no ready state,
 * no deadline, no handler and no queue of packets. Those live in peer.c, once.
 *
 * Guarantees of a backend
 * - Nothing blocks except wspi_link_wait. Nothing calls up: peer.c pulls events
 *   one at a time with wspi_link_next, so a handler may do anything in between,
 *   also destroy the link.
 * - Events come in the order of the wire: [REQUEST] OPEN, then MESSAGE and PONG
 *   in any number, at most one CLOSE_FRAME, then ENDED once and nothing behind it. A link that never opened
 * goes straight to ENDED. Every message that arrived is reported before ENDED.
 * - Pointers in an event are valid until the next call on that link that is not a getter. Natively the byte
 * behind a message may be written, as long as it is put back.
 * - What peer.c passes in was validated by it: URLs, subprotocols, headers,
 *   close codes and reasons, UTF-8 of text, limits. A backend does not check again.
 */

#include "bytes.h"
#include "settings.h"
#include "text.h"
#include "url.h"
#include "wspeer/peer.h"

typedef struct wspi_link wspi_link;

typedef enum wspi_event_type {
    WSPI_EVENT_NONE,        /* nothing more can be done without waiting */
    WSPI_EVENT_REQUEST,     /* server: a valid handshake waits for wspi_link_answer; event.request */
    WSPI_EVENT_OPEN,        /* text: the chosen subprotocol or "" */
    WSPI_EVENT_MESSAGE,     /* data, size, is_text */
    WSPI_EVENT_PONG,        /* data, size: its payload */
    WSPI_EVENT_CLOSE_FRAME, /* the other side's: code (1005 when it carried none); data, size: the reason */
    WSPI_EVENT_FAILED, /* this side fails the connection: result, text; ENDED follows when the bytes that tell
                          the other side are gone */
    WSPI_EVENT_ENDED   /* result, text: why; WSP_OK after both close frames, and after FAILED */
} wspi_event_type;

typedef struct wspi_event {
    const uint8_t *data;
    size_t size;
    const char *text;
    wsp_request *request;
    int code;
    wsp_result result;
    bool is_text;
    bool is_last; /* nothing more can be done without waiting, as NONE would say next; not known otherwise */
} wspi_event;

/*
 * How much the packet queue can take now. A message that does not fit either
 * is not reported: the backend leaves it, and all that is behind it, where it
 * is (natively in the socket, on the web in the JavaScript queue).
 */
typedef struct wspi_room {
    size_t bytes;
    size_t packets;
} wspi_room;

/* -- process --------------------------------------------------------------- */
/* wsp_backend_name, wsp_has_feature, wsp_random, wsp_now and wspi_log_default are each backend's too. */

/*
 * Whether the backend can do as a compression setting says; NULL asks for none. Web: WSP_ERR_UNSUPPORTED for
 * either, the browser compresses as it likes.
 */
wsp_result wspi_check_compression(const wsp_compression *compression_or_null);

/*
 * What poll_wait does when there is nothing to wait for, so that a program's loop does not spin: sleeps so
 * long, less after a signal. Negative and infinite are no sleep, as nothing could end it. Web: returns at
 * once; on a pthread sleeps.
 */
void wspi_rest(double seconds);

/* -- life of a link -------------------------------------------------------- */

/*
 * Starts a client connection. The arguments are read during the call, except
 * `settings`, which outlives the link: subprotocols, headers and the inbound
 * limits count as they are now, the others as they are when used.
 * On failure *out_link is NULL and `why` says it in one sentence.
 */
wsp_result wspi_link_connect(wspi_link **out_link, const char *text, const wspi_url *url,
                             const wsp_tls_options *tls, const wspi_settings *settings, wspi_text *why);

/* Starts the server side on a stream, which the link owns on WSP_OK only. Web: WSP_ERR_UNSUPPORTED. */
wsp_result wspi_link_accept(wspi_link **out_link, wsp_stream *stream, const wspi_settings *settings,
                            wspi_text *why);

/* Drops the connection without a close frame, as it stands, and frees. NULL is allowed. */
void wspi_link_destroy(wspi_link *link);

/*
 * After ENDED (or instead of it, when peer.c gives up): closes the connection
 * but keeps what getters answer (address, HTTP status, headers).
 */
void wspi_link_abandon(wspi_link *link);

/* -- one turn of a poll ---------------------------------------------------- */

/* Starts a turn: what is ready is looked up anew. `now` is wsp_now(). */
void wspi_link_begin_turn(wspi_link *link, double now);

/* Goes on until there is something to report. Only between begin_turn and end_turn. */
wspi_event_type wspi_link_next(wspi_link *link, const wspi_room *room, wspi_event *out_event);

/* Ends the turn: what was sent meanwhile goes out, in one write where possible. */
void wspi_link_end_turn(wspi_link *link);

/* Whether the last turn read until nothing was left to read that matters: only then may a deadline be judged.
 */
bool wspi_link_is_read_dry(const wspi_link *link);

/* Whether anything at all arrived in the last turn: a sign of life for the heartbeat. */
bool wspi_link_has_heard(const wspi_link *link);

/* Whether a message waits for room in the packet queue: reading has stopped and no heartbeat deadline runs.
 */
bool wspi_link_is_stalled(const wspi_link *link);

/* What a connection that does not open is waiting for, for the message of a deadline: "resolving", "the HTTP
 * response", ... */
const char *wspi_link_get_phase(const wspi_link *link);

/* -- sending --------------------------------------------------------------- */

/*
 * Takes the whole message or nothing. It leaves with the next flush, natively; a browser decides itself.
 * WSP_OK, WSP_ERR_OUT_OF_MEMORY, or WSP_ERR_NOT_OPEN when the connection is known to be gone.
 */
wsp_result wspi_link_send(wspi_link *link, const void *data, size_t size, wsp_write_mode mode);

/* Sends what was taken as far as it goes without waiting; so does the end of a turn. false when the
 * connection is known to be gone. Web: true, without effect. */
bool wspi_link_flush(wspi_link *link);

/* Queues a ping, ahead of waiting data. Results as send; web: WSP_ERR_UNSUPPORTED. */
wsp_result wspi_link_ping(wspi_link *link, const void *data, size_t size);

/* Queues the close frame behind all data. Code 0: no body. Afterwards messages that still arrive are reported
 * (web: not). WSP_ERR_OUT_OF_MEMORY: there will be no close frame; what was queued goes out, then ENDED. */
wsp_result wspi_link_close(wspi_link *link, int code, const char *reason, size_t reason_size);

/* Payload bytes accepted by send and not yet handed to the system or browser. */
size_t wspi_link_get_buffered_amount(const wspi_link *link);

/* The same, looked up anew where that costs something: before a message is refused. */
size_t wspi_link_refresh_buffered_amount(wspi_link *link);

/* Both in one question: the same bytes, and the messages among them; web: 0, a browser does not count them.
 */
typedef struct wspi_queued {
    size_t bytes;
    size_t messages;
} wspi_queued;
wspi_queued wspi_link_get_queued(const wspi_link *link);

/* -- server side: answers to REQUEST, once --------------------------------- */

/* Goes on with the decision taken through wsp_request_*; the default when none was. */
void wspi_link_answer(wspi_link *link);

/* -- waiting and foreign event loops --------------------------------------- */

/*
 * Sleeps until the link calls for a turn, at most `seconds` (negative: no limit). true when it does; false
 * when the time is over or a signal came. Web: returns false at once; on a pthread waits for an event.
 */
bool wspi_link_wait(wspi_link *link, double seconds);

intptr_t wspi_link_get_socket(const wspi_link *link);
bool wspi_link_wants_write(const wspi_link *link);

/* Seconds until the link wants a turn without news from its socket; 0 now, negative never. */
double wspi_link_get_delay(const wspi_link *link, double now);

/* -- facts ----------------------------------------------------------------- */

/* Numeric address and port of the other side; "" and 0 while unknown. The text lives as long as the link. */
const char *wspi_link_get_host(wspi_link *link);
uint16_t wspi_link_get_port(const wspi_link *link);

/* HTTP status of the handshake response (client: received, server: sent); 0 before and on the web. */
int wspi_link_get_http_status(const wspi_link *link);

/* A field of the other side's handshake; repeated ones joined with ", ". NULL when absent, and on the web.
 * Lives as long as the link. */
const char *wspi_link_get_header(wspi_link *link, const char *name);

/* The URL a server's client asked for, as ws[s]://Host/target; "" before the handshake. Lives as long as the
 * link. */
const char *wspi_link_get_url(wspi_link *link);

wsp_result wspi_link_set_no_delay(wspi_link *link, bool enabled);

/* TLS options of the right kind for a client? NULL counts as right. */
bool wspi_tls_options_are_client(const wsp_tls_options *options);

#endif
