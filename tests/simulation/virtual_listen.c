/* SPDX-License-Identifier: MIT */

/*
 * Listeners of the virtual machine: which addresses it owns, who may bind what
 * beside whom (as Linux with SO_REUSEADDR), the queue of connections that wait
 * for accept.
 */

#include "virtual_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Apart from each other, so that a client never sits on the port of a listener to come. */
enum { FIRST_CLIENT_PORT = 32768, FIRST_FREE_PORT = 61000, PORT_END = 65536 };

struct virtual_listener {
    virtual_listener *next;
    wspi_address address; /* family 6 for dual stack */
    bool is_dual_stack;
    bool reuse_port;
    virtual_connection **queue; /* in the order of their arrival */
    size_t count;
    size_t capacity;
};

static struct {
    virtual_listener *first;
    unsigned next_client_port;
    unsigned next_free_port;
} ports;

void virtual_listeners_begin(void)
{
    while (ports.first != NULL) {
        virtual_listener *listener = ports.first;
        ports.first = listener->next;
        free(listener->queue);
        free(listener);
    }
    ports.next_client_port = FIRST_CLIENT_PORT;
    ports.next_free_port = FIRST_FREE_PORT;
}

/* -- addresses ------------------------------------------------------------- */

static bool is_any(const wspi_address *address)
{
    static const uint8_t zero[16];
    return memcmp(address->bytes, zero, address->family == 4 ? 4 : 16) == 0;
}

static bool is_loopback(const wspi_address *address)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    return address->family == 4 ? address->bytes[0] == 127
                                : memcmp(address->bytes, loopback6, sizeof(loopback6)) == 0;
}

bool virtual_is_local(const wspi_address *address)
{
    return is_loopback(address) || address->bytes[0] == (address->family == 4 ? 10 : 0xfd);
}

wspi_address virtual_choose_source(const wspi_address *to)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    static const uint8_t own4[4] = {10, 0, 0, 1};
    static const uint8_t own6[16] = {[0] = 0xfd, [15] = 1};
    const uint8_t *bytes = own4;
    if (is_loopback(to))
        bytes = to->family == 4 ? loopback4 : loopback6;
    else if (to->family == 6)
        bytes = own6;
    if (ports.next_client_port == FIRST_FREE_PORT)
        ports.next_client_port = FIRST_CLIENT_PORT;
    wspi_address source;
    wspi_address_set(&source, to->family, bytes, (uint16_t)ports.next_client_port++);
    return source;
}

/* -- binding --------------------------------------------------------------- */

static bool takes_family(const virtual_listener *listener, unsigned family)
{
    return listener->address.family == family || listener->is_dual_stack;
}

