/* SPDX-License-Identifier: MIT */
/*
 * Where bytes enter a session. A message in one frame that is here entirely, as
 * nearly all are (RFC 6455 5.2, 5.6), is taken in one go; everything else, also
 * what is wrong with a frame, is left to the states of session_receive.c.
 */
#include "protocol/session.h"

#include "protocol/mask.h"

/* Size of the head of a whole message that may be taken now; 0: something else. */
static size_t find_whole(const wspi_session *session, const uint8_t *bytes, size_t size,
                         const wspi_session_room *room, size_t *out_payload_size)
{
    const wspi_session_receiver *receiver = &session->receiver;
    if (receiver->state != WSPI_RECEIVE_HEAD || receiver->in_message || room->packets == 0)
        return 0;
    bool is_masked = session->role == WSPI_ROLE_SERVER;
    size_t head_size = wspi_frame_decode_whole(bytes, size, is_masked, out_payload_size);
    return *out_payload_size <= wspi_min(room->bytes, receiver->message_limit) ? head_size : 0;
}

static wspi_session_event_type check_text(wspi_session *session, const uint8_t *payload, size_t size,
                                          wspi_session_event *event)
{
    wspi_utf8 validator = {0};
    if (!wspi_utf8_feed(&validator, payload, size))
        return wspi_session_fail_text(session, false, event);
    return wspi_utf8_is_complete(&validator) ? WSPI_SESSION_MESSAGE
                                             : wspi_session_fail_text(session, true, event);
}

wspi_session_event_type wspi_session_feed(wspi_session *session, uint8_t *bytes, size_t size,
                                          const wspi_session_room *room, size_t *out_consumed,
                                          wspi_session_event *out_event)
{
    if (session->receiver.delivered)
        wspi_session_drop_message(session);
    size_t payload_size = 0;
    size_t head_size = find_whole(session, bytes, size, room, &payload_size);
    if (head_size == 0)
        return wspi_session_receive(session, bytes, size, room, out_consumed, out_event);
    uint8_t *payload = bytes + head_size;
    bool is_text = (bytes[0] & 0x0f) == WSPI_OPCODE_TEXT;
    *out_consumed = head_size + payload_size;
    out_event->data = payload;
    out_event->size = payload_size;
    out_event->is_text = is_text;
    if (session->role == WSPI_ROLE_SERVER)
        wspi_mask(payload, payload, payload_size, payload - 4, 0);
    return is_text ? check_text(session, payload, payload_size, out_event) : WSPI_SESSION_MESSAGE;
}
