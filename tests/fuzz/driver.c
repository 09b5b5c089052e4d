/* SPDX-License-Identifier: MIT */

/*
 * Runs a fuzz target without libFuzzer: its seeds, the files of tests/fuzz/corpus/TARGET, and inputs that are
 * made from them by a generator with a fixed start, so that every run of the tests sees the same ones. An
 * input that ends the process or does not come to an end is left in build/fuzz-failed/. It knows nothing of
 * coverage; for that there is libFuzzer (README.md).
 *
 *     url_fuzz [--inputs N] [--start N] [--write FOLDER] [FILE...]
 *
 * FILE: runs these alone. --write: only writes what it would start from, as files for libFuzzer.
 */

#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIZE_MOST = 8192, SECONDS_MOST = 20 };

static struct {
    char name[64];
    char failed_path[160];
    size_t inputs;
    uint64_t start;
    const char *folder; /* of --write */
} run;

/* The input that is being run. */
static uint8_t current[SIZE_MOST];
static size_t current_size;

/* -- failures -------------------------------------------------------------------- */

/* Only calls that a signal handler may make. */
static void save_current(void)
{
    static const char words[] = "the input is in ";
    int file = open(run.failed_path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || write(file, current, current_size) < 0)
        return;
    (void)close(file);
    (void)!write(STDERR_FILENO, words, sizeof(words) - 1);
    (void)!write(STDERR_FILENO, run.failed_path, strlen(run.failed_path));
    (void)!write(STDERR_FILENO, "\n", 1);
}

static void end_by_signal(int number)
{
    static const char late[] = "an input takes too long\n";
    if (number == SIGALRM)
        (void)!write(STDERR_FILENO, late, sizeof(late) - 1);
    save_current();
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* Of the sanitizers' run-time library, where there is one. */
#if defined(__GNUC__)
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static void watch_for_failures(void)
{
    (void)mkdir("build", 0755);
    (void)mkdir("build/fuzz-failed", 0755);
    (void)snprintf(run.failed_path, sizeof(run.failed_path), "build/fuzz-failed/%s", run.name);
    (void)signal(SIGABRT, end_by_signal);
    (void)signal(SIGALRM, end_by_signal);
#if defined(__GNUC__)
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(save_current);
        return;
    }
#endif
    (void)signal(SIGSEGV, end_by_signal);
}

static void run_current(void)
{
    (void)alarm(SECONDS_MOST);
    uint8_t *copy = fuzz_copy(current, current_size);
    (void)LLVMFuzzerTestOneInput(copy, current_size);
    free(copy);
    (void)alarm(0);
}

static void set_current(wspi_bytes input)
{
    current_size = wspi_min(input.size, SIZE_MOST);
    if (current_size > 0)
        memcpy(current, input.data, current_size);
}

/* -- mutations ------------------------------------------------------------------- */

static uint64_t chance;

static size_t below(size_t count)
{
    return wspi_test_random_below(&chance, count);
}

static void replace(size_t at, size_t old_size, const void *bytes, size_t size)
{
    size = wspi_min(size, SIZE_MOST - (current_size - old_size));
    memmove(current + at + size, current + at + old_size, current_size - at - old_size);
    if (size > 0)
        memcpy(current + at, bytes, size);
    current_size += size - old_size;
}

/* A run of bytes, mostly short. */
static wspi_bytes slice_of(wspi_bytes from)
{
    if (from.size == 0)
        return from;
    size_t at = below(from.size);
    size_t most = below(4) == 0 ? from.size - at : wspi_min(from.size - at, 16);
    return (wspi_bytes){from.data + at, 1 + below(most)};
}

static wspi_bytes any_seed(void)
{
    const fuzz_seed_list *seeds = fuzz_get_seeds();
    return seeds->seeds[below(seeds->count)];
}

static void set_byte(size_t at)
{
    static const uint8_t telling[] = {0,  1,  9,  10,  13,  32,  34,  44,  46, 58,
                                      59, 61, 92, 125, 126, 127, 128, 254, 255};
    if (below(2) == 0)
        current[at] = (uint8_t)below(256);
    else
        current[at] = telling[below(sizeof(telling))];
}

static void repeat_slice(size_t at)
{
    wspi_bytes slice = slice_of((wspi_bytes){current, current_size});
    uint8_t *copy = fuzz_copy(slice.data, slice.size);
    for (size_t count = 1 + (below(8) == 0 ? below(300) : below(3)); count > 0; count--)
        replace(at, 0, copy, slice.size);
    free(copy);
}

