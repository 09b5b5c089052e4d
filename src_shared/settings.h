/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SETTINGS_H
#define WSPI_SETTINGS_H

/* What a program can set on a connection, with the defaults of api.md in one place (settings.c). */

#include "http_token.h"
#include "wspeer/base.h"

typedef struct wspi_settings {
    unsigned users; /* objects that share this block; 0: the defaults, which belong to nobody */
    size_t inbound_buffer_size;
    size_t outbound_buffer_size;
    size_t max_queued_packets;
    double heartbeat_interval; /* seconds; 0: off */
    double connect_timeout;
    double close_timeout;
    wspi_string_list protocols; /* checked subprotocol tokens */
    wspi_string_list headers;   /* checked "Name: value" lines */
    bool no_delay;
} wspi_settings;

/*
 * Blocks are shared until one of their users changes something, so that an object that keeps the defaults, or
 * those of its server, costs a pointer. Users of one block live on one thread; the defaults are constant.
 */
extern const wspi_settings wspi_settings_defaults;

/* One more user. */
const wspi_settings *wspi_settings_share(const wspi_settings *settings);

/* One user fewer; the last frees. */
void wspi_settings_release(const wspi_settings *settings);

/* The block of one user to write to: its own, or a copy that replaces the shared one. NULL when memory is
 * out. */
wspi_settings *wspi_settings_write(const wspi_settings **settings);

/* The three kinds of check, so that every setter of every object answers alike. */

/* Limits and counts: 0 is refused; above SIZE_MAX / 4 is clamped (SIZE_MAX means no limit). */
wsp_result wspi_set_limit(size_t *setting, size_t value);

/* Timeouts: finite and above 0. */
wsp_result wspi_set_timeout(double *setting, double seconds);

/* Intervals: finite and not negative; 0 means off. */
wsp_result wspi_set_interval(double *setting, double seconds);

#endif
