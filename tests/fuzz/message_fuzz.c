/* SPDX-License-Identifier: MIT */

/*
 * Frames that are well made, in any order, against a model of RFC 6455 5.4, 5.5 and 8.1: messages put
 * together from fragments with control frames between them, UTF-8 across fragments, close payloads. The
 * frames come from the test suite's own encoder and the model's UTF-8 is read from the grammar of RFC 3629,
 * so that a fault of the library cannot hide behind itself.
 *
 *     byte 0    bit 0: a client's session
 *     then for each frame   FIN and opcode, size of the payload, payload
 */

#include "fuzz.h"
#include "session_fixture.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 300000;

enum { WHOLE, FRAGMENTED, CLOSED, BROKEN_TEXT, BROKEN_FRAME };
const char *const fuzz_outcomes[] = {"a message of one frame", "a fragmented message", "a close frame",
                                     "text that is not UTF-8", "a frame out of place", NULL};

enum { LIMIT = 400 };

void fuzz_add_seeds(void)
{
    FUZZ_SEED("\0\x81\x05Hello\x82\x03\xff\0\x01\x8a\x02ok");
    FUZZ_SEED("\x01\x01\x03Hel\x89\x01p\0\0\x80\x02lo\x81\0");
    FUZZ_SEED("\0\x01\x02\xf0\x9f\0\x01\x98\x8a\0\x80\x01\x80");
    FUZZ_SEED("\0\x81\x09\xe2\x82\xac\xed\x9f\xbf\xf4\x8f\xbf\x88\x06\x03\xe8"
              "bye!");
    FUZZ_SEED("\x01\x81\x03\xed\xa0\x80\x88\0");
    FUZZ_SEED("\0\x81\x02\xc0\x80");
    FUZZ_SEED("\0\x88\x02\x0f\xa0\x82\x01x");
    FUZZ_SEED("\x01\x88\x04\x03\xed\xc3\xa4");
    FUZZ_SEED("\0\x88\x05\x0b\xb8\xe2\x82\xff");
    FUZZ_SEED("\0\x88\x01\x03");
    FUZZ_SEED("\0\x80\x01x");
    FUZZ_SEED("\0\x01\x01x\x82\x01y");
    FUZZ_SEED("\0\x09\x01x");
}

/* -- the model -------------------------------------------------------------------- */

/* The size of the character that begins here, by the table of RFC 3629 4; 0 when none does. `size` is cut to
 * 0 with *out_partial when what is there could be the beginning of one. */
static size_t character_size(const uint8_t *at, size_t left, bool *out_partial)
{
    static const struct {
        uint8_t first_low, first_high, second_low, second_high, size;
    } rows[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (at[0] < rows[i].first_low || at[0] > rows[i].first_high)
            continue;
        for (size_t n = 1; n < rows[i].size && n < left; n++) {
            if (at[n] < (n == 1 ? rows[i].second_low : 0x80) || at[n] > (n == 1 ? rows[i].second_high : 0xbf))
                return 0;
        }
        *out_partial = left < rows[i].size;
        return *out_partial ? 0 : rows[i].size;
    }
    return 0;
}

typedef enum verdict { VALID, PARTIAL, INVALID } verdict;

static verdict judge_text(const uint8_t *bytes, size_t size)
{
    for (size_t at = 0, step; at < size; at += step) {
        bool is_partial = false;
        step = character_size(bytes + at, size - at, &is_partial);
        if (step == 0)
            return is_partial ? PARTIAL : INVALID;
    }
    return VALID;
}

typedef struct model {
    fuzz_log events;
    uint8_t message[LIMIT];
    size_t size;
    bool in_message;
    bool is_text;
    bool is_over;
} model;

static void fail(model *to, int code, size_t outcome)
{
    fuzz_log_add(&to->events, "failed %d\n", code);
    to->is_over = true;
    fuzz_reach(outcome);
}

