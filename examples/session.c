/* SPDX-License-Identifier: MIT */
/*
 * What the programs over wsp_multiplayer share: the option --dialect, the lines they print, and a server's
 * end.
 */
#include "session.h"

#include "console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double PATIENCE_AT_THE_END = 2.0;

bool read_dialect(const char *name, wsp_multiplayer_dialect *out_dialect)
{
    if (strcmp(name, "godot4") == 0) {
        *out_dialect = WSP_MULTIPLAYER_DIALECT_GODOT4;
    } else if (strcmp(name, "godot3") == 0) {
        *out_dialect = WSP_MULTIPLAYER_DIALECT_GODOT3;
    } else {
        print_error("not a dialect (godot4, godot3)", name);
        return false;
    }
    return true;
}

void print_packet(int32_t sender, const uint8_t *packet, size_t size)
{
    char before[48];
    snprintf(before, sizeof before, "packet from %ld: ", (long)sender);
    print_untrusted(before, packet, size, "");
}

void print_member_connected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    (void)multiplayer;
    (void)user;
    print_line("peer_connected %ld", (long)id);
}

void print_member_disconnected(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    (void)multiplayer;
    (void)user;
    print_line("peer_disconnected %ld", (long)id);
}

void say_goodbye(wsp_multiplayer *multiplayer)
{
    double until = wsp_now() + PATIENCE_AT_THE_END;
    size_t count = wsp_multiplayer_get_peer_ids(multiplayer, NULL, 0);
    int32_t *ids = calloc(count + 1, sizeof *ids);
    wsp_multiplayer_set_refuse_new_connections(multiplayer, true);
    wsp_multiplayer_get_peer_ids(multiplayer, ids, ids ? count : 0);
    for (size_t i = 0; ids && i < count; i++) {
        wsp_peer_close(wsp_multiplayer_get_peer(multiplayer, ids[i]), WSP_CLOSE_GOING_AWAY, NULL);
    }
    free(ids);
    while (wsp_multiplayer_get_peer_ids(multiplayer, NULL, 0) > 0 && wsp_now() < until) {
        wsp_multiplayer_poll_wait(multiplayer, until - wsp_now());
    }
    wsp_multiplayer_close(multiplayer);
}
