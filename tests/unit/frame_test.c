/* SPDX-License-Identifier: MIT */

/* Frame heads (RFC 6455 5.2, bad-inputs section 6): what decodes, what does not, and that exactly that is
 * encoded. */

#include "protocol/frame.h"

#include "guarded_bytes.h"
#include "session_fixture.h"
#include "test.h"

#include <string.h>

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

/* Decodes bytes that end in front of an unreadable page. */
static int decode(const wire *bytes, wspi_frame_head *out)
{
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make(bytes->bytes, bytes->size);
    int answer = wspi_frame_decode(guarded.data, guarded.size, out);
    wspi_guarded_bytes_release(&guarded);
    return answer;
}

static wire *head(unsigned first, uint64_t length, unsigned length_bytes, const uint8_t *masking_key)
{
    wire *bytes = wire_create();
    wire_add_head(bytes, first, length, length_bytes, masking_key);
    return bytes;
}

/* -- decoding ---------------------------------------------------------------- */

static void reads_the_heads_of_rfc_5_7(void)
{
    static const struct {
        uint8_t bytes[14];
        size_t size;
        wspi_frame_head wanted;
    } rows[] = {
        {{0x81, 0x05}, 2, {5, 1, 0, true, false, {0}}},
        {{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d}, 6, {5, 1, 0, true, true, {0x37, 0xfa, 0x21, 0x3d}}},
        {{0x01, 0x03}, 2, {3, 1, 0, false, false, {0}}},
        {{0x80, 0x02}, 2, {2, 0, 0, true, false, {0}}},
        {{0x89, 0x05}, 2, {5, 9, 0, true, false, {0}}},
        {{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d}, 6, {5, 10, 0, true, true, {0x37, 0xfa, 0x21, 0x3d}}},
        {{0x82, 0x7e, 0x01, 0x00}, 4, {256, 2, 0, true, false, {0}}},
        {{0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0}, 10, {65536, 2, 0, true, false, {0}}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("row %zu", i);
        wspi_frame_head seen;
        CHECK_INT(wspi_frame_decode(rows[i].bytes, rows[i].size, &seen), rows[i].size);
        CHECK_SIZE(seen.payload_size, rows[i].wanted.payload_size);
        CHECK_INT(seen.opcode, rows[i].wanted.opcode);
        CHECK_INT(seen.rsv, rows[i].wanted.rsv);
        CHECK_BOOL(seen.is_final, rows[i].wanted.is_final);
        CHECK_BOOL(seen.is_masked, rows[i].wanted.is_masked);
        if (seen.is_masked)
            CHECK_BYTES(seen.masking_key, 4, rows[i].wanted.masking_key, 4);
    }
}

/* F9, F10: reserved bits and opcodes are reported as they arrived, for the session to judge. */
static void f9_f10_reports_every_pair_of_first_bytes(void)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        TEST_NOTE("%04x", pair);
        const uint8_t bytes[2] = {(uint8_t)(pair / 256), (uint8_t)(pair % 256)};
        unsigned length = bytes[1] % 128;
        wspi_frame_head seen;
        CHECK_INT(wspi_frame_decode(bytes, 2, &seen), length < 126 && bytes[1] < 128 ? 2 : 0);
        CHECK_BOOL(seen.is_final, bytes[0] >= 128);
        CHECK_INT(seen.rsv, bytes[0] / 16 % 8);
        CHECK_INT(seen.opcode, bytes[0] % 16);
        CHECK_BOOL(seen.is_masked, bytes[1] >= 128);
        CHECK_SIZE(seen.payload_size, length);
    }
}

static void f1_refuses_a_length_with_its_top_bit_set(void)
{
    static const uint64_t lengths[] = {UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX - 3,
                                       UINT64_MAX - 13, UINT64_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        TEST_NOTE("row %zu", i);
        wspi_frame_head seen;
        CHECK_INT(decode(head(0x82, lengths[i], 8, NULL), &seen), -1);
        CHECK_INT(decode(head(0x82, lengths[i], 8, key), &seen), -1);
        /* The key is not needed to know. */
        CHECK_INT(wspi_frame_decode(head(0x82, lengths[i], 8, key)->bytes, 10, &seen), -1);
    }
}

static void f3_reads_lengths_above_32_bits(void)
{
    static const uint64_t lengths[] = {
        UINT64_C(1) << 31,       (UINT64_C(1) << 31) + 1, UINT64_C(1) << 32,
        (UINT64_C(1) << 32) + 5, UINT64_C(1) << 40,       (UINT64_C(1) << 62) - 1,
        UINT64_C(1) << 62,       (UINT64_C(1) << 63) - 1, UINT64_C(0x0102030405060708)};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        TEST_NOTE("row %zu", i);
        wspi_frame_head seen;
        CHECK_INT(decode(head(0x82, lengths[i], 0, NULL), &seen), 10);
        CHECK_SIZE(seen.payload_size, lengths[i]);
        CHECK_INT(decode(head(0x82, lengths[i], 0, key), &seen), 14);
        CHECK_SIZE(seen.payload_size, lengths[i]);
        CHECK_BYTES(seen.masking_key, 4, key, 4);
    }
}

