/* SPDX-License-Identifier: MIT */

/*
 * The session under test of session_fixture.h. Encodes and decodes frames by itself, so that a fault of the
 * library's frame.c cannot hide behind the same fault in its test. Its memory comes from malloc and does not
 * show in an installed allocator.
 */

#include "session_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- what is released at the end of a case ----------------------------------- */

static struct registry {
    wire **wires;
    size_t wire_count, wire_room;
    session_fixture **fixtures;
    size_t fixture_count, fixture_room;
    bool is_registered;
} registry;

static struct {
    uint8_t next;
    uint8_t key[4];
    bool has_key;
    bool fails;
    size_t calls;
    size_t bytes;
    unsigned keys_made;
} randomness;

static void release_fixture(session_fixture *fixture)
{
    wspi_session_release(&fixture->session);
    wspi_guarded_bytes_release(&fixture->window);
    free(fixture);
}

static void release_everything(void)
{
    for (size_t i = 0; i < registry.fixture_count; i++)
        release_fixture(registry.fixtures[i]);
    for (size_t i = 0; i < registry.wire_count; i++) {
        free(registry.wires[i]->bytes);
        free(registry.wires[i]);
    }
    free(registry.fixtures);
    free(registry.wires);
    memset(&registry, 0, sizeof(registry));
    memset(&randomness, 0, sizeof(randomness));
}

static void *make_room(void *array, size_t count, size_t *room, size_t item_size)
{
    if (!registry.is_registered) {
        registry.is_registered = true;
        wspi_test_at_case_end(release_everything);
    }
    if (count < *room)
        return array;
    *room = 2 * *room + 16;
    array = realloc(array, *room * item_size);
    if (array == NULL)
        abort();
    return array;
}

/* -- bytes ------------------------------------------------------------------ */

wire *wire_create(void)
{
    registry.wires =
        make_room(registry.wires, registry.wire_count, &registry.wire_room, sizeof(*registry.wires));
    wire *created = calloc(1, sizeof(*created));
    if (created == NULL)
        abort();
    created->capacity = 64;
    created->bytes = malloc(created->capacity);
    if (created->bytes == NULL)
        abort();
    registry.wires[registry.wire_count++] = created;
    return created;
}

void wire_destroy(wire *old)
{
    for (size_t i = registry.wire_count; i-- > 0;) {
        if (registry.wires[i] == old) {
            registry.wires[i] = registry.wires[--registry.wire_count];
            free(old->bytes);
            free(old);
            return;
        }
    }
}

static uint8_t *grow(wire *to, size_t size)
{
    if (to->capacity - to->size < size) {
        to->capacity = 2 * to->size + size + 64;
        to->bytes = realloc(to->bytes, to->capacity);
        if (to->bytes == NULL)
            abort();
    }
    to->size += size;
    return to->bytes + to->size - size;
}

void wire_add(wire *to, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(grow(to, size), bytes, size);
}

void wire_add_string(wire *to, const char *string)
{
    wire_add(to, string, strlen(string));
}

void wire_add_fill(wire *to, uint8_t byte, size_t count)
{
    if (count > 0)
        memset(grow(to, count), byte, count);
}

void wire_consume(wire *from, size_t size)
{
    if (size > from->size)
        FAIL("%zu bytes are to be taken of %zu", size, from->size);
    from->size -= size;
    if (size > 0)
        memmove(from->bytes, from->bytes + size, from->size);
}

void wire_add_head(wire *to, unsigned first, uint64_t length, unsigned length_bytes, const uint8_t *key)
{
    unsigned shortest = length < 126 ? 1 : length < 65536 ? 2 : 8;
    unsigned form = length_bytes == 0 ? shortest : length_bytes;
    uint8_t head[10] = {(uint8_t)first};
    uint8_t second = form == 1 ? (uint8_t)length : form == 2 ? 126 : 127;
    head[1] = (uint8_t)(second + (key != NULL ? 128 : 0));
    for (unsigned i = 0; form > 1 && i < form; i++)
        head[2 + i] = (uint8_t)(length >> (8 * (form - 1 - i)));
    wire_add(to, head, form == 1 ? 2 : 2 + form);
    if (key != NULL)
        wire_add(to, key, 4);
}

