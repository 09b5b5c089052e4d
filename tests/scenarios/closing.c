/* SPDX-License-Identifier: MIT */
/* Scenarios of the closing handshake: codes and reasons both ways, both sides at once, what close does where.
 */
#include "scenario.h"

#include <stdio.h>
#include <string.h>

static void codes_that_may_be_sent(scenario *s)
{
    static const int codes[] = {0, 1000, 3000, 3999, 4000, 4999};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        wsp_peer *peer = scenario_open(s, "/echo");
        (void)scenario_close(s, peer, codes[i], codes[i] == 0 ? "" : "why");
        scenario_end(s, peer);
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

/* Not sent as they are by every browser (differences.c), but taken everywhere. */
static void codes_that_may_be_given(scenario *s)
{
    static const int codes[] = {1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        wsp_peer *peer = scenario_open(s, "/echo");
        (void)scenario_close(s, peer, codes[i], "why");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_note(s, "%s", wsp_result_string(wsp_peer_get_error(peer)));
        scenario_destroy_peer(s, peer);
    }
}

static void refuse_codes(scenario *s, wsp_peer *peer)
{
    static const int codes[] = {1,    999,  1004, 1005, 1006,  1015,  1016,
                                1999, 2000, 2999, 5000, 65535, 66536, 2147483647};
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        refused += wsp_peer_close(peer, codes[i], "") == WSP_ERR_INVALID_PARAMETER;
    refused += wsp_peer_close(peer, 0, "a reason without a code") == WSP_ERR_INVALID_PARAMETER;
    refused += wsp_peer_close(peer, 1000, "\xff") == WSP_ERR_INVALID_PARAMETER;
    scenario_note(s, "%s: %u refused of %lu", scenario_state_name(wsp_peer_get_ready_state(peer)), refused,
                  (unsigned long)(sizeof codes / sizeof codes[0] + 2));
}

static void codes_that_are_refused(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    refuse_codes(s, peer);
    (void)scenario_connect(s, peer, "/echo");
    refuse_codes(s, peer);
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    refuse_codes(s, peer);
    (void)scenario_close(s, peer, 1000, "");
    refuse_codes(s, peer);
    scenario_end(s, peer);
    refuse_codes(s, peer);
    scenario_report(s, peer);
}

/* Fills with whole characters up to `size` bytes, ASCII in front. */
static void make_reason(char out[128], const char *character, size_t size)
{
    size_t step = strlen(character);
    size_t front = size % step;
    memset(out, '.', front);
    for (size_t at = front; at < size; at += step)
        memcpy(out + at, character, step);
    out[size] = '\0';
}

static void reasons_of_every_length(scenario *s)
{
    static const char *const characters[] = {"x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8e\xae"};
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        for (size_t size = 122; size <= 124; size++) {
            char reason[128];
            wsp_peer *peer = scenario_open(s, "/echo");
            make_reason(reason, characters[i], size);
            if (scenario_close(s, peer, 4000, reason) != WSP_OK)
                (void)scenario_close(s, peer, 4001, "too long");
            scenario_end(s, peer);
            scenario_report(s, peer);
            scenario_destroy_peer(s, peer);
        }
    }
}

