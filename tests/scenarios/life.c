/* SPDX-License-Identifier: MIT */
/* Scenarios of a peer's life: used again and again, destroyed anywhere, several at a time. */
#include "runtime.h"
#include "scenario.h"

#include <string.h>

/* The trace does not tell how often. */
static void a_peer_used_again_and_again(scenario *s)
{
    unsigned rounds = runtime_get_rounds();
    wsp_peer *peer = scenario_make_peer(s);
    unsigned clean = 0;
    for (unsigned i = 0; i < rounds && !scenario_has_failed(s); i++) {
        size_t size = 0;
        if (scenario_connect_silently(s, peer, "/echo") != WSP_OK)
            scenario_fail(s, "round %u was refused", i);
        scenario_wait_state(s, peer, WSP_STATE_OPEN);
        (void)wsp_peer_send(peer, &i, sizeof i, WSP_WRITE_MODE_BINARY);
        scenario_wait_packets(s, peer, 1);
        const uint8_t *packet = wsp_peer_get_packet(peer, &size);
        bool is_echo = packet != NULL && size == sizeof i && memcmp(packet, &i, sizeof i) == 0;
        (void)wsp_peer_close(peer, 4000, "next");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        clean += is_echo && wsp_peer_get_close_code(peer) == 4000 && wsp_peer_get_error(peer) == WSP_OK;
    }
    scenario_note(s, "every round clean: %d", clean == rounds);
}

/* The next connection knows nothing of a failed one. */
static void used_again_after_failures(scenario *s)
{
    static const char *const targets[] = {"/script?do=http:404,fin", "/script?do=head,text:x,message,fin",
                                          "/script?do=head,text:ok,message,x:c10161",
                                          "/script?do=head,close:4000,closed,fin"};
    wsp_peer *peer = scenario_make_peer(s);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        (void)scenario_connect(s, peer, targets[i]);
        scenario_wait_state(s, peer, WSP_STATE_OPEN);
        (void)wsp_peer_send_text(peer, "go");
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        (void)scenario_connect(s, peer, "/echo");
        scenario_note(s, "%s, close code %d, \"%s\", %s, \"%s\", packets %lu",
                      scenario_state_name(wsp_peer_get_ready_state(peer)), wsp_peer_get_close_code(peer),
                      wsp_peer_get_close_reason(peer), wsp_result_string(wsp_peer_get_error(peer)),
                      wsp_peer_get_error_message(peer),
                      (unsigned long)wsp_peer_get_available_packet_count(peer));
        scenario_wait_state(s, peer, WSP_STATE_OPEN);
        (void)scenario_send_text(s, peer, "works again");
        scenario_receive(s, peer, 1);
        (void)wsp_peer_close(peer, 1000, "");
        scenario_end(s, peer);
    }
}

