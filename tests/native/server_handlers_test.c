/* SPDX-License-Identifier: MIT */
/*
 * The handlers of a server as its documents promise them: what each way in and out reports and in which
 * order, and that each of them may disconnect its client, destroy its peer, stop or destroy the server.
 * Origins: row S1 of bad-inputs.md.
 */
#include "server_fixture.h"

#include <stdio.h>
#include <string.h>

static void expect_log(server_fixture *f, const char *wanted)
{
    SERVER_UNTIL(f, f->log_size >= strlen(wanted));
    for (int i = 0; i < 10; i++) /* and nothing more */
        server_fixture_step(f);
    CHECK_STRING(f->log, wanted);
}

/* -- in and out ------------------------------------------------------------ */

static void refuse(server_fixture *f, wsp_request *request)
{
    (void)f;
    CHECK_RESULT(wsp_request_respond(request, 403, "text/plain", "no", 2), WSP_OK);
}

static void refused_connect_calls_nobody_else(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    f->request_hook = refuse;
    wsp_peer *client = server_fixture_connect(f, "/secret");
    SERVER_UNTIL(f, wsp_peer_get_ready_state(client) == WSP_STATE_CLOSED);
    CHECK_INT(wsp_peer_get_http_status(client), 403);
    CHECK_RESULT(wsp_peer_get_error(client), WSP_ERR_HANDSHAKE_REJECTED);
    expect_log(f, "handshake /secret\n");
    CHECK_SIZE(wsp_server_get_peer_count(f->server), 0);
}

static void client_that_leaves_inside_its_handshake_is_no_client(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wspi_socket raw = server_fixture_raw(f);
    server_fixture_send(f, raw, "GET / HT", 8);
    for (int i = 0; i < 10; i++)
        server_fixture_step(f);
    wspi_os_close(raw);
    f->raw_count = 0;
    expect_log(f, "");
}

