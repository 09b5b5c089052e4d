/* SPDX-License-Identifier: MIT */
/*
 * What is different for a peer that a server owns and polls: it tells its owner when the program touched it
 * outside a turn, and may show messages where they lie instead of queueing them. A message that the handler
 * keeps waits alone in the packet queue; nothing more is taken from the backend until it was shown again and
 * let go. Knows nothing of sockets.
 */
#include "peer.h"

#include "memory.h"

wsp_peer *wspi_peer_create_owned(const wspi_settings *settings, wspi_peer_owner *owner, int32_t id)
{
    wsp_peer *peer = wsp_peer_create();
    if (peer == NULL)
        return NULL;
    wspi_settings_release(peer->settings);
    peer->settings = wspi_settings_share(settings);
    peer->handlers = &owner->handlers;
    peer->is_owned = true;
    peer->id = id;
    return peer;
}

void wspi_peer_set_owned(wsp_peer *peer, bool is_owned)
{
    peer->is_owned = is_owned;
}

void wspi_peer_hide_packets(wsp_peer *peer)
{
    peer->hides_packets = true;
}

const uint8_t *wspi_peer_take_hidden(wsp_peer *peer, size_t *out_size)
{
    peer->hides_packets = false;
    const uint8_t *packet = wsp_peer_get_packet(peer, out_size);
    peer->hides_packets = true;
    return packet;
}

void wspi_peer_set_room(wsp_peer *peer, size_t bytes, size_t packets)
{
    size_t bytes_before = peer->limits->inbound_buffer_size;
    size_t packets_before = peer->limits->max_queued_packets;
    if (bytes == bytes_before && packets == packets_before)
        return;
    wspi_settings *limits = wspi_settings_write(&peer->limits);
    if (limits == NULL)
        return;
    limits->inbound_buffer_size = bytes;
    limits->max_queued_packets = packets;
    /* A busy peer keeps its queue, which knows the limits of when it was made. */
    if (peer->inbound != NULL) {
        peer->inbound->max_bytes = bytes;
        peer->inbound->max_packets = packets;
    }
    bool is_more = bytes > bytes_before || packets > packets_before;
    /* What waited for this room may be read already, so that no socket calls for the next poll. */
    if (is_more && peer->state != WSP_STATE_CLOSED && wspi_link_is_stalled(peer->link))
        peer->has_more_work = true;
}

/* -- news for the owner ---------------------------------------------------- */

void wspi_peer_call_attention(wsp_peer *peer, wspi_attention what)
{
    wspi_peer_owner *owner = wspi_peer_get_owner(peer);
    if (owner != NULL && !peer->is_in_turn && !peer->is_destroyed)
        owner->attention(peer, what, owner->handlers.user);
}

bool wspi_peer_let_output_leave(wsp_peer *peer)
{
    if (peer->is_in_turn)
        return true;
    if (wspi_peer_get_owner(peer) == NULL)
        return wspi_link_flush(peer->link);
    wspi_peer_call_attention(peer, WSPI_ATTENTION_OUTPUT);
    return true;
}

/* -- messages -------------------------------------------------------------- */

/* Of the view in the owner, which is filled in. */
static void run_handler(wspi_peer_owner *owner, wsp_peer *peer)
{
    const wspi_message_view *view = &owner->view;
    peer->activity++;
    owner->message_received(peer, view->data, view->size, view->is_text, owner->handlers.user);
    owner->view.peer = NULL;
}

void wspi_peer_show_message(wsp_peer *peer, const uint8_t *data, size_t size, bool is_text)
{
    wspi_peer_owner *owner = wspi_peer_get_owner(peer);
    /* What lies behind the message may be the next one, and is put back. */
    uint8_t *behind = (uint8_t *)data + size;
    uint8_t saved = *behind;
    *behind = 0;
    owner->view = (wspi_message_view){.peer = peer, .data = data, .size = size, .is_text = is_text};
    run_handler(owner, peer);
    *behind = saved;
}

static bool is_queue_empty(const wsp_peer *peer)
{
    return peer->inbound == NULL || peer->inbound->count == 0;
}

void wspi_peer_show_queue(wsp_peer *peer)
{
    while (wspi_peer_is_direct(peer) && !is_queue_empty(peer) && peer->state != WSP_STATE_CLOSED) {
        wspi_peer_owner *owner = wspi_peer_get_owner(peer);
        size_t size;
        bool is_text;
        const uint8_t *data = wspi_packet_queue_front(peer->inbound, &size, &is_text);
        owner->view = (wspi_message_view){
            .peer = peer, .data = data, .size = size, .is_text = is_text, .is_queued = true};
        run_handler(owner, peer);
        if (owner->view.is_kept)
            return;
        (void)wspi_packet_queue_take(peer->inbound, &size, &is_text);
    }
    wspi_peer_trim(peer);
}

wsp_result wspi_peer_keep_message(wspi_peer_owner *owner)
{
    wspi_message_view *view = &owner->view;
    if (view->peer == NULL)
        return WSP_ERR_UNAVAILABLE;
    if (!view->is_kept && !view->is_queued &&
        !wspi_peer_queue_message(view->peer, view->data, view->size, view->is_text))
        return WSP_ERR_OUT_OF_MEMORY;
    view->is_kept = true;
    return WSP_OK;
}

wspi_message_view *wspi_peer_get_view(const wsp_peer *peer)
{
    wspi_peer_owner *owner = wspi_peer_get_owner(peer);
    return owner != NULL && owner->view.peer == peer ? &owner->view : NULL;
}
