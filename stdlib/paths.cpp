// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/paths.hpp"

#include <string>
#include <system_error>

namespace interlox::stdlib {

const vm::String* path_argument(const vm::Arguments& in) {
  const vm::String* const path = in.string(0, "path");
  if (path == nullptr || path->view().find('\0') == std::string_view::npos) return path;
  in.fail(0, "path", "without NUL");
  return nullptr;
}

vm::Value raise_system_error(vm::Thread& thread, std::string_view what, std::string_view path, int error) {
  return thread.raise(std::string("Cannot ").append(what).append(" '").append(path).append("': ") +
                      std::generic_category().message(error) + ".");
}

}  // namespace interlox::stdlib