static void each_way_out_is_reported_once_and_in_order(void)
{
    static const struct {
        const char *name;
        int code;        /* the server's, of disconnect_peer; 0: the client ends it */
        int client_code; /* the client's */
        const char *log;
    } rows[] = {
        {"remote close", 0, 4000,
         "handshake /\nconnected 2  /\ndata 2 t x\nclose 2 4000 why\ngone 2 clean\n"},
        {"remote drop", 0, -1, "handshake /\nconnected 2  /\ndata 2 t x\ngone 2 unclean\n"},
        {"local close", 4001, 0, "handshake /\nconnected 2  /\ndata 2 t x\ngone 2 clean\n"},
        {"local drop", -1, 0, "handshake /\nconnected 2  /\ndata 2 t x\ngone 2 unclean\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TEST_NOTE("%s", rows[i].name);
        server_fixture *f = server_fixture_begin(NULL);
        wsp_peer *client = server_fixture_open(f, "/");
        CHECK_RESULT(wsp_peer_send_text(client, "x"), WSP_OK);
        SERVER_UNTIL(f, server_fixture_has(f, "data 2 t x"));
        if (rows[i].code != 0)
            CHECK_RESULT(wsp_server_disconnect_peer(f->server, 2, rows[i].code, NULL), WSP_OK);
        else
            CHECK_RESULT(wsp_peer_close(client, rows[i].client_code, "why"), WSP_OK);
        expect_log(f, rows[i].log);
        CHECK_INT(wsp_peer_get_ready_state(client), WSP_STATE_CLOSED);
        wsp_peer_destroy(client);
        wsp_server_destroy(f->server);
        f->client_count = 0;
        f->server = NULL;
    }
}

static void messages_come_before_the_end_that_follows_them(void)
{
    server_fixture *f = server_fixture_begin(NULL);
    wsp_peer *client = server_fixture_open(f, "/");
    for (int i = 0; i < 5; i++)
        CHECK_RESULT(wsp_peer_send_text(client, "x"), WSP_OK);
    CHECK_RESULT(wsp_peer_close(client, 1000, NULL), WSP_OK);
    expect_log(f, "handshake /\nconnected 2  /\ndata 2 t x\ndata 2 t x\ndata 2 t x\ndata 2 t x\ndata 2 t x\n"
                  "close 2 1000 \ngone 2 clean\n");
}

/* -- inside each handler --------------------------------------------------- */

/* What is done in the handler whose line begins with `where`, the first time. */
typedef enum deed_kind { DISCONNECT, DROP, DESTROY_PEER, STOP, STOP_AND_LISTEN, DESTROY } deed_kind;

static const char *const deed_names[] = {"disconnect",      "drop",   "destroy of the peer", "stop",
                                         "stop and listen", "destroy"};
static const char *const places[] = {"handshake", "connected", "data", "close", "gone", "missed", "http"};

static struct {
    const char *where;
    deed_kind deed;
} plan;

static void do_deed(server_fixture *f, const char *line, int32_t id)
{
    if (f->calls > 0 || strncmp(line, plan.where, strlen(plan.where)) != 0)
        return;
    f->calls++;
    /* Handlers of requests have no id yet: the other client is as good. */
    if (id == 0)
        id = 2;
    switch (plan.deed) {
    case DISCONNECT: (void)wsp_server_disconnect_peer(f->server, id, 4005, "out"); break;
    case DROP: (void)wsp_server_disconnect_peer(f->server, id, -1, NULL); break;
    case DESTROY_PEER: wsp_peer_destroy(wsp_server_get_peer(f->server, id)); break;
    case STOP: wsp_server_stop(f->server); break;
    case STOP_AND_LISTEN:
        wsp_server_stop(f->server);
        CHECK_RESULT(wsp_server_listen(f->server, 0, NULL, 0), WSP_OK);
        break;
    case DESTROY:
        wsp_server_destroy(f->server);
        f->server = NULL;
        break;
    }
}

static size_t count_lines(const server_fixture *f, const char *start)
{
    size_t found = 0;
    for (const char *at = f->log; *at != '\0'; at = strchr(at, '\n') + 1)
        found += strncmp(at, start, strlen(start)) == 0;
    return found;
}

/* Has each handler called: two clients talk and close, somebody asks for a page, and a broadcast is larger
 * than what may wait for a client. */
static void call_every_handler(server_fixture *f)
{
    static const uint8_t large[2000];
    static const char page[] = "GET /page HTTP/1.1\r\nHost: h\r\n\r\n";
    CHECK_RESULT(wsp_server_set_outbound_buffer_size(f->server, 1000), WSP_OK);
    (void)server_fixture_connect(f, "/");
    (void)server_fixture_connect(f, "/");
    SERVER_UNTIL(f, f->calls > 0 || wsp_server_get_peer_count(f->server) == 2);
    if (f->calls == 0)
        server_fixture_send(f, server_fixture_raw(f), page, sizeof page - 1);
    SERVER_UNTIL(f, f->calls > 0 || server_fixture_has(f, "http GET /page"));
    if (f->calls == 0)
        CHECK_SIZE(wsp_server_broadcast(f->server, large, sizeof large, WSP_WRITE_MODE_BINARY, 0), 0);
    for (size_t i = 0; i < 2; i++) {
        SERVER_UNTIL(f, wsp_peer_get_ready_state(f->clients[i]) != WSP_STATE_CONNECTING);
        (void)wsp_peer_send_text(f->clients[i], "x");
        (void)wsp_peer_close(f->clients[i], 1000, NULL);
    }
    SERVER_UNTIL(f, f->calls > 0);
    for (size_t i = 0; i < 2; i++)
        SERVER_UNTIL(f, wsp_peer_get_ready_state(f->clients[i]) == WSP_STATE_CLOSED);
    for (int i = 0; i < 10; i++)
        server_fixture_step(f);
}

static void play(const char *where, deed_kind deed)
{
    TEST_NOTE("%s inside %s", deed_names[deed], where);
    server_fixture *f = server_fixture_begin(NULL);
    plan.where = where;
    plan.deed = deed;
    f->hook = do_deed;
    call_every_handler(f);
    CHECK_INT(f->calls, 1);
    if (deed < STOP) {
        /* The server lives on, and whoever came in has gone. */
        SERVER_UNTIL(f, wsp_server_get_peer_count(f->server) == 0);
        CHECK_SIZE(count_lines(f, "connected"), 2);
        CHECK_SIZE(count_lines(f, "gone"), 2);
    } else {
        /* Nothing is reported after it. */
        CHECK(count_lines(f, "gone") <= (strcmp(where, "gone") == 0));
        const char *last = strrchr(f->log, '\n');
        while (last > f->log && last[-1] != '\n')
            last--;
        CHECK(strncmp(last, where, strlen(where)) == 0);
    }
    CHECK_BOOL(f->server != NULL && wsp_server_is_listening(f->server), deed != STOP && deed != DESTROY);
    for (size_t i = 0; i < f->client_count; i++)
        wsp_peer_destroy(f->clients[i]);
    for (size_t i = 0; i < f->raw_count; i++)
        wspi_os_close(f->raws[i]);
    wsp_server_destroy(f->server);
    f->client_count = 0;
    f->raw_count = 0;
    f->server = NULL;
}

static void in_each_handler(deed_kind deed)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        play(places[i], deed);
}

