/* SPDX-License-Identifier: MIT */

/*
 * Random lives of clients and servers in virtual worlds, through the public
 * API: connecting, sending, pinging, closing, dropping, reconnecting, from
 * outside and inside handlers, polled and waited for in every way, under the
 * faults that a seed draws. After each seed the rules that hold in every
 * history are checked, and the seed must give the same history again.
 *
 * WSPEER_TEST_SEED=N runs that seed alone, WSPEER_TEST_SEEDS=N that many of
 * each case; WSPEER_TEST_HISTORY=1 prints the history of what fails.
 */

#include "failing_allocator.h"
#include "net/poller.h"
#include "os_virtual.h"
#include "test.h"
#include "wspeer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_CLIENTS = 4,
    MAX_ENDPOINTS = 256,
    MAX_STEPS = 120,
    MAX_MESSAGE = 150 * 1000,
    CALM_BYTES = 100 * 1000, /* on their way at most; the slowest path carries them in 2 s, close_timeout is 5 */
    PORT = 9080,
    NOT_CLOSED = -1
};

/* Longest time that closing everything may take: connect_timeout 10 s, close_timeout ten times 5 s, and what
 * the plan lets come late. */
#define ENDING_SECONDS 200.0

typedef struct temper {
    unsigned fault_chance; /* of 100 connections; 0: nothing goes wrong at all */
    bool is_calm;
} temper;

/* One peer's part of one connection; kept after the peer is gone. */
typedef struct endpoint {
    wsp_peer *peer; /* NULL once it belongs to a later endpoint or is destroyed */
    struct endpoint *other;
    unsigned id; /* of the connection, 0 while a server does not know it */
    bool is_client;
    bool has_handlers;
    bool takes_in_handler;
    bool ended_itself; /* by a call that promises no report */
    size_t sent;
    size_t received;
    size_t sent_bytes;
    size_t received_bytes;
    unsigned established;
    unsigned reports;
    int closed_with; /* the code of our close() in OPEN */
    bool is_over;
    int code;
    wsp_result error;
} endpoint;

static struct {
    temper temper;
    uint64_t random;
    uint64_t seed;
    wsp_tcp_server *server;
    endpoint *clients[MAX_CLIENTS]; /* the latest of each */
    size_t client_count;
    endpoint endpoints[MAX_ENDPOINTS];
    size_t count;
    unsigned next_id;
    size_t largest; /* message */
    bool is_ending;
    bool is_event_driven; /* polls only who asks for it, as a foreign event loop does */
    uint8_t bytes[MAX_MESSAGE + 8];
} world;

static size_t below(size_t count)
{
    return wspi_test_random_below(&world.random, count);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
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
    return wspi_test_random_below(state, MAX_MESSAGE);
}

