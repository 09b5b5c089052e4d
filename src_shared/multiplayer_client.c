/* SPDX-License-Identifier: MIT */
/*
 * A client of a session: one wsp_peer to the server. It has no handlers; each poll carries it on and then
 * looks at its packets and its state, so that no code of the program runs while the peer is being polled.
 * Godot 4's and Godot 3's rules are godot-websocket.md 5.1 and 5.3.
 */
#include "multiplayer.h"

#include "memory.h"
#include "peer.h"
#include "seconds.h"

#include <string.h>

/* What a server may announce, so that a hostile one cannot take all memory with 13 bytes a member. */
enum { MOST_MEMBERS = 65536 };

/* -- start and end --------------------------------------------------------- */

wsp_result wspi_multiplayer_join(wsp_multiplayer *multiplayer, const char *url, const wsp_tls_options *tls)
{
    /* The peer of a session whose end is being reported right now belongs to that report. */
    wsp_peer *before = multiplayer->peer;
    wsp_peer *peer = wsp_peer_create();
    multiplayer->peer = peer;
    wsp_result result = peer != NULL ? wspi_multiplayer_apply_settings(multiplayer) : WSP_ERR_OUT_OF_MEMORY;
    if (result == WSP_OK)
        result = wsp_peer_connect_to_url(peer, url, tls);
    if (result != WSP_OK) {
        bool has_text = wsp_peer_get_error(peer) == result;
        wspi_multiplayer_set_error(multiplayer, result,
                                   has_text ? wsp_peer_get_error_message(peer) : wsp_result_text(result));
        wsp_peer_destroy(peer);
        multiplayer->peer = before;
        return result;
    }
    wspi_peer_set_owned(peer, true);
    wspi_peer_hide_packets(peer);
    multiplayer->started = multiplayer->last_poll = wsp_now();
    wspi_multiplayer_set_session(multiplayer, WSPI_SESSION_JOINING);
    return WSP_OK;
}

static void destroy_peer(wsp_peer *peer)
{
    wspi_peer_set_owned(peer, false);
    wsp_peer_destroy(peer);
}

void wspi_multiplayer_leave(wsp_multiplayer *multiplayer, bool is_polite)
{
    wsp_peer *peer = multiplayer->peer;
    multiplayer->peer = NULL;
    wspi_multiplayer_end(multiplayer);
    if (is_polite)
        (void)wsp_peer_close(peer, WSP_CLOSE_NORMAL, NULL);
    destroy_peer(peer);
}

/* The close frame is on its way; what still arrives is not looked at. */
static void fail(wsp_multiplayer *multiplayer, wsp_result result, const char *fault)
{
    wspi_multiplayer_set_error(multiplayer, result, fault);
    bool is_joined = multiplayer->session == WSPI_SESSION_JOINED;
    wspi_multiplayer_set_session(multiplayer, is_joined ? WSPI_SESSION_FAILING : WSPI_SESSION_REFUSING);
    int code = result == WSP_ERR_PROTOCOL ? WSP_CLOSE_POLICY_VIOLATION : WSP_CLOSE_INTERNAL_ERROR;
    (void)wsp_peer_close(multiplayer->peer, code, fault);
}

/* What the peer tells about the end, unless this side knew better before. */
static void note_end(wsp_multiplayer *multiplayer, bool was_joined)
{
    const wsp_peer *peer = multiplayer->peer;
    wsp_result error = wsp_peer_get_error(peer);
    if (error != WSP_OK) {
        wspi_multiplayer_set_error(multiplayer, error, wsp_peer_get_error_message(peer));
        return;
    }
    char array[WSPI_MESSAGE_CAPACITY];
    const char *reason = wsp_peer_get_close_reason(peer);
    int code = wsp_peer_get_close_code(peer);
    wspi_text text;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add(&text,
                  code < 0 ? "the connection was dropped by this side" : "the connection was closed: ");
    if (code >= 0)
        wspi_text_add_number(&text, (uint64_t)code);
    wspi_text_add(&text, reason[0] != '\0' ? " " : "");
    wspi_text_add_printable(&text, reason, strlen(reason), WSPI_MESSAGE_CAPACITY);
    wspi_multiplayer_set_error(multiplayer, was_joined ? WSP_OK : WSP_ERR_FAILED, array);
}

