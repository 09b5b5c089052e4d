/* SPDX-License-Identifier: MIT */
/*
 * The web backend through the public API, against a WebSocket that glue_probe.js fakes: every event comes on
 * command, so what browsers do rarely or never in a test can be checked. Calls into JavaScript are counted by
 * wrapping them at link time (-Wl,--wrap).
 */

#include "js_imports.h"
#include "test.h"
#include "wspeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAKE = 1, FAKE_NODE = 2, THROWS_SYNTAX_ERROR = 3, THROWS_SECURITY_ERROR = 4, THROWS_ODD_ERROR = 5 };

void probe_install(int mode);
void probe_open(const char *protocol, size_t size);
void probe_message(const void *data, size_t size, int is_text);
void probe_close(int code, int was_clean, const char *reason, size_t size);
void probe_fire_late(void);
void probe_set_buffered(double amount);
void probe_set_ready_state(int state);
int probe_sent_kind(void);
int probe_get(int what, void *to, size_t room);
int probe_links(void);

#ifdef __EMSCRIPTEN_PTHREADS__
static const bool is_shared = true;
#else
static const bool is_shared = false;
#endif

/* -- counted calls ---------------------------------------------------------- */

static int pull_calls;
static int other_calls;

double __real_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status);
double __wrap_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status);
double __real_wspi_js_send(int id, double data, double size, int is_text);
double __wrap_wspi_js_send(int id, double data, double size, int is_text);
void __real_wspi_js_close(int id, int code, double reason, double size);
void __wrap_wspi_js_close(int id, int code, double reason, double size);

double __wrap_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status)
{
    pull_calls++;
    return __real_wspi_js_pull(id, area, capacity, room_bytes, room_packets, status);
}

double __wrap_wspi_js_send(int id, double data, double size, int is_text)
{
    other_calls++;
    return __real_wspi_js_send(id, data, size, is_text);
}

void __wrap_wspi_js_close(int id, int code, double reason, double size)
{
    other_calls++;
    __real_wspi_js_close(id, code, reason, size);
}

static int poll_and_count(wsp_peer *peer)
{
    pull_calls = other_calls = 0;
    wsp_peer_poll(peer);
    return pull_calls + other_calls;
}

/* -- a peer per case --------------------------------------------------------- */

static wsp_peer *peer;
static size_t live_bytes;
static bool fail_large;
static char log_text[512];
static int log_lines;

static void on_log(wsp_log_level level, const char *message, void *user)
{
    (void)level;
    (void)user;
    snprintf(log_text, sizeof log_text, "%s", message);
    log_lines++;
}

/* Counts what is alive; while told so it has nothing above 4 KiB to give. */
static void *reallocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (fail_large && new_size > 4096)
        return NULL;
    live_bytes += new_size - old_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

static void clean_up(void)
{
    fail_large = false;
    wsp_peer_destroy(peer);
    peer = NULL;
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static wsp_peer *create_peer(void)
{
    probe_install(FAKE);
    log_lines = 0;
    wsp_set_log_handler(on_log, WSP_LOG_WARNING, NULL);
    peer = wsp_peer_create();
    CHECK(peer != NULL);
    wspi_test_at_case_end(clean_up);
    return peer;
}

static void connect_peer(void)
{
    CHECK_INT(wsp_peer_connect_to_url(peer, "ws://game.test/play?x=1", NULL), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CONNECTING);
}

static void open_peer(void)
{
    connect_peer();
    probe_open("", 0);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CONNECTING);
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
}

static void create_open_peer(void)
{
    create_peer();
    open_peer();
}

static void receive(const void *wanted, size_t size, bool is_text)
{
    size_t seen_size = 0;
    const uint8_t *seen = wsp_peer_get_packet(peer, &seen_size);
    CHECK(seen != NULL);
    CHECK_BYTES(seen, seen_size, wanted, size);
    CHECK_BOOL(wsp_peer_was_string_packet(peer), is_text);
}

static void fire_text(const char *text)
{
    probe_message(text, strlen(text), 1);
}

static const char *get_text(int what)
{
    static char text[1024];
    int size = probe_get(what, text, sizeof text - 1);
    CHECK(size >= 0 && (size_t)size < sizeof text);
    text[size] = '\0';
    return text;
}

