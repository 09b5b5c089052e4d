/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SESSION_H
#define WSPI_SESSION_H

/*
 * One side of an open WebSocket connection (RFC 6455 5-8) as bytes in, events
 * out, bytes out. No socket, clock or global: input is fed, output is fetched,
 * randomness is a function. Deadlines are the caller's.
 *
 *   receiving   HEAD -> PAYLOAD -> HEAD ...            (session_receive.c)
 *               any -> DONE after a close frame or a failure
 *   closing     OPEN -> SENT -> BOTH                   (session_control.c)
 *               OPEN -> BOTH   the other side closed first, the reply is queued
 *               OPEN, SENT -> FAILED   the other side broke the protocol
 *   output      data frames in order, the close frame as the last of them;
 *               pings and pongs go ahead at the next frame boundary (session_send.c)
 */

#include "byte_buffer.h"
#include "close_code.h"
#include "protocol/frame.h"
#include "utf8.h"
#include "wspeer/peer.h"

typedef enum wspi_role { WSPI_ROLE_CLIENT, WSPI_ROLE_SERVER } wspi_role;

typedef enum wspi_receive_state {
    WSPI_RECEIVE_HEAD,    /* between frames */
    WSPI_RECEIVE_PAYLOAD, /* inside a data frame */
    WSPI_RECEIVE_DONE     /* whatever still comes is ignored */
} wspi_receive_state;

typedef enum wspi_closing_state {
    WSPI_CLOSING_OPEN,
    WSPI_CLOSING_SENT,  /* our close frame is queued or sent, theirs is awaited */
    WSPI_CLOSING_BOTH,  /* both exist; ours may still be queued */
    WSPI_CLOSING_FAILED /* ours carries the error; theirs no longer matters (7.1.7) */
} wspi_closing_state;

typedef enum wspi_session_event_type {
    WSPI_SESSION_MORE,    /* feed more bytes */
    WSPI_SESSION_STALLED, /* the next data frame does not fit `room`; feed the rest again when it might */
    WSPI_SESSION_MESSAGE, /* data, size, is_text */
    WSPI_SESSION_PONG,    /* data, size */
    WSPI_SESSION_CLOSE,   /* code (1005 when the frame was empty), data, size: the reason; the reply is queued
                           */
    WSPI_SESSION_FAILED   /* result, text; a close frame with the right code is queued */
} wspi_session_event_type;

/* Pointers are into the fed bytes or the session; valid until the next feed or
 * trim. The byte behind a message that did not come in one piece may be written too. */
typedef struct wspi_session_event {
    const uint8_t *data;
    size_t size;
    const char *text;
    int code;
    wsp_result result;
    bool is_text;
} wspi_session_event;

/* What the receiver of messages can take now: payload bytes, and whether a further message at all. */
typedef struct wspi_session_room {
    size_t bytes;
    size_t packets;
} wspi_session_room;

/* Fills `out` from the system's generator; false when it cannot (10.3: no key must be guessable). */
typedef bool wspi_random_function(void *out, size_t size);

typedef struct wspi_control_payload {
    bool is_waiting;
    uint8_t size;
    uint8_t bytes[WSPI_CONTROL_PAYLOAD_MAX];
} wspi_control_payload;

/* Control frames waiting to be sent. Exists only while some do: most connections never need it. */
typedef struct wspi_control_queue {
    wspi_byte_buffer out;       /* pings and pongs, encoded, on their way */
    wspi_control_payload pong;  /* not encoded yet: once `out` is full, a newer ping replaces it */
    wspi_control_payload ping;  /* the same, a newer one of ours replaces it */
    wspi_control_payload close; /* a close frame for which memory or randomness was missing: tried again */
} wspi_control_queue;

/* Masking keys are drawn in batches: one system call for many frames. Clients only. */
#define WSPI_KEY_POOL_SIZE 128
typedef struct wspi_key_pool {
    uint8_t bytes[WSPI_KEY_POOL_SIZE];
    uint8_t used;
} wspi_key_pool;

