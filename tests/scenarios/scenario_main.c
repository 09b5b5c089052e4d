/* SPDX-License-Identifier: MIT */
/*
 * Runs the scenarios and prints for each its trace between `begin NAME` and
 * `end NAME`, then `ok NAME`, `not ok NAME: why` or `skip NAME: why`. Whether
 * the trace is the right one is judged by ../harness/scenarios.mjs. `ok` here
 * means: ran to its end, and gave back all memory.
 *
 * usage: scenarios [--OPTION VALUE]... [TOPIC or PART-OF-A-NAME]   (options: see the runtime)
 */
#include "runtime.h"
#include "scenario_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const scenario_topic opening_topic, messages_topic, queues_topic, closing_topic, failures_topic,
    handlers_topic, settings_topic, life_topic, differences_topic;

static const scenario_topic *const topics[] = {
    &opening_topic,  &messages_topic, &queues_topic, &closing_topic,     &failures_topic,
    &handlers_topic, &settings_topic, &life_topic,   &differences_topic,
};

/* -- memory ---------------------------------------------------------------- */

/* Bytes that the library holds. Also proves that it states its sizes right: base.h promises exact ones. */
static size_t held_bytes;

static void *reallocate(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    void *next = NULL;
    if (new_size == 0)
        free(block);
    else
        next = realloc(block, new_size);
    if (next != NULL || new_size == 0)
        held_bytes = held_bytes - old_size + new_size;
    return next;
}

/* -- running --------------------------------------------------------------- */

static bool belongs_here(const scenario_entry *entry)
{
    bool is_web = strcmp(wsp_backend_name(), "web") == 0;
    if ((entry->flags & SCENARIO_NATIVE) != 0 && is_web)
        return false;
    if ((entry->flags & SCENARIO_WEB) != 0 && !is_web)
        return false;
    return (entry->flags & (SCENARIO_TIMED | SCENARIO_BULK)) == 0 || !runtime_is_varied();
}

/* true unless it failed. */
static bool run_one(const scenario_entry *entry)
{
    size_t held_before = held_bytes;
    scenario_outcome outcome;
    (void)printf("begin %s\n", entry->name);
    scenario_run(entry, &outcome);
    (void)printf("end %s\n", entry->name);
    if (outcome.failure[0] == '\0' && held_bytes != held_before)
        (void)snprintf(outcome.failure, sizeof outcome.failure, "it left %ld bytes of memory behind",
                       (long)(held_bytes - held_before));
    if (outcome.failure[0] != '\0')
        (void)printf("not ok %s: %s\n", entry->name, outcome.failure);
    else if (outcome.skip_reason != NULL)
        (void)printf("skip %s: %s\n", entry->name, outcome.skip_reason);
    else
        (void)printf("ok %s\n", entry->name);
    return outcome.failure[0] == '\0';
}

static const scenario_topic *find_topic(const char *name)
{
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (strcmp(topics[i]->name, name) == 0)
            return topics[i];
    return NULL;
}

static int run_all(const char *part)
{
    int status = 0;
    const scenario_topic *only = find_topic(part);
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        for (size_t j = 0; j < topics[i]->count; j++) {
            const scenario_entry *entry = &topics[i]->entries[j];
            bool is_chosen = only != NULL ? only == topics[i] : strstr(entry->name, part) != NULL;
            if (is_chosen && belongs_here(entry) && !run_one(entry))
                status = 1;
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    const char *part = "";
    (void)setvbuf(stdout, NULL, _IOLBF, 1024);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            part = argv[i];
        } else if (i + 1 == argc || !runtime_take_option(argv[i] + 2, argv[i + 1])) {
            (void)fprintf(stderr, "bad option %s\n", argv[i]);
            return 2;
        } else {
            i++;
        }
    }
    wsp_allocator allocator = {reallocate, NULL};
    const char *trouble = wsp_set_allocator(&allocator) == WSP_OK ? runtime_start() : "no allocator";
    if (trouble != NULL) {
        (void)fprintf(stderr, "cannot run: %s\n", trouble);
        return 2;
    }
    int status = run_all(part);
    runtime_finish();
    return status;
}
