/* SPDX-License-Identifier: MIT */

/*
 * Runs the text vectors of tests/vectors/session_*.md against a session: each whole, byte by byte, and split
 * at each position, its input always ending in front of an unreadable page. The format is described in
 * tests/vectors/README.md. Arguments: [FOLDER] [the arguments of test.h]; the folder is WSPI_VECTOR_DIR, else
 * tests/vectors below the working directory.
 */

#define _POSIX_C_SOURCE 200809L

#include "session_fixture.h"
#include "test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef WSPI_VECTOR_DIR
#define WSPI_VECTOR_DIR "tests/vectors"
#endif

enum {
    VECTORS_AT_LEAST = 120,
    ACTIONS_MOST = 16,
    ROOMS_MOST = 8,
    EVERY_SPLIT_UP_TO = 1200,
    LONG_SPLITS = 64
};

#define FILE_PREFIX   "session_"
#define TITLE_PREFIX  "### "
#define DEFAULT_LIMIT (1u << 20)

/* -- the files ---------------------------------------------------------------- */

/* One vector as text: the lines below its title, up to the next title. */
typedef struct entry {
    char name[200]; /* `vector: TITLE` */
    const char *file;
    const char *text;
    const char *end;
    int line; /* of the title */
} entry;

static struct {
    char *files[64], *names[64];
    size_t file_count;
    entry *entries;
    size_t count, room;
} vectors;

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room + 1);
    for (size_t step = 1; text != NULL && step > 0; size += step) {
        if (room - size < 4096)
            text = realloc(text, (room *= 2) + 1);
        step = text != NULL ? fread(text + size, 1, room - size, file) : 0;
    }
    if (text != NULL)
        text[size] = '\0';
    (void)fclose(file);
    return text;
}

static const char *line_end(const char *line)
{
    const char *end = strchr(line, '\n');
    return end != NULL ? end : line + strlen(line);
}

static void add_entry(const char *file, int line, const char *title, const char *title_end)
{
    if (vectors.count == vectors.room) {
        vectors.room = 2 * vectors.room + 64;
        vectors.entries = realloc(vectors.entries, vectors.room * sizeof(*vectors.entries));
        if (vectors.entries == NULL)
            abort();
    }
    entry *added = &vectors.entries[vectors.count++];
    *added = (entry){.file = file, .line = line, .text = title_end, .end = title_end};
    (void)snprintf(added->name, sizeof(added->name), "vector: %.*s", (int)(title_end - title), title);
}

static void index_file(const char *name, const char *text)
{
    int line = 1;
    for (const char *at = text; *at != '\0'; line++) {
        const char *end = line_end(at);
        if (strncmp(at, TITLE_PREFIX, strlen(TITLE_PREFIX)) == 0)
            add_entry(name, line, at + strlen(TITLE_PREFIX), end);
        else if (vectors.count > 0 && vectors.entries[vectors.count - 1].file == name)
            vectors.entries[vectors.count - 1].end = end;
        at = *end == '\n' ? end + 1 : end;
    }
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* false: no such folder. */
static bool load(const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return false;
    for (struct dirent *item = readdir(directory); item != NULL; item = readdir(directory)) {
        const char *dot = strrchr(item->d_name, '.');
        bool is_ours = strncmp(item->d_name, FILE_PREFIX, strlen(FILE_PREFIX)) == 0;
        if (is_ours && dot != NULL && strcmp(dot, ".md") == 0 && vectors.file_count < 64)
            vectors.names[vectors.file_count++] = strdup(item->d_name);
    }
    (void)closedir(directory);
    qsort(vectors.names, vectors.file_count, sizeof(vectors.names[0]), compare_names);
    for (size_t i = 0; i < vectors.file_count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, vectors.names[i]);
        vectors.files[i] = read_file(path);
        if (vectors.files[i] != NULL)
            index_file(vectors.names[i], vectors.files[i]);
    }
    return true;
}

static void unload(void)
{
    for (size_t i = 0; i < vectors.file_count; i++) {
        free(vectors.names[i]);
        free(vectors.files[i]);
    }
    free(vectors.entries);
}

/* -- one vector ---------------------------------------------------------------- */

typedef struct action {
    char verb[8];
    unsigned long number; /* of `close` and `write` */
    wire *payload;
} action;

typedef struct vector {
    wspi_role role;
    size_t limit;
    wspi_session_room rooms[ROOMS_MOST];
    size_t room_count;
    uint8_t key[4];
    bool has_key;
    action actions[ACTIONS_MOST];
    size_t action_count;
    size_t actions_before; /* of them in front of the input */
    wire *in;
    wire *events;
    wire *out;
    int close_code; /* `out: close CODE`: a close frame with the failure's text comes last */
} vector;

