/* SPDX-License-Identifier: MIT */
#ifndef WSPI_MULTIPLAYER_H
#define WSPI_MULTIPLAYER_H

/*
 * The multiplayer as its own files see it. multiplayer.c holds what a program calls, its settings are in
 * multiplayer_settings.c; multiplayer_client.c and multiplayer_server.c are the two sides, and the messages
 * are in multiplayer_wire.h.
 *
 *   IDLE -> HOSTING               create_server
 *   IDLE -> JOINING               create_client
 *   JOINING -> JOINED             the server gave an id
 *   JOINING -> REFUSING           its first message is wrong: the close frame is on its way
 *   JOINED -> FAILING             the server broke the dialect: likewise
 *   any -> IDLE                   the end
 */

#include "byte_buffer.h"
#include "multiplayer_members.h"
#include "multiplayer_wire.h"
#include "packet_queue.h"
#include "settings.h"
#include "text.h"
#include "wspeer/multiplayer.h"
#include "wspeer/server.h"

typedef enum wspi_session {
    WSPI_SESSION_IDLE,
    WSPI_SESSION_HOSTING,
    WSPI_SESSION_JOINING,
    WSPI_SESSION_REFUSING,
    WSPI_SESSION_JOINED,
    WSPI_SESSION_FAILING
} wspi_session;

struct wsp_multiplayer {
    wspi_session session;
    wsp_multiplayer_dialect dialect;
    wsp_peer *peer;     /* of a client; in IDLE only while the end is being reported */
    wsp_server *server; /* of a server */
    wspi_members members;
    int32_t unique_id;
    int32_t newest_id; /* the highest id ever given by this server: who is above it never was */
    int32_t target;

    wspi_packet_queue inbound; /* bounded by its users, connection by connection */
    wspi_byte_buffer senders;  /* an int32_t for each packet in it */
    size_t left_bytes;         /* of a server: packets in it of clients that have left */
    size_t left_packets;       /* their number */
    bool is_crowded;           /* they are too many: newcomers wait until all of them are taken */

    wsp_multiplayer_handlers handlers;
    void *user;
    const wspi_settings *settings;
    double handshake_timeout;
    bool refuses_new_connections;

    wsp_result error;
    char *error_message;

    double started;      /* of create_client */
    double last_poll;    /* to tell a pause of the program */
    unsigned generation; /* counts sessions: tells a poll that a handler ended its own */
    unsigned activity;   /* counts what poll_wait reports */
    bool has_kept;       /* a connection waits until the program takes packets */
    bool is_in_poll;
    bool is_destroyed; /* freed when the poll is over */
};

/* The one place where the session's state changes. */
void wspi_multiplayer_set_session(wsp_multiplayer *multiplayer, wspi_session next);

/* Ends the session: nobody is in it any more. What is queued stays. */
void wspi_multiplayer_end(wsp_multiplayer *multiplayer);

/* Remembers the first error of a session; `text` is copied. WSP_OK with a text is a remark. */
void wspi_multiplayer_set_error(wsp_multiplayer *multiplayer, wsp_result result, const char *text);

/* Calls a handler. false when the session that was running is over afterwards. */
typedef void wspi_member_handler(wsp_multiplayer *multiplayer, int32_t id, void *user);
bool wspi_multiplayer_report(wsp_multiplayer *multiplayer, wspi_member_handler *handler, int32_t id);

/* Queues a packet for the program, whatever the limits. false when memory is out. */
bool wspi_multiplayer_push(wsp_multiplayer *multiplayer, int32_t sender, wspi_bytes packet);

/* GODOT3: a header and a packet in one new block, to be given to wspi_free with that size. */
uint8_t *wspi_multiplayer_add_header(int32_t source, int32_t destination, wspi_bytes packet,
                                     size_t *out_size);

/* Hands the settings to the server or to the client's peer; those of peer.h and server.h count from when they
 * say. */
wsp_result wspi_multiplayer_apply_settings(wsp_multiplayer *multiplayer);

/* -- the client's side ----------------------------------------------------- */

wsp_result wspi_multiplayer_join(wsp_multiplayer *multiplayer, const char *url, const wsp_tls_options *tls);
/* Sleeps up to `seconds` when it is not 0, then carries the connection on. */
bool wspi_multiplayer_poll_client(wsp_multiplayer *multiplayer, double seconds);
wsp_result wspi_multiplayer_send_to_server(wsp_multiplayer *multiplayer, wspi_bytes packet);
/* Drops the connection, after a close frame where it was polite; without a report. */
void wspi_multiplayer_leave(wsp_multiplayer *multiplayer, bool is_polite);

/* -- the server's side ----------------------------------------------------- */

wsp_result wspi_multiplayer_host(wsp_multiplayer *multiplayer, int port, const char *bind_address,
                                 const wsp_tls_options *tls);
bool wspi_multiplayer_poll_server(wsp_multiplayer *multiplayer, double seconds);
wsp_result wspi_multiplayer_send_to_clients(wsp_multiplayer *multiplayer, wspi_bytes packet);
void wspi_multiplayer_stop(wsp_multiplayer *multiplayer);
/* Drops a client without a report to the program. */
void wspi_multiplayer_remove_client(wsp_multiplayer *multiplayer, int32_t id);
/* A packet of this sender was taken: its connection may have room again. */
void wspi_multiplayer_count_taken(wsp_multiplayer *multiplayer, int32_t sender, size_t size);

#endif
