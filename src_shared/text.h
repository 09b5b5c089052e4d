/* SPDX-License-Identifier: MIT */
#ifndef WSPI_TEXT_H
#define WSPI_TEXT_H

/*
 * Builds messages in an array of the caller's without stdio. What does not fit
 * is cut at a character boundary (UTF-8); the array is always terminated.
 */

#include "bytes.h"

typedef struct wspi_text {
    char *data;
    size_t size;     /* bytes in use, the NUL not counted */
    size_t capacity; /* of the array, the NUL counted */
    bool is_cut;     /* something did not fit; nothing more is added */
} wspi_text;

/* Room for any error message of the library, the NUL included. */
#define WSPI_MESSAGE_CAPACITY 512

/* Starts an empty text over `array` of capacity >= 1. */
void wspi_text_begin(wspi_text *text, char *array, size_t capacity);

/* Appends a C string as it is. */
void wspi_text_add(wspi_text *text, const char *string);

/* Appends bytes as they are. */
void wspi_text_add_bytes(wspi_text *text, const char *bytes, size_t size);

/* Appends at most `max` of the bytes; control bytes, DEL and invalid UTF-8 become '?'. For text from outside.
 */
void wspi_text_add_printable(wspi_text *text, const void *bytes, size_t size, size_t max);

/* Appends a decimal number. */
void wspi_text_add_number(wspi_text *text, uint64_t number);

/* Replaces what the text holds with one string. A NULL text is allowed and ignored. */
void wspi_text_set(wspi_text *text, const char *string);

/* ASCII case-insensitive equality of two byte strings. */
bool wspi_text_equal_ignore_case(const char *a, size_t a_size, const char *b, size_t b_size);

/* ASCII lower case of one byte; others unchanged. */
char wspi_text_lower(char c);

#endif
