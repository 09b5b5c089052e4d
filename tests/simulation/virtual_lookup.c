/* SPDX-License-Identifier: MIT */

/*
 * The virtual resolver: names with the answers that a test gave them, lookups
 * that end after a delay. Eight run at a time, abandoned ones included, as on
 * the threads of the real port; the others wait in the order of their start.
 */

#include "virtual_world.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 32, MAX_ADDRESSES = 64, MAX_RUNNING = 8, NAME_SIZE = 256, WHY_SIZE = 128 };

#define UNKNOWN_NAME_SECONDS 0.05

typedef struct name_rule {
    char host[NAME_SIZE];
    char why[WHY_SIZE]; /* empty: the addresses count */
    wspi_address addresses[MAX_ADDRESSES];
    size_t count;
    double delay;
} name_rule;

typedef enum lookup_state {
    LOOKUP_PENDING,
    LOOKUP_RUNNING,
    LOOKUP_ABANDONED, /* runs on, and nobody wants the answer */
    LOOKUP_DONE
} lookup_state;

struct wspi_lookup {
    wspi_lookup *next;
    lookup_state state;
    unsigned number;
    name_rule rule;
};

static struct {
    name_rule *names;
    size_t name_count;
    wspi_lookup *first; /* all that exist, in the order of their start */
    size_t running;
    unsigned started;
} resolver;

void virtual_lookups_begin(void)
{
    (void)virtual_lookups_end();
}

size_t virtual_lookups_end(void)
{
    size_t kept = 0;
    while (resolver.first != NULL) {
        wspi_lookup *lookup = resolver.first;
        resolver.first = lookup->next;
        kept += lookup->state != LOOKUP_ABANDONED;
        free(lookup);
    }
    free(resolver.names);
    memset(&resolver, 0, sizeof(resolver));
    return kept;
}

/* -- names ----------------------------------------------------------------- */

static name_rule *add_rule(const char *host, double delay)
{
    virtual_enter();
    if (resolver.names == NULL)
        resolver.names = virtual_allocate(MAX_NAMES * sizeof(name_rule));
    if (resolver.name_count == MAX_NAMES || strlen(host) >= NAME_SIZE)
        virtual_misuse("too many names, or one too long");
    name_rule *rule = &resolver.names[resolver.name_count++];
    memset(rule, 0, sizeof(*rule));
    memcpy(rule->host, host, strlen(host));
    rule->delay = delay;
    return rule;
}

void virtual_set_name(const char *host, const wspi_address *addresses, size_t count, double delay)
{
    name_rule *rule = add_rule(host, delay);
    rule->count = wspi_min(count, MAX_ADDRESSES);
    for (size_t i = 0; i < rule->count; i++) {
        rule->addresses[i] = addresses[i];
        rule->addresses[i].port = 0;
    }
}

void virtual_set_name_failure(const char *host, const char *text, double delay)
{
    name_rule *rule = add_rule(host, delay);
    if (text[0] == '\0' || strlen(text) >= WHY_SIZE)
        virtual_misuse("a failure of a lookup without a text, or with one too long");
    memcpy(rule->why, text, strlen(text));
}

static name_rule find_rule(const char *host)
{
    for (size_t i = resolver.name_count; i > 0; i--) {
        if (strcmp(resolver.names[i - 1].host, host) == 0)
            return resolver.names[i - 1];
    }
    name_rule unknown = {.delay = UNKNOWN_NAME_SECONDS, .why = "Name or service not known"};
    memcpy(unknown.host, host, wspi_min(strlen(host), NAME_SIZE - 1));
    return unknown;
}

/* -- lookups --------------------------------------------------------------- */

static void finish(void *subject, size_t detail);

/* Lets those run whose turn it is. */
static void run_pending(void)
{
    for (wspi_lookup *lookup = resolver.first; lookup != NULL && resolver.running < MAX_RUNNING;
         lookup = lookup->next) {
        if (lookup->state != LOOKUP_PENDING)
            continue;
        lookup->state = LOOKUP_RUNNING;
        resolver.running++;
        virtual_schedule(virtual_after(lookup->rule.delay), finish, lookup, 0);
    }
}

static void remove_lookup(wspi_lookup *lookup)
{
    wspi_lookup **link = &resolver.first;
    while (*link != lookup)
        link = &(*link)->next;
    *link = lookup->next;
    free(lookup);
}

static void finish(void *subject, size_t detail)
{
    (void)detail;
    wspi_lookup *lookup = subject;
    const name_rule *rule = &lookup->rule;
    if (rule->why[0] != '\0')
        virtual_record("lookup %u failed: %s", lookup->number, rule->why);
    else
        virtual_record("lookup %u found %zu addresses", lookup->number, rule->count);
    resolver.running--;
    if (lookup->state == LOOKUP_ABANDONED)
        remove_lookup(lookup);
    else
        lookup->state = LOOKUP_DONE;
    run_pending();
}

wspi_lookup *wspi_os_lookup_start(const char *host)
{
    virtual_enter();
    virtual_touch();
    if (virtual_is_call_failing(VIRTUAL_CALL_LOOKUP_START)) {
        virtual_record("lookup of %s failed to start", host);
        return NULL;
    }
    wspi_lookup *lookup = virtual_allocate(sizeof(*lookup));
    *lookup = (wspi_lookup){.state = LOOKUP_PENDING, .number = ++resolver.started, .rule = find_rule(host)};
    wspi_lookup **link = &resolver.first;
    while (*link != NULL)
        link = &(*link)->next;
    *link = lookup;
    virtual_record("lookup %u of %s", lookup->number, host);
    run_pending();
    virtual_run_due();
    return lookup;
}

wspi_io wspi_os_lookup_result(wspi_lookup *lookup, wspi_address *out, size_t capacity, size_t *out_count,
                              wspi_text *why)
{
    virtual_enter();
    if (lookup->state != LOOKUP_DONE) {
        virtual_tick();
        return WSPI_IO_WAIT;
    }
    virtual_touch();
    if (lookup->rule.why[0] != '\0') {
        wspi_text_add(why, lookup->rule.why);
        return WSPI_IO_FAILED;
    }
    *out_count = wspi_min(lookup->rule.count, capacity);
    memcpy(out, lookup->rule.addresses, *out_count * sizeof(*out));
    return WSPI_IO_OK;
}

static bool is_done(void *subject)
{
    return ((const wspi_lookup *)subject)->state == LOOKUP_DONE;
}

void wspi_os_lookup_wait(wspi_lookup *lookup, double seconds)
{
    virtual_enter();
    (void)virtual_wait(is_done, lookup, seconds);
}

void wspi_os_lookup_release(wspi_lookup *lookup)
{
    if (lookup == NULL)
        return;
    virtual_enter();
    virtual_touch();
    virtual_record("lookup %u released", lookup->number);
    if (lookup->state == LOOKUP_RUNNING)
        lookup->state = LOOKUP_ABANDONED;
    else
        remove_lookup(lookup);
}
