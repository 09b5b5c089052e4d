/* SPDX-License-Identifier: MIT */
/*
 * Brings a native link up: TCP, TLS, and the HTTP upgrade in both roles (RFC
 * 6455 4). The handshake itself is in protocol/; this file feeds it bytes.
 */
#include "link.h"

#include "memory.h"

#include <string.h>

/* A refusal's body is worth waiting for, but not long. */
static const double BODY_WAIT_SECONDS = 1.0;

wspi_opening *wspi_opening_create(const wspi_settings *settings)
{
    wspi_opening *opening = wspi_allocate_zeroed(sizeof *opening);
    if (opening == NULL)
        return NULL;
    wspi_byte_buffer_init(&opening->out, SIZE_MAX);
    wspi_http_head_init(&opening->request_head, WSPI_HTTP_REQUEST);
    const wspi_string_list *protocols = &settings->protocols;
    const wspi_string_list *headers = &settings->headers;
    if (wspi_string_list_set(&opening->protocols, (const char *const *)protocols->strings,
                             protocols->count) == WSP_OK &&
        wspi_string_list_set(&opening->headers, (const char *const *)headers->strings, headers->count) ==
            WSP_OK)
        return opening;
    wspi_opening_destroy(opening);
    return NULL;
}

void wspi_opening_destroy(wspi_opening *opening)
{
    if (opening == NULL)
        return;
    wspi_connector_destroy(opening->connector);
    wspi_request_release(&opening->request);
    wspi_tls_options_release(opening->tls);
    wspi_handshake_client_release(&opening->client);
    wspi_http_head_release(&opening->request_head);
    wspi_byte_buffer_release(&opening->out);
    wspi_string_list_release(&opening->protocols);
    wspi_string_list_release(&opening->headers);
    wspi_free(opening, sizeof *opening);
}

void wspi_link_finish_opening(wspi_link *link)
{
    if (link->opening == NULL || link->opening->out.size > 0)
        return;
    wspi_opening_destroy(link->opening);
    link->opening = NULL;
}

/* From the moment it is whole, so that what a look-up answers stays where it is. */
static bool keep_head(wspi_link *link, wspi_http_head *head)
{
    if (head->state == WSPI_HTTP_STATE_DONE && link->head == NULL)
        link->head = wspi_http_head_keep(head);
    return head->state != WSPI_HTTP_STATE_DONE || link->head != NULL;
}

static wspi_step end_without_memory(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    return wspi_link_end(link, WSP_ERR_OUT_OF_MEMORY, "out of memory for the handshake", out_type, out_event);
}

/* Puts TLS on the stream of a wss:// URL; the stream then has its own share of the options. */
static bool start_tls(wspi_link *link)
{
    wspi_opening *opening = link->opening;
    if (opening->tls == NULL)
        return true;
    bool is_done = wspi_stream_connect_tls(link->stream, opening->tls, &opening->tls_url);
    wspi_tls_options_release(opening->tls);
    opening->tls = NULL;
    return is_done;
}

wspi_step wspi_link_step_connecting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    wspi_socket socket = WSPI_NO_SOCKET;
    wsp_result result = WSP_OK;
    wspi_address remote = {0};
    wspi_opening *opening = link->opening;
    wspi_io io = wspi_connector_step(opening->connector, opening->now, &socket, &remote, &result, &why);
    if (io == WSPI_IO_WAIT) {
        link->is_read_dry = true;
        return WSPI_STEP_WAIT;
    }
    if (io != WSPI_IO_OK)
        return wspi_link_end(link, result, array, out_type, out_event);
    wspi_connector_destroy(opening->connector);
    opening->connector = NULL;
    link->stream = wspi_stream_tcp_create(socket, &remote);
    if (link->stream == NULL) {
        wspi_os_close(socket);
        return wspi_link_end(link, WSP_ERR_OUT_OF_MEMORY, "out of memory for a stream", out_type, out_event);
    }
    if (!link->no_delay)
        (void)wspi_os_set_no_delay(socket, false);
    if (!start_tls(link))
        return wspi_link_end(link, WSP_ERR_OUT_OF_MEMORY, "out of memory for TLS", out_type, out_event);
    wspi_link_set_phase(link, WSPI_LINK_SECURING);
    return WSPI_STEP_AGAIN;
}

