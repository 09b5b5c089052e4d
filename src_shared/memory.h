/* SPDX-License-Identifier: MIT */
#ifndef WSPI_MEMORY_H
#define WSPI_MEMORY_H

/*
 * Every allocation of the library goes through here and on to the allocator
 * that wsp_set_allocator installed. Callers state exact old sizes, as the
 * public contract promises the hook.
 */

#include <stddef.h>

/* New bytes, not initialised. NULL when memory is out or size is 0. */
void *wspi_allocate(size_t size);

/* The same, all zero. */
void *wspi_allocate_zeroed(size_t size);

/*
 * Resizes a block of exactly old_size bytes (NULL and 0: a new one). On
 * failure answers NULL and the old block is unchanged. new_size is not 0.
 */
void *wspi_reallocate(void *block, size_t old_size, size_t new_size);

/* Frees a block of exactly `size` bytes. NULL is allowed. */
void wspi_free(void *block, size_t size);

/* A copy of `size` bytes plus a terminating NUL; NULL when memory is out. */
char *wspi_string_copy(const char *text, size_t size);

/* Frees a string made by wspi_string_copy that has no embedded NUL. NULL is allowed. */
void wspi_string_free(char *string);

#endif
