/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_PAGE_CALLS_H
#define EXAMPLE_PAGE_CALLS_H

/*
 * What test_page.c asks of its page; page_calls.js hands each call on to `testPage` of page.js. As in the
 * library itself nobody calls into C: the page leaves commands, and C takes them once per step. Text goes
 * over as bytes and their number, so that a zero byte is a byte like any other.
 */

/* The commands, by the names that page.js gives them. */
enum {
    PAGE_COMMAND_NONE,
    PAGE_COMMAND_CONNECT,  /* bytes: the URL and then each subprotocol, with a line feed in between */
    PAGE_COMMAND_SEND,     /* numbers: is text; bytes: the message */
    PAGE_COMMAND_GENERATE, /* numbers: is text, size, how many */
    PAGE_COMMAND_STREAM,   /* numbers: is text, size, 1 to begin and 0 to end */
    PAGE_COMMAND_READ,     /* numbers: 1 to take packets, 0 to leave them in the queue */
    PAGE_COMMAND_CLOSE     /* numbers: close code; bytes: reason */
};

/* Makes the oldest command the current one and returns what it is; PAGE_COMMAND_NONE when there is none. */
int page_next_command(void);

/* A number of the current command, 0 when it has fewer. */
int page_get_number(int index);

/* How many bytes came with the current command, and the bytes. */
int page_get_size(void);
void page_take_bytes(void *to);

/* Once per step. The buffered amount is what the browser still holds of what was sent. */
void page_show(int state, double buffered, double queued_packets, double queued_bytes);
void page_show_traffic(double messages_out, double bytes_out, double messages_in, double bytes_in,
                       double messages_refused);

/* A connection is over, or a new one begins: then code and texts are -1 and empty. */
void page_show_end(int code, const void *reason, int reason_size, const void *error, int error_size);

/* A line of the log: a message with the bytes it begins with, or a remark. */
void page_log_message(int is_incoming, int is_text, double size, const void *begin, int begin_size);
void page_log_note(const void *text, int size);

#endif
