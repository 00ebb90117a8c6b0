// SPDX-License-Identifier: BSD-3-Clause
// From values to JSON text. Recurses as deep as JSON may be nested, if the thread's stack has room for that.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "stdlib/json.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/nesting.hpp"
#include "vm/number_format.hpp"
#include "vm/print.hpp"

namespace interlox::stdlib {
namespace {

using vm::List;
using vm::Map;
using vm::String;
using vm::Value;

class Writer {
 public:
  Writer(vm::Thread& thread, std::string_view indent, std::string& out) noexcept
      : thread_(thread), indent_(indent), out_(out) {}

  bool value(Value v);

 private:
  bool list(const List& list);
  bool map(const Map& map);
  bool string(const String& string);
  bool number(double d);
  template <class Elements>
  bool container(const vm::Object& object, char begin, char end, Elements elements);
  void separate(bool first);
  void new_line();
  bool fail(std::string message);

  vm::Thread& thread_;
  std::string_view indent_;
  std::string& out_;
  vm::Nesting nesting_;
  std::vector<const vm::Object*> open_;  // what is being written, which the caller's value keeps alive
};

/// Always false.
bool Writer::fail(std::string message) {
  thread_.raise(std::move(message));
  return false;
}

bool Writer::value(Value v) {
  if (out_.size() > String::kMaxLength) return fail("String too long.");
  if (v.is_number()) return number(v.as_number());
  if (v.is_nil() || v.is_boolean()) {
    out_ += v.is_nil() ? "null" : v.as_boolean() ? "true" : "false";
    return true;
  }
  switch (v.as_object()->kind()) {
    case vm::ObjectKind::string:
      return string(*vm::as<String>(v));
    case vm::ObjectKind::list:
      return list(*vm::as<List>(v));
    case vm::ObjectKind::map:
      return map(*vm::as<Map>(v));
    default:
      return fail("JSON cannot hold " + vm::to_brief_text(v) + ".");
  }
}

bool Writer::number(double d) {
  const std::string text = vm::format_number(d);  // finite numbers look as JSON's do
  if (!std::isfinite(d)) return fail("JSON cannot hold " + text + ".");
  out_ += text;
  return true;
}

bool Writer::string(const String& string) {
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ += '"';
  std::string_view rest = string.view();
  while (!rest.empty()) {
    const char c = rest.front();
    const auto byte = static_cast<unsigned char>(c);
    const std::size_t length = utf8_sequence(rest);
    if (length == 0) return fail("JSON cannot hold a string that is not UTF-8.");
    if (const std::size_t i = kNamed.find(c); i != std::string_view::npos) {
      out_ += '\\';
      out_ += kNames[i];
    } else if (byte < 0x20) {
      out_.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out_ += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  out_ += '"';
  return true;
}

void Writer::new_line() {
  if (indent_.empty()) return;
  out_ += '\n';
  for (std::size_t i = 0; i < open_.size(); ++i) out_ += indent_;
}

/// What comes before an element.
void Writer::separate(bool first) {
  if (!first) out_ += ',';
  new_line();
}

/// Writes the brackets, and what elements(), which says whether all is well, writes between them.
template <class Elements>
bool Writer::container(const vm::Object& object, char begin, char end, Elements elements) {
  vm::Nesting::Level level(nesting_);
  if (open_.size() == kMaxJsonDepth || !level.fits()) return fail(kJsonTooDeep);
  if (std::find(open_.begin(), open_.end(), &object) != open_.end()) {
    return fail("JSON cannot hold a list or map that contains itself.");
  }
  open_.push_back(&object);
  out_ += begin;
  const std::size_t before = out_.size();
  if (!elements()) return false;
  const bool is_empty = out_.size() == before;
  open_.pop_back();
  if (!is_empty) new_line();
  out_ += end;
  return true;
}

bool Writer::list(const List& list) {
  return container(list, '[', ']', [&] {
    for (std::uint32_t i = 0;; ++i) {
      const Value element = list.get(i);
      if (element.is_absent()) return true;
      separate(i == 0);
      if (!value(element)) return false;
    }
  });
}

bool Writer::map(const Map& map) {
  return container(map, '{', '}', [&] {
    bool first = true;
    for (Map::Cursor entry(map); entry.next(); first = false) {
      if (!vm::is_object(entry.key(), vm::ObjectKind::string)) {
        return fail("JSON keys must be strings, not " + vm::to_brief_text(entry.key()) + ".");
      }
      separate(first);
      if (!string(*vm::as<String>(entry.key()))) return false;
      out_ += indent_.empty() ? ":" : ": ";
      if (!value(entry.value())) return false;
    }
    return true;
  });
}

}  // namespace

bool write_json(vm::Thread& thread, Value v, std::string_view indent, std::string& out) {
  if (!Writer(thread, indent, out).value(v)) return false;
  if (out.size() <= String::kMaxLength) return true;
  thread.raise("String too long.");
  return false;
}

}  // namespace interlox::stdlib
