/* SPDX-License-Identifier: MIT */
/*
 * Settings of a server: each setter checks, stores, and hands on to the clients that are there what counts at
 * once. The block of connection settings is shared with the peers: a change makes a new block, which they
 * share from then on, but for those that a program gave settings of their own. Limits that count from the
 * start of a connection stay with it (peer.h).
 */
#include "server.h"

#include "memory.h"
#include "net/stream_tls.h"
#include "origin.h"
#include "seconds.h"

#include <string.h>

/* -- settings of connections ----------------------------------------------- */

/* A setting on its way: what peers with a block of their own get of it. */
typedef void copy_setting(wspi_settings *to, const wspi_settings *from);

/* Lets a peer follow: as a rule by sharing the new block. */
static wsp_result follow(wsp_server *server, wsp_peer *peer, const wspi_settings *before, copy_setting *copy)
{
    if (peer->settings == server->settings)
        return WSP_OK;
    if (peer->settings == before) {
        wspi_settings_release(peer->settings);
        peer->settings = wspi_settings_share(server->settings);
        return WSP_OK;
    }
    wspi_settings *own = copy != NULL ? wspi_settings_write(&peer->settings) : NULL;
    if (own != NULL)
        copy(own, server->settings);
    return own != NULL || copy == NULL ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
}

/* After a change of server->settings, which was `before`: hands it on to the peers and gives each a turn to
 * mind it. `copy` NULL: it counts from the next connection on. */
static wsp_result spread(wsp_server *server, const wspi_settings *before, wsp_result result,
                         copy_setting *copy)
{
    for (uint32_t i = 0; i < server->peers.end; i++) {
        wsp_peer *peer = server->peers.slots[i].peer;
        if (peer == NULL)
            continue;
        if (follow(server, peer, before, copy) != WSP_OK)
            result = WSP_ERR_OUT_OF_MEMORY;
        if (copy != NULL)
            wspi_server_peers_call(&server->peers, i);
    }
    return result;
}

/* Checks a value before anything is copied for it. */
static wsp_result write_settings(wsp_server *server, wsp_result checked, wspi_settings **out)
{
    if (server == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    if (checked != WSP_OK)
        return checked;
    *out = wspi_settings_write(&server->settings);
    return *out != NULL ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
}

static const wspi_settings *get_settings(const wsp_server *server)
{
    return server != NULL ? server->settings : NULL;
}

/* From when on a setting counts for clients that are there. */
typedef enum effect { AT_ONCE, AT_NEXT_CONNECTION } effect;

/* A setting that is one value: `values` holds it where `copy` takes it from, and `checked` says what its
 * check said. */
static wsp_result set_value(wsp_server *server, wsp_result checked, const wspi_settings *values,
                            copy_setting *copy, effect when)
{
    const wspi_settings *before = get_settings(server);
    wspi_settings *settings;
    wsp_result result = write_settings(server, checked, &settings);
    if (result != WSP_OK)
        return result;
    copy(settings, values);
    return spread(server, before, WSP_OK, when == AT_ONCE ? copy : NULL);
}

static void copy_connect_timeout(wspi_settings *to, const wspi_settings *from)
{
    to->connect_timeout = from->connect_timeout;
}

wsp_result wsp_server_set_handshake_timeout(wsp_server *server, double seconds)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_timeout(&values.connect_timeout, seconds);
    return set_value(server, checked, &values, copy_connect_timeout, AT_ONCE);
}

double wsp_server_get_handshake_timeout(const wsp_server *server)
{
    return server != NULL ? server->settings->connect_timeout : 0;
}

static void copy_close_timeout(wspi_settings *to, const wspi_settings *from)
{
    to->close_timeout = from->close_timeout;
}

wsp_result wsp_server_set_close_timeout(wsp_server *server, double seconds)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_timeout(&values.close_timeout, seconds);
    return set_value(server, checked, &values, copy_close_timeout, AT_ONCE);
}

double wsp_server_get_close_timeout(const wsp_server *server)
{
    return server != NULL ? server->settings->close_timeout : 0;
}

static void copy_heartbeat_interval(wspi_settings *to, const wspi_settings *from)
{
    to->heartbeat_interval = from->heartbeat_interval;
}

wsp_result wsp_server_set_heartbeat_interval(wsp_server *server, double seconds)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_interval(&values.heartbeat_interval, seconds);
    return set_value(server, checked, &values, copy_heartbeat_interval, AT_ONCE);
}

double wsp_server_get_heartbeat_interval(const wsp_server *server)
{
    return server != NULL ? server->settings->heartbeat_interval : 0;
}

static void copy_inbound_buffer_size(wspi_settings *to, const wspi_settings *from)
{
    to->inbound_buffer_size = from->inbound_buffer_size;
}

wsp_result wsp_server_set_inbound_buffer_size(wsp_server *server, size_t size)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_limit(&values.inbound_buffer_size, size);
    return set_value(server, checked, &values, copy_inbound_buffer_size, AT_NEXT_CONNECTION);
}

size_t wsp_server_get_inbound_buffer_size(const wsp_server *server)
{
    return server != NULL ? server->settings->inbound_buffer_size : 0;
}

