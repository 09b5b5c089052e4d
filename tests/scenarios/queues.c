/* SPDX-License-Identifier: MIT */
/* Scenarios of what waits: many messages at once, large amounts, full buffers, games that do not poll. */
#include "../harness/payload.h"
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

enum { MIB = 1024 * 1024 };

static void ten_thousand_at_once(scenario *s)
{
    enum { COUNT = 10000, SIZE = 12 };
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_max_queued_packets(peer, COUNT) != WSP_OK)
        scenario_fail(s, "the limit was refused");
    scenario_open_again(s, peer, "/echo");
    uint32_t hash = 0;
    unsigned taken = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        uint8_t bytes[SIZE];
        payload_fill(bytes, sizeof bytes, i);
        hash = payload_hash(hash, bytes, sizeof bytes);
        taken += wsp_peer_send(peer, bytes, sizeof bytes, WSP_WRITE_MODE_BINARY) == WSP_OK;
    }
    scenario_note(s, "%u taken, #%08lx", taken, (unsigned long)hash);
    scenario_receive_sum(s, peer, COUNT);
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
}

static void a_message_right_before_close(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/collect");
    (void)scenario_send_text(s, peer, "last words");
    (void)scenario_close(s, peer, 4000, "gone");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void twenty_mebibytes_and_close(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_outbound_buffer_size(peer, 64 * MIB) != WSP_OK ||
        wsp_peer_set_close_timeout(peer, 600) != WSP_OK)
        scenario_fail(s, "a setting was refused");
    scenario_open_again(s, peer, "/collect");
    uint8_t *bytes = malloc(MIB);
    uint32_t hash = 0;
    unsigned taken = 0;
    for (unsigned i = 0; bytes != NULL && i < 20; i++) {
        payload_fill(bytes, MIB, i);
        hash = payload_hash(hash, bytes, MIB);
        taken += wsp_peer_send(peer, bytes, MIB, WSP_WRITE_MODE_BINARY) == WSP_OK;
    }
    free(bytes);
    scenario_note(s, "%u taken, #%08lx", taken, (unsigned long)hash);
    (void)scenario_close(s, peer, 1000, "all of it");
    scenario_end(s, peer);
    scenario_note(s, "buffered %lu", (unsigned long)wsp_peer_get_current_outbound_buffered_amount(peer));
    scenario_report(s, peer);
}

static void a_hidden_second(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/push?count=200&size=100&every=4&close=4000&reason=enough");
    scenario_pause(s, 1);
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    scenario_end(s, peer);
    scenario_receive_sum(s, peer, 200);
}

static void messages_between_polls_of_a_game(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/push?count=60&size=50&every=5&text=1");
    scenario_idle(s, 0.3);
    scenario_receive_sum(s, peer, 60);
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
}

/* -- full buffers ---------------------------------------------------------- */

static void a_server_that_does_not_read(scenario *s)
{
    enum { SIZE = 64 * 1024 };
    wsp_peer *peer = scenario_open(s, "/script?do=head,freeze");
    uint8_t *bytes = calloc(1, SIZE);
    wsp_result result = WSP_OK;
    size_t taken = 0;
    for (; bytes != NULL && result == WSP_OK && taken < 4096; taken++) {
        result = wsp_peer_send(peer, bytes, SIZE, WSP_WRITE_MODE_BINARY);
        wsp_peer_poll(peer);
    }
    free(bytes);
    size_t limit = wsp_peer_get_outbound_buffer_size(peer);
    size_t buffered = wsp_peer_get_current_outbound_buffered_amount(peer);
    wsp_peer_stats stats;
    wsp_peer_get_stats(peer, &stats);
    scenario_note(s, "%s, within the limit: %d, nearly full: %d", wsp_result_string(result),
                  buffered <= limit, buffered + SIZE > limit);
    scenario_note(s, "refused %lu, queued as told: %d", (unsigned long)stats.messages_refused,
                  stats.queued_outbound_bytes == buffered);
    scenario_note(s, "small: %s", wsp_result_string(wsp_peer_send(peer, "", 0, WSP_WRITE_MODE_BINARY)));
    scenario_note(s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
    (void)scenario_close(s, peer, -1, NULL);
    scenario_end(s, peer);
    scenario_note(s, "buffered %lu", (unsigned long)wsp_peer_get_current_outbound_buffered_amount(peer));
}

/* Sent only as fast as the other side takes them, nothing is lost and order holds. */
static void sending_more_than_fits(scenario *s)
{
    enum { COUNT = 100, SIZE = 20000 };
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_outbound_buffer_size(peer, 3 * SIZE) != WSP_OK ||
        wsp_peer_set_close_timeout(peer, 600) != WSP_OK)
        scenario_fail(s, "a setting was refused");
    scenario_open_again(s, peer, "/collect");
    uint8_t *bytes = malloc(SIZE);
    uint32_t hash = 0;
    for (unsigned i = 0; bytes != NULL && i < COUNT && !scenario_has_failed(s);) {
        payload_fill(bytes, SIZE, i);
        wsp_result result = wsp_peer_send(peer, bytes, SIZE, WSP_WRITE_MODE_BINARY);
        if (result == WSP_OK) {
            hash = payload_hash(hash, bytes, SIZE);
            i++;
        } else if (result == WSP_ERR_BUFFER_FULL) {
            scenario_idle(s, 0.001);
        } else {
            scenario_fail(s, "send: %s", wsp_result_string(result));
        }
    }
    free(bytes);
    scenario_note(s, "all taken, #%08lx", (unsigned long)hash);
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

/* The limits themselves still fit. */
static void messages_of_exactly_the_limits(scenario *s)
{
    enum { SIZE = 10000 };
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_inbound_buffer_size(peer, SIZE) != WSP_OK ||
        wsp_peer_set_outbound_buffer_size(peer, SIZE) != WSP_OK ||
        wsp_peer_set_max_queued_packets(peer, 1) != WSP_OK)
        scenario_fail(s, "a limit was refused");
    scenario_open_again(s, peer, "/echo");
    for (unsigned i = 0; i < 3; i++) {
        uint8_t bytes[SIZE];
        payload_fill(bytes, SIZE, i);
        (void)scenario_send(s, peer, bytes, SIZE, WSP_WRITE_MODE_BINARY);
        scenario_receive(s, peer, 1);
    }
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
}

