/* SPDX-License-Identifier: MIT */
/*
 * What the server of a session does with clients that do not keep to the rules (bad-inputs S6), that cannot
 * keep up, or that never finish, and with a program that does not take its packets: the client concerned, and
 * nobody else.
 */
#include "game_table.h"
#include "net_fixture.h"

#include <stdio.h>
#include <string.h>

static const wsp_multiplayer_dialect GODOT4 = WSP_MULTIPLAYER_DIALECT_GODOT4;
static const wsp_multiplayer_dialect GODOT3 = WSP_MULTIPLAYER_DIALECT_GODOT3;

static void store_id(uint8_t *to, int32_t id)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)((uint32_t)id >> (8 * i));
}

/* A GODOT3 message; answers its size. */
static size_t write_message(uint8_t *out, uint8_t type, int32_t source, int32_t destination)
{
    out[0] = type;
    store_id(out + 1, source);
    store_id(out + 5, destination);
    out[9] = 'x';
    return 10;
}

static void send_raw(game_table *table, const void *bytes, size_t size)
{
    CHECK_RESULT(wsp_peer_send(table->raw, bytes, size, WSP_WRITE_MODE_BINARY), WSP_OK);
}

static bool is_raw_closed(const game_table *table)
{
    return wsp_peer_get_ready_state(table->raw) == WSP_STATE_CLOSED;
}

/* -- rules ----------------------------------------------------------------- */

static void check_expelled(game_table *table, const char *reason)
{
    static const uint8_t more[] = "not looked at any more";
    (void)wsp_peer_send(table->raw, more, sizeof more, WSP_WRITE_MODE_BINARY);
    GAME_TABLE_UNTIL(table, is_raw_closed(table));
    CHECK_INT(wsp_peer_get_close_code(table->raw), 1008);
    CHECK_CONTAINS(wsp_peer_get_close_reason(table->raw), reason);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 1);
    game_table_settle(table);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 0);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->clients[0]), 0);
}

typedef struct forged {
    uint8_t type;
    int32_t source; /* 0: its own */
    int32_t destination;
    size_t size; /* 0: as it should be */
    const char *reason;
} forged;

static void who_breaks_the_dialect_is_expelled_alone(void)
{
    static const forged rows[] = {
        {0, 1, 0, 0, "source"},              /* the server's id */
        {0, 2, 0, 0, "source"},              /* the other client's */
        {0, 77, 0, 0, "source"},             /* nobody's */
        {0, -3, 0, 0, "source"},             /* no id at all */
        {1, 0, 0, 13, "system message"},     /* ADD */
        {2, 1, 0, 13, "system message"},     /* DEL */
        {3, 1, 0, 13, "system message"},     /* ID */
        {4, 0, 0, 0, "type"},                /* no type */
        {255, 0, 0, 0, "type"},              /* no type */
        {0, 0, 0, 8, "9 bytes"},             /* cut short */
        {0, 0, INT32_MAX, 0, "never was"},   /* a target that never was */
        {0, 0, -INT32_MAX, 0, "never was"},  /* the same, left out */
        {0, 0, INT32_MIN, 0, "destination"}, /* an id that cannot be */
    };
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 0);
    CHECK_INT(table->ids[0], 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t message[16] = {0};
        TEST_NOTE("row %zu", i);
        int32_t id = game_table_join_raw(table);
        size_t size =
            write_message(message, rows[i].type, rows[i].source ? rows[i].source : id, rows[i].destination);
        message[9] = 2; /* of a system message the id: a possible one */
        send_raw(table, message, rows[i].size ? rows[i].size : size);
        check_expelled(table, rows[i].reason);
    }
}

static void a_target_itself_or_an_empty_message_is_expelled(void)
{
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 0);
    uint8_t message[16];
    int32_t id = game_table_join_raw(table);
    send_raw(table, message, write_message(message, 0, id, id));
    check_expelled(table, "destination");
    (void)game_table_join_raw(table);
    send_raw(table, NULL, 0);
    check_expelled(table, "9 bytes");
}

