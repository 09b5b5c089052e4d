/* SPDX-License-Identifier: MIT */
/*
 * XOR with a masking key in 64-bit words (RFC 6455 5.3). Words are moved with
 * memcpy, so any alignment and byte order works; compilers turn the loop into
 * vector instructions.
 */
#include "protocol/mask.h"

#include <string.h>

void wspi_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t masking_key[4], uint64_t phase)
{
    uint8_t key[8];
    for (unsigned i = 0; i < 8; i++)
        key[i] = masking_key[(phase + i) & 3];
    uint64_t key_word;
    memcpy(&key_word, key, 8);

    size_t at = 0;
    for (; size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, from + at, 8);
        word ^= key_word;
        memcpy(to + at, &word, 8);
    }
    for (; at < size; at++)
        to[at] = (uint8_t)(from[at] ^ key[at & 7]);
}
