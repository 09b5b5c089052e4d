/* SPDX-License-Identifier: MIT */
/*
 * What a dedicated server does all day: one call that sleeps until there is something to do, and does it. At
 * the end clients get a moment to answer the close frame.
 */
#include "server_loop.h"

#include "console.h"
#include "serve_loop.h"
#include "socket_wait.h"

#include <stdlib.h>

static const double PATIENCE_AT_THE_END = 2.0;
/* A signal that arrives just before the sleep is noticed this much later. */
static const double LONGEST_SLEEP = 0.5;

static void say_goodbye(wsp_server *server)
{
    size_t count = wsp_server_get_peer_count(server);
    int32_t *ids = calloc(count ? count : 1, sizeof *ids);
    double until = wsp_now() + PATIENCE_AT_THE_END;
    wsp_server_set_refuse_new_connections(server, true);
    count = wsp_server_get_peer_ids(server, ids, ids ? count : 0);
    for (size_t i = 0; ids && i < count; i++) {
        wsp_server_disconnect_peer(server, ids[i], WSP_CLOSE_GOING_AWAY, NULL);
    }
    free(ids);
    while (wsp_server_get_peer_count(server) > 0 && wsp_now() < until) {
        wsp_server_poll_wait(server, until - wsp_now());
    }
    wsp_server_stop(server);
}

int server_loop(wsp_server *server, size_t port, const char *const *protocols, size_t count, bool secure)
{
    wsp_result result = wsp_server_listen(server, (int)port, protocols, count);
    if (result != WSP_OK) {
        print_failed(result, wsp_server_get_error_message(server));
        wsp_server_destroy(server);
        return 1;
    }
    socket_wait *wait = socket_wait_create(); /* It catches the signals. */
    serve_print_listening(secure ? "wss" : "ws", wsp_server_get_bind_ip(server),
                          wsp_server_get_local_port(server));
    while (wait && !socket_wait_is_told_to_end(wait)) {
        wsp_server_poll_wait(server, LONGEST_SLEEP);
    }
    say_goodbye(server);
    wsp_server_destroy(server);
    socket_wait_destroy(wait);
    return wait ? 0 : 1;
}
