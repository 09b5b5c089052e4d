/* SPDX-License-Identifier: MIT */

/*
 * The sockets of os.h: numbers that stand for an end of a connection or for a
 * listener. A number is never used again, so that a call on a closed socket is
 * always found. Also the controls of os_virtual.h that name a socket.
 */

#include "virtual_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Above the descriptors a program has anyway, so that one in place of the other is noticed. */
enum { FIRST_SOCKET = 5000 };

typedef enum socket_kind { SOCKET_CLOSED, SOCKET_END, SOCKET_LISTENER } socket_kind;

typedef struct socket_entry {
    socket_kind kind;
    unsigned side;
    virtual_connection *connection;
    virtual_listener *listener;
} socket_entry;

static struct {
    socket_entry *entries;
    size_t count;
    size_t capacity;
    size_t open;
} sockets;

/* -- numbers --------------------------------------------------------------- */

static wspi_socket add_socket(socket_entry entry)
{
    if (sockets.count == sockets.capacity) {
        sockets.capacity = 2 * sockets.capacity + 16;
        sockets.entries = virtual_grow(sockets.entries, sockets.capacity * sizeof(entry));
    }
    sockets.entries[sockets.count] = entry;
    sockets.open++;
    return FIRST_SOCKET + (wspi_socket)sockets.count++;
}

static wspi_socket next_number(void)
{
    return FIRST_SOCKET + (wspi_socket)sockets.count;
}

/* NULL: never was one. */
static socket_entry *find_socket(wspi_socket socket)
{
    if (socket < FIRST_SOCKET || socket - FIRST_SOCKET >= (wspi_socket)sockets.count)
        return NULL;
    return &sockets.entries[socket - FIRST_SOCKET];
}

static socket_entry *get_socket(wspi_socket socket, socket_kind kind)
{
    virtual_enter();
    socket_entry *entry = find_socket(socket);
    if (entry == NULL)
        virtual_misuse("%lld is no socket", (long long)socket);
    if (entry->kind == SOCKET_CLOSED)
        virtual_misuse("socket %lld is closed already", (long long)socket);
    if (entry->kind != kind)
        virtual_misuse("socket %lld is of the wrong kind", (long long)socket);
    return entry;
}

static virtual_end_point *get_end(const socket_entry *entry)
{
    return &entry->connection->ends[entry->side];
}

void virtual_sockets_begin(void)
{
    (void)virtual_sockets_end();
    virtual_listeners_begin();
}

size_t virtual_sockets_end(void)
{
    size_t open = sockets.open;
    virtual_connections_end();
    virtual_listeners_begin();
    free(sockets.entries);
    memset(&sockets, 0, sizeof(sockets));
    return open;
}

/* Everything a call caused without delay is there when it returns. */
static wspi_io finish_call(wspi_io io)
{
    if (io == WSPI_IO_WAIT) {
        virtual_tick();
    } else {
        virtual_touch();
        virtual_run_due();
    }
    return io;
}

/* -- connecting ------------------------------------------------------------ */

static int find_connect_error(const wspi_address *to, const virtual_fate *fate)
{
    if (virtual_is_call_failing(VIRTUAL_CALL_CONNECT) || virtual_is_socket_limit_reached(sockets.open))
        return EMFILE;
    if (to->family == 6 && !virtual_has_ipv6())
        return EAFNOSUPPORT;
    return fate->answer == VIRTUAL_ANSWER_UNREACHABLE ? ENETUNREACH : 0;
}

wspi_io wspi_os_connect(const wspi_address *to, wspi_socket *out_socket, int *out_error)
{
    virtual_enter();
    *out_socket = WSPI_NO_SOCKET;
    virtual_fate fate = virtual_draw_fate(to);
    int error = find_connect_error(to, &fate);
    if (error != 0) {
        virtual_record("connect to %s failed: error %d", virtual_address_text(to), error);
        *out_error = error;
        return finish_call(WSPI_IO_FAILED);
    }
    if (fate.answer == VIRTUAL_ANSWER_NORMAL && !virtual_is_local(to))
        fate.answer = VIRTUAL_ANSWER_NONE;
    wspi_address from = virtual_choose_source(to);
    virtual_record("%lld connect from %s to %s", (long long)next_number(), virtual_address_text(&from),
                   virtual_address_text(to));
    virtual_connection *connection = virtual_connection_start(&fate, &from, to, next_number());
    *out_socket =
        add_socket((socket_entry){.kind = SOCKET_END, .side = VIRTUAL_TO_CLIENT, .connection = connection});
    finish_call(WSPI_IO_OK);
    const virtual_end_point *end = &connection->ends[VIRTUAL_TO_CLIENT];
    return end->phase == VIRTUAL_ESTABLISHED ? WSPI_IO_OK : WSPI_IO_WAIT;
}

