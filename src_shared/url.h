/* SPDX-License-Identifier: MIT */
#ifndef WSPI_URL_H
#define WSPI_URL_H

/*
 * Takes ws:// and wss:// URLs apart (RFC 6455 3, RFC 3986) so strictly that
 * both backends mean the same by every URL that passes: what the browser would
 * repair or read differently is refused with a sentence that says why.
 */

#include "text.h"
#include "wspeer/base.h"

typedef enum wspi_host_kind { WSPI_HOST_NAME, WSPI_HOST_IPV4, WSPI_HOST_IPV6 } wspi_host_kind;

#define WSPI_URL_MAX  8192
#define WSPI_HOST_MAX 253

typedef struct wspi_url {
    bool is_secure;
    wspi_host_kind host_kind;
    uint16_t port;                /* the scheme's default when the URL names none */
    bool is_default_port;         /* port is the scheme's default: not written in Host */
    char host[WSPI_HOST_MAX + 1]; /* lower case; IPv6 as browsers write it, without brackets */
    uint8_t address[16];          /* of a literal: 4 or 16 bytes, network order */
    char *target;                 /* path and query as sent (url_target.h), at least "/"; owned */
} wspi_url;

/*
 * WSP_OK and fills *out, to be released; or WSP_ERR_INVALID_PARAMETER with one
 * sentence in `why` (may be NULL), or WSP_ERR_OUT_OF_MEMORY: then *out is zeroed.
 * The sentence never quotes user information.
 *
 * Hosts are names of letters, digits, hyphen, underscore and dots (labels of 1
 * to 63, 253 in all), or IP literals. One dot at the end of a name is legal and
 * kept, as browsers and resolvers do: it names the root, so no search list is
 * tried; the name to verify in TLS is the host without it. A name that ends in
 * a number is an IPv4 address to browsers, so it must be one in full.
 */
wsp_result wspi_url_parse(const char *url, wspi_url *out, wspi_text *why);

void wspi_url_release(wspi_url *url);

/* Reads an IPv4 or IPv6 literal without brackets. false when it is neither. Zone ids are refused. */
bool wspi_parse_ip_literal(const char *text, size_t size, wspi_host_kind *out_kind, uint8_t out_address[16]);

/* Appends an IPv6 address as browsers write it: RFC 5952, never with an IPv4 tail, no brackets. */
void wspi_format_ipv6(const uint8_t address[16], wspi_text *out);

/* host[:port] as the Host field wants it: brackets around IPv6, no default port (RFC 9110 7.2). */
void wspi_url_add_authority(const wspi_url *url, wspi_text *out);

#endif
