/* SPDX-License-Identifier: MIT */
/*
 * multiplayer_client.c over real sockets, against a server made by hand: a peer that sends what the case
 * says, also what no server of ours would.
 */
#include "game_diary.h"
#include "loopback.h"

#include <string.h>

static const double PATIENCE_SECONDS = 10;
static const wsp_multiplayer_dialect GODOT4 = WSP_MULTIPLAYER_DIALECT_GODOT4;
static const wsp_multiplayer_dialect GODOT3 = WSP_MULTIPLAYER_DIALECT_GODOT3;

static const uint8_t ID_7[] = {7, 0, 0, 0};
static const uint8_t GODOT3_ID_7[] = {3, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0};
static const uint8_t GODOT3_ADD_1[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0};
static const uint8_t GODOT3_ADD_5[] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0};
static const uint8_t GODOT3_DEL_5[] = {2, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0};

/* One client of one case; destroyed when the case ends. */
static struct {
    loopback *pair;
    wsp_multiplayer *client;
    game_diary diary;
} game;

static void destroy_client(void)
{
    wsp_multiplayer_destroy(game.client);
    game.client = NULL;
}

static void step(void)
{
    if (wsp_tcp_server_is_connection_available(game.pair->listener)) {
        wsp_stream *stream = wsp_tcp_server_take_connection(game.pair->listener);
        CHECK_RESULT(wsp_peer_accept_stream(game.pair->server, stream), WSP_OK);
    }
    loopback_poll(game.pair);
    wsp_multiplayer_poll(game.client);
}

#define STEP_UNTIL(condition)                                         \
    do {                                                              \
        double until_ = wsp_now() + PATIENCE_SECONDS;                 \
        while (!(condition)) {                                        \
            step();                                                   \
            if (wsp_now() > until_)                                   \
                FAIL("%s did not become true: %s", #condition,        \
                     wsp_multiplayer_get_error_message(game.client)); \
        }                                                             \
    } while (0)

static wsp_connection_status status(void)
{
    return wsp_multiplayer_get_connection_status(game.client);
}

static void begin_pair(void)
{
    memset(&game, 0, sizeof game);
    game.pair = loopback_begin();
    wspi_test_at_case_end(destroy_client);
}

static void begin_client(wsp_multiplayer_dialect dialect)
{
    destroy_client();
    memset(&game.diary, 0, sizeof game.diary);
    game.client = wsp_multiplayer_create();
    CHECK(game.client != NULL);
    game_diary_keep(&game.diary, game.client);
    CHECK_RESULT(wsp_multiplayer_set_dialect(game.client, dialect), WSP_OK);
}

static void begin(wsp_multiplayer_dialect dialect)
{
    begin_pair();
    begin_client(dialect);
}

static void serve(const void *bytes, size_t size)
{
    CHECK_RESULT(wsp_peer_send(game.pair->server, bytes, size, WSP_WRITE_MODE_BINARY), WSP_OK);
}

#define SERVE(bytes) serve(bytes, sizeof(bytes))

static void connect_only(void)
{
    CHECK_RESULT(wsp_multiplayer_create_client(game.client, game.pair->url, NULL), WSP_OK);
    CHECK_INT(status(), WSP_CONNECTION_CONNECTING);
    STEP_UNTIL(wsp_peer_get_ready_state(game.pair->server) == WSP_STATE_OPEN);
}

static void join(wsp_multiplayer_dialect dialect)
{
    connect_only();
    if (dialect == GODOT3) {
        SERVE(GODOT3_ID_7);
        SERVE(GODOT3_ADD_1);
    } else {
        SERVE(ID_7);
    }
    STEP_UNTIL(status() == WSP_CONNECTION_CONNECTED);
}

static void check_packet(int32_t sender, const char *text)
{
    size_t size = 0;
    CHECK_INT(wsp_multiplayer_get_packet_peer(game.client), sender);
    const uint8_t *packet = wsp_multiplayer_get_packet(game.client, &size);
    CHECK(packet != NULL);
    CHECK_BYTES(packet, size, text, strlen(text));
    CHECK_INT(packet[size], 0);
}

