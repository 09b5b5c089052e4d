/* SPDX-License-Identifier: MIT */
/*
 * What wspeer adds to a program: linked with GLUE_SIZE_EMPTY it is a frame loop that allocates, without it
 * the same loop uses the client API. Only its size is looked at.
 */

#include "wspeer.h"

#include <emscripten/html5.h>
#include <stdlib.h>

static wsp_peer *peer;

#ifdef GLUE_SIZE_EMPTY
static bool play(void)
{
    return peer == NULL;
}
#else
static bool play(void)
{
    if (peer == NULL) {
        const char *const protocols[] = {"game"};
        peer = wsp_peer_create();
        wsp_peer_set_supported_protocols(peer, protocols, 1);
        wsp_peer_connect_to_url(peer, "ws://127.0.0.1:9080", NULL);
    }
    wsp_peer_poll(peer);
    size_t size = 0;
    for (const uint8_t *data; (data = wsp_peer_get_packet(peer, &size)) != NULL;)
        wsp_peer_send(peer, data, size,
                      wsp_peer_was_string_packet(peer) ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    if (wsp_peer_get_current_outbound_buffered_amount(peer) > 100000)
        wsp_peer_close(peer, 4000, wsp_peer_get_selected_protocol(peer));
    if (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED)
        return true;
    bool goes_on = wsp_peer_get_close_code(peer) != -1 && wsp_peer_get_close_reason(peer)[0] != '\0' &&
                   wsp_peer_get_error(peer) == WSP_OK && wsp_peer_get_error_message(peer)[0] == '\0';
    wsp_peer_destroy(peer);
    return goes_on;
}
#endif

static EM_BOOL frame(double time, void *user)
{
    free(realloc(malloc((size_t)time), (size_t)time * 2));
    (void)user;
    return play();
}

int main(void)
{
    emscripten_request_animation_frame_loop(frame, NULL);
    return 0;
}
