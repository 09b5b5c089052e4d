/* SPDX-License-Identifier: MIT */

/*
 * Name lookup for os.h: getaddrinfo blocks, for many seconds when a network is
 * bad, so it runs on threads. At most MAX_THREADS live at a time, each until no
 * lookup waits; a lookup given up before its turn never runs.
 *
 * Lookups are made with malloc and not with the program's allocator: one that
 * is given up while it runs ends on its thread, and a program with one thread
 * may have installed an allocator that knows only one.
 */

/* pipe2: a descriptor that another thread's fork and exec cannot inherit. */
#define _GNU_SOURCE

#include "os_posix.h"
#include "poller.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MAX_THREADS = 8,
    /* More than the resolver uses, so that a long list of one family does not hide the other. */
    MAX_ADDRESSES = 64
};

/* How often a wait without a descriptor to sleep on looks again. */
#define BLIND_WAIT_SECONDS 0.01

typedef enum lookup_state {
    LOOKUP_PENDING,   /* in the queue; the caller's */
    LOOKUP_RUNNING,   /* the thread writes the answer; the caller's */
    LOOKUP_ABANDONED, /* running on; the thread's, which frees it */
    LOOKUP_DONE       /* the answer is there and no thread knows it any more; the caller's */
} lookup_state;

/* Fields above `error` are guarded by the pool's mutex; those from it on are the thread's until DONE. */
struct wspi_lookup {
    wspi_lookup *previous;
    wspi_lookup *next;
    lookup_state state;
    int wake_read; /* a pipe that gets a byte when it is done, made by the first wait; -1 before */
    int wake_write;
    int error; /* of getaddrinfo; 0: the addresses count */
    int system_error;
    size_t count;
    wspi_address addresses[MAX_ADDRESSES];
    char host[];
};

/*
 * The one state of the process in net/: threads are a resource of the whole
 * process, so their bound is only one if all peers share it.
 */
static struct {
    pthread_mutex_t mutex;
    wspi_lookup *first; /* pending, in the order of their start */
    wspi_lookup *last;
    unsigned thread_count;
    pid_t process; /* whose threads are counted */
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* -- the queue; all with the mutex held ------------------------------------ */

static void append_pending(wspi_lookup *lookup)
{
    lookup->state = LOOKUP_PENDING;
    lookup->previous = pool.last;
    if (pool.last != NULL)
        pool.last->next = lookup;
    else
        pool.first = lookup;
    pool.last = lookup;
}

static void remove_pending(wspi_lookup *lookup)
{
    if (lookup->previous != NULL)
        lookup->previous->next = lookup->next;
    else
        pool.first = lookup->next;
    if (lookup->next != NULL)
        lookup->next->previous = lookup->previous;
    else
        pool.last = lookup->previous;
    lookup->previous = NULL;
    lookup->next = NULL;
}

static void free_lookup(wspi_lookup *lookup)
{
    wspi_os_close(lookup->wake_read);
    wspi_os_close(lookup->wake_write);
    free(lookup);
}

/* -- on the thread --------------------------------------------------------- */

static int ask_system(const char *host, int flags, struct addrinfo **out_list)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    return getaddrinfo(host, NULL, &hints, out_list);
}

static void look_up(wspi_lookup *lookup)
{
    struct addrinfo *list = NULL;
    int error = ask_system(lookup->host, AI_ADDRCONFIG, &list);
    /* AI_ADDRCONFIG leaves out families this machine has only on loopback, which may be all the name has. */
    if (error != 0 && error != EAI_AGAIN && error != EAI_MEMORY && error != EAI_SYSTEM)
        error = ask_system(lookup->host, 0, &list);
    lookup->error = error;
    lookup->system_error = errno;
    if (error != 0)
        return;
    for (const struct addrinfo *entry = list; entry != NULL && lookup->count < MAX_ADDRESSES;
         entry = entry->ai_next) {
        if (wspi_posix_read_address(entry->ai_addr, entry->ai_addrlen, &lookup->addresses[lookup->count]))
            lookup->count++;
    }
    freeaddrinfo(list);
}

/* With the mutex held. */
static void finish(wspi_lookup *lookup)
{
    if (lookup->state == LOOKUP_ABANDONED) {
        free_lookup(lookup);
        return;
    }
    lookup->state = LOOKUP_DONE;
    if (lookup->wake_write >= 0) {
        ssize_t written = write(lookup->wake_write, "", 1);
        (void)written; /* one byte into an empty pipe whose other end is open */
    }
}

