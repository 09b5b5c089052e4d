/* SPDX-License-Identifier: MIT */
/*
 * How what happens to a peer becomes a handler of the server: the handler set that all peers of a server
 * point to. Each function may find the server stopped or destroyed when the program's handler returns; only
 * memory that the poll itself holds is touched afterwards.
 */
#include "server.h"

#include "log.h"
#include "origin.h"

#include <string.h>

uint32_t wspi_server_index_of(const wsp_server *server, const wsp_peer *peer)
{
    return wspi_server_peers_find(&server->peers, peer->id);
}

/* -- from the peers -------------------------------------------------------- */

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    wsp_server *server = user;
    unsigned epoch = server->epoch;
    server->open_count++;
    if (server->handlers.client_connected != NULL)
        server->handlers.client_connected(server, peer->id, protocol, wspi_link_get_resource(peer->link),
                                          server->user);
    /* Thousands of idle clients are not to keep their requests. */
    if (server->epoch == epoch)
        wspi_link_forget_head(peer->link);
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    wsp_server *server = user;
    if (server->handlers.client_close_request != NULL)
        server->handlers.client_close_request(server, peer->id, code, reason, server->user);
}

/* RFC 6455 10.2: a browser says which page asks; what says nothing is no browser. */
static bool refuse_foreign_origin(const wsp_server *server, wsp_request *request)
{
    static const char text[] = "this server does not accept connections from pages of this origin";
    if (server->origins.count == 0 || wspi_http_head_find(request->head, "Origin", 0) == SIZE_MAX)
        return false;
    /* NULL: several of them, and no memory to join them. */
    const char *origin = wsp_request_get_header(request, "Origin");
    if (origin != NULL && wspi_origins_have(&server->origins, origin))
        return false;
    /* Without memory for the words the status has to do. */
    if (wsp_request_respond(request, 403, "text/plain; charset=utf-8", text, sizeof text - 1) != WSP_OK)
        (void)wsp_request_respond(request, 403, NULL, NULL, 0);
    return true;
}

static void on_request(wsp_peer *peer, wsp_request *request, void *user)
{
    wsp_server *server = user;
    (void)peer;
    if (request->kind == WSPI_REQUEST_HTTP) {
        if (server->handlers.http_request != NULL)
            server->handlers.http_request(server, request, server->user);
    } else if (!refuse_foreign_origin(server, request) && server->handlers.handshake_request != NULL) {
        server->handlers.handshake_request(server, request, server->user);
    }
}

static void on_message(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text, void *user)
{
    wsp_server *server = user;
    server->handlers.data_received(server, peer->id, data, size, is_text, server->user);
}

/*
 * A program did something to a peer outside that peer's turn. Inside a poll its bytes leave at the end of the
 * poll; otherwise at once, and what does not go is watched for.
 */
static void on_attention(wsp_peer *peer, wspi_attention what, void *user)
{
    wsp_server *server = user;
    uint32_t index = wspi_server_index_of(server, peer);
    if (index == WSPI_NO_SLOT)
        return;
    if (what == WSPI_ATTENTION_TURN)
        wspi_server_peers_call(&server->peers, index);
    else if (what == WSPI_ATTENTION_TIDY)
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_TURN, index);
    else if (server->is_polling)
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_FLUSH, index);
    else
        wspi_server_flush_peer(server, index);
}

void wspi_server_init_peer_handlers(wsp_server *server)
{
    server->owner = (wspi_peer_owner){.handlers = {.functions = {.connection_established = on_established,
                                                                 .server_close_request = on_close_request,
                                                                 .handshake_request = on_request},
                                                   .user = server},
                                      .attention = on_attention};
}

void wspi_server_choose_delivery(wsp_server *server)
{
    bool was_direct = server->owner.message_received != NULL;
    bool is_direct = server->handlers.data_received != NULL;
    server->owner.message_received = is_direct ? on_message : NULL;
    server->share.takes_http = server->handlers.http_request != NULL;
    /* What waits in queues goes to the handler from now on. */
    for (uint32_t i = 0; is_direct && !was_direct && i < server->peers.end; i++) {
        wsp_peer *peer = server->peers.slots[i].peer;
        if (peer != NULL && wsp_peer_get_available_packet_count(peer) > 0)
            wspi_server_peers_call(&server->peers, i);
    }
}

/* -- the end --------------------------------------------------------------- */

/* The program never heard of this one: what was wrong with it may still be of use to whoever runs the server.
 */
static void log_failed_opening(wsp_peer *peer)
{
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    if (wsp_peer_get_error(peer) == WSP_OK)
        return;
    wspi_text_begin(&text, array, sizeof array);
    wspi_text_add(&text, "a connection from ");
    wspi_text_add(&text, wsp_peer_get_connected_host(peer));
    wspi_text_add(&text, " did not open: ");
    wspi_text_add(&text, wsp_peer_get_error_message(peer));
    wspi_log(WSP_LOG_INFO, array);
}

void wspi_server_finish_peer(wsp_server *server, uint32_t index)
{
    unsigned epoch = server->epoch;
    wsp_peer *peer = server->peers.slots[index].peer;
    server->activity++;
    if (!peer->was_open)
        log_failed_opening(peer);
    /* A handler that stops the server may still look at the peer. */
    wspi_peer_hold(peer);
    if (peer->was_open && server->handlers.client_disconnected != NULL)
        server->handlers.client_disconnected(server, peer->id, wsp_peer_get_close_code(peer) != -1,
                                             server->user);
    wspi_peer_unhold(peer);
    if (server->epoch != epoch)
        return;
    server->open_count -= peer->was_open;
    wspi_timer_wheel_disarm(&server->wheel, index);
    wspi_server_peers_remove(&server->peers, index);
    wspi_peer_destroy(peer);
    wspi_server_watch_listener(server, server->now);
}

/* -- keeping --------------------------------------------------------------- */

wsp_result wsp_server_keep_packet(wsp_server *server)
{
    return server != NULL ? wspi_peer_keep_message(&server->owner) : WSP_ERR_INVALID_PARAMETER;
}