wspi_io wspi_os_connect_result(wspi_socket socket, int *out_error)
{
    const socket_entry *entry = get_socket(socket, SOCKET_END);
    const virtual_end_point *end = get_end(entry);
    if (end->phase == VIRTUAL_CONNECTING)
        return finish_call(WSPI_IO_WAIT);
    int error = virtual_connection_take_error(entry->connection, entry->side);
    if (error == 0 && end->phase == VIRTUAL_ESTABLISHED)
        return finish_call(WSPI_IO_OK);
    *out_error = error != 0 ? error : ENOTCONN;
    return finish_call(WSPI_IO_FAILED);
}

bool wspi_os_adopt(wspi_socket socket)
{
    virtual_enter();
    virtual_touch();
    const socket_entry *entry = find_socket(socket);
    return entry != NULL && entry->kind == SOCKET_END && get_end(entry)->phase == VIRTUAL_ESTABLISHED;
}

bool wspi_os_remote_address(wspi_socket socket, wspi_address *out)
{
    virtual_enter();
    virtual_touch();
    *out = (wspi_address){0};
    const socket_entry *entry = find_socket(socket);
    if (entry == NULL || entry->kind != SOCKET_END || get_end(entry)->phase != VIRTUAL_ESTABLISHED)
        return false;
    *out = entry->connection->ends[!entry->side].address;
    return true;
}

bool wspi_os_set_no_delay(wspi_socket socket, bool enabled)
{
    virtual_touch();
    get_end(get_socket(socket, SOCKET_END))->has_no_delay = enabled;
    return true;
}

bool virtual_get_no_delay(wspi_socket socket)
{
    return get_end(get_socket(socket, SOCKET_END))->has_no_delay;
}

/* -- moving bytes ---------------------------------------------------------- */

wspi_io wspi_os_receive(wspi_socket socket, void *out, size_t size, size_t *out_size, int *out_error)
{
    const socket_entry *entry = get_socket(socket, SOCKET_END);
    if (size == 0)
        virtual_misuse("a receive of nothing on socket %lld", (long long)socket);
    return finish_call(
        virtual_connection_receive(entry->connection, entry->side, out, size, out_size, out_error));
}

wspi_io wspi_os_send(wspi_socket socket, const wspi_bytes *pieces, size_t count, size_t *out_size,
                     int *out_error)
{
    const socket_entry *entry = get_socket(socket, SOCKET_END);
    if (count == 0 || count > WSPI_SEND_MAX)
        virtual_misuse("a send of %zu pieces on socket %lld", count, (long long)socket);
    return finish_call(
        virtual_connection_send(entry->connection, entry->side, pieces, count, out_size, out_error));
}

void wspi_os_shutdown_send(wspi_socket socket)
{
    const socket_entry *entry = get_socket(socket, SOCKET_END);
    virtual_record("%lld shutdown", (long long)socket);
    virtual_connection_shutdown(entry->connection, entry->side);
    finish_call(WSPI_IO_OK);
}

bool virtual_is_socket_ready(wspi_socket socket, bool wants_read, bool wants_write)
{
    if (socket == WSPI_NO_SOCKET)
        return false;
    const socket_entry *entry = find_socket(socket);
    if (entry == NULL || entry->kind == SOCKET_CLOSED)
        virtual_misuse("a wait for %lld, which is no open socket", (long long)socket);
    if (entry->kind == SOCKET_LISTENER)
        return wants_read && virtual_listener_is_ready(entry->listener);
    return virtual_connection_is_ready(entry->connection, entry->side, wants_read, wants_write);
}

/* -- closing --------------------------------------------------------------- */

/* The number is gone before what it stood for. */
static socket_entry forget_socket(socket_entry *entry)
{
    socket_entry closed = *entry;
    *entry = (socket_entry){.kind = SOCKET_CLOSED};
    sockets.open--;
    return closed;
}

