/* SPDX-License-Identifier: MIT */

/* The peers of random_calls.h: their messages, handlers and calls. */

#include "random_calls.h"

#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- messages -------------------------------------------------------------- */

size_t calls_make_message(const calls_line *of, int end, size_t number, uint8_t *out, bool *out_text)
{
    uint64_t state = calls.seed ^ (uint64_t)of->id << 32 ^ (uint64_t)end << 31 ^ number;
    size_t kind = wspi_test_random_below(&state, 100);
    size_t most = kind < 70 ? 140 : kind < 95 ? 3000 : kind < 99 ? 20000 : CALLS_MAX_MESSAGE;
    size_t size = wspi_test_random_below(&state, most);
    *out_text = wspi_test_random_below(&state, 2) == 0;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(*out_text ? 'a' + (number + i) % 26 : wspi_test_random(&state));
    return size;
}

void calls_check_message(calls_line *of, int to, const uint8_t *data, size_t size, bool is_text, bool counts)
{
    CHECK(of != NULL);
    TEST_NOTE("seed %llu line %u to %d: %zu sent, %zu received", (unsigned long long)calls.seed, of->id, to,
              of->sent[!to], of->received[to]);
    CHECK(data != NULL && data[size] == 0);
    CHECK(of->received[to] < of->sent[!to]);
    bool wanted_text;
    size_t wanted = calls_make_message(of, !to, of->received[to], calls.wanted, &wanted_text);
    CHECK_SIZE(size, wanted);
    CHECK_BOOL(is_text, wanted_text);
    CHECK(memcmp(data, calls.wanted, size) == 0);
    if (counts) {
        of->received[to]++;
        calls.delivered++;
    }
}

calls_line *calls_find_line(const char *target)
{
    const char *path = strstr(target, "/id/");
    if (path == NULL)
        return NULL;
    unsigned id = (unsigned)strtoul(path + 4, NULL, 10);
    CHECK(id >= 1 && id <= calls.line_count);
    return &calls.lines[id - 1];
}

/* -- what holds always ----------------------------------------------------- */

void calls_check_facts(const wsp_peer *peer, bool is_refused)
{
    wsp_state state = wsp_peer_get_ready_state(peer);
    wsp_result error = wsp_peer_get_error(peer);
    CHECK_BOOL(wsp_peer_get_error_message(peer)[0] != '\0', error != WSP_OK);
    int code = wsp_peer_get_close_code(peer);
    if ((state == WSP_STATE_CONNECTING || state == WSP_STATE_OPEN) && code != -1)
        FAIL("code %d in state %d", code, (int)state);
    /* A refused start sets the error and leaves what is known of the connection before. */
    if (error != WSP_OK && !is_refused)
        CHECK_INT(code, -1);
    if (code == -1 || code == 1005)
        CHECK_STRING(wsp_peer_get_close_reason(peer), "");
    wsp_peer_stats stats;
    wsp_peer_get_stats(peer, &stats);
    size_t outbound = wsp_peer_get_current_outbound_buffered_amount(peer);
    CHECK_SIZE(stats.queued_outbound_bytes, outbound);
    CHECK_SIZE(stats.queued_inbound_packets, wsp_peer_get_available_packet_count(peer));
    if (state == WSP_STATE_CONNECTING || state == WSP_STATE_CLOSED)
        CHECK_SIZE(outbound, 0);
    if (state == WSP_STATE_OPEN)
        CHECK_INT(wsp_peer_get_http_status(peer), 101);
    if (state == WSP_STATE_CLOSED)
        CHECK_INT(wsp_peer_get_socket(peer), -1);
    if (state == WSP_STATE_CONNECTING || stats.messages_received == 0)
        CHECK_SIZE(stats.queued_inbound_packets, 0);
}

static bool is_way(wsp_state from, wsp_state to)
{
    if (from == to || to == WSP_STATE_CLOSED)
        return true;
    return (from == WSP_STATE_CONNECTING && to != WSP_STATE_CONNECTING) ||
           (from == WSP_STATE_OPEN && to == WSP_STATE_CLOSING);
}

/* The state is what the last call left, or in its own poll what leads on from there. */
void calls_look(calls_hand *of)
{
    if (of->peer == NULL)
        return;
    wsp_state state = wsp_peer_get_ready_state(of->peer);
    if (of->is_polled)
        CHECK(is_way(of->state, state));
    else
        CHECK_INT(state, of->state);
    of->state = state;
    calls_check_facts(of->peer, of->is_refused);
}

