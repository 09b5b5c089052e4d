/* SPDX-License-Identifier: MIT */

/* tcp_server.c: the listening rules of the public contract, and taking connections, over loopback. */

#define _DEFAULT_SOURCE

#include "failing_allocator.h"
#include "net/poller.h"
#include "net/stream.h"
#include "net_fixture.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SOCKETS 4

static wsp_tcp_server *server;
static wspi_socket sockets[MAX_SOCKETS];

static void clean_up(void)
{
    wsp_tcp_server_destroy(server);
    server = NULL;
    for (int i = 0; i < MAX_SOCKETS; i++) {
        wspi_os_close(sockets[i]);
        sockets[i] = WSPI_NO_SOCKET;
    }
}

static void begin(void)
{
    for (int i = 0; i < MAX_SOCKETS; i++)
        sockets[i] = WSPI_NO_SOCKET;
    wspi_test_at_case_end(clean_up);
    server = wsp_tcp_server_create();
    CHECK(server != NULL);
}

static void listen_on(const char *address)
{
    CHECK_INT(wsp_tcp_server_listen(server, 0, address), WSP_OK);
}

/* The result of connecting to the server's port on that address; the socket is kept. */
static bool connect_to(int slot, wspi_address to)
{
    int error = 0;
    to.port = wsp_tcp_server_get_local_port(server);
    sockets[slot] = fixture_connect(&to, &error);
    return sockets[slot] != WSPI_NO_SOCKET;
}

static wsp_stream *take(void)
{
    fixture_wait_readable(wsp_tcp_server_get_socket(server));
    CHECK(wsp_tcp_server_is_connection_available(server));
    CHECK(wsp_tcp_server_is_connection_available(server));
    wsp_stream *stream = wsp_tcp_server_take_connection(server);
    CHECK(stream != NULL);
    return stream;
}

static void check_taken_from(const char *host, int slot)
{
    wsp_stream *stream = take();
    wspi_address local = {0};
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    CHECK_INT(getsockname((int)sockets[slot], (struct sockaddr *)&name, &size), 0);
    local.port = ntohs(name.ss_family == AF_INET ? ((struct sockaddr_in *)&name)->sin_port
                                                 : ((struct sockaddr_in6 *)&name)->sin6_port);
    char seen[WSPI_ADDRESS_TEXT_CAPACITY];
    (void)snprintf(seen, sizeof(seen), "%s", wsp_stream_get_connected_host(stream));
    uint16_t port = wsp_stream_get_connected_port(stream);
    wsp_stream_destroy(stream);
    CHECK_STRING(seen, host);
    CHECK_INT(port, local.port);
}

/* -- listening ------------------------------------------------------------- */

static void a_new_server_does_not_listen(void)
{
    begin();
    CHECK(!wsp_tcp_server_is_listening(server));
    CHECK_INT(wsp_tcp_server_get_local_port(server), 0);
    CHECK_INT(wsp_tcp_server_get_socket(server), -1);
    CHECK(!wsp_tcp_server_is_connection_available(server));
    CHECK(wsp_tcp_server_take_connection(server) == NULL);
    wsp_tcp_server_stop(server);
}

static void no_server_has_neutral_values(void)
{
    CHECK_INT(wsp_tcp_server_listen(NULL, 0, NULL), WSP_ERR_INVALID_PARAMETER);
    CHECK(!wsp_tcp_server_is_listening(NULL));
    CHECK_INT(wsp_tcp_server_get_local_port(NULL), 0);
    CHECK_INT(wsp_tcp_server_get_socket(NULL), -1);
    CHECK(!wsp_tcp_server_is_connection_available(NULL));
    CHECK(wsp_tcp_server_take_connection(NULL) == NULL);
    CHECK_INT(wsp_tcp_server_set_shared_readiness(NULL, false), WSP_ERR_INVALID_PARAMETER);
    wsp_tcp_server_stop(NULL);
    wsp_tcp_server_destroy(NULL);
}

static void without_memory_there_is_no_server(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(1);
    CHECK(wsp_tcp_server_create() == NULL);
    CHECK_SIZE(allocator->failures, 1);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static void refuses_ports_outside_the_range(void)
{
    static const int ports[] = {-1, 65536, 65616, INT_MAX, INT_MIN};
    begin();
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
        TEST_NOTE("port %d", ports[i]);
        CHECK_INT(wsp_tcp_server_listen(server, ports[i], "127.0.0.1"), WSP_ERR_INVALID_PARAMETER);
        CHECK(!wsp_tcp_server_is_listening(server));
    }
}

