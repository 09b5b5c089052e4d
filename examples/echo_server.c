/* SPDX-License-Identifier: MIT */
/*
 * Sends every message back, text as text and binary as binary, to any number of clients, and loses none. With
 * --engine server, the default, a wsp_server does the work; with --engine peers the program keeps its own
 * peers: the sockets and the sleeping are in serve_loop.c, the echo is in echo_packets.c.
 *
 * usage: echo_server [--port N] [--bind ADDR] [--tls-key F --tls-cert F] [--protocol P]... [--engine
 * server|peers]
 *                    [--max-message BYTES]
 */
#include "console.h"
#include "echo_packets.h"
#include "options.h"
#include "serve_loop.h"
#include "server_loop.h"
#include "wspeer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_MESSAGE = 64 * 1024 * 1024 };

typedef struct settings {
    size_t port;
    const char *bind;
    const char *tls_key;
    const char *tls_certificate;
    const char *engine;
    option_list protocols;
    size_t max_message;
} settings;

/* -- engine server --------------------------------------------------------- */

/* Bytes waiting for one client that are enough to keep it busy. */
enum { ENOUGH_WAITING = 256 * 1024 };

/* As long as a peer of engine peers has for its handshake, so that both serve slow clients alike. */
static const double HANDSHAKE_TIMEOUT = 10;

/* A message that finds too much waiting stays with its connection, which is then not read from: the client
 * that does not read is pushed back, and memory stays bounded. */
static void echo_message(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                         void *user)
{
    wsp_peer *peer = wsp_server_get_peer(server, id);
    wsp_write_mode mode = is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
    wsp_result result = WSP_ERR_BUFFER_FULL;
    (void)user;
    if (wsp_peer_get_current_outbound_buffered_amount(peer) < ENOUGH_WAITING) {
        result = wsp_peer_send(peer, data, size, mode);
    }
    if (result == WSP_ERR_BUFFER_FULL && wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN) {
        result = wsp_server_keep_packet(server);
    }
    if (result == WSP_ERR_OUT_OF_MEMORY) {
        wsp_server_disconnect_peer(server, id, WSP_CLOSE_INTERNAL_ERROR, NULL);
    }
}

static int serve_with_server(settings *chosen, const wsp_tls_options *tls_or_null)
{
    const wsp_server_handlers handlers = {.data_received = echo_message};
    wsp_server *server = wsp_server_create();
    wsp_result result = server ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
    if (result == WSP_OK) {
        result = wsp_server_set_bind_ip(server, chosen->bind);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_tls_options(server, tls_or_null);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_handshake_timeout(server, HANDSHAKE_TIMEOUT);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_inbound_buffer_size(server, chosen->max_message);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_outbound_buffer_size(server, chosen->max_message);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_handlers(server, &handlers, NULL);
    }
    if (result != WSP_OK) {
        print_failed(result, NULL);
        wsp_server_destroy(server);
        return 1;
    }
    return server_loop(server, chosen->port, chosen->protocols.items, chosen->protocols.count,
                       tls_or_null != NULL);
}

/* -- engine peers ---------------------------------------------------------- */

static wsp_result apply(wsp_peer *peer, const settings *chosen)
{
    wsp_result result = WSP_OK;
    /* An empty list is the default, and would take memory in every peer. */
    if (chosen->protocols.count > 0) {
        result = wsp_peer_set_supported_protocols(peer, chosen->protocols.items, chosen->protocols.count);
    }
    if (result == WSP_OK) {
        result = wsp_peer_set_inbound_buffer_size(peer, chosen->max_message);
    }
    return result == WSP_OK ? wsp_peer_set_outbound_buffer_size(peer, chosen->max_message) : result;
}

/* Answers at once, so that a message with a close frame right behind it is echoed before the connection
 * closes. */
static void data_received(wsp_peer *peer, void *user)
{
    echo_packets(peer, user);
}

static bool prepare(wsp_peer *peer, void *user)
{
    const wsp_peer_handlers handlers = {.data_received = data_received};
    echo_state *echo = calloc(1, sizeof *echo);
    if (!echo || apply(peer, user) != WSP_OK || wsp_peer_set_handlers(peer, &handlers, echo) != WSP_OK) {
        free(echo);
        return false;
    }
    wsp_peer_set_user_data(peer, echo);
    return true;
}

static bool polled(wsp_peer *peer, void *user)
{
    (void)user;
    return echo_packets(peer, wsp_peer_get_user_data(peer));
}

static void closed(wsp_peer *peer, void *user)
{
    (void)user;
    echo_state *echo = wsp_peer_get_user_data(peer);
    echo_state_clear(echo);
    free(echo);
}

static int serve(settings *chosen, const wsp_tls_options *tls_or_null)
{
    /* Settings that a peer refuses are told now, and not by turning every client away. */
    wsp_peer *trial = wsp_peer_create();
    wsp_result result = trial ? apply(trial, chosen) : WSP_ERR_OUT_OF_MEMORY;
    wsp_peer_destroy(trial);
    if (result != WSP_OK) {
        return print_failed(result, NULL);
    }
    wsp_tcp_server *server = serve_listen(chosen->port, chosen->bind, tls_or_null != NULL);
    if (!server) {
        return 1;
    }
    const serve_handlers handlers = {prepare, polled, closed};
    return serve_loop(server, tls_or_null, &handlers, chosen);
}

typedef int engine(settings *chosen, const wsp_tls_options *tls_or_null);

static int serve_as_told(settings *chosen, engine *serve_with)
{
    if (!chosen->tls_key && !chosen->tls_certificate) {
        return serve_with(chosen, NULL);
    }
    if (!chosen->tls_key || !chosen->tls_certificate) {
        print_error("TLS needs both", "--tls-key and --tls-cert");
        return 2;
    }
    wsp_tls_options *tls = wsp_tls_options_server_from_files(chosen->tls_key, chosen->tls_certificate);
    if (!tls) {
        return print_failed(WSP_ERR_INVALID_PARAMETER, wsp_tls_last_error());
    }
    int status = serve_with(chosen, tls);
    wsp_tls_options_destroy(tls);
    return status;
}

int main(int argc, char **argv)
{
    settings chosen = {9080, NULL, NULL, NULL, "server", {NULL, 0}, DEFAULT_MAX_MESSAGE};
    const option options[] = {
        {"--port", OPTION_NUMBER, &chosen.port, 65535},
        {"--bind", OPTION_TEXT, &chosen.bind, 0},
        {"--protocol", OPTION_LIST, &chosen.protocols, 0},
        {"--engine", OPTION_TEXT, &chosen.engine, 0},
        {"--max-message", OPTION_NUMBER, &chosen.max_message, SIZE_MAX},
        {"--tls-key", OPTION_TEXT, &chosen.tls_key, 0},
        {"--tls-cert", OPTION_TEXT, &chosen.tls_certificate, 0},
        {"--deflate", OPTION_NOT_BUILT, NULL, 0},
    };
    int status = 2;
    if (read_options(argc, argv, options, sizeof options / sizeof options[0], NULL)) {
        if (strcmp(chosen.engine, "peers") == 0) {
            status = serve_as_told(&chosen, serve);
        } else if (strcmp(chosen.engine, "server") == 0) {
            status = serve_as_told(&chosen, serve_with_server);
        } else {
            print_error("unknown engine", chosen.engine);
        }
    }
    free((void *)chosen.protocols.items);
    return status;
}
