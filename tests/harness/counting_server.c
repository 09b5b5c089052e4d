/* SPDX-License-Identifier: MIT */
/* See counting_server.h. */
#include "counting_server.h"

#include "test.h"

#include <string.h>

static const double STEP_SECONDS = 0.01;
static const double CALM_SECONDS = 0.5;

/* Half of it is far from what an endless loop takes, on a loaded machine too. */
static const double CALM_PROCESSOR_SECONDS = 0.05;

static counting_server server_of_case;

static void clean_up(void)
{
    wsp_server_destroy(server_of_case.server);
    server_of_case = (counting_server){0};
}

static void on_connected(wsp_server *server, int32_t id, const char *protocol, const char *resource,
                         void *user)
{
    counting_server *s = user;
    (void)server;
    CHECK_STRING(protocol, "");
    CHECK_STRING(resource, "/client");
    if (s->connected < s->ids_capacity)
        s->ids[s->connected] = id;
    s->connected++;
    s->last_id = id;
}

static void on_disconnected(wsp_server *server, int32_t id, bool was_clean, void *user)
{
    counting_server *s = user;
    (void)was_clean;
    s->gone++;
    s->gone_twice += !wsp_server_has_peer(server, id);
}

static void on_data(wsp_server *server, int32_t id, const uint8_t *data, size_t size, bool is_text,
                    void *user)
{
    counting_server *s = user;
    wsp_peer *peer = wsp_server_get_peer(server, id);
    wsp_result result =
        wsp_peer_send(peer, data, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
    size_t waiting = wsp_peer_get_current_outbound_buffered_amount(peer);
    if (waiting > s->most_buffered)
        s->most_buffered = waiting;
    s->messages += result == WSP_OK;
    if (result == WSP_ERR_BUFFER_FULL && wsp_server_keep_packet(server) == WSP_OK)
        s->kept++;
    else if (result != WSP_ERR_NOT_OPEN)
        CHECK_STRING(wsp_result_string(result), "WSP_OK");
}

static void on_missed(wsp_server *server, int32_t id, void *user)
{
    counting_server *s = user;
    (void)server;
    s->missed++;
    s->last_missed_id = id;
}

counting_server *counting_server_begin(size_t outbound_buffer_size)
{
    const wsp_server_handlers handlers = {.client_connected = on_connected,
                                          .client_disconnected = on_disconnected,
                                          .data_received = on_data,
                                          .broadcast_missed = on_missed};
    counting_server *s = &server_of_case;
    *s = (counting_server){.server = wsp_server_create()};
    CHECK(s->server != NULL);
    wspi_test_at_case_end(clean_up);
    CHECK_INT(wsp_server_set_bind_ip(s->server, "127.0.0.1"), WSP_OK);
    CHECK_INT(wsp_server_set_outbound_buffer_size(s->server, outbound_buffer_size), WSP_OK);
    CHECK_INT(wsp_server_set_handlers(s->server, &handlers, s), WSP_OK);
    CHECK_INT(wsp_server_listen(s->server, 0, NULL, 0), WSP_OK);
    s->port = wsp_server_get_local_port(s->server);
    wsp_server_poll(s->server);
    s->descriptors = count_descriptors();
    return s;
}

void counting_server_step(counting_server *s)
{
    (void)wsp_server_poll_wait(s->server, STEP_SECONDS);
}

int counting_server_hear(counting_server *s, client_process *process)
{
    for (;;) {
        bool is_over = client_process_is_over(process);
        int number = is_over ? -1 : client_process_hear(process);
        if (is_over || number >= 0)
            return number;
        counting_server_step(s);
    }
}

int counting_server_finish(counting_server *s, client_process *process)
{
    while (!client_process_is_over(process))
        counting_server_step(s);
    return process->status;
}

void counting_server_expect_empty(counting_server *s, double seconds)
{
    double until = wsp_now() + seconds;
    while (wsp_now() < until &&
           (wsp_server_get_peer_count(s->server) > 0 || count_descriptors() > s->descriptors))
        counting_server_step(s);
    CHECK_SIZE(wsp_server_get_peer_count(s->server), 0);
    CHECK_SIZE(count_descriptors(), s->descriptors);
    CHECK_SIZE(s->gone, s->connected);
    CHECK_SIZE(s->gone_twice, 0);
}

void counting_server_expect_calm(counting_server *s)
{
    double before = get_processor_seconds();
    double until = wsp_now() + CALM_SECONDS;
    size_t rounds = 0;
    for (; wsp_now() < until; rounds++)
        (void)wsp_server_poll_wait(s->server, until - wsp_now());
    CHECK_DOUBLE_BETWEEN(get_processor_seconds() - before, 0, CALM_PROCESSOR_SECONDS);
    CHECK(rounds < 20);
}
