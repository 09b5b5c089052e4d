/* SPDX-License-Identifier: MIT */
/*
 * Plays the sessions recorded from Godot (tests/vectors/multiplayer_*.md): the recorded client against our
 * server, the recorded server against our client, each over a bare socket, byte by byte. What cannot be the
 * same is what either side chooses: ids of our server, masking keys and the handshake key of our client.
 */
#include "net/os.h"
#include "net_fixture.h"
#include "protocol/accept_key.h"
#include "test.h"
#include "wspeer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WSPI_VECTOR_DIR
#define WSPI_VECTOR_DIR "tests/vectors"
#endif

#define CHECK_RESULT(call, wanted) CHECK_STRING(wsp_result_string(call), wsp_result_string(wanted))

typedef struct run_of_bytes {
    uint8_t bytes[256];
    size_t size;
} run_of_bytes;

/* The session that is being played; closed when the case ends. */
static struct {
    char text[4096];
    wsp_multiplayer *ours;
    wspi_socket socket;
    wspi_socket listener;
    int32_t id;
    run_of_bytes unread; /* what the socket gave beyond what was looked at */
} play = {.socket = WSPI_NO_SOCKET, .listener = WSPI_NO_SOCKET};

static void clean_up(void)
{
    wsp_multiplayer_destroy(play.ours);
    wspi_os_close(play.socket);
    wspi_os_close(play.listener);
    play.ours = NULL;
    play.socket = play.listener = WSPI_NO_SOCKET;
    play.unread.size = 0;
}

static void load(const char *name)
{
    char path[256];
    const char *folder = getenv("WSPI_VECTOR_DIR");
    (void)snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : WSPI_VECTOR_DIR, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        FAIL("no file %s: tests run in the top folder of the repository", path);
    size_t size = fread(play.text, 1, sizeof play.text - 1, file);
    (void)fclose(file);
    play.text[size] = '\0';
    CHECK(size < sizeof play.text - 1);
    wspi_test_at_case_end(clean_up);
}

/* The next line that starts with `    KEY: `, from *at on; copies what follows. false at the end. */
static bool next_line(const char **at, char *key, size_t key_size, char *value, size_t value_size)
{
    for (;;) {
        const char *end = strchr(*at, '\n');
        if (end == NULL)
            return false;
        const char *line = *at;
        *at = end + 1;
        const char *colon = strstr(line, ": ");
        if (strncmp(line, "    ", 4) != 0 || colon == NULL || colon > end)
            continue;
        (void)snprintf(key, key_size, "%.*s", (int)(colon - line - 4), line + 4);
        (void)snprintf(value, value_size, "%.*s", (int)(end - colon - 2), colon + 2);
        return true;
    }
}

static void append(char *out, size_t capacity, const char *text)
{
    size_t used = strlen(out);
    CHECK(strlen(text) < capacity - used);
    memcpy(out + used, text, strlen(text) + 1);
}

/* All lines with this key, each with `joint` behind it. */
static void collect(const char *wanted, const char *joint, char *out, size_t capacity)
{
    char key[64], value[200];
    out[0] = '\0';
    for (const char *at = play.text; next_line(&at, key, sizeof key, value, sizeof value);)
        if (strcmp(key, wanted) == 0) {
            append(out, capacity, value);
            append(out, capacity, joint);
        }
}

/* The same as an HTTP head. */
static void collect_head(const char *wanted, char *out, size_t capacity)
{
    collect(wanted, "\r\n", out, capacity);
    append(out, capacity, "\r\n");
}

static void add_byte(run_of_bytes *run, uint8_t byte)
{
    CHECK(run->size < sizeof run->bytes);
    run->bytes[run->size++] = byte;
}