static void check_arrived(const void *bytes, size_t size)
{
    size_t seen = 0;
    STEP_UNTIL(wsp_peer_get_available_packet_count(game.pair->server) > 0);
    const uint8_t *packet = wsp_peer_get_packet(game.pair->server, &seen);
    CHECK_BYTES(packet, seen, bytes, size);
    CHECK(!wsp_peer_was_string_packet(game.pair->server));
}

/* -- the Godot 4 dialect --------------------------------------------------- */

static void the_id_message_leads_into_the_game(void)
{
    begin(GODOT4);
    CHECK_INT(status(), WSP_CONNECTION_DISCONNECTED);
    connect_only();
    CHECK_INT(wsp_multiplayer_get_unique_id(game.client), 0);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "x", 1), WSP_ERR_NOT_OPEN);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(game.client, NULL, 0), 0);
    SERVE(ID_7);
    STEP_UNTIL(status() == WSP_CONNECTION_CONNECTED);
    int32_t ids[2] = {0};
    CHECK_STRING(game.diary.text, "+1 ");
    CHECK_INT(wsp_multiplayer_get_unique_id(game.client), 7);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(game.client, ids, 2), 1);
    CHECK_INT(ids[0], 1);
    CHECK(!wsp_multiplayer_is_server(game.client));
    CHECK_INT(wsp_multiplayer_get_local_port(game.client), 0);
    CHECK_STRING(wsp_multiplayer_get_peer_address(game.client, 1), "127.0.0.1");
    CHECK(wsp_multiplayer_get_peer_port(game.client, 1) ==
          wsp_tcp_server_get_local_port(game.pair->listener));
    CHECK(wsp_multiplayer_get_peer(game.client, 2) == NULL);
    CHECK_STRING(wsp_multiplayer_get_peer_address(game.client, 2), "");
    CHECK_RESULT(wsp_multiplayer_create_client(game.client, game.pair->url, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_multiplayer_create_server(game.client, 0, NULL, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_multiplayer_set_dialect(game.client, GODOT3), WSP_ERR_ALREADY_IN_USE);
}

static void packets_are_bare_messages_empty_ones_and_text_too(void)
{
    begin(GODOT4);
    join(GODOT4);
    serve("one", 3);
    serve("", 0);
    CHECK_RESULT(wsp_peer_send_text(game.pair->server, "text"), WSP_OK);
    STEP_UNTIL(wsp_multiplayer_get_available_packet_count(game.client) == 3);
    CHECK_SIZE(wsp_peer_get_available_packet_count(wsp_multiplayer_get_peer(game.client, 1)), 0);
    check_packet(1, "one");
    check_packet(1, "");
    check_packet(1, "text");
    size_t size = 9;
    CHECK(wsp_multiplayer_get_packet(game.client, &size) == NULL);
    CHECK_SIZE(size, 0);
    CHECK_INT(wsp_multiplayer_get_packet_peer(game.client), 0);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "to you", 6), WSP_OK);
    wsp_multiplayer_set_target_peer(game.client, 99); /* ignored: there is the server only */
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, NULL, 0), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, NULL, 1), WSP_ERR_INVALID_PARAMETER);
    check_arrived("to you", 6);
    check_arrived("", 0);
}

typedef struct wrong_id {
    wsp_multiplayer_dialect dialect;
    size_t size;
    uint8_t bytes[13];
    const char *message;
} wrong_id;

static void a_wrong_first_message_fails_the_connection(void)
{
    static const wrong_id rows[] = {
        {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {1, 0, 0, 0}, "possible id"},
        {WSP_MULTIPLAYER_DIALECT_GODOT4, 5, {7, 0, 0, 0, 0}, "4 bytes"},
        {WSP_MULTIPLAYER_DIALECT_GODOT4, 0, {0}, "4 bytes"},
        {WSP_MULTIPLAYER_DIALECT_GODOT4, 13, {3, 1, 0, 0, 0, 0, 0, 0, 0, 7}, "Godot 3's dialect"},
        {WSP_MULTIPLAYER_DIALECT_GODOT3, 4, {7, 0, 0, 0}, "Godot 4's dialect"},
        {WSP_MULTIPLAYER_DIALECT_GODOT3, 13, {1, 1, 0, 0, 0, 0, 0, 0, 0, 7}, "possible id"},
        {WSP_MULTIPLAYER_DIALECT_GODOT3, 10, {0, 1}, "possible id"},
    };
    begin_pair();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("row %zu", i);
        begin_client(rows[i].dialect);
        connect_only();
        serve(rows[i].bytes, rows[i].size);
        serve("ignored", 7);
        STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
        CHECK_STRING(game.diary.text, "failed ");
        CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_PROTOCOL);
        CHECK_CONTAINS(wsp_multiplayer_get_error_message(game.client), rows[i].message);
        CHECK_SIZE(wsp_multiplayer_get_available_packet_count(game.client), 0);
        CHECK_INT(wsp_multiplayer_get_unique_id(game.client), 0);
        STEP_UNTIL(wsp_peer_get_ready_state(game.pair->server) == WSP_STATE_CLOSED);
        CHECK_INT(wsp_peer_get_close_code(game.pair->server), WSP_CLOSE_POLICY_VIOLATION);
    }
}

