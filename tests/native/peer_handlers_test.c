/* SPDX-License-Identifier: MIT */
/* Handlers of a peer over real sockets: their order, the one final report, and what is legal inside them. */
#include "loopback.h"

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

static const wspi_test_case cases[] = {
    TEST_CASE(handlers_run_in_order_with_one_final_report),
    TEST_CASE(a_connection_that_never_opens_reports_an_error_once),
    TEST_CASE(a_peer_may_be_destroyed_inside_its_handler),
};

TEST_MAIN(cases)
