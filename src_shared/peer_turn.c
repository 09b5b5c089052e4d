/* SPDX-License-Identifier: MIT */
/*
 * What happens inside poll: pulls events from the backend one at a time,
 * changes the state, calls handlers, and judges deadlines. A handler may do
 * anything, so after each one the turn checks that its connection still exists.
 */
#include "log.h"
#include "memory.h"
#include "peer.h"
#include "seconds.h"

#include <string.h>

/* A turn with a data_received handler could go on for ever; it stops here and the next one goes on. */
enum { TURN_MAX_BYTES = 1024 * 1024, TURN_MAX_MESSAGES = 4096 };

/* Progress of queued data extends the close deadline, up to this many times its length. */
enum { CLOSE_TIMEOUT_MAX_FACTOR = 10 };

typedef struct peer_turn {
    wsp_peer *peer;
    wspi_link *link;
    unsigned generation;
    double now;
    size_t bytes;
    size_t messages;
} peer_turn;

static bool is_turn_over(const peer_turn *turn)
{
    return turn->peer->generation != turn->generation || turn->peer->state == WSP_STATE_CLOSED;
}

/* -- handlers -------------------------------------------------------------- */

/* A destroyed peer calls nobody any more. */
wspi_handler_set wspi_peer_get_handlers(const wsp_peer *peer)
{
    return peer->handlers != NULL && !peer->is_destroyed ? *peer->handlers : (wspi_handler_set){0};
}

static void report_established(wsp_peer *peer)
{
    wspi_handler_set handlers = wspi_peer_get_handlers(peer);
    peer->activity++;
    if (handlers.functions.connection_established != NULL)
        handlers.functions.connection_established(peer, wsp_peer_get_selected_protocol(peer), handlers.user);
}

static void report_data(wsp_peer *peer)
{
    wspi_handler_set handlers = wspi_peer_get_handlers(peer);
    peer->activity++;
    if (handlers.functions.data_received != NULL)
        handlers.functions.data_received(peer, handlers.user);
}

static void report_close_request(wsp_peer *peer, int code)
{
    wspi_handler_set handlers = wspi_peer_get_handlers(peer);
    peer->activity++;
    if (handlers.functions.server_close_request != NULL)
        handlers.functions.server_close_request(peer, code, wsp_peer_get_close_reason(peer), handlers.user);
}

/* Exactly one final report: which one depends on whether it was ever open. */
static void report_end(wsp_peer *peer)
{
    wspi_handler_set handlers = wspi_peer_get_handlers(peer);
    if (peer->was_open && handlers.functions.connection_closed != NULL)
        handlers.functions.connection_closed(peer, peer->close_code != -1, handlers.user);
    else if (!peer->was_open && handlers.functions.connection_error != NULL)
        handlers.functions.connection_error(peer, handlers.user);
}

/* Code, reason and error stand before the state changes; the report comes last. */
static void end_connection(wsp_peer *peer, wsp_result result, const char *text)
{
    wspi_peer_set_error(peer, result, text);
    if (peer->error != WSP_OK) {
        peer->close_code = -1;
        if (peer->facts != NULL)
            (void)wspi_peer_set_fact(&peer->facts->close_reason, "", 0);
    }
    wspi_peer_drop(peer);
    report_end(peer);
}

/* -- events ---------------------------------------------------------------- */

static void on_request(peer_turn *turn, const wspi_event *event)
{
    wsp_peer *peer = turn->peer;
    wspi_handler_set handlers = wspi_peer_get_handlers(peer);
    if (handlers.functions.handshake_request != NULL) {
        peer->activity++;
        handlers.functions.handshake_request(peer, event->request, handlers.user);
    }
    if (!is_turn_over(turn))
        wspi_link_answer(turn->link);
}

static void on_open(wsp_peer *peer, const wspi_event *event)
{
    size_t size = strlen(event->text);
    if (size > 0 && (wspi_peer_need_facts(peer) == NULL ||
                     !wspi_peer_set_fact(&peer->facts->protocol, event->text, size))) {
        end_connection(peer, WSP_ERR_OUT_OF_MEMORY, "out of memory for the subprotocol");
        return;
    }
    peer->since = 0;
    peer->was_open = true;
    wspi_peer_set_state(peer, WSP_STATE_OPEN);
    report_established(peer);
}

