/* SPDX-License-Identifier: MIT */
/*
 * The server of the smallest session: prints who comes and goes, and sends every packet back to its sender.
 * Godot 4 programs (WebSocketMultiplayerPeer) can join it, with --dialect godot3 those of Godot 3 and
 * Pandemonium.
 *
 * usage: multiplayer_server [--port N] [--dialect godot3]
 */
#include "console.h"
#include "options.h"
#include "session.h"
#include "socket_wait.h"
#include "wspeer.h"

static const double LONGEST_SLEEP = 1.0;

static void echo_packets(wsp_multiplayer *multiplayer)
{
    for (;;) {
        size_t size;
        int32_t sender = wsp_multiplayer_get_packet_peer(multiplayer);
        const uint8_t *packet = wsp_multiplayer_get_packet(multiplayer, &size);
        if (!packet) {
            return;
        }
        print_packet(sender, packet, size);
        wsp_multiplayer_set_target_peer(multiplayer, sender);
        if (wsp_multiplayer_put_packet(multiplayer, packet, size) == WSP_ERR_BUFFER_FULL) {
            /* It sends and does not read. Waiting for one would make all others wait. */
            wsp_multiplayer_disconnect_peer(multiplayer, sender, false);
        }
    }
}

static int serve(wsp_multiplayer *multiplayer, size_t port)
{
    const wsp_multiplayer_handlers handlers = {.peer_connected = print_member_connected,
                                               .peer_disconnected = print_member_disconnected};
    socket_wait *signals = socket_wait_create(); /* SIGINT and SIGTERM end the loop and not the program */
    if (!signals) {
        return 1;
    }
    int status = 0;
    wsp_multiplayer_set_handlers(multiplayer, &handlers, NULL);
    wsp_result result = wsp_multiplayer_create_server(multiplayer, (int)port, NULL, NULL);
    if (result == WSP_OK) {
        print_line("listening on ws://127.0.0.1:%u", (unsigned)wsp_multiplayer_get_local_port(multiplayer));
    } else {
        status = print_failed(result, wsp_multiplayer_get_error_message(multiplayer));
    }
    while (status == 0 && !socket_wait_is_told_to_end(signals)) {
        wsp_multiplayer_poll_wait(multiplayer, LONGEST_SLEEP);
        echo_packets(multiplayer);
    }
    say_goodbye(multiplayer);
    socket_wait_destroy(signals);
    return status;
}

int main(int argc, char **argv)
{
    size_t port = 8080;
    const char *dialect_name = "godot4";
    wsp_multiplayer_dialect dialect;
    const option options[] = {{"--port", OPTION_NUMBER, &port, 65535},
                              {"--dialect", OPTION_TEXT, &dialect_name, 0}};
    if (!read_options(argc, argv, options, sizeof options / sizeof options[0], NULL) ||
        !read_dialect(dialect_name, &dialect)) {
        return 2;
    }
    wsp_multiplayer *multiplayer = wsp_multiplayer_create();
    if (!multiplayer) {
        return 1;
    }
    wsp_multiplayer_set_dialect(multiplayer, dialect);
    int status = serve(multiplayer, port);
    wsp_multiplayer_destroy(multiplayer);
    return status;
}
