/* SPDX-License-Identifier: MIT */
/*
 * minimal_server with handlers, as Godot's WebSocketServer has signals: the server keeps the peers, and what
 * a client does calls a function. It talks to minimal_client and signal_client.
 *
 * usage: signal_server [--port N]
 */
#include "console.h"
#include "minimal_lines.h"
#include "options.h"
#include "server_loop.h"
#include "wspeer.h"

/* The server's ids are any numbers. Ours count the clients from 1 and stay with the peer as its user data. */
static int number_of(wsp_server *server, int32_t id)
{
    return (int)(intptr_t)wsp_peer_get_user_data(wsp_server_get_peer(server, id));
}

static void client_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                             void *user)
{
    int *peers_so_far = user;
    (void)protocol;
    (void)resource;
    wsp_peer_set_user_data(wsp_server_get_peer(server, id), (void *)(intptr_t)++ * peers_so_far);
    print_peer_connected(number_of(server, id));
}

static void data_received(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                          void *user)
{
    wsp_write_mode mode = is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
    (void)user;
    /* Without room for the echo the message stays with its connection and comes again: none is ever lost. */
    if (wsp_peer_send(wsp_server_get_peer(server, id), data, size, mode) == WSP_ERR_BUFFER_FULL &&
        wsp_server_keep_packet(server) == WSP_OK) {
        return;
    }
    print_packet_from_peer(number_of(server, id), data, size, is_text);
}

static void client_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    (void)was_clean;
    (void)user;
    print_peer_closed(number_of(server, id), wsp_server_get_peer(server, id));
}

int main(int argc, char **argv)
{
    size_t port = 9080;
    const option options[] = {{"--port", OPTION_NUMBER, &port, 65535}};
    if (!read_options(argc, argv, options, sizeof options / sizeof options[0], NULL)) {
        return 2;
    }

    const wsp_server_handlers handlers = {.client_connected = client_connected,
                                          .client_disconnected = client_disconnected,
                                          .data_received = data_received};
    int peers_so_far = 0;
    wsp_server *server = wsp_server_create();
    if (!server || wsp_server_set_handlers(server, &handlers, &peers_so_far) != WSP_OK ||
        !server_loop_listen(server, port, NULL, 0, false)) {
        wsp_server_destroy(server);
        return 1;
    }
    print_line("Server started.");
    return server_loop_run(server, NULL, NULL);
}
