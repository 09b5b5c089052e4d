/* SPDX-License-Identifier: MIT */
#ifndef WSPI_MULTIPLAYER_WIRE_H
#define WSPI_MULTIPLAYER_WIRE_H

/*
 * The messages of both multiplayer dialects, byte by byte. Integers are 32 bits, signed, the lowest byte
 * first whatever the machine.
 *
 * GODOT4  server to client: the id (4 bytes), once and first. Everything else is a bare packet.
 *
 * GODOT3  every message, both ways:
 *
 *     offset  size
 *     0       1     type
 *     1       4     source; of a system message 1
 *     5       4     destination: 0 all, n one, -n all but n; of a system message 0
 *     9       ..    NONE: the packet; ADD, DEL, ID: the id of a member, 4 bytes
 *
 * What is wrong with a message is answered as a sentence, short enough for the reason of a close frame; NULL
 * when nothing is.
 */

#include "bytes.h"
#include "wspeer/multiplayer.h"

enum {
    WSPI_WIRE_SERVER = 1, /* the server's id; a client's is larger */
    WSPI_WIRE_ID_SIZE = 4,
    WSPI_WIRE_HEADER_SIZE = 9,
    WSPI_WIRE_SYSTEM_SIZE = 13
};

typedef enum wspi_wire_type {
    WSPI_WIRE_NONE = 0, /* a packet of the game */
    WSPI_WIRE_ADD = 1,  /* a member came */
    WSPI_WIRE_DEL = 2,  /* a member left */
    WSPI_WIRE_ID = 3    /* this is your id */
} wspi_wire_type;

/* A GODOT3 message taken apart. */
typedef struct wspi_wire_message {
    wspi_wire_type type;
    int32_t source;
    int32_t destination;
    wspi_bytes payload; /* NONE: the packet */
    int32_t member;     /* ADD, DEL, ID: who */
} wspi_wire_message;

/* The header's size in this dialect: 0 or 9. */
size_t wspi_wire_header_size(wsp_multiplayer_dialect dialect);

/* The server's first message to a client; answers its size. */
size_t wspi_wire_write_id(wsp_multiplayer_dialect dialect, int32_t id, uint8_t out[WSPI_WIRE_SYSTEM_SIZE]);

/* GODOT3: a system message of the server. */
void wspi_wire_write_system(wspi_wire_type type, int32_t member, uint8_t out[WSPI_WIRE_SYSTEM_SIZE]);

/* GODOT3: what stands in front of a packet. */
void wspi_wire_write_header(int32_t source, int32_t destination, uint8_t out[WSPI_WIRE_HEADER_SIZE]);

/* Reads the server's first message. The sentence tells a server of the other dialect apart. */
const char *wspi_wire_read_id(wsp_multiplayer_dialect dialect, const uint8_t *data, size_t size,
                              int32_t *out_id);

/* GODOT3: takes a message apart; its form only. */
const char *wspi_wire_read(const uint8_t *data, size_t size, wspi_wire_message *out);

/* GODOT3: whether a server may take this message from that client. Whether the destination exists is not
 * known here. */
const char *wspi_wire_check_client(const wspi_wire_message *message, int32_t sender);

/* Whether the destination includes this member, who is not the source. */
bool wspi_wire_is_for(int32_t destination, int32_t member);

/* The one member whom a destination leaves out; 0: nobody. */
int32_t wspi_wire_left_out(int32_t destination);

#endif
