/* SPDX-License-Identifier: MIT */
/*
 * couples.c on the virtual network, where a socket takes one byte from each write.
 */
#include "couples.h"
#include "os_virtual.h"

void couples_prepare_network(void)
{
    virtual_begin(1);
    virtual_path path = virtual_default_path();
    path.send_max = 1;
    virtual_set_path(&path);
}
