/* SPDX-License-Identifier: MIT */

/* memory_stream.c: the in-memory pair keeps the guarantees of stream.h that other tests rely on. */

#include "memory_stream.h"
#include "test.h"

#include <string.h>

static memory_stream_pair *pair;
static wsp_stream *left;
static wsp_stream *right;

static void destroy_pair(void)
{
    memory_stream_pair_destroy(pair);
    pair = NULL;
}

static void begin(void)
{
    pair = memory_stream_pair_create();
    left = memory_stream_get(pair, 0);
    right = memory_stream_get(pair, 1);
    wspi_test_at_case_end(destroy_pair);
}

static wspi_io write_text(wsp_stream *stream, const char *text, size_t *out_size)
{
    const wspi_bytes piece = {(const uint8_t *)text, strlen(text)};
    *out_size = 0;
    return wspi_stream_write(stream, &piece, 1, out_size);
}

static void check_writes(wsp_stream *stream, const char *text)
{
    size_t size = 0;
    CHECK_INT(write_text(stream, text, &size), WSPI_IO_OK);
    CHECK_SIZE(size, strlen(text));
}

/* Reads once and compares. */
static void check_reads(wsp_stream *stream, const char *wanted)
{
    uint8_t seen[64];
    size_t size = 0;
    CHECK_INT(wspi_stream_read(stream, seen, sizeof(seen), &size), WSPI_IO_OK);
    CHECK_BYTES(seen, size, wanted, strlen(wanted));
}

static wspi_io read_byte(wsp_stream *stream)
{
    uint8_t byte;
    size_t size = 0;
    return wspi_stream_read(stream, &byte, 1, &size);
}

static void carries_bytes_both_ways_in_order(void)
{
    begin();
    CHECK_INT(wspi_stream_handshake(left), WSPI_IO_OK);
    CHECK_INT(read_byte(right), WSPI_IO_WAIT);
    const wspi_bytes pieces[3] = {{(const uint8_t *)"one ", 4}, {NULL, 0}, {(const uint8_t *)"two", 3}};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(left, pieces, 3, &size), WSPI_IO_OK);
    CHECK_SIZE(size, 7);
    check_writes(left, " three");
    CHECK_SIZE(memory_stream_get_unread(pair, 1), 13);
    CHECK(right->functions->has_buffered_input(right));
    check_reads(right, "one two three");
    CHECK(!right->functions->has_buffered_input(right));
    check_writes(right, "back");
    check_reads(left, "back");
    CHECK_SIZE(pair->ends[0].write_calls, 2);
    CHECK_SIZE(pair->ends[0].bytes_written, 13);
    CHECK_SIZE(pair->ends[1].read_calls, 2);
    CHECK_SIZE(pair->ends[1].bytes_read, 13);
}

static void cuts_reads_and_writes_where_told(void)
{
    begin();
    pair->ends[0].max_write = 3;
    pair->ends[1].max_read = 2;
    size_t size = 0;
    CHECK_INT(write_text(left, "abcdef", &size), WSPI_IO_OK);
    CHECK_SIZE(size, 3);
    check_reads(right, "ab");
    check_reads(right, "c");
    pair->ends[0].max_write = 0;
    CHECK_INT(write_text(left, "x", &size), WSPI_IO_WAIT);
    pair->ends[0].max_write = SIZE_MAX;
    check_writes(left, "x");
    pair->ends[1].max_read = 0;
    CHECK_INT(read_byte(right), WSPI_IO_WAIT);
    CHECK(right->functions->has_buffered_input(right));
}

static void pushes_back_at_its_capacity(void)
{
    begin();
    pair->ends[1].capacity = 4;
    const wspi_bytes pieces[2] = {{(const uint8_t *)"abc", 3}, {(const uint8_t *)"def", 3}};
    size_t size = 0;
    CHECK_INT(wspi_stream_write(left, pieces, 2, &size), WSPI_IO_OK);
    CHECK_SIZE(size, 4);
    CHECK_INT(write_text(left, "x", &size), WSPI_IO_WAIT);
    pair->ends[1].max_read = 1;
    check_reads(right, "a");
    check_writes(left, "e");
    CHECK_INT(write_text(left, "x", &size), WSPI_IO_WAIT);
    pair->ends[1].max_read = SIZE_MAX;
    check_reads(right, "bcde");
}

