# SPDX-License-Identifier: BSD-3-Clause
# `cmake --install` and what find_package(Interlox) gives: Interlox::trie (headers only),
# Interlox::gc, Interlox::vm and Interlox::stdlib; and Interlox::interlox, for programs that embed the language.
include(CMakePackageConfigHelpers)

set(interlox_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Interlox)

install(TARGETS interlox_trie interlox_gc interlox_vm interlox_stdlib interlox_embed EXPORT InterloxTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS interlox RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(room IN ITEMS trie gc vm stdlib)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/interlox
          FILES_MATCHING PATTERN "*.hpp" PATTERN "lua" EXCLUDE PATTERN "cli" EXCLUDE)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/vm/embed/interlox.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/interlox)
install(EXPORT InterloxTargets NAMESPACE Interlox:: DESTINATION ${interlox_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/InterloxConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/InterloxConfig.cmake INSTALL_DESTINATION ${interlox_package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/InterloxConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/InterloxConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/InterloxConfigVersion.cmake
        DESTINATION ${interlox_package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
