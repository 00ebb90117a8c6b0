// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/modules.hpp"

#include "stdlib/sources.hpp"

namespace interlox::stdlib {

std::span<const vm::StandardModule> standard_modules() {
  static const vm::StandardModule modules[] = {
      {"io", io_members, {}},     {"math", math_members, source_of("math")},
      {"os", os_members, {}},     {"random", random_members, {}},
      {"time", time_members, {}},
  };
  return modules;
}

}  // namespace interlox::stdlib
