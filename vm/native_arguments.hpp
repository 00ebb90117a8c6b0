// SPDX-License-Identifier: BSD-3-Clause
// What a function of the standard library is called with, and the checks that it makes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "vm/object.hpp"
#include "vm/thread.hpp"

namespace interlox::vm {

/// The receiver and arguments of one call of a native function. The receiver of one that is no member of a
/// class is nil.
///
/// The checks ask for one argument, called `what` in the error. Where it is not what they ask for,
/// they give nothing and set the thread's error, such as
/// `List() count must be a non-negative integer, not -1.`; the native then returns absent.
class Arguments {
 public:
  /// `function` names the function in errors, without `()`. The values are on the thread's stack.
  Arguments(Thread& thread, std::string_view function, Value receiver, const Value* values,
            std::uint32_t count) noexcept
      : thread_(thread), function_(function), receiver_(receiver), values_(values), count_(count) {}

  Thread& thread() const noexcept { return thread_; }
  Value receiver() const noexcept { return receiver_; }
  /// The receiver as the object that it is.
  template <class T>
  T& self() const noexcept {
    return *as<T>(receiver_);
  }
  std::uint32_t count() const noexcept { return count_; }
  /// All of them, for a call that hands them on.
  const Value* values() const noexcept { return values_; }
  /// The argument, which is there.
  Value operator[](std::uint32_t i) const noexcept { return values_[i]; }
  /// The argument, or `otherwise` if it was not given.
  Value get_or(std::uint32_t i, Value otherwise) const noexcept {
    return i < count_ ? values_[i] : otherwise;
  }
  /// Whether an optional argument was given. nil stands for one that was not.
  bool has(std::uint32_t i) const noexcept { return i < count_ && !values_[i].is_nil(); }

  std::optional<double> number(std::uint32_t i, std::string_view what) const;
  /// A number without a fraction, of whatever size; not infinite.
  std::optional<double> integer(std::uint32_t i, std::string_view what) const;
  /// A non-negative integer. One above 2^53 is given as 2^53.
  std::optional<std::uint64_t> count_of(std::uint32_t i, std::string_view what) const;
  /// Null if it is none.
  const String* string(std::uint32_t i, std::string_view what) const;
  /// Something that can be called. False if it is not.
  bool callable(std::uint32_t i, std::string_view what) const;
  /// The object of that kind; null if it is none. `expected` says "a list" and the like.
  template <class T>
  T* object(std::uint32_t i, ObjectKind kind, std::string_view what, std::string_view expected) const {
    if (is_object(values_[i], kind)) return as<T>(values_[i]);
    fail(i, what, expected);
    return nullptr;
  }

  /// Sets the error `FUNCTION() WHAT must be EXPECTED, not VALUE.` and gives the absent value.
  Value fail(std::uint32_t i, std::string_view what, std::string_view expected) const;

 private:
  Thread& thread_;
  std::string_view function_;
  Value receiver_;
  const Value* values_;
  std::uint32_t count_;
};

/// The position that `index` stands for in a sequence of `length` elements; a negative one counts
/// from the end. It must be below `limit` (the length, or one more where behind the last is meant
/// too). Otherwise nothing, with the thread's error set: `List index 5 out of bounds for length 3.`
/// (`sequence` is List), and `List index must be an integer, not 1.5.`.
std::optional<std::uint32_t> resolve_index(Thread& thread, std::string_view sequence, Value index,
                                           std::uint32_t length, std::uint32_t limit);
/// The error alone, for an index that another thread has made wrong meanwhile. Gives absent.
Value raise_out_of_bounds(Thread& thread, std::string_view sequence, Value index, std::uint32_t length);

/// A bound of a slice, an integer as Arguments::integer gives it, clamped to 0...length; a negative
/// one counts from the end.
std::uint32_t clamp_index(double index, std::uint32_t length) noexcept;

}  // namespace interlox::vm
