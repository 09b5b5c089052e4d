/* SPDX-License-Identifier: MIT */
#ifndef WSPI_SETTINGS_H
#define WSPI_SETTINGS_H

/* What a program can set on a connection, with the defaults of api.md in one place (settings.c). */

#include "http_token.h"
#include "wspeer/base.h"

typedef struct wspi_settings {
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

void wspi_settings_init(wspi_settings *settings);
void wspi_settings_release(wspi_settings *settings);

/* The three kinds of check, so that every setter of every object answers alike. */

/* Limits and counts: 0 is refused; above SIZE_MAX / 4 is clamped (SIZE_MAX means no limit). */
wsp_result wspi_set_limit(size_t *setting, size_t value);

/* Timeouts: finite and above 0. */
wsp_result wspi_set_timeout(double *setting, double seconds);

/* Intervals: finite and not negative; 0 means off. */
wsp_result wspi_set_interval(double *setting, double seconds);

#endif
