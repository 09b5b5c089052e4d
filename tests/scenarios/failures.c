/* SPDX-License-Identifier: MIT */
/* Scenarios of servers and networks that fail: silence, ends and resets in every phase, broken frames. */
#include "runtime.h"
#include "scenario.h"

#include <string.h>

static void nobody_listens(scenario *s)
{
    char url[128];
    /* The stage listens at 127.0.0.1 alone, so nobody else has its port at this address. */
    runtime_get_url(url, sizeof url, "127.0.0.2");
    wsp_peer *peer = scenario_make_peer(s);
    scenario_note(s, "connect: %s", wsp_result_string(wsp_peer_connect_to_url(peer, url, NULL)));
    scenario_end(s, peer);
}

static void a_server_that_says_nothing(scenario *s)
{
    static const char *const targets[] = {"/script?do=", "/script?do=half", "/script?do=x:48"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        if (wsp_peer_set_connect_timeout(peer, 0.25) != WSP_OK)
            scenario_fail(s, "the timeout was refused");
        (void)scenario_connect(s, peer, targets[i]);
        scenario_end(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void a_server_that_never_answers_a_close(scenario *s)
{
    static const char *const targets[] = {"/script?do=head", "/script?do=head,message"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        if (wsp_peer_set_close_timeout(peer, 0.25) != WSP_OK)
            scenario_fail(s, "the timeout was refused");
        scenario_open_again(s, peer, targets[i]);
        (void)scenario_close(s, peer, 4000, "hello?");
        scenario_end(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

/* -- ends and resets ------------------------------------------------------- */

static void an_end_before_it_opened(scenario *s)
{
    static const char *const targets[] = {"/script?do=fin", "/script?do=reset", "/script?do=half,fin",
                                          "/script?do=half,reset"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_make_peer(s);
        (void)scenario_connect(s, peer, targets[i]);
        scenario_end_unopened(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void an_end_without_a_close_frame(scenario *s)
{
    static const char *const targets[] = {
        "/script?do=head,message,fin",
        "/script?do=head,message,text:one,text:two,fin",
        "/script?do=head,message,x:81056865,fin",
        "/script?do=head,message,part:half,fin",
        "/script?do=head,message,x:81,fin",
        "/script?do=head,message,x:827f00000000,fin",
        "/script?do=head,message,text:ok,x:88,fin",
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        (void)wsp_peer_send_text(peer, "go");
        scenario_end(s, peer);
        scenario_take(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void a_reset_while_open(scenario *s)
{
    static const char *const targets[] = {"/script?do=head,touch,reset",
                                          "/script?do=head,text:one,text:two,touch,reset",
                                          "/script?do=head,x:81056865,touch,reset"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        if (strstr(targets[i], "text") != NULL)
            scenario_wait_packets(s, peer, 2);
        (void)scenario_send_text(s, peer, "something unread");
        scenario_end(s, peer);
        scenario_take(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void an_end_while_closing(scenario *s)
{
    static const char *const targets[] = {"/script?do=head,closed,fin", "/script?do=head,touch,reset"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        (void)scenario_close(s, peer, 4000, "answer me");
        scenario_end(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

/* A send after the connection has gone: refused or taken, but the state changes in poll only. */
static void sending_to_the_gone(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,touch,reset");
    (void)wsp_peer_send_text(peer, "something unread");
    scenario_pause(s, 0.3);
    for (int i = 0; i < 10; i++) {
        wsp_result result = wsp_peer_send_text(peer, "anybody?");
        if (result != WSP_OK && result != WSP_ERR_NOT_OPEN)
            scenario_fail(s, "send: %s", wsp_result_string(result));
    }
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    scenario_end(s, peer);
}

/* -- broken frames --------------------------------------------------------- */

/* bad-inputs.md F, G, P, C and 10; what the client's side fails, whoever reads the frames. */
static void frames_that_break_the_protocol(scenario *s)
{
    static const char *const targets[] = {
        "/script?do=head,text:ok,message,x:c10161",               /* F9 RSV1 */
        "/script?do=head,text:ok,message,x:a10161",               /* F9 RSV2 */
        "/script?do=head,text:ok,message,x:830161",               /* F10 opcode 3 */
        "/script?do=head,text:ok,message,x:8b0161",               /* F10 opcode 11 */
        "/script?do=head,text:ok,message,x:827fffffffffffffffff", /* F1 top bit */
        "/script?do=head,text:ok,message,x:800161",               /* G1 */
        "/script?do=head,text:ok,message,part:a,text:b",          /* G2 */
        "/script?do=head,text:ok,message,x:090161",               /* P1 fragmented ping */
        "/script?do=head,text:ok,message,x:8101ff",               /* 10 */
        "/script?do=head,text:ok,message,x:8103eda080",           /* 10 surrogate */
        "/script?do=head,text:ok,message,x:8102c3a4,x:8101c3",    /* 10 truncated */
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        wsp_peer *peer = scenario_open(s, targets[i]);
        scenario_receive(s, peer, 1);
        (void)wsp_peer_send_text(peer, "go");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_note(s, "close code %d, %s", wsp_peer_get_close_code(peer),
                      wsp_peer_get_error(peer) != WSP_OK ? "an error" : "no error");
        scenario_take(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static const scenario_entry entries[] = {
    {"nobody listens", nobody_listens, 0},
    {"a server silent after accept and in the middle of the head", a_server_that_says_nothing,
     SCENARIO_TIMED},
    {"a server silent in close", a_server_that_never_answers_a_close, SCENARIO_TIMED},
    {"an end or reset before it opened", an_end_before_it_opened, 0},
    {"an end without a close frame", an_end_without_a_close_frame, 0},
    {"a reset while open", a_reset_while_open, 0},
    {"an end or reset in close", an_end_while_closing, 0},
    {"send to a connection that is gone", sending_to_the_gone, SCENARIO_TIMED},
    {"frames that break the protocol", frames_that_break_the_protocol, 0},
};

SCENARIO_TOPIC(failures)
