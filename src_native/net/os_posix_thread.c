/* SPDX-License-Identifier: MIT */

/*
 * Threads for os.h and for the lookups: started with every signal blocked, so
 * that a program's handlers never run on a thread it does not know.
 *
 * The handle is made with malloc and not with the program's allocator: it may
 * outlive the program's use of the library, to the end of the process.
 */

#define _POSIX_C_SOURCE 200809L

#include "os_posix.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_SIZE = 256 * 1024 };

struct wspi_thread {
    pthread_t thread;
    pid_t process;
    void (*work)(void);
};

bool wspi_posix_start_thread(void *(*run)(void *), void *argument, bool is_detached, void *out_thread)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    if (is_detached)
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    /* The thread inherits the mask. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_started = pthread_create(out_thread, &attributes, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return is_started;
}

static void *run_work(void *user)
{
    const wspi_thread *self = user;
    self->work();
    return NULL;
}

wspi_thread *wspi_os_thread_start(void (*work)(void))
{
    wspi_thread *thread = malloc(sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->work = work;
    thread->process = getpid();
    if (wspi_posix_start_thread(run_work, thread, false, &thread->thread))
        return thread;
    free(thread);
    return NULL;
}

void wspi_os_thread_join(wspi_thread *thread)
{
    /* A forked child has the handle, but not the thread. */
    if (thread->process == getpid())
        pthread_join(thread->thread, NULL);
    free(thread);
}
