/* SPDX-License-Identifier: MIT */
/*
 * The smallest client: connects, sends one message, prints the echo and closes. Godot's websocket_minimal in
 * C; the same source natively and in a page. It talks to minimal_server.
 *
 * usage: minimal_client [URL]
 */
#include "console.h"
#include "minimal_lines.h"
#include "run_loop.h"
#include "wspeer.h"

typedef struct client {
    wsp_peer *peer;
    bool sent;
} client;

static void take_packets(wsp_peer *peer)
{
    const uint8_t *packet;
    size_t size;
    while ((packet = wsp_peer_get_packet(peer, &size)) != NULL) {
        print_packet_from_server(packet, size, wsp_peer_was_string_packet(peer));
        /* The first echo is all we came for. Closing a second time has no effect. */
        wsp_peer_close(peer, WSP_CLOSE_NORMAL, NULL);
    }
}

static int finish(wsp_peer *peer)
{
    int status = print_closed(peer);
    wsp_peer_destroy(peer);
    return status;
}

static int step(void *user)
{
    client *self = user;
    wsp_state state = wsp_peer_get_ready_state(self->peer);
    if (state == WSP_STATE_OPEN && !self->sent) {
        print_line("> Sending test packet.");
        wsp_peer_send_text(self->peer, "Test packet");
        self->sent = true;
    }
    take_packets(self->peer);
    return state == WSP_STATE_CLOSED ? finish(self->peer) : RUN_LOOP_AGAIN;
}

int main(int argc, char **argv)
{
    static client self; /* Not a local variable: on the web it outlives main. */
    const char *url = argc > 1 ? argv[1] : "ws://127.0.0.1:9080";

    if (argc > 2 || url[0] == '-') {
        print_error("usage", "minimal_client [URL]");
        return 2;
    }
    self.peer = wsp_peer_create();
    if (!self.peer) {
        return 1;
    }
    print_connecting(url);
    /* A URL that is refused leaves the peer CLOSED with the reason, which the first step reports. */
    wsp_peer_connect_to_url(self.peer, url, NULL);
    return run_loop(self.peer, step, &self);
}
