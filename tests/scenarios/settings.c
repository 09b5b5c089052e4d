/* SPDX-License-Identifier: MIT */
/* Scenarios of settings: what is refused, what the getters answer, and from when on a setting counts. */
#include "scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- validation ------------------------------------------------------------ */

static void note_sizes(scenario *s, const wsp_peer *peer)
{
    scenario_note(s, "inbound %lu, outbound %lu, packets %lu",
                  (unsigned long)wsp_peer_get_inbound_buffer_size(peer),
                  (unsigned long)wsp_peer_get_outbound_buffer_size(peer),
                  (unsigned long)wsp_peer_get_max_queued_packets(peer));
}

static void sizes(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    note_sizes(s, peer);
    scenario_note(s, "0: %s, %s, %s", wsp_result_string(wsp_peer_set_inbound_buffer_size(peer, 0)),
                  wsp_result_string(wsp_peer_set_outbound_buffer_size(peer, 0)),
                  wsp_result_string(wsp_peer_set_max_queued_packets(peer, 0)));
    note_sizes(s, peer);
    scenario_note(s, "1: %s, %s, %s", wsp_result_string(wsp_peer_set_inbound_buffer_size(peer, 1)),
                  wsp_result_string(wsp_peer_set_outbound_buffer_size(peer, 2)),
                  wsp_result_string(wsp_peer_set_max_queued_packets(peer, 3)));
    note_sizes(s, peer);
    scenario_note(s, "no limit: %s, %s, %s",
                  wsp_result_string(wsp_peer_set_inbound_buffer_size(peer, SIZE_MAX)),
                  wsp_result_string(wsp_peer_set_outbound_buffer_size(peer, SIZE_MAX)),
                  wsp_result_string(wsp_peer_set_max_queued_packets(peer, SIZE_MAX)));
    scenario_note(s, "at least a quarter of SIZE_MAX: %d",
                  wsp_peer_get_inbound_buffer_size(peer) >= SIZE_MAX / 4 &&
                      wsp_peer_get_outbound_buffer_size(peer) >= SIZE_MAX / 4);
    scenario_open_again(s, peer, "/echo");
    (void)scenario_send_text(s, peer, "without limits");
    scenario_receive(s, peer, 1);
    scenario_note(s, "NULL: %s, %s, %s", wsp_result_string(wsp_peer_set_inbound_buffer_size(NULL, 1)),
                  wsp_result_string(wsp_peer_set_outbound_buffer_size(NULL, 1)),
                  wsp_result_string(wsp_peer_set_max_queued_packets(NULL, 1)));
    note_sizes(s, NULL);
}

static void timeouts(scenario *s)
{
    static const double values[] = {0, -1, 0.5, 1e9};
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "connect %g, close %g, heartbeat %g", wsp_peer_get_connect_timeout(peer),
                  wsp_peer_get_close_timeout(peer), wsp_peer_get_heartbeat_interval(peer));
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        scenario_note(s, "%g: %s, %s", values[i],
                      wsp_result_string(wsp_peer_set_connect_timeout(peer, values[i])),
                      wsp_result_string(wsp_peer_set_close_timeout(peer, values[i])));
    scenario_note(s, "NaN: %s, %s", wsp_result_string(wsp_peer_set_connect_timeout(peer, (double)NAN)),
                  wsp_result_string(wsp_peer_set_close_timeout(peer, (double)NAN)));
    scenario_note(s, "infinite: %s, %s",
                  wsp_result_string(wsp_peer_set_connect_timeout(peer, (double)INFINITY)),
                  wsp_result_string(wsp_peer_set_close_timeout(peer, (double)INFINITY)));
    scenario_note(s, "connect %g, close %g", wsp_peer_get_connect_timeout(peer),
                  wsp_peer_get_close_timeout(peer));
}

static void protocol_lists(scenario *s)
{
    static const char *const lists[][3] = {
        {"a", "b", "c"},     {"a", "A", "aa"},         {"", NULL, NULL},
        {"a", "a", NULL},    {"a b", NULL, NULL},      {"a,b", NULL, NULL},
        {"a/b", NULL, NULL}, {"\xc3\xa4", NULL, NULL}, {"a\r\nX: y", NULL, NULL},
        {"a\t", NULL, NULL}, {"\"a\"", NULL, NULL},    {"!#$%&'*+-.^_`|~", NULL, NULL},
    };
    wsp_peer *peer = scenario_make_peer(s);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        size_t count = 1;
        while (count < 3 && lists[i][count] != NULL)
            count++;
        scenario_note(s, "list %lu: %s", (unsigned long)i,
                      wsp_result_string(wsp_peer_set_supported_protocols(peer, lists[i], count)));
    }
    const char *many[65];
    char names[65][4];
    for (int i = 0; i < 65; i++) {
        names[i][0] = 'p';
        names[i][1] = (char)('a' + i / 26);
        names[i][2] = (char)('a' + i % 26);
        names[i][3] = '\0';
        many[i] = names[i];
    }
    scenario_note(s, "65: %s", wsp_result_string(wsp_peer_set_supported_protocols(peer, many, 65)));
    scenario_note(s, "64: %s", wsp_result_string(wsp_peer_set_supported_protocols(peer, many, 64)));
    scenario_note(s, "NULL: %s, %s", wsp_result_string(wsp_peer_set_supported_protocols(peer, NULL, 1)),
                  wsp_result_string(wsp_peer_set_supported_protocols(NULL, many, 1)));
    scenario_note(s, "none: %s", wsp_result_string(wsp_peer_set_supported_protocols(peer, NULL, 0)));
    scenario_open_again(s, peer, "/collect");
    (void)wsp_peer_close(peer, 1000, "");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

