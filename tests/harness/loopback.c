/* SPDX-License-Identifier: MIT */
/* See loopback.h. One pair at a time, so that the end of a case can clean up without an argument. */
#include "loopback.h"

#include "net/poller.h"

#include <stdio.h>
#include <string.h>

static const double PATIENCE_SECONDS = 10;

static loopback pair_of_case;

static void clean_up(void)
{
    wsp_peer_destroy(pair_of_case.client);
    wsp_peer_destroy(pair_of_case.server);
    wsp_tcp_server_destroy(pair_of_case.listener);
    wspi_os_close(pair_of_case.raw);
    pair_of_case = (loopback){.raw = WSPI_NO_SOCKET};
}

loopback *loopback_begin(void)
{
    loopback *pair = &pair_of_case;
    *pair = (loopback){.raw = WSPI_NO_SOCKET};
    wspi_test_at_case_end(clean_up);
    pair->listener = wsp_tcp_server_create();
    pair->client = wsp_peer_create();
    pair->server = wsp_peer_create();
    CHECK(pair->listener != NULL && pair->client != NULL && pair->server != NULL);
    CHECK_RESULT(wsp_tcp_server_listen(pair->listener, 0, "127.0.0.1"), WSP_OK);
    (void)snprintf(pair->url, sizeof pair->url, "ws://127.0.0.1:%u",
                   wsp_tcp_server_get_local_port(pair->listener));
    return pair;
}

static void accept_one(loopback *pair)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (!wsp_tcp_server_is_connection_available(pair->listener)) {
        if (wsp_now() > until)
            FAIL("no connection arrived");
        wsp_peer_poll(pair->client);
        wspi_poll_entry entry = {.socket = wsp_tcp_server_get_socket(pair->listener), .wants_read = true};
        (void)wspi_poller_wait(&entry, 1, 0.005);
    }
    wsp_stream *stream = wsp_tcp_server_take_connection(pair->listener);
    CHECK(stream != NULL);
    CHECK_RESULT(wsp_peer_accept_stream(pair->server, stream), WSP_OK);
}

void loopback_connect(loopback *pair, const char *path)
{
    char url[4096];
    (void)snprintf(url, sizeof url, "%s%s", pair->url, path);
    CHECK_RESULT(wsp_peer_connect_to_url(pair->client, url, NULL), WSP_OK);
    CHECK_INT(wsp_peer_get_ready_state(pair->client), WSP_STATE_CONNECTING);
    accept_one(pair);
}

void loopback_open(loopback *pair)
{
    loopback_connect(pair, "/");
    loopback_poll_until(pair, pair->client, WSP_STATE_OPEN);
    loopback_poll_until(pair, pair->server, WSP_STATE_OPEN);
}

void loopback_connect_raw(loopback *pair)
{
    wspi_address to = {
        .family = 4, .bytes = {127, 0, 0, 1}, .port = wsp_tcp_server_get_local_port(pair->listener)};
    int error = 0;
    wspi_io io = wspi_os_connect(&to, &pair->raw, &error);
    CHECK(io == WSPI_IO_OK || io == WSPI_IO_WAIT);
    accept_one(pair);
    wspi_poll_entry entry = {.socket = pair->raw, .wants_write = true};
    CHECK(wspi_poller_wait(&entry, 1, PATIENCE_SECONDS));
    CHECK_INT(wspi_os_connect_result(pair->raw, &error), WSPI_IO_OK);
}

void loopback_raw_send(loopback *pair, const void *bytes, size_t size)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    for (size_t done = 0; done < size;) {
        wspi_bytes piece = {(const uint8_t *)bytes + done, size - done};
        size_t sent = 0;
        int error = 0;
        if (wspi_os_send(pair->raw, &piece, 1, &sent, &error) == WSPI_IO_OK)
            done += sent;
        else
            loopback_poll(pair);
        if (wsp_now() > until)
            FAIL("the raw bytes could not be sent");
    }
}

size_t loopback_raw_read(loopback *pair, void *out, size_t size)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    size_t done = 0;
    while (done < size) {
        size_t got = 0;
        int error = 0;
        wspi_io io = wspi_os_receive(pair->raw, (uint8_t *)out + done, size - done, &got, &error);
        if (io == WSPI_IO_END || io == WSPI_IO_FAILED)
            break;
        if (io == WSPI_IO_OK)
            done += got;
        else
            loopback_poll(pair);
        if (wsp_now() > until)
            FAIL("only %zu of %zu raw bytes came", done, size);
    }
    return done;
}

void loopback_raw_open(loopback *pair)
{
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    loopback_connect_raw(pair);
    loopback_raw_send(pair, request, sizeof request - 1);
    loopback_poll_until(pair, pair->server, WSP_STATE_OPEN);
    char head[512];
    size_t size = 0;
    do {
        CHECK(size < sizeof head - 1 && loopback_raw_read(pair, head + size, 1) == 1);
        size++;
    } while (size < 4 || memcmp(head + size - 4, "\r\n\r\n", 4) != 0);
}

void loopback_poll(loopback *pair)
{
    wsp_peer_poll(pair->client);
    wsp_peer_poll(pair->server);
    wspi_poll_entry entries[3];
    size_t count = 0;
    wsp_peer *peers[2] = {pair->client, pair->server};
    for (int i = 0; i < 2; i++) {
        intptr_t socket = wsp_peer_get_socket(peers[i]);
        if (socket != WSPI_NO_SOCKET)
            entries[count++] = (wspi_poll_entry){
                .socket = socket, .wants_read = true, .wants_write = wsp_peer_wants_write(peers[i])};
    }
    if (pair->raw != WSPI_NO_SOCKET)
        entries[count++] = (wspi_poll_entry){.socket = pair->raw, .wants_read = true};
    (void)wspi_poller_wait(entries, count, 0.005);
}

void loopback_poll_until(loopback *pair, wsp_peer *peer, wsp_state state)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (wsp_peer_get_ready_state(peer) != state) {
        if (wsp_now() > until)
            FAIL("state %d did not come, it is %d, error %s", (int)state, (int)wsp_peer_get_ready_state(peer),
                 wsp_peer_get_error_message(peer));
        loopback_poll(pair);
    }
}

void loopback_poll_packets(loopback *pair, wsp_peer *peer, size_t count)
{
    double until = wsp_now() + PATIENCE_SECONDS;
    while (wsp_peer_get_available_packet_count(peer) < count) {
        if (wsp_now() > until)
            FAIL("%zu packets did not come, only %zu", count, wsp_peer_get_available_packet_count(peer));
        loopback_poll(pair);
    }
}

void loopback_check_text(wsp_peer *peer, const char *text, size_t size)
{
    size_t packet_size = 0;
    const uint8_t *packet = wsp_peer_get_packet(peer, &packet_size);
    CHECK(packet != NULL);
    CHECK_BYTES(packet, packet_size, text, size);
    CHECK_INT(packet[packet_size], 0);
    CHECK_BOOL(wsp_peer_was_string_packet(peer), true);
}
