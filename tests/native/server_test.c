/* SPDX-License-Identifier: MIT */
/*
 * The server's handlers over real sockets: their order, what is legal inside them, messages shown where they
 * lie and messages kept. Covers server.c, server_poll.c, server_handlers.c, peer_owned.c and link_served.c.
 */
#include "server_fixture.h"

#include <stdio.h>
#include <string.h>

static void send_text(wsp_peer *peer, const char *text)
{
    CHECK_RESULT(wsp_peer_send_text(peer, text), WSP_OK);
}

/* -- order ----------------------------------------------------------------- */

static void remote_close(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/game?x=1");
    send_text(client, "hello");
    CHECK_RESULT(wsp_peer_send(client, "ab", 2, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_RESULT(wsp_peer_close(client, 4000, "bye"), WSP_OK);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 clean"));
    CHECK_STRING(f->log, "handshake /game\nconnected 2  /game?x=1\ndata 2 t hello\ndata 2 b ab\n"
                         "close 2 4000 bye\ngone 2 clean\n");
    CHECK_INT(wsp_peer_get_close_code(client), 4000);
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 0);
    CHECK(!wsp_server_has_peer(f->server, 2));
}

static void local_close(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_server_disconnect_peer(f->server, 2, 1001, "later"), WSP_OK);
    CHECK(wsp_server_has_peer(f->server, 2));
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 clean"));
    CHECK_SIZE(server_fixture_count(f, "close 2 1001 later"), 0);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(client), 1001);
    CHECK_STRING(wsp_peer_get_close_reason(client), "later");
}

static void drop_is_reported_once(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_server_disconnect_peer(f->server, 2, -1, NULL), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(wsp_server_get_peer(f->server, 2)), WSP_STATE_CLOSED);
    CHECK_SIZE(server_fixture_count(f, "gone 2 unclean"), 0);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_poll_delay(f->server), 0, 0);
    wsp_server_poll(f->server);
    CHECK_SIZE(server_fixture_count(f, "gone 2 unclean"), 1);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_error(client), WSP_ERR_CONNECTION_LOST);
    CHECK_SIZE(server_fixture_count(f, "gone 2 unclean"), 1);
}

static void lost_client(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "last words");
    CHECK_RESULT(wsp_peer_close(client, -1, NULL), WSP_OK);
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 unclean"));
    CHECK_STRING(f->log, "handshake /\nconnected 2  /\ndata 2 t last words\ngone 2 unclean\n");
}

/* Peers destroyed by the program count as closed with -1, and their ids are reported. */
static void destroyed_peer_is_reported(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    (void)server_fixture_open(f, "/");
    wsp_peer_destroy(wsp_server_get_peer(f->server, 2));
    CHECK(wsp_server_has_peer(f->server, 2));
    wsp_server_poll(f->server);
    CHECK(server_fixture_has(f, "gone 2 unclean"));
    CHECK(!wsp_server_has_peer(f->server, 2));
}

static void look_at_last(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "gone", 4) != 0)
        return;
    wsp_peer *peer = wsp_server_get_peer(f->server, id);
    CHECK(peer != NULL && wsp_server_has_peer(f->server, id));
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 1);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(peer), 4001);
    CHECK_STRING(wsp_peer_get_close_reason(peer), "why");
    CHECK_STRING(wsp_peer_get_connected_host(peer), "127.0.0.1");
    CHECK_STRING(wsp_server_get_peer_address(f->server, id), "127.0.0.1");
    CHECK(wsp_server_get_peer_port(f->server, id) != 0);
    f->calls++;
}

static void peer_is_readable_in_its_last_handler(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    f->hook = look_at_last;
    CHECK_RESULT(wsp_peer_close(client, 4001, "why"), WSP_OK);
    SERVER_UNTIL(f, f->calls == 1);
}

