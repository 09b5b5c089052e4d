/* SPDX-License-Identifier: MIT */
/*
 * The receiving half of a session: frames to messages (RFC 6455 5.4), control
 * frames (5.5), UTF-8 (8.1). Everything about a frame is judged from its head,
 * before a byte of payload is kept; every step consumes bytes or leaves.
 */
#include "protocol/session.h"

#include "memory.h"
#include "protocol/mask.h"

#include <string.h>

/* Any number of fragments is legal; empty ones cost the sender next to nothing, so their number is bounded.
 */
enum { FRAGMENTS_MIN = 65536, FRAGMENT_MEAN_SIZE = 16 };

static void set_receive_state(wspi_session_receiver *receiver, wspi_receive_state next)
{
    receiver->state = (uint8_t)next;
}

void wspi_session_stop_receiving(wspi_session *session)
{
    set_receive_state(&session->receiver, WSPI_RECEIVE_DONE);
}

static wspi_session_event_type fail(wspi_session *session, wspi_session_event *event, int code,
                                    wsp_result result, const char *text)
{
    wspi_session_fail(session, code, text);
    *event = (wspi_session_event){.code = code, .result = result, .text = text};
    return WSPI_SESSION_FAILED;
}

static wspi_session_event_type fail_protocol(wspi_session *session, wspi_session_event *event,
                                             const char *text)
{
    return fail(session, event, WSP_CLOSE_PROTOCOL_ERROR, WSP_ERR_PROTOCOL, text);
}

/* What is wrong with a frame by its first two bytes and length, whatever follows; NULL when nothing is. */
static const char *find_head_fault(const wspi_session *session, const wspi_frame_head *frame)
{
    if (frame->rsv != 0)
        return "a reserved bit is set without an extension (RFC 6455 5.2)";
    if (frame->is_masked != (session->role == WSPI_ROLE_SERVER))
        return session->role == WSPI_ROLE_SERVER ? "the client sent a frame without masking (RFC 6455 5.1)"
                                                 : "the server sent a masked frame (RFC 6455 5.1)";
    switch (frame->opcode) {
    case WSPI_OPCODE_TEXT:
    case WSPI_OPCODE_BINARY:
        return session->receiver.in_message ? "a new message began inside a fragmented one (RFC 6455 5.4)"
                                            : NULL;
    case WSPI_OPCODE_CONTINUATION:
        return session->receiver.in_message ? NULL : "a continuation without a message (RFC 6455 5.4)";
    case WSPI_OPCODE_CLOSE:
    case WSPI_OPCODE_PING:
    case WSPI_OPCODE_PONG:
        if (!frame->is_final)
            return "a fragmented control frame (RFC 6455 5.5)";
        return frame->payload_size > WSPI_CONTROL_PAYLOAD_MAX
                   ? "a control frame over 125 bytes (RFC 6455 5.5)"
                   : NULL;
    default: return "an unknown opcode (RFC 6455 5.2)";
    }
}

static wspi_session_event_type receive_close(wspi_session *session, const uint8_t *payload, size_t size,
                                             wspi_session_event *event)
{
    unsigned code = WSP_CLOSE_NO_STATUS;
    if (size == 1)
        return fail_protocol(session, event, "a close frame of one byte (RFC 6455 5.5.1)");
    if (size >= 2) {
        code = wspi_load_u16(payload);
        if (!wspi_close_code_is_receivable(code))
            return fail_protocol(session, event, "a close code that must not be sent (RFC 6455 7.4)");
        payload += 2;
        size -= 2;
        if (!wspi_close_reason_is_valid((const char *)payload, size))
            return fail(session, event, WSP_CLOSE_INVALID_DATA, WSP_ERR_PROTOCOL,
                        "a close reason that is not UTF-8 (RFC 6455 5.5.1)");
    } else {
        size = 0;
    }
    wspi_session_stop_receiving(session);
    /* 5.5.1: the reply echoes the status code, and the reason as Godot does; an empty frame is answered by an
     * empty one. */
    wsp_result result = wspi_session_answer_close(session, code == WSP_CLOSE_NO_STATUS ? 0 : (int)code,
                                                  (const char *)payload, size);
    if (result != WSP_OK)
        return fail(session, event, WSP_CLOSE_INTERNAL_ERROR, result, "out of memory for the close frame");
    event->code = (int)code;
    event->data = payload;
    event->size = size;
    return WSPI_SESSION_CLOSE;
}

