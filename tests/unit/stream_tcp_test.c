/* SPDX-License-Identifier: MIT */

/* stream_tcp.c: the guarantees of stream.h over a real connection of loopback. */

#define _DEFAULT_SOURCE

#include "failing_allocator.h"
#include "net/stream.h"
#include "net_fixture.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static wsp_stream *stream;
static wspi_socket other;

static void clean_up(void)
{
    wsp_stream_destroy(stream);
    stream = NULL;
    wspi_os_close(other);
    other = WSPI_NO_SOCKET;
}

/* `stream` on one end of a connection, the bare socket `other` on the other. */
static void begin(void)
{
    wspi_socket ends[2];
    fixture_pair(ends);
    other = ends[1];
    wspi_test_at_case_end(clean_up);
    wspi_address remote;
    CHECK(wspi_os_remote_address(ends[0], &remote));
    stream = wspi_stream_tcp_create(ends[0], &remote);
    CHECK(stream != NULL);
}

static void send_to_stream(const char *text)
{
    const wspi_bytes piece = {(const uint8_t *)text, strlen(text)};
    size_t size = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(other, &piece, 1, &size, &error), WSPI_IO_OK);
    CHECK_SIZE(size, strlen(text));
}

static wspi_io read_text(char out[64])
{
    size_t size = 0;
    wspi_io io = wspi_stream_read(stream, (uint8_t *)out, 63, &size);
    out[size] = '\0';
    return io;
}

static void check_failure(int error)
{
    char wanted[WSPI_MESSAGE_CAPACITY];
    char why[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, wanted, sizeof(wanted));
    wspi_text_add(&text, "the connection was lost (");
    wspi_text_add(&text, strerror(error));
    wspi_text_add(&text, ")");
    wspi_text_begin(&text, why, sizeof(why));
    CHECK_INT(wspi_stream_failure(stream, &text), WSP_ERR_CONNECTION_LOST);
    CHECK_STRING(why, wanted);
}

static void carries_bytes_and_waits(void)
{
    begin();
    char seen[64];
    CHECK_INT(wspi_stream_handshake(stream), WSPI_IO_OK);
    CHECK(!stream->is_secure);
    CHECK_INT(read_text(seen), WSPI_IO_WAIT);
    send_to_stream("hello");
    fixture_wait_readable(stream->socket);
    CHECK(!stream->functions->has_buffered_input(stream));
    CHECK_INT(read_text(seen), WSPI_IO_OK);
    CHECK_STRING(seen, "hello");
    CHECK_INT(read_text(seen), WSPI_IO_WAIT);
}

/* The table has no limit on pieces, the system call has. */
static void writes_a_prefix_of_many_pieces(void)
{
    begin();
    wspi_bytes pieces[20];
    for (size_t i = 0; i < 20; i++)
        pieces[i] = (wspi_bytes){(const uint8_t *)"abcdefghijklmnopqrst" + i, 1};
    size_t total = 0;
    while (total < 20) {
        size_t size = 0;
        CHECK_INT(wspi_stream_write(stream, pieces + total, 20 - total, &size), WSPI_IO_OK);
        CHECK(size > 0 && size <= 20 - total);
        total += size;
    }
    char seen[20];
    size_t received = 0;
    while (received < 20) {
        size_t size = 0;
        int error = 0;
        fixture_wait_readable(other);
        CHECK_INT(wspi_os_receive(other, seen + received, 20 - received, &size, &error), WSPI_IO_OK);
        received += size;
    }
    CHECK_BYTES(seen, 20, "abcdefghijklmnopqrst", 20);
}

static void a_full_connection_waits_and_goes_on(void)
{
    enum { SIZE = 1024 * 1024 };
    begin();
    uint8_t *bytes = calloc(1, SIZE);
    CHECK(bytes != NULL);
    const wspi_bytes piece = {bytes, SIZE};
    size_t size = 0;
    wspi_io io;
    do {
        io = wspi_stream_write(stream, &piece, 1, &size);
    } while (io == WSPI_IO_OK);
    int error = 0;
    while (io == WSPI_IO_WAIT) {
        if (wspi_os_receive(other, bytes, SIZE, &size, &error) != WSPI_IO_OK)
            fixture_wait_readable(other);
        io = wspi_stream_write(stream, &piece, 1, &size);
    }
    free(bytes);
    CHECK_INT(io, WSPI_IO_OK);
}

static void an_end_comes_behind_the_bytes_and_is_repeated(void)
{
    begin();
    send_to_stream("bye");
    wspi_os_shutdown_send(other);
    char seen[64];
    fixture_wait_readable(stream->socket);
    CHECK_INT(read_text(seen), WSPI_IO_OK);
    CHECK_STRING(seen, "bye");
    fixture_wait_readable(stream->socket);
    CHECK_INT(read_text(seen), WSPI_IO_END);
    CHECK_INT(read_text(seen), WSPI_IO_END);
    /* The other direction is not touched by it. */
    const wspi_bytes piece = {(const uint8_t *)"reply", 5};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_OK);
}