wspi_step wspi_link_step_securing(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_io io = wspi_stream_handshake(link->stream);
    if (io == WSPI_IO_WAIT) {
        link->is_read_dry = true;
        return WSPI_STEP_WAIT;
    }
    if (io != WSPI_IO_OK)
        return wspi_link_end_lost(link, io, out_type, out_event);
    if (link->role == WSPI_ROLE_SERVER) {
        wspi_link_set_phase(link, WSPI_LINK_AWAITING);
        return WSPI_STEP_AGAIN;
    }
    wspi_link_set_phase(link, WSPI_LINK_REQUESTING);
    wspi_link_flush(link);
    return WSPI_STEP_AGAIN;
}

/* -- client ---------------------------------------------------------------- */

static wspi_step report_open(wspi_link *link, const char *protocol, wspi_event_type *out_type,
                             wspi_event *out_event)
{
    wspi_link_set_phase(link, WSPI_LINK_OPEN);
    /* Frames may have come in the same segment as the head. */
    link->has_unused_input = true;
    *out_type = WSPI_EVENT_OPEN;
    out_event->text = protocol;
    return WSPI_STEP_REPORT;
}

/* The end of the stream, or of our patience with a body, completes what a refusal had to say. */
static wspi_step end_response(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    wspi_handshake_client_end(&link->opening->client, &why);
    /* A TLS server that is asked in plain often says nothing. */
    if (!link->is_secure && link->opening->client.result == WSP_ERR_CONNECTION_LOST)
        wspi_text_add(&why, "; if it speaks TLS, its address begins with wss://");
    return wspi_link_end(link, link->opening->client.result, array, out_type, out_event);
}

/* No bytes now: a body has its own short deadline, everything else waits. */
static wspi_step wait_for_response(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_opening *opening = link->opening;
    if (opening->client.state == WSPI_HANDSHAKE_CLIENT_BODY) {
        if (opening->body_deadline == 0)
            opening->body_deadline = opening->now + BODY_WAIT_SECONDS;
        else if (opening->now >= opening->body_deadline)
            return end_response(link, out_type, out_event);
    }
    return WSPI_STEP_WAIT;
}

static wspi_step read_response(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_io io = wspi_link_read(link);
    if (io == WSPI_IO_OK)
        return WSPI_STEP_AGAIN;
    if (io == WSPI_IO_WAIT)
        return wait_for_response(link, out_type, out_event);
    /* A refusal is worth more than the news that its sender is gone. */
    if (io == WSPI_IO_END || link->opening->client.state == WSPI_HANDSHAKE_CLIENT_BODY)
        return end_response(link, out_type, out_event);
    return wspi_link_end_lost(link, io, out_type, out_event);
}

wspi_step wspi_link_step_requesting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    if (wspi_link_get_input_size(link) == 0)
        return read_response(link, out_type, out_event);
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    wspi_handshake_client *client = &link->opening->client;
    size_t consumed = 0;
    wspi_handshake_client_state state = wspi_handshake_client_feed(
        client, wspi_byte_buffer_bytes(link->in), wspi_link_get_input_size(link), &consumed, &why);
    wspi_link_consume_input(link, consumed);
    link->http_status = (uint16_t)client->head.status;
    if (!keep_head(link, &client->head))
        return end_without_memory(link, out_type, out_event);
    if (state == WSPI_HANDSHAKE_CLIENT_ACCEPTED)
        return report_open(link, client->protocol, out_type, out_event);
    if (state == WSPI_HANDSHAKE_CLIENT_FAILED)
        return wspi_link_end(link, client->result, array, out_type, out_event);
    return WSPI_STEP_AGAIN;
}

/* -- server ---------------------------------------------------------------- */

/* Sends a refusal of our own and lingers, so that the client can read it before the connection goes. */
static wspi_step refuse_request(wspi_link *link, wsp_result result, wspi_event_type *out_type,
                                wspi_event *out_event)
{
    const wspi_handshake_verdict *verdict = &link->opening->verdict;
    const char *method =
        wspi_http_head_string(&link->opening->request_head, link->opening->request_head.method);
    bool is_head = link->opening->request_head.state == WSPI_HTTP_STATE_DONE && strcmp(method, "HEAD") == 0;
    link->http_status = (uint16_t)verdict->status;
    if (verdict->status == 0)
        return wspi_link_end(link, result, verdict->text, out_type, out_event);
    (void)wspi_handshake_server_refuse(verdict, is_head, &link->opening->out);
    return wspi_link_fail(link, result, verdict->text, out_type, out_event);
}

