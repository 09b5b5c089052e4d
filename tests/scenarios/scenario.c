/* SPDX-License-Identifier: MIT */
/* See scenario.h. Everything here is public API and trace; where a scenario runs is behind runtime.h. */
#include "scenario_run.h"

#include "../harness/payload.h"
#include "runtime.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PEERS_MAX = 8, TARGET_MAX = 8192 };

/* Between two polls of scenario_idle. */
static const double FRAME_SECONDS = 0.016;

struct scenario {
    wsp_peer *peers[PEERS_MAX];
    unsigned keys[PEERS_MAX]; /* names of their latest connections on the stage */
    const wsp_peer *held;
    char url[TARGET_MAX];
    char failure[512];
    const char *skip_reason;
};

/* Names of connections are never used twice, as the stage may outlive a scenario. */
static unsigned last_key;

/* -- trace ----------------------------------------------------------------- */

void scenario_note(scenario *s, const char *format, ...)
{
    (void)s;
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("  ", stdout);
    (void)vprintf(format, arguments);
    (void)puts("");
    va_end(arguments);
}

void scenario_fail(scenario *s, const char *format, ...)
{
    if (s->failure[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(s->failure, sizeof s->failure, format, arguments);
    va_end(arguments);
}

bool scenario_has_failed(const scenario *s)
{
    return s->failure[0] != '\0';
}

void scenario_skip(scenario *s, const char *reason)
{
    s->skip_reason = reason;
}

const char *scenario_state_name(wsp_state state)
{
    static const char *const names[] = {"CONNECTING", "OPEN", "CLOSING", "CLOSED"};
    return names[state];
}

/* -- peers ----------------------------------------------------------------- */

static size_t find_peer(const scenario *s, const wsp_peer *peer)
{
    size_t at = 0;
    while (at < PEERS_MAX && s->peers[at] != peer)
        at++;
    return at;
}

wsp_peer *scenario_make_peer(scenario *s)
{
    size_t at = find_peer(s, NULL);
    if (at == PEERS_MAX) {
        scenario_fail(s, "too many peers");
        return NULL;
    }
    s->peers[at] = wsp_peer_create();
    if (s->peers[at] == NULL)
        scenario_fail(s, "out of memory for a peer");
    return s->peers[at];
}

void scenario_destroy_peer(scenario *s, wsp_peer *peer)
{
    size_t at = find_peer(s, peer);
    if (peer != NULL && at < PEERS_MAX)
        s->peers[at] = NULL;
    wsp_peer_destroy(peer);
}

void scenario_hold(scenario *s, wsp_peer *peer, bool is_held)
{
    s->held = is_held ? peer : NULL;
}

/* -- waiting --------------------------------------------------------------- */

static void poll_peers(scenario *s)
{
    for (size_t i = 0; i < PEERS_MAX; i++)
        if (s->peers[i] != s->held)
            wsp_peer_poll(s->peers[i]);
}

bool scenario_wait_until(scenario *s, bool (*is_met)(void *user), void *user, const char *what)
{
    double until = wsp_now() + runtime_get_patience();
    for (;;) {
        if (is_met(user))
            return true;
        if (wsp_now() > until)
            scenario_fail(s, "%s did not come", what);
        if (scenario_has_failed(s))
            return false;
        runtime_sleep(s->peers, PEERS_MAX, 0.25);
        poll_peers(s);
    }
}

typedef struct awaited {
    const wsp_peer *peer;
    size_t count;
    wsp_state state;
} awaited;

static bool has_state(void *user)
{
    const awaited *wanted = user;
    return wsp_peer_get_ready_state(wanted->peer) >= wanted->state;
}

static bool has_packets(void *user)
{
    const awaited *wanted = user;
    return wsp_peer_get_available_packet_count(wanted->peer) >= wanted->count;
}

/* Nothing comes any more, and it is too few. */
static bool has_packets_or_end(void *user)
{
    const awaited *wanted = user;
    return has_packets(user) || wsp_peer_get_ready_state(wanted->peer) == WSP_STATE_CLOSED;
}

static void tell_where_it_stands(scenario *s, const wsp_peer *peer, const char *what)
{
    scenario_fail(s, "%s did not come: state %s, error %s \"%s\", close code %d, %lu packets", what,
                  scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)), wsp_peer_get_error_message(peer),
                  wsp_peer_get_close_code(peer), (unsigned long)wsp_peer_get_available_packet_count(peer));
}

