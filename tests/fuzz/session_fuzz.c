/* SPDX-License-Identifier: MIT */

/*
 * Any bytes at all as what the other side of an open connection sends, to a server and to a client
 * (session_receive.c, session_send.c): however they are cut, the same events and the same answer; memory is
 * bounded by the limit, and nothing breaks when there is none. The vectors of tests/vectors are where it
 * starts.
 *
 *     byte 0   bit 0: a client's session; bits 1-2: the room for messages at first
 *     byte 1   the limit of a message, in steps
 *     byte 2   the allocation that fails in one more run
 *     rest     what arrives
 */

#include "fuzz.h"
#include "session_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 30000;

enum { TEXT, BINARY, PONG, CLOSED, FAILED, STALLED, REFUSED_MEMORY };
const char *const fuzz_outcomes[] = {
    "a text message",         "a binary message",          "a pong", "a close frame", "a failure",
    "a message without room", "an allocation that failed", NULL};

static struct {
    wspi_role role;
    size_t limit;
    size_t room;
} setting;

/* -- seeds ---------------------------------------------------------------------- */

static void add_vector(unsigned role, wire *in)
{
    uint8_t head[3] = {(uint8_t)role, 0xff, 7};
    if (in->size == 0 || in->size > 4000)
        return;
    wire *seed = wire_create();
    wire_add(seed, head, sizeof(head));
    wire_add(seed, in->bytes, in->size);
    fuzz_add_seed(seed->bytes, seed->size);
    wire_destroy(seed);
    in->size = 0;
}

/* The `in:` lines between one `role:` line and the next. */
static void add_vectors_of(const char *path)
{
    char line[4096];
    unsigned role = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    wire *in = wire_create();
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "role:", 5) == 0) {
            add_vector(role, in);
            role = strstr(line, "client") != NULL ? 1 : 0;
        } else if (strncmp(line, "in:", 3) == 0) {
            wire_add_notation(in, line + 3);
        }
    }
    add_vector(role, in);
    wire_destroy(in);
    (void)fclose(file);
}

void fuzz_add_seeds(void)
{
    static const char *const names[] = {"close",  "control", "fragments", "frame",
                                        "limits", "output",  "python",    "utf8"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[128];
        (void)snprintf(path, sizeof(path), "tests/vectors/session_%s.md", names[i]);
        add_vectors_of(path);
    }
    FUZZ_SEED("\x03\x01\x05\x81\x02hi\x82\x00\x89\x00\x88\x02\x03\xe8");
    FUZZ_SEED("\x02\x02\x05\x81\x82\0\0\0\0hi\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b");
}

/* -- a run ------------------------------------------------------------------------ */

static uint8_t next_random;

static bool make_keys(void *out, size_t size)
{
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++)
        bytes[i] = next_random++;
    return true;
}

static const char *const event_names[] = {"more", "stalled", "message", "pong", "close", "failed"};
static const uint8_t outcome_of[] = {TEXT, STALLED, BINARY, PONG, CLOSED, FAILED};

static void note_event(fuzz_log *log, wspi_session_event_type type, const wspi_session_event *event)
{
    if (type == WSPI_SESSION_MORE)
        return;
    fuzz_log_add(log, "%s %d %d %d %zu ", event_names[type], event->code, (int)event->result,
                 event->is_text ? 1 : 0, event->size);
    fuzz_log_add_bytes(log, event->data, event->size);
    fuzz_log_add(log, " %s\n", event->text != NULL ? event->text : "");
    fuzz_reach(event->is_text ? TEXT : outcome_of[type]);
    FUZZ_CHECK(type != WSPI_SESSION_MESSAGE || event->size <= setting.limit);
    FUZZ_CHECK(!event->is_text || wspi_utf8_is_valid(event->data, event->size));
    FUZZ_CHECK(type != WSPI_SESSION_CLOSE ||
               wspi_close_reason_is_valid((const char *)event->data, event->size));
    FUZZ_CHECK((type == WSPI_SESSION_FAILED) == (event->text != NULL));
}

/* What waits and has arrived, until all of it is used or more is wanted. Answers what is left. */
static wspi_bytes use(wspi_session *session, uint8_t *bytes, size_t size, wspi_session_room *room,
                      fuzz_log *log)
{
    for (;;) {
        wspi_session_event event = {0};
        size_t consumed = SIZE_MAX;
        wspi_session_event_type type = wspi_session_feed(session, bytes, size, room, &consumed, &event);
        FUZZ_CHECK(consumed <= size);
        note_event(log, type, &event);
        bytes += consumed;
        size -= consumed;
        if (type == WSPI_SESSION_STALLED)
            *room = (wspi_session_room){SIZE_MAX, SIZE_MAX};
        else if (type == WSPI_SESSION_MORE)
            return (wspi_bytes){bytes, size};
    }
}

static void note_output(wspi_session *session, fuzz_log *log)
{
    wspi_bytes pieces[WSPI_SESSION_PIECES];
    fuzz_log_add(log, "closing %d output ", (int)session->closing);
    /* Where the one refused block was wanted for a close frame, that frame waits for the next try. */
    for (int tries = 0; tries < 2;) {
        size_t count = wspi_session_get_output(session, pieces), size = 0;
        for (size_t i = 0; i < count; i++) {
            FUZZ_CHECK(pieces[i].size > 0);
            fuzz_log_add_bytes(log, pieces[i].data, pieces[i].size);
            size += pieces[i].size;
        }
        wspi_session_output_written(session, size);
        tries += count == 0 ? 1 : 0;
    }
    FUZZ_CHECK(!wspi_session_has_output(session));
}

static void receive(fuzz_cut *cut, fuzz_log *log)
{
    wspi_session session;
    wspi_session_room room = {setting.room, setting.room};
    wspi_session_init(&session, setting.role, setting.limit, make_keys);
    next_random = 0;
    uint8_t *waiting = fuzz_copy(NULL, 0);
    size_t waiting_size = 0, total = 0, size;
    uint8_t *piece;
    while ((piece = fuzz_cut_next(cut, &size)) != NULL) {
        total += size;
        uint8_t *fed = malloc(waiting_size + size);
        FUZZ_CHECK(fed != NULL);
        memcpy(fed, waiting, waiting_size);
        memcpy(fed + waiting_size, piece, size);
        wspi_bytes left = use(&session, fed, waiting_size + size, &room, log);
        free(waiting);
        waiting = fuzz_copy(left.data, left.size);
        waiting_size = left.size;
        free(fed);
    }
    free(waiting);
    fuzz_log_add(log, "used %zu\n", total - waiting_size);
    note_output(&session, log);
    wspi_session_trim(&session);
    wspi_session_release(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const size_t rooms[] = {SIZE_MAX, 0, 1, 100};
    wspi_bytes input = {bytes, size};
    uint8_t first = fuzz_take_byte(&input);
    size_t step = fuzz_take_byte(&input);
    size_t fail_at = fuzz_take_byte(&input);
    setting.role = (first & 1) != 0 ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
    setting.room = rooms[first >> 1 & 3];
    setting.limit = step * step;
    fuzz_check_cuts(input.data, input.size, receive);

    fuzz_cut cut = {.left = input, .way = FUZZ_AT_RANDOM, .chance = fail_at};
    fuzz_log log = {0};
    size_t peak;
    fuzz_memory_begin(fail_at % 16);
    receive(&cut, &log);
    if (fuzz_memory_end(&peak))
        fuzz_reach(REFUSED_MEMORY);
    FUZZ_CHECK(peak <= 4 * (setting.limit + size) + 8192);
    fuzz_log_release(&log);
    return 0;
}
