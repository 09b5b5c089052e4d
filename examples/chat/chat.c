/* SPDX-License-Identifier: MIT */
/*
 * chat server, chat client, or both with several clients in one process; see chat.h for what can be typed.
 */
#include "chat.h"

#include "../console.h"
#include "../options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "chat server [--port N] [--bind ADDR] [--handshake-timeout MS] [--tls-key F --tls-cert F]\n"
    "chat client [URL] [--nick NAME] [--ca F | --insecure]\n"
    "chat combo [--nick NAME]... [--port N] [--bind ADDR]: a server and several clients in one process\n"
    "\n"
    "Type text to say it to all others. /all TEXT, /to NAME TEXT, /nick NAME, /names, /quit REASON;\n"
    "a client without a URL waits for /connect URL NAME. The server's own: TEXT, /to NAME TEXT,\n"
    "/but NAME TEXT, /kick NAME REASON, /names, /refuse, /welcome, /quit. In a combo the first word of a "
    "line\n"
    "is the name of the client, or `server`.";

typedef struct settings {
    chat_server_settings server;
    const char *url;
    option_list nicks;
    const char *tls_key;
    const char *tls_cert;
    const char *ca;
    bool insecure;
} settings;

/* -- lines ----------------------------------------------------------------- */

bool chat_take_word(const char **line, char *word, size_t capacity)
{
    size_t size = strcspn(*line, " ");
    if (size == 0 || size >= capacity) {
        return false;
    }
    memcpy(word, *line, size);
    word[size] = '\0';
    *line += size;
    *line += strspn(*line, " ");
    return true;
}

bool chat_take_command(const char **line, const char *command)
{
    char word[16];
    const char *rest = *line;
    if (!chat_take_word(&rest, word, sizeof word) || strcmp(word, command) != 0) {
        return false;
    }
    *line = rest;
    return true;
}

/* -- who lives in this process --------------------------------------------- */

bool chat_program_is_ready(const chat_program *program)
{
    for (size_t i = 0; i < program->client_count; i++) {
        if (wsp_peer_get_ready_state(chat_client_get(program->clients[i])) == WSP_STATE_CONNECTING) {
            return false;
        }
    }
    return true;
}

static void obey_combo(const chat_program *program, const char *line)
{
    char name[CHAT_NAME_SIZE];
    if (chat_take_word(&line, name, sizeof name)) {
        for (size_t i = 0; i < program->client_count; i++) {
            if (strcmp(program->names[i], name) == 0) {
                chat_client_obey(program->clients[i], line);
                return;
            }
        }
        if (strcmp(name, "server") == 0) {
            chat_server_obey(program->server, line);
            return;
        }
        if (strcmp(name, "/quit") == 0) {
            chat_program_quit(program);
            return;
        }
    }
    chat_show(NULL, "* the first word is the name of a client, or `server`");
}

void chat_program_obey(const chat_program *program, const char *line)
{
    if (strlen(line) > CHAT_TEXT_SIZE) {
        chat_show(NULL, "* that is too long");
    } else if (program->server && program->client_count > 0) {
        obey_combo(program, line);
    } else if (program->server) {
        chat_server_obey(program->server, line);
    } else {
        chat_client_obey(program->clients[0], line);
    }
}

void chat_program_quit(const chat_program *program)
{
    for (size_t i = 0; i < program->client_count; i++) {
        chat_client_quit(program->clients[i], "");
    }
    if (program->server) {
        chat_server_quit(program->server);
    }
}

bool chat_program_is_over(const chat_program *program)
{
    for (size_t i = 0; i < program->client_count; i++) {
        if (!chat_client_is_over(program->clients[i])) {
            return false;
        }
    }
    return !program->server || chat_server_is_over(program->server);
}

int chat_program_end(chat_program *program)
{
    int status = 0;
    for (size_t i = 0; i < program->client_count; i++) {
        if (chat_client_get_status(program->clients[i]) != 0) {
            status = 1;
        }
        chat_client_destroy(program->clients[i]);
    }
    chat_server_destroy(program->server);
    wsp_tls_options_destroy(program->tls);
    return status;
}

/* -- start ----------------------------------------------------------------- */

/* Each takes the program over: it is ended where it cannot run. */

static int run_server(chat_program *program, const settings *chosen)
{
    chat_server_settings server = chosen->server;
    server.tls = program->tls;
    program->server = chat_server_create(&server, NULL);
    if (!program->server) {
        chat_program_end(program);
        return 1;
    }
    return chat_run(program);
}

