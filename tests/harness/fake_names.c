/* SPDX-License-Identifier: MIT */

/*
 * The getaddrinfo of fake_names.h. A program's own definition of a function
 * wins over the C library's, which is then found as the next one (RTLD_NEXT).
 * freeaddrinfo comes along: real answers are copied, so that one function can
 * free both kinds.
 */

#define _GNU_SOURCE /* RTLD_NEXT */

#include "fake_names.h"

#include "test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_NAMES  16
#define MAX_ANSWER 2048

typedef struct fake_name {
    char host[256];
    char addresses[MAX_ANSWER];
    int error;
    int system_error;
    bool is_hidden;
} fake_name;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    fake_name names[MAX_NAMES];
    size_t name_count;
    bool is_held;
    size_t calls;
    size_t running;
    size_t peak;
    sigset_t blocked; /* on the thread of the latest call */
} fake = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* -- answers --------------------------------------------------------------- */

/* One allocation holds the entry and its address, here and in every answer that freeaddrinfo below gets. */
typedef struct answer_entry {
    struct addrinfo info;
    struct sockaddr_storage address;
} answer_entry;

static struct addrinfo **append(struct addrinfo **end, const struct sockaddr *address, size_t size,
                                int socktype)
{
    answer_entry *entry = calloc(1, sizeof(*entry));
    if (entry == NULL || size > sizeof(entry->address))
        abort();
    memcpy(&entry->address, address, size);
    entry->info.ai_family = address->sa_family;
    entry->info.ai_socktype = socktype;
    entry->info.ai_addr = (struct sockaddr *)&entry->address;
    entry->info.ai_addrlen = (socklen_t)size;
    *end = &entry->info;
    return &entry->info.ai_next;
}

static struct addrinfo **append_text(struct addrinfo **end, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return append(end, (struct sockaddr *)&v4, sizeof(v4), SOCK_STREAM);
    char numeric[64];
    const char *scope = strchr(text, '%');
    size_t size = scope != NULL ? (size_t)(scope - text) : strlen(text);
    if (size >= sizeof(numeric))
        abort();
    memcpy(numeric, text, size);
    numeric[size] = '\0';
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (scope != NULL)
        v6.sin6_scope_id = (uint32_t)strtoul(scope + 1, NULL, 10);
    if (inet_pton(AF_INET6, numeric, &v6.sin6_addr) != 1)
        abort();
    return append(end, (struct sockaddr *)&v6, sizeof(v6), SOCK_STREAM);
}

static struct addrinfo *make_answer(const fake_name *name)
{
    struct addrinfo *list = NULL;
    struct addrinfo **end = &list;
    char rest[MAX_ANSWER];
    memcpy(rest, name->addresses, sizeof(rest));
    for (char *text = rest; *text != '\0';) {
        size_t size = strcspn(text, " ");
        char *next = text[size] == '\0' ? text + size : text + size + 1;
        text[size] = '\0';
        end = append_text(end, text);
        text = next;
    }
    return list;
}

/* -- the stand-ins --------------------------------------------------------- */

static const fake_name *find_name(const char *host)
{
    for (size_t i = 0; host != NULL && i < fake.name_count; i++) {
        if (strcmp(fake.names[i].host, host) == 0)
            return &fake.names[i];
    }
    return NULL;
}

/* Counts the call and holds it as long as the test wants. false: not a name of the table. */
static bool take_turn(const char *host, fake_name *out_name)
{
    pthread_mutex_lock(&fake.mutex);
    const fake_name *name = find_name(host);
    if (name != NULL) {
        *out_name = *name;
        fake.calls++;
        fake.running++;
        fake.peak = fake.running > fake.peak ? fake.running : fake.peak;
        pthread_sigmask(SIG_BLOCK, NULL, &fake.blocked);
        pthread_cond_broadcast(&fake.changed);
        while (fake.is_held)
            pthread_cond_wait(&fake.changed, &fake.mutex);
        fake.running--;
        pthread_cond_broadcast(&fake.changed);
    }
    pthread_mutex_unlock(&fake.mutex);
    return name != NULL;
}

typedef int (*getaddrinfo_function)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef void (*freeaddrinfo_function)(struct addrinfo *);

