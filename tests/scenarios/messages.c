/* SPDX-License-Identifier: MIT */
/* Scenarios of messages: sizes, text, fragments, where segments end, what is refused. */
#include "../harness/payload.h"
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

enum { MIB = 1024 * 1024 };

static uint8_t *make_payload(scenario *s, size_t size, unsigned number)
{
    uint8_t *bytes = malloc(size + 1);
    if (bytes == NULL)
        scenario_fail(s, "no memory for a payload");
    else
        payload_fill(bytes, size, number);
    return bytes;
}

/* A payload that is ASCII. */
static uint8_t *make_text(scenario *s, size_t size)
{
    uint8_t *bytes = make_payload(s, size, 0);
    for (size_t i = 0; bytes != NULL && i < size; i++)
        bytes[i] = (uint8_t)('a' + bytes[i] % 26);
    return bytes;
}

static void set_limits(scenario *s, wsp_peer *peer, size_t size)
{
    if (wsp_peer_set_inbound_buffer_size(peer, size) != WSP_OK ||
        wsp_peer_set_outbound_buffer_size(peer, size) != WSP_OK)
        scenario_fail(s, "limits were refused");
}

static void echo(scenario *s, wsp_peer *peer, const void *bytes, size_t size, wsp_write_mode mode)
{
    (void)scenario_send(s, peer, bytes, size, mode);
    scenario_receive(s, peer, 1);
}

static void say_goodbye(scenario *s, wsp_peer *peer)
{
    (void)scenario_close(s, peer, 1000, "");
    scenario_end(s, peer);
}

/* -- sizes and text -------------------------------------------------------- */

static void every_length_class(scenario *s)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, MIB};
    wsp_peer *peer = scenario_open(s, "/echo");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *bytes = make_payload(s, sizes[i], (unsigned)i);
        uint8_t *text = make_text(s, sizes[i]);
        echo(s, peer, bytes, sizes[i], WSP_WRITE_MODE_BINARY);
        echo(s, peer, text, sizes[i], WSP_WRITE_MODE_TEXT);
        free(bytes);
        free(text);
    }
    say_goodbye(s, peer);
}

static void five_mebibytes(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    set_limits(s, peer, 5 * MIB);
    scenario_open_again(s, peer, "/echo");
    uint8_t *bytes = make_payload(s, 5 * MIB, 5);
    echo(s, peer, bytes, 5 * MIB, WSP_WRITE_MODE_BINARY);
    free(bytes);
    uint8_t *text = make_text(s, 5 * MIB);
    echo(s, peer, text, 5 * MIB, WSP_WRITE_MODE_TEXT);
    free(text);
    say_goodbye(s, peer);
}

static void text_with_nul_and_bom(scenario *s)
{
    static const char *const texts[] = {"\xef\xbb\xbf"
                                        "begins with a BOM",
                                        "\xef\xbb\xbf", "\xf0\x9f\x98\x80",
                                        "\xef\xbb\xbf\xef\xbb\xbf"
                                        "twice",
                                        "\xef\xbf\xbd \xef\xbf\xbf"};
    static const char with_nul[] = "a\0b\0\0c\0";
    wsp_peer *peer = scenario_open(s, "/echo");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        echo(s, peer, texts[i], strlen(texts[i]), WSP_WRITE_MODE_TEXT);
    echo(s, peer, with_nul, sizeof with_nul - 1, WSP_WRITE_MODE_TEXT);
    echo(s, peer, "\0", 1, WSP_WRITE_MODE_TEXT);
    say_goodbye(s, peer);
    scenario_report(s, peer);
}

/* Around the lengths at which the glue changes its way to convert text. */
static void text_of_many_lengths(scenario *s)
{
    static const char *const characters[] = {"x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8e\xae"};
    static const size_t counts[] = {11, 12, 13, 47, 48, 49, 66, 67, 199, 200, 201, 21845};
    wsp_peer *peer = scenario_open(s, "/echo");
    char *text = malloc(MIB);
    for (size_t i = 0; text != NULL && i < sizeof characters / sizeof characters[0]; i++) {
        size_t size = strlen(characters[i]);
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            for (size_t k = 0; k < counts[j]; k++)
                memcpy(text + k * size, characters[i], size);
            echo(s, peer, text, counts[j] * size, WSP_WRITE_MODE_TEXT);
        }
    }
    free(text);
    say_goodbye(s, peer);
}