/* 5.5: control frames may stand between fragments, so they never touch the message being assembled. */
static wspi_session_event_type receive_control(wspi_session *session, const wspi_frame_head *frame,
                                               uint8_t *payload, wspi_session_event *event)
{
    size_t size = (size_t)frame->payload_size;
    if (frame->is_masked)
        wspi_mask(payload, payload, size, frame->masking_key, 0);
    if (frame->opcode == WSPI_OPCODE_CLOSE)
        return receive_close(session, payload, size, event);
    if (frame->opcode == WSPI_OPCODE_PING) {
        if (wspi_session_send_pong(session, payload, size) == WSP_ERR_OUT_OF_MEMORY)
            return fail(session, event, WSP_CLOSE_INTERNAL_ERROR, WSP_ERR_OUT_OF_MEMORY, "out of memory");
        return WSPI_SESSION_MORE;
    }
    event->data = payload;
    event->size = size;
    return WSPI_SESSION_PONG;
}

static void begin_data_frame(wspi_session_receiver *receiver, const wspi_frame_head *frame)
{
    if (frame->opcode != WSPI_OPCODE_CONTINUATION) {
        receiver->is_text = frame->opcode == WSPI_OPCODE_TEXT;
        receiver->utf8 = (wspi_utf8){0};
        receiver->fragment_count = 0;
    }
    receiver->fragment_count++;
    receiver->in_message = true;
    receiver->frame_is_final = frame->is_final;
    receiver->payload_left = (size_t)frame->payload_size;
    receiver->key_offset = 0;
    memcpy(receiver->masking_key, frame->masking_key, sizeof receiver->masking_key);
    set_receive_state(receiver, WSPI_RECEIVE_PAYLOAD);
}

static size_t get_assembled_size(const wspi_session_receiver *receiver)
{
    return receiver->message != NULL ? receiver->message->size : 0;
}

static bool append_to_message(wspi_session_receiver *receiver, const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return true;
    if (receiver->message == NULL) {
        receiver->message = wspi_allocate(sizeof *receiver->message);
        if (receiver->message == NULL)
            return false;
        /* One more: a handler finds a zero byte behind its message. */
        wspi_byte_buffer_init(receiver->message, receiver->message_limit + 1);
    }
    return wspi_byte_buffer_append(receiver->message, bytes, size);
}

/* Judges a data frame by its head against the limits. MORE: it may begin. */
static wspi_session_event_type admit_data_frame(wspi_session *session, const wspi_frame_head *frame,
                                                const wspi_session_room *room, wspi_session_event *event)
{
    wspi_session_receiver *receiver = &session->receiver;
    size_t have = get_assembled_size(receiver);
    if (frame->payload_size > receiver->message_limit - have)
        return fail(session, event, WSP_CLOSE_MESSAGE_TOO_BIG, WSP_ERR_MESSAGE_TOO_BIG,
                    "a message larger than inbound_buffer_size");
    size_t fragment_limit = FRAGMENTS_MIN + receiver->message_limit / FRAGMENT_MEAN_SIZE;
    if (receiver->in_message && receiver->fragment_count >= wspi_min(fragment_limit, UINT32_MAX))
        return fail(session, event, WSP_CLOSE_POLICY_VIOLATION, WSP_ERR_MESSAGE_TOO_BIG,
                    "a message in too many fragments");
    if (room->packets == 0 || have + (size_t)frame->payload_size > room->bytes)
        return WSPI_SESSION_STALLED;
    begin_data_frame(receiver, frame);
    return WSPI_SESSION_MORE;
}

static wspi_session_event_type receive_head(wspi_session *session, uint8_t *bytes, size_t size,
                                            const wspi_session_room *room, size_t *out_consumed,
                                            wspi_session_event *event)
{
    wspi_frame_head frame;
    int head_size = wspi_frame_decode(bytes, size, &frame);
    if (size < 2)
        return WSPI_SESSION_MORE;
    const char *fault = find_head_fault(session, &frame);
    if (fault != NULL)
        return fail_protocol(session, event, fault);
    if (head_size < 0)
        return fail_protocol(session, event,
                             "a payload length that is not minimal or too long (RFC 6455 5.2)");
    if (head_size == 0)
        return WSPI_SESSION_MORE;

    if (wspi_opcode_is_control(frame.opcode)) {
        if (size - (size_t)head_size < frame.payload_size)
            return WSPI_SESSION_MORE;
        *out_consumed = (size_t)head_size + (size_t)frame.payload_size;
        return receive_control(session, &frame, bytes + head_size, event);
    }
    wspi_session_event_type type = admit_data_frame(session, &frame, room, event);
    if (type == WSPI_SESSION_MORE)
        *out_consumed = (size_t)head_size;
    return type;
}