/* Hexadecimal pairs, "text", ID, and <MASK>: a masking key, which stands for itself and masks the rest. */
static run_of_bytes parse_bytes(const char *text)
{
    run_of_bytes run = {.size = 0};
    uint8_t mask[4] = {0};
    size_t masked_from = sizeof run.bytes;
    while (*text != '\0') {
        if (*text == '"') {
            for (text++; *text != '"'; text++)
                add_byte(&run, (uint8_t)*text);
            text++;
        } else if (strncmp(text, "ID", 2) == 0) {
            for (int i = 0; i < 4; i++)
                add_byte(&run, (uint8_t)((uint32_t)play.id >> (8 * i)));
            text += 2;
        } else if (*text == '<') {
            uint32_t key = (uint32_t)strtoul(text + 1, NULL, 16);
            for (int i = 0; i < 4; i++)
                add_byte(&run, mask[i] = (uint8_t)(key >> (24 - 8 * i)));
            masked_from = run.size;
            text += 10;
        } else if (*text == ' ') {
            text++;
        } else {
            char pair[3] = {text[0], text[1], '\0'};
            add_byte(&run, (uint8_t)strtoul(pair, NULL, 16));
            text += 2;
        }
    }
    for (size_t i = masked_from; i < run.size; i++)
        run.bytes[i] ^= mask[(i - masked_from) % 4];
    return run;
}

/* -- the socket ------------------------------------------------------------ */

static void send_bytes(const void *bytes, size_t size)
{
    wspi_bytes piece = {bytes, size};
    size_t sent = 0;
    int error = 0;
    CHECK_INT(wspi_os_send(play.socket, &piece, 1, &sent, &error), WSPI_IO_OK);
    CHECK_SIZE(sent, size);
}

/* Reads into `unread` until it holds at least that many bytes. */
static void read_at_least(size_t size)
{
    double until = wsp_now() + FIXTURE_DEADLINE_SECONDS;
    while (play.unread.size < size) {
        size_t got = 0;
        int error = 0;
        (void)wsp_multiplayer_poll_wait(play.ours, 0.001);
        wspi_io io = wspi_os_receive(play.socket, play.unread.bytes + play.unread.size,
                                     sizeof play.unread.bytes - play.unread.size, &got, &error);
        if (io == WSPI_IO_OK)
            play.unread.size += got;
        if (wsp_now() > until)
            FAIL("%zu bytes came, %zu are expected", play.unread.size, size);
    }
}

static void drop_read(size_t size)
{
    play.unread.size -= size;
    memmove(play.unread.bytes, play.unread.bytes + size, play.unread.size);
}

/* Reads an HTTP head, its empty line included. */
static void read_head(char *out, size_t capacity)
{
    size_t size = 0;
    do {
        CHECK(size + 2 < capacity);
        read_at_least(1);
        out[size++] = (char)play.unread.bytes[0];
        out[size] = '\0';
        drop_read(1);
    } while (size < 4 || strcmp(out + size - 4, "\r\n\r\n") != 0);
}

/* The frames that came are those recorded, but for the masking key. */
static void expect_frame(run_of_bytes wanted)
{
    size_t masked = (wanted.bytes[1] & 0x80) != 0 ? 4 : 0;
    read_at_least(wanted.size);
    uint8_t *seen = play.unread.bytes;
    for (size_t i = 2 + masked; masked > 0 && i < wanted.size; i++) {
        seen[i] = (uint8_t)(seen[i] ^ seen[2 + (i - 6) % 4]);
        wanted.bytes[i] = (uint8_t)(wanted.bytes[i] ^ wanted.bytes[2 + (i - 6) % 4]);
    }
    CHECK_BYTES(seen, 2, wanted.bytes, 2);
    CHECK_BYTES(seen + 2 + masked, wanted.size - 2 - masked, wanted.bytes + 2 + masked,
                wanted.size - 2 - masked);
    drop_read(wanted.size);
}

/* -- our side -------------------------------------------------------------- */

