/* SPDX-License-Identifier: MIT */

/* Masking (RFC 6455 5.3, bad-inputs F13) against the formula of the RFC, a byte at a time. */

#include "protocol/mask.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

enum { SIZE_MOST = 300, MARGIN = 32 };

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

static uint8_t plain[SIZE_MOST];

static void fill_plain(void)
{
    for (size_t i = 0; i < SIZE_MOST; i++)
        plain[i] = (uint8_t)(i * i * 7 + i * 13 + 5);
}

/* 5.3: transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4). */
static void mask_by_the_rfc(uint8_t *to, const uint8_t *from, size_t size, uint64_t phase)
{
    for (size_t i = 0; i < size; i++)
        to[i] = from[i] ^ key[(phase % 4 + i) % 4];
}

static void masks_the_hello_of_rfc_5_7(void)
{
    uint8_t bytes[5];
    wspi_mask(bytes, (const uint8_t *)"Hello", 5, key, 0);
    const uint8_t wanted[5] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    CHECK_BYTES(bytes, 5, wanted, 5);
    wspi_mask(bytes, bytes, 5, key, 0);
    CHECK_BYTES(bytes, 5, "Hello", 5);
}

/* One call with `to` and `from` at the given distances from an aligned address; nothing around is touched. */
static void check_apart(size_t size, size_t from_at, size_t to_at, uint64_t phase)
{
    static uint64_t from_block[(SIZE_MOST + 2 * MARGIN) / 8], to_block[(SIZE_MOST + 2 * MARGIN) / 8];
    uint8_t *from = (uint8_t *)from_block + from_at;
    uint8_t *block = (uint8_t *)to_block;
    uint8_t wanted[SIZE_MOST];
    memcpy(from, plain, size);
    memset(to_block, 0xaa, sizeof(to_block));
    mask_by_the_rfc(wanted, plain, size, phase);
    wspi_mask(block + to_at, from, size, key, phase);
    CHECK_BYTES(block + to_at, size, wanted, size);
    CHECK_BYTES(from, size, plain, size);
    for (size_t i = 0; i < to_at; i++)
        CHECK_INT(block[i], 0xaa);
    for (size_t i = to_at + size; i < sizeof(to_block); i++)
        CHECK_INT(block[i], 0xaa);

    /* In place. */
    wspi_mask(from, from, size, key, phase);
    CHECK_BYTES(from, size, wanted, size);
}

static void f13_every_size_and_phase(void)
{
    fill_plain();
    for (size_t size = 0; size <= SIZE_MOST; size++) {
        for (uint64_t phase = 0; phase < 8; phase++) {
            TEST_NOTE("size %zu, phase %u", size, (unsigned)phase);
            check_apart(size, 0, 0, phase);
        }
    }
}

static void f13_every_alignment(void)
{
    static const size_t sizes[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, SIZE_MOST};
    fill_plain();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t from_at = 0; from_at < 16; from_at++) {
            for (size_t to_at = 0; to_at < 16; to_at++) {
                TEST_NOTE("size %zu, from %zu, to %zu", sizes[i], from_at, to_at);
                check_apart(sizes[i], from_at, to_at, from_at + 3 * to_at);
            }
        }
    }
}

/* The position in a payload is a 64-bit number also where size_t is not, and a key comes every four bytes at
 * its end too. */
static void f13_phases_of_huge_payloads(void)
{
    static const uint64_t bases[] = {UINT64_C(1) << 31, UINT64_C(1) << 32, (UINT64_C(1) << 63) - 16,
                                     UINT64_MAX - 7};
    fill_plain();
    for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
        for (uint64_t step = 0; step < 8; step++) {
            TEST_NOTE("base %zu, step %u", i, (unsigned)step);
            check_apart(100, 1, 2, bases[i] + step);
        }
    }
}

static void f13_two_pieces_give_what_one_gives(void)
{
    fill_plain();
    for (size_t size = 0; size <= SIZE_MOST; size += size < 70 ? 1 : 23) {
        uint8_t wanted[SIZE_MOST];
        mask_by_the_rfc(wanted, plain, size, 0);
        for (size_t cut = 0; cut <= size; cut++) {
            TEST_NOTE("size %zu, cut %zu", size, cut);
            uint8_t seen[SIZE_MOST];
            memcpy(seen, plain, size);
            wspi_mask(seen, seen, cut, key, 0);
            wspi_mask(seen + cut, seen + cut, size - cut, key, cut);
            CHECK_BYTES(seen, size, wanted, size);
            wspi_mask(seen, plain, cut, key, 0);
            wspi_mask(seen + cut, plain + cut, size - cut, key, cut);
            CHECK_BYTES(seen, size, wanted, size);
        }
    }
}

static void f13_random_pieces_give_what_one_gives(void)
{
    uint64_t random = wspi_test_random_begin();
    fill_plain();
    for (int round = 0; round < 2000; round++) {
        uint8_t wanted[SIZE_MOST], seen[SIZE_MOST];
        mask_by_the_rfc(wanted, plain, SIZE_MOST, 0);
        for (size_t at = 0; at < SIZE_MOST;) {
            size_t size = wspi_test_random_below(&random, wspi_test_random_below(&random, 2) != 0 ? 5 : 60);
            size = wspi_min(size, SIZE_MOST - at);
            wspi_mask(seen + at, plain + at, size, key, at);
            at += size;
        }
        CHECK_BYTES(seen, SIZE_MOST, wanted, SIZE_MOST);
    }
}

static void reads_and_writes_nothing_behind_the_end(void)
{
    fill_plain();
    for (size_t size = 0; size <= 80; size++) {
        TEST_NOTE("size %zu", size);
        wspi_guarded_bytes from = wspi_guarded_bytes_make(plain, size);
        wspi_guarded_bytes to = wspi_guarded_bytes_make(plain, size);
        uint8_t wanted[SIZE_MOST];
        mask_by_the_rfc(wanted, plain, size, size);
        wspi_mask(to.data, from.data, size, key, size);
        CHECK_BYTES(to.data, size, wanted, size);
        wspi_mask(from.data, from.data, size, key, size);
        CHECK_BYTES(from.data, size, wanted, size);
        wspi_guarded_bytes_release(&from);
        wspi_guarded_bytes_release(&to);
    }
}

static void a_key_of_zeros_changes_nothing(void)
{
    const uint8_t zeros[4] = {0};
    fill_plain();
    uint8_t seen[SIZE_MOST];
    wspi_mask(seen, plain, SIZE_MOST, zeros, 3);
    CHECK_BYTES(seen, SIZE_MOST, plain, SIZE_MOST);
}

static const wspi_test_case cases[] = {
    TEST_CASE(masks_the_hello_of_rfc_5_7),
    TEST_CASE(f13_every_size_and_phase),
    TEST_CASE(f13_every_alignment),
    TEST_CASE(f13_phases_of_huge_payloads),
    TEST_CASE(f13_two_pieces_give_what_one_gives),
    TEST_CASE(f13_random_pieces_give_what_one_gives),
    TEST_CASE(reads_and_writes_nothing_behind_the_end),
    TEST_CASE(a_key_of_zeros_changes_nothing),
};

TEST_MAIN(cases)
