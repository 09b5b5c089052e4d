/* SPDX-License-Identifier: MIT */
/* Over the fake WebSocket: opening, sending, closing, and what is not there on the web. */

#include "glue_fake.h"

#include <string.h>

/* -- opening ------------------------------------------------------------------ */

static void passes_url_and_protocols(void)
{
    create_peer();
    const char *protocols[] = {"chat.v2", "chat.v1"};
    CHECK_INT(wsp_peer_set_supported_protocols(peer, protocols, 2), WSP_OK);
    connect_peer();
    CHECK_STRING(get_text(2), "ws://game.test/play?x=1 chat.v2 chat.v1");
    probe_open("chat.v1", 7);
    CHECK_STRING(wsp_peer_get_selected_protocol(peer), "");
    wsp_peer_poll(peer);
    CHECK_STRING(wsp_peer_get_selected_protocol(peer), "chat.v1");
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
}

/* The record of the opening is no message: no limit of messages holds it back. */
static void opens_with_the_smallest_limits(void)
{
    create_peer();
    const char *protocols[] = {"longer-than-the-limit"};
    CHECK_INT(wsp_peer_set_supported_protocols(peer, protocols, 1), WSP_OK);
    CHECK_INT(wsp_peer_set_inbound_buffer_size(peer, 1), WSP_OK);
    CHECK_INT(wsp_peer_set_max_queued_packets(peer, 1), WSP_OK);
    connect_peer();
    probe_open(protocols[0], strlen(protocols[0]));
    fire_text("1");
    CHECK_STRING(get_closes(), "");
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    receive("1", 1, true);
}

/* Firefox opens where RFC 6455 4.1 wants the connection to fail. */
static void refuses_protocols_it_did_not_offer(void)
{
    static const char *const chosen[] = {"", "c", "A"};
    for (int i = 0; i < 4; i++) {
        TEST_NOTE("choice %d", i);
        create_peer();
        const char *protocols[] = {"a", "b"};
        if (i < 3)
            CHECK_INT(wsp_peer_set_supported_protocols(peer, protocols, 2), WSP_OK);
        connect_peer();
        if (i < 3)
            probe_open(chosen[i], strlen(chosen[i]));
        else
            probe_open("a", 1); /* nothing was offered */
        fire_text("too early");
        wsp_peer_poll(peer);
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_CANT_CONNECT);
        CHECK_CONTAINS(wsp_peer_get_error_message(peer), "subprotocol");
        CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
        CHECK_INT(wsp_peer_get_close_code(peer), -1);
        wsp_peer_destroy(peer);
        peer = NULL;
    }
}

static void reports_what_the_constructor_throws(void)
{
    static const struct {
        int mode;
        wsp_result result;
        const char *sentence;
    } rows[] = {
        {THROWS_SYNTAX_ERROR, WSP_ERR_INVALID_PARAMETER, "refuses the URL"},
        {THROWS_SECURITY_ERROR, WSP_ERR_CANT_CONNECT, "mixed content"},
        {THROWS_ODD_ERROR, WSP_ERR_CANT_CONNECT, "OddError"},
    };
    create_peer();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("row %d", (int)i);
        probe_install(rows[i].mode);
        CHECK_INT(wsp_peer_connect_to_url(peer, "ws://game.test", NULL), rows[i].result);
        CHECK_INT(wsp_peer_get_error(peer), rows[i].result);
        CHECK_CONTAINS(wsp_peer_get_error_message(peer), rows[i].sentence);
        CHECK_CONTAINS(wsp_peer_get_error_message(peer), "the page said no");
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        CHECK_INT(probe_links(), 0);
    }
}

static void reports_a_connection_that_never_opens(void)
{
    create_peer();
    connect_peer();
    probe_close(1006, 0, "", 0);
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_CANT_CONNECT);
    CHECK_CONTAINS(wsp_peer_get_error_message(peer), "never opened");
}

static void reports_a_connection_that_a_policy_forbids(void)
{
    create_peer();
    connect_peer();
    probe_block();
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_CANT_CONNECT);
    CHECK_CONTAINS(wsp_peer_get_error_message(peer), "a policy may forbid it");
    connect_peer();
    probe_block();
    probe_close(1006, 0, "", 0); /* where both events come, the second changes nothing */
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_CANT_CONNECT);
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
}

