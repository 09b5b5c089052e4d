/* SPDX-License-Identifier: MIT */
/*
 * The stage's impolite side: plays the steps of stage.h as bytes on a socket.
 * Knows frames well enough to read a client's, and checks nothing.
 */
#include "payload.h"
#include "protocol/accept_key.h"
#include "protocol/frame.h"
#include "protocol/mask.h"
#include "stage_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER_MAX = 64 * 1024 * 1024, READ_SIZE = 64 * 1024, STEP_MAX = 4096 };

/* Between two bytes of `pieces`, so that they do not travel together. */
static const double PIECE_SECONDS = 0.0005;

/* How a step went. */
typedef enum progress { STEP_DONE, STEP_WAITS } progress;

/* -- life ------------------------------------------------------------------ */

void stage_script_begin(stage_client *client)
{
    stage_script *script = calloc(1, sizeof *script);
    if (script == NULL)
        stage_die("out of memory");
    script->next = stage_target_get(&client->target, "do", "");
    wspi_byte_buffer_init(&script->in, BUFFER_MAX);
    wspi_byte_buffer_init(&script->out, BUFFER_MAX);
    client->script = script;
}

void stage_script_end(stage_client *client)
{
    if (client->script == NULL)
        return;
    wspi_byte_buffer_release(&client->script->in);
    wspi_byte_buffer_release(&client->script->out);
    free(client->script);
    client->script = NULL;
}

bool stage_script_wants_write(const stage_client *client)
{
    return client->script != NULL && client->script->out.size > 0 && !client->script->is_in_pieces;
}

static void finish(stage_client *client)
{
    wspi_os_close(client->socket);
    client->socket = WSPI_NO_SOCKET;
    client->is_done = true;
}

/* -- output ---------------------------------------------------------------- */

static void put(stage_client *client, const void *bytes, size_t size)
{
    if (!wspi_byte_buffer_append(&client->script->out, bytes, size))
        stage_die("a script sends too much at once");
}

static void put_frame(stage_client *client, bool is_final, wspi_opcode opcode, const void *bytes, size_t size)
{
    uint8_t head[WSPI_FRAME_HEAD_MAX];
    put(client, head, wspi_frame_encode(head, is_final, opcode, size, NULL));
    put(client, bytes, size);
}

/* true: everything is out, or will never be. */
static bool flush(stage_client *client)
{
    wspi_byte_buffer *out = &client->script->out;
    while (out->size > 0) {
        if (client->script->is_in_pieces && wsp_now() < client->script->next_piece) {
            client->wake = client->script->next_piece;
            return false;
        }
        wspi_bytes piece = {wspi_byte_buffer_bytes(out), client->script->is_in_pieces ? 1 : out->size};
        size_t size = 0;
        int error = 0;
        wspi_io io = wspi_os_send(client->socket, &piece, 1, &size, &error);
        if (io == WSPI_IO_WAIT)
            return false;
        wspi_byte_buffer_consume(out, io == WSPI_IO_OK ? size : out->size);
        client->script->next_piece = wsp_now() + PIECE_SECONDS;
    }
    return true;
}

/* -- input ----------------------------------------------------------------- */

/* Reads at most `size` bytes, or as much as there is. */
static void read_input(stage_client *client, size_t size)
{
    stage_script *script = client->script;
    while (size > 0 && !script->is_input_over) {
        uint8_t bytes[READ_SIZE];
        size_t got = 0;
        int error = 0;
        size_t wanted = script->has_request_end ? wspi_min(size, sizeof bytes) : 1;
        wspi_io io = wspi_os_receive(client->socket, bytes, wanted, &got, &error);
        if (io == WSPI_IO_WAIT)
            return;
        script->is_input_over = io != WSPI_IO_OK;
        if (!script->has_request_end) {
            script->has_request_end = true;
            continue;
        }
        if (!wspi_byte_buffer_append(&script->in, bytes, got))
            stage_die("a client sends too much at once");
        size -= got;
    }
}

static void note_frame(stage_client *client, const wspi_frame_head *head, uint8_t *payload)
{
    static const char *const names[16] = {[WSPI_OPCODE_CONTINUATION] = "continuation",
                                          [WSPI_OPCODE_TEXT] = "text",
                                          [WSPI_OPCODE_BINARY] = "binary",
                                          [WSPI_OPCODE_PING] = "ping",
                                          [WSPI_OPCODE_PONG] = "pong"};
    size_t size = (size_t)head->payload_size;
    wspi_mask(payload, payload, size, head->masking_key, 0);
    if (head->opcode != WSPI_OPCODE_CLOSE)
        stage_log_payload(client->log, names[head->opcode] != NULL ? names[head->opcode] : "strange frame",
                          payload, size);
    else if (size < 2)
        stage_log_add(client->log, "got close without a code");
    else
        stage_log_add(client->log, "got close %u \"%.*s\"", wspi_load_u16(payload), (int)size - 2,
                      payload + 2);
}

