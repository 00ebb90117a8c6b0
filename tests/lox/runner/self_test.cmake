# SPDX-License-Identifier: BSD-3-Clause
# Shows that lox_runner reports what it must: runs it with shell scripts in the interpreter's place.
#
#     cmake -DRUNNER=path/to/lox_runner -DFOLDER=scratch/folder -P self_test.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
file(WRITE ${FOLDER}/input "the runner's own stdin, which no program reads\n")
set(failures 0)
set(checks 0)

# check(NAME PROGRAM text SCRIPT text EXIT code MATCHES regex... [OPTIONS option...] [WITHOUT regex]):
# runs PROGRAM with SCRIPT as the interpreter; the runner must exit with EXIT and its output match each regex.
function(check name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "PROGRAM;SCRIPT;EXIT;WITHOUT" "MATCHES;OPTIONS")
  set(program ${FOLDER}/${name}/program.lox)
  set(script ${FOLDER}/${name}/interlox)
  file(WRITE ${program} "${ARG_PROGRAM}")
  file(WRITE ${script} "#!/bin/sh\n${ARG_SCRIPT}\n")
  file(CHMOD ${script} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
  execute_process(COMMAND ${RUNNER} --interlox ${script} ${ARG_OPTIONS} ${FOLDER}/${name}
    INPUT_FILE ${FOLDER}/input RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(wrong "")
  if(NOT code EQUAL ARG_EXIT)
    string(APPEND wrong "  exit code ${code} instead of ${ARG_EXIT}\n")
  endif()
  foreach(regex IN LISTS ARG_MATCHES)
    if(NOT output MATCHES "${regex}")
      string(APPEND wrong "  no match for: ${regex}\n")
    endif()
  endforeach()
  if(DEFINED ARG_WITHOUT AND output MATCHES "${ARG_WITHOUT}")
    string(APPEND wrong "  a match for: ${ARG_WITHOUT}\n")
  endif()
  math(EXPR checks "${checks} + 1")
  set(checks ${checks} PARENT_SCOPE)
  if(wrong)
    message("FAIL ${name}\n${wrong}  the runner's output:\n${output}")
    math(EXPR failures "${failures} + 1")
    set(failures ${failures} PARENT_SCOPE)
  endif()
endfunction()

set(passed "1 passed, 0 failed\n$")
set(failed "FAIL [^\n]*program\\.lox\n.*0 passed, 1 failed\n$")
set(one_line "print 1; // expect: 1\n")
set(two_lines "print 1; // expect: 1\nprint 2; // expect: 2\n")
set(runtime "print 1; // expect: 1\nnil(); // expect runtime error: Oh.\n")
string(CONCAT traced "f(); // expect runtime error: Oh.\n" "// expect trace: [line 7] in f()\n"
  "// expect trace: [line 1] in script\n")
set(reported "print 1; // expect: 1\n// expect stderr: <Thread 1>:\n// expect stderr: Oh.\n")
set(compile "1 2;\n// expect compile error: [line 1] Error at '2': Oh.\n")

# What is right passes.
check(right_output PROGRAM "${two_lines}" SCRIPT "echo 1; echo 2" EXIT 0 MATCHES "${passed}")
check(right_empty_line PROGRAM "print \"\"; // expect:\n" SCRIPT "echo" EXIT 0 MATCHES "${passed}")
check(right_silence PROGRAM "// expect no output\n" SCRIPT "true" EXIT 0 MATCHES "${passed}")
check(right_runtime_error PROGRAM "${runtime}" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo 1; echo Oh. >&2; echo '[line 2] in script' >&2; exit 70")
check(right_deeper_runtime_error PROGRAM "${runtime}" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo 1; echo Oh. >&2; echo '[line 2] in f()' >&2; echo '[line 9] in script' >&2; exit 70")
check(right_trace PROGRAM "${traced}" EXIT 0 MATCHES "${passed}"
  SCRIPT "(echo Oh.; echo '[line 7] in f()'; echo '[line 1] in script') >&2; exit 70")
check(right_compile_error PROGRAM "${compile}" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo \"[line 1] Error at '2': Oh.\" >&2; exit 65")
check(right_compile_error_with_place PROGRAM "${compile}" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo \"a b/c.lox:1:3: [line 1] Error at '2': Oh.\" >&2; exit 65")
check(right_lines_of_stderr PROGRAM "${reported}" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo 1; (echo '<Thread 1>:'; echo Oh.) >&2")
set(module_frame "// expect no output\n// expect stderr: Oh.\n// expect stderr: [line *] in wait()\n")
check(right_line_of_module PROGRAM "${module_frame}" EXIT 0 MATCHES "${passed}"
  SCRIPT "(echo Oh.; echo '[line 12] in wait()') >&2")
check(right_exit_code PROGRAM "${reported}// expect exit code: 70\n" EXIT 0 MATCHES "${passed}"
  SCRIPT "echo 1; (echo '<Thread 1>:'; echo Oh.) >&2; exit 70")
check(right_exit_code_alone PROGRAM "// expect exit code: 3\n// expect no output\n" SCRIPT "exit 3" EXIT 0
  MATCHES "${passed}")
check(right_carriage_returns PROGRAM "print 1; // expect: 1\r\n" SCRIPT "echo 1" EXIT 0 MATCHES "${passed}")

# A difference on stdout.
check(wrong_output PROGRAM "${two_lines}" SCRIPT "echo 1; echo 3" EXIT 1
  MATCHES "${failed}" "program.lox:2: stdout line 2\n *expected: 2\n *got: +3\n")
check(missing_line PROGRAM "${two_lines}" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "program.lox:2: stdout line 2\n *expected: 2\n *got: +.nothing more.\n")
check(missing_output PROGRAM "${one_line}" SCRIPT "true" EXIT 1 MATCHES "${failed}")
check(line_too_many PROGRAM "${one_line}" SCRIPT "echo 1; echo 2" EXIT 1
  MATCHES "${failed}" "stdout line 2\n *expected: .nothing more.\n *got: +2\n")
check(empty_line_too_many PROGRAM "${one_line}" SCRIPT "echo 1; echo" EXIT 1 MATCHES "${failed}")
check(missing_newline PROGRAM "${one_line}" SCRIPT "printf 1" EXIT 1 MATCHES "${failed}")
check(space_too_many PROGRAM "${one_line}" SCRIPT "echo '1 '" EXIT 1 MATCHES "${failed}")
check(wrong_order PROGRAM "${two_lines}" SCRIPT "echo 2; echo 1" EXIT 1 MATCHES "${failed}")
check(output_without_expectation PROGRAM "// expect no output\n" SCRIPT "echo 1" EXIT 1 MATCHES "${failed}")
check(output_before_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}" "stdout line 1"
  SCRIPT "echo 1; echo \"[line 1] Error at '2': Oh.\" >&2; exit 65")

# A difference on stderr.
check(errors_without_expectation PROGRAM "${one_line}" SCRIPT "echo 1; echo warning >&2" EXIT 1
  MATCHES "${failed}" "stderr line 1\n *expected: .nothing more.\n *got: +warning\n")
check(wrong_message PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}" "program.lox:2: stderr line 1"
  SCRIPT "echo 1; echo Ah. >&2; echo '[line 2] in script' >&2; exit 70")
check(wrong_error_line PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}" "got: +.line 3. in script"
  SCRIPT "echo 1; echo Oh. >&2; echo '[line 3] in script' >&2; exit 70")
check(missing_error PROGRAM "${runtime}" SCRIPT "echo 1; exit 70" EXIT 1 MATCHES "${failed}")
check(missing_trace PROGRAM "${runtime}" SCRIPT "echo 1; echo Oh. >&2; exit 70" EXIT 1 MATCHES "${failed}")
check(trace_without_script PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo 1; echo Oh. >&2; echo '[line 2] in f()' >&2; exit 70")
check(noise_in_trace PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}" "got: +noise"
  SCRIPT "echo 1; (echo Oh.; echo '[line 2] in f()'; echo noise; echo '[line 9] in script') >&2; exit 70")
check(noise_after_trace PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo 1; (echo Oh.; echo '[line 2] in script'; echo noise) >&2; exit 70")
check(place_before_frame PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo 1; (echo Oh.; echo 'a.lox:2:1: [line 2] in script') >&2; exit 70")
check(wrong_pinned_trace PROGRAM "${traced}" EXIT 1 MATCHES "${failed}" "program.lox:2: stderr line 2"
  SCRIPT "(echo Oh.; echo '[line 8] in f()'; echo '[line 1] in script') >&2; exit 70")
check(short_pinned_trace PROGRAM "${traced}" EXIT 1 MATCHES "${failed}" "program.lox:3: stderr line 3"
  SCRIPT "(echo Oh.; echo '[line 7] in f()') >&2; exit 70")
check(wrong_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo \"[line 1] Error at '3': Oh.\" >&2; exit 65")
check(second_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}"
  SCRIPT "(echo \"[line 1] Error at '2': Oh.\"; echo '[line 2] Error at end: Oh.') >&2; exit 65")
check(text_before_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo \"error: [line 1] Error at '2': Oh.\" >&2; exit 65")
check(odd_place_before_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}"
  SCRIPT "echo \"file12:3: [line 1] Error at '2': Oh.\" >&2; exit 65")

check(wrong_line_of_stderr PROGRAM "${reported}" EXIT 1 MATCHES "${failed}" "program.lox:3: stderr line 2"
  SCRIPT "echo 1; (echo '<Thread 1>:'; echo Ah.) >&2")
check(wrong_function_of_module PROGRAM "${module_frame}" EXIT 1 MATCHES "${failed}" "got: +.line 12. in f"
  SCRIPT "(echo Oh.; echo '[line 12] in f()') >&2")
check(no_frame_of_module PROGRAM "${module_frame}" EXIT 1 MATCHES "${failed}" "got: +.line x. in wait"
  SCRIPT "(echo Oh.; echo '[line x] in wait()') >&2")
check(line_of_stderr_too_many PROGRAM "${reported}" EXIT 1 MATCHES "${failed}" "got: +noise"
  SCRIPT "echo 1; (echo '<Thread 1>:'; echo Oh.; echo noise) >&2")

# A difference in how it ended.
check(other_code_than_given PROGRAM "${one_line}// expect exit code: 3\n" SCRIPT "echo 1; exit 70" EXIT 1
  MATCHES "${failed}" "expected: exit code 3\n *got: +exit code 70\n")
check(code_after_lines_of_stderr PROGRAM "${reported}" EXIT 1 MATCHES "${failed}" "expected: exit code 0\n"
  SCRIPT "echo 1; (echo '<Thread 1>:'; echo Oh.) >&2; exit 70")
check(wrong_exit_code PROGRAM "${one_line}" SCRIPT "echo 1; exit 3" EXIT 1
  MATCHES "${failed}" "expected: exit code 0\n *got: +exit code 3\n")
check(zero_after_compile_error PROGRAM "${compile}" EXIT 1 MATCHES "${failed}" "got: +exit code 0"
  SCRIPT "echo \"[line 1] Error at '2': Oh.\" >&2")
check(wrong_code_after_runtime_error PROGRAM "${runtime}" EXIT 1 MATCHES "${failed}" "got: +exit code 65"
  SCRIPT "echo 1; echo Oh. >&2; echo '[line 2] in script' >&2; exit 65")
check(killed PROGRAM "${one_line}" SCRIPT "echo 1; kill -9 $$"
  EXIT 1 MATCHES "${failed}" "killed by signal 9")
check(hanging PROGRAM "${one_line}" SCRIPT "echo 1; sleep 60" EXIT 1 OPTIONS --time-limit 0.3
  MATCHES "${failed}" "still running at the time limit")
check(hanging_with_closed_pipes PROGRAM "${one_line}" SCRIPT "echo 1; exec >&- 2>&-; sleep 60" EXIT 1
  OPTIONS --time-limit 0.3 MATCHES "${failed}" "still running at the time limit")
check(stdin_is_empty PROGRAM "${one_line}" SCRIPT "cat; echo 1" EXIT 0 MATCHES "${passed}")

# Both pipes fill while nobody waits for the other.
check(much_on_both PROGRAM "${one_line}"
  EXIT 1 MATCHES "${failed}" WITHOUT "time limit" OPTIONS --time-limit 30
  SCRIPT "i=0; while [ $i -lt 3000 ]; do echo out.........................................; i=$((i+1)); \
echo err......................................... >&2; done")

# Programs that say nothing, or say it wrongly.
check(no_expectation PROGRAM "print 1;\n" SCRIPT "true" EXIT 1 MATCHES "${failed}" "no expectation at all")
check(misspelt_expectation PROGRAM "${one_line}// expected: 2\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "unknown expectation")
check(mixed_expectations PROGRAM "${one_line}// expect compile error: x\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "neither output nor a runtime error")
check(two_runtime_errors PROGRAM "${runtime}${runtime}" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "ends at its first runtime error")
check(trace_without_error PROGRAM "${one_line}// expect trace: [line 1] in script\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "a trace without a runtime error")
check(lines_beside_error PROGRAM "${runtime}// expect stderr: Oh.\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "lines of stderr beside an error")
check(exit_code_without_number PROGRAM "${one_line}// expect exit code: three\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "unknown expectation")
check(two_exit_codes PROGRAM "${one_line}// expect exit code: 0\n// expect exit code: 1\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "unknown expectation")
check(output_and_none PROGRAM "${one_line}// expect no output\n" SCRIPT "echo 1" EXIT 1
  MATCHES "${failed}" "both output and no output")

# The runner's own options.
check(passes_arguments PROGRAM "${one_line}" EXIT 0 MATCHES "${passed}" OPTIONS --arg --one --arg two
  SCRIPT "[ \"$1 $2\" = '--one two' ] && [ $# = 3 ] && [ -f \"$3\" ] && echo 1")
check(filter_that_fits PROGRAM "${one_line}" SCRIPT "echo 1"
  EXIT 0 MATCHES "${passed}" OPTIONS --filter program)
check(nothing_to_run PROGRAM "${one_line}" SCRIPT "echo 1" EXIT 1 MATCHES "0 passed, 0 failed"
  OPTIONS --filter nothing-of-this-name)
check(unknown_option PROGRAM "${one_line}" SCRIPT "echo 1" EXIT 2 MATCHES "unknown option" OPTIONS --nonsense)
check(missing_folder PROGRAM "${one_line}" SCRIPT "echo 1"
  EXIT 2 MATCHES "no such file" OPTIONS ${FOLDER}/nowhere)
check(no_interpreter PROGRAM "${one_line}" SCRIPT "echo 1" EXIT 1 MATCHES "${failed}"
  OPTIONS --interlox ${FOLDER}/nowhere)

message("${checks} checks, ${failures} failed")
if(failures GREATER 0)
  message(FATAL_ERROR "lox_runner does not report what it must")
endif()