static void f4_refuses_every_length_that_is_not_minimal(void)
{
    wspi_frame_head seen;
    for (unsigned length = 0; length < 65536; length++) {
        TEST_NOTE("length %u", length);
        uint8_t bytes[14] = {0x82, 126, (uint8_t)(length / 256), (uint8_t)(length % 256)};
        CHECK_INT(wspi_frame_decode(bytes, 4, &seen), length < 126 ? -1 : 4);
        uint8_t longer[10] = {0x82, 127, 0, 0, 0, 0, 0, 0, bytes[2], bytes[3]};
        CHECK_INT(wspi_frame_decode(longer, 10, &seen), -1);
    }
    CHECK_INT(decode(head(0x82, 65536, 8, NULL), &seen), 10);
    CHECK_INT(decode(head(0x82, 125, 2, key), &seen), -1);
    CHECK_SIZE(seen.payload_size, 126); /* what two bytes of it say: a control frame's fault is the same */
    CHECK_INT(decode(head(0x82, 65535, 8, key), &seen), -1);
}

static void f5_reads_the_lengths_around_each_form(void)
{
    static const struct {
        uint64_t length;
        int head_size;
    } rows[] = {{0, 2},   {1, 2},     {124, 2},   {125, 2},    {126, 4},   {127, 4},
                {128, 4}, {65534, 4}, {65535, 4}, {65536, 10}, {65537, 10}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("length %llu", (unsigned long long)rows[i].length);
        wspi_frame_head seen;
        CHECK_INT(decode(head(0x01, rows[i].length, 0, NULL), &seen), rows[i].head_size);
        CHECK_SIZE(seen.payload_size, rows[i].length);
        CHECK_INT(decode(head(0x01, rows[i].length, 0, key), &seen), rows[i].head_size + 4);
        CHECK_SIZE(seen.payload_size, rows[i].length);
        CHECK_BYTES(seen.masking_key, 4, key, 4);
    }
}

/* The contract of a head that is cut: 0, and with two bytes all that is known. */
static void check_prefixes(uint64_t length, const uint8_t *masking_key)
{
    wire *whole = head(0xc5, length, 0, masking_key);
    size_t length_end = length < 126 ? 2 : length < 65536 ? 4 : 10;
    for (size_t size = 0; size < whole->size; size++) {
        TEST_NOTE("length %llu, %zu bytes", (unsigned long long)length, size);
        wire *prefix = wire_create();
        wire_add(prefix, whole->bytes, size);
        wspi_frame_head seen = {.payload_size = 4711};
        CHECK_INT(decode(prefix, &seen), 0);
        if (size < 2)
            continue;
        CHECK_BOOL(seen.is_final, true);
        CHECK_INT(seen.rsv, 4);
        CHECK_INT(seen.opcode, 5);
        CHECK_BOOL(seen.is_masked, masking_key != NULL);
        CHECK_SIZE(seen.payload_size, size >= length_end ? length : length < 65536 ? 126 : 127);
    }
    /* What follows the head is not its business. */
    wire_add_fill(whole, 0xff, 20);
    wspi_frame_head seen;
    CHECK_INT(decode(whole, &seen), whole->size - 20);
}

static void f6_asks_for_more_at_every_byte_of_a_head(void)
{
    static const uint64_t lengths[] = {0, 125, 126, 65535, 65536, UINT64_C(1) << 40};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        check_prefixes(lengths[i], NULL);
        check_prefixes(lengths[i], key);
    }
}

/* A length that is wrong is refused as soon as its last byte is there, not earlier. */
static void f6_judges_a_length_when_it_is_whole(void)
{
    wspi_frame_head seen;
    for (size_t size = 2; size < 10; size++)
        CHECK_INT(wspi_frame_decode(head(0x82, 5, 8, key)->bytes, size, &seen), 0);
    CHECK_INT(wspi_frame_decode(head(0x82, 5, 8, key)->bytes, 10, &seen), -1);
    CHECK_INT(wspi_frame_decode(head(0x82, 5, 2, key)->bytes, 3, &seen), 0);
    CHECK_INT(wspi_frame_decode(head(0x82, 5, 2, key)->bytes, 4, &seen), -1);
}

/* -- encoding ---------------------------------------------------------------- */

