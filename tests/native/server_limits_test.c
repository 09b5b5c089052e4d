/* SPDX-License-Identifier: MIT */
/*
 * A server at its limits: as many connections as there can be, connections that say nothing or too little,
 * no descriptor left, ids for very many clients. The clients are a process of their own. Rows H34, H35, O4
 * and O9 of bad-inputs.md.
 */
#define _POSIX_C_SOURCE 200809L
#include "counting_server.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OUTBOUND = 64 * 1024, MANY = 10000, IN_FLIGHT = 100, JOINS = 100000 };

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* -- as many as there can be ----------------------------------------------- */

/* So many as both processes may have; each also has a few other descriptors. */
static int choose_count(const char *what)
{
    size_t limit = get_descriptor_limit();
    size_t others = count_descriptors() + 20;
    int count = limit > MANY + others ? MANY : (int)(limit - others);
    if (count < MANY)
        printf("note: %d %s instead of %d: a process may open %zu files here\n", count, what, MANY, limit);
    return count;
}

static int fds[MANY];

/* `count` more clients from `first` on, as many at a time as wait for their welcome. */
static void open_clients(const client_place *place, int first, int count)
{
    for (int i = first; i < first + count + IN_FLIGHT; i++) {
        if (i < first + count)
            fds[i] = client_knock(place);
        if (i - IN_FLIGHT >= first)
            client_await_welcome(fds[i - IN_FLIGHT]);
    }
}

static int talk_as_many(const client_place *place)
{
    char text[32];
    char echo[32];
    open_clients(place, 0, place->number);
    client_tell(place, 0);
    client_wait_for_order(place);
    for (int i = 0; i < place->number; i++) {
        (void)snprintf(text, sizeof text, "client %d", i);
        client_send_text(fds[i], text);
    }
    for (int i = 0; i < place->number; i++) {
        (void)snprintf(text, sizeof text, "client %d", i);
        if (client_read_frame(fds[i], echo, sizeof echo) != (long)strlen(text) ||
            memcmp(echo, text, strlen(text)) != 0)
            client_fail("an echo is missing or somebody else's");
    }
    client_tell(place, 1);
    client_wait_for_order(place);
    for (int i = 0; i < place->number; i++)
        client_reset(fds[i]);
    return 0;
}

static void ten_thousand_clients(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    int count = choose_count("clients");
    client_process clients = client_process_start(s->port, count, talk_as_many);
    CHECK_INT(counting_server_hear(s, &clients), 0);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), (size_t)count);
    CHECK_SIZE(wsp_server_get_peer_ids(s->server, NULL, 0), (size_t)count);
    counting_server_expect_calm(s);
    client_process_order(&clients);
    CHECK_INT(counting_server_hear(s, &clients), 1);
    CHECK_SIZE(s->messages, (size_t)count);
    client_process_order(&clients);
    CHECK_INT(counting_server_finish(s, &clients), 0);
    counting_server_expect_empty(s, 20);
    counting_server_expect_calm(s);
}

/* -- those that say nothing or too little ---------------------------------- */

static bool has_ended(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_DONTWAIT);
    if (got > 0)
        client_fail("the server answered somebody who asked nothing");
    return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static int say_nothing(const client_place *place)
{
    for (int i = 0; i < place->number; i++)
        fds[i] = client_connect(place);
    double last = now();
    if (has_ended(fds[place->number - 1]))
        client_fail("it ended at once");
    client_tell(place, 0);
    struct pollfd entry = {.events = POLLIN};
    for (int i = 0; i < place->number; i++) {
        entry.fd = fds[i];
        if (poll(&entry, 1, 30000) != 1 || !has_ended(fds[i]))
            client_fail("a silent connection lives on");
    }
    client_tell(place, (int)((now() - last) * 1000));
    client_wait_for_order(place);
    return 0;
}

