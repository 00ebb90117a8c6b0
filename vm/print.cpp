// SPDX-License-Identifier: BSD-3-Clause
#include "vm/print.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

#include "gc/root.hpp"
#include "vm/class.hpp"
#include "vm/function.hpp"
#include "vm/instance.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/module.hpp"
#include "vm/native_class.hpp"
#include "vm/number_format.hpp"
#include "vm/range.hpp"
#include "vm/spawned_thread.hpp"
#include "vm/symbol_table.hpp"
#include "vm/unique.hpp"
#include "vm/weak_table.hpp"

namespace interlox::vm {
namespace {

std::string function_text(const Function& function) {
  if (function.name == nullptr) return "<script>";
  if (function.role == FunctionRole::lambda) return "<fn>";
  return "<fn " + std::string(function.name->view()) + ">";
}

std::string range_text(const Range& range) {
  return format_number(range.from) + ".." + format_number(range.to);
}

/// The text of an object that is neither a string nor a collection.
std::string object_text(const Object* object) {
  switch (object->kind()) {
    case ObjectKind::symbol:
      return "<Symbol " + std::string(static_cast<const Symbol*>(object)->view()) + ">";
    case ObjectKind::integer:
      return std::to_string(static_cast<const Integer*>(object)->value);
    case ObjectKind::range:
      return range_text(*static_cast<const Range*>(object));
    case ObjectKind::function:
      return function_text(*static_cast<const Function*>(object));
    case ObjectKind::closure:
      return function_text(*static_cast<const Closure*>(object)->function);
    case ObjectKind::bound_method:
      return function_text(*static_cast<const BoundMethod*>(object)->method->function);
    case ObjectKind::native:
    case ObjectKind::bound_native:
      return "<native fn>";
    case ObjectKind::native_class:
      return std::string(static_cast<const NativeClass*>(object)->plan->name);
    case ObjectKind::klass:
      return std::string(static_cast<const Class*>(object)->name->view());
    case ObjectKind::instance:
      return std::string(static_cast<const Instance*>(object)->klass()->name->view()) + " instance";
    case ObjectKind::weak_ref:
      return "<WeakRef>";
    case ObjectKind::cleanup:
      return "<Cleanup>";
    case ObjectKind::collector:
      return "<GC>";
    case ObjectKind::weak_table:
      return static_cast<const WeakTable*>(object)->is_of_symbols() ? "<WeakTable of symbols>"
                                                                    : "<WeakTable of handles>";
    case ObjectKind::concurrent_map:
      return "<ConcurrentMap>";
    case ObjectKind::channel:
      return "<Channel>";
    case ObjectKind::thread:
      return "<Thread " + std::to_string(static_cast<const SpawnedThread*>(object)->id()) + ">";
    case ObjectKind::mutex:
      return "<Mutex>";
    case ObjectKind::atomic:
      return "<Atomic>";
    case ObjectKind::module:
      return "<Module " + std::string(static_cast<const Module*>(object)->name->view()) + ">";
    default:
      return "<internal object>";  // no value of a program is another
  }
}

/// How many bytes the control character at the start of `text` takes, 0 if there is none: those of
/// ASCII, and U+0080 to U+009F.
std::size_t control_length(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7f) return 1;
  if (first != 0xc2 || text.size() < 2) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  return second >= 0x80 && second < 0xa0 ? 2 : 0;
}

/// A collection that is being written, and those around it.
struct Level {
  const Object* collection;
  const Level* outer;
  std::uint32_t depth;

  bool is_inside(const Object* object) const noexcept {
    for (const Level* level = this; level != nullptr; level = level->outer) {
      if (level->collection == object) return true;
    }
    return false;
  }
};

bool is_collection(const Object* object) noexcept {
  return object->is(ObjectKind::list) || object->is(ObjectKind::map) || object->is(ObjectKind::tuple);
}

/// The method toString() of an instance; null if it has none.
Closure* find_to_string(const Object* object) {
  static const gc::Root<const Symbol> name(intern("toString"));
  if (object->kind() != ObjectKind::instance) return nullptr;
  const MethodRecord* const record = static_cast<const Instance*>(object)->klass()->find_method(name.get());
  if (record == nullptr) return nullptr;
  Closure* const method = record->method.load(std::memory_order_acquire);  // pairs with Class::add_method's
  return method->is_getter() ? nullptr : method;
}

/// Writes values to a text, and stops soon after the text is longer than `limit`, or an error is set.
class Printer {
 public:
  /// With a thread, the toString() of instances is called on it.
  explicit Printer(std::size_t limit, Thread* thread = nullptr) noexcept : limit_(limit), thread_(thread) {}

  std::string& text() noexcept { return text_; }
  bool is_full() const noexcept { return text_.size() > limit_; }
  bool has_failed() const noexcept { return failed_; }

  void write(Value v, const Level* outer) {
    if (v.is_number()) {
      text_ += format_number(v.as_number());
    } else if (v.is_nil()) {
      text_ += "nil";
    } else if (v.is_boolean()) {
      text_ += v.as_boolean() ? "true" : "false";
    } else if (v.is_absent()) {
      text_ += "<absent>";
    } else if (is_object(v, ObjectKind::string)) {
      write_quoted(as<String>(v)->view());
    } else if (is_collection(v.as_object())) {
      write_collection(v.as_object(), outer);
    } else if (is_object(v, ObjectKind::unique)) {
      write_handle(*as<Unique>(v), outer);
    } else if (Closure* const method = thread_ == nullptr ? nullptr : find_to_string(v.as_object())) {
      write_by_method(v, method);
    } else {
      text_ += object_text(v.as_object());
    }
  }

