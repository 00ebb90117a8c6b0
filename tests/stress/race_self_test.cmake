# SPDX-License-Identifier: BSD-3-Clause
# Run as `cmake -DRACES=program -DINTERLOX=program -DSCENES=folder -DFOLDER=scratch -P race_self_test.cmake`: scenes
# with a fault each, which the race programs have to find.
file(REMOVE_RECURSE ${FOLDER})

# expect(NAME REGEX STEP [ARG...]): programs of a scene with that one step fail, and what is said matches.
function(expect name regex step)
  file(COPY ${SCENES}/prelude.lox DESTINATION ${FOLDER}/${name})
  file(WRITE ${FOLDER}/${name}/scene.lox "// About it.\nvar shared_A = make(A, P, 0, K);\n\n// step\n${step}\n")
  execute_process(
    COMMAND ${RACES} --programs=1 --rounds=2 --keep=${FOLDER} --scenes=${FOLDER}/${name} ${ARGN} ${INTERLOX}
    RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT code EQUAL 1 OR NOT said MATCHES "${regex}")
    message(FATAL_ERROR "${name}: ended with ${code} and said\n${said}")
  endif()
endfunction()

expect(place "FAILED: seed .*it ended with 86.*RACE FAULT: scene" "check(A, P, make(A, P + 1, me, K));")
expect(scene "RACE FAULT: scene" "check(A, P, make(A + 10, P, me, K));")
expect(value "RACE FAULT: scene" "check(A, P, nil);")
expect(error "it ended with 70.*Undefined key" "Map()[P];")
expect(hang "it did not end in time" "while (true) shared_A = make(A, P, me, K);" --limit=2)
expect(line "it wrote something else to stdout" "print \"a=b\";")

# What is no scene is refused.
file(COPY ${SCENES}/prelude.lox DESTINATION ${FOLDER}/nothing)
file(WRITE ${FOLDER}/nothing/scene.lox "// step that is none\n")
execute_process(COMMAND ${RACES} --scenes=${FOLDER}/nothing ${INTERLOX} RESULT_VARIABLE code ERROR_VARIABLE said)
if(NOT code EQUAL 1 OR NOT said MATCHES "scene: not understood: // step that is none")
  message(FATAL_ERROR "nothing: ended with ${code} and said\n${said}")
endif()

# A program that does nothing wrong is none of that.
file(COPY ${SCENES}/prelude.lox DESTINATION ${FOLDER}/right)
file(WRITE ${FOLDER}/right/scene.lox "// step, may fail: Undefined key\ncheck(A, P, make(A, P, me, K));\nMap()[P];\n")
execute_process(COMMAND ${RACES} --programs=3 --seed=5 --scenes=${FOLDER}/right ${INTERLOX}
                RESULT_VARIABLE code OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT code EQUAL 0 OR NOT said STREQUAL "seed 5\n3 programs, 0 faults\n")
  message(FATAL_ERROR "right: ended with ${code} and said\n${said}")
endif()
