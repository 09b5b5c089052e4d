/* SPDX-License-Identifier: MIT */

/*
 * Lists in HTTP fields (http_token.c, extension_list.c): the lists of extensions against a grammar of RFC
 * 6455 9.1 that is written down here a second time, elements against their definition, and what a program
 * hands in as subprotocols and header lines against what a server of ours takes.
 */

#include "fuzz.h"
#include "http_token.h"
#include "protocol/extension_list.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 300000;

enum { EXTENSIONS, NO_EXTENSIONS, PROTOCOLS, HEADERS };
const char *const fuzz_outcomes[] = {"a list of extensions", "a list that is none", "subprotocols to be sent",
                                     "a header line to be sent", NULL};

void fuzz_add_seeds(void)
{
    FUZZ_SEED("permessage-deflate; client_max_window_bits; server_max_window_bits=10, x-other");
    FUZZ_SEED("a;b=\"c\", d; e=\"f\\g\" ,, h");
    FUZZ_SEED("a;b=\"c,d\"");
    FUZZ_SEED("a;b=\"\", \"c\"");
    FUZZ_SEED("chat");
    FUZZ_SEED("a,b,,\t c \t,d");
    FUZZ_SEED("Cookie: a=b; c=\"d\"");
    FUZZ_SEED("X-Name:value with spaces\t");
    FUZZ_SEED("Sec-WebSocket-Key: x");
    FUZZ_SEED("a;b=\"\\\"\"");
}

/* -- the grammar a second time ---------------------------------------------------- */

typedef struct reader {
    const uint8_t *at, *end;
} reader;

static void skip_space(reader *from)
{
    while (from->at < from->end && (*from->at == ' ' || *from->at == '\t'))
        from->at++;
}

static bool take(reader *from, char c)
{
    skip_space(from);
    if (from->at == from->end || *from->at != (uint8_t)c)
        return false;
    from->at++;
    return true;
}

static bool is_tchar(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool take_token(reader *from)
{
    skip_space(from);
    const uint8_t *start = from->at;
    while (from->at < from->end && is_tchar(*from->at))
        from->at++;
    return from->at > start;
}

static bool take_quoted_token(reader *from)
{
    const uint8_t *start = from->at;
    for (; from->at < from->end && *from->at != '"'; from->at++) {
        if (*from->at == '\\' && ++from->at == from->end)
            return false;
        if (!is_tchar(*from->at))
            return false;
    }
    return from->at > start && take(from, '"');
}

static bool take_extension(reader *from)
{
    if (!take_token(from))
        return false;
    while (take(from, ';')) {
        if (!take_token(from))
            return false;
        if (take(from, '=') && !(take(from, '"') ? take_quoted_token(from) : take_token(from)))
            return false;
    }
    return true;
}

static bool is_list(const uint8_t *bytes, size_t size)
{
    reader from = {bytes, bytes + size};
    for (;;) {
        while (take(&from, ',')) {}
        skip_space(&from);
        if (from.at == from.end)
            return true;
        if (!take_extension(&from))
            return false;
        skip_space(&from);
        if (from.at < from.end && *from.at != ',')
            return false;
    }
}

/* -- checks --------------------------------------------------------------------------- */

static void check_elements(const char *list, size_t size)
{
    size_t offset = 0, before = 0;
    wspi_bytes element;
    while (wspi_http_next_element(list, size, &offset, &element)) {
        FUZZ_CHECK(offset > before && offset <= size);
        const char *text = (const char *)element.data;
        FUZZ_CHECK(element.size > 0 && text >= list && text + element.size <= list + size);
        FUZZ_CHECK(wspi_http_trim(text, element.size).size == element.size);
        bool is_token = true;
        for (size_t i = 0; i < element.size; i++)
            is_token = is_token && is_tchar(element.data[i]);
        FUZZ_CHECK(wspi_http_is_token(text, element.size) == is_token);
        char *copy = fuzz_copy_string(text, element.size);
        FUZZ_CHECK(!is_token || wspi_http_list_has(list, size, copy));
        free(copy);
        before = offset;
    }
}

/* The input as one string, as a program hands it in. */
static void check_ours(const char *text)
{
    char message[WSPI_MESSAGE_CAPACITY];
    wspi_text why;
    wspi_string_list list = {0};
    wspi_text_begin(&why, message, sizeof(message));
    bool is_protocol = wspi_check_protocols(&text, 1, &why);
    FUZZ_CHECK(is_protocol == (message[0] == '\0'));
    FUZZ_CHECK(!is_protocol || wspi_http_is_token(text, strlen(text)));
    wspi_text_set(&why, "");
    bool is_header = wspi_check_headers(&text, 1, &why);
    FUZZ_CHECK(is_header == (message[0] == '\0') && wspi_utf8_is_valid(message, strlen(message)));
    if (is_header) {
        const char *colon = strchr(text, ':');
        FUZZ_CHECK(colon != NULL && wspi_http_is_token(text, (size_t)(colon - text)));
        FUZZ_CHECK(wspi_http_is_value(colon, strlen(colon)) && strpbrk(text, "\r\n") == NULL);
    }
    fuzz_reach(is_header ? HEADERS : is_protocol ? PROTOCOLS : NO_EXTENSIONS);
    FUZZ_CHECK(wspi_string_list_set(&list, &text, 1) == WSP_OK && strcmp(list.strings[0], text) == 0);
    wspi_string_list_release(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_memory_begin(0);
    uint8_t *copy = fuzz_copy(bytes, size);
    char *string = fuzz_copy_string(bytes, size);
    bool is_valid = wspi_extension_list_is_valid((const char *)copy, size);
    FUZZ_CHECK(is_valid == is_list(copy, size));
    if (is_valid)
        fuzz_reach(EXTENSIONS);
    check_elements((const char *)copy, size);
    check_ours(string);
    free(copy);
    free(string);
    (void)fuzz_memory_end(NULL);
    return 0;
}
