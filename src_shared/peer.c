/* SPDX-License-Identifier: MIT */
/*
 * What a program calls on a peer: argument and state checks, limits, then one
 * call of the backend. The semantics are the same on both backends because
 * they are here and nowhere else. What the network causes is in peer_turn.c.
 */
#include "peer.h"

#include "close_code.h"
#include "http_token.h"
#include "memory.h"
#include "seconds.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The largest empty packet queue that a busy peer keeps from poll to poll. */
enum { KEPT_MAX = 1024 };

/* -- state ----------------------------------------------------------------- */

void wspi_peer_set_state(wsp_peer *peer, wsp_state next)
{
    assert(next == WSP_STATE_CONNECTING ? peer->state >= WSP_STATE_CLOSING : next > peer->state);
    peer->state = (uint8_t)next;
    peer->activity++;
}

wspi_peer_facts *wspi_peer_need_facts(wsp_peer *peer)
{
    if (peer->facts == NULL)
        peer->facts = wspi_allocate_zeroed(sizeof *peer->facts);
    return peer->facts;
}

bool wspi_peer_set_fact(char **string, const char *text, size_t size)
{
    wspi_string_free(*string);
    *string = size > 0 ? wspi_string_copy(text, size) : NULL;
    return *string != NULL || size == 0;
}

static void free_facts(wspi_peer_facts *facts)
{
    if (facts == NULL)
        return;
    wspi_string_free(facts->requested_url);
    wspi_string_free(facts->protocol);
    wspi_string_free(facts->error_message);
    wspi_string_free(facts->close_reason);
    wspi_free(facts->ping, sizeof *facts->ping);
    wspi_free(facts, sizeof *facts);
}

void wspi_peer_set_error(wsp_peer *peer, wsp_result result, const char *text)
{
    if (peer->error != WSP_OK || result == WSP_OK)
        return;
    peer->error = (int8_t)result;
    if (wspi_peer_need_facts(peer) != NULL)
        (void)wspi_peer_set_fact(&peer->facts->error_message, text, strlen(text));
}

static void clear_error(wsp_peer *peer)
{
    peer->error = WSP_OK;
    if (peer->facts != NULL)
        (void)wspi_peer_set_fact(&peer->facts->error_message, "", 0);
}

void wspi_peer_start_closing(wsp_peer *peer, double now)
{
    peer->is_closing = true;
    peer->since = now;
    peer->last_progress = now;
    peer->last_buffered = wspi_link_get_buffered_amount(peer->link);
}

void wspi_peer_drop(wsp_peer *peer)
{
    if (peer->state == WSP_STATE_CLOSED)
        return;
    peer->generation++;
    wspi_link_abandon(peer->link);
    wspi_peer_set_state(peer, WSP_STATE_CLOSED);
}

static void free_inbound(wsp_peer *peer)
{
    if (peer->inbound != NULL)
        wspi_packet_queue_clear(peer->inbound);
    wspi_free(peer->inbound, sizeof *peer->inbound);
    peer->inbound = NULL;
}

/* Forgets the connection before: what a successful start resets (api.md, Peer). */
static void reset_connection(wsp_peer *peer)
{
    peer->generation++;
    wspi_link_destroy(peer->link);
    peer->link = NULL;
    free_inbound(peer);
    wspi_settings_release(peer->limits);
    peer->limits = wspi_settings_share(peer->settings);
    free_facts(peer->facts);
    peer->facts = NULL;
    peer->error = WSP_OK;
    peer->close_code = -1;
    peer->messages_received = peer->messages_sent = 0;
    peer->bytes_received = peer->bytes_sent = peer->messages_refused = 0;
    peer->was_open = peer->is_closing = peer->was_text = false;
    peer->is_heartbeat_unanswered = peer->has_more_work = false;
}

static void start_connection(wsp_peer *peer, wspi_link *link)
{
    reset_connection(peer);
    peer->link = link;
    peer->since = wsp_now();
    peer->last_turn = peer->since;
    wspi_peer_set_state(peer, WSP_STATE_CONNECTING);
}

/* A failed start has one effect: the reason, and only where there is no connection it could belong to. */
static wsp_result refuse_start(wsp_peer *peer, wsp_result result, const char *text)
{
    if (peer->state == WSP_STATE_CLOSED) {
        clear_error(peer);
        wspi_peer_set_error(peer, result, text);
    }
    return result;
}

/* -- life ------------------------------------------------------------------ */

wsp_peer *wsp_peer_create(void)
{
    wsp_peer *peer = wspi_allocate_zeroed(sizeof *peer);
    if (peer == NULL)
        return NULL;
    peer->settings = wspi_settings_share(&wspi_settings_defaults);
    peer->limits = wspi_settings_share(&wspi_settings_defaults);
    peer->state = WSP_STATE_CLOSED;
    peer->write_mode = WSP_WRITE_MODE_BINARY;
    peer->close_code = -1;
    return peer;
}