/* -- deadlines and ends ---------------------------------------------------- */

static void a_server_without_an_id_message_is_given_up(void)
{
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(game.client, 0.2), WSP_OK);
    double start = wsp_now();
    connect_only();
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_DOUBLE_BETWEEN(wsp_now() - start, 0.2, 5);
    CHECK_STRING(game.diary.text, "failed ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_TIMEOUT);
    CHECK_CONTAINS(wsp_multiplayer_get_error_message(game.client), "id message");
}

/* It is told 1008 and never answers: joining takes no longer than it may. */
static void a_wrong_server_that_does_not_answer_is_given_up(void)
{
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(game.client, 0.4), WSP_OK);
    double start = wsp_now();
    connect_only();
    serve("no id", 5);
    while (status() != WSP_CONNECTION_DISCONNECTED && wsp_now() < start + PATIENCE_SECONDS)
        (void)wsp_multiplayer_poll_wait(game.client, 1);
    CHECK_DOUBLE_BETWEEN(wsp_now() - start, 0.2, 3);
    CHECK_STRING(game.diary.text, "failed ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_PROTOCOL);
}

static void a_server_that_never_answers_is_given_up(void)
{
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(game.client, 0.2), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_client(game.client, game.pair->url, NULL), WSP_OK);
    double until = wsp_now() + PATIENCE_SECONDS;
    while (status() != WSP_CONNECTION_DISCONNECTED && wsp_now() < until)
        (void)wsp_multiplayer_poll_wait(game.client, 1);
    CHECK_STRING(game.diary.text, "failed ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_TIMEOUT);
    CHECK_STRING(wsp_multiplayer_get_error_message(game.client),
                 "handshake_timeout passed while waiting for the HTTP response");
}

/* The deadline is not judged in the first poll after a pause of the program's own, and the id is there by
 * then. */
static void a_paused_program_still_joins(void)
{
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_handshake_timeout(game.client, 0.3), WSP_OK);
    connect_only();
    SERVE(ID_7);
    double until = wsp_now() + 0.5;
    while (wsp_now() < until)
        loopback_poll(game.pair);
    STEP_UNTIL(status() != WSP_CONNECTION_CONNECTING);
    CHECK_INT(status(), WSP_CONNECTION_CONNECTED);
}

static void a_refused_connection_fails(void)
{
    begin(GODOT4);
    connect_only();
    CHECK_RESULT(wsp_peer_close(game.pair->server, 4001, "full"), WSP_OK);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "failed ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_FAILED);
    CHECK_CONTAINS(wsp_multiplayer_get_error_message(game.client), "4001 full");
    wsp_tcp_server_stop(game.pair->listener);
    CHECK_RESULT(wsp_multiplayer_create_client(game.client, game.pair->url, NULL), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_OK);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "failed failed ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_CANT_CONNECT);
    CHECK_RESULT(wsp_multiplayer_create_client(game.client, "http://x", NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_INVALID_PARAMETER);
    CHECK_CONTAINS(wsp_multiplayer_get_error_message(game.client), "ws://");
}

static void join_again(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    if (diary->code == 0 || id != 1)
        return;
    diary->then = NULL;
    CHECK_INT(wsp_multiplayer_get_connection_status(multiplayer), WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_get_error(multiplayer), WSP_OK);
    CHECK_CONTAINS(wsp_multiplayer_get_error_message(multiplayer), "4002 over");
    CHECK_RESULT(wsp_multiplayer_create_client(multiplayer, game.pair->url, NULL), WSP_OK);
}

static void the_end_tells_code_and_reason_and_keeps_packets(void)
{
    begin(GODOT4);
    join(GODOT4);
    serve("last words", 10);
    CHECK_RESULT(wsp_peer_close(game.pair->server, 4002, "over"), WSP_OK);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "+1 -1 ");
    CHECK_INT(game.diary.code, 4002);
    CHECK_STRING(game.diary.reason, "over");
    CHECK(wsp_multiplayer_get_peer(game.client, 1) == NULL);
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(game.client, NULL, 0), 0);
    CHECK_INT(wsp_multiplayer_get_unique_id(game.client), 0);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "x", 1), WSP_ERR_NOT_OPEN);
    check_packet(1, "last words");
    CHECK(!wsp_multiplayer_poll_wait(game.client, 1));
}

