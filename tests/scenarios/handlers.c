/* SPDX-License-Identifier: MIT */
/* Scenarios of handlers: their order, the one final report, and everything a program may do inside one. */
#include "../harness/payload.h"
#include "runtime.h"
#include "scenario.h"

#include <string.h>

/* What a handler does besides leaving a line in the trace. */
typedef struct actor actor;
struct actor {
    scenario *s;
    const char *in; /* the handler that acts, by its name below */
    void (*act)(actor *self, wsp_peer *peer);
    unsigned calls; /* of any handler */
    unsigned ends;  /* final reports */
    bool has_acted;
};

static void enter(void *user, wsp_peer *peer, const char *name)
{
    actor *self = user;
    self->calls++;
    /* A poll of the same peer inside its handler does nothing. */
    unsigned calls = self->calls;
    wsp_peer_poll(peer);
    if (wsp_peer_poll_wait(peer, 1) || self->calls != calls)
        scenario_fail(self->s, "a nested poll did something");
    if (self->act == NULL || self->has_acted || strcmp(self->in, name) != 0)
        return;
    self->has_acted = true;
    self->act(self, peer);
}

static void on_established(wsp_peer *peer, const char *protocol, void *user)
{
    scenario_note(((actor *)user)->s, "established \"%s\" in %s", protocol,
                  scenario_state_name(wsp_peer_get_ready_state(peer)));
    enter(user, peer, "established");
}

