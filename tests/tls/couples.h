/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_COUPLES_H
#define WSPI_TEST_COUPLES_H

/* Before the first socket: the network that couples.c runs on. couples_real.c and couples_virtual.c. */
void couples_prepare_network(void);

#endif
