/* SPDX-License-Identifier: MIT */

/*
 * Runs the cases of one test program and reports them line by line (see test.h). It knows nothing of the
 * library; isolation between cases is the business of the cleanups they register.
 */

#include "test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_CLEANUPS 8

enum outcome { OUTCOME_PASSED, OUTCOME_FAILED, OUTCOME_SKIPPED };

static struct runner {
    jmp_buf case_end;
    const char *case_name;
    enum outcome outcome;
    char why[2048];
    char note[512];
    void (*cleanups[MAX_CLEANUPS])(void);
    size_t cleanup_count;
} runner;

/* The report is one line of ASCII, so whatever a value contains must not break it or its reader. */
static void print_on_one_line(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < 0x20 || byte >= 0x7f)
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
}

static void report(void)
{
    static const char *const words[] = {"ok", "not ok", "skip"};
    printf("%s %s", words[runner.outcome], runner.case_name);
    if (runner.outcome != OUTCOME_PASSED) {
        fputs(": ", stdout);
        print_on_one_line(runner.why);
        if (runner.outcome == OUTCOME_FAILED && runner.note[0] != '\0') {
            fputs(" [", stdout);
            print_on_one_line(runner.note);
            putchar(']');
        }
    }
    putchar('\n');
    fflush(stdout);
}

static void run_case(const wspi_test_case *test_case)
{
    runner.case_name = test_case->name;
    runner.outcome = OUTCOME_PASSED;
    runner.why[0] = '\0';
    runner.note[0] = '\0';
    runner.cleanup_count = 0;
    if (setjmp(runner.case_end) == 0)
        test_case->run();
    while (runner.cleanup_count > 0)
        runner.cleanups[--runner.cleanup_count]();
    report();
}

static bool names_are_unique(const wspi_test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(cases[i].name, cases[j].name) == 0) {
                fprintf(stderr, "two cases are named %s\n", cases[i].name);
                return false;
            }
        }
    }
    return true;
}

int wspi_test_main(const wspi_test_case *cases, size_t count, int argc, char **argv)
{
    const char *filter = argc > 1 ? argv[1] : "";
    bool has_failed = !names_are_unique(cases, count);
    size_t ran = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(filter, "--list") == 0) {
            puts(cases[i].name);
            continue;
        }
        if (strstr(cases[i].name, filter) == NULL)
            continue;
        ran++;
        run_case(&cases[i]);
        has_failed = has_failed || runner.outcome == OUTCOME_FAILED;
    }
    if (ran == 0)
        fprintf(stderr, "%s: no case was run\n", argc > 0 ? argv[0] : "test");
    return has_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static WSPI_TEST_NORETURN void end_case(enum outcome outcome)
{
    runner.outcome = outcome;
    longjmp(runner.case_end, 1);
}