static void ten_thousand_silent_connections_end_at_the_deadline(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    int count = choose_count("silent connections");
    CHECK_DOUBLE_BETWEEN(wsp_server_get_handshake_timeout(s->server), 3, 3);
    client_process clients = client_process_start(s->port, count, say_nothing);
    CHECK_INT(counting_server_hear(s, &clients), 0);
    /* From the last of them on, which the server may have taken a little later or earlier. */
    int milliseconds = counting_server_hear(s, &clients);
    CHECK(milliseconds > 2500);
    CHECK(milliseconds < 10000);
    client_process_order(&clients);
    CHECK_INT(counting_server_finish(s, &clients), 0);
    counting_server_expect_empty(s, 10);
    CHECK_SIZE(s->connected, 0);
    counting_server_expect_calm(s);
}

enum { DRIPPING = 200 };

/* A byte of a good head to each that is still there, again and again. How long the longest lived, and the
 * shortest? */
static int drip(const client_place *place)
{
    static const char head[] =
        "GET /client HTTP/1.1\r\nHost: h\r\nX-Padding: ppppppppppppppppppppppppppppppppppp"
        "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp";
    const struct timespec pause_between = {0, 50 * 1000 * 1000};
    double began[DRIPPING];
    double shortest = 1000;
    double longest = 0;
    for (int i = 0; i < DRIPPING; i++) {
        fds[i] = client_connect(place);
        began[i] = now();
    }
    client_tell(place, 0);
    for (int left = DRIPPING, at = 0; left > 0; at++) {
        for (int i = 0; i < DRIPPING; i++) {
            if (fds[i] < 0)
                continue;
            if (!has_ended(fds[i])) {
                (void)send(fds[i], &head[at % (int)(sizeof head - 1)], 1, MSG_NOSIGNAL);
                continue;
            }
            double lived = now() - began[i];
            shortest = lived < shortest ? lived : shortest;
            longest = lived > longest ? lived : longest;
            (void)close(fds[i]);
            fds[i] = -1;
            left--;
        }
        (void)nanosleep(&pause_between, NULL);
    }
    client_tell(place, (int)(shortest * 1000));
    client_tell(place, (int)(longest * 1000));
    client_wait_for_order(place);
    return 0;
}

static int talk_meanwhile(const client_place *place)
{
    char echo[16];
    int fd = client_open(place);
    for (int i = 0; i < place->number; i++) {
        client_send_text(fd, "still there");
        if (client_read_frame(fd, echo, sizeof echo) != 11)
            return 1;
    }
    return 0;
}

static size_t named_deadlines;

static void hear_of_deadlines(wsp_log_level level, const char *message, void *user)
{
    (void)level;
    (void)user;
    named_deadlines += strstr(message, "handshake_timeout passed while waiting for the HTTP request") != NULL;
}

static void slow_loris_heads_end_at_the_deadline_and_hold_nobody_up(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    named_deadlines = 0;
    wsp_set_log_handler(hear_of_deadlines, WSP_LOG_INFO, NULL);
    CHECK_INT(wsp_server_set_handshake_timeout(s->server, 1), WSP_OK);
    client_process slow = client_process_start(s->port, 0, drip);
    CHECK_INT(counting_server_hear(s, &slow), 0);
    client_process quick = client_process_start(s->port, 100, talk_meanwhile);
    CHECK_INT(counting_server_finish(s, &quick), 0);
    int shortest = counting_server_hear(s, &slow);
    int longest = counting_server_hear(s, &slow);
    TEST_NOTE("%d to %d ms", shortest, longest);
    CHECK(shortest > 900);
    CHECK(longest < 5000);
    client_process_order(&slow);
    CHECK_INT(counting_server_finish(s, &slow), 0);
    counting_server_expect_empty(s, 5);
    CHECK_SIZE(s->connected, 1);
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
    CHECK(named_deadlines > 0);
}

/* -- no descriptor left ---------------------------------------------------- */

enum { ROOM = 20, QUEUE = 15 };

static size_t old_limit;
static size_t logged;

