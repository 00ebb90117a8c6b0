// SPDX-License-Identifier: BSD-3-Clause
#include <bit>
#include <optional>

#include "gc/root.hpp"
#include "vm/element.hpp"
#include "vm/embed/access.hpp"
#include "vm/interchange.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/native_class.hpp"
#include "vm/print.hpp"
#include "vm/properties.hpp"
#include "vm/symbol_table.hpp"

namespace interlox {
namespace {

using embed::Access;
using embed::misuse;
using embed::require_thread;
using vm::List;
using vm::Map;
using vm::ObjectKind;

const char* type_text(Type type) noexcept {
  constexpr const char* kNames[] = {"nil",   "a boolean",  "a number", "a string",    "a list",
                                    "a map", "a function", "a class",  "an instance", "of another type"};
  return kNames[static_cast<std::size_t>(type)];
}

[[noreturn]] void wrong_type(const char* function, const Value& v, Type expected) {
  misuse(function, std::string("the value is ") + type_text(v.type()) + ", not " + type_text(expected));
}

template <class T>
T& object_of(const char* function, const Value& v, Type expected) {
  if (v.type() != expected) wrong_type(function, v, expected);
  return *vm::as<T>(Access::word(v));
}

bool is_nan(vm::Value v) noexcept { return v.is_number() && v.as_number() != v.as_number(); }

vm::Value make_string(const char* function, std::string_view text) {
  require_thread(function);
  if (text.size() > vm::String::kMaxLength) misuse(function, "the string is too long");
  return vm::Value::object(vm::String::make(text));
}

}  // namespace

Value embed::Access::wrap(vm::Value v) {
  Value handle(Value::Bits{v.bits()});
  if (v.is_object()) handle.root_ = std::make_shared<gc::Root<vm::Object>>(v.as_object());
  return handle;
}

Value::Value() noexcept : bits_(vm::Value::nil().bits()) {}

Value::Value(std::string_view text) : Value(Access::wrap(make_string("Value", text))) {}

Value::Bits Value::embed_boolean(bool b) noexcept { return {vm::Value::boolean(b).bits()}; }

Value::Bits Value::embed_number(double d) noexcept { return {vm::Value::number(d).bits()}; }

Value::Bits Value::embed_integer(bool is_negative, std::uint64_t bits) {
  constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 63;
  if (is_negative || bits < kTooLarge) {
    const auto integer = std::bit_cast<std::int64_t>(bits);
    if (const auto number = vm::to_language(integer)) return {number->bits()};
    misuse("Value", "no number of the language equals the integer " + std::to_string(integer));
  }
  const auto number = static_cast<double>(bits);
  if (number < 0x1p64 && static_cast<std::uint64_t>(number) == bits) return embed_number(number);
  misuse("Value", "no number of the language equals the integer " + std::to_string(bits));
}

Value Value::list(Arguments elements) {
  require_thread("Value::list");
  if (elements.size() > List::kMaxLength) misuse("Value::list", "the list is too long");
  List* const list = List::make(elements.size());
  for (const Value& element : elements) list->add(Access::word(element));
  return Access::wrap(vm::Value::object(list));
}

Value Value::map(std::span<const std::pair<Value, Value>> entries) {
  require_thread("Value::map");
  if (entries.size() > Map::kMaxLength) misuse("Value::map", "there are too many entries");
  Map* const map = Map::make();
  for (const auto& [key, value] : entries) {
    if (is_nan(Access::word(key))) misuse("Value::map", "a key is nan");
    map->set(Access::word(key), Access::word(value));
  }
  return Access::wrap(vm::Value::object(map));
}

Type Value::type() const noexcept {
  const vm::Value v = Access::word(*this);
  if (v.is_nil()) return Type::nil;
  if (v.is_boolean()) return Type::boolean;
  if (v.is_number()) return Type::number;
  switch (v.as_object()->kind()) {
    case ObjectKind::string:
      return Type::string;
    case ObjectKind::list:
      return Type::list;
    case ObjectKind::map:
      return Type::map;
    case ObjectKind::closure:
    case ObjectKind::native:
    case ObjectKind::bound_method:
    case ObjectKind::bound_native:
      return Type::function;
    case ObjectKind::klass:
    case ObjectKind::native_class:
      return Type::class_;
    case ObjectKind::instance:
      return Type::instance;
    default:
      return Type::other;
  }
}

bool Value::is_callable() const noexcept { return vm::is_callable(Access::word(*this)); }

bool Value::is_truthy() const noexcept { return !Access::word(*this).is_falsey(); }

bool Value::as_boolean() const {
  if (!is_boolean()) wrong_type("Value::as_boolean", *this, Type::boolean);
  return Access::word(*this).as_boolean();
}

double Value::as_number() const {
  if (!is_number()) wrong_type("Value::as_number", *this, Type::number);
  return Access::word(*this).as_number();
}

std::string Value::as_string() const {
  return std::string(object_of<vm::String>("Value::as_string", *this, Type::string).view());
}

std::string_view Value::string_view() const& {
  return object_of<vm::String>("Value::string_view", *this, Type::string).view();
}

std::vector<Value> Value::elements() const {
  const List& list = object_of<List>("Value::elements", *this, Type::list);
  require_thread("Value::elements");
  std::vector<Value> result;
  for (std::size_t i = 0; i < list.length(); ++i) {
    const vm::Value element = list.get(i);
    if (element.is_absent()) break;  // another thread has shortened the list
    result.push_back(Access::wrap(element));
  }
  return result;
}

std::vector<std::pair<Value, Value>> Value::entries() const {
  const Map& map = object_of<Map>("Value::entries", *this, Type::map);
  require_thread("Value::entries");
  std::vector<std::pair<Value, Value>> result;
  for (Map::Cursor entry(map); entry.next();) {
    result.emplace_back(Access::wrap(entry.key()), Access::wrap(entry.value()));
  }
  return result;
}

std::size_t Value::length() const {
  if (is_list()) return vm::as<List>(Access::word(*this))->length();
  return object_of<Map>("Value::length", *this, Type::map).length();
}

void Value::append(const Value& v) {
  List& list = object_of<List>("Value::append", *this, Type::list);
  require_thread("Value::append");
  try {
    list.add(Access::word(v));
  } catch (const vm::ListTooLong&) {
    misuse("Value::append", "the list is full");
  }
}

Result Value::element(const Value& index) const {
  return embed::result_of("Value::element", [&](vm::Thread& thread) {
    return vm::get_element(thread, Access::word(*this), Access::word(index));
  });
}

Result Value::set_element(const Value& index, const Value& v) {
  return embed::result_of("Value::set_element", [&](vm::Thread& thread) {
    const bool done = vm::set_element(thread, Access::word(*this), Access::word(index), Access::word(v));
    return done ? Access::word(v) : vm::Value::absent();
  });
}

Result Value::member(std::string_view name) const {
  return embed::result_of("Value::member", [&](vm::Thread& thread) {
    return vm::get_property(thread, Access::word(*this), vm::intern(name));
  });
}

Result Value::set_member(std::string_view name, const Value& v) {
  return embed::result_of("Value::set_member", [&](vm::Thread& thread) {
    const bool done = vm::set_property(thread, Access::word(*this), vm::intern(name), Access::word(v));
    return done ? Access::word(v) : vm::Value::absent();
  });
}

Result Value::text() const {
  return embed::result_of("Value::text", [&](vm::Thread& thread) {
    const std::optional<std::string> text = vm::text_of(thread, Access::word(*this));
    return text ? make_string("Value::text", *text) : vm::Value::absent();
  });
}

std::shared_ptr<void> Value::host_object(const std::type_info& type) const {
  std::shared_ptr<void> found = embed::find_host_object(Access::word(*this), type);
  if (found == nullptr) misuse("Value::host", std::string("no ") + type.name() + " is behind the value");
  return found;
}

bool Value::has_host_object(const std::type_info& type) const noexcept {
  return embed::find_host_object(Access::word(*this), type) != nullptr;
}

bool Value::equal(const Value& a, const Value& b) noexcept {
  return vm::equal(Access::word(a), Access::word(b));
}

}  // namespace interlox
