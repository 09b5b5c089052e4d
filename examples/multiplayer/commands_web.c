/* SPDX-License-Identifier: MIT */
/*
 * Lines the page's user has entered. Nobody calls into C: the page leaves them in an array.
 */
#include "multiplayer/commands.h"

#include <emscripten.h>

/* clang-format off */
EM_JS(int, take_page_command, (char *line, int capacity), {
    var commands = globalThis['gameCommands'];
    if (!commands || commands.length === 0) {
        return 0;
    }
    var bytes = new TextEncoder().encode(commands.shift()).subarray(0, capacity - 1);
    HEAPU8.set(bytes, line);
    HEAPU8[line + bytes.length] = 0;
    return 1;
})
/* clang-format on */

bool take_command(char *line, size_t capacity)
{
    return take_page_command(line, (int)capacity) != 0;
}
