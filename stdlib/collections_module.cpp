// SPDX-License-Identifier: BSD-3-Clause
// collections: what Lox can't say. The rest is in collections.lox.
#include "stdlib/modules.hpp"
#include "vm/class.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

/// _optional(class): its init() may be called without its arguments, which are then nil.
Value optional(const Arguments& in) {
  auto* const klass = in.object<vm::Class>(0, vm::ObjectKind::klass, "class", "a class");
  if (klass == nullptr) return Value::absent();
  klass->make_arguments_optional();
  return Value::nil();
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("_optional", 1, optional),
};

}  // namespace

const std::span<const vm::NativeMember> collections_members = kMembers;

}  // namespace interlox::stdlib
