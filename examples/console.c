/* SPDX-License-Identifier: MIT */
/*
 * Lines of output for the examples. A game has its own ways for this.
 */
#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_untrusted(FILE *out, const void *text, size_t size)
{
    const unsigned char *bytes = text;
    char clean[256];
    while (size > 0) {
        size_t part = size < sizeof clean ? size : sizeof clean;
        for (size_t i = 0; i < part; i++) {
            clean[i] = bytes[i] < 0x20 || bytes[i] == 0x7f ? '?' : (char)bytes[i];
        }
        fwrite(clean, 1, part, out);
        bytes += part;
        size -= part;
    }
}

void print_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stdout, format, arguments);
    va_end(arguments);
    fputc('\n', stdout);
    fflush(stdout);
}

void print_untrusted(const char *before, const void *text, size_t size, const char *after)
{
    fputs(before, stdout);
    write_untrusted(stdout, text, size);
    fputs(after, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

int print_failed(wsp_result result, const char *message_or_null)
{
    const char *message = message_or_null && message_or_null[0] ? message_or_null : wsp_result_text(result);
    printf("failed %s ", wsp_result_string(result));
    print_untrusted("", message, strlen(message), "");
    return 1;
}

void print_error(const char *what, const char *detail)
{
    fprintf(stderr, "%s: ", what);
    write_untrusted(stderr, detail, strlen(detail));
    fputc('\n', stderr);
    fflush(stderr);
}
