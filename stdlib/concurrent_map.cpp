// SPDX-License-Identifier: BSD-3-Clause
// ConcurrentMap: the concurrent hash-trie map, as programs use it. Lua scripts use the same objects
// (interlox.trie) and may have put what the language can't hold into one: an operation that would give that
// raises an error and changes nothing.
#include "vm/concurrent_map.hpp"

#include <cstdint>
#include <optional>

#include "stdlib/builtins.hpp"
#include "stdlib/inspection.hpp"
#include "vm/interchange.hpp"
#include "vm/interpreter.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::ConcurrentMap;
using vm::Value;

ConcurrentMap::Map& map_of(const Arguments& in) noexcept { return in.self<ConcurrentMap>().map; }

/// Whether the first argument can be a key. Otherwise the thread's error is set.
bool has_key(const Arguments& in) {
  const Value key = in[0];
  if (key.is_nil()) {
    in.thread().raise("ConcurrentMap key must not be nil.");
    return false;
  }
  if (key.is_number() && key.as_number() != key.as_number()) {
    in.thread().raise("ConcurrentMap key must not be nan.");
    return false;
  }
  return true;
}

/// The same for the argument that is to become a value.
bool has_value(const Arguments& in, std::uint32_t i) {
  if (!in[i].is_nil()) return true;
  in.thread().raise("ConcurrentMap value must not be nil.");
  return false;
}

/// What came out of the map; absent, with the thread's error set, if the language can't hold it.
Value give(const Arguments& in, Value v) {
  if (const auto held = vm::to_language(v)) return *held;
  return in.thread().raise(vm::refusal(v, "concurrent map"));
}
Value give_or_nil(const Arguments& in, const std::optional<Value>& v) {
  return v ? give(in, *v) : Value::nil();
}

/// For the operations that replace or remove a value and give it. It is asked about each value that they
/// meet; one that can't be given it remembers, and refuses.
class Gate {
 public:
  bool operator()(Value v) noexcept {
    refused_ = vm::to_language(v) ? std::nullopt : std::optional(v);
    return !refused_;
  }
  const std::optional<Value>& refused() const noexcept { return refused_; }

 private:
  std::optional<Value> refused_;
};

Value construct(const Arguments& /*in*/) { return Value::object(ConcurrentMap::make()); }

Value length(const Arguments& in) { return Value::number(static_cast<double>(map_of(in).count())); }

Value get(const Arguments& in) {
  if (!has_key(in)) return Value::absent();
  return give_or_nil(in, map_of(in).load(in[0]));
}

Value has(const Arguments& in) {
  if (!has_key(in)) return Value::absent();
  return Value::boolean(map_of(in).load(in[0]).has_value());
}

Value set(const Arguments& in) {
  if (!has_key(in) || !has_value(in, 1)) return Value::absent();
  map_of(in).store(in[0], in[1]);
  return Value::nil();
}

Value get_or_set(const Arguments& in) {
  if (!has_key(in) || !has_value(in, 1)) return Value::absent();
  return give(in, map_of(in).load_or_store(in[0], in[1]).value);
}

/// Takes effect at the one step of the two that changes the map. Each further turn means that another thread
/// has added or removed the key between them.
Value swap(const Arguments& in) {
  if (!has_key(in) || !has_value(in, 1)) return Value::absent();
  ConcurrentMap::Map& map = map_of(in);
  const Value given = in[0];
  const auto key = map.hashed(given);
  for (;;) {
    Gate gate;
    const auto before = map.swap_if(key, in[1], gate);
    if (before) return give(in, *before);
    if (gate.refused()) return give(in, *gate.refused());
    if (!map.load_or_store(key, in[1]).loaded) return Value::nil();
  }
}

Value compare_and_set(const Arguments& in) {
  if (!has_key(in) || !has_value(in, 2)) return Value::absent();
  return Value::boolean(
      map_of(in).compare_and_swap(in[0], in[1], in[2]));  // nil equals no value that is there
}

Value compare_and_remove(const Arguments& in) {
  if (!has_key(in)) return Value::absent();
  return Value::boolean(map_of(in).compare_and_delete(in[0], in[1]));  // as above
}

Value remove(const Arguments& in) {
  if (!has_key(in)) return Value::absent();
  Gate gate;
  const auto before = map_of(in).delete_if(in[0], gate);
  return give_or_nil(in, before ? before : gate.refused());
}

/// For the entries as the cursor meets them. The callback runs under no lock, and may change the map.
Value each(const Arguments& in) {
  if (!in.callable(0, "callback")) return Value::absent();
  for (auto entry = map_of(in).iterate(); const auto item = entry.next();) {
    Value pair[2];
    pair[0] = give(in, item->key);
    if (pair[0].is_absent()) return Value::absent();
    pair[1] = give(in, item->value);
    if (pair[1].is_absent()) return Value::absent();
    if (vm::call_value(in.thread(), in[0], pair, 2).is_absent()) return Value::absent();
  }
  return Value::nil();
}

Value clear(const Arguments& in) {
  map_of(in).clear();
  return Value::nil();
}

constexpr vm::NativeMember kMembers[] = {
    vm::property("length", length),
    vm::method("get", 1, get),
    vm::method("set", 2, set),
    vm::method("has", 1, has),
    vm::method("getOrSet", 2, get_or_set),
    vm::method("swap", 2, swap),
    vm::method("compareAndSet", 3, compare_and_set),
    vm::method("compareAndRemove", 2, compare_and_remove),
    vm::method("remove", 1, remove),
    vm::method("clear", 0, clear),
    vm::method("each", 1, each),
    vm::method("dump", 0, dump_of<ConcurrentMap>),
    vm::method("dot", 0, dot_of<ConcurrentMap>),
    vm::method("check", 0, check_of<ConcurrentMap>),
};

}  // namespace

constinit const vm::NativeClassPlan concurrent_map_plan{"ConcurrentMap", vm::ObjectKind::concurrent_map, 0,
                                                        construct, kMembers};

}  // namespace interlox::stdlib
