// SPDX-License-Identifier: BSD-3-Clause
#include "vm/object.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

#include "gc/heap.hpp"
#include "vm/class.hpp"
#include "vm/function.hpp"
#include "vm/instance.hpp"
#include "vm/number_format.hpp"
#include "vm/symbol.hpp"

namespace interlox::vm {

String* String::allocate(std::size_t length) {
  assert(length <= kMaxLength);
  static_assert(sizeof(String) == kHeaderBytes + 4);  // bytes, and padding
  void* const memory = gc::allocate_pointer_free(std::max(kHeaderBytes + length + 1, sizeof(String)));
  auto* const string = ::new (memory) String(static_cast<std::uint32_t>(length));
  string->bytes[length] = '\0';
  return string;
}

String* String::make(std::string_view text) {
  String* const string = allocate(text.size());
  if (!text.empty()) std::memcpy(string->bytes, text.data(), text.size());
  return string;
}

String* String::concatenate(std::string_view a, std::string_view b) {
  String* const string = allocate(a.size() + b.size());
  if (!a.empty()) std::memcpy(string->bytes, a.data(), a.size());
  if (!b.empty()) std::memcpy(string->bytes + a.size(), b.data(), b.size());
  return string;
}

Integer* Integer::make(std::int64_t value) {
  return ::new (gc::allocate_pointer_free(sizeof(Integer))) Integer(value);
}

Box* Box::make(Value v) {
  auto* const box = ::new (gc::allocate(sizeof(Box))) Box();
  box->value.store(v);
  return box;
}

bool equal(Value a, Value b) noexcept {
  if (a.is_number() && b.is_number()) return a.as_number() == b.as_number();
  if (a == b) return true;
  return is_object(a, ObjectKind::string) && is_object(b, ObjectKind::string) &&
         as<String>(a)->view() == as<String>(b)->view();
}

namespace {

std::string function_text(const Function& function) {
  if (function.name == nullptr) return "<script>";
  return "<fn " + std::string(function.name->view()) + ">";
}

std::string object_text(const Object* object) {
  switch (object->kind()) {
    case ObjectKind::string:
      return std::string(static_cast<const String*>(object)->view());
    case ObjectKind::symbol:
      return "<Symbol " + std::string(static_cast<const Symbol*>(object)->view()) + ">";
    case ObjectKind::integer:
      return std::to_string(static_cast<const Integer*>(object)->value);
    case ObjectKind::function:
      return function_text(*static_cast<const Function*>(object));
    case ObjectKind::closure:
      return function_text(*static_cast<const Closure*>(object)->function);
    case ObjectKind::bound_method:
      return function_text(*static_cast<const BoundMethod*>(object)->method->function);
    case ObjectKind::native:
      return "<native fn>";
    case ObjectKind::klass:
      return std::string(static_cast<const Class*>(object)->name->view());
    case ObjectKind::instance:
      return std::string(static_cast<const Instance*>(object)->klass()->name->view()) + " instance";
    case ObjectKind::concurrent_map:
      return "<ConcurrentMap>";
    case ObjectKind::channel:
      return "<Channel>";
    case ObjectKind::unique:
    case ObjectKind::weak_ref:
    case ObjectKind::cleanup:
    case ObjectKind::tuple:
    case ObjectKind::box:
    case ObjectKind::class_template:
    case ObjectKind::table_copy:
    case ObjectKind::overflow:
      break;
  }
  return "<internal object>";  // no value of a program is one of these
}

}  // namespace

std::string to_text(Value v) {
  if (v.is_number()) return format_number(v.as_number());
  if (v.is_nil()) return "nil";
  if (v.is_boolean()) return v.as_boolean() ? "true" : "false";
  if (v.is_absent()) return "<absent>";
  return object_text(v.as_object());
}

}  // namespace interlox::vm