/* In CLOSING the old connection is dropped, and what still comes of it is not heard. */
static void used_again_in_closing(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/push?count=3&size=10");
    scenario_wait_packets(s, peer, 3);
    (void)scenario_close(s, peer, 4000, "old");
    scenario_open_again(s, peer, "/echo");
    (void)scenario_send_text(s, peer, "new");
    scenario_receive(s, peer, 1);
    (void)scenario_close(s, peer, 4001, "new");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void destroyed_in_every_state(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    scenario_destroy_peer(s, peer);
    peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/echo");
    scenario_destroy_peer(s, peer);
    peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/echo");
    wsp_peer_poll(peer);
    scenario_destroy_peer(s, peer);
    peer = scenario_open(s, "/echo");
    scenario_destroy_peer(s, peer);
    peer = scenario_open(s, "/echo");
    (void)scenario_send_text(s, peer, "unread");
    scenario_wait_packets(s, peer, 1);
    (void)scenario_close(s, peer, 1000, "");
    scenario_destroy_peer(s, peer);
    peer = scenario_open(s, "/push?count=3&size=10&close=4000");
    scenario_end(s, peer);
    scenario_destroy_peer(s, peer);
    scenario_idle(s, 0.1);
}

static void destroyed_with_much_queued(scenario *s)
{
    static uint8_t bytes[64 * 1024];
    wsp_peer *peer = scenario_open(s, "/script?do=head,freeze");
    wsp_result result = WSP_OK;
    for (int i = 0; i < 4096 && result == WSP_OK; i++)
        result = wsp_peer_send(peer, bytes, sizeof bytes, WSP_WRITE_MODE_BINARY);
    scenario_note(s, "%s", wsp_result_string(result));
    scenario_destroy_peer(s, peer);
}

static void several_at_a_time(scenario *s)
{
    enum { COUNT = 6 };
    wsp_peer *peers[COUNT];
    for (int i = 0; i < COUNT; i++) {
        peers[i] = scenario_make_peer(s);
        (void)scenario_connect(s, peers[i], "/echo");
    }
    for (int i = 0; i < COUNT; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        scenario_wait_state(s, peers[i], WSP_STATE_OPEN);
        (void)scenario_send_text(s, peers[i], text);
    }
    for (int i = COUNT - 1; i >= 0; i--)
        scenario_receive(s, peers[i], 1);
    for (int i = 0; i < COUNT; i++)
        (void)wsp_peer_close(peers[i], 4000 + i, "");
    for (int i = 0; i < COUNT; i++)
        scenario_end(s, peers[i]);
}

/* The foreign event loop: nothing but socket, wants_write and poll_delay tell when to poll. runtime_sleep
 * does that natively in every scenario; here are the values themselves. */
static void a_foreign_event_loop(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/echo");
    double delay = wsp_peer_get_poll_delay(peer);
    scenario_note(s, "connecting: a socket soon or at once, delay within connect_timeout: %d",
                  delay >= 0 && delay <= wsp_peer_get_connect_timeout(peer));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "open: a socket %d, wants write %d, delay %g", wsp_peer_get_socket(peer) >= 0,
                  wsp_peer_wants_write(peer), wsp_peer_get_poll_delay(peer));
    (void)wsp_peer_set_heartbeat_interval(peer, 30);
    wsp_peer_poll(peer);
    delay = wsp_peer_get_poll_delay(peer);
    scenario_note(s, "with a heartbeat: delay above 0 and within its interval: %d", delay > 0 && delay <= 30);
    (void)wsp_peer_close(peer, 1000, "");
    delay = wsp_peer_get_poll_delay(peer);
    scenario_note(s, "closing: delay within close_timeout: %d",
                  delay >= 0 && delay <= wsp_peer_get_close_timeout(peer));
    scenario_end(s, peer);
    scenario_note(s, "closed: socket %ld, delay %g", (long)wsp_peer_get_socket(peer),
                  wsp_peer_get_poll_delay(peer));
}

static bool is_write_wanted(void *user)
{
    return wsp_peer_wants_write(user);
}

static void a_foreign_event_loop_writes(scenario *s)
{
    static uint8_t bytes[64 * 1024];
    wsp_peer *peer = scenario_make_peer(s);
    (void)wsp_peer_set_outbound_buffer_size(peer, 64 * 1024 * 1024);
    (void)wsp_peer_set_close_timeout(peer, 600);
    scenario_open_again(s, peer, "/collect");
    for (int i = 0; i < 200; i++)
        if (wsp_peer_send(peer, bytes, sizeof bytes, WSP_WRITE_MODE_BINARY) != WSP_OK)
            scenario_fail(s, "send was refused");
    scenario_note(s, "wants write: %d", is_write_wanted(peer));
    (void)wsp_peer_close(peer, 1000, "");
    scenario_end(s, peer);
    scenario_note(s, "wants write: %d", is_write_wanted(peer));
    scenario_report(s, peer);
}

static const scenario_entry entries[] = {
    {"a peer used again and again", a_peer_used_again_and_again, SCENARIO_TIMED},
    {"a peer used again after failures", used_again_after_failures, 0},
    {"a peer used again in CLOSING", used_again_in_closing, 0},
    {"destroy in every state", destroyed_in_every_state, 0},
    {"destroy with much queued", destroyed_with_much_queued, 0},
    {"several peers at a time", several_at_a_time, 0},
    {"a foreign event loop knows when to poll", a_foreign_event_loop, SCENARIO_NATIVE},
    {"a foreign event loop waits for writing", a_foreign_event_loop_writes, SCENARIO_NATIVE | SCENARIO_BULK},
};

SCENARIO_TOPIC(life)
