/* SPDX-License-Identifier: MIT */

/* Names and sentences of wsp_result. */

#include "test.h"
#include "wspeer/base.h"

#include <limits.h>
#include <string.h>

static const struct row {
    wsp_result result;
    int value;
    const char *name;
    const char *text;
} rows[] = {
#define ROW(name, value, text) {name, value, #name, text},
    WSP_RESULT_LIST(ROW)
#undef ROW
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void every_result_has_its_name_and_sentence(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        TEST_NOTE("%s", rows[i].name);
        CHECK_INT(rows[i].result, rows[i].value);
        CHECK_STRING(wsp_result_string(rows[i].result), rows[i].name);
        CHECK_STRING(wsp_result_text(rows[i].result), rows[i].text);
    }
    CHECK_STRING(wsp_result_string(WSP_OK), "WSP_OK");
    CHECK_STRING(wsp_result_string(WSP_ERR_FAILED), "WSP_ERR_FAILED");
}

static void values_are_distinct_and_errors_negative(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        TEST_NOTE("%s", rows[i].name);
        CHECK(rows[i].value < 0 || rows[i].result == WSP_OK);
        for (size_t j = 0; j < i; j++)
            CHECK(rows[i].value != rows[j].value);
    }
}

static void unknown_numbers_get_a_constant(void)
{
    const int numbers[] = {1, -20, -1000, INT_MAX, INT_MIN};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        TEST_NOTE("%d", numbers[i]);
        CHECK_STRING(wsp_result_string((wsp_result)numbers[i]), "WSP_ERR_UNKNOWN");
        CHECK_STRING(wsp_result_text((wsp_result)numbers[i]), "not a result of this library");
    }
}

static const wspi_test_case cases[] = {
    TEST_CASE(every_result_has_its_name_and_sentence),
    TEST_CASE(values_are_distinct_and_errors_negative),
    TEST_CASE(unknown_numbers_get_a_constant),
};

TEST_MAIN(cases)
