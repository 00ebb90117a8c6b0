// SPDX-License-Identifier: BSD-3-Clause
#include "vm/unique_content.hpp"

#include <stdexcept>

#include "vm/interchange.hpp"
#include "vm/list.hpp"
#include "vm/unique_table.hpp"

namespace interlox::vm {
namespace {

Value freeze(Value v, int depth, Value& culprit) {
  if (!is_object(v, ObjectKind::list)) {
    culprit = v;
    return UniqueTable::can_hold(lookup_of(v)) ? v : Value::absent();
  }
  if (depth > Tuple::kMaxDepth) throw std::length_error("Unique() value is nested too deeply.");
  const List& list = *as<List>(v);
  const std::uint32_t length = list.length();
  Tuple* const tuple = Tuple::make(length);
  for (std::uint32_t i = 0; i < length; ++i) {
    const Value element = list.get(i);
    if (element.is_absent()) continue;  // another thread shortens the list: a nil
    const Value frozen = freeze(element, depth + 1, culprit);
    if (frozen.is_absent()) return frozen;
    tuple->elements[i] = frozen;
  }
  return Value::object(tuple);
}

}  // namespace

Value to_content(Value v, Value& culprit) { return freeze(v, 1, culprit); }

Value from_content(Value content, Value& culprit) {
  if (!is_object(content, ObjectKind::tuple)) {
    culprit = content;
    return to_language(content).value_or(Value::absent());
  }
  const Tuple& tuple = *as<Tuple>(content);
  List* const list = List::make(tuple.count);
  for (std::uint32_t i = 0; i < tuple.count; ++i) {
    const Value element = from_content(tuple.elements[i], culprit);
    if (element.is_absent()) return element;
    list->add(element);
  }
  return Value::object(list);
}

}  // namespace interlox::vm
