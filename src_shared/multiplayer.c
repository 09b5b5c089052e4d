/* SPDX-License-Identifier: MIT */
/*
 * What a program calls on a multiplayer: its life, its status, the queue of packets and the members. The two
 * sides are multiplayer_client.c over wsp_peer and multiplayer_server.c over wsp_server; of the connections
 * this file only knows what the public headers tell.
 */
#include "multiplayer.h"

#include "backend.h"
#include "memory.h"

#include <assert.h>
#include <string.h>

/* -- state ----------------------------------------------------------------- */

void wspi_multiplayer_set_session(wsp_multiplayer *multiplayer, wspi_session next)
{
    wspi_session now = multiplayer->session;
    assert(next == WSPI_SESSION_IDLE ||
           (now == WSPI_SESSION_IDLE && (next == WSPI_SESSION_HOSTING || next == WSPI_SESSION_JOINING)) ||
           (now == WSPI_SESSION_JOINING && (next == WSPI_SESSION_JOINED || next == WSPI_SESSION_REFUSING)) ||
           (now == WSPI_SESSION_JOINED && next == WSPI_SESSION_FAILING));
    (void)now;
    multiplayer->session = next;
    multiplayer->activity++;
}

void wspi_multiplayer_end(wsp_multiplayer *multiplayer)
{
    multiplayer->generation++;
    multiplayer->unique_id = 0;
    multiplayer->has_kept = false;
    multiplayer->left_bytes = 0;
    multiplayer->left_packets = 0;
    multiplayer->is_crowded = false;
    wspi_members_release(&multiplayer->members);
    wspi_multiplayer_set_session(multiplayer, WSPI_SESSION_IDLE);
}

static void clear_error(wsp_multiplayer *multiplayer)
{
    multiplayer->error = WSP_OK;
    wspi_string_free(multiplayer->error_message);
    multiplayer->error_message = NULL;
}

void wspi_multiplayer_set_error(wsp_multiplayer *multiplayer, wsp_result result, const char *text)
{
    if (multiplayer->error != WSP_OK)
        return;
    clear_error(multiplayer);
    multiplayer->error = result;
    multiplayer->error_message = wspi_string_copy(text, strlen(text));
}

bool wspi_multiplayer_report(wsp_multiplayer *multiplayer, wspi_member_handler *handler, int32_t id)
{
    unsigned generation = multiplayer->generation;
    multiplayer->activity++;
    if (handler != NULL && !multiplayer->is_destroyed)
        handler(multiplayer, id, multiplayer->user);
    return multiplayer->generation == generation && !multiplayer->is_destroyed;
}

/* -- life ------------------------------------------------------------------ */

wsp_multiplayer *wsp_multiplayer_create(void)
{
    static const double default_handshake_timeout = 3;
    wsp_multiplayer *multiplayer = wspi_allocate_zeroed(sizeof *multiplayer);
    if (multiplayer == NULL)
        return NULL;
    multiplayer->settings = wspi_settings_share(&wspi_settings_defaults);
    multiplayer->handshake_timeout = default_handshake_timeout;
    wspi_packet_queue_init(&multiplayer->inbound, SIZE_MAX / 4, SIZE_MAX / 4);
    wspi_byte_buffer_init(&multiplayer->senders, SIZE_MAX / 4);
    return multiplayer;
}

/* Packets of the session before, and its error. */
static void forget_session(wsp_multiplayer *multiplayer)
{
    wspi_packet_queue_clear(&multiplayer->inbound);
    wspi_byte_buffer_release(&multiplayer->senders);
    clear_error(multiplayer);
    multiplayer->newest_id = WSPI_WIRE_SERVER;
}

static void release(wsp_multiplayer *multiplayer)
{
    forget_session(multiplayer);
    wspi_settings_release(multiplayer->settings);
    wspi_free(multiplayer, sizeof *multiplayer);
}

void wsp_multiplayer_destroy(wsp_multiplayer *multiplayer)
{
    if (multiplayer == NULL || multiplayer->is_destroyed)
        return;
    wsp_multiplayer_close(multiplayer);
    multiplayer->is_destroyed = true;
    if (!multiplayer->is_in_poll)
        release(multiplayer);
}

