// SPDX-License-Identifier: BSD-3-Clause
#include "stdlib/list_callbacks.hpp"

#include "vm/interpreter.hpp"
#include "vm/list.hpp"
#include "vm/list_sort.hpp"

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

}  // namespace

vm::Value sort_list(const Arguments& in) {
  List& list = in.self<List>();
  const bool has_order = in.has(0);
  if (has_order && !in.callable(0, "order")) return Value::absent();
  const bool ok = has_order ? vm::sort_by(in.thread(), list, in[0]) : vm::sort_by_nature(in.thread(), list);
  return ok ? in.receiver() : Value::absent();
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
