/* SPDX-License-Identifier: MIT */
/*
 * The native backend (backend.h): moves bytes between a stream and a session
 * and reports what happened, one event at a time. No state, deadline or queue
 * of a peer is known here.
 */
#include "link.h"

#include "memory.h"

#include <assert.h>
#include <string.h>

/* Beyond what the packet queue may take, a turn reads this much: control frames, discarded input. */
enum { TURN_EXTRA_BYTES = 1024 * 1024 };

/* The largest empty queue that a server keeps for its next link. */
enum { SPARE_QUEUE_MAX = 256 * 1024 };

/* How often a link looks for what a thread of ours does and no socket tells: the system's authorities, once.
 */
#define THREAD_LOOK_SECONDS 0.005

/* -- phases and endings ---------------------------------------------------- */

void wspi_link_set_phase(wspi_link *link, wspi_link_phase next)
{
    assert(next > link->phase);
    link->phase = (uint8_t)next;
}

/* Room for facts, made when there is one to keep. NULL when memory is out. */
static wspi_link_facts *need_facts(wspi_link *link)
{
    if (link->facts == NULL)
        link->facts = wspi_allocate_zeroed(sizeof *link->facts);
    return link->facts;
}

static void drop_facts(wspi_link *link)
{
    if (link->facts == NULL)
        return;
    wspi_string_free(link->facts->url);
    wspi_string_free(link->facts->joined);
    wspi_string_free(link->facts->host_text);
    wspi_string_free(link->facts->failure_text);
    wspi_free(link->facts, sizeof *link->facts);
}

void wspi_link_set_failure(wspi_link *link, wsp_result result, const char *text)
{
    if (link->failure != WSP_OK || result == WSP_OK)
        return;
    link->failure = (int8_t)result;
    /* Without memory the result's own text serves. */
    wspi_link_facts *facts = need_facts(link);
    if (facts != NULL)
        facts->failure_text = wspi_string_copy(text, strlen(text));
}

static wspi_step report(wspi_link *link, wspi_event_type type, wspi_event_type *out_type,
                        wspi_event *out_event)
{
    wsp_result failure = (wsp_result)link->failure;
    const char *text = link->facts != NULL ? link->facts->failure_text : NULL;
    *out_type = type;
    out_event->result = failure;
    out_event->text = text != NULL ? text : wsp_result_text(failure);
    return WSPI_STEP_REPORT;
}

wspi_step wspi_link_end(wspi_link *link, wsp_result result, const char *text, wspi_event_type *out_type,
                        wspi_event *out_event)
{
    wspi_link_set_failure(link, result, text);
    wspi_link_set_phase(link, WSPI_LINK_ENDED);
    return report(link, WSPI_EVENT_ENDED, out_type, out_event);
}

wspi_step wspi_link_fail(wspi_link *link, wsp_result result, const char *text, wspi_event_type *out_type,
                         wspi_event *out_event)
{
    wspi_link_set_failure(link, result, text);
    wspi_link_set_phase(link, WSPI_LINK_LINGERING);
    return report(link, WSPI_EVENT_FAILED, out_type, out_event);
}

/* -- open ------------------------------------------------------------------ */

static wspi_step report_data(const wspi_session_event *event, wspi_event_type type, wspi_event_type *out_type,
                             wspi_event *out_event)
{
    *out_type = type;
    out_event->data = event->data;
    out_event->size = event->size;
    out_event->is_text = event->is_text;
    out_event->code = event->code;
    return WSPI_STEP_REPORT;
}

/* A message that used up what was read, with nothing behind it in the socket, ends most turns. */
static wspi_step report_message(wspi_link *link, const wspi_session_event *event, wspi_event_type *out_type,
                                wspi_event *out_event)
{
    bool is_last = link->in->size == 0 && wspi_stream_is_known_dry(link->stream) && !link->has_write_failed;
    if (is_last)
        link->is_read_dry = true;
    out_event->is_last = is_last;
    return report_data(event, WSPI_EVENT_MESSAGE, out_type, out_event);
}

