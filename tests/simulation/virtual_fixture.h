/* SPDX-License-Identifier: MIT */
#ifndef WSPI_VIRTUAL_FIXTURE_H
#define WSPI_VIRTUAL_FIXTURE_H

/* Short words for virtual sockets, shared by the tests of the virtual port. */

#include "net/poller.h"
#include "os_virtual.h"
#include "test.h"

#include <string.h>

static inline wspi_address loopback_port(uint16_t port)
{
    return (wspi_address){.family = 4, .bytes = {127, 0, 0, 1}, .port = port};
}

static inline wspi_socket listen_at(uint16_t port)
{
    wspi_listen_address at = {.address = loopback_port(port)};
    wspi_socket listener = WSPI_NO_SOCKET;
    uint16_t bound = 0;
    int error = 0;
    CHECK_INT(wspi_os_listen(&at, &listener, &bound, &error), WSP_OK);
    CHECK_INT(bound, port);
    return listener;
}

static inline bool is_ready_within(wspi_socket socket, bool wants_read, double seconds)
{
    wspi_poll_entry entry = {.socket = socket, .wants_read = wants_read, .wants_write = !wants_read};
    return wspi_poller_wait(&entry, 1, seconds);
}

static inline wspi_io send_text(wspi_socket socket, const char *text, size_t *out_size)
{
    const wspi_bytes piece = {(const uint8_t *)text, strlen(text)};
    int error = 0;
    return wspi_os_send(socket, &piece, 1, out_size, &error);
}

static inline void check_sends(wspi_socket socket, const char *text)
{
    size_t size = 0;
    CHECK_INT(send_text(socket, text, &size), WSPI_IO_OK);
    CHECK_SIZE(size, strlen(text));
}

static inline void check_gets(wspi_socket socket, const char *text)
{
    char seen[64];
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_receive(socket, seen, sizeof(seen), &size, &error), WSPI_IO_OK);
    CHECK_BYTES(seen, size, text, strlen(text));
}

/* What a receive answers that finds no byte, and the error of a failure. */
static inline wspi_io get_outcome(wspi_socket socket, int *out_error)
{
    uint8_t byte;
    size_t size = 0;
    *out_error = 0;
    return wspi_os_receive(socket, &byte, 1, &size, out_error);
}

static inline void check_outcome(wspi_socket socket, wspi_io wanted, int wanted_error)
{
    int error = 0;
    CHECK_INT(get_outcome(socket, &error), wanted);
    CHECK_INT(error, wanted_error);
}

static inline void check_end_is_clean(void)
{
    virtual_leaks leaks = virtual_end();
    CHECK_SIZE(leaks.sockets, 0);
    CHECK_SIZE(leaks.lookups, 0);
}

static inline void close_both(const wspi_socket ends[2])
{
    wspi_os_close(ends[0]);
    wspi_os_close(ends[1]);
    check_end_is_clean();
}

#endif
