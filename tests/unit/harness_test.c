/* SPDX-License-Identifier: MIT */

/*
 * The harness itself: a check that cannot fail would make every other test worthless. Runs small test
 * programs in child processes and looks at what they print and how they end. POSIX only.
 */

#define _DEFAULT_SOURCE

#include "failing_allocator.h"
#include "guarded_bytes.h"
#include "memory.h"
#include "test.h"
#include "wspeer/base.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct child {
    char out[4096]; /* standard output and standard error */
    int status;     /* of waitpid */
} child;

/* Runs the cases in a child with that argument (or none). */
static child run(const wspi_test_case *cases, size_t count, const char *argument)
{
    child result = {.status = -1};
    int ends[2];
    fflush(NULL);
    CHECK_INT(pipe(ends), 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        char name[] = "child";
        char text[64] = "";
        char *argv[] = {name, text, NULL};
        const struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        if (argument != NULL)
            snprintf(text, sizeof(text), "%s", argument);
        int status = wspi_test_main(cases, count, argument != NULL ? 2 : 1, argv);
        fflush(NULL);
        _exit(status);
    }
    close(ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(ends[0], result.out + size, sizeof(result.out) - 1 - size)) > 0)
        size += (size_t)got;
    close(ends[0]);
    CHECK_INT(waitpid(pid, &result.status, 0), pid);
    return result;
}

#define RUN(cases, argument) run(cases, sizeof(cases) / sizeof((cases)[0]), argument)

static bool has_exited(const child *result, int status)
{
    return WIFEXITED(result->status) && WEXITSTATUS(result->status) == status;
}

/* abort, or the end a sanitizer makes of a wild access. */
static bool has_died(const child *result)
{
    return WIFSIGNALED(result->status) || (WIFEXITED(result->status) && WEXITSTATUS(result->status) > 0);
}

static void passes(void)
{
    CHECK(1 + 1 == 2);
    CHECK_INT(-3, -3);
    CHECK_SIZE(SIZE_MAX, SIZE_MAX);
    CHECK_BOOL(true, true);
    CHECK_DOUBLE_BETWEEN(0.5, 0.5, 0.5);
    CHECK_STRING("a", "a");
    CHECK_STRING(NULL, NULL);
    CHECK_CONTAINS("abc", "b");
    CHECK_BYTES("a\0b", 3, "a\0b", 3);
    CHECK_BYTES(NULL, 0, "", 0);
}

static void skips(void)
{
    SKIP("no %s here", "IPv6");
}

static void fails_in_a_helper(void)
{
    TEST_NOTE("row %d", 7);
    FAIL("two\nlines");
}

static void cases_report_in_the_documented_form(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(passes), TEST_CASE(skips), TEST_CASE(fails_in_a_helper)};
    child result = RUN(cases, NULL);
    CHECK_CONTAINS(result.out,
                   "ok passes\nskip skips: no IPv6 here\nnot ok fails_in_a_helper: harness_test.c:");
    CHECK_CONTAINS(result.out, ": two\\x0alines [row 7]\n");
    CHECK(has_exited(&result, 1));
}

static void only_failures_change_the_exit_status(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(passes), TEST_CASE(skips)};
    child result = RUN(cases, NULL);
    CHECK(has_exited(&result, 0));
}

static void the_argument_selects_cases_by_a_part_of_their_name(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(passes), TEST_CASE(skips), TEST_CASE(fails_in_a_helper)};
    child result = RUN(cases, "asse");
    CHECK_STRING(result.out, "ok passes\n");
    CHECK(has_exited(&result, 0));
    result = RUN(cases, "--list");
    CHECK_CONTAINS(result.out, "passes\nskips\nfails_in_a_helper\n");
    CHECK(strstr(result.out, "ok passes") == NULL);
}

static void two_cases_of_one_name_are_a_failure(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(passes), TEST_CASE(passes)};
    child result = RUN(cases, NULL);
    CHECK_CONTAINS(result.out, "two cases are named passes");
    CHECK(has_exited(&result, 1));
}

static const char *const null_string = NULL;

#define FAILING_CASE(name, check) \
    static void name(void)        \
    {                             \
        check;                    \
    }