static void restore_limit(void)
{
    set_descriptor_limit(old_limit);
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

/* The limit is one of numbers: those that are open further up do not count. */
static void leave_descriptors(size_t count)
{
    int number = 0;
    for (size_t unused = 0; unused < count; number++)
        unused += fcntl(number, F_GETFD) < 0;
    set_descriptor_limit((size_t)number);
}

static void count_log(wsp_log_level level, const char *message, void *user)
{
    (void)user;
    (void)level;
    logged += strstr(message, "accept") != NULL || strstr(message, "descriptor") != NULL;
}

/* More than the server has descriptors for: the first have theirs, the others wait until those are gone. */
static int come_in_too_many(const client_place *place)
{
    char echo[16];
    for (int i = 0; i < ROOM + QUEUE; i++)
        fds[i] = client_knock(place);
    for (int i = 0; i < ROOM; i++)
        client_await_welcome(fds[i]);
    client_tell(place, 0);
    client_wait_for_order(place);
    client_send_text(fds[0], "still there");
    if (client_read_frame(fds[0], echo, sizeof echo) != 11)
        return 1;
    for (int i = ROOM; i < ROOM + QUEUE; i++) {
        if (has_ended(fds[i]))
            client_fail("one that should wait was thrown out");
    }
    client_tell(place, 1);
    client_wait_for_order(place);
    for (int i = 0; i < QUEUE; i++)
        client_reset(fds[i]);
    for (int i = ROOM; i < ROOM + QUEUE; i++)
        client_await_welcome(fds[i]);
    client_tell(place, 2);
    client_wait_for_order(place);
    return 0;
}

static void out_of_descriptors(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    client_process clients = client_process_start(s->port, 0, come_in_too_many);
    old_limit = get_descriptor_limit();
    logged = 0;
    wspi_test_at_case_end(restore_limit);
    wsp_set_log_handler(count_log, WSP_LOG_DEBUG, NULL);
    leave_descriptors(ROOM);
    CHECK_INT(counting_server_hear(s, &clients), 0);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), ROOM);
    /* It looks again ten times a second, and costs next to nothing. */
    counting_server_expect_calm(s);
    client_process_order(&clients);
    CHECK_INT(counting_server_hear(s, &clients), 1);
    CHECK_SIZE(logged, 1);
    client_process_order(&clients);
    CHECK_INT(counting_server_hear(s, &clients), 2);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), ROOM);
    CHECK(wsp_server_is_listening(s->server));
    client_process_order(&clients);
    CHECK_INT(counting_server_finish(s, &clients), 0);
    counting_server_expect_empty(s, 5);
    CHECK_SIZE(s->connected, ROOM + QUEUE);
}

/* -- ids ------------------------------------------------------------------- */

static int come_and_go(const client_place *place)
{
    for (int done = 0; done < place->number; done += IN_FLIGHT) {
        open_clients(place, 0, IN_FLIGHT);
        for (int i = 0; i < IN_FLIGHT; i++)
            client_reset(fds[i]);
    }
    return 0;
}

static int compare_ids(const void *one, const void *other)
{
    int32_t a = *(const int32_t *)one;
    int32_t b = *(const int32_t *)other;
    return (a > b) - (a < b);
}

static int32_t ids[JOINS];

static void ids_of_a_hundred_thousand_joins_are_unique(void)
{
    counting_server *s = counting_server_begin(OUTBOUND);
    s->ids = ids;
    s->ids_capacity = JOINS;
    client_process clients = client_process_start(s->port, JOINS, come_and_go);
    CHECK_INT(counting_server_finish(s, &clients), 0);
    counting_server_expect_empty(s, 10);
    CHECK_SIZE(s->connected, JOINS);
    qsort(ids, JOINS, sizeof *ids, compare_ids);
    CHECK(ids[0] > 0);
    for (int i = 1; i < JOINS; i++) {
        if (ids[i] == ids[i - 1])
            FAIL("%d was the id of two clients", (int)ids[i]);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(ten_thousand_clients),
    TEST_CASE(ten_thousand_silent_connections_end_at_the_deadline),
    TEST_CASE(slow_loris_heads_end_at_the_deadline_and_hold_nobody_up),
    TEST_CASE(out_of_descriptors),
    TEST_CASE(ids_of_a_hundred_thousand_joins_are_unique),
};

TEST_MAIN(cases)
