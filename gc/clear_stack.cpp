// SPDX-License-Identifier: BSD-3-Clause
#include "gc/clear_stack.hpp"

#include <cstddef>

namespace interlox::gc {

[[gnu::noinline]] void clear_stack() noexcept {
  constexpr std::size_t kWords = 4096;
  volatile void* frame[kWords];  // volatile: these stores are the point, though nobody reads them
  for (volatile void* volatile& word : frame) word = nullptr;
}

}  // namespace interlox::gc
