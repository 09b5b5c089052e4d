/* SPDX-License-Identifier: MIT */
/*
 * tls_trust.c: one load of the system's authorities for a process, from where the environment says. As there
 * is only one, each case is a child process.
 */
#define _POSIX_C_SOURCE 200809L

#include "certificates.h"
#include "net/poller.h"
#include "net/tls_trust.h"
#include "test.h"

#include <openssl/pem.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 128, THREADS = 8 };

static char folder[PATH_SIZE];
static char path[PATH_SIZE];

static void remove_all(void)
{
    if (path[0] != '\0')
        (void)unlink(path);
    if (folder[0] != '\0')
        (void)rmdir(folder);
    path[0] = '\0';
    folder[0] = '\0';
}

/* The test authority in a new folder, under that name, and that text behind it. */
static void write_authority_and(const char *name, const char *more)
{
    wspi_test_at_case_end(remove_all);
    (void)snprintf(folder, sizeof folder, "/tmp/wspeer-trust-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%.60s/%.60s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(test_authority()->certificate, file) >= 0);
    CHECK(fputs(more, file) >= 0);
    CHECK_INT(fclose(file), 0);
}

static void write_authority(const char *name)
{
    write_authority_and(name, "");
}

static wspi_io wait_for_trust(X509_STORE **out_store)
{
    wspi_io io = WSPI_IO_WAIT;
    for (int i = 0; i < 4000 && (io = wspi_tls_trust_get(out_store)) == WSPI_IO_WAIT; i++)
        (void)wspi_poller_wait(NULL, 0, 0.005);
    return io;
}

/* Whether the process's trust verifies the test server; 2: there is no trust at all. */
static int verify_server(void)
{
    X509_STORE *store = NULL;
    wspi_io io = wait_for_trust(&store);
    if (io != WSPI_IO_OK)
        return io == WSPI_IO_FAILED ? 2 : 3;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, test_server_certificate()->x509, NULL);
    int answer = X509_verify_cert(context) == 1 ? 0 : 1;
    X509_STORE_CTX_free(context);
    return answer;
}

/* Runs `play` in a child with these settings; answers its exit status. */
static int in_child(int (*play)(void), const char *file, const char *folders)
{
    (void)test_server_certificate();
    (void)fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        (void)setenv("SSL_CERT_FILE", file, 1);
        (void)setenv("SSL_CERT_DIR", folders, 1);
        _Exit(play());
    }
    int status = 0;
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_file_is_read(void)
{
    write_authority("bundle.pem");
    CHECK_INT(in_child(verify_server, path, "/nowhere"), 0);
}

/* Those in front of it are authorities all the same, as they are for OpenSSL. */
static void a_broken_certificate_takes_no_other_away(void)
{
    write_authority_and("bundle.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CHECK_INT(in_child(verify_server, path, "/nowhere"), 0);
}

static void folders_are_read_by_hash_names(void)
{
    char name[32], list[2 * PATH_SIZE];
    (void)snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(test_authority()->x509));
    write_authority(name);
    (void)snprintf(list, sizeof list, "/nowhere::%s", folder);
    CHECK_INT(in_child(verify_server, "/nowhere", list), 0);
}

/* T5: fail closed. */
static void nothing_found_is_an_answer(void)
{
    write_authority("no-hash.pem");
    CHECK_INT(in_child(verify_server, "/nowhere", "/nowhere"), 2);
    CHECK_INT(in_child(verify_server, "/nowhere", folder), 2);
    CHECK_INT(in_child(verify_server, "", ""), 2);
    CHECK_INT(in_child(verify_server, "/dev/null", "/dev/null"), 2);
}

static void *ask(void *out_store)
{
    (void)wait_for_trust(out_store);
    return NULL;
}

/* One store for all threads. */
static int ask_from_many_threads(void)
{
    pthread_t threads[THREADS];
    X509_STORE *stores[THREADS] = {NULL};
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, ask, &stores[i]) != 0)
            return 4;
    }
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        if (stores[i] == NULL || stores[i] != stores[0])
            return 5;
    }
    return verify_server();
}

static void threads_share_one_load(void)
{
    write_authority("bundle.pem");
    CHECK_INT(in_child(ask_from_many_threads, path, "/nowhere"), 0);
}

/* The process ends while the thread may still read: OpenSSL's own end waits for it. */
static int begin_and_leave(void)
{
    wspi_tls_trust_begin();
    exit(0);
}

static void a_process_may_end_while_it_reads(void)
{
    write_authority("bundle.pem");
    CHECK_INT(in_child(begin_and_leave, path, "/etc/ssl/certs"), 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_file_is_read),
    TEST_CASE(a_broken_certificate_takes_no_other_away),
    TEST_CASE(folders_are_read_by_hash_names),
    TEST_CASE(nothing_found_is_an_answer),
    TEST_CASE(threads_share_one_load),
    TEST_CASE(a_process_may_end_while_it_reads),
};

TEST_MAIN(cases)
