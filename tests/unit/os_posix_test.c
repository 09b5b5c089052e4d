/* SPDX-License-Identifier: MIT */

/* os_posix.c: the guarantees of os.h with real sockets on loopback. Listeners and
 * lookups have tests of their own. */

#define _DEFAULT_SOURCE

#include "net/poller.h"
#include "net_fixture.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int get_option(wspi_socket socket, int level, int option)
{
    int value = -1;
    socklen_t size = sizeof(value);
    CHECK_INT(getsockopt((int)socket, level, option, &value, &size), 0);
    return value;
}

static bool is_prepared(wspi_socket socket)
{
    return (fcntl((int)socket, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl((int)socket, F_GETFL) & O_NONBLOCK) != 0;
}

/* -- clock, entropy, errors ------------------------------------------------ */

static void clock_goes_forward(void)
{
    double before = wspi_os_now();
    CHECK(!wspi_poller_wait(NULL, 0, 0.01));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, 0.01, 10);
}

static void random_fills_every_byte(void)
{
    static uint8_t bytes[1000];
    static bool was_set[sizeof(bytes)];
    memset(was_set, 0, sizeof(was_set));
    /* A byte stays 0 sixteen times with a chance of 2^-128. */
    for (int round = 0; round < 16; round++) {
        memset(bytes, 0, sizeof(bytes));
        CHECK(wspi_os_random(bytes, sizeof(bytes)));
        for (size_t i = 0; i < sizeof(bytes); i++)
            was_set[i] = was_set[i] || bytes[i] != 0;
    }
    for (size_t i = 0; i < sizeof(bytes); i++) {
        TEST_NOTE("byte %zu", i);
        CHECK(was_set[i]);
    }
    CHECK(wspi_os_random(bytes, 0));
}

/* bad-inputs O10 */
static void random_differs_in_a_forked_child(void)
{
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    uint8_t mine[16] = {0};
    uint8_t theirs[16] = {0};
    if (child == 0) {
        bool works = wspi_os_random(theirs, sizeof(theirs)) && write(ends[1], theirs, sizeof(theirs)) == 16;
        _exit(works ? 0 : 1);
    }
    CHECK(wspi_os_random(mine, sizeof(mine)));
    CHECK_INT(read(ends[0], theirs, sizeof(theirs)), 16);
    close(ends[0]);
    close(ends[1]);
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK(memcmp(mine, theirs, sizeof(mine)) != 0);
}

static void error_text_is_the_systems(void)
{
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_text_add(&text, "why: ");
    wspi_os_error_text(ECONNREFUSED, &text);
    CHECK_STRING(room + 5, strerror(ECONNREFUSED));
    wspi_text_begin(&text, room, sizeof(room));
    wspi_os_error_text(123456, &text);
    CHECK(text.size > 0);
}

/* -- connecting ------------------------------------------------------------ */

static void check_connects(wspi_address at)
{
    fixture_sockets[0] = fixture_listen(&at);
    CHECK(at.port != 0);
    int error = 0;
    fixture_sockets[1] = fixture_connect(&at, &error);
    CHECK(fixture_sockets[1] != WSPI_NO_SOCKET);
    CHECK_INT(wspi_os_connect_result(fixture_sockets[1], &error), WSPI_IO_OK);
    wspi_address from;
    fixture_sockets[2] = fixture_accept(fixture_sockets[0], &from);
    wspi_address remote;
    CHECK(wspi_os_remote_address(fixture_sockets[1], &remote));
    CHECK(wspi_address_equal(&remote, &at));
    CHECK(wspi_os_remote_address(fixture_sockets[2], &remote));
    CHECK(wspi_address_equal(&remote, &from));
    CHECK_INT(from.family, at.family);
}

static void connects_over_ipv4(void)
{
    fixture_begin();
    check_connects(fixture_ipv4(1, 0));
}

static void connects_over_ipv6(void)
{
    fixture_begin();
    if (!fixture_has_ipv6())
        SKIP("no ::1 here");
    check_connects(fixture_ipv6(0));
}

static void a_refused_connection_says_so(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    fixture_sockets[0] = fixture_reserve(&at);
    size_t before = fixture_count_descriptors();
    int error = 0;
    CHECK_INT(fixture_connect(&at, &error), WSPI_NO_SOCKET);
    CHECK_INT(error, ECONNREFUSED);
    CHECK_SIZE(fixture_count_descriptors(), before);
}