/* What the packet queue can take now; one that does not exist yet has room for everything allowed. */
static wspi_room get_room(const wsp_peer *peer)
{
    const wspi_packet_queue *queue = peer->inbound;
    /* A handler looks at one message at a time; while one is kept, none follows. */
    if (wspi_peer_is_direct(peer))
        return wspi_peer_is_keeping(peer) ? (wspi_room){0, 0} : (wspi_room){SIZE_MAX, 1};
    if (queue == NULL)
        return (wspi_room){peer->limits->inbound_buffer_size, peer->limits->max_queued_packets};
    return (wspi_room){wspi_packet_queue_room(queue), wspi_left(queue->max_packets, queue->count)};
}

bool wspi_peer_queue_message(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text)
{
    if (peer->inbound == NULL) {
        peer->inbound = wspi_allocate(sizeof *peer->inbound);
        if (peer->inbound == NULL)
            return false;
        wspi_packet_queue_init(peer->inbound, peer->limits->inbound_buffer_size,
                               peer->limits->max_queued_packets);
    }
    peer->is_receiving = !peer->is_owned;
    return wspi_packet_queue_push(peer->inbound, data, size, is_text);
}

static void on_message(peer_turn *turn, const wspi_event *event)
{
    wsp_peer *peer = turn->peer;
    bool is_direct = wspi_peer_is_direct(peer);
    if (!is_direct && !wspi_peer_queue_message(peer, event->data, event->size, event->is_text)) {
        end_connection(peer, WSP_ERR_OUT_OF_MEMORY, "out of memory for a message that arrived");
        return;
    }
    turn->bytes += event->size;
    turn->messages++;
    peer->messages_received++;
    peer->bytes_received += event->size;
    if (is_direct)
        wspi_peer_show_message(peer, event->data, event->size, event->is_text);
    else
        report_data(peer);
}

static void on_pong(wsp_peer *peer, const wspi_event *event, double now)
{
    wspi_pending_ping *ping = peer->facts != NULL ? peer->facts->ping : NULL;
    if (ping == NULL || !ping->is_sent || ping->size != event->size ||
        memcmp(ping->payload, event->data, event->size) != 0)
        return;
    peer->facts->round_trip = now - ping->sent_at;
    wspi_free(ping, sizeof *ping);
    peer->facts->ping = NULL;
}

static void on_close_frame(peer_turn *turn, const wspi_event *event)
{
    wsp_peer *peer = turn->peer;
    /* A reason that holds U+0000 reads as cut there: it is a C string from here on. */
    const uint8_t *nul = event->size > 0 ? memchr(event->data, 0, event->size) : NULL;
    size_t size = nul != NULL ? (size_t)(nul - event->data) : event->size;
    if (peer->error == WSP_OK && size > 0 &&
        (wspi_peer_need_facts(peer) == NULL ||
         !wspi_peer_set_fact(&peer->facts->close_reason, (const char *)event->data, size)))
        wspi_peer_set_error(peer, WSP_ERR_OUT_OF_MEMORY, "out of memory for the close reason");
    /* Once this side has failed the connection, the other's answer is not the end it tells of. */
    peer->close_code = peer->error == WSP_OK ? (int16_t)event->code : -1;
    if (peer->state != WSP_STATE_OPEN)
        return;
    wspi_peer_start_closing(peer, turn->now);
    wspi_peer_set_state(peer, WSP_STATE_CLOSING);
    report_close_request(peer, peer->close_code);
}

/* This side fails the connection; the close frame or HTTP refusal that says so is still on its way out. */
static void on_failed(peer_turn *turn, const wspi_event *event)
{
    wsp_peer *peer = turn->peer;
    wspi_peer_set_error(peer, event->result, event->text);
    if (!peer->is_closing)
        wspi_peer_start_closing(peer, turn->now);
    if (peer->state == WSP_STATE_OPEN)
        wspi_peer_set_state(peer, WSP_STATE_CLOSING);
}

