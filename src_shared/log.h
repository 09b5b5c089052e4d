/* SPDX-License-Identifier: MIT */
#ifndef WSPI_LOG_H
#define WSPI_LOG_H

/*
 * The one door to the log handler of base.h. Until a program sets one,
 * warnings and errors go to wspi_log_default.
 */

#include "wspeer/base.h"

/* `message` is one sentence without a line end; it is not kept. */
void wspi_log(wsp_log_level level, const char *message);

/* Implemented by each backend: standard error natively, the console on the web. */
void wspi_log_default(wsp_log_level level, const char *message);

#endif
