/* SPDX-License-Identifier: MIT */
/*
 * What a program calls on a peer once a message: sending, with its checks and
 * limits, and taking packets. Everything rarer is in peer.c.
 */
#include "peer.h"

#include "utf8.h"

#include <string.h>

/* -- sending --------------------------------------------------------------- */

static bool has_outbound_room(const wsp_peer *peer, size_t size)
{
    wspi_queued queued = wspi_link_get_queued(peer->link);
    size_t limit = peer->settings->outbound_buffer_size;
    return queued.bytes <= limit && size <= limit - queued.bytes &&
           queued.messages < peer->settings->max_queued_packets;
}

/* The same, with as much sent first as goes. */
static bool make_outbound_room(wsp_peer *peer, size_t size)
{
    (void)wspi_link_refresh_buffered_amount(peer->link);
    return has_outbound_room(peer, size);
}

wsp_result wspi_peer_check_room(wsp_peer *peer, size_t size)
{
    if (peer->state != WSP_STATE_OPEN)
        return WSP_ERR_NOT_OPEN;
    if (size > peer->settings->outbound_buffer_size)
        return WSP_ERR_MESSAGE_TOO_BIG;
    if (!has_outbound_room(peer, size) && !make_outbound_room(peer, size)) {
        peer->messages_refused++;
        return WSP_ERR_BUFFER_FULL;
    }
    return WSP_OK;
}

void wspi_peer_note_sent(wsp_peer *peer, size_t size)
{
    peer->messages_sent++;
    peer->bytes_sent += size;
}

wsp_result wsp_peer_send(wsp_peer *peer, const void *data, size_t size, wsp_write_mode mode)
{
    if (peer == NULL || (data == NULL && size > 0))
        return WSP_ERR_INVALID_PARAMETER;
    if (mode != WSP_WRITE_MODE_TEXT && mode != WSP_WRITE_MODE_BINARY)
        return WSP_ERR_INVALID_PARAMETER;
    bool may_fit = peer->state == WSP_STATE_OPEN && size <= peer->settings->outbound_buffer_size;
    if (may_fit && mode == WSP_WRITE_MODE_TEXT && !wspi_utf8_is_valid(data, size))
        return WSP_ERR_INVALID_PARAMETER;
    wsp_result result = wspi_peer_check_room(peer, size);
    if (result == WSP_OK)
        result = wspi_link_send(peer->link, data, size, mode);
    if (result == WSP_OK && !wspi_peer_let_output_leave(peer))
        result = WSP_ERR_NOT_OPEN;
    if (result == WSP_OK)
        wspi_peer_note_sent(peer, size);
    return result;
}

wsp_result wsp_peer_send_text(wsp_peer *peer, const char *text)
{
    if (text == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    return wsp_peer_send(peer, text, strlen(text), WSP_WRITE_MODE_TEXT);
}

wsp_result wsp_peer_put_packet(wsp_peer *peer, const void *data, size_t size)
{
    return wsp_peer_send(peer, data, size, wsp_peer_get_write_mode(peer));
}

size_t wsp_peer_get_current_outbound_buffered_amount(const wsp_peer *peer)
{
    if (peer == NULL || peer->state == WSP_STATE_CONNECTING || peer->state == WSP_STATE_CLOSED)
        return 0;
    return wspi_link_get_buffered_amount(peer->link);
}

/* -- packets --------------------------------------------------------------- */

size_t wsp_peer_get_available_packet_count(const wsp_peer *peer)
{
    if (peer == NULL || peer->hides_packets)
        return 0;
    const wspi_message_view *view = wspi_peer_get_view(peer);
    if (view != NULL)
        return view->is_taken ? 0 : 1;
    return peer->inbound != NULL ? peer->inbound->count : 0;
}

static const uint8_t *take_packet(wsp_peer *peer, size_t *out_size)
{
    wspi_message_view *view = wspi_peer_get_view(peer);
    if (view != NULL) {
        view->is_taken = true;
        peer->was_text = view->is_text;
        *out_size = view->size;
        return view->data;
    }
    bool is_text = false;
    const uint8_t *packet = wspi_packet_queue_take(peer->inbound, out_size, &is_text);
    peer->was_text = is_text;
    /* What waited for this room may be read already, so that no socket calls for the next poll. */
    if (peer->state != WSP_STATE_CLOSED && wspi_link_is_stalled(peer->link)) {
        peer->has_more_work = true;
        wspi_peer_call_attention(peer, WSPI_ATTENTION_TURN);
    } else if (peer->inbound->count == 0) {
        wspi_peer_call_attention(peer, WSPI_ATTENTION_TIDY);
    }
    return packet;
}

const uint8_t *wsp_peer_get_packet(wsp_peer *peer, size_t *size_or_null)
{
    size_t size = 0;
    const uint8_t *packet = NULL;
    if (wsp_peer_get_available_packet_count(peer) > 0)
        packet = take_packet(peer, &size);
    if (size_or_null != NULL)
        *size_or_null = size;
    return packet;
}

bool wsp_peer_was_string_packet(const wsp_peer *peer)
{
    return peer != NULL && peer->was_text;
}
