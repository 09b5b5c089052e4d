/* SPDX-License-Identifier: MIT */

/* The helpers of net_fixture.h. They go through os.h where it can be used, so that they work on every port of
 * it. */

#define _DEFAULT_SOURCE

#include "net_fixture.h"

#include "net/poller.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* select() ends at 1024; the tests use descriptors a little above. */
#define HIGH_DESCRIPTOR 1100
#define DESCRIPTOR_END  1200

wspi_socket fixture_sockets[FIXTURE_SOCKETS];

static void close_sockets(void)
{
    for (int i = 0; i < FIXTURE_SOCKETS; i++) {
        wspi_os_close(fixture_sockets[i]);
        fixture_sockets[i] = WSPI_NO_SOCKET;
    }
}

void fixture_begin(void)
{
    for (int i = 0; i < FIXTURE_SOCKETS; i++)
        fixture_sockets[i] = WSPI_NO_SOCKET;
    wspi_test_at_case_end(close_sockets);
}

wspi_address fixture_ipv4(unsigned last, uint16_t port)
{
    const uint8_t bytes[4] = {127, 0, 0, (uint8_t)last};
    wspi_address address;
    wspi_address_set(&address, 4, bytes, port);
    return address;
}

wspi_address fixture_ipv6(uint16_t port)
{
    const uint8_t bytes[16] = {[15] = 1};
    wspi_address address;
    wspi_address_set(&address, 6, bytes, port);
    return address;
}

bool fixture_has_ipv6(void)
{
    wspi_listen_address at = {.address = fixture_ipv6(0)};
    wspi_socket listener;
    uint16_t port;
    int error;
    wsp_result result = wspi_os_listen(&at, &listener, &port, &error);
    wspi_os_close(listener);
    return result == WSP_OK;
}

wspi_socket fixture_listen(wspi_address *address)
{
    wspi_listen_address at = {.address = *address};
    wspi_socket listener;
    int error = 0;
    if (wspi_os_listen(&at, &listener, &address->port, &error) != WSP_OK)
        FAIL("cannot listen on loopback: %s", strerror(error));
    return listener;
}

/* Made without os.h, which never binds without listening. */
wspi_socket fixture_reserve(wspi_address *address)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&name.sin_addr, address->bytes, 4);
    socklen_t size = sizeof(name);
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || bind(fd, (struct sockaddr *)&name, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &size) != 0)
        FAIL("cannot bind to loopback: %s", strerror(errno));
    address->port = ntohs(name.sin_port);
    return fd;
}

void fixture_hole_open(fixture_hole *hole, wspi_address *address)
{
    hole->sockets[0] = fixture_reserve(address);
    hole->count = 1;
    if (listen((int)hole->sockets[0], 0) != 0)
        FAIL("cannot listen: %s", strerror(errno));
    while (hole->count < sizeof(hole->sockets) / sizeof(hole->sockets[0])) {
        wspi_socket filler;
        int error = 0;
        wspi_io io = wspi_os_connect(address, &filler, &error);
        if (io == WSPI_IO_FAILED)
            FAIL("cannot fill the queue of a listener: %s", strerror(error));
        hole->sockets[hole->count++] = filler;
        /* Over loopback a connection that is answered at all is there at once. */
        wspi_poll_entry entry = {.socket = filler, .wants_write = true};
        if (io == WSPI_IO_WAIT && !wspi_poller_wait(&entry, 1, 0.05))
            return;
    }
    fixture_hole_close(hole);
    SKIP("the queues of this system's listeners have no end");
}

void fixture_hole_close(fixture_hole *hole)
{
    for (size_t i = 0; i < hole->count; i++)
        wspi_os_close(hole->sockets[i]);
    hole->count = 0;
}

wspi_socket fixture_accept(wspi_socket listener, wspi_address *out_from)
{
    wspi_address from;
    wspi_socket accepted;
    int error = 0;
    fixture_wait_readable(listener);
    wspi_io io = wspi_os_accept(listener, &accepted, out_from != NULL ? out_from : &from, &error);
    if (io != WSPI_IO_OK)
        FAIL("cannot accept: %s", strerror(error));
    return accepted;
}

wspi_socket fixture_connect(const wspi_address *to, int *out_error)
{
    wspi_socket connected;
    wspi_io io = wspi_os_connect(to, &connected, out_error);
    while (io == WSPI_IO_WAIT) {
        fixture_wait_writable(connected);
        io = wspi_os_connect_result(connected, out_error);
        if (io == WSPI_IO_FAILED) {
            wspi_os_close(connected);
            connected = WSPI_NO_SOCKET;
        }
    }
    return connected;
}

void fixture_pair(wspi_socket ends[2])
{
    wspi_address at = fixture_ipv4(1, 0);
    wspi_socket listener = fixture_listen(&at);
    int error = 0;
    ends[0] = fixture_connect(&at, &error);
    if (ends[0] == WSPI_NO_SOCKET)
        FAIL("cannot connect over loopback: %s", strerror(error));
    ends[1] = fixture_accept(listener, NULL);
    wspi_os_close(listener);
}

static void wait_for(wspi_socket socket, bool wants_read, bool wants_write)
{
    wspi_poll_entry entry = {.socket = socket, .wants_read = wants_read, .wants_write = wants_write};
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    for (double left = FIXTURE_DEADLINE_SECONDS; left > 0; left = end - wspi_os_now()) {
        if (wspi_poller_wait(&entry, 1, left))
            return;
    }
    FAIL("nothing happened on a socket for %.0f s", FIXTURE_DEADLINE_SECONDS);
}

void fixture_wait_readable(wspi_socket socket)
{
    wait_for(socket, true, false);
}

void fixture_wait_writable(wspi_socket socket)
{
    wait_for(socket, false, true);
}

void fixture_reset(wspi_socket socket)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (setsockopt((int)socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) != 0)
        FAIL("no SO_LINGER: %s", strerror(errno));
    wspi_os_close(socket);
}

static rlim_t set_descriptor_limit(rlim_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        FAIL("no RLIMIT_NOFILE: %s", strerror(errno));
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        FAIL("cannot change RLIMIT_NOFILE: %s", strerror(errno));
    return before;
}

wspi_socket fixture_duplicate_above_fd_setsize(wspi_socket socket)
{
    rlim_t before = set_descriptor_limit(DESCRIPTOR_END);
    if (before > DESCRIPTOR_END)
        set_descriptor_limit(before);
    int copy = fcntl((int)socket, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR);
    if (copy < 0)
        SKIP("descriptors end below %d here", HIGH_DESCRIPTOR);
    return copy;
}

size_t fixture_count_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < DESCRIPTOR_END; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

size_t fixture_count_inheritable(void)
{
    size_t count = 0;
    for (int fd = 3; fd < DESCRIPTOR_END; fd++) {
        int flags = fcntl(fd, F_GETFD);
        count += flags >= 0 && (flags & FD_CLOEXEC) == 0;
    }
    return count;
}

static bool is_denied;
static rlim_t allowed_descriptors;

void fixture_deny_descriptors(void)
{
    if (is_denied)
        return;
    wspi_test_at_case_end(fixture_allow_descriptors);
    /* No lower than needed: poll refuses to look at more descriptors than the limit allows. */
    int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (lowest_free < 0)
        FAIL("cannot open /dev/null: %s", strerror(errno));
    close(lowest_free);
    is_denied = true;
    allowed_descriptors = set_descriptor_limit((rlim_t)lowest_free);
}

void fixture_allow_descriptors(void)
{
    if (is_denied)
        set_descriptor_limit(allowed_descriptors);
    is_denied = false;
}
