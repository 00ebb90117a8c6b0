// SPDX-License-Identifier: BSD-3-Clause
#include "vm/function.hpp"

#include <algorithm>
#include <new>

#include "gc/heap.hpp"

namespace interlox::vm {

void Function::set_references(std::span<GlobalCell* const> global_cells,
                              std::span<const Value> constant_values,
                              std::span<const Symbol* const> cache_names) {
  const auto word = [](const auto* target) {
    return Value::from_bits(reinterpret_cast<std::uintptr_t>(target));
  };
  auto* const caches = static_cast<Cache*>(gc::allocate(cache_names.size() * sizeof(Cache) + 1));
  for (std::size_t i = 0; i < cache_names.size(); ++i) (::new (&caches[i]) Cache)->name = cache_names[i];
  const std::size_t count = global_cells.size() + 1 + constant_values.size();
  auto* const all = static_cast<Value*>(gc::allocate(count * sizeof(Value) + 1));
  references = all;
  Value* const last = std::transform(global_cells.rbegin(), global_cells.rend(), all, word);
  *last = word(caches);
  constants = last + 1;
  std::copy(constant_values.begin(), constant_values.end(), last + 1);
  global_count = static_cast<std::uint32_t>(global_cells.size());
  constant_count = static_cast<std::uint32_t>(constant_values.size());
  cache_count = static_cast<std::uint32_t>(cache_names.size());
}

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
