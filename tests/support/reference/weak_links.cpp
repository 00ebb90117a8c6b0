// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/reference/weak_links.hpp"

#include <cassert>
#include <new>

#include "gc/bdwgc.hpp"
#include "gc/heap.hpp"

namespace interlox::gc::reference {

void WeakLink::watch(void* target) {
  assert(target_ == nullptr && target != nullptr);
  target_ = target;
  if (GC_general_register_disappearing_link(&target_, target) == GC_NO_MEMORY) {
    target_ = nullptr;
    throw std::bad_alloc();
  }
  keep_alive(target);
  keep_alive(this);
}

void* WeakLink::get() const noexcept {
  const auto read = [](void* link) -> void* { return *static_cast<void**>(link); };
  return GC_call_with_alloc_lock(read, const_cast<void**>(&target_));
}

}  // namespace interlox::gc::reference
