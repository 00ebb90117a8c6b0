// SPDX-License-Identifier: BSD-3-Clause
#include "tests/bench/threads_map.hpp"

#include "vm/concurrent_map.hpp"
#include "vm/interchange.hpp"
#include "vm/native_class.hpp"

namespace interlox::bench {
namespace {

using vm::Arguments;
using vm::ConcurrentMap;
using vm::Value;

Value construct(const Arguments& /*in*/) { return Value::object(ConcurrentMap::make()); }

Value get(const Arguments& in) {
  return in.self<ConcurrentMap>().map.load(vm::lookup_of(in[0])).value_or(Value::nil());
}

Value set(const Arguments& in) {
  in.self<ConcurrentMap>().map.store(vm::lookup_of(in[0]), in[1]);
  return in[1];
}

Value remove(const Arguments& in) {
  return in.self<ConcurrentMap>().map.load_and_delete(vm::lookup_of(in[0])).value_or(Value::nil());
}

constexpr vm::NativeMember kMembers[] = {
    vm::method("get", 1, get),
    vm::method("set", 2, set),
    vm::method("remove", 1, remove),
};

constinit const vm::NativeClassPlan kPlan{"ConcurrentMap", vm::ObjectKind::concurrent_map, 0, construct,
                                          kMembers};

}  // namespace

void define_concurrent_map(vm::VM& machine) {
  machine.define_builtin(kPlan.name, Value::object(vm::NativeClass::of(kPlan)));
}

}  // namespace interlox::bench