static const char *get_closes(void)
{
    return get_text(1);
}

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

/* -- receiving ---------------------------------------------------------------- */

static void receives_text_of_every_kind(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {
        {"", 0},
        {"plain", 5},
        {"a\0b\0", 4},
        {"\xef\xbb\xbfkept", 7},
        {"\xf0\x9f\x98\x80 and \xc3\xa4", 11},
        {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10},
    };
    create_open_peer();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("row %d", (int)i);
        probe_message(rows[i].bytes, rows[i].size, 1);
        wsp_peer_poll(peer);
        receive(rows[i].bytes, rows[i].size, true);
    }
}

/* Around the sizes at which the glue changes its method: short loops, the area, messages of their own. */
static void receives_every_size(void)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 199, 200, 201, 21845, 21846, 65535, 65536, 65537, 1048576};
    static uint8_t bytes[1048576];
    create_open_peer();
    for (int is_text = 0; is_text < 2; is_text++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            TEST_NOTE("text %d size %zu", is_text, sizes[i]);
            for (size_t j = 0; j < sizes[i]; j++)
                bytes[j] = (uint8_t)(is_text ? 'a' + j % 26 : j * 7);
            probe_message(bytes, sizes[i], is_text);
            wsp_peer_poll(peer);
            receive(bytes, sizes[i], is_text != 0);
        }
    }
}

/* Text of which only the exact size tells whether it fits: the area, the room and the limits. */
static void receives_large_text_beyond_ascii(void)
{
    static const struct {
        const char *character;
        size_t count;
    } rows[] = {
        {"\xc3\xa4", 300},        {"\xe2\x82\xac", 21800},      {"\xc3\xa4", 40000},
        {"\xe2\x82\xac", 349525}, {"\xf0\x9f\x98\x80", 262144},
    };
    static char bytes[1048576];
    create_open_peer();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("row %zu", i);
        size_t width = strlen(rows[i].character), size = width * rows[i].count;
        for (size_t j = 0; j < size; j++)
            bytes[j] = rows[i].character[j % width];
        fire_text("small one in front");
        probe_message(bytes, size / 2 / width * width, 1);
        fire_text("small one behind");
        wsp_peer_poll(peer);
        receive("small one in front", 18, true);
        receive(bytes, size / 2 / width * width, true);
        receive("small one behind", 16, true);
        probe_message(bytes, size, 1);
        wsp_peer_poll(peer);
        receive(bytes, size, true);
    }
}

static void keeps_the_order_of_mixed_messages(void)
{
    enum { COUNT = 400 };
    static uint8_t bytes[70000];
    create_open_peer();
    CHECK_INT(wsp_peer_set_inbound_buffer_size(peer, SIZE_MAX), WSP_OK);
    wsp_peer_close(peer, -1, NULL);
    open_peer();
    for (size_t i = 0; i < COUNT; i++) {
        memset(bytes, 'a' + (int)(i % 26), sizeof bytes);
        probe_message(bytes, i % 50 == 7 ? sizeof bytes : i, i % 3 == 0);
    }
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        TEST_NOTE("message %zu", i);
        memset(bytes, 'a' + (int)(i % 26), sizeof bytes);
        receive(bytes, i % 50 == 7 ? sizeof bytes : i, i % 3 == 0);
    }
}

/* One call brings everything that is ready; where memory is shared, nothing ready costs no call. */
static void calls_javascript_once_per_poll(void)
{
    create_open_peer();
    fire_text("the first one makes the area");
    wsp_peer_poll(peer);
    for (int i = 0; i < 100; i++)
        fire_text("small");
    CHECK_INT(poll_and_count(peer), 1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 101);
    for (int i = 0; i < 10; i++)
        CHECK_INT(poll_and_count(peer), is_shared ? 0 : 1);
}