wspi_session_event_type wspi_session_fail_text(wspi_session *session, bool is_cut, wspi_session_event *event)
{
    return fail(session, event, WSP_CLOSE_INVALID_DATA, WSP_ERR_PROTOCOL,
                is_cut ? "a text message that ends inside a character (RFC 6455 8.1)"
                       : "a text message that is not UTF-8 (RFC 6455 8.1)");
}

static wspi_session_event_type finish_message(wspi_session *session, const uint8_t *data, size_t size,
                                              wspi_session_event *event)
{
    wspi_session_receiver *receiver = &session->receiver;
    if (receiver->is_text && !wspi_utf8_is_complete(&receiver->utf8))
        return wspi_session_fail_text(session, true, event);
    receiver->in_message = false;
    event->data = data;
    event->size = size;
    event->is_text = receiver->is_text;
    return WSPI_SESSION_MESSAGE;
}

static wspi_session_event_type receive_payload(wspi_session *session, uint8_t *bytes, size_t size,
                                               size_t *out_consumed, wspi_session_event *event)
{
    wspi_session_receiver *receiver = &session->receiver;
    size_t piece = wspi_min(receiver->payload_left, size);
    if (session->role == WSPI_ROLE_SERVER)
        wspi_mask(bytes, bytes, piece, receiver->masking_key, receiver->key_offset);
    if (receiver->is_text && !wspi_utf8_feed(&receiver->utf8, bytes, piece))
        return wspi_session_fail_text(session, false, event);
    *out_consumed = piece;
    receiver->payload_left -= piece;
    receiver->key_offset = (uint8_t)((receiver->key_offset + piece) % sizeof receiver->masking_key);

    bool is_frame_whole = receiver->payload_left == 0;
    bool is_message_whole = is_frame_whole && receiver->frame_is_final;
    if (is_frame_whole)
        set_receive_state(receiver, WSPI_RECEIVE_HEAD);
    /* A message that came in one piece is handed on where it lies. */
    if (is_message_whole && get_assembled_size(receiver) == 0)
        return finish_message(session, bytes, piece, event);
    if (!append_to_message(receiver, bytes, piece))
        return fail(session, event, WSP_CLOSE_INTERNAL_ERROR, WSP_ERR_OUT_OF_MEMORY, "out of memory");
    if (!is_message_whole)
        return WSPI_SESSION_MORE;
    if (wspi_byte_buffer_reserve(receiver->message, 1) == NULL)
        return fail(session, event, WSP_CLOSE_INTERNAL_ERROR, WSP_ERR_OUT_OF_MEMORY, "out of memory");
    receiver->delivered = true;
    return finish_message(session, wspi_byte_buffer_bytes(receiver->message), receiver->message->size, event);
}

wspi_session_event_type wspi_session_receive(wspi_session *session, uint8_t *bytes, size_t size,
                                             const wspi_session_room *room, size_t *out_consumed,
                                             wspi_session_event *out_event)
{
    wspi_session_receiver *receiver = &session->receiver;
    wspi_session_event_type type = WSPI_SESSION_MORE;
    size_t total = 0;
    bool progress = size > 0; /* Otherwise `bytes` may be NULL, which allows no arithmetic. */
    while (type == WSPI_SESSION_MORE && progress) {
        size_t step = 0;
        unsigned before = receiver->state;
        if (receiver->state == WSPI_RECEIVE_HEAD)
            type = receive_head(session, bytes + total, size - total, room, &step, out_event);
        else if (receiver->state == WSPI_RECEIVE_PAYLOAD)
            type = receive_payload(session, bytes + total, size - total, &step, out_event);
        else
            step = size - total;
        total += step;
        /* An empty frame ends without consuming a byte of payload. */
        progress = step > 0 || receiver->state != before;
    }
    *out_consumed = total;
    return type;
}