static bool is_same_host(const wspi_address *a, const wspi_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool do_conflict(const virtual_listener *a, const virtual_listener *b)
{
    if (a->address.port != b->address.port || (a->reuse_port && b->reuse_port))
        return false;
    bool is_family_shared =
        (takes_family(a, 4) && takes_family(b, 4)) || (takes_family(a, 6) && takes_family(b, 6));
    return is_family_shared &&
           (is_any(&a->address) || is_any(&b->address) || is_same_host(&a->address, &b->address));
}

static bool is_taken(const virtual_listener *wanted)
{
    for (const virtual_listener *other = ports.first; other != NULL; other = other->next) {
        if (do_conflict(wanted, other))
            return true;
    }
    return false;
}

/* 0: none left */
static uint16_t choose_port(virtual_listener *wanted)
{
    for (int tries = FIRST_FREE_PORT; tries < PORT_END; tries++) {
        wanted->address.port = (uint16_t)ports.next_free_port++;
        if (ports.next_free_port == PORT_END)
            ports.next_free_port = FIRST_FREE_PORT;
        if (!is_taken(wanted))
            return wanted->address.port;
    }
    return 0;
}

/* 0, or the system's error number. */
static int bind_listener(virtual_listener *listener)
{
    const wspi_address *address = &listener->address;
    if (address->family == 6 && !virtual_has_ipv6())
        return EAFNOSUPPORT;
    if (!is_any(address) && !virtual_is_local(address))
        return EADDRNOTAVAIL;
    if (address->port == 0)
        return choose_port(listener) != 0 ? 0 : EADDRINUSE;
    return is_taken(listener) ? EADDRINUSE : 0;
}

wsp_result virtual_listener_open(const wspi_listen_address *at, virtual_listener **out_listener,
                                 wspi_address *out_address, int *out_error)
{
    virtual_listener wanted = {.address = at->address, .reuse_port = at->reuse_port};
    if (wanted.address.family == 0) {
        wanted.is_dual_stack = virtual_has_ipv6();
        wanted.address.family = wanted.is_dual_stack ? 6 : 4;
    }
    int error = bind_listener(&wanted);
    if (error != 0) {
        *out_error = error;
        return error == EADDRINUSE ? WSP_ERR_ADDRESS_IN_USE : WSP_ERR_UNAVAILABLE;
    }
    virtual_listener *listener = virtual_allocate(sizeof(*listener));
    *listener = wanted;
    virtual_listener **link = &ports.first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = listener;
    *out_listener = listener;
    *out_address = listener->address;
    return WSP_OK;
}

/* -- the queue ------------------------------------------------------------- */

static virtual_connection *remove_at(virtual_listener *listener, size_t index)
{
    virtual_connection *connection = listener->queue[index];
    listener->count--;
    memmove(listener->queue + index, listener->queue + index + 1,
            (listener->count - index) * sizeof(listener->queue[0]));
    return connection;
}

static bool is_dropped(const virtual_connection *connection)
{
    return connection->ends[VIRTUAL_TO_SERVER].phase == VIRTUAL_DEAD &&
           !(connection->is_acceptable && virtual_is_reset_shown());
}

static void drop_reset(virtual_listener *listener)
{
    for (size_t i = listener->count; i > 0; i--) {
        if (is_dropped(listener->queue[i - 1]))
            virtual_connection_close(remove_at(listener, i - 1), VIRTUAL_TO_SERVER);
    }
}

void virtual_listener_close(virtual_listener *listener)
{
    while (listener->count > 0)
        virtual_connection_abort(remove_at(listener, 0), VIRTUAL_TO_SERVER);
    virtual_listener **link = &ports.first;
    while (*link != listener)
        link = &(*link)->next;
    *link = listener->next;
    free(listener->queue);
    free(listener);
}

bool virtual_listener_is_ready(const virtual_listener *listener)
{
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->queue[i]->is_acceptable && !is_dropped(listener->queue[i]))
            return true;
    }
    return false;
}

virtual_connection *virtual_listener_take(virtual_listener *listener)
{
    drop_reset(listener);
    for (size_t i = 0; i < listener->count; i++) {
        if (listener->queue[i]->is_acceptable)
            return remove_at(listener, i);
    }
    return NULL;
}

/* -- connections that arrive ----------------------------------------------- */

static bool is_meant(const virtual_listener *listener, const wspi_address *to)
{
    if (listener->address.port != to->port || !takes_family(listener, to->family))
        return false;
    return is_any(&listener->address) || is_same_host(&listener->address, to);
}

/* An exact address goes before a wildcard; of those that share a port, chance decides. */
static virtual_listener *find_listener(const wspi_address *to)
{
    virtual_listener *found = NULL;
    size_t equals = 0;
    for (virtual_listener *listener = ports.first; listener != NULL; listener = listener->next) {
        if (!is_meant(listener, to))
            continue;
        if (found != NULL && is_any(&listener->address) && !is_any(&found->address))
            continue;
        bool is_better = found == NULL || (is_any(&found->address) && !is_any(&listener->address));
        equals = is_better ? 1 : equals + 1;
        if (is_better || virtual_draw_below(equals) == 0)
            found = listener;
    }
    return found;
}

virtual_admission virtual_admit(virtual_connection *connection)
{
    virtual_listener *listener = find_listener(&connection->ends[VIRTUAL_TO_SERVER].address);
    if (listener == NULL)
        return VIRTUAL_NO_LISTENER;
    drop_reset(listener);
    if (listener->count >= virtual_get_backlog())
        return VIRTUAL_QUEUE_FULL;
    if (listener->count == listener->capacity) {
        listener->capacity = 2 * listener->capacity + 8;
        listener->queue = virtual_grow(listener->queue, listener->capacity * sizeof(listener->queue[0]));
    }
    listener->queue[listener->count++] = connection;
    return VIRTUAL_ADMITTED;
}