/* -- memory and numbers ---------------------------------------------------- */

/* On the web the heap is another ArrayBuffer afterwards. */
static void a_heap_that_grows(scenario *s)
{
    enum { SIZE = 300000, GROWTH = 24 * 1024 * 1024 };
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_inbound_buffer_size(peer, 4 * SIZE) != WSP_OK)
        scenario_fail(s, "the limit was refused");
    scenario_open_again(s, peer, "/push?count=4&size=300000&after=1");
    void *growth[4] = {NULL};
    (void)scenario_send_text(s, peer, "now");
    for (size_t i = 0; i < 4 && scenario_wait_packets(s, peer, 1); i++) {
        growth[i] = malloc(GROWTH);
        if (growth[i] != NULL)
            memset(growth[i], 0xee, GROWTH);
        scenario_receive(s, peer, 1);
    }
    uint8_t *bytes = malloc(SIZE);
    void *more = malloc(GROWTH);
    if (bytes != NULL && more != NULL) {
        payload_fill(bytes, SIZE, 9);
        (void)scenario_send(s, peer, bytes, SIZE, WSP_WRITE_MODE_BINARY);
    }
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
    scenario_report(s, peer);
    free(bytes);
    free(more);
    for (size_t i = 0; i < 4; i++)
        free(growth[i]);
}

static void note_stats(scenario *s, const wsp_peer *peer)
{
    wsp_peer_stats stats;
    wsp_peer_get_stats(peer, &stats);
    scenario_note(s, "received %lu of %lu bytes, sent %lu of %lu bytes",
                  (unsigned long)stats.messages_received, (unsigned long)stats.bytes_received,
                  (unsigned long)stats.messages_sent, (unsigned long)stats.bytes_sent);
    scenario_note(s, "queued %lu of %lu bytes, refused %lu", (unsigned long)stats.queued_inbound_packets,
                  (unsigned long)stats.queued_inbound_bytes, (unsigned long)stats.messages_refused);
}

static void stats(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    note_stats(s, peer);
    scenario_open_again(s, peer, "/echo");
    note_stats(s, peer);
    (void)scenario_send_text(s, peer, "12345");
    (void)scenario_send_text(s, peer, "\xc3\xa4\xc3\xb6");
    (void)scenario_send(s, peer, "\xff", 1, WSP_WRITE_MODE_TEXT);
    scenario_wait_packets(s, peer, 2);
    note_stats(s, peer);
    scenario_receive(s, peer, 1);
    note_stats(s, peer);
    (void)scenario_close(s, peer, 1000, "");
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    note_stats(s, peer);
    scenario_open_again(s, peer, "/echo");
    note_stats(s, peer);
}

static const scenario_entry entries[] = {
    {"10,000 messages before one poll", ten_thousand_at_once, 0},
    {"a message sent right before close arrives", a_message_right_before_close, 0},
    {"20 MiB queued and then close, all delivered before it", twenty_mebibytes_and_close, SCENARIO_BULK},
    {"a hidden second while messages arrive", a_hidden_second, 0},
    {"messages between the polls of a game", messages_between_polls_of_a_game, 0},
    {"a server that does not read fills the outbound buffer", a_server_that_does_not_read, 0},
    {"sending again after BUFFER_FULL loses nothing", sending_more_than_fits, 0},
    {"messages of exactly the limits", messages_of_exactly_the_limits, 0},
    {"the heap grows between poll and get_packet", a_heap_that_grows, 0},
    {"stats count messages and bytes of one connection", stats, 0},
};

SCENARIO_TOPIC(queues)
