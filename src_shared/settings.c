/* SPDX-License-Identifier: MIT */
/* Defaults and checks of everything a program can set on a connection (api.md, General). */
#include "settings.h"

#include <math.h>

enum { DEFAULT_BUFFER_SIZE = 1024 * 1024, DEFAULT_QUEUED_PACKETS = 4096 };

void wspi_settings_init(wspi_settings *settings)
{
    *settings = (wspi_settings){
        .inbound_buffer_size = DEFAULT_BUFFER_SIZE,
        .outbound_buffer_size = DEFAULT_BUFFER_SIZE,
        .max_queued_packets = DEFAULT_QUEUED_PACKETS,
        .heartbeat_interval = 0,
        .connect_timeout = 10,
        .close_timeout = 5,
        .no_delay = true,
    };
}

void wspi_settings_release(wspi_settings *settings)
{
    wspi_string_list_release(&settings->protocols);
    wspi_string_list_release(&settings->headers);
}

wsp_result wspi_set_limit(size_t *setting, size_t value)
{
    if (value == 0)
        return WSP_ERR_INVALID_PARAMETER;
    *setting = wspi_min(value, SIZE_MAX / 4);
    return WSP_OK;
}

wsp_result wspi_set_timeout(double *setting, double seconds)
{
    if (!isfinite(seconds) || seconds <= 0)
        return WSP_ERR_INVALID_PARAMETER;
    *setting = seconds;
    return WSP_OK;
}

wsp_result wspi_set_interval(double *setting, double seconds)
{
    if (!isfinite(seconds) || seconds < 0)
        return WSP_ERR_INVALID_PARAMETER;
    *setting = seconds;
    return WSP_OK;
}
