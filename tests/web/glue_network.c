/* SPDX-License-Identifier: MIT */
/*
 * The web backend in a real browser (or Node) against glue_server.mjs, whose URL the macro GLUE_URL names.
 * One source for every way to link: a case is a function that is called once per turn and goes on where it
 * waited, so the same cases run from a timer on the main thread and, with GLUE_BLOCKING, in a loop that never
 * returns to the browser. Prints `ok NAME` or `not ok NAME: why` per case, then `done`.
 */

#include "wspeer.h"

#include <emscripten/html5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- cases that wait ----------------------------------------------------------- */

typedef enum progress { WAITING, FINISHED } progress;

/* Where a case stands. Its local variables do not survive a wait; these do. */
static struct {
    int line;
    size_t i;
    double started;
    char why[256];
} state;

#define CASE_BEGIN        \
    switch (state.line) { \
    default:

#define CASE_END \
    }            \
    return FINISHED;

#define WAIT_FOR(condition)                \
    do {                                   \
        state.line = __LINE__;             \
        __attribute__((fallthrough));      \
    case __LINE__:                         \
        if (!(condition)) {                \
            set_why(__LINE__, #condition); \
            return WAITING;                \
        }                                  \
        state.why[0] = '\0';               \
    } while (0)

#define EXPECT(condition)                  \
    do {                                   \
        if (!(condition)) {                \
            set_why(__LINE__, #condition); \
            return FINISHED;               \
        }                                  \
    } while (0)

static wsp_peer *peer;
static wsp_peer *helper;

static void set_why(int line, const char *condition)
{
    snprintf(state.why, sizeof state.why, "line %d: %s; state %d, error %s, close code %d, i %zu", line,
             condition, peer == NULL ? -1 : (int)wsp_peer_get_ready_state(peer),
             wsp_result_string(wsp_peer_get_error(peer)), wsp_peer_get_close_code(peer), state.i);
}

/* -- helpers --------------------------------------------------------------------- */

static bool is_open(const wsp_peer *of)
{
    return wsp_peer_get_ready_state(of) == WSP_STATE_OPEN;
}

static bool is_closed(const wsp_peer *of)
{
    return wsp_peer_get_ready_state(of) == WSP_STATE_CLOSED;
}

static bool connect_to(wsp_peer *of, const char *path)
{
    char url[256];
    snprintf(url, sizeof url, "%s%s", GLUE_URL, path);
    return wsp_peer_connect_to_url(of, url, NULL) == WSP_OK;
}

/* A key of the server's for this run: several runs share it. */
static bool connect_with_key(wsp_peer *of, const char *path, int key)
{
    static uint32_t run;
    if (run == 0)
        run = wsp_random() | 1;
    char text[128];
    snprintf(text, sizeof text, "%skey=%u-%d", path, (unsigned)run, key);
    return connect_to(of, text);
}

static bool has_packet(const wsp_peer *of)
{
    return wsp_peer_get_available_packet_count(of) > 0;
}

static bool next_packet_is(wsp_peer *of, const void *bytes, size_t size)
{
    size_t seen_size = 0;
    const uint8_t *seen = wsp_peer_get_packet(of, &seen_size);
    return seen != NULL && seen_size == size && (size == 0 || memcmp(seen, bytes, size) == 0) &&
           seen[size] == 0;
}

/* -- echoes ----------------------------------------------------------------------- */

typedef struct sample {
    const char *unit; /* repeated */
    size_t size;
    bool is_text;
} sample;

static const sample samples[] = {
    {"Test packet", 11, true},
    {"", 0, true},
    {"", 0, false},
    {"\0 in the middle\0", 16, true},
    {"\xef\xbb\xbfwith a BOM", 13, true},
    {"\xf0\x9f\x8e\xae and \xc3\xa4\xe2\x82\xac", 14, true},
    {"\xf0\x9f\x8e\xae", 400, true},
    {"x", 1, true},
    {"x", 47, true},
    {"x", 48, true},
    {"x", 125, true},
    {"y", 126, true},
    {"y", 199, true},
    {"y", 200, true},
    {"z", 65535, true},
    {"z", 65536, true},
    {"\xe2\x82\xac", 300000, true},
    {"t", 1048576, true},
    {"\x00\xff\x80\x0d", 4, false},
    {"\x00\xff\x80\x0d", 1, false},
    {"\x00\xff\x80\x0d", 125, false},
    {"\x01\xff\x80\x0d", 126, false},
    {"\x02\xff\x80\x0d", 65535, false},
    {"\x03\xff\x80\x0d", 65536, false},
    {"\x04\xff\x80\x0d", 1048576, false},
};

enum { SAMPLE_COUNT = sizeof samples / sizeof samples[0], SAMPLE_MAX = 1048576 };

static uint8_t *fill_sample(const sample *wanted)
{
    static uint8_t *bytes;
    if (bytes == NULL)
        bytes = malloc(SAMPLE_MAX);
    size_t width = wanted->is_text ? strlen(wanted->unit) : 4;
    for (size_t i = 0; i < wanted->size; i++)
        bytes[i] = (uint8_t)wanted->unit[width == 0 ? i : i % width];
    return bytes;
}

static progress echoes_samples(void)
{
    CASE_BEGIN
    EXPECT(connect_to(peer, "/echo"));
    WAIT_FOR(is_open(peer));
    for (state.i = 0; state.i < SAMPLE_COUNT; state.i++) {
        const sample *sent = &samples[state.i];
        uint8_t *bytes = fill_sample(sent);
        EXPECT(wsp_peer_send(peer, bytes, sent->size,
                             sent->is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY) == WSP_OK);
        memset(bytes, 0xee, sent->size); /* send has copied it */
        WAIT_FOR(has_packet(peer));
        EXPECT(next_packet_is(peer, fill_sample(&samples[state.i]), samples[state.i].size));
        EXPECT(wsp_peer_was_string_packet(peer) == samples[state.i].is_text);
    }
    EXPECT(wsp_peer_close(peer, WSP_CLOSE_NORMAL, "done") == WSP_OK);
    WAIT_FOR(is_closed(peer));
    EXPECT(wsp_peer_get_close_code(peer) == WSP_CLOSE_NORMAL && wsp_peer_get_error(peer) == WSP_OK);
    EXPECT(strcmp(wsp_peer_get_close_reason(peer), "done") == 0);
    CASE_END
}

#ifdef GLUE_GROWS
static void *volatile grown; /* volatile: compilers leave out an allocation that nobody looks at */

/* Growth replaces every view of memory: between receiving and reading, and between two polls. */
static progress survives_memory_growth(void)
{
    CASE_BEGIN
    EXPECT(connect_to(peer, "/echo"));
    WAIT_FOR(is_open(peer));
    for (state.i = 0; state.i < 3; state.i++) {
        EXPECT(wsp_peer_send_text(peer, "before it grows") == WSP_OK);
        WAIT_FOR(has_packet(peer));
        size_t pages = __builtin_wasm_memory_size(0);
        grown = malloc(pages * 65536);
        EXPECT(grown != NULL && __builtin_wasm_memory_size(0) > pages);
        EXPECT(next_packet_is(peer, "before it grows", 15));
        EXPECT(wsp_peer_send_text(peer, "after it grew") == WSP_OK);
        free(grown);
        WAIT_FOR(has_packet(peer));
        EXPECT(next_packet_is(peer, "after it grew", 13));
    }
    CASE_END
}
#endif

#ifdef GLUE_HIGH
/* Addresses above 2 GiB have the sign bit set. */
static progress works_above_2_gib(void)
{
    CASE_BEGIN
    EXPECT((uintptr_t)fill_sample(&samples[0]) > 0x80000000u);
    EXPECT(connect_to(peer, "/echo"));
    WAIT_FOR(is_open(peer));
    EXPECT(wsp_peer_send_text(peer, "up here") == WSP_OK);
    WAIT_FOR(has_packet(peer));
    EXPECT((uintptr_t)wsp_peer_get_packet(peer, NULL) > 0x80000000u);
    CASE_END
}
#endif

#ifdef GLUE_BLOCKING
static double slept;

/* On a pthread poll_wait sleeps; an event of the main thread ends its sleep. */
static progress sleeps_until_an_event(void)
{
    CASE_BEGIN
    EXPECT(connect_to(peer, "/echo"));
    slept = wsp_now();
    while (!is_open(peer) && wsp_now() - slept < 10)
        EXPECT(wsp_peer_poll_wait(peer, 10));
    EXPECT(is_open(peer));
    slept = wsp_now();
    EXPECT(!wsp_peer_poll_wait(peer, 0.25));
    slept = wsp_now() - slept;
    EXPECT(slept > 0.24 && slept < 5);
    EXPECT(wsp_peer_send_text(peer, "wake up") == WSP_OK);
    slept = wsp_now();
    while (!has_packet(peer) && wsp_now() - slept < 10)
        wsp_peer_poll_wait(peer, 10);
    EXPECT(wsp_now() - slept < 5);
    EXPECT(next_packet_is(peer, "wake up", 7));
    CASE_END
}
#endif

/* -- order and limits ------------------------------------------------------------- */

enum { FLOOD_COUNT = 2000, FLOOD_SIZE = 30 };

static bool next_number_is(uint32_t wanted, size_t wanted_size)
{
    size_t size = 0;
    uint32_t number = 0;
    const uint8_t *seen = wsp_peer_get_packet(peer, &size);
    if (seen != NULL && size == wanted_size)
        memcpy(&number, seen, sizeof number);
    return seen != NULL && size == wanted_size && number == wanted;
}

static progress keeps_what_came_before_the_close(void)
{
    CASE_BEGIN
    EXPECT(connect_to(peer, "/flood?count=2000&size=30&code=4000"));
    WAIT_FOR(is_closed(peer));
    EXPECT(wsp_peer_get_close_code(peer) == 4000 && strcmp(wsp_peer_get_close_reason(peer), "flooded") == 0);
    EXPECT(wsp_peer_get_available_packet_count(peer) == FLOOD_COUNT);
    for (state.i = 0; state.i < FLOOD_COUNT; state.i++)
        EXPECT(next_number_is((uint32_t)state.i, FLOOD_SIZE));
    CASE_END
}

static progress fails_when_the_inbound_queue_is_full(void)
{
    CASE_BEGIN
    wsp_peer_set_inbound_buffer_size(peer, 1000);
    EXPECT(connect_with_key(peer, "/flood?count=20&size=400&", 1));
    WAIT_FOR(is_closed(peer));
    EXPECT(wsp_peer_get_error(peer) == WSP_ERR_INBOUND_OVERFLOW && wsp_peer_get_close_code(peer) == -1);
    EXPECT(wsp_peer_get_available_packet_count(peer) >= 2 && wsp_peer_get_available_packet_count(peer) <= 4);
    for (state.i = 0; has_packet(peer); state.i++)
        EXPECT(next_number_is((uint32_t)state.i, 400));
    EXPECT(connect_with_key(helper, "/report?", 1));
    WAIT_FOR(has_packet(helper));
    EXPECT(next_packet_is(helper, "4009 ", 5));
    CASE_END
}

static progress buffers_what_a_server_does_not_read(void)
{
    CASE_BEGIN
    wsp_peer_set_outbound_buffer_size(peer, 40u << 20);
    EXPECT(connect_with_key(peer, "/stall?", 2));
    WAIT_FOR(is_open(peer));
    for (state.i = 0; state.i < 38; state.i++)
        EXPECT(wsp_peer_send(peer, fill_sample(&samples[SAMPLE_COUNT - 1]), SAMPLE_MAX,
                             WSP_WRITE_MODE_BINARY) == WSP_OK);
    EXPECT(wsp_peer_get_current_outbound_buffered_amount(peer) > SAMPLE_MAX);
    while (wsp_peer_send(peer, fill_sample(&samples[SAMPLE_COUNT - 1]), SAMPLE_MAX, WSP_WRITE_MODE_BINARY) ==
           WSP_OK)
        EXPECT(++state.i < 100);
    EXPECT(is_open(peer));
    EXPECT(connect_with_key(helper, "/resume?", 2));
    WAIT_FOR(wsp_peer_get_current_outbound_buffered_amount(peer) == 0);
    EXPECT(is_open(peer));
    CASE_END
}

/* -- opening and closing ------------------------------------------------------------ */

static const char *const protocols[] = {"chat.v2", "chat.v1"};

static progress agrees_on_a_protocol(void)
{
    CASE_BEGIN
    EXPECT(wsp_peer_set_supported_protocols(peer, protocols, 2) == WSP_OK);
    EXPECT(connect_to(peer, "/echo"));
    WAIT_FOR(is_open(peer));
    EXPECT(strcmp(wsp_peer_get_selected_protocol(peer), "chat.v1") == 0);
    EXPECT(wsp_peer_set_supported_protocols(helper, protocols, 2) == WSP_OK);
    EXPECT(connect_to(helper, "/no-protocol"));
    WAIT_FOR(is_closed(helper));
    EXPECT(wsp_peer_get_error(helper) == WSP_ERR_CANT_CONNECT);
    CASE_END
}

static progress cannot_open_a_refused_connection(void)
{
    CASE_BEGIN
    EXPECT(connect_to(peer, "/refuse"));
    EXPECT(wsp_peer_connect_to_url(helper, "ws://127.0.0.1:9/", NULL) == WSP_OK);
    WAIT_FOR(is_closed(peer) && is_closed(helper));
    EXPECT(wsp_peer_get_error(peer) == WSP_ERR_CANT_CONNECT && wsp_peer_get_close_code(peer) == -1);
    EXPECT(wsp_peer_get_error(helper) == WSP_ERR_CANT_CONNECT);
    EXPECT(strlen(wsp_peer_get_error_message(helper)) > 0);
    CASE_END
}

static const struct {
    const char *path;
    int code;
    const char *reason;
    wsp_result error;
} server_closes[] = {
    {"/close?code=1000&reason=bye", 1000, "bye", WSP_OK},
    {"/close?code=1001", 1001, "", WSP_OK},
    {"/close?code=1011&reason=%E2%82%AC", 1011, "\xe2\x82\xac", WSP_OK},
    {"/close?code=4999&reason=last", 4999, "last", WSP_OK},
    {"/close?code=0", WSP_CLOSE_NO_STATUS, "", WSP_OK},
    {"/close?code=-1", -1, "", WSP_ERR_CONNECTION_LOST},
};

static progress hears_how_the_server_closes(void)
{
    CASE_BEGIN
    for (state.i = 0; state.i < sizeof server_closes / sizeof server_closes[0]; state.i++) {
        EXPECT(connect_to(peer, server_closes[state.i].path));
        WAIT_FOR(is_closed(peer));
        EXPECT(wsp_peer_get_error(peer) == server_closes[state.i].error);
        EXPECT(wsp_peer_get_close_code(peer) == server_closes[state.i].code);
        EXPECT(strcmp(wsp_peer_get_close_reason(peer), server_closes[state.i].reason) == 0);
    }
    CASE_END
}

static const struct {
    int code;
    const char *reason;
    const char *report;
    int answer;
} own_closes[] = {
    {0, NULL, "1005 ", WSP_CLOSE_NO_STATUS},   {1000, "bye", "1000 bye", 1000},
    {1001, "leaving", "1000 leaving", 1000},   {1011, "", "1000 ", 1000},
    {3000, "\xc3\xa4", "3000 \xc3\xa4", 3000}, {4999, "", "4999 ", 4999},
};

static progress closes_with_every_code(void)
{
    CASE_BEGIN
    for (state.i = 0; state.i < sizeof own_closes / sizeof own_closes[0]; state.i++) {
        EXPECT(connect_with_key(peer, "/echo?", 10 + (int)state.i));
        WAIT_FOR(is_open(peer));
        EXPECT(wsp_peer_close(peer, own_closes[state.i].code, own_closes[state.i].reason) == WSP_OK);
        WAIT_FOR(is_closed(peer));
        EXPECT(wsp_peer_get_error(peer) == WSP_OK);
        EXPECT(wsp_peer_get_close_code(peer) == own_closes[state.i].answer);
        EXPECT(connect_with_key(helper, "/report?", 10 + (int)state.i));
        WAIT_FOR(has_packet(helper));
        EXPECT(next_packet_is(helper, own_closes[state.i].report, strlen(own_closes[state.i].report)));
        EXPECT(wsp_peer_close(helper, -1, NULL) == WSP_OK);
    }
    CASE_END
}

/* What a dropped connection still has under way reaches nobody, whatever took its place. */
static progress forgets_dropped_connections(void)
{
    CASE_BEGIN
    for (state.i = 0; state.i < 6; state.i++) {
        EXPECT(connect_to(peer, "/flood?count=50&size=1000"));
        if (state.i % 2 == 0)
            WAIT_FOR(is_open(peer));
        wsp_peer_destroy(peer);
        peer = wsp_peer_create();
    }
    EXPECT(connect_to(peer, "/echo"));
    WAIT_FOR(is_open(peer));
    EXPECT(wsp_peer_send_text(peer, "still here") == WSP_OK);
    WAIT_FOR(has_packet(peer));
    EXPECT(next_packet_is(peer, "still here", 10));
    CASE_END
}

/* -- running them ------------------------------------------------------------------- */

static const struct {
    const char *name;
    progress (*run)(void);
} cases[] = {
#ifdef GLUE_GROWS
    {"survives_memory_growth", survives_memory_growth},
#endif
#ifdef GLUE_HIGH
    {"works_above_2_gib", works_above_2_gib},
#endif
#ifdef GLUE_BLOCKING
    {"sleeps_until_an_event", sleeps_until_an_event},
#endif
    {"echoes_samples", echoes_samples},
    {"keeps_what_came_before_the_close", keeps_what_came_before_the_close},
    {"fails_when_the_inbound_queue_is_full", fails_when_the_inbound_queue_is_full},
    {"buffers_what_a_server_does_not_read", buffers_what_a_server_does_not_read},
    {"agrees_on_a_protocol", agrees_on_a_protocol},
    {"cannot_open_a_refused_connection", cannot_open_a_refused_connection},
    {"hears_how_the_server_closes", hears_how_the_server_closes},
    {"closes_with_every_code", closes_with_every_code},
    {"forgets_dropped_connections", forgets_dropped_connections},
};

static size_t current_case;

static void end_case(void)
{
    if (state.why[0] == '\0')
        printf("ok %s\n", cases[current_case].name);
    else
        printf("not ok %s: %s\n", cases[current_case].name, state.why);
    fflush(stdout);
    wsp_peer_destroy(peer);
    wsp_peer_destroy(helper);
    peer = helper = NULL;
    current_case++;
}

/* false when all cases are over. */
static bool turn(void)
{
    if (peer == NULL) {
        memset(&state, 0, sizeof state);
        state.started = wsp_now();
        peer = wsp_peer_create();
        helper = wsp_peer_create();
    }
    wsp_peer_poll(peer);
    wsp_peer_poll(helper);
    if (cases[current_case].run() == FINISHED || wsp_now() - state.started > 30)
        end_case();
    if (current_case < sizeof cases / sizeof cases[0])
        return true;
    puts("done");
    fflush(stdout);
    return false;
}

#ifndef GLUE_BLOCKING
static void on_timer(void *user)
{
    if (turn())
        emscripten_set_timeout(on_timer, 1, user);
}
#endif

int main(void)
{
#ifdef GLUE_HIGH
    for (char *block = NULL; (uintptr_t)block < 0x80000000u;) {
        block = malloc(200u << 20);
        if (block == NULL)
            return 1;
    }
#endif
#ifdef GLUE_BLOCKING
    while (turn())
        wsp_peer_poll_wait(peer, 0.02);
#else
    emscripten_set_timeout(on_timer, 0, NULL);
#endif
    return 0;
}