void wspi_peer_free(wsp_peer *peer)
{
    reset_connection(peer);
    wspi_settings_release(peer->limits);
    wspi_settings_release(peer->settings);
    if (!peer->is_owned)
        wspi_free(peer->handlers, sizeof *peer->handlers);
    wspi_free(peer, sizeof *peer);
}

void wsp_peer_destroy(wsp_peer *peer)
{
    if (peer != NULL && peer->is_owned)
        (void)wsp_peer_close(peer, -1, NULL);
    else
        wspi_peer_destroy(peer);
}

void wspi_peer_destroy(wsp_peer *peer)
{
    if (peer == NULL || peer->is_destroyed)
        return;
    wspi_peer_drop(peer);
    peer->is_destroyed = true;
    /* Inside a handler the turn still stands on this object; the last one to leave frees it. */
    wspi_peer_hold(peer);
    wspi_peer_unhold(peer);
}

static wsp_result check_startable(const wsp_peer *peer)
{
    if (peer == NULL || peer->is_destroyed)
        return WSP_ERR_INVALID_PARAMETER;
    bool is_busy = peer->is_owned || peer->state == WSP_STATE_CONNECTING || peer->state == WSP_STATE_OPEN;
    return is_busy ? WSP_ERR_ALREADY_IN_USE : WSP_OK;
}

static wsp_result open_url(wsp_peer *peer, const char *text, const wsp_tls_options *tls, wspi_text *why)
{
    if (!wspi_tls_options_are_client(tls)) {
        wspi_text_set(why, "the TLS options are a server's");
        return WSP_ERR_INVALID_PARAMETER;
    }
    wspi_url url;
    wsp_result result = wspi_url_parse(text, &url, why);
    if (result != WSP_OK)
        return result;
    wspi_link *link = NULL;
    wspi_peer_facts *facts = wspi_allocate_zeroed(sizeof *facts);
    if (facts == NULL || !wspi_peer_set_fact(&facts->requested_url, text, strlen(text))) {
        wspi_text_set(why, wsp_result_text(WSP_ERR_OUT_OF_MEMORY));
        result = WSP_ERR_OUT_OF_MEMORY;
    } else {
        result = wspi_link_connect(&link, text, &url, tls, peer->settings, why);
    }
    wspi_url_release(&url);
    if (result != WSP_OK) {
        free_facts(facts);
        return result;
    }
    start_connection(peer, link);
    peer->facts = facts;
    return WSP_OK;
}

wsp_result wsp_peer_connect_to_url(wsp_peer *peer, const char *url, const wsp_tls_options *tls_or_null)
{
    wsp_result result = check_startable(peer);
    if (result != WSP_OK)
        return result;
    if (url == NULL)
        return refuse_start(peer, WSP_ERR_INVALID_PARAMETER, "the URL is NULL");
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    result = open_url(peer, url, tls_or_null, &why);
    return result == WSP_OK ? WSP_OK : refuse_start(peer, result, array);
}

wsp_result wsp_peer_accept_stream(wsp_peer *peer, wsp_stream *stream)
{
    if (!wsp_has_feature(WSP_FEATURE_ACCEPT_STREAM))
        return WSP_ERR_UNSUPPORTED;
    wsp_result result = check_startable(peer);
    if (result != WSP_OK)
        return result;
    if (stream == NULL)
        return refuse_start(peer, WSP_ERR_INVALID_PARAMETER, "the stream is NULL");
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    result = wspi_peer_start_accepted(peer, stream, &why);
    return result == WSP_OK ? WSP_OK : refuse_start(peer, result, array);
}

wsp_result wspi_peer_start_accepted(wsp_peer *peer, wsp_stream *stream, wspi_text *why)
{
    wspi_link *link = NULL;
    wsp_result result = wspi_link_accept(&link, stream, peer->settings, why);
    if (result == WSP_OK)
        start_connection(peer, link);
    return result;
}

/* -- polling --------------------------------------------------------------- */

/* An empty queue that is small outlives a poll in which messages came: more of them come soon. */
static bool is_worth_keeping(const wsp_peer *peer)
{
    const wspi_packet_queue *queue = peer->inbound;
    return peer->is_receiving && queue->count == 0 && queue->taken == NULL && queue->capacity <= KEPT_MAX;
}

void wspi_peer_trim(wsp_peer *peer)
{
    if (peer->inbound == NULL)
        return;
    bool is_kept = is_worth_keeping(peer);
    peer->is_receiving = false;
    if (is_kept)
        return;
    wspi_packet_queue_trim(peer->inbound);
    if (peer->inbound->count == 0)
        free_inbound(peer);
}

