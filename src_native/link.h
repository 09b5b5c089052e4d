/* SPDX-License-Identifier: MIT */
#ifndef WSPI_LINK_H
#define WSPI_LINK_H

/*
 * The native link as its own files see it: one connection, moving bytes
 * between a stream and a session. backend_native.c answers backend.h,
 * link_opening.c brings a connection up, link_bytes.c reads and writes.
 *
 *   client  CONNECTING -> SECURING -> REQUESTING -> OPEN
 *   server  SECURING -> AWAITING -> DECIDING -> ANSWERED -> OPEN
 *   OPEN -> LINGERING           both close frames, or a failure of ours
 *   AWAITING, ANSWERED -> LINGERING     an HTTP refusal is on its way out
 *   any -> ENDED
 */

#include "backend.h"
#include "net/connector.h"
#include "net/stream_tls.h"
#include "protocol/handshake_client.h"
#include "protocol/handshake_server.h"
#include "protocol/session.h"
#include "request.h"

typedef enum wspi_link_phase {
    WSPI_LINK_CONNECTING, /* resolving, then racing addresses */
    WSPI_LINK_SECURING,   /* TLS handshake; nothing for plain TCP */
    WSPI_LINK_REQUESTING, /* client: the request is sent, the response is read */
    WSPI_LINK_AWAITING,   /* server: the request is read */
    WSPI_LINK_DECIDING,   /* server: the program is asked */
    WSPI_LINK_ANSWERED,   /* server: the decision is to be reported */
    WSPI_LINK_OPEN,       /* frames */
    WSPI_LINK_LINGERING,  /* what is queued goes out, what comes in is ignored, until the other side ends */
    WSPI_LINK_ENDED       /* closed; only facts are left */
} wspi_link_phase;

/* What only the opening handshake needs. */
typedef struct wspi_opening {
    wspi_connector *connector;  /* client: until there is a stream */
    wspi_byte_buffer out;       /* request or response, before any frame */
    wspi_string_list protocols; /* as they were at the start */
    wspi_string_list headers;   /* server: for the 101 */
    wspi_handshake_client client;
    wsp_tls_options *tls;        /* client of wss://: a share, until its stream is made */
    wspi_url tls_url;            /* whom it secures the connection with; without the target */
    wspi_http_head request_head; /* server */
    wspi_handshake_verdict verdict;
    wsp_request request;
    double now;           /* of this turn */
    double body_deadline; /* client: when to stop waiting for a refusal's body; 0: not waiting */
} wspi_opening;

/* What most programs never ask for, and most connections never have. */
typedef struct wspi_link_facts {
    char *url;       /* server: what the client asked for */
    char *joined;    /* answer of the last look-up of a repeated header */
    char *host_text; /* the remote address */
    char *failure_text;
} wspi_link_facts;

/* What a client asked for, held by each link that it counts: those of a server mostly ask for the same. */
typedef struct wspi_shared_url {
    size_t holders;
    char text[];
} wspi_shared_url;

/*
 * What the links of a wsp_server have in common: one receive buffer, lent to the link whose turn it is. What
 * a turn leaves unused moves to a buffer of the link's own and goes in front of its next read.
 */
typedef struct wspi_link_share {
    wspi_byte_buffer in; /* as large as one read may be */
    wspi_byte_buffer
        *detached;          /* of a link that was abandoned: the message that a handler may be looking at */
    wspi_data_queue *spare; /* an empty one that the link whose turn it is sends through; or NULL */
    wspi_shared_url *url;   /* the newest one; or NULL */
    bool is_lent;
    bool takes_http; /* plain requests are reported, and not refused */
} wspi_link_share;

/* A server keeps thousands of these: what an open and idle connection does not need is made on demand. */
struct wspi_link {
    wsp_stream *stream;        /* NULL before the connection and after its end */
    wspi_opening *opening;     /* until the handshake is over and its last byte is sent */
    wspi_http_kept_head *head; /* the other side's, for look-ups; NULL before it was read */
    wspi_link_facts *facts;    /* NULL: none yet */
    wspi_byte_buffer *in;      /* read and not yet used; NULL: nothing; in a turn perhaps the share's */
    wspi_link_share *share;    /* of a server's link, else NULL */
    wspi_shared_url *url;      /* of a server's link whose head is forgotten; else NULL */
    union {
        wspi_session session; /* until the link is abandoned */
        wspi_address remote;  /* from then on: what the stream knew */
    };
    uint32_t read_budget; /* left in this turn */
    uint16_t http_status;
    uint8_t phase;  /* wspi_link_phase */
    uint8_t role;   /* wspi_role */
    int8_t failure; /* wsp_result */
    bool is_abandoned : 1;
    bool is_secure : 1;
    bool no_delay : 1;
    bool is_in_turn : 1;
    bool is_read_dry : 1;
    bool has_heard : 1;
    bool is_reading_bulk : 1;  /* the last read was full: more is waiting */
    bool is_stalled : 1;       /* `in` begins with a data frame that the packet queue has no room for */
    bool has_unused_input : 1; /* `in` may hold another whole frame */
    bool has_more_input : 1;   /* the turn's budget ended the reading */
    bool has_write_failed : 1;
    bool is_send_shut : 1;
};

/* Whether bytes wait to be written and still can be. */
static inline bool wspi_link_has_output(const wspi_link *link)
{
    if (link->has_write_failed || link->stream == NULL)
        return false;
    if (link->stream->wants_write || link->phase <= WSPI_LINK_SECURING)
        return link->stream->wants_write;
    return (link->opening != NULL && link->opening->out.size > 0) || wspi_session_has_output(&link->session);
}

