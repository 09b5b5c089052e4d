/* SPDX-License-Identifier: MIT */
/*
 * tls_options.c and tls_context.c: good material makes options, bad material a
 * sentence (bad-inputs T15), nobody is asked for a password, and the reason of
 * a refusal belongs to a thread.
 */
#define _DEFAULT_SOURCE

#include "certificates.h"
#include "failing_allocator.h"
#include "net/stream_tls.h"
#include "test.h"
#include "wspeer/tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 64, MATERIAL_SIZE = 8192 };

/* A file that is gone when the case ends; at most FILES of them. */
enum { FILES = 4 };
static char files[FILES][PATH_SIZE];
static size_t file_count;

static void remove_files(void)
{
    while (file_count > 0)
        (void)unlink(files[--file_count]);
}

static const char *write_file(const char *text)
{
    if (file_count == 0)
        wspi_test_at_case_end(remove_files);
    char *path = files[file_count++];
    (void)snprintf(path, PATH_SIZE, "/tmp/wspeer-tls-XXXXXX");
    int descriptor = mkstemp(path);
    CHECK(descriptor >= 0);
    CHECK_INT(write(descriptor, text, strlen(text)), (long long)strlen(text));
    CHECK_INT(close(descriptor), 0);
    return path;
}

static void check_made(wsp_tls_options *options, bool is_server)
{
    TEST_NOTE("%s", wsp_tls_last_error());
    CHECK(options != NULL);
    CHECK_STRING(wsp_tls_last_error(), "");
    CHECK_BOOL(wspi_tls_options_are_server(options), is_server);
    wsp_tls_options_destroy(options);
}

static void check_refused(wsp_tls_options *options, const char *reason)
{
    CHECK(options == NULL);
    CHECK_CONTAINS(wsp_tls_last_error(), reason);
}

static void good_material_makes_options(void)
{
    const test_certificate *own = test_server_certificate();
    const char *authority = test_authority()->certificate;
    check_made(wsp_tls_options_client(NULL, NULL), false);
    check_made(wsp_tls_options_client(NULL, ""), false);
    check_made(wsp_tls_options_client(authority, "example.com."), false);
    check_made(wsp_tls_options_client_unsafe(NULL), false);
    check_made(wsp_tls_options_client_unsafe(authority), false);
    check_made(wsp_tls_options_server(own->key, own->certificate), true);
    const char *chain = write_file(authority);
    check_made(wsp_tls_options_client_from_files(chain, NULL), false);
    check_made(wsp_tls_options_client_unsafe_from_files(chain), false);
    check_made(wsp_tls_options_server_from_files(write_file(own->key), write_file(own->certificate)), true);
    wsp_tls_options_destroy(NULL);
}

/* As many tools write them: comments, other objects and several certificates in one file. */
static void material_may_be_mixed(void)
{
    const test_certificate *own = test_server_certificate();
    char both[MATERIAL_SIZE];
    (void)snprintf(both, sizeof both, "# a comment\n%s\n%s\n%s", own->certificate, own->key,
                   test_authority()->certificate);
    check_made(wsp_tls_options_server(both, both), true);
    check_made(wsp_tls_options_client(both, NULL), false);
}

static void a_key_must_fit_and_be_readable(void)
{
    const test_certificate *own = test_server_certificate();
    check_refused(wsp_tls_options_server(test_authority()->key, own->certificate),
                  "the private key does not belong to the certificate");
    char *encrypted = test_certificate_encrypt_key(own);
    check_refused(wsp_tls_options_server(encrypted, own->certificate), "the private key is encrypted");
    free(encrypted);
    check_refused(wsp_tls_options_server("", own->certificate), "the private key holds no private key");
    check_refused(wsp_tls_options_server("noise", own->certificate), "the private key holds no private key");
    check_refused(wsp_tls_options_server(own->certificate, own->certificate), "no private key");
    check_refused(wsp_tls_options_server(NULL, own->certificate), "a private key, which is NULL");
}

static void a_certificate_must_be_there_and_whole(void)
{
    const test_certificate *own = test_server_certificate();
    check_refused(wsp_tls_options_server(own->key, ""), "the certificate holds no certificate");
    check_refused(wsp_tls_options_server(own->key, own->key), "the certificate holds no certificate");
    check_refused(wsp_tls_options_server(own->key, NULL), "a certificate, which is NULL");
    check_refused(wsp_tls_options_client("", NULL), "the trusted chain holds no certificate");
    check_refused(wsp_tls_options_client_unsafe("noise"), "the trusted chain holds no certificate");
    char broken[MATERIAL_SIZE];
    (void)snprintf(broken, sizeof broken, "%s", own->certificate);
    memset(broken + 60, '*', 10);
    check_refused(wsp_tls_options_client(broken, NULL), "the trusted chain holds a broken certificate");
    (void)snprintf(broken, sizeof broken, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                   own->certificate);
    check_refused(wsp_tls_options_server(own->key, broken), "broken certificate");
    (void)snprintf(broken, sizeof broken, "%.100s", own->certificate);
    check_refused(wsp_tls_options_client(broken, NULL), "the trusted chain holds a broken certificate");
}

