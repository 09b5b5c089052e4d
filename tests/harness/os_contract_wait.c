/* SPDX-License-Identifier: MIT */

/* The cases of os_contract.h about readiness and name lookups. */

#include "os_contract_case.h"

/* -- readiness ------------------------------------------------------------- */

void contract_zero_seconds_and_no_number_only_look(void)
{
    double zero = 0;
    contract_begin();
    contract_open_connection();
    double before = wspi_os_now();
    CHECK(!contract_wait_until_ready(contract_sockets[0], true, false, 0));
    CHECK(!contract_wait_until_ready(contract_sockets[0], true, false, zero / zero));
    CHECK_DOUBLE_BETWEEN(wspi_os_now() - before, 0, 1);
}

void contract_readable_only_when_wanted_and_until_read(void)
{
    contract_begin();
    contract_open_connection();
    contract_send_all(contract_sockets[1], "x");
    contract_wait_readable(contract_sockets[0]);
    CHECK(!contract_wait_until_ready(contract_sockets[0], false, false, 0));
    for (int i = 0; i < 3; i++)
        CHECK(contract_wait_until_ready(contract_sockets[0], true, false, -1));
    contract_check_receives(contract_sockets[0], "x");
    CHECK(!contract_wait_until_ready(contract_sockets[0], true, false, 0));
}

void contract_marks_the_ready_ones_among_many(void)
{
    enum { COUNT = WSPI_POLL_MAX + 3 };
    wspi_poll_entry entries[COUNT];
    contract_begin();
    contract_open_connection();
    contract_send_all(contract_sockets[1], "x");
    contract_wait_readable(contract_sockets[0]);
    for (size_t i = 0; i < COUNT; i++)
        entries[i] = (wspi_poll_entry){.socket = WSPI_NO_SOCKET, .wants_read = true, .wants_write = true};
    entries[3] = (wspi_poll_entry){.socket = contract_sockets[1], .wants_read = true, .is_ready = true};
    entries[7] = (wspi_poll_entry){.socket = contract_sockets[0], .wants_read = true};
    for (size_t count = WSPI_POLL_MAX; count <= COUNT; count += COUNT - WSPI_POLL_MAX) {
        CHECK(wspi_poller_wait(entries, count, 0));
        for (size_t i = 0; i < count; i++)
            CHECK_BOOL(entries[i].is_ready, i == 7);
    }
}

void contract_an_error_is_ready_whatever_is_wanted(void)
{
    contract_begin();
    contract_open_connection();
    contract_port->reset(contract_sockets[1]);
    contract_sockets[1] = WSPI_NO_SOCKET;
    contract_wait_readable(contract_sockets[0]);
    CHECK(contract_wait_until_ready(contract_sockets[0], false, false, 0));
    CHECK(contract_wait_until_ready(contract_sockets[0], false, true, 0));
}

/* bad-inputs O2 */
void contract_a_signal_ends_a_wait_with_nothing_ready(void)
{
    contract_begin();
    contract_open_connection();
    wspi_poll_entry entry = {.socket = contract_sockets[0], .wants_read = true, .is_ready = true};
    contract_port->start_signals();
    bool is_ready = wspi_poller_wait(&entry, 1, -1);
    contract_port->stop_signals();
    CHECK(!is_ready);
    CHECK(!entry.is_ready);
}

static wspi_poller *set;

static void destroy_set(void)
{
    wspi_poller_destroy(set);
    set = NULL;
}

void contract_a_set_answers_the_tokens_of_ready_sockets(void)
{
    int tokens[2];
    wspi_poller_event events[4];
    contract_begin();
    contract_open_connection();
    set = wspi_poller_create();
    CHECK(set != NULL);
    wspi_test_at_case_end(destroy_set);
    CHECK(wspi_poller_add(set, contract_sockets[0], &tokens[0], false));
    CHECK(wspi_poller_add(set, contract_sockets[1], &tokens[1], false));
    CHECK_SIZE(wspi_poller_collect(set, events, 4, 0), 0);
    contract_send_all(contract_sockets[1], "x");
    CHECK_SIZE(wspi_poller_collect(set, events, 4, CONTRACT_PATIENCE_SECONDS), 1);
    CHECK(events[0].token == &tokens[0]);
    CHECK(events[0].can_read);
    wspi_poller_change(set, contract_sockets[1], &tokens[1], true, true);
    CHECK_SIZE(wspi_poller_collect(set, events, 4, CONTRACT_PATIENCE_SECONDS), 2);
    wspi_poller_remove(set, contract_sockets[1]);
    contract_check_receives(contract_sockets[0], "x");
    CHECK_SIZE(wspi_poller_collect(set, events, 4, 0), 0);
    wspi_poller_remove(set, contract_sockets[0]);
}