void wsp_peer_poll(wsp_peer *peer)
{
    if (peer == NULL || peer->is_in_turn || peer->is_destroyed || peer->is_owned)
        return;
    wspi_peer_trim(peer);
    double now = wsp_now();
    double gap = now - peer->last_turn;
    peer->last_turn = now;
    if (peer->state != WSP_STATE_CLOSED)
        wspi_peer_run_turn(peer, now, gap);
}

/* What poll_wait reports as news. */
typedef struct news {
    unsigned activity;
    size_t buffered;
} news;

static news take_news(const wsp_peer *peer)
{
    return (news){peer->activity, wsp_peer_get_current_outbound_buffered_amount(peer)};
}

static bool is_news(news before, news after)
{
    return before.activity != after.activity || before.buffered != after.buffered;
}

/* Polls until there is news or the time is over. */
static bool wait_for_news(wsp_peer *peer, double seconds)
{
    news before = take_news(peer);
    double until = wsp_now() + seconds;
    bool is_waiting = true;
    for (;;) {
        wsp_peer_poll(peer);
        if (is_news(before, take_news(peer)))
            return true;
        double now = wsp_now();
        double left = seconds < 0 ? -1 : wspi_later(until - now, 0);
        if (!is_waiting || left == 0)
            return false;
        double delay = wspi_shorter_wait(left, wsp_peer_get_poll_delay(peer));
        bool is_called = wspi_link_wait(peer->link, delay);
        /* Nothing came, and it is too early for a deadline: a signal, which the program wants to know of. */
        is_waiting = is_called || (delay >= 0 && wsp_now() >= now + delay);
    }
}

bool wsp_peer_poll_wait(wsp_peer *peer, double seconds)
{
    if (peer == NULL || peer->is_in_turn || peer->is_destroyed || peer->is_owned)
        return false;
    if (peer->state == WSP_STATE_CLOSED) {
        wspi_rest(seconds);
        return false;
    }
    wspi_peer_hold(peer);
    bool is_changed = wait_for_news(peer, isnan(seconds) ? 0 : seconds);
    wspi_peer_unhold(peer);
    return is_changed;
}

wsp_state wsp_peer_get_ready_state(const wsp_peer *peer)
{
    return peer != NULL ? (wsp_state)peer->state : WSP_STATE_CLOSED;
}

intptr_t wsp_peer_get_socket(const wsp_peer *peer)
{
    return peer != NULL && peer->state != WSP_STATE_CLOSED ? wspi_link_get_socket(peer->link) : -1;
}

bool wsp_peer_wants_write(const wsp_peer *peer)
{
    return peer != NULL && peer->state != WSP_STATE_CLOSED && wspi_link_wants_write(peer->link);
}

double wsp_peer_get_poll_delay(const wsp_peer *peer)
{
    if (peer == NULL || peer->state == WSP_STATE_CLOSED)
        return -1;
    if (peer->has_more_work)
        return 0;
    double now = wsp_now();
    return wspi_shorter_wait(wspi_link_get_delay(peer->link, now), wspi_peer_get_deadline_delay(peer, now));
}

/* -- pings ----------------------------------------------------------------- */

wsp_result wsp_peer_ping(wsp_peer *peer, const void *data, size_t size)
{
    if (!wsp_has_feature(WSP_FEATURE_HEARTBEAT))
        return WSP_ERR_UNSUPPORTED;
    if (peer == NULL || (data == NULL && size > 0) || size > sizeof peer->facts->ping->payload)
        return WSP_ERR_INVALID_PARAMETER;
    if (peer->state != WSP_STATE_OPEN)
        return WSP_ERR_NOT_OPEN;
    wsp_result result = wspi_peer_send_ping(peer, data, size, wsp_now());
    if (result == WSP_OK)
        (void)wspi_peer_let_output_leave(peer);
    return result;
}

/* -- closing --------------------------------------------------------------- */

static bool is_close_legal(int code, const char *reason, size_t reason_size)
{
    if (!wspi_close_reason_is_valid(reason, reason_size))
        return false;
    if (code == 0)
        return reason_size == 0;
    return code < 0 || wspi_close_code_is_sendable(code);
}

wsp_result wsp_peer_close(wsp_peer *peer, int code, const char *reason_or_null)
{
    const char *reason = reason_or_null != NULL ? reason_or_null : "";
    size_t reason_size = strlen(reason);
    if (peer == NULL || !is_close_legal(code, reason, reason_size))
        return WSP_ERR_INVALID_PARAMETER;
    if (peer->state == WSP_STATE_CONNECTING || code < 0) {
        wspi_peer_drop(peer);
        wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    } else if (peer->state == WSP_STATE_OPEN) {
        wspi_peer_start_closing(peer, wsp_now());
        wspi_peer_set_state(peer, WSP_STATE_CLOSING);
        wsp_result result = wspi_link_close(peer->link, code, reason, reason_size);
        wspi_peer_set_error(peer, result, "out of memory for the close frame");
        (void)wspi_peer_let_output_leave(peer);
        wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    }
    return WSP_OK;
}