static void mutate(void)
{
    size_t at = below(current_size + 1);
    size_t left = current_size - at;
    uint8_t byte = (uint8_t)below(256);
    wspi_bytes other = slice_of(any_seed());
    switch (below(8)) {
    case 0:
        if (left > 0)
            current[at] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        if (left > 0)
            set_byte(at);
        break;
    case 2: replace(at, 0, &byte, 1); break;
    case 3: replace(at, left > 0 ? 1 + below(wspi_min(left, 16)) : 0, NULL, 0); break;
    case 4: repeat_slice(at); break;
    case 5: replace(at, 0, other.data, other.size); break;
    case 6: replace(at, wspi_min(left, other.size), other.data, other.size); break;
    default:
        if (below(4) == 0)
            current_size = at;
        else if (left > 0)
            current[at] = (uint8_t)(current[at] + (below(2) == 0 ? 1 : 255));
        break;
    }
}

static void make_input(void)
{
    set_current(any_seed());
    size_t count = 1 + below(1 + below(6));
    for (size_t i = 0; i < count; i++)
        mutate();
}

/* -- files ------------------------------------------------------------------------ */

static bool read_input(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    current_size = fread(current, 1, SIZE_MOST, file);
    return fclose(file) == 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the order of their names, which is the same on every machine. */
static void add_corpus(void)
{
    char folder[128];
    char *names[512];
    size_t count = 0;
    (void)snprintf(folder, sizeof(folder), "tests/fuzz/corpus/%s", run.name);
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return;
    for (struct dirent *item = readdir(directory); item != NULL && count < 512; item = readdir(directory)) {
        if (item->d_name[0] != '.')
            names[count++] = fuzz_copy_string(item->d_name, strlen(item->d_name));
    }
    (void)closedir(directory);
    qsort(names, count, sizeof(names[0]), compare_names);
    for (size_t i = 0; i < count; i++) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        if (read_input(path))
            fuzz_add_seed(current, current_size);
        free(names[i]);
    }
}

static int write_seeds(void)
{
    const fuzz_seed_list *seeds = fuzz_get_seeds();
    for (size_t i = 0; i < seeds->count; i++) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/seed-%03zu", run.folder, i);
        FILE *file = fopen(path, "wb");
        if (file == NULL ||
            fwrite(seeds->seeds[i].data, 1, seeds->seeds[i].size, file) != seeds->seeds[i].size ||
            fclose(file) != 0) {
            fprintf(stderr, "%s cannot be written\n", path);
            return 1;
        }
    }
    return 0;
}

/* -- the run ----------------------------------------------------------------------- */

static int run_files(char **paths, int count)
{
    for (int i = 0; i < count; i++) {
        if (!read_input(paths[i])) {
            fprintf(stderr, "%s cannot be read\n", paths[i]);
            return 1;
        }
        run_current();
        printf("ok %s\n", paths[i]);
    }
    return 0;
}

static int run_all(void)
{
    const fuzz_seed_list *seeds = fuzz_get_seeds();
    for (size_t i = 0; i < seeds->count; i++) {
        set_current(seeds->seeds[i]);
        run_current();
    }
    printf("ok %zu inputs to start from\n", seeds->count);
    chance = run.start;
    for (size_t i = 0; i < run.inputs; i++) {
        make_input();
        run_current();
    }
    printf("ok %zu inputs made from them\n", run.inputs);
    int failures = 0;
    for (size_t i = 0; fuzz_outcomes[i] != NULL; i++) {
        size_t count = fuzz_get_reached(i);
        failures += count == 0 ? 1 : 0;
        if (count == 0)
            printf("not ok %s: no input came to it\n", fuzz_outcomes[i]);
        else
            printf("ok %s, %zu times\n", fuzz_outcomes[i], count);
    }
    return failures > 0 ? 1 : 0;
}

static int read_options(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    (void)snprintf(run.name, sizeof(run.name), "%s", slash != NULL ? slash + 1 : argv[0]);
    run.inputs = fuzz_input_count;
    run.start = 1;
    int at = 1;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--inputs") == 0)
            run.inputs = (size_t)strtoull(argv[at + 1], NULL, 10);
        else if (strcmp(argv[at], "--start") == 0)
            run.start = strtoull(argv[at + 1], NULL, 10);
        else if (strcmp(argv[at], "--write") == 0)
            run.folder = argv[at + 1];
        else
            break;
    }
    return at;
}

int main(int argc, char **argv)
{
    int at = read_options(argc, argv);
    if (at < argc && argv[at][0] == '-') {
        fprintf(stderr, "usage: %s [--inputs N] [--start N] [--write FOLDER] [FILE...]\n", run.name);
        return 2;
    }
    watch_for_failures();
    fuzz_add_seeds();
    add_corpus();
    int status = run.folder != NULL ? write_seeds() : at < argc ? run_files(argv + at, argc - at) : run_all();
    fuzz_drop_seeds();
    return status;
}
