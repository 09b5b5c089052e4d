/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_CHAT_H
#define EXAMPLE_CHAT_H

#include "wspeer.h"

/*
 * A chat over wspeer: a server of the wsp_server kind, clients of the wsp_peer kind, any number of them in
 * one process. Every message is one text message of at most CHAT_TEXT_SIZE bytes. A line that begins with /
 * is a command; what a person types and what a client sends to the server are the same lines:
 *
 *     hello               to all but the sender
 *     /all hello          to everybody, the sender included
 *     /to Bob hello       to one
 *     /nick Ann           to be called Ann from now on
 *     /names              who is here
 *     /quit so long       leave, with that close reason (the client's own business)
 *     /connect URL Ann    come (again), by that name (the client's own business)
 *
 * and at the server's console:
 *
 *     hello, /to Bob hello, /names, /quit so long, as above
 *     /but Bob hello      to all but one
 *     /kick Bob reason    closes Bob's connection with code 4000 and that reason
 *     /refuse, /welcome   lets nobody in any more, and again
 *
 * chat_server.c and chat_client.c hold all of the chat. How lines come in and go out is behind the functions
 * at the end: chat_console.c at a terminal, chat_page.c in a page.
 */

#define CHAT_PROTOCOL "chat"
enum { CHAT_TEXT_SIZE = 1024, CHAT_NAME_SIZE = 25, CHAT_CLOSE_KICKED = 4000 };

/* -- lines (chat.c) -------------------------------------------------------- */

/* Whether the line is that command; *line then goes on behind it. */
bool chat_take_command(const char **line, const char *command);

/* Takes the next word; false when there is none, or one longer than `capacity` - 1. */
bool chat_take_word(const char **line, char *word, size_t capacity);

/* -- a server (chat_server.c) ---------------------------------------------- */

typedef struct chat_server chat_server;

typedef struct chat_server_settings {
    size_t port;
    const char *bind;
    size_t handshake_timeout; /* milliseconds */
    const wsp_tls_options *tls;
} chat_server_settings;

/* Listens and prints the URL. `name` stands in front of its lines, NULL for nothing. NULL after a line that
 * says why. */
chat_server *chat_server_create(const chat_server_settings *settings, const char *name);
void chat_server_destroy(chat_server *server);

wsp_server *chat_server_get(const chat_server *server);

/* A line typed at its console. */
void chat_server_obey(chat_server *server, const char *line);

/* Closes all connections; it is over when the last one is gone. */
void chat_server_quit(chat_server *server);
bool chat_server_is_over(const chat_server *server);

/* -- a client (chat_client.c) ---------------------------------------------- */

typedef struct chat_client chat_client;

/* `tls` and `name` are kept. `name` stands in front of its lines, NULL for nothing. NULL: out of memory. */
chat_client *chat_client_create(const char *name, const wsp_tls_options *tls);
void chat_client_destroy(chat_client *client);

wsp_peer *chat_client_get(const chat_client *client);

void chat_client_connect(chat_client *client, const char *url, const char *nick);

/* A line typed by its person. */
void chat_client_obey(chat_client *client, const char *line);

void chat_client_quit(chat_client *client, const char *reason);

/* Whether a connection has ended, and how: 0 after one that closed cleanly, else 1. */
bool chat_client_is_over(const chat_client *client);
int chat_client_get_status(const chat_client *client);

/* -- all that lives in this process (chat.c) ------------------------------- */

enum { CHAT_MAX_CLIENTS = 16 };

typedef struct chat_program {
    chat_server *server; /* or NULL */
    chat_client *clients[CHAT_MAX_CLIENTS];
    const char *names[CHAT_MAX_CLIENTS]; /* where several clients share the console */
    size_t client_count;
    wsp_tls_options *tls; /* or NULL */
} chat_program;

/* Whether a line may come now: none is lost on a connection that is not there yet. */
bool chat_program_is_ready(const chat_program *program);

/* A line typed. Where several share the console its first word is the name of the one it is for. */
void chat_program_obey(const chat_program *program, const char *line);

void chat_program_quit(const chat_program *program);
bool chat_program_is_over(const chat_program *program);

/* Destroys all that is in it. Returns the exit status: 0 when every client's connection closed cleanly. */
int chat_program_end(chat_program *program);

/* -- where it runs (chat_console.c, chat_page.c) --------------------------- */

/* Shows one line. `name` as above; `text` may come from anybody. */
void chat_show(const char *name, const char *text);

/* The main loop, to be used as run_loop is: natively it returns what chat_program_end returned, in a page 0
 * at once while the chat goes on. */
int chat_run(chat_program *program);

#endif
