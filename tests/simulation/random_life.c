/* SPDX-License-Identifier: MIT */

/* See random_life.h. Chance comes from life.random, so that a life can be lived again. */

#include "random_life.h"

#include "failing_allocator.h"
#include "net/poller.h"
#include "os_virtual.h"
#include "test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On their way at most in a calm world: the slowest path carries them in 2 s, and close_timeout is 5. */
enum { CALM_BYTES = 100 * 1000 };

life_world life;

size_t life_below(size_t count)
{
    return wspi_test_random_below(&life.random, count);
}

bool life_chance(unsigned percent)
{
    return life_below(100) < percent;
}

/* -- messages -------------------------------------------------------------- */

typedef struct message {
    size_t size;
    bool is_text;
} message;

static void fill_text(uint64_t *state, uint8_t *out, size_t size)
{
    static const char *const characters[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t done = 0; done < size;) {
        const char *character = characters[wspi_test_random_below(state, 4)];
        size_t step = strlen(character);
        if (step > size - done) {
            character = "z";
            step = 1;
        }
        memcpy(out + done, character, step);
        done += step;
    }
}

static size_t draw_size(uint64_t *state)
{
    size_t kind = wspi_test_random_below(state, 100);
    if (kind < 60)
        return wspi_test_random_below(state, 130);
    if (kind < 88)
        return wspi_test_random_below(state, 2000);
    if (kind < 97)
        return wspi_test_random_below(state, 20 * 1000);
    if (kind < 99)
        return 65530 + wspi_test_random_below(state, 12);
    return wspi_test_random_below(state, LIFE_MAX_MESSAGE);
}

/* The Nth message of an endpoint is always the same one, so nothing needs to be remembered. */
static message make_message(const life_end *from, size_t number, uint8_t *out)
{
    uint64_t state = life.seed ^ (uint64_t)from->id << 40 ^ (uint64_t)from->is_client << 32 ^ number;
    message made = {.size = draw_size(&state) % life.largest,
                    .is_text = wspi_test_random_below(&state, 2) == 0};
    if (made.is_text) {
        fill_text(&state, out, made.size);
        return made;
    }
    for (size_t i = 0; i < made.size; i += 8) {
        uint64_t word = wspi_test_random(&state);
        memcpy(out + i, &word, 8);
    }
    return made;
}

