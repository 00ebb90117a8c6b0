// SPDX-License-Identifier: BSD-3-Clause
#include "vm/nesting.hpp"

#include <pthread.h>

namespace interlox::vm {

namespace {

// The lowest address of the calling thread's stack, or 0 if the system does not say.
std::uintptr_t stack_end() noexcept {
#ifdef __GLIBC__
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  void* base = nullptr;
  std::size_t size = 0;
  const bool known = pthread_attr_getstack(&attributes, &base, &size) == 0;
  pthread_attr_destroy(&attributes);
  return known ? reinterpret_cast<std::uintptr_t>(base) : 0;
#else
  return 0;
#endif
}

}  // namespace

bool Nesting::stack_has_room() noexcept {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (stack_limit_ == 0) {
    constexpr std::size_t kAssumed = 512 * 1024;  // below here, where the system can't be asked
    const std::uintptr_t end = stack_end();
    stack_limit_ = end != 0 && end < here ? end + kReserve : here - kAssumed;
  }
  return here > stack_limit_;
}

}  // namespace interlox::vm
