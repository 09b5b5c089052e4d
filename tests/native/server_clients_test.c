/* SPDX-License-Identifier: MIT */
/*
 * What clients do to a server while it works for others: they die in the middle of anything, they do not
 * read, one of a thousand hears no broadcast. The clients are processes of their own. Rows Q2, Q6 and O1 of
 * bad-inputs.md.
 */
#define _POSIX_C_SOURCE 200809L
#include "counting_server.h"
#include "failing_allocator.h"
#include "test.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A killed process has five connections. */
enum { OUTBOUND = 64 * 1024, BLOCK = 16 * 1024, RESETS = 1000, KILLS = 200, AT_ONCE = 4 };

static uint8_t block[BLOCK];

/* -- death ----------------------------------------------------------------- */

/* Gets into the middle of a head, a frame, an echo, a flood whose echoes it does not read, and a lively
 * exchange; tells it, and goes on until it is killed. */
static int die_in_the_middle(const client_place *place)
{
    static const uint8_t half_a_frame[] = {0x82, 0xfe, 0x40, 0x00, 0, 0, 0, 0, 'h', 'a', 'l', 'f'};
    client_write(client_connect(place), "GET / HTTP/1.1\r\nHost", 20);
    client_write(client_open(place), half_a_frame, sizeof half_a_frame);
    client_send(client_open(place), false, block, sizeof block);
    int flooding = client_open(place);
    int lively = client_open(place);
    client_send(flooding, false, block, sizeof block);
    client_tell(place, place->number);
    for (bool is_taken = true;;) { /* The flood ends inside a frame, once the server pushes back. */
        is_taken = is_taken && send(flooding, half_a_frame, 8, MSG_DONTWAIT | MSG_NOSIGNAL) == 8 &&
                   send(flooding, block, sizeof block, MSG_DONTWAIT | MSG_NOSIGNAL) == BLOCK;
        client_send(lively, false, block, sizeof block);
        if (client_read_frame(lively, block, sizeof block) != BLOCK)
            return 1;
    }
}

static void kill_9_of_a_thousand_clients_in_the_middle_of_a_transfer(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    client_process clients[AT_ONCE];
    for (int i = 0; i < KILLS + AT_ONCE; i++) {
        client_process *client = &clients[i % AT_ONCE];
        if (i >= AT_ONCE) {
            CHECK_INT(counting_server_hear(s, client), i - AT_ONCE);
            for (int turns = i % 7; turns > 0; turns--)
                wsp_server_poll(s->server);
            client_process_kill(client);
        }
        if (i < KILLS)
            *client = client_process_start(s->port, i, die_in_the_middle);
    }
    counting_server_expect_empty(s, 10);
    CHECK_SIZE(s->connected, KILLS * 4); /* and KILLS heads that never ended */
    counting_server_expect_calm(s);
}

static int reset_again_and_again(const client_place *place)
{
    for (int i = 0; i < place->number; i++) {
        int fd = client_open(place);
        for (int sent = 0; sent < i % 4; sent++)
            client_send(fd, false, block, sizeof block);
        client_reset(fd);
    }
    return 0;
}

static void a_thousand_resets_in_the_middle_of_a_transfer(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    client_process clients = client_process_start(s->port, RESETS, reset_again_and_again);
    CHECK_INT(counting_server_finish(s, &clients), 0);
    counting_server_expect_empty(s, 10);
    CHECK_SIZE(s->connected, RESETS);
    counting_server_expect_calm(s);
}

/* -- one that does not read ------------------------------------------------ */

/* Numbered blocks until nothing goes for a while; then all of the echoes have to come. */
static int send_and_read_later(const client_place *place)
{
    uint8_t frame[8 + BLOCK] = {0x82, 0xfe, BLOCK >> 8, BLOCK & 255};
    struct pollfd entry = {client_open(place), POLLOUT, 0};
    size_t done = 0;
    int sent = 0;
    while (poll(&entry, 1, 500) == 1) {
        ssize_t went = send(entry.fd, frame + done, sizeof frame - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        done += went > 0 ? (size_t)went : 0;
        if (done == sizeof frame) {
            sent++;
            done = 0;
            memcpy(frame + 8, &sent, sizeof sent);
        }
    }
    client_tell(place, sent);
    client_wait_for_order(place);
    for (int i = 0; i < sent + (done > 0); i++) {
        if (i == sent / 2 && done > 0)
            client_write(entry.fd, frame + done, sizeof frame - done);
        if (client_read_frame(entry.fd, block, sizeof block) != BLOCK || memcmp(block, &i, sizeof i) != 0)
            client_fail("an echo is missing");
    }
    client_tell(place, sent + (done > 0));
    client_wait_for_order(place);
    return 0;
}

static void echo_whose_client_does_not_read_pushes_back_and_loses_nothing(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    counting_server *s = counting_server_begin(OUTBOUND);
    client_process client = client_process_start(s->port, 0, send_and_read_later);
    int sent = counting_server_hear(s, &client);
    CHECK(sent > 0);
    CHECK(s->kept > 0);
    CHECK(s->most_buffered <= OUTBOUND);
    /* One receive buffer of 256 KiB, what waits for the client, and a kept message. */
    CHECK(memory->peak_bytes < 1024 * 1024);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), 1);
    client_process_order(&client);
    int read = counting_server_hear(s, &client);
    CHECK(read == sent || read == sent + 1);
    CHECK_SIZE(s->messages, (size_t)read);
    client_process_order(&client);
    CHECK_INT(counting_server_finish(s, &client), 0);
    counting_server_expect_empty(s, 10);
}