/* A packet may cross the news that its target has left: that is nobody's fault. */
static void a_target_that_has_just_left_is_no_fault(void)
{
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 0);
    game_table_join(table, 1);
    int32_t id = game_table_join_raw(table);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(table->server, table->ids[1], true), WSP_OK);
    uint8_t message[16];
    send_raw(table, message, write_message(message, 0, id, table->ids[1]));
    send_raw(table, message, write_message(message, 0, id, -table->ids[1]));
    game_table_check_packet(table, table->server, id, "x");
    game_table_check_packet(table, table->clients[0], id, "x");
    CHECK_INT(wsp_peer_get_ready_state(table->raw), WSP_STATE_OPEN);
}

/* Random messages from one client after the other: the other member notices nothing but their coming and
 * going. */
static void random_messages_hurt_nobody_else(void)
{
    uint64_t random = wspi_test_random_begin();
    game_table *table = game_table_begin(GODOT3);
    game_table_join(table, 0);
    for (int round = 0; round < 60; round++) {
        uint8_t message[40];
        int32_t id = game_table_join_raw(table);
        for (int i = 0; i < 8; i++) {
            for (size_t at = 0; at < sizeof message; at++)
                message[at] = (uint8_t)wspi_test_random(&random);
            message[0] &= wspi_test_random_below(&random, 4) > 0 ? 0 : 7;
            if (wspi_test_random_below(&random, 4) > 0)
                store_id(message + 1, id);
            if (wspi_test_random_below(&random, 2) > 0)
                store_id(message + 5, (int32_t)wspi_test_random_below(&random, 4) - 2);
            (void)wsp_peer_send(table->raw, message, wspi_test_random_below(&random, sizeof message),
                                WSP_WRITE_MODE_BINARY);
        }
        (void)wsp_peer_close(table->raw, 1000, NULL);
        GAME_TABLE_UNTIL(table,
                         is_raw_closed(table) && wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 1);
        while (wsp_multiplayer_get_packet(table->server, NULL) != NULL)
            continue;
        CHECK_INT(wsp_multiplayer_get_connection_status(table->clients[0]), WSP_CONNECTION_CONNECTED);
    }
    /* What was for it came from a member it had been told of: the client checks that itself. */
    while (wsp_multiplayer_get_packet(table->clients[0], NULL) != NULL)
        continue;
}

/* Mostly what a client may send, so that it gets through and is relayed; sometimes anything. */
static size_t write_random_message(uint8_t *out, size_t capacity, int32_t id, uint64_t *random)
{
    for (size_t at = 0; at < capacity; at++)
        out[at] = (uint8_t)wspi_test_random(random);
    if (wspi_test_random_below(random, 64) > 0) {
        (void)write_message(out, 0, id, 0);
        store_id(out + 5, (int32_t)wspi_test_random_below(random, 7) - 3);
        return 9 + wspi_test_random_below(random, capacity - 8);
    }
    return wspi_test_random_below(random, capacity + 1);
}

/* The next number of client 0 for client 1, and all that has arrived there: in order, none is missing. */
static void talk(game_table *table, uint32_t *sent, uint32_t *received)
{
    size_t size;
    wsp_multiplayer_set_target_peer(table->clients[0], table->dialect == GODOT3 ? table->ids[1] : 1);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->clients[0], sent, sizeof *sent), WSP_OK);
    ++*sent;
    game_table_step(table);
    wsp_multiplayer *reader = table->dialect == GODOT3 ? table->clients[1] : table->server;
    while (wsp_multiplayer_get_available_packet_count(reader) > 0) {
        int32_t sender = wsp_multiplayer_get_packet_peer(reader);
        const uint8_t *packet = wsp_multiplayer_get_packet(reader, &size);
        if (sender == table->ids[0]) {
            CHECK_BYTES(packet, size, received, sizeof *received);
            ++*received;
        }
    }
    for (int i = 0; i < 2; i++)
        while (wsp_multiplayer_get_packet(table->clients[i], NULL) != NULL)
            continue;
    while (wsp_multiplayer_get_packet(table->server, NULL) != NULL)
        continue;
}

