/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_OS_CONTRACT_H
#define WSPI_TEST_OS_CONTRACT_H

/*
 * The sentences of os.h and poller.h as cases that every port must pass, the
 * system's and the virtual one. What os.h alone cannot bring about, a port's
 * own test does for them.
 */

#include "net/poller.h"
#include "test.h"

typedef struct os_contract_port {
    /* Called first in each case; what it opens is closed at the end of the case. */
    void (*begin)(void);

    /* An IPv4 address of this machine that refuses connections, and one whose attempts get no answer. */
    wspi_address (*get_refusing)(void);
    wspi_address (*get_silent)(void);

    /* Two connected stream sockets that os.h did not make. */
    void (*open_pair)(wspi_socket ends[2]);

    /* Closes so that the other side gets a reset. */
    void (*reset)(wspi_socket socket);

    /* In between no new socket can be made. */
    void (*deny_sockets)(void);
    void (*allow_sockets)(void);

    /* A signal comes while the next wait runs; called again when no more may come. */
    void (*start_signals)(void);
    void (*stop_signals)(void);

    /* Makes the names below known. Then no lookup ends until they are let go. */
    void (*hold_lookups)(void);
    void (*let_lookups_go)(void);

    bool has_ipv6;
} os_contract_port;

/* Resolves to 127.0.0.2, ::1 and 127.0.0.3, in this order; and one that fails. */
#define OS_CONTRACT_KNOWN_NAME   "known.contract.test"
#define OS_CONTRACT_FAILING_NAME "failing.contract.test"

/* The port that the cases are about; before they run. */
void os_contract_use(const os_contract_port *port);

extern const wspi_test_case os_contract_cases[];
extern const size_t os_contract_case_count;

#endif