static void read_head(server_fixture *f, const char *line, int32_t id)
{
    wsp_peer *peer = wsp_server_get_peer(f->server, id);
    if (strncmp(line, "connected", 9) != 0)
        return;
    CHECK_STRING(wsp_peer_get_handshake_header(peer, "host"), f->url + 5);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    CHECK_INT(wsp_peer_get_http_status(peer), 101);
    f->calls++;
}

static void head_is_freed_after_client_connected(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = read_head;
    (void)server_fixture_open(f, "/");
    CHECK_INT(f->calls, 1);
    CHECK(wsp_peer_get_handshake_header(wsp_server_get_peer(f->server, 2), "host") == NULL);
}

/* The head is gone, but not what it asked for: neither for who asked in time nor for the others. */
static const char *asked_in_time;

static void ask_in_time(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "connected", 9) == 0 && id == 4)
        asked_in_time = wsp_peer_get_requested_url(wsp_server_get_peer(f->server, id));
    if (strncmp(line, "gone", 4) == 0 && id == 3) {
        CHECK_CONTAINS(wsp_peer_get_requested_url(wsp_server_get_peer(f->server, id)), "/other?x=1");
        f->calls++;
    }
}

static void the_url_stays_readable(void)
{
    static const char *const targets[] = {"/", "/other?x=1", "/other?x=1", "/"};
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *clients[4];
    const char *urls[4];
    f->hook = ask_in_time;
    for (int i = 0; i < 4; i++) {
        clients[i] = server_fixture_open(f, targets[i]);
        urls[i] = wsp_peer_get_requested_url(wsp_server_get_peer(f->server, 2 + i));
    }
    CHECK(urls[2] == asked_in_time);
    CHECK_RESULT(wsp_peer_close(clients[1], 1000, NULL), WSP_OK);
    SERVER_UNTIL(f, f->calls == 1);
    for (int i = 0; i < 4; i++) {
        char url[128];
        (void)snprintf(url, sizeof url, "%s%s", f->url, targets[i]);
        if (i != 1)
            CHECK_STRING(wsp_peer_get_requested_url(wsp_server_get_peer(f->server, 2 + i)), url);
    }
}

/* -- inside handlers ------------------------------------------------------- */

static void say_goodbye(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "data", 4) == 0)
        CHECK_RESULT(wsp_server_disconnect_peer(f->server, id, f->calls, NULL), WSP_OK);
}

static void disconnect_inside_data_received(void)
{
    static const int codes[] = {4002, -1};
    for (int i = 0; i < 2; i++) {
        TEST_NOTE("code %d", codes[i]);
        server_fixture *f = server_fixture_begin(NULL);
        f->hook = say_goodbye;
        f->calls = codes[i];
        wsp_peer *client = server_fixture_open(f, "/");
        send_text(client, "one");
        SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
        SERVER_UNTIL(f, server_fixture_has(f, i == 0 ? "gone 2 clean" : "gone 2 unclean"));
        CHECK_SIZE(wsp_server_get_peer_count(f->server), 0);
        wsp_server_destroy(f->server);
        wsp_peer_destroy(client);
        f->server = NULL;
        f->client_count = 0;
    }
}

/* A big message is in memory of the connection's own: it stays readable after that is dropped. */
static void message_outlives_its_connection(void)
{
    static uint8_t big[600000];
    server_fixture *f = server_fixture_begin(NULL);
    memset(big, 'x', sizeof big);
    f->hook = say_goodbye;
    f->calls = -1;
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_peer_send(client, big, sizeof big, WSP_WRITE_MODE_BINARY), WSP_OK);
    SERVER_UNTIL(f, server_fixture_has(f, "gone 2 unclean"));
}

static const char *trigger;

static void stop_it(server_fixture *f, const char *line, int32_t id)
{
    (void)id;
    if (strncmp(line, trigger, strlen(trigger)) != 0)
        return;
    wsp_server_stop(f->server);
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 0);
    CHECK(!wsp_server_is_listening(f->server));
    wsp_server_poll(f->server);
    f->calls++;
}

static void destroy_it(server_fixture *f, const char *line, int32_t id)
{
    (void)id;
    if (strncmp(line, trigger, strlen(trigger)) != 0)
        return;
    wsp_server_destroy(f->server);
    f->server = NULL;
    f->calls++;
}

