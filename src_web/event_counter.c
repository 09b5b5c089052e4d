/* SPDX-License-Identifier: MIT */
/*
 * The event counter of threaded builds. It lies in static memory, so that a
 * late event never writes to memory that C has given back. This is the one file
 * of the web backend that differs between builds with and without -pthread.
 */

#include "event_counter.h"

#ifdef __EMSCRIPTEN_PTHREADS__

#include "js_imports.h"
#include <emscripten/threading.h>

/* What memory.atomic.wait32 answers when neither a notification came nor the value had changed. */
enum { WAIT_TIMED_OUT = 2 };

static uint32_t counter;

void wspi_event_counter_start(uint32_t *seen)
{
    wspi_js_watch(wspi_js_address(&counter));
    wspi_event_counter_has_news(seen);
}

bool wspi_event_counter_has_news(uint32_t *seen)
{
    uint32_t before = *seen;
    *seen = __atomic_load_n(&counter, __ATOMIC_SEQ_CST);
    return *seen != before;
}

bool wspi_event_counter_wait(uint32_t seen, double seconds)
{
    /* The thread that owns the sockets must return to the browser to hear from them. */
    if (emscripten_is_main_runtime_thread())
        return false;
    /* Longer than a century is no limit; the conversion stays in range. */
    int64_t nanoseconds = seconds < 0 || seconds > 3e9 ? -1 : (int64_t)(seconds * 1e9);
    return __builtin_wasm_memory_atomic_wait32((int *)&counter, (int)seen, nanoseconds) != WAIT_TIMED_OUT;
}

#else

void wspi_event_counter_start(uint32_t *seen)
{
    (void)seen;
}

bool wspi_event_counter_has_news(uint32_t *seen)
{
    (void)seen;
    return true;
}

bool wspi_event_counter_wait(uint32_t seen, double seconds)
{
    (void)seen;
    (void)seconds;
    return false;
}

#endif