FAILING_CASE(condition, CHECK(1 + 1 == 3))
FAILING_CASE(number, CHECK_INT(-3, 3))
FAILING_CASE(size, CHECK_SIZE(SIZE_MAX, 0))
FAILING_CASE(boolean, CHECK_BOOL(true, false))
FAILING_CASE(below, CHECK_DOUBLE_BETWEEN(0.4, 0.5, 1))
FAILING_CASE(above, CHECK_DOUBLE_BETWEEN(1.1, 0.5, 1))
FAILING_CASE(not_a_number, CHECK_DOUBLE_BETWEEN(strtod("nan", NULL), 0, 1))
FAILING_CASE(string, CHECK_STRING("a", "b"))
FAILING_CASE(string_seen_null, CHECK_STRING(null_string, "b"))
FAILING_CASE(string_wanted_null, CHECK_STRING("a", null_string))
FAILING_CASE(contents, CHECK_CONTAINS("abc", "x"))
FAILING_CASE(contents_of_null, CHECK_CONTAINS(null_string, "x"))
FAILING_CASE(bytes, CHECK_BYTES("abcdefgh", 8, "abcdefgX", 8))
FAILING_CASE(bytes_too_few, CHECK_BYTES("ab", 2, "abc", 3))
FAILING_CASE(bytes_too_many, CHECK_BYTES("abc", 3, NULL, 0))

static void every_check_fails_with_its_values(void)
{
    static const wspi_test_case cases[] = {
        TEST_CASE(condition),
        TEST_CASE(number),
        TEST_CASE(size),
        TEST_CASE(boolean),
        TEST_CASE(below),
        TEST_CASE(above),
        TEST_CASE(not_a_number),
        TEST_CASE(string),
        TEST_CASE(string_seen_null),
        TEST_CASE(string_wanted_null),
        TEST_CASE(contents),
        TEST_CASE(contents_of_null),
        TEST_CASE(bytes),
        TEST_CASE(bytes_too_few),
        TEST_CASE(bytes_too_many),
    };
    child result = RUN(cases, NULL);
    CHECK(has_exited(&result, 1));
    CHECK(strncmp(result.out, "ok ", 3) != 0 && strstr(result.out, "\nok ") == NULL);
    CHECK_CONTAINS(result.out, "1 + 1 == 3 is false\n");
    CHECK_CONTAINS(result.out, "-3 is -3, wanted 3, which is 3\n");
    CHECK_CONTAINS(result.out, "true is true, wanted false\n");
    CHECK_CONTAINS(result.out, "\"a\" is \"a\", wanted \"b\"\n");
    CHECK_CONTAINS(result.out, "wanted \"(NULL)\"\n");
    CHECK_CONTAINS(result.out, "is \"abc\", which lacks \"x\"\n");
    CHECK_CONTAINS(result.out,
                   "has 8 bytes, wanted 8; they differ at 7: seen 64 65 66 67 68, wanted 64 65 66 67 58");
    CHECK_CONTAINS(result.out, "has 2 bytes, wanted 3; they differ at 2");
}

static int cleanups[3];

static void first_cleanup(void)
{
    cleanups[0] = ++cleanups[2];
}

static void second_cleanup(void)
{
    cleanups[1] = ++cleanups[2];
}

static void registers_and_fails(void)
{
    wspi_test_at_case_end(first_cleanup);
    wspi_test_at_case_end(second_cleanup);
    FAIL("on purpose");
}

static void sees_both_cleanups_done(void)
{
    CHECK_INT(cleanups[1], 1);
    CHECK_INT(cleanups[0], 2);
}

static void cleanups_run_once_after_a_failure_latest_first(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(registers_and_fails),
                                           {"then", sees_both_cleanups_done},
                                           {"again", sees_both_cleanups_done}};
    child result = RUN(cases, NULL);
    CHECK_CONTAINS(result.out, "ok then\nok again\n");
}

static void leaves_its_failing_allocator_behind(void)
{
    wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_from(1);
    CHECK(wspi_allocate(1) != NULL);
}

static void allocates(void)
{
    void *block = wspi_allocate(1);
    CHECK(block != NULL);
    wspi_free(block, 1);
}

static void the_allocator_of_a_failed_case_does_not_reach_the_next(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(leaves_its_failing_allocator_behind),
                                           TEST_CASE(allocates)};
    child result = RUN(cases, NULL);
    CHECK_CONTAINS(result.out, "not ok leaves_its_failing_allocator_behind");
    CHECK_CONTAINS(result.out, "ok allocates\n");
}

static void frees_with_a_wrong_size(void)
{
    wspi_test_failing_allocator_install();
    wspi_free(wspi_allocate(8), 9);
}

static void resizes_with_a_wrong_size(void)
{
    wspi_test_failing_allocator_install();
    (void)wspi_reallocate(wspi_allocate(8), 7, 20);
}

static void states_a_size_of_no_block(void)
{
    wspi_test_failing_allocator_install();
    (void)wspi_reallocate(NULL, 7, 20);
}

static void writes_behind_a_block(void)
{
    wspi_test_failing_allocator_install();
    uint8_t *block = wspi_allocate(8);
    block[8] = 0;
    wspi_free(block, 8);
}

