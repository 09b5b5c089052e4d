/* SPDX-License-Identifier: MIT */
#ifndef WSPI_OS_VIRTUAL_H
#define WSPI_OS_VIRTUAL_H

/*
 * A port of os.h and poller.h without a system below it: a clock, a TCP
 * network, a resolver, entropy and a plan of faults, all of them virtual. A
 * program links it in place of os_posix*.c and poller_*.c; everything above the
 * seams stays real.
 *
 *     virtual_begin(seed);
 *     ... the program's own calls, through the public API or os.h ...
 *     virtual_leaks leaks = virtual_end();
 *
 * Determinism. Nothing comes from outside: one seed and one sequence of calls
 * give one history, byte for byte, in every build. One thread only.
 *
 * Time. The clock stands at 1000 s when a world begins and moves
 * - in a wait (wspi_poller_wait, wspi_os_lookup_wait), from event to event, up
 *   to the one that ends it, or to the end of the wait;
 * - by one tick of 10 us in a call that answers WAIT and in a look at readiness
 *   that does not sleep, so that a program which spins on polls gets on; a wait
 *   of no time costs the same as a fruitless receive, and nothing can spin for
 *   ever without time passing;
 * - by one tick in every 100th reading of the clock in a row with no other call
 *   between, for a program that only watches the clock. Apart from that,
 *   reading does not move it;
 * - in virtual_advance.
 * Whatever is due happens while the clock moves, never in between.
 *
 * Addresses. The one machine owns 127.0.0.0/8, ::1, 10.0.0.0/8 and fd00::/8:
 * listeners may bind there, and a connection to a port without one is refused.
 * All other addresses are foreign: they cannot be bound and answer nothing,
 * unless virtual_set_answer says otherwise.
 *
 * TCP. A connection carries bytes in order, cut into segments that each take the
 * path's latency; a direction holds at most path.buffer_size bytes between the
 * sender's call and the receiver's, and room comes back one latency after they
 * were read. Closing with unread bytes, or bytes that come after closing, cause
 * a reset, as in Linux. What had arrived before a reset stays readable; the reset
 * is reported once, then reads answer END and sends EPIPE, as in Linux. Nagle's
 * delay is remembered and has no effect.
 *
 * Misuse of a socket (unknown, closed, of the wrong kind), a wait without a
 * limit that nothing can end, and exhausted memory end the process with a
 * message and the end of the history (abort).
 */

#include "net/os.h"

/* -- life ------------------------------------------------------------------ */

/* What the program under test still held at the end. */
typedef struct virtual_leaks {
    size_t sockets; /* not closed */
    size_t lookups; /* not released */
} virtual_leaks;

/* Starts a new world with the default plan; ends the one before without a word. Without this call a first
 * world begins by itself, with seed 0. */
void virtual_begin(uint64_t seed);

/* Ends the world, frees all of it but the history, and tells what was not given back. Also checks its own
 * books: a connection that nobody holds must be gone. */
virtual_leaks virtual_end(void);

/* -- clock ----------------------------------------------------------------- */

/* Moves the clock as if the program had slept without polling. */
void virtual_advance(double seconds);

/* A signal after that time: it ends a wait running then, with nothing ready. */
void virtual_interrupt_after(double seconds);

/* -- history --------------------------------------------------------------- */

/*
 * A line for each call that did something and each reset, refusal and lookup,
 * with its virtual time, sizes and a hash of the bytes. It lives until the next
 * virtual_begin. The hash covers all of it; the text ends at 8 MiB.
 */
uint64_t virtual_history_hash(void);
const char *virtual_history_text(void);

/* A line of the test's own, as printf. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
void virtual_history_note(const char *format, ...);

/* -- plan: paths ----------------------------------------------------------- */

/* The two directions of a connection, by who receives. */
enum { VIRTUAL_TO_CLIENT = 0, VIRTUAL_TO_SERVER = 1 };

/* What connections started from now on are like. */
typedef struct virtual_path {
    double latency[2];   /* seconds one way; 0 both ways: connections and bytes are there at once */
    double jitter;       /* up to this much more for each segment, at random; order is kept */
    double bandwidth[2]; /* bytes per second; 0: no limit */
    size_t segment_size; /* most bytes that arrive at once */
    size_t buffer_size;  /* per direction, see above */
    size_t send_max;     /* most bytes that one send takes; 0: no limit */
    size_t receive_max;  /* most bytes that one receive gives; 0: no limit */
    bool is_random;      /* the two above: 1 to that many, at random for each call */
} virtual_path;