static void logs_tls_options_once(void)
{
    wsp_tls_options *options = wsp_tls_options_client(NULL, NULL);
    CHECK(options != NULL);
    create_peer();
    for (int i = 0; i < 3; i++) {
        CHECK_INT(wsp_peer_connect_to_url(peer, "wss://game.test", options), WSP_OK);
        wsp_peer_close(peer, -1, NULL);
    }
    CHECK_INT(log_lines, 1);
    CHECK_CONTAINS(log_text, "TLS options");
    wsp_tls_options_destroy(options);
}

/* -- sending -------------------------------------------------------------------- */

static void check_sent(const void *data, size_t size, wsp_write_mode mode)
{
    static uint8_t sent[70000];
    CHECK_INT(wsp_peer_send(peer, data, size, mode), WSP_OK);
    int sent_size = probe_get(0, sent, sizeof sent);
    CHECK_BYTES(sent, (size_t)sent_size, data, size);
    CHECK_INT(probe_sent_kind(), mode == WSP_WRITE_MODE_TEXT ? 0 : is_shared ? 1 : 2);
}

static void sends_every_size(void)
{
    static const size_t sizes[] = {0, 1, 47, 48, 49, 125, 126, 65535, 65536};
    static uint8_t bytes[65536];
    create_open_peer();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        TEST_NOTE("size %zu", sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            bytes[j] = (uint8_t)(j * 11);
        check_sent(bytes, sizes[i], WSP_WRITE_MODE_BINARY);
        memset(bytes, 'x', sizes[i]);
        check_sent(bytes, sizes[i], WSP_WRITE_MODE_TEXT);
        wsp_peer_poll(peer);
        probe_set_buffered(0);
        wsp_peer_poll(peer);
    }
    check_sent("\xef\xbb\xbf\0\xf0\x9f\x98\x80", 8, WSP_WRITE_MODE_TEXT);
    const char *text = "\xef\xbb\xbf is kept in front of a text that is longer than the short loop";
    check_sent(text, strlen(text), WSP_WRITE_MODE_TEXT);
}

/* npm's ws compresses after send() has returned, so a view of our memory would be read too late. */
static void copies_for_a_compressing_node(void)
{
    create_peer();
    probe_install(FAKE_NODE);
    open_peer();
    CHECK_INT(wsp_peer_send(peer, "data", 4, WSP_WRITE_MODE_BINARY), WSP_OK);
    CHECK_INT(probe_sent_kind(), 1);
}

static void says_when_a_message_was_not_taken(void)
{
    create_open_peer();
    CHECK_INT(wsp_peer_send_text(peer, "throw"), WSP_ERR_OUT_OF_MEMORY);
    probe_set_ready_state(2);
    CHECK_INT(wsp_peer_send_text(peer, "too late"), WSP_ERR_NOT_OPEN);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    CHECK_INT(probe_sent_kind(), -1);
}

static void follows_the_buffered_amount(void)
{
    create_peer();
    CHECK_INT(wsp_peer_set_outbound_buffer_size(peer, 100), WSP_OK);
    open_peer();
    CHECK_INT(wsp_peer_send_text(peer, "\xc3\xa4 0123456789"), WSP_OK);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 13);
    probe_set_buffered(90);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 13);
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 90);
    CHECK_INT(wsp_peer_send(peer, "0123456789a", 11, WSP_WRITE_MODE_TEXT), WSP_ERR_BUFFER_FULL);
    probe_set_buffered(89);
    CHECK_INT(wsp_peer_send(peer, "0123456789a", 11, WSP_WRITE_MODE_TEXT), WSP_OK);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 100);
    probe_set_buffered(0);
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 0);
}

/* -- closing -------------------------------------------------------------------- */