static void check_hostile_packets(game_table *table)
{
    uint64_t random = 3;
    uint32_t sent = 0, received = 0;
    int hostile = 0;
    game_table_join(table, 0);
    game_table_join(table, 1);
    for (int i = 0; i < 2; i++) /* the hostile one comes and goes more often than a diary holds */
        CHECK_RESULT(wsp_multiplayer_set_handlers(table->clients[i], NULL, NULL), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_set_handlers(table->server, NULL, NULL), WSP_OK);
    while (hostile < 10000) {
        int32_t id = game_table_join_raw(table);
        for (; hostile < 10000 && wsp_peer_get_ready_state(table->raw) == WSP_STATE_OPEN; hostile++) {
            uint8_t message[40];
            size_t size = write_random_message(message, sizeof message, id, &random);
            (void)wsp_peer_send(table->raw, message, size, WSP_WRITE_MODE_BINARY);
            while (wsp_peer_get_packet(table->raw, NULL) != NULL)
                continue;
            if (hostile % 20 == 0)
                talk(table, &sent, &received);
        }
        (void)wsp_peer_close(table->raw, -1, NULL);
        GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 2);
    }
    double until = wsp_now() + 10;
    while (received + 1 < sent && wsp_now() < until)
        talk(table, &sent, &received);
    CHECK(received + 1 >= sent);
    for (int i = 0; i < 2; i++)
        CHECK_INT(wsp_multiplayer_get_connection_status(table->clients[i]), WSP_CONNECTION_CONNECTED);
}

static void ten_thousand_hostile_packets_disturb_nobody(void)
{
    game_table *table = game_table_begin(GODOT3);
    check_hostile_packets(table);
    game_table_restart(table, GODOT4);
    check_hostile_packets(table);
}

/* -- who cannot keep up ---------------------------------------------------- */

/* Fills what the connection to an idle reader takes; answers the last result. */
static wsp_result fill(game_table *table, int32_t target, const uint8_t *bytes, size_t size)
{
    wsp_result result = WSP_OK;
    wsp_multiplayer_set_target_peer(table->server, target);
    for (int i = 0; i < 4000 && result == WSP_OK; i++) {
        result = wsp_multiplayer_put_packet(table->server, bytes, size);
        wsp_multiplayer_poll(table->server);
    }
    return result;
}

static void one_target_without_room_is_an_error(void)
{
    static uint8_t bytes[64 * 1024];
    game_table *table = game_table_begin(GODOT4);
    int32_t id = game_table_join_raw(table);
    CHECK_RESULT(fill(table, id, bytes, sizeof bytes), WSP_ERR_BUFFER_FULL);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 1);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->server, bytes, 2 * 1024 * 1024), WSP_ERR_MESSAGE_TOO_BIG);
    wsp_peer_stats stats;
    wsp_peer_get_stats(wsp_multiplayer_get_peer(table->server, id), &stats);
    uint64_t sent = stats.messages_sent;
    uint64_t received = 1;
    while (wsp_peer_get_packet(table->raw, NULL) != NULL)
        received++;
    double until = wsp_now() + 10;
    while (received < sent && wsp_now() < until) {
        game_table_step(table);
        while (wsp_peer_get_packet(table->raw, NULL) != NULL)
            received++;
    }
    CHECK(received == sent);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->server, bytes, 1), WSP_OK);
}

static void check_slow_one_of_several(wsp_multiplayer_dialect dialect)
{
    static uint8_t bytes[64 * 1024];
    game_table *table = game_table_begin(dialect);
    game_table_join(table, 0);
    int32_t id = game_table_join_raw(table);
    CHECK_RESULT(wsp_peer_set_close_timeout(wsp_multiplayer_get_peer(table->server, id), 0.2), WSP_OK);
    CHECK_RESULT(fill(table, id, bytes, sizeof bytes), WSP_ERR_BUFFER_FULL);
    wsp_multiplayer_set_target_peer(table->server, 0);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->server, bytes, sizeof bytes), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(wsp_multiplayer_get_peer(table->server, id)), WSP_STATE_CLOSING);
    double until = wsp_now() + 10;
    while (wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 2 && wsp_now() < until) {
        wsp_multiplayer_poll_wait(table->server, 0.01);
        wsp_multiplayer_poll(table->clients[0]);
    }
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(table->server, NULL, 0), 1);
    CHECK_STRING(table->diary.text, "+2 +3 -3 ");
    size_t size = 0;
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_available_packet_count(table->clients[0]) == 1);
    CHECK(wsp_multiplayer_get_packet(table->clients[0], &size) != NULL);
    CHECK_SIZE(size, sizeof bytes);
    while (wsp_peer_get_ready_state(table->raw) != WSP_STATE_CLOSED) {
        while (wsp_peer_get_packet(table->raw, NULL) != NULL)
            continue;
        game_table_step(table);
    }
}

