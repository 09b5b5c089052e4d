/* SPDX-License-Identifier: MIT */

/* resolver.c: what needs no lookup, the order of the addresses, the messages. No name server is asked. */

#define _DEFAULT_SOURCE

#include "fake_names.h"
#include "net/poller.h"
#include "net/resolver.h"
#include "net_fixture.h"
#include "test.h"

#include <netdb.h>
#include <string.h>

#define PORT 9080

static wspi_resolver resolver;
static char why_room[WSPI_MESSAGE_CAPACITY];
static wspi_text why;

static void cancel(void)
{
    wspi_resolver_cancel(&resolver);
}

static void begin(void)
{
    fake_names_begin();
    wspi_test_at_case_end(cancel);
}

static wspi_io start(const char *host)
{
    char text[WSPI_HOST_MAX + 16];
    wspi_text address;
    wspi_text_begin(&address, text, sizeof(text));
    wspi_text_add(&address, "ws://");
    wspi_text_add(&address, host);
    wspi_text_add(&address, ":9080/");
    wspi_text_begin(&why, why_room, sizeof(why_room));
    wspi_url url;
    CHECK_INT(wspi_url_parse(text, &url, &why), WSP_OK);
    wspi_io io = wspi_resolver_start(&resolver, &url, &why);
    wspi_url_release(&url);
    return io;
}

static wspi_io finish(void)
{
    double end = wspi_os_now() + FIXTURE_DEADLINE_SECONDS;
    wspi_io io;
    while ((io = wspi_resolver_step(&resolver, PORT, &why)) == WSPI_IO_WAIT) {
        if (wspi_os_now() > end)
            FAIL("a lookup did not end");
        wspi_os_lookup_wait(resolver.lookup, 1);
    }
    return io;
}

/* The addresses, separated by spaces. */
static void check_addresses(const char *wanted)
{
    char room[1024];
    wspi_text text;
    wspi_text_begin(&text, room, sizeof(room));
    for (size_t i = 0; i < resolver.count; i++) {
        wspi_text_add(&text, i > 0 ? " " : "");
        wspi_address_add_text(&resolver.addresses[i], &text);
        CHECK_INT(resolver.addresses[i].port, PORT);
    }
    CHECK_STRING(room, wanted);
}

static void literals_and_localhost_are_answered_at_once(void)
{
    static const struct {
        const char *host;
        const char *addresses;
    } rows[] = {
        {"127.0.0.7", "127.0.0.7"},          {"[::1]", "::1"},
        {"[::ffff:127.0.0.7]", "127.0.0.7"}, {"localhost", "::1 127.0.0.1"},
        {"LocalHost", "::1 127.0.0.1"},      {"game.localhost", "::1 127.0.0.1"},
    };
    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("%s", rows[i].host);
        CHECK_INT(start(rows[i].host), WSPI_IO_OK);
        CHECK(resolver.lookup == NULL);
        check_addresses(rows[i].addresses);
        CHECK_INT(wspi_resolver_step(&resolver, PORT, &why), WSPI_IO_OK);
    }
}

/* Names that only look like localhost belong to somebody. */
static void other_names_are_looked_up(void)
{
    static const char *const hosts[] = {"notlocalhost", "localhost.test", "xlocalhost.test"};
    begin();
    for (size_t i = 0; i < 3; i++)
        fake_names_add(hosts[i], "127.0.0.9");
    for (size_t i = 0; i < 3; i++) {
        TEST_NOTE("%s", hosts[i]);
        CHECK_INT(start(hosts[i]), WSPI_IO_WAIT);
        CHECK(resolver.lookup != NULL);
        CHECK_INT(finish(), WSPI_IO_OK);
        check_addresses("127.0.0.9");
        CHECK(resolver.lookup == NULL);
        CHECK_INT(wspi_resolver_step(&resolver, PORT, &why), WSPI_IO_OK);
    }
}

