/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_SERVER_LOOP_H
#define EXAMPLE_SERVER_LOOP_H

#include "wspeer.h"

/*
 * The main loop of a program around a wsp_server: listens at the server's bind_ip, prints `listening on URL`
 * (or `failed WSP_ERR_NAME message`), polls until SIGINT or SIGTERM, and then closes every connection with
 * code 1001. Destroys the server; returns the exit status for main. `secure` is about the printed URL.
 */
int server_loop(wsp_server *server, size_t port, const char *const *protocols, size_t count, bool secure);

#endif
