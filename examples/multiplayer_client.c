/* SPDX-License-Identifier: MIT */
/*
 * A client of a session, the same source natively and in a page: joins, sends "hello" to the server, prints
 * what arrives, and leaves after the first packet or five seconds. It talks to multiplayer_server, and to
 * servers made with Godot.
 *
 * usage: multiplayer_client URL [--dialect godot3]
 */
#include "console.h"
#include "options.h"
#include "run_loop.h"
#include "session.h"
#include "wspeer.h"

static const double LONGEST_STAY = 5.0;

typedef struct client {
    wsp_multiplayer *multiplayer;
    bool was_connected;
    bool is_leaving;
    double joined_at;
} client;

static void on_connected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    client *self = user;
    print_member_connected(multiplayer, id, NULL);
    if (id != WSP_TARGET_PEER_SERVER) {
        return; /* Somebody else, whom only the godot3 dialect tells us of. */
    }
    self->was_connected = true;
    self->joined_at = wsp_now();
    wsp_multiplayer_set_target_peer(multiplayer, WSP_TARGET_PEER_SERVER);
    wsp_multiplayer_put_packet(multiplayer, "hello", 5);
}

/* Without force: what we have sent goes out first, and peer_disconnected tells when the server has agreed. */
static void leave(client *self)
{
    if (!self->is_leaving) {
        wsp_multiplayer_disconnect_peer(self->multiplayer, WSP_TARGET_PEER_SERVER, false);
    }
    self->is_leaving = true;
}

static void print_packets(client *self)
{
    for (;;) {
        size_t size;
        int32_t sender = wsp_multiplayer_get_packet_peer(self->multiplayer);
        const uint8_t *packet = wsp_multiplayer_get_packet(self->multiplayer, &size);
        if (!packet) {
            return;
        }
        print_packet(sender, packet, size);
        leave(self);
    }
}

static int finish(client *self)
{
    int status = 0;
    wsp_result error = wsp_multiplayer_get_error(self->multiplayer);
    if (!self->was_connected || error != WSP_OK) {
        status = print_failed(error, wsp_multiplayer_get_error_message(self->multiplayer));
    }
    wsp_multiplayer_destroy(self->multiplayer);
    return status;
}

static int step(void *user)
{
    client *self = user;
    print_packets(self);
    if (self->was_connected && wsp_now() - self->joined_at >= LONGEST_STAY) {
        leave(self);
    }
    bool is_over = wsp_multiplayer_get_connection_status(self->multiplayer) == WSP_CONNECTION_DISCONNECTED;
    return is_over ? finish(self) : RUN_LOOP_AGAIN;
}

static void poll_multiplayer(void *multiplayer, double seconds)
{
    wsp_multiplayer_poll_wait(multiplayer, seconds);
}

int main(int argc, char **argv)
{
    static client self; /* Not a local variable: on the web it outlives main. */
    const char *url = NULL;
    const char *dialect_name = "godot4";
    wsp_multiplayer_dialect dialect;
    const option options[] = {{"--dialect", OPTION_TEXT, &dialect_name, 0}};
    if (!read_options(argc, argv, options, sizeof options / sizeof options[0], &url) ||
        !read_dialect(dialect_name, &dialect)) {
        return 2;
    }
    if (!url) {
        print_error("usage", "multiplayer_client URL [--dialect godot3]");
        return 2;
    }
    self.multiplayer = wsp_multiplayer_create();
    if (!self.multiplayer) {
        return 1;
    }
    const wsp_multiplayer_handlers handlers = {.peer_connected = on_connected,
                                               .peer_disconnected = print_member_disconnected};
    wsp_multiplayer_set_handlers(self.multiplayer, &handlers, &self);
    wsp_multiplayer_set_dialect(self.multiplayer, dialect);
    /* A URL that is refused leaves it DISCONNECTED with the reason, which the first step reports. */
    wsp_multiplayer_create_client(self.multiplayer, url, NULL);
    return run_loop_polled(poll_multiplayer, self.multiplayer, step, &self);
}
