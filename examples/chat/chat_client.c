/* SPDX-License-Identifier: MIT */
/*
 * The chat's client, the same at a terminal and in a page: it shows what the server sends and sends what its
 * person types.
 */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chat_client {
    wsp_peer *peer;
    const char *name;
    const wsp_tls_options *tls;
    char nick[CHAT_NAME_SIZE];
    bool is_over;
    int status;
};

/* A line of our own. What others wrote in it may be cut. */
static void show(const chat_client *self, const char *format, const char *detail)
{
    char line[CHAT_TEXT_SIZE];
    snprintf(line, sizeof line, format, detail);
    chat_show(self->name, line);
}

static void send_line(chat_client *self, const char *line)
{
    wsp_result result = wsp_peer_send_text(self->peer, line);
    if (result != WSP_OK) {
        show(self, "* not sent: %s", wsp_result_text(result));
    }
}

static void end(chat_client *self, int status)
{
    self->is_over = true;
    self->status = status;
}

static void fail(chat_client *self)
{
    char line[CHAT_TEXT_SIZE];
    snprintf(line, sizeof line, "failed %s %s", wsp_result_string(wsp_peer_get_error(self->peer)),
             wsp_peer_get_error_message(self->peer));
    chat_show(self->name, line);
    end(self, 1);
}

/* -- handlers -------------------------------------------------------------- */

static void connection_established(wsp_peer *peer, const char *protocol, void *user)
{
    chat_client *self = user;
    char line[CHAT_NAME_SIZE + 16];
    (void)peer;
    show(self, "* connected with subprotocol %s", protocol);
    if (self->nick[0]) {
        snprintf(line, sizeof line, "/nick %s", self->nick);
        send_line(self, line);
    }
}

static void connection_error(wsp_peer *peer, void *user)
{
    (void)peer;
    fail(user);
}

static void data_received(wsp_peer *peer, void *user)
{
    chat_client *self = user;
    chat_show(self->name, (const char *)wsp_peer_get_packet(peer, NULL));
}

static void connection_closed(wsp_peer *peer, bool was_clean, void *user)
{
    chat_client *self = user;
    char line[256];
    snprintf(line, sizeof line, "closed with code %d, reason %s. Clean: %s", wsp_peer_get_close_code(peer),
             wsp_peer_get_close_reason(peer), was_clean ? "true" : "false");
    chat_show(self->name, line);
    if (wsp_peer_get_error(peer) != WSP_OK) {
        show(self, "* %s", wsp_peer_get_error_message(peer));
    }
    end(self, was_clean ? 0 : 1);
}

/* -- life ------------------------------------------------------------------ */

chat_client *chat_client_create(const char *name, const wsp_tls_options *tls)
{
    static const char *const protocols[] = {CHAT_PROTOCOL};
    const wsp_peer_handlers handlers = {.connection_established = connection_established,
                                        .connection_error = connection_error,
                                        .data_received = data_received,
                                        .connection_closed = connection_closed};
    chat_client *self = calloc(1, sizeof *self);
    if (!self) {
        return NULL;
    }
    self->name = name;
    self->tls = tls;
    self->peer = wsp_peer_create();
    if (!self->peer || wsp_peer_set_handlers(self->peer, &handlers, self) != WSP_OK ||
        wsp_peer_set_supported_protocols(self->peer, protocols, 1) != WSP_OK) {
        chat_client_destroy(self);
        return NULL;
    }
    return self;
}

void chat_client_destroy(chat_client *self)
{
    if (self) {
        wsp_peer_destroy(self->peer);
        free(self);
    }
}

wsp_peer *chat_client_get(const chat_client *self)
{
    return self->peer;
}

void chat_client_connect(chat_client *self, const char *url, const char *nick)
{
    if (strlen(nick) >= sizeof self->nick) {
        show(self, "* this name has more than 24 bytes: %.200s", nick);
        end(self, 1);
        return;
    }
    snprintf(self->nick, sizeof self->nick, "%s", nick);
    self->is_over = false;
    wsp_result result = wsp_peer_connect_to_url(self->peer, url, self->tls);
    if (result == WSP_ERR_ALREADY_IN_USE) {
        show(self, "* connected already: %s", wsp_peer_get_requested_url(self->peer));
    } else if (result != WSP_OK) {
        fail(self); /* No handler is called for what connect_to_url itself refuses. */
    } else {
        show(self, "* connecting to %s", url);
    }
}

void chat_client_quit(chat_client *self, const char *reason)
{
    bool never_opened = wsp_peer_get_ready_state(self->peer) == WSP_STATE_CONNECTING;
    wsp_result result = wsp_peer_close(self->peer, WSP_CLOSE_NORMAL, reason);
    if (result != WSP_OK) {
        show(self, "* not closed: %s", wsp_result_text(result));
    } else if (never_opened || wsp_peer_get_ready_state(self->peer) == WSP_STATE_CLOSED) {
        self->is_over = true; /* Without a connection no handler tells of its end. */
    }
}

static void connect_as_typed(chat_client *self, const char *line)
{
    char url[CHAT_TEXT_SIZE] = "";
    chat_take_word(&line, url, sizeof url);
    chat_client_connect(self, url, line);
}

void chat_client_obey(chat_client *self, const char *line)
{
    if (chat_take_command(&line, "/quit")) {
        chat_client_quit(self, line);
    } else if (chat_take_command(&line, "/connect")) {
        connect_as_typed(self, line);
    } else {
        send_line(self, line);
    }
}

bool chat_client_is_over(const chat_client *self)
{
    return self->is_over;
}

int chat_client_get_status(const chat_client *self)
{
    return self->status;
}
