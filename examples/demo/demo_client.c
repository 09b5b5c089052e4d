/* SPDX-License-Identifier: MIT */
/*
 * The client behind the demo page (index.html): one wspeer peer whose state, buffered amount and messages the
 * page shows. Web only, because a page is its user interface. As in the library itself, nobody calls into C:
 * the page leaves commands in an array, and C takes them once per step.
 */
#include "run_loop.h"
#include "wspeer.h"

#include <emscripten.h>
#include <stdio.h>
#include <string.h>

/* Commands of the page, in the order of `commandNames` below. */
enum { COMMAND_NONE, COMMAND_CONNECT, COMMAND_SEND_TEXT, COMMAND_SEND_BURST, COMMAND_CLOSE };

enum {
    BURST_MESSAGES = 16,
    BURST_MESSAGE_SIZE = 256 * 1024,
    BUFFER_LIMIT = 16 * 1024 * 1024,
    MAX_COMMAND = 65536
};

/* clang-format off */
/* Takes the page's next command and puts its text at `text`. Returns its number plus 8 times the size of the text. */
EM_JS(int, demo_take_command, (char *text, int room), {
    var commandNames = ['none', 'connect', 'sendText', 'sendBurst', 'close'];
    var command = globalThis['demo']['commands'].shift();
    if (!command) {
        return 0;
    }
    var bytes = new TextEncoder().encode(command['text'] || "");
    if (bytes.length > room) {
        bytes = bytes.subarray(0, 0);
    }
    HEAPU8.set(bytes, text);
    return commandNames.indexOf(command['name']) + 8 * bytes.length;
})

/* One line for the page's log; kind is "in", "out" or "note". */
EM_JS(void, demo_log, (const char *kind, int kind_size, const void *text, int size), {
    var decoder = new TextDecoder();
    var string = function(p, n) { return decoder.decode(HEAPU8.slice(p, p + n)); };
    globalThis['demo']['onLog'](string(kind, kind_size), string(text, size));
})

EM_JS(void, demo_show, (int state, double buffered, double sent, double received, int close_code), {
    globalThis['demo']['onShow'](state, buffered, sent, received, close_code);
})
/* clang-format on */

typedef struct client {
    wsp_peer *peer;
    wsp_state shown_state;
    double sent;
    double received;
} client;

static void log_bytes(const char *kind, const void *text, size_t size)
{
    demo_log(kind, (int)strlen(kind), text, (int)size);
}

static void log_text(const char *kind, const char *text)
{
    log_bytes(kind, text, strlen(text));
}

static void log_failure(const char *what, wsp_result result, const char *detail)
{
    char line[512];
    snprintf(line, sizeof line, "%s: %s (%s)", what, detail[0] ? detail : wsp_result_text(result),
             wsp_result_string(result));
    log_text("note", line);
}

static void send_text(client *self, const char *text, size_t size)
{
    wsp_result result = wsp_peer_send(self->peer, text, size, WSP_WRITE_MODE_TEXT);
    if (result == WSP_OK) {
        self->sent++;
        log_bytes("out", text, size);
    } else {
        log_failure("not sent", result, "");
    }
}

/* Enough at once that the browser cannot pass it on in one go: the page sees the buffered amount rise and
 * fall. */
static void send_burst(client *self)
{
    static const uint8_t zeros[BURST_MESSAGE_SIZE];
    wsp_result result = WSP_OK;
    int count = 0;
    while (count < BURST_MESSAGES &&
           (result = wsp_peer_send(self->peer, zeros, sizeof zeros, WSP_WRITE_MODE_BINARY)) == WSP_OK) {
        count++;
    }
    char line[64];
    snprintf(line, sizeof line, "%d binary messages of %d bytes", count, BURST_MESSAGE_SIZE);
    log_text("out", line);
    if (result != WSP_OK) {
        log_failure("the rest was not sent", result, "");
    }
    self->sent += count;
}

static void connect_to(client *self, const char *url)
{
    wsp_result result = wsp_peer_connect_to_url(self->peer, url, NULL);
    if (result != WSP_OK) {
        log_failure("cannot connect", result, wsp_peer_get_error_message(self->peer));
    }
}

static void obey_page(client *self)
{
    static char text[MAX_COMMAND + 1];
    int taken;
    while ((taken = demo_take_command(text, MAX_COMMAND)) != 0) {
        size_t size = (size_t)taken / 8;
        text[size] = '\0';
        switch (taken % 8) {
        case COMMAND_CONNECT: connect_to(self, text); break;
        case COMMAND_SEND_TEXT: send_text(self, text, size); break;
        case COMMAND_SEND_BURST: send_burst(self); break;
        case COMMAND_CLOSE: wsp_peer_close(self->peer, WSP_CLOSE_NORMAL, "closed by the page"); break;
        default: break;
        }
    }
}

static void take_packets(client *self)
{
    const uint8_t *packet;
    size_t size;
    while ((packet = wsp_peer_get_packet(self->peer, &size)) != NULL) {
        self->received++;
        if (wsp_peer_was_string_packet(self->peer)) {
            log_bytes("in", packet, size);
        } else {
            char line[64];
            snprintf(line, sizeof line, "binary message of %lu bytes", (unsigned long)size);
            log_text("in", line);
        }
    }
}

static void log_state(client *self, wsp_state state)
{
    static const char *const lines[] = {"connecting", "open", "closing", "closed"};
    char line[256];
    if (state == self->shown_state) {
        return;
    }
    self->shown_state = state;
    if (state == WSP_STATE_CLOSED && wsp_peer_get_error(self->peer) != WSP_OK) {
        log_failure("closed", wsp_peer_get_error(self->peer), wsp_peer_get_error_message(self->peer));
        return;
    }
    int code = wsp_peer_get_close_code(self->peer);
    if (state == WSP_STATE_CLOSED && code != -1) {
        const char *reason = wsp_peer_get_close_reason(self->peer);
        snprintf(line, sizeof line, "closed with code %d%s%s", code, reason[0] ? ", reason " : "", reason);
        log_text("note", line);
    } else {
        log_text("note", lines[state]);
    }
}

static int step(void *user)
{
    client *self = user;
    wsp_state state = wsp_peer_get_ready_state(self->peer);
    if (state != WSP_STATE_CLOSED) {
        log_state(self, state);
    }
    take_packets(self); /* In CLOSED too: what came before the close is still there. */
    log_state(self, state);
    obey_page(self);
    log_state(self, wsp_peer_get_ready_state(self->peer));
    demo_show((int)self->shown_state, (double)wsp_peer_get_current_outbound_buffered_amount(self->peer),
              self->sent, self->received, wsp_peer_get_close_code(self->peer));
    return RUN_LOOP_AGAIN;
}

int main(void)
{
    static client self;
    self.peer = wsp_peer_create();
    /* A burst and its echoes fit. A browser cannot push back: what came between two polls has to have room
     * here. */
    if (!self.peer || wsp_peer_set_outbound_buffer_size(self.peer, BUFFER_LIMIT) != WSP_OK ||
        wsp_peer_set_inbound_buffer_size(self.peer, BUFFER_LIMIT) != WSP_OK) {
        return 1;
    }
    self.shown_state = WSP_STATE_CLOSED;
    return run_loop(self.peer, step, &self);
}
