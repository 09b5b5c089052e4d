/* SPDX-License-Identifier: MIT */
/*
 * The extension of an engine: a shared library that has wspeer inside. It names calls of each part, TLS with
 * its thread-local text among them, so that the linker takes them all from the archive.
 */
#include <wspeer.h>

int extension_connect(const char *url);

int extension_connect(const char *url)
{
    wsp_tls_options *tls = wsp_tls_options_client(NULL, NULL);
    wsp_peer *peer = wsp_peer_create();
    wsp_server *server = wsp_server_create();
    wsp_multiplayer *session = wsp_multiplayer_create();
    const wsp_result result = wsp_peer_connect_to_url(peer, url, tls);
    wsp_multiplayer_destroy(session);
    wsp_server_destroy(server);
    wsp_peer_destroy(peer);
    wsp_tls_options_destroy(tls);
    return result == WSP_OK ? 0 : (int)*wsp_tls_last_error();
}