static void disconnect_inside_each_handler(void)
{
    in_each_handler(DISCONNECT);
}

static void drop_inside_each_handler(void)
{
    in_each_handler(DROP);
}

static void destroy_of_the_peer_inside_each_handler(void)
{
    in_each_handler(DESTROY_PEER);
}

static void stop_inside_each_handler(void)
{
    in_each_handler(STOP);
}

static void stop_and_listen_inside_each_handler(void)
{
    in_each_handler(STOP_AND_LISTEN);
}

static void destroy_inside_each_handler(void)
{
    in_each_handler(DESTROY);
}

/* -- S1: origins ----------------------------------------------------------- */

static int status_for_origin(server_fixture *f, const char *field)
{
    char request[512];
    int status = 0;
    (void)snprintf(request, sizeof request,
                   "GET / HTTP/1.1\r\nHost: good.com\r\n%sUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
                   "%c%c%c%c%c%c", /* a close frame, so that an accepted one ends as well */
                   field, 0x88, 0x80, 1, 1, 1, 1);
    CHECK_INT(sscanf(server_fixture_answer(f, request), "HTTP/1.1 %d", &status), 1);
    return status;
}

static void S1_origins(void)
{
    static const char *const allowed[] = {"https://good.com", "http://localhost:8080",
                                          "HTTPS://Upper.example"};
    static const struct {
        const char *field;
        int status;
    } rows[] = {
        {"", 101}, /* no browser */
        {"Origin: https://good.com\r\n", 101},
        {"Origin: HTTPS://GOOD.COM\r\n", 101},
        {"origin: https://Good.Com\r\n", 101},
        {"Origin: https://upper.example\r\n", 101},
        {"Origin: http://localhost:8080\r\n", 101},
        {"Origin: \r\n", 403},
        {"Origin: null\r\n", 403},
        {"Origin: http://good.com\r\n", 403},
        {"Origin: wss://good.com\r\n", 403},
        {"Origin: good.com\r\n", 403},
        {"Origin: https://good.com:443\r\n", 403}, /* no browser writes the default port */
        {"Origin: https://good.com:8443\r\n", 403},
        {"Origin: https://good.com.evil.com\r\n", 403},
        {"Origin: https://evil.com/https://good.com\r\n", 403},
        {"Origin: https://notgood.com\r\n", 403},
        {"Origin: https://www.good.com\r\n", 403},
        {"Origin: https://good.co\r\n", 403},
        {"Origin: https://good.com.\r\n", 403},
        {"Origin: https://good.com@evil.com\r\n", 403},
        {"Origin: https://good.com, https://evil.com\r\n", 403},
        {"Origin: https://good.com\r\nOrigin: https://evil.com\r\n", 403},
        {"Origin: http://localhost\r\n", 403},
        {"Origin: http://localhost:80\r\n", 403},
        {"Origin: http://localhost:80801\r\n", 403},
    };
    server_fixture *f = server_fixture_begin(NULL);
    CHECK_RESULT(wsp_server_set_allowed_origins(f->server, allowed, 3), WSP_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t asked = count_lines(f, "handshake");
        TEST_NOTE("\"%s\"", rows[i].field);
        CHECK_INT(status_for_origin(f, rows[i].field), rows[i].status);
        CHECK_SIZE(count_lines(f, "handshake") - asked, rows[i].status == 101);
        wspi_os_close(f->raws[0]);
        f->raw_count = 0;
    }
    CHECK_SIZE(count_lines(f, "connected"), 6);
    CHECK_RESULT(wsp_server_set_allowed_origins(f->server, NULL, 0), WSP_OK);
    CHECK_INT(status_for_origin(f, "Origin: https://evil.com\r\n"), 101);
}

static const wspi_test_case cases[] = {
    TEST_CASE(refused_connect_calls_nobody_else),
    TEST_CASE(client_that_leaves_inside_its_handshake_is_no_client),
    TEST_CASE(each_way_out_is_reported_once_and_in_order),
    TEST_CASE(messages_come_before_the_end_that_follows_them),
    TEST_CASE(disconnect_inside_each_handler),
    TEST_CASE(drop_inside_each_handler),
    TEST_CASE(destroy_of_the_peer_inside_each_handler),
    TEST_CASE(stop_inside_each_handler),
    TEST_CASE(stop_and_listen_inside_each_handler),
    TEST_CASE(destroy_inside_each_handler),
    TEST_CASE(S1_origins),
};

TEST_MAIN(cases)