static void in_each_handler(void (*hook)(server_fixture *, const char *, int32_t))
{
    static const char *const triggers[] = {"handshake", "connected", "data", "close", "gone"};
    for (size_t i = 0; i < sizeof triggers / sizeof triggers[0]; i++) {
        trigger = triggers[i];
        TEST_NOTE("in %s", trigger);
        server_fixture *f = server_fixture_begin(NULL);
        f->hook = hook;
        wsp_peer *clients[2] = {server_fixture_connect(f, "/"), server_fixture_connect(f, "/")};
        for (double until = wsp_now() + 10; f->calls == 0 && wsp_now() < until;) {
            server_fixture_step(f);
            for (int j = 0; j < 2; j++) {
                if (wsp_peer_get_ready_state(clients[j]) != WSP_STATE_OPEN)
                    continue;
                (void)wsp_peer_send_text(clients[j], "some text");
                (void)wsp_peer_close(clients[j], 1000, NULL);
            }
        }
        CHECK_INT(f->calls, 1);
        size_t size = f->log_size;
        for (int j = 0; j < 2; j++)
            SERVER_UNTIL(f, wsp_peer_get_ready_state(clients[j]) == WSP_STATE_CLOSED);
        /* No handler is called any more. */
        CHECK_SIZE(f->log_size, size);
        wsp_server_destroy(f->server);
        for (int j = 0; j < 2; j++)
            wsp_peer_destroy(clients[j]);
        f->server = NULL;
        f->client_count = 0;
    }
}

static void stop_inside_each_handler(void)
{
    in_each_handler(stop_it);
}

static void destroy_inside_each_handler(void)
{
    in_each_handler(destroy_it);
}

static void poll_again(server_fixture *f, const char *line, int32_t id)
{
    (void)line;
    (void)id;
    size_t size = f->log_size;
    wsp_server_poll(f->server);
    CHECK(!wsp_server_poll_wait(f->server, 1));
    CHECK_SIZE(f->log_size, size);
}

static void nested_poll_does_nothing(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = poll_again;
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "one");
    send_text(client, "two");
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t two"));
}

static void stop_sends_1001_and_calls_nobody(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    size_t size = f->log_size;
    wsp_server_stop(f->server);
    CHECK_SIZE(f->log_size, size);
    CHECK(!wsp_server_has_peer(f->server, 2));
    CHECK_INT(wsp_server_get_socket(f->server), -1);
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(client), 1001);
    CHECK_SIZE(f->log_size, size);
    /* It may listen again, and ids go on. */
    server_fixture_listen(f, NULL, 0);
    (void)server_fixture_open(f, "/");
    CHECK(wsp_server_has_peer(f->server, 3));
}

/* -- the peers of a server ------------------------------------------------- */

