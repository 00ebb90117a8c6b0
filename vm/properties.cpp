// SPDX-License-Identifier: BSD-3-Clause
#include "vm/properties.hpp"

#include "vm/function.hpp"
#include "vm/interpreter.hpp"
#include "vm/operations.hpp"

namespace interlox::vm {

Value get_property(Thread& thread, Value receiver, const Symbol* name) {
  Cache cache;
  cache.name = name;
  const ReadStep step = get_field_operation(thread, receiver, cache);
  if (step.getter == nullptr) return step.value;
  BoundMethod* const getter = BoundMethod::make(receiver, const_cast<Closure*>(step.getter));
  return call_value(thread, Value::object(getter), nullptr, 0);
}

bool set_property(Thread& thread, Value receiver, const Symbol* name, Value value) {
  Cache cache;
  cache.name = name;
  return set_field_operation(thread, receiver, cache, value);
}

}  // namespace interlox::vm
