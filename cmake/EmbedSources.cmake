# SPDX-License-Identifier: BSD-3-Clause
# Run as `cmake -DOUTPUT=file.cpp -DSOURCES=a.lox;b.lox -P EmbedSources.cmake`: writes C++ that holds the files,
# as bytes, since string literals have a limited length and quotes to mind.
set(text "// Made by EmbedSources.cmake.\n#include \"stdlib/sources.hpp\"\n\nnamespace interlox::stdlib {\nnamespace {\n\n")
set(cases "")
foreach(source IN LISTS SOURCES)
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n    " bytes "${bytes}")
  string(APPEND text "constexpr unsigned char k_${name}[] = {\n    ${bytes}0};\n\n")
  string(APPEND cases "  if (module == \"${name}\") return {reinterpret_cast<const char*>(k_${name}), sizeof k_${name} - 1};\n")
endforeach()
string(APPEND text "}  // namespace\n\nstd::string_view source_of([[maybe_unused]] std::string_view module) noexcept {\n${cases}  return {};\n}\n\n}  // namespace interlox::stdlib\n")
file(WRITE ${OUTPUT} "${text}")
