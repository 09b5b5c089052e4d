/* SPDX-License-Identifier: MIT */
/*
 * One message to many: encoded once, since a server's frames are not masked (RFC 6455 5.1), and written to
 * each client from that one place. Only what a client does not take at once is copied into its queue, within
 * its limit.
 */
#include "server.h"

#include "log.h"
#include "memory.h"
#include "utf8.h"

#include <string.h>

typedef struct broadcast {
    wsp_server *server;
    uint8_t *frame;
    size_t frame_size;
    size_t size; /* of the payload */
    int32_t except_id;
    size_t taken;
} broadcast;

/* The program decides what becomes of a client that is too slow. Its handler may broadcast again; then nobody
 * is told, or there would be no end to it. */
static void report_missed(wsp_server *server, int32_t id)
{
    if (server->handlers.broadcast_missed != NULL) {
        if (server->is_reporting_missed)
            return;
        server->is_reporting_missed = true;
        server->handlers.broadcast_missed(server, id, server->user);
        server->is_reporting_missed = false;
    } else if (!server->has_warned_missed) {
        server->has_warned_missed = true;
        wspi_log(WSP_LOG_WARNING,
                 "a client has no room for a broadcast and misses it; set broadcast_missed to "
                 "hear of this each time");
    }
}

/* What a peer is sent inside a poll leaves at the end of it, or of the peer's own turn. */
static wsp_result send_to(const broadcast *message, uint32_t index, wsp_peer *peer)
{
    wsp_server *server = message->server;
    wsp_result result = wspi_peer_check_room(peer, message->size);
    /* One that will never fit counts as missed like one that does not fit now. */
    peer->messages_refused += result == WSP_ERR_MESSAGE_TOO_BIG;
    if (result != WSP_OK)
        return result;
    result = wspi_link_send_frame(peer->link, message->frame, message->frame_size, !server->is_polling);
    if (result == WSP_OK)
        wspi_peer_note_sent(peer, message->size);
    if (server->is_polling && !peer->is_in_turn)
        wspi_server_peers_push(&server->peers, WSPI_SLOTS_FLUSH, index);
    else if (!server->is_polling && wspi_link_has_output(peer->link))
        wspi_server_settle(server, index);
    return result;
}

/* A handler that hears of a missed message may stop the server. */
static void send_to_all(broadcast *message)
{
    wsp_server *server = message->server;
    unsigned epoch = server->epoch;
    for (uint32_t i = 0; server->epoch == epoch && i < server->peers.end; i++) {
        const wspi_server_slot *slot = &server->peers.slots[i];
        if (slot->peer == NULL || slot->peer->state != WSP_STATE_OPEN || slot->id == message->except_id)
            continue;
        int32_t id = slot->id;
        wsp_result result = send_to(message, i, slot->peer);
        if (result == WSP_OK)
            message->taken++;
        else if (result != WSP_ERR_NOT_OPEN)
            report_missed(server, id);
    }
}

size_t wsp_server_broadcast(wsp_server *server, const void *data, size_t size, wsp_write_mode mode,
                            int32_t except_id)
{
    if (server == NULL || server->open_count == 0 || (data == NULL && size > 0) || size > SIZE_MAX / 4)
        return 0;
    if (mode != WSP_WRITE_MODE_BINARY && (mode != WSP_WRITE_MODE_TEXT || !wspi_utf8_is_valid(data, size)))
        return 0;
    broadcast message = {.server = server, .size = size, .except_id = except_id};
    size_t capacity = WSPI_FRAME_HEAD_MAX + size;
    message.frame = wspi_allocate(capacity);
    if (message.frame == NULL)
        return 0;
    wspi_opcode opcode = mode == WSP_WRITE_MODE_TEXT ? WSPI_OPCODE_TEXT : WSPI_OPCODE_BINARY;
    size_t head_size = wspi_frame_encode(message.frame, true, opcode, size, NULL);
    if (size > 0)
        memcpy(message.frame + head_size, data, size);
    message.frame_size = head_size + size;
    wspi_server_hold(server);
    send_to_all(&message);
    (void)wspi_server_unhold(server);
    wspi_free(message.frame, capacity);
    return message.taken;
}