static void a_file_must_be_readable(void)
{
    const test_certificate *own = test_server_certificate();
    const char *key = write_file(own->key);
    check_refused(wsp_tls_options_client_from_files("/no/such/file", NULL), "/no/such/file");
    check_refused(wsp_tls_options_client_from_files("/no/such/file", NULL), "No such file or directory");
    check_refused(wsp_tls_options_client_unsafe_from_files("/tmp"), "Is a directory");
    check_refused(wsp_tls_options_server_from_files("/no/such/key", write_file(own->certificate)),
                  "the private key in /no/such/key could not be opened");
    check_refused(wsp_tls_options_server_from_files(key, "/no/such/certificate"), "the certificate in");
    check_refused(wsp_tls_options_server_from_files(NULL, "x"), "a private key, which is NULL");
    check_refused(wsp_tls_options_server_from_files(key, NULL), "a certificate, which is NULL");
    check_refused(wsp_tls_options_client_from_files(key, NULL), "holds no certificate");
    check_refused(wsp_tls_options_client_from_files("/dev/zero", NULL), "larger than 16 MiB");
}

static void an_override_must_be_a_name(void)
{
    static const char *const names[] = {"two words", "new\nline", "\x7f",  "h\xc3\xb6st",
                                        ".a.test",   "a..test",   "a.b..", "."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_refused(wsp_tls_options_client(NULL, names[i]), "common name override");
    char name[256];
    memset(name, 'a', sizeof name - 1);
    name[255] = '\0';
    check_refused(wsp_tls_options_client(NULL, name), "common name override");
}

static void a_success_clears_the_reason(void)
{
    check_refused(wsp_tls_options_client("", NULL), "no certificate");
    check_made(wsp_tls_options_client(NULL, NULL), false);
}

static void *read_last_error(void *out_is_empty)
{
    *(bool *)out_is_empty = strcmp(wsp_tls_last_error(), "") == 0;
    return NULL;
}

static void the_reason_belongs_to_a_thread(void)
{
    check_refused(wsp_tls_options_client("", NULL), "no certificate");
    bool is_empty = false;
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, read_last_error, &is_empty), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK(is_empty);
    CHECK_CONTAINS(wsp_tls_last_error(), "no certificate");
}

static void a_share_outlives_the_program_s_own(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    wspi_text why;
    char array[WSPI_MESSAGE_CAPACITY];
    wspi_text_begin(&why, array, sizeof array);
    wsp_tls_options *options = wsp_tls_options_client(test_authority()->certificate, "name");
    wsp_tls_options *share = wspi_tls_options_prepare(options, &why);
    CHECK(share == options);
    wsp_tls_options_destroy(options);
    CHECK(allocator->live_blocks > 0);
    wspi_tls_options_release(share);
    CHECK_SIZE(allocator->live_blocks, 0);
    wspi_tls_options_release(NULL);
}

static void every_allocation_may_fail(void)
{
    wspi_test_failing_allocator *allocator = wspi_test_failing_allocator_install();
    for (size_t n = 1;; n++) {
        wspi_test_failing_allocator_fail_at(n);
        wsp_tls_options *options = wsp_tls_options_client(test_authority()->certificate, "name");
        bool has_failed = allocator->failures > 0;
        CHECK_BOOL(options == NULL, has_failed);
        if (has_failed)
            CHECK_CONTAINS(wsp_tls_last_error(), "out of memory");
        wsp_tls_options_destroy(options);
        CHECK_SIZE(allocator->live_blocks, 0);
        if (!has_failed)
            break;
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(good_material_makes_options),
    TEST_CASE(material_may_be_mixed),
    TEST_CASE(a_key_must_fit_and_be_readable),
    TEST_CASE(a_certificate_must_be_there_and_whole),
    TEST_CASE(a_file_must_be_readable),
    TEST_CASE(an_override_must_be_a_name),
    TEST_CASE(a_success_clears_the_reason),
    TEST_CASE(the_reason_belongs_to_a_thread),
    TEST_CASE(a_share_outlives_the_program_s_own),
    TEST_CASE(every_allocation_may_fail),
};

TEST_MAIN(cases)
