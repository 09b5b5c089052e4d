/* SPDX-License-Identifier: MIT */

/*
 * The race of RFC 8305 5 over the addresses of a URL's host: the resolver's
 * order, a head start of 250 ms for each, at most WSPI_POLL_MAX attempts at a
 * time. It has no deadline of its own; its owner has one.
 */

#include "connector.h"
#include "memory.h"
#include "resolver.h"
#include "seconds.h"

#include <assert.h>

/* RFC 8305 8 recommends it: longer than most round trips, short for a player who waits. */
#define HEAD_START_SECONDS 0.25

/*
 * How often the owner of a foreign event loop looks for what its one socket
 * cannot tell: a lookup's answer, or which of several attempts is connected.
 */
#define FOREIGN_LOOK_SECONDS 0.01

typedef enum connector_phase {
    PHASE_RESOLVING,
    PHASE_RACING,
    PHASE_CONNECTED, /* the socket was handed over */
    PHASE_FAILED
} connector_phase;

typedef struct connect_attempt {
    wspi_socket socket;
    size_t address; /* index in the resolver's list */
} connect_attempt;

struct wspi_connector {
    connector_phase phase;
    uint16_t port;
    bool has_lookup_started;
    wspi_resolver resolver;
    connect_attempt attempts[WSPI_POLL_MAX];
    size_t attempt_count;
    size_t next_address;
    double next_start; /* when the head start of the latest attempt is over */
    int errors[WSPI_RESOLVER_MAX_ADDRESSES];
};

static void set_phase(wspi_connector *connector, connector_phase phase)
{
    assert(connector->phase < PHASE_CONNECTED && phase > connector->phase);
    connector->phase = phase;
}