static void refuses_what_is_no_ip_literal(void)
{
    static const char *const addresses[] = {
        "",   "localhost", "[::1]",      "127.0.0.1:80", "127.0.0",    "127.0.0.256", "**",
        " *", "::g",       "fe80::1%lo", "0x7f.1",       "127.0.0.1 ", "1.2.3.4.5"};
    begin();
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        TEST_NOTE("\"%s\"", addresses[i]);
        CHECK_INT(wsp_tcp_server_listen(server, 0, addresses[i]), WSP_ERR_INVALID_PARAMETER);
        CHECK(!wsp_tcp_server_is_listening(server));
    }
}

/* bad-inputs O12 */
static void port_zero_picks_one(void)
{
    begin();
    listen_on("127.0.0.1");
    CHECK(wsp_tcp_server_is_listening(server));
    CHECK(wsp_tcp_server_get_local_port(server) != 0);
    CHECK(wsp_tcp_server_get_socket(server) >= 0);
    CHECK((fcntl((int)wsp_tcp_server_get_socket(server), F_GETFD) & FD_CLOEXEC) != 0);
}

static void listening_twice_is_already_in_use(void)
{
    begin();
    listen_on("127.0.0.1");
    uint16_t port = wsp_tcp_server_get_local_port(server);
    CHECK_INT(wsp_tcp_server_listen(server, 0, "127.0.0.1"), WSP_ERR_ALREADY_IN_USE);
    CHECK_INT(wsp_tcp_server_get_local_port(server), port);
    /* Wrong arguments are wrong in every state. */
    CHECK_INT(wsp_tcp_server_listen(server, -1, "127.0.0.1"), WSP_ERR_INVALID_PARAMETER);
}

/* bad-inputs O12 */
static void a_taken_port_is_told_apart_from_a_foreign_address(void)
{
    begin();
    wspi_address at = fixture_ipv4(1, 0);
    sockets[0] = fixture_listen(&at);
    static const char *const addresses[] = {"127.0.0.1", "0.0.0.0", NULL, "*"};
    for (size_t i = 0; i < 4; i++) {
        TEST_NOTE("address %zu", i);
        CHECK_INT(wsp_tcp_server_listen(server, at.port, addresses[i]), WSP_ERR_ADDRESS_IN_USE);
        CHECK(!wsp_tcp_server_is_listening(server));
    }
    /* RFC 5737 documentation address: nobody has it, and binding sends nothing. */
    CHECK_INT(wsp_tcp_server_listen(server, 0, "203.0.113.1"), WSP_ERR_UNAVAILABLE);
}

static long lowest_port_for_everybody(void)
{
    long port = 1024;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "r");
    if (file != NULL) {
        char line[32] = "";
        if (fgets(line, sizeof(line), file) != NULL)
            (void)sscanf(line, "%ld", &port);
        fclose(file);
    }
    return port;
}

/* bad-inputs O12 */
static void a_port_without_permission_is_unavailable(void)
{
    if (lowest_port_for_everybody() <= 1)
        SKIP("every port is for everybody here");
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(100);
        wsp_tcp_server *unprivileged = wsp_tcp_server_create();
        wsp_result result = wsp_tcp_server_listen(unprivileged, 1, "127.0.0.1");
        wsp_tcp_server_destroy(unprivileged);
        _exit(-(int)result);
    }
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_INT(-WEXITSTATUS(status), WSP_ERR_UNAVAILABLE);
}

static void every_address_takes_both_families(void)
{
    static const char *const addresses[] = {NULL, "*"};
    for (int i = 0; i < 2; i++) {
        TEST_NOTE("address %d", i);
        begin();
        listen_on(addresses[i]);
        CHECK(connect_to(0, fixture_ipv4(1, 0)));
        check_taken_from("127.0.0.1", 0);
        if (fixture_has_ipv6()) {
            CHECK(connect_to(1, fixture_ipv6(0)));
            check_taken_from("::1", 1);
        }
        clean_up();
    }
}

static void the_ipv4_wildcard_takes_ipv4_only(void)
{
    begin();
    listen_on("0.0.0.0");
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    check_taken_from("127.0.0.1", 0);
    CHECK(!connect_to(1, fixture_ipv6(0)));
}

