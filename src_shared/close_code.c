/* SPDX-License-Identifier: MIT */

/*
 * Legal close codes and reasons (RFC 6455 5.5.1, 7.4.1, 7.4.2 and the IANA registry, which added 1012-1014).
 * Which codes a browser can send is the web backend's business.
 */

#include "close_code.h"

#include "utf8.h"

bool wspi_close_code_is_sendable(int code)
{
    return code >= 0 && wspi_close_code_is_receivable((unsigned)code);
}

bool wspi_close_code_is_receivable(unsigned code)
{
    /* 7.4.1: 1004 is reserved; 1005, 1006 and 1015 describe a close without a frame. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

bool wspi_close_reason_is_valid(const char *reason, size_t size)
{
    return size <= WSPI_CLOSE_REASON_MAX && wspi_utf8_is_valid(reason, size);
}
