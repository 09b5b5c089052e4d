/* SPDX-License-Identifier: MIT */

/*
 * A whole connection: a server's peer on the in-memory stream, of which the other side and the program do
 * anything in any order. Between the calls the promises of peer.h are checked, and afterwards that everything
 * is given back; in every second input an allocation fails.
 *
 *     byte 0   bit 0: the request is sent first; bits 1-2: bytes of one read; bits 3-4: of one write;
 *              bit 5: handlers; bit 6: a subprotocol is wanted
 *     byte 1   the allocation that fails
 *     byte 2   limits
 *     then     steps: what, an argument, bytes
 */

#include "fuzz.h"
#include "memory_stream.h"
#include "utf8.h"
#include "wspeer.h"

#include <string.h>

const size_t fuzz_input_count = 120000;

enum { OPENED, REFUSED, MESSAGE, CLOSED_CLEANLY, LOST, REFUSED_MEMORY };
const char *const fuzz_outcomes[] = {
    "an open connection", "a refused request",         "a message", "a clean close",
    "a lost connection",  "an allocation that failed", NULL};

#define REQUEST                                                                      \
    "GET /play HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"   \
    "Sec-WebSocket-Protocol: game\r\n\r\n"

enum {
    STEP_BYTES,
    STEP_POLL,
    STEP_SEND,
    STEP_PING,
    STEP_CLOSE,
    STEP_GET,
    STEP_END,
    STEP_LOSE,
    STEP_READ,
    STEP_FRAME,
    STEP_COUNT
};

#define POLL                        "\1\0"
#define OPEN                        "\1\0\x40" POLL
#define FRAME(first, size, payload) "\x09" first size payload
#define CLOSE_FRAME                 FRAME("\x88", "\2", "\3\xe8")

void fuzz_add_seeds(void)
{
    FUZZ_SEED(OPEN FRAME("\x81", "\x05", "hello") POLL "\x05\0\x02\x03xyz" POLL CLOSE_FRAME "\6\0" POLL);
    FUZZ_SEED("\x0b\0\x1b\1\0" FRAME("\x02", "\x05", "one, ") FRAME("\x89", "\1", "p")
                  FRAME("\x80", "\3", "two") POLL "\5\0\4\3bye" POLL CLOSE_FRAME POLL "\6\0" POLL);
    FUZZ_SEED("\x21\x0b\xff\1\0" FRAME("\x89", "\2", "hi") FRAME("\x8a", "\2", "ho") "\3\2me" POLL "\x08\0"
                                                                                     "\x02\x08"
                                                                                     "a packet\7\0" POLL);
    FUZZ_SEED("\0\0\x40\0\x20GET / HTTP/1.1\r\nHost: h\r\n\r\n......" POLL POLL);
    FUZZ_SEED("\x41\x3b\x40\1\0\2\3abc\4\0" POLL FRAME("\x88", "\0", "") POLL);
    FUZZ_SEED("\1\0\2\1\0" FRAME("\x82", "\x20", "0123456789abcdef0123456789abcdef") POLL);
    FUZZ_SEED(OPEN "\0\2\x81\5" POLL POLL);
    FUZZ_SEED("\x27\x21\x08\1\0" FRAME("\x81", "\1", "a") FRAME("\x81", "\1", "p") FRAME("\x81", "\1", "b")
                  POLL "\5\0\5\0" FRAME("\x81", "\1", "c") POLL "\6\0" POLL "\5\0");
    FUZZ_SEED("\x21\0\x40" POLL FRAME("\x81", "\1", "x") FRAME("\x81", "\1", "b") POLL);
}

typedef struct link {
    wsp_peer *peer;
    memory_stream_pair *pair;
    bool has_opened;
    bool is_lost;
} link;

