/* SPDX-License-Identifier: MIT */

/*
 * The auditing, failing allocator of failing_allocator.h. Each block carries its size in front and a known
 * pattern behind; every block comes from malloc alone and goes back to free, so ASan sees wrong uses of it. A
 * spin lock guards the counters, because the resolver's thread allocates too.
 */

#include "failing_allocator.h"

#include "test.h"
#include "wspeer/base.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE      UINT64_C(0x6c69766520626c6b)
#define FREED     UINT64_C(0x667265656420626b)
#define TAIL      0xa5
#define TAIL_SIZE 8

typedef union header {
    struct {
        uint64_t mark;
        size_t size;
    } is;
    max_align_t alignment;
} header;

static wspi_test_failing_allocator allocator;
static bool is_failing_onwards;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static WSPI_TEST_NORETURN void refuse(const char *what, size_t seen, size_t wanted)
{
    fprintf(stderr, "failing_allocator in %s: %s (seen %zu, wanted %zu)\n", wspi_test_case_name(), what, seen,
            wanted);
    abort();
}

static void acquire(void)
{
    while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire)) {}
}

static void release(void)
{
    atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* Aborts unless the block is live, of that size, and untouched behind its end. */
static void audit(const header *block, size_t old_size)
{
    if (block->is.mark == FREED)
        refuse("a block is used after it was freed", old_size, 0);
    if (block->is.mark != LIVE)
        refuse("a pointer is no block of this allocator, or was written in front of", old_size, 0);
    if (block->is.size != old_size)
        refuse("the old size is not exact", old_size, block->is.size);
    const uint8_t *tail = (const uint8_t *)(block + 1) + old_size;
    for (size_t i = 0; i < TAIL_SIZE; i++) {
        if (tail[i] != TAIL)
            refuse("bytes were written behind a block's end, at this distance", i, 0);
    }
}

static void discard(header *block)
{
    allocator.live_blocks--;
    allocator.live_bytes -= block->is.size;
    block->is.mark = FREED;
    memset(block + 1, 0xdd, block->is.size);
    free(block);
}

static header *create(size_t size)
{
    if (size > SIZE_MAX - sizeof(header) - TAIL_SIZE)
        return NULL;
    header *block = malloc(sizeof(header) + size + TAIL_SIZE);
    if (block == NULL)
        return NULL;
    block->is.mark = LIVE;
    block->is.size = size;
    memset(block + 1, 0xcd, size);
    memset((uint8_t *)(block + 1) + size, TAIL, TAIL_SIZE);
    allocator.live_blocks++;
    allocator.live_bytes += size;
    if (allocator.live_bytes > allocator.peak_bytes)
        allocator.peak_bytes = allocator.live_bytes;
    return block;
}

static bool is_refused(void)
{
    size_t n = ++allocator.requests;
    bool refused = n == allocator.fail_at || (is_failing_onwards && n > allocator.fail_at);
    allocator.failures += refused ? 1 : 0;
    return refused;
}

static void *change(header *old, size_t old_size, size_t new_size)
{
    if (old != NULL)
        audit(old, old_size);
    else if (old_size != 0)
        refuse("the old size of no block", old_size, 0);
    if (new_size == 0) {
        if (old != NULL)
            discard(old);
        return NULL;
    }
    header *block = is_refused() ? NULL : create(new_size);
    if (block == NULL)
        return NULL;
    if (old != NULL) {
        memcpy(block + 1, old + 1, old_size < new_size ? old_size : new_size);
        discard(old);
    }
    return block + 1;
}

static void *reallocate(void *user, void *block, size_t old_size, size_t new_size)
{
    if (user != &allocator)
        refuse("the user pointer is not the installed one", 0, 0);
    acquire();
    void *result = change(block != NULL ? (header *)block - 1 : NULL, old_size, new_size);
    release();
    return result;
}

static void uninstall(void)
{
    wsp_set_allocator(NULL);
}

static void plan(size_t n, bool onwards)
{
    acquire();
    allocator.fail_at = n;
    allocator.requests = 0;
    allocator.failures = 0;
    allocator.peak_bytes = allocator.live_bytes;
    is_failing_onwards = onwards && n > 0;
    release();
}

wspi_test_failing_allocator *wspi_test_failing_allocator_install(void)
{
    allocator = (wspi_test_failing_allocator){0};
    plan(0, false);
    const wsp_allocator hook = {reallocate, &allocator};
    wspi_test_at_case_end(uninstall);
    if (wsp_set_allocator(&hook) != WSP_OK)
        FAIL("wsp_set_allocator refused the allocator");
    return &allocator;
}

void wspi_test_failing_allocator_fail_at(size_t n)
{
    plan(n, false);
}

void wspi_test_failing_allocator_fail_from(size_t n)
{
    plan(n, true);
}
