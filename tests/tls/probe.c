/* SPDX-License-Identifier: MIT */
/*
 * One connection after the other, each reported as a line of JSON: what a program can know about how TLS and
 * the connection went. It waits for sockets as a program with an event loop of its own does, so bytes that
 * wait inside the TLS object must be told by wsp_peer_get_poll_delay. The cases are in the suites beside it.
 *
 * usage: probe --url URL... [--ca F] [--insecure] [--override NAME] [--send TEXT]... [--close-after N]
 *              [--timeout TENTHS] [--heartbeat TENTHS] [--stay TENTHS]
 *        probe [--key F --cert F] [--timeout TENTHS] [--heartbeat TENTHS]
 *                                        prints `listening on URL` first; echoes; without a key it is plain
 */
#include "console.h"
#include "options.h"
#include "socket_wait.h"
#include "wspeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct settings {
    option_list urls; /* one after the other, with the same wsp_tls_options */
    const char *authorities, *override, *key, *certificate;
    bool is_insecure;
    option_list texts;
    size_t close_after; /* messages; 0: the other side closes */
    size_t timeout;     /* of connecting; this and the next two in tenths of a second */
    size_t heartbeat;   /* 0: off */
    size_t stay;        /* closes after that time; 0: does not */
} settings;

typedef struct report {
    bool was_open;
    size_t messages, bytes;
    size_t first_size;
    double started, longest_poll;
} report;

static const size_t MESSAGE_LIMIT = 64 * 1024 * 1024;

/* -- the line of JSON ------------------------------------------------------ */

static void print_string(const char *name, const char *text)
{
    printf("\"%s\": \"", name);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte == '"' || byte == '\\') {
            printf("\\u%04x", (unsigned)byte);
        } else {
            putchar(byte);
        }
    }
    printf("\", ");
}

static void print_report(const wsp_peer *peer, const report *seen)
{
    printf("{");
    print_string("error", wsp_result_string(wsp_peer_get_error(peer)));
    print_string("message", wsp_peer_get_error_message(peer));
    print_string("reason", wsp_peer_get_close_reason(peer));
    print_string("host", wsp_peer_get_connected_host(peer));
    const char *forwarded = wsp_peer_get_handshake_header(peer, "X-Forwarded-For");
    print_string("forwarded", forwarded ? forwarded : "");
    printf("\"status\": %d, ", wsp_peer_get_http_status(peer));
    printf("\"opened\": %s, \"code\": %d, \"messages\": %zu, \"bytes\": %zu, \"first_size\": %zu, "
           "\"seconds\": %.3f, \"longest_poll\": %.3f}\n",
           seen->was_open ? "true" : "false", wsp_peer_get_close_code(peer), seen->messages, seen->bytes,
           seen->first_size, wsp_now() - seen->started, seen->longest_poll);
    fflush(stdout);
}

/* -- turns ----------------------------------------------------------------- */

static void poll_and_look(wsp_peer *peer, report *seen)
{
    double before = wsp_now();
    wsp_peer_poll(peer);
    double took = wsp_now() - before;
    seen->longest_poll = took > seen->longest_poll ? took : seen->longest_poll;
}

/* One poll may take a connection from CONNECTING through OPEN to CLOSED, so the state alone does not tell. */
static void connection_established(wsp_peer *peer, const char *protocol, void *user)
{
    (void)peer;
    (void)protocol;
    ((report *)user)->was_open = true;
}

/* `limit` is the longest sleep, negative for none. */
static void sleep_for(socket_wait *wait, const wsp_peer *peer, double limit)
{
    double delay = wsp_peer_get_poll_delay(peer);
    unsigned interest = SOCKET_WAIT_READ | (wsp_peer_wants_write(peer) ? SOCKET_WAIT_WRITE : 0);
    socket_wait_begin(wait);
    if (socket_wait_add(wait, wsp_peer_get_socket(peer), interest, delay) &&
        (limit < 0 || socket_wait_add(wait, -1, 0, limit))) {
        socket_wait_sleep(wait);
    }
}

static void count_packet(report *seen, size_t size)
{
    seen->first_size = seen->messages == 0 ? size : seen->first_size;
    seen->messages++;
    seen->bytes += size;
}