static wspi_step use_input(wspi_link *link, const wspi_room *room, wspi_event_type *out_type,
                           wspi_event *out_event)
{
    if (wspi_link_get_input_size(link) == 0)
        return WSPI_STEP_WAIT;
    wspi_session_room session_room = {room->bytes, room->packets};
    wspi_session_event event = {0};
    size_t consumed = 0;
    wspi_session_event_type type = wspi_session_feed(&link->session, wspi_byte_buffer_bytes(link->in),
                                                     link->in->size, &session_room, &consumed, &event);
    wspi_link_consume_input(link, consumed);
    switch (type) {
    case WSPI_SESSION_MORE: return WSPI_STEP_WAIT;
    case WSPI_SESSION_STALLED: link->is_stalled = true; return WSPI_STEP_WAIT;
    case WSPI_SESSION_MESSAGE: return report_message(link, &event, out_type, out_event);
    case WSPI_SESSION_PONG: return report_data(&event, WSPI_EVENT_PONG, out_type, out_event);
    case WSPI_SESSION_CLOSE:
        wspi_link_set_phase(link, WSPI_LINK_LINGERING);
        return report_data(&event, WSPI_EVENT_CLOSE_FRAME, out_type, out_event);
    case WSPI_SESSION_FAILED: return wspi_link_fail(link, event.result, event.text, out_type, out_event);
    }
    return WSPI_STEP_WAIT;
}

static wspi_step step_open(wspi_link *link, const wspi_room *room, wspi_event_type *out_type,
                           wspi_event *out_event)
{
    if (link->has_unused_input || link->is_stalled) {
        link->has_unused_input = false;
        link->is_stalled = false;
        wspi_step step = use_input(link, room, out_type, out_event);
        link->has_unused_input = step == WSPI_STEP_REPORT && wspi_link_get_input_size(link) > 0;
        if (step == WSPI_STEP_REPORT || link->is_stalled)
            return step;
    }
    wspi_io io = wspi_link_read(link);
    if (io == WSPI_IO_OK) {
        link->has_unused_input = true;
        return WSPI_STEP_AGAIN;
    }
    if (io == WSPI_IO_WAIT && !(link->has_write_failed && link->is_read_dry))
        return WSPI_STEP_WAIT;
    if (io == WSPI_IO_WAIT)
        return wspi_link_end(link, WSP_ERR_CONNECTION_LOST, "the connection was lost while sending", out_type,
                             out_event);
    return wspi_link_end_lost(link, io, out_type, out_event);
}

/* -- lingering ------------------------------------------------------------- */

/*
 * After both close frames a server ends its direction and waits for the
 * client's end; a client waits for the server's (RFC 6455 7.1.1). A side that
 * fails the connection ends its direction in either role.
 */
static void shut_when_flushed(wspi_link *link)
{
    bool is_ours_to_end = link->role == WSPI_ROLE_SERVER || link->failure != WSP_OK;
    if (link->is_send_shut || !is_ours_to_end || wspi_link_has_output(link))
        return;
    link->is_send_shut = true;
    if (!link->has_write_failed)
        link->stream->functions->shutdown_write(link->stream);
}

static wspi_step step_lingering(wspi_link *link, wspi_event_type *out_type, wspi_event *out_event)
{
    wspi_link_flush(link);
    shut_when_flushed(link);
    wspi_link_drop_input(link);
    wspi_io io = wspi_link_read(link);
    if (io == WSPI_IO_OK)
        return WSPI_STEP_AGAIN;
    if (io == WSPI_IO_WAIT && !link->has_write_failed)
        return WSPI_STEP_WAIT;
    return wspi_link_end(link, WSP_OK, "", out_type, out_event);
}

/* -- turns ----------------------------------------------------------------- */

void wspi_link_begin_turn(wspi_link *link, double now)
{
    if (link->opening != NULL)
        link->opening->now = now;
    link->is_in_turn = true;
    link->is_read_dry = false;
    link->has_heard = false;
    link->has_more_input = false;
    if (link->stream != NULL)
        wspi_stream_begin_turn(link->stream);
    if (link->share != NULL)
        wspi_session_lend_queue(&link->session, &link->share->spare);
    size_t budget = wspi_session_get_message_limit(&link->session) + TURN_EXTRA_BYTES;
    link->read_budget = (uint32_t)wspi_min(budget, UINT32_MAX);
}

static wspi_step step(wspi_link *link, const wspi_room *room, wspi_event_type *out_type,
                      wspi_event *out_event)
{
    switch ((wspi_link_phase)link->phase) {
    case WSPI_LINK_CONNECTING: return wspi_link_step_connecting(link, out_type, out_event);
    case WSPI_LINK_SECURING: return wspi_link_step_securing(link, out_type, out_event);
    case WSPI_LINK_REQUESTING: return wspi_link_step_requesting(link, out_type, out_event);
    case WSPI_LINK_AWAITING: return wspi_link_step_awaiting(link, out_type, out_event);
    case WSPI_LINK_ANSWERED: return wspi_link_step_answered(link, out_type, out_event);
    case WSPI_LINK_OPEN: return step_open(link, room, out_type, out_event);
    case WSPI_LINK_LINGERING: return step_lingering(link, out_type, out_event);
    case WSPI_LINK_DECIDING:
    case WSPI_LINK_ENDED: break;
    }
    return WSPI_STEP_WAIT;
}

