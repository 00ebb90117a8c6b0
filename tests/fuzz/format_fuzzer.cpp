// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as source: the formatter refuses them, or gives the same program in a layout that it keeps.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "vm/formatter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using interlox::vm::FormatError;
  std::string once;
  try {
    once = interlox::vm::format({reinterpret_cast<const char*>(data), size});
  } catch (const FormatError& error) {
    if (error.cause() == FormatError::Cause::internal) std::abort();
    return 0;
  }
  if (interlox::vm::format(once) != once) std::abort();
  return 0;
}
