/* SPDX-License-Identifier: MIT */
/* Scenarios of the way from CLOSED to OPEN: URLs, subprotocols, answers that do or do not open a connection.
 */
#include "../harness/payload.h"
#include "runtime.h"
#include "scenario.h"

#include <stdio.h>
#include <string.h>

static void a_new_peer(scenario *s)
{
    const wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    scenario_note(s, "close code %d, reason \"%s\"", wsp_peer_get_close_code(peer),
                  wsp_peer_get_close_reason(peer));
    scenario_note(s, "error %s \"%s\"", wsp_result_string(wsp_peer_get_error(peer)),
                  wsp_peer_get_error_message(peer));
    scenario_note(s, "url \"%s\", protocol \"%s\"", wsp_peer_get_requested_url(peer),
                  wsp_peer_get_selected_protocol(peer));
    scenario_note(s, "host \"%s\", port %u, socket %ld, status %d", wsp_peer_get_connected_host(peer),
                  (unsigned)wsp_peer_get_connected_port(peer), (long)wsp_peer_get_socket(peer),
                  wsp_peer_get_http_status(peer));
    scenario_note(s, "packets %lu, buffered %lu, poll delay %g, wants write %d",
                  (unsigned long)wsp_peer_get_available_packet_count(peer),
                  (unsigned long)wsp_peer_get_current_outbound_buffered_amount(peer),
                  wsp_peer_get_poll_delay(peer), wsp_peer_wants_write(peer));
}

static void no_peer_at_all(scenario *s)
{
    size_t size = 1;
    wsp_peer_stats stats = {.messages_sent = 1};
    wsp_peer_poll(NULL);
    wsp_peer_destroy(NULL);
    wsp_peer_get_stats(NULL, &stats);
    scenario_note(s, "%s, close code %d, reason \"%s\"", scenario_state_name(wsp_peer_get_ready_state(NULL)),
                  wsp_peer_get_close_code(NULL), wsp_peer_get_close_reason(NULL));
    scenario_note(s, "error %s \"%s\"", wsp_result_string(wsp_peer_get_error(NULL)),
                  wsp_peer_get_error_message(NULL));
    scenario_note(s, "connect %s", wsp_result_string(wsp_peer_connect_to_url(NULL, "ws://127.0.0.1", NULL)));
    scenario_note(s, "send %s", wsp_result_string(wsp_peer_send_text(NULL, "x")));
    scenario_note(s, "close %s", wsp_result_string(wsp_peer_close(NULL, 1000, "")));
    const uint8_t *packet = wsp_peer_get_packet(NULL, &size);
    scenario_note(s, "packet %s, size %lu", packet == NULL ? "NULL" : "not NULL", (unsigned long)size);
    scenario_note(s, "socket %ld, poll delay %g, poll_wait %d, sent %lu", (long)wsp_peer_get_socket(NULL),
                  wsp_peer_get_poll_delay(NULL), wsp_peer_poll_wait(NULL, 0),
                  (unsigned long)stats.messages_sent);
}

static void open_echo_close(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/echo");
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    (void)scenario_send_text(s, peer, "hello");
    scenario_receive(s, peer, 1);
    (void)scenario_close(s, peer, 1000, "bye");
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void the_requested_url(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    const char *url = scenario_get_url(s, peer, "/echo?a=b");
    (void)wsp_peer_connect_to_url(peer, url, NULL);
    bool is_same = strcmp(wsp_peer_get_requested_url(peer), url) == 0;
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)wsp_peer_close(peer, 1000, "");
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    bool is_still = strcmp(wsp_peer_get_requested_url(peer), url) == 0;
    scenario_note(s, "as given: %d, after the end: %d", is_same, is_still);
}

static void an_ipv6_literal(scenario *s)
{
    if (!runtime_has_ipv6()) {
        scenario_skip(s, "there is no IPv6 here");
        return;
    }
    char url[128];
    runtime_get_url(url, sizeof url, "[::1]");
    wsp_peer *peer = scenario_make_peer(s);
    (void)strncat(url, "/echo", sizeof url - strlen(url) - 1);
    scenario_note(s, "connect: %s", wsp_result_string(wsp_peer_connect_to_url(peer, url, NULL)));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_send_text(s, peer, "over IPv6");
    scenario_receive(s, peer, 1);
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
}