static void carries_more_than_its_block(void)
{
    begin();
    /* Reads and writes of different sizes, so that the block both grows and closes its gap. */
    uint8_t next_written = 0;
    uint8_t next_read = 0;
    for (size_t round = 0; round < 200; round++) {
        uint8_t bytes[97];
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = next_written++;
        const wspi_bytes piece = {bytes, sizeof(bytes)};
        size_t size = 0;
        CHECK_INT(wspi_stream_write(left, &piece, 1, &size), WSPI_IO_OK);
        for (size_t left_over = round % 2 == 0 ? 60 : 130; left_over > 0; left_over -= size) {
            CHECK_INT(wspi_stream_read(right, bytes, wspi_min(left_over, sizeof(bytes)), &size), WSPI_IO_OK);
            for (size_t i = 0; i < size; i++)
                CHECK_INT(bytes[i], next_read++);
        }
    }
}

static void an_end_comes_behind_the_bytes(void)
{
    begin();
    check_writes(left, "last");
    left->functions->shutdown_write(left);
    CHECK(right->functions->has_buffered_input(right));
    check_reads(right, "last");
    CHECK_INT(read_byte(right), WSPI_IO_END);
    CHECK_INT(read_byte(right), WSPI_IO_END);
    CHECK(right->functions->has_buffered_input(right));
    size_t size = 0;
    CHECK_INT(write_text(left, "x", &size), WSPI_IO_FAILED);
    CHECK_SIZE(pair->ends[0].shutdown_calls, 1);
    /* Half-closed: the other direction goes on. */
    check_writes(right, "reply");
    check_reads(left, "reply");
    memory_stream_end(pair, 0);
    CHECK_INT(read_byte(left), WSPI_IO_END);
}

static void a_loss_comes_behind_the_bytes(void)
{
    begin();
    check_writes(left, "last");
    memory_stream_lose(pair, 1);
    size_t size = 0;
    CHECK_INT(write_text(right, "x", &size), WSPI_IO_FAILED);
    check_reads(right, "last");
    CHECK_INT(read_byte(right), WSPI_IO_FAILED);
    CHECK_INT(read_byte(right), WSPI_IO_FAILED);
    char why[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, why, sizeof(why));
    CHECK_INT(wspi_stream_failure(right, &text), WSP_ERR_CONNECTION_LOST);
    CHECK_STRING(why, "the connection was lost (injected)");
}

static void fails_at_the_byte_told(void)
{
    begin();
    pair->ends[0].fail_write_at = 5;
    pair->ends[1].fail_read_at = 2;
    pair->ends[1].failure_result = WSP_ERR_TLS_HANDSHAKE;
    pair->ends[1].failure_reason = "on purpose";
    size_t size = 0;
    CHECK_INT(write_text(left, "abcdefg", &size), WSPI_IO_OK);
    CHECK_SIZE(size, 5);
    CHECK_INT(write_text(left, "x", &size), WSPI_IO_FAILED);
    check_reads(right, "ab");
    CHECK_INT(read_byte(right), WSPI_IO_FAILED);
    char why[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, why, sizeof(why));
    CHECK_INT(wspi_stream_failure(right, &text), WSP_ERR_TLS_HANDSHAKE);
    CHECK_STRING(why, "on purpose");
}

static void a_handshake_takes_as_long_as_told(void)
{
    begin();
    pair->ends[0].handshake_waits = 2;
    CHECK_INT(wspi_stream_handshake(left), WSPI_IO_WAIT);
    CHECK_INT(wspi_stream_handshake(left), WSPI_IO_WAIT);
    CHECK_INT(wspi_stream_handshake(left), WSPI_IO_OK);
    pair->ends[0].fails_handshake = true;
    CHECK_INT(wspi_stream_handshake(left), WSPI_IO_FAILED);
    CHECK_SIZE(pair->ends[0].handshake_calls, 4);
}

static void a_destroyed_end_ends_the_other_and_can_be_looked_at(void)
{
    begin();
    check_writes(left, "last");
    wsp_stream_destroy(left);
    CHECK(pair->ends[0].is_destroyed);
    CHECK_SIZE(pair->ends[0].bytes_written, 4);
    check_reads(right, "last");
    CHECK_INT(read_byte(right), WSPI_IO_END);
    size_t size = 0;
    CHECK_INT(write_text(right, "x", &size), WSPI_IO_FAILED);
}

static const wspi_test_case cases[] = {
    TEST_CASE(carries_bytes_both_ways_in_order),
    TEST_CASE(cuts_reads_and_writes_where_told),
    TEST_CASE(pushes_back_at_its_capacity),
    TEST_CASE(carries_more_than_its_block),
    TEST_CASE(an_end_comes_behind_the_bytes),
    TEST_CASE(a_loss_comes_behind_the_bytes),
    TEST_CASE(fails_at_the_byte_told),
    TEST_CASE(a_handshake_takes_as_long_as_told),
    TEST_CASE(a_destroyed_end_ends_the_other_and_can_be_looked_at),
};

TEST_MAIN(cases)
