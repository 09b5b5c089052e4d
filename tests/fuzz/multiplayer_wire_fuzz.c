/* SPDX-License-Identifier: MIT */

/*
 * The packets of both multiplayer dialects (multiplayer_wire.c): what is read is what was written, every
 * fault fits into the reason of a close frame, and a client can name itself and real members only.
 *
 *     bytes 0-3   the sender's id
 *     rest        a message
 */

#include "close_code.h"
#include "fuzz.h"
#include "multiplayer_wire.h"

#include <string.h>

const size_t fuzz_input_count = 800000;

enum { PACKET, SYSTEM, FAULT, ID_OF_GODOT4, ID_OF_GODOT3, ALLOWED };
const char *const fuzz_outcomes[] = {"a packet",
                                     "a system message",
                                     "a faulty message",
                                     "an id of GODOT4",
                                     "an id of GODOT3",
                                     "a packet a client may send",
                                     NULL};

void fuzz_add_seeds(void)
{
    FUZZ_SEED("\x11\0\0\0\x03\x01\0\0\0\0\0\0\0\x11\0\0\0");
    FUZZ_SEED("\x11\0\0\0\x01\x01\0\0\0\0\0\0\0\x01\0\0\0");
    FUZZ_SEED("\x11\0\0\0\x02\x01\0\0\0\0\0\0\0\x12\0\0\0");
    FUZZ_SEED("\x11\0\0\0\0\x11\0\0\0\x01\0\0\0echo");
    FUZZ_SEED("\x11\0\0\0\0\x11\0\0\0\xee\xff\xff\xff");
    FUZZ_SEED("\x11\0\0\0\0\x11\0\0\0\0\0\0\x80x");
    FUZZ_SEED("\x11\0\0\0\x11\0\0\0");
    FUZZ_SEED("\x11\0\0\0\x01\0\0\0");
}

static int32_t load(const uint8_t *from)
{
    uint32_t bits = 0;
    for (int i = 3; i >= 0; i--)
        bits = bits << 8 | from[i];
    int32_t value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void check_fault(const char *fault)
{
    FUZZ_CHECK(fault[0] != '\0' && wspi_close_reason_is_valid(fault, strlen(fault)));
}

static void check_id(wsp_multiplayer_dialect dialect, wspi_bytes input, size_t outcome)
{
    int32_t id = 0;
    uint8_t written[WSPI_WIRE_SYSTEM_SIZE];
    const char *fault = wspi_wire_read_id(dialect, input.data, input.size, &id);
    if (fault != NULL) {
        check_fault(fault);
        return;
    }
    FUZZ_CHECK(id > WSPI_WIRE_SERVER);
    size_t size = wspi_wire_write_id(dialect, id, written);
    FUZZ_CHECK(size == input.size);
    /* Godot 3 reads neither source nor destination here. */
    FUZZ_CHECK(dialect != WSP_MULTIPLAYER_DIALECT_GODOT4 || memcmp(written, input.data, size) == 0);
    fuzz_reach(outcome);
}

static void check_destination(int32_t destination, int32_t member)
{
    int64_t wide = destination;
    bool wanted = wide == 0 || wide == member || (wide < 0 && -wide != member);
    FUZZ_CHECK(member <= 0 || wspi_wire_is_for(destination, member) == wanted);
    FUZZ_CHECK(wspi_wire_left_out(destination) == (wide < 0 && wide > INT32_MIN ? -wide : 0));
}

static void check_client(const wspi_wire_message *message, int32_t sender)
{
    const char *fault = wspi_wire_check_client(message, sender);
    check_destination(message->destination, sender);
    if (fault != NULL) {
        check_fault(fault);
        return;
    }
    FUZZ_CHECK(message->type == WSPI_WIRE_NONE && message->source == sender);
    FUZZ_CHECK(message->destination != sender);
    fuzz_reach(ALLOWED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    wspi_bytes input = {bytes, size};
    wspi_bytes sender = fuzz_take(&input, 4);
    if (sender.size < 4)
        return 0;
    check_id(WSP_MULTIPLAYER_DIALECT_GODOT4, input, ID_OF_GODOT4);
    check_id(WSP_MULTIPLAYER_DIALECT_GODOT3, input, ID_OF_GODOT3);
    wspi_wire_message message;
    const char *fault = wspi_wire_read(input.data, input.size, &message);
    if (fault != NULL) {
        check_fault(fault);
        fuzz_reach(FAULT);
        return 0;
    }
    uint8_t written[WSPI_WIRE_SYSTEM_SIZE];
    FUZZ_CHECK(message.source == load(input.data + 1) && message.destination == load(input.data + 5));
    if (message.type == WSPI_WIRE_NONE) {
        wspi_wire_write_header(message.source, message.destination, written);
        FUZZ_CHECK(memcmp(written, input.data, WSPI_WIRE_HEADER_SIZE) == 0);
        FUZZ_CHECK(message.payload.size == input.size - WSPI_WIRE_HEADER_SIZE);
        fuzz_reach(PACKET);
    } else {
        wspi_wire_write_system(message.type, message.member, written);
        FUZZ_CHECK(input.size == WSPI_WIRE_SYSTEM_SIZE && written[0] == input.data[0]);
        FUZZ_CHECK(message.member == load(input.data + WSPI_WIRE_HEADER_SIZE) && message.member > 0);
        fuzz_reach(SYSTEM);
    }
    check_client(&message, load(sender.data));
    return 0;
}