static void a_handler_may_start_the_next_session(void)
{
    begin(GODOT4);
    game.diary.then = join_again;
    join(GODOT4);
    CHECK_RESULT(wsp_peer_close(game.pair->server, 4002, "over"), WSP_OK);
    STEP_UNTIL(game.diary.then == NULL);
    CHECK_INT(status(), WSP_CONNECTION_CONNECTING);
    STEP_UNTIL(wsp_peer_get_ready_state(game.pair->server) == WSP_STATE_OPEN);
    SERVE(ID_7);
    STEP_UNTIL(status() == WSP_CONNECTION_CONNECTED);
    CHECK_STRING(game.diary.text, "+1 -1 +1 ");
}

static void a_lost_connection_is_an_error(void)
{
    begin(GODOT4);
    join(GODOT4);
    CHECK_RESULT(wsp_peer_close(game.pair->server, -1, NULL), WSP_OK);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "+1 -1 ");
    CHECK_INT(game.diary.code, -1);
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_CONNECTION_LOST);
}

static void disconnecting_politely_by_force_and_closing(void)
{
    begin(GODOT4);
    join(GODOT4);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(game.client, 2, false), WSP_ERR_INVALID_PARAMETER);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(game.client, 1, false), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "x", 1), WSP_ERR_NOT_OPEN);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "+1 -1 ");
    CHECK_INT(wsp_peer_get_close_code(game.pair->server), 1000);

    join(GODOT4);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(game.client, 1, true), WSP_OK);
    CHECK_INT(status(), WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_disconnect_peer(game.client, 1, true), WSP_ERR_INVALID_PARAMETER);
    STEP_UNTIL(wsp_peer_get_ready_state(game.pair->server) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(game.pair->server), -1);
    CHECK_STRING(game.diary.text, "+1 -1 +1 ");

    join(GODOT4);
    wsp_multiplayer_close(game.client);
    CHECK_INT(status(), WSP_CONNECTION_DISCONNECTED);
    STEP_UNTIL(wsp_peer_get_ready_state(game.pair->server) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(game.pair->server), 1000);
    CHECK_STRING(game.diary.text, "+1 -1 +1 +1 ");
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_OK);
}

static void destroy_it(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    (void)id;
    (void)diary;
    wsp_multiplayer_destroy(multiplayer);
    game.client = NULL;
}

static void it_may_be_destroyed_inside_its_handlers(void)
{
    begin(GODOT3);
    game.diary.then = destroy_it;
    connect_only();
    SERVE(GODOT3_ID_7);
    SERVE(GODOT3_ADD_5);
    STEP_UNTIL(game.client == NULL);
    CHECK_STRING(game.diary.text, "+1 ");
    (void)wsp_peer_close(game.pair->server, -1, NULL);
    begin_client(GODOT4);
    join(GODOT4);
    game.diary.then = destroy_it;
    CHECK_RESULT(wsp_peer_close(game.pair->server, 1000, NULL), WSP_OK);
    STEP_UNTIL(game.client == NULL);
    CHECK_STRING(game.diary.text, "+1 -1 ");
}

/* -- the Godot 3 dialect --------------------------------------------------- */

