/* SPDX-License-Identifier: MIT */
/*
 * The client behind the test page (index.html): one wspeer peer that does what the page says and shows what
 * happens to it. All calls of wspeer are here, all of the page's elements are page.js's. Web only, because a
 * page is its user interface.
 */
#include "page_calls.h"
#include "run_loop.h"
#include "wspeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_LIMIT = 64 * 1024 * 1024,
    PREVIEW_SIZE = 256,
    MAX_PROTOCOLS = 16,
    STREAM_AHEAD = 1024 * 1024 /* bytes: keeps the browser busy until the next step */
};

/* A stream of small messages leaves the rest of a frame to the browser. */
static const double STREAM_SECONDS_PER_STEP = 0.008;

typedef struct generated {
    bool is_text;
    size_t size;
    size_t count; /* messages still to send; SIZE_MAX for a stream */
} generated;

typedef struct client {
    wsp_peer *peer;
    wsp_state shown_state;
    bool takes_packets;
    generated stream;
} client;

/* -- the log --------------------------------------------------------------- */

static void log_note(const char *text)
{
    page_log_note(text, (int)strlen(text));
}

static void log_result(const char *what, wsp_result result, const char *detail)
{
    char line[512];
    snprintf(line, sizeof line, "%s: %s (%s)", what, detail[0] ? detail : wsp_result_text(result),
             wsp_result_string(result));
    log_note(line);
}

/* The log shows how a message begins; a text is not cut inside a character (UTF-8's later bytes are
 * 10xxxxxx).
 */
static void log_message(bool is_incoming, bool is_text, const uint8_t *data, size_t size)
{
    size_t begin = size;
    if (size > PREVIEW_SIZE) {
        begin = PREVIEW_SIZE;
        while (is_text && begin > 0 && (data[begin] & 0xc0) == 0x80) {
            begin--;
        }
    }
    page_log_message(is_incoming, is_text, (double)size, data, (int)begin);
}

/* -- what the page asks for ------------------------------------------------ */

/* Splits `text` at its line feeds, in place. The first line is the URL. */
static void connect_to(client *self, char *text)
{
    const char *protocols[MAX_PROTOCOLS];
    size_t count = 0;
    for (char *end = strchr(text, '\n'); end && count < MAX_PROTOCOLS; end = strchr(end + 1, '\n')) {
        *end = '\0';
        protocols[count++] = end + 1;
    }
    page_show_end(-1, "", 0, "", 0);
    wsp_result result = wsp_peer_set_supported_protocols(self->peer, protocols, count);
    if (result != WSP_OK) {
        log_result("these subprotocols cannot be offered", result, "");
        return;
    }
    result = wsp_peer_connect_to_url(self->peer, text, NULL);
    if (result != WSP_OK) {
        const char *message = wsp_peer_get_error_message(self->peer);
        page_show_end(-1, "", 0, message, (int)strlen(message));
        log_result("cannot connect", result, message);
    }
}