static void send_one(life_end *end)
{
    /* An accepted peer sends no sooner than it knows the connection's id. */
    if (end->id == 0)
        return;
    bool was_open = wsp_peer_get_ready_state(end->peer) == WSP_STATE_OPEN;
    message next = make_message(end, end->sent, life.bytes);
    size_t arrived = end->other != NULL ? end->other->received_bytes : 0;
    if (life.is_calm && end->sent_bytes > arrived && end->sent_bytes - arrived + next.size > CALM_BYTES)
        return;
    wsp_result result = wsp_peer_send(end->peer, life.bytes, next.size,
                                      next.is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    if (result == WSP_OK) {
        end->sent++;
        end->sent_bytes += next.size;
    }
    if (!was_open)
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
    else if (result != WSP_OK && result != WSP_ERR_BUFFER_FULL && life.is_calm)
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
}

/* What arrives is what the other side sent, one after the other. */
static void take_packets(life_end *end, size_t most)
{
    for (size_t i = 0; i < most && wsp_peer_get_available_packet_count(end->peer) > 0; i++) {
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(end->peer, &size);
        CHECK(packet != NULL && packet[size] == 0);
        CHECK(end->other != NULL && end->received < end->other->sent);
        message wanted = make_message(end->other, end->received, life.bytes);
        CHECK_SIZE(size, wanted.size);
        CHECK_BOOL(wsp_peer_was_string_packet(end->peer), wanted.is_text);
        CHECK_BOOL(memcmp(packet, life.bytes, size) == 0, true);
        end->received++;
        end->received_bytes += size;
    }
}

static life_end *find_client(unsigned id)
{
    for (size_t i = 0; i < life.count; i++) {
        if (life.ends[i].is_client && life.ends[i].id == id)
            return &life.ends[i];
    }
    return NULL;
}

/* The path of the URL says which connection it is. */
static void learn_id(life_end *end)
{
    if (end->id != 0 || wsp_peer_get_ready_state(end->peer) == WSP_STATE_CONNECTING)
        return;
    const char *path = strstr(wsp_peer_get_requested_url(end->peer), "/id/");
    if (path == NULL)
        return;
    end->id = (unsigned)strtoul(path + 4, NULL, 10);
    life_end *client = find_client(end->id);
    CHECK(client != NULL && client->other == NULL);
    client->other = end;
    end->other = client;
}

/* -- ends ------------------------------------------------------------------ */

/* The connection is over: what is left of it is taken and its facts are kept. */
static void note_end(life_end *end)
{
    if (end->is_over || wsp_peer_get_ready_state(end->peer) != WSP_STATE_CLOSED)
        return;
    end->is_over = true;
    /* Without handlers nobody may have looked while it was open. */
    if (!end->has_handlers && wsp_peer_get_http_status(end->peer) == 101)
        end->established = 1;
    /* The URL that names the connection takes memory. */
    wspi_test_failing_allocator_fail_at(0);
    learn_id(end);
    take_packets(end, SIZE_MAX);
    end->code = wsp_peer_get_close_code(end->peer);
    end->error = wsp_peer_get_error(end->peer);
    CHECK_BOOL(wsp_peer_get_error_message(end->peer)[0] != '\0', end->error != WSP_OK);
    wsp_peer_stats stats;
    wsp_peer_get_stats(end->peer, &stats);
    CHECK_SIZE(stats.messages_sent, end->sent);
    CHECK_SIZE(stats.messages_received, end->received);
    CHECK_SIZE(stats.queued_outbound_bytes, 0);
    virtual_history_note("%s %u over: code %d, %s, %zu sent, %zu received",
                         end->is_client ? "client" : "server", end->id, end->code,
                         wsp_result_string(end->error), end->sent, end->received);
}

static void close_one(life_end *end)
{
    static const int codes[] = {0, 1000, 1001, 1011, 3000, 4999};
    int code = codes[life_below(sizeof(codes) / sizeof(codes[0]))];
    wsp_state before = wsp_peer_get_ready_state(end->peer);
    CHECK_INT(wsp_peer_close(end->peer, code, code == 0 ? "" : "done"), WSP_OK);
    virtual_history_note("%s %u closes: %d", end->is_client ? "client" : "server", end->id, code);
    if (before == WSP_STATE_OPEN)
        end->closed_with = code == 0 ? WSP_CLOSE_NO_STATUS : code;
    if (before == WSP_STATE_CONNECTING)
        end->ended_itself = true;
}

static void drop_one(life_end *end)
{
    if (wsp_peer_get_ready_state(end->peer) != WSP_STATE_CLOSED)
        end->ended_itself = true;
    CHECK_INT(wsp_peer_close(end->peer, -1, ""), WSP_OK);
    note_end(end);
}

static void destroy_one(life_end *end)
{
    drop_one(end);
    wsp_peer_destroy(end->peer);
    end->peer = NULL;
}

/* -- handlers -------------------------------------------------------------- */

static void act_in_handler(life_end *end);

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    life_end *end = user;
    CHECK(peer == end->peer && protocol[0] == '\0');
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    end->established++;
    learn_id(end);
    act_in_handler(end);
}