static int ask_system(const char *host, const char *service, const struct addrinfo *hints,
                      struct addrinfo **out_list)
{
    /* ISO C has no conversion from an object pointer to a function pointer; POSIX promises that the bytes do.
     */
    void *symbols[2] = {dlsym(RTLD_NEXT, "getaddrinfo"), dlsym(RTLD_NEXT, "freeaddrinfo")};
    getaddrinfo_function real_get;
    freeaddrinfo_function real_free;
    memcpy(&real_get, &symbols[0], sizeof(real_get));
    memcpy(&real_free, &symbols[1], sizeof(real_free));
    struct addrinfo *list = NULL;
    int error = real_get(host, service, hints, &list);
    if (error != 0)
        return error;
    struct addrinfo **end = out_list;
    for (const struct addrinfo *entry = list; entry != NULL; entry = entry->ai_next)
        end = append(end, entry->ai_addr, entry->ai_addrlen, entry->ai_socktype);
    real_free(list);
    return 0;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out_list)
{
    fake_name name;
    *out_list = NULL;
    if (!take_turn(host, &name))
        return ask_system(host, service, hints, out_list);
    if (name.is_hidden && (hints->ai_flags & AI_ADDRCONFIG) != 0)
        return EAI_NONAME;
    if (name.error == 0)
        *out_list = make_answer(&name);
    else
        errno = name.system_error;
    return name.error;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

/* -- the table ------------------------------------------------------------- */

static void add(const char *host, const char *addresses, int error, int system_error, bool is_hidden)
{
    if (fake.name_count == MAX_NAMES || strlen(host) >= sizeof(fake.names[0].host) ||
        strlen(addresses) >= MAX_ANSWER)
        FAIL("no room for the name %s", host);
    pthread_mutex_lock(&fake.mutex);
    fake_name *name = &fake.names[fake.name_count++];
    *name = (fake_name){.error = error, .system_error = system_error, .is_hidden = is_hidden};
    memcpy(name->host, host, strlen(host));
    memcpy(name->addresses, addresses, strlen(addresses));
    pthread_mutex_unlock(&fake.mutex);
}

static void set_held(bool is_held)
{
    pthread_mutex_lock(&fake.mutex);
    fake.is_held = is_held;
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.mutex);
}

static void reset(void)
{
    pthread_mutex_lock(&fake.mutex);
    fake.is_held = false;
    pthread_cond_broadcast(&fake.changed);
    while (fake.running > 0)
        pthread_cond_wait(&fake.changed, &fake.mutex);
    fake.name_count = 0;
    fake.calls = 0;
    fake.peak = 0;
    pthread_mutex_unlock(&fake.mutex);
}

void fake_names_begin(void)
{
    wspi_test_at_case_end(reset);
}

void fake_names_add(const char *host, const char *addresses)
{
    add(host, addresses, 0, 0, false);
}

void fake_names_add_hidden(const char *host, const char *addresses)
{
    add(host, addresses, 0, 0, true);
}

void fake_names_add_failure(const char *host, int error, int system_error)
{
    add(host, "", error, system_error, false);
}

void fake_names_hold(void)
{
    set_held(true);
}

void fake_names_let_go(void)
{
    set_held(false);
}

void fake_names_let_go_in_child(void)
{
    /* As they are, both wait for threads that exist in the parent only. */
    fake.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    fake.changed = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    fake.is_held = false;
}

static size_t read_counter(const size_t *counter)
{
    pthread_mutex_lock(&fake.mutex);
    size_t value = *counter;
    pthread_mutex_unlock(&fake.mutex);
    return value;
}

size_t fake_names_get_calls(void)
{
    return read_counter(&fake.calls);
}

size_t fake_names_get_running(void)
{
    return read_counter(&fake.running);
}

size_t fake_names_get_peak(void)
{
    return read_counter(&fake.peak);
}

bool fake_names_last_call_blocked(int signal_number)
{
    pthread_mutex_lock(&fake.mutex);
    bool is_blocked = sigismember(&fake.blocked, signal_number) == 1;
    pthread_mutex_unlock(&fake.mutex);
    return is_blocked;
}

void fake_names_wait_for_running(size_t count)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 10;
    pthread_mutex_lock(&fake.mutex);
    int error = 0;
    while (fake.running != count && error == 0)
        error = pthread_cond_timedwait(&fake.changed, &fake.mutex, &end);
    size_t running = fake.running;
    pthread_mutex_unlock(&fake.mutex);
    if (running != count)
        FAIL("%zu lookups run, wanted %zu", running, count);
}
