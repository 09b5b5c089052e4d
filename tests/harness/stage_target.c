/* SPDX-License-Identifier: MIT */
/* The stage's request targets: splits path and query in place and decodes the values (RFC 3986 2.1). */
#include "stage_client.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, wspi_text_lower(c)) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

static void decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        int high = from[0] == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;
        *to = (char)(low >= 0 ? high << 4 | low : *from);
        from += low >= 0 ? 3 : 1;
    }
    *to = '\0';
}

void stage_target_read(stage_target *target, const char *text)
{
    size_t size = strlen(text);
    if (size >= sizeof target->text)
        stage_die("a target of %lu bytes", (unsigned long)size);
    memcpy(target->text, text, size + 1);
    target->count = 0;
    char *at = strchr(target->text, '?');
    while (at != NULL) {
        *at++ = '\0';
        char *next = strchr(at, '&');
        if (next != NULL)
            *next = '\0';
        char *value = strchr(at, '=');
        if (target->count == STAGE_PARAMETERS_MAX)
            stage_die("too many parameters");
        if (value != NULL) {
            *value++ = '\0';
            decode(value);
        }
        target->names[target->count] = at;
        target->values[target->count++] = value != NULL ? value : "";
        at = next;
    }
}

const char *stage_target_get(const stage_target *target, const char *name, const char *otherwise)
{
    for (size_t i = 0; i < target->count; i++)
        if (strcmp(target->names[i], name) == 0)
            return target->values[i];
    return otherwise;
}

unsigned long stage_target_number(const stage_target *target, const char *name, unsigned long otherwise)
{
    const char *value = stage_target_get(target, name, NULL);
    return value != NULL ? strtoul(value, NULL, 10) : otherwise;
}
