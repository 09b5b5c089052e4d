/* SPDX-License-Identifier: MIT */
/* What the stage remembers of a connection, line by line, for /report. */
#include "payload.h"
#include "stage_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

stage_log *stage_log_create(const char *key)
{
    stage_log *log = calloc(1, sizeof *log);
    if (log == NULL)
        stage_die("out of memory");
    (void)snprintf(log->key, sizeof log->key, "%s", key);
    return log;
}

void stage_log_destroy(stage_log *log)
{
    if (log != NULL)
        free(log->text);
    free(log);
}

void stage_log_add(stage_log *log, const char *format, ...)
{
    if (log == NULL)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size_t size = wspi_min((size_t)written, sizeof line - 2);
    line[size++] = '\n';
    char *text = realloc(log->text, log->size + size);
    if (text == NULL)
        stage_die("out of memory");
    memcpy(text + log->size, line, size);
    log->text = text;
    log->size += size;
}

void stage_log_payload(stage_log *log, const char *word, const void *bytes, size_t size)
{
    char text[PAYLOAD_TEXT_CAPACITY];
    payload_describe(text, bytes, size);
    stage_log_add(log, "got %s %s", word, text);
}
