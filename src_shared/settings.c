/* SPDX-License-Identifier: MIT */
/* Defaults and checks of everything a program can set on a connection (api.md, General). */
#include "settings.h"

#include "memory.h"

#include <math.h>

enum { DEFAULT_BUFFER_SIZE = 1024 * 1024, DEFAULT_QUEUED_PACKETS = 4096 };

const wspi_settings wspi_settings_defaults = {
    .inbound_buffer_size = DEFAULT_BUFFER_SIZE,
    .outbound_buffer_size = DEFAULT_BUFFER_SIZE,
    .max_queued_packets = DEFAULT_QUEUED_PACKETS,
    .heartbeat_interval = 0,
    .connect_timeout = 10,
    .close_timeout = 5,
    .no_delay = true,
};

const wspi_settings *wspi_settings_share(const wspi_settings *settings)
{
    if (settings->users > 0)
        ((wspi_settings *)settings)->users++;
    return settings;
}

void wspi_settings_release(const wspi_settings *settings)
{
    if (settings->users == 0 || --((wspi_settings *)settings)->users > 0)
        return;
    wspi_settings *last = (wspi_settings *)settings;
    wspi_string_list_release(&last->protocols);
    wspi_string_list_release(&last->headers);
    wspi_free(last, sizeof *last);
}

static wspi_settings *copy_settings(const wspi_settings *settings)
{
    wspi_settings *copy = wspi_allocate(sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *settings;
    copy->users = 1;
    copy->protocols = (wspi_string_list){0};
    copy->headers = (wspi_string_list){0};
    if (wspi_string_list_copy(&copy->protocols, &settings->protocols) == WSP_OK &&
        wspi_string_list_copy(&copy->headers, &settings->headers) == WSP_OK)
        return copy;
    wspi_settings_release(copy);
    return NULL;
}

wspi_settings *wspi_settings_write(const wspi_settings **settings)
{
    if ((*settings)->users != 1) {
        wspi_settings *copy = copy_settings(*settings);
        if (copy == NULL)
            return NULL;
        wspi_settings_release(*settings);
        *settings = copy;
    }
    return (wspi_settings *)*settings;
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
