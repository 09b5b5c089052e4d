/* SPDX-License-Identifier: MIT */
/*
 * socket_wait with POSIX poll(2), and a pipe through which a signal handler wakes the sleeper: a signal that
 * arrives just before the sleep would otherwise be slept over.
 */
#define _POSIX_C_SOURCE 200809L

#include "socket_wait.h"

#include "wspeer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct socket_wait {
    struct pollfd *sockets; /* the first one is the pipe; entry i is sockets[i + 1] */
    double *due_at;         /* on the clock of wsp_now; negative for no deadline */
    size_t count;
    size_t capacity;
    double woke_at;
};

static int wake_pipe[2] = {-1, -1};
static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    int saved = errno;
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    (void)number;
    told_to_end = 1;
    errno = saved;
}

bool socket_wait_catch_signals(void)
{
    if (wake_pipe[0] != -1) {
        return true;
    }
    if (pipe(wake_pipe) != 0) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(wake_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(wake_pipe[i], F_SETFD, FD_CLOEXEC);
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND; /* The second signal does what it always did: it ends the program. */
    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0 && sigaction(SIGTERM, &action, NULL) == 0;
}

static bool reserve(socket_wait *wait, size_t capacity)
{
    struct pollfd *sockets = realloc(wait->sockets, (capacity + 1) * sizeof *sockets);
    if (!sockets) {
        return false;
    }
    wait->sockets = sockets;
    double *due_at = realloc(wait->due_at, capacity * sizeof *due_at);
    if (!due_at) {
        return false;
    }
    wait->due_at = due_at;
    wait->capacity = capacity;
    return true;
}

socket_wait *socket_wait_create(void)
{
    socket_wait *wait = calloc(1, sizeof *wait);
    if (!wait || !reserve(wait, 16) || !socket_wait_catch_signals()) {
        socket_wait_destroy(wait);
        return NULL;
    }
    wait->sockets[0].fd = wake_pipe[0];
    wait->sockets[0].events = POLLIN;
    return wait;
}

void socket_wait_destroy(socket_wait *wait_or_null)
{
    if (!wait_or_null) {
        return;
    }
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    for (int i = 0; i < 2; i++) {
        if (wake_pipe[i] != -1) {
            close(wake_pipe[i]);
            wake_pipe[i] = -1;
        }
    }
    free(wait_or_null->sockets);
    free(wait_or_null->due_at);
    free(wait_or_null);
}

void socket_wait_begin(socket_wait *wait)
{
    wait->count = 0;
}

bool socket_wait_add(socket_wait *wait, intptr_t socket, unsigned interest, double delay)
{
    if (wait->count == wait->capacity && !reserve(wait, wait->capacity * 2)) {
        return false;
    }
    struct pollfd *entry = &wait->sockets[wait->count + 1];
    entry->fd = (int)socket;
    entry->events =
        (short)((interest & SOCKET_WAIT_READ ? POLLIN : 0) | (interest & SOCKET_WAIT_WRITE ? POLLOUT : 0));
    entry->revents = 0;
    wait->due_at[wait->count++] = delay < 0 ? -1.0 : wsp_now() + delay;
    return true;
}

/* The time to the nearest deadline in milliseconds, rounded up so that it has passed when the sleep ends. */
static int sleep_time(const socket_wait *wait)
{
    double nearest = -1.0;
    for (size_t i = 0; i < wait->count; i++) {
        if (wait->due_at[i] >= 0 && (nearest < 0 || wait->due_at[i] < nearest)) {
            nearest = wait->due_at[i];
        }
    }
    if (nearest < 0) {
        return -1;
    }
    double milliseconds = (nearest - wsp_now()) * 1000.0 + 0.999;
    return milliseconds < 0 ? 0 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

void socket_wait_sleep(socket_wait *wait)
{
    if (poll(wait->sockets, (nfds_t)(wait->count + 1), sleep_time(wait)) < 0) {
        for (size_t i = 0; i <= wait->count; i++) {
            wait->sockets[i].revents = 0;
        }
    }
    char drained[16];
    while (read(wake_pipe[0], drained, sizeof drained) > 0) {}
    wait->woke_at = wsp_now();
}

bool socket_wait_is_due(const socket_wait *wait, size_t index)
{
    return wait->sockets[index + 1].revents != 0 ||
           (wait->due_at[index] >= 0 && wait->due_at[index] <= wait->woke_at);
}

bool socket_wait_is_told_to_end(const socket_wait *wait)
{
    (void)wait;
    return told_to_end != 0;
}