static void codes_that_come(scenario *s)
{
    static const int codes[] = {0,    1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                1010, 1011, 1012, 1013, 1014, 3000, 4999};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char target[64];
        (void)snprintf(target, sizeof target, "/push?count=0&close=%d", codes[i]);
        wsp_peer *peer = scenario_open(s, target);
        scenario_end(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void reasons_that_come(scenario *s)
{
    static const char *const targets[] = {
        "/push?count=0&close=4000&reason=short",
        "/push?count=0&close=4000&reason=%C3%A4%E2%82%AC%F0%9F%8E%AE",
        "/push?count=0&close=4000&reason=%EF%BB%BFBOM",
        "/push?count=0&close=4000&reason="
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567890123456789%E2%82%AC",
        "/script?do=head,x:88060fa061006263,closed,fin",
        "/script?do=head,close,closed,fin",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        scenario_end(s, peer);
        scenario_report(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void close_in_every_state(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_close(s, peer, 1000, NULL);
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    (void)scenario_connect(s, peer, "/script?do=");
    (void)scenario_close(s, peer, 1000, "while connecting");
    scenario_end(s, peer);
    scenario_open_again(s, peer, "/echo");
    (void)scenario_close(s, peer, 4000, "first");
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    (void)scenario_close(s, peer, 4001, "second");
    scenario_note(s, "%s, close code %d", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_close_code(peer));
    scenario_end(s, peer);
    (void)scenario_close(s, peer, 4002, "third");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void negative_codes_drop(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_close(s, peer, -1, NULL);
    (void)scenario_connect(s, peer, "/script?do=");
    (void)scenario_close(s, peer, -1, "no reason");
    scenario_end(s, peer);
    scenario_open_again(s, peer, "/script?do=head");
    (void)scenario_close(s, peer, -1, NULL);
    scenario_end(s, peer);
    scenario_open_again(s, peer, "/script?do=head");
    (void)scenario_close(s, peer, 1000, "");
    (void)scenario_close(s, peer, -2147483647 - 1, NULL);
    scenario_end(s, peer);
}

/* Each side closes before it has read the other's frame: the stage when it sees that something comes, because
 * a browser's close may leave long after the call. */
static void both_sides_at_once(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,touch,close:4001,closed,fin");
    (void)scenario_close(s, peer, 4000, "mine");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

/* The server's close is here before ours leaves. */
static void close_after_theirs_arrived(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,message,close:4001,closed,fin");
    (void)scenario_send_text(s, peer, "now");
    scenario_pause(s, 0.3);
    (void)scenario_close(s, peer, 4000, "mine");
    scenario_end(s, peer);
}

/* A server that does not wait for the answer. For Firefox the connection is then lost. */
static void a_close_frame_with_an_end(scenario *s)
{
    static const char *const targets[] = {"/script?do=head,message,close:4001,fin",
                                          "/script?do=head,message,text:bye,close:4002,fin"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        (void)scenario_send_text(s, peer, "go");
        scenario_end(s, peer);
        scenario_take(s, peer);
        scenario_report(s, peer);
    }
}

/* Packets that came before the end are there after it, as often as it takes. */
static void packets_after_the_end(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/push?count=5&size=3&close=4000");
    scenario_end(s, peer);
    scenario_note(s, "packets %lu", (unsigned long)wsp_peer_get_available_packet_count(peer));
    scenario_receive(s, peer, 2);
    wsp_peer_poll(peer);
    scenario_idle(s, 0.05);
    scenario_receive(s, peer, 3);
    scenario_note(s, "packets %lu, packet %s", (unsigned long)wsp_peer_get_available_packet_count(peer),
                  wsp_peer_get_packet(peer, NULL) == NULL ? "NULL" : "not NULL");
}

static const scenario_entry entries[] = {
    {"close codes that are sent as they are", codes_that_may_be_sent, 0},
    {"close codes that may be given", codes_that_may_be_given, 0},
    {"close codes that are refused, in every state", codes_that_are_refused, 0},
    {"reasons of 122 to 124 bytes in every kind of character", reasons_of_every_length, 0},
    {"close codes that come from the server", codes_that_come, 0},
    {"reasons that come from the server", reasons_that_come, 0},
    {"close in every state", close_in_every_state, 0},
    {"a negative code drops in every state", negative_codes_drop, 0},
    {"both sides close at once", both_sides_at_once, 0},
    {"close when the server's close has already arrived", close_after_theirs_arrived, SCENARIO_TIMED},
    {"a close frame with the end of the stream behind it", a_close_frame_with_an_end, SCENARIO_NATIVE},
    {"packets stay readable after the end", packets_after_the_end, 0},
};

SCENARIO_TOPIC(closing)
