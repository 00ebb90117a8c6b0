// SPDX-License-Identifier: BSD-3-Clause
// From JSON text to values. Does not recurse: the open arrays and objects are on a stack of their own, which
// the collector scans.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "stdlib/json.hpp"
#include "vm/list.hpp"
#include "vm/map.hpp"
#include "vm/text.hpp"
#include "vm/values.hpp"

namespace interlox::stdlib {
namespace {

using vm::List;
using vm::Map;
using vm::Value;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Lives on a stack: it holds collected references.
class Parser {
 public:
  Parser(vm::Thread& thread, std::string_view text) noexcept : thread_(thread), text_(text) {}

  Value parse();

 private:
  enum class Step : std::uint8_t {
    complete,  // value_ is a value; if it belongs into an array or object, it is not there yet
    more,      // a value comes next
    failed,    // the error is set
  };

  Step begin_value();
  Step end_value();
  Step open(Value container, char end);
  Step scalar();
  bool key();
  bool number();
  bool digits() noexcept;
  bool string();
  bool escape(std::string& out);
  std::optional<std::uint32_t> hex_digits() noexcept;

  char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() noexcept;
  bool take(char c) noexcept;

  bool fail(std::string_view message) { return fail_at(at_, message); }
  bool fail_at(std::size_t at, std::string_view message);

