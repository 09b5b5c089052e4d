/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_GUARDED_BYTES_H
#define WSPI_TEST_GUARDED_BYTES_H

/*
 * Input that ends right in front of an unreadable page: reading one byte too many kills the test, without a
 * sanitizer. POSIX only.
 */

#include <stddef.h>
#include <stdint.h>

typedef struct wspi_guarded_bytes {
    uint8_t *data; /* `size` writable bytes, then the unreadable page */
    size_t size;
    void *mapping;
    size_t mapping_size;
} wspi_guarded_bytes;

/* A copy of the bytes. The case fails when the system gives no memory. size may be 0: data is the guarded
 * address. */
wspi_guarded_bytes wspi_guarded_bytes_make(const void *bytes, size_t size);

void wspi_guarded_bytes_release(wspi_guarded_bytes *guarded);

#endif
