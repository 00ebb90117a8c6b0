// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/modules.hpp"

#include "stdlib/sources.hpp"

namespace interlox::stdlib {

std::span<const vm::StandardModule> standard_modules() {
  static const vm::StandardModule modules[] = {
      {"collections", collections_members, source_of("collections")},
      {"concurrent", concurrent_members, source_of("concurrent")},
      {"io", io_members, source_of("io")},
      {"json", json_members, source_of("json")},
      {"math", math_members, source_of("math")},
      {"os", os_members, source_of("os")},
      {"random", random_members, source_of("random")},
      {"testing", testing_members, source_of("testing")},
      {"text", text_members, source_of("text")},
      {"time", time_members, source_of("time")},
  };
  return modules;
}

}  // namespace interlox::stdlib