static void set_protocols(const char *key)
{
    char names[100];
    const char *list[4] = {NULL};
    size_t count = 0;
    collect(key, " ", names, sizeof names);
    for (char *at = names; *at != '\0'; count++) {
        char *end = strchr(at, ' ');
        list[count] = at;
        *end = '\0';
        at = end + 1;
    }
    CHECK_RESULT(wsp_multiplayer_set_supported_protocols(play.ours, list, count), WSP_OK);
}

static void create_ours(const char *protocols_key)
{
    char dialect[32];
    collect("dialect", "", dialect, sizeof dialect);
    play.ours = wsp_multiplayer_create();
    bool is_godot3 = strcmp(dialect, "godot3") == 0;
    CHECK_RESULT(wsp_multiplayer_set_dialect(play.ours, is_godot3 ? WSP_MULTIPLAYER_DIALECT_GODOT3
                                                                  : WSP_MULTIPLAYER_DIALECT_GODOT4),
                 WSP_OK);
    set_protocols(protocols_key);
}

static int32_t parse_id(const char *text)
{
    return strncmp(text, "ID", 2) == 0 ? play.id : (int32_t)strtol(text, NULL, 10);
}

static void expect_packet(int32_t sender, run_of_bytes wanted)
{
    size_t size = 0;
    double until = wsp_now() + FIXTURE_DEADLINE_SECONDS;
    while (wsp_multiplayer_get_available_packet_count(play.ours) == 0) {
        (void)wsp_multiplayer_poll_wait(play.ours, 0.01);
        if (wsp_now() > until)
            FAIL("no packet came");
    }
    CHECK_INT(wsp_multiplayer_get_packet_peer(play.ours), sender);
    const uint8_t *packet = wsp_multiplayer_get_packet(play.ours, &size);
    CHECK_BYTES(packet, size, wanted.bytes, wanted.size);
}

/* Follows the record from the first frame: `we` is "server" or "client". */
static void follow(const char *we, const char *from_us, const char *to_us)
{
    char key[64], value[200];
    for (const char *at = play.text; next_line(&at, key, sizeof key, value, sizeof value);) {
        TEST_NOTE("%s: %s", key, value);
        bool has_bytes =
            strstr(key, ">") != NULL || strstr(key, " puts ") != NULL || strstr(key, " gets ") != NULL;
        run_of_bytes bytes = parse_bytes(has_bytes ? value : "");
        bool is_ours = strncmp(key, we, strlen(we)) == 0;
        if (strcmp(key, from_us) == 0) {
            expect_frame(bytes);
        } else if (strcmp(key, to_us) == 0) {
            send_bytes(bytes.bytes, bytes.size);
        } else if (is_ours && strstr(key, " puts ") != NULL) {
            wsp_multiplayer_set_target_peer(play.ours, parse_id(strrchr(key, ' ') + 1));
            CHECK_RESULT(wsp_multiplayer_put_packet(play.ours, bytes.bytes, bytes.size), WSP_OK);
        } else if (is_ours && strstr(key, " gets ") != NULL) {
            expect_packet(parse_id(strrchr(key, ' ') + 1), bytes);
        }
    }
    CHECK_SIZE(play.unread.size, 0);
    CHECK_SIZE(wsp_multiplayer_get_available_packet_count(play.ours), 0);
}

static void remember_id(wsp_multiplayer *multiplayer, int32_t id, void *user)
{
    (void)multiplayer;
    (void)user;
    play.id = id;
}

