// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/optional_arguments.hpp"

#include "vm/class.hpp"
#include "vm/function.hpp"

namespace interlox::stdlib {

using vm::Value;

Value make_arguments_optional(const vm::Arguments& in) {
  const auto least = in.count_of(1, "least");
  if (!least) return Value::absent();
  const vm::Closure* callee = nullptr;
  if (vm::is_object(in[0], vm::ObjectKind::closure)) {
    callee = vm::as<vm::Closure>(in[0]);
  } else if (vm::is_object(in[0], vm::ObjectKind::bound_method)) {
    callee = vm::as<vm::BoundMethod>(in[0])->method;
  } else if (vm::is_object(in[0], vm::ObjectKind::klass)) {
    callee = vm::as<vm::Class>(in[0])->initializer.load(std::memory_order_relaxed);  // relaxed: nobody else's
  }
  if (callee == nullptr) return in.fail(0, "f", "a function, a method, or a class with an init()");
  const_cast<vm::Function*>(callee->function)->min_arity = static_cast<std::uint32_t>(*least);
  return Value::nil();
}

}  // namespace interlox::stdlib
