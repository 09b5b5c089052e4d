/* SPDX-License-Identifier: MIT */

/*
 * Random calls, legal and not, on multiplayers of one program: servers that come and go, clients of both
 * dialects, from outside and inside handlers, over a virtual network that breaks, with memory that runs out.
 * Checked are the life of each session, who is said to be there, and that packets arrive once, in order,
 * without a gap, at those they were for.
 *
 * WSPEER_TEST_SEED=N runs that seed alone, WSPEER_TEST_SEEDS=N that many.
 */

#include "failing_allocator.h"
#include "os_virtual.h"
#include "random_seeds.h"
#include "test.h"
#include "wspeer.h"

#include <stdio.h>
#include <string.h>

enum { PLAYERS = 6, SESSIONS = 100, MEMBERS = 40, LET_IN = 160, PACKETS = 3000, PORT = 8080 };

/* One time in a game of one player, known to all others by its number. */
typedef struct session {
    int32_t id; /* 0: not known yet */
    bool is_server;
    int32_t targets[PACKETS]; /* of packet n */
    size_t sent;
    size_t seen[SESSIONS];  /* by sender: one more than the last packet that came from there */
    int32_t let_in[LET_IN]; /* of a server: the ids that it let in, and its packets before each */
    size_t sent_before[LET_IN];
    size_t let_in_count;
} session;

typedef struct player {
    wsp_multiplayer *game;
    session *now; /* the latest */
    wsp_connection_status status;
    bool is_polled;
    bool is_server;
    bool has_handlers;
    bool is_owed; /* connection_failed or peer_disconnected(1) */
    bool is_in_game;
    unsigned lives; /* of the object */
    int32_t members[MEMBERS];
    size_t member_count;
} player;

static struct {
    uint64_t seed;
    uint64_t random;
    unsigned depth;
    wsp_multiplayer_dialect dialect;
    bool is_short_of_memory;
    bool is_ending;
    player players[PLAYERS];
    session sessions[SESSIONS];
    size_t session_count;
    uint8_t bytes[70000];
    size_t joined;
    size_t delivered;
} all;

static size_t below(size_t count)
{
    return wspi_test_random_below(&all.random, count);
}

static bool chance(unsigned percent)
{
    return below(100) < percent;
}

static void act(void);

static void act_inside(void)
{
    if (all.depth >= 3 || !chance(25))
        return;
    all.depth++;
    act();
    all.depth--;
}

static void check_result(wsp_result result, wsp_result wanted)
{
    if (result == WSP_ERR_OUT_OF_MEMORY)
        CHECK(all.is_short_of_memory);
    else
        CHECK_STRING(wsp_result_string(result), wsp_result_string(wanted));
}

/* -- packets --------------------------------------------------------------- */

static size_t index_of(const session *of)
{
    return (size_t)(of - all.sessions);
}

static size_t make_packet(const session *from, size_t number)
{
    uint64_t state = all.seed ^ (uint64_t)index_of(from) << 40 ^ number;
    size_t most = wspi_test_random_below(&state, 50) == 0 ? 60000 : 400;
    size_t size = 8 + wspi_test_random_below(&state, most);
    for (size_t i = 8; i < size; i++)
        all.bytes[i] = (uint8_t)wspi_test_random(&state);
    uint32_t head[2] = {(uint32_t)index_of(from), (uint32_t)number};
    memcpy(all.bytes, head, 8);
    return size;
}

static bool is_target(int32_t target, int32_t id, bool is_to_server_only)
{
    return is_to_server_only || target == 0 || target == id || (target < 0 && target != -id);
}

/* The packets of a server before it let somebody in; SIZE_MAX: it did not say. */
static size_t find_mark(const session *server, int32_t id, size_t most)
{
    for (size_t i = server->let_in_count; i-- > 0;) {
        if (server->let_in[i] == id && server->sent_before[i] <= most)
            return server->sent_before[i];
    }
    return SIZE_MAX;
}

/* Between a server and its clients nothing is left out. */
static void check_no_gap(const session *to, const session *from, size_t number)
{
    if (!from->is_server && !to->is_server)
        return;
    size_t i = to->seen[index_of(from)];
    size_t mark = from->is_server ? find_mark(from, to->id, number) : 0;
    if (i < mark)
        i = mark;
    for (; i < number; i++) {
        if (is_target(from->targets[i], to->id,
                      !from->is_server && all.dialect == WSP_MULTIPLAYER_DIALECT_GODOT4))
            FAIL("packet %zu to %ld is missing, %zu came [seed %llu, from %zu to %zu]", i,
                 (long)from->targets[i], number, (unsigned long long)all.seed, index_of(from), index_of(to));
    }
}

