/* SPDX-License-Identifier: MIT */
/* The set of poller.h over epoll (Linux): the kernel remembers it, so asking costs the same for one socket
 * and for thousands. */
#define _GNU_SOURCE

#include "memory.h"
#include "os_posix.h"
#include "poller.h"

#include <sys/epoll.h>
#include <unistd.h>

struct wspi_poller {
    int epoll;
};

/* Events fetched in one call; more come with the next one. */
enum { BATCH = 128 };

wspi_poller *wspi_poller_create(void)
{
    wspi_poller *poller = wspi_allocate(sizeof *poller);
    if (poller == NULL)
        return NULL;
    poller->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (poller->epoll >= 0)
        return poller;
    wspi_free(poller, sizeof *poller);
    return NULL;
}

void wspi_poller_destroy(wspi_poller *poller)
{
    if (poller == NULL)
        return;
    (void)close(poller->epoll);
    wspi_free(poller, sizeof *poller);
}

static bool control(wspi_poller *poller, int operation, wspi_socket socket, void *token, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = token};
    return epoll_ctl(poller->epoll, operation, (int)socket, &event) == 0;
}

static uint32_t wanted(bool wants_read, bool wants_write)
{
    return (wants_read ? (uint32_t)EPOLLIN : 0) | (wants_write ? (uint32_t)EPOLLOUT : 0);
}

bool wspi_poller_add(wspi_poller *poller, wspi_socket socket, void *token, bool wants_write)
{
    return control(poller, EPOLL_CTL_ADD, socket, token, wanted(true, wants_write));
}

void wspi_poller_change(wspi_poller *poller, wspi_socket socket, void *token, bool wants_read,
                        bool wants_write)
{
    (void)control(poller, EPOLL_CTL_MOD, socket, token, wanted(wants_read, wants_write));
}

void wspi_poller_remove(wspi_poller *poller, wspi_socket socket)
{
    (void)control(poller, EPOLL_CTL_DEL, socket, NULL, 0);
}

size_t wspi_poller_collect(wspi_poller *poller, wspi_poller_event *out_events, size_t capacity,
                           double seconds)
{
    const uint32_t bad = EPOLLERR | EPOLLHUP;
    struct epoll_event events[BATCH];
    int count = epoll_wait(poller->epoll, events, (int)wspi_min(capacity, BATCH),
                           wspi_posix_to_milliseconds(seconds));
    for (int i = 0; i < count; i++) {
        uint32_t seen = events[i].events;
        out_events[i] = (wspi_poller_event){.token = events[i].data.ptr,
                                            .can_read = (seen & (EPOLLIN | bad)) != 0,
                                            .can_write = (seen & (EPOLLOUT | bad)) != 0};
    }
    return count > 0 ? (size_t)count : 0;
}

wspi_socket wspi_poller_get_socket(const wspi_poller *poller)
{
    return poller->epoll;
}
