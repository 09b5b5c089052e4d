/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_PIECES_H
#define WSPI_TEST_PIECES_H

/*
 * Cuts an input in the ways a network may: whole, byte by byte, and in two at each position. Each piece ends
 * right in front of an unreadable page.
 *
 *     wspi_pieces pieces = wspi_pieces_begin(bytes, size);
 *     while (wspi_pieces_next_cut(&pieces)) {
 *         ... a fresh parser; then, until it is done:
 *         while ((piece_size = wspi_pieces_next(&pieces, &piece)) > 0)
 *             ...
 *     }
 *     wspi_pieces_end(&pieces);
 */

#include "guarded_bytes.h"

#include "test.h"

#include <string.h>

/* Inputs beyond this are not split at each position, but at some 200 and near both ends. */
#define WSPI_PIECES_DENSE 2048

typedef struct wspi_pieces {
    const uint8_t *bytes;
    size_t size;
    size_t
        cut; /* 0: before the first way; 1: whole; 2: byte by byte; 3 + n: in two, the first of 1 + n bytes */
    size_t at;
    wspi_guarded_bytes guarded;
} wspi_pieces;

static inline wspi_pieces wspi_pieces_begin(const void *bytes, size_t size)
{
    return (wspi_pieces){.bytes = bytes, .size = size, .guarded = wspi_guarded_bytes_make(bytes, size)};
}

static inline bool wspi_pieces_is_sparse(const wspi_pieces *pieces)
{
    size_t split = pieces->cut - 2;
    return pieces->size > WSPI_PIECES_DENSE && split > 64 && split + 64 < pieces->size;
}

/* Starts over with the next way to cut; false when all were had. The way is put into the case's note. */
static inline bool wspi_pieces_next_cut(wspi_pieces *pieces)
{
    pieces->cut++;
    while (pieces->cut > 2 && wspi_pieces_is_sparse(pieces) && pieces->cut % (pieces->size / 200) != 0)
        pieces->cut++;
    pieces->at = 0;
    if (pieces->cut == 1)
        TEST_NOTE("whole");
    else if (pieces->cut == 2)
        TEST_NOTE("byte by byte");
    else
        TEST_NOTE("split at %zu", pieces->cut - 2);
    return pieces->cut <= 2 || pieces->cut - 2 < pieces->size;
}

/* The next piece's size, 0 at the end of the input. */
static inline size_t wspi_pieces_next(wspi_pieces *pieces, const uint8_t **out_piece)
{
    size_t left = pieces->size - pieces->at;
    size_t piece = left;
    if (pieces->cut == 2 && left > 0)
        piece = 1;
    else if (pieces->cut > 2 && pieces->at == 0)
        piece = pieces->cut - 2;
    uint8_t *to = pieces->guarded.data + pieces->size - piece;
    if (piece > 0)
        memcpy(to, pieces->bytes + pieces->at, piece);
    pieces->at += piece;
    *out_piece = to;
    return piece;
}

static inline void wspi_pieces_end(wspi_pieces *pieces)
{
    wspi_guarded_bytes_release(&pieces->guarded);
}

#endif
