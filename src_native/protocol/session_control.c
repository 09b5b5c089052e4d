/* SPDX-License-Identifier: MIT */
/*
 * Pings, pongs and the close frame of a session (RFC 6455 5.5, 7.1): what waits
 * to be sent of them, and the state of closing. Their bytes leave through
 * session_send.c.
 */
#include "protocol/session.h"

#include "memory.h"

#include <assert.h>
#include <string.h>

/* Bytes of encoded control frames above which newer ones wait in their slots. */
enum { CONTROL_BACKLOG_MAX = 1024 };

/* The queue of control frames, made when the first one comes. NULL when memory is out. */
static wspi_control_queue *need_control(wspi_session_sender *sender)
{
    if (sender->control == NULL) {
        sender->control = wspi_allocate_zeroed(sizeof *sender->control);
        if (sender->control != NULL)
            wspi_byte_buffer_init(&sender->control->out, SIZE_MAX);
    }
    return sender->control;
}

static void fill_slot(wspi_control_payload *slot, wspi_bytes payload)
{
    slot->is_waiting = true;
    slot->size = (uint8_t)payload.size;
    if (payload.size > 0)
        memcpy(slot->bytes, payload.data, payload.size);
}

/* Without memory or randomness the slot is kept and tried again at the next output. */
static void encode_slot(wspi_session *session, wspi_control_payload *slot, wspi_opcode opcode)
{
    if (!slot->is_waiting)
        return;
    wspi_bytes payload = {slot->bytes, slot->size};
    wsp_result result =
        opcode == WSPI_OPCODE_CLOSE
            ? wspi_session_append_frame(session, NULL, opcode, payload)
            : wspi_session_append_frame(session, &session->sender.control->out, opcode, payload);
    slot->is_waiting = result != WSP_OK;
}

static bool can_control_go(const wspi_session *session)
{
    return !session->close_started && session->closing != WSPI_CLOSING_FAILED;
}

/* Only the newest ping of ours is worth sending: one not yet on its way is replaced. */
wsp_result wspi_session_send_ping(wspi_session *session, const void *data, size_t size)
{
    if (!can_control_go(session))
        return WSP_ERR_NOT_OPEN;
    wspi_control_queue *control = need_control(&session->sender);
    if (control == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    fill_slot(&control->ping, (wspi_bytes){data, size});
    return WSP_OK;
}

/* Every ping has its answer, in order, until a peer that sends pings and reads nothing has filled the
 * backlog: then the newest pong replaces the one that waits (5.5.3, bad-inputs P2). */
wsp_result wspi_session_send_pong(wspi_session *session, const void *data, size_t size)
{
    if (!can_control_go(session))
        return WSP_ERR_NOT_OPEN;
    wspi_control_queue *control = need_control(&session->sender);
    if (control == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    if (control->out.size < CONTROL_BACKLOG_MAX)
        encode_slot(session, &control->pong, WSPI_OPCODE_PONG);
    fill_slot(&control->pong, (wspi_bytes){data, size});
    return WSP_OK;
}

void wspi_session_drop_control(wspi_session *session)
{
    wspi_session_sender *sender = &session->sender;
    if (sender->control != NULL)
        wspi_byte_buffer_release(&sender->control->out);
    wspi_free(sender->control, sizeof *sender->control);
    sender->control = NULL;
}

/* The one place where the closing state changes; session.h draws the edges. */
static void set_closing(wspi_session *session, wspi_closing_state next)
{
    assert(next > session->closing || next == WSPI_CLOSING_FAILED);
    session->closing = (uint8_t)next;
}

wsp_result wspi_session_close(wspi_session *session, int code, const char *reason, size_t reason_size)
{
    if (session->closing != WSPI_CLOSING_OPEN)
        return WSP_OK;
    uint8_t body[WSPI_CONTROL_PAYLOAD_MAX];
    wspi_bytes payload = {body, code != 0 ? 2 + reason_size : 0};
    wspi_store_u16(body, (uint16_t)code);
    if (reason_size > 0)
        memcpy(body + 2, reason, reason_size);
    set_closing(session, WSPI_CLOSING_SENT);
    if (wspi_session_append_frame(session, NULL, WSPI_OPCODE_CLOSE, payload) == WSP_OK)
        return WSP_OK;
    wspi_control_queue *control = need_control(&session->sender);
    if (control == NULL) {
        set_closing(session, WSPI_CLOSING_FAILED);
        wspi_session_stop_receiving(session);
        return WSP_ERR_OUT_OF_MEMORY;
    }
    fill_slot(&control->close, payload);
    return WSP_OK;
}

void wspi_session_fail(wspi_session *session, int code, const char *text)
{
    size_t size = wspi_min(strlen(text), WSPI_CLOSE_REASON_MAX);
    /* Memory may be what ran out; then the connection ends without the frame. */
    (void)wspi_session_close(session, code, text, size);
    set_closing(session, WSPI_CLOSING_FAILED);
    wspi_session_stop_receiving(session);
}

wsp_result wspi_session_answer_close(wspi_session *session, int code, const char *reason, size_t reason_size)
{
    wsp_result result = wspi_session_close(session, code, reason, reason_size);
    if (result == WSP_OK)
        set_closing(session, WSPI_CLOSING_BOTH);
    return result;
}

size_t wspi_session_prepare_control(wspi_session *session)
{
    wspi_control_queue *control = session->sender.control;
    if (control->out.size < CONTROL_BACKLOG_MAX) {
        encode_slot(session, &control->pong, WSPI_OPCODE_PONG);
        encode_slot(session, &control->ping, WSPI_OPCODE_PING);
    }
    encode_slot(session, &control->close, WSPI_OPCODE_CLOSE);
    return control->out.size;
}