static void sends_the_close_codes_a_browser_can(void)
{
    static const struct {
        int code;
        const char *reason;
        const char *closes;
        int log_lines;
    } rows[] = {
        {0, "", "", 0},
        {1000, "bye", "1000 bye", 0},
        {1000, "", "1000 ", 0},
        {1001, "gone", "1000 gone", 1},
        {1003, "", "1000 ", 1},
        {1007, "", "1000 ", 1},
        {1014, "", "1000 ", 1},
        {3000, "\xc3\xa4", "3000 \xc3\xa4", 0},
        {4999, "a reason that is longer than the short loop of 48 bytes",
         "4999 a reason that is longer than the short loop of 48 bytes", 0},
        {3999, "the socket throws", "3999 the socket throws", 0},
    };
    create_peer();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("code %d", rows[i].code);
        open_peer();
        log_lines = 0;
        CHECK_INT(wsp_peer_close(peer, rows[i].code, rows[i].reason), WSP_OK);
        CHECK_STRING(get_closes(), rows[i].closes);
        CHECK_INT(log_lines, rows[i].log_lines);
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSING);
        CHECK_INT(wsp_peer_close(peer, -1, NULL), WSP_OK);
    }
}

static void delivers_nothing_after_its_own_close(void)
{
    create_open_peer();
    fire_text("before");
    CHECK_INT(wsp_peer_close(peer, 4001, "enough"), WSP_OK);
    fire_text("after");
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 1);
    receive("before", 6, true);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSING);
    probe_close(4001, 1, "enough", 6);
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_close_code(peer), 4001);
    CHECK_STRING(wsp_peer_get_close_reason(peer), "enough");
    CHECK_INT(wsp_peer_get_error(peer), WSP_OK);
}

static void reports_a_clean_close(void)
{
    static char longest[124];
    memset(longest, 'r', 123);
    const struct {
        int code;
        const char *reason;
    } rows[] = {{1000, ""}, {1001, "leaving"}, {1011, longest}, {4000, "\xe2\x82\xac"}, {1005, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("code %d", rows[i].code);
        create_limited_peer(SIZE_MAX, 1);
        fire_text("held");
        wsp_peer_poll(peer);
        fire_text("last");
        probe_close(rows[i].code, 1, rows[i].reason, strlen(rows[i].reason));
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
        wsp_peer_poll(peer);
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        CHECK_INT(wsp_peer_get_close_code(peer), rows[i].code);
        CHECK_STRING(wsp_peer_get_close_reason(peer), rows[i].reason);
        CHECK_INT(wsp_peer_get_error(peer), WSP_OK);
        receive("held", 4, true);
        receive("last", 4, true);
        wsp_peer_destroy(peer);
        peer = NULL;
    }
}

static void reports_a_lost_connection(void)
{
    static const int codes[] = {1006, 1015, 1000};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        TEST_NOTE("code %d", codes[i]);
        create_open_peer();
        fire_text("last");
        probe_close(codes[i], 0, "", 0);
        wsp_peer_poll(peer);
        CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
        CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_CONNECTION_LOST);
        CHECK_INT(wsp_peer_get_close_code(peer), -1);
        receive("last", 4, true);
        wsp_peer_destroy(peer);
        peer = NULL;
    }
}

static void ignores_late_events(void)
{
    create_open_peer();
    wsp_peer_destroy(peer);
    peer = NULL;
    CHECK_STRING(get_closes(), "");
    CHECK_INT(probe_links(), 0);
    probe_fire_late();
    CHECK_INT(probe_links(), 0);
    create_peer();
    connect_peer();
    CHECK_INT(wsp_peer_close(peer, -1, NULL), WSP_OK);
    probe_fire_late();
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(probe_links(), 0);
    open_peer();
    CHECK_INT(probe_links(), 1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 0);
}

/* -- platform and what is not there --------------------------------------------- */

static void knows_its_platform(void)
{
    CHECK_STRING(wsp_backend_name(), "web");
    for (int feature = WSP_FEATURE_ACCEPT_STREAM; feature <= WSP_FEATURE_CLOSE_CODES; feature++)
        CHECK_BOOL(wsp_has_feature((wsp_feature)feature), false);
    uint32_t first = wsp_random();
    bool differs = false;
    for (int i = 0; i < 4; i++)
        differs = differs || wsp_random() != first;
    CHECK(differs);
    double start = wsp_now(), now = start;
    while (now == start)
        now = wsp_now();
    CHECK_DOUBLE_BETWEEN(now - start, 0, 1);
}