/* The peer is CLOSED. Its facts can be read in the handler, which may start the next session. */
static void report_end(wsp_multiplayer *multiplayer)
{
    wsp_peer *peer = multiplayer->peer;
    bool was_joined =
        multiplayer->session == WSPI_SESSION_JOINED || multiplayer->session == WSPI_SESSION_FAILING;
    note_end(multiplayer, was_joined);
    wspi_multiplayer_end(multiplayer);
    multiplayer->activity++;
    if (was_joined)
        (void)wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_disconnected, WSPI_WIRE_SERVER);
    else if (multiplayer->handlers.connection_failed != NULL)
        multiplayer->handlers.connection_failed(multiplayer, multiplayer->user);
    if (multiplayer->peer == peer)
        multiplayer->peer = NULL;
    destroy_peer(peer);
}

/* -- messages -------------------------------------------------------------- */

/* Each of these answers whether the session still runs as before. */

static bool fail_for_memory(wsp_multiplayer *multiplayer)
{
    fail(multiplayer, WSP_ERR_OUT_OF_MEMORY, "out of memory for a message that arrived");
    return true;
}

static bool on_member_came(wsp_multiplayer *multiplayer, int32_t id)
{
    if (id == multiplayer->unique_id || wspi_members_find(&multiplayer->members, id) != NULL)
        return true; /* the server itself is announced as well, after the id */
    if (multiplayer->members.count == MOST_MEMBERS) {
        fail(multiplayer, WSP_ERR_PROTOCOL, "the server announced more than 65,536 members");
        return true;
    }
    if (wspi_members_add(&multiplayer->members, id) == NULL)
        return fail_for_memory(multiplayer);
    return wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_connected, id);
}

static bool on_member_left(wsp_multiplayer *multiplayer, int32_t id)
{
    if (id == WSPI_WIRE_SERVER || wspi_members_find(&multiplayer->members, id) == NULL)
        return true;
    bool goes_on = wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_disconnected, id);
    if (goes_on)
        wspi_members_remove(&multiplayer->members, id);
    return goes_on;
}

static bool on_id(wsp_multiplayer *multiplayer, wspi_bytes message)
{
    int32_t id = 0;
    const char *fault = wspi_wire_read_id(multiplayer->dialect, message.data, message.size, &id);
    if (fault != NULL) {
        fail(multiplayer, WSP_ERR_PROTOCOL, fault);
        return true;
    }
    /* Without room for the server nobody has heard of the game, and connection_failed is the word for it. */
    if (wspi_members_add(&multiplayer->members, WSPI_WIRE_SERVER) == NULL)
        return fail_for_memory(multiplayer);
    multiplayer->unique_id = id;
    wspi_multiplayer_set_session(multiplayer, WSPI_SESSION_JOINED);
    return wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_connected, WSPI_WIRE_SERVER);
}

static bool on_packet(wsp_multiplayer *multiplayer, int32_t sender, wspi_bytes packet)
{
    return wspi_multiplayer_push(multiplayer, sender, packet) || fail_for_memory(multiplayer);
}

static bool on_godot3_message(wsp_multiplayer *multiplayer, wspi_bytes bytes)
{
    wspi_wire_message message;
    const char *fault = wspi_wire_read(bytes.data, bytes.size, &message);
    if (fault == NULL) {
        switch (message.type) {
        case WSPI_WIRE_ADD: return on_member_came(multiplayer, message.member);
        case WSPI_WIRE_DEL: return on_member_left(multiplayer, message.member);
        case WSPI_WIRE_ID: fault = "the server gave a second id"; break;
        case WSPI_WIRE_NONE:
            if (wspi_members_find(&multiplayer->members, message.source) != NULL)
                return on_packet(multiplayer, message.source, message.payload);
            fault = "a packet comes from somebody who is not in the game";
            break;
        }
    }
    fail(multiplayer, WSP_ERR_PROTOCOL, fault);
    return true;
}

static bool on_message(wsp_multiplayer *multiplayer, wspi_bytes message)
{
    if (multiplayer->session == WSPI_SESSION_JOINING)
        return on_id(multiplayer, message);
    if (multiplayer->session != WSPI_SESSION_JOINED)
        return true;
    if (multiplayer->dialect == WSP_MULTIPLAYER_DIALECT_GODOT3)
        return on_godot3_message(multiplayer, message);
    return on_packet(multiplayer, WSPI_WIRE_SERVER, message);
}

/* -- polling --------------------------------------------------------------- */

/*
 * The peer's queue is only passed through: what the program has not taken yet waits in the queue of the
 * session, and the peer reads no more than fits there.
 */
