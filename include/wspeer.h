/* SPDX-License-Identifier: MIT */
/**
 * wspeer: one C API for WebSockets in games, the same on the desktop and in the browser.
 *
 * There are two backends, chosen by what is linked. "native" speaks RFC 6455 over sockets; "web" (Emscripten)
 * forwards to the browser's WebSocket. The same source compiles for both and behaves the same; what a browser
 * cannot do is a call without effect whose result says so. Nothing blocks and nothing calls back from another
 * thread: open a wsp_peer, call wsp_peer_poll once per frame, take packets, send. The names are those of
 * Godot's WebSocketPeer, TCPServer and TLSOptions.
 *
 * base.h       results, features, hooks, and the rules that hold for all headers: read its first comment
 * peer.h       wsp_peer, a connection
 * tcp_server.h wsp_tcp_server and wsp_stream, to accept connections
 * tls.h        wsp_tls_options, for wss://
 * server.h     wsp_server, many clients behind one poll
 * multiplayer.h wsp_multiplayer, a game session: ids, targets, packets; joins Godot's
 * request.h    wsp_request, to look at a client's handshake and refuse it
 *
 * A complete client, for both: it sends "hello", prints the first answer and closes.
 *
 *     #include <stdio.h>
 *     #include <wspeer.h>
 *     #ifdef __EMSCRIPTEN__
 *     #include <emscripten.h>
 *     #endif
 *
 *     static bool greeted;
 *
 *     static void frame(void *argument)
 *     {
 *         wsp_peer *peer = (wsp_peer *)argument;
 *         const uint8_t *packet;
 *
 *         wsp_peer_poll(peer);
 *         if (!greeted && wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN)
 *             greeted = wsp_peer_send_text(peer, "hello") == WSP_OK;
 *         while ((packet = wsp_peer_get_packet(peer, NULL)) != NULL) {
 *             printf("received %s\n", (const char *)packet);
 *             wsp_peer_close(peer, WSP_CLOSE_NORMAL, NULL);
 *         }
 *         if (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED)
 *             return;
 *         printf("closed: %d %s\n", wsp_peer_get_close_code(peer), wsp_peer_get_error_message(peer));
 *     #ifdef __EMSCRIPTEN__
 *         emscripten_cancel_main_loop();
 *     #endif
 *     }
 *
 *     int main(void)
 *     {
 *         wsp_peer *peer = wsp_peer_create();
 *
 *         if (wsp_peer_connect_to_url(peer, "ws://127.0.0.1:9080", NULL) != WSP_OK) {
 *             fprintf(stderr, "%s\n", wsp_peer_get_error_message(peer));
 *             wsp_peer_destroy(peer);
 *             return 1;
 *         }
 *     #ifdef __EMSCRIPTEN__
 *         emscripten_set_main_loop_arg(frame, peer, 0, 1);
 *     #else
 *         while (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED) {
 *             wsp_peer_poll_wait(peer, 1.0);
 *             frame(peer);
 *         }
 *     #endif
 *         wsp_peer_destroy(peer);
 *         return 0;
 *     }
 *
 * What wsp_has_feature answers. "no": the call returns WSP_ERR_UNSUPPORTED or a neutral value, if
 * the row does not say otherwise.
 *
 *     WSP_FEATURE_        native   web  covers
 *     ACCEPT_STREAM       yes      no   wsp_peer_accept_stream
 *     HANDSHAKE_HEADERS   yes      no   own and the other side's header fields, the HTTP status
 *     CONNECTED_HOST      yes      no   address and port of the other side
 *     NO_DELAY            yes      no   wsp_peer_set_no_delay
 *     TLS_OPTIONS         yes      no   options have an effect (web: wss:// works, the browser decides)
 *     HEARTBEAT           yes      no   heartbeat_interval, wsp_peer_ping
 *     COMPRESSION         not yet  no   wsp_peer_set_compression (web: the browser decides)
 *     SERVER              yes      no   listening for connections
 *     SOCKET              yes      no   get_socket, and poll_wait that sleeps
 *     CLOSE_CODES         yes      no   sending 1001-1003 and 1007-1014 (web: sent as 1000)
 */
#ifndef WSPEER_H
#define WSPEER_H

#include "wspeer/base.h"
#include "wspeer/multiplayer.h"
#include "wspeer/peer.h"
#include "wspeer/request.h"
#include "wspeer/server.h"
#include "wspeer/tcp_server.h"
#include "wspeer/tls.h"

#endif
