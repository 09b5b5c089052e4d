/* SPDX-License-Identifier: MIT */
/*
 * The smallest server: prints what every client sends and sends it back. Godot's websocket_minimal in C. The
 * sockets and the sleeping are in serve_loop.c; here is what a server does with its peers.
 *
 * usage: minimal_server [--port N]
 */
#include "console.h"
#include "minimal_lines.h"
#include "options.h"
#include "serve_loop.h"
#include "wspeer.h"

/* A client has a number from the moment it is connected; the peer carries it in its user data. */
static int number_of(const wsp_peer *peer)
{
    return (int)(intptr_t)wsp_peer_get_user_data(peer);
}

static void greet(wsp_peer *peer, const char *protocol, void *user)
{
    int *peers_so_far = user;
    (void)protocol;
    wsp_peer_set_user_data(peer, (void *)(intptr_t)++ * peers_so_far);
    print_peer_connected(number_of(peer));
}

/* Bytes that may wait to be sent while packets are taken: of these the smallest messages, of one byte, are
 * fewer than max_queued_packets. */
enum { ENOUGH_WAITING = 4000 };

/*
 * A packet is taken only when little waits to be sent. So there is room for its echo, and none is ever lost.
 * What is left when the client has closed can no longer be answered, but it has been received all the same.
 */
static bool take_packets(wsp_peer *peer)
{
    while (wsp_peer_get_ready_state(peer) != WSP_STATE_OPEN ||
           wsp_peer_get_current_outbound_buffered_amount(peer) < ENOUGH_WAITING) {
        size_t size;
        const uint8_t *packet = wsp_peer_get_packet(peer, &size);
        if (!packet) {
            return false;
        }
        bool is_text = wsp_peer_was_string_packet(peer);
        print_packet_from_peer(number_of(peer), packet, size, is_text);
        wsp_peer_send(peer, packet, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    }
    return wsp_peer_get_available_packet_count(peer) > 0;
}

static void data_received(wsp_peer *peer, void *user)
{
    (void)user;
    take_packets(peer);
}

/* With handlers, because one poll may see a client come, send and close: after it the peer is no longer OPEN,
 * and it would be too late for the echo. */
static bool prepare(wsp_peer *peer, void *user)
{
    const wsp_peer_handlers handlers = {.connection_established = greet, .data_received = data_received};
    size_t largest = wsp_peer_get_inbound_buffer_size(peer);
    return wsp_peer_set_outbound_buffer_size(peer, largest + ENOUGH_WAITING) == WSP_OK &&
           wsp_peer_set_handlers(peer, &handlers, user) == WSP_OK;
}

static bool polled(wsp_peer *peer, void *user)
{
    (void)user;
    return take_packets(peer);
}

static void closed(wsp_peer *peer, void *user)
{
    (void)user;
    if (number_of(peer) != 0) { /* Otherwise it never became a WebSocket connection. */
        print_peer_closed(number_of(peer), peer);
    }
}

int main(int argc, char **argv)
{
    size_t port = 9080;
    const option options[] = {{"--port", OPTION_NUMBER, &port, 65535}};
    if (!read_options(argc, argv, options, sizeof options / sizeof options[0], NULL)) {
        return 2;
    }

    wsp_tcp_server *server = serve_listen(port, NULL, false);
    if (!server) {
        return 1;
    }
    print_line("Server started.");

    const serve_handlers handlers = {prepare, polled, closed};
    int peers_so_far = 0;
    return serve_loop(server, NULL, &handlers, &peers_so_far);
}
