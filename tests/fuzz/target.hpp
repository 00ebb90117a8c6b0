// SPDX-License-Identifier: BSD-3-Clause
// What every fuzz target is: libFuzzer's two functions, and a way to say that an expectation does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// Called once, before the first input.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
/// Runs one input. A fault ends the process.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace interlox::fuzz {

inline void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "expected: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace interlox::fuzz
