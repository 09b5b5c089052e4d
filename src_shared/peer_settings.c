/* SPDX-License-Identifier: MIT */
/* Settings of a peer: each setter checks, stores, and tells the backend where the change counts at once. */
#include "peer.h"

#include "http_token.h"
#include "memory.h"

/* Why there is no block to write to. */
static wsp_result no_settings(const wsp_peer *peer)
{
    return peer == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_OUT_OF_MEMORY;
}

wsp_result wsp_peer_set_no_delay(wsp_peer *peer, bool enabled)
{
    if (!wsp_has_feature(WSP_FEATURE_NO_DELAY))
        return WSP_ERR_UNSUPPORTED;
    if (peer == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    wspi_settings *settings = wspi_settings_write(&peer->settings);
    if (settings == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    settings->no_delay = enabled;
    bool is_connected = peer->link != NULL && peer->state != WSP_STATE_CLOSED;
    return is_connected ? wspi_link_set_no_delay(peer->link, enabled) : WSP_OK;
}

wsp_result wsp_peer_set_supported_protocols(wsp_peer *peer, const char *const *protocols, size_t count)
{
    if (peer == NULL || !wspi_check_protocols(protocols, count, NULL))
        return WSP_ERR_INVALID_PARAMETER;
    wspi_settings *settings = wspi_settings_write(&peer->settings);
    return settings != NULL ? wspi_string_list_set(&settings->protocols, protocols, count)
                            : WSP_ERR_OUT_OF_MEMORY;
}

wsp_result wsp_peer_set_handshake_headers(wsp_peer *peer, const char *const *headers, size_t count)
{
    if (!wsp_has_feature(WSP_FEATURE_HANDSHAKE_HEADERS))
        return WSP_ERR_UNSUPPORTED;
    if (peer == NULL || !wspi_check_headers(headers, count, NULL))
        return WSP_ERR_INVALID_PARAMETER;
    wspi_settings *settings = wspi_settings_write(&peer->settings);
    return settings != NULL ? wspi_string_list_set(&settings->headers, headers, count)
                            : WSP_ERR_OUT_OF_MEMORY;
}

wsp_result wsp_peer_set_inbound_buffer_size(wsp_peer *peer, size_t size)
{
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    return settings != NULL ? wspi_set_limit(&settings->inbound_buffer_size, size) : no_settings(peer);
}

size_t wsp_peer_get_inbound_buffer_size(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->inbound_buffer_size : 0;
}

wsp_result wsp_peer_set_outbound_buffer_size(wsp_peer *peer, size_t size)
{
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    return settings != NULL ? wspi_set_limit(&settings->outbound_buffer_size, size) : no_settings(peer);
}

size_t wsp_peer_get_outbound_buffer_size(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->outbound_buffer_size : 0;
}

wsp_result wsp_peer_set_max_queued_packets(wsp_peer *peer, size_t count)
{
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    return settings != NULL ? wspi_set_limit(&settings->max_queued_packets, count) : no_settings(peer);
}

size_t wsp_peer_get_max_queued_packets(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->max_queued_packets : 0;
}

wsp_result wsp_peer_set_heartbeat_interval(wsp_peer *peer, double seconds)
{
    if (!wsp_has_feature(WSP_FEATURE_HEARTBEAT))
        return WSP_ERR_UNSUPPORTED;
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    if (settings == NULL)
        return no_settings(peer);
    wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    return wspi_set_interval(&settings->heartbeat_interval, seconds);
}

double wsp_peer_get_heartbeat_interval(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->heartbeat_interval : 0;
}

wsp_result wsp_peer_set_connect_timeout(wsp_peer *peer, double seconds)
{
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    if (settings == NULL)
        return no_settings(peer);
    wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    return wspi_set_timeout(&settings->connect_timeout, seconds);
}

double wsp_peer_get_connect_timeout(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->connect_timeout : 0;
}

wsp_result wsp_peer_set_close_timeout(wsp_peer *peer, double seconds)
{
    wspi_settings *settings = peer != NULL ? wspi_settings_write(&peer->settings) : NULL;
    if (settings == NULL)
        return no_settings(peer);
    wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    return wspi_set_timeout(&settings->close_timeout, seconds);
}

double wsp_peer_get_close_timeout(const wsp_peer *peer)
{
    return peer != NULL ? peer->settings->close_timeout : 0;
}

wsp_result wsp_peer_set_compression(wsp_peer *peer, const wsp_compression *compression_or_null)
{
    return peer != NULL ? wspi_check_compression(compression_or_null) : WSP_ERR_INVALID_PARAMETER;
}

wsp_result wsp_peer_set_handlers(wsp_peer *peer, const wsp_peer_handlers *handlers_or_null, void *user)
{
    if (peer == NULL || peer->is_destroyed)
        return WSP_ERR_INVALID_PARAMETER;
    if (peer->is_owned)
        return WSP_ERR_ALREADY_IN_USE;
    if (handlers_or_null == NULL) {
        wspi_free(peer->handlers, sizeof *peer->handlers);
        peer->handlers = NULL;
        return WSP_OK;
    }
    if (peer->handlers == NULL)
        peer->handlers = wspi_allocate(sizeof *peer->handlers);
    if (peer->handlers == NULL)
        return WSP_ERR_OUT_OF_MEMORY;
    *peer->handlers = (wspi_handler_set){*handlers_or_null, user};
    return WSP_OK;
}

void wsp_peer_set_user_data(wsp_peer *peer, void *user_data)
{
    if (peer != NULL)
        peer->user_data = user_data;
}

void *wsp_peer_get_user_data(const wsp_peer *peer)
{
    return peer != NULL ? peer->user_data : NULL;
}

void wsp_peer_set_write_mode(wsp_peer *peer, wsp_write_mode mode)
{
    bool is_known = mode == WSP_WRITE_MODE_TEXT || mode == WSP_WRITE_MODE_BINARY;
    if (peer != NULL && is_known)
        peer->write_mode = (uint8_t)mode;
}

wsp_write_mode wsp_peer_get_write_mode(const wsp_peer *peer)
{
    return peer != NULL ? peer->write_mode : WSP_WRITE_MODE_BINARY;
}