static void copy_outbound_buffer_size(wspi_settings *to, const wspi_settings *from)
{
    to->outbound_buffer_size = from->outbound_buffer_size;
}

wsp_result wsp_server_set_outbound_buffer_size(wsp_server *server, size_t size)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_limit(&values.outbound_buffer_size, size);
    return set_value(server, checked, &values, copy_outbound_buffer_size, AT_ONCE);
}

size_t wsp_server_get_outbound_buffer_size(const wsp_server *server)
{
    return server != NULL ? server->settings->outbound_buffer_size : 0;
}

static void copy_max_queued_packets(wspi_settings *to, const wspi_settings *from)
{
    to->max_queued_packets = from->max_queued_packets;
}

wsp_result wsp_server_set_max_queued_packets(wsp_server *server, size_t count)
{
    wspi_settings values = {0};
    wsp_result checked = wspi_set_limit(&values.max_queued_packets, count);
    return set_value(server, checked, &values, copy_max_queued_packets, AT_ONCE);
}

size_t wsp_server_get_max_queued_packets(const wsp_server *server)
{
    return server != NULL ? server->settings->max_queued_packets : 0;
}

wsp_result wsp_server_set_extra_headers(wsp_server *server, const char *const *headers, size_t count)
{
    bool is_valid = wspi_check_headers(headers, count, NULL);
    const wspi_settings *before = get_settings(server);
    wspi_settings *settings;
    wsp_result result = write_settings(server, is_valid ? WSP_OK : WSP_ERR_INVALID_PARAMETER, &settings);
    if (result != WSP_OK)
        return result;
    return spread(server, before, wspi_string_list_set(&settings->headers, headers, count), NULL);
}

wsp_result wspi_server_set_protocols(wsp_server *server, const char *const *protocols, size_t count)
{
    const wspi_settings *before = server->settings;
    wspi_settings *settings;
    wsp_result result = write_settings(server, WSP_OK, &settings);
    if (result != WSP_OK)
        return result;
    return spread(server, before, wspi_string_list_set(&settings->protocols, protocols, count), NULL);
}

wsp_result wsp_server_set_compression(wsp_server *server, const wsp_compression *compression_or_null)
{
    return server != NULL ? wspi_check_compression(compression_or_null) : WSP_ERR_INVALID_PARAMETER;
}

/* -- who may come in ------------------------------------------------------- */

wsp_result wsp_server_set_allowed_origins(wsp_server *server, const char *const *origins, size_t count)
{
    if (server == NULL || !wspi_origins_are_valid(origins, count))
        return WSP_ERR_INVALID_PARAMETER;
    return wspi_string_list_set(&server->origins, origins, count);
}

wsp_result wsp_server_set_max_connections(wsp_server *server, size_t count)
{
    if (server == NULL || count == 0)
        return WSP_ERR_INVALID_PARAMETER;
    server->max_connections = count;
    wspi_server_watch_listener(server, wsp_now());
    return WSP_OK;
}

size_t wsp_server_get_max_connections(const wsp_server *server)
{
    return server != NULL ? server->max_connections : 0;
}

wsp_result wsp_server_set_refuse_new_connections(wsp_server *server, bool refuse)
{
    if (server == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    server->refuses_new = refuse;
    wspi_server_watch_listener(server, wsp_now());
    return WSP_OK;
}

bool wsp_server_get_refuse_new_connections(const wsp_server *server)
{
    return server != NULL && server->refuses_new;
}

/* -- where it listens ------------------------------------------------------ */

/* What may not change while it listens. */
static wsp_result check_changeable(const wsp_server *server)
{
    if (server == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    return wsp_server_is_listening(server) ? WSP_ERR_ALREADY_IN_USE : WSP_OK;
}

wsp_result wsp_server_set_bind_ip(wsp_server *server, const char *address_or_null)
{
    wspi_address address;
    if (server == NULL || !wspi_listener_read_address(address_or_null, &address))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result = check_changeable(server);
    if (result != WSP_OK)
        return result;
    char *copy = NULL;
    if (address_or_null != NULL) {
        copy = wspi_string_copy(address_or_null, strlen(address_or_null));
        if (copy == NULL)
            return WSP_ERR_OUT_OF_MEMORY;
    }
    wspi_string_free(server->bind_ip);
    server->bind_ip = copy;
    return WSP_OK;
}

const char *wsp_server_get_bind_ip(const wsp_server *server)
{
    if (server == NULL)
        return "";
    return server->bind_ip != NULL ? server->bind_ip : "*";
}

wsp_result wsp_server_set_tls_options(wsp_server *server, const wsp_tls_options *options_or_null)
{
    if (options_or_null != NULL && wspi_tls_options_are_client(options_or_null))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result = check_changeable(server);
    if (result != WSP_OK)
        return result;
    wsp_tls_options *share = options_or_null != NULL ? wspi_tls_options_share(options_or_null) : NULL;
    wspi_tls_options_release(server->tls);
    server->tls = share;
    return WSP_OK;
}

wsp_result wsp_server_set_reuse_port(wsp_server *server, bool enabled)
{
    wsp_result result = check_changeable(server);
    if (result == WSP_OK)
        server->reuse_port = enabled;
    return result;
}
