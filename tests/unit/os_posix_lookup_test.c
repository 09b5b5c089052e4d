/* SPDX-License-Identifier: MIT */

/* os_posix_lookup.c: lookups, their threads, and giving them up. No name server is asked (fake_names.h). */

#define _DEFAULT_SOURCE

#include "fake_names.h"
#include "net/poller.h"
#include "net_fixture.h"
#include "test.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#endif
#endif
#ifndef HAS_THREAD_SANITIZER
#define HAS_THREAD_SANITIZER 0
#endif

#define CAPACITY    64
#define MAX_THREADS 8

typedef struct answer {
    wspi_io io;
    wspi_address addresses[CAPACITY];
    size_t count;
    char why[WSPI_MESSAGE_CAPACITY];
} answer;

static void ask(wspi_lookup *lookup, answer *out)
{
    wspi_text why;
    wspi_text_begin(&why, out->why, sizeof(out->why));
    out->count = 0;
    out->io = wspi_os_lookup_result(lookup, out->addresses, CAPACITY, &out->count, &why);
}

/* Static, so that what a case leaves behind when it fails is no leak on top. */
static answer seen;

static void wait_for_answer(wspi_lookup *lookup)
{
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    for (ask(lookup, &seen); seen.io == WSPI_IO_WAIT; ask(lookup, &seen)) {
        if (wspi_os_now() > end)
            FAIL("a lookup did not end");
        wspi_os_lookup_wait(lookup, 1);
    }
}

static void look_up(const char *host)
{
    wspi_lookup *lookup = wspi_os_lookup_start(host);
    CHECK(lookup != NULL);
    wait_for_answer(lookup);
    wspi_os_lookup_release(lookup);
}

static void check_text(const wspi_address *address, const char *wanted)
{
    char room[WSPI_ADDRESS_TEXT_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    wspi_address_add_text(address, &text);
    CHECK_STRING(room, wanted);
}

/* The child ends with `status`, or with the signal that killed it. */
static void check_child(pid_t child, int wanted)
{
    int status = -1;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_INT(WEXITSTATUS(status), wanted);
}

/* -- before any thread of this process exists ------------------------------ */

/* exit and not _exit: whatever the process does at its end must bear the thread that goes on. */
static void a_process_exits_while_a_lookup_runs(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        static wspi_lookup *lookups[20];
        fake_names_add("slow.test", "127.0.0.1");
        fake_names_hold();
        for (size_t i = 0; i < 20; i++)
            lookups[i] = wspi_os_lookup_start("slow.test");
        fake_names_wait_for_running(MAX_THREADS);
        exit(lookups[19] != NULL ? 7 : 1);
    }
    check_child(child, 7);
}

static void a_lookup_without_a_thread_is_refused(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        /* The limit does not bind root. */
        struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
        if (getuid() == 0 && setuid(65534) != 0)
            _exit(2);
        if (setrlimit(RLIMIT_NPROC, &none) != 0)
            _exit(3);
        fake_names_add("some.test", "127.0.0.1");
        _exit(wspi_os_lookup_start("some.test") == NULL && fake_names_get_calls() == 0 ? 0 : 1);
    }
    check_child(child, 0);
}

/* -- answers --------------------------------------------------------------- */

static void finds_localhost_on_the_real_system(void)
{
    look_up("localhost");
    CHECK_INT(seen.io, WSPI_IO_OK);
    CHECK(seen.count >= 1);
    for (size_t i = 0; i < seen.count; i++) {
        CHECK_INT(seen.addresses[i].port, 0);
        check_text(&seen.addresses[i], seen.addresses[i].family == 4 ? "127.0.0.1" : "::1");
    }
}

/* A label over 63 bytes fits no question to a name server, so none is sent. */
static void a_real_failure_has_the_systems_text(void)
{
    look_up("a123456789a123456789a123456789a123456789a123456789a123456789a123456789.invalid");
    CHECK_INT(seen.io, WSPI_IO_FAILED);
    CHECK(strlen(seen.why) > 0);
}