/* -- when settings count --------------------------------------------------- */

static void protocols_count_from_the_next_connection(scenario *s)
{
    const char *first = "first";
    const char *second = "second";
    wsp_peer *peer = scenario_make_peer(s);
    (void)wsp_peer_set_supported_protocols(peer, &first, 1);
    (void)scenario_connect(s, peer, "/echo?protocols=first+second");
    (void)wsp_peer_set_supported_protocols(peer, &second, 1);
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "protocol \"%s\"", wsp_peer_get_selected_protocol(peer));
    (void)wsp_peer_close(peer, 1000, "");
    scenario_end(s, peer);
    scenario_report(s, peer);
    scenario_open_again(s, peer, "/echo?protocols=first+second");
}

static void inbound_limits_count_from_the_next_connection(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    (void)wsp_peer_set_inbound_buffer_size(peer, 10);
    (void)wsp_peer_set_max_queued_packets(peer, 5);
    note_sizes(s, peer);
    (void)scenario_send_text(s, peer, "more than ten bytes");
    scenario_receive(s, peer, 1);
    (void)wsp_peer_close(peer, 1000, "");
    scenario_end(s, peer);
    scenario_open_again(s, peer, "/echo");
    (void)scenario_send_text(s, peer, "0123456789");
    scenario_receive(s, peer, 1);
    (void)scenario_send_text(s, peer, "more than ten bytes");
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    scenario_note(s, "the large one: close code %d, %s, packets %lu", wsp_peer_get_close_code(peer),
                  wsp_peer_get_error(peer) != WSP_OK ? "an error" : "no error",
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
}

static void the_outbound_limit_counts_at_once(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    (void)wsp_peer_set_outbound_buffer_size(peer, 10);
    (void)scenario_send_text(s, peer, "more than ten bytes");
    (void)wsp_peer_set_outbound_buffer_size(peer, 20);
    (void)scenario_send_text(s, peer, "more than ten bytes");
    scenario_receive(s, peer, 1);
}

static void timeouts_count_at_once(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)wsp_peer_set_connect_timeout(peer, 1000);
    (void)scenario_connect(s, peer, "/script?do=");
    scenario_idle(s, 0.05);
    (void)wsp_peer_set_connect_timeout(peer, 0.2);
    scenario_end(s, peer);
    (void)wsp_peer_set_connect_timeout(peer, 20);
    (void)wsp_peer_set_close_timeout(peer, 1000);
    scenario_open_again(s, peer, "/script?do=head");
    (void)scenario_close(s, peer, 1000, "");
    scenario_idle(s, 0.05);
    (void)wsp_peer_set_close_timeout(peer, 0.2);
    scenario_end(s, peer);
}

static void user_data(scenario *s)
{
    int something = 0;
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "at first NULL: %d", wsp_peer_get_user_data(peer) == NULL);
    wsp_peer_set_user_data(peer, &something);
    wsp_peer_set_user_data(NULL, &something);
    scenario_open_again(s, peer, "/echo");
    scenario_note(s, "kept: %d, of NULL NULL: %d", wsp_peer_get_user_data(peer) == &something,
                  wsp_peer_get_user_data(NULL) == NULL);
}

/* -- base.h ---------------------------------------------------------------- */

static void the_backoff(scenario *s)
{
    for (unsigned attempt = 0; attempt < 8; attempt++)
        scenario_note(s, "attempt %u: %g to %g", attempt, wsp_backoff_delay(attempt, 0.5, 20, 0),
                      wsp_backoff_delay(attempt, 0.5, 20, 0x80000000u));
    scenario_note(s, "far: %g, without base: %g, without cap: %g, NaN: %g",
                  wsp_backoff_delay(4000000000u, 0.5, 20, 0), wsp_backoff_delay(3, 0, 20, 0),
                  wsp_backoff_delay(3, 1, -1, 0), wsp_backoff_delay(3, (double)NAN, 20, 0));
    double first = wsp_now();
    scenario_note(s, "time does not go back: %d", wsp_now() >= first);
    uint32_t bits = 0;
    for (int i = 0; i < 64; i++)
        bits |= wsp_random();
    scenario_note(s, "random bits are all used: %d", bits == UINT32_MAX);
    scenario_note(s, "%s: %s", wsp_result_string(WSP_ERR_TIMEOUT), wsp_result_text(WSP_ERR_TIMEOUT));
}

static const scenario_entry entries[] = {
    {"sizes are validated and clamped", sizes, 0},
    {"timeouts are validated", timeouts, 0},
    {"lists of subprotocols are validated", protocol_lists, 0},
    {"subprotocols count from the next connection on", protocols_count_from_the_next_connection, 0},
    {"inbound limits count from the next connection on", inbound_limits_count_from_the_next_connection, 0},
    {"the outbound limit counts at once", the_outbound_limit_counts_at_once, 0},
    {"timeouts count at once", timeouts_count_at_once, SCENARIO_TIMED},
    {"user data is kept", user_data, 0},
    {"what base.h computes", the_backoff, 0},
};

SCENARIO_TOPIC(settings)
