/* SPDX-License-Identifier: MIT */

/*
 * From a URL's host to the addresses to try, in the order to try them
 * (RFC 8305 4). It knows which hosts need no lookup (RFC 6761 6.3) and leaves
 * the lookup itself to os.h.
 */

#include "resolver.h"

#include <string.h>

/* Addresses looked at in an answer, so that the other family is found behind a long run of one. */
enum { MAX_ANSWER = 64 };

static const char no_lookup[] = "memory or threads are out";

static wspi_io fail(const wspi_resolver *resolver, const char *reason, wspi_text *why)
{
    wspi_text_set(why, "could not resolve ");
    wspi_text_add_printable(why, resolver->host, strlen(resolver->host), WSPI_HOST_MAX);
    wspi_text_add(why, ": ");
    wspi_text_add(why, reason);
    return WSPI_IO_FAILED;
}

/* RFC 6761 6.3: localhost and all names below it are loopback, whatever a name server says. */
static bool is_localhost(const char *host)
{
    static const char name[] = "localhost";
    size_t name_size = sizeof(name) - 1;
    size_t size = strlen(host);
    if (size > 0 && host[size - 1] == '.')
        size--;
    if (size < name_size || !wspi_text_equal_ignore_case(host + size - name_size, name_size, name, name_size))
        return false;
    return size == name_size || host[size - name_size - 1] == '.';
}

wspi_io wspi_resolver_start(wspi_resolver *resolver, const wspi_url *url, wspi_text *why)
{
    static const uint8_t loopback4[4] = {127, 0, 0, 1};
    static const uint8_t loopback6[16] = {[15] = 1};
    *resolver = (wspi_resolver){0};
    memcpy(resolver->host, url->host, sizeof(resolver->host));
    if (url->host_kind != WSPI_HOST_NAME) {
        wspi_address_set(&resolver->addresses[0], url->host_kind == WSPI_HOST_IPV4 ? 4 : 6, url->address,
                         url->port);
        resolver->count = 1;
        return WSPI_IO_OK;
    }
    if (is_localhost(url->host)) {
        wspi_address_set(&resolver->addresses[0], 6, loopback6, url->port);
        wspi_address_set(&resolver->addresses[1], 4, loopback4, url->port);
        resolver->count = 2;
        return WSPI_IO_OK;
    }
    resolver->lookup = wspi_os_lookup_start(url->host);
    return resolver->lookup != NULL ? WSPI_IO_WAIT : fail(resolver, no_lookup, why);
}

static bool has_address(const wspi_resolver *resolver, const wspi_address *address)
{
    for (size_t i = 0; i < resolver->count; i++) {
        if (wspi_address_equal(&resolver->addresses[i], address))
            return true;
    }
    return false;
}

/* Takes the next address of the family that the list does not hold yet. */
static void take_next(wspi_resolver *resolver, const wspi_address *answer, size_t count, unsigned family,
                      size_t *at)
{
    while (*at < count && resolver->count < WSPI_RESOLVER_MAX_ADDRESSES) {
        const wspi_address *address = &answer[(*at)++];
        if (address->family == family && !has_address(resolver, address)) {
            resolver->addresses[resolver->count++] = *address;
            return;
        }
    }
}

/* RFC 8305 4: the families take turns, so that a dead one costs one delay and not one per address. */
static void interleave(wspi_resolver *resolver, const wspi_address *answer, size_t count)
{
    size_t at4 = 0;
    size_t at6 = 0;
    resolver->count = 0;
    for (size_t i = 0; i < count; i++) {
        take_next(resolver, answer, count, 6, &at6);
        take_next(resolver, answer, count, 4, &at4);
    }
}

/* The lookup's answer becomes the list. */
static wspi_io take_answer(wspi_resolver *resolver, wspi_text *why)
{
    wspi_address answer[MAX_ANSWER];
    size_t count = 0;
    char reason_room[WSPI_MESSAGE_CAPACITY];
    wspi_text reason;
    wspi_text_begin(&reason, reason_room, sizeof(reason_room));
    wspi_io io = wspi_os_lookup_result(resolver->lookup, answer, MAX_ANSWER, &count, &reason);
    if (io == WSPI_IO_WAIT)
        return io;
    wspi_resolver_cancel(resolver);
    if (io == WSPI_IO_FAILED)
        return fail(resolver, reason_room, why);
    interleave(resolver, answer, count);
    return resolver->count > 0 ? WSPI_IO_OK : fail(resolver, "the name has no address", why);
}

wspi_io wspi_resolver_step(wspi_resolver *resolver, uint16_t port, wspi_text *why)
{
    if (resolver->lookup != NULL) {
        wspi_io io = take_answer(resolver, why);
        if (io != WSPI_IO_OK)
            return io;
    }
    if (resolver->count == 0)
        return fail(resolver, no_lookup, why);
    for (size_t i = 0; i < resolver->count; i++)
        resolver->addresses[i].port = port;
    return WSPI_IO_OK;
}

void wspi_resolver_cancel(wspi_resolver *resolver)
{
    wspi_os_lookup_release(resolver->lookup);
    resolver->lookup = NULL;
}