static void our_end_reaches_the_other_side_behind_the_bytes(void)
{
    begin();
    const wspi_bytes piece = {(const uint8_t *)"bye", 3};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_OK);
    stream->functions->shutdown_write(stream);
    CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_FAILED);
    CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_FAILED);
    char seen[64];
    int error = 0;
    fixture_wait_readable(other);
    CHECK_INT(wspi_os_receive(other, seen, sizeof(seen), &size, &error), WSPI_IO_OK);
    CHECK_SIZE(size, 3);
    fixture_wait_readable(other);
    CHECK_INT(wspi_os_receive(other, seen, sizeof(seen), &size, &error), WSPI_IO_END);
    send_to_stream("late");
    fixture_wait_readable(stream->socket);
    CHECK_INT(read_text(seen), WSPI_IO_OK);
}

/* A system tells of a reset once and calls it an end the next time; a stream stays with the first. */
static void a_reset_comes_behind_the_bytes_and_is_repeated(void)
{
    begin();
    send_to_stream("close frame");
    fixture_wait_readable(stream->socket);
    fixture_reset(other);
    other = WSPI_NO_SOCKET;
    char seen[64];
    CHECK_INT(read_text(seen), WSPI_IO_OK);
    CHECK_STRING(seen, "close frame");
    fixture_wait_readable(stream->socket);
    for (int i = 0; i < 3; i++) {
        TEST_NOTE("read %d", i);
        CHECK_INT(read_text(seen), WSPI_IO_FAILED);
        check_failure(ECONNRESET);
    }
    /* What the system says to a write then (EPIPE) is no news. */
    const wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_FAILED);
    check_failure(ECONNRESET);
}

static void after_a_failed_write_reads_go_on(void)
{
    begin();
    send_to_stream("close frame");
    fixture_wait_readable(stream->socket);
    fixture_reset(other);
    other = WSPI_NO_SOCKET;
    const wspi_bytes piece = {(const uint8_t *)"x", 1};
    size_t size = 0;
    for (int i = 0; i < 3; i++) {
        TEST_NOTE("write %d", i);
        CHECK_INT(wspi_stream_write(stream, &piece, 1, &size), WSPI_IO_FAILED);
        /* The first cause stays, though the system says EPIPE later. */
        check_failure(ECONNRESET);
    }
    char seen[64];
    CHECK_INT(read_text(seen), WSPI_IO_OK);
    CHECK_STRING(seen, "close frame");
    wspi_io io = read_text(seen);
    CHECK(io == WSPI_IO_END || io == WSPI_IO_FAILED);
    CHECK_INT(read_text(seen), io);
    check_failure(ECONNRESET);
}

static void destroying_closes_the_socket(void)
{
    begin();
    size_t open_before = fixture_count_descriptors();
    wsp_stream_destroy(stream);
    stream = NULL;
    CHECK_SIZE(fixture_count_descriptors(), open_before - 1);
    char seen[8];
    size_t size = 0;
    int error = 0;
    fixture_wait_readable(other);
    CHECK_INT(wspi_os_receive(other, seen, sizeof(seen), &size, &error), WSPI_IO_END);
}

static void without_memory_the_socket_stays_the_callers(void)
{
    wspi_socket ends[2];
    fixture_pair(ends);
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(1);
    wsp_stream *none = wspi_stream_tcp_create(ends[0], NULL);
    size_t failures = allocator->failures;
    wsp_stream *kept = wspi_stream_tcp_create(ends[0], NULL);
    bool is_unknown = kept != NULL && kept->remote.family == 0;
    wsp_stream_destroy(kept);
    wspi_os_close(ends[1]);
    CHECK(none == NULL);
    CHECK_SIZE(failures, 1);
    CHECK(is_unknown);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(carries_bytes_and_waits),
    TEST_CASE(writes_a_prefix_of_many_pieces),
    TEST_CASE(a_full_connection_waits_and_goes_on),
    TEST_CASE(an_end_comes_behind_the_bytes_and_is_repeated),
    TEST_CASE(our_end_reaches_the_other_side_behind_the_bytes),
    TEST_CASE(a_reset_comes_behind_the_bytes_and_is_repeated),
    TEST_CASE(after_a_failed_write_reads_go_on),
    TEST_CASE(destroying_closes_the_socket),
    TEST_CASE(without_memory_the_socket_stays_the_callers),
};

TEST_MAIN(cases)
