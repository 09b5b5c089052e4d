/* SPDX-License-Identifier: MIT */
#ifndef GLUE_FAKE_H
#define GLUE_FAKE_H

/*
 * The web backend through the public API, against a WebSocket that glue_probe.js fakes: every event comes on
 * command, so what browsers do rarely or never in a test can be checked. Calls into JavaScript are counted by
 * wrapping them at link time (-Wl,--wrap).
 */

#include "test.h"
#include "wspeer.h"

/* -- glue_probe.js ------------------------------------------------------------- */

enum { FAKE = 1, FAKE_NODE = 2, THROWS_SYNTAX_ERROR = 3, THROWS_SECURITY_ERROR = 4, THROWS_ODD_ERROR = 5 };

void probe_install(int mode);
void probe_open(const char *protocol, size_t size);
void probe_message(const void *data, size_t size, int is_text);
void probe_close(int code, int was_clean, const char *reason, size_t size);
void probe_block(void);
void probe_fire_late(void);
void probe_set_buffered(double amount);
void probe_set_ready_state(int state);
int probe_sent_kind(void);
int probe_get(int what, void *to, size_t room);
int probe_links(void);

#ifdef __EMSCRIPTEN_PTHREADS__
static const bool is_shared = true;
#else
static const bool is_shared = false;
#endif

/* -- the peer of a case ---------------------------------------------------------- */

extern wsp_peer *peer;

/* Calls into JavaScript since somebody set them to 0. */
extern int pull_calls;
extern int other_calls;

/* Bytes the library owns; while told so it gets nothing above 4 KiB. */
extern size_t live_bytes;
extern bool fail_large;

/* The last line of the log, and how many there were since create_peer. */
extern char log_text[512];
extern int log_lines;

/* A peer, destroyed when the case ends, whose sockets are fakes. */
void create_peer(void);
void connect_peer(void);
void open_peer(void);
void create_open_peer(void);
void create_limited_peer(size_t bytes, size_t packets);

/* Polls, and returns how many calls into JavaScript that took. */
int poll_and_count(void);

/* Checks the next packet. */
void receive(const void *wanted, size_t size, bool is_text);

void fire_text(const char *text);

/* Texts of probe_get. */
const char *get_text(int what);
const char *get_closes(void);

/* The last case of a program: everything was given back. */
void nothing_leaks(void);

/* wspi_test_main with an allocator that counts. */
int run_fake_cases(const wspi_test_case *cases, size_t count, int argc, char **argv);

#endif
