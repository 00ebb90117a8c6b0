// SPDX-License-Identifier: BSD-3-Clause
// Map: what programs can do with maps.
#include "vm/map.hpp"

#include "stdlib/builtins.hpp"
#include "stdlib/inspection.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::Map;
using vm::Value;

Value value_or_nil(Value v) noexcept { return v.is_absent() ? Value::nil() : v; }

/// The list of pick(entry) for each entry of the receiver.
template <class Pick>
Value collect(const Arguments& in, Pick pick) {
  const Map& map = in.self<Map>();
  List* const list = List::make(map.length());
  for (Map::Cursor entry(map); entry.next();) list->add(pick(entry));
  return Value::object(list);
}

Value construct(const Arguments& /*in*/) { return Value::object(Map::make()); }

Value length(const Arguments& in) { return Value::number(in.self<Map>().length()); }

Value get(const Arguments& in) {
  const Value found = in.self<Map>().get(in[0]);
  return found.is_absent() ? in.get_or(1, Value::nil()) : found;
}

Value has(const Arguments& in) { return Value::boolean(in.self<Map>().has(in[0])); }

Value remove(const Arguments& in) { return value_or_nil(in.self<Map>().remove(in[0])); }

Value keys(const Arguments& in) {
  return collect(in, [](const Map::Cursor& entry) { return entry.key(); });
}

Value values(const Arguments& in) {
  return collect(in, [](const Map::Cursor& entry) { return entry.value(); });
}

Value entries(const Arguments& in) {
  return collect(in, [](const Map::Cursor& entry) {
    const Value pair[] = {entry.key(), entry.value()};
    return Value::object(List::make(pair, 2));
  });
}

/// For the entries that there are at the start, less those that the callback removes.
Value each(const Arguments& in) {
  if (!in.callable(0, "callback")) return Value::absent();
  for (Map::Cursor entry(in.self<Map>()); entry.next();) {
    const Value pair[] = {entry.key(), entry.value()};
    if (vm::call_value(in.thread(), in[0], pair, 2).is_absent()) return Value::absent();
  }
  return Value::nil();
}

Value clear(const Arguments& in) {
  in.self<Map>().clear();
  return Value::nil();
}

Value copy(const Arguments& in) { return Value::object(in.self<Map>().copy()); }

constexpr vm::NativeMember kMembers[] = {
    vm::property("length", length),    vm::method("get", {1, 2}, get),        vm::method("has", 1, has),
    vm::method("remove", 1, remove),   vm::method("keys", 0, keys),           vm::method("values", 0, values),
    vm::method("entries", 0, entries), vm::method("each", 1, each),           vm::method("clear", 0, clear),
    vm::method("copy", 0, copy),       vm::method("check", 0, check_of<Map>),
};

}  // namespace

constinit const vm::NativeClassPlan map_plan{"Map", vm::ObjectKind::map, 0, construct, kMembers};

}  // namespace interlox::stdlib