static void on_data(wsp_peer *peer, void *user)
{
    life_end *end = user;
    CHECK(peer == end->peer && end->reports == 0 && end->established == 1);
    learn_id(end);
    if (end->takes_in_handler && end->id != 0)
        take_packets(end, 1);
    act_in_handler(end);
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    life_end *end = user;
    CHECK(peer == end->peer && end->reports == 0);
    CHECK_INT(code, wsp_peer_get_close_code(peer));
    if (!life.is_short_of_memory)
        CHECK_STRING(reason, code == WSP_CLOSE_NO_STATUS ? "" : "done");
    CHECK_INT(wsp_peer_send(peer, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
    act_in_handler(end);
}

static void connect_client(size_t index);

/* After the last word of a connection the peer is free for another one, at once. */
static void end_in_handler(life_end *end)
{
    CHECK_INT(wsp_peer_get_ready_state(end->peer), WSP_STATE_CLOSED);
    note_end(end);
    for (size_t i = 0; i < life.client_count; i++) {
        if (life.clients[i] == end && !life.is_ending && life_chance(30))
            connect_client(i);
    }
}

static void on_error(wsp_peer *peer, void *user)
{
    life_end *end = user;
    CHECK(peer == end->peer && end->established == 0);
    CHECK(wsp_peer_get_error(peer) != WSP_OK);
    end->reports++;
    end_in_handler(end);
}

static void on_closed(wsp_peer *peer, bool was_clean, void *user)
{
    life_end *end = user;
    CHECK(peer == end->peer && end->established == 1);
    CHECK_BOOL(was_clean, wsp_peer_get_close_code(peer) != -1);
    end->reports++;
    end_in_handler(end);
}

static void act_in_handler(life_end *end)
{
    wsp_peer *peer = end->peer;
    wsp_peer_poll(peer);
    if (life_chance(20))
        send_one(end);
    if (life.is_ending || !life_chance(3))
        return;
    if (life_chance(50))
        close_one(end);
    else if (!life.is_calm && life_chance(50))
        destroy_one(end);
    else if (!life.is_calm)
        drop_one(end);
}

/* -- peers ----------------------------------------------------------------- */

static life_end *add_end(wsp_peer *peer, bool is_client, unsigned id)
{
    CHECK(life.count < LIFE_MAX_ENDPOINTS);
    life_end *end = &life.ends[life.count++];
    *end = (life_end){
        .peer = peer, .is_client = is_client, .id = id, .closed_with = LIFE_NOT_CLOSED, .code = -1};
    end->has_handlers = life_chance(75);
    end->takes_in_handler = life_chance(50);
    const wsp_peer_handlers handlers = {
        .connection_established = on_established,
        .connection_error = on_error,
        .server_close_request = on_close_request,
        .data_received = on_data,
        .connection_closed = on_closed,
    };
    if (wsp_peer_set_handlers(peer, end->has_handlers ? &handlers : NULL, end) != WSP_OK) {
        CHECK(life.is_short_of_memory);
        end->has_handlers = false;
    }
    return end;
}

/* What leaves a calm world calm: without it, silence is never anybody's fault. */
static void draw_settings(wsp_peer *peer)
{
    wsp_peer_set_outbound_buffer_size(peer, life_chance(50) ? 1024 * 1024 : LIFE_MAX_MESSAGE);
    wsp_peer_set_inbound_buffer_size(peer, life_chance(50) ? 1024 * 1024 : LIFE_MAX_MESSAGE);
    wsp_peer_set_max_queued_packets(peer, life_chance(50) ? 4096 : 1 + life_below(20));
    wsp_peer_set_no_delay(peer, life_chance(50));
    if (!life.is_calm)
        wsp_peer_set_heartbeat_interval(peer, life_chance(30) ? 0.5 + (double)life_below(5) : 0);
}

/* The peer of a client is used again, or replaced by a new one. */
static void connect_client(size_t index)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]",
                                        "game.test", "slow.test", "10.0.0.1"};
    if (life.count + LIFE_MAX_CLIENTS >= LIFE_MAX_ENDPOINTS)
        return;
    life_end *last = life.clients[index];
    wsp_peer *peer = last != NULL ? last->peer : NULL;
    if (peer == NULL)
        peer = wsp_peer_create();
    if (peer == NULL) {
        CHECK(life.is_short_of_memory);
        return;
    }
    draw_settings(peer);
    char url[64];
    unsigned id = life.next_id++;
    (void)snprintf(url, sizeof(url), "ws://%s:%d/id/%u", hosts[life_below(sizeof(hosts) / sizeof(hosts[0]))],
                   LIFE_PORT, id);
    if (last != NULL) {
        CHECK(last->is_over);
        last->peer = NULL;
    }
    life_end *end = add_end(peer, true, id);
    life.clients[index] = end;
    wsp_result result = wsp_peer_connect_to_url(peer, url, NULL);
    virtual_history_note("client %u connects: %s", id, url);
    if (result != WSP_OK) {
        CHECK(!life.is_calm);
        end->ended_itself = true;
        end->is_over = true;
        end->error = result;
    }
}

