/* SPDX-License-Identifier: MIT */
#ifndef WSPI_OS_POSIX_H
#define WSPI_OS_POSIX_H

/* What the files of the POSIX port share with each other; for nobody else. */

#include "os.h"

/* Reads a struct sockaddr of `size` bytes. false, and family 0, when it is neither IPv4 nor IPv6. */
bool wspi_posix_read_address(const void *from, size_t size, wspi_address *out);

/* A wait for poll and epoll_wait: rounded up to a millisecond, so that a short one is no busy loop; -1 for no
 * limit. */
int wspi_posix_to_milliseconds(double seconds);

/* Starts a thread with every signal blocked; `out_thread` is a pthread_t. false when there is none to be had.
 */
bool wspi_posix_start_thread(void *(*run)(void *), void *argument, bool is_detached, void *out_thread);

#endif
