/* SPDX-License-Identifier: MIT */
#ifndef WSPI_FUZZ_H
#define WSPI_FUZZ_H

/*
 * What every fuzz target is made with. A target is one file NAME_fuzz.c that defines what is declared first
 * here; driver.c or libFuzzer runs it (README.md).
 *
 * An input that breaks a promise ends the process: FUZZ_CHECK and a sanitizer abort. Nothing of one input may
 * be left for the next, so that any of them repeats alone.
 */

#include "bytes.h"
#include "test.h"

/* -- defined by the target --------------------------------------------------- */

/* Runs one input; answers 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Adds inputs that are worth starting from. */
void fuzz_add_seeds(void);

/* Inputs that the driver makes up when it is not told how many: some seconds under AddressSanitizer. */
extern const size_t fuzz_input_count;

/* What some input of each run must come to, ended by NULL: a target that only ever sees garbage refused tests
 * nothing. */
extern const char *const fuzz_outcomes[];

/* -- for the target ----------------------------------------------------------- */

/* A copy is kept; for fuzz_add_seeds. */
void fuzz_add_seed(const void *bytes, size_t size);
#define FUZZ_SEED(literal) fuzz_add_seed(literal, sizeof(literal) - 1)

/* This input came to the outcome of that index. */
void fuzz_reach(size_t outcome);

#define FUZZ_CHECK(condition)                             \
    do {                                                  \
        if (!(condition))                                 \
            fuzz_fail(__FILE__, __LINE__, "" #condition); \
    } while (0)

WSPI_TEST_NORETURN void fuzz_fail(const char *file, int line, const char *what);

/* A copy in a block of its exact size, so that AddressSanitizer sees a read behind it; to be freed. */
uint8_t *fuzz_copy(const void *bytes, size_t size);

/* The same as a string. */
char *fuzz_copy_string(const void *bytes, size_t size);

/* Takes the front of an input off as a number; 0 when it is used up. */
uint8_t fuzz_take_byte(wspi_bytes *input);

/* Takes at most `size` bytes off the front. */
wspi_bytes fuzz_take(wspi_bytes *input, size_t size);

/* What happened, as text; two runs that should be alike are compared by it. */
typedef struct fuzz_log {
    char *text;
    size_t size;
    size_t room;
} fuzz_log;

WSPI_TEST_PRINTF(2, 3) void fuzz_log_add(fuzz_log *log, const char *format, ...);
void fuzz_log_add_bytes(fuzz_log *log, const void *bytes, size_t size);
void fuzz_log_release(fuzz_log *log);

/* Ends the process unless both say the same. */
void fuzz_check_same(const fuzz_log *seen, const fuzz_log *wanted);

/* An input cut into pieces. */
typedef enum fuzz_way { FUZZ_WHOLE, FUZZ_BYTE_BY_BYTE, FUZZ_AT_RANDOM } fuzz_way;
typedef struct fuzz_cut {
    wspi_bytes left;
    fuzz_way way;
    uint64_t chance;
    uint8_t *piece;
} fuzz_cut;

/* The next piece, which lives until the next call, NULL at the end. It may be written to. */
uint8_t *fuzz_cut_next(fuzz_cut *cut, size_t *out_size);

/* Runs the input whole, byte by byte and cut at random, and compares what happened. */
typedef void fuzz_run(fuzz_cut *cut, fuzz_log *log);
void fuzz_check_cuts(const uint8_t *bytes, size_t size, fuzz_run *run);

/* From now on every block of the library is audited (failing_allocator.h). `fail_at` 0: none fails. */
void fuzz_memory_begin(size_t fail_at);

/* No block may be left. Answers whether one was refused, and the peak in *out_peak unless that is NULL. */
bool fuzz_memory_end(size_t *out_peak);

/* -- for the driver ------------------------------------------------------------ */

typedef struct fuzz_seed_list {
    wspi_bytes *seeds;
    size_t count;
    size_t room;
} fuzz_seed_list;

const fuzz_seed_list *fuzz_get_seeds(void);
void fuzz_drop_seeds(void);
size_t fuzz_get_reached(size_t outcome);

#endif