static void of_several_targets_the_slow_one_is_disconnected(void)
{
    check_slow_one_of_several(GODOT4);
}

static void godot3_servers_do_the_same(void)
{
    check_slow_one_of_several(GODOT3);
}

/* The reader is slow but reads again in time: it learns why. */
static void the_slow_one_is_told_1013(void)
{
    static uint8_t bytes[64 * 1024];
    game_table *table = game_table_begin(GODOT4);
    int32_t id = game_table_join_raw(table);
    CHECK_RESULT(fill(table, id, bytes, sizeof bytes), WSP_ERR_BUFFER_FULL);
    wsp_multiplayer_set_target_peer(table->server, 0);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->server, bytes, sizeof bytes), WSP_OK);
    double until = wsp_now() + 10;
    while (!is_raw_closed(table) && wsp_now() < until) {
        while (wsp_peer_get_packet(table->raw, NULL) != NULL)
            continue;
        game_table_step(table);
    }
    CHECK_INT(wsp_peer_get_close_code(table->raw), 1013);
}

/* -- a program that does not take its packets -------------------------------- */

static void check_full_queue(wsp_multiplayer_dialect dialect)
{
    enum { PACKETS = 200, SIZE = 5000 };
    static uint8_t bytes[SIZE];
    size_t header = dialect == GODOT3 ? 9 : 0;
    game_table *table = game_table_begin(dialect);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(table->server, 20000), WSP_OK);
    game_table_join(table, 0);
    wsp_multiplayer_set_target_peer(table->clients[0], 1);
    for (int i = 0; i < PACKETS; i++) {
        bytes[0] = (uint8_t)i;
        wsp_result result = WSP_ERR_BUFFER_FULL;
        for (int turn = 0; result == WSP_ERR_BUFFER_FULL && turn < 1000; turn++) {
            result = wsp_multiplayer_put_packet(table->clients[0], bytes, SIZE - header);
            if (result == WSP_ERR_BUFFER_FULL)
                game_table_step(table);
        }
        CHECK_RESULT(result, WSP_OK);
    }
    for (int i = 0; i < 60; i++)
        game_table_step(table);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 4);
    /* It has to wait; another one does not. */
    game_table_join(table, 1);
    wsp_multiplayer_set_target_peer(table->clients[1], 1);
    CHECK_RESULT(wsp_multiplayer_put_packet(table->clients[1], "me too", 6), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_available_packet_count(table->server) == 5);
    int next = 0;
    while (next < PACKETS) {
        size_t size = 0;
        GAME_TABLE_UNTIL(table, wsp_multiplayer_get_available_packet_count(table->server) > 0);
        int32_t sender = wsp_multiplayer_get_packet_peer(table->server);
        const uint8_t *packet = wsp_multiplayer_get_packet(table->server, &size);
        if (sender == table->ids[1]) {
            CHECK_BYTES(packet, size, "me too", 6);
            continue;
        }
        CHECK_INT(packet[0], next & 0xff);
        CHECK_SIZE(size, SIZE - header);
        next++;
    }
    game_table_settle(table);
}

static void a_full_queue_holds_back_its_sender_only(void)
{
    check_full_queue(GODOT4);
}

static void a_full_queue_holds_back_godot3_senders_too(void)
{
    check_full_queue(GODOT3);
}

/* What was kept when the connection ended is still delivered, and so is what was kept when the server closed.
 */