static void the_ipv6_wildcard_takes_ipv6_only(void)
{
    begin();
    if (!fixture_has_ipv6())
        SKIP("no ::1 here");
    listen_on("::");
    CHECK(!connect_to(0, fixture_ipv4(1, 0)));
    CHECK(connect_to(1, fixture_ipv6(0)));
    check_taken_from("::1", 1);
}

static void literals_take_their_own_address(void)
{
    begin();
    listen_on("127.0.0.2");
    CHECK(!connect_to(0, fixture_ipv4(1, 0)));
    CHECK(connect_to(0, fixture_ipv4(2, 0)));
    check_taken_from("127.0.0.1", 0);
    wsp_tcp_server_stop(server);
    listen_on("::ffff:127.0.0.1");
    CHECK(connect_to(1, fixture_ipv4(1, 0)));
    check_taken_from("127.0.0.1", 1);
    if (!fixture_has_ipv6())
        SKIP("no ::1 here");
    wsp_tcp_server_stop(server);
    listen_on("::1");
    CHECK(connect_to(2, fixture_ipv6(0)));
    check_taken_from("::1", 2);
}

/* -- connections ----------------------------------------------------------- */

static void there_is_nothing_to_take_until_somebody_comes(void)
{
    begin();
    listen_on("127.0.0.1");
    CHECK(!wsp_tcp_server_is_connection_available(server));
    CHECK(wsp_tcp_server_take_connection(server) == NULL);
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    check_taken_from("127.0.0.1", 0);
    CHECK(!wsp_tcp_server_is_connection_available(server));
    CHECK(wsp_tcp_server_take_connection(server) == NULL);
}