static void take(player *of, size_t most)
{
    while (most-- > 0 && wsp_multiplayer_get_available_packet_count(of->game) > 0) {
        int32_t id = wsp_multiplayer_get_packet_peer(of->game);
        size_t size = 0;
        const uint8_t *data = wsp_multiplayer_get_packet(of->game, &size);
        CHECK(data != NULL && data[size] == 0 && size >= 8);
        uint32_t head[2];
        memcpy(head, data, 8);
        CHECK(head[0] < all.session_count);
        session *from = &all.sessions[head[0]];
        TEST_NOTE("seed %llu: packet %u of session %u, id %ld, for session %zu, %zu seen",
                  (unsigned long long)all.seed, head[1], head[0], (long)id, index_of(of->now),
                  of->now->seen[head[0]]);
        CHECK(head[1] < from->sent);
        CHECK_INT(id, from->is_server ? 1 : from->id);
        CHECK(head[1] >= of->now->seen[head[0]]);
        CHECK_BYTES(data, size, all.bytes, make_packet(from, head[1]));
        /* Without handlers a client may come and go in one poll, and its id is never seen. */
        bool reaches_server_only = !from->is_server && all.dialect == WSP_MULTIPLAYER_DIALECT_GODOT4;
        CHECK(of->now->id == 0 || is_target(from->targets[head[1]], of->now->id, reaches_server_only));
        if (of->now->id != 0)
            check_no_gap(of->now, from, head[1]);
        of->now->seen[head[0]] = head[1] + 1;
        all.delivered++;
    }
    if (wsp_multiplayer_get_available_packet_count(of->game) == 0) {
        CHECK(wsp_multiplayer_get_packet(of->game, NULL) == NULL);
        CHECK_INT(wsp_multiplayer_get_packet_peer(of->game), 0);
    }
}

static void look(player *of)
{
    if (of->game == NULL)
        return;
    wsp_connection_status status = wsp_multiplayer_get_connection_status(of->game);
    if (!of->is_polled)
        CHECK_INT(status, of->status);
    else if (status != of->status)
        CHECK(status == WSP_CONNECTION_DISCONNECTED || of->status == WSP_CONNECTION_CONNECTING);
    of->status = status;
    int32_t id = wsp_multiplayer_get_unique_id(of->game);
    CHECK_BOOL(id != 0, status == WSP_CONNECTION_CONNECTED);
    CHECK_BOOL(wsp_multiplayer_is_server(of->game), of->is_server && status == WSP_CONNECTION_CONNECTED);
    CHECK_BOOL(wsp_multiplayer_get_local_port(of->game) != 0, wsp_multiplayer_is_server(of->game));
    if (id != 0) {
        CHECK(of->now->id == 0 || of->now->id == id);
        of->now->id = id;
        CHECK_BOOL(id == 1, of->is_server);
    }
    if (of->is_polled || !of->has_handlers)
        return;
    int32_t ids[MEMBERS];
    size_t count = wsp_multiplayer_get_peer_ids(of->game, ids, MEMBERS);
    CHECK_SIZE(count, of->member_count);
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || ids[i] > ids[i - 1]);
        bool found = false;
        for (size_t j = 0; j < count; j++)
            found = found || of->members[j] == ids[i];
        CHECK(found && ids[i] != id);
    }
}

static void look_at_all(void)
{
    for (size_t i = 0; i < PLAYERS; i++)
        look(&all.players[i]);
}

/* -- handlers -------------------------------------------------------------- */

static size_t find_member(const player *of, int32_t id)
{
    size_t i = 0;
    while (i < of->member_count && of->members[i] != id)
        i++;
    return i;
}

