/* SPDX-License-Identifier: MIT */
/* The portable set of poller.h, defined here and so linked in place of the library's. */
#include "net/poller_set.c"

#include "poller_epoll_test.c"