void wspi_os_close(wspi_socket socket)
{
    if (socket == WSPI_NO_SOCKET)
        return;
    virtual_enter();
    socket_entry *entry = find_socket(socket);
    if (entry == NULL || entry->kind == SOCKET_CLOSED)
        virtual_misuse("a close of %lld, which is no open socket", (long long)socket);
    virtual_record("%lld close", (long long)socket);
    socket_entry closed = forget_socket(entry);
    if (closed.kind == SOCKET_LISTENER)
        virtual_listener_close(closed.listener);
    else
        virtual_connection_close(closed.connection, closed.side);
    finish_call(WSPI_IO_OK);
}

void virtual_close_with_reset(wspi_socket socket)
{
    socket_entry *entry = get_socket(socket, SOCKET_END);
    virtual_record("%lld close with reset", (long long)socket);
    socket_entry closed = forget_socket(entry);
    virtual_connection_abort(closed.connection, closed.side);
    finish_call(WSPI_IO_OK);
}

/* -- listening ------------------------------------------------------------- */

wsp_result wspi_os_listen(const wspi_listen_address *at, wspi_socket *out_socket, uint16_t *out_port,
                          int *out_error)
{
    virtual_enter();
    virtual_touch();
    *out_socket = WSPI_NO_SOCKET;
    if (virtual_is_call_failing(VIRTUAL_CALL_LISTEN) || virtual_is_socket_limit_reached(sockets.open)) {
        *out_error = EMFILE;
        return WSP_ERR_UNAVAILABLE;
    }
    virtual_listener *listener = NULL;
    wspi_address address;
    wsp_result result = virtual_listener_open(at, &listener, &address, out_error);
    if (result != WSP_OK) {
        virtual_record("listen on %s failed: error %d", virtual_address_text(&at->address), *out_error);
        return result;
    }
    *out_port = address.port;
    *out_socket = add_socket((socket_entry){.kind = SOCKET_LISTENER, .listener = listener});
    virtual_record("%lld listen on %s", (long long)*out_socket, virtual_address_text(&address));
    return WSP_OK;
}

wspi_io wspi_os_accept(wspi_socket listener, wspi_socket *out_socket, wspi_address *out_from, int *out_error)
{
    const socket_entry *entry = get_socket(listener, SOCKET_LISTENER);
    *out_socket = WSPI_NO_SOCKET;
    if (!virtual_listener_is_ready(entry->listener))
        return finish_call(WSPI_IO_WAIT);
    if (virtual_is_call_failing(VIRTUAL_CALL_ACCEPT) || virtual_is_socket_limit_reached(sockets.open)) {
        *out_error = EMFILE;
        virtual_record("%lld accept failed: error %d", (long long)listener, EMFILE);
        return finish_call(WSPI_IO_FAILED);
    }
    virtual_connection *connection = virtual_listener_take(entry->listener);
    virtual_end_point *end = &connection->ends[VIRTUAL_TO_SERVER];
    *out_from = connection->ends[VIRTUAL_TO_CLIENT].address;
    end->has_no_delay = true;
    end->socket =
        add_socket((socket_entry){.kind = SOCKET_END, .side = VIRTUAL_TO_SERVER, .connection = connection});
    *out_socket = end->socket;
    virtual_record("%lld accept %lld from %s", (long long)listener, (long long)end->socket,
                   virtual_address_text(out_from));
    return finish_call(WSPI_IO_OK);
}

/* -- controls -------------------------------------------------------------- */

void virtual_strike(wspi_socket socket, const virtual_fault *fault)
{
    const socket_entry *entry = get_socket(socket, SOCKET_END);
    virtual_connection_strike(entry->connection, fault);
    finish_call(WSPI_IO_OK);
}

void virtual_socket_pair(wspi_socket ends[2])
{
    virtual_enter();
    wspi_address to = {.family = 4, .bytes = {127, 0, 0, 1}, .port = 1};
    virtual_fate fate = virtual_draw_fate(&to);
    wspi_address from = virtual_choose_source(&to);
    ends[0] = next_number();
    ends[1] = ends[0] + 1;
    virtual_connection *connection = virtual_connection_pair(&fate, &from, &to, ends);
    for (unsigned side = 0; side < 2; side++)
        add_socket((socket_entry){.kind = SOCKET_END, .side = side, .connection = connection});
    finish_call(WSPI_IO_OK);
}

size_t virtual_count_sockets(void)
{
    return sockets.open;
}
