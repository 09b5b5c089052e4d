/* SPDX-License-Identifier: MIT */
/* multiplayer_wire.c: the bytes of both dialects, and what of them is refused. */
#include "multiplayer_wire.h"

#include "guarded_bytes.h"
#include "test.h"

#include <string.h>

static const wsp_multiplayer_dialect GODOT4 = WSP_MULTIPLAYER_DIALECT_GODOT4;
static const wsp_multiplayer_dialect GODOT3 = WSP_MULTIPLAYER_DIALECT_GODOT3;

/* The id and its bytes are those of the recorded session in tests/vectors/multiplayer_godot4.md. */
static void a_godot4_id_is_four_bytes_the_lowest_first(void)
{
    static const uint8_t wanted[] = {0x35, 0xd2, 0xb2, 0x74};
    uint8_t bytes[WSPI_WIRE_SYSTEM_SIZE];
    int32_t id = 0;
    CHECK_SIZE(wspi_wire_write_id(GODOT4, 1957876277, bytes), 4);
    CHECK_BYTES(bytes, 4, wanted, sizeof wanted);
    CHECK_STRING(wspi_wire_read_id(GODOT4, wanted, sizeof wanted, &id), NULL);
    CHECK_INT(id, 1957876277);
}

static void a_godot3_id_is_a_system_message(void)
{
    static const uint8_t wanted[] = {3, 1, 0, 0, 0, 0, 0, 0, 0, 0x35, 0xd2, 0xb2, 0x74};
    uint8_t bytes[WSPI_WIRE_SYSTEM_SIZE];
    int32_t id = 0;
    CHECK_SIZE(wspi_wire_write_id(GODOT3, 1957876277, bytes), 13);
    CHECK_BYTES(bytes, sizeof bytes, wanted, sizeof wanted);
    CHECK_STRING(wspi_wire_read_id(GODOT3, wanted, sizeof wanted, &id), NULL);
    CHECK_INT(id, 1957876277);
}

static void godot3_headers_stand_before_packets(void)
{
    static const uint8_t wanted[] = {0, 2, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 'h', 'i'};
    uint8_t bytes[sizeof wanted] = {0};
    wspi_wire_message message;
    wspi_wire_write_header(2, -2, bytes);
    memcpy(bytes + WSPI_WIRE_HEADER_SIZE, "hi", 2);
    CHECK_BYTES(bytes, sizeof bytes, wanted, sizeof wanted);
    CHECK_STRING(wspi_wire_read(bytes, sizeof bytes, &message), NULL);
    CHECK_INT(message.type, WSPI_WIRE_NONE);
    CHECK_INT(message.source, 2);
    CHECK_INT(message.destination, -2);
    CHECK_BYTES(message.payload.data, message.payload.size, "hi", 2);
}

static void godot3_system_messages_name_a_member(void)
{
    static const uint8_t wanted[] = {2, 1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f};
    uint8_t bytes[WSPI_WIRE_SYSTEM_SIZE];
    wspi_wire_message message;
    wspi_wire_write_system(WSPI_WIRE_DEL, INT32_MAX, bytes);
    CHECK_BYTES(bytes, sizeof bytes, wanted, sizeof wanted);
    CHECK_STRING(wspi_wire_read(bytes, sizeof bytes, &message), NULL);
    CHECK_INT(message.type, WSPI_WIRE_DEL);
    CHECK_INT(message.member, INT32_MAX);
}

static void an_empty_packet_is_a_header_alone(void)
{
    static const uint8_t bytes[WSPI_WIRE_HEADER_SIZE] = {0, 9};
    wspi_wire_message message;
    CHECK_STRING(wspi_wire_read(bytes, sizeof bytes, &message), NULL);
    CHECK_SIZE(message.payload.size, 0);
}

/* Every message of 0 to 16 bytes whose first byte is 0 to 255, in front of an unreadable page. */
static void godot3_messages_of_a_wrong_form_are_refused(void)
{
    for (unsigned type = 0; type < 256; type++) {
        for (size_t size = 0; size <= 16; size++) {
            uint8_t bytes[16] = {(uint8_t)type, 1};
            wspi_wire_message message;
            bytes[9] = 7;
            wspi_guarded_bytes guarded = wspi_guarded_bytes_make(bytes, size);
            const char *fault = wspi_wire_read(guarded.data, size, &message);
            wspi_guarded_bytes_release(&guarded);
            bool is_system = type >= 1 && type <= 3 && size == 13;
            bool is_packet = type == 0 && size >= 9;
            TEST_NOTE("type %u, size %zu", type, size);
            CHECK_BOOL(fault == NULL, is_system || is_packet);
        }
    }
}

typedef struct id_row {
    wsp_multiplayer_dialect dialect;
    size_t size;
    uint8_t bytes[16];
    const char *fault; /* a part of the sentence; NULL: none */
} id_row;

