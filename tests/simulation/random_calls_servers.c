/* SPDX-License-Identifier: MIT */

/* The listener, its streams and the servers of random_calls.h: handlers and calls. */

#include "random_calls.h"

#include "test.h"

void calls_look_at_table(calls_table *at)
{
    if (at->server == NULL)
        return;
    if (at->is_polled)
        return;
    int32_t ids[CALLS_SEATS];
    CHECK_SIZE(wsp_server_get_peer_count(at->server), at->count);
    CHECK_SIZE(wsp_server_get_peer_ids(at->server, ids, CALLS_SEATS), at->count);
    for (size_t i = 0; i < at->count; i++) {
        wsp_peer *peer = wsp_server_get_peer(at->server, at->seats[i].id);
        CHECK(peer != NULL && wsp_server_has_peer(at->server, ids[i]));
        calls_check_facts(peer, false);
        const char *address = wsp_server_get_peer_address(at->server, at->seats[i].id);
        CHECK(calls.is_short_of_memory || address[0] != '\0');
    }
}

/* -- handlers of servers --------------------------------------------------- */

static calls_seat *find_seat(calls_table *at, int32_t id)
{
    for (size_t i = 0; i < at->count; i++) {
        if (at->seats[i].id == id)
            return &at->seats[i];
    }
    return NULL;
}

static void on_client(wsp_server *server, int32_t id, const char *protocol, const char *resource, void *user)
{
    calls_table *at = user;
    CHECK(at->server == server && at->is_polled && id > 0 && find_seat(at, id) == NULL);
    CHECK(protocol != NULL && at->count < CALLS_SEATS);
    CHECK_INT(wsp_peer_get_ready_state(wsp_server_get_peer(server, id)), WSP_STATE_OPEN);
    calls_line *found = calls_find_line(resource);
    CHECK(found != NULL && !found->is_taken);
    found->is_taken = true;
    at->seats[at->count++] = (calls_seat){.id = id, .line = found};
    calls.opened++;
    calls_act_inside();
}

static void on_client_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                           void *user)
{
    calls_table *at = user;
    calls_seat *of = find_seat(at, id);
    CHECK(at->server == server && at->is_polled && of != NULL && at->has_data_handler);
    bool keeps = !calls.is_ending && calls_chance(10);
    bool is_kept = false;
    if (keeps) {
        wsp_result result = wsp_server_keep_packet(server);
        calls_check_result(result, WSP_OK);
        is_kept = result == WSP_OK;
    }
    calls_check_message(of->line, 1, data, size, is_text, false);
    if (calls_chance(20)) {
        wsp_peer *peer = wsp_server_get_peer(server, id);
        size_t again = 0;
        const uint8_t *same = wsp_peer_get_packet(peer, &again);
        CHECK(same != NULL);
        calls_check_message(of->line, 1, same, again, is_text, false);
        CHECK(wsp_peer_get_packet(peer, NULL) == NULL);
    }
    if (!is_kept) {
        of->line->received[1]++;
        calls.delivered++;
    }
    unsigned stops = at->stops;
    at->shown = id;
    calls_act_inside();
    at->shown = 0;
    if (at->stops == stops && find_seat(at, id) != NULL)
        CHECK(data[size] == 0);
}

static void on_client_close(wsp_server *server, int32_t id, int code, const char *reason, void *user)
{
    calls_table *at = user;
    CHECK(at->server == server && at->is_polled && find_seat(at, id) != NULL);
    CHECK_INT(code, wsp_peer_get_close_code(wsp_server_get_peer(server, id)));
    CHECK_STRING(reason, wsp_peer_get_close_reason(wsp_server_get_peer(server, id)));
    calls_act_inside();
}

void calls_take_seat(calls_table *at, const calls_seat *of)
{
    wsp_peer *peer = wsp_server_get_peer(at->server, of->id);
    CHECK(peer != NULL);
    while (of->id != at->shown && wsp_peer_get_available_packet_count(peer) > 0) {
        size_t size = 99;
        const uint8_t *data = wsp_peer_get_packet(peer, &size);
        calls_check_message(of->line, 1, data, size, wsp_peer_was_string_packet(peer), true);
    }
}