 private:
  bool stops() const noexcept { return is_full() || failed_; }

  void write_by_method(Value instance, Closure* method) {
    const Value text = call_value(*thread_, Value::object(BoundMethod::make(instance, method)), nullptr, 0);
    if (is_object(text, ObjectKind::string)) {
      text_ += as<String>(text)->view();
      return;
    }
    if (!text.is_absent())
      thread_->raise("toString() must return a string, not " + to_brief_text(text) + ".");
    failed_ = true;
  }

  void write_collection(const Object* object, const Level* outer) {
    const Level level{object, outer, outer == nullptr ? 1 : outer->depth + 1};
    if (level.depth > kMaxPrintDepth || (outer != nullptr && outer->is_inside(object))) {
      text_ += "[...]";
      return;
    }
    text_ += '[';
    if (object->is(ObjectKind::list)) {
      write_elements(*static_cast<const List*>(object), level);
    } else if (object->is(ObjectKind::tuple)) {
      write_elements(*static_cast<const Tuple*>(object), level);
    } else {
      write_entries(*static_cast<const Map*>(object), level);
    }
    text_ += ']';
  }

  // A string in a handle is no string inside a collection: it is written as print writes it.
  void write_handle(const Unique& handle, const Level* outer) {
    const Level level{&handle, outer, outer == nullptr ? 1 : outer->depth + 1};
    text_ += "<Unique ";
    if (level.depth > kMaxPrintDepth) {
      text_ += "...";
    } else if (handle.is_text()) {
      text_ += handle.text();
    } else {
      write(handle.word(), &level);
    }
    text_ += '>';
  }

  void write_elements(const Tuple& tuple, const Level& level) {
    for (std::uint32_t i = 0; i < tuple.count && !stops(); ++i) {
      if (i != 0) text_ += ", ";
      write(tuple.elements[i], &level);
    }
  }

  void write_elements(const List& list, const Level& level) {
    const std::uint32_t length = list.length();
    for (std::uint32_t i = 0; i < length && !stops(); ++i) {
      const Value element = list.get(i);
      if (element.is_absent()) break;  // another thread has shortened the list
      if (i != 0) text_ += ", ";
      write(element, &level);
    }
  }

  void write_entries(const Map& map, const Level& level) {
    const std::size_t start = text_.size();
    for (Map::Cursor entry(map); !stops() && entry.next();) {
      if (text_.size() != start) text_ += ", ";
      write(entry.key(), &level);
      text_ += ": ";
      write(entry.value(), &level);
    }
    if (text_.size() == start) text_ += ':';
  }

  void write_quoted(std::string_view bytes) {
    text_ += '"';
    while (!bytes.empty() && !is_full()) {
      const std::size_t control = control_length(bytes);
      if (control != 0) {
        write_control(bytes.substr(0, control));
      } else if (bytes[0] == '"' || bytes[0] == '\\') {
        (text_ += '\\') += bytes[0];
      } else {
        text_ += bytes[0];
      }
      bytes.remove_prefix(control == 0 ? 1 : control);
    }
    text_ += '"';
  }

  void write_control(std::string_view character) {
    switch (character[0]) {
      case '\n':
        text_ += "\\n";
        return;
      case '\t':
        text_ += "\\t";
        return;
      case '\r':
        text_ += "\\r";
        return;
      case '\0':
        text_ += "\\0";
        return;
      default:
        break;
    }
    // The second byte of those of two is the code point.
    char digits[2];
    const auto [end, error] =
        std::to_chars(digits, digits + 2, static_cast<unsigned char>(character.back()), 16);
    text_.append("\\u{").append(digits, end).append("}");
  }

  std::string text_;
  std::size_t limit_;
  Thread* thread_;
  bool failed_ = false;
};

}  // namespace

std::string to_quoted_text(Value v) {
  Printer printer(String::kMaxLength);
  printer.write(v, nullptr);
  if (printer.is_full()) throw std::length_error("String too long.");
  return std::move(printer.text());
}

std::string to_text(Value v) {
  if (is_object(v, ObjectKind::string)) return std::string(as<String>(v)->view());
  return to_quoted_text(v);
}

std::optional<std::string> text_of(Thread& thread, Value v) {
  if (is_object(v, ObjectKind::string)) return std::string(as<String>(v)->view());
  Printer printer(String::kMaxLength, &thread);
  printer.write(v, nullptr);
  if (printer.has_failed()) return std::nullopt;
  if (printer.is_full()) throw std::length_error("String too long.");
  return std::move(printer.text());
}

std::string to_brief_text(Value v) {
  constexpr std::size_t kLimit = 80;
  Printer printer(kLimit);
  printer.write(v, nullptr);
  std::string& text = printer.text();
  if (!printer.is_full()) return std::move(text);
  std::size_t end = kLimit;
  while ((static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  text.resize(end);
  text += "...";
  return std::move(text);
}

}  // namespace interlox::vm
