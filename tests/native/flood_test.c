/* SPDX-License-Identifier: MIT */
/*
 * A connection whose other side never stops sending: no turn of it ever reads until nothing is left. What
 * comes behind both close frames, or behind a failure, is ignored, so it must not hold the end back either.
 */
#include "loopback.h"
#include "memory_stream.h"
#include "tls_pair.h"
#include "wspeer.h"

#include <string.h>

#define CLOSE_SECONDS 0.05

/* More than one turn reads, so that every turn ends with its budget and not with the bytes. */
enum { INBOUND_SIZE = 1000, FLOOD = 2 * 1024 * 1024 };

static const char request[] =
    "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static const char close_frame[] = "\x88\x82\0\0\0\0\x03\xe8";
static const char unknown_opcode[] = "\x83\x80\0\0\0\0";

static void write_all(memory_stream_pair *pair, const void *bytes, size_t size)
{
    wspi_bytes piece = {bytes, size};
    size_t written = 0;
    CHECK(wspi_stream_write(memory_stream_get(pair, 1), &piece, 1, &written) == WSPI_IO_OK);
    CHECK_INT(written, size);
}

/* A server's peer gets the bytes, and then more than it can read in each of its turns. */
static void expect_end(const char *bytes, size_t size, wsp_result error, int close_code)
{
    static uint8_t flood[FLOOD];
    memory_stream_pair *pair = memory_stream_pair_create();
    wsp_peer *peer = wsp_peer_create();
    CHECK_RESULT(wsp_peer_set_inbound_buffer_size(peer, INBOUND_SIZE), WSP_OK);
    CHECK_RESULT(wsp_peer_set_close_timeout(peer, CLOSE_SECONDS), WSP_OK);
    CHECK_RESULT(wsp_peer_accept_stream(peer, memory_stream_get(pair, 0)), WSP_OK);
    write_all(pair, bytes, size);

    double deadline = wsp_now() + 5;
    while (wsp_peer_get_ready_state(peer) != WSP_STATE_CLOSED && wsp_now() < deadline) {
        size_t unread = memory_stream_get_unread(pair, 0);
        if (unread < FLOOD)
            write_all(pair, flood, FLOOD - unread);
        wsp_peer_poll(peer);
    }
    CHECK_INT(wsp_peer_get_ready_state(peer), WSP_STATE_CLOSED);
    CHECK_RESULT(wsp_peer_get_error(peer), error);
    CHECK_INT(wsp_peer_get_close_code(peer), close_code);
    CHECK(pair->ends[0].is_destroyed);
    wsp_peer_destroy(peer);
    memory_stream_pair_destroy(pair);
}

static void expect_end_of_frames(const char *frame, size_t size, wsp_result error, int close_code)
{
    char bytes[512];
    memcpy(bytes, request, sizeof request - 1);
    memcpy(bytes + sizeof request - 1, frame, size);
    expect_end(bytes, sizeof request - 1 + size, error, close_code);
}

static void H32_a_flood_behind_a_refused_request_is_cut_off(void)
{
    expect_end("GET / HTTP/1.0\r\n\r\n", 18, WSP_ERR_PROTOCOL, -1);
}

static void C5_a_flood_behind_both_close_frames_is_cut_off(void)
{
    expect_end_of_frames(close_frame, sizeof close_frame - 1, WSP_OK, 1000);
}

static void C5_a_flood_behind_a_protocol_error_is_cut_off(void)
{
    expect_end_of_frames(unknown_opcode, sizeof unknown_opcode - 1, WSP_ERR_PROTOCOL, -1);
}

/* Q5: a record of TLS costs far more than the byte in it, so a turn counts the records, too. */
static void Q5_a_flood_of_tiny_tls_records_is_spread_over_turns(void)
{
    enum { FRAMES = 10000, FRAME_SIZE = 6 };
    static const uint8_t frame[FRAME_SIZE] = {0x82, 0x80};
    size_t written = 0;
    tls_pair_open();
    wsp_peer *peer = wsp_peer_create();
    CHECK_RESULT(wsp_peer_set_max_queued_packets(peer, FRAMES), WSP_OK);
    CHECK_RESULT(wsp_peer_accept_stream(peer, tls_ends[SERVER]), WSP_OK);
    tls_ends[SERVER] = NULL;
    CHECK_INT(tls_pair_write(CLIENT, request, &written), WSPI_IO_OK);
    for (size_t i = 0; i < (size_t)FRAMES * FRAME_SIZE; i++) {
        wspi_bytes piece = {&frame[i % FRAME_SIZE], 1};
        CHECK_INT(wspi_stream_write(tls_ends[CLIENT], &piece, 1, &written), WSPI_IO_OK);
    }
    size_t turns = 0;
    for (; wsp_peer_get_available_packet_count(peer) < FRAMES; turns++) {
        size_t before = wsp_peer_get_available_packet_count(peer);
        CHECK(turns == 0 || wsp_peer_get_poll_delay(peer) == 0);
        wsp_peer_poll(peer);
        size_t step = wsp_peer_get_available_packet_count(peer) - before;
        CHECK(step > 0 && step < FRAMES / 4);
    }
    CHECK(turns < 20);
    wsp_peer_destroy(peer);
}

static const wspi_test_case cases[] = {
    TEST_CASE(H32_a_flood_behind_a_refused_request_is_cut_off),
    TEST_CASE(C5_a_flood_behind_both_close_frames_is_cut_off),
    TEST_CASE(C5_a_flood_behind_a_protocol_error_is_cut_off),
    TEST_CASE(Q5_a_flood_of_tiny_tls_records_is_spread_over_turns),
};

TEST_MAIN(cases)
