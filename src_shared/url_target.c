/* SPDX-License-Identifier: MIT */

/*
 * Makes the request target of a URL as browsers do: the path state and the query state of the URL standard
 * for special schemes. Does not check its input, which url.c did, and does not decode anything.
 */

#include "url_target.h"

#include "memory.h"
#include "text.h"

#include <string.h>

/* Written to from the front; removing a segment shortens it again. Three bytes for each of the input suffice.
 */
typedef struct target {
    char *data;
    size_t size;
} target;

static void put(target *out, char byte)
{
    out->data[out->size++] = byte;
}

/* Percent-encodes bytes above 0x7E, space, `"<>` and those in `also`; copies the others. */
static void put_encoded(target *out, const char *bytes, size_t size, const char *also)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        bool is_plain =
            byte > ' ' && byte < 0x7f && strchr("\"<>", byte) == NULL && strchr(also, byte) == NULL;
        if (is_plain) {
            put(out, bytes[i]);
        } else {
            put(out, '%');
            put(out, digits[byte >> 4]);
            put(out, digits[byte & 15]);
        }
    }
}

/* How many dots the segment consists of, `%2e` being one; 0 when it has anything else in it. */
static size_t count_dots(const char *segment, size_t size)
{
    size_t count = 0;
    for (size_t at = 0; at < size; count++) {
        if (segment[at] == '.')
            at += 1;
        else if (wspi_text_equal_ignore_case(segment + at, wspi_min(size - at, 3), "%2e", 3))
            at += 3;
        else
            return 0;
    }
    return count;
}

static void remove_last_segment(target *out)
{
    while (out->size > 0 && out->data[--out->size] != '/') {}
}

/* `path` is empty or starts with a slash. */
static void put_path(target *out, const char *path, size_t size)
{
    size_t at = 0;
    do {
        size_t begin = at < size ? at + 1 : at;
        const char *slash = begin < size ? memchr(path + begin, '/', size - begin) : NULL;
        size_t end = slash != NULL ? (size_t)(slash - path) : size;
        size_t dots = count_dots(path + begin, end - begin);
        if (dots == 2)
            remove_last_segment(out);
        if (dots != 1 && dots != 2) {
            put(out, '/');
            /* As Chromium. Firefox sends '|' as it is, which RFC 3986 does not allow. */
            put_encoded(out, path + begin, end - begin, "^`{|}");
        } else if (end == size) {
            put(out, '/');
        }
        at = end;
    } while (at < size);
}

char *wspi_url_make_target(const char *text, size_t size)
{
    if (size > SIZE_MAX / 4)
        return NULL;
    size_t capacity = 3 * size + 2;
    target out = {.data = wspi_allocate(capacity)};
    if (out.data == NULL)
        return NULL;
    const char *question_mark = size > 0 ? memchr(text, '?', size) : NULL;
    size_t path_size = question_mark != NULL ? (size_t)(question_mark - text) : size;
    put_path(&out, text, path_size);
    if (question_mark != NULL) {
        put(&out, '?');
        put_encoded(&out, text + path_size + 1, size - path_size - 1, "'");
    }
    put(&out, '\0');
    /* wspi_string_free tells the size from the length, so the block may not be longer than the string. */
    char *exact = wspi_reallocate(out.data, capacity, out.size);
    if (exact == NULL)
        wspi_free(out.data, capacity);
    return exact;
}