static void empty_messages(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    echo(s, peer, NULL, 0, WSP_WRITE_MODE_TEXT);
    echo(s, peer, NULL, 0, WSP_WRITE_MODE_BINARY);
    echo(s, peer, "", 0, WSP_WRITE_MODE_TEXT);
    size_t size = 1;
    scenario_note(s, "no packet: %d", wsp_peer_get_packet(peer, &size) == NULL);
    scenario_note(s, "size %lu", (unsigned long)size);
    say_goodbye(s, peer);
}

static void write_modes(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    scenario_note(s, "mode %d", (int)wsp_peer_get_write_mode(peer));
    scenario_note(s, "put: %s", wsp_result_string(wsp_peer_put_packet(peer, "one", 3)));
    wsp_peer_set_write_mode(peer, WSP_WRITE_MODE_TEXT);
    wsp_peer_set_write_mode(peer, (wsp_write_mode)7);
    scenario_note(s, "mode %d", (int)wsp_peer_get_write_mode(peer));
    scenario_note(s, "put: %s", wsp_result_string(wsp_peer_put_packet(peer, "two", 3)));
    scenario_note(s, "put: %s", wsp_result_string(wsp_peer_put_packet(peer, "\xff", 1)));
    scenario_receive(s, peer, 2);
    say_goodbye(s, peer);
}

static void the_packet_just_taken(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/echo");
    (void)scenario_send_text(s, peer, "round and round");
    for (int i = 0; i < 3 && scenario_wait_packets(s, peer, 1); i++) {
        size_t size = 0;
        const uint8_t *packet = wsp_peer_get_packet(peer, &size);
        (void)scenario_send(s, peer, packet, size, WSP_WRITE_MODE_TEXT);
    }
    scenario_wait_packets(s, peer, 1);
    const uint8_t *packet = wsp_peer_get_packet(peer, NULL);
    (void)scenario_send_text(s, peer, "another");
    (void)wsp_peer_close(peer, 1000, "");
    scenario_note(s, "still \"%s\" after send and close", (const char *)packet);
    scenario_end(s, peer);
    scenario_note(s, "was text: %d", wsp_peer_was_string_packet(peer));
}

/* -- what is refused ------------------------------------------------------- */