static void calls_that_a_servers_peer_refuses(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    wsp_peer *peer = wsp_server_get_peer(f->server, 2);
    const wsp_peer_handlers handlers = {0};
    CHECK_RESULT(wsp_peer_connect_to_url(peer, f->url, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_peer_accept_stream(peer, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_peer_set_handlers(peer, &handlers, NULL), WSP_ERR_ALREADY_IN_USE);
    CHECK_RESULT(wsp_peer_set_handlers(peer, NULL, NULL), WSP_ERR_ALREADY_IN_USE);
    send_text(client, "x");
    wsp_peer_poll(peer);
    CHECK(!wsp_peer_poll_wait(peer, 0.01));
    CHECK_SIZE(server_fixture_count(f, "data 2 t x"), 0);
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t x"));
}

static void without_data_received_messages_are_queued(void)
{
    wsp_server_handlers handlers = server_fixture_handlers;
    handlers.data_received = NULL;
    server_fixture *f = server_fixture_begin(&handlers);
    wsp_peer *client = server_fixture_open(f, "/");
    wsp_peer *peer = wsp_server_get_peer(f->server, 2);
    send_text(client, "one");
    send_text(client, "two");
    SERVER_UNTIL(f, wsp_peer_get_available_packet_count(peer) == 2);
    CHECK_RESULT(wsp_server_keep_packet(f->server), WSP_ERR_UNAVAILABLE);
    size_t size = 0;
    CHECK_STRING((const char *)wsp_peer_get_packet(peer, &size), "one");
    CHECK_SIZE(size, 3);
    CHECK(wsp_peer_was_string_packet(peer));
    /* A handler that comes later is shown what waits. */
    CHECK_RESULT(wsp_server_set_handlers(f->server, &server_fixture_handlers, f), WSP_OK);
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t two"));
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
}

/* A full queue stops the reading; taking packets starts it again, without any news from the socket. */
static void full_queue_pushes_back(void)
{
    server_fixture *f = server_fixture_prepare(&(wsp_server_handlers){0});
    CHECK_RESULT(wsp_server_set_max_queued_packets(f->server, 2), WSP_OK);
    server_fixture_listen(f, NULL, 0);
    wsp_peer *client = server_fixture_open(f, "/");
    wsp_peer *peer = wsp_server_get_peer(f->server, 2);
    CHECK(peer != NULL);
    for (char text[2] = "0"; text[0] < '8'; text[0]++)
        send_text(client, text);
    for (char wanted[2] = "0"; wanted[0] < '8'; wanted[0]++) {
        SERVER_UNTIL(f, wsp_peer_get_available_packet_count(peer) > 0);
        CHECK(wsp_peer_get_available_packet_count(peer) <= 2);
        CHECK_STRING((const char *)wsp_peer_get_packet(peer, NULL), wanted);
    }
}

static void take_packets(server_fixture *f, const char *line, int32_t id)
{
    wsp_peer *peer = wsp_server_get_peer(f->server, id);
    size_t size = 99;
    if (strncmp(line, "data", 4) != 0)
        return;
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 1);
    const uint8_t *packet = wsp_peer_get_packet(peer, &size);
    CHECK(packet != NULL);
    CHECK_INT(packet[size], 0);
    CHECK_CONTAINS(line, (const char *)packet);
    CHECK_BOOL(wsp_peer_was_string_packet(peer), line[7] == 't');
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
    CHECK(wsp_peer_get_packet(peer, &size) == NULL);
    CHECK_SIZE(size, 0);
    f->calls++;
}

static void get_packet_inside_data_received(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = take_packets;
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "first");
    send_text(client, "");
    CHECK_RESULT(wsp_peer_send(client, "third", 5, WSP_WRITE_MODE_BINARY), WSP_OK);
    SERVER_UNTIL(f, f->calls == 3);
    CHECK_STRING(f->log, "handshake /\nconnected 2  /\ndata 2 t first\ndata 2 t \ndata 2 b third\n");
}

/* -- keeping --------------------------------------------------------------- */

static void keep_four_times(server_fixture *f, const char *line, int32_t id)
{
    (void)id;
    if (strncmp(line, "data", 4) != 0)
        return;
    if (f->calls++ < 4) {
        CHECK_RESULT(wsp_server_keep_packet(f->server), WSP_OK);
        CHECK_RESULT(wsp_server_keep_packet(f->server), WSP_OK);
    }
}

static void kept_message_comes_again_and_holds_the_others_back(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = keep_four_times;
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "a");
    send_text(client, "b");
    send_text(client, "c");
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t c"));
    CHECK_STRING(f->log, "handshake /\nconnected 2  /\ndata 2 t a\ndata 2 t a\ndata 2 t a\ndata 2 t a\n"
                         "data 2 t a\ndata 2 t b\ndata 2 t c\n");
    CHECK_RESULT(wsp_server_keep_packet(f->server), WSP_ERR_UNAVAILABLE);
    CHECK_RESULT(wsp_server_keep_packet(NULL), WSP_ERR_INVALID_PARAMETER);
}