/* The Nth message of an endpoint is always the same one, so nothing needs to be remembered. */
static message make_message(const endpoint *from, size_t number, uint8_t *out)
{
    uint64_t state = world.seed ^ (uint64_t)from->id << 40 ^ (uint64_t)from->is_client << 32 ^ number;
    message made = {.size = draw_size(&state) % world.largest, .is_text = wspi_test_random_below(&state, 2) == 0};
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

static void send_one(endpoint *end)
{
    /* An accepted peer sends no sooner than it knows the connection's id. */
    if (end->id == 0)
        return;
    bool was_open = wsp_peer_get_ready_state(end->peer) == WSP_STATE_OPEN;
    message next = make_message(end, end->sent, world.bytes);
    size_t arrived = end->other != NULL ? end->other->received_bytes : 0;
    if (world.temper.is_calm && end->sent_bytes > arrived && end->sent_bytes - arrived + next.size > CALM_BYTES)
        return;
    wsp_result result = wsp_peer_send(end->peer, world.bytes, next.size,
                                      next.is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    if (result == WSP_OK) {
        end->sent++;
        end->sent_bytes += next.size;
    }
    if (!was_open)
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
    else if (result != WSP_OK && result != WSP_ERR_BUFFER_FULL && world.temper.is_calm)
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
}

/* What arrives is what the other side sent, one after the other. */
static void take_packets(endpoint *end, size_t most)
{
    for (size_t i = 0; i < most && wsp_peer_get_available_packet_count(end->peer) > 0; i++) {
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(end->peer, &size);
        CHECK(packet != NULL && packet[size] == 0);
        CHECK(end->other != NULL && end->received < end->other->sent);
        message wanted = make_message(end->other, end->received, world.bytes);
        CHECK_SIZE(size, wanted.size);
        CHECK_BOOL(wsp_peer_was_string_packet(end->peer), wanted.is_text);
        CHECK_BOOL(memcmp(packet, world.bytes, size) == 0, true);
        end->received++;
        end->received_bytes += size;
    }
}

/* -- ends ------------------------------------------------------------------ */

/* The connection is over: what is left of it is taken and its facts are kept. */
static void note_end(endpoint *end)
{
    if (end->is_over || wsp_peer_get_ready_state(end->peer) != WSP_STATE_CLOSED)
        return;
    end->is_over = true;
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

static void close_one(endpoint *end)
{
    static const int codes[] = {0, 1000, 1001, 1011, 3000, 4999};
    int code = codes[below(sizeof(codes) / sizeof(codes[0]))];
    wsp_state before = wsp_peer_get_ready_state(end->peer);
    CHECK_INT(wsp_peer_close(end->peer, code, code == 0 ? "" : "done"), WSP_OK);
    virtual_history_note("%s %u closes: %d", end->is_client ? "client" : "server", end->id, code);
    if (before == WSP_STATE_OPEN)
        end->closed_with = code == 0 ? WSP_CLOSE_NO_STATUS : code;
    if (before == WSP_STATE_CONNECTING)
        end->ended_itself = true;
}

static void drop_one(endpoint *end)
{
    if (wsp_peer_get_ready_state(end->peer) != WSP_STATE_CLOSED)
        end->ended_itself = true;
    CHECK_INT(wsp_peer_close(end->peer, -1, ""), WSP_OK);
    note_end(end);
}

static void destroy_one(endpoint *end)
{
    drop_one(end);
    wsp_peer_destroy(end->peer);
    end->peer = NULL;
}

/* -- handlers -------------------------------------------------------------- */

static void act_in_handler(endpoint *end);

static endpoint *find_client(unsigned id)
{
    for (size_t i = 0; i < world.count; i++) {
        if (world.endpoints[i].is_client && world.endpoints[i].id == id)
            return &world.endpoints[i];
    }
    return NULL;
}

/* The path of the URL says which connection it is. */
static void learn_id(endpoint *end)
{
    if (end->id != 0 || wsp_peer_get_ready_state(end->peer) == WSP_STATE_CONNECTING)
        return;
    const char *path = strstr(wsp_peer_get_requested_url(end->peer), "/id/");
    if (path == NULL)
        return;
    end->id = (unsigned)strtoul(path + 4, NULL, 10);
    endpoint *client = find_client(end->id);
    CHECK(client != NULL && client->other == NULL);
    client->other = end;
    end->other = client;
}

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    endpoint *end = user;
    CHECK(peer == end->peer && protocol[0] == '\0');
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    end->established++;
    learn_id(end);
    act_in_handler(end);
}

static void on_data(wsp_peer *peer, void *user)
{
    endpoint *end = user;
    CHECK(peer == end->peer && end->reports == 0 && end->established == 1);
    if (end->takes_in_handler)
        take_packets(end, 1);
    act_in_handler(end);
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    endpoint *end = user;
    CHECK(peer == end->peer && end->reports == 0);
    CHECK_INT(code, wsp_peer_get_close_code(peer));
    CHECK_STRING(reason, code == WSP_CLOSE_NO_STATUS ? "" : "done");
    CHECK_INT(wsp_peer_send(peer, "x", 1, WSP_WRITE_MODE_TEXT), WSP_ERR_NOT_OPEN);
    act_in_handler(end);
}

static void connect_client(size_t index);

/* After the last word of a connection the peer is free for another one, at once. */
static void end_in_handler(endpoint *end)
{
    CHECK_INT(wsp_peer_get_ready_state(end->peer), WSP_STATE_CLOSED);
    note_end(end);
    for (size_t i = 0; i < world.client_count; i++) {
        if (world.clients[i] == end && !world.is_ending && chance(30))
            connect_client(i);
    }
}

static void on_error(wsp_peer *peer, void *user)
{
    endpoint *end = user;
    CHECK(peer == end->peer && end->established == 0);
    CHECK(wsp_peer_get_error(peer) != WSP_OK);
    end->reports++;
    end_in_handler(end);
}

static void on_closed(wsp_peer *peer, bool was_clean, void *user)
{
    endpoint *end = user;
    CHECK(peer == end->peer && end->established == 1);
    CHECK_BOOL(was_clean, wsp_peer_get_close_code(peer) != -1);
    end->reports++;
    end_in_handler(end);
}

static void act_in_handler(endpoint *end)
{
    wsp_peer *peer = end->peer;
    wsp_peer_poll(peer);
    if (chance(20))
        send_one(end);
    if (world.is_ending || !chance(3))
        return;
    if (chance(50))
        close_one(end);
    else if (!world.temper.is_calm && chance(50))
        destroy_one(end);
    else if (!world.temper.is_calm)
        drop_one(end);
}

/* -- peers ----------------------------------------------------------------- */

static endpoint *add_endpoint(wsp_peer *peer, bool is_client, unsigned id)
{
    CHECK(world.count < MAX_ENDPOINTS);
    endpoint *end = &world.endpoints[world.count++];
    *end = (endpoint){.peer = peer,
                      .is_client = is_client,
                      .id = id,
                      .has_handlers = chance(75),
                      .takes_in_handler = chance(50),
                      .closed_with = NOT_CLOSED,
                      .code = -1};
    const wsp_peer_handlers handlers = {
        .connection_established = on_established,
        .connection_error = on_error,
        .server_close_request = on_close_request,
        .data_received = on_data,
        .connection_closed = on_closed,
    };
    CHECK_INT(wsp_peer_set_handlers(peer, end->has_handlers ? &handlers : NULL, end), WSP_OK);
    return end;
}

/* What leaves a calm world calm: without it, silence is never anybody's fault. */
static void draw_settings(wsp_peer *peer)
{
    wsp_peer_set_outbound_buffer_size(peer, chance(50) ? 1024 * 1024 : MAX_MESSAGE);
    wsp_peer_set_inbound_buffer_size(peer, chance(50) ? 1024 * 1024 : MAX_MESSAGE);
    wsp_peer_set_max_queued_packets(peer, chance(50) ? 4096 : 1 + below(20));
    wsp_peer_set_no_delay(peer, chance(50));
    if (!world.temper.is_calm)
        wsp_peer_set_heartbeat_interval(peer, chance(30) ? 0.5 + (double)below(5) : 0);
}

/* The peer of a client is used again, or replaced by a new one. */
static void connect_client(size_t index)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", "game.test", "10.0.0.1"};
    if (world.count + MAX_CLIENTS >= MAX_ENDPOINTS)
        return;
    endpoint *last = world.clients[index];
    wsp_peer *peer = last != NULL ? last->peer : NULL;
    if (peer == NULL)
        peer = wsp_peer_create();
    CHECK(peer != NULL);
    draw_settings(peer);
    char url[64];
    unsigned id = world.next_id++;
    (void)snprintf(url, sizeof(url), "ws://%s:%d/id/%u", hosts[below(sizeof(hosts) / sizeof(hosts[0]))], PORT,
                   id);
    if (last != NULL) {
        CHECK(last->is_over);
        last->peer = NULL;
    }
    endpoint *end = add_endpoint(peer, true, id);
    world.clients[index] = end;
    wsp_result result = wsp_peer_connect_to_url(peer, url, NULL);
    virtual_history_note("client %u connects: %s", id, url);
    if (result != WSP_OK) {
        CHECK(!world.temper.is_calm);
        end->ended_itself = true;
        end->is_over = true;
        end->error = result;
    }
}

static void accept_all(void)
{
    while (wsp_tcp_server_is_connection_available(world.server) && world.count < MAX_ENDPOINTS) {
        wsp_stream *stream = wsp_tcp_server_take_connection(world.server);
        wsp_peer *peer = wsp_peer_create();
        CHECK(stream != NULL && peer != NULL);
        draw_settings(peer);
        add_endpoint(peer, false, 0);
        CHECK_INT(wsp_peer_accept_stream(peer, stream), WSP_OK);
    }
}

/* -- steps ----------------------------------------------------------------- */

static void attend(endpoint *end)
{
    learn_id(end);
    /* Without handlers the program has to look. */
    if (!end->has_handlers && end->established == 0 && wsp_peer_get_ready_state(end->peer) == WSP_STATE_OPEN)
        end->established = 1;
    if (end->id != 0 && (world.temper.is_calm || world.is_ending || chance(60)))
        take_packets(end, SIZE_MAX);
    note_end(end);
}

/* What a program with an event loop of its own does: waits for sockets and delays, polls who is due. */
static void wait_in_foreign_loop(double most)
{
    wspi_poll_entry entries[MAX_ENDPOINTS];
    endpoint *ends[MAX_ENDPOINTS];
    double due[MAX_ENDPOINTS];
    size_t count = 0;
    double start = wsp_now();
    for (size_t i = 0; i < world.count; i++) {
        endpoint *end = &world.endpoints[i];
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

static endpoint *choose_endpoint(void)
{
    endpoint *end = &world.endpoints[below(world.count)];
    return end->peer != NULL && !end->is_over ? end : NULL;
}

static void let_time_pass(void)
{
    double most = (double)below(100) / 1000;
    endpoint *end = world.count > 0 ? choose_endpoint() : NULL;
    switch (world.is_event_driven ? 0 : below(4)) {
    case 0: wait_in_foreign_loop(most); break;
    case 1:
        if (end != NULL)
            (void)wsp_peer_poll_wait(end->peer, most);
        break;
    case 2: virtual_advance(world.temper.is_calm ? most : 10 * most); break;
    default: break;
    }
}

static void act(void)
{
    size_t client = below(world.client_count);
    if (world.clients[client] == NULL || (world.clients[client]->is_over && chance(30)))
        connect_client(client);
    endpoint *end = choose_endpoint();
    if (end == NULL)
        return;
    size_t kind = below(100);
    if (kind < 70) {
        for (size_t left = 1 + below(8); left > 0; left--)
            send_one(end);
    } else if (kind < 80) {
        (void)wsp_peer_ping(end->peer, "ping", below(5));
    } else if (kind < 84) {
        close_one(end);
    } else if (kind == 84 && !world.temper.is_calm) {
        drop_one(end);
    } else if (kind == 85 && !world.temper.is_calm) {
        destroy_one(end);
    }
}

static void poll_everybody(void)
{
    accept_all();
    for (size_t i = 0; i < world.count; i++) {
        endpoint *end = &world.endpoints[i];
        if (end->peer == NULL || (!world.temper.is_calm && !world.is_ending && chance(30)))
            continue;
        if (!world.is_event_driven)
            wsp_peer_poll(end->peer);
        /* A handler may have destroyed it, or given it to the next connection. */
        if (end->peer != NULL && !end->is_over)
            attend(end);
    }
}

static bool is_everything_over(void)
{
    for (size_t i = 0; i < world.count; i++) {
        if (world.endpoints[i].peer != NULL && !world.endpoints[i].is_over)
            return false;
    }
    return true;
}

static void end_everything(void)
{
    world.is_ending = true;
    double until = wsp_now() + ENDING_SECONDS;
    bool does_server_close = chance(50);
    while (!is_everything_over()) {
        if (wsp_now() > until)
            FAIL("not everything was over after %.0f s", ENDING_SECONDS);
        for (size_t i = 0; i < world.count; i++) {
            endpoint *end = &world.endpoints[i];
            if (end->peer == NULL || end->is_over || (!end->is_client && !does_server_close))
                continue;
            if (wsp_peer_get_ready_state(end->peer) == WSP_STATE_OPEN)
                close_one(end);
        }
        wait_in_foreign_loop(0.1);
        poll_everybody();
        /* A client that vanished leaves a server that is open for ever, unless it closes itself. */
        does_server_close = does_server_close || wsp_now() > until - ENDING_SECONDS / 2;
    }
}

/* -- what holds in every history ------------------------------------------- */

static void check_endpoint(const endpoint *end)
{
    TEST_NOTE("seed %llu, %s %u: code %d, error %s, %zu sent, %zu received", (unsigned long long)world.seed,
              end->is_client ? "client" : "server", end->id, end->code, wsp_result_string(end->error),
              end->sent, end->received);
    CHECK(end->is_over);
    CHECK(end->established <= 1);
    CHECK_SIZE(end->reports, end->has_handlers && !end->ended_itself ? 1 : 0);
    CHECK(end->received <= (end->other != NULL ? end->other->sent : 0));
    const endpoint *other = end->other;
    if (end->code != -1) {
        /* Clean: their close frame came, and with it everything in front of it. */
        CHECK_INT(end->error, WSP_OK);
        CHECK(other != NULL);
        CHECK(end->code == other->closed_with || end->code == end->closed_with);
        CHECK(other->closed_with != NOT_CLOSED || end->closed_with != NOT_CLOSED);
        CHECK_SIZE(end->received, other->sent);
    } else if (end->error == WSP_OK) {
        CHECK(end->ended_itself);
    }
    if (world.temper.is_calm && end->established == 1 && !end->ended_itself && !other->ended_itself) {
        CHECK_INT(end->error, WSP_OK);
        CHECK(end->code != -1);
        /* Both closed at once: each has the other's code. Else both have the same. */
        if (end->closed_with == NOT_CLOSED || other->closed_with == NOT_CLOSED)
            CHECK_INT(end->code, other->code);
    }
}

/* -- worlds ---------------------------------------------------------------- */

static void log_nothing(wsp_log_level level, const char *line, void *user)
{
    (void)level;
    (void)line;
    (void)user;
}

static void draw_machine(void)
{
    const wspi_address addresses[3] = {
        {.family = 6, .bytes = {[0] = 0xfd, [15] = 1}},
        {.family = 4, .bytes = {203, 0, 113, 5}},
        {.family = 4, .bytes = {10, 0, 0, 1}},
    };
    bool is_calm = world.temper.is_calm;
    virtual_vary_paths(chance(90));
    virtual_set_fault_chance(world.temper.fault_chance);
    virtual_set_name("game.test", addresses, 3, is_calm ? 0.01 : (double)below(3));
    if (is_calm)
        return;
    virtual_set_accept_shows_reset(chance(50));
    if (chance(20))
        virtual_set_name_failure("game.test", "Name or service not known", 0.3);
    if (chance(20))
        virtual_set_socket_limit(2 + below(10));
    if (chance(20))
        virtual_fail_calls(VIRTUAL_CALL_RANDOM, below(40), 1 + below(3));
    if (chance(20))
        virtual_fail_calls(VIRTUAL_CALL_LOOKUP_START, below(3), 1);
    if (chance(20))
        virtual_set_backlog(1 + below(2));
    if (chance(20))
        virtual_set_ipv6(false);
}

/* One whole life; answers the hash of its history. */
static uint64_t live(uint64_t seed, temper mood)
{
    virtual_begin(seed);
    memset(&world, 0, sizeof(world));
    world.temper = mood;
    world.seed = seed;
    world.random = seed;
    world.next_id = 1;
    static const size_t largest[] = {200, 3000, 3000, MAX_MESSAGE};
    world.client_count = 1 + below(MAX_CLIENTS);
    world.largest = largest[below(4)];
    world.is_event_driven = chance(40);
    world.server = wsp_tcp_server_create();
    draw_machine();
    CHECK_INT(wsp_tcp_server_listen(world.server, PORT, "*"), WSP_OK);
    if (chance(50))
        CHECK_INT(wsp_tcp_server_set_shared_readiness(world.server, true), WSP_OK);
    connect_client(0);
    for (size_t steps = 20 + below(MAX_STEPS - 20); steps > 0; steps--) {
        act();
        let_time_pass();
        poll_everybody();
    }
    end_everything();
    for (size_t i = 0; i < world.count; i++) {
        check_endpoint(&world.endpoints[i]);
        wsp_peer_destroy(world.endpoints[i].peer);
    }
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    wsp_tcp_server_destroy(world.server);
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
    return virtual_history_hash();
}

static void show_history(void)
{
    const char *wanted = getenv("WSPEER_TEST_HISTORY");
    if (wanted != NULL && wanted[0] == '1')
        fprintf(stderr, "%s", virtual_history_text());
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static void live_twice(uint64_t seed, temper mood, const wspi_test_failing_allocator *allocator)
{
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    uint64_t first = live(seed, mood);
    CHECK_SIZE(allocator->live_blocks, 0);
    uint64_t second = live(seed, mood);
    CHECK_SIZE(allocator->live_blocks, 0);
    if (first != second)
        FAIL("the second history of the seed is another one");
}

static void live_seeds(uint64_t from, size_t count, temper mood)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_at_case_end(show_history);
    wsp_set_log_handler(log_nothing, WSP_LOG_ERROR, NULL);
    const char *seed = getenv("WSPEER_TEST_SEED");
    const char *seeds = getenv("WSPEER_TEST_SEEDS");
    if (seed != NULL && seed[0] != '\0') {
        from = strtoull(seed, NULL, 0);
        count = 1;
    } else if (seeds != NULL && seeds[0] != '\0') {
        count = strtoull(seeds, NULL, 0);
    }
    for (size_t i = 0; i < count; i++)
        live_twice(from + i, mood, allocator);
}

static void without_faults_everything_arrives_and_closes_cleanly(void)
{
    live_seeds(1, 100, (temper){.fault_chance = 0, .is_calm = true});
}

static void with_few_faults_the_rules_hold(void)
{
    live_seeds(1000001, 120, (temper){.fault_chance = 10, .is_calm = false});
}

static void with_many_faults_the_rules_hold(void)
{
    live_seeds(2000001, 120, (temper){.fault_chance = 60, .is_calm = false});
}

static const wspi_test_case cases[] = {
    TEST_CASE(without_faults_everything_arrives_and_closes_cleanly),
    TEST_CASE(with_few_faults_the_rules_hold),
    TEST_CASE(with_many_faults_the_rules_hold),
};

TEST_MAIN(cases)