static void send_what_is_refused(scenario *s)
{
    static const char *const bad_texts[] = {"\xff",      "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                            "a\xe2\x82", "\x80"};
    wsp_peer *peer = scenario_make_peer(s);
    if (wsp_peer_set_outbound_buffer_size(peer, 100) != WSP_OK)
        scenario_fail(s, "the limit was refused");
    scenario_open_again(s, peer, "/echo");
    uint8_t *bytes = make_payload(s, 101, 0);
    for (size_t i = 0; i < sizeof bad_texts / sizeof bad_texts[0]; i++)
        (void)scenario_send(s, peer, bad_texts[i], strlen(bad_texts[i]), WSP_WRITE_MODE_TEXT);
    scenario_note(s, "NULL: %s", wsp_result_string(wsp_peer_send(peer, NULL, 1, WSP_WRITE_MODE_BINARY)));
    scenario_note(s, "NULL text: %s", wsp_result_string(wsp_peer_send_text(peer, NULL)));
    scenario_note(s, "mode 2: %s", wsp_result_string(wsp_peer_send(peer, "x", 1, (wsp_write_mode)2)));
    scenario_note(s, "SIZE_MAX: %s",
                  wsp_result_string(wsp_peer_send(peer, bytes, SIZE_MAX, WSP_WRITE_MODE_BINARY)));
    (void)scenario_send(s, peer, bytes, 101, WSP_WRITE_MODE_BINARY);
    echo(s, peer, bytes, 100, WSP_WRITE_MODE_BINARY);
    free(bytes);
    scenario_note(s, "%s, %s", scenario_state_name(wsp_peer_get_ready_state(peer)),
                  wsp_result_string(wsp_peer_get_error(peer)));
    say_goodbye(s, peer);
    scenario_report(s, peer);
}

static void send_in_every_state(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_send_text(s, peer, "new");
    (void)scenario_connect(s, peer, "/echo");
    (void)scenario_send_text(s, peer, "in CONNECTING");
    scenario_note(s, "buffered %lu", (unsigned long)wsp_peer_get_current_outbound_buffered_amount(peer));
    scenario_wait_state(s, peer, WSP_STATE_OPEN);
    (void)scenario_send_text(s, peer, "in OPEN");
    (void)scenario_close(s, peer, 1000, "");
    (void)scenario_send_text(s, peer, "in CLOSING");
    (void)scenario_send(s, peer, NULL, 1, WSP_WRITE_MODE_TEXT);
    scenario_note(s, "put: %s", wsp_result_string(wsp_peer_put_packet(peer, "x", 1)));
    scenario_wait_state(s, peer, WSP_STATE_CLOSED);
    (void)scenario_send_text(s, peer, "in CLOSED");
    scenario_note(s, "buffered %lu", (unsigned long)wsp_peer_get_current_outbound_buffered_amount(peer));
    scenario_report(s, peer);
}

/* -- fragments and segments ------------------------------------------------ */

static void many_fragments(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    set_limits(s, peer, 4 * MIB);
    scenario_open_again(s, peer, "/script?do=head,fragments:4194304:64,message,close:1000,closed,fin");
    scenario_receive(s, peer, 1);
    (void)scenario_send_text(s, peer, "that was one message");
    scenario_end(s, peer);
}

static void control_between_fragments(scenario *s)
{
    wsp_peer *peer =
        scenario_open(s, "/script?do=head,part:hello%20,more:wo,pong:stray,ping:between,last:rld,"
                         "x:0100,x:0000,x:8000,message,close:1000,closed,fin");
    scenario_receive(s, peer, 2);
    (void)scenario_send_text(s, peer, "done");
    scenario_end(s, peer);
    scenario_report(s, peer);
}

static void messages_behind_the_handshake(scenario *s)
{
    wsp_peer *peer =
        scenario_open(s, "/script?do=head,text:one,bin:two,part:th,last:ree,message,close:1000,closed,fin");
    scenario_receive(s, peer, 3);
    (void)scenario_send_text(s, peer, "done");
    scenario_end(s, peer);
}

static void messages_before_the_close(scenario *s)
{
    wsp_peer *peer =
        scenario_open(s, "/script?do=head,message,text:one,bin:two,text:three,close:4000,closed,fin");
    (void)scenario_send_text(s, peer, "go");
    scenario_end(s, peer);
    scenario_note(s, "packets %lu", (unsigned long)wsp_peer_get_available_packet_count(peer));
    scenario_take(s, peer);
}

static void everything_in_one_segment(scenario *s)
{
    wsp_peer *peer = scenario_make_peer(s);
    (void)scenario_connect(s, peer, "/script?do=head,text:one,text:two,close:4001,closed,fin");
    scenario_end(s, peer);
    scenario_take(s, peer);
    scenario_report(s, peer);
}

/* UTF-8 that fragments cut inside a character is whole again in the message. */
static void text_cut_inside_characters(scenario *s)
{
    wsp_peer *peer = scenario_open(s, "/script?do=head,x:0101f0,x:00029f98,x:800180,message,close:1000,"
                                      "closed,fin");
    (void)scenario_send_text(s, peer, "x");
    scenario_end(s, peer);
    scenario_take(s, peer);
}

static const scenario_entry entries[] = {
    {"messages of every length class, both ways", every_length_class, 0},
    {"5 MiB both ways with raised limits", five_mebibytes, SCENARIO_BULK},
    {"text keeps embedded zero bytes and a leading BOM, both ways", text_with_nul_and_bom, 0},
    {"text of many lengths and alphabets", text_of_many_lengths, 0},
    {"empty text and empty binary", empty_messages, 0},
    {"put_packet sends in the chosen mode", write_modes, 0},
    {"the packet just taken may be sent and outlives send and close", the_packet_just_taken, 0},
    {"send refuses what it cannot take and changes nothing", send_what_is_refused, 0},
    {"send in every state", send_in_every_state, 0},
    {"4 MiB in 64-byte fragments are one message", many_fragments, SCENARIO_BULK},
    {"pings and pongs between fragments leave the message alone", control_between_fragments, 0},
    {"messages in the same segment as the handshake", messages_behind_the_handshake, 0},
    {"messages in the same segment as the close", messages_before_the_close, 0},
    {"handshake, messages and close in one segment", everything_in_one_segment, 0},
    {"text that fragments cut inside a character", text_cut_inside_characters, 0},
};

SCENARIO_TOPIC(messages)
