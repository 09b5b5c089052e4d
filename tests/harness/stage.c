/* SPDX-License-Identifier: MIT */
/*
 * The stage's connections from accept to end: reads each request, decides by
 * its path who plays the rest, and knows what to wait for. Uses os.h and
 * poller.h only, so it runs on the virtual network as on the real one.
 */
#include "http_token.h"
#include "memory.h"
#include "net/poller.h"
#include "stage_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_MAX = 16384, WATCH_MAX = 64, LISTENERS = 2 };

struct stage {
    wspi_socket listeners[LISTENERS]; /* IPv4 and IPv6 */
    uint16_t port;
    stage_client *clients;
    stage_log *logs;
};

void stage_die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("stage: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\n", stderr);
    va_end(arguments);
    abort();
}

/* -- life ------------------------------------------------------------------ */

static wsp_result listen_on(stage *of, unsigned family, uint16_t port)
{
    static const uint8_t loopback[2][16] = {{127, 0, 0, 1}, {[15] = 1}};
    wspi_listen_address at = {.reuse_port = false};
    wspi_address_set(&at.address, family, loopback[family == 6], port);
    int error = 0;
    return wspi_os_listen(&at, &of->listeners[family == 6], &of->port, &error);
}

stage *stage_create(int port)
{
    stage *of = calloc(1, sizeof *of);
    if (of == NULL)
        stage_die("out of memory");
    /* A free port may be taken on the IPv6 side. */
    for (int attempt = 0; attempt < 10; attempt++) {
        of->listeners[0] = of->listeners[1] = WSPI_NO_SOCKET;
        if (listen_on(of, 4, (uint16_t)port) != WSP_OK)
            stage_die("cannot listen on port %d", port);
        if (listen_on(of, 6, of->port) != WSP_ERR_ADDRESS_IN_USE || port != 0)
            return of;
        wspi_os_close(of->listeners[0]);
    }
    stage_die("no port is free on both addresses");
}

static void destroy_client(stage_client *client)
{
    stage_script_end(client);
    stage_play_end(client);
    wspi_os_close(client->socket);
    wspi_http_head_release(&client->head);
    if (client->log != NULL)
        client->log->is_over = true;
    free(client->request);
    free(client);
}

void stage_destroy(stage *of)
{
    if (of == NULL)
        return;
    while (of->clients != NULL) {
        stage_client *client = of->clients;
        of->clients = client->next;
        destroy_client(client);
    }
    while (of->logs != NULL) {
        stage_log *log = of->logs;
        of->logs = log->next;
        stage_log_destroy(log);
    }
    wspi_os_close(of->listeners[0]);
    wspi_os_close(of->listeners[1]);
    free(of);
}

unsigned stage_get_port(const stage *of)
{
    return of->port;
}

bool stage_has_ipv6(const stage *of)
{
    return of->listeners[1] != WSPI_NO_SOCKET;
}

stage_log *stage_find_log(stage *of, const char *key)
{
    for (stage_log *log = of->logs; log != NULL; log = log->next)
        if (strcmp(log->key, key) == 0)
            return log;
    return NULL;
}

/* -- requests -------------------------------------------------------------- */

static void note_request(stage_client *client, const char *target)
{
    const char *key = stage_target_get(&client->target, "key", NULL);
    if (key == NULL)
        return;
    client->log = stage_log_create(key);
    client->log->next = client->stage->logs;
    client->stage->logs = client->log;
    if (strncmp(target, "/target", 7) == 0)
        stage_log_add(client->log, "target %.*s", (int)(strstr(target, "key=") - target - 1), target);
    char *offered = wspi_http_head_join(&client->head, "Sec-WebSocket-Protocol");
    size_t offset = 0;
    wspi_bytes protocol;
    while (offered != NULL && wspi_http_next_element(offered, strlen(offered), &offset, &protocol))
        stage_log_add(client->log, "offered %.*s", (int)protocol.size, (const char *)protocol.data);
    wspi_string_free(offered);
}

