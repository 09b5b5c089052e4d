/* SPDX-License-Identifier: MIT */
#ifndef WSPI_CLOSE_CODE_H
#define WSPI_CLOSE_CODE_H

/* Which close codes and reasons are legal (RFC 6455 5.5.1, 7.4). */

#include "bytes.h"

/* A control frame holds 125 bytes, two of them the code. */
#define WSPI_CLOSE_REASON_MAX 123

/* Codes a program may send: 1000-1003, 1007-1014, 3000-4999. 0 means a frame without a body and is not among
 * them. */
bool wspi_close_code_is_sendable(int code);

/* Codes that may arrive on the wire. */
bool wspi_close_code_is_receivable(unsigned code);

/* At most 123 bytes of UTF-8. */
bool wspi_close_reason_is_valid(const char *reason, size_t size);

#endif
