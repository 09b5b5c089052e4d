/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_CHAT_PAGE_H
#define EXAMPLE_CHAT_PAGE_H

/* What chat_page.c asks of its page; chat_calls.js hands each call on to `chatPage` of chat/page.js. */

/* Takes the oldest line that the person typed. Returns its size in bytes; -1 when there is none. */
int chat_page_take_line(char *line, int room);

void chat_page_show(const char *text, int size);

/* The connection's state; once per step. */
void chat_page_show_state(int state);

#endif
