/* SPDX-License-Identifier: MIT */
/*
 * The server of a session over wsp_server's public functions: gives ids, takes packets, sends to targets, and
 * in the GODOT3 dialect tells the clients of each other and relays between them. What it mends of
 * godot-websocket.md 5.1 and 5.3 without changing the wire: nothing is dropped silently, a client that breaks
 * the dialect is closed, and what a slow program has not taken yet holds back its sender only.
 */
#include "multiplayer.h"

#include "log.h"
#include "memory.h"
#include "peer.h"
#include "wspeer/request.h"

#include <string.h>

#define SLOW_REASON "no room for a packet that may not be skipped"

static bool is_godot3(const wsp_multiplayer *multiplayer)
{
    return multiplayer->dialect == WSP_MULTIPLAYER_DIALECT_GODOT3;
}

static void disconnect(wsp_multiplayer *multiplayer, int32_t id, int code, const char *reason)
{
    (void)wsp_server_disconnect_peer(multiplayer->server, id, code, reason);
}

/* Nothing of what it still sends is looked at; its end is reported as everybody's. */
static void expel(wsp_multiplayer *multiplayer, int32_t id, int code, const char *fault)
{
    wspi_member *member = wspi_members_find(&multiplayer->members, id);
    if (member != NULL)
        member->is_expelled = true;
    disconnect(multiplayer, id, code, fault);
}

/* -- sending --------------------------------------------------------------- */

static wsp_result send_to(wsp_multiplayer *multiplayer, int32_t id, wspi_bytes message)
{
    wsp_peer *peer = wsp_server_get_peer(multiplayer->server, id);
    return wsp_peer_send(peer, message.data, message.size, WSP_WRITE_MODE_BINARY);
}

/* For messages that nobody can try again: a client without room is disconnected. */
static void judge_sent(wsp_multiplayer *multiplayer, int32_t id, wsp_result result)
{
    if (result == WSP_ERR_OUT_OF_MEMORY)
        disconnect(multiplayer, id, WSP_CLOSE_INTERNAL_ERROR, "out of memory");
    else if (result != WSP_OK && result != WSP_ERR_NOT_OPEN)
        disconnect(multiplayer, id, 1013, SLOW_REASON);
}

static void push_to(wsp_multiplayer *multiplayer, int32_t id, wspi_bytes message)
{
    judge_sent(multiplayer, id, send_to(multiplayer, id, message));
}

/* Whoever misses a broadcast leaves the game. So when nobody took it, those who stay are lost already, as the
 * next poll will tell, or there was no memory for it: sending to each alone shows which. */
static wsp_result broadcast(wsp_multiplayer *multiplayer, int32_t left_out, wspi_bytes message)
{
    if (wsp_server_broadcast(multiplayer->server, message.data, message.size, WSP_WRITE_MODE_BINARY,
                             left_out) > 0)
        return WSP_OK;
    bool is_sent = false;
    for (size_t i = 0; i < multiplayer->members.count; i++) {
        int32_t id = multiplayer->members.list[i].id;
        const wsp_peer *peer = wsp_server_get_peer(multiplayer->server, id);
        if (id == left_out || wsp_peer_get_ready_state(peer) != WSP_STATE_OPEN)
            continue;
        wsp_result result = send_to(multiplayer, id, message);
        if (result == WSP_ERR_OUT_OF_MEMORY && !is_sent)
            return result;
        is_sent = is_sent || result == WSP_OK;
        judge_sent(multiplayer, id, result);
    }
    return WSP_OK;
}

/* To all but two, either of whom may be nobody (0). */
static void push_to_all_but(wsp_multiplayer *multiplayer, int32_t first, int32_t second, wspi_bytes message)
{
    bool is_one = first == 0 || second == 0 || first == second;
    if (is_one && broadcast(multiplayer, first != 0 ? first : second, message) == WSP_OK)
        return;
    for (size_t i = 0; i < multiplayer->members.count; i++) {
        int32_t id = multiplayer->members.list[i].id;
        if (id != first && id != second)
            push_to(multiplayer, id, message);
    }
}

static wsp_result send_message(wsp_multiplayer *multiplayer, wspi_bytes message)
{
    int32_t target = multiplayer->target;
    if (target > 0)
        return send_to(multiplayer, target, message);
    return broadcast(multiplayer, wspi_wire_left_out(target), message);
}

