/* SPDX-License-Identifier: MIT */

/*
 * The life of a virtual world, and what os.h wants besides network, clock and
 * names: entropy and the texts of errors.
 */

#include "virtual_world.h"

#include <errno.h>
#include <string.h>

static bool has_world;

static void begin(uint64_t seed)
{
    has_world = true;
    virtual_clock_begin();
    virtual_chance_begin(seed);
    virtual_plan_begin();
    virtual_lookups_begin();
    virtual_sockets_begin();
}

void virtual_enter(void)
{
    if (!has_world)
        begin(0);
}

void virtual_begin(uint64_t seed)
{
    virtual_history_begin();
    begin(seed);
}

virtual_leaks virtual_end(void)
{
    virtual_enter();
    virtual_leaks leaks;
    leaks.lookups = virtual_lookups_end();
    leaks.sockets = virtual_sockets_end();
    virtual_clock_end();
    has_world = false;
    return leaks;
}

bool wspi_os_random(void *out, size_t size)
{
    virtual_enter();
    virtual_touch();
    if (virtual_is_call_failing(VIRTUAL_CALL_RANDOM)) {
        virtual_record("no entropy");
        return false;
    }
    virtual_draw_entropy(out, size);
    return true;
}

/* A table and not strerror, so that a message of the library is the same on every system. */
void wspi_os_error_text(int error, wspi_text *out)
{
    virtual_enter();
    switch (error) {
    case EPIPE: wspi_text_add(out, "Broken pipe"); return;
    case EMFILE: wspi_text_add(out, "Too many open files"); return;
    case ENOTCONN: wspi_text_add(out, "Transport endpoint is not connected"); return;
    case ETIMEDOUT: wspi_text_add(out, "Connection timed out"); return;
    case ECONNRESET: wspi_text_add(out, "Connection reset by peer"); return;
    case ENETUNREACH: wspi_text_add(out, "Network is unreachable"); return;
    case ECONNREFUSED: wspi_text_add(out, "Connection refused"); return;
    case EAFNOSUPPORT: wspi_text_add(out, "Address family not supported by protocol"); return;
    case EADDRINUSE: wspi_text_add(out, "Address already in use"); return;
    case EADDRNOTAVAIL: wspi_text_add(out, "Cannot assign requested address"); return;
    default: wspi_text_add(out, "error "); wspi_text_add_number(out, (uint64_t)error);
    }
}