static void on_error(wsp_peer *peer, void *user)
{
    actor *self = user;
    self->ends++;
    scenario_note(self->s, "error in %s: %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_error(peer) != WSP_OK ? "known" : "unknown");
    enter(user, peer, "error");
}

static void on_close_request(wsp_peer *peer, int code, const char *reason, void *user)
{
    scenario_note(((actor *)user)->s, "close request %d \"%s\" in %s, the same asked for: %d", code, reason,
                  scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_peer_get_close_code(peer) == code &&
                      strcmp(wsp_peer_get_close_reason(peer), reason) == 0);
    enter(user, peer, "close request");
}

static void on_data(wsp_peer *peer, void *user)
{
    scenario_note(((actor *)user)->s, "data in %s, packets %lu",
                  scenario_state_name(wsp_peer_get_ready_state(peer)),
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
    enter(user, peer, "data");
}

static void on_closed(wsp_peer *peer, bool was_clean, void *user)
{
    actor *self = user;
    self->ends++;
    scenario_note(self->s, "closed %s in %s, close code %d, %s", was_clean ? "cleanly" : "uncleanly",
                  scenario_state_name(wsp_peer_get_ready_state(peer)), wsp_peer_get_close_code(peer),
                  wsp_result_string(wsp_peer_get_error(peer)));
    enter(user, peer, "closed");
}

static const wsp_peer_handlers all_handlers = {.connection_established = on_established,
                                               .connection_error = on_error,
                                               .server_close_request = on_close_request,
                                               .data_received = on_data,
                                               .connection_closed = on_closed};

static wsp_peer *make_peer(scenario *s, actor *self)
{
    wsp_peer *peer = scenario_make_peer(s);
    self->s = s;
    if (wsp_peer_set_handlers(peer, &all_handlers, self) != WSP_OK)
        scenario_fail(s, "handlers were refused");
    return peer;
}

/* -- order ----------------------------------------------------------------- */

static void the_server_closes(scenario *s)
{
    actor self = {0};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/script?do=head,text:one,bin:two,close:4000,closed,fin");
    scenario_end(s, peer);
    scenario_idle(s, 0.05);
    scenario_take(s, peer);
    scenario_note(s, "final reports: %u", self.ends);
}

static void the_client_closes(scenario *s)
{
    actor self = {0};
    wsp_peer *peer = make_peer(s, &self);
    const char *protocol = "chat";
    if (wsp_peer_set_supported_protocols(peer, &protocol, 1) != WSP_OK)
        scenario_fail(s, "the protocol was refused");
    (void)scenario_connect(s, peer, "/echo?protocols=chat");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_send_text(s, peer, "hello");
    scenario_receive(s, peer, 1);
    (void)scenario_close(s, peer, 1000, "bye");
    scenario_end(s, peer);
    scenario_idle(s, 0.05);
    scenario_note(s, "final reports: %u", self.ends);
}

static void unclean_ends(scenario *s)
{
    static const char *const targets[] = {"/script?do=head,text:one,message,fin", "/script?do=fin",
                                          "/script?do=http:404,fin", "/script?do=head,text:two,touch,reset"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        actor self = {0};
        wsp_peer *peer = make_peer(s, &self);
        (void)scenario_connect(s, peer, targets[i]);
        if (scenario_wait_state(s, peer, WSP_STATE_OPEN) && strstr(targets[i], "head") != NULL) {
            scenario_wait_packets(s, peer, 1);
            (void)wsp_peer_send_text(peer, "go on");
        }
        scenario_wait_state(s, peer, WSP_STATE_CLOSED);
        scenario_idle(s, 0.05);
        scenario_note(s, "final reports: %u", self.ends);
        scenario_destroy_peer(s, peer);
    }
}

static void deadlines_report_too(scenario *s)
{
    actor opening = {0};
    wsp_peer *peer = make_peer(s, &opening);
    if (wsp_peer_set_connect_timeout(peer, 0.3) != WSP_OK || wsp_peer_set_close_timeout(peer, 0.3) != WSP_OK)
        scenario_fail(s, "a timeout was refused");
    (void)scenario_connect(s, peer, "/script?do=");
    scenario_end(s, peer);
    if (wsp_peer_set_connect_timeout(peer, 20) != WSP_OK)
        scenario_fail(s, "a timeout was refused");
    (void)scenario_connect(s, peer, "/script?do=head");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
    scenario_note(s, "final reports: %u", opening.ends);
}

static void ends_without_a_report(scenario *s)
{
    actor self = {0};
    wsp_peer *peer = make_peer(s, &self);
    scenario_note(s, "bad URL: %s", wsp_result_string(wsp_peer_connect_to_url(peer, "http://h", NULL)));
    (void)scenario_connect(s, peer, "/echo");
    (void)scenario_close(s, peer, 1000, "in CONNECTING");
    scenario_idle(s, 0.05);
    (void)scenario_connect(s, peer, "/echo");
    (void)scenario_close(s, peer, -1, NULL);
    scenario_idle(s, 0.05);
    (void)scenario_connect(s, peer, "/echo");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_close(s, peer, -1, NULL);
    scenario_idle(s, 0.05);
    (void)scenario_connect(s, peer, "/echo");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_close(s, peer, 1000, "");
    (void)scenario_connect(s, peer, "/echo");
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    scenario_note(s, "final reports: %u", self.ends);
}

static struct {
    unsigned calls;
    uint32_t hash;
} flood;

static void take_and_count(wsp_peer *peer, void *user)
{
    (void)user;
    size_t size = 0;
    const uint8_t *packet = wsp_peer_get_packet(peer, &size);
    flood.calls++;
    flood.hash = payload_hash(flood.hash, packet, size);
}

static bool is_flood_over(void *user)
{
    (void)user;
    return flood.calls >= 9000;
}

/* More messages than one turn takes (4,096) are reported one by one, in order. */
static void data_once_per_message(scenario *s)
{
    static const wsp_peer_handlers handlers = {.data_received = take_and_count};
    wsp_peer *peer = scenario_make_peer(s);
    flood.calls = 0;
    flood.hash = 0;
    if (wsp_peer_set_handlers(peer, &handlers, NULL) != WSP_OK ||
        wsp_peer_set_max_queued_packets(peer, 9000) != WSP_OK)
        scenario_fail(s, "a setting was refused");
    scenario_open_again(s, peer, "/push?count=9000&size=8");
    scenario_wait_until(s, is_flood_over, NULL, "the last message");
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
    scenario_note(s, "%u messages #%08lx", flood.calls, (unsigned long)flood.hash);
}

/* -- acting inside --------------------------------------------------------- */

static const char *const scripts[][2] = {
    {"established", "/script?do=head,text:one,text:two,close:4000,closed,fin"},
    {"data", "/script?do=head,text:one,text:two,close:4000,closed,fin"},
    {"close request", "/script?do=head,text:one,text:two,close:4000,closed,fin"},
    {"closed", "/script?do=head,text:one,text:two,close:4000,closed,fin"},
    {"error", "/script?do=http:404,fin"},
};

enum { SCRIPTS = sizeof scripts / sizeof scripts[0] };

static bool has_acted(void *user)
{
    return ((const actor *)user)->has_acted;
}

static void destroy_peer(actor *self, wsp_peer *peer)
{
    scenario_note(self->s, "destroy");
    scenario_destroy_peer(self->s, peer);
}

static void destroy_in_every_handler(scenario *s)
{
    for (size_t i = 0; i < SCRIPTS; i++) {
        actor self = {.in = scripts[i][0], .act = destroy_peer};
        wsp_peer *peer = make_peer(s, &self);
        (void)scenario_connect(s, peer, scripts[i][1]);
        scenario_wait_until(s, has_acted, &self, "the handler");
        unsigned calls = self.calls;
        scenario_idle(s, 0.05);
        scenario_note(s, "calls after it: %u", self.calls - calls);
    }
}

static void drop_connection(actor *self, wsp_peer *peer)
{
    (void)scenario_close(self->s, peer, -1, NULL);
    scenario_note(self->s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
}

static void drop_in_every_handler(scenario *s)
{
    for (size_t i = 0; i < SCRIPTS; i++) {
        actor self = {.in = scripts[i][0], .act = drop_connection};
        wsp_peer *peer = make_peer(s, &self);
        (void)scenario_connect(s, peer, scripts[i][1]);
        scenario_wait_until(s, has_acted, &self, "the handler");
        unsigned calls = self.calls;
        scenario_idle(s, 0.05);
        scenario_note(s, "calls after it: %u, packets %lu", self.calls - calls,
                      (unsigned long)wsp_peer_get_available_packet_count(peer));
        scenario_destroy_peer(s, peer);
    }
}

static void connect_again(actor *self, wsp_peer *peer)
{
    (void)wsp_peer_close(peer, -1, NULL);
    (void)scenario_connect(self->s, peer, "/push?count=1&size=3&close=4001");
    scenario_note(self->s, "%s, packets %lu", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
}

/* A new connection in place of the one whose handler runs: nothing of the old one is heard again. */
static void connect_in_every_handler(scenario *s)
{
    for (size_t i = 0; i < SCRIPTS; i++) {
        actor self = {.in = scripts[i][0], .act = connect_again};
        wsp_peer *peer = make_peer(s, &self);
        (void)scenario_connect(s, peer, scripts[i][1]);
        scenario_wait_until(s, has_acted, &self, "the handler");
        scenario_end(s, peer);
        scenario_take(s, peer);
        scenario_destroy_peer(s, peer);
    }
}

static void send_and_close(actor *self, wsp_peer *peer)
{
    (void)scenario_send_text(self->s, peer, "from inside");
    (void)scenario_close(self->s, peer, 4002, "from inside");
    scenario_note(self->s, "%s", scenario_state_name(wsp_peer_get_ready_state(peer)));
}

static void send_and_close_in_established(scenario *s)
{
    actor self = {.in = "established", .act = send_and_close};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/collect");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void send_and_close_in_data(scenario *s)
{
    actor self = {.in = "data", .act = send_and_close};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/push?count=1&size=4");
    scenario_end(s, peer);
    scenario_take(s, peer);
    scenario_report(s, peer);
}

static void close_too(actor *self, wsp_peer *peer)
{
    (void)scenario_send_text(self->s, peer, "too late");
    (void)scenario_close(self->s, peer, 4002, "too late");
}

static void send_and_close_in_close_request(scenario *s)
{
    actor self = {.in = "close request", .act = close_too};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/push?count=0&close=4000&reason=first");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void take_packet(actor *self, wsp_peer *peer)
{
    scenario_receive(self->s, peer, 1);
}

static void take_in_data(scenario *s)
{
    actor self = {.in = "data", .act = take_packet};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/script?do=head,text:one,text:two,close:4000,closed,fin");
    scenario_end(s, peer);
    scenario_take(s, peer);
}

static void remove_handlers(actor *self, wsp_peer *peer)
{
    scenario_note(self->s, "remove: %s", wsp_result_string(wsp_peer_set_handlers(peer, NULL, NULL)));
}

static void handlers_removed_inside(scenario *s)
{
    actor self = {.in = "data", .act = remove_handlers};
    wsp_peer *peer = make_peer(s, &self);
    (void)scenario_connect(s, peer, "/script?do=head,text:one,text:two,close:4000,closed,fin");
    scenario_end(s, peer);
    scenario_note(s, "calls %u, packets %lu", self.calls,
                  (unsigned long)wsp_peer_get_available_packet_count(peer));
}

/* The struct is copied, and handlers that are NULL are not called. */
static void some_handlers(scenario *s)
{
    actor self = {.s = s};
    wsp_peer *peer = scenario_make_peer(s);
    wsp_peer_handlers handlers = {.connection_closed = on_closed};
    scenario_note(s, "set: %s", wsp_result_string(wsp_peer_set_handlers(peer, &handlers, &self)));
    memset(&handlers, 0, sizeof handlers);
    (void)scenario_connect(s, peer, "/push?count=2&size=1&close=4000");
    scenario_end(s, peer);
    scenario_note(s, "NULL peer: %s", wsp_result_string(wsp_peer_set_handlers(NULL, &handlers, &self)));
}

/* -- two peers ------------------------------------------------------------- */

static void forward(actor *self, wsp_peer *peer)
{
    wsp_peer *other = wsp_peer_get_user_data(peer);
    size_t size = 0;
    const uint8_t *packet = wsp_peer_get_packet(peer, &size);
    scenario_note(self->s, "forward: %s",
                  wsp_result_string(wsp_peer_send(other, packet, size, WSP_WRITE_MODE_BINARY)));
    wsp_peer_poll(other);
    (void)scenario_close(self->s, other, 4003, "forwarded");
}

static void another_peer_inside_a_handler(scenario *s)
{
    actor self = {.in = "data", .act = forward};
    wsp_peer *other = scenario_open(s, "/collect");
    wsp_peer *peer = make_peer(s, &self);
    wsp_peer_set_user_data(peer, other);
    (void)scenario_connect(s, peer, "/push?count=1&size=5&close=4000");
    scenario_end(s, peer);
    scenario_end(s, other);
    scenario_report(s, other);
}

static const scenario_entry entries[] = {
    {"handlers in order when the server closes", the_server_closes, 0},
    {"handlers in order when the client closes", the_client_closes, 0},
    {"one final report after an unclean end", unclean_ends, 0},
    {"one final report after a deadline", deadlines_report_too, SCENARIO_TIMED},
    {"ends that are not reported", ends_without_a_report, 0},
    {"data_received once per message, beyond one turn", data_once_per_message, 0},
    {"destroy inside every handler", destroy_in_every_handler, 0},
    {"close with a negative code inside every handler", drop_in_every_handler, 0},
    {"a new connection inside every handler", connect_in_every_handler, 0},
    {"send and close inside connection_established", send_and_close_in_established, 0},
    {"send and close inside data_received", send_and_close_in_data, 0},
    {"send and close inside server_close_request", send_and_close_in_close_request, 0},
    {"get_packet inside data_received", take_in_data, 0},
    {"handlers removed inside a handler", handlers_removed_inside, 0},
    {"only some handlers", some_handlers, 0},
    {"another peer used inside a handler", another_peer_inside_a_handler, 0},
};

SCENARIO_TOPIC(handlers)
