/* SPDX-License-Identifier: MIT */
/*
 * The sending half of a session: messages to bytes (RFC 6455 5.3, 6.1), and the
 * order in which bytes leave. Messages are never fragmented. What control
 * frames say is session_control.c's. The queue of data frames
 * is one run of encoded bytes; frame boundaries are read back from the heads
 * in it, so no list of messages is kept beside it.
 */
#include "protocol/session.h"

#include "memory.h"
#include "protocol/mask.h"

#include <string.h>

/* 5.3, 10.3: a fresh key for every frame, from a source that cannot be predicted. */
static bool draw_masking_key(wspi_session *session, uint8_t out_key[4])
{
    wspi_session_sender *sender = &session->sender;
    if (sender->keys == NULL) {
        sender->keys = wspi_allocate(sizeof *sender->keys);
        if (sender->keys == NULL)
            return session->random(out_key, 4);
        sender->keys->used = WSPI_KEY_POOL_SIZE;
    }
    if (sender->keys->used == WSPI_KEY_POOL_SIZE) {
        if (!session->random(sender->keys->bytes, WSPI_KEY_POOL_SIZE))
            return false;
        sender->keys->used = 0;
    }
    memcpy(out_key, sender->keys->bytes + sender->keys->used, 4);
    memset(sender->keys->bytes + sender->keys->used, 0, 4);
    sender->keys->used += 4;
    return true;
}

