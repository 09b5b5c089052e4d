/* SPDX-License-Identifier: MIT */
/*
 * Writes and reads the messages of multiplayer_wire.h. Pure: no connection, no memory, no clock. Godot writes
 * the machine's own byte order, which is this one on every machine that games run on.
 */
#include "multiplayer_wire.h"

#include <string.h>

enum { SOURCE_OFFSET = 1, DESTINATION_OFFSET = 5 };

static void store_i32(uint8_t *to, int32_t value)
{
    uint32_t bits = (uint32_t)value;
    for (int i = 0; i < 4; i++, bits >>= 8)
        to[i] = (uint8_t)(bits & 0xff);
}

static int32_t load_i32(const uint8_t *from)
{
    uint32_t bits =
        (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
    int32_t value;
    memcpy(&value, &bits, sizeof value); /* a cast would be implementation-defined above INT32_MAX */
    return value;
}

size_t wspi_wire_header_size(wsp_multiplayer_dialect dialect)
{
    return dialect == WSP_MULTIPLAYER_DIALECT_GODOT3 ? WSPI_WIRE_HEADER_SIZE : 0;
}

static void write_head(wspi_wire_type type, int32_t source, int32_t destination, uint8_t *out)
{
    out[0] = (uint8_t)type;
    store_i32(out + SOURCE_OFFSET, source);
    store_i32(out + DESTINATION_OFFSET, destination);
}

void wspi_wire_write_header(int32_t source, int32_t destination, uint8_t out[WSPI_WIRE_HEADER_SIZE])
{
    write_head(WSPI_WIRE_NONE, source, destination, out);
}

void wspi_wire_write_system(wspi_wire_type type, int32_t member, uint8_t out[WSPI_WIRE_SYSTEM_SIZE])
{
    write_head(type, WSPI_WIRE_SERVER, 0, out);
    store_i32(out + WSPI_WIRE_HEADER_SIZE, member);
}

size_t wspi_wire_write_id(wsp_multiplayer_dialect dialect, int32_t id, uint8_t out[WSPI_WIRE_SYSTEM_SIZE])
{
    if (dialect == WSP_MULTIPLAYER_DIALECT_GODOT3) {
        wspi_wire_write_system(WSPI_WIRE_ID, id, out);
        return WSPI_WIRE_SYSTEM_SIZE;
    }
    store_i32(out, id);
    return WSPI_WIRE_ID_SIZE;
}

const char *wspi_wire_read(const uint8_t *data, size_t size, wspi_wire_message *out)
{
    if (size < WSPI_WIRE_HEADER_SIZE)
        return "a message is shorter than the 9 bytes of its header";
    if (data[0] > WSPI_WIRE_ID)
        return "a message has an unknown type";
    *out = (wspi_wire_message){
        .type = (wspi_wire_type)data[0],
        .source = load_i32(data + SOURCE_OFFSET),
        .destination = load_i32(data + DESTINATION_OFFSET),
        .payload = {data + WSPI_WIRE_HEADER_SIZE, size - WSPI_WIRE_HEADER_SIZE},
    };
    if (out->type == WSPI_WIRE_NONE)
        return NULL;
    if (size != WSPI_WIRE_SYSTEM_SIZE)
        return "a system message has not 13 bytes";
    out->member = load_i32(data + WSPI_WIRE_HEADER_SIZE);
    return out->member < WSPI_WIRE_SERVER ? "a system message names no possible id" : NULL;
}

static const char *read_godot3_id(const uint8_t *data, size_t size, int32_t *out_id)
{
    wspi_wire_message message;
    if (size == WSPI_WIRE_ID_SIZE)
        return "the server speaks Godot 4's dialect, not GODOT3: its first message has 4 bytes";
    const char *fault = wspi_wire_read(data, size, &message);
    if (fault != NULL)
        return fault;
    if (message.type != WSPI_WIRE_ID || message.member == WSPI_WIRE_SERVER)
        return "the server's first message does not give a possible id";
    *out_id = message.member;
    return NULL;
}

static const char *read_godot4_id(const uint8_t *data, size_t size, int32_t *out_id)
{
    if (size == WSPI_WIRE_SYSTEM_SIZE && data[0] == WSPI_WIRE_ID)
        return "the server speaks Godot 3's dialect, not GODOT4: its first message has 13 bytes";
    if (size != WSPI_WIRE_ID_SIZE)
        return "the server's first message is not an id of 4 bytes";
    int32_t id = load_i32(data);
    if (id <= WSPI_WIRE_SERVER)
        return "the server's first message does not give a possible id";
    *out_id = id;
    return NULL;
}

const char *wspi_wire_read_id(wsp_multiplayer_dialect dialect, const uint8_t *data, size_t size,
                              int32_t *out_id)
{
    return dialect == WSP_MULTIPLAYER_DIALECT_GODOT3 ? read_godot3_id(data, size, out_id)
                                                     : read_godot4_id(data, size, out_id);
}

const char *wspi_wire_check_client(const wspi_wire_message *message, int32_t sender)
{
    if (message->type != WSPI_WIRE_NONE)
        return "a client sent a system message";
    if (message->source != sender)
        return "a packet names another source than its sender";
    if (message->destination == sender || message->destination == INT32_MIN)
        return "a packet has an impossible destination";
    return NULL;
}

int32_t wspi_wire_left_out(int32_t destination)
{
    /* INT32_MIN has no positive counterpart: nobody has that id. */
    return destination < 0 && destination > INT32_MIN ? -destination : 0;
}

bool wspi_wire_is_for(int32_t destination, int32_t member)
{
    return destination > 0 ? destination == member : wspi_wire_left_out(destination) != member;
}