wsp_result wspi_multiplayer_send_to_clients(wsp_multiplayer *multiplayer, wspi_bytes packet)
{
    int32_t target = multiplayer->target;
    size_t limit = multiplayer->settings->outbound_buffer_size;
    size_t header = wspi_wire_header_size(multiplayer->dialect);
    if (target > 0 && wspi_members_find(&multiplayer->members, target) == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    if (limit < header || packet.size > limit - header)
        return WSP_ERR_MESSAGE_TOO_BIG;
    if (header == 0)
        return send_message(multiplayer, packet);
    wspi_bytes message;
    uint8_t *block = wspi_multiplayer_add_header(WSPI_WIRE_SERVER, target, packet, &message.size);
    if (block == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    message.data = block;
    wsp_result result = send_message(multiplayer, message);
    wspi_free(block, message.size);
    return result;
}

/* GODOT3: the destination is a member, left a moment ago (both fine), or never was. */
static bool is_possible(const wsp_multiplayer *multiplayer, int32_t destination)
{
    int32_t named = destination > 0 ? destination : wspi_wire_left_out(destination);
    return named <= multiplayer->newest_id;
}

static void relay(wsp_multiplayer *multiplayer, int32_t sender, int32_t destination, wspi_bytes message)
{
    if (destination <= 0)
        push_to_all_but(multiplayer, sender, wspi_wire_left_out(destination), message);
    else if (destination != WSPI_WIRE_SERVER && wspi_members_find(&multiplayer->members, destination) != NULL)
        push_to(multiplayer, destination, message);
}

/* -- receiving ------------------------------------------------------------- */

static bool has_room(const wsp_multiplayer *multiplayer, const wspi_member *member, size_t size)
{
    if (member->queued_packets == 0)
        return true; /* the connection's own limit let it through */
    return member->queued_packets < multiplayer->settings->max_queued_packets &&
           size <= wspi_left(multiplayer->settings->inbound_buffer_size, member->queued_bytes);
}

static void take_in(wsp_multiplayer *multiplayer, wspi_member *member, wspi_bytes packet)
{
    if (wspi_multiplayer_push(multiplayer, member->id, packet)) {
        member->queued_packets++;
        member->queued_bytes += packet.size;
    } else {
        expel(multiplayer, member->id, WSP_CLOSE_INTERNAL_ERROR, "out of memory");
    }
}

/* Each client is held back by its own queue, but nothing holds back who sends and leaves: once those who left
 * have as much in the queue as one client may, no new one comes in until all of that is taken. Who the
 * program itself keeps out stays out.
 */
static void mind_the_door(wsp_multiplayer *multiplayer)
{
    bool is_crowded = multiplayer->left_packets >= multiplayer->settings->max_queued_packets ||
                      multiplayer->left_bytes >= multiplayer->settings->inbound_buffer_size;
    bool changes = multiplayer->is_crowded ? multiplayer->left_packets == 0 : is_crowded;
    if (!changes)
        return;
    multiplayer->is_crowded = is_crowded;
    (void)wsp_server_set_refuse_new_connections(multiplayer->server,
                                                multiplayer->refuses_new_connections || is_crowded);
    if (is_crowded)
        wspi_log(WSP_LOG_WARNING, "multiplayer: new clients wait until the program has taken the packets of "
                                  "clients that have left");
}

/* Nothing happens when a handler has removed it already. */
static void remove_member(wsp_multiplayer *multiplayer, int32_t id)
{
    const wspi_member *member = wspi_members_find(&multiplayer->members, id);
    if (member == NULL)
        return;
    multiplayer->left_bytes += member->queued_bytes;
    multiplayer->left_packets += member->queued_packets;
    wspi_members_remove(&multiplayer->members, id);
    mind_the_door(multiplayer);
}

void wspi_multiplayer_count_taken(wsp_multiplayer *multiplayer, int32_t sender, size_t size)
{
    wspi_member *member = wspi_members_find(&multiplayer->members, sender);
    if (member != NULL && member->queued_packets > 0) {
        member->queued_packets--;
        member->queued_bytes -= size;
    } else if (multiplayer->left_packets > 0) {
        multiplayer->left_packets--;
        multiplayer->left_bytes -= size;
        mind_the_door(multiplayer);
    }
}

/* Leaves the message with its connection until the program has taken packets. */
static void keep(wsp_multiplayer *multiplayer, int32_t id)
{
    if (wsp_server_keep_packet(multiplayer->server) == WSP_OK)
        multiplayer->has_kept = true;
    else
        expel(multiplayer, id, WSP_CLOSE_INTERNAL_ERROR, "out of memory");
}

/* A client's message. At the end of its connection there is no later: it is taken in whatever the limits. */
static void receive(wsp_multiplayer *multiplayer, wspi_member *member, wspi_bytes bytes, bool is_at_end)
{
    wspi_wire_message message = {.destination = WSPI_WIRE_SERVER, .payload = bytes};
    const char *fault = NULL;
    if (is_godot3(multiplayer)) {
        fault = wspi_wire_read(bytes.data, bytes.size, &message);
        if (fault == NULL)
            fault = wspi_wire_check_client(&message, member->id);
        if (fault == NULL && !is_possible(multiplayer, message.destination))
            fault = "a packet has a destination that never was";
        if (fault == NULL && message.destination != WSPI_WIRE_SERVER &&
            bytes.size > multiplayer->settings->outbound_buffer_size)
            fault = "a packet is too large to be relayed";
    }
    if (fault != NULL) {
        expel(multiplayer, member->id, WSP_CLOSE_POLICY_VIOLATION, fault);
        return;
    }
    bool is_for_us = wspi_wire_is_for(message.destination, WSPI_WIRE_SERVER);
    if (is_for_us && !is_at_end && !has_room(multiplayer, member, message.payload.size)) {
        keep(multiplayer, member->id);
        return;
    }
    int32_t sender = member->id;
    if (is_for_us)
        take_in(multiplayer, member, message.payload);
    relay(multiplayer, sender, message.destination, bytes);
}

/* -- what wsp_server reports ----------------------------------------------- */

/* A client of a server that this multiplayer does not listen with any more is none of ours. */
static wspi_member *find_member(const wsp_multiplayer *multiplayer, const wsp_server *server, int32_t id)
{
    return multiplayer->server == server ? wspi_members_find(&multiplayer->members, id) : NULL;
}

static void announce(wsp_multiplayer *multiplayer, wspi_wire_type type, int32_t member, int32_t to)
{
    uint8_t bytes[WSPI_WIRE_SYSTEM_SIZE];
    wspi_bytes message = {bytes, sizeof bytes};
    wspi_wire_write_system(type, member, bytes);
    if (to > 0)
        push_to(multiplayer, to, message);
    else
        push_to_all_but(multiplayer, member, 0, message);
}

/* GODOT3: the newcomer hears of everybody, everybody of the newcomer. */
static void introduce(wsp_multiplayer *multiplayer, int32_t newcomer)
{
    announce(multiplayer, WSPI_WIRE_ADD, WSPI_WIRE_SERVER, newcomer);
    for (size_t i = 0; i < multiplayer->members.count; i++) {
        int32_t id = multiplayer->members.list[i].id;
        if (id != newcomer)
            announce(multiplayer, WSPI_WIRE_ADD, id, newcomer);
    }
    announce(multiplayer, WSPI_WIRE_ADD, newcomer, 0);
}

static void on_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                         void *user)
{
    wsp_multiplayer *multiplayer = user;
    (void)protocol;
    (void)resource;
    if (multiplayer->server != server)
        return;
    if (wspi_members_add(&multiplayer->members, id) == NULL) {
        disconnect(multiplayer, id, WSP_CLOSE_INTERNAL_ERROR, "out of memory");
        return;
    }
    wspi_peer_hide_packets(wsp_server_get_peer(server, id));
    if (id > multiplayer->newest_id)
        multiplayer->newest_id = id;
    uint8_t bytes[WSPI_WIRE_SYSTEM_SIZE];
    wspi_bytes message = {bytes, wspi_wire_write_id(multiplayer->dialect, id, bytes)};
    push_to(multiplayer, id, message);
    if (is_godot3(multiplayer))
        introduce(multiplayer, id);
    (void)wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_connected, id);
}

