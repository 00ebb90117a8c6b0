# SPDX-License-Identifier: BSD-3-Clause
# How every target of ours is compiled: the standard, the warnings, the sanitizers.

function(interlox_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-align -Werror=return-type)
  if(CMAKE_UNITY_BUILD)  # one file's names are no business of another's; builds of single files see the rest
    target_compile_options(${target} PRIVATE -Wno-shadow -Wno-subobject-linkage)
  endif()
  if(INTERLOX_FUZZERS)  # a fuzzer is led by what it sees of all code, not by its own file alone
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(INTERLOX_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${INTERLOX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${INTERLOX_SANITIZE})
  endif()
endfunction()

# interlox_library(NAME SOURCES file... LINK library...): a static library that others
# use as Interlox::NAME; its headers are included from the root ("gc/heap.hpp").
function(interlox_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LINK_PRIVATE" ${ARGN})
  add_library(interlox_${name} STATIC ${ARG_SOURCES})
  add_library(Interlox::${name} ALIAS interlox_${name})
  set_target_properties(interlox_${name} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME interlox_${name})
  target_include_directories(interlox_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/interlox>)
  target_link_libraries(interlox_${name} PUBLIC ${ARG_LINK} PRIVATE ${ARG_LINK_PRIVATE})
  interlox_compile_options(interlox_${name})
endfunction()

# interlox_embed(OUTPUT SOURCES file... HEADER header FUNCTION name NAMES NAME|NAME_WE): makes the source OUTPUT, which holds
# the files (EmbedSources.cmake).
function(interlox_embed output)
  cmake_parse_arguments(ARG "" "HEADER;FUNCTION;NAMES" "SOURCES" ${ARGN})
  set(embed ${PROJECT_SOURCE_DIR}/cmake/EmbedSources.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} "-DSOURCES=${ARG_SOURCES}" -DOUTPUT=${output} -DHEADER=${ARG_HEADER} -DFUNCTION=${ARG_FUNCTION}
      -DNAMES=${ARG_NAMES} -P ${embed}
    DEPENDS ${ARG_SOURCES} ${embed} VERBATIM)
endfunction()

# interlox_test_options(TARGET): how a program that only tests is compiled. The trie is all templates, and optimising
# what a test makes of them took half of all the time of building. What ships is built as it ships, and
# so is the map where threads race for it longest (tests/stress).
function(interlox_test_options target)
  interlox_compile_options(${target})
  if(INTERLOX_SANITIZE MATCHES "address")
    target_compile_options(${target} PRIVATE -O0 -g0)  # instrumented templates take minutes to optimise
  else()
    # At -O1 GCC 12 sees overruns in std::string where there are none.
    target_compile_options(${target} PRIVATE
      "$<$<NOT:$<CONFIG:Debug>>:-O1;-g0;-Wno-array-bounds;-Wno-stringop-overread;-Wno-stringop-overflow>"
      "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-restrict>")
  endif()
endfunction()

# interlox_test(NAME [ON_DEMAND] [VM_HEADERS] SOURCES file... LINK library... [LABELS label...] [MAIN main_target] [COST seconds]):
# one Catch2 program that ctest runs whole; its main comes from tests/support, compiled once, and so does Catch2's
# big header, parsed ahead; with VM_HEADERS, those of the VM as well. A test with a COST begins before those without, so that no core idles at the end. One
# that is built ON_DEMAND is none of ctest's.
function(interlox_test name)
  cmake_parse_arguments(ARG "ON_DEMAND;VM_HEADERS" "MAIN;COST" "SOURCES;LINK;LABELS" ${ARGN})
  if(NOT ARG_MAIN)
    set(ARG_MAIN interlox_test_main)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} ${ARG_MAIN})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  interlox_test_options(${name})
  if(ARG_VM_HEADERS)
    target_precompile_headers(${name} REUSE_FROM interlox_vm_test_header)
  else()
    target_precompile_headers(${name} REUSE_FROM interlox_test_header)
  endif()
  if(ARG_ON_DEMAND)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  if(ARG_COST)
    set_tests_properties(${name} PROPERTIES COST ${ARG_COST})
  endif()
endfunction()
