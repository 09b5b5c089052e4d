/* SPDX-License-Identifier: MIT */
/* Over the fake WebSocket: what arrives, how it reaches C, and the limits of what may wait. */

#include "glue_fake.h"

#include <string.h>

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
    CHECK_INT(poll_and_count(), 1);
    CHECK_SIZE(wsp_peer_get_available_packet_count(peer), 101);
    for (int i = 0; i < 10; i++)
        CHECK_INT(poll_and_count(), is_shared ? 0 : 1);
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

static const wspi_test_case cases[] = {
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
    TEST_CASE(nothing_leaks),
};

int main(int argc, char **argv)
{
    return run_fake_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
