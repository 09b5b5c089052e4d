/* SPDX-License-Identifier: MIT */

/*
 * The tools of the fuzz targets (fuzz.h), the same under driver.c and under libFuzzer. Its own memory comes
 * from malloc and does not show in the audit of the library's.
 */

#include "fuzz.h"

#include "failing_allocator.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTCOMES_MOST = 16 };

static fuzz_seed_list list;
static size_t reached[OUTCOMES_MOST];
static wspi_test_failing_allocator *allocator;

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s is false\n", file, line, what);
    abort();
}

static void *or_abort(void *block)
{
    if (block == NULL) {
        fputs("fuzz: out of memory\n", stderr);
        abort();
    }
    return block;
}

/* -- inputs ------------------------------------------------------------------- */

void fuzz_add_seed(const void *bytes, size_t size)
{
    if (list.count == list.room) {
        list.room = 2 * list.room + 64;
        list.seeds = or_abort(realloc(list.seeds, list.room * sizeof(*list.seeds)));
    }
    list.seeds[list.count++] = (wspi_bytes){fuzz_copy(bytes, size), size};
}

const fuzz_seed_list *fuzz_get_seeds(void)
{
    return &list;
}

void fuzz_drop_seeds(void)
{
    for (size_t i = 0; i < list.count; i++)
        free((void *)list.seeds[i].data);
    free(list.seeds);
    list = (fuzz_seed_list){0};
}

void fuzz_reach(size_t outcome)
{
    FUZZ_CHECK(outcome < OUTCOMES_MOST);
    reached[outcome]++;
}

size_t fuzz_get_reached(size_t outcome)
{
    return reached[outcome];
}

uint8_t *fuzz_copy(const void *bytes, size_t size)
{
    uint8_t *copy = or_abort(malloc(size > 0 ? size : 1));
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *fuzz_copy_string(const void *bytes, size_t size)
{
    char *copy = or_abort(malloc(size + 1));
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

wspi_bytes fuzz_take(wspi_bytes *input, size_t size)
{
    wspi_bytes taken = {input->data, wspi_min(size, input->size)};
    if (taken.size > 0)
        input->data += taken.size;
    input->size -= taken.size;
    return taken;
}

uint8_t fuzz_take_byte(wspi_bytes *input)
{
    wspi_bytes taken = fuzz_take(input, 1);
    return taken.size > 0 ? taken.data[0] : 0;
}

/* -- what happened ------------------------------------------------------------- */

void fuzz_log_add_bytes(fuzz_log *log, const void *bytes, size_t size)
{
    if (log->room - log->size < size) {
        log->room = 2 * log->room + size + 256;
        log->text = or_abort(realloc(log->text, log->room));
    }
    if (size > 0)
        memcpy(log->text + log->size, bytes, size);
    log->size += size;
}

void fuzz_log_add(fuzz_log *log, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    FUZZ_CHECK(size >= 0 && (size_t)size < sizeof(text));
    fuzz_log_add_bytes(log, text, (size_t)size);
}

void fuzz_log_release(fuzz_log *log)
{
    free(log->text);
    *log = (fuzz_log){0};
}

void fuzz_check_same(const fuzz_log *seen, const fuzz_log *wanted)
{
    if (seen->size == wanted->size && (seen->size == 0 || memcmp(seen->text, wanted->text, seen->size) == 0))
        return;
    fprintf(stderr, "seen:\n%.*s\nwanted:\n%.*s\n", (int)seen->size, seen->text != NULL ? seen->text : "",
            (int)wanted->size, wanted->text != NULL ? wanted->text : "");
    fuzz_fail(__FILE__, __LINE__, "seen == wanted");
}

/* -- pieces --------------------------------------------------------------------- */

uint8_t *fuzz_cut_next(fuzz_cut *cut, size_t *out_size)
{
    size_t size = cut->left.size;
    if (cut->way == FUZZ_BYTE_BY_BYTE)
        size = 1;
    else if (cut->way == FUZZ_AT_RANDOM)
        size = 1 + wspi_test_random_below(&cut->chance, 1 + wspi_test_random_below(&cut->chance, 200));
    free(cut->piece);
    cut->piece = NULL;
    wspi_bytes taken = fuzz_take(&cut->left, size);
    *out_size = taken.size;
    if (taken.size > 0)
        cut->piece = fuzz_copy(taken.data, taken.size);
    return cut->piece;
}

static fuzz_log run_cut(const uint8_t *bytes, size_t size, fuzz_way way, fuzz_run *run)
{
    fuzz_log log = {0};
    fuzz_cut cut = {.left = {bytes, size}, .way = way, .chance = size};
    for (size_t i = 0; i < wspi_min(size, 8); i++)
        cut.chance = cut.chance << 8 ^ bytes[i];
    fuzz_memory_begin(0);
    run(&cut, &log);
    (void)fuzz_memory_end(NULL);
    free(cut.piece);
    return log;
}

void fuzz_check_cuts(const uint8_t *bytes, size_t size, fuzz_run *run)
{
    fuzz_log whole = run_cut(bytes, size, FUZZ_WHOLE, run);
    for (int way = FUZZ_BYTE_BY_BYTE; way <= FUZZ_AT_RANDOM; way++) {
        fuzz_log log = run_cut(bytes, size, (fuzz_way)way, run);
        fuzz_check_same(&log, &whole);
        fuzz_log_release(&log);
    }
    fuzz_log_release(&whole);
}

/* -- the library's memory --------------------------------------------------------- */

void fuzz_memory_begin(size_t fail_at)
{
    if (allocator == NULL)
        allocator = wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(fail_at);
}

bool fuzz_memory_end(size_t *out_peak)
{
    FUZZ_CHECK(allocator->live_blocks == 0);
    if (out_peak != NULL)
        *out_peak = allocator->peak_bytes;
    return allocator->failures > 0;
}