static void a_name_that_does_not_exist_fails_with_the_resolvers_text(void)
{
    fake_names_begin();
    fake_names_add_failure("no-such-host.invalid", EAI_NONAME, 0);
    look_up("no-such-host.invalid");
    CHECK_INT(seen.io, WSPI_IO_FAILED);
    CHECK_STRING(seen.why, gai_strerror(EAI_NONAME));
}

static void a_system_error_has_its_own_text(void)
{
    fake_names_begin();
    fake_names_add_failure("broken.test", EAI_SYSTEM, ENETDOWN);
    look_up("broken.test");
    CHECK_INT(seen.io, WSPI_IO_FAILED);
    CHECK_STRING(seen.why, strerror(ENETDOWN));
    CHECK_SIZE(fake_names_get_calls(), 1);
}

static void keeps_the_resolvers_order(void)
{
    fake_names_begin();
    fake_names_add("order.test", "127.0.0.2 ::1 fe80::1%5 ::ffff:127.0.0.3");
    look_up("order.test");
    CHECK_INT(seen.io, WSPI_IO_OK);
    CHECK_SIZE(seen.count, 4);
    check_text(&seen.addresses[0], "127.0.0.2");
    check_text(&seen.addresses[1], "::1");
    check_text(&seen.addresses[2], "fe80::1%5");
    check_text(&seen.addresses[3], "127.0.0.3");
    CHECK_INT(seen.addresses[3].family, 4);
}

static void gives_no_more_addresses_than_asked_for(void)
{
    fake_names_begin();
    fake_names_add("order.test", "127.0.0.2 ::1 127.0.0.3");
    wspi_lookup *lookup = wspi_os_lookup_start("order.test");
    wait_for_answer(lookup);
    size_t count = 0;
    wspi_text why;
    wspi_text_begin(&why, seen.why, sizeof(seen.why));
    CHECK_INT(wspi_os_lookup_result(lookup, seen.addresses, 2, &count, &why), WSPI_IO_OK);
    CHECK_SIZE(count, 2);
    wspi_os_lookup_release(lookup);
}

/* bad-inputs O8 */
static void a_very_long_answer_is_cut(void)
{
    static char addresses[100 * 12 + 1];
    char *end = addresses;
    for (int i = 0; i < 100; i++) {
        static const char one[] = "127.0.0.100 ";
        memcpy(end, one, sizeof(one));
        end += sizeof(one) - 1;
    }
    fake_names_begin();
    fake_names_add("many.test", addresses);
    look_up("many.test");
    CHECK_INT(seen.io, WSPI_IO_OK);
    CHECK_SIZE(seen.count, CAPACITY);
}

static void asks_again_when_addrconfig_hides_everything(void)
{
    fake_names_begin();
    fake_names_add_hidden("only6.test", "::1");
    look_up("only6.test");
    CHECK_INT(seen.io, WSPI_IO_OK);
    CHECK_SIZE(seen.count, 1);
    CHECK_SIZE(fake_names_get_calls(), 2);
}

/* -- waiting --------------------------------------------------------------- */

static void a_wait_ends_after_its_time(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    double start = wspi_os_now();
    wspi_os_lookup_wait(lookup, 0);
    wspi_os_lookup_wait(lookup, 0.03);
    double passed = wspi_os_now() - start;
    ask(lookup, &seen);
    wspi_os_lookup_release(lookup);
    CHECK_DOUBLE_BETWEEN(passed, 0.03, FIXTURE_DEADLINE_SECONDS);
    CHECK_INT(seen.io, WSPI_IO_WAIT);
}

static void *let_go_soon(void *unused)
{
    (void)unused;
    /* Time for the other thread to fall asleep; without it the case still holds, but shows less. */
    wspi_poller_wait(NULL, 0, 0.05);
    fake_names_let_go();
    return NULL;
}

