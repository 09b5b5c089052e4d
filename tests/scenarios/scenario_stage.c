/* SPDX-License-Identifier: MIT */
/*
 * The stage as a program, for scenarios that run in a browser.
 *
 * usage: scenario_stage [--port N]   prints `listening on URL` and runs until it is killed
 */
#include "../harness/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    int port = argc == 3 && strcmp(argv[1], "--port") == 0 ? (int)strtol(argv[2], NULL, 10) : 0;
    stage *all = stage_create(port);
    (void)printf("listening on ws://127.0.0.1:%u\n", stage_get_port(all));
    (void)fflush(stdout);
    for (;;) {
        stage_poll(all);
        stage_wait(all, NULL, 0, 1);
    }
}
