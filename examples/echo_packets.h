/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_ECHO_PACKETS_H
#define EXAMPLE_ECHO_PACKETS_H

#include "wspeer.h"

/*
 * Sends every packet of a peer back to it and loses none: what both echo programs do. Zero-initialise one per
 * peer.
 */
typedef struct echo_state {
    uint8_t *held; /* a copy of the one packet that was taken and found no room; NULL when there is none */
    size_t held_size;
    wsp_write_mode held_mode;
} echo_state;

/*
 * Echoes what can be sent now. Returns true when packets wait for room: the peer should then be polled when
 * it can be written to, and not because more arrived.
 */
bool echo_packets(wsp_peer *peer, echo_state *state);

void echo_state_clear(echo_state *state);

#endif