static void check_encoding(bool is_final, wspi_opcode opcode, uint64_t length, const uint8_t *masking_key)
{
    wire *wanted = head((is_final ? 0x80u : 0) + (unsigned)opcode, length, 0, masking_key);
    uint8_t seen[WSPI_FRAME_HEAD_MAX + 4];
    memset(seen, 0xaa, sizeof(seen));
    size_t size = wspi_frame_encode(seen, is_final, opcode, length, masking_key);
    CHECK_BYTES(seen, size, wanted->bytes, wanted->size);
    for (size_t i = size; i < sizeof(seen); i++)
        CHECK_INT(seen[i], 0xaa);

    wspi_frame_head back;
    CHECK_INT(wspi_frame_decode(seen, size, &back), size);
    CHECK_SIZE(back.payload_size, length);
    CHECK_INT(back.opcode, opcode);
    CHECK_INT(back.rsv, 0);
    CHECK_BOOL(back.is_final, is_final);
    CHECK_BOOL(back.is_masked, masking_key != NULL);
}

static void f5_writes_every_length_in_its_shortest_form(void)
{
    static const uint64_t lengths[] = {0,
                                       1,
                                       125,
                                       126,
                                       127,
                                       255,
                                       256,
                                       65535,
                                       65536,
                                       65537,
                                       1u << 31,
                                       UINT64_C(1) << 32,
                                       (UINT64_C(1) << 32) + 5,
                                       (UINT64_C(1) << 63) - 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        TEST_NOTE("length %llu", (unsigned long long)lengths[i]);
        check_encoding(true, WSPI_OPCODE_BINARY, lengths[i], NULL);
        check_encoding(true, WSPI_OPCODE_BINARY, lengths[i], key);
        check_encoding(false, WSPI_OPCODE_TEXT, lengths[i], NULL);
    }
}

static void writes_every_opcode(void)
{
    static const wspi_opcode opcodes[] = {WSPI_OPCODE_CONTINUATION, WSPI_OPCODE_TEXT, WSPI_OPCODE_BINARY,
                                          WSPI_OPCODE_CLOSE,        WSPI_OPCODE_PING, WSPI_OPCODE_PONG};
    for (size_t i = 0; i < sizeof(opcodes) / sizeof(opcodes[0]); i++) {
        check_encoding(true, opcodes[i], 5, key);
        check_encoding(false, opcodes[i], 5, NULL);
    }
}

/* What the short cut takes is what wspi_frame_decode says of a whole frame, and nothing that is wrong. */
static void the_short_cut_agrees_with_the_decoder(void)
{
    uint8_t bytes[300] = {0};
    for (unsigned pair = 0; pair < 65536; pair++) {
        bytes[0] = (uint8_t)(pair / 256);
        bytes[1] = (uint8_t)(pair % 256);
        for (unsigned extended = 120; extended < 260; extended += 3) {
            TEST_NOTE("%04x, %u", pair, extended);
            bytes[2] = (uint8_t)(extended / 256);
            bytes[3] = (uint8_t)(extended % 256);
            wspi_frame_head seen;
            int head_size = wspi_frame_decode(bytes, sizeof bytes, &seen);
            bool is_whole = head_size > 0 && seen.payload_size <= sizeof bytes - (size_t)head_size &&
                            seen.is_final && seen.rsv == 0 && (seen.opcode == 1 || seen.opcode == 2);
            size_t payload_size = 0;
            size_t short_cut = wspi_frame_decode_whole(bytes, sizeof bytes, seen.is_masked, &payload_size);
            CHECK_SIZE(short_cut, is_whole ? (size_t)head_size : 0);
            if (is_whole) {
                CHECK_SIZE(payload_size, seen.payload_size);
                CHECK_SIZE(wspi_frame_decode_whole(bytes, short_cut + payload_size - 1, seen.is_masked,
                                                   &payload_size),
                           0);
            }
            CHECK_SIZE(wspi_frame_decode_whole(bytes, sizeof bytes, !seen.is_masked, &payload_size), 0);
            if ((bytes[1] & 0x7f) < 126)
                break;
        }
    }
}

static void tells_control_opcodes(void)
{
    for (unsigned opcode = 0; opcode < 16; opcode++)
        CHECK_BOOL(wspi_opcode_is_control((uint8_t)opcode), opcode >= 8);
}

static const wspi_test_case cases[] = {
    TEST_CASE(reads_the_heads_of_rfc_5_7),
    TEST_CASE(f9_f10_reports_every_pair_of_first_bytes),
    TEST_CASE(f1_refuses_a_length_with_its_top_bit_set),
    TEST_CASE(f3_reads_lengths_above_32_bits),
    TEST_CASE(f4_refuses_every_length_that_is_not_minimal),
    TEST_CASE(f5_reads_the_lengths_around_each_form),
    TEST_CASE(f6_asks_for_more_at_every_byte_of_a_head),
    TEST_CASE(f6_judges_a_length_when_it_is_whole),
    TEST_CASE(f5_writes_every_length_in_its_shortest_form),
    TEST_CASE(writes_every_opcode),
    TEST_CASE(the_short_cut_agrees_with_the_decoder),
    TEST_CASE(tells_control_opcodes),
};

TEST_MAIN(cases)