static wsp_result send_message(client *self, const void *data, size_t size, bool is_text)
{
    wsp_result result =
        wsp_peer_send(self->peer, data, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    if (result == WSP_OK) {
        log_message(false, is_text, data, size);
    }
    return result;
}

static void send_typed(client *self, const void *data, size_t size, bool is_text)
{
    wsp_result result = send_message(self, data, size, is_text);
    if (result != WSP_OK) {
        log_result("not sent", result, "");
    }
}

/* Sends as many as there is room and time for; what is left of `wanted` is for a later step. */
static wsp_result send_generated(client *self, generated *wanted, size_t ahead, double seconds)
{
    char *data = malloc(wanted->size + 1);
    wsp_result result = data ? WSP_OK : WSP_ERR_OUT_OF_MEMORY;
    double until = wsp_now() + seconds;
    if (data) {
        memset(data, wanted->is_text ? 'x' : 0xa5, wanted->size);
    }
    while (result == WSP_OK && wanted->count > 0 && wsp_now() < until &&
           wsp_peer_get_current_outbound_buffered_amount(self->peer) < ahead) {
        result = send_message(self, data, wanted->size, wanted->is_text);
        if (wanted->count != SIZE_MAX && result == WSP_OK) {
            wanted->count--;
        }
    }
    free(data);
    return result;
}

static void send_many(client *self, generated wanted)
{
    wsp_result result = send_generated(self, &wanted, BUFFER_LIMIT, 10.0);
    if (wanted.count > 0) {
        char line[64];
        snprintf(line, sizeof line, "%lu of them were not sent", (unsigned long)wanted.count);
        log_result(line, result == WSP_OK ? WSP_ERR_BUFFER_FULL : result, "");
    }
}

static void go_on_streaming(client *self)
{
    if (self->stream.count > 0 &&
        send_generated(self, &self->stream, STREAM_AHEAD, STREAM_SECONDS_PER_STEP) != WSP_OK) {
        self->stream.count = 0;
        log_note("the stream ended");
    }
}

static void close_peer(client *self, int code, const char *reason)
{
    wsp_result result = wsp_peer_close(self->peer, code, reason);
    if (result != WSP_OK) {
        log_result("not closed", result, "");
    }
}

/* `bytes` end with a zero byte that does not count. */
static void obey(client *self, int command, char *bytes, size_t size)
{
    generated wanted = {page_get_number(0) != 0, (size_t)page_get_number(1), (size_t)page_get_number(2)};
    switch (command) {
    case PAGE_COMMAND_CONNECT: connect_to(self, bytes); break;
    case PAGE_COMMAND_SEND: send_typed(self, bytes, size, page_get_number(0) != 0); break;
    case PAGE_COMMAND_GENERATE: send_many(self, wanted); break;
    case PAGE_COMMAND_STREAM:
        self->stream = wanted;
        self->stream.count = wanted.count ? SIZE_MAX : 0;
        break;
    case PAGE_COMMAND_READ: self->takes_packets = page_get_number(0) != 0; break;
    case PAGE_COMMAND_CLOSE: close_peer(self, page_get_number(0), bytes); break;
    default: break;
    }
}

static void obey_page(client *self)
{
    int command;
    while ((command = page_next_command()) != PAGE_COMMAND_NONE) {
        size_t size = (size_t)page_get_size();
        char *bytes = malloc(size + 1);
        if (!bytes) {
            log_note("out of memory for what the page wants");
            continue;
        }
        page_take_bytes(bytes);
        bytes[size] = '\0';
        obey(self, command, bytes, size);
        free(bytes);
    }
}

/* -- what happened --------------------------------------------------------- */

static void take_packets(client *self)
{
    const uint8_t *packet;
    size_t size;
    while (self->takes_packets && (packet = wsp_peer_get_packet(self->peer, &size)) != NULL) {
        log_message(true, wsp_peer_was_string_packet(self->peer), packet, size);
    }
}

static void log_open(const client *self)
{
    char line[128];
    const char *protocol = wsp_peer_get_selected_protocol(self->peer);
    snprintf(line, sizeof line, protocol[0] ? "open with subprotocol %s" : "open", protocol);
    log_note(line);
}

static void log_closed(const client *self)
{
    char line[256] = "closed";
    int code = wsp_peer_get_close_code(self->peer);
    const char *reason = wsp_peer_get_close_reason(self->peer);
    wsp_result error = wsp_peer_get_error(self->peer);
    const char *message = wsp_peer_get_error_message(self->peer);
    page_show_end(code, reason, (int)strlen(reason), message, (int)strlen(message));
    if (error != WSP_OK) {
        log_result("closed", error, message);
        return;
    }
    if (code != -1) {
        snprintf(line, sizeof line, "closed with code %d%s%s", code, reason[0] ? ", reason " : "", reason);
    }
    log_note(line);
}

static void show_state(client *self, wsp_state state)
{
    if (state == self->shown_state) {
        return;
    }
    self->shown_state = state;
    switch (state) {
    case WSP_STATE_CONNECTING: log_note("connecting"); break;
    case WSP_STATE_OPEN: log_open(self); break;
    case WSP_STATE_CLOSING: log_note("closing"); break;
    case WSP_STATE_CLOSED:
        self->stream.count = 0;
        log_closed(self);
        break;
    }
}

static void show_numbers(const client *self)
{
    wsp_peer_stats stats;
    wsp_peer_get_stats(self->peer, &stats);
    page_show((int)self->shown_state, (double)wsp_peer_get_current_outbound_buffered_amount(self->peer),
              (double)stats.queued_inbound_packets, (double)stats.queued_inbound_bytes);
    page_show_traffic((double)stats.messages_sent, (double)stats.bytes_sent, (double)stats.messages_received,
                      (double)stats.bytes_received, (double)stats.messages_refused);
}

static int step(void *user)
{
    client *self = user;
    wsp_state state = wsp_peer_get_ready_state(self->peer);
    if (state != WSP_STATE_CLOSED) {
        show_state(self, state);
    }
    take_packets(self); /* In CLOSED too: what came before the close is still there. */
    show_state(self, state);
    obey_page(self);
    go_on_streaming(self);
    show_state(self, wsp_peer_get_ready_state(self->peer));
    show_numbers(self);
    return RUN_LOOP_AGAIN;
}

int main(void)
{
    static client self; /* Not a local variable: it outlives main. */
    self.peer = wsp_peer_create();
    /* A browser cannot push back: what comes between two polls has to have room here. */
    if (!self.peer || wsp_peer_set_outbound_buffer_size(self.peer, BUFFER_LIMIT) != WSP_OK ||
        wsp_peer_set_inbound_buffer_size(self.peer, BUFFER_LIMIT) != WSP_OK) {
        return 1;
    }
    self.shown_state = WSP_STATE_CLOSED;
    self.takes_packets = true;
    return run_loop(self.peer, step, &self);
}