/* The default: 1 ms each way, no jitter, no limit of bandwidth, 16 KiB segments, 256 KiB buffers, calls not
 * split. */
virtual_path virtual_default_path(void);

void virtual_set_path(const virtual_path *path);

/* Both latencies of the path at once. */
void virtual_set_latency(double seconds);

/* true: every connection draws its path from the seed instead. It is never slower than 50 KB/s. */
void virtual_vary_paths(bool enabled);

/* -- plan: faults of connections ------------------------------------------- */

typedef enum virtual_fault_kind {
    VIRTUAL_NO_FAULT,
    VIRTUAL_RESET,  /* both sides get a reset */
    VIRTUAL_VANISH, /* from then on nothing arrives on either side, no end and no reset either */
    VIRTUAL_STALL   /* nothing arrives for `seconds`, then all of it does */
} virtual_fault_kind;

/* What strikes a connection, once. */
typedef struct virtual_fault {
    virtual_fault_kind kind;
    size_t after_bytes;   /* that arrived in the direction; 0: by time */
    unsigned direction;   /* VIRTUAL_TO_CLIENT or VIRTUAL_TO_SERVER; for after_bytes */
    double after_seconds; /* from the establishment; for after_bytes 0 */
    double seconds;       /* length of a stall */
} virtual_fault;

/* For each connection started from now on; NULL: none. */
void virtual_set_fault(const virtual_fault *fault_or_null);

/* That many of 100 connections draw a fault from the seed: one of the kinds above, or an attempt that is
 * refused, gets no answer or gets it late. The others have what virtual_set_fault says. */
void virtual_set_fault_chance(unsigned percent);

/* At once, for the connection of a connected socket. */
void virtual_strike(wspi_socket socket, const virtual_fault *fault);

/* -- plan: connecting ------------------------------------------------------ */

typedef enum virtual_answer {
    VIRTUAL_ANSWER_NORMAL, /* a listener, a refusal, or nothing, as the address is */
    VIRTUAL_ANSWER_REFUSED,
    VIRTUAL_ANSWER_NONE,       /* ETIMEDOUT after 127 s */
    VIRTUAL_ANSWER_UNREACHABLE /* the call itself fails with ENETUNREACH */
} virtual_answer;

/* How attempts to connect end; the latest rule for an address counts. Family 0: every address; port 0: every
 * port. `delay` is added to the way there. */
void virtual_set_answer(const wspi_address *to, virtual_answer answer, double delay);

/* Connections that wait at one listener; further attempts are dropped and tried again after 1, 3, 7 s and so
 * on, as TCP does. Default 511. */
void virtual_set_backlog(size_t count);

/* Whether accept shows a connection that was reset meanwhile (Linux) or skips it; default: skips. */
void virtual_set_accept_shows_reset(bool enabled);

/* false: there is no IPv6 on this machine. Default true. */
void virtual_set_ipv6(bool enabled);

/* -- plan: the machine ----------------------------------------------------- */

/* Sockets that may be open at a time; more are EMFILE. Default: no limit. */
void virtual_set_socket_limit(size_t count);

typedef enum virtual_call {
    VIRTUAL_CALL_RANDOM,       /* no entropy */
    VIRTUAL_CALL_LOOKUP_START, /* memory or threads are out */
    VIRTUAL_CALL_ACCEPT,       /* EMFILE, the connection waits on */
    VIRTUAL_CALL_CONNECT,      /* EMFILE */
    VIRTUAL_CALL_LISTEN,       /* EMFILE */
    VIRTUAL_CALL_COUNT
} virtual_call;

/* The next `skip` calls work, then `count` fail. SIZE_MAX: all. */
void virtual_fail_calls(virtual_call call, size_t skip, size_t count);

/* -- plan: names ----------------------------------------------------------- */

/* What a lookup of the host answers, and after how long; the latest rule counts. Names without one fail after
 * 50 ms with "Name or service not known". Eight lookups run at a time, also abandoned ones; the others wait.
 */
void virtual_set_name(const char *host, const wspi_address *addresses, size_t count, double delay);
void virtual_set_name_failure(const char *host, const char *text, double delay);

/* -- sockets for tests ----------------------------------------------------- */

/* Two ends of an established connection, ends[0] the client's, made without a listener. */
void virtual_socket_pair(wspi_socket ends[2]);

/* Closes so that the other side gets a reset, whatever was read. */
void virtual_close_with_reset(wspi_socket socket);

/* What wspi_os_set_no_delay said last, or accept: Nagle off. */
bool virtual_get_no_delay(wspi_socket socket);

/* Sockets that are open now. */
size_t virtual_count_sockets(void);

#endif