void wire_add_frame(wire *to, wspi_role from, unsigned first, const void *payload, size_t size)
{
    unsigned n = ++randomness.keys_made;
    const uint8_t key[4] = {(uint8_t)(n * 37), (uint8_t)(n * 151 + 1), (uint8_t)(n * 89 + 2),
                            (uint8_t)(n * 211 + 3)};
    wire_add_head(to, first, size, 0, from == WSPI_ROLE_CLIENT ? key : NULL);
    wire_add(to, payload, size);
    for (size_t i = 0; from == WSPI_ROLE_CLIENT && i < size; i++)
        to->bytes[to->size - size + i] ^= key[i % 4];
}

static void add_hex(wire *to, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char text[4];
        (void)snprintf(text, sizeof(text), "%s%02X", i > 0 ? " " : "", bytes[i]);
        wire_add_string(to, text);
    }
}

void wire_add_payload_text(wire *to, const void *payload, size_t size)
{
    const uint8_t *bytes = payload;
    bool is_printable = true;
    bool is_run = size > 16;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++) {
        is_printable = is_printable && bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '"';
        is_run = is_run && bytes[i] == bytes[0];
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    if (size == 0)
        return;
    char text[80];
    if (is_run) {
        (void)snprintf(text, sizeof(text), "%02X*%zu", bytes[0], size);
        wire_add_string(to, text);
    } else if (size > 200) {
        (void)snprintf(text, sizeof(text), "%zu bytes, hash %016llx", size, (unsigned long long)hash);
        wire_add_string(to, text);
    } else if (is_printable) {
        wire_add_string(to, "\"");
        wire_add(to, bytes, size);
        wire_add_string(to, "\"");
    } else {
        add_hex(to, bytes, size);
    }
}

static unsigned read_hex(const char *at, size_t digits)
{
    char text[3] = {at[0], digits > 1 ? at[1] : '\0', '\0'};
    char *end;
    unsigned long value = strtoul(text, &end, 16);
    if (digits != 2 || *end != '\0' || text[0] == '-' || text[0] == '+' || text[0] == ' ')
        FAIL("no byte in hexadecimal: %.8s", at);
    return (unsigned)value;
}

void wire_add_notation(wire *to, const char *at)
{
    size_t masked_from = SIZE_MAX;
    uint8_t key[4] = {0};
    while (at += strspn(at, " \t\r"), *at != '\0' && *at != ';') {
        if (*at == '"') {
            const char *end = strchr(at + 1, '"');
            if (end == NULL)
                FAIL("a quote is open: %s", at);
            wire_add(to, at + 1, (size_t)(end - at) - 1);
            at = end + 1;
        } else if (*at == '<') {
            for (size_t i = 0; i < 4; i++)
                key[i] = (uint8_t)read_hex(at + 1 + 2 * i, 2);
            if (at[9] != '>')
                FAIL("a key is eight digits between < and >: %s", at);
            wire_add(to, key, 4);
            masked_from = to->size;
            at += 10;
        } else {
            uint8_t byte = (uint8_t)read_hex(at, strcspn(at, " \t\r*"));
            char *end = (char *)at + 2;
            size_t count = *end == '*' ? strtoul(end + 1, &end, 10) : 1;
            wire_add_fill(to, byte, count);
            at = end;
        }
    }
    for (size_t i = masked_from; masked_from != SIZE_MAX && i < to->size; i++)
        to->bytes[i] ^= key[(i - masked_from) % 4];
}

wire_frame wire_take_frame(wire *from)
{
    wire_frame frame = {.payload = wire_create()};
    if (from->size < 2)
        FAIL("%zu bytes are no frame", from->size);
    frame.first = from->bytes[0];
    frame.is_masked = from->bytes[1] >= 128;
    unsigned short_length = from->bytes[1] % 128;
    size_t at = short_length == 126 ? 4 : short_length == 127 ? 10 : 2;
    uint64_t length = short_length < 126 ? short_length : 0;
    if (from->size < at + (frame.is_masked ? 4u : 0u))
        FAIL("the head of a frame is cut after %zu bytes", from->size);
    for (size_t i = 2; i < at; i++)
        length = length * 256 + from->bytes[i];
    if ((short_length == 126 && length < 126) || (short_length == 127 && length < 65536))
        FAIL("the length %llu is not in its shortest form", (unsigned long long)length);
    if (frame.is_masked) {
        memcpy(frame.key, from->bytes + at, 4);
        at += 4;
    }
    if (from->size - at < length)
        FAIL("a frame has %zu bytes of payload instead of %llu", from->size - at, (unsigned long long)length);
    wire_add(frame.payload, from->bytes + at, (size_t)length);
    for (size_t i = 0; frame.is_masked && i < frame.payload->size; i++)
        frame.payload->bytes[i] ^= frame.key[i % 4];
    frame.size = at + (size_t)length;
    wire_consume(from, frame.size);
    return frame;
}

