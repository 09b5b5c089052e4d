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

bool server_loop_listen(wsp_server *server, size_t port, const char *const *protocols, size_t count,
                        bool secure)
{
    wsp_result result = wsp_server_listen(server, (int)port, protocols, count);
    if (result == WSP_OK && !socket_wait_catch_signals()) {
        result = WSP_ERR_FAILED;
    }
    if (result != WSP_OK) {
        print_failed(result, wsp_server_get_error_message(server));
        return false;
    }
    serve_print_listening(secure ? "wss" : "ws", wsp_server_get_bind_ip(server),
                          wsp_server_get_local_port(server));
    return true;
}

void server_loop_say_goodbye(wsp_server *server)
{
    size_t count = wsp_server_get_peer_count(server);
    int32_t *ids = calloc(count ? count : 1, sizeof *ids);
    wsp_server_set_refuse_new_connections(server, true);
    wsp_server_set_close_timeout(server, PATIENCE_AT_THE_END / 2);
    count = wsp_server_get_peer_ids(server, ids, ids ? count : 0);
    for (size_t i = 0; ids && i < count; i++) {
        wsp_server_disconnect_peer(server, ids[i], WSP_CLOSE_GOING_AWAY, NULL);
    }
    free(ids);
}

int server_loop_run(wsp_server *server, server_turn turn_or_null, void *user)
{
    socket_wait *wait = socket_wait_create(); /* It knows of the signals. */
    while (wait && !socket_wait_is_told_to_end(wait)) {
        double delay = turn_or_null ? turn_or_null(user) : -1.0;
        wsp_server_poll_wait(server, delay >= 0 && delay < LONGEST_SLEEP ? delay : LONGEST_SLEEP);
    }
    double until = wsp_now() + PATIENCE_AT_THE_END;
    server_loop_say_goodbye(server);
    while (wsp_server_get_peer_count(server) > 0 && wsp_now() < until) {
        wsp_server_poll_wait(server, until - wsp_now());
    }
    wsp_server_stop(server);
    wsp_server_destroy(server);
    socket_wait_destroy(wait);
    return wait ? 0 : 1;
}

int server_loop(wsp_server *server, size_t port, const char *const *protocols, size_t count, bool secure)
{
    if (!server_loop_listen(server, port, protocols, count, secure)) {
        wsp_server_destroy(server);
        return 1;
    }
    return server_loop_run(server, NULL, NULL);
}