wspi_event_type wspi_link_next(wspi_link *link, const wspi_room *room, wspi_event *out_event)
{
    wspi_event_type type = WSPI_EVENT_NONE;
    while (step(link, room, &type, out_event) == WSPI_STEP_AGAIN)
        continue;
    return type;
}

/* An empty queue goes back to the share, or stays with a busy link of its own. */
static void return_queues(wspi_link *link)
{
    wspi_data_queue *kept = NULL;
    if (link->share != NULL)
        wspi_session_take_queue(&link->session, &link->share->spare, SPARE_QUEUE_MAX);
    else if (wspi_link_is_busy(link))
        wspi_session_take_queue(&link->session, &kept, WSPI_LINK_KEPT_MAX);
    wspi_session_trim(&link->session);
    if (kept != NULL)
        wspi_session_lend_queue(&link->session, &kept);
}

void wspi_link_end_turn(wspi_link *link)
{
    link->is_in_turn = false;
    if (link->stream == NULL)
        return;
    wspi_link_flush(link);
    if (link->phase == WSPI_LINK_LINGERING)
        shut_when_flushed(link);
    wspi_link_return_input(link);
    if (link->opening != NULL && link->phase >= WSPI_LINK_OPEN)
        wspi_link_finish_opening(link);
    return_queues(link);
}

bool wspi_link_is_read_dry(const wspi_link *link)
{
    /* What still comes while lingering is ignored: an endless flood of it must not hold the deadline back. */
    return link->is_read_dry || link->phase == WSPI_LINK_LINGERING;
}

bool wspi_link_has_heard(const wspi_link *link)
{
    return link->has_heard;
}

bool wspi_link_is_stalled(const wspi_link *link)
{
    return link->is_stalled;
}

const char *wspi_link_get_phase(const wspi_link *link)
{
    switch (link->phase) {
    case WSPI_LINK_CONNECTING:
        return wspi_connector_is_resolving(link->opening->connector) ? "the name lookup"
                                                                     : "the TCP connection";
    case WSPI_LINK_SECURING: return "the TLS handshake";
    case WSPI_LINK_REQUESTING: return "the HTTP response";
    case WSPI_LINK_AWAITING: return "the HTTP request";
    default: return "the end of the connection";
    }
}

/* -- life ------------------------------------------------------------------ */

static wspi_link *create_link(wspi_role role, const wspi_settings *settings)
{
    wspi_link *link = wspi_allocate_zeroed(sizeof *link);
    if (link == NULL)
        return NULL;
    link->opening = wspi_opening_create(settings);
    if (link->opening == NULL) {
        wspi_free(link, sizeof *link);
        return NULL;
    }
    link->no_delay = settings->no_delay;
    link->role = (uint8_t)role;
    wspi_session_init(&link->session, role, settings->inbound_buffer_size, wspi_os_random);
    return link;
}

static wsp_result start_client(wspi_link *link, const wspi_url *url, wspi_text *why)
{
    uint8_t nonce[16];
    wspi_opening *opening = link->opening;
    if (!wspi_os_random(nonce, sizeof nonce)) {
        wspi_text_set(why, "the system gives no random bytes for the handshake key");
        return WSP_ERR_FAILED;
    }
    if (wspi_handshake_client_start(&opening->client, url, &opening->protocols, &opening->headers, nonce,
                                    &opening->out))
        opening->connector = wspi_connector_create(url);
    if (opening->connector != NULL)
        return WSP_OK;
    wspi_text_set(why, wsp_result_text(WSP_ERR_OUT_OF_MEMORY));
    return WSP_ERR_OUT_OF_MEMORY;
}

/* Before the connector, so that what takes time happens while it connects. */
static wsp_result prepare_tls(wspi_link *link, const wspi_url *url, const wsp_tls_options *tls,
                              wspi_text *why)
{
    link->opening->tls = wspi_tls_options_prepare(tls, why);
    link->opening->tls_url = *url;
    link->opening->tls_url.target = NULL;
    link->is_secure = true;
    return link->opening->tls != NULL ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
}

wsp_result wspi_link_connect(wspi_link **out_link, const char *text, const wspi_url *url,
                             const wsp_tls_options *tls, const wspi_settings *settings, wspi_text *why)
{
    (void)text;
    *out_link = NULL;
    wspi_link *link = create_link(WSPI_ROLE_CLIENT, settings);
    if (link == NULL) {
        wspi_text_set(why, wsp_result_text(WSP_ERR_OUT_OF_MEMORY));
        return WSP_ERR_OUT_OF_MEMORY;
    }
    wsp_result result = url->is_secure ? prepare_tls(link, url, tls, why) : WSP_OK;
    if (result == WSP_OK)
        result = start_client(link, url, why);
    if (result != WSP_OK) {
        wspi_link_destroy(link);
        return result;
    }
    *out_link = link;
    return WSP_OK;
}