/* Takes and counts what came, and sends it back when this is the server. */
static void take_packets(wsp_peer *peer, report *seen, bool echoes)
{
    size_t size;
    const uint8_t *packet;
    while ((packet = wsp_peer_get_packet(peer, &size)) != NULL) {
        count_packet(seen, size);
        if (echoes) {
            bool is_text = wsp_peer_was_string_packet(peer);
            wsp_peer_send(peer, packet, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
        }
    }
}

static bool prepare(wsp_peer *peer, const settings *chosen, report *seen)
{
    const wsp_peer_handlers handlers = {.connection_established = connection_established};
    seen->started = wsp_now();
    return wsp_peer_set_handlers(peer, &handlers, seen) == WSP_OK &&
           wsp_peer_set_inbound_buffer_size(peer, MESSAGE_LIMIT) == WSP_OK &&
           wsp_peer_set_outbound_buffer_size(peer, MESSAGE_LIMIT) == WSP_OK &&
           wsp_peer_set_connect_timeout(peer, (double)chosen->timeout / 10) == WSP_OK &&
           wsp_peer_set_heartbeat_interval(peer, (double)chosen->heartbeat / 10) == WSP_OK;
}

/* -- the two roles --------------------------------------------------------- */

static wsp_tls_options *make_client_options(const settings *chosen)
{
    return chosen->is_insecure ? wsp_tls_options_client_unsafe_from_files(chosen->authorities)
                               : wsp_tls_options_client_from_files(chosen->authorities, chosen->override);
}

static void talk(wsp_peer *peer, const settings *chosen, report *seen, size_t *sent)
{
    while (wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN && *sent < chosen->texts.count) {
        wsp_peer_send_text(peer, chosen->texts.items[(*sent)++]);
    }
    take_packets(peer, seen, false);
    bool stayed = chosen->stay > 0 && wsp_now() - seen->started >= (double)chosen->stay / 10;
    if (stayed || (chosen->close_after > 0 && seen->messages >= chosen->close_after)) {
        wsp_peer_close(peer, WSP_CLOSE_NORMAL, "enough");
    }
}

static bool connect_once(const settings *chosen, const char *url, const wsp_tls_options *tls,
                         socket_wait *wait)
{
    wsp_peer *peer = wsp_peer_create();
    report seen = {0};
    size_t sent = 0;
    if (!peer || !prepare(peer, chosen, &seen)) {
        wsp_peer_destroy(peer);
        return false;
    }
    wsp_peer_connect_to_url(peer, url, tls);
    while (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED && !socket_wait_is_told_to_end(wait)) {
        poll_and_look(peer, &seen);
        talk(peer, chosen, &seen, &sent);
        if (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED) {
            sleep_for(wait, peer, chosen->stay > 0 ? 0.1 : -1);
        }
    }
    talk(peer, chosen, &seen, &sent);
    print_report(peer, &seen);
    wsp_peer_destroy(peer);
    return true;
}

static int run_client(const settings *chosen, socket_wait *wait)
{
    bool has_options = chosen->authorities || chosen->override || chosen->is_insecure;
    wsp_tls_options *tls = has_options ? make_client_options(chosen) : NULL;
    if (has_options && !tls) {
        return print_failed(WSP_ERR_INVALID_PARAMETER, wsp_tls_last_error());
    }
    bool done = true;
    for (size_t i = 0; i < chosen->urls.count && done; i++) {
        done = connect_once(chosen, chosen->urls.items[i], tls, wait);
    }
    wsp_tls_options_destroy(tls);
    return done ? 0 : 2;
}

static void serve_one(const settings *chosen, const wsp_tls_options *tls, wsp_stream *stream,
                      socket_wait *wait)
{
    wsp_peer *peer = wsp_peer_create();
    report seen = {0};
    if (!peer || !prepare(peer, chosen, &seen) || (tls && wsp_stream_accept_tls(stream, tls) != WSP_OK) ||
        wsp_peer_accept_stream(peer, stream) != WSP_OK) {
        print_line("failed to accept");
        wsp_stream_destroy(stream);
        wsp_peer_destroy(peer);
        return;
    }
    while (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED && !socket_wait_is_told_to_end(wait)) {
        poll_and_look(peer, &seen);
        take_packets(peer, &seen, true);
        if (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED) {
            sleep_for(wait, peer, -1);
        }
    }
    print_report(peer, &seen);
    wsp_peer_destroy(peer);
}

static int run_server(const settings *chosen, socket_wait *wait)
{
    wsp_tls_options *tls = NULL;
    if (chosen->key && !(tls = wsp_tls_options_server_from_files(chosen->key, chosen->certificate))) {
        return print_failed(WSP_ERR_INVALID_PARAMETER, wsp_tls_last_error());
    }
    wsp_tcp_server *server = wsp_tcp_server_create();
    if (!server || wsp_tcp_server_listen(server, 0, "127.0.0.1") != WSP_OK) {
        return print_failed(WSP_ERR_UNAVAILABLE, NULL);
    }
    print_line("listening on %s://127.0.0.1:%u", tls ? "wss" : "ws",
               (unsigned)wsp_tcp_server_get_local_port(server));
    while (!socket_wait_is_told_to_end(wait)) {
        wsp_stream *stream = wsp_tcp_server_take_connection(server);
        if (stream) {
            serve_one(chosen, tls, stream, wait);
            continue;
        }
        socket_wait_begin(wait);
        if (socket_wait_add(wait, wsp_tcp_server_get_socket(server), SOCKET_WAIT_READ, -1)) {
            socket_wait_sleep(wait);
        }
    }
    wsp_tcp_server_destroy(server);
    wsp_tls_options_destroy(tls);
    return 0;
}

static int run(const settings *chosen)
{
    socket_wait *wait = socket_wait_create();
    int status = 2;
    if (wait) {
        status = chosen->urls.count > 0 ? run_client(chosen, wait) : run_server(chosen, wait);
    }
    socket_wait_destroy(wait);
    return status;
}

int main(int argc, char **argv)
{
    settings chosen = {.timeout = 100};
    const option options[] = {
        {"--url", OPTION_LIST, &chosen.urls, 0},
        {"--ca", OPTION_TEXT, &chosen.authorities, 0},
        {"--override", OPTION_TEXT, &chosen.override, 0},
        {"--insecure", OPTION_FLAG, &chosen.is_insecure, 0},
        {"--key", OPTION_TEXT, &chosen.key, 0},
        {"--cert", OPTION_TEXT, &chosen.certificate, 0},
        {"--send", OPTION_LIST, &chosen.texts, 0},
        {"--close-after", OPTION_NUMBER, &chosen.close_after, SIZE_MAX},
        {"--timeout", OPTION_NUMBER, &chosen.timeout, 36000},
        {"--heartbeat", OPTION_NUMBER, &chosen.heartbeat, 36000},
        {"--stay", OPTION_NUMBER, &chosen.stay, 36000},
    };
    int status = 2;
    if (read_options(argc, argv, options, sizeof options / sizeof options[0], NULL)) {
        status = run(&chosen);
    }
    free((void *)chosen.urls.items);
    free((void *)chosen.texts.items);
    return status;
}