/* false: memory is out. */
static bool accept_one(void)
{
    wsp_stream *stream = wsp_tcp_server_take_connection(life.server);
    wsp_peer *peer = stream != NULL ? wsp_peer_create() : NULL;
    if (peer == NULL) {
        CHECK(life.is_short_of_memory);
        wsp_stream_destroy(stream);
        return false;
    }
    draw_settings(peer);
    life_end *end = add_end(peer, false, 0);
    if (wsp_peer_accept_stream(peer, stream) == WSP_OK)
        return true;
    CHECK(life.is_short_of_memory);
    wsp_stream_destroy(stream);
    end->ended_itself = true;
    end->is_over = true;
    end->error = wsp_peer_get_error(peer);
    return false;
}

static void accept_all(void)
{
    while (life.count < LIFE_MAX_ENDPOINTS && wsp_tcp_server_is_connection_available(life.server) &&
           accept_one())
        continue;
}

/* -- steps ----------------------------------------------------------------- */

static void attend(life_end *end)
{
    learn_id(end);
    if (end->id != 0 && (life.is_calm || life.is_ending || life_chance(60)))
        take_packets(end, SIZE_MAX);
    note_end(end);
}

/* What a program with an event loop of its own does: waits for sockets and delays, polls who is due. */
static void wait_in_foreign_loop(double most)
{
    wspi_poll_entry entries[LIFE_MAX_ENDPOINTS];
    life_end *ends[LIFE_MAX_ENDPOINTS];
    double due[LIFE_MAX_ENDPOINTS];
    size_t count = 0;
    double start = wsp_now();
    for (size_t i = 0; i < life.count; i++) {
        life_end *end = &life.ends[i];
        if (end->peer == NULL || end->is_over)
            continue;
        double delay = wsp_peer_get_poll_delay(end->peer);
        if (delay >= 0 && delay < most)
            most = delay;
        due[count] = delay >= 0 ? start + delay : HUGE_VAL;
        ends[count] = end;
        entries[count++] = (wspi_poll_entry){.socket = wsp_peer_get_socket(end->peer),
                                             .wants_read = true,
                                             .wants_write = wsp_peer_wants_write(end->peer)};
    }
    (void)wspi_poller_wait(entries, count, most);
    for (size_t i = 0; i < count; i++) {
        bool is_due = entries[i].is_ready || wsp_now() >= due[i];
        /* A handler of one may have ended another. */
        if (is_due && ends[i]->peer != NULL && !ends[i]->is_over)
            wsp_peer_poll(ends[i]->peer);
    }
}

static life_end *choose_endpoint(void)
{
    if (life.count == 0)
        return NULL;
    life_end *end = &life.ends[life_below(life.count)];
    return end->peer != NULL && !end->is_over ? end : NULL;
}

static void let_time_pass(void)
{
    double most = (double)life_below(100) / 1000;
    life_end *end = choose_endpoint();
    switch (life.is_event_driven ? 0 : life_below(4)) {
    case 0: wait_in_foreign_loop(most); break;
    case 1:
        if (end != NULL)
            (void)wsp_peer_poll_wait(end->peer, most);
        break;
    case 2: virtual_advance(life.is_calm ? most : 10 * most); break;
    default: break;
    }
}

static void act(void)
{
    size_t client = life_below(life.client_count);
    if (life.clients[client] == NULL || (life.clients[client]->is_over && life_chance(30)))
        connect_client(client);
    life_end *end = choose_endpoint();
    if (end == NULL)
        return;
    size_t kind = life_below(100);
    if (kind < 70) {
        for (size_t left = 1 + life_below(8); left > 0; left--)
            send_one(end);
    } else if (kind < 80) {
        (void)wsp_peer_ping(end->peer, "ping", life_below(5));
    } else if (kind < 84) {
        /* A server that gives a request up breaks a calm client's attempt. */
        if (!life.is_calm || end->id != 0)
            close_one(end);
    } else if (kind == 84 && !life.is_calm) {
        drop_one(end);
    } else if (kind == 85 && !life.is_calm) {
        destroy_one(end);
    }
}

