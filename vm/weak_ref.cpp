// SPDX-License-Identifier: BSD-3-Clause
#include "vm/weak_ref.hpp"

#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

WeakRef* WeakRef::make(Object* target) {
  static auto* const registry = new gc::WeakRegistry(gc::WeakRegistry::Tokens::kDrop);  // for ever
  auto* const reference = ::new (gc::allocate_pointer_free(sizeof(WeakRef))) WeakRef();
  registry->watch(reference->cell_, target);
  return reference;
}

}  // namespace interlox::vm