static void godot3_members_come_talk_and_go(void)
{
    static const uint8_t from_5[] = {0, 5, 0, 0, 0, 0, 0, 0, 0, 'h', 'i'};
    static const uint8_t from_1[] = {0, 1, 0, 0, 0, 7, 0, 0, 0};
    begin(GODOT3);
    join(GODOT3);
    SERVE(GODOT3_ADD_5);
    SERVE(GODOT3_ADD_5); /* a second time tells nothing new */
    SERVE(from_5);
    SERVE(from_1);
    SERVE(GODOT3_DEL_5);
    SERVE(GODOT3_DEL_5);
    STEP_UNTIL(strlen(game.diary.text) > 6);
    CHECK_STRING(game.diary.text, "+1 +5 -5 ");
    check_packet(5, "hi");
    check_packet(1, "");
    CHECK_SIZE(wsp_multiplayer_get_peer_ids(game.client, NULL, 0), 1);
}

static void godot3_packets_carry_source_and_target(void)
{
    static const uint8_t to_5[] = {0, 7, 0, 0, 0, 5, 0, 0, 0, 'h', 'i'};
    static const uint8_t to_all[] = {0, 7, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t but_5[] = {0, 7, 0, 0, 0, 0xfb, 0xff, 0xff, 0xff, 'x'};
    begin(GODOT3);
    join(GODOT3);
    SERVE(GODOT3_ADD_5);
    STEP_UNTIL(wsp_multiplayer_get_peer_ids(game.client, NULL, 0) == 2);
    wsp_multiplayer_set_target_peer(game.client, 5);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "hi", 2), WSP_OK);
    wsp_multiplayer_set_target_peer(game.client, WSP_TARGET_PEER_BROADCAST);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, NULL, 0), WSP_OK);
    wsp_multiplayer_set_target_peer(game.client, -5);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "x", 1), WSP_OK);
    check_arrived(to_5, sizeof to_5);
    check_arrived(to_all, sizeof to_all);
    check_arrived(but_5, sizeof but_5);
    static const int32_t nobody[] = {6, 7, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
        wsp_multiplayer_set_target_peer(game.client, nobody[i]);
        CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "x", 1), WSP_ERR_INVALID_PARAMETER);
    }
    wsp_multiplayer_set_target_peer(game.client, 0);
    CHECK_RESULT(wsp_multiplayer_set_outbound_buffer_size(game.client, 19), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "0123456789", 10), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_put_packet(game.client, "0123456789+", 11), WSP_ERR_MESSAGE_TOO_BIG);
}

static void godot3_faults_of_the_server_end_the_session(void)
{
    static const uint8_t rows[][13] = {
        {0, 6, 0, 0, 0, 0, 0, 0, 0, 'x', 'x', 'x', 'x'}, /* from somebody who is not in the game */
        {3, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0},         /* a second id */
        {1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},         /* nobody's id */
        {9, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0},         /* no type */
    };
    begin_pair();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("row %zu", i);
        begin_client(GODOT3);
        join(GODOT3);
        SERVE(rows[i]);
        SERVE(GODOT3_ADD_5);
        STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
        CHECK_STRING(game.diary.text, "+1 -1 ");
        CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_PROTOCOL);
        CHECK_INT(wsp_peer_get_close_code(game.pair->server), WSP_CLOSE_POLICY_VIOLATION);
    }
}

/* -- limits ---------------------------------------------------------------- */

static void a_full_queue_pushes_back_and_loses_nothing(void)
{
    enum { PACKETS = 64, SIZE = 3000 };
    static uint8_t bytes[SIZE];
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(game.client, 10000), WSP_OK);
    join(GODOT4);
    for (int i = 0; i < PACKETS; i++) {
        bytes[0] = (uint8_t)i;
        serve(bytes, SIZE);
    }
    for (int i = 0; i < 50; i++)
        step();
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(game.client), 3);
    const wsp_peer *peer = wsp_multiplayer_get_peer(game.client, 1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
    for (int i = 0; i < PACKETS; i++) {
        size_t size = 0;
        STEP_UNTIL(wsp_multiplayer_get_available_packet_count(game.client) > 0);
        CHECK(wsp_multiplayer_get_available_packet_count(game.client) <= 3);
        const uint8_t *packet = wsp_multiplayer_get_packet(game.client, &size);
        CHECK_SIZE(size, SIZE);
        CHECK_INT(packet[0], i);
        CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
    }
    CHECK_INT(status(), WSP_CONNECTION_CONNECTED);
}

