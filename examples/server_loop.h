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

/* Its parts, for programs that have something to do in between or a loop of their own. */

/* false after `failed WSP_ERR_NAME message`; the server is still the caller's. */
bool server_loop_listen(wsp_server *server, size_t port, const char *const *protocols, size_t count,
                        bool secure);

/*
 * Of a server that also acts by itself, such as a game with ticks: called before each sleep, returns in how
 * many seconds it wants to be called again at the latest; negative: whenever.
 */
typedef double (*server_turn)(void *user);

/* From listening to the end; destroys the server. */
int server_loop_run(wsp_server *server, server_turn turn_or_null, void *user);

/* Lets nobody in any more and closes every connection with code 1001; they go in polls to come. */
void server_loop_say_goodbye(wsp_server *server);

#endif
