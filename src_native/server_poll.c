/* SPDX-License-Identifier: MIT */
/*
 * What happens inside a server's poll: sockets that are ready, new connections, peers that want a turn,
 * deadlines, and what was sent to others meanwhile. Any handler may stop or destroy the server: the epoch
 * tells, and the poll leaves.
 */
#include "server.h"

#include "log.h"
#include "seconds.h"
#include "wspeer/tls.h"

#include <math.h>

/* Sockets answered by one question to the system. */
enum { EVENTS = 128 };

/* Connections taken in one poll; the others wait for the next one. */
enum { ACCEPT_MAX = 256 };

/* The listener's token; a peer's is its slot's index + 1. Nothing is taken out of the table while events of
 * one question are worked off but by the peer they belong to, and one too many is a turn without news. */
static void *const LISTENER_TOKEN = NULL;

static void *get_token(uint32_t index)
{
    return (void *)(uintptr_t)(index + 1);
}

static wsp_peer *get_peer(const wsp_server *server, uint32_t index)
{
    return index < server->peers.end ? server->peers.slots[index].peer : NULL;
}

/* -- watching -------------------------------------------------------------- */

static bool takes_connections(const wsp_server *server)
{
    return wsp_server_is_listening(server) && !server->refuses_new &&
           server->peers.count < server->max_connections;
}

void wspi_server_watch_listener(wsp_server *server, double now)
{
    bool is_wanted = takes_connections(server) && now >= server->listener.accept_after;
    if (is_wanted == server->is_listener_watched)
        return;
    if (is_wanted)
        server->is_listener_watched =
            wspi_readiness_watch(server->readiness, server->listener.socket, LISTENER_TOKEN);
    else {
        wspi_readiness_unwatch(server->readiness, server->listener.socket);
        server->is_listener_watched = false;
    }
}

void wspi_server_settle(wsp_server *server, uint32_t index)
{
    wsp_peer *peer = get_peer(server, index);
    bool is_at_rest = wspi_link_is_at_rest(peer->link);
    if (!is_at_rest && !wspi_link_update_watch(peer->link, get_token(index)))
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_TURN, index);
    double delay = wspi_peer_get_deadline_delay(peer, server->now);
    if (delay >= 0)
        wspi_timer_wheel_arm(&server->wheel, index, server->now, delay);
    if (peer->has_more_work || (!is_at_rest && wspi_link_get_delay(peer->link, server->now) == 0))
        wspi_server_peers_call(&server->peers, index);
    else if (wspi_peer_is_keeping(peer))
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_TURN, index);
}

/* A write that fails tells that the connection is gone: a turn reads what is still there, and ends it. */
void wspi_server_flush_peer(wsp_server *server, uint32_t index)
{
    wsp_peer *peer = get_peer(server, index);
    if (peer == NULL || peer->state == WSP_STATE_CLOSED)
        return;
    bool is_alive = wspi_link_flush(peer->link);
    bool is_watched = wspi_link_update_watch(peer->link, get_token(index));
    if (!is_alive || !is_watched)
        wspi_server_peers_call(&server->peers, index);
}

/* -- turns ----------------------------------------------------------------- */

/* What the program sees of a turn, for poll_wait. */
static bool run_peer(wsp_server *server, wsp_peer *peer)
{
    unsigned activity = peer->activity;
    size_t buffered = wspi_link_get_buffered_amount(peer->link);
    wspi_peer_run_turn(peer, server->now, server->gap);
    return peer->activity != activity ||
           (peer->state != WSP_STATE_CLOSED && wspi_link_get_buffered_amount(peer->link) != buffered);
}

/* One turn for each peer in one poll, so that none holds the others up and a kept message comes again in a
 * later one. false: it has had its turn. */
