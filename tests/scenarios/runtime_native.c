/* SPDX-License-Identifier: MIT */
/* See runtime.h: the stage is in this process, and whoever waits for a peer lets the stage act. */
#include "runtime.h"

#include "../harness/stage.h"
#include "network.h"

#include <stdio.h>
#include <string.h>

enum { WATCH_MAX = 16 };

static stage *other_side;

bool runtime_take_option(const char *name, const char *value)
{
    return network_take_option(name, value);
}

const char *runtime_start(void)
{
    return NULL;
}

void runtime_begin_scenario(void)
{
    network_begin();
    other_side = stage_create(0);
}

const char *runtime_end_scenario(void)
{
    stage_destroy(other_side);
    other_side = NULL;
    return network_end();
}

void runtime_finish(void)
{
    network_finish();
}

bool runtime_is_varied(void)
{
    return network_is_varied();
}

void runtime_get_url(char *out, size_t capacity, const char *host)
{
    (void)snprintf(out, capacity, "ws://%s:%u", host, stage_get_port(other_side));
}

unsigned runtime_get_first_key(void)
{
    return 0;
}

unsigned runtime_get_rounds(void)
{
    return 1000;
}

bool runtime_has_ipv6(void)
{
    return stage_has_ipv6(other_side);
}

double runtime_get_patience(void)
{
    return network_get_patience();
}

void runtime_sleep(wsp_peer *const *peers, size_t count, double seconds)
{
    stage_watch watches[WATCH_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count && used < WATCH_MAX; i++) {
        intptr_t socket = wsp_peer_get_socket(peers[i]);
        double delay = wsp_peer_get_poll_delay(peers[i]);
        if (socket != -1)
            watches[used++] = (stage_watch){socket, true, wsp_peer_wants_write(peers[i])};
        if (delay >= 0 && delay < seconds)
            seconds = delay;
    }
    stage_poll(other_side);
    stage_wait(other_side, watches, used, seconds);
    stage_poll(other_side);
}
