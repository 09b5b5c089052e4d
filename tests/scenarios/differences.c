/* SPDX-License-Identifier: MIT */
/*
 * Each row of the table of differences (design.md section 3), in its order,
 * and what else a program can see differ. Their traces in differences.txt say
 * side by side what is seen natively and on the web; no other file has such lines.
 */
#include "../harness/payload.h"
#include "runtime.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_web(void)
{
    return strcmp(wsp_backend_name(), "web") == 0;
}

static wsp_peer *make_peer_with_limits(scenario *s, size_t inbound, size_t packets)
{
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_inbound_buffer_size(peer, inbound) != WSP_OK ||
        wsp_peer_set_max_queued_packets(peer, packets) != WSP_OK)
        scenario_fail(s, "a limit was refused");
    return peer;
}

/* -- what a browser has no means for ----------------------------------------- */

static void features(scenario *s)
{
    static const char *const names[] = {"accept_stream", "handshake headers", "connected host", "no_delay",
                                        "TLS options",   "heartbeat",         "compression",    "server",
                                        "socket",        "close codes"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        /* Which of these two a native build has is chosen when it is configured. */
        bool is_fixed = i != WSP_FEATURE_COMPRESSION && i != WSP_FEATURE_TLS_OPTIONS;
        if (is_fixed || is_web())
            scenario_note(s, "%s: %d", names[i], wsp_has_feature((wsp_feature)i));
    }
    scenario_note(s, "backend %s", wsp_backend_name());
}

static void servers(scenario *s)
{
    wsp_tcp_server *server = wsp_tcp_server_create();
    scenario_note(s, "bad port: %s", wsp_result_string(wsp_tcp_server_listen(server, 65536, NULL)));
    scenario_note(s, "listen: %s", wsp_result_string(wsp_tcp_server_listen(server, 0, "127.0.0.1")));
    scenario_note(s, "listening %d, has a port %d, a socket %d, available %d",
                  wsp_tcp_server_is_listening(server), wsp_tcp_server_get_local_port(server) != 0,
                  wsp_tcp_server_get_socket(server) >= 0, wsp_tcp_server_is_connection_available(server));
    scenario_note(s, "connection %s", wsp_tcp_server_take_connection(server) == NULL ? "NULL" : "not NULL");
    wsp_tcp_server_stop(server);
    wsp_tcp_server_destroy(server);
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "accept NULL: %s", wsp_result_string(wsp_peer_accept_stream(peer, NULL)));
    scenario_note(s, "stream from no socket: %s", wsp_stream_from_socket(-1) == NULL ? "NULL" : "not NULL");
    scenario_note(s, "TLS on NULL: %s", wsp_result_string(wsp_stream_accept_tls(NULL, NULL)));
}

static void sessions(scenario *s)
{
    static const char *const header = "X-Name: value";
    wsp_multiplayer *game = wsp_multiplayer_create();
    scenario_note(s, "headers: %s",
                  wsp_result_string(wsp_multiplayer_set_handshake_headers(game, &header, 1)));
    scenario_note(s, "heartbeat: %s", wsp_result_string(wsp_multiplayer_set_heartbeat_interval(game, 7)));
    scenario_note(s, "interval %g", wsp_multiplayer_get_heartbeat_interval(game));
    scenario_note(s, "protocols: %s",
                  wsp_result_string(wsp_multiplayer_set_supported_protocols(game, NULL, 0)));
    scenario_note(s, "bad port: %s",
                  wsp_result_string(wsp_multiplayer_create_server(game, 65536, NULL, NULL)));
    scenario_note(s, "server: %s",
                  wsp_result_string(wsp_multiplayer_create_server(game, 0, "127.0.0.1", NULL)));
    scenario_note(s, "is server %d, has a port %d, id %d", wsp_multiplayer_is_server(game),
                  wsp_multiplayer_get_local_port(game) != 0, (int)wsp_multiplayer_get_unique_id(game));
    scenario_note(s, "error %s", wsp_result_string(wsp_multiplayer_get_error(game)));
    wsp_multiplayer_poll(game);
    wsp_multiplayer_close(game);
    scenario_note(s, "bad URL: %s", wsp_result_string(wsp_multiplayer_create_client(game, "http://x", NULL)));
    scenario_note(s, "status %d", (int)wsp_multiplayer_get_connection_status(game));
    wsp_multiplayer_destroy(game);
}