/* The opcode of the client's next frame, which is noted; -1: it is not there yet. */
static int read_frame(stage_client *client)
{
    wspi_byte_buffer *in = &client->script->in;
    read_input(client, SIZE_MAX);
    wspi_frame_head head;
    uint8_t *bytes = wspi_byte_buffer_bytes(in);
    int head_size = in->size > 0 ? wspi_frame_decode(bytes, in->size, &head) : 0;
    if (head_size < 0)
        stage_die("a client's frame has a bad length");
    if (head_size == 0 || in->size - (size_t)head_size < head.payload_size)
        return -1;
    note_frame(client, &head, bytes + head_size);
    wspi_byte_buffer_consume(in, (size_t)head_size + (size_t)head.payload_size);
    return head.opcode;
}

/* -- steps ----------------------------------------------------------------- */

static progress answer(stage_client *client, const char *name)
{
    const char *form = stage_find_answer(name);
    char accept[WSPI_ACCEPT_SIZE + 1] = "";
    const char *key = wspi_http_head_value(&client->head, "Sec-WebSocket-Key");
    if (form == NULL || key == NULL || !wspi_key_accept(key, accept))
        stage_die("no answer %s", name);
    const char *place = strstr(form, "%s");
    size_t before = place != NULL ? (size_t)(place - form) : strlen(form);
    put(client, form, before);
    if (place != NULL) {
        put(client, accept, WSPI_ACCEPT_SIZE);
        put(client, place + 2, strlen(place + 2));
    }
    return STEP_DONE;
}

static progress send_head(stage_client *client, const char *detail)
{
    (void)detail;
    wspi_byte_buffer *out = &client->script->out;
    (void)answer(client, "101");
    const char *protocol = stage_target_get(&client->target, "protocol", NULL);
    size_t padding = stage_target_number(&client->target, "padding", 0);
    if (protocol == NULL && padding == 0)
        return STEP_DONE;
    char line[1100] = "";
    if (protocol != NULL)
        (void)snprintf(line, sizeof line, "Sec-WebSocket-Protocol: %s\r\n", protocol);
    out->size -= 2; /* The empty line comes later. */
    put(client, line, strlen(line));
    for (size_t i = 0; i < padding; i += 1024) {
        (void)snprintf(line, sizeof line, "X-Padding-%06lu: %01003d\r\n", (unsigned long)i, 0);
        put(client, line, strlen(line));
    }
    put(client, "\r\n", 2);
    return STEP_DONE;
}

static progress send_half(stage_client *client, const char *detail)
{
    (void)send_head(client, detail);
    client->script->out.size /= 2;
    return STEP_DONE;
}

static progress send_hex(stage_client *client, const char *detail)
{
    for (; detail[0] != '\0' && detail[1] != '\0'; detail += 2) {
        char digits[3] = {detail[0], detail[1], '\0'};
        uint8_t byte = (uint8_t)strtoul(digits, NULL, 16);
        put(client, &byte, 1);
    }
    return STEP_DONE;
}

static progress send_close(stage_client *client, const char *detail)
{
    uint8_t code[2];
    wspi_store_u16(code, (uint16_t)strtoul(detail, NULL, 10));
    put_frame(client, true, WSPI_OPCODE_CLOSE, code, detail[0] != '\0' ? 2 : 0);
    return STEP_DONE;
}

