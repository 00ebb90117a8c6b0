// SPDX-License-Identifier: BSD-3-Clause
// dump(), dot() and check(), as the structures that programs may study have them.
#pragma once

#include <optional>
#include <string>

#include "stdlib/text_tools.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {

template <class T>
vm::Value dump_of(const vm::Arguments& in) {
  return make_text(in.self<T>().dump());
}

template <class T>
vm::Value dot_of(const vm::Arguments& in) {
  return make_text(in.self<T>().dot());
}

/// True; or an error that says what is broken.
template <class T>
vm::Value check_of(const vm::Arguments& in) {
  const std::optional<std::string> fault = in.self<T>().check();
  return fault ? in.thread().raise(*fault) : vm::Value::boolean(true);
}

}  // namespace interlox::stdlib