static void grant_room(const wsp_multiplayer *multiplayer)
{
    const wspi_packet_queue *queue = &multiplayer->inbound;
    wspi_peer_set_room(multiplayer->peer,
                       wspi_left(multiplayer->settings->inbound_buffer_size, queue->payload_size),
                       wspi_left(multiplayer->settings->max_queued_packets, queue->count));
}

/* Nobody else polls the peer, whatever is asked of it. One that the program closed is at its end: that is to
 * be reported, and nothing to sleep for.
 */
static bool poll_peer(wsp_peer *peer, double seconds)
{
    bool is_moved = false;
    wspi_peer_set_owned(peer, false);
    if (seconds != 0 && wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED)
        is_moved = wsp_peer_poll_wait(peer, seconds);
    else
        wsp_peer_poll(peer);
    wspi_peer_set_owned(peer, true);
    return is_moved;
}

static double left_to_join(const wsp_multiplayer *multiplayer, double now)
{
    if (multiplayer->session != WSPI_SESSION_JOINING && multiplayer->session != WSPI_SESSION_REFUSING)
        return -1;
    return wspi_later(multiplayer->started + multiplayer->handshake_timeout - now, 0);
}

/* After everything there was has been read, and not in the first poll after a pause of the program's own. A
 * server that does not answer a close frame has no longer than one that says nothing. */
static void judge_joining(wsp_multiplayer *multiplayer, double now, double gap)
{
    wsp_state state = wsp_peer_get_ready_state(multiplayer->peer);
    if (state == WSP_STATE_CONNECTING || left_to_join(multiplayer, now) != 0 ||
        gap > multiplayer->handshake_timeout)
        return;
    if (state == WSP_STATE_OPEN)
        wspi_multiplayer_set_error(multiplayer, WSP_ERR_TIMEOUT,
                                   "handshake_timeout passed while waiting for the server's id message");
    (void)wsp_peer_close(multiplayer->peer, -1, NULL);
}

static bool take_messages(wsp_multiplayer *multiplayer)
{
    wspi_bytes message;
    while ((message.data = wspi_peer_take_hidden(multiplayer->peer, &message.size)) != NULL)
        if (!on_message(multiplayer, message))
            return false;
    return true;
}

bool wspi_multiplayer_poll_client(wsp_multiplayer *multiplayer, double seconds)
{
    double start = wsp_now();
    double gap = start - multiplayer->last_poll;
    grant_room(multiplayer);
    bool is_moved =
        poll_peer(multiplayer->peer, wspi_shorter_wait(seconds, left_to_join(multiplayer, start)));
    multiplayer->last_poll = wsp_now();
    if (!take_messages(multiplayer))
        return true;
    if (wsp_peer_get_ready_state(multiplayer->peer) != WSP_STATE_CLOSED)
        judge_joining(multiplayer, multiplayer->last_poll, gap);
    if (wsp_peer_get_ready_state(multiplayer->peer) == WSP_STATE_CLOSED)
        report_end(multiplayer);
    return is_moved;
}

/* -- sending --------------------------------------------------------------- */

wsp_result wspi_multiplayer_send_to_server(wsp_multiplayer *multiplayer, wspi_bytes packet)
{
    wsp_peer *peer = multiplayer->peer;
    if (multiplayer->dialect == WSP_MULTIPLAYER_DIALECT_GODOT4)
        return wsp_peer_send(peer, packet.data, packet.size, WSP_WRITE_MODE_BINARY);
    int32_t target = multiplayer->target;
    bool is_nobody = target > 0 && wspi_members_find(&multiplayer->members, target) == NULL;
    if (is_nobody || target == INT32_MIN)
        return WSP_ERR_INVALID_PARAMETER;
    /* All but somebody who is not there are all, and a server may expel who names an id that never was. */
    if (target < 0 && wspi_members_find(&multiplayer->members, -target) == NULL)
        target = WSP_TARGET_PEER_BROADCAST;
    size_t size;
    if (packet.size > SIZE_MAX - WSPI_WIRE_HEADER_SIZE ||
        packet.size + WSPI_WIRE_HEADER_SIZE > wsp_peer_get_outbound_buffer_size(peer))
        return WSP_ERR_MESSAGE_TOO_BIG;
    uint8_t *message = wspi_multiplayer_add_header(multiplayer->unique_id, target, packet, &size);
    if (message == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    wsp_result result = wsp_peer_send(peer, message, size, WSP_WRITE_MODE_BINARY);
    wspi_free(message, size);
    return result;
}
