/* SPDX-License-Identifier: MIT */

/*
 * The set of poller.h in its portable form, which works over any
 * wspi_poller_wait, so over the virtual one too. Compiled a second time here,
 * because the library of a system with epoll leaves it out.
 */

#include "net/poller_set.c"