static void expect_close(model *to, wspi_bytes payload)
{
    unsigned code = payload.size >= 2 ? payload.data[0] * 256u + payload.data[1] : 1005;
    bool is_legal =
        (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    if (payload.size == 1 || (payload.size >= 2 && !is_legal)) {
        fail(to, 1002, BROKEN_FRAME);
    } else if (payload.size > 2 && judge_text(payload.data + 2, payload.size - 2) != VALID) {
        fail(to, 1007, BROKEN_TEXT);
    } else {
        fuzz_log_add(&to->events, "close %u ", code);
        if (payload.size > 2)
            fuzz_log_add_bytes(&to->events, payload.data + 2, payload.size - 2);
        fuzz_log_add(&to->events, "\n");
        to->is_over = true;
        fuzz_reach(CLOSED);
    }
}

static void expect_data(model *to, unsigned first, wspi_bytes payload)
{
    unsigned opcode = first & 0xf;
    if ((opcode == 0) != to->in_message) {
        fail(to, 1002, BROKEN_FRAME);
        return;
    }
    if (opcode != 0) {
        to->is_text = opcode == 1;
        to->size = 0;
    }
    to->in_message = true;
    if (payload.size > LIMIT - to->size) {
        fail(to, 1009, BROKEN_FRAME);
        return;
    }
    if (payload.size > 0)
        memcpy(to->message + to->size, payload.data, payload.size);
    to->size += payload.size;
    verdict text = to->is_text ? judge_text(to->message, to->size) : VALID;
    if (text == INVALID || (text == PARTIAL && first >= 0x80)) {
        fail(to, 1007, BROKEN_TEXT);
    } else if (first >= 0x80) {
        to->in_message = false;
        fuzz_log_add(&to->events, to->is_text ? "text %zu " : "binary %zu ", to->size);
        fuzz_log_add_bytes(&to->events, to->message, to->size);
        fuzz_log_add(&to->events, "\n");
        fuzz_reach(opcode == 0 ? FRAGMENTED : WHOLE);
    }
}

static void expect_frame(model *to, unsigned first, wspi_bytes payload)
{
    unsigned opcode = first & 0xf;
    if (to->is_over)
        return;
    if (opcode <= 2) {
        expect_data(to, first, payload);
    } else if (opcode < 8 || opcode > 0xa || first < 0x80 || payload.size > 125) {
        fail(to, 1002, BROKEN_FRAME);
    } else if (opcode == 8) {
        expect_close(to, payload);
    } else if (opcode == 0xa) {
        fuzz_log_add(&to->events, "pong ");
        fuzz_log_add_bytes(&to->events, payload.data, payload.size);
        fuzz_log_add(&to->events, "\n");
    }
}

/* -- the session -------------------------------------------------------------------- */

static void note_event(fuzz_log *log, wspi_session_event_type type, const wspi_session_event *event)
{
    switch (type) {
    case WSPI_SESSION_FAILED: fuzz_log_add(log, "failed %d\n", event->code); return;
    case WSPI_SESSION_MESSAGE:
        fuzz_log_add(log, event->is_text ? "text %zu " : "binary %zu ", event->size);
        break;
    case WSPI_SESSION_CLOSE: fuzz_log_add(log, "close %d ", event->code); break;
    case WSPI_SESSION_PONG: fuzz_log_add(log, "pong "); break;
    default: FUZZ_CHECK(type == WSPI_SESSION_PONG); return;
    }
    fuzz_log_add_bytes(log, event->data, event->size);
    fuzz_log_add(log, "\n");
}

static void receive(wspi_role role, const wire *in, fuzz_log *log)
{
    static const wspi_session_room room = {SIZE_MAX, SIZE_MAX};
    wspi_session session;
    wspi_session_init(&session, role, LIMIT, session_random);
    uint8_t *copy = fuzz_copy(in->bytes, in->size);
    wspi_session_event_type type;
    size_t at = 0;
    do {
        wspi_session_event event = {0};
        size_t consumed = 0;
        type = wspi_session_feed(&session, copy + at, in->size - at, &room, &consumed, &event);
        at += consumed;
        if (type != WSPI_SESSION_MORE)
            note_event(log, type, &event);
    } while (type != WSPI_SESSION_MORE);
    FUZZ_CHECK(at == in->size);
    wspi_session_release(&session);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    wspi_bytes input = {bytes, size};
    wspi_role role = (fuzz_take_byte(&input) & 1) != 0 ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
    wspi_role from = role == WSPI_ROLE_CLIENT ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT;
    fuzz_memory_begin(0);
    wire *in = wire_create();
    model *wanted = calloc(1, sizeof(*wanted));
    fuzz_log seen = {0};
    FUZZ_CHECK(wanted != NULL);
    while (input.size > 0) {
        unsigned first = fuzz_take_byte(&input) & 0x8fu;
        wspi_bytes payload = fuzz_take(&input, fuzz_take_byte(&input));
        wire_add_frame(in, from, first, payload.data, payload.size);
        expect_frame(wanted, first, payload);
    }
    receive(role, in, &seen);
    fuzz_check_same(&seen, &wanted->events);
    fuzz_log_release(&seen);
    fuzz_log_release(&wanted->events);
    free(wanted);
    wire_destroy(in);
    (void)fuzz_memory_end(NULL);
    return 0;
}
