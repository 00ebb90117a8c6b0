# SPDX-License-Identifier: BSD-3-Clause
# Runs a Spin model as it is, which must hold, and weakened in ways that its head names, which must not.
#   cmake -DSPIN=... -DCC=... -DMODEL=... [-DFAULTS=NAME,...] [-DSEARCH=-D...] [-DFLAGS=...] -P model_test.cmake
# in a directory for what it makes. The head tells of a way in a line that begins with "-DNAME", and of the bounds it
# needs behind that. FAULTS says which of them to try (default: all); SEARCH has bounds for the sound model, FLAGS how
# what Spin makes is compiled: to optimise it may take longer than to search.

cmake_minimum_required(VERSION 3.25)

# Sets `result` to what the search over all orders has printed.
function(search result)
  execute_process(COMMAND ${SPIN} -a ${ARGN} ${MODEL} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CC} ${FLAGS} -w -DSAFETY -o pan pan.c COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ./pan -m100000 OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

separate_arguments(SEARCH)
separate_arguments(FLAGS)
search(output ${SEARCH})
if(NOT output MATCHES "errors: 0" OR output MATCHES "error: max search depth|Search not completed")
  message(FATAL_ERROR "the model does not hold:\n${output}")
endif()
string(REGEX MATCH "[0-9]+ states, stored" states "${output}")
message("holds: ${states}")

file(READ ${MODEL} text)
string(REGEX MATCHALL "\n +-D[A-Z_]+( -D[A-Z_]+=[0-9]+)*  " lines "${text}")
string(REPLACE "," ";" FAULTS "${FAULTS}")
set(tried 0)
foreach(line IN LISTS lines)
  string(STRIP "${line}" line)
  separate_arguments(weakening UNIX_COMMAND "${line}")
  list(GET weakening 0 name)
  string(SUBSTRING ${name} 2 -1 name)
  if(FAULTS AND NOT name IN_LIST FAULTS)
    continue()
  endif()
  search(output ${weakening})
  if(NOT output MATCHES "assertion violated|invalid end state")
    message(FATAL_ERROR "the model holds although it is weakened by ${line}:\n${output}")
  endif()
  string(REGEX MATCH "pan:1: [^\n]*" why "${output}")
  message("fails with ${name}: ${why}")
  math(EXPR tried "${tried} + 1")
endforeach()
list(LENGTH FAULTS wanted)
if(tried EQUAL 0 OR (FAULTS AND NOT tried EQUAL wanted))
  message(FATAL_ERROR "${tried} of the ways to weaken ${MODEL} were tried: ${FAULTS}")
endif()