static void a_server_has_no_clients(void)
{
    wsp_server *server = wsp_server_create();
    wsp_tls_options *client = wsp_tls_options_client(NULL, NULL);
    wsp_tls_options *own = wsp_tls_options_server("key", "certificate");
    const char *const bad[] = {"no token"};
    CHECK(server != NULL && client != NULL && own != NULL);
    CHECK_INT(wsp_server_set_handlers(server, NULL, NULL), WSP_OK);
    CHECK_INT(wsp_server_set_tls_options(server, client), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_server_set_tls_options(server, own), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_server_get_error(server), WSP_OK);
    CHECK_STRING(wsp_server_get_error_message(server), "");
    CHECK_INT(wsp_server_listen(server, 65536, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_server_listen(server, 0, bad, 1), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_server_get_error(server), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_server_listen(NULL, 0, NULL, 0), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_server_listen(server, 0, NULL, 0), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_server_get_error(server), WSP_ERR_UNSUPPORTED);
    CHECK_STRING(wsp_server_get_error_message(server), wsp_result_text(WSP_ERR_UNSUPPORTED));
    CHECK_BOOL(wsp_server_is_listening(server), false);
    CHECK_BOOL(wsp_server_poll_wait(server, -1), false);
    wsp_server_poll(server);
    CHECK(wsp_server_get_peer(server, 2) == NULL);
    CHECK_SIZE(wsp_server_get_peer_ids(server, NULL, 0), 0);
    CHECK_SIZE(wsp_server_broadcast(server, "x", 1, WSP_WRITE_MODE_TEXT, 0), 0);
    CHECK_INT(wsp_server_keep_packet(server), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_server_disconnect_peer(server, 2, 1000, NULL), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_server_get_socket(server), -1);
    wsp_server_set_user_data(server, server);
    CHECK(wsp_server_get_user_data(server) == server);
    wsp_server_stop(server);
    wsp_server_destroy(server);
    wsp_server_destroy(NULL);
    wsp_tls_options_destroy(client);
    wsp_tls_options_destroy(own);
}

static void servers_do_nothing(void)
{
    wsp_tcp_server *server = wsp_tcp_server_create();
    CHECK(server != NULL);
    CHECK_INT(wsp_tcp_server_listen(NULL, 0, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_tcp_server_listen(server, 65536, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_tcp_server_listen(server, -1, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_tcp_server_listen(server, 9080, "*"), WSP_ERR_UNSUPPORTED);
    CHECK_BOOL(wsp_tcp_server_is_listening(server), false);
    CHECK_SIZE(wsp_tcp_server_get_local_port(server), 0);
    CHECK_BOOL(wsp_tcp_server_is_connection_available(server), false);
    CHECK(wsp_tcp_server_take_connection(server) == NULL);
    CHECK_INT(wsp_tcp_server_set_shared_readiness(server, true), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_tcp_server_set_shared_readiness(NULL, true), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_tcp_server_get_socket(server), -1);
    wsp_tcp_server_stop(server);
    wsp_tcp_server_destroy(server);
    wsp_tcp_server_destroy(NULL);
    CHECK(wsp_stream_from_socket(1) == NULL);
    CHECK_INT(wsp_stream_accept_tls(NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_STRING(wsp_stream_get_connected_host(NULL), "");
    CHECK_SIZE(wsp_stream_get_connected_port(NULL), 0);
    wsp_stream_destroy(NULL);
}

static void tls_options_know_their_kind(void)
{
    create_peer();
    wsp_tls_options *clients[] = {
        wsp_tls_options_client("pem", "name"), wsp_tls_options_client_from_files(NULL, NULL),
        wsp_tls_options_client_unsafe(NULL), wsp_tls_options_client_unsafe_from_files("path")};
    for (int i = 0; i < 4; i++) {
        CHECK(clients[i] != NULL);
        CHECK_INT(wsp_peer_connect_to_url(peer, "wss://game.test", clients[i]), WSP_OK);
        wsp_peer_close(peer, -1, NULL);
        wsp_tls_options_destroy(clients[i]);
    }
    wsp_tls_options *servers[] = {wsp_tls_options_server("key", "certificate"),
                                  wsp_tls_options_server_from_files("key", "certificate")};
    for (int i = 0; i < 2; i++) {
        CHECK(servers[i] != NULL);
        CHECK_INT(wsp_peer_connect_to_url(peer, "wss://game.test", servers[i]), WSP_ERR_INVALID_PARAMETER);
        wsp_tls_options_destroy(servers[i]);
    }
    CHECK_STRING(wsp_tls_last_error(), "");
    CHECK(wsp_tls_options_server(NULL, "certificate") == NULL);
    CHECK_CONTAINS(wsp_tls_last_error(), "private key");
    CHECK(wsp_tls_options_server_from_files("key", NULL) == NULL);
    wsp_tls_options_destroy(NULL);
}

static void requests_are_neutral(void)
{
    CHECK_STRING(wsp_request_get_method(NULL), "");
    CHECK_STRING(wsp_request_get_path(NULL), "");
    CHECK_STRING(wsp_request_get_query(NULL), "");
    CHECK(wsp_request_get_header(NULL, "Host") == NULL);
    CHECK_SIZE(wsp_request_get_header_count(NULL), 0);
    CHECK_BOOL(wsp_request_get_header_at(NULL, 0, NULL, NULL), false);
    CHECK_SIZE(wsp_request_get_protocol_count(NULL), 0);
    CHECK_STRING(wsp_request_get_protocol_at(NULL, 0), "");
    CHECK_STRING(wsp_request_get_address(NULL), "");
    CHECK_SIZE(wsp_request_get_port(NULL), 0);
    CHECK_BOOL(wsp_request_is_secure(NULL), false);
    CHECK_INT(wsp_request_add_header(NULL, "a", "b"), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_accept(NULL, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK_INT(wsp_request_respond(NULL, 400, NULL, NULL, 0), WSP_ERR_INVALID_PARAMETER);
}

/* What only a socket can do answers so and changes nothing. */
static void peers_refuse_what_a_browser_cannot(void)
{
    create_open_peer();
    const char *headers[] = {"X-Game: 1"};
    wsp_compression compression = {0};
    CHECK_INT(wsp_peer_set_no_delay(peer, true), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_set_handshake_headers(peer, headers, 1), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_set_heartbeat_interval(peer, 1), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_set_compression(peer, &compression), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_ping(peer, "p", 1), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_accept_stream(peer, NULL), WSP_ERR_UNSUPPORTED);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    CHECK_BOOL(wsp_peer_poll_wait(peer, 60), false);
}

static const wspi_test_case cases[] = {
    TEST_CASE(passes_url_and_protocols),
    TEST_CASE(opens_with_the_smallest_limits),
    TEST_CASE(refuses_protocols_it_did_not_offer),
    TEST_CASE(reports_what_the_constructor_throws),
    TEST_CASE(reports_a_connection_that_never_opens),
    TEST_CASE(reports_a_connection_that_a_policy_forbids),
    TEST_CASE(logs_tls_options_once),
    TEST_CASE(sends_every_size),
    TEST_CASE(copies_for_a_compressing_node),
    TEST_CASE(says_when_a_message_was_not_taken),
    TEST_CASE(follows_the_buffered_amount),
    TEST_CASE(sends_the_close_codes_a_browser_can),
    TEST_CASE(delivers_nothing_after_its_own_close),
    TEST_CASE(reports_a_clean_close),
    TEST_CASE(reports_a_lost_connection),
    TEST_CASE(ignores_late_events),
    TEST_CASE(knows_its_platform),
    TEST_CASE(servers_do_nothing),
    TEST_CASE(a_server_has_no_clients),
    TEST_CASE(tls_options_know_their_kind),
    TEST_CASE(requests_are_neutral),
    TEST_CASE(peers_refuse_what_a_browser_cannot),
    TEST_CASE(nothing_leaks),
};

int main(int argc, char **argv)
{
    return run_fake_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