static void what_waited_at_the_end_is_delivered(void)
{
    game_table *table = game_table_begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(table->server, 1), WSP_OK);
    for (int round = 0; round < 2; round++) {
        TEST_NOTE("round %d", round);
        int32_t id = game_table_join_raw(table);
        send_raw(table, "one", 3);
        send_raw(table, "two", 3);
        for (int i = 0; i < 40; i++)
            game_table_step(table);
        CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 1);
        (void)wsp_peer_close(table->raw, -1, NULL);
        if (round == 0)
            GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 0);
        else
            wsp_multiplayer_close(table->server);
        CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 2);
        game_table_check_packet(table, table->server, id, "one");
        game_table_check_packet(table, table->server, id, "two");
    }
}

/* Comes, sends two packets of `size` and leaves. */
static void send_and_leave(game_table *table, const uint8_t *bytes, size_t size)
{
    (void)game_table_join_raw(table);
    send_raw(table, bytes, size);
    send_raw(table, bytes, size);
    CHECK_RESULT(wsp_peer_close(table->raw, 1000, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table,
                     is_raw_closed(table) && wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 0);
}

static void take_all(game_table *table, size_t count)
{
    for (; count > 0; count--)
        CHECK(wsp_multiplayer_get_packet(table->server, NULL) != NULL);
    CHECK(wsp_multiplayer_get_packet(table->server, NULL) == NULL);
}

static void check_shut(game_table *table)
{
    for (int i = 0; i < 40; i++)
        game_table_step(table);
    CHECK_INT(wsp_peer_get_ready_state(table->raw), WSP_STATE_CONNECTING);
}

/* `count` clients leave as much as one may have; the next one finds the door shut. */
static void check_door(game_table *table, const uint8_t *bytes, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++)
        send_and_leave(table, bytes, size);
    CHECK_RESULT(wsp_peer_connect_to_url(table->raw, table->url, NULL), WSP_OK);
    /* No setting opens the door, and taking does not while the program keeps it shut itself. */
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, false), WSP_OK);
    check_shut(table);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 2 * count);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, true), WSP_OK);
    take_all(table, 2 * count);
    check_shut(table);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, false), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_peer_get_ready_state(table->raw) == WSP_STATE_OPEN);
    CHECK_RESULT(wsp_peer_close(table->raw, -1, NULL), WSP_OK);
    GAME_TABLE_UNTIL(table, wsp_multiplayer_get_peer_ids(table->server, NULL, 0) == 0);
}

static void who_sends_and_leaves_cannot_fill_the_queue(void)
{
    static const uint8_t bytes[1000];
    game_table *table = game_table_begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(table->server, 6), WSP_OK);
    check_door(table, bytes, 0, 3);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(table->server, 4000), WSP_OK);
    check_door(table, bytes, sizeof bytes, 2);
    /* A session begins with the door open. */
    send_and_leave(table, bytes, sizeof bytes);
    send_and_leave(table, bytes, sizeof bytes);
    wsp_multiplayer_close(table->server);
    CHECK_RESULT(wsp_multiplayer_create_server(table->server, 0, "127.0.0.1", NULL), WSP_OK);
    (void)snprintf(table->url, sizeof table->url, "ws://127.0.0.1:%u",
                   wsp_multiplayer_get_local_port(table->server));
    (void)game_table_join_raw(table);
}

/* Not even what its connection keeps can be taken past the session. */
static void the_queue_of_a_clients_peer_is_always_empty(void)
{
    game_table *table = game_table_begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(table->server, 1), WSP_OK);
    int32_t id = game_table_join_raw(table);
    send_raw(table, "one", 3);
    send_raw(table, "two", 3);
    for (int i = 0; i < 40; i++)
        game_table_step(table);
    wsp_peer *peer = wsp_multiplayer_get_peer(table->server, id);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
    CHECK(wsp_peer_get_packet(peer, NULL) == NULL);
    game_table_check_packet(table, table->server, id, "one");
    game_table_check_packet(table, table->server, id, "two");
}