static void on_event(peer_turn *turn, wspi_event_type type, const wspi_event *event)
{
    switch (type) {
    case WSPI_EVENT_NONE: break;
    case WSPI_EVENT_REQUEST: on_request(turn, event); break;
    case WSPI_EVENT_OPEN: on_open(turn->peer, event); break;
    case WSPI_EVENT_MESSAGE: on_message(turn, event); break;
    case WSPI_EVENT_PONG: on_pong(turn->peer, event, turn->now); break;
    case WSPI_EVENT_CLOSE_FRAME: on_close_frame(turn, event); break;
    case WSPI_EVENT_FAILED: on_failed(turn, event); break;
    case WSPI_EVENT_ENDED: end_connection(turn->peer, event->result, event->text); break;
    }
}

/* -- deadlines ------------------------------------------------------------- */

static void time_out(wsp_peer *peer, const char *what, const char *phase)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add(&text, what);
    wspi_text_add(&text, phase);
    end_connection(peer, WSP_ERR_TIMEOUT, array);
}

static void judge_connecting(wsp_peer *peer, double now)
{
    /* Users of a server or a multiplayer know the setting by its own name. */
    bool is_others = peer->is_owned || peer->hides_packets;
    const char *what = is_others ? "handshake_timeout passed while waiting for "
                                 : "connect_timeout passed while waiting for ";
    if (now - peer->since >= peer->settings->connect_timeout)
        time_out(peer, what, wspi_link_get_phase(peer->link));
}

/* However much progress there is, closing takes no longer than this. */
static double get_last_close_deadline(const wsp_peer *peer)
{
    return peer->since + CLOSE_TIMEOUT_MAX_FACTOR * peer->settings->close_timeout;
}

/* When closing gives up: after close_timeout without progress. */
static double get_close_deadline(const wsp_peer *peer)
{
    return wspi_earlier(peer->last_progress + peer->settings->close_timeout, get_last_close_deadline(peer));
}

static void judge_closing(wsp_peer *peer, double now)
{
    size_t buffered = wspi_link_get_buffered_amount(peer->link);
    if (buffered < peer->last_buffered)
        peer->last_progress = now;
    peer->last_buffered = buffered;
    if (now < get_close_deadline(peer))
        return;
    /* Their close frame is here: what is missing is only the end of the TCP connection. */
    if (peer->close_code != -1)
        end_connection(peer, WSP_OK, "");
    else
        time_out(peer, "close_timeout passed while waiting for ", "the other side's close frame");
}

/* The place of the ping whose pong is awaited; a newer one replaces it. NULL when memory is out. */
static wspi_pending_ping *need_ping(wsp_peer *peer)
{
    wspi_peer_facts *facts = wspi_peer_need_facts(peer);
    if (facts != NULL && facts->ping == NULL)
        facts->ping = wspi_allocate_zeroed(sizeof *facts->ping);
    return facts != NULL ? facts->ping : NULL;
}

