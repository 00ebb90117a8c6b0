// SPDX-License-Identifier: BSD-3-Clause
#include "vm/iteration.hpp"

#include <string>

#include "gc/root.hpp"
#include "vm/channel.hpp"
#include "vm/concurrent_map.hpp"
#include "vm/instance.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/print.hpp"
#include "vm/range.hpp"
#include "vm/string_index.hpp"
#include "vm/symbol_table.hpp"
#include "vm/text.hpp"

namespace interlox::vm {
namespace {

List* keys_of(const Map& map) {
  List* const keys = List::make(map.length());
  for (Map::Cursor entry(map); entry.next();) keys->add(entry.key());
  return keys;
}

/// Null, with the thread's error set, if one of the keys is no value of the language.
List* keys_of(Thread& thread, const ConcurrentMap& map) {
  List* const keys = List::make(0);
  for (auto entry = map.map.iterate(); const auto item = entry.next();) {
    const auto key = to_language(item->key);
    if (!key) {
      thread.raise(refusal(item->key, "concurrent map"));
      return nullptr;
    }
    keys->add(*key);
  }
  return keys;
}

/// Whether a class, or an instance, has what the loop will call.
bool has_iterate(Value v) {
  static const gc::Root<const Symbol> name(intern("iterate"));
  if (is_object(v, ObjectKind::klass)) return as<Class>(v)->find_class_method(name.get()) != nullptr;
  const Class* const klass = as<Instance>(v)->klass();
  return klass->find_method(name.get()) != nullptr || klass->find_field(name.get()).has_value();
}

IterationStep next_of_list(const List& list, Value* iteration) noexcept {
  const double index = iteration[1].as_number();
  const Value element = list.get(static_cast<std::size_t>(index));
  if (element.is_absent()) return IterationStep::end;
  iteration[2] = element;
  iteration[1] = Value::number(index + 1);
  return IterationStep::element;
}

IterationStep next_of_range(const Range& range, Value* iteration) noexcept {
  const double number = iteration[1].as_number();
  if (!(number < range.to)) return IterationStep::end;
  iteration[2] = Value::number(number);
  iteration[1] = Value::number(number + 1);
  return IterationStep::element;
}

// The state is the offset of the next character.
IterationStep next_of_string(const String& string, Value* iteration) {
  const auto offset = static_cast<std::size_t>(iteration[1].as_number());
  if (offset >= string.length) return IterationStep::end;
  const std::string_view rest = string.view().substr(offset);
  const std::string_view character = rest.substr(0, sequence_length(rest));
  iteration[2] = Value::object(character_string(character));
  iteration[1] = Value::number(static_cast<double>(offset + character.size()));
  return IterationStep::element;
}

IterationStep next_of_channel(Thread& thread, Channel& channel, Value* iteration) {
  const Channel::Received received = channel.receive_by(std::nullopt, Channel::Takes::language);
  if (received.outcome == Channel::Outcome::closed) return IterationStep::end;
  const Value value = to_result(thread, received);
  if (value.is_absent()) return IterationStep::failed;
  iteration[2] = value;
  return IterationStep::element;
}

}  // namespace

bool prepare_iteration(Thread& thread, Value* iteration) {
  const Value iterable = iteration[0];
  iteration[1] = Value::number(0);
  switch (iterable.is_object() ? iterable.as_object()->kind() : ObjectKind::number) {
    case ObjectKind::list:
    case ObjectKind::string:
    case ObjectKind::channel:
      return true;
    case ObjectKind::range:
      iteration[1] = Value::number(as<Range>(iterable)->from);
      return true;
    case ObjectKind::map:
      iteration[0] = Value::object(keys_of(*as<Map>(iterable)));
      return true;
    case ObjectKind::concurrent_map: {
      List* const keys = keys_of(thread, *as<ConcurrentMap>(iterable));
      if (keys == nullptr) return false;
      iteration[0] = Value::object(keys);
      return true;
    }
    case ObjectKind::instance:
    case ObjectKind::klass:
      if (!has_iterate(iterable)) break;
      iteration[1] = Value::nil();
      return true;
    default:
      break;
  }
  thread.raise("Cannot iterate over " + to_brief_text(iterable) + ".");
  return false;
}

IterationStep next_element(Thread& thread, Value* iteration) {
  const Value iterable = iteration[0];
  switch (iterable.as_object()->kind()) {
    case ObjectKind::list:
      return next_of_list(*as<List>(iterable), iteration);
    case ObjectKind::range:
      return next_of_range(*as<Range>(iterable), iteration);
    case ObjectKind::string:
      return next_of_string(*as<String>(iterable), iteration);
    case ObjectKind::channel:
      return next_of_channel(thread, *as<Channel>(iterable), iteration);
    default:
      return IterationStep::by_methods;
  }
}

}  // namespace interlox::vm
