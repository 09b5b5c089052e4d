/* SPDX-License-Identifier: MIT */
/**
 * request.h: wsp_request, what a handler sees of a client's HTTP request and how it answers.
 *
 * A request reaches handshake_request of wsp_peer_handlers (an accepted peer) or of a wsp_server once it is
 * a valid WebSocket handshake; wsp_server's http_request gets plain GET and HEAD requests. The request and
 * all it returns are valid inside that handler only. The decision is taken there and then: for a slow
 * check, such as a login service, accept and authenticate in the first message.
 *
 * handshake_request  Neither accept nor respond: accepted, with the default choice of subprotocol, which
 *                    wsp_peer_set_supported_protocols describes.
 * http_request       Neither: 404. Other methods get 405 without asking; without this handler, and always
 *                    for a peer of its own, a request that is no WebSocket handshake gets 426.
 *
 * Web: there are no requests; handlers that take one are never called.
 */
#ifndef WSPEER_REQUEST_H
#define WSPEER_REQUEST_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Tells the method, such as "GET".
 *
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_method(const wsp_request *request);

/**
 * Tells the path of the target as sent, such as "/game/7": not decoded, without the query. Do not use it as a
 * file name unchecked.
 *
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_path(const wsp_request *request);

/**
 * Tells the query of the target as sent: not decoded, without the "?"; "" when there is none.
 *
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_query(const wsp_request *request);

/**
 * Looks up a header field, such as "Origin" or "Cookie".
 *
 * name      Compared case-insensitively.
 * Returns   The value, may be ""; repeated fields joined with ", ". NULL when absent.
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_header(const wsp_request *request, const char *name);

/** Tells how many header fields there are, repeated ones counted each; at most 100. */
WSP_API size_t wsp_request_get_header_count(const wsp_request *request);

/**
 * Reads one header field, in the order sent.
 *
 * index     0 to wsp_request_get_header_count() - 1.
 * out_name, out_value  Get the field as sent; not NULL.
 * Returns   true, or false and nothing set when there is no such field.
 * Lifetime  Until the handler returns.
 */
WSP_API bool wsp_request_get_header_at(const wsp_request *request, size_t index, const char **out_name,
                                       const char **out_value);

/** Tells how many subprotocols the client offers. RFC 6455 11.3.4. */
WSP_API size_t wsp_request_get_protocol_count(const wsp_request *request);

/**
 * Reads one of the subprotocols the client offers, in its order of preference.
 *
 * index     0 to wsp_request_get_protocol_count() - 1.
 * Returns   The subprotocol; "" when there is no such one.
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_protocol_at(const wsp_request *request, size_t index);

/**
 * Tells the numeric address the connection comes from: behind a proxy the proxy's, the client's then is in a
 * header such as X-Forwarded-For, which anybody can forge.
 *
 * Lifetime  Until the handler returns.
 */
WSP_API const char *wsp_request_get_address(const wsp_request *request);

/** Tells the port the connection comes from. */
WSP_API uint16_t wsp_request_get_port(const wsp_request *request);

/** Tells whether the connection came in over our own TLS. */
WSP_API bool wsp_request_is_secure(const wsp_request *request);

/**
 * Adds a header field to the answer, whichever it will be, before or after accept or respond.
 *
 * name      A token, not Connection, Upgrade, Sec-WebSocket-*, Content-Length or Transfer-Encoding.
 * value     No control characters; may be "". Both are copied.
 * Returns   WSP_OK.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL, or another name or value.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory.
 *           In both cases the answer is as before.
 */
WSP_API wsp_result wsp_request_add_header(wsp_request *request, const char *name, const char *value);

/**
 * Accepts a handshake; only needed to choose the subprotocol.
 *
 * protocol_or_null  One the client offers; "" = none (a browser that offered some then fails the connection);
 *           NULL = the default choice.
 * Returns   WSP_OK; the 101 answer leaves after the handler.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL request, one the client does not offer, or inside http_request.
 *           WSP_ERR_ALREADY_IN_USE     accepted or answered already; that stands.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory; still undecided.
 * RFC 6455  4.2.2
 */
WSP_API wsp_result wsp_request_accept(wsp_request *request, const char *protocol_or_null);

/**
 * Answers with an HTTP response and closes: refuses a handshake, or serves a plain request. A refused peer
 * ends with connection_error and WSP_ERR_HANDSHAKE_REJECTED.
 *
 * status    A refusal: 400 to 599, or 300 to 399 with a Location field added. http_request: also 200 to 299.
 * content_type_or_null  Value of Content-Type; NULL = no such field.
 * body, size  The body, copied; body may be NULL when size is 0. Content-Length and Connection: close are
 *           ours.
 * Returns   WSP_OK; the answer leaves after the handler.
 * Errors    WSP_ERR_INVALID_PARAMETER  NULL request, another status, a bad type, NULL body with size > 0.
 *           WSP_ERR_ALREADY_IN_USE     accepted or answered already; that stands.
 *           WSP_ERR_OUT_OF_MEMORY      out of memory; still undecided.
 */
WSP_API wsp_result wsp_request_respond(wsp_request *request, int status, const char *content_type_or_null,
                                       const void *body, size_t size);

#ifdef __cplusplus
}
#endif

#endif
