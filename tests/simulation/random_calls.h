/* SPDX-License-Identifier: MIT */
#ifndef WSPI_RANDOM_CALLS_H
#define WSPI_RANDOM_CALLS_H

/*
 * Random calls, legal and not, on peers, streams, listeners and servers of one program, from outside and
 * inside handlers. What the documents promise is checked around each call: who changes a state and how, one
 * last report, what arrives, counts, errors. The world they live in is random_calls_test.c's business.
 */

#include "wspeer.h"

enum {
    CALLS_CLIENTS = 5,
    CALLS_ACCEPTED = 12,
    CALLS_SERVERS = 2,
    CALLS_SEATS = 64,
    CALLS_LINES = 400,
    CALLS_TLS_COUNT = 3,
    CALLS_MAX_MESSAGE = 70000
};
enum { CALLS_TCP_PORT = 9000, CALLS_SERVER_PORT = 9001, CALLS_NOBODY_PORT = 9009 };

/* One connection: the client's end 0, the server's end 1. Messages are known by line, end and number. */
typedef struct calls_line {
    unsigned id;
    size_t sent[2];
    size_t received[2];
    bool is_taken; /* a server's end knows it */
} calls_line;

/* A peer of the program. */
typedef struct calls_hand {
    wsp_peer *peer;
    calls_line *line;
    int end; /* of the line */
    wsp_state state;
    bool is_polled;
    bool has_handlers;
    bool owes_report;
    bool was_open;
    bool is_refused; /* the last start */
} calls_hand;

typedef struct calls_seat {
    int32_t id;
    calls_line *line;
} calls_seat;

typedef struct calls_table {
    wsp_server *server;
    calls_seat seats[CALLS_SEATS];
    size_t count;
    bool has_data_handler;
    bool is_polled;
    int32_t shown;  /* whose message a handler looks at */
    unsigned stops; /* a handler that sees it change has lost its server */
} calls_table;

typedef struct calls_world {
    uint64_t seed;
    uint64_t random;
    unsigned depth;
    bool is_short_of_memory;
    bool is_short_of_sockets;
    bool is_ending;
    calls_hand clients[CALLS_CLIENTS];
    calls_hand accepted[CALLS_ACCEPTED];
    calls_table tables[CALLS_SERVERS];
    wsp_tcp_server *listener;
    wsp_stream *stream;
    wsp_tls_options *trust[CALLS_TLS_COUNT];
    wsp_tls_options *identity;
    calls_line lines[CALLS_LINES];
    unsigned line_count;
    uint8_t bytes[CALLS_MAX_MESSAGE + 8];
    uint8_t wanted[CALLS_MAX_MESSAGE + 8];
    size_t opened;
    size_t delivered;
} calls_world;

/* One at a time. */
extern calls_world calls;

/* -- the world -- */

size_t calls_below(size_t count);
bool calls_chance(unsigned percent);

/* Any call on anything; the same now and then, for handlers. */
void calls_act(void);
void calls_act_inside(void);

/* Other TLS options, or none. */
void calls_act_on_tls(void);

/* WSP_ERR_OUT_OF_MEMORY and WSP_ERR_UNAVAILABLE pass in worlds that are short of it. */
void calls_check_result(wsp_result result, wsp_result wanted);

/* -- peers -- */

calls_line *calls_find_line(const char *target);
size_t calls_make_message(const calls_line *of, int end, size_t number, uint8_t *out, bool *out_text);

/* The next message that end `to` waits for; it counts as received or only as seen. */
void calls_check_message(calls_line *of, int to, const uint8_t *data, size_t size, bool is_text, bool counts);

void calls_check_facts(const wsp_peer *peer, bool is_refused);
void calls_change_settings(wsp_peer *peer);
void calls_call_wrongly(wsp_peer *peer);
void calls_send_on(wsp_peer *peer, calls_line *of, int end);
void calls_answer(wsp_request *request);

void calls_look(calls_hand *of);
void calls_take(calls_hand *of, size_t most);
void calls_close_hand(calls_hand *of);
void calls_poll_hand(calls_hand *of);
void calls_destroy_hand(calls_hand *of);
void calls_set_hand_handlers(calls_hand *of);
void calls_act_on_hand(calls_hand *of);

/* -- listeners and servers -- */

void calls_look_at_table(calls_table *at);
void calls_take_seat(calls_table *at, const calls_seat *of);
void calls_open_table(calls_table *at);
void calls_poll_table(calls_table *at);
void calls_act_on_table(calls_table *at);
void calls_listen_anew(void);
void calls_act_on_listener(void);

#endif
