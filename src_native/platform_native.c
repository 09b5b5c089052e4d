/* SPDX-License-Identifier: MIT */
/* What the native backend is and can do, and the small services every backend gives (backend.h, process). */
#include "backend.h"
#include "log.h"
#include "net/poller.h"
#include "net/stream_tls.h"

#include <math.h>
#include <stdio.h>

const char *wsp_backend_name(void)
{
    return "native";
}

bool wsp_has_feature(wsp_feature feature)
{
    switch (feature) {
    case WSP_FEATURE_ACCEPT_STREAM:
    case WSP_FEATURE_HANDSHAKE_HEADERS:
    case WSP_FEATURE_CONNECTED_HOST:
    case WSP_FEATURE_NO_DELAY:
    case WSP_FEATURE_HEARTBEAT:
    case WSP_FEATURE_SERVER:
    case WSP_FEATURE_SOCKET:
    case WSP_FEATURE_TLS_OPTIONS:
    case WSP_FEATURE_CLOSE_CODES: return true;
    case WSP_FEATURE_COMPRESSION: return false;
    }
    return false;
}

bool wspi_tls_options_are_client(const wsp_tls_options *options)
{
    return options == NULL || !wspi_tls_options_are_server(options);
}

void wspi_rest(double seconds)
{
    if (seconds > 0 && isfinite(seconds))
        (void)wspi_poller_wait(NULL, 0, seconds);
}

wsp_result wspi_check_compression(const wsp_compression *compression_or_null)
{
    return compression_or_null == NULL ? WSP_OK : WSP_ERR_UNSUPPORTED;
}

uint32_t wsp_random(void)
{
    uint32_t value = 0;
    /* Without the system's generator a delay loses its jitter and nothing else. */
    (void)wspi_os_random(&value, sizeof value);
    return value;
}

double wsp_now(void)
{
    return wspi_os_now();
}

void wspi_log_default(wsp_log_level level, const char *message)
{
    (void)fprintf(stderr, "wspeer %s: %s\n", level == WSP_LOG_ERROR ? "error" : "warning", message);
}