static void settings_without_effect(scenario *s)
{
    static const char *const header = "X-Name: value";
    static const char *const bad_header = "Connection: close";
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "headers: %s", wsp_result_string(wsp_peer_set_handshake_headers(peer, &header, 1)));
    scenario_note(s, "bad headers: %s",
                  wsp_result_string(wsp_peer_set_handshake_headers(peer, &bad_header, 1)));
    scenario_note(s, "no_delay: %s", wsp_result_string(wsp_peer_set_no_delay(peer, false)));
    scenario_note(s, "heartbeat: %s", wsp_result_string(wsp_peer_set_heartbeat_interval(peer, 7)));
    scenario_note(s, "heartbeat -1: %s", wsp_result_string(wsp_peer_set_heartbeat_interval(peer, -1)));
    scenario_note(s, "interval %g", wsp_peer_get_heartbeat_interval(peer));
    wsp_compression compression = {.level = 1};
    wsp_result result = wsp_peer_set_compression(peer, &compression);
    scenario_note(s, "compression as its feature says: %d",
                  (result == WSP_OK) == wsp_has_feature(WSP_FEATURE_COMPRESSION));
    scenario_note(s, "ping in CLOSED: %s", wsp_result_string(wsp_peer_ping(peer, "x", 1)));
    scenario_open_again(s, peer, "/echo");
    scenario_note(s, "ping: %s", wsp_result_string(wsp_peer_ping(peer, "x", 1)));
    scenario_note(s, "a socket: %d", wsp_peer_get_socket(peer) >= 0);
    (void)scenario_send_text(s, peer, "works all the same");
    scenario_receive(s, peer, 1);
    scenario_note(s, "%s, %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)));
}

static bool has_round_trip(void *user)
{
    wsp_peer_stats stats;
    wsp_peer_get_stats(user, &stats);
    return stats.round_trip > 0;
}

static void heartbeat_and_round_trip(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)wsp_peer_set_heartbeat_interval(peer, 0.05);
    scenario_open_again(s, peer, "/script?do=head");
    if (!is_web()) {
        /* Nobody answers. */
        scenario_end(s, peer);
        scenario_open_again(s, peer, "/echo");
        scenario_wait_until(s, has_round_trip, peer, "a pong");
    }
    scenario_idle(s, 0.3);
    scenario_note(s, "%s, round trip known: %d", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  has_round_trip(peer));
}

/* -- what a browser does not tell -------------------------------------------- */

static const char *or_null(const char *text)
{
    return text != NULL ? text : "NULL";
}

static void who_answered(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    scenario_note(s, "host \"%s\", port known: %d", wsp_peer_get_connected_host(peer),
                  wsp_peer_get_connected_port(peer) != 0);
    scenario_note(s, "status %d, upgrade %s, absent %s", wsp_peer_get_http_status(peer),
                  or_null(wsp_peer_get_handshake_header(peer, "upgrade")),
                  or_null(wsp_peer_get_handshake_header(peer, "x-absent")));
    (void)wsp_peer_close(peer, 1000, "");
    scenario_end(s, peer);
    scenario_note(s, "host \"%s\", status %d", wsp_peer_get_connected_host(peer),
                  wsp_peer_get_http_status(peer));
}

static void what_a_refusal_says(scenario *s)
{
    static const char *const names[] = {"404", "302", "503"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/script?do=http:%s,fin", names[i]);
        wsp_peer *peer = scenario_make_peer(s);
        (void)scenario_connect(s, peer, target);
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_note(s, "status %d, room %s, location %s, retry %s", wsp_peer_get_http_status(peer),
                      or_null(wsp_peer_get_handshake_header(peer, "X-Room")),
                      or_null(wsp_peer_get_handshake_header(peer, "location")),
                      or_null(wsp_peer_get_handshake_header(peer, "RETRY-AFTER")));
        if (i == 0)
            scenario_note(s, "the body is quoted: %d",
                          strstr(wsp_peer_get_error_message(peer), "no such room") != NULL);
        scenario_destroy_peer(s, peer);
    }
}

static void note_log(wsp_log_level level, const char *message, void *user)
{
    scenario_note(user, "log %d: %.48s", (int)level, message);
}