/* The one place where the phase changes. */
void wspi_link_set_phase(wspi_link *link, wspi_link_phase next);

/* How far one step of a phase came. */
typedef enum wspi_step {
    WSPI_STEP_AGAIN, /* the phase or the input changed: go on */
    WSPI_STEP_WAIT,  /* nothing more without waiting */
    WSPI_STEP_REPORT /* *out_type and *out_event are filled in */
} wspi_step;

/* Remembers why the connection ends (the first reason counts); reports ENDED. */
wspi_step wspi_link_end(wspi_link *link, wsp_result result, const char *text, wspi_event_type *out_type,
                        wspi_event *out_event);

/* The first reason counts; the text is copied. */
void wspi_link_set_failure(wspi_link *link, wsp_result result, const char *text);

/* Reports FAILED and lingers until the bytes that tell the other side are gone. */
wspi_step wspi_link_fail(wspi_link *link, wsp_result result, const char *text, wspi_event_type *out_type,
                         wspi_event *out_event);

/* -- link_opening.c -------------------------------------------------------- */

wspi_opening *wspi_opening_create(const wspi_settings *settings);
void wspi_opening_destroy(wspi_opening *opening);

/* Frees what only the handshake needed, unless bytes of it still wait to be sent. */
void wspi_link_finish_opening(wspi_link *link);

wspi_step wspi_link_step_connecting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event);
wspi_step wspi_link_step_securing(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event);
wspi_step wspi_link_step_requesting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event);
wspi_step wspi_link_step_awaiting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event);
wspi_step wspi_link_step_answered(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event);

/* -- link_served.c --------------------------------------------------------- */

void wspi_link_share_init(wspi_link_share *share, size_t size);
/* Allocates the buffer; once is enough. false when memory is out. */
bool wspi_link_share_reserve(wspi_link_share *share);
/* Frees it; no link is in a turn. */
void wspi_link_share_release(wspi_link_share *share);

/* Makes an accepted link a server's, before its first turn. */
void wspi_link_join(wspi_link *link, wspi_link_share *share, wspi_readiness *readiness);

/* Whether it is as nearly every turn leaves it: open, in plain TCP, watched for reading, with nothing to
 * write and nothing waiting that was read. Then wspi_link_update_watch changes nothing and there is no delay.
 */
static inline bool wspi_link_is_at_rest(const wspi_link *link)
{
    const wsp_stream *stream = link->stream;
    return link->phase == WSPI_LINK_OPEN && stream->tls == NULL && stream->readiness.is_watched &&
           stream->readiness.wants_read && !stream->readiness.wants_write && !link->is_stalled &&
           !link->has_more_input && !wspi_link_has_output(link);
}

/* Watches the socket for what the link waits for now; nothing at all when it cannot go on by itself. false
 * when the set did not take it. */
bool wspi_link_update_watch(wspi_link *link, void *token);

/* The next turn may read. */
void wspi_link_set_ready(wspi_link *link);

/* The request target as sent; "" before it was read and once it was forgotten. */
const char *wspi_link_get_resource(const wspi_link *link);

/* What the client asked for, to be given to wspi_string_free; NULL on a client, without a head, and when
 * memory is out.
 */
char *wspi_link_make_url(const wspi_link *link);

/* Frees the client's request but for its URL; look-ups answer NULL from now on. */
void wspi_link_forget_head(wspi_link *link);

/* One link less holds it. Safe with NULL. */
void wspi_shared_url_release(wspi_shared_url *url);

/* Frees the address as text, which was made for the request and is made again when asked for. */
void wspi_link_forget_host(wspi_link *link);

/* Gives the share's buffer back, if the link has it, with whatever is in it. */
void wspi_link_leave_share(wspi_link *link);

/* In a turn: keeps the message that was reported last where it is until the share is given back. */
void wspi_link_detach_message(wspi_link *link);

/* Sends one frame that was encoded for all. Results as wspi_link_send. */
wsp_result wspi_link_send_frame(wspi_link *link, const uint8_t *frame, size_t size, bool at_once);

/* Whether buffers that are empty now will be needed soon: a link of its own that heard something in this
 * turn. Those of up to WSPI_LINK_KEPT_MAX bytes are then kept. */
#define WSPI_LINK_KEPT_MAX 1024
static inline bool wspi_link_is_busy(const wspi_link *link)
{
    return link->has_heard && link->share == NULL && link->phase == WSPI_LINK_OPEN && link->opening == NULL;
}

/* -- link_bytes.c ---------------------------------------------------------- */

/* Bytes in `in`. */
static inline size_t wspi_link_get_input_size(const wspi_link *link)
{
    return link->in != NULL ? link->in->size : 0;
}

/* The first `size` bytes of `in` were used. */
static inline void wspi_link_consume_input(wspi_link *link, size_t size)
{
    if (link->in != NULL)
        wspi_byte_buffer_consume(link->in, size);
}

/* Frees `in`, and what it holds. */
void wspi_link_drop_input(wspi_link *link);

/* Reads some bytes into `in`. OK: there are new ones; WAIT also when the turn's budget is spent. */
wspi_io wspi_link_read(wspi_link *link);

/* Writes as much of the pieces as goes without waiting, ahead of nothing. false: the connection is gone. */
bool wspi_link_write_now(wspi_link *link, const wspi_bytes *pieces, size_t count, size_t *out_written);

/* The end of a turn: bytes in the share's buffer move to one of the link's own, and what holds nothing is
 * given back. */
void wspi_link_return_input(wspi_link *link);

/* Ends the connection as a stream that failed or ended too early. */
wspi_step wspi_link_end_lost(wspi_link *link, wspi_io how, wspi_event_type *out_type, wspi_event *out_event);

#endif
