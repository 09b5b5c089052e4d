/* SPDX-License-Identifier: MIT */
/*
 * An echo that pushes back. A packet is taken only while little waits to be sent, so that a peer that sends
 * and never reads fills its own queue, the library stops reading its socket, and memory stays bounded. A
 * packet that was taken and finds no room all the same is kept here until there is some.
 */
#include "echo_packets.h"

#include <stdlib.h>
#include <string.h>

/* Enough waiting bytes to keep a connection busy until the next turn. */
enum { ENOUGH_WAITING = 256 * 1024 };

static bool hold(echo_state *state, const uint8_t *packet, size_t size, wsp_write_mode mode)
{
    state->held = malloc(size > 0 ? size : 1);
    if (!state->held) {
        return false;
    }
    memcpy(state->held, packet, size);
    state->held_size = size;
    state->held_mode = mode;
    return true;
}

/* Nothing can be answered any more. Taking what is left lets the library read on to the end of the
 * connection. */
static bool drop_packets(wsp_peer *peer, echo_state *state)
{
    echo_state_clear(state);
    while (wsp_peer_get_packet(peer, NULL)) {}
    return false;
}

/* Returns WSP_ERR_BUFFER_FULL when the packet has to wait and is held. */
static wsp_result send_or_hold(wsp_peer *peer, echo_state *state, const uint8_t *packet, size_t size)
{
    wsp_write_mode mode = wsp_peer_was_string_packet(peer) ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
    wsp_result result = wsp_peer_send(peer, packet, size, mode);
    if (result == WSP_ERR_BUFFER_FULL && !hold(state, packet, size, mode)) {
        return WSP_ERR_OUT_OF_MEMORY;
    }
    return result;
}

bool echo_packets(wsp_peer *peer, echo_state *state)
{
    wsp_result result = WSP_OK;
    if (wsp_peer_get_ready_state(peer) != WSP_STATE_OPEN) {
        return drop_packets(peer, state);
    }
    if (state->held) {
        result = wsp_peer_send(peer, state->held, state->held_size, state->held_mode);
        if (result == WSP_OK) {
            echo_state_clear(state);
        }
    }
    while (result == WSP_OK && wsp_peer_get_current_outbound_buffered_amount(peer) < ENOUGH_WAITING) {
        size_t size;
        const uint8_t *packet = wsp_peer_get_packet(peer, &size);
        if (!packet) {
            return false;
        }
        result = send_or_hold(peer, state, packet, size);
    }
    if (result != WSP_OK && result != WSP_ERR_BUFFER_FULL) {
        wsp_peer_close(peer, WSP_CLOSE_INTERNAL_ERROR,
                       NULL); /* Without effect on a connection that is already lost. */
        return drop_packets(peer, state);
    }
    return state->held || wsp_peer_get_available_packet_count(peer) > 0;
}

void echo_state_clear(echo_state *state)
{
    free(state->held);
    memset(state, 0, sizeof *state);
}
