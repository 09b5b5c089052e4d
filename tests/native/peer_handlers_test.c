/* SPDX-License-Identifier: MIT */
/* Handlers of a peer over real sockets: their order, the one final report, and what is legal inside them. */
#include "loopback.h"
#include "memory_stream.h"

#include <string.h>

typedef struct diary {
    char text[200];
    wsp_peer *destroy_in_data;
} diary;

static void note(void *user, const char *word)
{
    diary *book = user;
    strncat(book->text, word, sizeof book->text - strlen(book->text) - 1);
}

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    (void)peer;
    (void)protocol;
    note(user, "established ");
}

static void on_error(wsp_peer *peer, void *user)
{
    (void)peer;
    note(user, "error ");
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    (void)peer;
    (void)reason;
    note(user, code == 4000 ? "request:4000 " : "request ");
}

static void on_data(wsp_peer *peer, void *user)
{
    diary *book = user;
    note(user, "data ");
    wsp_peer_poll(peer); /* does nothing here */
    if (book->destroy_in_data == peer)
        wsp_peer_destroy(peer);
}

static void on_closed(wsp_peer *peer, bool was_clean, void *user)
{
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    note(user, was_clean ? "closed:clean " : "closed:unclean ");
}

static const wsp_peer_handlers handlers = {.connection_established = on_established,
                                           .connection_error = on_error,
                                           .server_close_request = on_close_request,
                                           .data_received = on_data,
                                           .connection_closed = on_closed};

static void handlers_run_in_order_with_one_final_report(void)
{
    loopback *pair = loopback_begin();
    diary book = {0};
    CHECK_RESULT(wsp_peer_set_handlers(pair->client, &handlers, &book), WSP_OK);
    loopback_open(pair);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "a"), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "b"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(pair->server, 4000, ""), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    CHECK_STRING(book.text, "established data data request:4000 closed:clean ");
    CHECK_SIZE(wsp_peer_get_available_packet_count(pair->client), 2);
}

static void a_connection_that_never_opens_reports_an_error_once(void)
{
    loopback *pair = loopback_begin();
    diary book = {0};
    wsp_tcp_server_stop(pair->listener);
    CHECK_RESULT(wsp_peer_set_handlers(pair->client, &handlers, &book), WSP_OK);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, pair->url, NULL), WSP_OK);
    loopback_poll_until(pair, pair->client, WSP_STATE_CLOSED);
    loopback_poll(pair);
    CHECK_STRING(book.text, "error ");
}

static void a_peer_may_be_destroyed_inside_its_handler(void)
{
    loopback *pair = loopback_begin();
    diary book = {0};
    CHECK_RESULT(wsp_peer_set_handlers(pair->client, &handlers, &book), WSP_OK);
    loopback_open(pair);
    book.destroy_in_data = pair->client;
    CHECK_RESULT(wsp_peer_send_text(pair->server, "a"), WSP_OK);
    CHECK_RESULT(wsp_peer_send_text(pair->server, "b"), WSP_OK);
    while (strstr(book.text, "data") == NULL)
        (void)wsp_peer_poll_wait(pair->client, 1);
    pair->client = NULL;
    CHECK_STRING(book.text, "established data ");
    loopback_poll_until(pair, pair->server, WSP_STATE_CLOSED);
}

static memory_stream_pair *wire;

static void free_wire(void)
{
    memory_stream_pair_destroy(wire);
    wire = NULL;
}

static void answer_often(wsp_peer *peer, void *user)
{
    (void)user;
    for (int i = 0; i < 50; i++)
        CHECK_RESULT(wsp_peer_send_text(peer, "answer"), WSP_OK);
}

static void write_wire(const void *bytes, size_t size)
{
    wspi_bytes piece = {bytes, size};
    size_t written = 0;
    CHECK_INT(wspi_stream_write(&wire->ends[1].base, &piece, 1, &written), WSPI_IO_OK);
    CHECK_SIZE(written, size);
}

/* bad-inputs O15 */
static void what_a_poll_sends_leaves_in_one_write(void)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    const wsp_peer_handlers often = {.data_received = answer_often};
    loopback *pair = loopback_begin();
    wspi_test_at_case_end(free_wire);
    wire = memory_stream_pair_create();
    CHECK_RESULT(wsp_peer_set_handlers(pair->server, &often, NULL), WSP_OK);
    CHECK_RESULT(wsp_peer_accept_stream(pair->server, memory_stream_get(wire, 0)), WSP_OK);
    write_wire(request, sizeof request - 1);
    wsp_peer_poll(pair->server);
    CHECK_INT(wsp_peer_get_ready_state(pair->server), WSP_STATE_OPEN);
    size_t before = wire->ends[0].write_calls;
    write_wire("\x81\x81\0\0\0\0x", 7);
    wsp_peer_poll(pair->server);
    CHECK_SIZE(wire->ends[0].write_calls - before, 1);
    CHECK(memory_stream_get_unread(wire, 1) >= 50 * (2 + strlen("answer")));
    CHECK_RESULT(wsp_peer_close(pair->server, -1, NULL), WSP_OK);
}

static const wspi_test_case cases[] = {
    TEST_CASE(handlers_run_in_order_with_one_final_report),
    TEST_CASE(a_connection_that_never_opens_reports_an_error_once),
    TEST_CASE(a_peer_may_be_destroyed_inside_its_handler),
    TEST_CASE(what_a_poll_sends_leaves_in_one_write),
};

TEST_MAIN(cases)