/* -- handlers of peers ----------------------------------------------------- */

static void learn_line(calls_hand *of)
{
    if (of->line != NULL || of->end == 0 || of->peer == NULL)
        return;
    calls_line *found = calls_find_line(wsp_peer_get_requested_url(of->peer));
    if (found == NULL)
        return;
    CHECK(!found->is_taken);
    found->is_taken = true;
    of->line = found;
}

void calls_take(calls_hand *of, size_t most)
{
    for (; most > 0 && of->peer != NULL && wsp_peer_get_available_packet_count(of->peer) > 0; most--) {
        learn_line(of);
        if (of->line == NULL) {
            CHECK(calls.is_short_of_memory);
            return;
        }
        size_t size = 99;
        const uint8_t *data = wsp_peer_get_packet(of->peer, &size);
        calls_check_message(of->line, of->end, data, size, wsp_peer_was_string_packet(of->peer), true);
    }
}

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && !of->was_open && of->owes_report);
    CHECK_STRING(protocol, wsp_peer_get_selected_protocol(peer));
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    of->was_open = true;
    calls.opened++;
    calls_look(of);
    learn_line(of);
    calls_act_inside();
}

static void on_data(wsp_peer *peer, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && of->was_open && of->owes_report);
    CHECK(wsp_peer_get_available_packet_count(peer) > 0);
    if (calls_chance(50))
        calls_take(of, 1);
    calls_act_inside();
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && of->was_open && of->owes_report);
    CHECK_INT(code, wsp_peer_get_close_code(peer));
    CHECK_STRING(reason, wsp_peer_get_close_reason(peer));
    CHECK_INT(wsp_peer_send(peer, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
    calls_look(of);
    calls_act_inside();
}

static void end_of(calls_hand *of)
{
    CHECK(of->owes_report);
    CHECK_INT(wsp_peer_get_ready_state(of->peer), WSP_STATE_CLOSED);
    of->owes_report = false;
    calls_look(of);
    calls_act_inside();
}

static void check_end_complete(calls_hand *of)
{
    if (wsp_peer_get_close_code(of->peer) == -1)
        return;
    calls_take(of, SIZE_MAX);
    if (of->line != NULL)
        CHECK_SIZE(of->line->received[of->end], of->line->sent[!of->end]);
}

static void on_error(wsp_peer *peer, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && !of->was_open);
    CHECK(wsp_peer_get_error(peer) != WSP_OK);
    end_of(of);
}

static void on_closed(wsp_peer *peer, bool was_clean, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && of->was_open);
    CHECK_BOOL(was_clean, wsp_peer_get_close_code(peer) != -1);
    CHECK(was_clean || wsp_peer_get_error(peer) != WSP_OK);
    check_end_complete(of);
    end_of(of);
}

