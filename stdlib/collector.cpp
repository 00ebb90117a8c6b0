// SPDX-License-Identifier: BSD-3-Clause
// What programs see of the collector: WeakRef, onCollect, GC.
#include "stdlib/builtins.hpp"
#include "stdlib/inspection.hpp"
#include "stdlib/paths.hpp"
#include "vm/cleanup.hpp"
#include "vm/collecting.hpp"
#include "vm/heap_snapshot.hpp"
#include "vm/map.hpp"
#include "vm/weak_ref.hpp"
#include "vm/weak_table.hpp"

namespace interlox::stdlib {
namespace {

using vm::Arguments;
using vm::Cleanup;
using vm::Map;
using vm::Value;
using vm::WeakRef;
using vm::WeakTable;

constexpr const char* kWithIdentity = "an object, list, map, handle or the like";

Value make_weak_ref(const Arguments& in) {
  if (!vm::has_identity(in[0])) return in.fail(0, "target", kWithIdentity);
  return Value::object(WeakRef::make(in[0].as_object()));
}

Value get(const Arguments& in) {
  vm::Object* const target = in.self<WeakRef>().get();
  return target == nullptr ? Value::nil() : Value::object(target);
}

constexpr vm::NativeMember kWeakRefMembers[] = {vm::method("get", 0, get)};

Value stop(const Arguments& in) { return Value::boolean(in.self<Cleanup>().stop()); }

constexpr vm::NativeMember kCleanupMembers[] = {vm::method("stop", 0, stop)};

Value collect(const Arguments& /*in*/) {
  vm::collect_and_tidy();
  return Value::nil();
}

Value stats(const Arguments& /*in*/) {
  Map* const map = Map::make();
  for (const vm::Figure& figure : vm::collector_figures()) {
    map->set(Value::object(vm::String::make(figure.name)), Value::number(static_cast<double>(figure.value)));
  }
  return Value::object(map);
}

Value snapshot(const Arguments& in) {
  const vm::String* const path = path_argument(in);
  if (path == nullptr) return Value::absent();
  if (const int error = vm::write_heap_snapshot(path->bytes); error != 0) {
    return raise_system_error(in.thread(), "write", path->view(), error);
  }
  return Value::nil();
}

Value symbols(const Arguments& /*in*/) { return Value::object(WeakTable::symbols()); }
Value handles(const Arguments& /*in*/) { return Value::object(WeakTable::handles()); }

Value table_length(const Arguments& in) {
  return Value::number(static_cast<double>(in.self<WeakTable>().count()));
}

constexpr vm::NativeMember kWeakTableMembers[] = {
    vm::property("length", table_length), vm::method("dump", 0, dump_of<WeakTable>),
    vm::method("dot", 0, dot_of<WeakTable>), vm::method("check", 0, check_of<WeakTable>)};

constexpr vm::NativeMember kCollectorMembers[] = {
    vm::property("symbols", symbols), vm::property("handles", handles),

    vm::method("collect", 0, collect), vm::method("stats", 0, stats), vm::method("snapshot", 1, snapshot)};

}  // namespace

constinit const vm::NativeClassPlan weak_ref_plan{"WeakRef", vm::ObjectKind::weak_ref, 1, make_weak_ref,
                                                  kWeakRefMembers};
constinit const vm::NativeClassPlan cleanup_plan{"Cleanup", vm::ObjectKind::cleanup, 0, nullptr,
                                                 kCleanupMembers};
constinit const vm::NativeClassPlan weak_table_plan{"WeakTable", vm::ObjectKind::weak_table, 0, nullptr,
                                                    kWeakTableMembers};
constinit const vm::NativeClassPlan collector_plan{"GC", vm::ObjectKind::collector, 0, nullptr,
                                                   kCollectorMembers};

Value on_collect(const Arguments& in) {
  if (!vm::has_identity(in[0])) return in.fail(0, "target", kWithIdentity);
  if (!in.callable(1, "action")) return Value::absent();
  if (in[2] == in[0]) {
    return in.thread().raise("onCollect() argument must not be the target, which it would keep alive.");
  }
  return Value::object(Cleanup::add(in[0].as_object(), in[1], in[2]));
}

}  // namespace interlox::stdlib
