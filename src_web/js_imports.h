/* SPDX-License-Identifier: MIT */
#ifndef WSPI_JS_IMPORTS_H
#define WSPI_JS_IMPORTS_H

/*
 * The functions that js/wspeer.js supplies, all that the web backend asks of
 * JavaScript. Each is a round trip to the main thread where threads are in use.
 * Addresses and sizes go over as doubles, which hold any of them without a sign.
 * `id` is one that wspi_js_connect answered and wspi_js_close did not forget.
 */

#include "bytes.h"

static inline double wspi_js_address(const void *pointer)
{
    return (double)(uintptr_t)pointer;
}

/*
 * What the area of wspi_js_pull holds, in the order in which it happened: this
 * head, `size` bytes of payload, and 0 to 7 bytes up to the next multiple of 8.
 * All numbers that JavaScript writes are doubles.
 */
typedef struct wspi_js_record {
    double size;
    double kind;
} wspi_js_record;

_Static_assert(sizeof(wspi_js_record) == 16, "js/wspeer.js writes heads of 16 bytes");

/* Kinds of records. Those from WSPI_JS_OVERFLOW on are a connection's last; any other number is a close
 * event's code. */
enum {
    WSPI_JS_BINARY,
    WSPI_JS_TEXT,
    WSPI_JS_OPEN,       /* payload: the subprotocol and a NUL */
    WSPI_JS_OVERFLOW,   /* a message did not fit the inbound limits */
    WSPI_JS_LOST = 1006 /* no clean end; a clean one's code has the reason as payload */
};

/* Filled by wspi_js_pull. */
typedef struct wspi_js_status {
    double buffered_amount;
    double next_size; /* of the first record left in JavaScript, or less; -1: there is none */
    double has_ended; /* 1: nothing further will be queued, and the rest comes whatever the room */
} wspi_js_status;

/*
 * Opens a connection. `target` is the URL and the subprotocols, each behind one line feed. An id above 0; or
 * -N, with N bytes in `why`: the browser's exception, "Name: words", cut to the size given.
 */
int wspi_js_connect(double target, double size, double max_bytes, double max_packets, double why,
                    double why_size);

/*
 * Moves records, as many as fit `capacity`, into `area`; of messages no more than the room allows. Returns
 * the bytes written. `status_index` is the address of a wspi_js_status divided by 8.
 */
double wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                    double status_index);

/* The browser's buffered amount afterwards; -1: not open; -2: it threw, which only lack of memory explains.
 */
double wspi_js_send(int id, double data, double size, int is_text);

/*
 * 1000, 3000-4999, or 0 for a close frame without a body: closes, and drops messages that arrive later. -1:
 * closes what is still open and forgets the id; no event of it is looked at any more.
 */
void wspi_js_close(int id, int code, double reason, double size);

/* From now on each event of any connection raises a counter (32 bits, shared memory) and wakes who waits on
 * it. */
void wspi_js_watch(double counter);

/* Writes a text to the console. */
void wspi_js_log(int is_error, double message, double size);

/* 32 random bits. */
int wspi_js_random(void);

#endif