wsp_result wspi_peer_send_ping(wsp_peer *peer, const void *data, size_t size, double now)
{
    wspi_pending_ping *ping = need_ping(peer);
    if (ping == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    wsp_result result = wspi_link_ping(peer->link, data, size);
    if (result != WSP_OK)
        return result;
    ping->is_sent = true;
    ping->sent_at = now;
    ping->size = (uint8_t)size;
    if (size > 0)
        memcpy(ping->payload, data, size);
    return WSP_OK;
}

static void send_heartbeat(wsp_peer *peer, double now)
{
    uint8_t payload[4];
    peer->heartbeat_count++;
    for (unsigned i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(peer->heartbeat_count >> (8 * i));
    if (wspi_peer_send_ping(peer, payload, sizeof payload, now) != WSP_OK)
        return;
    (void)wspi_link_flush(peer->link);
    peer->since = now;
    peer->is_heartbeat_unanswered = true;
}

static void judge_heartbeat(wsp_peer *peer, double now)
{
    double interval = peer->settings->heartbeat_interval;
    if (interval <= 0)
        return;
    /* While we do not read, silence is of our own making. */
    if (wspi_link_is_stalled(peer->link)) {
        peer->since = now;
        return;
    }
    if (peer->since > 0 && now - peer->since < interval)
        return;
    if (peer->is_heartbeat_unanswered)
        time_out(peer, "the heartbeat was not answered within heartbeat_interval", "");
    else
        send_heartbeat(peer, now);
}

/* How long the deadline that runs now is; the first poll after a longer gap judges nothing. */
static double get_deadline_length(const wsp_peer *peer)
{
    if (peer->is_closing)
        return peer->settings->close_timeout;
    return peer->state == WSP_STATE_CONNECTING ? peer->settings->connect_timeout
                                               : peer->settings->heartbeat_interval;
}

static void judge_deadlines(wsp_peer *peer, double now, double gap)
{
    if (wspi_link_has_heard(peer->link))
        peer->is_heartbeat_unanswered = false;
    /* A game that paused loses no healthy connection. */
    double length = get_deadline_length(peer);
    if (gap > length && length > 0)
        return;
    bool is_dry = wspi_link_is_read_dry(peer->link);
    if (peer->is_closing) {
        /* A flood that never runs dry may not hold the last of these deadlines back. */
        if (is_dry || wspi_link_is_stalled(peer->link) || now >= get_last_close_deadline(peer))
            judge_closing(peer, now);
    } else if (peer->state == WSP_STATE_CONNECTING) {
        if (is_dry)
            judge_connecting(peer, now);
    } else if (is_dry || wspi_link_is_stalled(peer->link)) {
        judge_heartbeat(peer, now);
    }
}

double wspi_peer_get_deadline_delay(const wsp_peer *peer, double now)
{
    double deadline = -1;
    if (peer->is_closing)
        deadline = get_close_deadline(peer);
    else if (peer->state == WSP_STATE_CONNECTING)
        deadline = peer->since + peer->settings->connect_timeout;
    else if (peer->state == WSP_STATE_OPEN && peer->settings->heartbeat_interval > 0)
        deadline = peer->since + peer->settings->heartbeat_interval;
    else
        return -1;
    return wspi_later(deadline - now, 0);
}

/* -- the turn -------------------------------------------------------------- */

static bool is_budget_spent(const peer_turn *turn)
{
    const wsp_peer *peer = turn->peer;
    bool has_handler = wspi_peer_is_direct(peer) ||
                       (peer->handlers != NULL && peer->handlers->functions.data_received != NULL);
    if (!has_handler)
        return false;
    return turn->bytes >= TURN_MAX_BYTES || turn->messages >= TURN_MAX_MESSAGES;
}

/* true when the connection still exists afterwards. */
static bool pump(peer_turn *turn)
{
    wsp_peer *peer = turn->peer;
    peer->has_more_work = false;
    if (peer->is_owned && peer->inbound != NULL)
        wspi_peer_show_queue(peer);
    if (is_turn_over(turn))
        return false;
    while (!peer->has_more_work) {
        wspi_room room = get_room(peer);
        wspi_event event = {0};
        wspi_event_type type = wspi_link_next(turn->link, &room, &event);
        if (type == WSPI_EVENT_NONE)
            return true;
        on_event(turn, type, &event);
        if (is_turn_over(turn))
            return false;
        if (event.is_last)
            return true;
        peer->has_more_work = is_budget_spent(turn);
    }
    return true;
}

void wspi_peer_run_turn(wsp_peer *peer, double now, double gap)
{
    peer_turn turn = {.peer = peer, .link = peer->link, .generation = peer->generation, .now = now};
    wspi_peer_hold(peer);
    peer->is_in_turn = true;
    wspi_link_begin_turn(turn.link, turn.now);
    if (pump(&turn)) {
        wspi_link_end_turn(turn.link);
        judge_deadlines(peer, turn.now, gap);
    }
    peer->is_in_turn = false;
    wspi_peer_unhold(peer);
}
