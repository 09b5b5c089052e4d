# SPDX-License-Identifier: MIT
# How wspeer's own library and programs are compiled. Everything here is set per target and stays private to it, so a
# project that adds wspeer as a subproject sees none of it.

function(wspeer_own_target target)
    set_target_properties(${target} PROPERTIES
        C_STANDARD 11
        C_STANDARD_REQUIRED ON
        C_EXTENSIONS OFF
        # Each file has static names and feature macros of its own.
        UNITY_BUILD OFF)
    # In somebody else's build their own choice of warnings counts.
    if(PROJECT_IS_TOP_LEVEL AND CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        target_compile_options(${target} PRIVATE
            -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
            $<$<BOOL:${WSPEER_WERROR}>:-Werror>)
    endif()
    if(WSPEER_SANITIZE)
        list(JOIN WSPEER_SANITIZE "," names)
        set(sanitize -fsanitize=${names})
        # Whoever links the library in this build needs the sanitizer's run-time library too; an installed one does not
        # force it on its users.
        target_compile_options(${target} PRIVATE ${sanitize} -fno-omit-frame-pointer -fno-sanitize-recover=all)
        target_link_options(${target} PUBLIC $<BUILD_INTERFACE:${sanitize}>)
    endif()
endfunction()
