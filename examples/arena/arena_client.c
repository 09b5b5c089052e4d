/* SPDX-License-Identifier: MIT */
/*
 * A player's side of the connection. The state machine is here, and the prediction of the own ship; which
 * moment of the others to show is in arena_history.c.
 */
#include "arena_client.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double TICK = 1.0 / ARENA_TICKS_PER_SECOND;
static const double LONGEST_CATCH_UP =
    0.25;                          /* a program that paused does not make up for the keys of that time */
static const double SILENCE = 6.0; /* twenty snapshots a second, and then none: nobody is there */
static const double RETRY_BASE = 0.5;
static const double RETRY_CAP = 10.0;
static const double STEADY = 5.0; /* who played so long starts again with the shortest delay */
static const double LARGE_ERROR = 96.0 * ARENA_UNIT;

enum { INPUTS_IN_MESSAGE = 2, INBOUND_ROOM = 4 * 1024 * 1024 };

static void enter(arena_client *client, arena_client_state state, double now)
{
    client->state = state;
    client->state_since = now;
}

const char *arena_client_state_name(arena_client_state state)
{
    static const char *const names[] = {"connecting", "joining", "connected", "reconnecting", "refused"};
    return names[state];
}

/* What a connection knows ends with it. */
static void forget_game(arena_client *client)
{
    arena_history_begin(&client->history);
    memset(&client->names, 0, sizeof client->names);
    client->pending_start = 0;
    client->pending_count = 0;
    client->unsent_count = 0;
    client->first_sequence = 0;
    client->alive = false;
    client->round_trip = -1.0;
    client->error_x = 0.0;
    client->error_y = 0.0;
}

static void refuse(arena_client *client, const char *why, double now)
{
    snprintf(client->trouble, sizeof client->trouble, "%s", why);
    enter(client, ARENA_CLIENT_REFUSED, now);
}

static void start_to_connect(arena_client *client, double now)
{
    forget_game(client);
    wsp_result result = wsp_peer_connect_to_url(client->peer, client->url, NULL);
    if (result == WSP_OK) {
        enter(client, ARENA_CLIENT_CONNECTING, now);
    } else {
        /* Only what is wrong with the URL fails here, and the next attempt would find the same. */
        refuse(client, wsp_peer_get_error_message(client->peer), now);
    }
}

bool arena_client_begin(arena_client *client, const char *url, const char *name)
{
    memset(client, 0, sizeof *client);
    client->peer = wsp_peer_create();
    client->url = url;
    snprintf(client->name, sizeof client->name, "%s", name);
    /* A browser cannot push back: a tab that slept finds all the snapshots of that time in its queue. */
    if (!client->peer || wsp_peer_set_inbound_buffer_size(client->peer, INBOUND_ROOM) != WSP_OK) {
        wsp_peer_destroy(client->peer);
        return false;
    }
    double now = wsp_now();
    client->updated_at = now;
    start_to_connect(client, now);
    return true;
}

void arena_client_end(arena_client *client)
{
    wsp_peer_close(client->peer, WSP_CLOSE_NORMAL, NULL);
    wsp_peer_poll(client->peer);
    wsp_peer_destroy(client->peer);
    client->peer = NULL;
}

/* The connection is gone, or is dropped here; the next attempt waits a while. */
static void lose_connection(arena_client *client, const char *why, double now)
{
    snprintf(client->trouble, sizeof client->trouble, "%s", why);
    if (client->state == ARENA_CLIENT_PLAYING) {
        client->lost_connections++;
        client->attempt = now - client->state_since > STEADY ? 0 : client->attempt;
    }
    wsp_peer_close(client->peer, -1, NULL);
    client->retry_at = now + wsp_backoff_delay(client->attempt++, RETRY_BASE, RETRY_CAP, wsp_random());
    enter(client, ARENA_CLIENT_WAITING, now);
}

static void on_closed(arena_client *client, double now)
{
    int code = wsp_peer_get_close_code(client->peer);
    char why[sizeof client->trouble];
    if (code == -1) {
        snprintf(why, sizeof why, "%s", wsp_peer_get_error_message(client->peer));
    } else {
        snprintf(why, sizeof why, "closed by the server: %d %s", code,
                 wsp_peer_get_close_reason(client->peer));
    }
    if (code == ARENA_CLOSE_VERSION) {
        refuse(client, why, now);
    } else {
        lose_connection(client, why, now);
    }
}

