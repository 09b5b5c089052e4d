/* SPDX-License-Identifier: MIT */
#ifndef WSPI_OS_H
#define WSPI_OS_H

/*
 * The seam to the operating system: everything the native backend takes from
 * one is declared here and in poller.h. A port is a file that makes these link
 * (os_posix.c today); tests link a virtual network in its place.
 *
 * Guarantees of every port
 * - No call blocks. A call that would have to wait answers WSPI_IO_WAIT.
 * - EINTR is retried inside; EAGAIN and EWOULDBLOCK are the same thing.
 * - No call raises SIGPIPE and none touches a process-wide signal handler.
 * - Descriptors are not inherited by a child program (close-on-exec).
 * - A failure leaves the system's own error number in *out_error, whose text
 *   wspi_os_error_text gives.
 * - Only lookups and wspi_os_thread_start use threads; nothing here calls back.
 */

#include "bytes.h"
#include "text.h"
#include "wspeer/base.h"

/* A socket, or WSPI_NO_SOCKET. Wide enough for Windows' SOCKET. */
typedef intptr_t wspi_socket;
#define WSPI_NO_SOCKET ((wspi_socket)-1)

/* How an attempt at input or output went. */
typedef enum wspi_io {
    WSPI_IO_OK,    /* something was done; the out parameters say how much */
    WSPI_IO_WAIT,  /* nothing could be done without waiting */
    WSPI_IO_END,   /* the other side has ended its direction in order */
    WSPI_IO_FAILED /* the connection or attempt is lost */
} wspi_io;

/* A numeric transport address. IPv4-mapped IPv6 addresses are always stored as plain IPv4. */
typedef struct wspi_address {
    uint8_t family;    /* 4, 6, or 0 for none */
    uint8_t bytes[16]; /* network order; the first 4 for IPv4 */
    uint16_t port;     /* host order */
    uint32_t scope;    /* of a link-local IPv6 address, else 0 */
} wspi_address;

/* Longest text of wspi_address_add_text. */
#define WSPI_ADDRESS_TEXT_CAPACITY 64

/* Fills from bytes in network order, 4 or 16 by family; IPv4-mapped IPv6 becomes IPv4. Pure; lives in
 * address.c. */
void wspi_address_set(wspi_address *out, unsigned family, const uint8_t *bytes, uint16_t port);

/* Whether family, bytes, port and scope are the same. Pure; lives in address.c. */
bool wspi_address_equal(const wspi_address *a, const wspi_address *b);

/* Appends the numeric address without port or brackets (RFC 5952). Pure; lives in address.c. */
void wspi_address_add_text(const wspi_address *address, wspi_text *out);

/* -- clock and entropy ----------------------------------------------------- */

/* Seconds on a clock that never goes back and does not follow the calendar. */
double wspi_os_now(void);

/* Fills with bytes of the system's generator. false when there are none to be had. */
bool wspi_os_random(void *out, size_t size);

/* -- errors ---------------------------------------------------------------- */

/* Appends the system's text for an error number, e.g. "Connection refused". */
void wspi_os_error_text(int error, wspi_text *out);

/* -- stream sockets -------------------------------------------------------- */

/*
 * Starts a TCP connection. OK: connected already; WAIT: under way, wait for
 * writable and ask wspi_os_connect_result; in both cases the caller owns
 * *out_socket. FAILED: no socket is left.
 */
wspi_io wspi_os_connect(const wspi_address *to, wspi_socket *out_socket, int *out_error);

/* OK connected, WAIT still under way, FAILED refused. The caller closes the socket either way. */
wspi_io wspi_os_connect_result(wspi_socket socket, int *out_error);

/* Checks that a foreign socket is a connected stream socket and makes it non-blocking and close-on-exec. */
bool wspi_os_adopt(wspi_socket socket);

/* Reads what is there, at least one byte on OK. Never answers OK with 0 bytes; size is not 0. */
wspi_io wspi_os_receive(wspi_socket socket, void *out, size_t size, size_t *out_size, int *out_error);

/* Most pieces of one wspi_os_send. */
#define WSPI_SEND_MAX 8

/* Writes the pieces in order as one gathered call; on OK *out_size is at least 1 and may end anywhere inside.
 * count is 1 to WSPI_SEND_MAX; pieces may be empty, but not all of them. */
wspi_io wspi_os_send(wspi_socket socket, const wspi_bytes *pieces, size_t count, size_t *out_size,
                     int *out_error);

/* Ends our direction (FIN behind what was sent). */
void wspi_os_shutdown_send(wspi_socket socket);

/* Closes; WSPI_NO_SOCKET is allowed. */
void wspi_os_close(wspi_socket socket);

/* Turns Nagle's delay off (enabled) or on. false where the socket refuses. */
bool wspi_os_set_no_delay(wspi_socket socket, bool enabled);

/* The other side's address. false when there is none. */
bool wspi_os_remote_address(wspi_socket socket, wspi_address *out);

/* -- listening ------------------------------------------------------------- */

typedef struct wspi_listen_address {
    wspi_address address; /* family 0: every address, dual stack, IPv4 alone where IPv6 is missing */
    bool reuse_port;      /* several listeners share the load; refused where the system has no such thing */
} wspi_listen_address;

/*
 * Opens a listener. An IPv6 address takes IPv6 only. WSP_OK, WSP_ERR_ADDRESS_IN_USE,
 * WSP_ERR_UNAVAILABLE (foreign address, no permission, no descriptor left) or
 * WSP_ERR_UNSUPPORTED (reuse_port). *out_port is the port really bound.
 */
wsp_result wspi_os_listen(const wspi_listen_address *at, wspi_socket *out_socket, uint16_t *out_port,
                          int *out_error);

/*
 * Takes one waiting connection, non-blocking and close-on-exec, Nagle off.
 * Connections that were reset meanwhile are skipped. FAILED: descriptors or
 * memory ran out; the connection still waits, so do not retry at once.
 */
wspi_io wspi_os_accept(wspi_socket listener, wspi_socket *out_socket, wspi_address *out_from, int *out_error);

/* -- name lookup ----------------------------------------------------------- */

/*
 * A lookup runs on a thread of its own and shares nothing with its caller but
 * this counted object, so abandoning it is always safe, also while it runs
 * and when the process exits. The number of threads is bounded; further
 * lookups wait their turn.
 */
typedef struct wspi_lookup wspi_lookup;

/* Starts one; `host` is copied. NULL when memory or threads are out. */
wspi_lookup *wspi_os_lookup_start(const char *host);

/*
 * WAIT while running. OK: up to `capacity` addresses, ports 0, in the
 * resolver's order. FAILED: why gets the resolver's own text.
 */
wspi_io wspi_os_lookup_result(wspi_lookup *lookup, wspi_address *out, size_t capacity, size_t *out_count,
                              wspi_text *why);

/* Sleeps until it is done, the time is over (negative: no limit) or a signal came. */
void wspi_os_lookup_wait(wspi_lookup *lookup, double seconds);

/* Gives the caller's share up, running or not. NULL is allowed. */
void wspi_os_lookup_release(wspi_lookup *lookup);

/* -- threads --------------------------------------------------------------- */

/* Work that would block a poll, on a thread of its own. */
typedef struct wspi_thread wspi_thread;

/* Starts it; the program's signals are not delivered there. NULL when there is no thread to be had. */
wspi_thread *wspi_os_thread_start(void (*work)(void));

/* Waits until the work is done, and frees. Each thread that was started is joined once; in a forked child,
 * where it does not exist, that only frees. */
void wspi_os_thread_join(wspi_thread *thread);

#endif
