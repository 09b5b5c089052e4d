# SPDX-License-Identifier: MIT
# The install tree: headers, library, glue, the CMake package and the pkg-config file. All of it finds itself by its own
# place, so the tree can be moved.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wspeer)

install(TARGETS wspeer EXPORT wspeerTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/wspeer)
install(EXPORT wspeerTargets NAMESPACE wspeer:: DESTINATION ${package_dir})

set(WSPEER_NATIVE ON)
if(EMSCRIPTEN)
    set(WSPEER_NATIVE OFF)
    install(FILES js/wspeer.js DESTINATION ${CMAKE_INSTALL_DATADIR}/wspeer)
endif()
configure_package_config_file(cmake/wspeerConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/wspeerConfig.cmake
    INSTALL_DESTINATION ${package_dir})
# The version file also compares the size of a pointer: a wasm32 tree does not slip into a native build.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/wspeerConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/wspeerConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/wspeerConfigVersion.cmake
    DESTINATION ${package_dir})

# The library is static only, so a plain `pkg-config --libs wspeer` names all that a program needs.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig OUTPUT_VARIABLE pc_up)
if(EMSCRIPTEN)
    set(pc_requires "")
    set(pc_libs "--js-library=\${prefix}/${CMAKE_INSTALL_DATADIR}/wspeer/wspeer.js")
else()
    set(pc_requires "libssl >= 3, libcrypto >= 3")
    set(pc_libs "-pthread")
endif()
configure_file(cmake/wspeer.pc.in ${CMAKE_CURRENT_BINARY_DIR}/wspeer.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wspeer.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
