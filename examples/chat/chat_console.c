/* SPDX-License-Identifier: MIT */
/*
 * The chat at a terminal: lines from standard input, lines to standard output, and one sleep for both, the
 * server and all clients. The end of the input means /quit to clients; a server goes on without a console.
 */
#define _POSIX_C_SOURCE 200809L

#include "../console.h"
#include "../socket_wait.h"
#include "chat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct input {
    char text[4096];
    size_t size;
    bool is_cut; /* what comes next is the rest of a line that was too long */
    bool is_over;
} input;

void chat_show(const char *name, const char *text)
{
    char before[CHAT_NAME_SIZE + 3] = "";
    if (name) {
        snprintf(before, sizeof before, "[%s] ", name);
    }
    print_untrusted(before, text, strlen(text), "");
}

/* Of a line that does not fit only the beginning counts, which is too long for everybody who obeys. */
static void obey_lines(const chat_program *program, input *in)
{
    char *end;
    in->text[in->size] = '\0';
    while (chat_program_is_ready(program) &&
           ((end = memchr(in->text, '\n', in->size)) != NULL || in->size == sizeof in->text - 1)) {
        size_t used = end ? (size_t)(end - in->text) + 1 : in->size;
        if (end) {
            *end = '\0';
        }
        if (in->text[0] && !in->is_cut) {
            chat_program_obey(program, in->text);
        }
        in->is_cut = end == NULL;
        in->size -= used;
        memmove(in->text, in->text + used, in->size + 1);
    }
}

static void read_input(input *in)
{
    ssize_t got = read(STDIN_FILENO, in->text + in->size, sizeof in->text - 1 - in->size);
    if (got > 0) {
        in->size += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        in->is_over = true;
    }
}

/* Returns whether the input has something; it is entry 0. */
static bool sleep_until_due(const chat_program *program, socket_wait *wait, const input *in)
{
    bool wants_input = !in->is_over && in->size < sizeof in->text - 1 && chat_program_is_ready(program);
    socket_wait_begin(wait);
    bool added = socket_wait_add(wait, wants_input ? STDIN_FILENO : -1, SOCKET_WAIT_READ, -1);
    if (program->server && added) {
        const wsp_server *server = chat_server_get(program->server);
        added = socket_wait_add(wait, wsp_server_get_socket(server), SOCKET_WAIT_READ,
                                wsp_server_get_poll_delay(server));
    }
    for (size_t i = 0; i < program->client_count && added; i++) {
        const wsp_peer *peer = chat_client_get(program->clients[i]);
        unsigned interest = SOCKET_WAIT_READ | (wsp_peer_wants_write(peer) ? SOCKET_WAIT_WRITE : 0);
        added = socket_wait_add(wait, wsp_peer_get_socket(peer), interest, wsp_peer_get_poll_delay(peer));
    }
    if (!added) {
        return false; /* Out of memory: no sleep, and the next turn tries again. */
    }
    socket_wait_sleep(wait);
    return wants_input && socket_wait_is_due(wait, 0);
}

static void poll_all(const chat_program *program)
{
    if (program->server) {
        wsp_server_poll(chat_server_get(program->server));
    }
    for (size_t i = 0; i < program->client_count; i++) {
        wsp_peer_poll(chat_client_get(program->clients[i]));
    }
}

int chat_run(chat_program *program)
{
    socket_wait *wait = socket_wait_create();
    input in = {.size = 0};
    bool is_quitting = false;
    while (wait && !chat_program_is_over(program)) {
        if (sleep_until_due(program, wait, &in)) {
            read_input(&in);
        }
        obey_lines(program, &in);
        bool has_nobody_to_ask = in.is_over && program->client_count > 0 && chat_program_is_ready(program);
        if (!is_quitting && (has_nobody_to_ask || socket_wait_is_told_to_end(wait))) {
            is_quitting = true;
            chat_program_quit(program);
        }
        poll_all(program);
    }
    int status = chat_program_end(program);
    socket_wait_destroy(wait);
    return wait ? status : 1;
}
