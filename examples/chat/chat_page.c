/* SPDX-License-Identifier: MIT */
/*
 * The chat in a page: lines from its form, lines to its log. A page has one client and never ends by itself.
 */
#include "chat_page.h"

#include "../run_loop.h"
#include "chat.h"

#include <string.h>

void chat_show(const char *name, const char *text)
{
    (void)name; /* Nobody shares the page with the client. */
    chat_page_show(text, (int)strlen(text));
}

static int step(void *user)
{
    const chat_program *program = user;
    char line[CHAT_TEXT_SIZE + 1];
    int size;
    while (chat_program_is_ready(program) && (size = chat_page_take_line(line, CHAT_TEXT_SIZE)) >= 0) {
        line[size] = '\0';
        if (size > 0) {
            chat_program_obey(program, line);
        }
    }
    chat_page_show_state((int)wsp_peer_get_ready_state(chat_client_get(program->clients[0])));
    return RUN_LOOP_AGAIN;
}

int chat_run(chat_program *program)
{
    return run_loop(chat_client_get(program->clients[0]), step, program);
}
