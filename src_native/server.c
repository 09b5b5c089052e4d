/* SPDX-License-Identifier: MIT */
/*
 * wsp_server: its life, listening, and what a program asks about its clients. Arguments and states are
 * checked here; what the network causes is in server_poll.c.
 */
#include "server.h"

#include "log.h"
#include "memory.h"
#include "net/stream_tls.h"
#include "protocol/accept_key.h"

#include <string.h>

/* What one system call reads at most, for all connections of a server. */
enum { RECEIVE_SIZE = 256 * 1024 };

static const double HANDSHAKE_TIMEOUT = 3;

/* -- life ------------------------------------------------------------------ */

static bool make_settings(wsp_server *server)
{
    server->settings = wspi_settings_share(&wspi_settings_defaults);
    wspi_settings *settings = wspi_settings_write(&server->settings);
    if (settings == NULL)
        return false;
    settings->connect_timeout = HANDSHAKE_TIMEOUT;
    return true;
}

wsp_server *wsp_server_create(void)
{
    wsp_server *server = wspi_allocate_zeroed(sizeof *server);
    if (server == NULL)
        return NULL;
    if (!make_settings(server)) {
        wspi_free(server, sizeof *server);
        return NULL;
    }
    server->listener = WSPI_LISTENER_CLOSED;
    server->max_connections = SIZE_MAX;
    server->last_poll = wsp_now();
    wspi_link_share_init(&server->share, RECEIVE_SIZE);
    wspi_server_peers_init(&server->peers);
    wspi_timer_wheel_init(&server->wheel, server->last_poll);
    wspi_server_init_peer_handlers(server);
    return server;
}

static void clear_error(wsp_server *server)
{
    server->error = WSP_OK;
    wspi_string_free(server->error_message);
    server->error_message = NULL;
}

static void free_server(wsp_server *server)
{
    clear_error(server);
    wspi_link_share_release(&server->share);
    wspi_settings_release(server->settings);
    wspi_string_list_release(&server->origins);
    wspi_tls_options_release(server->tls);
    wspi_string_free(server->bind_ip);
    wspi_free(server, sizeof *server);
}

void wspi_server_hold(wsp_server *server)
{
    server->holds++;
}

bool wspi_server_unhold(wsp_server *server)
{
    if (--server->holds > 0)
        return true;
    /* Nobody looks at a message of a server that was stopped any more. */
    if (server->readiness == NULL)
        wspi_link_share_release(&server->share);
    if (!server->is_destroyed)
        return true;
    free_server(server);
    return false;
}

void wsp_server_destroy(wsp_server *server)
{
    if (server == NULL || server->is_destroyed)
        return;
    /* Inside a handler a poll still stands on this object; the last one to leave frees it. */
    wspi_server_hold(server);
    wsp_server_stop(server);
    server->is_destroyed = true;
    server->handlers = (wsp_server_handlers){0};
    (void)wspi_server_unhold(server);
}

wsp_result wsp_server_set_handlers(wsp_server *server, const wsp_server_handlers *handlers_or_null,
                                   void *user)
{
    if (server == NULL || server->is_destroyed)
        return WSP_ERR_INVALID_PARAMETER;
    server->handlers = handlers_or_null != NULL ? *handlers_or_null : (wsp_server_handlers){0};
    server->user = user;
    wspi_server_choose_delivery(server);
    return WSP_OK;
}

void wsp_server_set_user_data(wsp_server *server, void *user_data)
{
    if (server != NULL)
        server->user_data = user_data;
}

void *wsp_server_get_user_data(const wsp_server *server)
{
    return server != NULL ? server->user_data : NULL;
}

/* -- listening ------------------------------------------------------------- */

static wsp_result fail_listen(wsp_server *server, wsp_result result, const char *text)
{
    clear_error(server);
    server->error = result;
    server->error_message = wspi_string_copy(text, strlen(text));
    return result;
}

/* Every handshake needs SHA-1 (RFC 6455 1.3), which some systems forbid: better told now than to each client.
 * It also makes the library behind it ready before the first client waits for it. */
static bool can_answer_handshakes(void)
{
    char accept[29];
    return wspi_key_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
}

static wsp_result open_listener(wsp_server *server, uint16_t port, wspi_text *why)
{
    wspi_listen_address at = {.reuse_port = server->reuse_port};
    /* It was checked when it was set. */
    (void)wspi_listener_read_address(server->bind_ip, &at.address);
    at.address.port = port;
    wsp_result result = wspi_listener_open(&server->listener, &at, why);
    if (result != WSP_OK)
        return result;
    server->readiness = wspi_readiness_create_driven();
    if (server->readiness != NULL && wspi_link_share_reserve(&server->share)) {
        wspi_server_watch_listener(server, wsp_now());
        if (server->is_listener_watched || server->refuses_new)
            return WSP_OK;
    }
    wspi_text_set(why, "out of memory or descriptors for a set of sockets");
    wsp_server_stop(server);
    return WSP_ERR_OUT_OF_MEMORY;
}