/* Messages waiting to be sent, and the close frame behind them. Exists only while they do. */
typedef struct wspi_data_queue {
    wspi_byte_buffer bytes;    /* encoded frames */
    size_t frame_left;         /* bytes of the frame at the front once its first byte is gone */
    size_t frame_payload_left; /* payload bytes among them; 0 for the close frame */
    size_t queued_payload;     /* payload bytes of messages not yet handed over */
    size_t queued_messages;
    bool frame_is_message; /* the frame at the front belongs to a message */
} wspi_data_queue;

/* Fields are as narrow as what they hold: a server keeps thousands of idle sessions. */
typedef struct wspi_session_receiver {
    wspi_byte_buffer *message; /* the beginning of one that did not come in one piece, or NULL */
    size_t message_limit;
    size_t payload_left; /* of the data frame being read */
    wspi_utf8 utf8;
    uint32_t fragment_count;
    uint8_t masking_key[4]; /* of that frame; a server's only, since a client's frames arrive unmasked */
    uint8_t key_offset;     /* which byte of the key is next */
    uint8_t state;          /* wspi_receive_state */
    bool frame_is_final : 1;
    bool in_message : 1; /* a fragmented message waits for its continuation */
    bool is_text : 1;    /* that message */
    bool delivered : 1;  /* `message` was reported and is to be released */
} wspi_session_receiver;

typedef struct wspi_session_sender {
    wspi_data_queue *data;       /* NULL while no data waits */
    wspi_control_queue *control; /* NULL while no control frame waits */
    wspi_key_pool *keys;
} wspi_session_sender;

typedef struct wspi_session {
    wspi_random_function *random;
    wspi_session_receiver receiver;
    wspi_session_sender sender;
    uint8_t role;       /* wspi_role */
    uint8_t closing;    /* wspi_closing_state */
    bool close_started; /* the close frame's first byte is gone: nothing may follow it */
} wspi_session;

/* `message_limit`: bytes of the longest message accepted. Nothing is allocated. */
void wspi_session_init(wspi_session *session, wspi_role role, size_t message_limit,
                       wspi_random_function *random);
void wspi_session_release(wspi_session *session);

/*
 * Reads bytes up to the next event. They are unmasked in place. *out_consumed
 * were used; the rest must be fed again, together with what follows it.
 */
wspi_session_event_type wspi_session_feed(wspi_session *session, uint8_t *bytes, size_t size,
                                          const wspi_session_room *room, size_t *out_consumed,
                                          wspi_session_event *out_event);

/* Queues one message as one frame. The caller has checked limits and UTF-8. WSP_OK, WSP_ERR_OUT_OF_MEMORY,
 * WSP_ERR_NOT_OPEN once a close frame is queued, or WSP_ERR_FAILED when there is no randomness for the
 * masking key. Otherwise nothing changed. */
wsp_result wspi_session_send(wspi_session *session, const void *data, size_t size, wsp_write_mode mode);

/* Whether a message would be taken; the same for a frame that was encoded by wspi_frame_encode without a
 * masking key, of a server's session. false: memory is out, nothing changed. */
static inline bool wspi_session_can_send(const wspi_session *session)
{
    return session->closing == WSPI_CLOSING_OPEN;
}

bool wspi_session_send_frame(wspi_session *session, const uint8_t *frame, size_t size);

/* Queues a ping or pong of at most 125 bytes ahead of data. Pongs go out one for one as long as few bytes of
 * them wait, then a newer one replaces the last (5.5.3); a newer ping replaces one not yet on its way. */
wsp_result wspi_session_send_ping(wspi_session *session, const void *data, size_t size);
wsp_result wspi_session_send_pong(wspi_session *session, const void *data, size_t size);

/* Queues the close frame behind all data. code 0: no body. Only once; later calls do nothing. Where memory or
 * randomness is missing it is kept and tried again with each output. WSP_ERR_OUT_OF_MEMORY when even that is
 * impossible: no close frame will come, nothing more is read, and the caller has to end the connection. */
wsp_result wspi_session_close(wspi_session *session, int code, const char *reason, size_t reason_size);

/* Their close frame has come: queues the answer unless ours exists already (5.5.1). code 0: no body. Results
 * as wspi_session_close. */
wsp_result wspi_session_answer_close(wspi_session *session, int code, const char *reason, size_t reason_size);

