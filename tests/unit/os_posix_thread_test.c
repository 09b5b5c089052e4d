/* SPDX-License-Identifier: MIT */
/* os_posix_thread.c: work runs on another thread, without the program's signals, and can be waited for. */
#define _POSIX_C_SOURCE 200809L

#include "net/os.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_t worker;
static bool is_blocked;

static void work(void)
{
    sigset_t mask;
    worker = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    is_blocked = sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
}

static void work_runs_elsewhere_and_is_waited_for(void)
{
    worker = pthread_self();
    is_blocked = false;
    wspi_thread *thread = wspi_os_thread_start(work);
    CHECK(thread != NULL);
    wspi_os_thread_join(thread);
    CHECK(!pthread_equal(worker, pthread_self()));
    CHECK(is_blocked);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    CHECK_INT(sigismember(&mask, SIGTERM), 0);
}

static int hold[2];

static void wait_for_release(void)
{
    char byte = 0;
    ssize_t size = read(hold[0], &byte, 1);
    (void)size;
}

/* A forked child has no such thread: waiting for it would never end. */
static void a_forked_child_does_not_wait(void)
{
    CHECK_INT(pipe(hold), 0);
    wspi_thread *thread = wspi_os_thread_start(wait_for_release);
    CHECK(thread != NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)alarm(20);
        wspi_os_thread_join(thread);
        _Exit(0);
    }
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(status, 0);
    CHECK_INT(close(hold[1]), 0);
    wspi_os_thread_join(thread);
    CHECK_INT(close(hold[0]), 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(work_runs_elsewhere_and_is_waited_for),
    TEST_CASE(a_forked_child_does_not_wait),
};

TEST_MAIN(cases)