/* TCP has no multicast, so the system refuses without sending anything. */
static void a_connection_that_cannot_start_leaves_no_socket(void)
{
    static const uint8_t multicast[16] = {0xff, 0x01, [15] = 1};
    wspi_address to;
    wspi_address_set(&to, 6, multicast, 9);
    size_t before = fixture_count_descriptors();
    wspi_socket none = 0;
    int error = 0;
    CHECK_INT(wspi_os_connect(&to, &none, &error), WSPI_IO_FAILED);
    CHECK_INT(none, WSPI_NO_SOCKET);
    CHECK(error != 0);
    CHECK_SIZE(fixture_count_descriptors(), before);
}

static void a_connection_under_way_waits(void)
{
    fixture_hole hole;
    wspi_address at = fixture_ipv4(1, 0);
    fixture_hole_open(&hole, &at);
    int error = 0;
    wspi_io io = wspi_os_connect_result(hole.sockets[hole.count - 1], &error);
    fixture_hole_close(&hole);
    CHECK_INT(io, WSPI_IO_WAIT);
}

static void a_socket_that_reached_itself_is_refused(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    fixture_sockets[0] = fixture_reserve(&at);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(at.port)};
    memcpy(&name.sin_addr, at.bytes, 4);
    if (connect((int)fixture_sockets[0], (struct sockaddr *)&name, sizeof(name)) != 0)
        SKIP("this system does not connect a socket to itself");
    int error = 0;
    CHECK_INT(wspi_os_connect_result(fixture_sockets[0], &error), WSPI_IO_FAILED);
    CHECK_INT(error, ECONNREFUSED);
}

/* bad-inputs O10 */
static void every_socket_is_non_blocking_and_not_inherited(void)
{
    fixture_begin();
    size_t inheritable = fixture_count_inheritable();
    check_connects(fixture_ipv4(1, 0));
    for (int i = 0; i < 3; i++) {
        TEST_NOTE("socket %d", i);
        CHECK(is_prepared(fixture_sockets[i]));
    }
    int plain[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, plain), 0);
    fixture_sockets[3] = plain[0];
    fixture_sockets[4] = plain[1];
    CHECK(wspi_os_adopt(plain[0]));
    CHECK(is_prepared(plain[0]));
    CHECK_SIZE(fixture_count_inheritable(), inheritable + 1); /* plain[1] */
}

/* bad-inputs O14 */
static void accepted_connections_have_nagle_off(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    CHECK(get_option(fixture_sockets[1], IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(wspi_os_set_no_delay(fixture_sockets[1], false));
    CHECK_INT(get_option(fixture_sockets[1], IPPROTO_TCP, TCP_NODELAY), 0);
    CHECK(wspi_os_set_no_delay(fixture_sockets[1], true));
    CHECK(get_option(fixture_sockets[1], IPPROTO_TCP, TCP_NODELAY) != 0);
}

static void adopts_only_connected_stream_sockets(void)
{
    fixture_begin();
    wspi_address at = fixture_ipv4(1, 0);
    CHECK(!wspi_os_adopt(-1));
    CHECK(!wspi_os_adopt(100000));
    CHECK(!wspi_os_adopt((wspi_socket)INTPTR_MAX));
    fixture_sockets[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(!wspi_os_adopt(fixture_sockets[0]));
    fixture_sockets[1] = fixture_listen(&at);
    CHECK(!wspi_os_adopt(fixture_sockets[1]));
    fixture_sockets[2] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(!wspi_os_adopt(fixture_sockets[2]));
    fixture_sockets[3] = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(!wspi_os_adopt(fixture_sockets[3]));
    CHECK((fcntl((int)fixture_sockets[2], F_GETFL) & O_NONBLOCK) == 0);
    int datagrams[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams), 0);
    fixture_sockets[4] = datagrams[0];
    fixture_sockets[5] = datagrams[1];
    CHECK(!wspi_os_adopt(fixture_sockets[4]));
    int error = 0;
    fixture_sockets[6] = fixture_connect(&at, &error);
    CHECK(wspi_os_adopt(fixture_sockets[6]));
}

static void a_socket_without_address_has_no_remote_address(void)
{
    fixture_begin();
    int plain[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, plain), 0);
    fixture_sockets[0] = plain[0];
    fixture_sockets[1] = plain[1];
    wspi_address remote;
    CHECK(!wspi_os_remote_address(plain[0], &remote));
    CHECK_INT(remote.family, 0);
    CHECK(!wspi_os_set_no_delay(plain[0], true));
}

/* -- moving bytes ---------------------------------------------------------- */

static size_t receive_all(wspi_socket socket, uint8_t *out, size_t capacity)
{
    size_t total = 0;
    while (total < capacity) {
        size_t size = 0;
        int error = 0;
        wspi_io io = wspi_os_receive(socket, out + total, capacity - total, &size, &error);
        if (io == WSPI_IO_WAIT) {
            fixture_wait_readable(socket);
            continue;
        }
        if (io != WSPI_IO_OK)
            break;
        CHECK(size > 0);
        total += size;
    }
    return total;
}

static void sends_pieces_in_one_call(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    const wspi_bytes pieces[WSPI_SEND_MAX] = {
        {(const uint8_t *)"Frame", 5},
        {NULL, 0},
        {(const uint8_t *)" head, ", 7},
        {(const uint8_t *)"pay", 3},
        {NULL, 0},
        {(const uint8_t *)"lo", 2},
        {(const uint8_t *)"a", 1},
        {(const uint8_t *)"d", 1},
    };
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(fixture_sockets[0], pieces, WSPI_SEND_MAX, &size, &error), WSPI_IO_OK);
    CHECK_SIZE(size, 19);
    uint8_t seen[19];
    CHECK_SIZE(receive_all(fixture_sockets[1], seen, sizeof(seen)), 19);
    CHECK_BYTES(seen, sizeof(seen), "Frame head, payload", 19);
}