static void getters_make_no_call(void)
{
    create_open_peer();
    fire_text("something to get");
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_send_text(peer, "something to send"), WSP_OK);
    pull_calls = other_calls = 0;
    wsp_peer_stats stats;
    wsp_peer_get_stats(peer, &stats);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
    CHECK_SIZE(wsp_peer_get_current_outbound_buffered_amount(peer), 17);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 1);
    CHECK_INT(wsp_peer_get_close_code(peer), -1);
    CHECK_STRING(wsp_peer_get_close_reason(peer), "");
    CHECK_STRING(wsp_peer_get_selected_protocol(peer), "");
    CHECK_STRING(wsp_peer_get_connected_host(peer), "");
    CHECK_SIZE(wsp_peer_get_connected_port(peer), 0);
    CHECK_STRING(wsp_peer_get_requested_url(peer), "ws://game.test/play?x=1");
    CHECK_INT(wsp_peer_get_http_status(peer), 0);
    CHECK(wsp_peer_get_handshake_header(peer, "Server") == NULL);
    CHECK_INT(wsp_peer_get_socket(peer), -1);
    CHECK_BOOL(wsp_peer_wants_write(peer), false);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_poll_delay(peer), 0, 0.1);
    CHECK(wsp_peer_get_packet(peer, NULL) != NULL);
    CHECK_INT(pull_calls + other_calls, 0);
}

static size_t handled;

static void on_data(wsp_peer *of, void *user)
{
    (void)user;
    size_t size = 0;
    const uint8_t *data = wsp_peer_get_packet(of, &size);
    uint32_t number = 0;
    CHECK_SIZE(size, 30);
    memcpy(&number, data, sizeof number);
    CHECK_SIZE(number, handled);
    handled++;
}

/* A turn that stops at its budget leaves records in the area; they come first in the next. */
static void goes_on_after_a_spent_budget(void)
{
    enum { COUNT = 5000 };
    create_peer();
    CHECK_INT(wsp_peer_set_max_queued_packets(peer, SIZE_MAX), WSP_OK);
    wsp_peer_handlers handlers = {.data_received = on_data};
    CHECK_INT(wsp_peer_set_handlers(peer, &handlers, NULL), WSP_OK);
    open_peer();
    handled = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        uint8_t bytes[30] = {0};
        memcpy(bytes, &i, sizeof i);
        probe_message(bytes, sizeof bytes, 0);
    }
    wsp_peer_poll(peer);
    CHECK_SIZE(handled, 4096);
    CHECK_DOUBLE_BETWEEN(wsp_peer_get_poll_delay(peer), 0, 0);
    probe_close(1000, 1, "done", 4);
    wsp_peer_poll(peer);
    CHECK_SIZE(handled, COUNT);
    CHECK_INT(wsp_peer_get_close_code(peer), 1000);
}

/* More turns than the backend keeps its memory for. */
static void be_idle(void)
{
    for (int i = 0; i < 100; i++)
        wsp_peer_poll(peer);
}

static void gives_memory_back_when_idle(void)
{
    create_open_peer();
    be_idle();
    size_t before = live_bytes;
    CHECK(before < 2048);
    static uint8_t bytes[300000];
    probe_message(bytes, sizeof bytes, 0);
    wsp_peer_poll(peer);
    CHECK(live_bytes > before + sizeof bytes);
    receive(bytes, sizeof bytes, false);
    be_idle();
    CHECK_SIZE(live_bytes, before);
    fire_text("again");
    wsp_peer_poll(peer);
    receive("again", 5, true);
}

static void says_when_memory_is_out(void)
{
    create_open_peer();
    be_idle();
    fail_large = true;
    fire_text("no room for this");
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_OUT_OF_MEMORY);
    CHECK_INT(probe_links(), 0);
}

/* -- limits --------------------------------------------------------------------- */

static void check_overflow(size_t readable)
{
    CHECK_STRING(get_closes(), "4009 ");
    fire_text("ignored");
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_error(peer), WSP_ERR_INBOUND_OVERFLOW);
    CHECK_INT(wsp_peer_get_close_code(peer), -1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), readable);
}

static void create_limited_peer(size_t bytes, size_t packets)
{
    create_peer();
    CHECK_INT(wsp_peer_set_inbound_buffer_size(peer, bytes), WSP_OK);
    CHECK_INT(wsp_peer_set_max_queued_packets(peer, packets), WSP_OK);
    open_peer();
}

