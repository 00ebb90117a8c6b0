// SPDX-License-Identifier: BSD-3-Clause
#include "vm/list_sort.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "gc/root.hpp"
#include "vm/interpreter.hpp"
#include "vm/print.hpp"

namespace interlox::vm {
namespace {

using Values = gc::RootVector<Value>;

Values elements_of(const List& list) {
  Values values;
  const std::uint32_t length = list.length();
  values.reserve(length);
  for (std::uint32_t i = 0; i < length; ++i) {
    const Value element = list.get(i);
    if (element.is_absent()) break;  // another thread has shortened the list
    values.push_back(element);
  }
  return values;
}

/// Sorts `values`, stable. less(a, b) answers nothing when it has failed; then so does the sort, and the
/// values are in no order, and perhaps not all there. `scratch` has room for half of them. All values are in
/// one of the two at any time, where the collector has to see them.
template <class Less>
bool merge_sort(Value* values, Value* scratch, std::size_t count, Less& less) {
  if (count < 2) return true;
  const std::size_t middle = count / 2;
  if (!merge_sort(values, scratch, middle, less)) return false;
  if (!merge_sort(values + middle, scratch, count - middle, less)) return false;
  const std::optional<bool> is_unordered = less(values[middle], values[middle - 1]);
  if (!is_unordered || !*is_unordered) return is_unordered.has_value();
  std::copy_n(values, middle, scratch);
  std::size_t left = 0;
  std::size_t right = middle;
  for (std::size_t to = 0; left < middle; ++to) {
    if (right == count) {
      std::copy(scratch + left, scratch + middle, values + to);
      return true;
    }
    const std::optional<bool> takes_right = less(values[right], scratch[left]);
    if (!takes_right) return false;
    values[to] = *takes_right ? values[right++] : scratch[left++];
  }
  return true;
}

template <class Less>
bool sort_values(Values& values, Less less) {
  Values scratch(values.size() / 2);
  return merge_sort(values.data(), scratch.data(), values.size(), less);
}

bool is_string(Value v) noexcept { return is_object(v, ObjectKind::string); }

// Objects, not functions, so that the sort can inline them.
constexpr auto kLessNumber = [](Value a, Value b) noexcept -> std::optional<bool> {
  const double x = a.as_number();
  const double y = b.as_number();
  return x < y || (x == x && y != y);
};

constexpr auto kLessString = [](Value a, Value b) noexcept -> std::optional<bool> {
  return as<String>(a)->view() < as<String>(b)->view();  // bytes are in the order of code points
};

}  // namespace

bool sort_by(Thread& thread, List& list, Value order) {
  Values values = elements_of(list);
  const auto less = [&](Value a, Value b) -> std::optional<bool> {
    const Value pair[] = {a, b};
    const Value answer = call_value(thread, order, pair, 2);
    if (answer.is_absent()) return std::nullopt;
    return !answer.is_falsey();
  };
  if (!sort_values(values, less)) return false;
  list.assign(values.data(), values.size());
  return true;
}

bool sort_by_nature(Thread& thread, List& list) {
  Values values = elements_of(list);
  if (values.size() < 2) return true;
  const auto is_number = [](Value v) { return v.is_number(); };
  const auto other = values[0].is_number()  ? std::find_if_not(values.begin(), values.end(), is_number)
                     : is_string(values[0]) ? std::find_if_not(values.begin(), values.end(), is_string)
                                            : values.begin() + 1;
  if (other != values.end()) {
    thread.raise("sort() elements must be all numbers or all strings, not " + to_brief_text(values[0]) +
                 " and " + to_brief_text(*other) + ".");
    return false;
  }
  if (values[0].is_number()) {
    sort_values(values, kLessNumber);
  } else {
    sort_values(values, kLessString);
  }
  list.assign(values.data(), values.size());
  return true;
}

}  // namespace interlox::vm