static void receive_waits_when_nothing_is_there(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    uint8_t byte;
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_receive(fixture_sockets[0], &byte, 1, &size, &error), WSPI_IO_WAIT);
}

/* Writes until the connection takes no more; answers how much went in. */
static size_t fill(wspi_socket socket, const uint8_t *bytes, size_t size)
{
    size_t total = 0;
    bool was_partial = false;
    for (;;) {
        const wspi_bytes pieces[2] = {{bytes, size / 2}, {bytes + size / 2, size - size / 2}};
        size_t sent = 0;
        int error = 0;
        wspi_io io = wspi_os_send(socket, pieces, 2, &sent, &error);
        if (io == WSPI_IO_WAIT)
            break;
        CHECK_INT(io, WSPI_IO_OK);
        CHECK(sent > 0 && sent <= size);
        was_partial = was_partial || sent < size;
        total += sent;
    }
    CHECK(was_partial);
    return total;
}

/* bad-inputs O3 */
static void a_full_connection_takes_a_part_and_then_waits(void)
{
    enum { SIZE = 8 * 1024 * 1024 };
    fixture_begin();
    fixture_pair(fixture_sockets);
    uint8_t *bytes = calloc(1, SIZE);
    CHECK(bytes != NULL);
    size_t sent = fill(fixture_sockets[0], bytes, SIZE);
    wspi_poll_entry entry = {.socket = fixture_sockets[0], .wants_write = true};
    bool is_writable = wspi_poller_wait(&entry, 1, 0);
    wspi_os_shutdown_send(fixture_sockets[0]);
    size_t received = 0;
    for (size_t part = SIZE; part == SIZE; received += part)
        part = receive_all(fixture_sockets[1], bytes, SIZE);
    free(bytes);
    CHECK(!is_writable);
    CHECK_SIZE(received, sent);
}

static void an_end_comes_behind_the_bytes_and_stays(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    const wspi_bytes piece = {(const uint8_t *)"bye", 3};
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(fixture_sockets[1], &piece, 1, &size, &error), WSPI_IO_OK);
    wspi_os_shutdown_send(fixture_sockets[1]);
    uint8_t seen[8];
    CHECK_SIZE(receive_all(fixture_sockets[0], seen, sizeof(seen)), 3);
    CHECK_BYTES(seen, 3, "bye", 3);
    CHECK_INT(wspi_os_receive(fixture_sockets[0], seen, sizeof(seen), &size, &error), WSPI_IO_END);
    /* The other direction is still open: a half-closed connection. */
    CHECK_INT(wspi_os_send(fixture_sockets[0], &piece, 1, &size, &error), WSPI_IO_OK);
    CHECK_SIZE(receive_all(fixture_sockets[1], seen, 3), 3);
}