static int run_client(chat_program *program, const settings *chosen)
{
    program->clients[0] = chat_client_create(NULL, program->tls);
    if (!program->clients[0]) {
        chat_program_end(program);
        return 1;
    }
    program->client_count = 1;
    if (chosen->url) {
        const char *nick = chosen->nicks.count > 0 ? chosen->nicks.items[0] : "";
        chat_client_connect(program->clients[0], chosen->url, nick);
    }
    return chat_run(program);
}

static bool add_client(chat_program *program, const char *name)
{
    char url[64];
    if (program->client_count == CHAT_MAX_CLIENTS) {
        print_error("too many clients", name);
        return false;
    }
    chat_client *client = chat_client_create(name, NULL);
    if (!client) {
        return false;
    }
    program->clients[program->client_count] = client;
    program->names[program->client_count++] = name;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u",
             (unsigned)wsp_server_get_local_port(chat_server_get(program->server)));
    chat_client_connect(client, url, name);
    return true;
}

static int run_combo(chat_program *program, const settings *chosen)
{
    static const char *const usual_names[] = {"Ann", "Bob", "Cid"};
    size_t chosen_count = chosen->nicks.count;
    size_t count = chosen_count > 0 ? chosen_count : sizeof usual_names / sizeof usual_names[0];
    program->server = chat_server_create(&chosen->server, "server");
    bool is_complete = program->server != NULL;
    for (size_t i = 0; i < count && is_complete; i++) {
        is_complete = add_client(program, chosen_count > 0 ? chosen->nicks.items[i] : usual_names[i]);
    }
    if (!is_complete) {
        chat_program_end(program);
        return 1;
    }
    return chat_run(program);
}

/* Returns 0, or the exit status after a line that says why there are no TLS options. */
static int make_tls(const settings *chosen, bool is_client, wsp_tls_options **out_tls)
{
    bool is_wanted = is_client ? chosen->ca || chosen->insecure : chosen->tls_key || chosen->tls_cert;
    if (!is_wanted) {
        return 0;
    }
    if (!is_client && (!chosen->tls_key || !chosen->tls_cert)) {
        print_error("TLS needs both", "--tls-key and --tls-cert");
        return 2;
    }
    if (!is_client) {
        *out_tls = wsp_tls_options_server_from_files(chosen->tls_key, chosen->tls_cert);
    } else if (chosen->insecure) {
        *out_tls = wsp_tls_options_client_unsafe(NULL);
    } else {
        *out_tls = wsp_tls_options_client_from_files(chosen->ca, NULL);
    }
    return *out_tls ? 0 : print_failed(WSP_ERR_INVALID_PARAMETER, wsp_tls_last_error());
}

static int run_mode(const settings *chosen, const char *mode)
{
    static chat_program program; /* Not a local variable: on the web it outlives main. */
    bool is_client = strcmp(mode, "client") == 0;
    bool is_combo = strcmp(mode, "combo") == 0;
    int status = is_combo ? 0 : make_tls(chosen, is_client, &program.tls);
    if (status != 0) {
        return status;
    }
    if (is_combo) {
        return run_combo(&program, chosen);
    }
    return is_client ? run_client(&program, chosen) : run_server(&program, chosen);
}

int main(int argc, char **argv)
{
    settings chosen = {.server = {.port = 9080, .handshake_timeout = 3000}};
    const option options[] = {
        {"--port", OPTION_NUMBER, &chosen.server.port, 65535},
        {"--bind", OPTION_TEXT, &chosen.server.bind, 0},
        {"--handshake-timeout", OPTION_NUMBER, &chosen.server.handshake_timeout, 3600000},
        {"--tls-key", OPTION_TEXT, &chosen.tls_key, 0},
        {"--tls-cert", OPTION_TEXT, &chosen.tls_cert, 0},
        {"--nick", OPTION_LIST, &chosen.nicks, 0},
        {"--ca", OPTION_TEXT, &chosen.ca, 0},
        {"--insecure", OPTION_FLAG, &chosen.insecure, 0},
    };
    const char *mode = argc > 1 ? argv[1] : "";
    bool is_client = strcmp(mode, "client") == 0;
    if (strcmp(mode, "--help") == 0) {
        print_line("%s", help);
        return 0;
    }
    if (!is_client && strcmp(mode, "server") != 0 && strcmp(mode, "combo") != 0) {
        print_error("usage", "chat server|client|combo; chat --help says more");
        return 2;
    }
    int status = 2;
    if (read_options(argc - 1, argv + 1, options, sizeof options / sizeof options[0],
                     is_client ? &chosen.url : NULL)) {
        status = run_mode(&chosen, mode);
    }
    free((void *)chosen.nicks.items); /* The names themselves are argv's. */
    return status;
}