static void overflows_by_bytes(void)
{
    static const uint8_t bytes[400];
    create_limited_peer(1000, SIZE_MAX);
    for (int i = 0; i < 2; i++) {
        probe_message(bytes, sizeof bytes, 0);
        probe_message(bytes, sizeof bytes, 0);
        wsp_peer_poll(peer);
        CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 2);
    }
    CHECK_STRING(get_closes(), "");
    probe_message(bytes, sizeof bytes, 0);
    check_overflow(4);
    for (int i = 0; i < 4; i++)
        receive(bytes, sizeof bytes, false);
}

static void overflows_by_count(void)
{
    create_limited_peer(SIZE_MAX, 2);
    fire_text("1");
    fire_text("");
    wsp_peer_poll(peer);
    fire_text("3");
    fire_text("4");
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 2);
    CHECK_STRING(get_closes(), "");
    fire_text("5");
    check_overflow(4);
    receive("1", 1, true);
    receive("", 0, true);
    receive("3", 1, true);
    receive("4", 1, true);
}

static void goes_on_when_room_comes_back(void)
{
    create_limited_peer(10, 2);
    static const char *const texts[] = {"one", "two", "three", "four"};
    for (int i = 0; i < 2; i++)
        fire_text(texts[i]);
    wsp_peer_poll(peer);
    for (int i = 2; i < 4; i++)
        fire_text(texts[i]);
    for (int i = 0; i < 4; i++) {
        wsp_peer_poll(peer);
        CHECK_SIZE(wsp_peer_get_available_packet_count(peer), i < 3 ? 2 : 1);
        receive(texts[i], strlen(texts[i]), true);
    }
    CHECK_STRING(get_closes(), "");
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
}

static void charges_text_by_its_utf8_size(void)
{
    create_limited_peer(10, SIZE_MAX);
    fire_text("\xf0\x9f\x98\x80\xc3\xa4"); /* 6 bytes, 3 units of UTF-16 */
    fire_text("\xe2\x82\xac");
    fire_text("a");
    CHECK_STRING(get_closes(), "");
    wsp_peer_poll(peer);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 3);
    fire_text("\xf0\x9f\x98\x80\xc3\xa4");
    fire_text("\xe2\x82\xac");
    fire_text("\xc3\xa4");
    check_overflow(5);
}

static void refuses_a_message_over_the_limit(void)
{
    create_limited_peer(100, SIZE_MAX);
    static const uint8_t bytes[101];
    probe_message(bytes, 100, 0);
    wsp_peer_poll(peer);
    receive(bytes, 100, false);
    probe_message(bytes, 101, 0);
    check_overflow(0);
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

static void nothing_leaks(void)
{
    CHECK_SIZE(live_bytes, 0);
    CHECK_INT(probe_links(), 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(passes_url_and_protocols),
    TEST_CASE(opens_with_the_smallest_limits),
    TEST_CASE(refuses_protocols_it_did_not_offer),
    TEST_CASE(reports_what_the_constructor_throws),
    TEST_CASE(reports_a_connection_that_never_opens),
    TEST_CASE(logs_tls_options_once),
    TEST_CASE(receives_text_of_every_kind),
    TEST_CASE(receives_every_size),
    TEST_CASE(receives_large_text_beyond_ascii),
    TEST_CASE(keeps_the_order_of_mixed_messages),
    TEST_CASE(calls_javascript_once_per_poll),
    TEST_CASE(getters_make_no_call),
    TEST_CASE(goes_on_after_a_spent_budget),
    TEST_CASE(gives_memory_back_when_idle),
    TEST_CASE(says_when_memory_is_out),
    TEST_CASE(overflows_by_bytes),
    TEST_CASE(overflows_by_count),
    TEST_CASE(goes_on_when_room_comes_back),
    TEST_CASE(charges_text_by_its_utf8_size),
    TEST_CASE(refuses_a_message_over_the_limit),
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
    TEST_CASE(tls_options_know_their_kind),
    TEST_CASE(requests_are_neutral),
    TEST_CASE(peers_refuse_what_a_browser_cannot),
    TEST_CASE(nothing_leaks),
};

int main(int argc, char **argv)
{
    static const wsp_allocator counting = {reallocate, NULL};
    if (wsp_set_allocator(&counting) != WSP_OK)
        return 1;
    return wspi_test_main(cases, sizeof cases / sizeof cases[0], argc, argv);
}
