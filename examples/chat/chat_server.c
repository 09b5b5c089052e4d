/* SPDX-License-Identifier: MIT */
/*
 * The chat's server: who is here, and who gets which line. A line goes to one, to all, or to all but one. A
 * client that does not keep up is closed, so that the others need not wait and memory stays bounded.
 */
#include "../console.h"
#include "../server_loop.h"
#include "chat.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text with a name or two around it. */
enum { LINE_SIZE = CHAT_TEXT_SIZE + 128 };

/* Bytes for one client that may wait until it is too slow. */
enum { ENOUGH_WAITING = 64 * 1024 };

struct chat_server {
    wsp_server *server;
    const char *name;
    int guests_so_far;
    bool is_quitting;
    int32_t *ids;
    size_t capacity;
};

/* What the chat knows of a client; its peer carries it as user data. */
typedef struct member {
    char name[CHAT_NAME_SIZE];
} member;

static member *member_of(const chat_server *self, int32_t id)
{
    return wsp_peer_get_user_data(wsp_server_get_peer(self->server, id));
}

/* Everybody, in self->ids. */
static size_t list_members(chat_server *self)
{
    size_t count = wsp_server_get_peer_count(self->server);
    if (count > self->capacity) {
        int32_t *ids = realloc(self->ids, count * sizeof *ids);
        if (!ids) {
            return 0;
        }
        self->ids = ids;
        self->capacity = count;
    }
    return wsp_server_get_peer_ids(self->server, self->ids, count);
}

/* 0 when nobody is called that. */
static int32_t find_member(chat_server *self, const char *name)
{
    size_t count = list_members(self);
    for (size_t i = 0; i < count; i++) {
        if (member_of(self, self->ids[i]) && strcmp(member_of(self, self->ids[i])->name, name) == 0) {
            return self->ids[i];
        }
    }
    return 0;
}

/* -- lines that go out ----------------------------------------------------- */

typedef struct out_line {
    char text[LINE_SIZE];
} out_line;

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static out_line
format_line(const char *format, ...)
{
    out_line line;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line.text, sizeof line.text, format, arguments);
    va_end(arguments);
    return line;
}

static void send_to(chat_server *self, int32_t id, out_line line)
{
    if (wsp_peer_send_text(wsp_server_get_peer(self->server, id), line.text) == WSP_ERR_BUFFER_FULL) {
        wsp_server_disconnect_peer(self->server, id, WSP_CLOSE_POLICY_VIOLATION, "too slow");
    }
}

static void send_to_all_but(chat_server *self, int32_t id_or_0, out_line line)
{
    wsp_server_broadcast(self->server, line.text, strlen(line.text), WSP_WRITE_MODE_TEXT, id_or_0);
}

static void show(const chat_server *self, out_line line)
{
    chat_show(self->name, line.text);
}

/* "a, b and so on" of all names, as far as they fit. */
static out_line list_names(chat_server *self)
{
    out_line line = format_line("* here:");
    size_t count = list_members(self);
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(line.text);
        const char *name = member_of(self, self->ids[i]) ? member_of(self, self->ids[i])->name : "";
        if (used + strlen(name) + 8 > sizeof line.text) {
            snprintf(line.text + used, sizeof line.text - used, " ...");
            break;
        }
        snprintf(line.text + used, sizeof line.text - used, "%s %s", i > 0 ? "," : "", name);
    }
    return line;
}

/* -- lines that come in ---------------------------------------------------- */

static void rename_member(chat_server *self, int32_t id, const char *line)
{
    char name[CHAT_NAME_SIZE];
    if (!chat_take_word(&line, name, sizeof name)) {
        send_to(self, id, format_line("* a name is one word of at most %d bytes", CHAT_NAME_SIZE - 1));
    } else if (find_member(self, name) != 0) {
        send_to(self, id, format_line("* somebody is called %s already", name));
    } else {
        out_line news = format_line("* %s is now %s", member_of(self, id)->name, name);
        memcpy(member_of(self, id)->name, name, sizeof name);
        send_to_all_but(self, 0, news);
        show(self, news);
    }
}

/* `sender` is 0 for the server's own console. */
static void send_to_one(chat_server *self, int32_t sender, const char *sender_name, const char *line)
{
    char name[CHAT_NAME_SIZE];
    int32_t id = chat_take_word(&line, name, sizeof name) ? find_member(self, name) : 0;
    out_line answer = id ? format_line("* to %s: %s", name, line) : format_line("* nobody is called that");
    if (id) {
        send_to(self, id, format_line("%s to you: %s", sender_name, line));
    }
    if (sender) {
        send_to(self, sender, answer);
    } else {
        show(self, answer);
    }
}

static void obey_member(chat_server *self, int32_t id, const char *line)
{
    const char *name = member_of(self, id)->name;
    if (chat_take_command(&line, "/nick")) {
        rename_member(self, id, line);
    } else if (chat_take_command(&line, "/to")) {
        send_to_one(self, id, name, line);
    } else if (chat_take_command(&line, "/all")) {
        send_to_all_but(self, 0, format_line("%s to all: %s", name, line));
    } else if (chat_take_command(&line, "/names")) {
        send_to(self, id, list_names(self));
    } else if (line[0] == '/') {
        send_to(self, id, format_line("* there is no such command"));
    } else {
        out_line said = format_line("%s: %s", name, line);
        send_to_all_but(self, id, said);
        show(self, said);
    }
}