/* Takes a packet and does what its first byte says, or echoes it. */
static void on_data(wsp_peer *peer, void *user)
{
    link *to = user;
    size_t size;
    FUZZ_CHECK(to->peer == peer);
    const uint8_t *data = wsp_peer_get_packet(peer, &size);
    if (data == NULL)
        return;
    bool is_text = wsp_peer_was_string_packet(peer);
    FUZZ_CHECK(data[size] == 0 && (!is_text || wspi_utf8_is_valid(data, size)));
    fuzz_reach(MESSAGE);
    if (data[0] == 'c')
        (void)wsp_peer_close(peer, 1000, "as asked");
    else if (data[0] == 'x')
        (void)wsp_peer_close(peer, -1, NULL);
    else if (data[0] == 'p')
        wsp_peer_poll(peer);
    else
        (void)wsp_peer_send(peer, data, size, is_text ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
}

static void deliver(link *to, const uint8_t *bytes, size_t size)
{
    size_t written;
    wspi_bytes piece = {bytes, size};
    if (size > 0 && !to->pair->ends[1].is_lost)
        (void)wspi_stream_write(memory_stream_get(to->pair, 1), &piece, 1, &written);
}

static void deliver_frame(link *to, uint8_t first, wspi_bytes payload)
{
    /* A key of zeros masks nothing. */
    uint8_t head[6] = {first, (uint8_t)(0x80 | wspi_min(payload.size, 125)), 0, 0, 0, 0};
    deliver(to, head, sizeof(head));
    deliver(to, payload.data, wspi_min(payload.size, 125));
}

/* What the other side reads off the stream, so that there is room for more. */
static void read_all(link *from)
{
    uint8_t bytes[512];
    size_t size;
    while (wspi_stream_read(memory_stream_get(from->pair, 1), bytes, sizeof(bytes), &size) == WSPI_IO_OK)
        FUZZ_CHECK(size > 0 && size <= sizeof(bytes));
}

static void check_peer(link *of)
{
    wsp_peer *peer = of->peer;
    wsp_state state = wsp_peer_get_ready_state(peer);
    of->has_opened = of->has_opened || state == WSP_STATE_OPEN;
    FUZZ_CHECK(wsp_peer_get_available_packet_count(peer) <= wsp_peer_get_max_queued_packets(peer));
    FUZZ_CHECK(wsp_peer_get_current_outbound_buffered_amount(peer) <=
               wsp_peer_get_outbound_buffer_size(peer));
    FUZZ_CHECK(wspi_utf8_is_valid(wsp_peer_get_close_reason(peer), strlen(wsp_peer_get_close_reason(peer))));
    FUZZ_CHECK((wsp_peer_get_error(peer) == WSP_OK) || wsp_peer_get_error_message(peer)[0] != '\0');
    int code = wsp_peer_get_close_code(peer);
    FUZZ_CHECK(code == -1 || code == 1005 || (code >= 1000 && code <= 4999));
    FUZZ_CHECK(state != WSP_STATE_OPEN || code == -1);
    (void)wsp_peer_get_requested_url(peer);
    (void)wsp_peer_get_handshake_header(peer, "host");
    (void)wsp_peer_get_selected_protocol(peer);
}

static void get_packets(link *from)
{
    size_t size = 0;
    const uint8_t *data = wsp_peer_get_packet(from->peer, &size);
    if (data == NULL)
        return;
    FUZZ_CHECK(data[size] == 0 && size <= wsp_peer_get_inbound_buffer_size(from->peer));
    FUZZ_CHECK(!wsp_peer_was_string_packet(from->peer) || wspi_utf8_is_valid(data, size));
    fuzz_reach(MESSAGE);
}

static void take_step(link *with, unsigned what, uint8_t argument, wspi_bytes payload)
{
    char reason[128];
    wsp_peer *peer = with->peer;
    wsp_state before = wsp_peer_get_ready_state(peer);
    wspi_text text;
    wspi_text_begin(&text, reason, sizeof(reason) - 4);
    wspi_text_add_printable(&text, payload.data, payload.size, 100);
    switch (what) {
    case STEP_BYTES: deliver(with, payload.data, payload.size); break;
    case STEP_POLL: wsp_peer_poll(peer); break;
    case STEP_SEND:
        (void)wsp_peer_send(peer, payload.data, payload.size,
                            (argument & 1) != 0 ? WSP_WRITE_MODE_TEXT : WSP_WRITE_MODE_BINARY);
        FUZZ_CHECK(wsp_peer_get_ready_state(peer) == before);
        break;
    case STEP_PING: (void)wsp_peer_ping(peer, payload.data, payload.size); break;
    case STEP_CLOSE:
        (void)wsp_peer_close(peer, argument > 127 ? -1 : argument < 20 ? 1000 + argument : 0, reason);
        break;
    case STEP_GET: get_packets(with); break;
    case STEP_END: memory_stream_end(with->pair, 0); break;
    case STEP_LOSE: memory_stream_lose(with->pair, 0); break;
    case STEP_READ: read_all(with); break;
    default: deliver_frame(with, argument, payload); break;
    }
    check_peer(with);
}

static bool begin(link *to, uint8_t first, uint8_t limits)
{
    static const size_t steps[] = {SIZE_MAX, 1, 7, 100};
    static const wsp_peer_handlers handlers = {.data_received = on_data};
    static const char *const protocols[] = {"game"};
    to->pair = memory_stream_pair_create();
    to->pair->ends[0].max_read = steps[first >> 1 & 3];
    to->pair->ends[0].max_write = steps[first >> 3 & 3];
    to->pair->ends[1].capacity = 4096;
    to->peer = wsp_peer_create();
    if (to->peer == NULL)
        return false;
    (void)wsp_peer_set_inbound_buffer_size(to->peer, 16u * (1u + limits % 16u));
    (void)wsp_peer_set_outbound_buffer_size(to->peer, 64u * (1u + limits / 16u));
    (void)wsp_peer_set_max_queued_packets(to->peer, 1u + limits % 5u);
    if ((first & 0x20) != 0)
        (void)wsp_peer_set_handlers(to->peer, &handlers, to);
    if ((first & 0x40) != 0)
        (void)wsp_peer_set_supported_protocols(to->peer, protocols, 1);
    if (wsp_peer_accept_stream(to->peer, memory_stream_get(to->pair, 0)) != WSP_OK) {
        wspi_stream_destroy(memory_stream_get(to->pair, 0));
        return false;
    }
    if ((first & 1) != 0)
        deliver(to, (const uint8_t *)REQUEST, sizeof(REQUEST) - 1);
    return true;
}

/* The other side is gone: without a deadline passing, the peer comes to its end. */
static void finish(link *with)
{
    memory_stream_lose(with->pair, 0);
    for (int i = 0; i < 100000 && wsp_peer_get_ready_state(with->peer) != WSP_STATE_CLOSED; i++) {
        wsp_peer_poll(with->peer);
        get_packets(with);
    }
    check_peer(with);
    FUZZ_CHECK(wsp_peer_get_ready_state(with->peer) == WSP_STATE_CLOSED);
    FUZZ_CHECK(with->pair->ends[0].is_destroyed);
    wsp_result error = wsp_peer_get_error(with->peer);
    fuzz_reach(error == WSP_ERR_CONNECTION_LOST                               ? LOST
               : error == WSP_OK && wsp_peer_get_close_code(with->peer) != -1 ? CLOSED_CLEANLY
               : with->has_opened                                             ? OPENED
                                                                              : REFUSED);
    if (with->has_opened)
        fuzz_reach(OPENED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    wspi_bytes input = {bytes, size};
    uint8_t first = fuzz_take_byte(&input);
    uint8_t fail_at = fuzz_take_byte(&input);
    uint8_t limits = fuzz_take_byte(&input);
    link with = {0};
    fuzz_memory_begin(fail_at % 2 == 1 ? fail_at / 2u : 0);
    if (begin(&with, first, limits)) {
        while (input.size > 0) {
            unsigned what = fuzz_take_byte(&input) % STEP_COUNT;
            uint8_t argument = fuzz_take_byte(&input);
            size_t most = what == STEP_FRAME                        ? fuzz_take_byte(&input)
                          : what <= STEP_CLOSE && what != STEP_POLL ? argument
                                                                    : 0;
            take_step(&with, what, argument, fuzz_take(&input, most));
        }
        finish(&with);
    }
    wsp_peer_destroy(with.peer);
    if (fuzz_memory_end(NULL))
        fuzz_reach(REFUSED_MEMORY);
    memory_stream_pair_destroy(with.pair);
    return 0;
}