static void families_take_turns_ipv6_first(void)
{
    static const struct {
        const char *answer;
        const char *wanted;
    } rows[] = {
        {"127.0.0.1 127.0.0.2 ::1 ::2", "::1 127.0.0.1 ::2 127.0.0.2"},
        {"127.0.0.1 127.0.0.2 127.0.0.3 ::1", "::1 127.0.0.1 127.0.0.2 127.0.0.3"},
        {"::1 ::2 ::3 127.0.0.1", "::1 127.0.0.1 ::2 ::3"},
        {"::1", "::1"},
        {"127.0.0.2 127.0.0.1", "127.0.0.2 127.0.0.1"},
        /* The same host twice is one address, in whatever form. */
        {"127.0.0.1 ::ffff:127.0.0.1 ::1 127.0.0.1 ::1 127.0.0.2", "::1 127.0.0.1 127.0.0.2"},
        /* Sixteen are used, but the family behind the first thirty is among them. */
        {"::1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a ::b ::c ::d ::e ::f ::10 ::11 ::12 ::13 ::14 ::15 ::16 "
         "::17 ::18 "
         "::19 ::1a ::1b ::1c ::1d ::1e 127.0.0.1",
         "::1 127.0.0.1 ::2 ::3 ::4 ::5 ::6 ::7 ::8 ::9 ::a ::b ::c ::d ::e ::f"},
    };
    begin();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const char *const hosts[] = {"a.test", "b.test", "c.test", "d.test",
                                            "e.test", "f.test", "g.test"};
        TEST_NOTE("row %zu", i);
        fake_names_add(hosts[i], rows[i].answer);
        CHECK_INT(start(hosts[i]), WSPI_IO_WAIT);
        CHECK_INT(finish(), WSPI_IO_OK);
        check_addresses(rows[i].wanted);
    }
}

static void a_failure_names_the_host_and_the_reason(void)
{
    begin();
    fake_names_add_failure("no-such-host.invalid", EAI_NONAME, 0);
    CHECK_INT(start("no-such-host.invalid"), WSPI_IO_WAIT);
    CHECK_INT(finish(), WSPI_IO_FAILED);
    CHECK(resolver.lookup == NULL);
    char wanted[WSPI_MESSAGE_CAPACITY];
    wspi_text text;
    wspi_text_begin(&text, wanted, sizeof(wanted));
    wspi_text_add(&text, "could not resolve no-such-host.invalid: ");
    wspi_text_add(&text, gai_strerror(EAI_NONAME));
    CHECK_STRING(why_room, wanted);
}

static void a_name_without_addresses_fails(void)
{
    begin();
    fake_names_add("empty.test", "");
    CHECK_INT(start("empty.test"), WSPI_IO_WAIT);
    CHECK_INT(finish(), WSPI_IO_FAILED);
    CHECK_STRING(why_room, "could not resolve empty.test: the name has no address");
}

static void a_lookup_can_be_abandoned(void)
{
    begin();
    fake_names_add("slow.test", "127.0.0.1");
    fake_names_hold();
    CHECK_INT(start("slow.test"), WSPI_IO_WAIT);
    CHECK_INT(wspi_resolver_step(&resolver, PORT, &why), WSPI_IO_WAIT);
    fake_names_wait_for_running(1);
    wspi_resolver_cancel(&resolver);
    CHECK(resolver.lookup == NULL);
    wspi_resolver_cancel(&resolver);
}

static void cancelling_what_never_started_is_allowed(void)
{
    wspi_resolver fresh = {0};
    wspi_resolver_cancel(&fresh);
    CHECK(fresh.lookup == NULL);
}

static const wspi_test_case cases[] = {
    TEST_CASE(literals_and_localhost_are_answered_at_once),
    TEST_CASE(other_names_are_looked_up),
    TEST_CASE(families_take_turns_ipv6_first),
    TEST_CASE(a_failure_names_the_host_and_the_reason),
    TEST_CASE(a_name_without_addresses_fails),
    TEST_CASE(a_lookup_can_be_abandoned),
    TEST_CASE(cancelling_what_never_started_is_allowed),
};

TEST_MAIN(cases)
