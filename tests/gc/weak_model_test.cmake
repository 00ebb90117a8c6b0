# SPDX-License-Identifier: BSD-3-Clause
# Runs gc/weak_concurrent.pml as it is, which must hold, and weakened in each of its ways, which must not.
#   cmake -DSPIN=... -DCC=... -DMODEL=... -P weak_model_test.cmake, in a directory for what it makes

# Sets `result` to what the search over all orders has printed.
function(search result weakening)
  execute_process(COMMAND ${SPIN} -a ${weakening} ${MODEL} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CC} -O2 -w -DSAFETY -o pan pan.c COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ./pan -m1000 OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

search(output "")
if(NOT output MATCHES "errors: 0" OR output MATCHES "error: max search depth|Search not completed")
  message(FATAL_ERROR "the model does not hold:\n${output}")
endif()
foreach(weakening IN ITEMS -DNO_CHECK_BEFORE -DNO_CHECK_AFTER -DNO_CHECK_AGAIN -DNO_WAIT)
  search(output ${weakening})
  if(NOT output MATCHES "assertion violated")
    message(FATAL_ERROR "the model holds although it is weakened by ${weakening}:\n${output}")
  endif()
endforeach()