/* -- lookups --------------------------------------------------------------- */

/* What a lookup answers, and why it failed. */
static wspi_address found[4];
static size_t found_count;
static char why[WSPI_MESSAGE_CAPACITY];

static wspi_io ask(wspi_lookup *lookup, size_t capacity)
{
    wspi_text text;
    wspi_text_begin(&text, why, sizeof(why));
    return wspi_os_lookup_result(lookup, found, capacity, &found_count, &text);
}

static wspi_io ask_until_done(wspi_lookup *lookup)
{
    double until = wspi_os_now() + CONTRACT_PATIENCE_SECONDS;
    wspi_io io = ask(lookup, 4);
    while (io == WSPI_IO_WAIT && wspi_os_now() < until) {
        wspi_os_lookup_wait(lookup, 1);
        io = ask(lookup, 4);
    }
    return io;
}

void contract_a_lookup_waits_and_answers_in_order(void)
{
    contract_begin();
    contract_port->hold_lookups();
    wspi_lookup *lookup = wspi_os_lookup_start(OS_CONTRACT_KNOWN_NAME);
    CHECK(lookup != NULL);
    double before = wspi_os_now();
    wspi_os_lookup_wait(lookup, 0.02);
    double waited = wspi_os_now() - before;
    wspi_io early = ask(lookup, 4);
    contract_port->let_lookups_go();
    wspi_io io = ask_until_done(lookup);
    size_t count = found_count;
    wspi_io again = ask(lookup, 1);
    wspi_os_lookup_release(lookup);
    CHECK_DOUBLE_BETWEEN(waited, 0.02, 5);
    CHECK_INT(early, WSPI_IO_WAIT);
    CHECK_INT(io, WSPI_IO_OK);
    CHECK_SIZE(count, 3);
    wspi_address wanted[3] = {contract_ipv4(2, 0), contract_ipv6(0), contract_ipv4(3, 0)};
    for (int i = 0; i < 3; i++)
        CHECK(wspi_address_equal(&found[i], &wanted[i]));
    CHECK_INT(again, WSPI_IO_OK);
    CHECK_SIZE(found_count, 1);
}

void contract_a_failed_lookup_says_why(void)
{
    contract_begin();
    contract_port->hold_lookups();
    contract_port->let_lookups_go();
    wspi_lookup *lookup = wspi_os_lookup_start(OS_CONTRACT_FAILING_NAME);
    CHECK(lookup != NULL);
    wspi_io io = ask_until_done(lookup);
    wspi_os_lookup_release(lookup);
    CHECK_INT(io, WSPI_IO_FAILED);
    CHECK(why[0] != '\0');
}

void contract_lookups_are_given_up_at_any_time(void)
{
    enum { COUNT = 20 };
    wspi_lookup *lookups[COUNT];
    size_t answered = 0;
    contract_begin();
    contract_port->hold_lookups();
    for (int i = 0; i < COUNT; i++) {
        lookups[i] = wspi_os_lookup_start(OS_CONTRACT_KNOWN_NAME);
        CHECK(lookups[i] != NULL);
    }
    /* Some of them run and some wait their turn. */
    for (int i = 0; i < COUNT; i += 2)
        wspi_os_lookup_release(lookups[i]);
    wspi_os_lookup_release(NULL);
    contract_port->let_lookups_go();
    for (int i = 1; i < COUNT; i += 2) {
        answered += ask_until_done(lookups[i]) == WSPI_IO_OK;
        wspi_os_lookup_release(lookups[i]);
    }
    CHECK_SIZE(answered, COUNT / 2);
}