/* -- randomness -------------------------------------------------------------- */

bool session_random(void *out, size_t size)
{
    uint8_t *bytes = out;
    randomness.calls++;
    if (randomness.fails)
        return false;
    for (size_t i = 0; i < size; i++)
        bytes[i] = randomness.has_key ? randomness.key[randomness.bytes++ % 4] : (uint8_t)++randomness.bytes;
    return true;
}

void session_random_set_key(const uint8_t key[4])
{
    memcpy(randomness.key, key, 4);
    randomness.has_key = true;
    randomness.bytes = 0;
}

void session_random_reset(void)
{
    memset(&randomness, 0, sizeof(randomness));
}

void session_random_set_failing(bool fails)
{
    randomness.fails = fails;
}

size_t session_random_calls(void)
{
    return randomness.calls;
}

size_t session_random_bytes(void)
{
    return randomness.bytes;
}

/* -- sessions ---------------------------------------------------------------- */

session_fixture *session_fixture_create(wspi_role role, size_t message_limit)
{
    registry.fixtures = make_room(registry.fixtures, registry.fixture_count, &registry.fixture_room,
                                  sizeof(*registry.fixtures));
    session_fixture *fixture = calloc(1, sizeof(*fixture));
    if (fixture == NULL)
        abort();
    wspi_session_init(&fixture->session, role, message_limit, session_random);
    registry.fixtures[registry.fixture_count++] = fixture;
    fixture->room = (wspi_session_room){SIZE_MAX, SIZE_MAX};
    fixture->events = wire_create();
    fixture->pending = wire_create();
    fixture->is_recording = true;
    return fixture;
}

void session_fixture_destroy(session_fixture *fixture)
{
    for (size_t i = 0; i < registry.fixture_count; i++) {
        if (registry.fixtures[i] == fixture) {
            registry.fixtures[i] = registry.fixtures[--registry.fixture_count];
            wire_destroy(fixture->events);
            wire_destroy(fixture->pending);
            release_fixture(fixture);
            return;
        }
    }
    FAIL("no fixture of this case");
}

static void record(session_fixture *fixture, const char *words, const wspi_session_event *event)
{
    if (!fixture->is_recording)
        return;
    wire_add_string(fixture->events, words);
    if (event != NULL && event->size > 0) {
        wire_add_string(fixture->events, " ");
        wire_add_payload_text(fixture->events, event->data, event->size);
    }
    wire_add_string(fixture->events, "\n");
}

static void check_failure(session_fixture *fixture, const wspi_session_event *event)
{
    wsp_result wanted = event->code == WSP_CLOSE_MESSAGE_TOO_BIG || event->code == WSP_CLOSE_POLICY_VIOLATION
                            ? WSP_ERR_MESSAGE_TOO_BIG
                        : event->code == WSP_CLOSE_INTERNAL_ERROR ? WSP_ERR_OUT_OF_MEMORY
                                                                  : WSP_ERR_PROTOCOL;
    CHECK_INT(event->result, wanted);
    CHECK(event->text != NULL && event->text[0] != '\0');
    fixture->text = event->text;
    fixture->result = event->result;
}

static void report(session_fixture *fixture, wspi_session_event_type type, const wspi_session_event *event)
{
    char words[40];
    switch (type) {
    case WSPI_SESSION_MORE: return;
    case WSPI_SESSION_STALLED: record(fixture, "stalled", NULL); return;
    case WSPI_SESSION_MESSAGE:
        fixture->messages++;
        record(fixture, event->is_text ? "message text" : "message binary", event);
        return;
    case WSPI_SESSION_PONG:
        fixture->pongs++;
        record(fixture, "pong", event);
        return;
    case WSPI_SESSION_CLOSE:
        (void)snprintf(words, sizeof(words), "close %d", event->code);
        record(fixture, words, event);
        return;
    case WSPI_SESSION_FAILED:
        check_failure(fixture, event);
        (void)snprintf(words, sizeof(words), "failed %d", event->code);
        record(fixture, words, NULL);
        return;
    }
    FAIL("an event of unknown type %d", (int)type);
}

