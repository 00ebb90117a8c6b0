# SPDX-License-Identifier: BSD-3-Clause
# Makes the reference of the C++ headers, as docs/Doxyfile says: cmake -DDOXYGEN=doxygen -DOUT=FOLDER -P api.cmake, in the
# project's folder. Fails where a public name has no description: Doxygen tells of those, but for concepts, structs
# without members and enumerators; these are looked for in what it writes.
file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${OUT})
set(ENV{DOCS_OUT} ${OUT})
execute_process(COMMAND ${DOXYGEN} docs/Doxyfile RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "Doxygen has something to complain about")
endif()

# No word about a compound, which its indentation tells; or about an enumerator.
set(nothing "<briefdescription>\n *</briefdescription>\n *<detaileddescription>\n *</detaileddescription>")
set(enumerator "<enumvalue [^>]*prot=\"public\">\n *<name>[^\n]*\n( *<initializer>[^\n]*\n)? *${nothing}")
file(GLOB compounds ${OUT}/xml/class*.xml ${OUT}/xml/concept*.xml ${OUT}/xml/namespace*.xml ${OUT}/xml/struct*.xml)
set(silent "")
foreach(compound IN LISTS compounds)
  file(READ ${compound} text)
  if(text MATCHES "<compounddef [^>]*prot=\"private\"")
    continue()
  endif()
  if(text MATCHES "\n    ${nothing}" OR text MATCHES "${enumerator}")
    list(APPEND silent ${compound})
  endif()
endforeach()
if(NOT compounds OR silent)
  message(FATAL_ERROR "of these, or of an enumerator in them, nothing is said: ${silent}")
endif()
