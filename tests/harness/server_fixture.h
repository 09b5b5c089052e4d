/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEST_SERVER_FIXTURE_H
#define WSPI_TEST_SERVER_FIXTURE_H

/*
 * A wsp_server on 127.0.0.1 with clients in the same process: wsp_peers, and raw sockets for what a peer
 * would never send. Handlers write a line each into a log; a hook may do something inside them. Everything is
 * closed when the case ends.
 *
 *     server_fixture *f = server_fixture_begin(NULL);
 *     wsp_peer *client = server_fixture_open(f, "/");
 *     wsp_peer_send_text(client, "hello");
 *     SERVER_UNTIL(f, server_fixture_has(f, "data 2 t hello"));
 */

#include "net/os.h"
#include "test.h"
#include "wspeer.h"

enum { SERVER_FIXTURE_CLIENTS = 64, SERVER_FIXTURE_RAWS = 8 };

typedef struct server_fixture server_fixture;

struct server_fixture {
    wsp_server *server;
    char url[64];
    wsp_peer *clients[SERVER_FIXTURE_CLIENTS];
    size_t client_count;
    wspi_socket raws[SERVER_FIXTURE_RAWS];
    size_t raw_count;
    char log[8192]; /* "connected ID PROTOCOL RESOURCE\n", "data ID t|b TEXT\n", "close ID CODE REASON\n",
                       "gone ID clean|unclean\n", "missed ID\n", "handshake PATH\n", "http METHOD PATH\n" */
    size_t log_size;

    /* To be set by the test: called inside the handler, after the line is written. */
    void (*hook)(server_fixture *f, const char *line, int32_t id);
    void (*request_hook)(server_fixture *f, wsp_request *request);
    int calls; /* for the hook's own use */
};

/* All handlers, for a test that leaves one out. */
extern const wsp_server_handlers server_fixture_handlers;

/* A server with these handlers (NULL: all of them), listening on a free port without subprotocols. */
server_fixture *server_fixture_begin(const wsp_server_handlers *handlers);

/* The same, not listening yet, and what makes it listen. */
server_fixture *server_fixture_prepare(const wsp_server_handlers *handlers);
void server_fixture_listen(server_fixture *f, const char *const *protocols, size_t count);

/* A client that is connecting, and one that is open. */
wsp_peer *server_fixture_connect(server_fixture *f, const char *path);
wsp_peer *server_fixture_open(server_fixture *f, const char *path);

/* A raw connection; sending; everything that comes until the other side ends, as a string. */
wspi_socket server_fixture_raw(server_fixture *f);
void server_fixture_send(server_fixture *f, wspi_socket raw, const void *bytes, size_t size);
const char *server_fixture_answer(server_fixture *f, const char *request);

/* Polls the server and all clients once; sleeps a moment when nothing happens. */
void server_fixture_step(server_fixture *f);

/* Whether the log has that line. How often. */
bool server_fixture_has(const server_fixture *f, const char *line);
size_t server_fixture_count(const server_fixture *f, const char *line);

/* Steps until a condition holds; after 10 s the case fails. */
#define SERVER_UNTIL(f, condition)                                                  \
    do {                                                                            \
        double until_ = wsp_now() + 10;                                             \
        while (!(condition)) {                                                      \
            server_fixture_step(f);                                                 \
            if (wsp_now() > until_)                                                 \
                FAIL("never came true: %s; the log is:\n%s", #condition, (f)->log); \
        }                                                                           \
    } while (0)

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

#endif
