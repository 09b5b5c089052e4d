/* SPDX-License-Identifier: MIT */

/* Guarded copies by mmap and mprotect; see guarded_bytes.h. */

#define _DEFAULT_SOURCE

#include "guarded_bytes.h"

#include "test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

wspi_guarded_bytes wspi_guarded_bytes_make(const void *bytes, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = (size + page - 1) / page * page;
    wspi_guarded_bytes guarded = {.size = size, .mapping_size = readable + page};
    guarded.mapping =
        mmap(NULL, guarded.mapping_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded.mapping == MAP_FAILED)
        FAIL("mmap of %zu bytes failed", guarded.mapping_size);
    uint8_t *guard = (uint8_t *)guarded.mapping + readable;
    if (mprotect(guard, page, PROT_NONE) != 0)
        FAIL("mprotect failed");
    guarded.data = guard - size;
    if (size > 0)
        memcpy(guarded.data, bytes, size);
    return guarded;
}

void wspi_guarded_bytes_release(wspi_guarded_bytes *guarded)
{
    if (guarded->mapping != NULL)
        munmap(guarded->mapping, guarded->mapping_size);
    *guarded = (wspi_guarded_bytes){0};
}
