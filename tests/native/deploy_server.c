/* SPDX-License-Identifier: MIT */
/*
 * The server that docs/deploy.md speaks of, for the tests that put a proxy in front of it: it echoes, answers
 * the proxy's question whether it is well, and prints which address each client has according to the proxy.
 *
 * usage: deploy_server [--port N] [--heartbeat SECONDS] [--unwell]
 */
#include "wspeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_well = true;

static void http_request(wsp_server *server, wsp_request *request, void *user)
{
    (void)server;
    (void)user;
    if (strcmp(wsp_request_get_path(request), "/health") != 0)
        return; /* 404 */
    if (is_well)
        wsp_request_respond(request, 200, "text/plain", "well\n", 5);
    else
        wsp_request_respond(request, 503, "text/plain", "full\n", 5);
}

static void handshake_request(wsp_server *server, wsp_request *request, void *user)
{
    const char *address = wsp_request_get_header(request, "X-Forwarded-For");
    (void)server;
    (void)user;
    printf("client from %s through %s\n", address ? address : "nowhere", wsp_request_get_address(request));
}

static void data_received(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                          void *user)
{
    wsp_write_mode mode = is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
    (void)user;
    if (wsp_peer_send(wsp_server_get_peer(server, id), data, size, mode) == WSP_ERR_BUFFER_FULL)
        (void)wsp_server_keep_packet(server);
}

int main(int argc, char **argv)
{
    const wsp_server_handlers handlers = {
        .http_request = http_request, .handshake_request = handshake_request, .data_received = data_received};
    wsp_server *server = wsp_server_create();
    int port = 0;
    if (!server)
        return 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--unwell") == 0)
            is_well = false;
        else if (strcmp(argv[i], "--heartbeat") == 0 && i + 1 < argc)
            (void)wsp_server_set_heartbeat_interval(server, strtod(argv[++i], NULL));
        else if (strcmp(argv[i], "--port") == 0 && i + 1 < argc)
            port = (int)strtol(argv[++i], NULL, 10);
        else
            return 2;
    }
    (void)wsp_server_set_handlers(server, &handlers, NULL);
    (void)wsp_server_set_bind_ip(server, "127.0.0.1");
    if (wsp_server_listen(server, port, NULL, 0) != WSP_OK)
        return 1;
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    printf("listening on ws://127.0.0.1:%u\n", (unsigned)wsp_server_get_local_port(server));
    for (;;) /* The test ends it. */
        (void)wsp_server_poll_wait(server, -1);
}