static void poll_everybody(void)
{
    accept_all();
    for (size_t i = 0; i < life.count; i++) {
        life_end *end = &life.ends[i];
        if (end->peer == NULL || (!life.is_calm && !life.is_ending && life_chance(30)))
            continue;
        if (!life.is_event_driven)
            wsp_peer_poll(end->peer);
        /* A handler may have destroyed it, or given it to the next connection. */
        if (end->peer != NULL && !end->is_over)
            attend(end);
    }
}

/* One request fails now and then, or all from one on; then there is memory again. */
static void draw_memory(void)
{
    if (!life.is_short_of_memory)
        return;
    if (life_chance(20))
        wspi_test_failing_allocator_fail_at(1 + life_below(20));
    if (life_chance(5))
        wspi_test_failing_allocator_fail_from(1 + life_below(20));
    if (life_chance(30))
        wspi_test_failing_allocator_fail_at(0);
}

void life_step(void)
{
    draw_memory();
    act();
    let_time_pass();
    poll_everybody();
}

void life_stop_listening(void)
{
    for (size_t i = 0; i < life.client_count; i++) {
        if (life.clients[i] == NULL || life.clients[i]->is_over)
            connect_client(i);
    }
    for (int i = 0; i < 10; i++) {
        wait_in_foreign_loop(0.1);
        for (size_t at = 0; at < life.client_count; at++)
            wsp_peer_poll(life.clients[at] != NULL ? life.clients[at]->peer : NULL);
    }
    (void)wsp_tcp_server_is_connection_available(life.server);
    wsp_tcp_server_stop(life.server);
}

/* -- the end --------------------------------------------------------------- */

static bool is_everything_over(void)
{
    for (size_t i = 0; i < life.count; i++) {
        if (life.ends[i].peer != NULL && !life.ends[i].is_over)
            return false;
    }
    return true;
}

/* What lets a world not be settled, or NULL. */
static const life_end *find_unsettled(void)
{
    for (size_t i = 0; i < life.count; i++) {
        const life_end *end = &life.ends[i];
        if (end->peer == NULL || end->is_over)
            continue;
        wsp_state state = wsp_peer_get_ready_state(end->peer);
        const life_end *other = end->other;
        bool is_missing_some = other != NULL && !other->ended_itself && end->received < other->sent;
        if (state == WSP_STATE_CONNECTING || (state == WSP_STATE_OPEN && is_missing_some))
            return end;
    }
    return NULL;
}

void life_settle(double seconds)
{
    life.is_ending = true;
    double until = wsp_now() + seconds;
    for (const life_end *end = find_unsettled(); end != NULL; end = find_unsettled()) {
        if (wsp_now() > until)
            FAIL("%s %u, state %d, has only %zu of %zu messages after %.0f s",
                 end->is_client ? "client" : "server", end->id, (int)wsp_peer_get_ready_state(end->peer),
                 end->received, end->other != NULL ? end->other->sent : 0, seconds);
        wait_in_foreign_loop(0.1);
        poll_everybody();
    }
}

static void close_open_ends(bool does_server_close)
{
    for (size_t i = 0; i < life.count; i++) {
        life_end *end = &life.ends[i];
        if (end->peer == NULL || end->is_over || (!end->is_client && !does_server_close))
            continue;
        if (wsp_peer_get_ready_state(end->peer) == WSP_STATE_OPEN)
            close_one(end);
    }
}

void life_end_all(double seconds)
{
    life.is_ending = true;
    wspi_test_failing_allocator_fail_at(0);
    double start = wsp_now();
    bool does_server_close = life_chance(50);
    while (!is_everything_over()) {
        if (wsp_now() > start + seconds)
            FAIL("not everything was over after %.0f s", seconds);
        close_open_ends(does_server_close);
        wait_in_foreign_loop(0.1);
        poll_everybody();
        /* A client that vanished leaves a server that is open for ever, unless it closes itself. */
        does_server_close = does_server_close || wsp_now() > start + seconds / 2;
    }
}
