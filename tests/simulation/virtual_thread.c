/* SPDX-License-Identifier: MIT */

/* The threads of os.h in a virtual world: there are none, so that a run repeats; the work is done at once. */

#include "net/os.h"

#include <stdlib.h>

struct wspi_thread {
    char unused;
};

wspi_thread *wspi_os_thread_start(void (*work)(void))
{
    wspi_thread *thread = malloc(sizeof *thread);
    if (thread != NULL)
        work();
    return thread;
}

void wspi_os_thread_join(wspi_thread *thread)
{
    free(thread);
}
