/* SPDX-License-Identifier: MIT */

/* The world of random_calls.h, and what it does next. */

#include "random_calls.h"

#include "certificates.h"
#include "test.h"

calls_world calls;

size_t calls_below(size_t count)
{
    return wspi_test_random_below(&calls.random, count);
}

bool calls_chance(unsigned percent)
{
    return calls_below(100) < percent;
}

void calls_act_inside(void)
{
    if (calls.depth >= 3 || !calls_chance(30))
        return;
    calls.depth++;
    calls_act();
    calls.depth--;
}

void calls_check_result(wsp_result result, wsp_result wanted)
{
    if (result == WSP_ERR_OUT_OF_MEMORY)
        CHECK(calls.is_short_of_memory);
    else if (result == WSP_ERR_UNAVAILABLE)
        CHECK(calls.is_short_of_sockets);
    else
        CHECK_STRING(wsp_result_string(result), wsp_result_string(wanted));
}

/* -- TLS options ----------------------------------------------------------- */

void calls_act_on_tls(void)
{
    wsp_tls_options **at = &calls.trust[calls_below(CALLS_TLS_COUNT)];
    wsp_tls_options_destroy(*at);
    if (calls_chance(10))
        *at = wsp_tls_options_client("no PEM", NULL);
    else
        *at = wsp_tls_options_client(test_authority()->certificate,
                                     calls_chance(80) ? "localhost" : "other.test");
    CHECK_BOOL(wsp_tls_last_error()[0] == '\0', *at != NULL);
    if (calls_chance(20)) {
        wsp_tls_options_destroy(calls.identity);
        calls.identity =
            wsp_tls_options_server(test_server_certificate()->key, test_server_certificate()->certificate);
    }
}

static void look_at_all(void)
{
    for (size_t i = 0; i < CALLS_CLIENTS; i++)
        calls_look(&calls.clients[i]);
    for (size_t i = 0; i < CALLS_ACCEPTED; i++)
        calls_look(&calls.accepted[i]);
    for (size_t i = 0; i < CALLS_SERVERS; i++)
        calls_look_at_table(&calls.tables[i]);
}

void calls_act(void)
{
    size_t kind = calls_below(100);
    if (kind < 40)
        calls_act_on_hand(&calls.clients[calls_below(CALLS_CLIENTS)]);
    else if (kind < 60)
        calls_act_on_hand(&calls.accepted[calls_below(CALLS_ACCEPTED)]);
    else if (kind < 75)
        calls_act_on_listener();
    else if (kind < 98)
        calls_act_on_table(&calls.tables[calls_below(CALLS_SERVERS)]);
    else
        calls_act_on_tls();
    look_at_all();
}