static const id_row id_rows[] = {
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {2, 0, 0, 0}, NULL},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {0xff, 0xff, 0xff, 0x7f}, NULL},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {1, 0, 0, 0}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {0, 0, 0, 0}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 4, {0, 0, 0, 0x80}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 0, {0}, "4 bytes"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 3, {2, 0, 0}, "4 bytes"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 5, {2, 0, 0, 0, 0}, "4 bytes"},
    {WSP_MULTIPLAYER_DIALECT_GODOT4, 13, {3, 1, 0, 0, 0, 0, 0, 0, 0, 2}, "Godot 3's dialect"},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 13, {3, 1, 0, 0, 0, 0, 0, 0, 0, 2}, NULL},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 13, {3, 1, 0, 0, 0, 0, 0, 0, 0, 1}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 13, {1, 1, 0, 0, 0, 0, 0, 0, 0, 2}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 10, {0, 1, 0, 0, 0, 0, 0, 0, 0, 2}, "possible id"},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 4, {2, 0, 0, 0}, "Godot 4's dialect"},
    {WSP_MULTIPLAYER_DIALECT_GODOT3, 8, {3}, "9 bytes"},
};

static void the_first_message_gives_an_id_or_a_reason(void)
{
    for (size_t i = 0; i < sizeof id_rows / sizeof id_rows[0]; i++) {
        const id_row *row = &id_rows[i];
        int32_t id = 0;
        TEST_NOTE("row %zu", i);
        wspi_guarded_bytes guarded = wspi_guarded_bytes_make(row->bytes, row->size);
        const char *fault = wspi_wire_read_id(row->dialect, guarded.data, row->size, &id);
        wspi_guarded_bytes_release(&guarded);
        if (row->fault != NULL)
            CHECK_CONTAINS(fault, row->fault);
        else
            CHECK_STRING(fault, NULL);
        CHECK_BOOL(id >= 2, row->fault == NULL);
    }
}

typedef struct client_row {
    wspi_wire_type type;
    int32_t source, destination;
    const char *fault;
} client_row;

static void what_a_client_may_send_is_checked(void)
{
    static const client_row rows[] = {
        {WSPI_WIRE_NONE, 5, 0, NULL},
        {WSPI_WIRE_NONE, 5, 1, NULL},
        {WSPI_WIRE_NONE, 5, -1, NULL},
        {WSPI_WIRE_NONE, 5, 6, NULL},
        {WSPI_WIRE_NONE, 5, -5, NULL},
        {WSPI_WIRE_NONE, 5, 5, "destination"},
        {WSPI_WIRE_NONE, 5, INT32_MIN, "destination"},
        {WSPI_WIRE_NONE, 6, 0, "source"},
        {WSPI_WIRE_NONE, 1, 0, "source"},
        {WSPI_WIRE_NONE, 0, 0, "source"},
        {WSPI_WIRE_NONE, -5, 0, "source"},
        {WSPI_WIRE_ADD, 5, 0, "system message"},
        {WSPI_WIRE_ID, 1, 0, "system message"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wspi_wire_message message = {
            .type = rows[i].type, .source = rows[i].source, .destination = rows[i].destination};
        const char *fault = wspi_wire_check_client(&message, 5);
        TEST_NOTE("row %zu", i);
        if (rows[i].fault != NULL)
            CHECK_CONTAINS(fault, rows[i].fault);
        else
            CHECK_STRING(fault, NULL);
    }
}

/* Sentences are reasons of close frames: RFC 6455 5.5.1 leaves 123 bytes. */
static void sentences_fit_a_close_frame(void)
{
    for (size_t i = 0; i < sizeof id_rows / sizeof id_rows[0]; i++) {
        int32_t id;
        const char *fault = wspi_wire_read_id(id_rows[i].dialect, id_rows[i].bytes, id_rows[i].size, &id);
        CHECK(fault == NULL || strlen(fault) <= 123);
    }
}

static void destinations_include_and_leave_out(void)
{
    CHECK(wspi_wire_is_for(0, 1));
    CHECK(wspi_wire_is_for(1, 1));
    CHECK(!wspi_wire_is_for(2, 1));
    CHECK(!wspi_wire_is_for(-1, 1));
    CHECK(wspi_wire_is_for(-2, 1));
    CHECK(wspi_wire_is_for(INT32_MIN, 1));
    CHECK_INT(wspi_wire_left_out(7), 0);
    CHECK_INT(wspi_wire_left_out(0), 0);
    CHECK_INT(wspi_wire_left_out(-7), 7);
    CHECK_INT(wspi_wire_left_out(-INT32_MAX), INT32_MAX);
    CHECK_INT(wspi_wire_left_out(INT32_MIN), 0);
    CHECK_SIZE(wspi_wire_header_size(GODOT3), 9);
    CHECK_SIZE(wspi_wire_header_size(GODOT4), 0);
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_godot4_id_is_four_bytes_the_lowest_first),
    TEST_CASE(a_godot3_id_is_a_system_message),
    TEST_CASE(godot3_headers_stand_before_packets),
    TEST_CASE(godot3_system_messages_name_a_member),
    TEST_CASE(an_empty_packet_is_a_header_alone),
    TEST_CASE(godot3_messages_of_a_wrong_form_are_refused),
    TEST_CASE(the_first_message_gives_an_id_or_a_reason),
    TEST_CASE(what_a_client_may_send_is_checked),
    TEST_CASE(sentences_fit_a_close_frame),
    TEST_CASE(destinations_include_and_leave_out),
};

TEST_MAIN(cases)