/* At the console: a name, and what to do about whoever is called that. */
static void obey_about_member(chat_server *self, bool is_kick, const char *line)
{
    char name[CHAT_NAME_SIZE];
    int32_t id = chat_take_word(&line, name, sizeof name) ? find_member(self, name) : 0;
    if (!id) {
        show(self, format_line("* nobody is called that"));
    } else if (!is_kick) {
        send_to_all_but(self, id, format_line("Server: %s", line));
    } else if (wsp_server_disconnect_peer(self->server, id, CHAT_CLOSE_KICKED, line) != WSP_OK) {
        show(self, format_line("* a reason has at most 123 bytes"));
    }
}

void chat_server_obey(chat_server *self, const char *line)
{
    if (chat_take_command(&line, "/to")) {
        send_to_one(self, 0, "Server", line);
    } else if (chat_take_command(&line, "/but")) {
        obey_about_member(self, false, line);
    } else if (chat_take_command(&line, "/kick")) {
        obey_about_member(self, true, line);
    } else if (chat_take_command(&line, "/names")) {
        show(self, list_names(self));
    } else if (chat_take_command(&line, "/refuse")) {
        wsp_server_set_refuse_new_connections(self->server, true);
    } else if (chat_take_command(&line, "/welcome")) {
        wsp_server_set_refuse_new_connections(self->server, false);
    } else if (chat_take_command(&line, "/quit")) {
        chat_server_quit(self);
    } else if (line[0] == '/') {
        show(self, format_line("* there is no such command"));
    } else {
        send_to_all_but(self, 0, format_line("Server: %s", line));
    }
}

/* -- handlers -------------------------------------------------------------- */

static void client_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                             void *user)
{
    chat_server *self = user;
    member *fresh = calloc(1, sizeof *fresh);
    (void)protocol;
    (void)resource;
    if (!fresh) {
        wsp_server_disconnect_peer(server, id, WSP_CLOSE_INTERNAL_ERROR, "out of memory");
        return;
    }
    snprintf(fresh->name, sizeof fresh->name, "guest-%d", ++self->guests_so_far);
    wsp_peer_set_user_data(wsp_server_get_peer(server, id), fresh);
    send_to(self, id, format_line("* welcome, %s", fresh->name));
    send_to_all_but(self, id, format_line("* %s came", fresh->name));
    show(self, format_line("+ %s came from %s", fresh->name, wsp_server_get_peer_address(server, id)));
}

static void data_received(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                          void *user)
{
    (void)size; /* What is behind a zero byte does not count. */
    if (!is_text) {
        wsp_server_disconnect_peer(server, id, WSP_CLOSE_UNSUPPORTED_DATA, "only text here");
    } else if (member_of(user, id)) {
        obey_member(user, id, (const char *)data);
    }
}

static void client_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    chat_server *self = user;
    const wsp_peer *peer = wsp_server_get_peer(server, id);
    member *gone = member_of(self, id);
    if (!gone) {
        return;
    }
    show(self,
         format_line("- %s left: code %d, reason %s. Clean: %s", gone->name, wsp_peer_get_close_code(peer),
                     wsp_peer_get_close_reason(peer), was_clean ? "true" : "false"));
    if (!self->is_quitting) {
        send_to_all_but(self, id, format_line("* %s left", gone->name));
    }
    wsp_peer_set_user_data(wsp_server_get_peer(server, id), NULL);
    free(gone);
}

static void broadcast_missed(wsp_server *server, int32_t id, void *user)
{
    (void)user;
    wsp_server_disconnect_peer(server, id, WSP_CLOSE_POLICY_VIOLATION, "too slow");
}

/* -- life ------------------------------------------------------------------ */

static bool apply(wsp_server *server, const chat_server_settings *settings)
{
    wsp_result result = wsp_server_set_bind_ip(server, settings->bind);
    if (result == WSP_OK) {
        result = wsp_server_set_handshake_timeout(server, (double)settings->handshake_timeout / 1000);
    }
    if (result == WSP_OK && settings->tls) {
        result = wsp_server_set_tls_options(server, settings->tls);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_inbound_buffer_size(server, CHAT_TEXT_SIZE);
    }
    if (result == WSP_OK) {
        result = wsp_server_set_outbound_buffer_size(server, ENOUGH_WAITING);
    }
    if (result != WSP_OK) {
        print_failed(result, NULL);
    }
    return result == WSP_OK;
}

chat_server *chat_server_create(const chat_server_settings *settings, const char *name)
{
    static const char *const protocols[] = {CHAT_PROTOCOL};
    const wsp_server_handlers handlers = {.client_connected = client_connected,
                                          .client_disconnected = client_disconnected,
                                          .data_received = data_received,
                                          .broadcast_missed = broadcast_missed};
    chat_server *self = calloc(1, sizeof *self);
    if (!self) {
        return NULL;
    }
    self->name = name;
    self->server = wsp_server_create();
    if (!self->server || wsp_server_set_handlers(self->server, &handlers, self) != WSP_OK ||
        !apply(self->server, settings) ||
        !server_loop_listen(self->server, settings->port, protocols, 1, settings->tls != NULL)) {
        chat_server_destroy(self);
        return NULL;
    }
    return self;
}

void chat_server_destroy(chat_server *self)
{
    if (!self) {
        return;
    }
    size_t count = list_members(self);
    for (size_t i = 0; i < count; i++) {
        free(member_of(self, self->ids[i]));
    }
    wsp_server_destroy(self->server);
    free(self->ids);
    free(self);
}

wsp_server *chat_server_get(const chat_server *self)
{
    return self->server;
}

void chat_server_quit(chat_server *self)
{
    self->is_quitting = true;
    server_loop_say_goodbye(self->server);
}

bool chat_server_is_over(const chat_server *self)
{
    return self->is_quitting && wsp_server_get_peer_count(self->server) == 0;
}
