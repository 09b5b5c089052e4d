/* SPDX-License-Identifier: MIT */
/* The stage's polite side: a wsp_peer that echoes, pushes, counts, closes or reports, as the target asks. */
#include "payload.h"
#include "stage_client.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 64 * 1024 * 1024, PACKETS_MAX = 1000000, PUSH_BUFFER = 256 * 1024, PROTOCOLS_MAX = 8 };

/* -- life ------------------------------------------------------------------ */

/* Splits "a+b" in place. */
static void set_protocols(wsp_peer *peer, char *text)
{
    const char *protocols[PROTOCOLS_MAX];
    size_t count = 0;
    for (char *at = text; at != NULL && count < PROTOCOLS_MAX;) {
        protocols[count++] = at;
        at = strchr(at, '+');
        if (at != NULL)
            *at++ = '\0';
    }
    if (wsp_peer_set_supported_protocols(peer, protocols, count) != WSP_OK)
        stage_die("bad protocols");
}

static bool is_path(const stage_client *client, const char *path)
{
    return strcmp(client->target.text, path) == 0;
}

static void set_limits(wsp_peer *peer, size_t outbound)
{
    if (wsp_peer_set_inbound_buffer_size(peer, MESSAGE_MAX) != WSP_OK ||
        wsp_peer_set_outbound_buffer_size(peer, outbound) != WSP_OK ||
        wsp_peer_set_max_queued_packets(peer, PACKETS_MAX) != WSP_OK)
        stage_die("bad limits");
}

void stage_play_begin(stage_client *client)
{
    stage_play *play = calloc(1, sizeof *play);
    wsp_peer *peer = wsp_peer_create();
    if (play == NULL || peer == NULL)
        stage_die("out of memory");
    client->play = play;
    play->peer = peer;
    const char *protocols = stage_target_get(&client->target, "protocols", NULL);
    if (protocols != NULL)
        set_protocols(peer, client->target.text + (protocols - client->target.text));
    /* What a push cannot send yet need not wait in memory. */
    size_t size = stage_target_number(&client->target, "size", 0);
    set_limits(peer, is_path(client, "/push") && size < PUSH_BUFFER ? PUSH_BUFFER : MESSAGE_MAX);
    wsp_stream *stream = stage_stream_create(client->socket, client->request, client->request_size);
    if (wsp_peer_accept_stream(peer, stream) != WSP_OK)
        stage_die("a stream was not accepted");
    client->socket = WSPI_NO_SOCKET;
}

void stage_play_end(stage_client *client)
{
    if (client->play != NULL)
        wsp_peer_destroy(client->play->peer);
    free(client->play);
    client->play = NULL;
}

/* -- what it does ---------------------------------------------------------- */

static void note_packet(stage_client *client, const uint8_t *packet, size_t size)
{
    stage_play *play = client->play;
    play->received++;
    if (is_path(client, "/collect")) {
        play->received_bytes += size;
        play->received_hash = payload_hash(play->received_hash, packet, size);
    } else {
        stage_log_payload(client->log, wsp_peer_was_string_packet(play->peer) ? "text" : "binary", packet,
                          size);
    }
}

static void take_packets(stage_client *client)
{
    stage_play *play = client->play;
    bool is_echo = is_path(client, "/echo");
    /* A message is taken only when it can go back (api.md's recipe), unless there is nobody to take it. */
    while (!is_echo || wsp_peer_get_current_outbound_buffered_amount(play->peer) == 0 ||
           wsp_peer_get_ready_state(play->peer) != WSP_STATE_OPEN) {
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(play->peer, &size);
        if (packet == NULL)
            return;
        note_packet(client, packet, size);
        wsp_write_mode mode =
            wsp_peer_was_string_packet(play->peer) ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY;
        if (is_echo)
            (void)wsp_peer_send(play->peer, packet, size, mode);
    }
}

/* true when it is done, or will never be. */
static bool push(stage_client *client)
{
    stage_play *play = client->play;
    unsigned long count = stage_target_number(&client->target, "count", 1);
    size_t size = stage_target_number(&client->target, "size", 0);
    double pause = (double)stage_target_number(&client->target, "every", 0) / 1000;
    bool is_text = stage_target_number(&client->target, "text", 0) != 0;
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        stage_die("out of memory");
    wsp_result result = WSP_OK;
    while (result == WSP_OK && play->pushed < count && (pause == 0 || wsp_now() >= play->next_push)) {
        payload_fill(bytes, size, (unsigned)play->pushed);
        for (size_t i = 0; is_text && i < size; i++)
            bytes[i] = (uint8_t)('a' + bytes[i] % 26);
        result =
            wsp_peer_send(play->peer, bytes, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
        play->pushed += result == WSP_OK;
        play->next_push = wsp_now() + pause;
    }
    free(bytes);
    if (pause > 0 && play->pushed < count)
        client->wake = play->next_push;
    return play->pushed == count || (result != WSP_OK && result != WSP_ERR_BUFFER_FULL);
}

/* Sends the lines one by one, as far as there are any. true when that was all. */
static bool send_report(stage_client *client)
{
    const stage_log *log = stage_find_log(client->stage, stage_target_get(&client->target, "of", ""));
    if (log == NULL || (!log->is_over && stage_target_number(&client->target, "now", 0) == 0)) {
        client->wake = wsp_now() + 0.005;
        return false;
    }
    while (client->play->reported < log->size) {
        const char *line = log->text + client->play->reported;
        size_t size = (size_t)(strchr(line, '\n') - line);
        if (wsp_peer_send(client->play->peer, line, size, WSP_WRITE_MODE_TEXT) != WSP_OK)
            return false;
        client->play->reported += size + 1;
    }
    return true;
}

static void act(stage_client *client)
{
    stage_play *play = client->play;
    if (play->received < stage_target_number(&client->target, "after", 0))
        return;
    bool is_done = true;
    if (is_path(client, "/push"))
        is_done = push(client);
    if (is_path(client, "/report"))
        is_done = send_report(client);
    const char *code = stage_target_get(&client->target, "close", is_path(client, "/report") ? "1000" : NULL);
    if (is_done && code != NULL)
        (void)wsp_peer_close(play->peer, (int)strtol(code, NULL, 10),
                             stage_target_get(&client->target, "reason", ""));
}

static void note_end(stage_client *client)
{
    const stage_play *play = client->play;
    int code = wsp_peer_get_close_code(play->peer);
    char reason[PAYLOAD_TEXT_CAPACITY];
    payload_describe(reason, wsp_peer_get_close_reason(play->peer),
                     strlen(wsp_peer_get_close_reason(play->peer)));
    if (is_path(client, "/collect"))
        stage_log_add(client->log, "got %lu messages, %llu bytes #%08lx", play->received,
                      (unsigned long long)play->received_bytes, (unsigned long)play->received_hash);
    if (code != -1)
        stage_log_add(client->log, "closed %d %s", code, reason);
    else
        stage_log_add(client->log, "lost: %s", wsp_result_string(wsp_peer_get_error(play->peer)));
}

void stage_play_turn(stage_client *client)
{
    wsp_peer *peer = client->play->peer;
    wsp_peer_poll(peer);
    take_packets(client);
    if (wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN)
        act(client);
    if (wsp_peer_get_ready_state(peer) == WSP_STATE_CLOSED) {
        note_end(client);
        client->is_done = true;
        return;
    }
    double delay = wsp_peer_get_poll_delay(peer);
    if (delay >= 0 && (client->wake < 0 || wsp_now() + delay < client->wake))
        client->wake = wsp_now() + delay;
}