/* The request is there but for its last byte, which is still in the socket: closing then is a reset. */
static void begin_play(stage_client *client)
{
    size_t consumed = 0;
    wspi_http_head_feed(&client->head, (const uint8_t *)client->request, client->request_size, &consumed);
    if (wspi_http_head_feed(&client->head, (const uint8_t *)"\n", 1, &consumed) != WSPI_HTTP_STATE_DONE) {
        client->is_done = true;
        return;
    }
    const char *target = wspi_http_head_string(&client->head, client->head.target);
    stage_target_read(&client->target, target);
    note_request(client, target);
    if (strcmp(client->target.text, "/script") == 0)
        stage_script_begin(client);
    else
        stage_play_begin(client);
}

static void read_request(stage_client *client)
{
    while (client->script == NULL && client->play == NULL && !client->is_done) {
        size_t size = 0;
        int error = 0;
        char *to = client->request + client->request_size;
        wspi_io io = wspi_os_receive(client->socket, to, 1, &size, &error);
        if (io == WSPI_IO_WAIT)
            return;
        client->request_size += size;
        client->is_done = io != WSPI_IO_OK || client->request_size == REQUEST_MAX;
        if (client->request_size > 2 && memcmp(to - 2, "\r\n\r", 3) == 0)
            begin_play(client);
    }
}

static void accept_clients(stage *of, wspi_socket listener)
{
    wspi_socket socket = WSPI_NO_SOCKET;
    wspi_address from;
    int error = 0;
    while (wspi_os_accept(listener, &socket, &from, &error) == WSPI_IO_OK) {
        stage_client *client = calloc(1, sizeof *client);
        char *request = malloc(REQUEST_MAX);
        if (client == NULL || request == NULL)
            stage_die("out of memory");
        client->stage = of;
        client->socket = socket;
        client->request = request;
        client->wake = STAGE_NEVER;
        wspi_http_head_init(&client->head, WSPI_HTTP_REQUEST);
        client->next = of->clients;
        of->clients = client;
    }
}

/* -- turns ----------------------------------------------------------------- */

static void take_turn(stage_client *client)
{
    client->wake = STAGE_NEVER;
    read_request(client);
    if (client->script != NULL)
        stage_script_turn(client);
    if (client->play != NULL)
        stage_play_turn(client);
}

void stage_poll(stage *of)
{
    for (int i = 0; i < LISTENERS; i++)
        if (of->listeners[i] != WSPI_NO_SOCKET)
            accept_clients(of, of->listeners[i]);
    for (stage_client **at = &of->clients; *at != NULL;) {
        stage_client *client = *at;
        take_turn(client);
        if (client->is_done) {
            *at = client->next;
            destroy_client(client);
        } else {
            at = &client->next;
        }
    }
}

/* -- waiting --------------------------------------------------------------- */

static wspi_poll_entry get_entry(const stage_client *client)
{
    wspi_poll_entry entry = {.socket = client->socket};
    if (client->play != NULL) {
        const wsp_peer *peer = client->play->peer;
        entry.socket = wsp_peer_get_socket(peer);
        /* While a message waits for room to go back, nothing more is wanted. */
        entry.wants_read = wsp_peer_get_available_packet_count(peer) == 0;
        entry.wants_write = wsp_peer_wants_write(peer);
    } else {
        entry.wants_read = client->script == NULL || !client->script->is_frozen;
        entry.wants_write = stage_script_wants_write(client);
    }
    return entry;
}

void stage_wait(stage *of, const stage_watch *others, size_t count, double seconds)
{
    wspi_poll_entry entries[WATCH_MAX];
    size_t used = 0;
    double now = wsp_now();
    for (; used < count && used < WATCH_MAX; used++)
        entries[used] = (wspi_poll_entry){.socket = others[used].socket,
                                          .wants_read = others[used].wants_read,
                                          .wants_write = others[used].wants_write};
    for (int i = 0; i < LISTENERS && used < WATCH_MAX; i++)
        if (of->listeners[i] != WSPI_NO_SOCKET)
            entries[used++] = (wspi_poll_entry){.socket = of->listeners[i], .wants_read = true};
    for (const stage_client *client = of->clients; client != NULL && used < WATCH_MAX;
         client = client->next) {
        wspi_poll_entry entry = get_entry(client);
        if (entry.socket != WSPI_NO_SOCKET && (entry.wants_read || entry.wants_write))
            entries[used++] = entry;
        if (client->wake >= 0 && client->wake - now < seconds)
            seconds = client->wake > now ? client->wake - now : 0;
    }
    (void)wspi_poller_wait(entries, used, seconds);
}
