/* SPDX-License-Identifier: MIT */
/* The set of poller.h, as it is linked here; poller_set_test.c runs the same cases over the portable form. */
#include "net/poller.h"
#include "test.h"

enum { PAIRS = 150 };

static wspi_socket listener = WSPI_NO_SOCKET;
static wspi_socket near_end[PAIRS], far_end[PAIRS];
static wspi_poller *poller;

static void clean_up(void)
{
    wspi_poller_destroy(poller);
    poller = NULL;
    for (int i = 0; i < PAIRS; i++) {
        wspi_os_close(near_end[i]);
        wspi_os_close(far_end[i]);
        near_end[i] = far_end[i] = WSPI_NO_SOCKET;
    }
    wspi_os_close(listener);
    listener = WSPI_NO_SOCKET;
}

static void begin(int count)
{
    for (int i = 0; i < PAIRS; i++)
        near_end[i] = far_end[i] = WSPI_NO_SOCKET;
    wspi_test_at_case_end(clean_up);
    wspi_listen_address at = {.address = {.family = 4, .bytes = {127, 0, 0, 1}}};
    wspi_address to = at.address;
    wspi_address from;
    int error = 0;
    CHECK_INT(wspi_os_listen(&at, &listener, &to.port, &error), WSP_OK);
    poller = wspi_poller_create();
    CHECK(poller != NULL);
    for (int i = 0; i < count; i++) {
        CHECK(wspi_os_connect(&to, &far_end[i], &error) != WSPI_IO_FAILED);
        wspi_poll_entry entry = {.socket = listener, .wants_read = true};
        CHECK(wspi_poller_wait(&entry, 1, 10));
        CHECK_INT(wspi_os_accept(listener, &near_end[i], &from, &error), WSPI_IO_OK);
        CHECK(wspi_poller_add(poller, near_end[i], &near_end[i], false));
    }
}

static void send_byte(int i)
{
    wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t sent = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(far_end[i], &piece, 1, &sent, &error), WSPI_IO_OK);
    wspi_poll_entry entry = {.socket = near_end[i], .wants_read = true};
    CHECK(wspi_poller_wait(&entry, 1, 10));
}

static void an_idle_set_answers_nothing(void)
{
    begin(3);
    wspi_poller_event events[4];
    CHECK_SIZE(wspi_poller_collect(poller, events, 4, 0), 0);
    double before = wspi_os_now();
    CHECK_SIZE(wspi_poller_collect(poller, events, 4, 0.02), 0);
    CHECK(wspi_os_now() - before >= 0.019);
}

static void the_ready_socket_is_answered_until_it_is_read(void)
{
    begin(3);
    wspi_poller_event events[4];
    send_byte(1);
    for (int i = 0; i < 2; i++) {
        CHECK_SIZE(wspi_poller_collect(poller, events, 4, -1), 1);
        CHECK(events[0].token == &near_end[1]);
        CHECK_BOOL(events[0].can_read, true);
    }
    char byte;
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_receive(near_end[1], &byte, 1, &size, &error), WSPI_IO_OK);
    CHECK_SIZE(wspi_poller_collect(poller, events, 4, 0), 0);
}

static void a_small_array_reaches_every_ready_socket_in_turn(void)
{
    begin(PAIRS);
    static bool seen[PAIRS];
    size_t missing = PAIRS;
    for (int i = 0; i < PAIRS; i++) {
        seen[i] = false;
        send_byte(i);
    }
    for (int question = 0; question < PAIRS && missing > 0; question++) {
        wspi_poller_event events[7];
        size_t count = wspi_poller_collect(poller, events, 7, 0);
        CHECK(count > 0 && count <= 7);
        for (size_t i = 0; i < count; i++) {
            size_t at = (size_t)((wspi_socket *)events[i].token - near_end);
            missing -= !seen[at];
            seen[at] = true;
        }
    }
    CHECK_SIZE(missing, 0);
}

static void wanting_to_write_and_ceasing_to_read_are_changes(void)
{
    begin(1);
    wspi_poller_event events[2];
    wspi_poller_change(poller, near_end[0], &near_end[0], true, true);
    CHECK_SIZE(wspi_poller_collect(poller, events, 2, 0), 1);
    CHECK_BOOL(events[0].can_write, true);
    send_byte(0);
    wspi_poller_change(poller, near_end[0], &near_end[0], false, false);
    CHECK_SIZE(wspi_poller_collect(poller, events, 2, 0), 0);
    wspi_poller_change(poller, near_end[0], &near_end[0], true, false);
    CHECK_SIZE(wspi_poller_collect(poller, events, 2, 0), 1);
}

static void a_removed_socket_is_answered_no_more(void)
{
    begin(2);
    wspi_poller_event events[2];
    send_byte(0);
    send_byte(1);
    wspi_poller_remove(poller, near_end[0]);
    CHECK_SIZE(wspi_poller_collect(poller, events, 2, 0), 1);
    CHECK(events[0].token == &near_end[1]);
}

static void the_end_of_a_stream_counts_as_readable(void)
{
    begin(1);
    wspi_poller_event events[2];
    wspi_os_close(far_end[0]);
    far_end[0] = WSPI_NO_SOCKET;
    CHECK_SIZE(wspi_poller_collect(poller, events, 2, 10), 1);
    CHECK_BOOL(events[0].can_read, true);
}

static const wspi_test_case cases[] = {
    TEST_CASE(an_idle_set_answers_nothing),
    TEST_CASE(the_ready_socket_is_answered_until_it_is_read),
    TEST_CASE(a_small_array_reaches_every_ready_socket_in_turn),
    TEST_CASE(wanting_to_write_and_ceasing_to_read_are_changes),
    TEST_CASE(a_removed_socket_is_answered_no_more),
    TEST_CASE(the_end_of_a_stream_counts_as_readable),
};

TEST_MAIN(cases)