/* -- broadcast ------------------------------------------------------------- */

enum { CROWD = 1000, ROUNDS = 100, MESSAGE = 1024 };

/* All but one, and each message in its order. */
static int listen_as_a_crowd(const client_place *place)
{
    static int fds[CROWD - 1];
    for (int i = 0; i < CROWD - 1; i++)
        fds[i] = client_open(place);
    client_tell(place, 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CROWD - 1; i++) {
            if (client_read_frame(fds[i], block, sizeof block) != MESSAGE ||
                memcmp(block, &round, sizeof round) != 0)
                client_fail("a broadcast is missing or wrong");
        }
    }
    client_tell(place, 1);
    client_wait_for_order(place);
    return 0;
}

/* Reads nothing until it is told to, and then whole messages up to the last one. */
static int listen_late(const client_place *place)
{
    int fd = client_open(place);
    client_tell(place, 0);
    client_wait_for_order(place);
    for (int count = 0;; count++) {
        long size = client_read_frame(fd, block, sizeof block);
        if (size == 4 && memcmp(block, "last", 4) == 0) {
            client_tell(place, count);
            client_wait_for_order(place);
            return 0;
        }
        if (size != BLOCK && size != MESSAGE)
            client_fail("what waited is not what was sent");
    }
}

/* Sends to a client that does not read until the system's buffers are full too. */
static int fill_up(counting_server *s, wsp_peer *peer, size_t size)
{
    int sent = 0;
    for (int refused = 0; refused < 10;) {
        wsp_result result = wsp_peer_send(peer, block, size, WSP_WRITE_MODE_BINARY);
        sent += result == WSP_OK;
        refused = result == WSP_OK ? 0 : refused + 1;
        if (result != WSP_OK) {
            CHECK_INT(result, WSP_ERR_BUFFER_FULL);
            counting_server_step(s);
        }
    }
    return sent;
}

static void broadcast_to_all_but_the_stuck(counting_server *s, wsp_peer *stuck)
{
    wsp_peer_stats before = {0};
    wsp_peer_stats after = {0};
    wsp_peer_get_stats(stuck, &before);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(block, &round, sizeof round);
        CHECK_SIZE(wsp_server_broadcast(s->server, block, MESSAGE, WSP_WRITE_MODE_BINARY, 0), CROWD - 1);
        CHECK_SIZE(s->missed, (size_t)round + 1);
        CHECK(wsp_server_get_peer(s->server, s->last_missed_id) == stuck);
        CHECK(wsp_peer_get_current_outbound_buffered_amount(stuck) <= OUTBOUND);
        wsp_server_poll(s->server);
    }
    wsp_peer_get_stats(stuck, &after);
    CHECK_SIZE(after.messages_refused - before.messages_refused, ROUNDS);
}

static void a_slow_client_among_a_thousand_in_a_broadcast(void)
{
    wspi_test_failing_allocator *memory = wspi_test_failing_allocator_install();
    counting_server *s = counting_server_begin(OUTBOUND);
    client_process late = client_process_start(s->port, 0, listen_late);
    CHECK_INT(counting_server_hear(s, &late), 0);
    wsp_peer *stuck = wsp_server_get_peer(s->server, s->last_id);
    client_process crowd = client_process_start(s->port, 0, listen_as_a_crowd);
    CHECK_INT(counting_server_hear(s, &crowd), 0);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), CROWD);

    int waiting = fill_up(s, stuck, BLOCK);
    waiting += fill_up(s, stuck, MESSAGE); /* no room for a broadcast either */
    wspi_test_failing_allocator_fail_at(0);
    size_t before = memory->live_bytes;
    broadcast_to_all_but_the_stuck(s, stuck);
    CHECK_INT(counting_server_hear(s, &crowd), 1);
    CHECK(memory->peak_bytes - before < 1024 * 1024);
    CHECK_INT(wsp_peer_get_ready_state(stuck), WSP_STATE_OPEN);

    /* What had been taken arrives whole, and the connection lives on. */
    client_process_order(&late);
    while (wsp_peer_send(stuck, "last", 4, WSP_WRITE_MODE_BINARY) != WSP_OK)
        counting_server_step(s);
    CHECK_INT(counting_server_hear(s, &late), waiting);
    client_process_order(&late);
    client_process_order(&crowd);
    CHECK_INT(counting_server_finish(s, &late), 0);
    CHECK_INT(counting_server_finish(s, &crowd), 0);
    counting_server_expect_empty(s, 10);
}

static const wspi_test_case cases[] = {
    TEST_CASE(kill_9_of_a_thousand_clients_in_the_middle_of_a_transfer),
    TEST_CASE(a_thousand_resets_in_the_middle_of_a_transfer),
    TEST_CASE(echo_whose_client_does_not_read_pushes_back_and_loses_nothing),
    TEST_CASE(a_slow_client_among_a_thousand_in_a_broadcast),
};

TEST_MAIN(cases)