static void on_connected(wsp_multiplayer *game, int32_t id, void *user)
{
    player *of = user;
    CHECK(of->game == game && of->is_polled && find_member(of, id) == of->member_count);
    CHECK_INT(wsp_multiplayer_get_connection_status(game), WSP_CONNECTION_CONNECTED);
    CHECK(of->member_count < MEMBERS);
    if (!of->is_server && id == 1) {
        CHECK(!of->is_in_game && of->is_owed);
        of->is_in_game = true;
        CHECK_SIZE(of->member_count, 0);
    }
    CHECK(of->is_server || of->is_in_game);
    of->members[of->member_count++] = id;
    all.joined++;
    look(of);
    if (of->is_server) {
        CHECK(of->now->let_in_count < LET_IN);
        of->now->let_in[of->now->let_in_count] = id;
        of->now->sent_before[of->now->let_in_count++] = of->now->sent;
    }
    act_inside();
}

static void on_disconnected(wsp_multiplayer *game, int32_t id, void *user)
{
    player *of = user;
    size_t at = find_member(of, id);
    CHECK(of->game == game && of->is_polled && at < of->member_count);
    if (!of->is_server && id == 1) {
        CHECK(of->is_owed && of->is_in_game);
        of->is_owed = false;
        of->is_in_game = false;
        of->member_count = 0;
        CHECK_INT(wsp_multiplayer_get_connection_status(game), WSP_CONNECTION_DISCONNECTED);
    } else {
        of->members[at] = of->members[--of->member_count];
    }
    if (of->is_server || id == 1) {
        wsp_peer *peer = wsp_multiplayer_get_peer(game, id);
        CHECK(peer != NULL);
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        CHECK(wsp_peer_get_error(peer) != WSP_OK || wsp_peer_get_close_code(peer) != -1);
    }
    look(of);
    act_inside();
}

static void on_failed(wsp_multiplayer *game, void *user)
{
    player *of = user;
    CHECK(of->game == game && of->is_polled && of->is_owed && !of->is_in_game && !of->is_server);
    CHECK_INT(wsp_multiplayer_get_connection_status(game), WSP_CONNECTION_DISCONNECTED);
    CHECK(wsp_multiplayer_get_error(game) != WSP_OK && wsp_multiplayer_get_error_message(game)[0] != '\0');
    of->is_owed = false;
    look(of);
    act_inside();
}

static const wsp_multiplayer_handlers handlers = {on_connected, on_disconnected, on_failed};

static void start(player *of)
{
    if (all.session_count >= SESSIONS || all.is_ending)
        return;
    if (of->status == WSP_CONNECTION_DISCONNECTED)
        take(of, SIZE_MAX);
    session *next = &all.sessions[all.session_count];
    bool is_server = of < all.players + 2;
    int port = PORT + (int)below(2);
    char url[64];
    (void)snprintf(url, sizeof(url), "ws://127.0.0.1:%d/", chance(5) ? 9 : port);
    bool was_free = of->status == WSP_CONNECTION_DISCONNECTED;
    if (was_free)
        CHECK_INT(wsp_multiplayer_set_dialect(of->game, all.dialect), WSP_OK);
    else
        CHECK_INT(wsp_multiplayer_set_dialect(of->game, all.dialect), WSP_ERR_ALREADY_IN_USE);
    wsp_result result = is_server ? wsp_multiplayer_create_server(of->game, port, NULL, NULL)
                                  : wsp_multiplayer_create_client(of->game, url, NULL);
    if (!was_free) {
        CHECK_INT(result, WSP_ERR_ALREADY_IN_USE);
        return;
    }
    CHECK_INT(wsp_multiplayer_get_error(of->game), result);
    of->is_owed = false;
    if (result != WSP_OK) {
        CHECK(result == WSP_ERR_OUT_OF_MEMORY || result == WSP_ERR_ADDRESS_IN_USE);
        return;
    }
    all.session_count++;
    next->is_server = is_server;
    of->now = next;
    of->is_server = is_server;
    of->is_in_game = false;
    of->is_owed = !is_server && of->has_handlers;
    of->member_count = 0;
    of->status = is_server ? WSP_CONNECTION_CONNECTED : WSP_CONNECTION_CONNECTING;
}

static void set_handlers(player *of)
{
    of->has_handlers = chance(90);
    CHECK_INT(wsp_multiplayer_set_handlers(of->game, of->has_handlers ? &handlers : NULL, of), WSP_OK);
}

