/* SPDX-License-Identifier: MIT */

/*
 * os.h over POSIX, but for name lookup (os_posix_lookup.c): clock, entropy,
 * error texts, stream sockets and listeners. Linux first; the few places where
 * the BSDs and macOS differ are marked. Nothing here keeps state.
 */

/* accept4 is declared with the GNU extensions only; without it another thread's fork and exec could inherit.
 */
#define _GNU_SOURCE

#include "os_posix.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__) || defined(__APPLE__)
#include <sys/random.h>
#endif

/* macOS has SO_NOSIGPIPE, a property of the socket, in its place. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Where these exist, accept4 does too. macOS has none of the three. */
#if defined(SOCK_NONBLOCK) && defined(SOCK_CLOEXEC)
#define HAS_SOCKET_FLAGS 1
#else
#define HAS_SOCKET_FLAGS 0
#endif

/* SO_REUSEPORT of macOS and the BSDs hands everything to the listener opened last: not what reuse_port means.
 */
#if defined(SO_REUSEPORT_LB)
#define SHARED_PORT_OPTION SO_REUSEPORT_LB
#elif defined(__linux__) && defined(SO_REUSEPORT)
#define SHARED_PORT_OPTION SO_REUSEPORT
#else
#define SHARED_PORT_OPTION 0
#endif

enum {
    /* The system cuts it to its own maximum. A game's players all come back in the second after a restart. */
    BACKLOG = 511,
    /* Broken connections that one accept skips; a system that refuses every accept must not hold a poll. */
    MAX_SKIPPED = 64,
    /* Some systems refuse a call over INT_MAX bytes. */
    MAX_CALL_SIZE = 1 << 30,
    /* What getrandom and getentropy give without being cut short. */
    MAX_RANDOM_SIZE = 256
};

/* -- clock, entropy, errors ------------------------------------------------ */

double wspi_os_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

bool wspi_os_random(void *out, size_t size)
{
    /* Every byte comes from the kernel, so that a forked child never repeats its parent's masking keys. */
    for (uint8_t *to = out; size > 0;) {
        size_t part = wspi_min(size, MAX_RANDOM_SIZE);
#if defined(__linux__)
        if (getrandom(to, part, GRND_NONBLOCK) != (ssize_t)part) {
            if (errno == EINTR)
                continue;
            return false;
        }
#else
        if (getentropy(to, part) != 0)
            return false;
#endif
        to += part;
        size -= part;
    }
    return true;
}

void wspi_os_error_text(int error, wspi_text *out)
{
    char room[256] = "";
#if defined(__GLIBC__) || defined(__BIONIC__)
    /* The GNU form, which may answer a constant in place of the array. */
    wspi_text_add(out, strerror_r(error, room, sizeof(room)));
#else
    (void)strerror_r(error, room, sizeof(room));
    wspi_text_add(out, room);
#endif
}

/* -- addresses ------------------------------------------------------------- */

bool wspi_posix_read_address(const void *from, size_t size, wspi_address *out)
{
    *out = (wspi_address){0};
    struct sockaddr head = {0};
    if (size < sizeof(head))
        return false;
    memcpy(&head, from, sizeof(head));
    if (head.sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof(v4));
        wspi_address_set(out, 4, (const uint8_t *)&v4.sin_addr, ntohs(v4.sin_port));
        return true;
    }
    if (head.sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof(v6));
        wspi_address_set(out, 6, v6.sin6_addr.s6_addr, ntohs(v6.sin6_port));
        if (out->family == 6 && IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
            out->scope = v6.sin6_scope_id;
        return true;
    }
    return false;
}

static socklen_t write_address(const wspi_address *from, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (from->family == 4) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(from->port)};
        memcpy(&v4.sin_addr, from->bytes, 4);
        memcpy(out, &v4, sizeof(v4));
        return sizeof(v4);
    }
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(from->port), .sin6_scope_id = from->scope};
    memcpy(v6.sin6_addr.s6_addr, from->bytes, 16);
    memcpy(out, &v6, sizeof(v6));
    return sizeof(v6);
}

static bool get_local_address(int fd, wspi_address *out)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    return getsockname(fd, (struct sockaddr *)&name, &size) == 0 && wspi_posix_read_address(&name, size, out);
}

bool wspi_os_remote_address(wspi_socket socket, wspi_address *out)
{
    *out = (wspi_address){0};
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    return getpeername((int)socket, (struct sockaddr *)&name, &size) == 0 &&
           wspi_posix_read_address(&name, size, out);
}

/* -- making sockets -------------------------------------------------------- */

