/* SPDX-License-Identifier: MIT */
/*
 * The lines of the smallest programs. Nothing here changes a connection.
 */
#include "minimal_lines.h"

#include "console.h"

#include <stdio.h>
#include <string.h>

void print_connecting(const char *url)
{
    print_untrusted("Connecting to ", url, strlen(url), "...");
}

void print_packet_from_server(const uint8_t *packet, size_t size, bool is_text)
{
    if (is_text) {
        print_untrusted("< Got text data from server: ", packet, size, "");
    } else {
        print_line("< Got binary data from server: %lu bytes", (unsigned long)size);
    }
}

int print_closed(const wsp_peer *peer)
{
    int code = wsp_peer_get_close_code(peer);
    bool clean = code != -1;
    if (!clean) {
        print_error(wsp_result_string(wsp_peer_get_error(peer)), wsp_peer_get_error_message(peer));
    }
    print_line("WebSocket closed with code: %d. Clean: %s", code, clean ? "true" : "false");
    return clean ? 0 : 1;
}

void print_peer_connected(int number)
{
    print_line("+ Peer %d connected.", number);
}

void print_packet_from_peer(int number, const uint8_t *packet, size_t size, bool is_text)
{
    if (is_text) {
        char before[64];
        snprintf(before, sizeof before, "< Got text data from peer %d: ", number);
        print_untrusted(before, packet, size, " ... echoing");
    } else {
        print_line("< Got binary data from peer %d: %lu ... echoing", number, (unsigned long)size);
    }
}

void print_peer_closed(int number, const wsp_peer *peer)
{
    int code = wsp_peer_get_close_code(peer);
    const char *reason = wsp_peer_get_close_reason(peer);
    char before[96];
    snprintf(before, sizeof before, "- Peer %d closed with code: %d, reason ", number, code);
    print_untrusted(before, reason, strlen(reason), code != -1 ? ". Clean: true" : ". Clean: false");
}
