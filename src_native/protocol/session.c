/* SPDX-License-Identifier: MIT */
/* The life of a session and the memory it holds; its two halves are session_receive.c and session_send.c. */
#include "protocol/session.h"

#include "memory.h"

void wspi_session_init(wspi_session *session, wspi_role role, size_t message_limit,
                       wspi_random_function *random)
{
    *session = (wspi_session){.role = (uint8_t)role, .closing = WSPI_CLOSING_OPEN, .random = random};
    session->receiver.state = WSPI_RECEIVE_HEAD;
    session->receiver.message_limit = message_limit;
}

void wspi_session_release(wspi_session *session)
{
    wspi_session_drop_output(session);
    wspi_session_drop_message(session);
    wspi_free(session->sender.keys, sizeof *session->sender.keys);
    session->sender.keys = NULL;
}

void wspi_session_drop_message(wspi_session *session)
{
    wspi_session_receiver *receiver = &session->receiver;
    if (receiver->message != NULL)
        wspi_byte_buffer_release(receiver->message);
    wspi_free(receiver->message, sizeof *receiver->message);
    receiver->message = NULL;
    receiver->delivered = false;
}

wspi_byte_buffer *wspi_session_detach_message(wspi_session *session)
{
    wspi_session_receiver *receiver = &session->receiver;
    wspi_byte_buffer *message = receiver->delivered ? receiver->message : NULL;
    if (message != NULL)
        receiver->message = NULL;
    receiver->delivered = false;
    return message;
}

void wspi_session_trim(wspi_session *session)
{
    if (session->receiver.delivered || session->receiver.state == WSPI_RECEIVE_DONE)
        wspi_session_drop_message(session);
    if (session->sender.data != NULL && session->sender.data->bytes.size == 0)
        wspi_session_drop_data(session);
    if (session->sender.control != NULL && !wspi_session_has_control(session))
        wspi_session_drop_control(session);
}
