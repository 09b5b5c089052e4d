/* SPDX-License-Identifier: MIT */
/*
 * What the library gets from the web platform besides connections: its name
 * and features, time, randomness and the console.
 */

#include "backend.h"
#include "event_counter.h"
#include "js_imports.h"
#include "log.h"

#include <emscripten.h>
#include <math.h>
#include <string.h>

const char *wsp_backend_name(void)
{
    return "web";
}

bool wsp_has_feature(wsp_feature feature)
{
    /* Each of them needs something that a browser keeps to itself. */
    (void)feature;
    return false;
}

/* On a pthread: an event that another peer gets ends it early. */
void wspi_rest(double seconds)
{
    uint32_t seen = 0;
    (void)wspi_event_counter_has_news(&seen);
    if (seconds > 0 && isfinite(seconds))
        (void)wspi_event_counter_wait(seen, seconds);
}

wsp_result wspi_check_compression(const wsp_compression *compression_or_null)
{
    (void)compression_or_null;
    return WSP_ERR_UNSUPPORTED;
}

uint32_t wsp_random(void)
{
    return (uint32_t)wspi_js_random();
}

double wsp_now(void)
{
    return emscripten_get_now() / 1000;
}

void wspi_log_default(wsp_log_level level, const char *message)
{
    wspi_js_log(level == WSP_LOG_ERROR, wspi_js_address(message), (double)strlen(message));
}
