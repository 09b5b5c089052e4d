/* SPDX-License-Identifier: MIT */
/*
 * Settings of a multiplayer: each setter checks and stores, then hands all of them to the server or the
 * client's peer, whose own rules say from when each counts.
 */
#include "multiplayer.h"

#include "http_token.h"

static const char *const *strings_of(const wspi_string_list *list)
{
    return (const char *const *)list->strings;
}

static wsp_result apply_to_server(const wsp_multiplayer *multiplayer)
{
    wsp_server *server = multiplayer->server;
    const wspi_settings *settings = multiplayer->settings;
    const wsp_result results[] = {
        wsp_server_set_extra_headers(server, strings_of(&settings->headers), settings->headers.count),
        wsp_server_set_inbound_buffer_size(server, settings->inbound_buffer_size),
        wsp_server_set_outbound_buffer_size(server, settings->outbound_buffer_size),
        wsp_server_set_max_queued_packets(server, settings->max_queued_packets),
        wsp_server_set_heartbeat_interval(server, settings->heartbeat_interval),
        wsp_server_set_handshake_timeout(server, multiplayer->handshake_timeout),
        wsp_server_set_refuse_new_connections(server, multiplayer->refuses_new_connections ||
                                                          multiplayer->is_crowded),
    };
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (results[i] != WSP_OK)
            return results[i];
    return WSP_OK;
}

/* A browser refuses even to hear of what it cannot do. */
static wsp_result apply_where_possible(const wsp_multiplayer *multiplayer)
{
    const wspi_settings *settings = multiplayer->settings;
    wsp_result result = WSP_OK;
    if (wsp_has_feature(WSP_FEATURE_HANDSHAKE_HEADERS))
        result = wsp_peer_set_handshake_headers(multiplayer->peer, strings_of(&settings->headers),
                                                settings->headers.count);
    if (result == WSP_OK && wsp_has_feature(WSP_FEATURE_HEARTBEAT))
        result = wsp_peer_set_heartbeat_interval(multiplayer->peer, settings->heartbeat_interval);
    return result;
}

static wsp_result apply_to_peer(const wsp_multiplayer *multiplayer)
{
    wsp_peer *peer = multiplayer->peer;
    const wspi_settings *settings = multiplayer->settings;
    const wsp_result results[] = {
        wsp_peer_set_supported_protocols(peer, strings_of(&settings->protocols), settings->protocols.count),
        wsp_peer_set_inbound_buffer_size(peer, settings->inbound_buffer_size),
        wsp_peer_set_outbound_buffer_size(peer, settings->outbound_buffer_size),
        wsp_peer_set_max_queued_packets(peer, settings->max_queued_packets),
        wsp_peer_set_connect_timeout(peer, multiplayer->handshake_timeout),
        apply_where_possible(multiplayer),
    };
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (results[i] != WSP_OK)
            return results[i];
    return WSP_OK;
}

wsp_result wspi_multiplayer_apply_settings(wsp_multiplayer *multiplayer)
{
    if (multiplayer->server != NULL)
        return apply_to_server(multiplayer);
    return multiplayer->peer != NULL ? apply_to_peer(multiplayer) : WSP_OK;
}

/* The block to write to, or NULL and why not. */
static wspi_settings *begin(wsp_multiplayer *multiplayer, wsp_result *out_result)
{
    wspi_settings *settings = multiplayer != NULL ? wspi_settings_write(&multiplayer->settings) : NULL;
    *out_result = multiplayer == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_OUT_OF_MEMORY;
    return settings;
}

/* What was stored counts for the running session as well. */
static wsp_result finish(wsp_multiplayer *multiplayer, wsp_result stored)
{
    return stored == WSP_OK ? wspi_multiplayer_apply_settings(multiplayer) : stored;
}

wsp_result wsp_multiplayer_set_refuse_new_connections(wsp_multiplayer *multiplayer, bool refuse)
{
    if (multiplayer == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    multiplayer->refuses_new_connections = refuse;
    return finish(multiplayer, WSP_OK);
}

bool wsp_multiplayer_get_refuse_new_connections(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL && multiplayer->refuses_new_connections;
}

wsp_result wsp_multiplayer_set_handshake_timeout(wsp_multiplayer *multiplayer, double seconds)
{
    if (multiplayer == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    return finish(multiplayer, wspi_set_timeout(&multiplayer->handshake_timeout, seconds));
}

double wsp_multiplayer_get_handshake_timeout(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->handshake_timeout : 0;
}

wsp_result wsp_multiplayer_set_supported_protocols(wsp_multiplayer *multiplayer, const char *const *protocols,
                                                   size_t count)
{
    if (multiplayer == NULL || !wspi_check_protocols(protocols, count, NULL))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? wspi_string_list_set(&settings->protocols, protocols, count) : result;
}

wsp_result wsp_multiplayer_set_handshake_headers(wsp_multiplayer *multiplayer, const char *const *headers,
                                                 size_t count)
{
    if (!wsp_has_feature(WSP_FEATURE_HANDSHAKE_HEADERS))
        return WSP_ERR_UNSUPPORTED;
    if (multiplayer == NULL || !wspi_check_headers(headers, count, NULL))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? finish(multiplayer, wspi_string_list_set(&settings->headers, headers, count))
                            : result;
}

wsp_result wsp_multiplayer_set_inbound_buffer_size(wsp_multiplayer *multiplayer, size_t size)
{
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? finish(multiplayer, wspi_set_limit(&settings->inbound_buffer_size, size))
                            : result;
}

size_t wsp_multiplayer_get_inbound_buffer_size(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->settings->inbound_buffer_size : 0;
}

wsp_result wsp_multiplayer_set_outbound_buffer_size(wsp_multiplayer *multiplayer, size_t size)
{
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? finish(multiplayer, wspi_set_limit(&settings->outbound_buffer_size, size))
                            : result;
}

size_t wsp_multiplayer_get_outbound_buffer_size(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->settings->outbound_buffer_size : 0;
}

wsp_result wsp_multiplayer_set_max_queued_packets(wsp_multiplayer *multiplayer, size_t count)
{
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? finish(multiplayer, wspi_set_limit(&settings->max_queued_packets, count))
                            : result;
}

size_t wsp_multiplayer_get_max_queued_packets(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->settings->max_queued_packets : 0;
}

wsp_result wsp_multiplayer_set_heartbeat_interval(wsp_multiplayer *multiplayer, double seconds)
{
    if (!wsp_has_feature(WSP_FEATURE_HEARTBEAT))
        return WSP_ERR_UNSUPPORTED;
    wsp_result result;
    wspi_settings *settings = begin(multiplayer, &result);
    return settings != NULL ? finish(multiplayer, wspi_set_interval(&settings->heartbeat_interval, seconds))
                            : result;
}

double wsp_multiplayer_get_heartbeat_interval(const wsp_multiplayer *multiplayer)
{
    return multiplayer != NULL ? multiplayer->settings->heartbeat_interval : 0;
}
