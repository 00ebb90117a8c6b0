// SPDX-License-Identifier: BSD-3-Clause
#include "vm/element.hpp"

#include <cstdint>
#include <string>

#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/native_arguments.hpp"
#include "vm/print.hpp"
#include "vm/string_index.hpp"

namespace interlox::vm {
namespace {

bool is_nan(Value v) noexcept { return v.is_number() && v.as_number() != v.as_number(); }

Value get_from_list(Thread& thread, const List& list, Value index) {
  const std::uint32_t length = list.length();
  const auto position = resolve_index(thread, "List", index, length, length);
  if (!position) return Value::absent();
  const Value element = list.get(*position);
  if (!element.is_absent()) return element;
  return raise_out_of_bounds(thread, "List", index, list.length());  // another thread has removed it
}

bool set_in_list(Thread& thread, List& list, Value index, Value value) {
  const std::uint32_t length = list.length();
  const auto position = resolve_index(thread, "List", index, length, length);
  if (!position) return false;
  if (list.set(*position, value)) return true;
  raise_out_of_bounds(thread, "List", index, list.length());  // as above
  return false;
}

Value get_from_map(Thread& thread, const Map& map, Value key) {
  const Value found = map.get(key);
  if (!found.is_absent()) return found;
  return thread.raise("Undefined key " + to_brief_text(key) + ".");
}

bool set_in_map(Thread& thread, Map& map, Value key, Value value) {
  if (is_nan(key)) {
    thread.raise("Map key must not be nan.");
    return false;
  }
  map.set(key, value);
  return true;
}

}  // namespace

Value get_element(Thread& thread, Value receiver, Value index) {
  if (is_object(receiver, ObjectKind::list)) return get_from_list(thread, *as<List>(receiver), index);
  if (is_object(receiver, ObjectKind::map)) return get_from_map(thread, *as<Map>(receiver), index);
  if (is_object(receiver, ObjectKind::string)) return string_at(thread, *as<String>(receiver), index);
  return thread.raise("Cannot index " + to_brief_text(receiver) + ".");
}

bool set_element(Thread& thread, Value receiver, Value index, Value value) {
  if (is_object(receiver, ObjectKind::list)) return set_in_list(thread, *as<List>(receiver), index, value);
  if (is_object(receiver, ObjectKind::map)) return set_in_map(thread, *as<Map>(receiver), index, value);
  thread.raise("Cannot assign to an index of " + to_brief_text(receiver) + ".");
  return false;
}

}  // namespace interlox::vm