/* One poll shows a kept message once, and a waiting server looks at it again without any news. */
static void kept_message_is_offered_again_soon(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = keep_four_times;
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "a");
    SERVER_UNTIL(f, f->calls == 1);
    wsp_server_poll(f->server);
    CHECK_INT(f->calls, 2);
    CHECK_DOUBLE_BETWEEN(wsp_server_get_poll_delay(f->server), 0.0001, 0.06);
    CHECK(wsp_server_poll_wait(f->server, 5));
    CHECK_INT(f->calls, 3);
}

static void keep_always(server_fixture *f, const char *line, int32_t id)
{
    if (strncmp(line, "data", 4) == 0)
        CHECK_RESULT(wsp_server_keep_packet(f->server), WSP_OK);
    if (strncmp(line, "gone", 4) != 0)
        return;
    wsp_peer *peer = wsp_server_get_peer(f->server, id);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 1);
    CHECK_STRING((const char *)wsp_peer_get_packet(peer, NULL), "kept");
    f->calls++;
}

static void kept_message_is_readable_at_the_end(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = keep_always;
    wsp_peer *client = server_fixture_open(f, "/");
    send_text(client, "kept");
    SERVER_UNTIL(f, server_fixture_has(f, "data 2 t kept"));
    CHECK_RESULT(wsp_peer_close(client, 1000, NULL), WSP_OK);
    SERVER_UNTIL(f, f->calls == 1);
    CHECK(server_fixture_has(f, "gone 2 clean"));
}

/* What the client sends while a message is kept stays in the sockets: memory is bounded, nothing is lost. */
static void keeping_pushes_back_on_a_flood(void)
{
    static uint8_t block[100000];
    server_fixture *f = server_fixture_begin(NULL);
    f->hook = keep_four_times;
    f->calls = -300;
    wsp_peer *client = server_fixture_open(f, "/");
    CHECK_RESULT(wsp_peer_set_outbound_buffer_size(client, 200000), WSP_OK);
    size_t sent = 0;
    size_t refused = 0;
    while (refused < 100) {
        memset(block, 'a' + (int)(sent % 26), sizeof block);
        if (wsp_peer_send(client, block, sizeof block, WSP_WRITE_MODE_BINARY) == WSP_OK)
            sent++;
        else
            refused++;
        server_fixture_step(f);
    }
    CHECK_SIZE(wsp_peer_get_available_packet_count(wsp_server_get_peer(f->server, 2)), 1);
    CHECK(sent < 200);
    f->calls = 4;
    wsp_peer_stats stats = {0};
    SERVER_UNTIL(
        f, (wsp_peer_get_stats(wsp_server_get_peer(f->server, 2), &stats), stats.messages_received == sent));
}

static const wspi_test_case cases[] = {
    TEST_CASE(remote_close),
    TEST_CASE(local_close),
    TEST_CASE(drop_is_reported_once),
    TEST_CASE(lost_client),
    TEST_CASE(destroyed_peer_is_reported),
    TEST_CASE(peer_is_readable_in_its_last_handler),
    TEST_CASE(head_is_freed_after_client_connected),
    TEST_CASE(the_url_stays_readable),
    TEST_CASE(disconnect_inside_data_received),
    TEST_CASE(message_outlives_its_connection),
    TEST_CASE(stop_inside_each_handler),
    TEST_CASE(destroy_inside_each_handler),
    TEST_CASE(nested_poll_does_nothing),
    TEST_CASE(stop_sends_1001_and_calls_nobody),
    TEST_CASE(calls_that_a_servers_peer_refuses),
    TEST_CASE(without_data_received_messages_are_queued),
    TEST_CASE(full_queue_pushes_back),
    TEST_CASE(get_packet_inside_data_received),
    TEST_CASE(kept_message_comes_again_and_holds_the_others_back),
    TEST_CASE(kept_message_is_offered_again_soon),
    TEST_CASE(kept_message_is_readable_at_the_end),
    TEST_CASE(keeping_pushes_back_on_a_flood),
};

TEST_MAIN(cases)