/* An event in the words of session_fixture.h. */
static void parse_event(const char *value, wire *to)
{
    static const char *const types[] = {"message text", "message binary", "pong",
                                        "close",        "failed",         "stalled"};
    size_t type = 0;
    while (type < 6 && strncmp(value, types[type], strlen(types[type])) != 0)
        type++;
    if (type == 6)
        FAIL("an unknown event: %s", value);
    wire_add_string(to, types[type]);
    value += strlen(types[type]);
    if (type == 3 || type == 4) {
        char *end;
        char code[24];
        (void)snprintf(code, sizeof(code), " %lu", strtoul(value, &end, 10));
        wire_add_string(to, code);
        value = end;
    }
    wire *payload = wire_create();
    wire_add_notation(payload, value);
    if (payload->size > 0)
        wire_add_string(to, " ");
    wire_add_payload_text(to, payload->bytes, payload->size);
    wire_add_string(to, "\n");
}

static void parse_action(const char *value, vector *to)
{
    if (to->action_count == ACTIONS_MOST)
        FAIL("more than %d actions", ACTIONS_MOST);
    action *added = &to->actions[to->action_count++];
    size_t size = strcspn(value, " ");
    CHECK(size < sizeof(added->verb));
    memcpy(added->verb, value, size);
    value += size;
    if (strcmp(added->verb, "close") == 0 || strcmp(added->verb, "write") == 0) {
        char *end;
        added->number = strtoul(value, &end, 10);
        value = end;
    }
    added->payload = wire_create();
    wire_add_notation(added->payload, value);
    if (to->in->size == 0)
        to->actions_before = to->action_count;
}

static void parse_room(const char *value, vector *to)
{
    CHECK(to->room_count < ROOMS_MOST);
    char *end;
    wspi_session_room *room = &to->rooms[to->room_count++];
    room->bytes = strtoul(value, &end, 10);
    room->packets = strtoul(end, &end, 10);
    CHECK(*end == '\0');
}

static void parse_line(const char *name, const char *value, vector *to)
{
    if (strcmp(name, "role") == 0) {
        CHECK(strcmp(value, "server") == 0 || strcmp(value, "client") == 0);
        to->role = strcmp(value, "server") == 0 ? WSPI_ROLE_SERVER : WSPI_ROLE_CLIENT;
    } else if (strcmp(name, "limit") == 0) {
        to->limit = strtoul(value, NULL, 10);
    } else if (strcmp(name, "room") == 0) {
        parse_room(value, to);
    } else if (strcmp(name, "key") == 0) {
        wire *key = wire_create();
        wire_add_notation(key, value);
        CHECK_SIZE(key->size, 4);
        memcpy(to->key, key->bytes, 4);
        to->has_key = true;
    } else if (strcmp(name, "do") == 0) {
        parse_action(value, to);
    } else if (strcmp(name, "in") == 0) {
        wire_add_notation(to->in, value);
    } else if (strcmp(name, "event") == 0) {
        parse_event(value, to->events);
    } else if (strcmp(name, "out") == 0 && strncmp(value, "close ", 6) == 0) {
        to->close_code = (int)strtol(value + 6, NULL, 10);
    } else if (strcmp(name, "out") == 0) {
        wire_add_notation(to->out, value);
    } else {
        FAIL("an unknown line: %s", name);
    }
}

static void parse_vector(const entry *from, vector *to)
{
    *to =
        (vector){.limit = DEFAULT_LIMIT, .in = wire_create(), .events = wire_create(), .out = wire_create()};
    int line = from->line;
    bool has_role = false;
    for (const char *at = from->text; at < from->end; line++) {
        const char *end = line_end(at);
        TEST_NOTE("%s:%d", from->file, line);
        wire *copy = wire_create();
        wire_add(copy, at, (size_t)(end - at));
        while (copy->size > 0 && strchr(" \t\r", copy->bytes[copy->size - 1]) != NULL)
            copy->size--;
        wire_add(copy, "", 1);
        char *name = (char *)copy->bytes;
        char *colon = strchr(name, ':');
        /* Lines of prose start with >. */
        if (name[0] != '\0' && name[0] != '>') {
            if (colon == NULL)
                FAIL("a line without a colon: %s", name);
            *colon = '\0';
            has_role = has_role || strcmp(name, "role") == 0;
            parse_line(name, colon + 1 + strspn(colon + 1, " \t"), to);
        }
        at = end + 1;
    }
    CHECK(has_role);
    wire_add(to->events, "", 1);
}

/* -- running it ----------------------------------------------------------------- */

static void act(session_fixture *fixture, const action *todo, wire *output)
{
    wspi_session *session = &fixture->session;
    const uint8_t *data = todo->payload->bytes;
    size_t size = todo->payload->size;
    wsp_result result = WSP_OK;
    if (strcmp(todo->verb, "text") == 0)
        result = wspi_session_send(session, data, size, WSP_WRITE_MODE_TEXT);
    else if (strcmp(todo->verb, "binary") == 0)
        result = wspi_session_send(session, data, size, WSP_WRITE_MODE_BINARY);
    else if (strcmp(todo->verb, "ping") == 0)
        result = wspi_session_send_ping(session, data, size);
    else if (strcmp(todo->verb, "pong") == 0)
        result = wspi_session_send_pong(session, data, size);
    else if (strcmp(todo->verb, "close") == 0)
        result = wspi_session_close(session, (int)todo->number, (const char *)data, size);
    else if (strcmp(todo->verb, "write") == 0)
        CHECK_SIZE(session_fixture_write(fixture, output, todo->number), todo->number);
    else
        FAIL("an unknown action: %s", todo->verb);
    CHECK_INT(result, WSP_OK);
}

