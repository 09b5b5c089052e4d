/* SPDX-License-Identifier: MIT */
/*
 * What a browser cannot do, as documented no-ops: listening, streams, TLS
 * options and handshake requests. Constructors succeed, so that one source
 * runs on both backends; the calls that would need a socket answer
 * WSP_ERR_UNSUPPORTED. Arguments are checked as natively.
 */

#include "backend.h"
#include "memory.h"
#include "wspeer/request.h"
#include "wspeer/tcp_server.h"
#include "wspeer/tls.h"

/* -- tcp_server.h ---------------------------------------------------------- */

struct wsp_tcp_server {
    char unused;
};

wsp_tcp_server *wsp_tcp_server_create(void)
{
    return wspi_allocate_zeroed(sizeof(wsp_tcp_server));
}

void wsp_tcp_server_destroy(wsp_tcp_server *server_or_null)
{
    wspi_free(server_or_null, sizeof *server_or_null);
}

wsp_result wsp_tcp_server_listen(wsp_tcp_server *server, int port, const char *bind_address_or_null)
{
    (void)bind_address_or_null;
    if (server == NULL || port < 0 || port > 65535)
        return WSP_ERR_INVALID_PARAMETER;
    return WSP_ERR_UNSUPPORTED;
}

bool wsp_tcp_server_is_listening(const wsp_tcp_server *server)
{
    (void)server;
    return false;
}

uint16_t wsp_tcp_server_get_local_port(const wsp_tcp_server *server)
{
    (void)server;
    return 0;
}

bool wsp_tcp_server_is_connection_available(wsp_tcp_server *server)
{
    (void)server;
    return false;
}

wsp_stream *wsp_tcp_server_take_connection(wsp_tcp_server *server)
{
    (void)server;
    return NULL;
}

void wsp_tcp_server_stop(wsp_tcp_server *server)
{
    (void)server;
}

wsp_result wsp_tcp_server_set_shared_readiness(wsp_tcp_server *server, bool enabled)
{
    (void)enabled;
    return server == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}

intptr_t wsp_tcp_server_get_socket(const wsp_tcp_server *server)
{
    (void)server;
    return -1;
}

/* No stream ever exists here: the functions that take one see NULL. */

wsp_stream *wsp_stream_from_socket(intptr_t connected_socket)
{
    (void)connected_socket;
    return NULL;
}

wsp_result wsp_stream_accept_tls(wsp_stream *stream, const wsp_tls_options *server_options)
{
    (void)server_options;
    return stream == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}

const char *wsp_stream_get_connected_host(const wsp_stream *stream)
{
    (void)stream;
    return "";
}

uint16_t wsp_stream_get_connected_port(const wsp_stream *stream)
{
    (void)stream;
    return 0;
}

void wsp_stream_destroy(wsp_stream *stream_or_null)
{
    (void)stream_or_null;
}

/* -- tls.h ----------------------------------------------------------------- */

/* Only the kind counts: the browser's own store decides whom to trust. */
struct wsp_tls_options {
    bool is_server;
};

static _Thread_local const char *last_error = "";

static wsp_tls_options *create_options(bool is_server)
{
    wsp_tls_options *options = wspi_allocate(sizeof *options);
    last_error = options == NULL ? "out of memory" : "";
    if (options != NULL)
        options->is_server = is_server;
    return options;
}

static wsp_tls_options *create_server_options(const char *private_key, const char *certificate)
{
    if (private_key != NULL && certificate != NULL)
        return create_options(true);
    last_error = "a server needs a private key and a certificate";
    return NULL;
}

wsp_tls_options *wsp_tls_options_client(const char *trusted_chain_pem_or_null,
                                        const char *common_name_override_or_null)
{
    (void)trusted_chain_pem_or_null;
    (void)common_name_override_or_null;
    return create_options(false);
}

wsp_tls_options *wsp_tls_options_client_from_files(const char *trusted_chain_path_or_null,
                                                   const char *common_name_override_or_null)
{
    (void)trusted_chain_path_or_null;
    (void)common_name_override_or_null;
    return create_options(false);
}

wsp_tls_options *wsp_tls_options_client_unsafe(const char *trusted_chain_pem_or_null)
{
    (void)trusted_chain_pem_or_null;
    return create_options(false);
}

wsp_tls_options *wsp_tls_options_client_unsafe_from_files(const char *trusted_chain_path_or_null)
{
    (void)trusted_chain_path_or_null;
    return create_options(false);
}

wsp_tls_options *wsp_tls_options_server(const char *private_key_pem, const char *certificate_pem)
{
    return create_server_options(private_key_pem, certificate_pem);
}

wsp_tls_options *wsp_tls_options_server_from_files(const char *private_key_path, const char *certificate_path)
{
    return create_server_options(private_key_path, certificate_path);
}

void wsp_tls_options_destroy(wsp_tls_options *options_or_null)
{
    wspi_free(options_or_null, sizeof *options_or_null);
}

const char *wsp_tls_last_error(void)
{
    return last_error;
}

bool wspi_tls_options_are_client(const wsp_tls_options *options)
{
    return options == NULL || !options->is_server;
}

/* -- request.h: a request exists only while a server asks for a decision, so here never
 * ---------------------- */

const char *wsp_request_get_method(const wsp_request *request)
{
    (void)request;
    return "";
}

const char *wsp_request_get_path(const wsp_request *request)
{
    (void)request;
    return "";
}

const char *wsp_request_get_query(const wsp_request *request)
{
    (void)request;
    return "";
}

const char *wsp_request_get_header(const wsp_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

size_t wsp_request_get_header_count(const wsp_request *request)
{
    (void)request;
    return 0;
}

bool wsp_request_get_header_at(const wsp_request *request, size_t index, const char **out_name,
                               const char **out_value)
{
    (void)request;
    (void)index;
    (void)out_name;
    (void)out_value;
    return false;
}

size_t wsp_request_get_protocol_count(const wsp_request *request)
{
    (void)request;
    return 0;
}

const char *wsp_request_get_protocol_at(const wsp_request *request, size_t index)
{
    (void)request;
    (void)index;
    return "";
}

const char *wsp_request_get_address(const wsp_request *request)
{
    (void)request;
    return "";
}

uint16_t wsp_request_get_port(const wsp_request *request)
{
    (void)request;
    return 0;
}

bool wsp_request_is_secure(const wsp_request *request)
{
    (void)request;
    return false;
}

wsp_result wsp_request_add_header(wsp_request *request, const char *name, const char *value)
{
    (void)name;
    (void)value;
    return request == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}

wsp_result wsp_request_accept(wsp_request *request, const char *protocol_or_null)
{
    (void)protocol_or_null;
    return request == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}

wsp_result wsp_request_respond(wsp_request *request, int status, const char *content_type_or_null,
                               const void *body, size_t size)
{
    (void)status;
    (void)content_type_or_null;
    (void)body;
    (void)size;
    return request == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}
