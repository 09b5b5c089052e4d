/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_SESSION_H
#define EXAMPLE_SESSION_H

#include "wspeer.h"

/* What the programs over wsp_multiplayer share. */

/* Reads what --dialect names: godot4 or godot3. Returns false after one line when it is neither. */
bool read_dialect(const char *name, wsp_multiplayer_dialect *out_dialect);

/* Prints a packet as `packet from ID: TEXT`. */
void print_packet(int32_t sender, const uint8_t *packet, size_t size);

/* Handlers that print `peer_connected ID` and `peer_disconnected ID`. */
void print_member_connected(wsp_multiplayer *multiplayer, int32_t id, void *user);
void print_member_disconnected(wsp_multiplayer *multiplayer, int32_t id, void *user);

/* The polite end of a server: lets nobody in any more, closes every connection with code 1001 and gives the
 * other sides a moment to answer. */
void say_goodbye(wsp_multiplayer *multiplayer);

#endif
