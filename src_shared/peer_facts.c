/* SPDX-License-Identifier: MIT */
/*
 * What a program asks about a connection that runs or has ended: error, close code, addresses, the handshake,
 * counts. Nothing here changes anything.
 */
#include "peer.h"

int wsp_peer_get_close_code(const wsp_peer *peer)
{
    return peer != NULL ? peer->close_code : -1;
}

static wspi_peer_facts get_facts(const wsp_peer *peer)
{
    return peer != NULL && peer->facts != NULL ? *peer->facts : (wspi_peer_facts){0};
}

static const char *string_or_empty(const char *string)
{
    return string != NULL ? string : "";
}

const char *wsp_peer_get_close_reason(const wsp_peer *peer)
{
    return string_or_empty(get_facts(peer).close_reason);
}

wsp_result wsp_peer_get_error(const wsp_peer *peer)
{
    return peer != NULL ? (wsp_result)peer->error : WSP_ERR_INVALID_PARAMETER;
}

const char *wsp_peer_get_error_message(const wsp_peer *peer)
{
    if (peer == NULL || peer->error == WSP_OK)
        return "";
    const char *message = get_facts(peer).error_message;
    return message != NULL ? message : wsp_result_text((wsp_result)peer->error);
}

int wsp_peer_get_http_status(const wsp_peer *peer)
{
    return peer != NULL && peer->link != NULL ? wspi_link_get_http_status(peer->link) : 0;
}

const char *wsp_peer_get_handshake_header(const wsp_peer *peer, const char *name)
{
    if (peer == NULL || peer->link == NULL || name == NULL)
        return NULL;
    return wspi_link_get_header(peer->link, name);
}

const char *wsp_peer_get_connected_host(const wsp_peer *peer)
{
    return peer != NULL && peer->link != NULL ? wspi_link_get_host(peer->link) : "";
}

uint16_t wsp_peer_get_connected_port(const wsp_peer *peer)
{
    return peer != NULL && peer->link != NULL ? wspi_link_get_port(peer->link) : 0;
}

const char *wsp_peer_get_requested_url(const wsp_peer *peer)
{
    if (peer == NULL)
        return "";
    const char *url = get_facts(peer).requested_url;
    if (url == NULL && peer->link != NULL)
        return wspi_link_get_url(peer->link);
    return string_or_empty(url);
}

const char *wsp_peer_get_selected_protocol(const wsp_peer *peer)
{
    return string_or_empty(get_facts(peer).protocol);
}

void wsp_peer_get_stats(const wsp_peer *peer, wsp_peer_stats *out_stats)
{
    if (out_stats == NULL)
        return;
    *out_stats = (wsp_peer_stats){0};
    if (peer == NULL)
        return;
    out_stats->messages_received = peer->messages_received;
    out_stats->messages_sent = peer->messages_sent;
    out_stats->bytes_received = peer->bytes_received;
    out_stats->bytes_sent = peer->bytes_sent;
    out_stats->messages_refused = peer->messages_refused;
    out_stats->queued_inbound_bytes = peer->inbound != NULL ? peer->inbound->payload_size : 0;
    out_stats->queued_inbound_packets = wsp_peer_get_available_packet_count(peer);
    out_stats->queued_outbound_bytes = wsp_peer_get_current_outbound_buffered_amount(peer);
    out_stats->round_trip = get_facts(peer).round_trip;
}