void calls_answer(wsp_request *request)
{
    CHECK_STRING(wsp_request_get_method(request), "GET");
    CHECK(wsp_request_get_header_count(request) >= 5);
    CHECK(wsp_request_get_header(request, "uPgrade") != NULL);
    CHECK(wsp_request_get_header(request, "x-none") == NULL);
    const char *name = NULL;
    const char *value = NULL;
    CHECK(!wsp_request_get_header_at(request, wsp_request_get_header_count(request), &name, &value));
    CHECK(wsp_request_get_header_at(request, 0, &name, &value) && name != NULL && value != NULL);
    CHECK_STRING(wsp_request_get_protocol_at(request, 99), "");
    calls_check_result(wsp_request_accept(request, "never offered"), WSP_ERR_INVALID_PARAMETER);
    calls_check_result(wsp_request_respond(request, 200, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    calls_check_result(wsp_request_respond(request, 302, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    calls_check_result(wsp_request_respond(request, 404, "a\nb", NULL, 0), WSP_ERR_INVALID_PARAMETER);
    calls_check_result(wsp_request_respond(request, 404, NULL, NULL, 1), WSP_ERR_INVALID_PARAMETER);
    calls_check_result(wsp_request_add_header(request, "Upgrade", "x"), WSP_ERR_INVALID_PARAMETER);
    if (calls_chance(30))
        calls_check_result(wsp_request_add_header(request, "X-Thing", ""), WSP_OK);
    if (calls_chance(10)) {
        wsp_result done = wsp_request_respond(request, calls_chance(50) ? 403 : 503, "text/plain", "no", 2);
        calls_check_result(done, WSP_OK);
        if (done == WSP_OK)
            CHECK_INT(wsp_request_accept(request, NULL), WSP_ERR_ALREADY_IN_USE);
    } else if (calls_chance(30)) {
        wsp_result done = wsp_request_accept(request, NULL);
        calls_check_result(done, WSP_OK);
        if (done == WSP_OK)
            CHECK_INT(wsp_request_respond(request, 403, NULL, NULL, 0), WSP_ERR_ALREADY_IN_USE);
    }
}

static void on_request(wsp_peer *peer, wsp_request *request, void *user)
{
    calls_hand *of = user;
    CHECK(peer == of->peer && of->is_polled && !of->was_open && of->end == 1);
    calls_answer(request);
    calls_act_inside();
}

/* -- calls on peers -------------------------------------------------------- */

static const wsp_peer_handlers peer_handlers = {
    .connection_established = on_established,
    .connection_error = on_error,
    .server_close_request = on_close_request,
    .data_received = on_data,
    .connection_closed = on_closed,
    .handshake_request = on_request,
};

void calls_change_settings(wsp_peer *peer)
{
    static const char *const headers[] = {"X-One: 1", "Cookie: a=b"};
    static const char *const wrong[] = {"Upgrade: x"};
    switch (calls_below(9)) {
    case 0:
        calls_check_result(wsp_peer_set_inbound_buffer_size(peer, CALLS_MAX_MESSAGE + calls_below(100000)),
                           WSP_OK);
        break;
    case 1:
        calls_check_result(wsp_peer_set_outbound_buffer_size(peer, 1 + calls_below(200000)), WSP_OK);
        break;
    case 2: calls_check_result(wsp_peer_set_max_queued_packets(peer, 1 + calls_below(50)), WSP_OK); break;
    case 3: calls_check_result(wsp_peer_set_heartbeat_interval(peer, (double)calls_below(4)), WSP_OK); break;
    case 4:
        calls_check_result(wsp_peer_set_connect_timeout(peer, 0.5 + (double)calls_below(10)), WSP_OK);
        break;
    case 5:
        calls_check_result(wsp_peer_set_close_timeout(peer, 0.5 + (double)calls_below(10)), WSP_OK);
        break;
    case 6: calls_check_result(wsp_peer_set_handshake_headers(peer, headers, calls_below(3)), WSP_OK); break;
    case 7: calls_check_result(wsp_peer_set_no_delay(peer, calls_chance(50)), WSP_OK); break;
    default: CHECK_INT(wsp_peer_set_handshake_headers(peer, wrong, 1), WSP_ERR_INVALID_PARAMETER); break;
    }
}

void calls_call_wrongly(wsp_peer *peer)
{
    char reason[125];
    memset(reason, 'r', sizeof(reason));
    reason[124] = '\0';
    wsp_peer_stats before;
    wsp_peer_get_stats(peer, &before);
    const wsp_result bad = WSP_ERR_INVALID_PARAMETER;
    calls_check_result(wsp_peer_send(peer, NULL, 1, WSP_WRITE_MODE_TEXT), bad);
    bool is_open = wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN;
    CHECK(wsp_peer_send(peer, "\xff", 1, WSP_WRITE_MODE_TEXT) == (is_open ? bad : WSP_ERR_NOT_OPEN));
    calls_check_result(wsp_peer_send(peer, "a", 1, (wsp_write_mode)7), bad);
    calls_check_result(wsp_peer_send_text(peer, NULL), bad);
    calls_check_result(wsp_peer_ping(peer, reason, 126), bad);
    calls_check_result(wsp_peer_close(peer, 1005, NULL), bad);
    calls_check_result(wsp_peer_close(peer, 999, NULL), bad);
    calls_check_result(wsp_peer_close(peer, 1006, NULL), bad);
    calls_check_result(wsp_peer_close(peer, 5000, NULL), bad);
    calls_check_result(wsp_peer_close(peer, 1000, reason), bad);
    calls_check_result(wsp_peer_close(peer, 1000, "\xc3"), bad);
    calls_check_result(wsp_peer_close(peer, 0, "x"), bad);
    calls_check_result(wsp_peer_set_inbound_buffer_size(peer, 0), bad);
    calls_check_result(wsp_peer_set_max_queued_packets(peer, 0), bad);
    calls_check_result(wsp_peer_set_heartbeat_interval(peer, (double)NAN), bad);
    calls_check_result(wsp_peer_set_close_timeout(peer, 0), bad);
    calls_check_result(wsp_peer_set_connect_timeout(peer, -1), bad);
    wsp_peer_stats after;
    wsp_peer_get_stats(peer, &after);
    CHECK_SIZE(after.messages_sent, before.messages_sent);
    CHECK_SIZE(after.messages_refused, before.messages_refused);
}

/* From which end does not matter: a server's peers are sent to alike. */
void calls_send_on(wsp_peer *peer, calls_line *of, int end)
{
    bool is_text;
    size_t size = calls_make_message(of, end, of->sent[end], calls.bytes, &is_text);
    wsp_state state = wsp_peer_get_ready_state(peer);
    wsp_peer_stats before;
    wsp_peer_get_stats(peer, &before);
    wsp_result result =
        wsp_peer_send(peer, calls.bytes, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    wsp_peer_stats after;
    wsp_peer_get_stats(peer, &after);
    CHECK_INT(wsp_peer_get_ready_state(peer), state);
    CHECK_SIZE(after.messages_sent, before.messages_sent + (result == WSP_OK));
    CHECK_SIZE(after.bytes_sent, before.bytes_sent + (result == WSP_OK ? size : 0));
    CHECK_SIZE(after.messages_refused, before.messages_refused + (result == WSP_ERR_BUFFER_FULL));
    if (result == WSP_OK) {
        of->sent[end]++;
        CHECK_INT(state, WSP_STATE_OPEN);
    } else if (result == WSP_ERR_MESSAGE_TOO_BIG) {
        CHECK(size > wsp_peer_get_outbound_buffer_size(peer));
    } else if (result == WSP_ERR_OUT_OF_MEMORY) {
        CHECK(calls.is_short_of_memory);
    } else if (result != WSP_ERR_BUFFER_FULL) {
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
    }
    if (state != WSP_STATE_OPEN)
        CHECK(result == WSP_ERR_NOT_OPEN || result == WSP_ERR_MESSAGE_TOO_BIG);
}

void calls_close_hand(calls_hand *of)
{
    static const int codes[] = {0, 1000, 1001, 1011, 3000, 4999, -1, -7};
    int code = codes[calls_below(8)];
    wsp_state before = of->state;
    CHECK_INT(wsp_peer_close(of->peer, code, code == 0 ? NULL : "why"), WSP_OK);
    if (before == WSP_STATE_CONNECTING || (code < 0 && before != WSP_STATE_CLOSED)) {
        of->state = WSP_STATE_CLOSED;
        of->owes_report = false;
    } else if (before == WSP_STATE_OPEN) {
        of->state = WSP_STATE_CLOSING;
    }
    bool was_polled = of->is_polled;
    of->is_polled = false;
    calls_look(of);
    of->is_polled = was_polled;
}

void calls_poll_hand(calls_hand *of)
{
    bool nested = of->is_polled;
    wsp_peer *peer = of->peer;
    wsp_state before = of->state;
    of->is_polled = true;
    if (calls_chance(60))
        wsp_peer_poll(peer);
    else
        (void)wsp_peer_poll_wait(peer, calls_chance(50) ? 0 : (double)calls_below(30) / 1000);
    if (of->peer != peer)
        return;
    if (nested)
        CHECK_INT(wsp_peer_get_ready_state(peer), before);
    calls_look(of);
    of->is_polled = nested;
    if (!nested && of->state == WSP_STATE_CLOSED)
        CHECK(!of->owes_report);
}

static void connect_hand(calls_hand *of)
{
    if (of->peer == NULL) {
        wsp_peer *made = wsp_peer_create();
        if (made == NULL) {
            CHECK(calls.is_short_of_memory);
            return;
        }
        *of = (calls_hand){.peer = made, .end = 0, .state = WSP_STATE_CLOSED};
    }
    if (calls.line_count >= CALLS_LINES || calls.is_ending)
        return;
    static const int ports[] = {CALLS_TCP_PORT, CALLS_SERVER_PORT, CALLS_SERVER_PORT + 1, CALLS_NOBODY_PORT};
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "game.test"};
    char url[80];
    calls_line *of_line = &calls.lines[calls.line_count];
    *of_line = (calls_line){.id = calls.line_count + 1};
    size_t where = calls_below(10);
    (void)snprintf(url, sizeof(url), "ws%s://%s:%d/id/%u", calls_chance(30) ? "s" : "", hosts[calls_below(4)],
                   ports[where < 3   ? 0
                         : where < 6 ? 1
                         : where < 9 ? 2
                                     : 3],
                   of_line->id);
    if (calls_chance(3))
        (void)snprintf(url, sizeof(url), "http://x/");
    const wsp_tls_options *tls =
        calls_chance(80) ? calls.trust[calls_below(CALLS_TLS_COUNT)] : calls.identity;
    bool was_free = of->state == WSP_STATE_CLOSED || of->state == WSP_STATE_CLOSING;
    if (of->state == WSP_STATE_CLOSED && wsp_peer_get_available_packet_count(of->peer) > 0)
        calls_take(of, SIZE_MAX);
    wsp_result result = wsp_peer_connect_to_url(of->peer, url, tls);
    if (!was_free) {
        CHECK(result == WSP_ERR_ALREADY_IN_USE || result == WSP_ERR_INVALID_PARAMETER);
    } else if (result == WSP_OK) {
        calls.line_count++;
        of->line = of_line;
        of->state = WSP_STATE_CONNECTING;
        of->was_open = false;
        of->is_refused = false;
        of->owes_report = of->has_handlers;
        CHECK_INT(wsp_peer_get_error(of->peer), WSP_OK);
        CHECK_SIZE(wsp_peer_get_available_packet_count(of->peer), 0);
    } else {
        CHECK(result == WSP_ERR_INVALID_PARAMETER || result == WSP_ERR_OUT_OF_MEMORY);
        of->is_refused = of->state == WSP_STATE_CLOSED;
        if (of->is_refused)
            CHECK_INT(wsp_peer_get_error(of->peer), result);
    }
    bool polled = of->is_polled;
    of->is_polled = false;
    calls_look(of);
    of->is_polled = polled;
}

void calls_destroy_hand(calls_hand *of)
{
    wsp_peer_destroy(of->peer);
    *of = (calls_hand){0};
}

void calls_set_hand_handlers(calls_hand *of)
{
    if (of->state != WSP_STATE_CLOSED)
        return;
    of->has_handlers = calls_chance(80);
    of->owes_report = false;
    if (of->has_handlers) {
        wsp_result result = wsp_peer_set_handlers(of->peer, &peer_handlers, of);
        calls_check_result(result, WSP_OK);
        of->has_handlers = result == WSP_OK;
    }
    if (!of->has_handlers)
        CHECK_INT(wsp_peer_set_handlers(of->peer, NULL, NULL), WSP_OK);
}

void calls_act_on_hand(calls_hand *of)
{
    if (of->peer == NULL) {
        if (of->end == 0 && of >= calls.clients && of < calls.clients + CALLS_CLIENTS)
            connect_hand(of);
        return;
    }
    size_t kind = calls_below(100);
    if (kind < 40 && of->state == WSP_STATE_OPEN) {
        learn_line(of);
        for (size_t left = 1 + calls_below(6); left > 0 && of->line != NULL; left--)
            calls_send_on(of->peer, of->line, of->end);
    } else if (kind < 55) {
        calls_poll_hand(of);
    } else if (kind < 65) {
        calls_take(of, 1 + calls_below(5));
    } else if (kind < 70) {
        calls_change_settings(of->peer);
    } else if (kind < 75) {
        calls_call_wrongly(of->peer);
    } else if (kind < 79) {
        if (calls_chance(40))
            calls_close_hand(of);
    } else if (kind < 80) {
        if (calls_chance(50))
            calls_destroy_hand(of);
    } else if (kind < 85) {
        (void)wsp_peer_ping(of->peer, "abc", calls_below(4));
    } else if (kind < 95 && of->end == 0) {
        connect_hand(of);
    } else {
        calls_set_hand_handlers(of);
    }
}