static void the_name_localhost(scenario *s)
{
    char url[128];
    runtime_get_url(url, sizeof url, "LocalHost");
    wsp_peer *peer = scenario_make_peer(s);
    (void)strncat(url, "?x=1", sizeof url - strlen(url) - 1);
    scenario_note(s, "connect: %s", wsp_result_string(wsp_peer_connect_to_url(peer, url, NULL)));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
}

/* -- URLs: the table of bad-inputs.md section 5 ------------------------------ */

static void note_url(scenario *s, wsp_peer *peer, const char *url)
{
    wsp_result result = wsp_peer_connect_to_url(peer, url, NULL);
    char text[PAYLOAD_TEXT_CAPACITY];
    payload_describe(text, url, strlen(url));
    scenario_note(s, "%s: %s", text, wsp_result_string(result));
    if (result != WSP_OK &&
        (wsp_peer_get_error(peer) != result || wsp_peer_get_error_message(peer)[0] == '\0'))
        scenario_fail(s, "%s: no error and message", url);
    (void)wsp_peer_close(peer, -1, NULL);
}

static const char *const refused_urls[] = {
    "",
    "h",
    "h:9080/p",
    "127.0.0.1",
    "://127.0.0.1",
    "http://127.0.0.1",
    "https://127.0.0.1",
    "ftp://127.0.0.1",
    "ws:127.0.0.1",
    "ws:/127.0.0.1",
    "ws:///p",
    "ws://",
    "ws://?x",
    "ws://127.0.0.1/p#frag",
    "ws://127.0.0.1#",
    "ws://user:pw@127.0.0.1/",
    "ws://user@127.0.0.1/",
    "ws://@127.0.0.1/",
    "ws://a@b@c/",
    "ws://evil\\@good/",
    "ws://127.0.0.1\\p",
    "ws://::1/",
    "ws://[::1/",
    "ws://[::1]x/",
    "ws://[]/",
    "ws://[::1",
    "ws://[1.2.3.4]/",
    "ws://[:::1]/",
    "ws://[fe80::1%25eth0]/",
    "ws://[fe80::1%eth0]/",
    "ws://127.0.0.1:0/",
    "ws://127.0.0.1:65536/",
    "ws://127.0.0.1:99999999999999999999/",
    "ws://127.0.0.1:-1/",
    "ws://127.0.0.1:+80/",
    "ws://127.0.0.1: 80/",
    "ws://127.0.0.1:80a/",
    "ws://127.0.0.1:0x50/",
    "ws://127.0.0.1:80:80/",
    "ws://a b/",
    "ws://a%41/",
    "ws://a<b/",
    "ws://a>b/",
    "ws://a\x7f/",
    "ws://a..b/",
    "ws://.a/",
    "ws://a,b/",
    "ws://a|b/",
    "ws://\xc3\xa4/",
    "ws://127.1/",
    "ws://2130706433/",
    "ws://0x7f.1/",
    "ws://0177.0.0.1/",
    "ws://256.0.0.1/",
    "ws://1.2.3/",
    "ws://127.0.0.1/a\rb",
    "ws://127.0.0.1/a\nb",
    "ws://127.0.0.1/a\tb",
    "w\ts://127.0.0.1/",
    " ws://127.0.0.1/",
    "ws://127.0.0.1/ ",
    "ws://127.0.0.1/\xff",
};

static void urls_refused(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    for (size_t i = 0; i < sizeof refused_urls / sizeof refused_urls[0]; i++)
        note_url(s, peer, refused_urls[i]);
    char label[128];
    (void)snprintf(label, sizeof label, "ws://%064d/", 0);
    note_url(s, peer, label);
    char host[512] = "ws://";
    for (size_t i = 0; i < 30; i++)
        (void)strncat(host, "abcdefgh.", sizeof host - strlen(host) - 1);
    note_url(s, peer, host);
    scenario_note(s, "NULL: %s", wsp_result_string(wsp_peer_connect_to_url(peer, NULL, NULL)));
}