static void the_end_of_a_lookup_wakes_who_waits_for_it(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, let_go_soon, NULL), 0);
    double start = wspi_os_now();
    wspi_os_lookup_wait(lookup, 2 * FIXTURE_DEADLINE_SECONDS);
    double passed = wspi_os_now() - start;
    ask(lookup, &seen);
    wspi_os_lookup_wait(lookup, -1); /* does not wait for what is over */
    wspi_os_lookup_release(lookup);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK_INT(seen.io, WSPI_IO_OK);
    CHECK_DOUBLE_BETWEEN(passed, 0, FIXTURE_DEADLINE_SECONDS);
}

static void ignore_alarm(int number)
{
    (void)number;
}

static void a_signal_ends_a_wait_for_a_lookup(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    struct sigaction action;
    struct sigaction before;
    memset(&action, 0, sizeof(action));
    action.sa_handler = ignore_alarm;
    CHECK_INT(sigaction(SIGALRM, &action, &before), 0);
    /* Repeated, because the first one may come before the wait has begun. */
    const struct itimerval often = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}};
    const struct itimerval never = {.it_value = {0}};
    setitimer(ITIMER_REAL, &often, NULL);
    wspi_os_lookup_wait(lookup, -1);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    ask(lookup, &seen);
    wspi_os_lookup_release(lookup);
    CHECK_INT(seen.io, WSPI_IO_WAIT);
}

static void a_wait_works_without_a_descriptor(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    fake_names_wait_for_running(1);
    fixture_deny_descriptors();
    double start = wspi_os_now();
    wspi_os_lookup_wait(lookup, 0.002);
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - start, 0.002, FIXTURE_DEADLINE_SECONDS);
    wspi_os_lookup_wait(lookup, -1); /* comes back to look again */
    fixture_allow_descriptors();
    fake_names_let_go();
    wait_for_answer(lookup);
    wspi_os_lookup_release(lookup);
    CHECK_INT(seen.io, WSPI_IO_OK);
}

static void descriptors_are_not_inherited_and_given_back(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    size_t open_before = fixture_count_descriptors();
    size_t inheritable_before = fixture_count_inheritable();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    CHECK_SIZE(fixture_count_descriptors(), open_before);
    wspi_os_lookup_wait(lookup, 0.001);
    wspi_os_lookup_wait(lookup, 0.001);
    CHECK_SIZE(fixture_count_descriptors(), open_before + 2);
    CHECK_SIZE(fixture_count_inheritable(), inheritable_before);
    fake_names_let_go();
    wait_for_answer(lookup);
    wspi_os_lookup_release(lookup);
    CHECK_SIZE(fixture_count_descriptors(), open_before);
}

/* -- giving up, and the bound ---------------------------------------------- */

static void releasing_nothing_is_allowed(void)
{
    wspi_os_lookup_release(NULL);
}

/* bad-inputs O8 */
static void a_running_lookup_can_be_given_up(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
    wspi_os_lookup_wait(lookup, 0.001);
    fake_names_wait_for_running(1);
    wspi_os_lookup_release(lookup);
    fake_names_let_go();
    fake_names_wait_for_running(0);
}

static void a_hundred_given_up_lookups_run_on_eight_threads_or_not_at_all(void)
{
    enum { COUNT = 100 };
    static wspi_lookup *lookups[COUNT];
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_add("next.test", "127.0.0.2");
    fake_names_hold();
    for (size_t i = 0; i < COUNT; i++) {
        lookups[i] = wspi_os_lookup_start("slow.test");
        CHECK(lookups[i] != NULL);
    }
    fake_names_wait_for_running(MAX_THREADS);
    /* From the middle outwards, so that the queue loses its first, last and inner ones. */
    for (size_t i = 0; i < COUNT; i++)
        wspi_os_lookup_release(lookups[i % 2 == 0 ? COUNT / 2 + i / 2 : COUNT / 2 - 1 - i / 2]);
    wspi_lookup *next = wspi_os_lookup_start("next.test");
    fake_names_let_go();
    wait_for_answer(next);
    wspi_os_lookup_release(next);
    CHECK_INT(seen.io, WSPI_IO_OK);
    check_text(&seen.addresses[0], "127.0.0.2");
    CHECK_SIZE(fake_names_get_calls(), MAX_THREADS + 1);
    CHECK_SIZE(fake_names_get_peak(), MAX_THREADS);
}

