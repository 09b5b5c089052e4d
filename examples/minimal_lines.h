/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_MINIMAL_LINES_H
#define EXAMPLE_MINIMAL_LINES_H

#include "wspeer.h"

/*
 * What the smallest programs print: minimal_client and minimal_server, which poll, and signal_client and
 * signal_server, which do the same with handlers.
 */

/* A client: what it connects to, and each message of the server. */
void print_connecting(const char *url);
void print_packet_from_server(const uint8_t *packet, size_t size, bool is_text);

/* A client's last words. Returns its exit status: 0 when both sides agreed to close. */
int print_closed(const wsp_peer *peer);

/* A server: its clients are numbered from 1. */
void print_peer_connected(int number);
void print_packet_from_peer(int number, const uint8_t *packet, size_t size, bool is_text);
void print_peer_closed(int number, const wsp_peer *peer);

#endif