  vm::Thread& thread_;
  std::string_view text_;
  std::size_t at_ = 0;
  Value value_;
  vm::Values open_;  // the arrays and objects whose ends have not been met
  vm::Values keys_;  // for each of them, an object's key that the next value is for
};

/// Always false.
bool Parser::fail_at(std::size_t at, std::string_view message) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (const char c : text_.substr(0, at)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((c & 0xc0) != 0x80) {  // the first byte of a character
      ++column;
    }
  }
  thread_.raise("Invalid JSON at line " + std::to_string(line) + ", column " + std::to_string(column) + ": " +
                std::string(message));
  return false;
}

void Parser::skip_space() noexcept {
  while (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r') ++at_;
}

bool Parser::take(char c) noexcept {
  if (at_ == text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

Value Parser::parse() {
  while (true) {
    Step step = begin_value();
    while (step == Step::complete) {
      skip_space();
      if (open_.empty()) {
        if (at_ == text_.size()) return value_;
        fail("Expected the end.");
        return Value::absent();
      }
      step = end_value();
    }
    if (step == Step::failed) return Value::absent();
  }
}

Parser::Step Parser::begin_value() {
  skip_space();
  if (take('[')) return open(Value::object(List::make()), ']');
  if (take('{')) return open(Value::object(Map::make()), '}');
  return scalar();
}

Parser::Step Parser::open(Value container, char end) {
  if (open_.size() == kMaxJsonDepth) {
    thread_.raise(kJsonTooDeep);
    return Step::failed;
  }
  skip_space();
  if (take(end)) {
    value_ = container;
    return Step::complete;
  }
  open_.push_back(container);
  keys_.push_back(Value::nil());
  return end == ']' || key() ? Step::more : Step::failed;
}

/// Puts the value into the innermost array or object, and looks what follows.
Parser::Step Parser::end_value() {
  const Value innermost = open_.back();
  const bool is_list = vm::is_object(innermost, vm::ObjectKind::list);
  if (is_list) {
    vm::as<List>(innermost)->add(value_);
  } else {
    vm::as<Map>(innermost)->set(keys_.back(), value_);
  }
  if (take(',')) return is_list || key() ? Step::more : Step::failed;
  if (!take(is_list ? ']' : '}')) {
    fail(is_list ? "Expected ',' or ']'." : "Expected ',' or '}'.");
    return Step::failed;
  }
  value_ = innermost;
  open_.pop_back();
  keys_.pop_back();
  return Step::complete;
}

/// Reads a key and its colon.
bool Parser::key() {
  skip_space();
  if (peek() != '"') return fail("Expected a string as key.");
  if (!string()) return false;
  keys_.back() = value_;
  skip_space();
  return take(':') || fail("Expected ':'.");
}

Parser::Step Parser::scalar() {
  const auto word = [&](std::string_view text, Value value) {
    if (!text_.substr(at_).starts_with(text)) return false;
    at_ += text.size();
    value_ = value;
    return true;
  };
  bool good = false;
  if (peek() == '"') {
    good = string();
  } else if (peek() == '-' || is_digit(peek())) {
    good = number();
  } else {
    good = word("null", Value::nil()) || word("true", Value::boolean(true)) ||
           word("false", Value::boolean(false)) || fail("Expected a value.");
  }
  return good ? Step::complete : Step::failed;
}

/// Whether there was a digit.
bool Parser::digits() noexcept {
  const std::size_t first = at_;
  while (is_digit(peek())) ++at_;
  return at_ > first;
}

bool Parser::number() {
  const std::size_t first = at_;
  take('-');
  const bool is_zero = peek() == '0';
  if (!digits()) return fail("Expected a digit.");
  const std::size_t integer_digits = at_ - first - (text_[first] == '-' ? 1 : 0);
  if (is_zero && integer_digits > 1) return fail_at(first, "A number can't start with 0.");
  if (take('.') && !digits()) return fail("Expected a digit.");
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (!take('+')) take('-');
    if (!digits()) return fail("Expected a digit.");
  }
  // strtod() also gives what is closest to numbers that are too small.
  const double value = std::strtod(std::string(text_.substr(first, at_ - first)).c_str(), nullptr);
  if (value - value != 0) return fail_at(first, "The number is too large.");
  value_ = Value::number(value);
  return true;
}

bool Parser::string() {
  ++at_;  // the quote
  std::string out;
  while (!take('"')) {
    if (at_ == text_.size()) return fail("Unterminated string.");
    const char c = text_[at_];
    if (c == '\\') {
      if (!escape(out)) return false;
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return fail("Control character in a string.");
    const std::size_t length = utf8_sequence(text_.substr(at_));
    if (length == 0) return fail("Invalid UTF-8.");
    out.append(text_, at_, length);
    at_ += length;
  }
  value_ = Value::object(vm::String::make(out));
  return true;
}

std::optional<std::uint32_t> Parser::hex_digits() noexcept {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = peek();
    const char letter = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      value = value << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
    } else {
      return std::nullopt;
    }
    ++at_;
  }
  return value;
}

bool Parser::escape(std::string& out) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t first = at_++;
  if (const std::size_t i = kLetters.find(peek()); i != std::string_view::npos && at_ < text_.size()) {
    out += kMeanings[i];
    ++at_;
    return true;
  }
  if (!take('u')) return fail_at(first, "Invalid escape.");
  const auto unit = hex_digits();
  if (!unit) return fail_at(first, "Invalid escape.");
  std::uint32_t code_point = *unit;
  if (code_point >= 0xd800 && code_point < 0xe000) {  // one half of a pair
    if (code_point >= 0xdc00 || !take('\\') || !take('u')) return fail_at(first, "Lone surrogate.");
    const auto low = hex_digits();
    if (!low || *low < 0xdc00 || *low >= 0xe000) return fail_at(first, "Lone surrogate.");
    code_point = 0x10000 + ((code_point - 0xd800) << 10) + (*low - 0xdc00);
  }
  vm::append_character(out, code_point);
  return true;
}

}  // namespace

Value parse_json(vm::Thread& thread, std::string_view text) { return Parser(thread, text).parse(); }

std::size_t utf8_sequence(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) < 0xc2   ? 0
                             : byte(0) < 0xe0 ? 2
                             : byte(0) < 0xf0 ? 3
                             : byte(0) < 0xf5 ? 4
                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // What could be written shorter, surrogates, and what is above U+10FFFF show in the second byte.
  const bool bad = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f) ||
                   (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return bad ? 0 : length;
}

}  // namespace interlox::stdlib
