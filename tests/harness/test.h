/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_H
#define WSPI_TEST_H

/*
 * The harness of every C test. It needs the C library only. A test file lists its cases and ends with
 * TEST_MAIN:
 *
 *     #include "test.h"
 *     #include "close_code.h"
 *
 *     static void refuses_reserved_codes(void)
 *     {
 *         for (int code = 1004; code <= 1006; code++) {
 *             TEST_NOTE("code %d", code);
 *             CHECK(!wspi_close_code_is_sendable(code));
 *         }
 *     }
 *
 *     static const wspi_test_case cases[] = {
 *         TEST_CASE(refuses_reserved_codes),
 *         {"reads_one_byte_at_a_time", reads_one_byte_at_a_time},
 *     };
 *
 *     TEST_MAIN(cases)
 *
 * Output, one flushed line a case, in the order of the table: `ok NAME`, `not ok NAME: why` or
 * `skip NAME: why`, in ASCII. Everything else goes to standard error. Exit status 1 when a case failed or two
 * share a name, else 0. A crash leaves no line for its case, so runners also look at the exit status. With
 * `--list` it prints the names; any other first argument runs only the cases whose name contains it.
 *
 * The first failed check ends its case (longjmp: also out of helper functions, but on the main thread only).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wspi_test_case {
    const char *name;
    void (*run)(void);
} wspi_test_case;

/* One row of the table: the case is named as its function. */
/* clang-format off */
#define TEST_CASE(function) { #function, function }
/* clang-format on */

/* Place this once, after the table. */
#define TEST_MAIN(cases)                                                              \
    int main(int argc, char **argv)                                                   \
    {                                                                                 \
        return wspi_test_main(cases, sizeof(cases) / sizeof((cases)[0]), argc, argv); \
    }

int wspi_test_main(const wspi_test_case *cases, size_t count, int argc, char **argv);

/*
 * Checks. Each evaluates its arguments once and, when it fails, prints file, line, expression and values.
 * The value seen comes first, the value wanted second.
 */
#define CHECK(condition)                                                   \
    do {                                                                   \
        if (!(condition))                                                  \
            wspi_test_fail(__FILE__, __LINE__, "%s is false", #condition); \
    } while (0)

/* Signed numbers, enums, wsp_result. */
#define CHECK_INT(seen, wanted) \
    wspi_test_check_int(__FILE__, __LINE__, #seen, (long long)(seen), #wanted, (long long)(wanted))

/* Sizes, counts and other unsigned numbers. */
#define CHECK_SIZE(seen, wanted)                                                         \
    wspi_test_check_size(__FILE__, __LINE__, #seen, (unsigned long long)(seen), #wanted, \
                         (unsigned long long)(wanted))

#define CHECK_BOOL(seen, wanted) wspi_test_check_bool(__FILE__, __LINE__, #seen, (seen), #wanted, (wanted))

/* `seen` lies in low..high, both included. */
#define CHECK_DOUBLE_BETWEEN(seen, low, high) \
    wspi_test_check_double(__FILE__, __LINE__, #seen, (seen), (low), (high))

/* C strings; NULL equals NULL only. */
#define CHECK_STRING(seen, wanted) wspi_test_check_string(__FILE__, __LINE__, #seen, (seen), (wanted))

/* `text` contains `part`. */
#define CHECK_CONTAINS(text, part) wspi_test_check_contains(__FILE__, __LINE__, #text, (text), (part))

/* Runs of bytes; prints the first difference and its surroundings. */
#define CHECK_BYTES(seen, seen_size, wanted, wanted_size) \
    wspi_test_check_bytes(__FILE__, __LINE__, #seen, (seen), (seen_size), (wanted), (wanted_size))

/* Fails with a printf-like message. */
#define FAIL(...) wspi_test_fail(__FILE__, __LINE__, __VA_ARGS__)

/* Ends the case as skipped: only for what this machine cannot do (no IPv6, no network name space). */
#define SKIP(...) wspi_test_skip(__VA_ARGS__)

/* printf-like words that the failure message of this case ends with, until replaced: the row of a table, the
 * seed. */
#define TEST_NOTE(...) wspi_test_note(__VA_ARGS__)

#if defined(__GNUC__)
#define WSPI_TEST_PRINTF(words, first) __attribute__((format(printf, words, first)))
#define WSPI_TEST_NORETURN             __attribute__((noreturn))
#else
#define WSPI_TEST_PRINTF(words, first)
#define WSPI_TEST_NORETURN
#endif

WSPI_TEST_NORETURN WSPI_TEST_PRINTF(3, 4) void wspi_test_fail(const char *file, int line, const char *format,
                                                              ...);
WSPI_TEST_NORETURN WSPI_TEST_PRINTF(1, 2) void wspi_test_skip(const char *format, ...);
WSPI_TEST_PRINTF(1, 2) void wspi_test_note(const char *format, ...);

void wspi_test_check_int(const char *file, int line, const char *seen_text, long long seen,
                         const char *wanted_text, long long wanted);
void wspi_test_check_size(const char *file, int line, const char *seen_text, unsigned long long seen,
                          const char *wanted_text, unsigned long long wanted);
void wspi_test_check_bool(const char *file, int line, const char *seen_text, bool seen,
                          const char *wanted_text, bool wanted);
void wspi_test_check_double(const char *file, int line, const char *seen_text, double seen, double low,
                            double high);
void wspi_test_check_string(const char *file, int line, const char *seen_text, const char *seen,
                            const char *wanted);
void wspi_test_check_contains(const char *file, int line, const char *text_text, const char *text,
                              const char *part);
void wspi_test_check_bytes(const char *file, int line, const char *seen_text, const void *seen,
                           size_t seen_size, const void *wanted, size_t wanted_size);

/* The name of the running case, for messages of other helpers. */
const char *wspi_test_case_name(void);

/*
 * Calls `cleanup` once when the running case ends, however it ends; the latest first, at most 8. Check macros
 * are not allowed inside.
 */
void wspi_test_at_case_end(void (*cleanup)(void));

/*
 * Reproducible randomness (splitmix64). wspi_test_random_begin takes the seed from the environment variable
 * WSPEER_TEST_SEED or from the clock, prints it to standard error and puts it into the case's note.
 */
uint64_t wspi_test_random_begin(void);
uint64_t wspi_test_random(uint64_t *state);

/* A number in 0..count-1; count is at least 1. */
size_t wspi_test_random_below(uint64_t *state, size_t count);

#endif
