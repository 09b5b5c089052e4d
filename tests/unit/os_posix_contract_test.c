/* SPDX-License-Identifier: MIT */

/* The contract of os.h and poller.h (os_contract.h) for this system's port; the virtual port's turn is
 * simulation/os_virtual_test.c. */

#define _DEFAULT_SOURCE

#include "fake_names.h"
#include "net_fixture.h"
#include "os_contract.h"

#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static wspi_socket reserved;
static fixture_hole hole;

static void close_helpers(void)
{
    wspi_os_close(reserved);
    reserved = WSPI_NO_SOCKET;
    fixture_hole_close(&hole);
}

static void begin(void)
{
    reserved = WSPI_NO_SOCKET;
    wspi_test_at_case_end(close_helpers);
}

static wspi_address get_refusing(void)
{
    wspi_address address = fixture_ipv4(1, 0);
    reserved = fixture_reserve(&address);
    return address;
}

static wspi_address get_silent(void)
{
    wspi_address address = fixture_ipv4(1, 0);
    fixture_hole_open(&hole, &address);
    return address;
}

static void open_pair(wspi_socket ends[2])
{
    int plain[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, plain), 0);
    ends[0] = plain[0];
    ends[1] = plain[1];
}

static void ignore_alarm(int number)
{
    (void)number;
}

static struct sigaction action_before;

static void start_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = ignore_alarm;
    action.sa_flags = SA_RESTART;
    CHECK_INT(sigaction(SIGALRM, &action, &action_before), 0);
    /* Repeated, because the first one may come before the wait has begun. */
    const struct itimerval often = {.it_interval = {.tv_usec = 20000}, .it_value = {.tv_usec = 20000}};
    setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_signals(void)
{
    const struct itimerval never = {.it_value = {0}};
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &action_before, NULL);
}

static void hold_lookups(void)
{
    fake_names_begin();
    fake_names_add(OS_CONTRACT_KNOWN_NAME, "127.0.0.2 ::1 127.0.0.3");
    fake_names_add_failure(OS_CONTRACT_FAILING_NAME, EAI_NONAME, 0);
    fake_names_hold();
}

int main(int argc, char **argv)
{
    const os_contract_port port = {
        .begin = begin,
        .get_refusing = get_refusing,
        .get_silent = get_silent,
        .open_pair = open_pair,
        .reset = fixture_reset,
        .deny_sockets = fixture_deny_descriptors,
        .allow_sockets = fixture_allow_descriptors,
        .start_signals = start_signals,
        .stop_signals = stop_signals,
        .hold_lookups = hold_lookups,
        .let_lookups_go = fake_names_let_go,
        .has_ipv6 = fixture_has_ipv6(),
    };
    os_contract_use(&port);
    return wspi_test_main(os_contract_cases, os_contract_case_count, argc, argv);
}