static void put(player *of)
{
    int32_t targets[] = {0, 1, -1, 0, 0};
    if (of->member_count > 0) {
        targets[2] = of->members[below(of->member_count)];
        targets[3] = -of->members[below(of->member_count)];
    }
    int32_t target = targets[below(5)];
    wsp_multiplayer_set_target_peer(of->game, target);
    CHECK(wsp_multiplayer_put_packet(of->game, NULL, 1) != WSP_OK);
    if (of->now == NULL || of->now->sent == PACKETS)
        return;
    session *now = of->now;
    size_t size = make_packet(now, now->sent);
    now->targets[now->sent] = target;
    wsp_result result = wsp_multiplayer_put_packet(of->game, all.bytes, size);
    if (result == WSP_OK) {
        CHECK_INT(of->status, WSP_CONNECTION_CONNECTED);
        now->sent++;
    } else if (of->status != WSP_CONNECTION_CONNECTED) {
        CHECK_INT(result, WSP_ERR_NOT_OPEN);
    } else if (result == WSP_ERR_OUT_OF_MEMORY) {
        CHECK(all.is_short_of_memory);
    } else if (result == WSP_ERR_INVALID_PARAMETER) {
        CHECK(target != 0 &&
              (target == wsp_multiplayer_get_unique_id(of->game) || !of->has_handlers || of->is_polled));
    } else {
        CHECK(result == WSP_ERR_NOT_OPEN || result == WSP_ERR_BUFFER_FULL ||
              result == WSP_ERR_MESSAGE_TOO_BIG);
    }
}

static void forget(player *of)
{
    of->status = WSP_CONNECTION_DISCONNECTED;
    of->member_count = 0;
    of->is_owed = false;
    of->is_in_game = false;
}

static void disconnect(player *of)
{
    CHECK_INT(wsp_multiplayer_disconnect_peer(of->game, 77, false), WSP_ERR_INVALID_PARAMETER);
    if (of->member_count == 0)
        return;
    int32_t id = of->is_server ? of->members[below(of->member_count)] : 1;
    bool is_forced = chance(40);
    wsp_result result = wsp_multiplayer_disconnect_peer(of->game, id, is_forced);
    CHECK_INT(result, WSP_OK);
    if (!is_forced)
        return;
    if (of->is_server)
        of->members[find_member(of, id)] = of->members[--of->member_count];
    else
        forget(of);
}

static void poll_player(player *of)
{
    wsp_multiplayer *game = of->game;
    unsigned lives = of->lives;
    bool nested = of->is_polled;
    of->is_polled = true;
    if (chance(60))
        wsp_multiplayer_poll(game);
    else
        (void)wsp_multiplayer_poll_wait(game, chance(50) ? 0 : (double)below(30) / 1000);
    if (of->lives != lives)
        return;
    look(of);
    of->is_polled = nested;
    if (!nested && of->status == WSP_CONNECTION_DISCONNECTED)
        CHECK(!of->is_owed);
    if (!nested)
        look(of);
}

static void change_settings(player *of)
{
    switch (below(6)) {
    case 0:
        check_result(wsp_multiplayer_set_inbound_buffer_size(of->game, 70000 + below(100000)), WSP_OK);
        break;
    case 1:
        check_result(wsp_multiplayer_set_outbound_buffer_size(of->game, 1000 + below(200000)), WSP_OK);
        break;
    case 2: check_result(wsp_multiplayer_set_max_queued_packets(of->game, 8 + below(50)), WSP_OK); break;
    case 3: check_result(wsp_multiplayer_set_heartbeat_interval(of->game, (double)below(4)), WSP_OK); break;
    case 4: check_result(wsp_multiplayer_set_refuse_new_connections(of->game, chance(20)), WSP_OK); break;
    default:
        check_result(wsp_multiplayer_set_handshake_timeout(of->game, 0), WSP_ERR_INVALID_PARAMETER);
        break;
    }
}

static void make(player *of)
{
    *of = (player){.game = wsp_multiplayer_create(), .lives = of->lives + 1};
    if (of->game == NULL) {
        CHECK(all.is_short_of_memory);
        return;
    }
    set_handlers(of);
}

static void act(void)
{
    player *of = &all.players[below(PLAYERS)];
    size_t kind = below(1000);
    if (of->game == NULL) {
        make(of);
    } else if (kind < 400 && of->now != NULL) {
        for (size_t left = 1 + below(5); left > 0; left--)
            put(of);
    } else if (kind < 600) {
        poll_player(of);
    } else if (kind < 750) {
        if (of->now != NULL)
            take(of, 1 + below(10));
    } else if (kind < 850) {
        start(of);
    } else if (kind < 900) {
        change_settings(of);
    } else if (kind < 920) {
        disconnect(of);
    } else if (kind < 925) {
        wsp_multiplayer_close(of->game);
        forget(of);
    } else if (kind < 928) {
        wsp_multiplayer_destroy(of->game);
        *of = (player){.lives = of->lives + 1};
    } else if (kind < 935 && of->status == WSP_CONNECTION_DISCONNECTED && !of->is_polled) {
        set_handlers(of);
    }
    look_at_all();
}