/* poll_wait does not sleep on what it could hand over, and does sleep when it can hand over nothing. */
static void poll_wait_knows_of_kept_packets(void)
{
    game_table *table = game_table_begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(table->server, 1), WSP_OK);
    (void)game_table_join_raw(table);
    send_raw(table, "one", 3);
    send_raw(table, "two", 3);
    for (int i = 0; i < 40; i++)
        game_table_step(table);
    CHECK(wsp_multiplayer_get_packet(table->server, NULL) != NULL);
    double start = wsp_now();
    CHECK(wsp_multiplayer_poll_wait(table->server, 10));
    CHECK_DOUBLE_BETWEEN(wsp_now() - start, 0, 5);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(table->server), 1);
}

/* -- deadlines ------------------------------------------------------------- */

static void a_connection_that_never_asks_is_dropped(void)
{
    game_table *table = game_table_begin(GODOT4);
    int error = 0;
    wspi_address to = {
        .family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_multiplayer_get_local_port(table->server)};
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(table->server, 0.2), WSP_OK);
    wspi_socket silent = fixture_connect(&to, &error);
    CHECK(silent != WSPI_NO_SOCKET);
    double start = wsp_now();
    uint8_t bytes[512];
    size_t size = 0;
    wspi_io io = WSPI_IO_WAIT;
    while (io == WSPI_IO_WAIT && wsp_now() < start + 10) {
        game_table_step(table);
        io = wspi_os_receive(silent, bytes, sizeof bytes, &size, &error);
    }
    wspi_os_close(silent);
    CHECK(io != WSPI_IO_WAIT);
    CHECK_DOUBLE_BETWEEN(wsp_now() - start, 0.15, 5);
    CHECK_STRING(table->diary.text, "");
}

/* A client in the middle of its handshake when the door closes is told so. */
static void a_late_handshake_is_refused_with_503(void)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                                  "Sec-WebSocket-Version: 13\r\n\r\n";
    game_table *table = game_table_begin(GODOT4);
    int error = 0;
    wspi_address to = {
        .family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_multiplayer_get_local_port(table->server)};
    wspi_socket late = fixture_connect(&to, &error);
    CHECK(late != WSPI_NO_SOCKET);
    for (int i = 0; i < 20; i++)
        game_table_step(table);
    CHECK_RESULT(wsp_multiplayer_set_refuse_new_connections(table->server, true), WSP_OK);
    wspi_bytes piece = {(const uint8_t *)request, strlen(request)};
    size_t size = 0;
    CHECK_INT(wspi_os_send(late, &piece, 1, &size, &error), WSPI_IO_OK);
    char answer[512] = "";
    double until = wsp_now() + 10;
    wspi_io io = WSPI_IO_WAIT;
    while (io == WSPI_IO_WAIT && wsp_now() < until) {
        game_table_step(table);
        io = wspi_os_receive(late, (uint8_t *)answer, sizeof answer - 1, &size, &error);
    }
    wspi_os_close(late);
    CHECK_CONTAINS(answer, "HTTP/1.1 503 ");
    CHECK_CONTAINS(answer, "no new connections");
    CHECK_STRING(table->diary.text, "");
}

static const wspi_test_case cases[] = {
    TEST_CASE(who_breaks_the_dialect_is_expelled_alone),
    TEST_CASE(a_target_itself_or_an_empty_message_is_expelled),
    TEST_CASE(a_target_that_has_just_left_is_no_fault),
    TEST_CASE(random_messages_hurt_nobody_else),
    TEST_CASE(ten_thousand_hostile_packets_disturb_nobody),
    TEST_CASE(one_target_without_room_is_an_error),
    TEST_CASE(of_several_targets_the_slow_one_is_disconnected),
    TEST_CASE(godot3_servers_do_the_same),
    TEST_CASE(the_slow_one_is_told_1013),
    TEST_CASE(a_full_queue_holds_back_its_sender_only),
    TEST_CASE(a_full_queue_holds_back_godot3_senders_too),
    TEST_CASE(what_waited_at_the_end_is_delivered),
    TEST_CASE(who_sends_and_leaves_cannot_fill_the_queue),
    TEST_CASE(the_queue_of_a_clients_peer_is_always_empty),
    TEST_CASE(poll_wait_knows_of_kept_packets),
    TEST_CASE(a_connection_that_never_asks_is_dropped),
    TEST_CASE(a_late_handshake_is_refused_with_503),
};

TEST_MAIN(cases)