static void takes_without_asking_first(void)
{
    begin();
    listen_on("127.0.0.1");
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    fixture_wait_readable(wsp_tcp_server_get_socket(server));
    wsp_stream *stream = wsp_tcp_server_take_connection(server);
    CHECK(stream != NULL);
    int no_delay = 0;
    socklen_t size = sizeof(no_delay);
    CHECK_INT(getsockopt((int)stream->socket, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
    wsp_stream_destroy(stream);
    CHECK(no_delay != 0);
}

static void takes_many_in_the_order_they_came(void)
{
    begin();
    listen_on("127.0.0.1");
    for (int i = 0; i < MAX_SOCKETS; i++)
        CHECK(connect_to(i, fixture_ipv4(1, 0)));
    for (int i = 0; i < MAX_SOCKETS; i++)
        check_taken_from("127.0.0.1", i);
    CHECK(!wsp_tcp_server_is_connection_available(server));
}

static void stop_leaves_taken_streams_alive(void)
{
    begin();
    listen_on("127.0.0.1");
    uint16_t port = wsp_tcp_server_get_local_port(server);
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    wsp_stream *stream = take();
    wsp_tcp_server_stop(server);
    bool is_listening = wsp_tcp_server_is_listening(server);
    const wspi_bytes piece = {(const uint8_t *)"still here", 10};
    size_t size = 0;
    wspi_io io = wspi_stream_write(stream, &piece, 1, &size);
    uint8_t seen[16] = {0};
    int error = 0;
    fixture_wait_readable(sockets[0]);
    wspi_io seen_io = wspi_os_receive(sockets[0], seen, sizeof(seen), &size, &error);
    /* A restart is not held up by the connections of the life before. */
    wsp_result again = wsp_tcp_server_listen(server, port, "127.0.0.1");
    wsp_stream_destroy(stream);
    CHECK(!is_listening);
    CHECK_INT(io, WSPI_IO_OK);
    CHECK_INT(seen_io, WSPI_IO_OK);
    CHECK_BYTES(seen, size, "still here", 10);
    CHECK_INT(again, WSP_OK);
    CHECK_INT(wsp_tcp_server_get_local_port(server), port);
}

/* Both the one that is_connection_available has seen and the one behind it. */
static void stop_closes_connections_not_yet_taken(void)
{
    begin();
    listen_on("127.0.0.1");
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    CHECK(connect_to(1, fixture_ipv4(1, 0)));
    fixture_wait_readable(wsp_tcp_server_get_socket(server));
    CHECK(wsp_tcp_server_is_connection_available(server));
    wsp_tcp_server_stop(server);
    CHECK(!wsp_tcp_server_is_connection_available(server));
    CHECK(wsp_tcp_server_take_connection(server) == NULL);
    for (int i = 0; i < 2; i++) {
        TEST_NOTE("connection %d", i);
        uint8_t byte;
        size_t size = 0;
        int error = 0;
        fixture_wait_readable(sockets[i]);
        wspi_io io = wspi_os_receive(sockets[i], &byte, 1, &size, &error);
        CHECK(io == WSPI_IO_END || io == WSPI_IO_FAILED);
    }
}

static void without_memory_a_connection_waits(void)
{
    begin();
    clean_up(); /* of the server from the usual allocator */
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    server = wsp_tcp_server_create();
    listen_on("127.0.0.1");
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    fixture_wait_readable(wsp_tcp_server_get_socket(server));
    wspi_test_failing_allocator_fail_at(1);
    wsp_stream *none = wsp_tcp_server_take_connection(server);
    CHECK(none == NULL);
    CHECK_SIZE(allocator->failures, 1);
    CHECK(wsp_tcp_server_is_connection_available(server));
    wsp_stream *stream = wsp_tcp_server_take_connection(server);
    CHECK(stream != NULL);
    wsp_stream_destroy(stream);
    wsp_tcp_server_destroy(server);
    server = NULL;
    CHECK_SIZE(allocator->live_blocks, 0);
}

/* -- without descriptors (bad-inputs O4) ------------------------------------ */

static int warnings;
static char last_warning[WSPI_MESSAGE_CAPACITY];

static void count_warning(wsp_log_level level, const char *message, void *user)
{
    (void)user;
    if (level != WSP_LOG_WARNING)
        return;
    warnings++;
    (void)snprintf(last_warning, sizeof(last_warning), "%s", message);
}

static void restore_log(void)
{
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static void sleep_until(double time)
{
    while (wspi_os_now() < time)
        wspi_poller_wait(NULL, 0, time - wspi_os_now());
}

static void without_descriptors_accepting_pauses_and_goes_on(void)
{
    begin();
    warnings = 0;
    wsp_set_log_handler(count_warning, WSP_LOG_WARNING, NULL);
    wspi_test_at_case_end(restore_log);
    listen_on("127.0.0.1");
    CHECK(connect_to(0, fixture_ipv4(1, 0)));
    fixture_wait_readable(wsp_tcp_server_get_socket(server));
    for (int round = 0; round < 2; round++) {
        fixture_deny_descriptors();
        double before = wspi_os_now();
        CHECK(!wsp_tcp_server_is_connection_available(server));
        CHECK(wsp_tcp_server_take_connection(server) == NULL);
        fixture_allow_descriptors();
        /* There are descriptors again, but the pause is not over. */
        bool is_available = wsp_tcp_server_is_connection_available(server);
        if (wspi_os_now() - before < 0.1)
            CHECK(!is_available);
        sleep_until(wspi_os_now() + 0.1);
    }
    CHECK(wsp_tcp_server_is_listening(server));
    check_taken_from("127.0.0.1", 0);
    CHECK_INT(warnings, 1);
    CHECK_CONTAINS(last_warning, strerror(EMFILE));
}

static void listening_without_descriptors_is_unavailable(void)
{
    begin();
    fixture_deny_descriptors();
    CHECK_INT(wsp_tcp_server_listen(server, 0, "127.0.0.1"), WSP_ERR_UNAVAILABLE);
    fixture_allow_descriptors();
    listen_on("127.0.0.1");
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_new_server_does_not_listen),
    TEST_CASE(no_server_has_neutral_values),
    TEST_CASE(without_memory_there_is_no_server),
    TEST_CASE(refuses_ports_outside_the_range),
    TEST_CASE(refuses_what_is_no_ip_literal),
    TEST_CASE(port_zero_picks_one),
    TEST_CASE(listening_twice_is_already_in_use),
    TEST_CASE(a_taken_port_is_told_apart_from_a_foreign_address),
    TEST_CASE(a_port_without_permission_is_unavailable),
    TEST_CASE(every_address_takes_both_families),
    TEST_CASE(the_ipv4_wildcard_takes_ipv4_only),
    TEST_CASE(the_ipv6_wildcard_takes_ipv6_only),
    TEST_CASE(literals_take_their_own_address),
    TEST_CASE(there_is_nothing_to_take_until_somebody_comes),
    TEST_CASE(takes_without_asking_first),
    TEST_CASE(takes_many_in_the_order_they_came),
    TEST_CASE(stop_leaves_taken_streams_alive),
    TEST_CASE(stop_closes_connections_not_yet_taken),
    TEST_CASE(without_memory_a_connection_waits),
    TEST_CASE(without_descriptors_accepting_pauses_and_goes_on),
    TEST_CASE(listening_without_descriptors_is_unavailable),
};

TEST_MAIN(cases)
