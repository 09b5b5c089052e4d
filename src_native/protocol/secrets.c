/* SPDX-License-Identifier: MIT */
/* Finds what must not be quoted. Splits target and headers anew each time: refusals are rare and quotes
 * short. */
#include "protocol/secrets.h"

#include <string.h>

/* Shorter ones are no secrets: versions, numbers, names of schemes such as Basic and Bearer. */
enum { QUERY_VALUE_MIN = 6, HEADER_WORD_MIN = 8 };

/* Whether the secret stands at the text's start, or as much of it as the text holds. */
static bool begins_with(const char *text, size_t size, const char *secret, size_t secret_size, size_t least)
{
    size_t common = size < secret_size ? size : secret_size;
    return common >= least && memcmp(text, secret, common) == 0;
}

/* The nearer of `found` and where the secret begins. */
static size_t find_nearer(const char *text, size_t found, size_t size, const char *secret, size_t secret_size,
                          size_t least)
{
    for (size_t at = 0; secret_size >= least && at < found; at++) {
        if (begins_with(text + at, size - at, secret, secret_size, least))
            return at;
    }
    return found;
}

size_t wspi_find_secret(const char *text, size_t size, const char *target, const wspi_string_list *headers)
{
    size_t found = size;
    const char *part = strchr(target, '?');
    while (part != NULL) {
        part++;
        size_t part_size = strcspn(part, "&;");
        size_t name_size = strcspn(part, "=&;");
        size_t skipped = name_size < part_size ? name_size + 1 : 0;
        found = find_nearer(text, found, size, part + skipped, part_size - skipped, QUERY_VALUE_MIN);
        part = part[part_size] != '\0' ? part + part_size : NULL;
    }
    for (size_t i = 0; i < headers->count; i++) {
        const char *word = headers->strings[i] + strcspn(headers->strings[i], ":");
        while (*word != '\0') {
            word += strspn(word, ": \t,;=");
            size_t word_size = strcspn(word, " \t,;=");
            found = find_nearer(text, found, size, word, word_size, HEADER_WORD_MIN);
            word += word_size;
        }
    }
    return found;
}
