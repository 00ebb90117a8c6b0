// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/list_callbacks.hpp"

#include <algorithm>
#include <optional>

#include "gc/root.hpp"
#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/print.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::List;
using vm::Value;

constexpr const char* kCallback = "callback";

/// Calls use(element) for each element of the receiver from `first` on, until it answers false. Whether it
/// never did.
template <class Use>
bool walk(const Arguments& in, std::uint32_t first, Use use) {
  const List& list = in.self<List>();
  for (std::uint32_t i = first; i < list.length(); ++i) {
    const Value element = list.get(i);
    if (element.is_absent()) break;  // another thread has shortened the list
    if (!use(element)) return false;
  }
  return true;
}

/// The same with use(element, callback(element)), where the callback is the first argument.
template <class Use>
bool walk_results(const Arguments& in, Use use) {
  if (!in.callable(0, kCallback)) return false;
  return walk(in, 0, [&](Value element) {
    const Value result = vm::call_value(in.thread(), in[0], &element, 1);
    if (result.is_absent()) return false;
    use(element, result);
    return true;
  });
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
bool sort_values(gc::RootVector<Value>& values, Less less) {
  gc::RootVector<Value> scratch(values.size() / 2);
  return merge_sort(values.data(), scratch.data(), values.size(), less);
}

bool is_string(Value v) noexcept { return vm::is_object(v, vm::ObjectKind::string); }

// Objects, not functions, so that the sort can inline them.
constexpr auto kLessNumber = [](Value a, Value b) noexcept -> std::optional<bool> {
  const double x = a.as_number();
  const double y = b.as_number();
  return x < y || (x == x && y != y);
};

constexpr auto kLessString = [](Value a, Value b) noexcept -> std::optional<bool> {
  return vm::as<vm::String>(a)->view() <
         vm::as<vm::String>(b)->view();  // bytes are in the order of code points
};

/// Sorts by the order that numbers and strings have.
bool sort_by_nature(const Arguments& in, gc::RootVector<Value>& values) {
  if (values.size() < 2) return true;
  const auto is_number = [](Value v) { return v.is_number(); };
  const auto other = values[0].is_number()  ? std::find_if_not(values.begin(), values.end(), is_number)
                     : is_string(values[0]) ? std::find_if_not(values.begin(), values.end(), is_string)
                                            : values.begin() + 1;
  if (other != values.end()) {
    in.thread().raise("sort() elements must be all numbers or all strings, not " +
                      vm::to_brief_text(values[0]) + " and " + vm::to_brief_text(*other) + ".");
    return false;
  }
  return values[0].is_number() ? sort_values(values, kLessNumber) : sort_values(values, kLessString);
}

}  // namespace

vm::Value sort_list(const Arguments& in) {
  const bool has_order = in.has(0);
  if (has_order && !in.callable(0, "order")) return Value::absent();
  gc::RootVector<Value> values;
  values.reserve(in.self<List>().length());
  walk(in, 0, [&](Value element) {
    values.push_back(element);
    return true;
  });
  const auto less = [&in](Value a, Value b) -> std::optional<bool> {
    const Value pair[] = {a, b};
    const Value answer = vm::call_value(in.thread(), in[0], pair, 2);
    if (answer.is_absent()) return std::nullopt;
    return !answer.is_falsey();
  };
  if (!(has_order ? sort_values(values, less) : sort_by_nature(in, values))) return Value::absent();
  in.self<List>().assign(values.data(), values.size());
  return in.receiver();
}

vm::Value map_list(const Arguments& in) {
  List* const results = List::make();
  const bool ok = walk_results(in, [results](Value /*element*/, Value result) { results->add(result); });
  return ok ? Value::object(results) : Value::absent();
}

vm::Value filter_list(const Arguments& in) {
  List* const chosen = List::make();
  const bool ok = walk_results(in, [chosen](Value element, Value result) {
    if (!result.is_falsey()) chosen->add(element);
  });
  return ok ? Value::object(chosen) : Value::absent();
}

vm::Value reduce_list(const Arguments& in) {
  if (!in.callable(0, kCallback)) return Value::absent();
  const bool has_start = in.count() > 1;  // nil is one, too
  Value accumulated = has_start ? in[1] : in.self<List>().get(0);
  if (accumulated.is_absent()) return in.thread().raise("Cannot reduce an empty list without a start value.");
  const bool ok = walk(in, has_start ? 0 : 1, [&](Value element) {
    const Value pair[] = {accumulated, element};
    accumulated = vm::call_value(in.thread(), in[0], pair, 2);
    return !accumulated.is_absent();
  });
  return ok ? accumulated : Value::absent();
}

vm::Value each_of_list(const Arguments& in) {
  return walk_results(in, [](Value /*element*/, Value /*result*/) {}) ? Value::nil() : Value::absent();
}

}  // namespace interlox::stdlib
