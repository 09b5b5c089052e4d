/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_SESSION_FIXTURE_H
#define WSPI_TEST_SESSION_FIXTURE_H

/*
 * A session under test, the bytes it is fed and what it reports as text.
 *
 *     session_fixture *server = session_fixture_create(WSPI_ROLE_SERVER, 1000);
 *     wire *in = wire_create();
 *     wire_add_frame(in, WSPI_ROLE_CLIENT, 0x81, "hi", 2);
 *     session_fixture_feed(server, in->bytes, in->size);
 *     session_fixture_check_events(server, "message text \"hi\"\n");
 *
 * Every feed sees its bytes end right in front of an unreadable page, and what
 * a feed did not use is checked to be unchanged. Everything created here is
 * released when the case ends.
 *
 * Events, a line each: `message text|binary PAYLOAD`, `pong PAYLOAD`, `close CODE PAYLOAD`,
 * `failed CODE`, `stalled`. PAYLOAD is what wire_add_payload_text writes.
 */

#include "protocol/session.h"

#include "guarded_bytes.h"
#include "test.h"

/* -- bytes ------------------------------------------------------------------ */

typedef struct wire {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
} wire;

wire *wire_create(void);

/* Before the end of the case: for tests that need many. */
void wire_destroy(wire *old);

void wire_add(wire *to, const void *bytes, size_t size);
void wire_add_string(wire *to, const char *string);
void wire_add_fill(wire *to, uint8_t byte, size_t count);
void wire_consume(wire *from, size_t size);

/*
 * A frame head as this test suite, not the library, believes it to be. `first`
 * is byte 0. `length_bytes` 0 is the shortest form, 1, 2 or 8 force one.
 * `key` NULL: not masked.
 */
void wire_add_head(wire *to, unsigned first, uint64_t length, unsigned length_bytes, const uint8_t *key);

/* A whole frame as that side sends it: a client's is masked, each with another key. */
void wire_add_frame(wire *to, wspi_role from, unsigned first, const void *payload, size_t size);

/* "text" when it is printable ASCII, else hexadecimal pairs; BYTE*COUNT for more than 16 equal bytes; size
 * and hash for other payloads above 200 bytes; nothing when empty. */
void wire_add_payload_text(wire *to, const void *payload, size_t size);

/* `AA BB "text" CC*100 <KEY> ...` and a comment behind `;`, as in tests/vectors/README.md. A key is written
 * itself, and masks the rest of the line. Fails the case when it is none of these. */
void wire_add_notation(wire *to, const char *line);

/* A frame that a session wrote, decoded by this test suite. */
typedef struct wire_frame {
    unsigned first;
    bool is_masked;
    uint8_t key[4];
    size_t size;   /* of the frame as a whole */
    wire *payload; /* unmasked */
} wire_frame;

/* Takes the first frame off. Fails the case when it is not whole or has a length not in its shortest form. */
wire_frame wire_take_frame(wire *from);

/* -- randomness that a test can know ---------------------------------------- */

/* Gives 01 02 03 ... ff 00 01 ..., or the bytes of session_random_set_key over and over. */
bool session_random(void *out, size_t size);
void session_random_set_key(const uint8_t key[4]);
void session_random_reset(void);
void session_random_set_failing(bool fails);
size_t session_random_calls(void);
size_t session_random_bytes(void);

/* -- sessions --------------------------------------------------------------- */

typedef struct session_fixture {
    wspi_session session;
    wspi_session_room room; /* offered to every feed; no bound at first */
    wire *events;
    wire *pending; /* fed and not used yet */
    wspi_guarded_bytes window;
    size_t messages; /* reported so far */
    size_t pongs;
    bool is_stalled;   /* the last feed ended so */
    bool is_recording; /* whether events are written down; true at first */
    const char *text;  /* of the failure */
    wsp_result result;
} session_fixture;

session_fixture *session_fixture_create(wspi_role role, size_t message_limit);

/* Before the end of the case: for tests that need many. */
void session_fixture_destroy(session_fixture *fixture);

/* Adds bytes to what waits and feeds it until the session wants more, stalls or fails. */
void session_fixture_feed(session_fixture *fixture, const void *bytes, size_t size);

/* One frame from the other side. */
void session_fixture_feed_frame(session_fixture *fixture, unsigned first, const void *payload, size_t size);

/* Compares the events since the last check and forgets them. */
void session_fixture_check_events(session_fixture *fixture, const char *wanted);

/* Whether a failure is what came last, with this code, and a close frame tells the other side. */
void session_fixture_check_failed(session_fixture *fixture, int code);

/* Appends at most `limit` bytes of output to `to`, as one write. Answers how many. */
size_t session_fixture_write(session_fixture *fixture, wire *to, size_t limit);

/* Appends all output to `to`, `step` bytes a write. */
void session_fixture_drain(session_fixture *fixture, wire *to, size_t step);

/* Takes one frame of the output and compares it. */
void session_fixture_check_frame(wire *output, unsigned first, const void *payload, size_t size);

#endif
