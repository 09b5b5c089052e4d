/* SPDX-License-Identifier: MIT */

/* tls_unavailable.c: without TLS no options are made, and the reason is there to be read. */

#define _DEFAULT_SOURCE

#include "test.h"
#include "wspeer/tls.h"

#include <pthread.h>
#include <string.h>

#define UNAVAILABLE "TLS is not built into this version"

static void no_constructor_makes_an_object(void)
{
    CHECK(wsp_tls_options_client(NULL, NULL) == NULL);
    CHECK_STRING(wsp_tls_last_error(), UNAVAILABLE);
    CHECK(wsp_tls_options_client("pem", "name") == NULL);
    CHECK(wsp_tls_options_client_from_files("path", NULL) == NULL);
    CHECK(wsp_tls_options_client_unsafe(NULL) == NULL);
    CHECK(wsp_tls_options_client_unsafe_from_files(NULL) == NULL);
    CHECK_STRING(wsp_tls_last_error(), UNAVAILABLE);
}

static void a_missing_argument_has_its_own_sentence(void)
{
    CHECK(wsp_tls_options_server(NULL, "certificate") == NULL);
    CHECK_CONTAINS(wsp_tls_last_error(), "private key");
    CHECK(wsp_tls_options_server("key", NULL) == NULL);
    CHECK_CONTAINS(wsp_tls_last_error(), "certificate");
    CHECK(wsp_tls_options_server_from_files(NULL, NULL) == NULL);
    CHECK_CONTAINS(wsp_tls_last_error(), "private key");
    CHECK(wsp_tls_options_server("key", "certificate") == NULL);
    CHECK_STRING(wsp_tls_last_error(), UNAVAILABLE);
    CHECK(wsp_tls_options_server_from_files("key", "certificate") == NULL);
    CHECK_STRING(wsp_tls_last_error(), UNAVAILABLE);
}

static void *read_last_error(void *out_is_empty)
{
    *(bool *)out_is_empty = strcmp(wsp_tls_last_error(), "") == 0;
    return NULL;
}

static void the_reason_belongs_to_a_thread(void)
{
    CHECK(wsp_tls_options_client(NULL, NULL) == NULL);
    bool is_empty = false;
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, read_last_error, &is_empty), 0);
    CHECK_INT(pthread_join(thread, NULL), 0);
    CHECK(is_empty);
    CHECK_STRING(wsp_tls_last_error(), UNAVAILABLE);
}

static void destroying_no_options_is_allowed(void)
{
    wsp_tls_options_destroy(NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(no_constructor_makes_an_object),
    TEST_CASE(a_missing_argument_has_its_own_sentence),
    TEST_CASE(the_reason_belongs_to_a_thread),
    TEST_CASE(destroying_no_options_is_allowed),
};

TEST_MAIN(cases)
