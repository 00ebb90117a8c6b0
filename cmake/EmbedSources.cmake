# SPDX-License-Identifier: BSD-3-Clause
# Run as `cmake -DOUTPUT=file.cpp -DSOURCES=a.lox;b.lox -DHEADER=some/header.hpp -DFUNCTION=interlox::some::function
# -DNAMES=NAME_WE -P EmbedSources.cmake`: writes C++ that holds the files, as bytes, since string literals have a limited
# length and quotes to mind; and the function, which the header declares, that finds one by its name, without its
# extension (NAMES is NAME_WE) or with it (NAME).
string(REGEX REPLACE "::[^:]*$" "" namespace "${FUNCTION}")
string(REGEX REPLACE "^.*::" "" function "${FUNCTION}")
set(text "// Made by EmbedSources.cmake.\n#include \"${HEADER}\"\n\nnamespace ${namespace} {\nnamespace {\n\n")
set(cases "")
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} ${NAMES})
  string(MAKE_C_IDENTIFIER "k_${name}" identifier)
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n    " bytes "${bytes}")
  string(APPEND text "constexpr unsigned char ${identifier}[] = {\n    ${bytes}0};\n\n")
  string(APPEND cases "  if (name == \"${name}\") return {reinterpret_cast<const char*>(${identifier}), sizeof ${identifier} - 1};\n")
endforeach()
string(APPEND text "}  // namespace\n\nstd::string_view ${function}([[maybe_unused]] std::string_view name) noexcept {\n${cases}  return {};\n}\n\n}  // namespace ${namespace}\n")
file(WRITE ${OUTPUT} "${text}")
