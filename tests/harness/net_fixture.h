/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_NET_FIXTURE_H
#define WSPI_TEST_NET_FIXTURE_H

/*
 * Real sockets for the tests of net/, on 127.0.0.0/8 and ::1 only. What cannot
 * be made fails the case; what this machine lacks skips it.
 */

#include "net/os.h"

/* Longest wait for something that must happen. */
#define FIXTURE_DEADLINE_SECONDS 10.0

/* Whatever a case opens, closed at its end however it ends: fixture_begin is the first call of such a case.
 */
#define FIXTURE_SOCKETS 8
extern wspi_socket fixture_sockets[FIXTURE_SOCKETS];
void fixture_begin(void);

/* 127.0.0.`last`, or ::1. */
wspi_address fixture_ipv4(unsigned last, uint16_t port);
wspi_address fixture_ipv6(uint16_t port);

/* Whether ::1 can be bound here. */
bool fixture_has_ipv6(void);

/* A listener on the address; port 0: any, then written back. */
wspi_socket fixture_listen(wspi_address *address);

/*
 * A port that refuses connections on the IPv4 address (port 0: any, then
 * written back): bound, so that nobody else gets it, and not listening.
 */
wspi_socket fixture_reserve(wspi_address *address);

/*
 * An address that answers nothing, as an unreachable host: a listener whose
 * queue is full and that never accepts. Skips the case where no queue gets full.
 */
typedef struct fixture_hole {
    wspi_socket sockets[18]; /* the listener and what fills its queue; the last one is still connecting */
    size_t count;
} fixture_hole;

/* Port 0: any, then written back. */
void fixture_hole_open(fixture_hole *hole, wspi_address *address);
void fixture_hole_close(fixture_hole *hole);

/* Two ends of one connection through 127.0.0.1; ends[0] connected, ends[1] was accepted. */
void fixture_pair(wspi_socket ends[2]);

/* Takes the next connection of a listener, waiting for it. out_from may be NULL. */
wspi_socket fixture_accept(wspi_socket listener, wspi_address *out_from);

/* Connects and waits for the outcome. WSPI_NO_SOCKET and *out_error when refused. */
wspi_socket fixture_connect(const wspi_address *to, int *out_error);

/* Waits for readable or writable; fails the case at the deadline. */
void fixture_wait_readable(wspi_socket socket);
void fixture_wait_writable(wspi_socket socket);

/* Closes so that the other side gets a reset at once. */
void fixture_reset(wspi_socket socket);

/* Makes room for descriptors above FD_SETSIZE and answers a copy of `socket` there; skips where they end
 * below. */
wspi_socket fixture_duplicate_above_fd_setsize(wspi_socket socket);

/* Open descriptors of this process, and those of them that a program it executes would inherit (0 to 2 not
 * counted). */
size_t fixture_count_descriptors(void);
size_t fixture_count_inheritable(void);

/* Until fixture_allow_descriptors (or the end of the case) no new descriptor can be made. */
void fixture_deny_descriptors(void);
void fixture_allow_descriptors(void);

#endif