static void on_client_gone(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    calls_table *at = user;
    calls_seat *of = find_seat(at, id);
    CHECK(at->server == server && at->is_polled && of != NULL);
    wsp_peer *peer = wsp_server_get_peer(server, id);
    CHECK(peer != NULL && wsp_server_has_peer(server, id));
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_BOOL(was_clean, wsp_peer_get_close_code(peer) != -1);
    calls_check_facts(peer, false);
    calls_take_seat(at, of);
    if (was_clean)
        CHECK_SIZE(of->line->received[1], of->line->sent[0]);
    *of = at->seats[--at->count];
    calls_act_inside();
}

static void on_client_request(wsp_server *server, wsp_request *request, void *user)
{
    calls_table *at = user;
    CHECK(at->server == server && at->is_polled);
    calls_answer(request);
    calls_act_inside();
}

static void on_missed(wsp_server *server, int32_t id, void *user)
{
    calls_table *at = user;
    CHECK(at->server == server && find_seat(at, id) != NULL);
    calls_act_inside();
}

/* -- calls on the listener ------------------------------------------------- */

void calls_listen_anew(void)
{
    if (calls.listener == NULL)
        calls.listener = wsp_tcp_server_create();
    if (calls.listener == NULL)
        return;
    bool listened = wsp_tcp_server_is_listening(calls.listener);
    if (calls_chance(20))
        (void)wsp_tcp_server_set_shared_readiness(calls.listener, calls_chance(50));
    wsp_result result = wsp_tcp_server_listen(calls.listener, CALLS_TCP_PORT, NULL);
    calls_check_result(result, listened ? WSP_ERR_ALREADY_IN_USE : WSP_OK);
    CHECK_INT(wsp_tcp_server_listen(calls.listener, 65616, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_BOOL(wsp_tcp_server_is_listening(calls.listener), listened || result == WSP_OK);
}

static void accept_one(void)
{
    if (calls.stream == NULL && calls.listener != NULL &&
        wsp_tcp_server_is_connection_available(calls.listener))
        calls.stream = wsp_tcp_server_take_connection(calls.listener);
    if (calls.stream == NULL)
        return;
    if (calls.identity != NULL && calls_chance(30)) {
        wsp_result result = wsp_stream_accept_tls(calls.stream, calls.identity);
        if (result != WSP_ERR_OUT_OF_MEMORY && result != WSP_ERR_ALREADY_IN_USE)
            CHECK_INT(result, WSP_OK);
        if (result == WSP_OK)
            CHECK_INT(wsp_stream_accept_tls(calls.stream, calls.identity), WSP_ERR_ALREADY_IN_USE);
    }
    if (calls_chance(5)) {
        wsp_stream_destroy(calls.stream);
        calls.stream = NULL;
        return;
    }
    calls_hand *of = &calls.accepted[calls_below(CALLS_ACCEPTED)];
    wsp_peer *made = of->peer == NULL ? wsp_peer_create() : NULL;
    if (made != NULL) {
        *of = (calls_hand){.peer = made, .end = 1, .state = WSP_STATE_CLOSED};
        calls_set_hand_handlers(of);
    }
    if (of->peer == NULL)
        return;
    if (of->state == WSP_STATE_CLOSED && wsp_peer_get_available_packet_count(of->peer) > 0)
        calls_take(of, SIZE_MAX);
    bool was_free = of->state == WSP_STATE_CLOSED || of->state == WSP_STATE_CLOSING;
    CHECK(wsp_peer_accept_stream(of->peer, NULL) != WSP_OK);
    of->is_refused = of->is_refused || of->state == WSP_STATE_CLOSED;
    wsp_result result = wsp_peer_accept_stream(of->peer, calls.stream);
    if (!was_free) {
        CHECK_INT(result, WSP_ERR_ALREADY_IN_USE);
        return;
    }
    if (result != WSP_OK) {
        CHECK_INT(result, WSP_ERR_OUT_OF_MEMORY);
        return;
    }
    calls.stream = NULL;
    of->state = WSP_STATE_CONNECTING;
    of->line = NULL;
    of->was_open = false;
    of->is_refused = false;
    of->owes_report = of->has_handlers;
}

void calls_act_on_listener(void)
{
    size_t kind = calls_below(100);
    if (kind < 85)
        accept_one();
    else if (kind < 97)
        calls_listen_anew();
    else if (kind < 98 && calls.listener != NULL)
        wsp_tcp_server_stop(calls.listener);
    else if (kind < 99 && calls.depth == 0) {
        wsp_tcp_server_destroy(calls.listener);
        calls.listener = NULL;
    }
}

/* -- calls on servers ------------------------------------------------------ */

static void lose_seats(calls_table *at)
{
    at->count = 0;
    at->stops++;
}

static void set_table_handlers(calls_table *at)
{
    for (size_t i = 0; i < at->count; i++)
        calls_take_seat(at, &at->seats[i]);
    at->has_data_handler = calls_chance(70);
    wsp_server_handlers handlers = {
        .client_connected = on_client,
        .client_close_request = on_client_close,
        .client_disconnected = on_client_gone,
        .data_received = at->has_data_handler ? on_client_data : NULL,
        .handshake_request = calls_chance(50) ? on_client_request : NULL,
        .broadcast_missed = on_missed,
    };
    CHECK_INT(wsp_server_set_handlers(at->server, &handlers, at), WSP_OK);
}

void calls_open_table(calls_table *at)
{
    if (at->server == NULL) {
        at->server = wsp_server_create();
        if (at->server == NULL)
            return;
        at->is_polled = false;
        set_table_handlers(at);
    }
    bool listened = wsp_server_is_listening(at->server);
    if (!listened && calls_chance(30)) {
        wsp_result tls = wsp_server_set_tls_options(at->server, calls_chance(60) ? calls.identity : NULL);
        calls_check_result(tls, WSP_OK);
    }
    if (calls.trust[0] != NULL)
        CHECK(wsp_server_set_tls_options(at->server, calls.trust[0]) != WSP_OK);
    wsp_result result = wsp_server_listen(at->server, CALLS_SERVER_PORT + (int)(at - calls.tables), NULL, 0);
    calls_check_result(result, listened ? WSP_ERR_ALREADY_IN_USE : WSP_OK);
    CHECK_BOOL(wsp_server_is_listening(at->server), listened || result == WSP_OK);
    if (result != WSP_ERR_ALREADY_IN_USE) {
        CHECK_INT(wsp_server_get_error(at->server), result);
        CHECK_BOOL(wsp_server_get_error_message(at->server)[0] != '\0', result != WSP_OK);
    }
}

void calls_poll_table(calls_table *at)
{
    wsp_server *server = at->server;
    bool nested = at->is_polled;
    size_t count = at->count;
    at->is_polled = true;
    if (calls_chance(50))
        wsp_server_poll(server);
    else
        (void)wsp_server_poll_wait(server, calls_chance(50) ? 0 : (double)calls_below(30) / 1000);
    if (nested)
        CHECK(at->count == count);
    if (at->server == server)
        at->is_polled = nested;
}

static void broadcast(calls_table *at)
{
    /* Each seat's next message is another one, so only a seat alone can be sent to. */
    if (at->count == 0)
        return;
    int32_t except = at->count == 1 ? 0 : at->seats[0].id;
    calls_seat *of = at->count == 1 ? &at->seats[0] : at->count == 2 ? &at->seats[1] : NULL;
    if (of == NULL)
        return;
    bool is_text;
    size_t size = calls_make_message(of->line, 1, of->line->sent[1], calls.bytes, &is_text);
    wsp_peer *peer = wsp_server_get_peer(at->server, of->id);
    bool was_open = wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN;
    of->line->sent[1]++;
    calls_line *of_line = of->line;
    size_t took = wsp_server_broadcast(at->server, calls.bytes, size,
                                       is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY, except);
    CHECK(took <= was_open);
    of_line->sent[1] -= took == 0;
}

static void act_on_seat(calls_table *at, calls_seat *of)
{
    static const int codes[] = {0, 1000, 1001, 4000, -1};
    wsp_peer *peer = wsp_server_get_peer(at->server, of->id);
    CHECK(peer != NULL);
    wsp_state state = wsp_peer_get_ready_state(peer);
    size_t kind = calls_below(100);
    if (kind < 60) {
        for (size_t left = 1 + calls_below(6); left > 0; left--)
            calls_send_on(peer, of->line, 1);
    } else if (kind < 70) {
        calls_take_seat(at, of);
    } else if (kind < 78) {
        calls_call_wrongly(peer);
        CHECK_INT(wsp_peer_set_handlers(peer, NULL, NULL), WSP_ERR_ALREADY_IN_USE);
        CHECK_INT(wsp_peer_connect_to_url(peer, "ws://127.0.0.1:1/", NULL), WSP_ERR_ALREADY_IN_USE);
        wsp_peer_poll(peer);
        CHECK(!wsp_peer_poll_wait(peer, 1));
    } else if (kind < 84) {
        calls_change_settings(peer);
    } else if (kind < 88) {
        int code = codes[calls_below(5)];
        CHECK_INT(wsp_server_disconnect_peer(at->server, of->id, code, NULL), WSP_OK);
        CHECK_INT(wsp_server_disconnect_peer(at->server, of->id, 1005, NULL), WSP_ERR_INVALID_PARAMETER);
        wsp_state now = wsp_peer_get_ready_state(peer);
        CHECK_INT(now, code < 0 ? WSP_STATE_CLOSED : state == WSP_STATE_OPEN ? WSP_STATE_CLOSING : state);
        state = now;
    } else if (kind == 88) {
        wsp_peer_destroy(peer);
        state = WSP_STATE_CLOSED;
    } else if (kind < 92) {
        broadcast(at);
        return;
    } else {
        (void)wsp_peer_ping(peer, NULL, 0);
    }
    CHECK_INT(wsp_peer_get_ready_state(wsp_server_get_peer(at->server, of->id)), state);
}

void calls_act_on_table(calls_table *at)
{
    size_t kind = calls_below(200);
    if (at->server == NULL) {
        calls_open_table(at);
    } else if (kind < 60) {
        calls_poll_table(at);
    } else if (kind < 64) {
        calls_open_table(at);
    } else if (kind == 64) {
        wsp_server_stop(at->server);
        lose_seats(at);
        CHECK_SIZE(wsp_server_get_peer_count(at->server), 0);
    } else if (kind == 65) {
        if (calls_chance(50)) {
            wsp_server_destroy(at->server);
            lose_seats(at);
            at->server = NULL;
        }
    } else if (kind < 68 && !at->is_polled) {
        set_table_handlers(at);
    } else if (kind < 72) {
        CHECK_INT(wsp_server_disconnect_peer(at->server, 0, 1000, NULL), WSP_ERR_INVALID_PARAMETER);
        CHECK(wsp_server_get_peer(at->server, -1) == NULL);
        CHECK_INT(wsp_server_set_max_connections(at->server, 0), WSP_ERR_INVALID_PARAMETER);
    } else if (kind < 76) {
        calls_check_result(wsp_server_set_max_connections(at->server, 1 + calls_below(6)), WSP_OK);
        calls_check_result(wsp_server_set_refuse_new_connections(at->server, calls_chance(20)), WSP_OK);
        calls_check_result(wsp_server_set_heartbeat_interval(at->server, (double)calls_below(4)), WSP_OK);
        calls_check_result(wsp_server_set_max_queued_packets(at->server, 1 + calls_below(60)), WSP_OK);
        calls_check_result(wsp_server_set_outbound_buffer_size(at->server, 1000 + calls_below(200000)),
                           WSP_OK);
    } else if (at->count > 0) {
        act_on_seat(at, &at->seats[calls_below(at->count)]);
    }
}