/* Feeds a piece; false when the session is stalled and the vector offers no more room. */
static bool feed(session_fixture *fixture, const vector *run, size_t *room, const uint8_t *bytes, size_t size)
{
    session_fixture_feed(fixture, bytes, size);
    while (fixture->is_stalled && *room + 1 < run->room_count) {
        fixture->room = run->rooms[++*room];
        session_fixture_feed(fixture, NULL, 0);
    }
    return !fixture->is_stalled;
}

/* The close frame that tells of a failure: the code, and the text of the event as its reason. */
static void check_failure_frame(const session_fixture *fixture, const vector *run, wire *output)
{
    wire_frame frame = wire_take_frame(output);
    CHECK_INT(frame.first, 0x88);
    CHECK_BOOL(frame.is_masked, run->role == WSPI_ROLE_CLIENT);
    CHECK(frame.payload->size >= 2);
    CHECK_INT(frame.payload->bytes[0] * 256 + frame.payload->bytes[1], run->close_code);
    CHECK(fixture->text != NULL);
    CHECK_BYTES(frame.payload->bytes + 2, frame.payload->size - 2, fixture->text, strlen(fixture->text));
}

/* Feeds [0, first) and then `step` bytes at a time. */
static void run_once(const vector *run, size_t first, size_t step, size_t write_step)
{
    session_random_reset();
    if (run->has_key)
        session_random_set_key(run->key);
    session_fixture *fixture = session_fixture_create(run->role, run->limit);
    wire *output = wire_create();
    size_t room = 0;
    if (run->room_count > 0)
        fixture->room = run->rooms[0];
    for (size_t i = 0; i < run->actions_before; i++)
        act(fixture, &run->actions[i], output);
    bool goes_on = first == 0 || feed(fixture, run, &room, run->in->bytes, first);
    for (size_t at = first; goes_on && at < run->in->size;) {
        size_t size = wspi_min(step, run->in->size - at);
        goes_on = feed(fixture, run, &room, run->in->bytes + at, size);
        at += size;
    }
    for (size_t i = run->actions_before; i < run->action_count; i++)
        act(fixture, &run->actions[i], output);
    session_fixture_check_events(fixture, (const char *)run->events->bytes);
    session_fixture_drain(fixture, output, write_step);
    CHECK_BYTES(output->bytes, wspi_min(output->size, run->out->size), run->out->bytes, run->out->size);
    wire_consume(output, run->out->size);
    if (run->close_code != 0)
        check_failure_frame(fixture, run, output);
    CHECK_SIZE(output->size, 0);
    wire_destroy(output);
    session_fixture_destroy(fixture);
}

static void run_vector(void)
{
    const entry *from = vectors.entries;
    while (strcmp(from->name, wspi_test_case_name()) != 0)
        from++;
    vector run;
    parse_vector(from, &run);
    TEST_NOTE("%s:%d, whole", from->file, from->line);
    run_once(&run, 0, SIZE_MAX, SIZE_MAX);
    TEST_NOTE("%s:%d, byte by byte", from->file, from->line);
    run_once(&run, 0, 1, 1);
    size_t size = run.in->size;
    for (size_t cut = 1; cut < size; cut++) {
        /* Splits in the middle of a long payload are alike: some are enough. */
        bool is_edge = cut <= LONG_SPLITS || cut + LONG_SPLITS >= size;
        if (size > EVERY_SPLIT_UP_TO && !is_edge && cut % (size / LONG_SPLITS) != 0)
            continue;
        TEST_NOTE("%s:%d, split at %zu", from->file, from->line, cut);
        run_once(&run, cut, SIZE_MAX, 7);
    }
}

static void the_folder_holds_the_vectors(void)
{
    CHECK(vectors.count >= VECTORS_AT_LEAST);
}

int main(int argc, char **argv)
{
    bool has_folder = argc > 1 && load(argv[1]);
    if (!has_folder && !load(WSPI_VECTOR_DIR))
        fprintf(stderr, "%s: no folder %s\n", argv[0], WSPI_VECTOR_DIR);
    wspi_test_case *cases = calloc(vectors.count + 1, sizeof(*cases));
    if (cases == NULL)
        return EXIT_FAILURE;
    cases[0] = (wspi_test_case)TEST_CASE(the_folder_holds_the_vectors);
    for (size_t i = 0; i < vectors.count; i++)
        cases[i + 1] = (wspi_test_case){vectors.entries[i].name, run_vector};
    int skip = has_folder ? 1 : 0;
    int status = wspi_test_main(cases, vectors.count + 1, argc - skip, argv + skip);
    free(cases);
    unload();
    return status;
}
