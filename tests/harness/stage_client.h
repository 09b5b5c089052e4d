/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_STAGE_CLIENT_H
#define WSPI_TEST_STAGE_CLIENT_H

/* What the files of the stage share. For nobody else. */

#include "byte_buffer.h"
#include "net/os.h"
#include "net/stream.h"
#include "protocol/http_head.h"
#include "stage.h"
#include "wspeer.h"

/* -- the target (stage_target.c) ------------------------------------------- */

enum { STAGE_TARGET_MAX = 8192, STAGE_PARAMETERS_MAX = 16 };

/* A request target taken apart: path and decoded parameters, NUL-terminated. */
typedef struct stage_target {
    char text[STAGE_TARGET_MAX];
    const char *names[STAGE_PARAMETERS_MAX];
    const char *values[STAGE_PARAMETERS_MAX];
    size_t count;
} stage_target;

void stage_target_read(stage_target *target, const char *text);

/* A parameter's value, or the other text when it is not there. */
const char *stage_target_get(const stage_target *target, const char *name, const char *otherwise);
unsigned long stage_target_number(const stage_target *target, const char *name, unsigned long otherwise);

/* -- what was seen of a connection (stage_log.c) --------------------------- */

/* Lines, each ended by a line feed. Outlives the connection. */
typedef struct stage_log {
    struct stage_log *next;
    char *text;
    size_t size;
    bool is_over;
    char key[32];
} stage_log;

stage_log *stage_log_create(const char *key);
void stage_log_destroy(stage_log *log);

/* A line, as printf. NULL log: dropped. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void stage_log_add(stage_log *log, const char *format, ...);

/* `got WORD PAYLOAD`. */
void stage_log_payload(stage_log *log, const char *word, const void *bytes, size_t size);

/* -- one connection -------------------------------------------------------- */

/* When a connection is to be looked at again, if its socket stays silent. */
#define STAGE_NEVER (-1.0)

typedef struct stage_script {
    const char *next; /* the steps not yet played */
    wspi_byte_buffer in;
    wspi_byte_buffer out;
    double next_piece;    /* is_in_pieces: when the next byte may go */
    bool has_request_end; /* the request's last byte was read, see stage.c */
    bool is_in_pieces;
    bool is_frozen;
    bool is_input_over;
} stage_script;

typedef struct stage_play {
    wsp_peer *peer;
    unsigned long received; /* messages */
    uint64_t received_bytes;
    uint32_t received_hash;
    unsigned long pushed;
    double next_push;
    size_t reported; /* bytes of the log that /report has sent */
} stage_play;

typedef struct stage_client {
    struct stage_client *next;
    stage *stage;
    wspi_socket socket; /* WSPI_NO_SOCKET once a peer has it, or closed */
    char *request;      /* as read so far */
    size_t request_size;
    wspi_http_head head;
    stage_target target;
    stage_log *log;       /* NULL without a key */
    stage_script *script; /* one of these two plays, once the request is read */
    stage_play *play;
    double wake; /* wsp_now() at which to look again, or STAGE_NEVER */
    bool is_done;
} stage_client;

/* The log with that key, or NULL. */
stage_log *stage_find_log(stage *of, const char *key);

/* A stream that first answers bytes which were read already. Owns the socket. */
wsp_stream *stage_stream_create(wspi_socket socket, const void *prefix, size_t size);

void stage_script_begin(stage_client *client);
void stage_script_turn(stage_client *client);
void stage_script_end(stage_client *client);
bool stage_script_wants_write(const stage_client *client);

void stage_play_begin(stage_client *client);
void stage_play_turn(stage_client *client);
void stage_play_end(stage_client *client);

/* A complete answer by name, with the accept value put in where it has %s; NULL when there is none. */
const char *stage_find_answer(const char *name);

/* Ends the process: the test asked for something impossible. */
#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 1, 2)))
#endif
void stage_die(const char *format, ...);

#endif
