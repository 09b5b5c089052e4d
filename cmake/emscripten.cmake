# SPDX-License-Identifier: MIT
# Toolchain file of the web presets: finds the Emscripten SDK and hands over to the SDK's own toolchain file. Looked for in
# this order: $EMSCRIPTEN_ROOT, $EMSDK (the emsdk installer's variable), the emcc on PATH, Debian's package. A project that
# has its own way to Emscripten (emcmake, an SDK's toolchain file) needs nothing of this.

set(wspeer_emscripten_file cmake/Modules/Platform/Emscripten.cmake)
set(wspeer_emscripten_places "$ENV{EMSCRIPTEN_ROOT}" "$ENV{EMSDK}/upstream/emscripten")
find_program(WSPEER_EMCC emcc NO_CMAKE_FIND_ROOT_PATH)
if(WSPEER_EMCC)
    # Debian's /usr/bin/emcc links to a wrapper inside the SDK's folder.
    file(REAL_PATH "${WSPEER_EMCC}" wspeer_emcc_real)
    cmake_path(GET wspeer_emcc_real PARENT_PATH wspeer_emcc_folder)
    list(APPEND wspeer_emscripten_places "${wspeer_emcc_folder}")
endif()
list(APPEND wspeer_emscripten_places /usr/share/emscripten)

# Debian's Emscripten optimizes with acorn from Debian's module folder, where only Debian's own Node looks by itself.
if(EXISTS /usr/share/nodejs/acorn)
    cmake_path(CONVERT "/usr/share/nodejs;$ENV{NODE_PATH}" TO_NATIVE_PATH_LIST wspeer_node_path NORMALIZE)
    set(CMAKE_C_LINKER_LAUNCHER "${CMAKE_COMMAND}" -E env "NODE_PATH=${wspeer_node_path}")
endif()

foreach(place IN LISTS wspeer_emscripten_places)
    if(place AND EXISTS "${place}/${wspeer_emscripten_file}")
        include("${place}/${wspeer_emscripten_file}")
        return()
    endif()
endforeach()
message(FATAL_ERROR "Emscripten was not found: put emcc on PATH, or set EMSDK or EMSCRIPTEN_ROOT.")