static wspi_step ask_program(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_link_set_phase(link, WSPI_LINK_DECIDING);
    *out_type = WSPI_EVENT_REQUEST;
    out_event->request = &link->opening->request;
    return WSPI_STEP_REPORT;
}

/* A GET or HEAD that asks for no WebSocket, where the program serves such. */
static bool is_plain_request(const wspi_link *link)
{
    const wspi_http_head *head = &link->opening->request_head;
    const char *method = wspi_http_head_string(head, head->method);
    return link->share != NULL && link->share->takes_http &&
           (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
           !wspi_http_head_has_token(head, "Upgrade", "websocket");
}

static wspi_step judge_request(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_opening *opening = link->opening;
    if (opening->request_head.state == WSPI_HTTP_STATE_REFUSED) {
        wspi_handshake_server_judge_fault(opening->request_head.fault, &opening->verdict);
        return refuse_request(link, WSP_ERR_PROTOCOL, out_type, out_event);
    }
    if (is_plain_request(link)) {
        wspi_handshake_server_judge_page(&opening->request_head, &opening->verdict);
        if (opening->verdict.status != 101)
            return refuse_request(link, WSP_ERR_HANDSHAKE_REJECTED, out_type, out_event);
        wspi_request_init_http(&opening->request, &opening->request_head, wspi_link_get_host(link),
                               wspi_link_get_port(link), link->is_secure);
        return ask_program(link, out_type, out_event);
    }
    wspi_handshake_server_judge(&opening->request_head, &opening->protocols, &opening->verdict);
    if (opening->verdict.status != 101)
        return refuse_request(link, WSP_ERR_HANDSHAKE_REJECTED, out_type, out_event);
    wspi_request_init(&opening->request, &opening->request_head, &opening->verdict, &opening->headers,
                      wspi_link_get_host(link), wspi_link_get_port(link), link->is_secure);
    return ask_program(link, out_type, out_event);
}

wspi_step wspi_link_step_awaiting(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    if (wspi_link_get_input_size(link) == 0) {
        wspi_io io = wspi_link_read(link);
        if (io == WSPI_IO_WAIT)
            return WSPI_STEP_WAIT;
        if (io == WSPI_IO_END)
            return wspi_link_end(link, WSP_ERR_CONNECTION_LOST,
                                 "the client ended the connection inside its request", out_type, out_event);
        if (io == WSPI_IO_FAILED)
            return wspi_link_end_lost(link, io, out_type, out_event);
    }
    size_t consumed = 0;
    wspi_http_state state =
        wspi_http_head_feed(&link->opening->request_head, wspi_byte_buffer_bytes(link->in),
                            wspi_link_get_input_size(link), &consumed);
    wspi_link_consume_input(link, consumed);
    if (!keep_head(link, &link->opening->request_head))
        return end_without_memory(link, out_type, out_event);
    if (state == WSPI_HTTP_STATE_DONE || state == WSPI_HTTP_STATE_REFUSED)
        return judge_request(link, out_type, out_event);
    return WSPI_STEP_AGAIN;
}

wspi_step wspi_link_step_answered(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_opening *opening = link->opening;
    link->http_status = (uint16_t)wspi_request_get_status(&opening->request);
    if (!wspi_request_write_answer(&opening->request, &opening->out))
        return end_without_memory(link, out_type, out_event);
    wspi_link_forget_host(link);
    if (link->http_status == 101)
        return report_open(link, wspi_request_get_chosen_protocol(&opening->request), out_type, out_event);
    const char *text = opening->request.kind == WSPI_REQUEST_HTTP
                           ? "it asked for a page, which http_request was called for"
                           : "the handshake_request handler refused the connection";
    return wspi_link_fail(link, WSP_ERR_HANDSHAKE_REJECTED, text, out_type, out_event);
}