static void waiting_lookups_all_get_their_turn(void)
{
    enum { COUNT = 50 };
    static wspi_lookup *lookups[COUNT];
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    for (size_t i = 0; i < COUNT; i++)
        lookups[i] = wspi_os_lookup_start("slow.test");
    fake_names_wait_for_running(MAX_THREADS);
    fake_names_let_go();
    for (size_t i = 0; i < COUNT; i++) {
        TEST_NOTE("lookup %zu", i);
        wait_for_answer(lookups[i]);
        wspi_os_lookup_release(lookups[i]);
        CHECK_INT(seen.io, WSPI_IO_OK);
    }
    CHECK_SIZE(fake_names_get_calls(), COUNT);
    CHECK(fake_names_get_peak() <= MAX_THREADS);
}

/* The child has its parent's count of threads but none of them. */
static void a_forked_child_looks_up_on_threads_of_its_own(void)
{
    if (HAS_THREAD_SANITIZER)
        SKIP("ThreadSanitizer does not follow a fork of a process with threads");
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    static wspi_lookup *lookups[MAX_THREADS];
    for (size_t i = 0; i < MAX_THREADS; i++)
        lookups[i] = wspi_os_lookup_start("slow.test");
    fake_names_wait_for_running(MAX_THREADS);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm((unsigned)FIXTURE_DEADLINE_SECONDS);
        fake_names_let_go_in_child();
        wspi_lookup *lookup = wspi_os_lookup_start("slow.test");
        for (ask(lookup, &seen); seen.io == WSPI_IO_WAIT; ask(lookup, &seen))
            wspi_os_lookup_wait(lookup, 1);
        _exit(seen.io == WSPI_IO_OK ? 0 : 1);
    }
    fake_names_let_go();
    for (size_t i = 0; i < MAX_THREADS; i++)
        wspi_os_lookup_release(lookups[i]);
    check_child(child, 0);
}

static void threads_block_the_programs_signals(void)
{
    fake_names_begin();
    fake_names_add("slow.test", "127.0.0.1");
    sigset_t before;
    sigset_t after;
    CHECK_INT(sigprocmask(SIG_BLOCK, NULL, &before), 0);
    look_up("slow.test");
    CHECK_INT(sigprocmask(SIG_BLOCK, NULL, &after), 0);
    CHECK_INT(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1));
    CHECK(fake_names_last_call_blocked(SIGUSR1));
}

static const wspi_test_case cases[] = {
    /* These fork, and ThreadSanitizer wants that done before there are threads. */
    TEST_CASE(a_process_exits_while_a_lookup_runs),
    TEST_CASE(a_lookup_without_a_thread_is_refused),
    TEST_CASE(finds_localhost_on_the_real_system),
    TEST_CASE(a_real_failure_has_the_systems_text),
    TEST_CASE(a_name_that_does_not_exist_fails_with_the_resolvers_text),
    TEST_CASE(a_system_error_has_its_own_text),
    TEST_CASE(keeps_the_resolvers_order),
    TEST_CASE(gives_no_more_addresses_than_asked_for),
    TEST_CASE(a_very_long_answer_is_cut),
    TEST_CASE(asks_again_when_addrconfig_hides_everything),
    TEST_CASE(a_wait_ends_after_its_time),
    TEST_CASE(the_end_of_a_lookup_wakes_who_waits_for_it),
    TEST_CASE(a_signal_ends_a_wait_for_a_lookup),
    TEST_CASE(a_wait_works_without_a_descriptor),
    TEST_CASE(descriptors_are_not_inherited_and_given_back),
    TEST_CASE(releasing_nothing_is_allowed),
    TEST_CASE(a_running_lookup_can_be_given_up),
    TEST_CASE(a_hundred_given_up_lookups_run_on_eight_threads_or_not_at_all),
    TEST_CASE(waiting_lookups_all_get_their_turn),
    TEST_CASE(a_forked_child_looks_up_on_threads_of_its_own),
    TEST_CASE(threads_block_the_programs_signals),
};

TEST_MAIN(cases)