static void a_reset_keeps_what_arrived_readable(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    const wspi_bytes piece = {(const uint8_t *)"close frame", 11};
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(fixture_sockets[1], &piece, 1, &size, &error), WSPI_IO_OK);
    fixture_wait_readable(fixture_sockets[0]);
    fixture_reset(fixture_sockets[1]);
    fixture_sockets[1] = WSPI_NO_SOCKET;
    uint8_t seen[16];
    CHECK_SIZE(receive_all(fixture_sockets[0], seen, 11), 11);
    CHECK_BYTES(seen, 11, "close frame", 11);
    CHECK_INT(wspi_os_receive(fixture_sockets[0], seen, sizeof(seen), &size, &error), WSPI_IO_FAILED);
    CHECK_INT(error, ECONNRESET);
}

static volatile sig_atomic_t sigpipes;

static void count_sigpipe(int number)
{
    (void)number;
    sigpipes++;
}

static void sending_to_a_reset_connection_raises_no_sigpipe(void)
{
    fixture_begin();
    struct sigaction action;
    struct sigaction before;
    memset(&action, 0, sizeof(action));
    action.sa_handler = count_sigpipe;
    CHECK_INT(sigaction(SIGPIPE, &action, &before), 0);
    fixture_pair(fixture_sockets);
    int plain[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, plain), 0);
    fixture_sockets[2] = plain[0];
    CHECK(wspi_os_adopt(fixture_sockets[2]));
    close(plain[1]);
    fixture_reset(fixture_sockets[1]);
    fixture_sockets[1] = WSPI_NO_SOCKET;
    fixture_wait_readable(fixture_sockets[0]);
    const wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t size = 0;
    int errors[3] = {0};
    CHECK_INT(wspi_os_send(fixture_sockets[0], &piece, 1, &size, &errors[0]), WSPI_IO_FAILED);
    CHECK_INT(wspi_os_send(fixture_sockets[0], &piece, 1, &size, &errors[1]), WSPI_IO_FAILED);
    CHECK_INT(wspi_os_send(fixture_sockets[2], &piece, 1, &size, &errors[2]), WSPI_IO_FAILED);
    sigaction(SIGPIPE, &before, NULL);
    CHECK_INT(errors[0], ECONNRESET);
    CHECK_INT(errors[1], EPIPE);
    CHECK_INT(errors[2], EPIPE);
    CHECK_INT(sigpipes, 0);
}

static void sockets_above_fd_setsize_work(void)
{
    fixture_begin();
    fixture_pair(fixture_sockets);
    fixture_sockets[2] = fixture_duplicate_above_fd_setsize(fixture_sockets[0]);
    CHECK(fixture_sockets[2] > 1024);
    const wspi_bytes piece = {(const uint8_t *)"high", 4};
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(fixture_sockets[2], &piece, 1, &size, &error), WSPI_IO_OK);
    CHECK_INT(wspi_os_send(fixture_sockets[1], &piece, 1, &size, &error), WSPI_IO_OK);
    uint8_t seen[4];
    CHECK_SIZE(receive_all(fixture_sockets[2], seen, 4), 4);
    CHECK_SIZE(receive_all(fixture_sockets[1], seen, 4), 4);
}

static const wspi_test_case cases[] = {
    TEST_CASE(clock_goes_forward),
    TEST_CASE(random_fills_every_byte),
    TEST_CASE(random_differs_in_a_forked_child),
    TEST_CASE(error_text_is_the_systems),
    TEST_CASE(connects_over_ipv4),
    TEST_CASE(connects_over_ipv6),
    TEST_CASE(a_refused_connection_says_so),
    TEST_CASE(a_connection_that_cannot_start_leaves_no_socket),
    TEST_CASE(a_connection_under_way_waits),
    TEST_CASE(a_socket_that_reached_itself_is_refused),
    TEST_CASE(every_socket_is_non_blocking_and_not_inherited),
    TEST_CASE(accepted_connections_have_nagle_off),
    TEST_CASE(adopts_only_connected_stream_sockets),
    TEST_CASE(a_socket_without_address_has_no_remote_address),
    TEST_CASE(sends_pieces_in_one_call),
    TEST_CASE(receive_waits_when_nothing_is_there),
    TEST_CASE(a_full_connection_takes_a_part_and_then_waits),
    TEST_CASE(an_end_comes_behind_the_bytes_and_stays),
    TEST_CASE(a_reset_keeps_what_arrived_readable),
    TEST_CASE(sending_to_a_reset_connection_raises_no_sigpipe),
    TEST_CASE(sockets_above_fd_setsize_work),
};

TEST_MAIN(cases)
