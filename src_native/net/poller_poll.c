/* SPDX-License-Identifier: MIT */

/*
 * poller.h over poll(2), which every Unix has. Made for the few sockets of one
 * peer; it is rebuilt for each wait and remembers nothing.
 */

#define _POSIX_C_SOURCE 200809L

#include "memory.h"
#include "os_posix.h"
#include "poller.h"

#include <limits.h>
#include <poll.h>

int wspi_posix_to_milliseconds(double seconds)
{
    if (seconds < 0)
        return -1;
    double exact = seconds * 1000;
    if (exact >= INT_MAX)
        return INT_MAX;
    if (!(exact > 0)) /* also when it is no number */
        return 0;
    int whole = (int)exact;
    return whole < exact ? whole + 1 : whole;
}

static bool mark_all_ready(wspi_poll_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++)
        entries[i].is_ready = true;
    return true;
}

bool wspi_poller_wait(wspi_poll_entry *entries, size_t count, double seconds)
{
    struct pollfd few[WSPI_POLL_MAX] = {{.fd = -1}};
    struct pollfd *waiting = few;
    if (count > WSPI_POLL_MAX)
        waiting = wspi_allocate(count * sizeof *waiting);
    if (waiting == NULL)
        return mark_all_ready(entries, count);
    for (size_t i = 0; i < count; i++) {
        waiting[i].fd = (int)entries[i].socket;
        waiting[i].events =
            (short)((entries[i].wants_read ? POLLIN : 0) | (entries[i].wants_write ? POLLOUT : 0));
    }
    /* EINTR is not retried here: the program may have put its reason to stop into the signal's handler. */
    int ready = poll(waiting, (nfds_t)count, wspi_posix_to_milliseconds(seconds));
    for (size_t i = 0; i < count; i++)
        entries[i].is_ready = ready > 0 && waiting[i].revents != 0;
    if (waiting != few)
        wspi_free(waiting, count * sizeof *waiting);
    return ready > 0;
}
