/* SPDX-License-Identifier: MIT */
#ifndef SCENARIO_H
#define SCENARIO_H

/*
 * A scenario is a small program against the public API, written once and run
 * natively, on the virtual network, as wasm under Node and in browsers. It
 * talks to the stage (../harness/stage.h), whose targets it names, and leaves
 * a trace: one line for each call, packet, state, code and result it looks at.
 *
 *     static void an_echo(scenario *s)
 *     {
 *         wsp_peer *peer = scenario_open(s, "/echo");
 *         scenario_send_text(s, peer, "hello");
 *         scenario_receive(s, peer, 1);
 *         scenario_close(s, peer, 1000, "bye");
 *         scenario_end(s, peer);
 *         scenario_report(s, peer);
 *     }
 *
 * The trace has to be the one that TOPIC.txt beside TOPIC.c holds, on every
 * runtime; a line that differs is marked there with the runtimes it belongs
 * to. So only facts go into it that depend neither on timing nor on how often
 * a peer was polled.
 *
 * Every wait has a limit. Past it the scenario has failed: from then on waits
 * return at once, so that it runs to its end.
 */

#include "wspeer.h"

typedef struct scenario scenario;

enum {
    SCENARIO_NATIVE = 1, /* only natively, or only on the web */
    SCENARIO_WEB = 2,
    /* Not on a varied virtual network, which may be slow and give one byte at a time: */
    SCENARIO_TIMED = 4, /* its deadlines suit a quick network */
    SCENARIO_BULK = 8   /* it moves too much */
};

typedef struct scenario_entry {
    const char *name;
    void (*play)(scenario *s);
    unsigned flags;
} scenario_entry;

/* The scenarios of one file; `name` is the file's. */
typedef struct scenario_topic {
    const char *name;
    const scenario_entry *entries;
    size_t count;
} scenario_topic;

/* At the end of a topic's file, after `static const scenario_entry entries[]`. */
#define SCENARIO_TOPIC(topic)                  \
    extern const scenario_topic topic##_topic; \
    const scenario_topic topic##_topic = {#topic, entries, sizeof entries / sizeof entries[0]};

/* -- peers ----------------------------------------------------------------- */

/* A new peer. What is left at the end of the scenario is destroyed there. */
wsp_peer *scenario_make_peer(scenario *s);

/* Destroys a peer before; legal in a handler. */
void scenario_destroy_peer(scenario *s, wsp_peer *peer);

/* While it is held, waiting polls all others: for what happens to a peer that nobody polls. */
void scenario_hold(scenario *s, wsp_peer *peer, bool is_held);

/* -- trace ----------------------------------------------------------------- */

/* A line, as printf. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void scenario_note(scenario *s, const char *format, ...);

/* The same, for what may not happen: the scenario has failed. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void scenario_fail(scenario *s, const char *format, ...);

bool scenario_has_failed(const scenario *s);

/* This machine lacks what the scenario needs; its trace does not count. */
void scenario_skip(scenario *s, const char *reason);

const char *scenario_state_name(wsp_state state);

/* -- calls; each is noted with its result ---------------------------------- */

/* The URL of a target on the stage, until the next call. The stage's notes of the peer's connection get a
 * name. */
const char *scenario_get_url(scenario *s, wsp_peer *peer, const char *target);

/* `connect TARGET: RESULT`. */
wsp_result scenario_connect(scenario *s, wsp_peer *peer, const char *target);

/* The same without a line. */
wsp_result scenario_connect_silently(scenario *s, wsp_peer *peer, const char *target);

/* Connects and waits for the end of CONNECTING: `open TARGET`, with the subprotocol if there is one. */
wsp_peer *scenario_open(scenario *s, const char *target);
bool scenario_open_again(scenario *s, wsp_peer *peer, const char *target);

wsp_result scenario_send(scenario *s, wsp_peer *peer, const void *data, size_t size, wsp_write_mode mode);
wsp_result scenario_send_text(scenario *s, wsp_peer *peer, const char *text);
wsp_result scenario_close(scenario *s, wsp_peer *peer, int code, const char *reason);

/* -- waiting --------------------------------------------------------------- */

/* Polls all peers until one has that state or a later one. */
bool scenario_wait_state(scenario *s, wsp_peer *peer, wsp_state state);

/* Polls until that many packets are there. */
bool scenario_wait_packets(scenario *s, wsp_peer *peer, size_t count);

/* Polls until is_met(user). `what` is for the message when it never is. */
bool scenario_wait_until(scenario *s, bool (*is_met)(void *user), void *user, const char *what);

/* Lets time pass, without a poll, as a hidden tab does. */
void scenario_pause(scenario *s, double seconds);

/* Polls as a game does, some times a second. */
void scenario_idle(scenario *s, double seconds);

/* -- what happened --------------------------------------------------------- */

/* Takes that many packets: `text 5 "hello"`. */
void scenario_receive(scenario *s, wsp_peer *peer, size_t count);

/* Takes that many packets: one line with the sum of their sizes and a hash of their bytes. */
void scenario_receive_sum(scenario *s, wsp_peer *peer, size_t count);

/* Takes what is there now. */
void scenario_take(scenario *s, wsp_peer *peer);

/* Waits for CLOSED: close code, reason and error. */
void scenario_end(scenario *s, wsp_peer *peer);

/* The same for one that may not have opened, without the error's name, which browsers do not know. */
void scenario_end_unopened(scenario *s, wsp_peer *peer);

/* What the stage saw of the peer's connection, once it is over: `stage: got text 5 "hello"`. */
void scenario_report(scenario *s, wsp_peer *peer);

/* Waits until the peer's connection is over for the stage, and says nothing. */
void scenario_wait_stage(scenario *s, wsp_peer *peer);

#endif
