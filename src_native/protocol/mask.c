/* SPDX-License-Identifier: MIT */
/*
 * XOR with a masking key in 64-bit words (RFC 6455 5.3). Words are moved with
 * memcpy, so any alignment and byte order works; compilers turn the blocks into
 * vector instructions. Most payloads are shorter than a block.
 */
#include "protocol/mask.h"

#include <string.h>

enum { BLOCK_SIZE = 32 };

/* Loaded as a whole before it is stored, so that no overlap needs to be ruled out. */
static void mask_block(uint8_t *to, const uint8_t *from, uint64_t key)
{
    uint64_t a, b, c, d;
    memcpy(&a, from, 8);
    memcpy(&b, from + 8, 8);
    memcpy(&c, from + 16, 8);
    memcpy(&d, from + 24, 8);
    a ^= key;
    b ^= key;
    c ^= key;
    d ^= key;
    memcpy(to, &a, 8);
    memcpy(to + 8, &b, 8);
    memcpy(to + 16, &c, 8);
    memcpy(to + 24, &d, 8);
}

void wspi_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t masking_key[4], uint64_t phase)
{
    uint8_t key[8];
    memcpy(key, masking_key, 4);
    for (unsigned i = 0; (phase & 3) != 0 && i < 4; i++)
        key[i] = masking_key[(phase + i) & 3];
    memcpy(key + 4, key, 4);
    uint32_t half_key;
    memcpy(&half_key, key, 4);
    uint64_t key_word;
    memcpy(&key_word, key, 8);

    size_t at = 0;
    for (; size - at >= BLOCK_SIZE; at += BLOCK_SIZE)
        mask_block(to + at, from + at, key_word);
    for (; size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, from + at, 8);
        word ^= key_word;
        memcpy(to + at, &word, 8);
    }
    if (size - at >= 4) {
        uint32_t half;
        memcpy(&half, from + at, 4);
        half ^= half_key;
        memcpy(to + at, &half, 4);
        at += 4;
    }
    for (; at < size; at++)
        to[at] = (uint8_t)(from[at] ^ key[at & 7]);
}