/* Sources are named as __FILE__ has them, which may be a long absolute path: the last part is enough. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

void wspi_test_fail(const char *file, int line, const char *format, ...)
{
    int length = snprintf(runner.why, sizeof(runner.why), "%s:%d: ", file_name(file), line);
    size_t used = length < 0 ? 0 : (size_t)length;
    if (used >= sizeof(runner.why))
        used = sizeof(runner.why) - 1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(runner.why + used, sizeof(runner.why) - used, format, arguments);
    va_end(arguments);
    end_case(OUTCOME_FAILED);
}

void wspi_test_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(runner.why, sizeof(runner.why), format, arguments);
    va_end(arguments);
    end_case(OUTCOME_SKIPPED);
}

void wspi_test_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(runner.note, sizeof(runner.note), format, arguments);
    va_end(arguments);
}

const char *wspi_test_case_name(void)
{
    return runner.case_name != NULL ? runner.case_name : "no case";
}

void wspi_test_at_case_end(void (*cleanup)(void))
{
    if (runner.cleanup_count == MAX_CLEANUPS)
        wspi_test_fail(__FILE__, __LINE__, "more than %d cleanups in one case", MAX_CLEANUPS);
    runner.cleanups[runner.cleanup_count++] = cleanup;
}

void wspi_test_check_int(const char *file, int line, const char *seen_text, long long seen,
                         const char *wanted_text, long long wanted)
{
    if (seen != wanted)
        wspi_test_fail(file, line, "%s is %lld, wanted %s, which is %lld", seen_text, seen, wanted_text,
                       wanted);
}

void wspi_test_check_size(const char *file, int line, const char *seen_text, unsigned long long seen,
                          const char *wanted_text, unsigned long long wanted)
{
    if (seen != wanted)
        wspi_test_fail(file, line, "%s is %llu, wanted %s, which is %llu", seen_text, seen, wanted_text,
                       wanted);
}

void wspi_test_check_bool(const char *file, int line, const char *seen_text, bool seen,
                          const char *wanted_text, bool wanted)
{
    if (seen != wanted)
        wspi_test_fail(file, line, "%s is %s, wanted %s", seen_text, seen ? "true" : "false", wanted_text);
}

void wspi_test_check_double(const char *file, int line, const char *seen_text, double seen, double low,
                            double high)
{
    if (!(seen >= low && seen <= high))
        wspi_test_fail(file, line, "%s is %.17g, wanted %.17g to %.17g", seen_text, seen, low, high);
}

static const char *or_null(const char *string)
{
    return string != NULL ? string : "(NULL)";
}

void wspi_test_check_string(const char *file, int line, const char *seen_text, const char *seen,
                            const char *wanted)
{
    if (seen == wanted || (seen != NULL && wanted != NULL && strcmp(seen, wanted) == 0))
        return;
    wspi_test_fail(file, line, "%s is \"%s\", wanted \"%s\"", seen_text, or_null(seen), or_null(wanted));
}

void wspi_test_check_contains(const char *file, int line, const char *text_text, const char *text,
                              const char *part)
{
    if (text == NULL || strstr(text, part) == NULL)
        wspi_test_fail(file, line, "%s is \"%s\", which lacks \"%s\"", text_text, or_null(text), part);
}

/* Up to 16 bytes around `at` as hexadecimal digits. */
static void write_hex(char *out, size_t capacity, const unsigned char *bytes, size_t size, size_t at)
{
    size_t begin = at > 4 ? at - 4 : 0;
    size_t end = size - begin > 16 ? begin + 16 : size;
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = begin; i < end && used + 4 < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%02x", i == begin ? "" : " ", bytes[i]);
}

void wspi_test_check_bytes(const char *file, int line, const char *seen_text, const void *seen,
                           size_t seen_size, const void *wanted, size_t wanted_size)
{
    const unsigned char *a = seen;
    const unsigned char *b = wanted;
    size_t shorter = seen_size < wanted_size ? seen_size : wanted_size;
    size_t at = 0;
    while (at < shorter && a[at] == b[at])
        at++;
    if (at == seen_size && at == wanted_size)
        return;
    char seen_hex[64];
    char wanted_hex[64];
    write_hex(seen_hex, sizeof(seen_hex), a, seen_size, at);
    write_hex(wanted_hex, sizeof(wanted_hex), b, wanted_size, at);
    wspi_test_fail(file, line,
                   "%s has %zu bytes, wanted %zu; they differ at %zu: seen %s, wanted %s (both from %zu)",
                   seen_text, seen_size, wanted_size, at, seen_hex, wanted_hex, at > 4 ? at - 4 : 0);
}

uint64_t wspi_test_random_begin(void)
{
    const char *text = getenv("WSPEER_TEST_SEED");
    uint64_t seed;
    if (text != NULL && text[0] != '\0') {
        seed = strtoull(text, NULL, 0);
    } else {
        struct timespec now = {0};
        timespec_get(&now, TIME_UTC);
        seed = (uint64_t)now.tv_sec * UINT64_C(1000000007) ^ (uint64_t)now.tv_nsec;
    }
    fprintf(stderr, "%s: WSPEER_TEST_SEED=%llu\n", wspi_test_case_name(), (unsigned long long)seed);
    wspi_test_note("WSPEER_TEST_SEED=%llu", (unsigned long long)seed);
    return seed;
}

uint64_t wspi_test_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

size_t wspi_test_random_below(uint64_t *state, size_t count)
{
    return (size_t)(wspi_test_random(state) % count);
}