static void on_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                    void *user)
{
    wsp_multiplayer *multiplayer = user;
    wspi_member *member = find_member(multiplayer, server, id);
    (void)is_text; /* Godot takes text for packets, too */
    if (member != NULL && !member->is_expelled)
        receive(multiplayer, member, (wspi_bytes){data, size}, false);
}

/* What a connection kept is still with its peer. */
static void take_kept(wsp_multiplayer *multiplayer, int32_t id)
{
    wsp_peer *peer = wsp_server_get_peer(multiplayer->server, id);
    wspi_bytes message;
    while ((message.data = wspi_peer_take_hidden(peer, &message.size)) != NULL) {
        wspi_member *member = wspi_members_find(&multiplayer->members, id);
        if (!member->is_expelled)
            receive(multiplayer, member, message, true);
    }
}

static void on_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    wsp_multiplayer *multiplayer = user;
    (void)was_clean;
    if (find_member(multiplayer, server, id) == NULL)
        return;
    take_kept(multiplayer, id);
    if (is_godot3(multiplayer))
        announce(multiplayer, WSPI_WIRE_DEL, id, 0);
    wspi_members_find(&multiplayer->members, id)->is_reported = true;
    if (wspi_multiplayer_report(multiplayer, multiplayer->handlers.peer_disconnected, id))
        remove_member(multiplayer, id);
}

