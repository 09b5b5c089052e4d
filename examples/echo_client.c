/* SPDX-License-Identifier: MIT */
/*
 * Connects and sends every message back, text as text and binary as binary, until the connection closes; the
 * same source natively and on the web. A server that tests clients can drive it through every corner of the
 * protocol.
 *
 * usage: echo_client URL [--protocol P]... [--ca F] [--insecure] [--header 'K: V']... [--max-message BYTES]
 */
#include "console.h"
#include "echo_packets.h"
#include "options.h"
#include "run_loop.h"
#include "wspeer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_MESSAGE = 64 * 1024 * 1024 };

typedef struct settings {
    const char *url;
    option_list protocols;
    option_list headers;
    const char *authorities;
    bool is_insecure;
    size_t max_message;
} settings;

typedef struct client {
    wsp_peer *peer;
    echo_state echo;
    bool was_open;
} client;

static void connection_established(wsp_peer *peer, const char *protocol, void *user)
{
    (void)peer;
    (void)protocol;
    ((client *)user)->was_open = true;
}

/* Answers at once, so that a message with a close frame right behind it is echoed before the connection
 * closes. */
static void data_received(wsp_peer *peer, void *user)
{
    echo_packets(peer, &((client *)user)->echo);
}

static int finish(client *self)
{
    int status = 0;
    if (self->was_open) {
        int code = wsp_peer_get_close_code(self->peer);
        const char *reason = wsp_peer_get_close_reason(self->peer);
        char before[32];
        snprintf(before, sizeof before, "closed %d ", code);
        print_untrusted(before, reason, strlen(reason), code != -1 ? " clean" : " unclean");
    } else {
        status = print_failed(wsp_peer_get_error(self->peer), wsp_peer_get_error_message(self->peer));
    }
    echo_state_clear(&self->echo);
    wsp_peer_destroy(self->peer);
    return status;
}

static int step(void *user)
{
    client *self = user;
    echo_packets(self->peer, &self->echo);
    return wsp_peer_get_ready_state(self->peer) == WSP_STATE_CLOSED ? finish(self) : RUN_LOOP_AGAIN;
}

/* Returns false after one line when the peer refuses a setting; *status is then the program's exit status. */
static bool accepted(wsp_result result, const char *option_name, int *status)
{
    if (result == WSP_ERR_UNSUPPORTED) {
        print_error("not in this build", option_name);
        *status = 2;
    } else if (result != WSP_OK) {
        print_failed(result, NULL);
        *status = 1;
    }
    return result == WSP_OK;
}

static bool apply(wsp_peer *peer, const settings *chosen, int *status)
{
    const option_list *protocols = &chosen->protocols;
    const option_list *headers = &chosen->headers;
    wsp_result result = wsp_peer_set_supported_protocols(peer, protocols->items, protocols->count);
    if (!accepted(result, "--protocol", status)) {
        return false;
    }
    if (headers->count >
        0) { /* A browser sends no headers of ours, so the call alone would be refused there. */
        result = wsp_peer_set_handshake_headers(peer, headers->items, headers->count);
        if (!accepted(result, "--header", status)) {
            return false;
        }
    }
    return accepted(wsp_peer_set_inbound_buffer_size(peer, chosen->max_message), "--max-message", status) &&
           accepted(wsp_peer_set_outbound_buffer_size(peer, chosen->max_message), "--max-message", status);
}

/* Whom to trust, as told; NULL without a word about it: the system's authorities. */
static bool make_tls_options(const settings *chosen, wsp_tls_options **out_options)
{
    *out_options = NULL;
    if (chosen->is_insecure) {
        *out_options = wsp_tls_options_client_unsafe_from_files(chosen->authorities);
    } else if (chosen->authorities) {
        *out_options = wsp_tls_options_client_from_files(chosen->authorities, NULL);
    } else {
        return true;
    }
    return *out_options != NULL;
}

static int connect_and_echo(const settings *chosen)
{
    static client self; /* Not a local variable: on the web it outlives main. */
    const wsp_peer_handlers handlers = {.connection_established = connection_established,
                                        .data_received = data_received};
    int status = 1;
    wsp_tls_options *tls;

    if (!make_tls_options(chosen, &tls)) {
        return print_failed(WSP_ERR_INVALID_PARAMETER, wsp_tls_last_error());
    }
    self.peer = wsp_peer_create();
    if (!self.peer || !apply(self.peer, chosen, &status)) {
        wsp_peer_destroy(self.peer);
        wsp_tls_options_destroy(tls);
        return status;
    }
    wsp_peer_set_handlers(self.peer, &handlers, &self);
    /* A URL that is refused leaves the peer CLOSED with the reason, which the first step reports. */
    wsp_peer_connect_to_url(self.peer, chosen->url, tls);
    wsp_tls_options_destroy(tls); /* The peer keeps its own share. */
    return run_loop(self.peer, step, &self);
}

int main(int argc, char **argv)
{
    settings chosen = {NULL, {NULL, 0}, {NULL, 0}, NULL, false, DEFAULT_MAX_MESSAGE};
    const option options[] = {
        {"--protocol", OPTION_LIST, &chosen.protocols, 0},
        {"--header", OPTION_LIST, &chosen.headers, 0},
        {"--max-message", OPTION_NUMBER, &chosen.max_message, SIZE_MAX},
        {"--ca", OPTION_TEXT, &chosen.authorities, 0},
        {"--insecure", OPTION_FLAG, &chosen.is_insecure, 0},
        {"--deflate", OPTION_NOT_BUILT, NULL, 0},
    };
    int status = 2;
    if (read_options(argc, argv, options, sizeof options / sizeof options[0], &chosen.url)) {
        if (chosen.url) {
            status = connect_and_echo(&chosen);
        } else {
            print_error("usage",
                        "echo_client URL [--protocol P]... [--ca F] [--insecure] [--header 'K: V']... "
                        "[--max-message BYTES]");
        }
    }
    /* The peer has its own copies of the lists. */
    free((void *)chosen.protocols.items);
    free((void *)chosen.headers.items);
    return status;
}