wsp_result wsp_multiplayer_set_handlers(wsp_multiplayer *multiplayer,
                                        const wsp_multiplayer_handlers *handlers_or_null, void *user)
{
    if (multiplayer == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    const wsp_multiplayer_handlers none = {0};
    multiplayer->handlers = handlers_or_null != NULL ? *handlers_or_null : none;
    multiplayer->user = user;
    return WSP_OK;
}

/* Only a session that is not running can be started or changed. */
static wsp_result check_idle(const wsp_multiplayer *multiplayer)
{
    if (multiplayer == NULL || multiplayer->is_destroyed)
        return WSP_ERR_INVALID_PARAMETER;
    return multiplayer->session == WSPI_SESSION_IDLE ? WSP_OK : WSP_ERR_ALREADY_IN_USE;
}

wsp_result wsp_multiplayer_set_dialect(wsp_multiplayer *multiplayer, wsp_multiplayer_dialect dialect)
{
    if (dialect != WSP_MULTIPLAYER_DIALECT_GODOT4 && dialect != WSP_MULTIPLAYER_DIALECT_GODOT3)
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result = check_idle(multiplayer);
    if (result == WSP_OK)
        multiplayer->dialect = dialect;
    return result;
}

wsp_result wsp_multiplayer_create_server(wsp_multiplayer *multiplayer, int port,
                                         const char *bind_address_or_null, const wsp_tls_options *tls_or_null)
{
    wsp_result result = check_idle(multiplayer);
    if (result != WSP_OK)
        return result;
    forget_session(multiplayer);
    return wspi_multiplayer_host(multiplayer, port, bind_address_or_null, tls_or_null);
}

wsp_result wsp_multiplayer_create_client(wsp_multiplayer *multiplayer, const char *url,
                                         const wsp_tls_options *tls_or_null)
{
    wsp_result result = check_idle(multiplayer);
    if (result != WSP_OK)
        return result;
    forget_session(multiplayer);
    return wspi_multiplayer_join(multiplayer, url, tls_or_null);
}

void wsp_multiplayer_close(wsp_multiplayer *multiplayer)
{
    if (multiplayer == NULL || multiplayer->session == WSPI_SESSION_IDLE)
        return;
    if (multiplayer->session == WSPI_SESSION_HOSTING)
        wspi_multiplayer_stop(multiplayer);
    else
        wspi_multiplayer_leave(multiplayer, true);
}

/* -- polling --------------------------------------------------------------- */

static bool poll_session(wsp_multiplayer *multiplayer, double seconds)
{
    if (multiplayer == NULL || multiplayer->is_in_poll || multiplayer->session == WSPI_SESSION_IDLE)
        return false;
    unsigned activity = multiplayer->activity;
    multiplayer->is_in_poll = true;
    wspi_packet_queue_trim(&multiplayer->inbound);
    bool is_moved = multiplayer->session == WSPI_SESSION_HOSTING
                        ? wspi_multiplayer_poll_server(multiplayer, seconds)
                        : wspi_multiplayer_poll_client(multiplayer, seconds);
    multiplayer->is_in_poll = false;
    is_moved = is_moved || multiplayer->activity != activity;
    if (multiplayer->is_destroyed)
        release(multiplayer);
    return is_moved;
}

void wsp_multiplayer_poll(wsp_multiplayer *multiplayer)
{
    (void)poll_session(multiplayer, 0);
}

bool wsp_multiplayer_poll_wait(wsp_multiplayer *multiplayer, double seconds)
{
    if (multiplayer != NULL && !multiplayer->is_in_poll && multiplayer->session == WSPI_SESSION_IDLE)
        wspi_rest(seconds);
    return poll_session(multiplayer, seconds);
}

/* -- status ---------------------------------------------------------------- */

wsp_connection_status wsp_multiplayer_get_connection_status(const wsp_multiplayer *multiplayer)
{
    switch (multiplayer != NULL ? multiplayer->session : WSPI_SESSION_IDLE) {
    case WSPI_SESSION_IDLE: break;
    case WSPI_SESSION_JOINING:
    case WSPI_SESSION_REFUSING: return WSP_CONNECTION_CONNECTING;
    case WSPI_SESSION_HOSTING:
    case WSPI_SESSION_JOINED:
    case WSPI_SESSION_FAILING: return WSP_CONNECTION_CONNECTED;
    }
    return WSP_CONNECTION_DISCONNECTED;
}

int32_t wsp_multiplayer_get_unique_id(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->unique_id : 0;
}

bool wsp_multiplayer_is_server(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL && multiplayer->session == WSPI_SESSION_HOSTING;
}

uint16_t wsp_multiplayer_get_local_port(const wsp_multiplayer *multiplayer)
{
    return wsp_multiplayer_is_server(multiplayer) ? wsp_server_get_local_port(multiplayer->server) : 0;
}

wsp_result wsp_multiplayer_get_error(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->error : WSP_ERR_INVALID_PARAMETER;
}

const char *wsp_multiplayer_get_error_message(const wsp_multiplayer *multiplayer)
{
    if (multiplayer == NULL)
        return "";
    if (multiplayer->error_message != NULL)
        return multiplayer->error_message;
    return multiplayer->error != WSP_OK ? wsp_result_text(multiplayer->error) : "";
}

/* -- packets --------------------------------------------------------------- */

void wsp_multiplayer_set_target_peer(wsp_multiplayer *multiplayer, int32_t id)
{
    if (multiplayer != NULL)
        multiplayer->target = id;
}

wsp_result wsp_multiplayer_put_packet(wsp_multiplayer *multiplayer, const void *data, size_t size)
{
    if (multiplayer == NULL || (data == NULL && size > 0))
        return WSP_ERR_INVALID_PARAMETER;
    wspi_bytes packet = {data, size};
    switch (multiplayer->session) {
    case WSPI_SESSION_HOSTING: return wspi_multiplayer_send_to_clients(multiplayer, packet);
    case WSPI_SESSION_JOINED: return wspi_multiplayer_send_to_server(multiplayer, packet);
    case WSPI_SESSION_IDLE:
    case WSPI_SESSION_JOINING:
    case WSPI_SESSION_REFUSING:
    case WSPI_SESSION_FAILING: break;
    }
    return WSP_ERR_NOT_OPEN;
}

uint8_t *wspi_multiplayer_add_header(int32_t source, int32_t destination, wspi_bytes packet, size_t *out_size)
{
    if (packet.size > SIZE_MAX - WSPI_WIRE_HEADER_SIZE)
        return NULL;
    *out_size = WSPI_WIRE_HEADER_SIZE + packet.size;
    uint8_t *message = wspi_allocate(*out_size);
    if (message == NULL)
        return NULL;
    wspi_wire_write_header(source, destination, message);
    if (packet.size > 0)
        memcpy(message + WSPI_WIRE_HEADER_SIZE, packet.data, packet.size);
    return message;
}

bool wspi_multiplayer_push(wsp_multiplayer *multiplayer, int32_t sender, wspi_bytes packet)
{
    uint8_t *place = wspi_byte_buffer_reserve(&multiplayer->senders, sizeof sender);
    if (place == NULL || !wspi_packet_queue_push(&multiplayer->inbound, packet.data, packet.size, false))
        return false;
    memcpy(place, &sender, sizeof sender);
    wspi_byte_buffer_commit(&multiplayer->senders, sizeof sender);
    multiplayer->activity++;
    return true;
}

size_t wsp_multiplayer_get_available_packet_count(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->inbound.count : 0;
}

int32_t wsp_multiplayer_get_packet_peer(const wsp_multiplayer *multiplayer)
{
    int32_t sender = 0;
    if (multiplayer != NULL && multiplayer->inbound.count > 0)
        memcpy(&sender, wspi_byte_buffer_bytes(&multiplayer->senders), sizeof sender);
    return sender;
}

const uint8_t *wsp_multiplayer_get_packet(wsp_multiplayer *multiplayer, size_t *size_or_null)
{
    size_t size = 0;
    bool is_text;
    const uint8_t *packet = NULL;
    if (multiplayer != NULL && multiplayer->inbound.count > 0) {
        int32_t sender = wsp_multiplayer_get_packet_peer(multiplayer);
        packet = wspi_packet_queue_take(&multiplayer->inbound, &size, &is_text);
        wspi_byte_buffer_consume(&multiplayer->senders, sizeof sender);
        if (multiplayer->inbound.count == 0)
            wspi_byte_buffer_shrink(&multiplayer->senders);
        wspi_multiplayer_count_taken(multiplayer, sender, size);
    }
    if (size_or_null != NULL)
        *size_or_null = size;
    return packet;
}

/* -- members --------------------------------------------------------------- */

wsp_peer *wsp_multiplayer_get_peer(wsp_multiplayer *multiplayer, int32_t id)
{
    if (multiplayer == NULL)
        return NULL;
    if (multiplayer->session != WSPI_SESSION_HOSTING)
        return id == WSPI_WIRE_SERVER ? multiplayer->peer : NULL;
    bool is_member = wspi_members_find(&multiplayer->members, id) != NULL;
    return is_member ? wsp_server_get_peer(multiplayer->server, id) : NULL;
}

size_t wsp_multiplayer_get_peer_ids(const wsp_multiplayer *multiplayer, int32_t *out_ids, size_t capacity)
{
    if (multiplayer == NULL)
        return 0;
    size_t count = multiplayer->members.count;
    for (size_t i = 0; i < count && i < capacity; i++)
        out_ids[i] = multiplayer->members.list[i].id;
    return count;
}

/* The getters of peer.h that only read take a const peer, but looking one up does not. */
static const wsp_peer *find_peer(const wsp_multiplayer *multiplayer, int32_t id)
{
    return wsp_multiplayer_get_peer((wsp_multiplayer *)multiplayer, id);
}

const char *wsp_multiplayer_get_peer_address(const wsp_multiplayer *multiplayer, int32_t id)
{
    return wsp_peer_get_connected_host(find_peer(multiplayer, id));
}

uint16_t wsp_multiplayer_get_peer_port(const wsp_multiplayer *multiplayer, int32_t id)
{
    return wsp_peer_get_connected_port(find_peer(multiplayer, id));
}

wsp_result wsp_multiplayer_disconnect_peer(wsp_multiplayer *multiplayer, int32_t id, bool force)
{
    wsp_peer *peer = wsp_multiplayer_get_peer(multiplayer, id);
    if (peer == NULL || multiplayer->session == WSPI_SESSION_IDLE)
        return WSP_ERR_INVALID_PARAMETER;
    if (!force)
        return wsp_peer_close(peer, WSP_CLOSE_NORMAL, NULL);
    if (multiplayer->session == WSPI_SESSION_HOSTING)
        wspi_multiplayer_remove_client(multiplayer, id);
    else
        wspi_multiplayer_leave(multiplayer, false);
    return WSP_OK;
}