/* Fails the connection (7.1.7): queues a close frame, stops reading. */
void wspi_session_fail(wspi_session *session, int code, const char *text);

/* The message that was reported last, if it is in memory of the session: from now on the caller's. */
wspi_byte_buffer *wspi_session_detach_message(wspi_session *session);

/* wspi_session_feed, frame by frame. */
wspi_session_event_type wspi_session_receive(wspi_session *session, uint8_t *bytes, size_t size,
                                             const wspi_session_room *room, size_t *out_consumed,
                                             wspi_session_event *out_event);

/* Fails the connection over a text that is not UTF-8, or ends too early. */
wspi_session_event_type wspi_session_fail_text(wspi_session *session, bool is_cut, wspi_session_event *event);

/* Between the halves: whatever still comes is ignored. */
void wspi_session_stop_receiving(wspi_session *session);

/* The same between the files: forgets the message being assembled, or what waits to be sent. */
void wspi_session_drop_message(wspi_session *session);
void wspi_session_drop_control(wspi_session *session);

void wspi_session_drop_data(wspi_session *session);

/* Appends one final frame, to the data where no buffer is given: all of it or nothing. */
wsp_result wspi_session_append_frame(wspi_session *session, wspi_byte_buffer *buffer_or_null,
                                     wspi_opcode opcode, wspi_bytes payload);

/* Encodes control frames that wait in slots; bytes of pings and pongs that may go out now. There is a queue
 * of them. */
size_t wspi_session_prepare_control(wspi_session *session);

/* Whether a control frame waits that is not among the data. */
static inline bool wspi_session_has_control(const wspi_session *session)
{
    const wspi_control_queue *control = session->sender.control;
    return control != NULL && (control->out.size > 0 || control->pong.is_waiting ||
                               control->ping.is_waiting || control->close.is_waiting);
}

/* The limit given to wspi_session_init. */
static inline size_t wspi_session_get_message_limit(const wspi_session *session)
{
    return session->receiver.message_limit;
}

/* Bytes to write, in order, as up to 3 pieces; 0 when there are none. Valid until the next call on the
 * session. */
#define WSPI_SESSION_PIECES 3
size_t wspi_session_get_output(wspi_session *session, wspi_bytes out_pieces[WSPI_SESSION_PIECES]);

/* The first `size` bytes of that output were handed over. */
void wspi_session_output_written(wspi_session *session, size_t size);

/* Forgets everything waiting to be written: the connection can take nothing more. */
void wspi_session_drop_output(wspi_session *session);

/* Payload bytes of messages not yet handed over, and how many messages these are. */
static inline size_t wspi_session_get_queued_payload(const wspi_session *session)
{
    return session->sender.data != NULL ? session->sender.data->queued_payload : 0;
}

static inline size_t wspi_session_get_queued_messages(const wspi_session *session)
{
    return session->sender.data != NULL ? session->sender.data->queued_messages : 0;
}

/* Whether anything waits to be written. */
static inline bool wspi_session_has_output(const wspi_session *session)
{
    const wspi_data_queue *queue = session->sender.data;
    return (queue != NULL && queue->bytes.size > 0) || wspi_session_has_control(session);
}

/* Gives buffers back that hold nothing. For the end of a turn. */
void wspi_session_trim(wspi_session *session);

/* Making a queue for each turn would cost more than sending a short message. *spare, or NULL, is lent to a
 * session that has none... */
static inline void wspi_session_lend_queue(wspi_session *session, wspi_data_queue **spare)
{
    if (session->sender.data != NULL)
        return;
    session->sender.data = *spare;
    *spare = NULL;
}

/* ... and taken from it when it is empty, no larger than that, and *spare is NULL. */
static inline void wspi_session_take_queue(wspi_session *session, wspi_data_queue **spare,
                                           size_t max_capacity)
{
    wspi_data_queue *queue = session->sender.data;
    if (queue == NULL || *spare != NULL || queue->bytes.size > 0 || queue->bytes.capacity > max_capacity)
        return;
    session->sender.data = NULL;
    *spare = queue;
}

/* Frees a queue. NULL is allowed. */
void wspi_data_queue_destroy(wspi_data_queue *queue);

#endif