wsp_result wspi_link_accept(wspi_link **out_link, wsp_stream *stream, const wspi_settings *settings,
                            wspi_text *why)
{
    wspi_link *link = create_link(WSPI_ROLE_SERVER, settings);
    *out_link = link;
    if (link == NULL) {
        wspi_text_set(why, wsp_result_text(WSP_ERR_OUT_OF_MEMORY));
        return WSP_ERR_OUT_OF_MEMORY;
    }
    link->stream = stream;
    link->is_secure = stream->is_secure;
    link->phase = WSPI_LINK_SECURING;
    if (!settings->no_delay && stream->socket != WSPI_NO_SOCKET)
        (void)wspi_os_set_no_delay(stream->socket, false);
    return WSP_OK;
}

void wspi_link_abandon(wspi_link *link)
{
    /* The program looks at the request, which lies in there, until its handler returns. */
    bool is_asking = link->phase == WSPI_LINK_DECIDING;
    if (link->phase < WSPI_LINK_ENDED)
        wspi_link_set_phase(link, WSPI_LINK_ENDED);
    if (link->is_abandoned)
        return;
    wspi_link_detach_message(link);
    wspi_session_release(&link->session);
    link->is_abandoned = true;
    link->remote = (wspi_address){0};
    if (link->stream != NULL) {
        link->remote = link->stream->remote;
        wspi_stream_destroy(link->stream);
    }
    link->stream = NULL;
    wspi_link_drop_input(link);
    if (is_asking)
        return;
    wspi_opening_destroy(link->opening);
    link->opening = NULL;
}

void wspi_link_destroy(wspi_link *link)
{
    if (link == NULL)
        return;
    wspi_link_abandon(link);
    wspi_link_leave_share(link);
    wspi_opening_destroy(link->opening);
    wspi_http_kept_head_free(link->head);
    wspi_shared_url_release(link->url);
    drop_facts(link);
    wspi_free(link, sizeof *link);
}

/* -- sending --------------------------------------------------------------- */

wsp_result wspi_link_ping(wspi_link *link, const void *data, size_t size)
{
    if (link->has_write_failed)
        return WSP_ERR_NOT_OPEN;
    return wspi_session_send_ping(&link->session, data, size);
}

wsp_result wspi_link_close(wspi_link *link, int code, const char *reason, size_t reason_size)
{
    wsp_result result = wspi_session_close(&link->session, code, reason, reason_size);
    if (result != WSP_OK) {
        /* What was queued before still goes out; then our direction ends without a close frame. */
        wspi_link_set_failure(link, result, "out of memory for the close frame");
        wspi_link_set_phase(link, WSPI_LINK_LINGERING);
    }
    return result;
}

/* An HTTP answer other than the 101 is payload too: a page that is being taken is no silence. */
static size_t get_queued_page(const wspi_link *link)
{
    bool is_page = link->phase == WSPI_LINK_LINGERING && link->opening != NULL && link->http_status != 101;
    return is_page ? link->opening->out.size : 0;
}

size_t wspi_link_get_buffered_amount(const wspi_link *link)
{
    return wspi_session_get_queued_payload(&link->session) + get_queued_page(link);
}

size_t wspi_link_refresh_buffered_amount(wspi_link *link)
{
    (void)wspi_link_flush(link);
    return wspi_session_get_queued_payload(&link->session);
}

wspi_queued wspi_link_get_queued(const wspi_link *link)
{
    const wspi_session *session = &link->session;
    return (wspi_queued){wspi_session_get_queued_payload(session), wspi_session_get_queued_messages(session)};
}

void wspi_link_answer(wspi_link *link)
{
    if (link->phase == WSPI_LINK_DECIDING)
        wspi_link_set_phase(link, WSPI_LINK_ANSWERED);
}

/* -- waiting --------------------------------------------------------------- */

bool wspi_link_wait(wspi_link *link, double seconds)
{
    if (link->phase == WSPI_LINK_CONNECTING) {
        double before = wspi_os_now();
        wspi_connector_wait(link->opening->connector, before, seconds);
        return seconds < 0 || wspi_os_now() < before + seconds;
    }
    wspi_poll_entry entry = {.socket = wspi_link_get_socket(link)};
    if (entry.socket == WSPI_NO_SOCKET)
        return false;
    entry.wants_read = !link->is_stalled;
    entry.wants_write = wspi_link_wants_write(link);
    /* A socket that nothing is wanted of would still wake us for its end, again and again. */
    return wspi_poller_wait(&entry, entry.wants_read || entry.wants_write ? 1 : 0, seconds);
}

