// SPDX-License-Identifier: BSD-3-Clause
#include "vm/native_class.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <new>

#include "gc/heap.hpp"
#include "vm/symbol_table.hpp"

namespace interlox::vm {
namespace {

/// The classes of the process, each in the place of its kind.
struct Registry {
  std::atomic<const NativeClass*> classes[static_cast<std::size_t>(ObjectKind::instance)];
};

/// In uncollectable memory that is never given back: threads may run until the process ends.
constinit std::atomic<Registry*> the_registry{nullptr};

Registry& registry() {
  Registry* known = the_registry.load(std::memory_order_acquire);  // (1) pairs with (2)
  if (known != nullptr) return *known;
  auto* const fresh = ::new (gc::allocate_uncollectable(sizeof(Registry))) Registry();
  if (the_registry.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return *fresh;  // (2)
  gc::free_uncollectable(fresh);  // another thread was faster
  return *known;
}

const NativeClass* find_class(ObjectKind kind) noexcept {
  const Registry* const known = the_registry.load(std::memory_order_acquire);  // as (1)
  if (known == nullptr || kind >= ObjectKind::instance) return nullptr;
  return known->classes[static_cast<std::size_t>(kind)].load(
      std::memory_order_acquire);  // (3) pairs with (4)
}

const NativeRecord* make_records(const NativeClassPlan& plan) {
  // One byte more than is used, as gc::allocate asks.
  void* const memory = gc::allocate(plan.members.size() * sizeof(NativeRecord) + 1);
  auto* const records = static_cast<NativeRecord*>(memory);
  for (std::size_t i = 0; i < plan.members.size(); ++i) {
    ::new (&records[i]) NativeRecord{plan.kind, plan.members[i]};
  }
  return records;
}

const NameTable* make_names(const NativeClassPlan& plan) {
  // Nobody else sees the table before it is complete, so no lock is needed.
  std::atomic<NameTable*> table{NameTable::make(static_cast<std::uint32_t>(plan.members.size()))};
  for (std::size_t i = 0; i < plan.members.size(); ++i) {
    NameTable::insert(table, intern(plan.members[i].name), i);
  }
  return table.load(std::memory_order_relaxed);  // relaxed: this thread has stored it
}

}  // namespace

const NativeClass* NativeClass::of(const NativeClassPlan& plan) {
  assert(plan.kind < ObjectKind::instance);
  const NativeClass* known = find_class(plan.kind);
  if (known == nullptr) {
    const NativeRecord* const records = make_records(plan);
    const NameTable* const names = make_names(plan);
    void* const memory = gc::allocate(sizeof(NativeClass));
    const NativeClass* const fresh = ::new (memory) NativeClass(&plan, records, names);
    std::atomic<const NativeClass*>& place = registry().classes[static_cast<std::size_t>(plan.kind)];
    if (place.compare_exchange_strong(known, fresh, std::memory_order_acq_rel)) return fresh;  // (4)
  }
  assert(known->plan == &plan && "a kind of value has one class");
  return known;
}

const NativeClass* class_of(Value v) noexcept {
  if (v.is_object()) return find_class(v.as_object()->kind());
  return v.is_number() ? find_class(ObjectKind::number) : nullptr;
}

bool is_builtin_class(const void* address) noexcept {
  const Registry* const known = the_registry.load(std::memory_order_acquire);  // as (1)
  if (known == nullptr) return false;
  return std::any_of(std::begin(known->classes), std::end(known->classes), [address](const auto& place) {
    return place.load(std::memory_order_acquire) == address;  // as (3)
  });
}

BoundNative* BoundNative::make(Value receiver, const NativeMember* method) {
  return ::new (gc::allocate(sizeof(BoundNative))) BoundNative(receiver, method);
}

bool is_callable(Value v) noexcept {
  if (!v.is_object()) return false;
  switch (v.as_object()->kind()) {
    case ObjectKind::closure:
    case ObjectKind::bound_method:
    case ObjectKind::native:
    case ObjectKind::bound_native:
    case ObjectKind::klass:
      return true;
    case ObjectKind::native_class:
      return as<NativeClass>(v)->plan->constructor != nullptr;
    default:
      return false;
  }
}

}  // namespace interlox::vm