/* What waits for room is handled by the poll that has it again, although no socket calls. */
static void poll_wait_notices_room(void)
{
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_max_queued_packets(game.client, 1), WSP_OK);
    join(GODOT4);
    serve("a", 1);
    serve("b", 1);
    STEP_UNTIL(wsp_multiplayer_get_available_packet_count(game.client) == 1);
    for (int i = 0; i < 20; i++)
        step();
    check_packet(1, "a");
    double start = wsp_now();
    CHECK(wsp_multiplayer_poll_wait(game.client, PATIENCE_SECONDS));
    CHECK_DOUBLE_BETWEEN(wsp_now() - start, 0, 5);
    check_packet(1, "b");
}

static void a_packet_over_the_limit_ends_the_session(void)
{
    static const uint8_t bytes[101];
    begin(GODOT4);
    CHECK_RESULT(wsp_multiplayer_set_inbound_buffer_size(game.client, 100), WSP_OK);
    join(GODOT4);
    serve(bytes, 100);
    serve(bytes, 101);
    STEP_UNTIL(wsp_multiplayer_get_available_packet_count(game.client) == 1);
    CHECK(wsp_multiplayer_get_packet(game.client, NULL) != NULL);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_RESULT(wsp_multiplayer_get_error(game.client), WSP_ERR_MESSAGE_TOO_BIG);
}

/* What came together with the id message is the session's, also while a handler runs. */
static void take_from_peer(wsp_multiplayer *multiplayer, int32_t id, game_diary *diary)
{
    (void)diary;
    CHECK(wsp_peer_get_packet(wsp_multiplayer_get_peer(multiplayer, id), NULL) == NULL);
}

/* The peer belongs to the multiplayer: see the top of peer.h. */
static void its_peer_is_not_the_programs_to_drive(void)
{
    const wsp_peer_handlers none = {0};
    begin(GODOT4);
    connect_only();
    game.diary.then = take_from_peer;
    SERVE(ID_7);
    serve("first", 5);
    wsp_peer *peer = wsp_multiplayer_get_peer(game.client, 1);
    for (int i = 0; i < 20; i++) {
        wsp_peer_poll(peer);
        CHECK(!wsp_peer_poll_wait(peer, 0.01));
        loopback_poll(game.pair);
    }
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
    CHECK_RESULT(wsp_peer_connect_to_url(peer, game.pair->url, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_peer_set_handlers(peer, &none, NULL), WSP_ERR_ALREADY_IN_USE);
    STEP_UNTIL(wsp_multiplayer_get_available_packet_count(game.client) > 0);
    wsp_peer_destroy(peer); /* acts as close(-1) */
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    STEP_UNTIL(status() == WSP_CONNECTION_DISCONNECTED);
    CHECK_STRING(game.diary.text, "+1 -1 ");
}

static const wspi_test_case cases[] = {
    TEST_CASE(the_id_message_leads_into_the_game),
    TEST_CASE(packets_are_bare_messages_empty_ones_and_text_too),
    TEST_CASE(a_wrong_first_message_fails_the_connection),
    TEST_CASE(a_server_without_an_id_message_is_given_up),
    TEST_CASE(a_wrong_server_that_does_not_answer_is_given_up),
    TEST_CASE(a_server_that_never_answers_is_given_up),
    TEST_CASE(a_paused_program_still_joins),
    TEST_CASE(a_refused_connection_fails),
    TEST_CASE(the_end_tells_code_and_reason_and_keeps_packets),
    TEST_CASE(a_handler_may_start_the_next_session),
    TEST_CASE(a_lost_connection_is_an_error),
    TEST_CASE(disconnecting_politely_by_force_and_closing),
    TEST_CASE(it_may_be_destroyed_inside_its_handlers),
    TEST_CASE(godot3_members_come_talk_and_go),
    TEST_CASE(godot3_packets_carry_source_and_target),
    TEST_CASE(godot3_faults_of_the_server_end_the_session),
    TEST_CASE(a_full_queue_pushes_back_and_loses_nothing),
    TEST_CASE(poll_wait_notices_room),
    TEST_CASE(a_packet_over_the_limit_ends_the_session),
    TEST_CASE(its_peer_is_not_the_programs_to_drive),
};

TEST_MAIN(cases)