bool scenario_wait_state(scenario *s, wsp_peer *peer, wsp_state state)
{
    awaited wanted = {.peer = peer, .state = state};
    double until = wsp_now() + runtime_get_patience();
    while (!has_state(&wanted) && !scenario_has_failed(s)) {
        if (wsp_now() > until)
            tell_where_it_stands(s, peer, scenario_state_name(state));
        runtime_sleep(s->peers, PEERS_MAX, 0.25);
        poll_peers(s);
    }
    return has_state(&wanted);
}

bool scenario_wait_packets(scenario *s, wsp_peer *peer, size_t count)
{
    awaited wanted = {.peer = peer, .count = count};
    double until = wsp_now() + runtime_get_patience();
    while (!has_packets_or_end(&wanted) && !scenario_has_failed(s)) {
        if (wsp_now() > until)
            break;
        runtime_sleep(s->peers, PEERS_MAX, 0.25);
        poll_peers(s);
    }
    if (!has_packets(&wanted))
        tell_where_it_stands(s, peer, "a packet");
    return has_packets(&wanted);
}

void scenario_pause(scenario *s, double seconds)
{
    (void)s;
    double until = wsp_now() + seconds;
    for (double now = wsp_now(); now < until; now = wsp_now())
        runtime_sleep(NULL, 0, until - now);
}

void scenario_idle(scenario *s, double seconds)
{
    double until = wsp_now() + seconds;
    while (wsp_now() < until) {
        scenario_pause(s, FRAME_SECONDS);
        poll_peers(s);
    }
}

/* -- calls ----------------------------------------------------------------- */

const char *scenario_get_url(scenario *s, wsp_peer *peer, const char *target)
{
    char base[128];
    runtime_get_url(base, sizeof base, "127.0.0.1");
    size_t at = find_peer(s, peer);
    if (last_key == 0)
        last_key = runtime_get_first_key();
    unsigned key = ++last_key;
    if (peer != NULL && at < PEERS_MAX)
        s->keys[at] = key;
    char join = strchr(target, '?') != NULL ? '&' : '?';
    (void)snprintf(s->url, sizeof s->url, "%s%s%ckey=%u", base, target, join, key);
    return s->url;
}

wsp_result scenario_connect_silently(scenario *s, wsp_peer *peer, const char *target)
{
    return wsp_peer_connect_to_url(peer, scenario_get_url(s, peer, target), NULL);
}

wsp_result scenario_connect(scenario *s, wsp_peer *peer, const char *target)
{
    wsp_result result = scenario_connect_silently(s, peer, target);
    scenario_note(s, "connect %s: %s", target, wsp_result_string(result));
    return result;
}

bool scenario_open_again(scenario *s, wsp_peer *peer, const char *target)
{
    wsp_result result = scenario_connect_silently(s, peer, target);
    if (result != WSP_OK)
        scenario_fail(s, "connect %s: %s", target, wsp_result_string(result));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    const char *protocol = wsp_peer_get_selected_protocol(peer);
    scenario_note(s, "open %s%s%s", target, protocol[0] != '\0' ? " with " : "", protocol);
    return wsp_peer_get_ready_state(peer) == WSP_STATE_OPEN;
}

wsp_peer *scenario_open(scenario *s, const char *target)
{
    wsp_peer *peer = scenario_make_peer(s);
    scenario_open_again(s, peer, target);
    return peer;
}

wsp_result scenario_send(scenario *s, wsp_peer *peer, const void *data, size_t size, wsp_write_mode mode)
{
    wsp_result result = wsp_peer_send(peer, data, size, mode);
    char text[PAYLOAD_TEXT_CAPACITY];
    payload_describe(text, data, size);
    scenario_note(s, "send %s %s: %s", mode == WSP_WRITE_MODE_TEXT ? "text" : "binary", text,
                  wsp_result_string(result));
    return result;
}

wsp_result scenario_send_text(scenario *s, wsp_peer *peer, const char *text)
{
    return scenario_send(s, peer, text, strlen(text), WSP_WRITE_MODE_TEXT);
}

wsp_result scenario_close(scenario *s, wsp_peer *peer, int code, const char *reason)
{
    wsp_result result = wsp_peer_close(peer, code, reason);
    char text[PAYLOAD_TEXT_CAPACITY] = "NULL";
    if (reason != NULL)
        payload_describe(text, reason, strlen(reason));
    scenario_note(s, "close %d %s: %s", code, text, wsp_result_string(result));
    return result;
}