/* Natively TLS options decide, which the tests of TLS show. */
static void tls_options(scenario *s)
{
    wsp_tls_options *client = wsp_tls_options_client_unsafe(NULL);
    wsp_tls_options *server = wsp_tls_options_server("key", "certificate");
    scenario_note(s, "client %s, server %s", client != NULL ? "made" : "NULL",
                  server != NULL ? "made" : "NULL");
    wsp_set_log_handler(note_log, WSP_LOG_WARNING, s);
    for (int i = 0; i < 2; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        const char *url = scenario_get_url(s, peer, "/echo");
        scenario_note(s, "server options: %s", wsp_result_string(wsp_peer_connect_to_url(peer, url, server)));
        scenario_note(s, "client options: %s", wsp_result_string(wsp_peer_connect_to_url(peer, url, client)));
        scenario_wait_state(s, peer, WSP_STATE_OPEN);
        scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
        scenario_destroy_peer(s, peer);
    }
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
    wsp_tls_options_destroy(client);
    wsp_tls_options_destroy(server);
}

static void why_it_never_opened(scenario *s)
{
    static const char *const targets[] = {
        "/script?do=http:404,fin",
        "/script?do=http:bad-accept,fin",
        "/script?do=http:noise,fin",
        "/script?do=fin",
        "/script?do=reset",
        "/script?do=half,fin",
        "/script?do=",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        /* The last one never answers. */
        if (i + 1 == sizeof targets / sizeof targets[0])
            (void)wsp_peer_set_connect_timeout(peer, 0.25);
        (void)scenario_connect(s, peer, targets[i]);
        scenario_end(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

/* -- closing ----------------------------------------------------------------- */

static void close_codes(scenario *s)
{
    static const int codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
    wsp_set_log_handler(note_log, WSP_LOG_WARNING, s);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        wsp_peer *peer = scenario_open(s, "/echo");
        (void)scenario_close(s, peer, codes[i], "why");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static void messages_after_our_close(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,closed,text:still,text:there,close:4000,fin");
    (void)scenario_close(s, peer, 4000, "");
    scenario_end(s, peer);
    scenario_note(s, "packets %lu", (unsigned long)wsp_peer_get_available_packet_count(peer));
    scenario_take(s, peer);
}

/* The end of the stream is long in coming, so there is time to see CLOSING. */
static void a_close_by_the_server(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,message,close:4000,closed");
    (void)wsp_peer_set_close_timeout(peer, 0.3);
    (void)scenario_send_text(s, peer, "go");
    wsp_state seen = WSP_STATE_OPEN;
    scenario_wait_state(s, peer, WSP_STATE_CLOSING);
    while (seen != WSP_STATE_CLOSED && !scenario_has_failed(s)) {
        seen = wsp_peer_get_ready_state(peer);
        scenario_note(s, "%s, close code %d", scenario_state_name(seen), wsp_peer_get_close_code(peer));
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    }
    scenario_end(s, peer);
}

/* -- limits ------------------------------------------------------------------ */

static void note_queue(scenario *s, const wsp_peer *peer, size_t bytes, size_t packets)
{
    wsp_peer_stats stats;
    wsp_peer_get_stats(peer, &stats);
    scenario_note(s, "%s, within the limits: %d", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  stats.queued_inbound_bytes <= bytes && stats.queued_inbound_packets <= packets);
}

/*
 * Opens and lets the server fill the queue: natively until it is pushed back, on the web, where the peer must
 * not be polled meanwhile for that, until the connection is over.
 */
static void let_overflow(scenario *s, wsp_peer *peer, const char *target, double seconds)
{
    scenario_open_again(s, peer, target);
    (void)wsp_peer_send_text(peer, "go");
    scenario_hold(s, peer, true);
    if (is_web())
        scenario_wait_stage(s, peer);
    else
        scenario_pause(s, seconds);
    scenario_hold(s, peer, false);
    scenario_idle(s, seconds);
}

/* 25 MiB, more than systems hold for us, come while nothing is taken, for longer than a heartbeat lasts. */
static void a_full_queue(scenario *s)
{
    enum { SIZE = 65536, COUNT = 400, ROOM = 5 };
    wsp_peer *peer = make_peer_with_limits(s, (size_t)ROOM * SIZE, 1000);
    (void)wsp_peer_set_heartbeat_interval(peer, 0.2);
    let_overflow(s, peer, "/push?count=400&size=65536&after=1", 0.5);
    note_queue(s, peer, (size_t)ROOM * SIZE, 1000);
    scenario_receive_sum(s, peer, is_web() ? ROOM : COUNT);
    scenario_note(s, "%s, close code %d, %s, packets %lu",
                  scenario_state_name(wsp_peer_get_ready_state(peer)), wsp_peer_get_close_code(peer),
                  wsp_result_string(wsp_peer_get_error(peer)),
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
    if (is_web())
        scenario_report(s, peer);
}

static void a_full_queue_of_small_messages(scenario *s)
{
    enum { COUNT = 1000, ROOM = 10 };
    wsp_peer *peer = make_peer_with_limits(s, 1024 * 1024, ROOM);
    let_overflow(s, peer, "/push?count=1000&size=3&text=1&after=1", 0.1);
    note_queue(s, peer, 1024 * 1024, ROOM);
    scenario_receive_sum(s, peer, is_web() ? ROOM : COUNT);
    scenario_note(s, "%s, %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)));
    if (is_web())
        scenario_report(s, peer);
}

/* A close frame behind a full queue waits for it natively. */
static void a_close_behind_a_full_queue(scenario *s)
{
    wsp_peer *peer = make_peer_with_limits(s, 1024 * 1024, 3);
    let_overflow(s, peer, "/push?count=6&size=3&close=4000&after=1", 0.1);
    note_queue(s, peer, 1024 * 1024, 3);
    scenario_receive(s, peer, is_web() ? 3 : 6);
    scenario_end(s, peer);
}

static void a_message_over_the_limit(scenario *s)
{
    static const char *const targets[] = {"/push?count=1&size=1001", "/push?count=1&size=2000&text=1"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = make_peer_with_limits(s, 1000, 100);
        (void)scenario_connect(s, peer, targets[i]);
        scenario_end(s, peer);
        scenario_note(s, "packets %lu", (unsigned long)wsp_peer_get_available_packet_count(peer));
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void heads(scenario *s)
{
    static const char *const targets[] = {"/script?do=http:interim,close:1000,closed,fin",
                                          "/script?do=http:folded,close:1000,closed,fin",
                                          "/script?do=head,close:1000,closed,fin&padding=12288",
                                          "/script?do=head,close:1000,closed,fin&padding=15360",
                                          "/script?do=head,close:1000,closed,fin&padding=20480"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        (void)scenario_connect(s, peer, targets[i]);
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_note(s, "%s", wsp_peer_get_close_code(peer) == 1000 ? "opened" : "did not open");
        scenario_destroy_peer(s, peer);
    }
}

static void outbound_packets(scenario *s)
{
    enum { SIZE = 65536, PACKETS = 5, LIMIT = 8 * 1024 * 1024 };
    static uint8_t bytes[SIZE];
    wsp_peer *peer = make_peer_with_limits(s, 1024, PACKETS);
    if (wsp_peer_set_outbound_buffer_size(peer, LIMIT) != WSP_OK)
        scenario_fail(s, "the limit was refused");
    scenario_open_again(s, peer, "/script?do=head,freeze");
    wsp_result result = WSP_OK;
    for (int i = 0; i < 10000 && result == WSP_OK; i++) {
        result = wsp_peer_send(peer, bytes, SIZE, WSP_WRITE_MODE_BINARY);
        wsp_peer_poll(peer);
    }
    size_t buffered = wsp_peer_get_current_outbound_buffered_amount(peer);
    scenario_note(s, "%s at the limit of %s", wsp_result_string(result),
                  buffered <= (size_t)PACKETS * SIZE ? "messages"
                  : buffered + SIZE > LIMIT          ? "bytes"
                                                     : "something else");
    (void)wsp_peer_close(peer, -1, NULL);
}

static void waiting(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "in CLOSED: %d", wsp_peer_poll_wait(peer, 10));
    scenario_open_again(s, peer, "/echo");
    bool has_slept = true;
    bool has_news = false;
    /* A busy machine may hold a call up once, not every time. */
    for (int i = 0; i < 3; i++) {
        double before = wsp_now();
        has_news |= wsp_peer_poll_wait(peer, 0.2);
        has_slept &= wsp_now() - before >= 0.19;
    }
    scenario_note(s, "without news: %d, slept: %d", has_news, has_slept);
    (void)scenario_send_text(s, peer, "hello");
    double until = wsp_now() + runtime_get_patience();
    while (!wsp_peer_poll_wait(peer, 0) && wsp_now() < until)
        scenario_pause(s, 0.001);
    /* Natively the first news may be that the message has left. */
    scenario_receive(s, peer, 1);
}

/* -- beyond the table -------------------------------------------------------- */

/* A browser does not say what was wrong, and some pass what others refuse. */
static void broken_frames_by_name(scenario *s)
{
    static const char *const frames[] = {
        "x:c10161",                               /* a reserved bit */
        "x:8101ff",                               /* text that is not UTF-8 */
        "x:88010f",                               /* a close frame of one byte */
        "x:880203ed",                             /* close code 1005 */
        "x:88040fa0ffff",                         /* a close reason that is not UTF-8 */
        "x:81810000000061,close:1000,closed,fin", /* a masked frame */
        "x:817e000161,close:1000,closed,fin",     /* a length that is not minimal */
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/script?do=head,message,%s", frames[i]);
        wsp_peer *peer = scenario_make_peer(s);
        (void)scenario_connect_silently(s, peer, target);
        scenario_wait_state(s, peer, WSP_STATE_OPEN);
        (void)wsp_peer_send_text(peer, "go");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_note(s, "%s: close code %d, %s, packets %lu", frames[i], wsp_peer_get_close_code(peer),
                      wsp_result_string(wsp_peer_get_error(peer)),
                      (unsigned long)wsp_peer_get_available_packet_count(peer));
        scenario_destroy_peer(s, peer);
    }
}

/* Firefox does not look, and has no protocol to show for it. */
static void a_protocol_although_none_was_offered(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/script?do=head,closed,close,fin&protocol=a");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "%s, protocol \"%s\"", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_selected_protocol(peer));
    (void)wsp_peer_close(peer, 1000, "");
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
}

/* A browser has no way to drop a connection: the other side gets a close frame all the same. */
static void dropped_for_the_other_side(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    (void)scenario_close(s, peer, -1, NULL);
    scenario_report(s, peer);
}

static const scenario_entry entries[] = {
    {"row 1, what only a native build has, as features", features, 0},
    {"row 1, listen and accept_stream", servers, 0},
    {"row 1, create_server of a session", sessions, 0},
    {"row 1, headers, no_delay, heartbeat, ping, compression, socket", settings_without_effect, 0},
    {"row 1, the heartbeat and the round trip", heartbeat_and_round_trip, SCENARIO_TIMED},
    {"row 2, connected host and port, headers and status", who_answered, 0},
    {"row 2, the headers and status of a refusal", what_a_refusal_says, 0},
    {"row 3, TLS options", tls_options, SCENARIO_WEB},
    {"row 4, the cause of a connection that never opened", why_it_never_opened, SCENARIO_TIMED},
    {"row 5, close codes sent by us", close_codes, 0},
    {"row 6, messages that arrive after our close", messages_after_our_close, 0},
    {"row 7, a remote close", a_close_by_the_server, SCENARIO_TIMED},
    {"row 8, a full inbound queue", a_full_queue, SCENARIO_TIMED},
    {"row 8, a full inbound queue of small messages", a_full_queue_of_small_messages, 0},
    {"row 8, a close behind a full inbound queue", a_close_behind_a_full_queue, 0},
    {"row 9, a message over the limit", a_message_over_the_limit, 0},
    {"row 10, limits of the HTTP head, interim answers, folded lines", heads, 0},
    {"row 11, max_queued_packets outbound", outbound_packets, 0},
    {"row 12, poll_wait", waiting, SCENARIO_TIMED},
    {"beyond the table, the name of what broke an open connection", broken_frames_by_name, 0},
    {"beyond the table, a subprotocol although none was offered", a_protocol_although_none_was_offered, 0},
    {"beyond the table, a dropped connection as the server sees it", dropped_for_the_other_side, 0},
};

SCENARIO_TOPIC(differences)