static bool give_turn(wsp_server *server, uint32_t index, bool can_read)
{
    wsp_peer *peer = get_peer(server, index);
    if (peer == NULL)
        return true;
    if (server->peers.slots[index].turn_number == server->poll_number)
        return false;
    server->peers.slots[index].turn_number = server->poll_number;
    unsigned epoch = server->epoch;
    if (peer->state != WSP_STATE_CLOSED) {
        if (can_read)
            wspi_link_set_ready(peer->link);
        wspi_peer_hold(peer);
        server->activity += run_peer(server, peer);
        wspi_peer_unhold(peer);
        if (server->epoch != epoch)
            return true;
    }
    if (peer->state == WSP_STATE_CLOSED)
        wspi_server_finish_peer(server, index);
    else
        wspi_server_settle(server, index);
    return true;
}

/* -- accepting ------------------------------------------------------------- */

/* Makes a peer of a stream. false: the stream is still the caller's. */
static bool add_peer(wsp_server *server, wsp_stream *stream)
{
    if (server->tls != NULL && wsp_stream_accept_tls(stream, server->tls) != WSP_OK)
        return false;
    if (!wspi_server_peers_reserve(&server->peers) ||
        !wspi_timer_wheel_reserve(&server->wheel, server->peers.capacity))
        return false;
    int32_t id = wspi_server_peers_next_id(&server->peers);
    wsp_peer *peer = wspi_peer_create_owned(server->settings, &server->owner, id);
    if (peer == NULL)
        return false;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    if (wspi_peer_start_accepted(peer, stream, &why) != WSP_OK) {
        wspi_peer_destroy(peer);
        return false;
    }
    uint32_t index = wspi_server_peers_add(&server->peers, peer, id);
    wspi_link_join(peer->link, &server->share, server->readiness);
    wspi_server_settle(server, index);
    return true;
}

static void accept_connections(wsp_server *server)
{
    for (int i = 0; i < ACCEPT_MAX && server->peers.count < server->max_connections; i++) {
        wspi_socket socket = WSPI_NO_SOCKET;
        wspi_address from;
        if (wspi_listener_accept(&server->listener, server->now, &socket, &from) != WSPI_IO_OK)
            break;
        wsp_stream *stream = wspi_stream_tcp_create(socket, &from);
        if (stream == NULL)
            wspi_os_close(socket);
        else if (!add_peer(server, stream))
            wsp_stream_destroy(stream);
    }
    wspi_server_watch_listener(server, server->now);
}

/* -- the poll -------------------------------------------------------------- */

/* true while no handler has stopped or destroyed the server. */
static bool work_off_events(wsp_server *server, const wspi_poller_event *events, size_t count)
{
    unsigned epoch = server->epoch;
    for (size_t i = 0; i < count; i++) {
        if (events[i].token == LISTENER_TOKEN)
            accept_connections(server);
        else
            (void)give_turn(server, (uint32_t)((uintptr_t)events[i].token - 1), events[i].can_read);
        if (server->epoch != epoch)
            return false;
    }
    return true;
}

static bool run_ready(wsp_server *server, const wspi_poller_event *first, size_t count)
{
    wspi_poller_event events[EVENTS];
    if (!work_off_events(server, first, count))
        return false;
    /* A set answers its ready sockets in turn, so this many questions reach each of them. */
    for (size_t asked = EVENTS; count == EVENTS && asked <= server->peers.count; asked += EVENTS) {
        count = wspi_readiness_collect(server->readiness, events, EVENTS, 0);
        if (!work_off_events(server, events, count))
            return false;
    }
    return true;
}

static void list_again(wsp_server *server, uint32_t index, bool is_urgent)
{
    if (is_urgent)
        wspi_server_peers_call(&server->peers, index);
    else
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_TURN, index);
}

/* Those up to `last`, which wanted a turn when the poll began; who asks now gets it in the next poll. */
static bool run_turns(wsp_server *server, uint32_t last)
{
    unsigned epoch = server->epoch;
    for (uint32_t index = WSPI_NO_SLOT; index != last;) {
        size_t urgent = server->peers.urgent_count;
        index = wspi_server_peers_pop(&server->peers, WSPI_SLOTS_TURN);
        bool was_urgent = server->peers.urgent_count < urgent;
        if (!give_turn(server, index, false))
            list_again(server, index, was_urgent);
        if (server->epoch != epoch)
            return false;
    }
    return true;
}

