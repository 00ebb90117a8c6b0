// SPDX-License-Identifier: BSD-3-Clause
// List: what programs can do with lists.
#include "vm/list.hpp"

#include <algorithm>

#include "stdlib/builtins.hpp"
#include "stdlib/inspection.hpp"
#include "stdlib/list_callbacks.hpp"
#include "stdlib/text_tools.hpp"
#include "vm/runtime_error.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::Value;

Value index_error(const Arguments& in, Value index) {
  return vm::raise_out_of_bounds(in.thread(), "List", index, in.self<List>().length());
}

Value construct(const Arguments& in) {
  if (in.count() == 0) return Value::object(List::make());
  if (in.count() == 1) return in.thread().raise(vm::arity_message(2, 1));
  const auto count = in.count_of(0, "count");
  if (!count) return Value::absent();
  return Value::object(List::filled(*count, in[1]));
}

Value length(const Arguments& in) { return Value::number(in.self<List>().length()); }

Value add(const Arguments& in) {
  in.self<List>().add(in[0]);
  return in[0];
}

Value insert(const Arguments& in) {
  List& list = in.self<List>();
  const std::uint32_t length = list.length();
  const auto index = vm::resolve_index(in.thread(), "List", in[0], length, length + 1);
  if (!index) return Value::absent();
  return list.insert(*index, in[1]) ? Value::nil() : index_error(in, in[0]);
}

Value remove_at(const Arguments& in) {
  List& list = in.self<List>();
  const std::uint32_t length = list.length();
  const auto index = vm::resolve_index(in.thread(), "List", in[0], length, length);
  if (!index) return Value::absent();
  const Value removed = list.remove_at(*index);
  return removed.is_absent() ? index_error(in, in[0]) : removed;
}

Value remove(const Arguments& in) { return Value::boolean(in.self<List>().remove(in[0])); }

Value pop(const Arguments& in) {
  const Value last = in.self<List>().pop();
  return last.is_absent() ? in.thread().raise("Cannot pop from an empty list.") : last;
}

Value clear(const Arguments& in) {
  in.self<List>().clear();
  return Value::nil();
}

Value contains(const Arguments& in) { return Value::boolean(in.self<List>().index_of(in[0]).has_value()); }

Value index_of(const Arguments& in) {
  const auto index = in.self<List>().index_of(in[0]);
  return index ? Value::number(*index) : Value::nil();
}

Value slice(const Arguments& in) {
  const List& list = in.self<List>();
  const std::uint32_t length = list.length();
  const auto from = in.integer(0, "start");
  if (!from) return Value::absent();
  std::uint32_t to = length;
  if (in.has(1)) {
    const auto end = in.integer(1, "end");
    if (!end) return Value::absent();
    to = vm::clamp_index(*end, length);
  }
  return Value::object(list.slice(vm::clamp_index(*from, length), to));
}

Value reverse(const Arguments& in) {
  in.self<List>().reverse();
  return in.receiver();
}

Value join(const Arguments& in) {
  const vm::String* const separator = in.string(0, "separator");
  if (separator == nullptr) return Value::absent();
  return join_elements(in.thread(), in.self<List>(), separator->view());
}

Value copy(const Arguments& in) { return Value::object(in.self<List>().copy()); }

constexpr vm::NativeMember kMembers[] = {
    vm::property("length", length),         vm::method("add", 1, add),
    vm::method("insert", 2, insert),        vm::method("removeAt", 1, remove_at),
    vm::method("remove", 1, remove),        vm::method("pop", 0, pop),
    vm::method("clear", 0, clear),          vm::method("contains", 1, contains),
    vm::method("indexOf", 1, index_of),     vm::method("slice", {1, 2}, slice),
    vm::method("reverse", 0, reverse),      vm::method("copy", 0, copy),
    vm::method("sort", {0, 1}, sort_list),  vm::method("map", 1, map_list),
    vm::method("filter", 1, filter_list),   vm::method("reduce", {1, 2}, reduce_list),
    vm::method("each", 1, each_of_list),    vm::method("join", 1, join),
    vm::method("check", 0, check_of<List>),
};

}  // namespace

constinit const vm::NativeClassPlan list_plan{"List", vm::ObjectKind::list, {0, 2}, construct, kMembers};

}  // namespace interlox::stdlib