/* -- what happened --------------------------------------------------------- */

/* Takes one packet that is there. */
static void note_packet(scenario *s, wsp_peer *peer)
{
    size_t size = 0;
    const uint8_t *packet = wsp_peer_get_packet(peer, &size);
    char text[PAYLOAD_TEXT_CAPACITY];
    payload_describe(text, packet, size);
    scenario_note(s, "%s %s", wsp_peer_was_string_packet(peer) ? "text" : "binary", text);
    if (packet[size] != 0)
        scenario_fail(s, "no zero byte behind a packet");
}

void scenario_receive(scenario *s, wsp_peer *peer, size_t count)
{
    for (size_t i = 0; i < count && scenario_wait_packets(s, peer, 1); i++)
        note_packet(s, peer);
}

void scenario_receive_sum(scenario *s, wsp_peer *peer, size_t count)
{
    size_t taken = 0;
    unsigned long long bytes = 0;
    uint32_t hash = 0;
    for (; taken < count && scenario_wait_packets(s, peer, 1); taken++) {
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(peer, &size);
        hash = payload_hash(hash, packet, size);
        bytes += size;
    }
    scenario_note(s, "%lu packets, %llu bytes #%08lx", (unsigned long)taken, bytes, (unsigned long)hash);
}

void scenario_take(scenario *s, wsp_peer *peer)
{
    while (wsp_peer_get_available_packet_count(peer) > 0)
        note_packet(s, peer);
}

void scenario_end(scenario *s, wsp_peer *peer)
{
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    char reason[PAYLOAD_TEXT_CAPACITY];
    payload_describe(reason, wsp_peer_get_close_reason(peer), strlen(wsp_peer_get_close_reason(peer)));
    scenario_note(s, "%s: close code %d, reason %s, %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_close_code(peer), reason, wsp_result_string(wsp_peer_get_error(peer)));
    bool has_message = wsp_peer_get_error_message(peer)[0] != '\0';
    if (has_message != (wsp_peer_get_error(peer) != WSP_OK))
        scenario_fail(s, "error and error message do not agree");
}

void scenario_end_unopened(scenario *s, wsp_peer *peer)
{
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    bool is_failed = wsp_peer_get_error(peer) != WSP_OK && wsp_peer_get_error_message(peer)[0] != '\0';
    scenario_note(s, "%s: never opened, close code %d, %s",
                  scenario_state_name(wsp_peer_get_ready_state(peer)), wsp_peer_get_close_code(peer),
                  is_failed ? "with an error" : "without an error");
}

static void get_report(scenario *s, const wsp_peer *peer, bool is_noted)
{
    size_t at = find_peer(s, peer);
    wsp_peer *reporter = scenario_make_peer(s);
    if (scenario_has_failed(s) || at == PEERS_MAX)
        return;
    char target[64];
    (void)snprintf(target, sizeof target, "/report?of=%u", s->keys[at]);
    (void)scenario_connect_silently(s, reporter, target);
    scenario_wait_state(s, reporter, WSP_STATE_CLOSED);
    if (wsp_peer_get_close_code(reporter) != 1000)
        tell_where_it_stands(s, reporter, "the stage's report");
    const uint8_t *line;
    while ((line = wsp_peer_get_packet(reporter, NULL)) != NULL && is_noted)
        scenario_note(s, "stage: %s", (const char *)line);
    scenario_destroy_peer(s, reporter);
}

void scenario_report(scenario *s, wsp_peer *peer)
{
    get_report(s, peer, true);
}

void scenario_wait_stage(scenario *s, wsp_peer *peer)
{
    get_report(s, peer, false);
}

/* -- running --------------------------------------------------------------- */

void scenario_run(const scenario_entry *entry, scenario_outcome *out_outcome)
{
    scenario s = {.skip_reason = NULL};
    runtime_begin_scenario();
    entry->play(&s);
    for (size_t i = 0; i < PEERS_MAX; i++)
        wsp_peer_destroy(s.peers[i]);
    const char *left = runtime_end_scenario();
    if (left != NULL)
        scenario_fail(&s, "%s", left);
    out_outcome->skip_reason = s.skip_reason;
    (void)snprintf(out_outcome->failure, sizeof out_outcome->failure, "%s", s.failure);
}