static bool run_deadlines(wsp_server *server)
{
    unsigned epoch = server->epoch;
    uint32_t index;
    while ((index = wspi_timer_wheel_pop(&server->wheel, server->now)) != WSPI_TIMER_NONE) {
        double delay = wspi_peer_get_deadline_delay(get_peer(server, index), server->now);
        if (delay > 0 || (delay == 0 && !give_turn(server, index, true)))
            wspi_timer_wheel_arm(&server->wheel, index, server->now, delay);
        if (server->epoch != epoch)
            return false;
    }
    return true;
}

/* Nothing here calls a handler. */
static void flush_others(wsp_server *server)
{
    uint32_t index;
    while ((index = wspi_server_peers_pop(&server->peers, WSPI_SLOTS_FLUSH)) != WSPI_NO_SLOT)
        wspi_server_flush_peer(server, index);
}

/* `seconds` of sleep at most; 0: only a look. How many sockets were ready; -1: a handler destroyed the
 * server, and it is gone. asked_at: wsp_now(). */
static int poll_once(wsp_server *server, double asked_at, double seconds)
{
    wspi_poller_event events[EVENTS];
    server->is_polling = true;
    wspi_server_hold(server);
    size_t count = 0;
    if (server->readiness != NULL)
        count = wspi_readiness_collect(server->readiness, events, EVENTS, seconds);
    server->now = seconds != 0 ? wsp_now() : asked_at;
    /* A sleep of ours is no pause of the program's. */
    server->gap = asked_at - server->last_poll;
    server->last_poll = server->now;
    wspi_server_watch_listener(server, server->now);
    server->poll_number++;
    /* Sockets first: a turn that reads does for one that was asked for. */
    uint32_t last = server->peers.last[WSPI_SLOTS_TURN];
    if (run_ready(server, events, count) && run_turns(server, last) && run_deadlines(server))
        flush_others(server);
    server->is_polling = false;
    return wspi_server_unhold(server) ? (int)count : -1;
}

/* Not inside a handler; a broadcast calls one outside of polls too. */
static bool can_poll(const wsp_server *server)
{
    return server != NULL && !server->is_polling && !server->is_reporting_missed && !server->is_destroyed;
}

void wsp_server_poll(wsp_server *server)
{
    if (can_poll(server))
        (void)poll_once(server, wsp_now(), 0);
}

double wspi_server_get_delay(const wsp_server *server, double now)
{
    if (server->peers.urgent_count > 0)
        return 0;
    double delay = wspi_timer_wheel_get_delay(&server->wheel, now);
    if (server->peers.first[WSPI_SLOTS_TURN] != WSPI_NO_SLOT)
        delay = wspi_shorter_wait(delay, WSPI_SERVER_RETRY_SECONDS);
    /* It pauses, or the system had no place for it; then it is tried again. */
    if (!server->is_listener_watched && takes_connections(server))
        delay = wspi_shorter_wait(delay,
                                  wspi_later(server->listener.accept_after - now, WSPI_SERVER_RETRY_SECONDS));
    return delay;
}

bool wsp_server_poll_wait(wsp_server *server, double seconds)
{
    if (!can_poll(server))
        return false;
    if (server->readiness == NULL) {
        wspi_rest(seconds);
        return false;
    }
    double left = isnan(seconds) ? 0 : seconds;
    double now = wsp_now();
    double until = now + left;
    unsigned activity = server->activity;
    unsigned epoch = server->epoch;
    for (;;) {
        double before = now;
        double delay = wspi_shorter_wait(left, wspi_server_get_delay(server, before));
        int count = poll_once(server, before, delay);
        if (count < 0 || server->activity != activity || server->epoch != epoch)
            return true;
        now = wsp_now();
        left = seconds < 0 ? -1 : wspi_later(until - now, 0);
        /* Nothing came, and it is too early for a deadline: a signal, which the program wants to know of. */
        bool is_interrupted = count == 0 && delay != 0 && (delay < 0 || now < before + delay);
        if (left == 0 || is_interrupted)
            return false;
    }
}
