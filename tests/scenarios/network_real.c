/* SPDX-License-Identifier: MIT */
/* The sockets of this machine. */
#include "network.h"

#include <stddef.h>

bool network_take_option(const char *name, const char *value)
{
    (void)name;
    (void)value;
    return false;
}

bool network_is_varied(void)
{
    return false;
}

/* The machine may be busy with other tests. */
double network_get_patience(void)
{
    return 20;
}

void network_begin(void)
{
}

const char *network_end(void)
{
    return NULL;
}

void network_finish(void)
{
}