static arena_input *pending_at(arena_client *client, unsigned index)
{
    return &client->pending[(client->pending_start + index) % ARENA_MAX_PENDING];
}

static void predict(arena_client *client, arena_input input)
{
    client->previous = client->body;
    if (client->alive) {
        arena_body_step(&client->body, input);
    }
}

/* The server's word on our ship: start from there and do again what it has not seen yet. */
static void correct(arena_client *client, const arena_snapshot *snapshot)
{
    arena_body before = client->body;
    bool was_alive = client->alive;
    uint32_t obeyed = snapshot->sequence - client->first_sequence;
    unsigned done = obeyed < client->pending_count ? (unsigned)obeyed : client->pending_count;
    client->pending_start = (client->pending_start + done) % ARENA_MAX_PENDING;
    client->pending_count -= done;
    client->first_sequence += done;
    client->alive = false;
    for (unsigned i = 0; i < snapshot->ship_count; i++) {
        if (snapshot->ships[i].ship == client->ship) {
            client->alive = (snapshot->ships[i].flags & ARENA_FLAG_ALIVE) != 0;
        }
    }
    client->body = snapshot->own;
    client->previous = snapshot->own;
    for (unsigned i = 0; i < client->pending_count; i++) {
        predict(client, *pending_at(client, i));
    }
    client->error_x += before.x - client->body.x;
    client->error_y += before.y - client->body.y;
    if (!was_alive || hypot(client->error_x, client->error_y) > LARGE_ERROR) {
        client->error_x = 0.0;
        client->error_y = 0.0;
    }
}

static uint32_t clock_ms(double now)
{
    return (uint32_t)(uint64_t)(now * 1000.0);
}

static void learn_round_trip(arena_client *client, const arena_snapshot *snapshot, double now)
{
    if (snapshot->held_ms == UINT16_MAX) {
        return;
    }
    uint32_t passed = clock_ms(now) - snapshot->clock_ms;
    double seconds = passed > snapshot->held_ms ? (passed - snapshot->held_ms) / 1000.0 : 0.0;
    client->round_trip =
        client->round_trip < 0 ? seconds : client->round_trip + (seconds - client->round_trip) * 0.1;
}

/* Returns false when this is no message that an arena server sends now. */
static bool take_message(arena_client *client, const uint8_t *data, size_t size, double now)
{
    arena_welcome welcome;
    arena_snapshot snapshot;
    switch (arena_kind_of(data, size)) {
    case ARENA_WELCOME:
        if (client->state != ARENA_CLIENT_JOINING || !arena_read_welcome(data, size, &welcome) ||
            welcome.version != ARENA_VERSION) {
            return false;
        }
        client->ship = welcome.ship;
        client->next_input_at = now;
        client->joins++;
        enter(client, ARENA_CLIENT_PLAYING, now);
        return true;
    case ARENA_NAMES: return arena_read_names(data, size, &client->names);
    case ARENA_SNAPSHOT:
        if (client->state != ARENA_CLIENT_PLAYING || !arena_read_snapshot(data, size, &snapshot)) {
            return false;
        }
        client->snapshot_count++;
        arena_history_add(&client->history, &snapshot, now);
        learn_round_trip(client, &snapshot, now);
        correct(client, &snapshot);
        return true;
    default: return false;
    }
}

static void take_messages(arena_client *client, double now)
{
    const uint8_t *data;
    size_t size;
    while ((data = wsp_peer_get_packet(client->peer, &size)) != NULL) {
        client->heard_at = now;
        if (!take_message(client, data, size, now)) {
            refuse(client, "this is no arena server, or one of another version", now);
            wsp_peer_close(client->peer, ARENA_CLOSE_BAD_MESSAGE, NULL);
            return;
        }
    }
}

static void send_join(arena_client *client, double now)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_join join = {ARENA_VERSION, ""};
    memcpy(join.name, client->name, sizeof join.name);
    if (wsp_peer_send(client->peer, message, arena_write_join(message, &join), WSP_WRITE_MODE_BINARY) ==
        WSP_OK) {
        client->heard_at = now;
        enter(client, ARENA_CLIENT_JOINING, now);
    }
}