intptr_t wspi_link_get_socket(const wspi_link *link)
{
    if (link->stream != NULL)
        return link->stream->socket;
    wspi_poll_entry entries[WSPI_POLL_MAX];
    wspi_connector *connector = link->opening != NULL ? link->opening->connector : NULL;
    if (connector == NULL || wspi_connector_get_sockets(connector, entries) == 0)
        return WSPI_NO_SOCKET;
    return entries[0].socket;
}

bool wspi_link_wants_write(const wspi_link *link)
{
    wspi_poll_entry entries[WSPI_POLL_MAX];
    if (link->phase == WSPI_LINK_CONNECTING)
        return wspi_connector_get_sockets(link->opening->connector, entries) > 0;
    bool can_write = link->stream == NULL || !link->stream->writes_need_input || link->stream->wants_write;
    return can_write && wspi_link_has_output(link);
}

double wspi_link_get_delay(const wspi_link *link, double now)
{
    if (link->phase == WSPI_LINK_CONNECTING)
        return wspi_connector_get_delay(link->opening->connector, now);
    if (link->stream == NULL)
        return -1;
    if (link->stream->waits_for_thread)
        return THREAD_LOOK_SECONDS;
    bool has_input = link->has_more_input || link->stream->functions->has_buffered_input(link->stream);
    if (has_input && !link->is_stalled)
        return 0;
    double body_deadline = link->phase == WSPI_LINK_REQUESTING ? link->opening->body_deadline : 0;
    if (body_deadline > 0)
        return body_deadline > now ? body_deadline - now : 0;
    return -1;
}

/* -- facts ----------------------------------------------------------------- */

/* Family 0 before there is a connection. */
static wspi_address get_remote(const wspi_link *link)
{
    if (link->stream != NULL)
        return link->stream->remote;
    return link->is_abandoned ? link->remote : (wspi_address){0};
}

const char *wspi_link_get_host(wspi_link *link)
{
    wspi_address remote = get_remote(link);
    wspi_link_facts *facts = remote.family != 0 ? need_facts(link) : NULL;
    if (facts == NULL)
        return "";
    if (facts->host_text == NULL) {
        char array[WSPI_ADDRESS_TEXT_CAPACITY];
        wspi_text text;
        wspi_text_begin(&text, array, sizeof array);
        wspi_address_add_text(&remote, &text);
        facts->host_text = wspi_string_copy(array, text.size);
    }
    return facts->host_text != NULL ? facts->host_text : "";
}

uint16_t wspi_link_get_port(const wspi_link *link)
{
    return get_remote(link).port;
}

int wspi_link_get_http_status(const wspi_link *link)
{
    return link->http_status;
}

const char *wspi_link_get_header(wspi_link *link, const char *name)
{
    if (link->head == NULL)
        return NULL;
    wspi_http_head head = wspi_http_kept_head_view(link->head);
    if (wspi_http_head_count(&head, name) < 2)
        return wspi_http_head_value(&head, name);
    wspi_link_facts *facts = need_facts(link);
    if (facts == NULL)
        return NULL;
    wspi_string_free(facts->joined);
    facts->joined = wspi_http_head_join(&head, name);
    return facts->joined;
}

char *wspi_link_make_url(const wspi_link *link)
{
    if (link->role != WSPI_ROLE_SERVER || link->head == NULL)
        return NULL;
    wspi_http_head head = wspi_http_kept_head_view(link->head);
    wsp_request request = {.head = &head, .is_secure = link->is_secure};
    return wspi_request_make_url(&request);
}

const char *wspi_link_get_url(wspi_link *link)
{
    if (link->facts != NULL && link->facts->url != NULL)
        return link->facts->url;
    if (link->url != NULL)
        return link->url->text;
    wspi_link_facts *facts = link->head != NULL ? need_facts(link) : NULL;
    if (facts == NULL)
        return "";
    facts->url = wspi_link_make_url(link);
    return facts->url != NULL ? facts->url : "";
}

wsp_result wspi_link_set_no_delay(wspi_link *link, bool enabled)
{
    link->no_delay = enabled;
    if (link->stream == NULL || link->stream->socket == WSPI_NO_SOCKET)
        return WSP_OK;
    return wspi_os_set_no_delay(link->stream->socket, enabled) ? WSP_OK : WSP_ERR_FAILED;
}
