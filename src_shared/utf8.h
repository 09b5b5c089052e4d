/* SPDX-License-Identifier: MIT */
#ifndef WSPI_UTF8_H
#define WSPI_UTF8_H

/*
 * UTF-8 validation (RFC 3629) that carries its state across pieces, so that
 * text is refused as soon as its prefix cannot become valid (RFC 6455 8.1).
 */

#include "bytes.h"

/* Zero-initialised: nothing read yet. */
typedef struct wspi_utf8 {
    uint32_t state; /* a state of the automaton in utf8.c */
} wspi_utf8;

/* Reads the next bytes. false as soon as no continuation can be valid; the state then stays refused. */
bool wspi_utf8_feed(wspi_utf8 *validator, const uint8_t *bytes, size_t size);

/* Whether what was read so far ends at a character boundary. */
bool wspi_utf8_is_complete(const wspi_utf8 *validator);

/* Whether the bytes are UTF-8 as a whole. */
bool wspi_utf8_is_valid(const void *bytes, size_t size);

#endif