static wsp_result listen_checked(wsp_server *server, int port, const char *const *protocols, size_t count,
                                 wspi_text *why)
{
    if (port < 0 || port > UINT16_MAX) {
        wspi_text_set(why, "the port is not in 0 to 65535");
        return WSP_ERR_INVALID_PARAMETER;
    }
    if (!wspi_check_protocols(protocols, count, why))
        return WSP_ERR_INVALID_PARAMETER;
    if (!can_answer_handshakes()) {
        wspi_text_set(why, "this system computes no SHA-1, which every handshake needs");
        return WSP_ERR_FAILED;
    }
    wsp_result result = wspi_server_set_protocols(server, protocols, count);
    if (result != WSP_OK) {
        wspi_text_set(why, wsp_result_text(result));
        return result;
    }
    return open_listener(server, (uint16_t)port, why);
}

wsp_result wsp_server_listen(wsp_server *server, int port, const char *const *protocols, size_t count)
{
    if (server == NULL || server->is_destroyed)
        return WSP_ERR_INVALID_PARAMETER;
    if (wsp_server_is_listening(server))
        return WSP_ERR_ALREADY_IN_USE;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, array, sizeof array);
    wsp_result result = listen_checked(server, port, protocols, count, &why);
    if (result != WSP_OK)
        return fail_listen(server, result, array);
    clear_error(server);
    return WSP_OK;
}

bool wsp_server_is_listening(const wsp_server *server)
{
    return server != NULL && server->listener.socket != WSPI_NO_SOCKET;
}

uint16_t wsp_server_get_local_port(const wsp_server *server)
{
    return wsp_server_is_listening(server) ? server->listener.port : 0;
}

/* Sends what goes without waiting, and forgets the connection. */
static void drop_peer(wsp_peer *peer)
{
    if (peer->state == WSP_STATE_OPEN)
        (void)wspi_link_close(peer->link, WSP_CLOSE_GOING_AWAY, "", 0);
    if (peer->state != WSP_STATE_CLOSED)
        (void)wspi_link_flush(peer->link);
    wspi_peer_destroy(peer);
}

void wsp_server_stop(wsp_server *server)
{
    if (server == NULL)
        return;
    server->epoch++;
    if (server->is_listener_watched)
        wspi_readiness_unwatch(server->readiness, server->listener.socket);
    server->is_listener_watched = false;
    wspi_listener_close(&server->listener);
    for (uint32_t i = 0; i < server->peers.end; i++) {
        wsp_peer *peer = server->peers.slots[i].peer;
        server->peers.slots[i].peer = NULL;
        if (peer != NULL)
            drop_peer(peer);
    }
    wspi_server_peers_release(&server->peers);
    wspi_timer_wheel_release(&server->wheel);
    wspi_readiness_release(server->readiness);
    server->readiness = NULL;
    server->open_count = 0;
    wspi_server_hold(server);
    (void)wspi_server_unhold(server);
}

wsp_result wsp_server_get_error(const wsp_server *server)
{
    return server != NULL ? server->error : WSP_ERR_INVALID_PARAMETER;
}

const char *wsp_server_get_error_message(const wsp_server *server)
{
    if (server == NULL || server->error == WSP_OK)
        return "";
    return server->error_message != NULL ? server->error_message : wsp_result_text(server->error);
}

/* -- clients --------------------------------------------------------------- */

/* A connection has an id from the start; the program knows of it from client_connected on. */
static wsp_peer *find_client(const wsp_server *server, int32_t id)
{
    if (server == NULL)
        return NULL;
    /* Whom a handler answers is mostly the one it was called for. */
    wsp_peer *shown = server->owner.view.peer;
    if (shown != NULL && shown->id == id && !shown->is_destroyed)
        return shown;
    uint32_t index = wspi_server_peers_find(&server->peers, id);
    if (index == WSPI_NO_SLOT || !server->peers.slots[index].peer->was_open)
        return NULL;
    return server->peers.slots[index].peer;
}

wsp_peer *wsp_server_get_peer(wsp_server *server, int32_t id)
{
    return find_client(server, id);
}

bool wsp_server_has_peer(const wsp_server *server, int32_t id)
{
    return find_client(server, id) != NULL;
}

size_t wsp_server_get_peer_count(const wsp_server *server)
{
    return server != NULL ? server->open_count : 0;
}

size_t wsp_server_get_peer_ids(const wsp_server *server, int32_t *out_ids, size_t capacity)
{
    if (server == NULL)
        return 0;
    size_t found = 0;
    size_t room = out_ids != NULL ? capacity : 0;
    for (uint32_t i = 0; i < server->peers.end && found < room; i++) {
        const wspi_server_slot *slot = &server->peers.slots[i];
        if (slot->peer != NULL && slot->peer->was_open)
            out_ids[found++] = slot->id;
    }
    return server->open_count;
}

const char *wsp_server_get_peer_address(const wsp_server *server, int32_t id)
{
    return wsp_peer_get_connected_host(find_client(server, id));
}

uint16_t wsp_server_get_peer_port(const wsp_server *server, int32_t id)
{
    return wsp_peer_get_connected_port(find_client(server, id));
}

wsp_result wsp_server_disconnect_peer(wsp_server *server, int32_t id, int code, const char *reason_or_null)
{
    return wsp_peer_close(find_client(server, id), code, reason_or_null);
}

/* -- foreign event loops --------------------------------------------------- */

intptr_t wsp_server_get_socket(const wsp_server *server)
{
    return server != NULL && server->readiness != NULL ? wspi_readiness_get_socket(server->readiness) : -1;
}

double wsp_server_get_poll_delay(const wsp_server *server)
{
    return server != NULL ? wspi_server_get_delay(server, wsp_now()) : -1;
}