/* Inputs that find no room now go with the next ones. */
static void send_inputs(arena_client *client, double now)
{
    uint8_t message[ARENA_MESSAGE_ROOM];
    arena_inputs inputs;
    unsigned sent_before = client->pending_count - client->unsent_count;
    inputs.first_sequence = client->first_sequence + sent_before;
    inputs.clock_ms = clock_ms(now);
    inputs.count =
        (uint8_t)(client->unsent_count < ARENA_MAX_INPUTS ? client->unsent_count : ARENA_MAX_INPUTS);
    for (unsigned i = 0; i < inputs.count; i++) {
        inputs.inputs[i] = *pending_at(client, sent_before + i);
    }
    size_t size = arena_write_inputs(message, &inputs);
    if (wsp_peer_send(client->peer, message, size, WSP_WRITE_MODE_BINARY) == WSP_OK) {
        client->unsent_count -= inputs.count;
    }
}

static void make_inputs(arena_client *client, double now, arena_input input)
{
    if (now - client->next_input_at > LONGEST_CATCH_UP) {
        client->next_input_at = now;
    }
    while (client->next_input_at <= now) {
        client->next_input_at += TICK;
        if (client->pending_count < ARENA_MAX_PENDING) {
            *pending_at(client, client->pending_count) = input;
            client->pending_count++;
            client->unsent_count++;
            predict(client, input);
        }
    }
    if (client->unsent_count >= INPUTS_IN_MESSAGE) {
        send_inputs(client, now);
    }
}

static void hide_error(arena_client *client, double seconds)
{
    double left = exp(-12.0 * seconds);
    client->error_x *= left;
    client->error_y *= left;
}

void arena_client_update(arena_client *client, double now, arena_input input)
{
    double passed = now - client->updated_at;
    client->updated_at = now;
    wsp_peer_poll(client->peer);
    if (passed > 1.0) {
        client->heard_at = now; /* We were away, so silence until now says nothing about the server. */
    }
    wsp_state peer_state = wsp_peer_get_ready_state(client->peer);
    if (client->state == ARENA_CLIENT_CONNECTING && peer_state == WSP_STATE_OPEN) {
        send_join(client, now);
    }
    if (client->state == ARENA_CLIENT_JOINING || client->state == ARENA_CLIENT_PLAYING) {
        take_messages(client, now);
    }
    if (client->state == ARENA_CLIENT_PLAYING && peer_state == WSP_STATE_OPEN) {
        hide_error(client, passed);
        make_inputs(client, now, input);
    }
    if (client->state == ARENA_CLIENT_WAITING) {
        if (now >= client->retry_at) {
            start_to_connect(client, now);
        }
    } else if (client->state != ARENA_CLIENT_REFUSED) {
        if (peer_state == WSP_STATE_CLOSED) {
            on_closed(client, now);
        } else if (client->state != ARENA_CLIENT_CONNECTING && now - client->heard_at > SILENCE) {
            lose_connection(client, "the server has fallen silent", now);
        }
    }
}

/* Between the last two inputs, so that the own ship moves evenly whatever the rate of the frames. */
static void place_own_ship(const arena_client *client, double now, arena_scene_ship *ship)
{
    double part = fmin(fmax(1.0 - (client->next_input_at - now) / TICK, 0.0), 1.0);
    double x = client->previous.x + (client->body.x - client->previous.x) * part + client->error_x;
    double y = client->previous.y + (client->body.y - client->previous.y) * part + client->error_y;
    ship->x = (float)(x / ARENA_UNIT);
    ship->y = (float)(y / ARENA_UNIT);
}

void arena_client_scene(arena_client *client, double now, arena_scene *out_scene)
{
    arena_history_sample(&client->history, arena_history_moment(&client->history, now), out_scene);
    for (unsigned i = 0; i < out_scene->ship_count; i++) {
        arena_scene_ship *ship = &out_scene->ships[i];
        if (ship->ship == client->ship && client->alive && ship->alive) {
            place_own_ship(client, now, ship);
        }
    }
}
