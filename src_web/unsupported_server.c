/* SPDX-License-Identifier: MIT */
/*
 * wsp_server where nothing can listen (server.h): a server can be made, keeps its user data and has no
 * clients; what would need a socket answers WSP_ERR_UNSUPPORTED.
 */
#include "backend.h"
#include "http_token.h"
#include "memory.h"
#include "wspeer/server.h"

struct wsp_server {
    void *user_data;
    wsp_result error; /* of the last listen */
};

wsp_server *wsp_server_create(void)
{
    return wspi_allocate_zeroed(sizeof(wsp_server));
}

void wsp_server_destroy(wsp_server *server_or_null)
{
    wspi_free(server_or_null, sizeof *server_or_null);
}

static wsp_result not_here(const wsp_server *server)
{
    return server == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_ERR_UNSUPPORTED;
}

void wsp_server_set_user_data(wsp_server *server, void *user_data)
{
    if (server != NULL)
        server->user_data = user_data;
}

void *wsp_server_get_user_data(const wsp_server *server)
{
    return server != NULL ? server->user_data : NULL;
}

wsp_result wsp_server_set_handlers(wsp_server *server, const wsp_server_handlers *handlers_or_null,
                                   void *user)
{
    (void)handlers_or_null;
    (void)user;
    return server == NULL ? WSP_ERR_INVALID_PARAMETER : WSP_OK;
}

wsp_result wsp_server_listen(wsp_server *server, int port, const char *const *protocols, size_t count)
{
    bool is_valid = port >= 0 && port <= UINT16_MAX && wspi_check_protocols(protocols, count, NULL);
    wsp_result result = is_valid ? not_here(server) : WSP_ERR_INVALID_PARAMETER;
    if (server != NULL)
        server->error = result;
    return result;
}

bool wsp_server_is_listening(const wsp_server *server)
{
    (void)server;
    return false;
}

uint16_t wsp_server_get_local_port(const wsp_server *server)
{
    (void)server;
    return 0;
}

void wsp_server_stop(wsp_server *server)
{
    (void)server;
}

void wsp_server_poll(wsp_server *server)
{
    (void)server;
}

bool wsp_server_poll_wait(wsp_server *server, double seconds)
{
    (void)server;
    (void)seconds;
    return false;
}

wsp_result wsp_server_get_error(const wsp_server *server)
{
    return server == NULL ? WSP_ERR_INVALID_PARAMETER : server->error;
}

const char *wsp_server_get_error_message(const wsp_server *server)
{
    return server == NULL || server->error == WSP_OK ? "" : wsp_result_text(server->error);
}

wsp_peer *wsp_server_get_peer(wsp_server *server, int32_t id)
{
    (void)server;
    (void)id;
    return NULL;
}

bool wsp_server_has_peer(const wsp_server *server, int32_t id)
{
    (void)server;
    (void)id;
    return false;
}

size_t wsp_server_get_peer_count(const wsp_server *server)
{
    (void)server;
    return 0;
}

size_t wsp_server_get_peer_ids(const wsp_server *server, int32_t *out_ids, size_t capacity)
{
    (void)server;
    (void)out_ids;
    (void)capacity;
    return 0;
}

const char *wsp_server_get_peer_address(const wsp_server *server, int32_t id)
{
    (void)server;
    (void)id;
    return "";
}

uint16_t wsp_server_get_peer_port(const wsp_server *server, int32_t id)
{
    (void)server;
    (void)id;
    return 0;
}

wsp_result wsp_server_disconnect_peer(wsp_server *server, int32_t id, int code, const char *reason_or_null)
{
    (void)id;
    (void)code;
    (void)reason_or_null;
    return not_here(server);
}

size_t wsp_server_broadcast(wsp_server *server, const void *data, size_t size, wsp_write_mode mode,
                            int32_t except_id)
{
    (void)server;
    (void)data;
    (void)size;
    (void)mode;
    (void)except_id;
    return 0;
}

wsp_result wsp_server_keep_packet(wsp_server *server)
{
    return not_here(server);
}

intptr_t wsp_server_get_socket(const wsp_server *server)
{
    (void)server;
    return -1;
}

double wsp_server_get_poll_delay(const wsp_server *server)
{
    (void)server;
    return -1;
}

wsp_result wsp_server_set_bind_ip(wsp_server *server, const char *address_or_null)
{
    (void)address_or_null;
    return not_here(server);
}

const char *wsp_server_get_bind_ip(const wsp_server *server)
{
    (void)server;
    return "";
}

wsp_result wsp_server_set_tls_options(wsp_server *server, const wsp_tls_options *options_or_null)
{
    bool is_wrong = options_or_null != NULL && wspi_tls_options_are_client(options_or_null);
    return is_wrong ? WSP_ERR_INVALID_PARAMETER : not_here(server);
}

wsp_result wsp_server_set_reuse_port(wsp_server *server, bool enabled)
{
    (void)enabled;
    return not_here(server);
}

wsp_result wsp_server_set_handshake_timeout(wsp_server *server, double seconds)
{
    (void)seconds;
    return not_here(server);
}

double wsp_server_get_handshake_timeout(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_close_timeout(wsp_server *server, double seconds)
{
    (void)seconds;
    return not_here(server);
}

double wsp_server_get_close_timeout(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_heartbeat_interval(wsp_server *server, double seconds)
{
    (void)seconds;
    return not_here(server);
}

double wsp_server_get_heartbeat_interval(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_extra_headers(wsp_server *server, const char *const *headers, size_t count)
{
    (void)headers;
    (void)count;
    return not_here(server);
}

wsp_result wsp_server_set_allowed_origins(wsp_server *server, const char *const *origins, size_t count)
{
    (void)origins;
    (void)count;
    return not_here(server);
}

wsp_result wsp_server_set_max_connections(wsp_server *server, size_t count)
{
    (void)count;
    return not_here(server);
}

size_t wsp_server_get_max_connections(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_refuse_new_connections(wsp_server *server, bool refuse)
{
    (void)refuse;
    return not_here(server);
}

bool wsp_server_get_refuse_new_connections(const wsp_server *server)
{
    (void)server;
    return false;
}

wsp_result wsp_server_set_compression(wsp_server *server, const wsp_compression *compression_or_null)
{
    (void)compression_or_null;
    return not_here(server);
}

wsp_result wsp_server_set_inbound_buffer_size(wsp_server *server, size_t size)
{
    (void)size;
    return not_here(server);
}

size_t wsp_server_get_inbound_buffer_size(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_outbound_buffer_size(wsp_server *server, size_t size)
{
    (void)size;
    return not_here(server);
}

size_t wsp_server_get_outbound_buffer_size(const wsp_server *server)
{
    (void)server;
    return 0;
}

wsp_result wsp_server_set_max_queued_packets(wsp_server *server, size_t count)
{
    (void)count;
    return not_here(server);
}

size_t wsp_server_get_max_queued_packets(const wsp_server *server)
{
    (void)server;
    return 0;
}
