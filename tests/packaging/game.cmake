# SPDX-License-Identifier: MIT
# The game of every consumer project: minimal_client, linked to wspeer::wspeer and to nothing else.

set(examples ${CMAKE_CURRENT_LIST_DIR}/../../examples)
if(EMSCRIPTEN)
    set(run_loop run_loop_web.c)
else()
    set(run_loop run_loop_native.c)
endif()
add_executable(game ${examples}/minimal_client.c ${examples}/minimal_lines.c ${examples}/console.c ${examples}/${run_loop})
target_include_directories(game PRIVATE ${examples})
target_link_libraries(game PRIVATE wspeer::wspeer)
if(EMSCRIPTEN)
    # Only so that Node ends with main's exit status, which the test looks at.
    target_link_options(game PRIVATE -sEXIT_RUNTIME=1)
endif()

# wspeer fits into a shared library too, as which engines load their extensions; the web has none.
if(NOT EMSCRIPTEN)
    add_library(extension SHARED ${CMAKE_CURRENT_LIST_DIR}/extension.c)
    target_link_libraries(extension PRIVATE wspeer::wspeer)
    target_link_options(extension PRIVATE -Wl,--no-undefined)
endif()