wspi_connector *wspi_connector_create(const wspi_url *url)
{
    wspi_connector *connector = wspi_allocate_zeroed(sizeof(*connector));
    if (connector == NULL)
        return NULL;
    connector->port = url->port;
    char room[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_text_begin(&why, room, sizeof(room));
    wspi_io io = wspi_resolver_start(&connector->resolver, url, &why);
    connector->has_lookup_started = io != WSPI_IO_FAILED;
    return connector;
}

static void close_attempts(wspi_connector *connector)
{
    for (size_t i = 0; i < connector->attempt_count; i++)
        wspi_os_close(connector->attempts[i].socket);
    connector->attempt_count = 0;
}

void wspi_connector_destroy(wspi_connector *connector)
{
    if (connector == NULL)
        return;
    close_attempts(connector);
    wspi_resolver_cancel(&connector->resolver);
    wspi_free(connector, sizeof(*connector));
}

static void add_failures(const wspi_connector *connector, wspi_text *why)
{
    wspi_text_set(why, "could not connect to ");
    for (size_t i = 0; i < connector->resolver.count; i++) {
        if (i > 0)
            wspi_text_add(why, "; ");
        wspi_address_add_text(&connector->resolver.addresses[i], why);
        wspi_text_add(why, " port ");
        wspi_text_add_number(why, connector->port);
        wspi_text_add(why, " (");
        wspi_os_error_text(connector->errors[i], why);
        wspi_text_add(why, ")");
    }
}

/* Asks the running attempts. true: the one at *out_winner is connected. */
static bool check_attempts(wspi_connector *connector, double now, size_t *out_winner)
{
    for (size_t i = 0; i < connector->attempt_count;) {
        const connect_attempt attempt = connector->attempts[i];
        wspi_io io = wspi_os_connect_result(attempt.socket, &connector->errors[attempt.address]);
        if (io == WSPI_IO_OK) {
            *out_winner = i;
            return true;
        }
        if (io == WSPI_IO_WAIT) {
            i++;
            continue;
        }
        wspi_os_close(attempt.socket);
        connector->attempts[i] = connector->attempts[--connector->attempt_count];
        connector->next_start = now;
    }
    return false;
}

/* Starts attempts until one has its head start. true: the one at *out_winner is connected already. */
static bool start_attempts(wspi_connector *connector, double now, size_t *out_winner)
{
    while (connector->next_address < connector->resolver.count && connector->attempt_count < WSPI_POLL_MAX &&
           now >= connector->next_start) {
        connect_attempt *attempt = &connector->attempts[connector->attempt_count];
        attempt->address = connector->next_address++;
        wspi_io io = wspi_os_connect(&connector->resolver.addresses[attempt->address], &attempt->socket,
                                     &connector->errors[attempt->address]);
        if (io == WSPI_IO_FAILED)
            continue;
        *out_winner = connector->attempt_count++;
        if (io == WSPI_IO_OK)
            return true;
        connector->next_start = now + HEAD_START_SECONDS;
    }
    return false;
}

static void hand_over(wspi_connector *connector, size_t winner, wspi_socket *out_socket,
                      wspi_address *out_address)
{
    connect_attempt attempt = connector->attempts[winner];
    connector->attempts[winner] = connector->attempts[--connector->attempt_count];
    close_attempts(connector);
    wspi_os_set_no_delay(attempt.socket, true);
    *out_socket = attempt.socket;
    *out_address = connector->resolver.addresses[attempt.address];
    set_phase(connector, PHASE_CONNECTED);
}

static wspi_io race(wspi_connector *connector, double now, wspi_socket *out_socket, wspi_address *out_address,
                    wsp_result *out_result, wspi_text *why)
{
    size_t winner = 0;
    if (check_attempts(connector, now, &winner) || start_attempts(connector, now, &winner)) {
        hand_over(connector, winner, out_socket, out_address);
        return WSPI_IO_OK;
    }
    if (connector->attempt_count > 0)
        return WSPI_IO_WAIT;
    *out_result = WSP_ERR_CANT_CONNECT;
    add_failures(connector, why);
    set_phase(connector, PHASE_FAILED);
    return WSPI_IO_FAILED;
}

wspi_io wspi_connector_step(wspi_connector *connector, double now, wspi_socket *out_socket,
                            wspi_address *out_address, wsp_result *out_result, wspi_text *why)
{
    assert(connector->phase < PHASE_CONNECTED);
    if (connector->phase == PHASE_RESOLVING) {
        wspi_io io = wspi_resolver_step(&connector->resolver, connector->port, why);
        if (io == WSPI_IO_FAILED) {
            *out_result = connector->has_lookup_started ? WSP_ERR_CANT_RESOLVE : WSP_ERR_OUT_OF_MEMORY;
            set_phase(connector, PHASE_FAILED);
        }
        if (io != WSPI_IO_OK)
            return io;
        connector->next_start = now;
        set_phase(connector, PHASE_RACING);
    }
    return race(connector, now, out_socket, out_address, out_result, why);
}

size_t wspi_connector_get_sockets(const wspi_connector *connector, wspi_poll_entry *out_entries)
{
    for (size_t i = 0; i < connector->attempt_count; i++)
        out_entries[i] = (wspi_poll_entry){.socket = connector->attempts[i].socket, .wants_write = true};
    return connector->attempt_count;
}

/* Seconds until the next attempt or the next look at the lookup; negative: neither will come. */
static double get_own_delay(const wspi_connector *connector, double now)
{
    if (wspi_connector_is_resolving(connector))
        return FOREIGN_LOOK_SECONDS;
    if (connector->attempt_count == 0)
        return 0;
    if (connector->next_address == connector->resolver.count || connector->attempt_count == WSPI_POLL_MAX)
        return -1;
    return wspi_later(connector->next_start - now, 0);
}

double wspi_connector_get_delay(const wspi_connector *connector, double now)
{
    double delay = get_own_delay(connector, now);
    return connector->attempt_count > 1 ? wspi_shorter_wait(delay, FOREIGN_LOOK_SECONDS) : delay;
}

void wspi_connector_wait(wspi_connector *connector, double now, double seconds)
{
    if (wspi_connector_is_resolving(connector)) {
        wspi_os_lookup_wait(connector->resolver.lookup, seconds);
        return;
    }
    wspi_poll_entry entries[WSPI_POLL_MAX];
    size_t count = wspi_connector_get_sockets(connector, entries);
    wspi_poller_wait(entries, count, wspi_shorter_wait(seconds, get_own_delay(connector, now)));
}

bool wspi_connector_is_resolving(const wspi_connector *connector)
{
    return connector->resolver.lookup != NULL;
}
