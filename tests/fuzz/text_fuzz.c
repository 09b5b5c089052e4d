/* SPDX-License-Identifier: MIT */

/*
 * UTF-8 in pieces and as a whole (utf8.c), reasons of close frames (close_code.c), and what is made of text
 * from outside for a message (text.c): always UTF-8 without control bytes, never longer than its array.
 */

#include "close_code.h"
#include "fuzz.h"
#include "text.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

const size_t fuzz_input_count = 120000;

enum { VALID, CUT, REFUSED };
const char *const fuzz_outcomes[] = {"valid text", "text that ends inside a character",
                                     "text that is not UTF-8", NULL};

void fuzz_add_seeds(void)
{
    FUZZ_SEED("plain ASCII that is longer than sixteen bytes, so that runs are skipped");
    FUZZ_SEED("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 0123456789abcdef\xf0\x9f\x98\x80");
    FUZZ_SEED("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80");
    FUZZ_SEED("\xed\xa0\x80");
    FUZZ_SEED("\xf4\x90\x80\x80");
    FUZZ_SEED("\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf");
    FUZZ_SEED("a\x1b[31m\r\n\x7f\xc2\x9b\t\0z");
    FUZZ_SEED("0123456789abcde\xe2\x82");
}

static void validate(fuzz_cut *cut, fuzz_log *log)
{
    wspi_utf8 validator = {0};
    size_t size;
    uint8_t *piece;
    bool is_valid = true;
    while ((piece = fuzz_cut_next(cut, &size)) != NULL) {
        bool was_valid = is_valid;
        is_valid = wspi_utf8_feed(&validator, piece, size);
        FUZZ_CHECK(was_valid || !is_valid);
    }
    bool is_complete = wspi_utf8_is_complete(&validator);
    FUZZ_CHECK(is_valid || !is_complete);
    fuzz_log_add(log, "valid %d complete %d\n", is_valid ? 1 : 0, is_complete ? 1 : 0);
    fuzz_reach(is_complete ? VALID : is_valid ? CUT : REFUSED);
}

/* An array of exactly this capacity, so that a byte too many shows. */
static void check_message(const uint8_t *bytes, size_t size, size_t capacity, bool is_text)
{
    char *array = malloc(capacity);
    FUZZ_CHECK(array != NULL);
    wspi_text text;
    wspi_text_begin(&text, array, capacity);
    wspi_text_add(&text, "it says: ");
    wspi_text_add_printable(&text, bytes, size, 100);
    wspi_text_add_number(&text, size);
    if (is_text)
        wspi_text_add_bytes(&text, (const char *)bytes, size);
    FUZZ_CHECK(text.size < capacity && array[text.size] == '\0');
    FUZZ_CHECK(wspi_utf8_is_valid(array, text.size));
    for (size_t i = 0; !is_text && i < text.size; i++)
        FUZZ_CHECK((uint8_t)array[i] >= 0x20 && array[i] != 0x7f);
    free(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_check_cuts(bytes, size, validate);
    bool is_valid = wspi_utf8_is_valid(bytes, size);
    wspi_utf8 validator = {0};
    bool is_fed = wspi_utf8_feed(&validator, bytes, size);
    FUZZ_CHECK(is_valid == (is_fed && wspi_utf8_is_complete(&validator)));
    FUZZ_CHECK(wspi_close_reason_is_valid((const char *)bytes, size) ==
               (is_valid && size <= WSPI_CLOSE_REASON_MAX));
    check_message(bytes, size, 1 + size % 150, is_valid);
    return 0;
}