/* Appends one final frame to a buffer: all of it or nothing. */
static inline wsp_result append_frame(wspi_session *session, wspi_byte_buffer *buffer, wspi_opcode opcode,
                                      wspi_bytes payload)
{
    bool is_masked = session->role == WSPI_ROLE_CLIENT;
    uint8_t key[4] = {0};
    if (is_masked && !draw_masking_key(session, key))
        return WSP_ERR_FAILED;

    uint8_t *to = wspi_byte_buffer_reserve(buffer, WSPI_FRAME_HEAD_MAX + payload.size);
    if (to == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    size_t head_size = wspi_frame_encode(to, true, opcode, payload.size, is_masked ? key : NULL);
    if (is_masked)
        wspi_mask(to + head_size, payload.data, payload.size, key, 0);
    else if (payload.size > 0)
        memcpy(to + head_size, payload.data, payload.size);
    wspi_byte_buffer_commit(buffer, head_size + payload.size);
    return WSP_OK;
}

/* The queue of data frames, made when the first one comes. NULL when memory is out. */
static wspi_data_queue *need_data(wspi_session_sender *sender)
{
    if (sender->data == NULL) {
        sender->data = wspi_allocate_zeroed(sizeof *sender->data);
        /* What may be queued is judged by payload, before it comes here; frame heads come on top. */
        if (sender->data != NULL)
            wspi_byte_buffer_init(&sender->data->bytes, SIZE_MAX);
    }
    return sender->data;
}

wsp_result wspi_session_append_frame(wspi_session *session, wspi_byte_buffer *buffer_or_null,
                                     wspi_opcode opcode, wspi_bytes payload)
{
    if (buffer_or_null != NULL)
        return append_frame(session, buffer_or_null, opcode, payload);
    wspi_data_queue *queue = need_data(&session->sender);
    return queue != NULL ? append_frame(session, &queue->bytes, opcode, payload) : WSP_ERR_OUT_OF_MEMORY;
}

wsp_result wspi_session_send(wspi_session *session, const void *data, size_t size, wsp_write_mode mode)
{
    if (!wspi_session_can_send(session))
        return WSP_ERR_NOT_OPEN;
    wspi_opcode opcode = mode == WSP_WRITE_MODE_TEXT ? WSPI_OPCODE_TEXT : WSPI_OPCODE_BINARY;
    wspi_data_queue *queue = need_data(&session->sender);
    if (queue == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    wsp_result result = append_frame(session, &queue->bytes, opcode, (wspi_bytes){data, size});
    if (result == WSP_OK) {
        queue->queued_payload += size;
        queue->queued_messages++;
    }
    return result;
}

bool wspi_session_send_frame(wspi_session *session, const uint8_t *frame, size_t size)
{
    wspi_frame_head head;
    (void)wspi_frame_decode(frame, size, &head);
    wspi_data_queue *queue = need_data(&session->sender);
    if (queue == NULL || !wspi_byte_buffer_append(&queue->bytes, frame, size))
        return false;
    queue->queued_payload += (size_t)head.payload_size;
    queue->queued_messages++;
    return true;
}

void wspi_data_queue_destroy(wspi_data_queue *queue)
{
    if (queue != NULL)
        wspi_byte_buffer_release(&queue->bytes);
    wspi_free(queue, sizeof *queue);
}

void wspi_session_drop_data(wspi_session *session)
{
    wspi_data_queue_destroy(session->sender.data);
    session->sender.data = NULL;
}

size_t wspi_session_get_output(wspi_session *session, wspi_bytes out_pieces[WSPI_SESSION_PIECES])
{
    size_t control_size = session->sender.control != NULL ? wspi_session_prepare_control(session) : 0;
    const wspi_data_queue *queue = session->sender.data;
    const uint8_t *data = queue != NULL ? wspi_byte_buffer_bytes(&queue->bytes) : NULL;
    size_t size = queue != NULL ? queue->bytes.size : 0;
    size_t first = control_size == 0 ? size : queue != NULL ? queue->frame_left : 0;
    size_t count = 0;
    if (first > 0)
        out_pieces[count++] = (wspi_bytes){data, first};
    if (control_size > 0)
        out_pieces[count++] =
            (wspi_bytes){wspi_byte_buffer_bytes(&session->sender.control->out), control_size};
    if (size > first)
        out_pieces[count++] = (wspi_bytes){data + first, size - first};
    return count;
}

/* Reads the head of the frame that now begins to leave. */
static void begin_frame(wspi_session *session)
{
    wspi_data_queue *queue = session->sender.data;
    wspi_control_queue *control = session->sender.control;
    wspi_frame_head frame;
    int head_size = wspi_frame_decode(wspi_byte_buffer_bytes(&queue->bytes), queue->bytes.size, &frame);
    queue->frame_left = (size_t)head_size + (size_t)frame.payload_size;
    queue->frame_is_message = !wspi_opcode_is_control(frame.opcode);
    queue->frame_payload_left = queue->frame_is_message ? (size_t)frame.payload_size : 0;
    session->close_started = frame.opcode == WSPI_OPCODE_CLOSE;
    /* Nothing may follow a close frame (5.5.1): what waits for a boundary waits for ever. */
    if (session->close_started && control != NULL)
        control->pong.is_waiting = control->ping.is_waiting = false;
}

static size_t advance_frame(wspi_data_queue *queue, size_t size)
{
    size_t step = wspi_min(size, queue->frame_left);
    wspi_byte_buffer_consume(&queue->bytes, step);
    queue->frame_left -= step;
    size_t payload_left = wspi_min(queue->frame_payload_left, queue->frame_left);
    queue->queued_payload -= queue->frame_payload_left - payload_left;
    queue->frame_payload_left = payload_left;
    if (queue->frame_left == 0 && queue->frame_is_message)
        queue->queued_messages--;
    return step;
}

/* Without a close frame among them, nothing needs to be known of frames that all left. */
static bool empty_queue(wspi_session *session, size_t size)
{
    wspi_data_queue *queue = session->sender.data;
    if (queue == NULL || size != queue->bytes.size || session->sender.control != NULL ||
        session->closing != WSPI_CLOSING_OPEN)
        return false;
    wspi_byte_buffer_consume(&queue->bytes, size);
    queue->frame_left = queue->frame_payload_left = 0;
    queue->queued_payload = queue->queued_messages = 0;
    return true;
}

void wspi_session_output_written(wspi_session *session, size_t size)
{
    if (empty_queue(session, size))
        return;
    while (size > 0) {
        wspi_data_queue *queue = session->sender.data;
        wspi_control_queue *control = session->sender.control;
        bool is_at_boundary = queue == NULL || queue->frame_left == 0;
        if (is_at_boundary && control != NULL && control->out.size > 0) {
            size_t step = wspi_min(size, control->out.size);
            wspi_byte_buffer_consume(&control->out, step);
            size -= step;
            continue;
        }
        if (is_at_boundary)
            begin_frame(session);
        size -= advance_frame(queue, size);
    }
}

void wspi_session_drop_output(wspi_session *session)
{
    wspi_session_drop_data(session);
    wspi_session_drop_control(session);
}
