/* SPDX-License-Identifier: MIT */

/*
 * Message building without stdio. What the array holds is always the uncut message, or a prefix of it that
 * ends at a character boundary: after a cut nothing more is added. Knows ASCII letter case only.
 */

#include "text.h"

#include "utf8.h"

#include <string.h>

void wspi_text_begin(wspi_text *text, char *array, size_t capacity)
{
    *text = (wspi_text){.data = array, .capacity = capacity};
    array[0] = '\0';
}

/* How many bytes a character starting with this byte has; 1 also for bytes that start none. */
static size_t character_size(uint8_t first)
{
    if (first >= 0xf0)
        return 4;
    if (first >= 0xe0)
        return 3;
    return first >= 0xc0 ? 2 : 1;
}

/* Where the last character begins if it is not whole, else `size`. */
static size_t size_of_whole_characters(const char *bytes, size_t size)
{
    for (size_t back = 1; back <= 3 && back <= size; back++) {
        uint8_t byte = (uint8_t)bytes[size - back];
        if (byte < 0x80 || byte >= 0xc0)
            return character_size(byte) > back ? size - back : size;
    }
    return size;
}

void wspi_text_add_bytes(wspi_text *text, const char *bytes, size_t size)
{
    if (text->is_cut || size == 0)
        return;
    size_t fitting = wspi_min(size, text->capacity - 1 - text->size);
    memcpy(text->data + text->size, bytes, fitting);
    text->size += fitting;
    if (fitting < size) {
        text->is_cut = true;
        text->size = size_of_whole_characters(text->data, text->size);
    }
    text->data[text->size] = '\0';
}

void wspi_text_add(wspi_text *text, const char *string)
{
    wspi_text_add_bytes(text, string, strlen(string));
}

/* Bytes of the well-formed character at the start of the bytes; 0 when there is none. */
static size_t well_formed_size(const char *bytes, size_t size)
{
    size_t wanted = character_size((uint8_t)bytes[0]);
    return wanted <= size && wspi_utf8_is_valid(bytes, wanted) ? wanted : 0;
}

/* C0 controls, DEL, and the C1 controls U+0080-U+009F, which some terminals obey too. */
static bool is_control(const char *character)
{
    uint8_t first = (uint8_t)character[0];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && (uint8_t)character[1] < 0xa0);
}

void wspi_text_add_printable(wspi_text *text, const void *bytes, size_t size, size_t max)
{
    const char *from = bytes;
    size_t at = 0;
    while (at < size && at < max) {
        size_t length = well_formed_size(from + at, size - at);
        if (length > max - at)
            return;
        if (length == 0 || is_control(from + at))
            wspi_text_add_bytes(text, "?", 1);
        else
            wspi_text_add_bytes(text, from + at, length);
        at += length > 0 ? length : 1;
    }
}

void wspi_text_add_number(wspi_text *text, uint64_t number)
{
    char digits[20]; /* UINT64_MAX has 20. */
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    wspi_text_add_bytes(text, digits + first, sizeof(digits) - first);
}

void wspi_text_set(wspi_text *text, const char *string)
{
    if (text == NULL)
        return;
    wspi_text_begin(text, text->data, text->capacity);
    wspi_text_add(text, string);
}

bool wspi_text_equal_ignore_case(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size != b_size)
        return false;
    for (size_t i = 0; i < a_size; i++) {
        if (wspi_text_lower(a[i]) != wspi_text_lower(b[i]))
            return false;
    }
    return true;
}

char wspi_text_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}