static void on_request(wsp_server *server, wsp_request *request, void *user)
{
    static const char text[] = "no new connections\n";
    const wsp_multiplayer *multiplayer = user;
    (void)server;
    if (multiplayer->refuses_new_connections)
        (void)wsp_request_respond(request, 503, "text/plain", text, strlen(text));
}

static void on_missed(wsp_server *server, int32_t id, void *user)
{
    wsp_multiplayer *multiplayer = user;
    if (find_member(multiplayer, server, id) != NULL)
        disconnect(multiplayer, id, 1013, SLOW_REASON);
}

static const wsp_server_handlers server_handlers = {
    .client_connected = on_connected,
    .client_disconnected = on_disconnected,
    .data_received = on_data,
    .handshake_request = on_request,
    .broadcast_missed = on_missed,
};

/* -- life ------------------------------------------------------------------ */

static wsp_result start(wsp_multiplayer *multiplayer, int port, const char *bind_address,
                        const wsp_tls_options *tls)
{
    wsp_server *server = multiplayer->server;
    const wspi_string_list *protocols = &multiplayer->settings->protocols;
    wsp_result result = wspi_multiplayer_apply_settings(multiplayer);
    if (result == WSP_OK)
        result = wsp_server_set_handlers(server, &server_handlers, multiplayer);
    if (result == WSP_OK)
        result = wsp_server_set_bind_ip(server, bind_address);
    if (result == WSP_OK && tls != NULL)
        result = wsp_server_set_tls_options(server, tls);
    if (result == WSP_OK)
        result = wsp_server_listen(server, port, (const char *const *)protocols->strings, protocols->count);
    return result;
}

wsp_result wspi_multiplayer_host(wsp_multiplayer *multiplayer, int port, const char *bind_address,
                                 const wsp_tls_options *tls)
{
    wsp_server *server = wsp_server_create();
    multiplayer->server = server;
    wsp_result result = server != NULL ? start(multiplayer, port, bind_address, tls) : WSP_ERR_OUT_OF_MEMORY;
    if (result == WSP_OK) {
        multiplayer->unique_id = WSPI_WIRE_SERVER;
        wspi_multiplayer_set_session(multiplayer, WSPI_SESSION_HOSTING);
        return WSP_OK;
    }
    bool has_text = wsp_server_get_error(server) == result;
    wspi_multiplayer_set_error(multiplayer, result,
                               has_text ? wsp_server_get_error_message(server) : wsp_result_text(result));
    multiplayer->server = NULL;
    wsp_server_destroy(server);
    return result;
}

void wspi_multiplayer_stop(wsp_multiplayer *multiplayer)
{
    wsp_server *server = multiplayer->server;
    for (size_t i = 0; i < multiplayer->members.count; i++)
        take_kept(multiplayer, multiplayer->members.list[i].id);
    multiplayer->server = NULL;
    wspi_multiplayer_end(multiplayer);
    wsp_server_stop(server);
    wsp_server_destroy(server);
}

void wspi_multiplayer_remove_client(wsp_multiplayer *multiplayer, int32_t id)
{
    bool is_known_to_leave = wspi_members_find(&multiplayer->members, id)->is_reported;
    remove_member(multiplayer, id);
    disconnect(multiplayer, id, -1, NULL);
    if (is_godot3(multiplayer) && !is_known_to_leave)
        announce(multiplayer, WSPI_WIRE_DEL, id, 0);
}

bool wspi_multiplayer_poll_server(wsp_multiplayer *multiplayer, double seconds)
{
    wsp_server *server = multiplayer->server;
    unsigned activity = multiplayer->activity;
    bool has_kept = multiplayer->has_kept;
    multiplayer->has_kept = false;
    /* No socket tells that the program has made room for what was kept. */
    if (has_kept || seconds == 0)
        wsp_server_poll(server);
    if (seconds == 0 || multiplayer->activity != activity || multiplayer->server != server)
        return false;
    return wsp_server_poll_wait(server, seconds);
}
