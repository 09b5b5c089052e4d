/* SPDX-License-Identifier: MIT */
/* What the programs over the fake WebSocket share: a peer per case, its allocator and its log. */

#include "glue_fake.h"

#include "js_imports.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- counted calls ---------------------------------------------------------- */

int pull_calls;
int other_calls;

double __real_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status);
double __wrap_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status);
double __real_wspi_js_send(int id, double data, double size, int is_text);
double __wrap_wspi_js_send(int id, double data, double size, int is_text);
void __real_wspi_js_close(int id, int code, double reason, double size);
void __wrap_wspi_js_close(int id, int code, double reason, double size);

double __wrap_wspi_js_pull(int id, double area, double capacity, double room_bytes, double room_packets,
                           double status)
{
    pull_calls++;
    return __real_wspi_js_pull(id, area, capacity, room_bytes, room_packets, status);
}

double __wrap_wspi_js_send(int id, double data, double size, int is_text)
{
    other_calls++;
    return __real_wspi_js_send(id, data, size, is_text);
}

void __wrap_wspi_js_close(int id, int code, double reason, double size)
{
    other_calls++;
    __real_wspi_js_close(id, code, reason, size);
}

int poll_and_count(void)
{
    pull_calls = other_calls = 0;
    wsp_peer_poll(peer);
    return pull_calls + other_calls;
}

/* -- a peer per case --------------------------------------------------------- */

wsp_peer *peer;
size_t live_bytes;
bool fail_large;
char log_text[512];
int log_lines;

static void on_log(wsp_log_level level, const char *message, void *user)
{
    (void)level;
    (void)user;
    snprintf(log_text, sizeof log_text, "%s", message);
    log_lines++;
}

/* Counts what is alive; while told so it has nothing above 4 KiB to give. */
static void *reallocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (fail_large && new_size > 4096)
        return NULL;
    live_bytes += new_size - old_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

static void clean_up(void)
{
    fail_large = false;
    wsp_peer_destroy(peer);
    peer = NULL;
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

void create_peer(void)
{
    probe_install(FAKE);
    log_lines = 0;
    wsp_set_log_handler(on_log, WSP_LOG_WARNING, NULL);
    peer = wsp_peer_create();
    CHECK(peer != NULL);
    wspi_test_at_case_end(clean_up);
}

void connect_peer(void)
{
    CHECK_INT(wsp_peer_connect_to_url(peer, "ws://game.test/play?x=1", NULL), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CONNECTING);
}

void open_peer(void)
{
    connect_peer();
    probe_open("", 0);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CONNECTING);
    wsp_peer_poll(peer);
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_OPEN);
}

void create_open_peer(void)
{
    create_peer();
    open_peer();
}

void receive(const void *wanted, size_t size, bool is_text)
{
    size_t seen_size = 0;
    const uint8_t *seen = wsp_peer_get_packet(peer, &seen_size);
    CHECK(seen != NULL);
    CHECK_BYTES(seen, seen_size, wanted, size);
    CHECK_BOOL(wsp_peer_was_string_packet(peer), is_text);
}

void fire_text(const char *text)
{
    probe_message(text, strlen(text), 1);
}

const char *get_text(int what)
{
    static char text[1024];
    int size = probe_get(what, text, sizeof text - 1);
    CHECK(size >= 0 && (size_t)size < sizeof text);
    text[size] = '\0';
    return text;
}

const char *get_closes(void)
{
    return get_text(1);
}

void create_limited_peer(size_t bytes, size_t packets)
{
    create_peer();
    CHECK_INT(wsp_peer_set_inbound_buffer_size(peer, bytes), WSP_OK);
    CHECK_INT(wsp_peer_set_max_queued_packets(peer, packets), WSP_OK);
    open_peer();
}

void nothing_leaks(void)
{
    CHECK_SIZE(live_bytes, 0);
    CHECK_INT(probe_links(), 0);
}

int run_fake_cases(const wspi_test_case *cases, size_t count, int argc, char **argv)
{
    static const wsp_allocator counting = {reallocate, NULL};
    if (wsp_set_allocator(&counting) != WSP_OK)
        return 1;
    return wspi_test_main(cases, count, argc, argv);
}