/* The bytes that wait, moved to the end of the guarded window. */
static uint8_t *expose_pending(session_fixture *fixture)
{
    const wire *pending = fixture->pending;
    if (fixture->window.data == NULL || fixture->window.size < pending->size) {
        wspi_guarded_bytes_release(&fixture->window);
        wire *filler = wire_create();
        wire_add_fill(filler, 0xee, 2 * pending->size + 256);
        fixture->window = wspi_guarded_bytes_make(filler->bytes, filler->size);
        wire_destroy(filler);
    }
    uint8_t *bytes = fixture->window.data + fixture->window.size - pending->size;
    if (pending->size > 0)
        memcpy(bytes, pending->bytes, pending->size);
    return bytes;
}

void session_fixture_feed(session_fixture *fixture, const void *bytes, size_t size)
{
    wire *pending = fixture->pending;
    wire_add(pending, bytes, size);
    uint8_t *exposed = expose_pending(fixture);
    wspi_session_event_type type;
    do {
        wspi_session_event event = {0};
        size_t consumed = SIZE_MAX;
        type =
            wspi_session_feed(&fixture->session, exposed, pending->size, &fixture->room, &consumed, &event);
        CHECK(consumed <= pending->size);
        report(fixture, type, &event);
        /* bad-inputs F12: nothing is written outside the frames that were used. */
        if (type != WSPI_SESSION_FAILED && pending->size > consumed &&
            memcmp(exposed + consumed, pending->bytes + consumed, pending->size - consumed) != 0)
            FAIL("bytes that were not used were changed");
        exposed += consumed;
        wire_consume(pending, consumed);
    } while (type != WSPI_SESSION_MORE && type != WSPI_SESSION_STALLED);
    fixture->is_stalled = type == WSPI_SESSION_STALLED;
}

void session_fixture_feed_frame(session_fixture *fixture, unsigned first, const void *payload, size_t size)
{
    wspi_role from = fixture->session.role == WSPI_ROLE_SERVER ? WSPI_ROLE_CLIENT : WSPI_ROLE_SERVER;
    wire *frame = wire_create();
    wire_add_frame(frame, from, first, payload, size);
    session_fixture_feed(fixture, frame->bytes, frame->size);
    wire_destroy(frame);
}

void session_fixture_check_events(session_fixture *fixture, const char *wanted)
{
    wire_add(fixture->events, "", 1);
    CHECK_STRING((const char *)fixture->events->bytes, wanted);
    fixture->events->size = 0;
}

void session_fixture_check_failed(session_fixture *fixture, int code)
{
    char wanted[32];
    (void)snprintf(wanted, sizeof(wanted), "failed %d\n", code);
    session_fixture_check_events(fixture, wanted);
    CHECK_INT(fixture->session.closing, WSPI_CLOSING_FAILED);
    wire *output = wire_create();
    session_fixture_drain(fixture, output, SIZE_MAX);
    uint8_t code_bytes[2] = {(uint8_t)(code / 256), (uint8_t)(code % 256)};
    wire *payload = wire_create();
    wire_add(payload, code_bytes, 2);
    wire_add_string(payload, fixture->text);
    CHECK_BOOL(output->size > 1 && output->bytes[1] >= 128, fixture->session.role == WSPI_ROLE_CLIENT);
    session_fixture_check_frame(output, 0x88, payload->bytes, payload->size);
    CHECK_SIZE(output->size, 0);
}

size_t session_fixture_write(session_fixture *fixture, wire *to, size_t limit)
{
    wspi_bytes pieces[WSPI_SESSION_PIECES];
    size_t count = wspi_session_get_output(&fixture->session, pieces);
    CHECK(count <= WSPI_SESSION_PIECES);
    CHECK(count == 0 || wspi_session_has_output(&fixture->session));
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(pieces[i].size > 0);
        size_t step = wspi_min(pieces[i].size, limit - written);
        wire_add(to, pieces[i].data, step);
        written += step;
    }
    if (written > 0)
        wspi_session_output_written(&fixture->session, written);
    return written;
}

void session_fixture_drain(session_fixture *fixture, wire *to, size_t step)
{
    while (session_fixture_write(fixture, to, step) > 0) {}
    CHECK(!wspi_session_has_output(&fixture->session));
    CHECK_SIZE(wspi_session_get_queued_payload(&fixture->session), 0);
    CHECK_SIZE(wspi_session_get_queued_messages(&fixture->session), 0);
}

void session_fixture_check_frame(wire *output, unsigned first, const void *payload, size_t size)
{
    wire_frame frame = wire_take_frame(output);
    CHECK_INT(frame.first, first);
    CHECK_BYTES(frame.payload->bytes, frame.payload->size, payload, size);
}