static void play_client_against_our_server(const char *name)
{
    const wsp_multiplayer_handlers handlers = {.peer_connected = remember_id};
    char request[1024], response[1024], head[1024];
    int error = 0;
    load(name);
    create_ours("server allows");
    CHECK_RESULT(wsp_multiplayer_set_handlers(play.ours, &handlers, NULL), WSP_OK);
    CHECK_RESULT(wsp_multiplayer_create_server(play.ours, 0, "127.0.0.1", NULL), WSP_OK);
    wspi_address to = fixture_ipv4(1, wsp_multiplayer_get_local_port(play.ours));
    play.socket = fixture_connect(&to, &error);
    CHECK(play.socket != WSPI_NO_SOCKET);
    collect_head("request", request, sizeof request);
    send_bytes(request, strlen(request));
    read_head(head, sizeof head);
    /* Every line recorded is among ours, the first one first; their order is nobody's business. */
    collect("response", "\r\n", response, sizeof response);
    CHECK(strncmp(head, "HTTP/1.1 101 Switching Protocols\r\n", 34) == 0);
    for (char *line = response; *line != '\0';) {
        char *end = strstr(line, "\r\n") + 2;
        char saved = *end;
        *end = '\0';
        CHECK_CONTAINS(head, line);
        *end = saved;
        line = end;
    }
    follow("server", "S>C", "C>S");
}

static void answer_handshake(void)
{
    char head[1024], response[1024], key[64] = "", accept[64] = "";
    read_head(head, sizeof head);
    const char *field = strstr(head, "Sec-WebSocket-Key: ");
    CHECK(field != NULL);
    (void)snprintf(key, sizeof key, "%.24s", field + strlen("Sec-WebSocket-Key: "));
    CHECK(wspi_key_accept(key, accept));
    collect_head("response", response, sizeof response);
    char *recorded = strstr(response, "Sec-WebSocket-Accept: ") + strlen("Sec-WebSocket-Accept: ");
    memcpy(recorded, accept, strlen(accept));
    send_bytes(response, strlen(response));
}

static void play_server_against_our_client(const char *name)
{
    char url[64], id[32];
    load(name);
    collect("id", "", id, sizeof id);
    play.id = parse_id(id);
    create_ours("client offers");
    wspi_address address = fixture_ipv4(1, 0);
    play.listener = fixture_listen(&address);
    (void)snprintf(url, sizeof url, "ws://127.0.0.1:%u/", address.port);
    CHECK_RESULT(wsp_multiplayer_create_client(play.ours, url, NULL), WSP_OK);
    wsp_multiplayer_poll(play.ours);
    play.socket = fixture_accept(play.listener, NULL);
    answer_handshake();
    double until = wsp_now() + FIXTURE_DEADLINE_SECONDS;
    /* The id message is the first frame of the record; what comes behind it is followed in order. */
    char key[64], value[200];
    const char *at = play.text;
    while (next_line(&at, key, sizeof key, value, sizeof value) && strcmp(key, "S>C") != 0)
        continue;
    run_of_bytes first = parse_bytes(value);
    send_bytes(first.bytes, first.size);
    memmove(play.text, at, strlen(at) + 1);
    while (wsp_multiplayer_get_connection_status(play.ours) != WSP_CONNECTION_CONNECTED) {
        (void)wsp_multiplayer_poll_wait(play.ours, 0.01);
        CHECK(wsp_now() < until);
    }
    CHECK_INT(wsp_multiplayer_get_unique_id(play.ours), play.id);
    follow("client", "C>S", "S>C");
}

static void a_godot4_client_plays_with_our_server(void)
{
    play_client_against_our_server("multiplayer_godot4.md");
}

static void a_godot4_server_plays_with_our_client(void)
{
    play_server_against_our_client("multiplayer_godot4.md");
}

static void a_godot3_client_plays_with_our_server(void)
{
    play_client_against_our_server("multiplayer_godot3.md");
}

static void a_godot3_server_plays_with_our_client(void)
{
    play_server_against_our_client("multiplayer_godot3.md");
}

static const wspi_test_case cases[] = {
    TEST_CASE(a_godot4_client_plays_with_our_server),
    TEST_CASE(a_godot4_server_plays_with_our_client),
    TEST_CASE(a_godot3_client_plays_with_our_server),
    TEST_CASE(a_godot3_server_plays_with_our_client),
};

TEST_MAIN(cases)
