// SPDX-License-Identifier: BSD-3-Clause
// The members of builtin classes and of the standard library's modules, as data.
#pragma once

#include <string_view>

#include "vm/function.hpp"

namespace interlox::vm {

/// A function that is called with a receiver. The receiver of a member is always of the kind that the
/// class is for.
using NativeMethod = NativeFunction;

/// A property, which is read, or a method, which is called.
struct NativeMember {
  std::string_view name;
  bool is_property;
  Arity arity;
  NativeMethod function;
};

constexpr NativeMember property(std::string_view name, NativeMethod function) noexcept {
  return {name, true, 0, function};
}
constexpr NativeMember method(std::string_view name, Arity arity, NativeMethod function) noexcept {
  return {name, false, arity, function};
}

}  // namespace interlox::vm