static bool set_option(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static bool set_flags(int fd)
{
    int status = fcntl(fd, F_GETFL);
    return status >= 0 && fcntl(fd, F_SETFL, status | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static void refuse_sigpipe(int fd)
{
#if defined(SO_NOSIGPIPE)
    set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#else
    (void)fd;
#endif
}

static void close_keeping_errno(int fd)
{
    int error = errno;
    wspi_os_close(fd);
    errno = error;
}

/* Non-blocking and close-on-exec, or -1 and errno. */
static int open_socket(unsigned family)
{
    int domain = family == 4 ? AF_INET : AF_INET6;
#if HAS_SOCKET_FLAGS
    int fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
#else
    int fd = socket(domain, SOCK_STREAM, IPPROTO_TCP);
    if (fd >= 0 && !set_flags(fd)) {
        close_keeping_errno(fd);
        return -1;
    }
#endif
    if (fd >= 0)
        refuse_sigpipe(fd);
    return fd;
}

void wspi_os_close(wspi_socket socket)
{
    /* Not retried on EINTR: the descriptor is gone then, and its number may be somebody else's already. */
    if (socket != WSPI_NO_SOCKET)
        close((int)socket);
}

bool wspi_os_set_no_delay(wspi_socket socket, bool enabled)
{
    return set_option((int)socket, IPPROTO_TCP, TCP_NODELAY, enabled ? 1 : 0);
}

bool wspi_os_adopt(wspi_socket socket)
{
    if (socket < 0 || socket > INT_MAX)
        return false;
    int fd = (int)socket;
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
        return false;
    struct sockaddr_storage name;
    size = sizeof(name);
    if (getpeername(fd, (struct sockaddr *)&name, &size) != 0 || !set_flags(fd))
        return false;
    refuse_sigpipe(fd);
    return true;
}

/* -- connecting ------------------------------------------------------------ */

/*
 * A port nobody listens on may be picked as our own port too: TCP then opens
 * both ends at once and the socket talks to itself (RFC 9293 3.5). Somebody
 * who waits for a server on an ephemeral port of this machine meets it sooner
 * or later, and would keep that port from the server.
 */
static wspi_io finish_connect(int fd, int *out_error)
{
    wspi_address local;
    wspi_address remote;
    if (get_local_address(fd, &local) && wspi_os_remote_address(fd, &remote) &&
        wspi_address_equal(&local, &remote)) {
        *out_error = ECONNREFUSED;
        return WSPI_IO_FAILED;
    }
    return WSPI_IO_OK;
}

wspi_io wspi_os_connect(const wspi_address *to, wspi_socket *out_socket, int *out_error)
{
    *out_socket = WSPI_NO_SOCKET;
    int fd = open_socket(to->family);
    if (fd < 0) {
        *out_error = errno;
        return WSPI_IO_FAILED;
    }
    struct sockaddr_storage name;
    socklen_t size = write_address(to, &name);
    wspi_io io = WSPI_IO_WAIT;
    if (connect(fd, (struct sockaddr *)&name, size) == 0) {
        io = finish_connect(fd, out_error);
    } else if (errno != EINPROGRESS && errno != EINTR) {
        /* An interrupted connect goes on by itself; asking again would answer EALREADY. */
        *out_error = errno;
        io = WSPI_IO_FAILED;
    }
    if (io == WSPI_IO_FAILED)
        wspi_os_close(fd);
    else
        *out_socket = fd;
    return io;
}

wspi_io wspi_os_connect_result(wspi_socket socket, int *out_error)
{
    int fd = (int)socket;
    int error = 0;
    socklen_t size = sizeof(error);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        error = errno;
    if (error != 0) {
        *out_error = error;
        return WSPI_IO_FAILED;
    }
    struct sockaddr_storage name;
    size = sizeof(name);
    if (getpeername(fd, (struct sockaddr *)&name, &size) == 0)
        return finish_connect(fd, out_error);
    if (errno == ENOTCONN)
        return WSPI_IO_WAIT;
    *out_error = errno;
    return WSPI_IO_FAILED;
}

/* -- moving bytes ---------------------------------------------------------- */

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

wspi_io wspi_os_receive(wspi_socket socket, void *out, size_t size, size_t *out_size, int *out_error)
{
    assert(size > 0);
    ssize_t received;
    do {
        received = recv((int)socket, out, wspi_min(size, MAX_CALL_SIZE), 0);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        *out_size = (size_t)received;
        return WSPI_IO_OK;
    }
    if (received == 0)
        return WSPI_IO_END;
    if (would_block(errno))
        return WSPI_IO_WAIT;
    *out_error = errno;
    return WSPI_IO_FAILED;
}

static ssize_t send_pieces(wspi_socket socket, const wspi_bytes *pieces, size_t count)
{
    struct iovec vector[WSPI_SEND_MAX];
    size_t used = 0;
    size_t total = 0;
    for (size_t i = 0; i < count && total < MAX_CALL_SIZE; i++) {
        size_t size = wspi_min(pieces[i].size, MAX_CALL_SIZE - total);
        if (size == 0)
            continue;
        vector[used].iov_base = (void *)pieces[i].data;
        vector[used++].iov_len = size;
        total += size;
    }
    assert(total > 0);
    struct msghdr message = {.msg_iov = vector};
    message.msg_iovlen = (unsigned char)used; /* size_t here, int there */
    return sendmsg((int)socket, &message, MSG_NOSIGNAL);
}

wspi_io wspi_os_send(wspi_socket socket, const wspi_bytes *pieces, size_t count, size_t *out_size,
                     int *out_error)
{
    assert(count >= 1 && count <= WSPI_SEND_MAX);
    ssize_t sent;
    do {
        /* The system has less to look at where there is one piece, as there mostly is. */
        sent = count == 1
                   ? send((int)socket, pieces->data, wspi_min(pieces->size, MAX_CALL_SIZE), MSG_NOSIGNAL)
                   : send_pieces(socket, pieces, count);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) {
        *out_size = (size_t)sent;
        return WSPI_IO_OK;
    }
    if (would_block(errno))
        return WSPI_IO_WAIT;
    *out_error = errno;
    return WSPI_IO_FAILED;
}

void wspi_os_shutdown_send(wspi_socket socket)
{
    /* The only failures are of a connection that is gone already; the next read tells. */
    (void)shutdown((int)socket, SHUT_WR);
}

/* -- listening ------------------------------------------------------------- */

/* A listening socket, or -1 and errno. */
static int bind_and_listen(const wspi_address *address, bool is_dual_stack, bool reuse_port)
{
    int fd = open_socket(address->family);
    if (fd < 0)
        return -1;
    struct sockaddr_storage name;
    socklen_t size = write_address(address, &name);
    /* SO_REUSEADDR: a server that restarts must not wait until connections of its former life have timed out.
     */
    bool works = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (address->family == 6)
        works = works && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, is_dual_stack ? 0 : 1);
    if (reuse_port)
        works = works && set_option(fd, SOL_SOCKET, SHARED_PORT_OPTION, 1);
    if (works && bind(fd, (struct sockaddr *)&name, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    close_keeping_errno(fd);
    return -1;
}

/* Switched off, not built in, or never dual stack (OpenBSD). */
static bool is_ipv6_missing(int error)
{
    return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL || error == EINVAL ||
           error == ENOPROTOOPT;
}

wsp_result wspi_os_listen(const wspi_listen_address *at, wspi_socket *out_socket, uint16_t *out_port,
                          int *out_error)
{
    *out_socket = WSPI_NO_SOCKET;
    if (at->reuse_port && SHARED_PORT_OPTION == 0) {
        *out_error = EOPNOTSUPP;
        return WSP_ERR_UNSUPPORTED;
    }
    wspi_address address = at->address;
    bool is_dual_stack = address.family == 0;
    if (is_dual_stack)
        address.family = 6;
    int fd = bind_and_listen(&address, is_dual_stack, at->reuse_port);
    if (fd < 0 && is_dual_stack && is_ipv6_missing(errno)) {
        address.family = 4;
        fd = bind_and_listen(&address, false, at->reuse_port);
    }
    wspi_address bound;
    if (fd >= 0 && !get_local_address(fd, &bound)) {
        close_keeping_errno(fd);
        fd = -1;
    }
    if (fd < 0) {
        *out_error = errno;
        return errno == EADDRINUSE ? WSP_ERR_ADDRESS_IN_USE : WSP_ERR_UNAVAILABLE;
    }
    *out_socket = fd;
    *out_port = bound.port;
    return WSP_OK;
}

static int accept_one(int listener, struct sockaddr_storage *name, socklen_t *size)
{
#if HAS_SOCKET_FLAGS
    return accept4(listener, (struct sockaddr *)name, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int fd = accept(listener, (struct sockaddr *)name, size);
    if (fd >= 0 && !set_flags(fd)) {
        close_keeping_errno(fd);
        return -1;
    }
    return fd;
#endif
}

/* Errors of the one connection that accept took off the queue (accept(2); Linux passes pending network errors
 * on). */
static bool is_broken_connection(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
#if defined(ENONET)
    case ENONET:
#endif
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EPERM:
    case EPROTO:
    case ETIMEDOUT: return true;
    default: return false;
    }
}

wspi_io wspi_os_accept(wspi_socket listener, wspi_socket *out_socket, wspi_address *out_from, int *out_error)
{
    *out_socket = WSPI_NO_SOCKET;
    struct sockaddr_storage name;
    socklen_t size = sizeof(name);
    int fd = accept_one((int)listener, &name, &size);
    for (int skipped = 0; fd < 0 && skipped < MAX_SKIPPED && is_broken_connection(errno); skipped++) {
        size = sizeof(name);
        fd = accept_one((int)listener, &name, &size);
    }
    if (fd < 0) {
        *out_error = errno;
        return would_block(errno) ? WSPI_IO_WAIT : WSPI_IO_FAILED;
    }
    refuse_sigpipe(fd);
    wspi_os_set_no_delay(fd, true);
    wspi_posix_read_address(&name, size, out_from);
    *out_socket = fd;
    return WSPI_IO_OK;
}
