/* SPDX-License-Identifier: MIT */
/*
 * minimal_client with handlers, as Godot's WebSocketClient has signals: what happens calls a function, and
 * the main loop only polls. The same source natively and in a page. It talks to minimal_server and
 * signal_server.
 *
 * usage: signal_client [URL]
 */
#include "console.h"
#include "minimal_lines.h"
#include "run_loop.h"
#include "wspeer.h"

typedef struct client {
    wsp_peer *peer;
    bool is_over;
} client;

static void connection_established(wsp_peer *peer, const char *protocol, void *user)
{
    (void)protocol;
    (void)user;
    print_line("> Sending test packet.");
    wsp_peer_send_text(peer, "Test packet");
}

static void data_received(wsp_peer *peer, void *user)
{
    size_t size;
    const uint8_t *packet = wsp_peer_get_packet(peer, &size);
    (void)user;
    print_packet_from_server(packet, size, wsp_peer_was_string_packet(peer));
    /* The first echo is all we came for. Closing a second time has no effect. */
    wsp_peer_close(peer, WSP_CLOSE_NORMAL, NULL);
}

/* Exactly one of these two ends a connection that was begun. */
static void connection_error(wsp_peer *peer, void *user)
{
    (void)peer;
    ((client *)user)->is_over = true;
}

static void connection_closed(wsp_peer *peer, bool was_clean, void *user)
{
    (void)peer;
    (void)was_clean;
    ((client *)user)->is_over = true;
}

static int step(void *user)
{
    client *self = user;
    if (!self->is_over) {
        return RUN_LOOP_AGAIN;
    }
    int status = print_closed(self->peer);
    wsp_peer_destroy(self->peer);
    return status;
}

int main(int argc, char **argv)
{
    static client self; /* Not a local variable: on the web it outlives main. */
    const wsp_peer_handlers handlers = {.connection_established = connection_established,
                                        .connection_error = connection_error,
                                        .data_received = data_received,
                                        .connection_closed = connection_closed};
    const char *url = argc > 1 ? argv[1] : "ws://127.0.0.1:9080";

    if (argc > 2 || url[0] == '-') {
        print_error("usage", "signal_client [URL]");
        return 2;
    }
    self.peer = wsp_peer_create();
    if (!self.peer) {
        return 1;
    }
    wsp_peer_set_handlers(self.peer, &handlers, &self);
    print_connecting(url);
    /* What connect_to_url itself refuses calls no handler. */
    self.is_over = wsp_peer_connect_to_url(self.peer, url, NULL) != WSP_OK;
    return run_loop(self.peer, step, &self);
}
