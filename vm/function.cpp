// SPDX-License-Identifier: BSD-3-Clause
#include "vm/function.hpp"

#include <algorithm>
#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

Closure* Closure::make(const Function* function) {
  static_assert(sizeof(Closure) == kHeaderBytes + sizeof(Box*));
  const std::size_t captures =
      std::max<std::size_t>(function->capture_count, 1);  // never less than the struct
  // The other upvalues are zero as allocated.
  return ::new (gc::allocate(kHeaderBytes + captures * sizeof(Box*))) Closure(function);
}

Native* Native::make(const Symbol* name, Arity arity, NativeFunction function) {
  return ::new (gc::allocate(sizeof(Native))) Native(name, arity, function);
}

BoundMethod* BoundMethod::make(Value receiver, Closure* method) {
  auto* const bound = ::new (gc::allocate(sizeof(BoundMethod))) BoundMethod();
  bound->receiver = receiver;
  bound->method = method;
  return bound;
}

}  // namespace interlox::vm
