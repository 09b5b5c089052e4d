/* SPDX-License-Identifier: MIT */

/*
 * The allocator hook of base.h and the functions of memory.h on top of it. Holds one of the library's few
 * pieces of process-wide state: the hook itself, which programs set before they make the first object. Keeps
 * no account of blocks; callers know their sizes.
 */

#include "memory.h"

#include "wspeer/base.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *reallocate_with_c_library(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

static struct {
    wsp_allocator allocator;
} process = {{reallocate_with_c_library, NULL}};

wsp_result wsp_set_allocator(const wsp_allocator *allocator_or_null)
{
    if (allocator_or_null == NULL) {
        process.allocator = (wsp_allocator){reallocate_with_c_library, NULL};
        return WSP_OK;
    }
    if (allocator_or_null->reallocate == NULL)
        return WSP_ERR_INVALID_PARAMETER;
    process.allocator = *allocator_or_null;
    return WSP_OK;
}

void *wspi_allocate(size_t size)
{
    return wspi_reallocate(NULL, 0, size);
}

void *wspi_allocate_zeroed(size_t size)
{
    void *block = wspi_allocate(size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void *wspi_reallocate(void *block, size_t old_size, size_t new_size)
{
    /* To the hook a size of 0 means free, which would turn a slip of the caller's into a dangling pointer. */
    if (new_size == 0)
        return NULL;
    return process.allocator.reallocate(process.allocator.user, block, old_size, new_size);
}

void wspi_free(void *block, size_t size)
{
    if (block != NULL)
        process.allocator.reallocate(process.allocator.user, block, size, 0);
}

char *wspi_string_copy(const char *text, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = wspi_allocate(size + 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void wspi_string_free(char *string)
{
    if (string != NULL)
        wspi_free(string, strlen(string) + 1);
}
