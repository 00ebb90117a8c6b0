// SPDX-License-Identifier: BSD-3-Clause
// The values and errors of the language as a host program holds them. Include interlox.hpp, which has the
// rules.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

/// The language inside of a host program.
namespace interlox {

class Result;
class Value;
namespace embed {
struct Access;  // the library's own way in
}

/// The host has called something wrongly; what() says what, beginning with the function's name.
class Misuse : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// What has become of a call.
enum class Status : std::uint8_t {
  ok,             ///< there is a value
  compile_error,  ///< nothing has run
  runtime_error,  ///< an error of the program that it has not caught
  unreadable,     ///< there is no such file, or it can't be read
};

/// One call that was in progress when a run-time error came up.
struct Frame {
  std::string function;      ///< empty: a script's top level
  std::string file;          ///< empty: the source has no name
  std::uint32_t line = 0;    ///< from 1
  std::uint32_t column = 0;  ///< likewise, in bytes
};

/// One compile error.
struct Problem {
  std::string message;       ///< "[line N] Error at 'x': ..."
  std::string file;          ///< empty: the source has no name
  std::uint32_t line = 0;    ///< from 1
  std::uint32_t column = 0;  ///< likewise, in bytes
};

/// What went wrong.
struct Error {
  Status status = Status::runtime_error;  ///< never Status::ok
  std::string message;  ///< of a run-time error without its frames; of a compile error the first one
  std::string text;     ///< all of it, as the program interlox shows it, without a newline at the end
  std::vector<Problem> problems;  ///< of a compile error
  std::vector<Frame> trace;       ///< of a run-time error: innermost first
  std::string hint;               ///< "did you mean 'x'?", or nothing
};

/// An Error as an exception: what Result::value() throws. A function of the host may let it pass: then it
/// goes on as an error of the program, with the same message.
class ScriptError : public std::runtime_error {
 public:
  /// what() is the error's message.
  explicit ScriptError(Error error)
      : std::runtime_error(error.message), error_(std::make_shared<const Error>(std::move(error))) {}
  /// All that is known of it.
  const Error& error() const noexcept { return *error_; }

 private:
  std::shared_ptr<const Error> error_;
};

/// What a Value is, as far as a host can tell.
enum class Type : std::uint8_t {
  nil,       ///< nothing
  boolean,   ///< true or false
  number,    ///< a double
  string,    ///< bytes, usually UTF-8
  list,      ///< elements in a row
  map,       ///< entries of a key and a value
  function,  ///< of the language or of the host; a method that was read from an instance, too
  class_,    ///< of a program, of the host or of the library
  instance,  ///< of a class of a program or of the host
  other      ///< a range, a thread, a channel and so on
};

/// What a function of the host is called with. Valid during the call; copy what is to last.
using Arguments = std::span<const Value>;

/// One value of the language. A handle: it keeps what it refers to, wherever it lies, and copies refer to the
/// same object. May outlive its Interpreter. An object that the host reaches by a Value, and that keeps that
/// Value alive itself, is never collected.
class Value {
 public:
  /// nil.
  Value() noexcept;
  /// nil.
  Value(std::nullptr_t) noexcept : Value() {}
  /// true or false.
  template <std::same_as<bool> B>
  Value(B b) noexcept : Value(embed_boolean(b)) {}
  /// A number; a long double is rounded to double.
  template <std::floating_point F>
  Value(F number) noexcept : Value(embed_number(static_cast<double>(number))) {}
  /// Throws Misuse if no number of the language, a double, equals the integer.
  template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>) Value(I integer)
      : Value(embed_integer(integer < I{0}, static_cast<std::uint64_t>(integer))) {}
  /// Strings are bytes, usually UTF-8. Throws Misuse on a thread without a scope, or if it is too long.
  ///@{
  Value(std::string_view text);
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  ///@}

  /// A new list. Throws Misuse on a thread without a scope, or if it is too long.
  ///@{
  static Value list(Arguments elements = {});
  static Value list(std::initializer_list<Value> elements) {
    return list(Arguments(elements.begin(), elements.size()));
  }
  ///@}
  /// A new map; a later entry of an equal key replaces an earlier one. Throws Misuse on a thread without a
  /// scope, if there are too many entries, and if a key is nan.
  ///@{
  static Value map(std::span<const std::pair<Value, Value>> entries = {});
  static Value map(std::initializer_list<std::pair<Value, Value>> entries) {
    return map(std::span<const std::pair<Value, Value>>(entries.begin(), entries.size()));
  }
  ///@}