static progress send_text(stage_client *client, const char *detail)
{
    put_frame(client, true, WSPI_OPCODE_TEXT, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_binary(stage_client *client, const char *detail)
{
    put_frame(client, true, WSPI_OPCODE_BINARY, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_ping(stage_client *client, const char *detail)
{
    put_frame(client, true, WSPI_OPCODE_PING, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_pong(stage_client *client, const char *detail)
{
    put_frame(client, true, WSPI_OPCODE_PONG, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_first_part(stage_client *client, const char *detail)
{
    put_frame(client, false, WSPI_OPCODE_TEXT, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_more(stage_client *client, const char *detail)
{
    put_frame(client, false, WSPI_OPCODE_CONTINUATION, detail, strlen(detail));
    return STEP_DONE;
}

static progress send_last_part(stage_client *client, const char *detail)
{
    put_frame(client, true, WSPI_OPCODE_CONTINUATION, detail, strlen(detail));
    return STEP_DONE;
}

/* Two numbers, "N:S". */
static size_t read_numbers(const char *detail, size_t *out_second)
{
    char *end = NULL;
    size_t first = strtoul(detail, &end, 10);
    *out_second = *end == ':' ? strtoul(end + 1, NULL, 10) : 0;
    return first;
}

static progress send_fragments(stage_client *client, const char *detail)
{
    size_t step = 0;
    size_t size = read_numbers(detail, &step);
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL || step == 0)
        stage_die("bad fragments");
    payload_fill(bytes, size, 0);
    for (size_t at = 0; at < size; at += step)
        put_frame(client, at + step >= size, at == 0 ? WSPI_OPCODE_BINARY : WSPI_OPCODE_CONTINUATION,
                  bytes + at, wspi_min(step, size - at));
    free(bytes);
    return STEP_DONE;
}

static progress send_data(stage_client *client, const char *detail)
{
    size_t size = 0;
    size_t count = read_numbers(detail, &size);
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        stage_die("out of memory");
    for (size_t i = 0; i < count; i++) {
        payload_fill(bytes, size, (unsigned)i);
        put_frame(client, true, WSPI_OPCODE_BINARY, bytes, size);
    }
    free(bytes);
    return STEP_DONE;
}

static progress wait_for_frame(stage_client *client, bool is_close_wanted)
{
    int opcode = read_frame(client);
    while (opcode >= 0) {
        bool is_data = opcode <= WSPI_OPCODE_BINARY;
        if (is_close_wanted ? opcode == WSPI_OPCODE_CLOSE : is_data)
            return STEP_DONE;
        opcode = read_frame(client);
    }
    if (client->script->is_input_over)
        finish(client);
    return STEP_WAITS;
}

static progress wait_for_message(stage_client *client, const char *detail)
{
    (void)detail;
    return wait_for_frame(client, false);
}

static progress wait_for_close(stage_client *client, const char *detail)
{
    (void)detail;
    return wait_for_frame(client, true);
}

static progress touch(stage_client *client, const char *detail)
{
    (void)detail;
    if (client->script->in.size == 0)
        read_input(client, 1);
    return client->script->in.size > 0 || client->script->is_input_over ? STEP_DONE : STEP_WAITS;
}

static progress go_in_pieces(stage_client *client, const char *detail)
{
    (void)detail;
    client->script->is_in_pieces = true;
    return STEP_DONE;
}

static progress end_sending(stage_client *client, const char *detail)
{
    (void)detail;
    wspi_os_shutdown_send(client->socket);
    return STEP_DONE;
}

static progress reset(stage_client *client, const char *detail)
{
    (void)detail;
    finish(client);
    return STEP_WAITS;
}

static progress freeze(stage_client *client, const char *detail)
{
    (void)detail;
    client->script->is_frozen = true;
    return STEP_WAITS;
}

typedef struct step_kind {
    const char *name;
    progress (*play)(stage_client *client, const char *detail);
    bool is_flushed_first;
} step_kind;

static const step_kind step_kinds[] = {
    {"head", send_head, false},
    {"half", send_half, false},
    {"http", answer, false},
    {"x", send_hex, false},
    {"text", send_text, false},
    {"bin", send_binary, false},
    {"close", send_close, false},
    {"ping", send_ping, false},
    {"pong", send_pong, false},
    {"part", send_first_part, false},
    {"more", send_more, false},
    {"last", send_last_part, false},
    {"fragments", send_fragments, false},
    {"data", send_data, false},
    {"message", wait_for_message, true},
    {"closed", wait_for_close, true},
    {"touch", touch, true},
    {"pieces", go_in_pieces, false},
    {"fin", end_sending, true},
    {"reset", reset, true},
    {"freeze", freeze, true},
};

static const step_kind *find_step(const char *name)
{
    for (size_t i = 0; i < sizeof step_kinds / sizeof step_kinds[0]; i++)
        if (strcmp(step_kinds[i].name, name) == 0)
            return &step_kinds[i];
    stage_die("no step %s", name);
}

/* Copies the next step and cuts it at its colon. Answers the step's whole size. */
static size_t get_step(const stage_script *script, char name[STEP_MAX], const char **out_detail)
{
    size_t size = strcspn(script->next, ",");
    if (size >= STEP_MAX)
        stage_die("a step of %lu bytes", (unsigned long)size);
    memcpy(name, script->next, size);
    name[size] = '\0';
    char *colon = strchr(name, ':');
    if (colon != NULL)
        *colon++ = '\0';
    *out_detail = colon != NULL ? colon : "";
    return size;
}

/* Behind the script: what still comes is noted, until the client ends. */
static void play_out(stage_client *client)
{
    if (!flush(client))
        return;
    while (read_frame(client) >= 0)
        continue;
    if (client->script->is_input_over)
        finish(client);
}

void stage_script_turn(stage_client *client)
{
    stage_script *script = client->script;
    while (!client->is_done && !script->is_frozen && *script->next != '\0') {
        char name[STEP_MAX];
        const char *detail;
        size_t size = get_step(script, name, &detail);
        const step_kind *kind = find_step(name);
        if ((kind->is_flushed_first && !flush(client)) || kind->play(client, detail) == STEP_WAITS)
            return;
        script->next += size + (script->next[size] == ',');
    }
    if (!client->is_done && !script->is_frozen)
        play_out(client);
}
