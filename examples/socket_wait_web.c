/* SPDX-License-Identifier: MIT */
/*
 * socket_wait where there are no sockets. The servers compile for the web from the same source and end with
 * WSP_ERR_UNSUPPORTED when they try to listen, before they wait for anything.
 */
#include "socket_wait.h"

#include <stdlib.h>

struct socket_wait {
    char nothing;
};

bool socket_wait_catch_signals(void)
{
    return true;
}

socket_wait *socket_wait_create(void)
{
    return calloc(1, sizeof(socket_wait));
}

void socket_wait_destroy(socket_wait *wait_or_null)
{
    free(wait_or_null);
}

void socket_wait_begin(socket_wait *wait)
{
    (void)wait;
}

bool socket_wait_add(socket_wait *wait, intptr_t socket, unsigned interest, double delay)
{
    (void)wait;
    (void)socket;
    (void)interest;
    (void)delay;
    return true;
}

void socket_wait_sleep(socket_wait *wait)
{
    (void)wait;
}

bool socket_wait_is_due(const socket_wait *wait, size_t index)
{
    (void)wait;
    (void)index;
    return false;
}

bool socket_wait_is_told_to_end(const socket_wait *wait)
{
    (void)wait;
    return true;
}
