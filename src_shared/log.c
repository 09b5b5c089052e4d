/* SPDX-License-Identifier: MIT */

/*
 * The log hook of base.h: decides who gets a message and drops what is more detailed than asked for. Holds
 * one of the library's few pieces of process-wide state: the hook. Where messages go without a hook is the
 * backend's business.
 */

#include "log.h"

static struct {
    wsp_log_handler handler; /* NULL: wspi_log_default */
    wsp_log_level most_detailed;
    void *user;
} process = {NULL, WSP_LOG_WARNING, NULL};

void wsp_set_log_handler(wsp_log_handler handler_or_null, wsp_log_level most_detailed, void *user)
{
    process.handler = handler_or_null;
    process.most_detailed = handler_or_null != NULL ? most_detailed : WSP_LOG_WARNING;
    process.user = user;
}

void wspi_log(wsp_log_level level, const char *message)
{
    if (level > process.most_detailed)
        return;
    if (process.handler != NULL)
        process.handler(level, message, process.user);
    else
        wspi_log_default(level, message);
}
