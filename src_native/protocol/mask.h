/* SPDX-License-Identifier: MIT */
#ifndef WSPI_MASK_H
#define WSPI_MASK_H

/* Masking and unmasking are the same operation (RFC 6455 5.3). */

#include "bytes.h"

/*
 * XORs `size` bytes with the masking key, in place or from `from` to `to`
 * (equal, or not overlapping). `phase` is the position of the first byte in
 * the frame's payload, so that a payload may be treated in pieces.
 */
void wspi_mask(uint8_t *to, const uint8_t *from, size_t size, const uint8_t masking_key[4], uint64_t phase);

#endif