static void *run_lookups(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&pool.mutex);
    for (wspi_lookup *lookup = pool.first; lookup != NULL; lookup = pool.first) {
        remove_pending(lookup);
        lookup->state = LOOKUP_RUNNING;
        pthread_mutex_unlock(&pool.mutex);
        look_up(lookup);
        pthread_mutex_lock(&pool.mutex);
        finish(lookup);
    }
    pool.thread_count--;
    pthread_mutex_unlock(&pool.mutex);
    return NULL;
}

/* -- on the caller's thread ------------------------------------------------ */

/* Detached: when the process exits nobody waits for it. */
static bool start_thread(void)
{
    pthread_t thread;
    return wspi_posix_start_thread(run_lookups, NULL, true, &thread);
}

wspi_lookup *wspi_os_lookup_start(const char *host)
{
    size_t host_size = strlen(host) + 1;
    wspi_lookup *lookup = malloc(sizeof(*lookup) + host_size);
    if (lookup == NULL)
        return NULL;
    *lookup = (wspi_lookup){.wake_read = -1, .wake_write = -1};
    memcpy(lookup->host, host, host_size);

    pthread_mutex_lock(&pool.mutex);
    if (pool.process != getpid()) {
        /* A forked child has a copy of the count, but none of the threads. */
        pool.process = getpid();
        pool.thread_count = 0;
    }
    append_pending(lookup);
    if (pool.thread_count < MAX_THREADS && start_thread())
        pool.thread_count++;
    bool is_served = pool.thread_count > 0;
    if (!is_served)
        remove_pending(lookup);
    pthread_mutex_unlock(&pool.mutex);

    if (!is_served) {
        free_lookup(lookup);
        return NULL;
    }
    return lookup;
}

static bool is_done(const wspi_lookup *lookup)
{
    pthread_mutex_lock(&pool.mutex);
    bool done = lookup->state == LOOKUP_DONE;
    pthread_mutex_unlock(&pool.mutex);
    return done;
}

wspi_io wspi_os_lookup_result(wspi_lookup *lookup, wspi_address *out, size_t capacity, size_t *out_count,
                              wspi_text *why)
{
    if (!is_done(lookup))
        return WSPI_IO_WAIT;
    if (lookup->error == EAI_SYSTEM)
        wspi_os_error_text(lookup->system_error, why);
    else if (lookup->error != 0)
        wspi_text_add(why, gai_strerror(lookup->error));
    if (lookup->error != 0)
        return WSPI_IO_FAILED;
    *out_count = wspi_min(lookup->count, capacity);
    memcpy(out, lookup->addresses, *out_count * sizeof(*out));
    return WSPI_IO_OK;
}

/* With the mutex held. Without a descriptor left both stay -1. */
static void open_wake(wspi_lookup *lookup)
{
    int ends[2];
#if defined(__APPLE__)
    if (pipe(ends) != 0)
        return;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#else
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
#endif
    lookup->wake_read = ends[0];
    lookup->wake_write = ends[1];
}

void wspi_os_lookup_wait(wspi_lookup *lookup, double seconds)
{
    pthread_mutex_lock(&pool.mutex);
    bool is_waiting = lookup->state != LOOKUP_DONE && seconds != 0;
    if (is_waiting && lookup->wake_read < 0)
        open_wake(lookup);
    wspi_poll_entry wake = {.socket = lookup->wake_read, .wants_read = true};
    pthread_mutex_unlock(&pool.mutex);
    if (!is_waiting)
        return;
    /* A pipe and not a condition variable: only so does a signal end the sleep, as it ends every other one.
     */
    bool is_blind = wake.socket < 0;
    if (is_blind && !(seconds >= 0 && seconds < BLIND_WAIT_SECONDS))
        seconds = BLIND_WAIT_SECONDS;
    wspi_poller_wait(&wake, is_blind ? 0 : 1, seconds);
}

void wspi_os_lookup_release(wspi_lookup *lookup)
{
    if (lookup == NULL)
        return;
    pthread_mutex_lock(&pool.mutex);
    bool is_running = lookup->state == LOOKUP_RUNNING;
    if (is_running)
        lookup->state = LOOKUP_ABANDONED;
    else if (lookup->state == LOOKUP_PENDING)
        remove_pending(lookup);
    pthread_mutex_unlock(&pool.mutex);
    if (!is_running)
        free_lookup(lookup);
}
