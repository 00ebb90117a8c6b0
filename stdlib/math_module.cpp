// SPDX-License-Identifier: BSD-3-Clause
// math: the functions of <cmath> on the language's numbers. What is out of a function's domain gives nan.
#include <cmath>

#include "stdlib/modules.hpp"
#include "vm/native_arguments.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Value;

/// A native of one number.
template <double (*F)(double)>
Value of_number(const Arguments& in) {
  const auto x = in.number(0, "argument");
  return x ? Value::number(F(*x)) : Value::absent();
}

/// A native of two numbers.
template <double (*F)(double, double)>
Value of_numbers(const Arguments& in) {
  const auto x = in.number(0, "first argument");
  if (!x) return Value::absent();
  const auto y = in.number(1, "second argument");
  return y ? Value::number(F(*x, *y)) : Value::absent();
}

/// The number that no other is better than; nan if there is one.
template <bool (*IsBetter)(double, double)>
Value best(const Arguments& in) {
  std::optional<double> result;
  for (std::uint32_t i = 0; i < in.count(); ++i) {
    const auto x = in.number(i, "argument");
    if (!x) return Value::absent();
    if (!result || IsBetter(*x, *result) || std::isnan(*x)) result = x;
  }
  return Value::number(*result);
}

// -0 is less than 0 here.
bool is_less(double a, double b) { return a < b || (a == b && std::signbit(a)); }
bool is_greater(double a, double b) { return a > b || (a == b && !std::signbit(a)); }

constexpr vm::Arity kSome{1, vm::Arity::kUnlimited};

constexpr vm::NativeMember kMembers[] = {
    vm::method("floor", 1, of_number<std::floor>), vm::method("ceil", 1, of_number<std::ceil>),
    vm::method("round", 1, of_number<std::round>),  // half away from zero
    vm::method("trunc", 1, of_number<std::trunc>), vm::method("abs", 1, of_number<std::fabs>),
    vm::method("sqrt", 1, of_number<std::sqrt>),   vm::method("pow", 2, of_numbers<std::pow>),
    vm::method("min", kSome, best<is_less>),       vm::method("max", kSome, best<is_greater>),
    vm::method("sin", 1, of_number<std::sin>),     vm::method("cos", 1, of_number<std::cos>),
    vm::method("tan", 1, of_number<std::tan>),     vm::method("atan2", 2, of_numbers<std::atan2>),
    vm::method("exp", 1, of_number<std::exp>),     vm::method("log", 1, of_number<std::log>),
};

}  // namespace

constinit const std::span<const vm::NativeMember> math_members(kMembers);

}  // namespace interlox::stdlib