static void frees_a_pointer_into_a_block(void)
{
    wspi_test_failing_allocator_install();
    uint8_t *block = wspi_allocate(64);
    memset(block, 0, 64);
    wspi_free(block + 32, 32);
}

static void wrong_uses_of_memory_end_the_process_with_their_reason(void)
{
    static const struct {
        wspi_test_case wrong;
        const char *reason;
    } rows[] = {
        {TEST_CASE(frees_with_a_wrong_size), "the old size is not exact (seen 9, wanted 8)"},
        {TEST_CASE(resizes_with_a_wrong_size), "the old size is not exact (seen 7, wanted 8)"},
        {TEST_CASE(states_a_size_of_no_block), "the old size of no block"},
        {TEST_CASE(writes_behind_a_block), "behind a block's end"},
        {TEST_CASE(frees_a_pointer_into_a_block), "no block of this allocator"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        child result = run(&rows[i].wrong, 1, NULL);
        CHECK_CONTAINS(result.out, rows[i].reason);
        CHECK_CONTAINS(result.out, rows[i].wrong.name);
        CHECK(WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGABRT);
    }
}

static void the_allocator_counts_and_fails_as_planned(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_test_failing_allocator_fail_at(2);
    void *first = wspi_allocate(10);
    CHECK(first != NULL);
    CHECK(wspi_allocate(20) == NULL);
    void *third = wspi_allocate(30);
    CHECK(third != NULL);
    CHECK_SIZE(allocator->requests, 3);
    CHECK_SIZE(allocator->failures, 1);
    CHECK_SIZE(allocator->live_blocks, 2);
    CHECK_SIZE(allocator->live_bytes, 40);
    wspi_free(first, 10);
    CHECK_SIZE(allocator->live_bytes, 30);
    CHECK_SIZE(allocator->peak_bytes, 40);
    wspi_test_failing_allocator_fail_from(2);
    CHECK_SIZE(allocator->peak_bytes, 30);
    void *moved = wspi_reallocate(third, 30, 5);
    CHECK(moved != NULL && moved != third);
    CHECK(wspi_reallocate(moved, 5, 6) == NULL);
    CHECK(wspi_allocate(1) == NULL);
    CHECK_SIZE(allocator->failures, 2);
    wspi_free(moved, 5);
    CHECK_SIZE(allocator->live_blocks, 0);
}

static volatile uint8_t sink;

static void reads_one_byte_too_many(void)
{
    wspi_guarded_bytes guarded = wspi_guarded_bytes_make("abc", 3);
    for (size_t i = 0; i <= guarded.size; i++)
        sink = guarded.data[i];
}

static void guarded_bytes_end_at_an_unreadable_page(void)
{
    static const wspi_test_case cases[] = {TEST_CASE(reads_one_byte_too_many)};
    const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *bytes = calloc(sizes[i] + 1, 1);
        wspi_guarded_bytes guarded = wspi_guarded_bytes_make(bytes, sizes[i]);
        CHECK_BYTES(guarded.data, guarded.size, bytes, sizes[i]);
        wspi_guarded_bytes_release(&guarded);
        free(bytes);
    }
    child result = RUN(cases, NULL);
    CHECK(has_died(&result));
    CHECK(strstr(result.out, "ok reads_one_byte_too_many") == NULL);
}

static void a_seed_from_the_environment_repeats_the_numbers(void)
{
    setenv("WSPEER_TEST_SEED", "42", 1);
    uint64_t first = wspi_test_random_begin();
    uint64_t second = wspi_test_random_begin();
    unsetenv("WSPEER_TEST_SEED");
    CHECK_SIZE(first, 42);
    for (int i = 0; i < 100; i++) {
        CHECK_SIZE(wspi_test_random(&first), wspi_test_random(&second));
        CHECK(wspi_test_random_below(&first, 7) < 7);
        (void)wspi_test_random_below(&second, 7);
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(cases_report_in_the_documented_form),
    TEST_CASE(only_failures_change_the_exit_status),
    TEST_CASE(the_argument_selects_cases_by_a_part_of_their_name),
    TEST_CASE(two_cases_of_one_name_are_a_failure),
    TEST_CASE(every_check_fails_with_its_values),
    TEST_CASE(cleanups_run_once_after_a_failure_latest_first),
    TEST_CASE(the_allocator_of_a_failed_case_does_not_reach_the_next),
    TEST_CASE(wrong_uses_of_memory_end_the_process_with_their_reason),
    TEST_CASE(the_allocator_counts_and_fails_as_planned),
    TEST_CASE(guarded_bytes_end_at_an_unreadable_page),
    TEST_CASE(a_seed_from_the_environment_repeats_the_numbers),
};

TEST_MAIN(cases)
