/* SPDX-License-Identifier: MIT */
#ifndef WSPI_JS_IMPORTS_H
#define WSPI_JS_IMPORTS_H

/*
 * The functions that js/wspeer.js supplies, all that the web backend asks of
 * JavaScript. Each is a round trip to the main thread where threads are in use.
 * Strings go over as pointer and length. `id` is one that wspi_js_connect
 * answered and wspi_js_destroy has not seen.
 */

#include "bytes.h"

/*
 * What the area of wspi_js_pull holds, in the order in which it happened: this
 * head, `size` bytes of payload, and 0 to 7 bytes up to the next multiple of 8.
 */
typedef struct wspi_js_record {
    uint32_t size;
    uint16_t kind;
    uint16_t unused;
} wspi_js_record;

_Static_assert(sizeof(wspi_js_record) == 8, "js/wspeer.js writes heads of 8 bytes");

/* Kinds of records. Those above WSPI_JS_OPEN are the connection's last; any other number is the code of a
 * close event. */
enum {
    WSPI_JS_BINARY,
    WSPI_JS_TEXT,
    WSPI_JS_OPEN,           /* payload: the subprotocol and a NUL */
    WSPI_JS_OVERFLOW,       /* a message did not fit the inbound limits */
    WSPI_JS_WRONG_PROTOCOL, /* the server's choice of subprotocol was not ours */
    WSPI_JS_LOST = 1006     /* no clean end. A clean one's code has the reason as payload */
};

/* Filled by wspi_js_pull. */
typedef struct wspi_js_status {
    double buffered_amount;
    double wanted; /* area bytes that the next record needs, or at least needs; 0: none waits in JavaScript */
    double has_ended; /* 1: nothing further will be queued, and the rest comes whatever the room */
} wspi_js_status;

/*
 * Opens a connection. `target` is the URL and the subprotocols, each behind one space. `events` is a counter
 * in static memory that each event raises and notifies, or NULL. An id above 0; or, with the browser's words
 * in `why`, cut to its size: -1 the URL or a subprotocol is refused, -2 the page may not open it, -3
 * something else.
 */
int wspi_js_connect(const char *target, size_t size, double max_bytes, double max_packets, void *events,
                    char *why, size_t why_size);

/*
 * Moves records, as many as fit `capacity`, into `area`; of messages no more than the room allows. Messages
 * of 64 KiB and more come alone. Returns the bytes written.
 */
int wspi_js_pull(int id, void *area, size_t capacity, double room_bytes, double room_packets,
                 wspi_js_status *status);

/* The browser's buffered amount afterwards; -1: not open; -2: it threw, which only lack of memory explains.
 */
double wspi_js_send(int id, const void *data, size_t size, int is_text);

/* 1000, 3000-4999, or 0 for a close frame without a body. Messages that arrive later are dropped. */
void wspi_js_close(int id, int code, const char *reason, size_t size);

/* Closes what is still open and forgets the id; no event of it is looked at any more. */
void wspi_js_destroy(int id);

void wspi_js_log(int is_error, const char *message, size_t size);
int wspi_js_random(void);

#endif
