/* SPDX-License-Identifier: MIT */

/* log.h and wsp_set_log_handler. The default door is this file's own, in place of a backend's. */

#include "log.h"

#include "test.h"

#include <string.h>

static struct {
    int calls;
    wsp_log_level level;
    const char *message;
    void *user;
} by_default, by_handler;

void wspi_log_default(wsp_log_level level, const char *message)
{
    by_default.calls++;
    by_default.level = level;
    by_default.message = message;
}

static void handle(wsp_log_level level, const char *message, void *user)
{
    by_handler.calls++;
    by_handler.level = level;
    by_handler.message = message;
    by_handler.user = user;
}

static void restore(void)
{
    wsp_set_log_handler(NULL, WSP_LOG_WARNING, NULL);
}

static void begin(void)
{
    memset(&by_default, 0, sizeof(by_default));
    memset(&by_handler, 0, sizeof(by_handler));
    wspi_test_at_case_end(restore);
}

static void log_every_level(void)
{
    wspi_log(WSP_LOG_ERROR, "an error");
    wspi_log(WSP_LOG_WARNING, "a warning");
    wspi_log(WSP_LOG_INFO, "some information");
    wspi_log(WSP_LOG_DEBUG, "a detail");
}

static void warnings_and_errors_go_to_the_default_door(void)
{
    begin();
    wspi_log(WSP_LOG_ERROR, "broken");
    CHECK_INT(by_default.level, WSP_LOG_ERROR);
    CHECK_STRING(by_default.message, "broken");
    log_every_level();
    CHECK_INT(by_default.calls, 3);
    CHECK_STRING(by_default.message, "a warning");
}

static void a_handler_gets_what_it_asked_for_and_the_default_nothing(void)
{
    static const struct {
        wsp_log_level most_detailed;
        int calls;
    } rows[] = {{WSP_LOG_ERROR, 1}, {WSP_LOG_WARNING, 2}, {WSP_LOG_INFO, 3}, {WSP_LOG_DEBUG, 4}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        TEST_NOTE("level %d", (int)rows[i].most_detailed);
        begin();
        wsp_set_log_handler(handle, rows[i].most_detailed, &by_handler);
        log_every_level();
        CHECK_INT(by_handler.calls, rows[i].calls);
        CHECK_INT(by_handler.level, rows[i].most_detailed);
        CHECK(by_handler.user == &by_handler);
        CHECK_INT(by_default.calls, 0);
    }
}

static void null_restores_the_default_whatever_level_comes_with_it(void)
{
    begin();
    wsp_set_log_handler(handle, WSP_LOG_DEBUG, NULL);
    wsp_set_log_handler(NULL, WSP_LOG_DEBUG, NULL);
    log_every_level();
    CHECK_INT(by_handler.calls, 0);
    CHECK_INT(by_default.calls, 2);
}

static const wspi_test_case cases[] = {
    TEST_CASE(warnings_and_errors_go_to_the_default_door),
    TEST_CASE(a_handler_gets_what_it_asked_for_and_the_default_nothing),
    TEST_CASE(null_restores_the_default_whatever_level_comes_with_it),
};

TEST_MAIN(cases)