/* -- lives ----------------------------------------------------------------- */

static void draw_memory(void)
{
    if (!all.is_short_of_memory)
        return;
    if (chance(10))
        wspi_test_failing_allocator_fail_at(1 + below(30));
    if (chance(2))
        wspi_test_failing_allocator_fail_from(1 + below(30));
    if (chance(20))
        wspi_test_failing_allocator_fail_at(0);
}

static void poll_all(void)
{
    for (size_t i = 0; i < PLAYERS; i++) {
        player *of = &all.players[i];
        if (of->game != NULL)
            poll_player(of);
        if (of->game != NULL && of->now != NULL && chance(80))
            take(of, SIZE_MAX);
    }
}

/* Clients leave, and everything that was sent before arrives. */
static void end_all(void)
{
    all.is_ending = true;
    all.depth = 3;
    wspi_test_failing_allocator_fail_at(0);
    for (unsigned round = 0; round < 100; round++) {
        poll_all();
        virtual_advance(0.02);
    }
    for (size_t i = 0; i < PLAYERS; i++) {
        player *of = &all.players[i];
        if (of->game != NULL && of->status == WSP_CONNECTION_CONNECTED && !of->is_server)
            (void)wsp_multiplayer_disconnect_peer(of->game, 1, false);
    }
    for (unsigned round = 0; round < 3000; round++) {
        poll_all();
        virtual_advance(0.02);
    }
    for (size_t i = 0; i < PLAYERS; i++) {
        player *of = &all.players[i];
        CHECK(of->game == NULL || of->is_server || of->status == WSP_CONNECTION_DISCONNECTED);
        wsp_multiplayer_destroy(of->game);
    }
}

static void live(uint64_t seed, unsigned fault_chance, bool is_short_of_memory)
{
    virtual_begin(seed);
    memset(&all, 0, sizeof(all));
    all.seed = seed;
    all.random = seed;
    all.is_short_of_memory = is_short_of_memory;
    all.dialect = chance(50) ? WSP_MULTIPLAYER_DIALECT_GODOT4 : WSP_MULTIPLAYER_DIALECT_GODOT3;
    TEST_NOTE("seed %llu", (unsigned long long)seed);
    virtual_vary_paths(chance(80));
    virtual_set_fault_chance(fault_chance);
    for (size_t i = 0; i < PLAYERS; i++) {
        make(&all.players[i]);
        start(&all.players[i]);
    }
    for (size_t steps = 100 + below(900); steps > 0; steps--) {
        draw_memory();
        act();
        if (chance(30))
            poll_all();
        if (chance(20))
            virtual_advance((double)below(100) / 1000);
        if (chance(1))
            virtual_advance((double)below(12));
    }
    end_all();
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
}

static void live_seeds(uint64_t from, size_t count, unsigned fault_chance, bool is_short_of_memory)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    random_seeds seeds = random_seeds_begin(from, count);
    size_t joined = 0;
    size_t delivered = 0;
    for (size_t i = 0; i < seeds.count; i++) {
        live(seeds.first + i, fault_chance, is_short_of_memory);
        CHECK_SIZE(allocator->live_blocks, 0);
        joined += all.joined;
        delivered += all.delivered;
    }
    CHECK(seeds.count < 10 || (joined > 5 * seeds.count && delivered > 20 * seeds.count));
}

static void on_a_sound_network_the_promises_hold(void)
{
    live_seeds(1, 30, 0, false);
}

static void on_a_broken_network_the_promises_hold(void)
{
    live_seeds(1000001, 30, 25, false);
}

static void with_memory_running_out_the_promises_hold(void)
{
    live_seeds(2000001, 30, 10, true);
}

static const wspi_test_case cases[] = {
    TEST_CASE(on_a_sound_network_the_promises_hold),
    TEST_CASE(on_a_broken_network_the_promises_hold),
    TEST_CASE(with_memory_running_out_the_promises_hold),
};

TEST_MAIN(cases)