  /// What the value is. Wait-free.
  ///@{
  Type type() const noexcept;
  bool is_nil() const noexcept { return type() == Type::nil; }
  bool is_boolean() const noexcept { return type() == Type::boolean; }
  bool is_number() const noexcept { return type() == Type::number; }
  bool is_string() const noexcept { return type() == Type::string; }
  bool is_list() const noexcept { return type() == Type::list; }
  bool is_map() const noexcept { return type() == Type::map; }
  ///@}
  /// Whether a call can be more than an error: functions, methods, classes.
  bool is_callable() const noexcept;
  /// As a condition: all but nil and false.
  bool is_truthy() const noexcept;

  /// The boolean, the number, a copy of the string. Throws Misuse if the value is of another type.
  ///@{
  bool as_boolean() const;
  double as_number() const;
  std::string as_string() const;
  ///@}
  /// The string itself, for as long as this Value, or a copy of it, lives. Throws Misuse if it is none.
  std::string_view string_view() const&;
  std::string_view string_view() && = delete;

  /// The elements of a list. Throws Misuse if it is none.
  std::vector<Value> elements() const;
  /// The entries of a map, in their order. Throws Misuse if it is none.
  std::vector<std::pair<Value, Value>> entries() const;
  /// How many elements or entries there are. Throws Misuse if it is neither a list nor a map.
  std::size_t length() const;
  /// Puts `v` behind the last element of a list. Throws Misuse if it is none, or full.
  void append(const Value& v);

  /// value[index], value[index] = v, value.name and value.name = v, as a program has them: with its errors,
  /// and its getters. What is assigned is the Result of assigning.
  ///@{
  Result element(const Value& index) const;
  Result set_element(const Value& index, const Value& v);
  Result member(std::string_view name) const;
  Result set_member(std::string_view name, const Value& v);
  ///@}
  /// As print writes it, a string; an instance's toString() runs and may fail.
  Result text() const;

  /// The object of the host behind an instance of a class that Interpreter::define() made of a Class<T>, or
  /// of a subclass of that. Throws Misuse if there is none.
  template <class T>
  std::shared_ptr<T> host() const {
    return std::static_pointer_cast<T>(host_object(typeid(T)));
  }
  /// Whether host<T>() has one to give.
  template <class T>
  bool is_host() const noexcept {
    return has_host_object(typeid(T));
  }

  /// The language's equality: numbers, strings and ranges by value, objects by identity.
  friend bool operator==(const Value& a, const Value& b) noexcept { return equal(a, b); }

 private:
  friend struct embed::Access;
  struct Bits {
    std::uint64_t bits;
  };
  explicit Value(Bits bits) noexcept : bits_(bits.bits) {}
  static Bits embed_boolean(bool b) noexcept;
  static Bits embed_number(double d) noexcept;
  static Bits embed_integer(bool is_negative, std::uint64_t bits);
  static bool equal(const Value& a, const Value& b) noexcept;
  std::shared_ptr<void> host_object(const std::type_info& type) const;
  bool has_host_object(const std::type_info& type) const noexcept;

  std::uint64_t bits_;
  std::shared_ptr<void> root_;  // keeps the object; null if it is none
};

/// A value, or why there is none.
class Result {
 public:
  /// All went well.
  Result(Value value) : value_(std::move(value)) {}
  /// It did not.
  Result(Error error) : error_(std::make_shared<const Error>(std::move(error))) {}

  /// Whether there is a value.
  ///@{
  bool ok() const noexcept { return error_ == nullptr; }
  explicit operator bool() const noexcept { return ok(); }
  ///@}
  /// Status::ok, or the error's.
  Status status() const noexcept { return ok() ? Status::ok : error_->status; }
  /// The value. Throws ScriptError if there is none.
  ///@{
  const Value& value() const& {
    if (!ok()) throw ScriptError(*error_);
    return value_;
  }
  Value value() && {
    if (!ok()) throw ScriptError(*error_);
    return std::move(value_);
  }
  ///@}
  /// Why there is no value. Throws Misuse if there is one.
  const Error& error() const {
    if (ok()) throw Misuse("interlox::Result::error: there was no error");
    return *error_;
  }

 private:
  Value value_;
  std::shared_ptr<const Error> error_;
};

}  // namespace interlox