static void urls_accepted(scenario *s)
{
    static const char *const urls[] = {
        "ws://127.0.0.1",
        "WS://127.0.0.1:80/p?q=1",
        "ws://LOCALHOST/",
        "ws://localhost:80?x=1",
        "ws://127.0.0.1?x=1",
        "ws://[::1]:80/",
        "ws://[::1]",
        "ws://127.0.0.1:/",
        "ws://127.0.0.1:00080/",
        "ws://127.0.0.1/%0d%0a",
        "ws://127.0.0.1/%zz",
        "ws://127.0.0.1/a b?c d",
        "ws://127.0.0.1/\xc3\xa4?\xc3\xb6",
        "ws://127.0.0.1/\"<>`{}|^",
        "ws://127.0.0.1//..//.",
        "ws://127.0.0.1/?a?b",
        "ws://127.0.0.1/@:",
    };
    wsp_peer *peer = scenario_make_peer(s);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        note_url(s, peer, urls[i]);
}

/* The same request target leaves on every runtime: what browsers encode, we encode. */
static void request_targets(scenario *s)
{
    static const char *const targets[] = {
        "/target",
        "/target?a=b&c",
        "/target/%0d%0a%41",
        "/target/a b?c d",
        "/target/\xc3\xa4?\xc3\xb6\xf0\x9f\x98\x80",
        "/target/\"<>`{}~!$&'()*+,;=:@[]",
        "/target?\"<>`{}|^~!$'()*+,;=:@[]/?",
        "/target//x",
        "/target/%zz%",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        (void)wsp_peer_close(peer, 1000, "");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

/* -- starting twice -------------------------------------------------------- */

static void connecting_in_every_state(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/echo");
    (void)scenario_connect(s, peer, "/echo");
    scenario_note(s, "bad URL: %s", wsp_result_string(wsp_peer_connect_to_url(peer, "http://h", NULL)));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_connect(s, peer, "/echo");
    scenario_note(s, "%s, error %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)));
    (void)scenario_send_text(s, peer, "unread");
    scenario_wait_packets(s, peer, 1);
    (void)scenario_close(s, peer, 1000, "");
    scenario_note(s, "bad URL in CLOSING: %s",
                  wsp_result_string(wsp_peer_connect_to_url(peer, "http://h", NULL)));
    scenario_note(s, "%s, error %s, packets %lu", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)),
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
    (void)scenario_connect(s, peer, "/echo");
    scenario_note(s, "%s, packets %lu", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_send_text(s, peer, "second connection");
    scenario_receive(s, peer, 1);
    (void)scenario_close(s, peer, 4000, "");
    scenario_end(s, peer);
}

static void a_refused_url_after_a_connection(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    (void)scenario_send_text(s, peer, "kept");
    scenario_wait_packets(s, peer, 1);
    (void)scenario_close(s, peer, 4001, "done");
    scenario_end(s, peer);
    scenario_note(s, "bad URL: %s", wsp_result_string(wsp_peer_connect_to_url(peer, "http://h", NULL)));
    scenario_end(s, peer);
    scenario_receive(s, peer, 1);
}

/* -- subprotocols ---------------------------------------------------------- */

static wsp_peer *offer(scenario *s, const char *first, const char *second, const char *target)
{
    const char *protocols[] = {first, second};
    wsp_peer *peer = scenario_make_peer(s);
    size_t count = (size_t)(first != NULL) + (second != NULL);
    if (wsp_peer_set_supported_protocols(peer, protocols, count) != WSP_OK)
        scenario_fail(s, "the protocols were refused");
    (void)scenario_connect(s, peer, target);
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "%s, protocol \"%s\"", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_selected_protocol(peer));
    (void)wsp_peer_close(peer, 1000, "");
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    scenario_note(s, "close code %d, %s, protocol \"%s\"", wsp_peer_get_close_code(peer),
                  wsp_peer_get_error(peer) == WSP_OK ? "no error" : "an error",
                  wsp_peer_get_selected_protocol(peer));
    return peer;
}

static void offer_and_report(scenario *s, const char *first, const char *second, const char *target)
{
    scenario_report(s, offer(s, first, second, target));
}

static void a_subprotocol_is_chosen(scenario *s)
{
    offer_and_report(s, "a", "b", "/echo?protocols=b+c");
    offer_and_report(s, "a", "b", "/echo?protocols=b+a");
    offer_and_report(s, "x.y-z_1", NULL, "/echo?protocols=x.y-z_1");
    offer_and_report(s, "A", "a", "/echo?protocols=a");
}

static void subprotocols_refused(scenario *s)
{
    (void)offer(s, "a", NULL, "/script?do=head,closed,close,fin");
    (void)offer(s, "a", NULL, "/script?do=head,closed,close,fin&protocol=b");
    (void)offer(s, "a", NULL, "/script?do=head,closed,close,fin&protocol=A");
    (void)offer(s, "a", "b", "/script?do=head,closed,close,fin&protocol=a,%20b");
}

/* The client's list and the server's do not meet: HTTP 400. */
static void no_common_subprotocol(scenario *s)
{
    offer_and_report(s, "a", NULL, "/echo?protocols=b");
    offer_and_report(s, NULL, NULL, "/echo?protocols=b");
}

/* -- answers --------------------------------------------------------------- */

static void answers_that_open(scenario *s)
{
    static const char *const names[] = {"101", "no-reason", "lower-case", "empty-field"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/script?do=http:%s,text:hi,message,close:1000,closed,fin",
                       names[i]);
        wsp_peer *peer = scenario_open(s, target);
        scenario_receive(s, peer, 1);
        (void)scenario_send_text(s, peer, "ho");
        scenario_end(s, peer);
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void answers_that_do_not_open(scenario *s)
{
    static const char *const names[] = {"200",           "302",       "401",        "404",
                                        "503",           "no-accept", "bad-accept", "no-upgrade",
                                        "no-connection", "extension", "old-http",   "noise"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char target[128];
        (void)snprintf(target, sizeof target, "/script?do=http:%s,fin", names[i]);
        wsp_peer *peer = scenario_make_peer(s);
        (void)scenario_connect(s, peer, target);
        scenario_end_unopened(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void a_server_in_small_pieces(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=pieces,head,text:hello,part:ab,ping:p,last:cd,"
                                      "fragments:300:100,message,close:4000,closed,fin");
    scenario_receive(s, peer, 3);
    (void)scenario_send_text(s, peer, "got them");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static const scenario_entry entries[] = {
    {"a new peer has neutral values", a_new_peer, 0},
    {"NULL in place of a peer has neutral values", no_peer_at_all, 0},
    {"a connection opens, echoes and closes", open_echo_close, 0},
    {"the requested URL stays as it was given", the_requested_url, 0},
    {"an IPv6 literal connects", an_ipv6_literal, 0},
    {"localhost connects, in any case and without a path", the_name_localhost, 0},
    {"URLs that are refused, with the same verdict everywhere", urls_refused, 0},
    {"URLs that are accepted, with the same verdict everywhere", urls_accepted, 0},
    {"the request target is what a browser would send", request_targets, 0},
    {"connect in every state", connecting_in_every_state, 0},
    {"a refused URL changes nothing but the error of a closed peer", a_refused_url_after_a_connection, 0},
    {"a subprotocol is chosen", a_subprotocol_is_chosen, 0},
    {"refused and unoffered subprotocols fail the connection", subprotocols_refused, 0},
    {"no subprotocol in common is refused by the server", no_common_subprotocol, 0},
    {"unusual answers that open a connection", answers_that_open, 0},
    {"answers that do not open a connection", answers_that_do_not_open, 0},
    {"a server that sends one byte per segment", a_server_in_small_pieces, 0},
};

SCENARIO_TOPIC(opening)
